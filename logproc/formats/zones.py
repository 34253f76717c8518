"""Local times without a zone, made into instants.

A local time that happens twice, at the end of summer time, is taken as the first; one that never happens, at its
beginning, is read with the offset from before. Both follow PEP 495 with fold=0.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from logproc.timestamps import QUARTER

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local clock, on purpose


@lru_cache(maxsize=1 << 16)
def _offset(zone: str, quarter: int) -> int:
    """Return the microseconds east of UTC in a quarter of an hour of local time."""
    try:
        local = EPOCH + timedelta(microseconds=quarter * QUARTER)
    except OverflowError:
        return 0
    offset = local.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)


def local_clock(instant: int, zone: str) -> datetime:
    """Return what a zone's local clock shows at an instant, int microseconds UTC; the nearest time that it can show."""
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=instant)
        return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:
        return datetime.max if instant > 0 else datetime.min  # noqa: DTZ901 - a local clock


def to_utc(times: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Return int64 microseconds UTC for microseconds of a zone's local clock."""
    if zone == "UTC":
        return times
    quarters, inverse = np.unique(times // QUARTER, return_inverse=True)
    offsets = np.array([_offset(zone, int(quarter)) for quarter in quarters], np.int64)
    return times - offsets[inverse]
