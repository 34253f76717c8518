"""By how many hours a host's days are those of its twin, earlier or later, told from their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_HOURS = 48
"""Hours in which a host and its twins wrote, for the shapes of their days to be compared."""

MOST_HOURS = 336
"""Hours, the last ones, of which shapes are compared."""

FARTHEST_SHIFT = 14
"""Hours by which a wrong time zone may shift a clock: the zones lie between -12 and +14."""

SHIFTS = range(-FARTHEST_SHIFT, FARTHEST_SHIFT + 1)

CLEAR_FIT, CLEAR_GAIN = 0.9, 2.0
"""A shift is told where hourly lines correlate so well, and what is left to explain is so much less than without."""


def shift_of(mine: Mapping[int, int], theirs: Mapping[int, int]) -> int:
    """Return by how many hours one host is later than another; 0 where that is not clear."""
    if len(mine.keys() & theirs.keys()) < LEAST_HOURS:
        return 0
    last = max(mine)
    fits = _fits(
        _lines(mine, last - MOST_HOURS + 1, last),
        _lines(theirs, last - MOST_HOURS + 1 - FARTHEST_SHIFT, last + FARTHEST_SHIFT),
    )
    best = max(SHIFTS, key=lambda shift: (fits[shift], -abs(shift)))
    is_clear = fits[best] >= CLEAR_FIT and 1 - fits[0] >= CLEAR_GAIN * (1 - fits[best])
    return best if is_clear else 0


def _lines(hours: Mapping[int, int], first: int, last: int) -> np.ndarray:
    """Return the lines of each hour from first to last, NaN where there are none."""
    return np.array([hours.get(hour, np.nan) for hour in range(first, last + 1)])


def _fits(mine: np.ndarray, theirs: np.ndarray) -> dict[int, float]:
    """Return the correlation of Pearson for each shift; 0 where there are too few pairs or nothing varies.

    `theirs` begins and ends `FARTHEST_SHIFT` hours before and after `mine`.
    """
    moved = np.lib.stride_tricks.sliding_window_view(theirs, len(mine))[::-1]  # a shift of -14 hours comes first
    both = ~(np.isnan(moved) | np.isnan(mine))
    n = both.sum(axis=1)
    x, y = (_centred(np.broadcast_to(lines, both.shape), both, n) for lines in (mine, moved))
    spread = (x * x).sum(axis=1) * (y * y).sum(axis=1)
    known = (n >= LEAST_HOURS // 2) & (spread > 0)
    fits = np.where(known, (x * y).sum(axis=1) / np.sqrt(np.where(known, spread, 1.0)), 0.0)
    return dict(zip(SHIFTS, fits.tolist(), strict=True))


def _centred(lines: np.ndarray, counted: np.ndarray, n: np.ndarray) -> np.ndarray:
    found = np.where(counted, lines, 0.0)
    return np.where(counted, found - (found.sum(axis=1) / np.maximum(n, 1))[:, None], 0.0)
