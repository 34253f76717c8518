"""What of each file is in a report of some days, as far as a ledger knows: it keeps counts by file and day, not lines.

A part whose days are all among those that are asked for counts with all of its lines. Of one that has other days, too,
the lines are counted that have a time of these days: those that were rejected have none. What is merged by day is told
apart by host and source alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

import numpy as np

from logproc import counting
from logproc.model import Lines
from logproc.report_model import COVERAGE, FileEntry
from logproc.rollup import slots
from logproc.rollup.packing import unpack
from logproc.timestamps import local_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logproc.counting import Choice
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.state.rows import CountedPiece, Part, Record

Owner = tuple[int | None, str, str | None]
"""A generation, or None for what is merged by day, with source and host."""

IN_PART = "with lines of other days, which are left out"
IN_FILES = "of files with lines of other days, too; what was rejected is not known by day"
UNKNOWN = "with lines of other days, too; how many are of these is not known"
GONE = "not on disk any more"


def entries(ledger: Ledger, wanted: Mapping[str, RollupSpec], choice: Choice, zone: str) -> tuple[FileEntry, ...]:
    """Return an entry for each file that has lines of the chosen days; `wanted` are the reports that are made."""
    key = next((key for key, spec in wanted.items() if spec.name == COVERAGE), None)
    portions = _Portions(ledger)
    for number, first, last in ledger.part_spans():
        if choice.has_all_days if first is None or last is None else choice.has_day(first) and choice.has_day(last):
            pieces = list(filter(choice.has_file, ledger.pieces(number)))
            merged = [] if key is None or choice.has_all_days else [each for each in pieces if each.generation is None]
            counts = dict(_counts(ledger, number, merged, key, wanted, choice))
            for piece in pieces:
                count = counts.get(piece, piece.counted)
                if count == piece.counted:
                    portions.add(piece)
                else:  # merging gives a file's lines to its first day
                    portions.add_some(piece, count, IN_FILES)
        elif any(map(choice.has_day, ledger.part_days(number))):
            left = []
            for piece in filter(choice.has_file, ledger.pieces(number)):
                days = portions.days_of(piece, zone)
                if days and all(map(choice.has_day, days)):
                    portions.add(piece)
                elif not days or choice.has_any(*days):
                    left.append(piece)
            for piece, count in _counts(ledger, number, left, key, wanted, choice):
                portions.add_some(piece, count, UNKNOWN if key is None else IN_PART)
    return portions.entries()


def _counts(
    ledger: Ledger,
    number: int,
    pieces: list[CountedPiece],
    key: str | None,
    wanted: Mapping[str, RollupSpec],
    choice: Choice,
) -> Iterator[tuple[CountedPiece, int]]:
    """Yield of each piece of a part how many lines have a time of the chosen days."""
    for part in ledger.parts("id = ?", (number,)) if pieces else ():
        yield from _counted(part, pieces, key, wanted, choice)


class _Portions:
    """Lines and bytes by file on their way into entries."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lines: dict[Owner, Lines] = defaultdict(Lines)
        self._bytes: dict[Owner, int] = defaultdict(int)
        self._reasons: dict[Owner, str] = {}
        self._records: dict[int, Record] = {}

    def add(self, piece: CountedPiece) -> None:
        """Add all lines of a piece."""
        owner = piece.generation, piece.source, piece.host
        self._lines[owner] += Lines(piece.read, piece.counted, piece.filtered, piece.rejected)
        self._bytes[owner] += piece.end - piece.start

    def add_some(self, piece: CountedPiece, count: int, reason: str) -> None:
        """Add so many lines of a piece, which has others."""
        owner = piece.generation, piece.source, piece.host
        self._lines[owner] += Lines(count, count)
        self._reasons[owner] = reason

    def days_of(self, piece: CountedPiece, zone: str) -> tuple[int, int] | None:
        """Return the first and the last day of the file of a piece; None if they are not known."""
        record = self._record(piece.generation)
        if record is None or record.first_time is None or record.last_time is None:
            return None
        return local_day(record.first_time, zone)[0], local_day(record.last_time, zone)[0]

    def entries(self) -> tuple[FileEntry, ...]:
        """Return what was added, by path."""
        present = {row[6] for row in self._ledger.seen().rows.values()}
        wanted = {number for number, _, _ in self._lines if number is not None} - self._records.keys()
        self._records |= self._ledger.records_of(wanted)
        found = [
            self._entry(owner, lines, is_there=owner[0] in present)
            for owner, lines in self._lines.items()
            if lines.read or owner in self._reasons
        ]
        return tuple(sorted(found, key=lambda entry: entry.path))

    def _record(self, number: int | None) -> Record | None:
        if number is not None and number not in self._records:
            self._records |= self._ledger.records_of([number])
        return self._records.get(number or 0)

    def _entry(self, owner: Owner, lines: Lines, *, is_there: bool) -> FileEntry:
        number, source, host = owner
        record = self._record(number)
        of = " of ".join(filter(None, (source, host)))
        return kept_entry(
            record.generation.path if record is not None else f"files{' of ' if of else ''}{of}, merged by day",
            source=source,
            host=host,
            record=record,
            size=self._bytes[owner],
            lines=lines,
            reason=self._reasons.get(owner) or (None if is_there or record is None else GONE),
        )


class Facts(Protocol):
    """What is known of a file whose lines were counted."""

    @property
    def format(self) -> str | None: ...  # noqa: D102
    @property
    def codec(self) -> str: ...  # noqa: D102
    @property
    def first_time(self) -> int | None: ...  # noqa: D102
    @property
    def last_time(self) -> int | None: ...  # noqa: D102


def kept_entry(
    path: str,
    *,
    source: str,
    host: str | None,
    record: Facts | None,
    size: int,
    lines: Lines,
    reason: str | None,
) -> FileEntry:
    """Return the entry of a file that a ledger has counts of: `size` bytes with `lines`, or what is merged by day."""
    return FileEntry(
        path=path,
        source=source,
        format=None if record is None else record.format,
        confidence=1.0 if record is not None and record.format else 0.0,
        codec=None if record is None else record.codec,
        bytes_stored=0,
        bytes_read=size,
        lines=lines,
        status="unchanged",
        reason=reason,
        first_time=None if record is None else record.first_time,
        last_time=None if record is None else record.last_time,
        host=host,
    )


def _counted(
    part: Part, pieces: list[CountedPiece], key: str | None, wanted: Mapping[str, RollupSpec], choice: Choice
) -> Iterator[tuple[CountedPiece, int]]:
    """Yield of each piece how many lines have a time of the chosen days; none where no report has counted all lines."""
    counts: dict[int, int] = {}
    if key is not None and key in part.specs:
        spec = wanted[key]
        raw = unpack(part.tables)[part.specs.index(key)]
        data = counting.cut(spec, raw, counting.of_days(choice.has_day))
        files = slots.file_of(slots.slots_of(data))
        of_lines = next(n for n, found in enumerate(spec.aggregates) if found.argument is found.filter is None)
        values = np.array(data.states[of_lines].results(np.arange(len(files))), np.int64)
        for file in np.unique(files).tolist():
            counts[file] = int(values[files == file].sum())
    for piece in pieces:
        if key is None or piece.file in counts:
            yield piece, counts.get(piece.file, 0)
