"""Counts kept apart by file and day, so that a file or a day can be taken out again.

An incremental run adds one key in front of the keys of every report: the slot, a number that says which file of the
run a row came from, on which day it happened, and whether its record stood open at the end of the file. In the bytes
of a group's key the slot is a prefix of fixed length, so that tables are cut by slot, or merged over slots, without a
look at the other keys.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.intern import Dictionary
from logproc.model import NO_TIME, Kind
from logproc.rollup.dumping import TableData
from logproc.rollup.exemplars import Places
from logproc.rollup.registry import new_state
from logproc.rollup.spec import SLOT_NAME, Column
from logproc.timestamps import DAY, QUARTER, offset_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import RollupSpec

SLOT = Column(SLOT_NAME, Kind.INTEGER)
"""The key in front of all others."""

PREFIX = 9
"""Bytes of the slot in a group's key: the tag and a number."""

DAY_BITS = 22
ZERO_DAY = 1 << 21
"""Day 1970-01-01 in the low bits of a slot; 0 there means a row without a time."""

MOST_DAYS = 1_000_000
"""Days before and behind 1970-01-01 that are told apart, up to the year 4707; what lies beyond is the last of them."""


@lru_cache(maxsize=1 << 10)
def slotted(spec: RollupSpec) -> RollupSpec:
    """Return a report that counts by slot; its outputs mean nothing."""
    return replace(spec, keys=(SLOT, *spec.keys))


def slot_base(file: int, *, is_open: bool = False) -> int:
    """Return the slot of a file's rows without their day."""
    return (2 * file + is_open) << DAY_BITS


def file_of(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the file in slots."""
    return slots >> (DAY_BITS + 1)


def is_open(slots: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which slots are of records that stood open at the end of a file."""
    return np.asarray((slots >> DAY_BITS) & 1, bool)


def placed(slots: NDArray[np.int64], files: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return slots of the same days with other files."""
    return (2 * files << DAY_BITS) | (slots & ((1 << DAY_BITS) - 1))


def day_of(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return days since 1970-01-01 of slots, `NO_TIME` where rows have no time."""
    low = slots & ((1 << DAY_BITS) - 1)
    return np.where(low == 0, NO_TIME, low - ZERO_DAY)


def slot_days(times: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Return the low bits of slots for times in microseconds UTC: the day in a time zone."""
    known = times != NO_TIME
    local = np.where(known, times, 0)
    if zone != "UTC":
        quarters, inverse = np.unique(local // QUARTER, return_inverse=True)
        local = local + np.array([offset_of(zone, int(quarter)) for quarter in quarters], np.int64)[inverse]
    days = np.clip(local // DAY, -MOST_DAYS, MOST_DAYS)
    return np.where(known, days + ZERO_DAY, 0)


def in_order(data: TableData) -> TableData:
    """Return a table whose groups are in the order of their keys behind the slots: likes beside likes pack well."""
    raw, offsets = data.keys.tobytes(), data.offsets.tolist()
    behind = [raw[begin + PREFIX : end] for begin, end in pairwise(offsets)]
    return chosen(data, np.array(sorted(range(len(behind)), key=behind.__getitem__), np.int64))


def slots_of(data: TableData) -> NDArray[np.int64]:
    """Return the slot of each group of a table."""
    if not data.groups:
        return np.zeros(0, np.int64)
    places = data.offsets[:-1, None] + np.arange(1, PREFIX)
    return np.ascontiguousarray(data.keys[places]).view(np.int64)[:, 0]


def chosen(data: TableData, ids: NDArray[np.int64]) -> TableData:
    """Return a table of some of the groups, as they are."""
    lengths = np.diff(data.offsets)[ids]
    offsets = np.zeros(len(ids) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    keys = np.zeros(int(offsets[-1]) + 16, np.uint8)
    keys[: offsets[-1]] = data.keys[np.repeat(data.offsets[:-1][ids] - offsets[:-1], lengths) + np.arange(offsets[-1])]
    return TableData(
        keys,
        offsets,
        [state.select(ids) for state in data.states],
        _no_places(len(ids)),
        data.floor,
        None if data.slack is None else data.slack[ids],
        data.problem,
        data.lost,
    )


def joined(spec: RollupSpec, tables: Sequence[TableData]) -> TableData:
    """Return tables of one report as one, the groups of each behind those of the one before: equal ones stay apart.

    None of them may have a problem, a floor or slack.
    """
    if len(tables) == 1:
        return tables[0]
    ends = np.cumsum([0, *(data.groups for data in tables)])
    states = [new_state(aggregate) for aggregate in spec.aggregates]
    for number, state in enumerate(states):
        state.resize(int(ends[-1]))
        for data, begin, end in zip(tables, ends[:-1], ends[1:], strict=True):
            state.merge(data.states[number], np.arange(begin, end))
    keys = [*(data.keys[: data.offsets[-1]] for data in tables), np.zeros(16, np.uint8)]
    shifts = np.cumsum([0, *(int(data.offsets[-1]) for data in tables)])
    offsets = [data.offsets[:-1] + shift for data, shift in zip(tables, shifts, strict=False)]
    return TableData(
        np.concatenate(keys),
        np.concatenate([*offsets, shifts[-1:]]),
        states,
        _no_places(int(ends[-1])),
        lost=sum(data.lost for data in tables),
    )


def moved(data: TableData, slots: NDArray[np.int64]) -> TableData:
    """Return a table whose groups have other slots; groups may become equal."""
    keys = np.array(data.keys)
    if data.groups:
        places = data.offsets[:-1, None] + np.arange(1, PREFIX)
        keys[places] = np.ascontiguousarray(slots, np.int64).view(np.uint8).reshape(-1, 8)
    return replace(data, keys=keys)


def narrowed(data: TableData, slots: int) -> TableData:
    """Merge a table over its slots, of which there are so many; groups have the keys of the report alone."""
    return _merged(data, PREFIX, slots)


def settled(data: TableData) -> TableData:
    """Merge groups that are equal, slot included."""
    return _merged(data, 0, 1)


def _merged(data: TableData, prefix: int, slots: int) -> TableData:
    n = data.groups
    dictionary = Dictionary(max(64, n), raw=True)
    codes = np.empty(n, np.int32)
    dictionary.encode(data.keys, data.offsets[:-1] + prefix, data.offsets[1:], np.zeros(n, np.uint8), n, codes)
    size = len(dictionary)
    states = data.states if size == n else [state.folded(codes.astype(np.int64), size) for state in data.states]
    keys, offsets = dictionary.packed(np.arange(size), 16)
    slack = None
    if data.slack is not None or data.floor:
        times = np.bincount(codes, minlength=size)
        slack = np.bincount(codes, data.slack, size) + data.floor * np.maximum(slots - times, 0)
    return TableData(keys, offsets, states, _no_places(size), data.floor * slots, slack, data.problem, data.lost)


def without_places(data: TableData) -> TableData:
    """Return a table without exemplars: places in files mean nothing once the files are rotated."""
    return replace(data, places=_no_places(data.groups))


def _no_places(groups: int) -> Places:
    return Places(np.zeros(0, np.int64), np.zeros(groups, np.uint8), np.zeros(0, np.int64))
