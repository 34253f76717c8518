"""Old days of a ledger, dropped or merged: what `upkeep` finds to be due."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from logproc import counting
from logproc.model import NO_TIME
from logproc.rollup import slots
from logproc.rollup.dumping import load
from logproc.rollup.packing import MERGED_LEVEL, pack, unpack
from logproc.rollup.tables import Table
from logproc.state.rows import CountedPiece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Part


def drop_days(ledger: Ledger, before: int, parts: Sequence[int], old: Sequence[int]) -> None:
    """Drop the days `old`, which are those before one, of `parts` too; lines without a time have no day and stay."""
    specs = counting.definitions(ledger)
    for number in parts:
        days = ledger.part_days(number)
        if all(day < before for day in days) and NO_TIME not in days:
            ledger.drop_part(number)
            continue
        for part in ledger.parts("id = ?", (number,)):
            counting.take_out(ledger, specs, part, counting.of_days(lambda day: NO_TIME < day < before))
    for day in old:
        ledger.drop_totals(day)


def merge_days(ledger: Ledger, numbers: Sequence[int], max_groups: int) -> None:
    """Merge parts: one a day, by host and source. It is of the run that counted the last of it: no count changes."""
    merged = _Merged(counting.definitions(ledger), max_groups)
    for number in numbers:
        for part in ledger.parts("id = ?", (number,)):
            merged.add(part, ledger.pieces(number), ledger.run_of(number))
        ledger.merge_lines(number)
        ledger.drop_part(number)
    merged.save(ledger)


class _Merged:
    """Parts on their way into one a day."""

    def __init__(self, specs: Mapping[str, RollupSpec], max_groups: int) -> None:
        self._specs = specs
        self._max_groups = max_groups
        self._owners: dict[tuple[str, str | None], int] = {}
        self._lines: dict[tuple[int, int], np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        self._tables: dict[tuple[int, tuple[str, ...], str], Table] = {}
        self._runs: dict[tuple[int, tuple[str, ...]], int] = {}

    def add(self, part: Part, pieces: list[CountedPiece], run: int) -> None:
        """Take a part in, which a run counted."""
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
                self._runs[day, known] = max(run, self._runs.get((day, known), run))
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

    def save(self, ledger: Ledger) -> None:
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
            ledger.add_part(self._runs[day, known], keys, pack(ready, MERGED_LEVEL), pieces, [day])
