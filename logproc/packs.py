"""Small files by the hundred: read one behind the other into a buffer, recognised and tokenised together.

The usual small file is plain text in one of the access log formats, every line good. For those all that is done a file
is to open, read and close it; kernels do the rest for the whole buffer. Every other file, and every one that gives the
slightest doubt, is left to `worker.PieceReader`, whose answers these must equal.
"""

from __future__ import annotations

import os
import re
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from logproc.errors import MachineError, UnreadableError
from logproc.formats import FORMATS, resolve
from logproc.formats.detect import BY_RANK
from logproc.formats.format import SEPARATOR
from logproc.formats.outlook import is_unlike
from logproc.formats.parser import Matcher, SeparatorParser
from logproc.inputs.codecs import FIRST_BYTES
from logproc.inputs.encodings import DOUBTFUL_BYTES, LOWEST_TEXT
from logproc.inputs.identity import WINDOW, digest
from logproc.inputs.opening import STDIN, open_regular
from logproc.kernels import packs, tokenize
from logproc.kernels.exemplars import OFFSET_BITS
from logproc.model import NO_TIME, PADDING, FileResult, Lines, Mark, Partial, Piece, Task
from logproc.rollup.slots import slot_base
from logproc.rollup.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.rollup.aggregate import Aggregator
    from logproc.rollup.spec import RollupSpec
    from logproc.worker import Desk

    _Loaded: TypeAlias = tuple[int, Piece, int, int, int]
    """A piece in the buffer: its position, where its text begins and ends there, and its size."""

    _Results: TypeAlias = dict[int, FileResult]

SMALL = 1 << 16
"""Bytes of a small file; also the region that detection looks at, so that it sees all of the file."""

CHUNK = 640 << 10
"""Bytes of files that are tokenised together: as many lines as a parser holds, if they have 80 bytes."""

LEAST = 8
"""Files that must be together to be worth it."""

_HEAD = 1 << 14
"""Bytes of a text that are looked at for what it means."""

USUAL_LINE = re.compile(rb"""(?:[^\0- :\[("]+|(?=[^ ]*:[^ ]*:)[^\0- \[("]+) - [^\0- :\[("]+ \[.*"\r?\Z""", re.DOTALL)
"""A line of `_USUAL` that none of the formats above it reads, or takes for its own, and that `_USUAL` does not disown:
address, no identity, user, and a user agent or another quoted field at the end. Texts of such lines alone, as most are,
are not tokenised once more for each of these formats. `kernels.packs.usual_texts` looks for it."""

_DOUBTFUL = frozenset(DOUBTFUL_BYTES) | frozenset(FIRST_BYTES)
_USUAL = FORMATS["combined"]
_ABOVE = tuple(row for row in BY_RANK if row.rank > _USUAL.rank and row.program is not None)


def one_by_one(specs: Sequence[RollupSpec], max_groups: int, task: Task, process: Callable[..., Partial]) -> Partial:
    """Do the files of a task one after the other by `process(task=...)`; one that raises is lost alone, by name."""
    tables = Tables(specs, max_groups)
    results: list[FileResult] = []
    for piece in task.pieces:
        try:
            partial = process(task=Task(task.number, (piece,), 0))
        except (MemoryError, MachineError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are counted
            problem = f"{type(error).__name__}: {error} (a defect of logproc)"
            results.append(FileResult(piece.file, "plain", None, 0.0, 0, Lines(), problem=problem, skipped=True))
            continue
        results.extend(partial.files)
        tables.merge(partial.tables)
    return Partial(task.number, tuple(results), tables.dump())


class PackReader:
    """Reads small files for a desk; one a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        named = [resolve(name) for name in desk.job.formats if name not in FORMATS]
        self._named = [row for row in named if row.rank > _USUAL.rank]  # of which a usual line may be one
        self._above = [row for row in (*_ABOVE, *self._named) if row.engine == SEPARATOR]
        self._patterns = [row for row in self._named if row.engine != SEPARATOR]
        self._match = Matcher()

    def read(self, pieces: Sequence[Piece], run: Aggregator) -> dict[int, FileResult]:
        """Return the results of those pieces that are what small files usually are, by position."""
        results: dict[int, FileResult] = {}
        if self._is_worth_it(pieces):
            for _, found in self._chunks(pieces, run):
                results.update(found)
        return results

    def read_in_order(self, pieces: Sequence[Piece], run: Aggregator) -> Iterator[tuple[list[int], _Results]]:
        """Yield positions of pieces, which come in their order, and of those that `read` would read their results.

        The others are to be read before the next are asked for. What may be large is yielded by itself.
        """
        if self._is_worth_it(pieces):
            yield from self._chunks(pieces, run, in_order=True)
        else:
            yield from (([position], {}) for position in range(len(pieces)))

    def _is_worth_it(self, pieces: Sequence[Piece]) -> bool:
        desk = self._desk
        job = desk.job
        if job.since is not None or job.until is not None or len(pieces) < LEAST:
            return False
        # Else a line may be too long, or the buffer too short.
        return min(job.max_line_bytes, job.block_bytes) >= SMALL and len(desk.buffer) >= CHUNK + SMALL + 1 + PADDING

    def _chunks(
        self, pieces: Sequence[Piece], run: Aggregator, *, in_order: bool = False
    ) -> Iterator[tuple[list[int], _Results]]:
        """Yield the positions of pieces that were tokenised together, and the results of those beyond doubt.

        With `in_order`, each piece is in a chunk: one that is not tokenised is one of its own.
        """
        desk = self._desk
        waiting: list[_Loaded] = []
        for position, piece in enumerate(pieces):
            fits = not (piece.start or piece.end >= 0 or piece.codec or piece.format or piece.path == STDIN)
            if waiting and fits and (desk.fill >= CHUNK or _owner(piece) != _owner(waiting[0][1])):
                yield self._finished(waiting, run)
                waiting = []
            if fits and not waiting:
                desk.send(run)
                desk.fill = 0
            found = self._load(piece) if fits else None
            if found is not None:
                waiting.append((position, piece, *found))
            elif in_order:
                if waiting:
                    yield self._finished(waiting, run)
                    waiting = []
                yield [position], {}
        if waiting:
            yield self._finished(waiting, run)

    def _finished(self, waiting: Sequence[_Loaded], run: Aggregator) -> tuple[list[int], _Results]:
        return [item[0] for item in waiting], dict(self._finish(waiting, run))

    def _load(self, piece: Piece) -> tuple[int, int, int] | None:
        """Read a file into the desk's buffer; returns where it begins and ends there, and its size."""
        desk, begin = self._desk, self._desk.fill
        try:
            fd, whole = open_regular(piece.place)
        except UnreadableError:
            return None
        try:
            size = os.readv(fd, (desk.buffer.data[begin : begin + SMALL],))
        except OSError:
            return None
        finally:
            os.close(fd)
        if size != whole or size < piece.size or size in {0, SMALL} or int(desk.buffer[begin]) in _DOUBTFUL:
            return None
        end = begin + size
        if piece.known is not None and (size != piece.known.limit or desk.buffer[end - 1] != 10):
            return None
        if desk.buffer[end - 1] != 10:
            desk.buffer[end] = 10
            end += 1
        desk.fill = end
        return begin, end, size

    def _finish(self, waiting: Sequence[_Loaded], run: Aggregator) -> Iterator[tuple[int, FileResult]]:
        """Tokenise what was read; yields the results of the texts that are beyond doubt."""
        desk, n = self._desk, len(waiting)
        begins = np.array([item[2] for item in waiting])
        ends = np.array([item[3] for item in waiting])
        doubtful = self._doubtful(begins, ends)
        begins[doubtful] = ends[doubtful]  # no lines: they leave no rows
        first = waiting[0][1]
        parser = desk.parser(_USUAL.name, first.source)
        assert isinstance(parser, SeparatorParser)
        desk.keep(parser, waiting[0][2], waiting[-1][3])
        desk.own(parser, first.source, first.host, run)
        results = np.zeros((n, tokenize.COUNTERS), np.int64)
        base, before = desk.buffer.ctypes.data, desk.rows
        row = before
        desk.rows = packs.tokenize_texts(
            tokenize.tokenize.address,
            base,
            begins,
            ends,
            n,
            desk.rows,
            *parser.addresses,
            parser.counters.ctypes.data,
            results,
        )
        # Where rows stand: their offset in the buffer, less where their text begins there.
        numbers = np.array([desk.numbers.get(item[1].path, 0) for item in waiting], np.int64)
        shifts = np.repeat((numbers << OFFSET_BITS) - begins, np.maximum(results[:, tokenize.ROWS], 0))
        np.add(parser.lines.row_offset[before : desk.rows], shifts, out=desk.marks[before : desk.rows])
        for item, counted in zip(waiting, results.tolist(), strict=True):
            desk.begin_slot(slot_base(item[1].file), row)
            row += counted[tokenize.ROWS]
            if counted[tokenize.ROWS] > 0:
                mark = self._mark(item[1], item[2], item[4])
                yield item[0], _result(item[1], item[4], counted, mark)

    def _mark(self, piece: Piece, begin: int, size: int) -> Mark | None:
        """Say what was read of a file that a ledger knows."""
        if piece.known is None:
            return None
        content = self._desk.buffer.data[begin : begin + size]
        tail = content[-WINDOW:]
        return Mark(0, size, zlib.crc32(content), digest(tail), len(tail), size)

    def _doubtful(self, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which texts have odd bytes, lines that a more specific format reads, or lines of something else."""
        base, n = self._desk.buffer.ctypes.data, len(begins)
        plain, usual = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
        packs.plain_texts(base, begins, ends, n, np.uint8(LOWEST_TEXT), plain)
        if not self._named:
            packs.usual_texts(base, begins, ends, n, usual)
        doubtful = np.asarray(plain == 0, bool)
        asked = np.flatnonzero((plain != 0) & (usual == 0))
        if len(asked):
            doubtful[asked] = self._are_others(begins[asked], ends[asked])
        return doubtful

    @cached_property
    def _parsers(self) -> list[SeparatorParser]:
        """Parsers of the formats above the usual one, which runs over few small files have no need of."""
        return [SeparatorParser(row, (), 256) for row in self._above]

    def _are_others(self, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> list[bool]:
        """Tell which texts the usual format disowns, or a more specific one reads."""
        base, n = self._desk.buffer.ctypes.data, len(begins)
        heads = [self._head(*span) for span in zip(begins.tolist(), ends.tolist(), strict=True)]
        others = [is_unlike(_USUAL, head) for head in heads]
        matched, rejected = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for row, parser in zip(self._above, self._parsers, strict=True):
            counters = parser.counters.ctypes.data
            packs.match_texts(
                tokenize.tokenize.address, base, begins, ends, n, *parser.addresses, counters, matched, rejected
            )
            for k in np.flatnonzero(matched).tolist():
                # Lines that mean something else are no lines of that format, though it could read them.
                others[k] = others[k] or not is_unlike(row, heads[k])
        for row in self._patterns:
            for k, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
                if not others[k]:
                    others[k] = self._match(row, self._desk.buffer[begin:end].tobytes())[0] > 0
        return others

    def _head(self, begin: int, end: int) -> bytes:
        return self._desk.buffer[begin : min(end, begin + _HEAD)].tobytes()


def _owner(piece: Piece) -> tuple[str, str | None]:
    return piece.source, piece.host


def _result(piece: Piece, size: int, counted: list[int], mark: Mark | None) -> FileResult:
    rows, blanks, lines = counted[tokenize.ROWS], counted[tokenize.BLANKS], counted[tokenize.LINES]
    first, last = counted[tokenize.FIRST_TIME], counted[tokenize.LAST_TIME]
    timed = last != NO_TIME
    return FileResult(
        piece.file,
        "plain",
        _USUAL.name,
        1.0,
        size,
        Lines(lines, rows, blanks, 0),
        {},
        (),
        first if timed else None,
        last if timed else None,
        mark=mark,
    )
