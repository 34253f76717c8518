"""Rows of the ledger's tables as values, and back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from logproc.state.generations import Generation, Kind, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, KeysView, Sequence


@dataclass(frozen=True, slots=True)
class Record:
    """A generation, and what is known of its lines."""

    generation: Generation
    source: str
    host: str | None
    codec: str
    format: str | None
    confidence: float
    tried: tuple[str, ...]
    first_time: int | None = None
    last_time: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was not reported: its number, id, status and the hashes of what it counts."""

    number: int
    uid: str
    status: str
    specs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountedPiece:
    """Whose lines a part holds under a file number, and how many."""

    file: int
    generation: int | None
    source: str
    host: str | None
    start: int
    end: int
    read: int
    counted: int
    filtered: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Part:
    """Counts by slot, and the hashes of the reports that they are of. `generation` as in `parts` of the schema."""

    number: int
    generation: int | None
    specs: tuple[str, ...]
    tables: bytes


class Records(Mapping[int, Record]):
    """What is known of generations, by number.

    Of a night without news none are asked for: a record is read when it is, and all are by who goes through them.
    `facts` are columns `FACTS`, and `load` returns `RECORD` behind the number, of one generation or, for None, of all.
    """

    def __init__(self, facts: Iterable[Sequence[Any]], load: Callable[[int | None], Iterable[Sequence[Any]]]) -> None:
        self._facts = {row[0]: row for row in facts}
        self._load = load
        self._made: dict[int, Record] = {}

    def __getitem__(self, number: int) -> Record:
        """Return a record; KeyError if there is none."""
        if number not in self._made:
            if number not in self._facts:
                raise KeyError(number)
            self._made.update((row[0], record_of(row)) for row in self._load(number))
        return self._made[number]

    def __contains__(self, number: object) -> bool:
        """Tell whether there is a record."""
        return number in self._facts

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers, in order."""
        if len(self._made) < len(self._facts):
            self._made = {row[0]: record_of(row) for row in self._load(None)}
        return iter(self._facts)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._facts)

    @property
    def numbers(self) -> KeysView[int]:
        """The numbers of all generations."""
        return self._facts.keys()

    def lines_of(self, number: int | None) -> tuple[str | None, str | None, float, int | None, int | None]:
        """Return codec, format and confidence of a generation, and its first and last time; nothing for none."""
        row = self._facts.get(number or 0)
        return (None, None, 0.0, None, None) if row is None else (row[1], row[2], row[3], row[4], row[5])


class Paths(Mapping[str, Seen]):
    """What the last scan made of each path, from columns `SEEN`; values are made when they are asked for."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows: dict[str, Sequence[Any]] = {row[0].decode(*PATH_CODING): row for row in rows}

    def __getitem__(self, path: str) -> Seen:
        """Return what is known of a path; KeyError if nothing is."""
        return seen_of(self.rows[path])

    def __contains__(self, path: object) -> bool:
        """Tell whether a path is known."""
        return path in self.rows

    def __iter__(self) -> Iterator[str]:
        """Yield the paths."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def copies(self) -> Iterator[Seen]:
        """Yield the paths that were copies of what was counted."""
        return (seen_of(row) for row in self.rows.values() if row[7] == Kind.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a ledger knows of files, for those of a scan to be held against; what is asked of few is a function.

    `beginnings` returns number, bytes and hash of the head, and signature of each generation that is counted; `copies`
    are the generations of contents by family, length and CRC; `earlier` returns those of a family's earlier ends by
    length and CRC. `is_alone` tells whether what was counted of a generation has no hole and is no part of another
    one's, and `is_holed` whether it has one.
    """

    records: Records
    seen: Paths
    beginnings: Callable[[], Iterable[tuple[int, int, bytes, bytes]]]
    copies: Mapping[tuple[str, int, int], int]
    earlier: Callable[[str], Mapping[tuple[int, int], int]]
    is_alone: Callable[[int], bool]
    is_holed: Callable[[int], bool]


PATH_CODING = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()

FACTS = "id, codec, format, confidence, first_time, last_time"
"""Columns of a generation that are reported of a file that is not read."""

RECORD = (
    "path, device, inode, size, mtime_ns, ctime_ns, head, head_bytes, signature, "
    '"offset", tail, tail_bytes, crc, open_end, end_crc, closed, '
    "source, host, codec, format, confidence, tried, first_time, last_time, whole"
)
"""Columns of a generation, but for its number."""

SEEN = "path, device, inode, size, mtime_ns, ctime_ns, generation, kind, reason, again"

PIECE = 'file, generation, source, host, start, "end", "read", counted, filtered, rejected'

piece_values = attrgetter(*PIECE.replace('"', "").split(", "))
"""Returns the columns of a piece."""

_KINDS = {kind.value: kind for kind in Kind}


def added(one: Sequence[int], other: Sequence[int]) -> tuple[int, int, int, int]:
    """Add lines read, counted, filtered and rejected."""
    a, b, c, d = (x + y for x, y in zip(one, other, strict=True))
    return a, b, c, d


def _generation(row: Sequence[Any]) -> Generation:
    number, path, device, inode, size, mtime, ctime, *rest = row[:17]
    rest[-1] = bool(rest[-1])
    return Generation(number, os.fsdecode(path), device, inode, (size, mtime, ctime), *rest)


def record_of(row: Sequence[Any]) -> Record:
    """Return a generation from its number and the columns `RECORD`."""
    source, host, codec, name, confidence, tried, first, last, whole = row[17:]
    return Record(
        _generation(row),
        source,
        host,
        codec,
        name,
        confidence,
        () if tried == "[]" else tuple(json.loads(tried)),
        first,
        last,
        bool(whole),
    )


def record_values(record: Record) -> tuple[Any, ...]:
    """Return the columns `RECORD` of a generation."""
    g = record.generation
    return (
        *(os.fsencode(g.path), g.device, g.inode, *g.stored, g.head, g.head_bytes, g.signature),
        *(g.offset, g.tail, g.tail_bytes, g.crc, g.open_end, g.end_crc, int(g.closed)),
        *(
            record.source,
            record.host,
            record.codec,
            record.format,
            record.confidence,
            json.dumps(record.tried) if record.tried else "[]",
        ),
        *(record.first_time, record.last_time, record.whole),
    )


def seen_of(row: Sequence[Any]) -> Seen:
    """Return what a scan made of a path from the columns `SEEN`."""
    path, device, inode, size, mtime, ctime, generation, kind, reason, again = row
    return Seen(os.fsdecode(path), device, inode, (size, mtime, ctime), generation, _KINDS[kind], reason, bool(again))


def seen_values(seen: Seen) -> tuple[Any, ...]:
    """Return the columns `SEEN`."""
    place = os.fsencode(seen.path), seen.device, seen.inode, *seen.stored
    return (*place, seen.generation, seen.kind.value, seen.reason, seen.again)
