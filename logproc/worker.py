"""What is shipped to a worker: `process(job, task)` reads, parses and aggregates, and returns a `Partial`.

A pure function of job, task and file content. What a thread has learnt in earlier tasks (dictionaries, compiled
programs, its buffer) is kept on its `Desk` and makes the next task faster, never different.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from logproc.errors import InputError
from logproc.formats import candidates, resolve
from logproc.formats.detect import detect
from logproc.formats.parser import UNKNOWN, Matcher, Parser, new_parser, span
from logproc.formats.zones import to_utc
from logproc.inputs.blocks import Block, BlockReader, buffer_size
from logproc.kernels import tokenize
from logproc.model import NO_TIME, Batch, FileResult, Lines, Partial, Piece, Reject, Task
from logproc.packs import SMALL, PackReader, one_by_one
from logproc.rollup.aggregate import Program
from logproc.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from logproc.formats import Format
    from logproc.rollup.aggregate import Aggregator
    from logproc.rollup.spec import RollupSpec

SAMPLES = 3
"""Rejected lines of a piece, and of a file, that are kept to be shown."""
SAMPLE_BYTES = 200
DETECT_REGION = SMALL
BLANKS = b"\0 \t\r\n"
TOO_LONG = "line too long"
UNKNOWN_FORMAT = "unknown format"
END_OF_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run have in common. `since` and `until` are int microseconds UTC, until exclusive.

    `spool` is a folder where each task leaves its rejected lines, or None if nobody wants them all.
    """

    id: str
    specs: tuple[RollupSpec, ...]
    formats: tuple[str, ...] = ()
    max_groups: int = 200_000
    block_bytes: int = 1 << 20
    max_line_bytes: int = 1 << 20
    since: int | None = None
    until: int | None = None
    spool: str | None = None


class Desk:
    """A thread's buffer, parsers and compiled reports, and the rows that wait to be sent as one batch."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.buffer = np.zeros(job.block_bytes + buffer_size(job.block_bytes, job.max_line_bytes), np.uint8)
        self.program = Program(job.specs, job.max_groups)
        self.counters = np.zeros(tokenize.COUNTERS, np.int64)
        self.fill = 0
        self.rows = 0
        self.parsers: dict[tuple[str, str], Parser] = {}
        self._owner: tuple[Parser, str, str | None] | None = None
        self._match = Matcher()
        self.packs = PackReader(self)
        self._candidates = candidates(job.formats)

    def parser(self, name: str, source: str) -> Parser:
        """Return the parser for a format, storing what is asked of it and of a source."""
        known = self.parsers.get((name, source))
        if known is None:
            fmt = format_of(name)
            known = self.parsers[name, source] = new_parser(fmt, self.wanted(fmt, source))
        return known

    def wanted(self, fmt: Format, source: str) -> frozenset[str]:
        """Return the columns that are asked of a format and a source."""
        columns = self.program.columns(fmt.family, source)
        return columns - {"source"} if source else columns  # a configured source wins over a key of that name

    def detect(self, samples: list[bytes]) -> tuple[str | None, float, str]:
        """Tell the format of sampled lines: name or None, confidence, reason."""
        found = detect(samples, self._candidates, matcher=self._match)
        return found.format, found.confidence, found.reason

    def own(self, parser: Parser, source: str, host: str | None, run: Aggregator) -> None:
        """Make sure that the waiting rows are of this parser, source and host."""
        owner = self._owner
        if owner is None or owner[0] is not parser or owner[1] != source or owner[2] != host:
            self.send(run)
            self._owner = (parser, source, host)

    def send(self, run: Aggregator) -> None:
        """Hand the waiting rows to the aggregator."""
        if self.rows and self._owner is not None:
            parser, source, host = self._owner
            lines, n = parser.lines, self.rows
            place = enumerate(parser.columns)
            starts, ends, styles = {}, {}, {}
            for number, name in place:
                starts[name], ends[name] = lines.starts[number, :n], lines.ends[number, :n]
                styles[name] = lines.styles[number, :n]
            run.send(
                Batch(
                    buffer=self.buffer,
                    rows=n,
                    family=parser.format.family,
                    source=source,
                    host=host,
                    times=lines.times[:n],
                    starts=starts,
                    ends=ends,
                    styles=styles,
                    scales=parser.scales,
                    lists=parser.lists,
                    addresses=parser.places,
                )
            )
        self.rows = 0


def format_of(name: str) -> Format:
    """Return the format of a name, "unknown" included."""
    return UNKNOWN if name == UNKNOWN.name else resolve(name)


def samples_of(buffer: NDArray[np.uint8], begin: int, end: int) -> list[bytes]:
    """Return the first lines of a block that are not blank: `DETECT_REGION` bytes of them, or one that is longer.

    Leading NULs are what a crash or a truncated file leaves behind; they say nothing about the format.
    """
    text = buffer[begin : min(end, begin + DETECT_REGION)].tobytes()
    while text and text[0] in BLANKS:
        begin += len(text) - len(text.lstrip(BLANKS))
        text = buffer[begin : min(end, begin + DETECT_REGION)].tobytes()
    upto = text.rfind(b"\n") + 1
    if upto:
        return [text[:upto]]
    while begin + len(text) < end and b"\n" not in text[-DETECT_REGION:]:
        text += buffer[begin + len(text) : min(end, begin + len(text) + DETECT_REGION)].tobytes()
    return [text[: text.find(b"\n") + 1] or text] if text else []


class PieceReader:
    """Reads one piece of a file and keeps its books."""

    def __init__(self, desk: Desk, piece: Piece, run: Aggregator, keep: Callable[[Reject], None] | None) -> None:
        self.desk = desk
        self.piece = piece
        self.run = run
        self.keep = keep
        self.parser: Parser | None = None
        self.format = piece.format
        self.confidence = piece.confidence
        self.reason: str | None = None
        self.read = self.counted = self.filtered = 0
        self.rejected: dict[str, int] = {}
        self.samples: list[Reject] = []
        self.first_time, self.last_time = END_OF_TIME, NO_TIME

    def process(self) -> FileResult:
        """Read the piece to its end; an unreadable or damaged file is a result like any other."""
        job, piece, desk = self.desk.job, self.piece, self.desk
        reader = BlockReader(
            piece.path,
            start=piece.start,
            end=piece.end,
            codec=piece.codec,
            block_bytes=job.block_bytes,
            max_line_bytes=job.max_line_bytes,
        )
        problem: str | None = None
        try:
            with reader:
                while True:
                    if desk.fill >= job.block_bytes or not desk.rows:
                        desk.send(self.run)
                        desk.fill = 0
                    block = reader.read(desk.buffer, desk.fill)
                    if block is None:
                        break
                    self._block(block)
                lost = reader.shrunk()
                if lost > 0:
                    problem = f"{lost} bytes were cut off while it was read; the lines read before are counted"
        except InputError as error:
            problem = error.reason
        skipped = reader.binary is not None or (problem is not None and self.read == 0 and self.piece.start == 0)
        return FileResult(
            file=piece.file,
            codec=reader.codec or "plain",
            format=self.format,
            confidence=self.confidence,
            bytes_read=reader.bytes_read,
            lines=Lines(self.read, self.counted, self.filtered, sum(self.rejected.values())),
            rejected_by_reason=self.rejected,
            samples=tuple(self.samples),
            first_time=None if self.last_time == NO_TIME else self.first_time,
            last_time=None if self.last_time == NO_TIME else self.last_time,
            problem=problem or (reader.binary and f"binary: {reader.binary}") or reader.damage or self.reason,
            skipped=skipped,
        )

    def _block(self, block: Block) -> None:
        if block.too_long:
            self._reject(Reject(self.read, block.offset, TOO_LONG, b""))
            self.read += 1
            return
        desk, counters = self.desk, self.desk.counters
        parser = self.parser or self._choose(block)
        desk.own(parser, self.piece.source, self.piece.host, self.run)
        position = block.start
        while position < block.end:
            before = desk.rows
            parser.parse(desk.buffer, position, block.end, before, counters)
            self._book(parser, block, before)
            self.read += int(counters[tokenize.LINES])
            position = int(counters[tokenize.POSITION])
            if desk.rows == len(parser.lines.times):
                desk.send(self.run)
        desk.fill = block.end

    def _choose(self, block: Block) -> Parser:
        """Detect the format from the first block that has more than blank lines, unless it is given."""
        name = self.format
        if name is None:
            samples = samples_of(self.desk.buffer, block.start, block.end)
            if not samples:
                return self.desk.parser(UNKNOWN.name, self.piece.source)  # it counts blank lines like any other
            name, self.confidence, self.reason = self.desk.detect(samples)
        if name is None or name == UNKNOWN.name:
            name, self.reason = UNKNOWN.name, self.reason or "no known format matches"
        else:
            self.reason = None
        self.format = None if name == UNKNOWN.name else name
        self.parser = self.desk.parser(name, self.piece.source)
        # Standard input has no mtime: what is read now was written now.
        self.parser.reach(self.piece.mtime_ns or time.time_ns(), self.piece.timezone)
        return self.parser

    def _book(self, parser: Parser, block: Block, before: int) -> None:
        """Account for what one call of the kernel found, and drop the rows that nobody asked for."""
        desk, counters, job = self.desk, self.desk.counters, self.desk.job
        upto = int(counters[tokenize.ROWS])
        self.filtered += int(counters[tokenize.BLANKS])
        first, last = int(counters[tokenize.FIRST_TIME]), int(counters[tokenize.LAST_TIME])
        if counters[tokenize.ZONELESS] and self.piece.timezone != "UTC":
            times = parser.lines.times[before:upto]
            local = np.flatnonzero((parser.lines.zoneless[before:upto] != 0) & (times != NO_TIME))
            times[local] = to_utc(times[local], self.piece.timezone)
            first, last = span(times)
        if job.since is not None or job.until is not None:
            kept = keep_between(parser, before, upto, job.since, job.until)
            self.filtered += upto - before - kept
            upto = before + kept
            first, last = span(parser.lines.times[before:upto])
        self.first_time, self.last_time = min(self.first_time, first), max(self.last_time, last)
        self.counted += upto - before
        desk.rows = upto
        rejects = int(counters[tokenize.REJECTS])
        if rejects:
            self._rejects(parser, block, rejects)

    def _rejects(self, parser: Parser, block: Block, count: int) -> None:
        lines = parser.lines
        codes = np.bincount(lines.reject_reason[:count])
        wanted = count if self.keep is not None else max(0, SAMPLES - len(self.samples))
        for k in range(min(wanted, count)):
            at = int(lines.reject_offset[k])
            raw = self._line_at(at, block.end, None if self.keep is not None else SAMPLE_BYTES)
            offset = block.offset + at - block.start
            reason = self._reason(parser, int(lines.reject_reason[k]))
            self._sample(Reject(self.read + int(lines.reject_line[k]), offset, reason, raw))
        for code in np.flatnonzero(codes).tolist():
            reason = self._reason(parser, code)
            self.rejected[reason] = self.rejected.get(reason, 0) + int(codes[code])

    def _reason(self, parser: Parser, code: int) -> str:
        return UNKNOWN_FORMAT if parser.format is UNKNOWN else parser.reasons[code]

    def _reject(self, reject: Reject) -> None:
        self.rejected[reject.reason] = self.rejected.get(reject.reason, 0) + 1
        self._sample(reject)

    def _sample(self, reject: Reject) -> None:
        if len(self.samples) < SAMPLES:
            self.samples.append(Reject(reject.line, reject.offset, reject.reason, reject.raw[:SAMPLE_BYTES]))
        if self.keep is not None:
            self.keep(reject)

    def _line_at(self, at: int, end: int, limit: int | None) -> bytes:
        """Return a line's bytes without its end, or its first bytes."""
        stop = end if limit is None else min(end, at + limit)
        step = at
        while step < stop:
            chunk = self.desk.buffer[step : min(stop, step + 4096)].tobytes()
            newline = chunk.find(b"\n")
            if newline >= 0:
                return self.desk.buffer[at : step + newline].tobytes().removesuffix(b"\r")
            step += len(chunk)
        return self.desk.buffer[at:stop].tobytes()


def keep_between(parser: Parser, begin: int, end: int, since: int | None, until: int | None) -> int:
    """Close the ranks of rows [begin, end) over those outside [since, until); return how many are left."""
    lines = parser.lines
    times = lines.times[begin:end]
    inside = times != NO_TIME
    if since is not None:
        inside &= times >= since
    if until is not None:
        inside &= times < until
    kept = begin + np.flatnonzero(inside)
    if len(kept) < end - begin:
        upto = begin + len(kept)
        for array in (lines.starts, lines.ends, lines.styles):
            array[:, begin:upto] = array[:, kept]
        for row in (lines.times, lines.row_offset, lines.row_line):
            row[begin:upto] = row[kept]
    return len(kept)


_desks = threading.local()


def desk_of(job: Job) -> Desk:
    """Return this thread's desk for a job; the one of the job before it is dropped."""
    desk: Desk | None = getattr(_desks, "desk", None)
    if desk is None or desk.job.id != job.id:
        desk = _desks.desk = Desk(job)
    return desk


def finish(run: Aggregator) -> tuple[bytes, ...]:
    """End an aggregator and return its tables."""
    try:
        run.send(None)
    except StopIteration as stop:
        tables: tuple[bytes, ...] = stop.value
    return tables


def process(job: Job, task: Task) -> Partial:
    """Do one task: read its pieces, count their lines, and return what merges.

    A defect that one of several files brings to light costs that file alone; with a lone one it is the caller's.
    """
    with Spool(job.spool, task) as spool:
        try:
            return _process(job, task, spool=spool)
        except MemoryError:
            raise
        except Exception:
            if len(task.pieces) == 1:
                raise
            spool.clear()
        return one_by_one(job.specs, job.max_groups, task, partial(_alone, job, spool=spool))


def _alone(job: Job, task: Task, *, spool: Spool) -> Partial:
    """Do one of several files; where that raises, its rejected lines are forgotten."""
    mark = spool.mark()
    try:
        return _process(job, task, spool=spool)
    except Exception:
        spool.undo(mark)
        raise


def _process(job: Job, task: Task, *, spool: Spool) -> Partial:
    desk = desk_of(job)
    desk.rows = desk.fill = 0
    run = desk.program.aggregator()
    try:
        packed = desk.packs.read(task.pieces, run)
        results = tuple(
            packed.get(position) or PieceReader(desk, piece, run, spool.keeper(piece)).process()
            for position, piece in enumerate(task.pieces)
        )
        desk.send(run)
        tables = finish(run)
    except BaseException:
        _desks.desk = None  # what was counted halfway must not be found by the next task
        raise
    return Partial(task.number, results, tables)
