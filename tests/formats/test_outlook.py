from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from logproc.formats import FORMATS, Format, outlook
from logproc.formats.detect import detect
from logproc.formats.outlook import Outlook, parted, seen
from logproc.formats.parser import Matcher
from logproc.formats.shapes import BEHIND, KINDS
from logproc.formats.traits import beginning_of

if TYPE_CHECKING:
    import pytest

TEXTS = st.lists(st.text("aB1: \t\r\0", max_size=30).map(str.encode), max_size=80).map(b"\n".join)


@given(text=TEXTS)
def test_the_kernel_sees_how_lines_begin_as_python_does(text: bytes):
    found = seen.look(text)
    own = Outlook(text)
    assert (None if found is None or not own.has_lines else parted(found)) == own.shapes


def test_behind_the_shape_of_a_line_may_be_anything():
    anything = BEHIND[: len(BEHIND) // 2]
    assert BEHIND[0] not in KINDS
    beginnings = {row.name: beginning_of(row) for row in FORMATS.values()}
    assert [name for name, found in beginnings.items() if found and not found.pattern.match(anything)] == []


def test_what_is_known_of_formats_is_made_once_for_all_files_of_several(monkeypatch: pytest.MonkeyPatch):
    made: list[tuple[Format, ...]] = []

    def index(rows: tuple[Format, ...]) -> outlook._Index:
        made.append(rows)
        return outlook._Index(rows)

    monkeypatch.setattr(outlook, "_index_of", outlook.ByRows(index))
    text = b'input = """\n{"a": 1}\n{"a": 2}\n{"a": 3}\n"""\noutput = """\n1 + 2 + 3\n"""\n'
    matcher = Matcher()
    for _ in range(2):
        detect([text], matcher=matcher, refused=matcher.refused, readers=matcher.readers)
        known = len(made)
    detect([text], matcher=matcher, refused=matcher.refused, readers=matcher.readers)
    assert len(made) == known > 1
