from __future__ import annotations

from itertools import chain, count, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logproc.formats.shapes import KINDS
from logproc.kernels.pairs import ALL_PAIRS, MOST_SHAPES, PAIRS, SHAPE_BYTES, look, rule_out

KIND_OF = np.frombuffer(KINDS, np.uint8)
SEEN = np.zeros(ALL_PAIRS, np.int64)
NUMBERS = count(1)
THINGS = st.lists(st.lists(st.binary(min_size=2, max_size=2), max_size=3), min_size=1, max_size=6)
LINES = st.lists(st.text("aB1: \t\r", max_size=30).map(str.encode), max_size=6).map(b"\n".join)


def looked(text: bytes) -> tuple[int, int, list[bytes]]:
    """Return the number under which a text was looked at, and what was found."""
    shapes = np.full((MOST_SHAPES + 1, SHAPE_BYTES), 1, np.uint8)
    now = next(NUMBERS)
    n = look(np.frombuffer(text, np.uint8), KIND_OF, SEEN, now, shapes)
    return now, n, [bytes(row) for row in shapes[: max(n, 0)]]


@given(text=st.binary(max_size=40), things=THINGS, shaped=st.booleans())
def test_those_are_left_all_of_whose_pairs_stand_in_the_text(*, text: bytes, things: list[list[bytes]], shaped: bool):
    found = text.translate(KINDS) if shaped else text
    there = {bytes(pair) for pair in pairwise(found)}
    asked = [number for number in range(len(things)) if number != 1]
    needed = [PAIRS * shaped + (pair[0] << 8 | pair[1]) for pair in chain(*things)]
    left = np.empty(len(asked), np.int64)
    now, _, _ = looked(text)
    until = np.cumsum([0, *map(len, things)], dtype=np.int64)
    n = rule_out(SEEN, now, np.array(needed, np.int64), until, np.array(asked, np.int64), left)
    assert left[:n].tolist() == [number for number in asked if there.issuperset(things[number])]


@given(text=LINES | st.binary(max_size=60))
def test_each_way_in_which_lines_begin_is_told_once(text: bytes):
    _, n, found = looked(text)
    lines = text.translate(KINDS).split(b"\n")
    ways = [line[:SHAPE_BYTES].ljust(SHAPE_BYTES, b"\n") for line in lines]
    assert (n, found) == ((-1, []) if b"\0" in text else (len(set(ways)), list(dict.fromkeys(ways))))


def test_too_many_ways_are_not_told():
    lines = [bytes([33 + number]) for number in range(15)]
    many = b"\n".join(first + second for first in lines for second in lines[:5])
    assert looked(many)[1] == -1
    assert looked(b"\n".join(many.split(b"\n")[:MOST_SHAPES]))[1] == MOST_SHAPES
