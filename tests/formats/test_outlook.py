from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.formats import FORMATS, Format
from logproc.formats.outlook import BEHIND, KINDS, Outlook, parted, seen
from logproc.formats.traits import beginning_of

TEXTS = st.lists(st.text("aB1: \t\r\0", max_size=30).map(str.encode), max_size=80).map(b"\n".join)


@given(text=TEXTS)
def test_the_kernel_sees_how_lines_begin_as_python_does(text: bytes):
    found = seen.look(text)
    outlook = Outlook(text)
    assert (None if found is None or not outlook.has_lines else parted(found)) == outlook.shapes


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in FORMATS.values()])
def test_behind_the_shape_of_a_line_may_be_anything(row: Format):
    beginning = beginning_of(row)
    assert BEHIND[0] not in KINDS
    assert beginning is None or beginning.pattern.match(BEHIND[: len(BEHIND) // 2]) is not None
