"""Counts in a ledger: what a worker returned becomes parts, by file and day, and totals of days; and back to tables.

A part holds what one task counted, by slot (see `rollup.slots`), so that a file or a day can be taken out again. The
totals of a day are all its parts merged, without slots: a report adds up days. What stands open at the end of a file is
a part of its own and in no total, since it is likely to be counted anew tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from logproc import plans
from logproc.errors import WireError
from logproc.model import NO_TIME
from logproc.report_model import COVERAGE
from logproc.rollup import slots
from logproc.rollup.dumping import dump, load
from logproc.rollup.packing import pack, unpack
from logproc.rollup.tables import Table
from logproc.totals import Totals, by_month, stored_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.rollup.dumping import TableData
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.state.rows import CountedPiece, Part


Slots: TypeAlias = "NDArray[np.int64]"
Keep: TypeAlias = "Callable[[Slots], NDArray[np.bool_]]"
"""Tells which slots are wanted."""


class Definitions(Mapping[str, "RollupSpec"]):
    """The reports that a ledger knows and this version understands, by hash; decoded when they are asked for."""

    def __init__(self, raw: Mapping[str, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, key: str) -> RollupSpec:
        """Return a report; KeyError if it is not known, or of another version: its counts stay, unasked for."""
        spec = _definition(self._raw[key])
        if spec is None:
            raise KeyError(key)
        return spec

    def __iter__(self) -> Iterator[str]:
        """Yield the hashes."""
        return (key for key, raw in self._raw.items() if _definition(raw) is not None)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self)


@lru_cache(maxsize=512)
def _definition(raw: bytes) -> RollupSpec | None:
    try:
        spec: RollupSpec = plans.codec().loads(raw)
    except WireError:
        return None
    return spec


def definitions(ledger: Ledger) -> Definitions:
    """Return the reports that a ledger knows."""
    return Definitions({key: raw for key, (_, raw) in ledger.specs().items()})


def cut(spec: RollupSpec, raw: bytes, keep: Keep | None) -> TableData:
    """Return the slots of a dumped table that are to be kept."""
    data = slots.without_places(load(slots.slotted(spec), raw))
    if keep is None:
        return data
    kept = keep(slots.slots_of(data))
    return data if kept.all() else slots.chosen(data, np.flatnonzero(kept))


def written(spec: RollupSpec, data: TableData) -> bytes:
    """Return a table with slots as it travels."""
    return dump(slots.slotted(spec), data)


def of_files(files: Iterable[int]) -> Keep:
    """Return what tells which slots are of some files."""
    wanted = np.array(sorted(files), np.int64)
    return lambda found: np.isin(slots.file_of(found), wanted)


def of_days(wanted: Callable[[int], bool]) -> Keep:
    """Return what tells which slots are of some days."""

    def keep(found: Slots) -> NDArray[np.bool_]:
        days, place = np.unique(slots.day_of(found), return_inverse=True)
        return np.array([wanted(day) for day in days.tolist()], bool)[place]

    return keep


@dataclass(frozen=True, slots=True)
class Counted:
    """What a task counted: tables with slots of reports by hash, and whose lines they are of."""

    keys: tuple[str, ...]
    tables: tuple[bytes, ...]
    pieces: tuple[CountedPiece, ...]
    opened: tuple[CountedPiece, ...] = ()


def enter_rebuilt(ledger: Ledger, run: int, specs: Mapping[str, RollupSpec], totals: Totals, counted: Counted) -> None:
    """Enter what was counted again for some reports; nothing is open in it, since its end is known."""
    of_pieces = of_files({piece.file for piece in counted.pieces})
    ready: list[bytes] = []
    days: set[int] = set()
    for key, raw in zip(counted.keys, counted.tables, strict=True):
        data = cut(specs[key], raw, of_pieces)
        found = slots.slots_of(data)
        data = slots.settled(slots.moved(data, slots.placed(found, slots.file_of(found))))
        days |= totals.add(key, data)
        ready.append(written(specs[key], data))
    ledger.add_part(run, counted.keys, pack(ready), counted.pieces, sorted(days))


def enter(ledger: Ledger, run: int, specs: Mapping[str, RollupSpec], totals: Totals, counted: Counted) -> None:
    """Enter what a task counted: a part with its totals, and one for each file that has an open end."""
    of_pieces = of_files({piece.file for piece in counted.pieces})
    ready: list[bytes] = []
    days: set[int] = set()
    pairs = list(zip(counted.keys, counted.tables, strict=True))
    for key, raw in pairs:
        data = cut(specs[key], raw, lambda found: of_pieces(found) & ~slots.is_open(found))
        days |= totals.add(key, data)
        ready.append(written(specs[key], data))
    ledger.add_part(run, counted.keys, pack(ready), counted.pieces, sorted(days))
    for piece in counted.opened:
        _enter_open(ledger, run, specs, pairs, piece)


def _enter_open(
    ledger: Ledger,
    run: int,
    specs: Mapping[str, RollupSpec],
    pairs: Sequence[tuple[str, bytes]],
    piece: CountedPiece,
) -> None:
    ready: list[bytes] = []
    days: set[int] = set()
    for key, raw in pairs:
        data = cut(specs[key], raw, lambda found: (slots.file_of(found) == piece.file) & slots.is_open(found))
        days |= set(slots.day_of(slots.slots_of(data)).tolist())
        ready.append(written(specs[key], data))
    ledger.add_part(run, [key for key, _ in pairs], pack(ready), [piece], sorted(days), piece.generation)


# ---- taking out ------------------------------------------------------------------------------------------------


def take_out(
    ledger: Ledger,
    specs: Mapping[str, RollupSpec],
    part: Part,
    gone: Keep,
    files: Iterable[int] = (),
) -> list[int]:
    """Take slots out of a part, with the pieces `files`; returns the days that it had, whose totals are wrong now."""
    before = ledger.part_days(part.number)
    ready: list[bytes] = []
    keys: list[str] = []
    days: set[int] = set()
    for key, raw in zip(part.specs, unpack(part.tables), strict=True):
        if key not in specs:
            continue
        data = cut(specs[key], raw, lambda found: ~gone(found))
        days |= set(np.unique(slots.day_of(slots.slots_of(data))).tolist())
        ready.append(written(specs[key], data))
        keys.append(key)
    taken = set(files)
    if all(piece.file in taken for piece in ledger.pieces(part.number)):
        ledger.drop_part(part.number)
    else:
        ledger.change_part(part.number, keys, pack(ready), sorted(days), taken)
    return before if part.generation is None else []


def days_in(specs: Mapping[str, RollupSpec], part: Part, keep: Keep) -> set[int]:
    """Return the days of what is to be kept of a part."""
    tables = zip(part.specs, unpack(part.tables), strict=True)
    kept = (cut(specs[key], raw, keep) for key, raw in tables if key in specs)
    return {day for data in kept for day in np.unique(slots.day_of(slots.slots_of(data))).tolist()}


def uncount(ledger: Ledger, specs: Mapping[str, RollupSpec], generations: set[int]) -> set[int]:
    """Take all that was counted of some generations out of the parts; returns the days whose totals are wrong now."""
    days: set[int] = set()
    numbers = sorted({part for number in generations for part in ledger.parts_of(number)})
    for number in numbers:
        files = {piece.file for piece in ledger.pieces(number) if piece.generation in generations}
        for part in ledger.parts("id = ?", (number,)):
            days |= set(take_out(ledger, specs, part, of_files(files), files))
    return days


def add_up_again(ledger: Ledger, specs: Mapping[str, RollupSpec], max_groups: int, days: Iterable[int]) -> None:
    """Compute the totals of days anew, from the parts."""
    for day in days:
        ledger.drop_totals(day)
        totals = Totals(ledger, specs, max_groups)
        keep = of_days(day.__eq__)
        for part in ledger.parts_of_day(day):
            for key, raw in zip(part.specs, unpack(part.tables), strict=True):
                if key in specs:
                    totals.add(key, cut(specs[key], raw, keep))
        totals.save()


# ---- reports ---------------------------------------------------------------------------------------------------


class Owned(Protocol):
    """What has a host and a source."""

    @property
    def host(self) -> str | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Choice:
    """Which counts a report is of: days [since, until), None for no limit; hosts and sources, empty for all."""

    since: int | None = None
    until: int | None = None
    hosts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    def has_day(self, day: int) -> bool:
        """Tell whether a day is wanted; lines without a time are where no day is asked for."""
        if day == NO_TIME:
            return self.since is None and self.until is None
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)

    @property
    def has_all_days(self) -> bool:
        """Whether no day is asked for."""
        return self.since is None and self.until is None

    def has_any(self, first: int, last: int) -> bool:
        """Tell whether one of some days is wanted."""
        return (self.since is None or self.since <= last) and (self.until is None or first < self.until)

    def has_file(self, owner: Owned) -> bool:
        """Tell whether the lines of a piece, or of a file, are wanted."""
        return (not self.hosts or owner.host in self.hosts) and (not self.sources or owner.source in self.sources)


EVERYTHING = Choice()

FAR_DAY = 2**62
"""Behind all days there are; what has no time is before minus as many."""

COVERED_DAYS = 35
"""Lines by host and hour are reported of the last days alone, unless days are asked for: a year of them is 440,000 rows
for 50 hosts, and the gaps of last spring are no news."""


def tables(
    ledger: Ledger, wanted: Mapping[str, RollupSpec], max_groups: int, choice: Choice = EVERYTHING
) -> dict[str, Table]:
    """Return the counts of reports, by hash: the totals of days, or parts where hosts or sources are asked for."""
    found = {key: Table(spec, max_groups) for key, spec in wanted.items()}
    if choice.hosts or choice.sources:
        _add_parts(ledger, found, choice, "generation IS NULL")
    else:
        all_days, months = list(filter(choice.has_day, ledger.days())), by_month(ledger.days())
        for key, table in found.items():
            whole = ledger.sum(key) if choice == EVERYTHING else None
            days = all_days[-COVERED_DAYS:] if choice == EVERYTHING and table.spec.name == COVERAGE else all_days
            for stored in stored_totals(ledger, key, days, months) if whole is None else (whole,):
                table.merge(load(table.spec, unpack(stored)[0]))
    _add_parts(ledger, found, choice, "generation IS NOT NULL")
    return found


def _add_parts(ledger: Ledger, found: Mapping[str, Table], choice: Choice, where: str) -> None:
    """Merge what is wanted of parts into tables, slot by slot."""
    since, until = choice.since, choice.until
    if since is not None or until is not None:  # most of a ledger's megabytes are of other days
        where += " AND id IN (SELECT part FROM part_days WHERE day >= ? AND day < ?)"
    bounds = (-FAR_DAY if since is None else since, FAR_DAY if until is None else until)
    for part in ledger.parts(where, bounds if "?" in where else ()):
        _add_part(ledger.pieces(part.number), ledger.part_days(part.number), part, ((choice, found),))


def tables_of_each(
    ledger: Ledger, wanted: Mapping[str, RollupSpec], max_groups: int, choices: Sequence[Choice]
) -> list[dict[str, Table]]:
    """Return the counts of reports, by hash, for each of some choices of hosts or sources: parts are read once."""
    each = [(choice, {key: Table(spec, max_groups) for key, spec in wanted.items()}) for choice in choices]
    for where in ("generation IS NULL", "generation IS NOT NULL"):
        for part in ledger.parts(where):
            _add_part(ledger.pieces(part.number), ledger.part_days(part.number), part, each)
    return [found for _, found in each]


def _add_part(
    pieces: Sequence[CountedPiece],
    days: Sequence[int],
    part: Part,
    each: Sequence[tuple[Choice, Mapping[str, Table]]],
) -> None:
    """Merge what each choice has of a part into its tables."""
    raws = None
    for choice, found in each:
        files = [piece.file for piece in pieces if choice.has_file(piece)]
        if not files or not any(map(choice.has_day, days)):
            continue
        is_whole = len(files) == len(pieces) and all(map(choice.has_day, days))
        keep = None if is_whole else _both(of_files(files), of_days(choice.has_day))
        raws = unpack(part.tables) if raws is None else raws
        for key, raw in zip(part.specs, raws, strict=True):
            table = found.get(key)
            if table is not None:
                data = cut(table.spec, raw, keep)
                table.merge(slots.narrowed(data, len(np.unique(slots.slots_of(data)))))


def _both(one: Keep, other: Keep) -> Keep:
    return lambda found: one(found) & other(found)
