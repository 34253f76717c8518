"""Charts of characters: sparklines, bars and rows of shades, which any terminal and any mail can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"
EIGHTHS = " ▏▎▍▌▋▊▉"
SHADES = "·░▒▓█"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return values as a line of at most `width` characters; where several share one, their highest is shown.

    A value that is missing is a blank, the highest of all the tallest character, and zero the lowest.
    """
    columns = _condensed(values, width)
    most = max((value for value in columns if value is not None), default=0)
    return "".join(" " if value is None else LEVELS[_step(value, most, len(LEVELS))] for value in columns)


def shades(counts: Sequence[int], holes: frozenset[int], width: int) -> str:
    """Return counts as characters from · (none) to █ (most); one with a hole among its places is `!`."""
    most = max(counts, default=0)
    columns = _condensed(counts, width)
    size = _size(len(counts), width)
    bad = {place // size for place in holes}
    return "".join(
        "!" if place in bad else SHADES[0 if not value else max(1, _step(value, most, len(SHADES)))]
        for place, value in enumerate(columns)
    )


def bar(value: float, most: float, width: int) -> str:
    """Return a bar whose length is value / most of `width`, to an eighth of a character; at least one for any value."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(8 * width * min(value, most) / most))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _size(count: int, width: int) -> int:
    return max(1, -(-count // max(1, width)))


def _condensed(values: Sequence[float | None], width: int) -> list[float | None]:
    size = _size(len(values), width)
    columns = []
    for begin in range(0, len(values), size):
        there = [value for value in values[begin : begin + size] if value is not None]
        columns.append(max(there) if there else None)
    return columns


def _step(value: float, most: float, steps: int) -> int:
    return min(steps - 1, int(max(0.0, value) / most * (steps - 1) + 0.5)) if most > 0 else 0
