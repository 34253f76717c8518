from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logproc.formats.outlook import KINDS
from logproc.kernels.pairs import BITS, PAIRS, rule_out

THINGS = st.lists(st.lists(st.binary(min_size=2, max_size=2), max_size=3), min_size=1, max_size=6)


@given(text=st.binary(max_size=40), things=THINGS, shaped=st.booleans())
def test_those_are_left_all_of_whose_pairs_stand_in_the_text(*, text: bytes, things: list[list[bytes]], shaped: bool):
    found = text.translate(KINDS) if shaped else text
    there = {bytes(pair) for pair in pairwise(found)}
    asked = [number for number in range(len(things)) if number != 1]
    needed = [PAIRS * shaped + (pair[0] << 8 | pair[1]) for pair in chain(*things)]
    left = np.empty(len(asked), np.int64)
    buffer = np.frombuffer(text + b"\0", np.uint8)
    n = rule_out(
        buffer.ctypes.data,
        len(text),
        np.frombuffer(KINDS, np.uint8),
        np.zeros(BITS // 8, np.uint8),
        np.array(needed, np.int64),
        np.cumsum([0, *map(len, things)], dtype=np.int64),
        np.array(asked, np.int64),
        left,
    )
    assert left[:n].tolist() == [number for number in asked if there.issuperset(things[number])]
