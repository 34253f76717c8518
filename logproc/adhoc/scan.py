"""Reading logs as record batches: threads parse, one consumer takes their batches, in the order of files and lines.

    discover -> tasks -> [ thread: read -> parse -> record batches ] -> channel -> whoever iterates

Kernels hold no lock, so threads do gain. Memory is bounded by the channel: a thread that is far ahead waits. The books
are those of every run: each line read is counted, filtered or rejected.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc import __version__, scratch
from logproc.adhoc.arrow import BatchBuilder, Origins, Selection, line_shifted
from logproc.adhoc.channel import Channel, ClosedError
from logproc.adhoc.grouped import GroupBuilder, Groups
from logproc.adhoc.numbering import ManyTextsError
from logproc.books import Books
from logproc.clock import now_text
from logproc.errors import CapacityError
from logproc.formats.parser import CAPACITY
from logproc.formats.parser_json import JsonParser
from logproc.formats.parser_pairs import PairParser
from logproc.merging import join_rejects
from logproc.model import Failure, LogFile, Piece, Task
from logproc.pieces import PieceReader
from logproc.planner import PACK_BYTES, PACK_FILES, Planner
from logproc.report.files import replacing
from logproc.report.text import path_text
from logproc.report_model import NO_BACKEND, Report, RunInfo
from logproc.rollup.spec import EVERYTHING
from logproc.running import job_of
from logproc.spool import Spool
from logproc.worker import Desk, LineColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from logproc.config import Config
    from logproc.formats import Format
    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import Block
    from logproc.model import Batch, FileResult
    from logproc.report.progress import Progress
    from logproc.report_model import FileEntry
    from logproc.rollup.columns import RowStore
    from logproc.worker import Job

RANGE_BYTES = 8 << 20
"""Bytes of a range: small, since the threads that are ahead of the consumer hold what they made of theirs."""


GROUPED_BYTES = 32 << 20
"""Bytes of a range whose rows are counted by groups, which are given out at its end."""


class Scan:
    """One pass over the configured logs; iterate it once: (number of the selection, record batch).

    A context manager: leaving it ends the threads, also where not everything was taken. `report` has the books.
    """

    def __init__(
        self, config: Config, selections: Sequence[Selection | Groups], *, progress: Progress | None = None
    ) -> None:
        self._config = config
        self._selections = tuple(selections)
        self._progress = progress
        self._stack = ExitStack()
        self._started = now_text()
        planner = Planner(config)
        self._files = planner.discover() if selections else []
        counts = all(isinstance(selection, Groups) for selection in selections)
        self._tasks = in_order(planner.tasks(self._files), self._files, GROUPED_BYTES if counts else RANGE_BYTES)
        self._books = Books(self._files)
        self._planner = planner
        self._threads: list[threading.Thread] = []
        self._channel = Channel(len(self._tasks))
        self._lock = threading.Lock()
        self._waiting = iter(self._tasks)
        self._done: dict[int, tuple[FileResult, ...] | Failure] = {}
        self._rejects: Any = None
        self._folder: str | None = None
        self.complete = False

    def __enter__(self) -> Self:
        """Start the threads."""
        config = self._config
        if config.output.rejects:
            self._rejects = self._stack.enter_context(replacing(config.output.rejects))
            self._folder = self._stack.enter_context(scratch.folder())
        if self._progress is not None:
            self._progress.start(sum(task.bytes for task in self._tasks), len(self._files))
        job = job_of(config, (), self._planner.formats, self._folder)
        self._stack.callback(self.stop)
        for number in range(min(config.workers, len(self._tasks))):
            thread = threading.Thread(target=self._work, args=(job,), name=f"scan-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """End the threads, and write the rejected lines if all went well."""
        self.stop()
        if exc[0] is None and self._rejects is not None and self._folder is not None:
            self._enter()
            for task in self._tasks:
                join_rejects(self._rejects, self._folder, task, self._books)
        self._stack.__exit__(*exc)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """Yield batches in the order of files and lines."""
        lines = 0  # of the file that a range is of, in front of it
        for number, batch in self._channel:
            if batch is None:
                task = self._tasks[number]
                lines = lines + self._lines(number) if task.pieces[-1].end >= 0 else 0
                if self._progress is not None:
                    self._progress.advance(task.bytes, self._lines(number), sum(p.end < 0 for p in task.pieces))
                continue
            yield number, line_shifted(batch, lines)
        self.complete = True

    def report(self, *reports: Any) -> Report:  # noqa: ANN401 - finished tables
        """Return the accounting, of what was read so far: a query with a LIMIT leaves files that nobody began."""
        self._enter()
        info = RunInfo(
            uuid.uuid4().hex, __version__, self._started, now_text(), "threads", self._config.workers, None, None
        )
        files = self._books.close()
        if not self.complete:
            files = tuple(entry for entry in files if not _is_untouched(entry))
        if not files and (not self._selections or (self._files and not self.complete)):
            info = replace(info, backend=NO_BACKEND)  # DuckDB knew the answer without any row
        return Report(info, files, tuple(reports))

    def _lines(self, number: int) -> int:
        done = self._done.get(number, ())
        return 0 if isinstance(done, Failure) else sum(result.lines.read for result in done)

    def _enter(self) -> None:
        """Bring what was done into the books, once."""
        done, self._done = self._done, {}
        for number in sorted(done):
            outcome = done[number]
            if isinstance(outcome, Failure):
                self._books.lose(self._tasks[number], outcome)
            else:
                self._books.add(self._tasks[number], outcome)

    def stop(self) -> None:
        """End the threads; what they have read is in the books."""
        self._channel.close()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _work(self, job: Job) -> None:
        """Do tasks until there is none left; what goes wrong is the consumer's to raise."""
        try:
            with suppress(ClosedError):
                desk = ScanDesk(job, self._selections)
                while (task := self._next()) is not None:
                    desk = self._do(job, desk, task)
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to tell but the consumer
            self._channel.fail(error)

    def _next(self) -> Task | None:
        with self._lock:
            return next(self._waiting, None)

    def _do(self, job: Job, desk: ScanDesk, task: Task) -> ScanDesk:
        """Do a task; a defect costs the task, and its desk, of which nobody knows what it holds."""
        try:
            with Spool(self._folder, task) as spool:
                self._done[task.number] = tuple(
                    desk.rows_of(task, spool, lambda item: self._channel.put(task.number, item))
                )
        except (ClosedError, ManyTextsError, MemoryError):
            raise
        except CapacityError as error:
            self._done[task.number] = Failure(task.number, str(error))
            desk = ScanDesk(job, self._selections)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are read
            cause = f"{type(error).__name__}: {error} (a defect of logproc)"
            self._done[task.number] = Failure(task.number, cause)
            desk = ScanDesk(job, self._selections)
        self._channel.put(task.number, (task.number, None))
        self._channel.end(task.number)
        return desk


def _is_untouched(entry: FileEntry) -> bool:
    """Tell whether no range of a file was read, and none failed: what fails has a reason."""
    return entry.status == "failed" and entry.reason is None


class ScanDesk(Desk):
    """A desk whose rows become record batches instead of numbers."""

    def __init__(self, job: Job, selections: Sequence[Selection | Groups]) -> None:
        self.selections = tuple(selections)
        super().__init__(job)
        self.builders = [GroupBuilder(s) if isinstance(s, Groups) else BatchBuilder(s) for s in self.selections]
        self.origin = any(selection.origin for selection in self.selections)
        self.raw = any(selection.raw for selection in self.selections)
        self.texts: list[str] = []  # lines of the waiting rows, where they are wanted
        self.offsets, self.lines = np.empty((2, CAPACITY if self.origin else 0), np.int64)
        self._ascending = True  # whether rows come behind all that are held
        self.files: list[tuple[str, int]] = []  # of the waiting rows: each with how many of them it has

    def send(self, run: Any) -> None:  # noqa: ANN401 - a sink
        """Hand the waiting rows to the sink, and where they come from."""
        if self.origin and self.rows:
            offsets, lines = self.offsets[: self.rows].copy(), self.lines[: self.rows].copy()
            run.origins = Origins(offsets, lines, tuple(self.files), tuple(self.texts))
            self.files.clear()
            self.texts.clear()
        super().send(run)

    def make_room(self, run: Any) -> None:  # noqa: ANN401 - a sink
        """Hand the waiting rows over, and give out what is full: rows that go to a store by strides find room there."""
        super().make_room(run)
        run.give_full()

    def begin(self, task: Task) -> list[int]:
        """Begin a task whose rows come in the order of its files."""
        self.rows = self.fill = 0
        self.numbers = {piece.path: position for position, piece in enumerate(task.pieces)}
        return []

    def wanted(self, fmt: Format, source: str) -> frozenset[str]:
        """Return the columns that selections ask of a format and a source."""
        asked = [s.names() for s in self.selections if s.relation in {fmt.family, source, EVERYTHING}]
        columns = frozenset().union(*asked)
        return columns - {"source"} if source else columns

    def parser(self, name: str, source: str) -> Parser:
        """Return the parser for a format; keys of lines keep what the field that they stand for does not take."""
        is_new = (name, source) not in self.parsers
        parser = super().parser(name, source)
        if is_new and isinstance(parser, JsonParser | PairParser):
            parser.keep_own_names()
            if parser in self.whole_lines:
                self.whole_lines[parser] = LineColumn(parser)
        return parser

    def sole_store(self, family: str, source: str) -> RowStore | None:
        """Return the store that rows of a family and source go to, one behind the other, if it is one.

        There is none where somebody asks where rows stand.
        """
        asked = [b for b in self.builders if b.selection.relation in {family, source, EVERYTHING}]
        usual = self._ascending and not (self.origin or self.raw)
        return asked[0].store if len(asked) == 1 and usual else None

    def rows_of(self, task: Task, spool: Spool, give: Callable[[tuple[int, Any]], None]) -> Iterable[FileResult]:
        """Do a task: hand over its record batches, each with the number of its selection; returns the books."""
        self.begin(task)
        sink: Any = _Sink(self.builders, give)
        results: list[FileResult] = []
        # What is read in packs has no place that somebody could ask for.
        alone: Iterable[Any] = (([n], {}) for n in range(len(task.pieces)))
        for positions, packed in alone if self.origin else self.packs.read_in_order(task.pieces, sink):
            self._ascending = not packed
            results += (packed.get(n) or self.reader(task.pieces[n], sink, spool).process() for n in positions)
        self.send(sink)
        sink.flush()
        sink.end()
        return results

    def reader(self, piece: Piece, sink: Any, spool: Spool) -> PieceReader:  # noqa: ANN401 - stands for an aggregator
        """Return what reads a piece."""
        return (OriginReader if self.origin else PieceReader)(self, piece, sink, spool.keeper(piece))


class OriginReader(PieceReader):
    """Reads a piece and notes where its rows stand; lines are counted from the first one of the piece."""

    desk: ScanDesk

    def mark(self, parser: Parser, block: Block, before: int, upto: int) -> None:
        """Note where rows [before, upto) stand."""
        super().mark(parser, block, before, upto)
        desk, rows = self.desk, slice(before, upto)
        np.add(parser.lines.row_offset[rows], np.int64(block.offset - block.start), out=desk.offsets[rows])
        np.add(parser.lines.row_line[rows], np.int64(self.read + 1), out=desk.lines[rows])
        if upto > before:
            desk.files.append((path_text(self.piece.path), upto - before))
        if desk.raw:
            desk.texts += (self.text_at(at, block.end) for at in parser.lines.row_offset[rows].tolist())


class _Sink:
    """Stands where an aggregator would: takes batches and gives out record batches."""

    def __init__(self, builders: Sequence[BatchBuilder], give: Callable[[tuple[int, Any]], None]) -> None:
        self._builders = builders
        self._give = give
        self.origins: Origins | None = None

    def send(self, batch: Batch | None) -> None:
        """Take rows in."""
        assert batch is not None
        for number, builder in enumerate(self._builders):
            if builder.selection.relation in {batch.family, batch.source, EVERYTHING}:
                for made in builder.append(batch, self.origins):
                    self._give((number, made))

    def give_full(self) -> None:
        """Give out what is held of the selections that have no more room."""
        self.flush([builder for builder in self._builders if builder.is_full()])

    def flush(self, builders: Sequence[BatchBuilder] | None = None) -> None:
        """Give out what is held of all selections, or of some."""
        for number, builder in enumerate(self._builders):
            if builders is None or builder in builders:
                for made in builder.flush():
                    self._give((number, made))

    def end(self) -> None:
        """Give out what is held of a task at its end."""
        for number, builder in enumerate(self._builders):
            for made in builder.end():
                self._give((number, made))


def in_order(tasks: Iterable[Task], files: Sequence[LogFile], most: int = RANGE_BYTES) -> list[Task]:
    """Cut and pack a plan's pieces anew, so that tasks follow the order of files and lines and none is over `most`."""
    pieces = sorted((piece for task in tasks for piece in task.pieces), key=lambda piece: (piece.file, piece.start))
    bundles: list[tuple[int, list[Piece]]] = []
    for piece in pieces:
        size = files[piece.file].size
        if piece.codec == "plain":  # a large file whose format is known: it may be cut anywhere
            bundles += _cut(piece, size, most)
        elif size < PACK_BYTES and bundles and _is_pack(bundles[-1], piece):
            bundles[-1] = (bundles[-1][0] + size, [*bundles[-1][1], piece])
        else:
            bundles.append((size, [piece]))
    return [Task(number, tuple(own), size) for number, (size, own) in enumerate(bundles)]


def _is_pack(bundle: tuple[int, list[Piece]], piece: Piece) -> bool:
    """Tell whether one more small file goes with those before it."""
    size, pieces = bundle
    return size < PACK_BYTES and len(pieces) < PACK_FILES and pieces[-1].codec is None and pieces[-1].file < piece.file


def _cut(piece: Piece, size: int, most: int) -> Iterator[tuple[int, list[Piece]]]:
    end = size if piece.end < 0 else piece.end
    borders = [*range(piece.start, max(end, piece.start + 1), most), end]
    for begin, stop in pairwise(borders):
        upto = -1 if piece.end < 0 and stop == end else stop
        yield stop - begin, [replace(piece, start=begin, end=upto)]
