from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logproc.formats import FORMATS
from logproc.formats.outlook import BEHIND, KINDS, Outlook, parted, seen
from logproc.formats.traits import beginning_of

TEXTS = st.lists(st.text("aB1: \t\r\0", max_size=30).map(str.encode), max_size=80).map(b"\n".join)


@given(text=TEXTS)
def test_the_kernel_sees_how_lines_begin_as_python_does(text: bytes):
    found = seen.look(text)
    outlook = Outlook(text)
    assert (None if found is None or not outlook.has_lines else parted(found)) == outlook.shapes


def test_behind_the_shape_of_a_line_may_be_anything():
    anything = BEHIND[: len(BEHIND) // 2]
    assert BEHIND[0] not in KINDS
    beginnings = {row.name: beginning_of(row) for row in FORMATS.values()}
    assert [name for name, found in beginnings.items() if found and not found.pattern.match(anything)] == []
