"""What is shipped to a worker: `process(job, task)` reads, parses and aggregates, and returns a `Partial`.

A pure function of job, task and file content. What a thread has learnt in earlier tasks (dictionaries, compiled
programs, its buffer) is kept on its `Desk` and makes the next task faster, never different.
"""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from logproc.errors import MachineError
from logproc.formats import candidates, resolve
from logproc.formats.detect import Detection, detect
from logproc.formats.mixture import Mixture, mixture_of
from logproc.formats.parser import CAPACITY, UNKNOWN, Matcher, Parser, new_parser
from logproc.inputs.blocks import buffer_size
from logproc.inputs.opening import STDIN
from logproc.kernels import tokenize
from logproc.kernels.colours import remove_colours
from logproc.kernels.jit import Kernel
from logproc.kernels.rawlines import fill_lines
from logproc.model import RAW, Batch, Partial, Task
from logproc.packs import PackReader, one_by_one
from logproc.pieces import PieceReader
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import dump
from logproc.rollup.exemplars import file_key
from logproc.rollup.slots import slot_days
from logproc.rollup.undumped import HandOver, partial_of
from logproc.spool import Spool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.formats import Format
    from logproc.rollup.aggregate import Aggregator, Carry, Done, Hand
    from logproc.rollup.columns import RowStore
    from logproc.rollup.spec import RollupSpec


NEWLINE = 10

MOST_KEPT = 1 << 30
"""Bytes of the largest buffer beside which lines are kept: slices are of 32 bits."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run have in common. `since` and `until` are int microseconds UTC, until exclusive.

    `days` is the time zone by whose days an incremental run counts; `specs` then have slots.

    `decode_ahead` lets a thread beside each worker decode compressed files.

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
    days: str | None = None
    decode_ahead: bool = False


class Desk:
    """A thread's buffer, parsers and compiled reports, and the rows that wait to be sent as one batch."""

    def __init__(self, job: Job) -> None:
        self.job = job
        # What is read stands behind blocks whose rows wait, and behind the record that was not yet at its end.
        ahead = job.block_bytes + job.max_line_bytes
        size = ahead + buffer_size(job.block_bytes, job.max_line_bytes)
        self._both = np.zeros(size * (2 if size <= MOST_KEPT else 1), np.uint8)  # memory that nobody touches is none
        self.buffer = self._both[:size]
        self.kept = self._both[-size:]  # lines as they were read, each where it is in the buffer, if they are asked for
        self.raw = False  # whether lines are asked for beside the columns of parsers
        self.program = Program(job.specs, job.max_groups)
        self.counters = np.zeros(tokenize.COUNTERS, np.int64)
        self.fill = 0
        self.rows = 0
        self.marks = np.empty(CAPACITY, np.int64)
        self.numbers: dict[str, int] = {}  # of the files of this task, as marks count them
        self.parsers: dict[tuple[str, str], Parser] = {}
        self.whole_lines: dict[Parser, LineColumn] = {}  # of the parsers whose rows are asked for their lines
        self._owner: tuple[Parser, str, str | None] | None = None
        self._slot_runs: list[tuple[int, int]] = [(0, 0)]  # from which waiting row on which slot holds
        self._match = Matcher()
        self._mixtures: dict[tuple[str, ...], Mixture | None] = {}  # by the names of their formats
        self.packs = PackReader(self)
        self._candidates = candidates(job.formats)

    def parser(self, name: str, source: str) -> Parser:
        """Return the parser for a format, storing what is asked of it and of a source."""
        known = self.parsers.get((name, source))
        if known is None:
            fmt = format_of(name)
            wanted = self.wanted(fmt, source)
            known = self.parsers[name, source] = new_parser(fmt, wanted)
            if RAW in wanted:
                self.whole_lines[known] = LineColumn(known)
        return known

    def mixture(self, names: tuple[str, ...]) -> Mixture | None:
        """Return what tells the records of a file's formats apart, where those of one may be several lines."""
        if len(names) > 1 and names not in self._mixtures:
            self._mixtures[names] = mixture_of(names)
        return self._mixtures.get(names)

    def keeps(self, parser: Parser) -> bool:
        """Tell whether the lines of a parser's rows are asked for."""
        return self.raw or parser in self.whole_lines

    def keep(self, parser: Parser, begin: int, end: int) -> None:
        """Keep the whole lines buffer[begin:end] as they are, but for their colours, before a parser rewrites them."""
        if self.keeps(parser):
            self.kept[begin:end] = self.buffer[begin:end]
            if self.kept[end - 1] != NEWLINE:
                self.kept[end] = NEWLINE
            if parser.format.coloured:
                remove_colours(self.kept.ctypes.data, begin, end)

    def wanted(self, fmt: Format, source: str) -> frozenset[str]:
        """Return the columns that are asked of a format and a source."""
        columns = self.program.columns(fmt.family, source)
        return columns - {"source"} if source else columns  # a configured source wins over a key of that name

    def sole_store(self, family: str, source: str) -> RowStore | None:
        """Return the store that rows of a family and source go to, if it is one and no more."""
        return self.program.sole_store(family, source)

    def begin(self, task: Task) -> list[int]:
        """Begin a task; returns the keys of its files in the order in which the marks of rows count them."""
        self.rows = self.fill = 0
        keys = {piece.path: file_key(piece.path) for piece in task.pieces if piece.path != STDIN}
        paths = sorted(keys, key=keys.__getitem__)  # so that marks ascend as (key, offset) do
        self.numbers = {path: number for number, path in enumerate(paths)}
        return [keys[path] for path in paths]

    def detect(self, samples: list[bytes]) -> Detection:
        """Tell the format of sampled lines."""
        return detect(
            samples, self._candidates, matcher=self._match, refused=self._match.refused, readers=self._match.readers
        )

    def own(self, parser: Parser, source: str, host: str | None, run: Aggregator) -> None:
        """Make sure that the waiting rows are of this parser, source and host."""
        owner = self._owner
        if owner is None or owner[0] is not parser or owner[1] != source or owner[2] != host:
            self.send(run)
            self._owner = (parser, source, host)

    def begin_slot(self, slot: int, row: int | None = None) -> None:
        """Say that rows from now on, or from a waiting row on, belong to a slot, whose day follows from each row."""
        if self.job.days is not None:
            self._slot_runs.append((self.rows if row is None else row, slot))

    def slots(self, times: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return the slot of each row that waited, by its time; None where a run does not count by days."""
        if self.job.days is None:
            return None
        rows, slots = np.array(self._slot_runs, np.int64).T
        self._slot_runs = [(0, self._slot_runs[-1][1])]
        return np.repeat(slots, np.diff(rows, append=len(times))) + slot_days(times, self.job.days)

    def batch(self, parser: Parser, source: str, host: str | None, rows: int) -> Batch:
        """Return the first rows of a parser's arrays as a batch without marks and slots."""
        lines = parser.lines
        starts, ends, styles = {}, {}, {}
        for number, name in enumerate(parser.columns):
            starts[name], ends[name] = lines.starts[number, :rows], lines.ends[number, :rows]
            styles[name] = lines.styles[number, :rows]
        if parser in self.whole_lines:
            starts[RAW], ends[RAW], styles[RAW] = self.whole_lines[parser].filled(
                self._both, len(self._both) - len(self.buffer), rows
            )
        return Batch(
            buffer=self._both if parser in self.whole_lines else self.buffer,
            rows=rows,
            family=parser.format.family,
            source=source,
            host=host,
            times=lines.times[:rows],
            starts=starts,
            ends=ends,
            styles=styles,
            scales=parser.scales,
            lists=parser.lists,
            addresses=parser.places,
        )

    def send(self, run: Aggregator) -> None:
        """Hand the waiting rows to the aggregator."""
        if self.rows and self._owner is not None:
            batch = self.batch(*self._owner, self.rows)
            run.send(replace(batch, marks=self.marks[: self.rows], slots=self.slots(batch.times)))
        self.rows = 0

    def make_room(self, run: Aggregator) -> None:
        """Hand the waiting rows over, so that the next ones can go where those are kept."""
        self.send(run)


class LineColumn:
    """The lines of a parser's rows as a column; where lines have a field of this name, that field comes first."""

    def __init__(self, parser: Parser) -> None:
        lines = parser.lines
        self._parser = parser
        self._coloured = parser.format.coloured
        self._has_field = RAW in parser.columns
        if self._has_field:
            column = parser.columns.index(RAW)
            self._column = lines.starts[column], lines.ends[column], lines.styles[column]
        else:
            size = len(lines.times)
            self._column = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)

    def filled(
        self, buffer: NDArray[np.uint8], shift: int, rows: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
        """Return starts, ends and styles of the first rows, whose lines stand `shift` bytes behind their offsets."""
        starts, ends, styles = (array[:rows] for array in self._column)
        if not self._has_field:
            starts[:] = -1
        fill_lines(buffer.ctypes.data, shift, self._parser.lines.row_offset, 0, rows, starts, ends, styles)
        if self._coloured:  # what is left of such a line stands behind NULs
            for row in np.flatnonzero(buffer[starts] == 0).tolist():
                line = buffer[starts[row] : ends[row]]
                starts[row] += int((line != 0).argmax())
        return starts, ends, styles


def format_of(name: str) -> Format:
    """Return the format of a name, "unknown" included."""
    return UNKNOWN if name == UNKNOWN.name else resolve(name)


_desks = threading.local()


def desk_of(job: Job) -> Desk:
    """Return this thread's desk for a job; the one of the job before it is dropped."""
    desk: Desk | None = getattr(_desks, "desk", None)
    if desk is None or desk.job.id != job.id:
        desk = _desks.desk = Desk(job)
    return desk


def finish(run: Aggregator) -> tuple[Done, ...]:
    """End an aggregator and return its tables."""
    try:
        run.send(None)
    except StopIteration as stop:
        tables: tuple[Done, ...] = stop.value
    return tables


def process(job: Job, task: Task) -> Partial:
    """Do one task: read its pieces, count their lines, and return what merges.

    A defect that one of several files brings to light costs that file alone; with a lone one it is the caller's.
    MachineError if no task can be done here.
    """
    return _done(job, task, dump)


def process_here(job: Job, task: Task, carry: Carry | None = None) -> Partial:
    """Do one task as `process` does, for who merges its tables in this process, or carries what it counted on."""
    return _done(job, task, HandOver(), carry)


def _done(job: Job, task: Task, hand: Hand, carry: Carry | None = None) -> Partial:
    with Spool(job.spool, task) as spool:
        try:
            return _process(job, task, spool=spool, hand=hand, carry=carry)
        except (MemoryError, MachineError):
            raise
        except Exception:
            if len(task.pieces) == 1:
                raise
            spool.clear()
        return one_by_one(job.specs, job.max_groups, task, partial(_alone, job, spool=spool))


def _require_machine_code(error: BaseException) -> None:
    """Raise MachineError if an error came from making or loading machine code, without which no task can be done."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code is Kernel.load.__code__ and isinstance(error, Exception) and not isinstance(error, MemoryError):
            reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
            raise MachineError(
                f"there is no machine code for {frame.f_locals['self'].name} on this machine: {reason} (a defect of "
                "logproc, or of what compiles for it)"
            ) from error


def _alone(job: Job, task: Task, *, spool: Spool) -> Partial:
    """Do one of several files; where that raises, its rejected lines are forgotten."""
    mark = spool.mark()
    try:
        return _process(job, task, spool=spool, hand=dump)
    except Exception:
        spool.undo(mark)
        raise


def _process(job: Job, task: Task, *, spool: Spool, hand: Hand, carry: Carry | None = None) -> Partial:
    try:
        desk = desk_of(job)
        run = desk.program.aggregator(desk.begin(task), hand, carry)
        packed = desk.packs.read(task.pieces, run)
        results = tuple(
            packed.get(position) or PieceReader(desk, piece, run, spool.keeper(piece)).process()
            for position, piece in enumerate(task.pieces)
        )
        desk.send(run)
        tables = finish(run)
    except BaseException as error:
        _desks.desk = None  # what was counted halfway must not be found by the next task
        _require_machine_code(error)
        raise
    return partial_of(task.number, results, tables)
