"""What keeps a ledger small: days past `retain` are dropped, details past `compact_after` are merged by day.

A merged day keeps hosts and sources apart, and files no more: a file whose lines are in it cannot be taken out again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from logproc import counting
from logproc.model import NO_TIME
from logproc.rollup import slots
from logproc.rollup.packing import MERGED_LEVEL, pack, unpack
from logproc.rollup.tables import Table, load
from logproc.state.database import has_ledger
from logproc.state.ledger import Ledger
from logproc.state.rows import CountedPiece
from logproc.timestamps import DAY, local_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logproc.config import Config
    from logproc.rollup.spec import RollupSpec
    from logproc.state.rows import Part


LEAP_DAYS = 31
"""A clock that is further past the last run may be wrong, and what is dropped by it cannot be had back: nothing is
dropped or merged before another run has found it there, too."""


def note(config: Config, state_dir: str, now_ns: int) -> str | None:
    """Say that the clock is so far past the last run that old days are kept for now; None where it is not."""
    if not config.state.retain or not has_ledger(state_dir):
        return None
    with Ledger.to_write(state_dir) as ledger:
        days = _days_since(ledger, now_ns)
    if days <= LEAP_DAYS:
        return None
    return (
        f"the clock is {days} days past the last run: what is older than retain = {config.state.retain} days is kept "
        f"until the next one. If the clock is wrong, set it right before that"
    )


def _days_since(ledger: Ledger, now_ns: int) -> int:
    """Return the days since the last run; 0 where there was none."""
    last = int(ledger.meta("scan_ns") or now_ns)
    return (now_ns - last) // (1000 * DAY)


def keep_small(ledger: Ledger, config: Config, now_ns: int, run: int) -> None:
    """Drop and merge what is old enough, inside the caller's transaction."""
    if _days_since(ledger, now_ns) > LEAP_DAYS:
        return
    today, _ = local_day(now_ns // 1000, config.timezone)
    specs = counting.definitions(ledger)
    if config.state.retain:
        _drop_days(ledger, specs, today - config.state.retain)
    _merge_days(ledger, specs, today - config.state.compact_after, config.limits.max_groups, run)


def _drop_days(ledger: Ledger, specs: Mapping[str, RollupSpec], before: int) -> None:
    """Drop the days before one; lines without a time have no day and stay."""
    old = [day for day in ledger.days() if NO_TIME < day < before]
    for number in ledger.parts_before(before):
        days = ledger.part_days(number)
        if all(day < before for day in days) and NO_TIME not in days:
            ledger.drop_part(number)
            continue
        for part in ledger.parts("id = ?", (number,)):
            counting.take_out(ledger, specs, part, counting.of_days(lambda day: NO_TIME < day < before))
    for day in old:
        ledger.drop_totals(day)
    ledger.drop_lost_generations()


def _merge_days(ledger: Ledger, specs: Mapping[str, RollupSpec], before: int, max_groups: int, run: int) -> None:
    """Merge the parts whose days are all before one: a part a day, by host and source."""
    numbers = ledger.parts_to_merge(before)
    if not numbers:
        return
    merged = _Merged(specs, max_groups)
    for number in numbers:
        for part in ledger.parts("id = ?", (number,)):
            merged.add(part, ledger.pieces(number))
        ledger.merge_lines(number)
        ledger.drop_part(number)
    merged.save(ledger, run)


class _Merged:
    """Parts on their way into one a day."""

    def __init__(self, specs: Mapping[str, RollupSpec], max_groups: int) -> None:
        self._specs = specs
        self._max_groups = max_groups
        self._owners: dict[tuple[str, str | None], int] = {}
        self._lines: dict[tuple[int, int], np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        self._tables: dict[tuple[int, tuple[str, ...], str], Table] = {}

    def add(self, part: Part, pieces: list[CountedPiece]) -> None:
        """Take a part in."""
        number = {p.file: self._owners.setdefault((p.source, p.host), len(self._owners)) for p in pieces}
        files = np.array(sorted(number), np.int64)
        owners = np.array([number[file] for file in files.tolist()], np.int64)
        first = NO_TIME
        known = tuple(key for key in part.specs if key in self._specs)
        for key, raw in zip(part.specs, unpack(part.tables), strict=True):
            if key not in self._specs:
                continue
            data = load(slots.slotted(self._specs[key]), raw)
            found = slots.slots_of(data)
            mine = owners[np.searchsorted(files, slots.file_of(found))] if len(found) else found
            data = slots.settled(slots.moved(data, slots.placed(found, mine)))
            days = slots.day_of(slots.slots_of(data))
            for day in np.unique(days).tolist():
                first = day if first == NO_TIME else min(first, day)
                self._table(day, known, key).merge(slots.chosen(data, np.flatnonzero(days == day)))
        for piece in pieces:
            counts = np.array([piece.end - piece.start, piece.read, piece.counted, piece.filtered, piece.rejected])
            place = (first, number[piece.file])
            self._lines[place] = self._lines.get(place, np.zeros(5, np.int64)) + counts

    def _table(self, day: int, known: tuple[str, ...], key: str) -> Table:
        place = (day, known, key)
        if place not in self._tables:
            self._tables[place] = Table(slots.slotted(self._specs[key]), 4 * self._max_groups)
        return self._tables[place]

    def save(self, ledger: Ledger, run: int) -> None:
        """Write the merged parts."""
        owner_of = {number: owner for owner, number in self._owners.items()}
        parts: dict[tuple[int, tuple[str, ...]], dict[str, Table]] = defaultdict(dict)
        for (day, known, key), table in self._tables.items():
            parts[day, known][key] = table
        counted = dict(self._lines)
        for (day, known), tables in sorted(parts.items()):
            used: set[int] = set()
            for table in tables.values():
                used |= set(slots.file_of(slots.slots_of(table.data())).tolist())
            used |= {number for at, number in counted if at == day}
            pieces = []
            for number in sorted(used):
                size, *lines = counted.pop((day, number), np.zeros(5, np.int64)).tolist()
                pieces.append(CountedPiece(number, None, *owner_of[number], 0, size, *lines))
            keys = [key for key in known if key in tables]
            ready = [counting.written(self._specs[key], slots.in_order(tables[key].data())) for key in keys]
            ledger.add_part(run, keys, pack(ready, MERGED_LEVEL), pieces, [day])
