"""What every parser writes to: arrays of rows and rejects, and where their columns stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.decode import NO_TIME
from logproc.kernels.layout import NO_FIRST_TIME, LineArrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAPACITY = 8192
"""Rows, and rejects, that a parser holds before they are taken over.

As many as a block of 1 MiB has lines of 128 bytes: all that is done for a batch in Python is done once a block.
"""


def line_arrays(columns: int, capacity: int) -> LineArrays:
    """Return arrays for `capacity` rows and as many rejects, of so many columns."""
    return LineArrays(
        starts=np.full((columns, capacity), -1, np.int32),
        ends=np.full((columns, capacity), -1, np.int32),
        styles=np.zeros((columns, capacity), np.uint8),
        times=np.full(capacity, NO_TIME, np.int64),
        row_offset=np.empty(capacity, np.int32),
        row_line=np.empty(capacity, np.int32),
        reject_offset=np.empty(capacity, np.int32),
        reject_line=np.empty(capacity, np.int32),
        reject_reason=np.empty(capacity, np.uint8),
        zoneless=np.zeros(capacity, np.uint8),
        more_lines=np.zeros(capacity, np.int32),
    )


def places_of(columns: tuple[str, ...], lines: LineArrays) -> dict[str, tuple[int, int, int]]:
    """Return the addresses of each column's starts, ends and styles."""
    arrays = (lines.starts, lines.ends, lines.styles)
    return {
        name: (arrays[0][k].ctypes.data, arrays[1][k].ctypes.data, arrays[2][k].ctypes.data)
        for k, name in enumerate(columns)
    }


def span(times: NDArray[np.int64]) -> tuple[int, int]:
    """Return the least and the greatest time, (NO_FIRST_TIME, NO_TIME) where no row has one."""
    if len(times) and (least := int(times.min())) != NO_TIME:  # the least number of all: then every row has one
        return least, int(times.max())
    known = times[times != NO_TIME]
    return (int(known.min()), int(known.max())) if len(known) else (NO_FIRST_TIME, NO_TIME)
