from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logproc.report.strokes import LEVELS, bar, shades, sparkline

NUMBERS = st.lists(st.none() | st.floats(0, 1e12), max_size=300)


def test_a_sparkline_rises_with_its_values():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == LEVELS
    assert sparkline([7, None, 0], 8) == "█ ▁"
    assert sparkline([], 8) == ""


def test_where_several_values_share_a_character_the_highest_is_shown():
    assert sparkline([0, 9, 0, 0], 2) == "█▁"


@given(NUMBERS, st.integers(1, 100))
def test_a_sparkline_fits_and_a_missing_value_is_a_blank(values, width):
    line = sparkline(values, width)
    assert len(line) <= width
    assert line.isspace() == (bool(values) and all(value is None for value in values))


def test_a_bar_is_as_long_as_its_share():
    assert bar(1, 1, 4) == "████"
    assert bar(5, 8, 4) == "██▌"
    assert bar(1, 1_000_000, 4) == "▏"
    assert bar(0, 5, 4) == bar(1, 0, 4) == ""


def test_holes_and_silence_are_seen_among_shades():
    assert shades([0, 1, 50, 100], frozenset({2}), 4) == "·░!█"
    assert shades([100, 0, 100, 100], frozenset({1}), 2) == "!█"
