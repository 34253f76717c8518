"""`logproc parse`: rows as JSON lines, in the order of the files and of their lines.

Rows come from the same kernels as reports. A column's bytes become a value once for each distinct text.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc import __version__, scratch
from logproc.adhoc.documents import named_row, sliced_value
from logproc.adhoc.fields import ORIGIN_FIELDS, is_usual, known_fields, require_known
from logproc.adhoc.lines import CACHED_BYTES, lines_of, printable, value_of, written
from logproc.adhoc.sieve import Where
from logproc.block_lines import line_at
from logproc.books import Books
from logproc.clock import now_text
from logproc.errors import UsageError
from logproc.formats.format import CRI, DOCKER, FIXED, HEADED
from logproc.formats.naming import TIME_TEXT
from logproc.formats.parser_export import ExportParser
from logproc.formats.parser_headed import HeadedParser
from logproc.merging import join_rejects
from logproc.model import NO_TIME, RAW, Kind, Task
from logproc.pieces import PieceReader
from logproc.planner import Planner
from logproc.report.files import replacing
from logproc.report_model import Report, RunInfo
from logproc.rollup.columns import RENAMED
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.functions_template import COMPUTED
from logproc.running import job_of
from logproc.spool import Spool
from logproc.timestamps import rfc3339
from logproc.worker import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

    from logproc.adhoc.sieve import Sieve
    from logproc.config import Config
    from logproc.formats import Format
    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import Block
    from logproc.model import Piece
    from logproc.report.progress import Progress
    from logproc.rollup.spec import Value
    from logproc.worker import Job

Row = dict[str, Any]

FORMATS_OUT = ("jsonl",)
"""What is written here; `export` writes tables."""

SLICED = frozenset({HEADED, DOCKER, CRI})
"""Engines whose rows are what the kernel found, with its styles."""


def parse(
    config: Config,
    out: BinaryIO,
    *,
    to: str = "jsonl",
    where: str | None = None,
    select: tuple[str, ...] = (),
    origin: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> Report:
    """Write the rows of the configured logs to `out` and return the accounting (a report without reports).

    `say` is told of names that may be wrong; those that are raise UsageError.
    """
    if to not in FORMATS_OUT:
        raise UsageError(f"--to {to}: rows are written as {', '.join(FORMATS_OUT)}")
    started = now_text()
    planner = Planner(config)
    files = planner.discover()
    condition = None if where is None else Where(config, where, {})
    asked = (*select, *(sorted(condition.names()) if condition is not None else ()))
    if not is_usual(asked):
        known = known_fields(planner, files)
        for note in require_known(asked, known):
            if say is not None:
                say(note)
        condition = None if where is None else Where(config, where, known.fields)
    books = Books(files)
    tasks = [Task(n, (planner.piece(n, f),), f.size) for n, f in enumerate(files) if f.problem is None]
    if progress is not None:
        progress.start(sum(task.bytes for task in tasks), len(files))
    shape = RowShape(select, condition, origin=origin)
    with ExitStack() as stack:
        rejects = stack.enter_context(replacing(config.output.rejects)) if config.output.rejects else None
        folder = stack.enter_context(scratch.folder()) if rejects else None
        job = job_of(config, (), planner.formats, folder)
        desk = RowDesk(job, shape)
        for task in tasks:
            with Spool(folder, task) as kept:
                reader = RowReader(desk, task.pieces[0], kept.keeper(task.pieces[0]), shape, out)
                result = reader.process()
            books.add(task, [result])
            if rejects is not None and folder is not None:
                join_rejects(rejects, folder, task, books)
            if progress is not None:
                progress.advance(task.bytes, result.lines.read, 1)
    info = RunInfo(uuid.uuid4().hex, __version__, started, now_text(), "serial", 1, None, None)
    return Report(info, books.close(), ())


class RowDesk(Desk):
    """A desk whose parsers store every column."""

    def __init__(self, job: Job, shape: RowShape) -> None:
        super().__init__(job)
        self._shape = shape
        self.raw = shape.raw

    def wanted(self, fmt: Format, source: str) -> frozenset[str]:  # noqa: ARG002 - the same for all sources
        """Return all fields of a format; of lines that name theirs, and are read again, what decides about them."""
        sieve = self._shape.sieve(fmt.family)
        asked = frozenset() if sieve is None else sieve.names
        return frozenset(fmt.fields) | (asked & {RAW}) if fmt.engine in FIXED else asked | {TIME_TEXT}

    def parser(self, name: str, source: str) -> Parser:
        """Return the parser for a format; where a header names the columns, it stores all of them."""
        parser = super().parser(name, source)
        if isinstance(parser, HeadedParser):
            parser.store_all()
        return parser


class RowShape:
    """Which rows and columns are written, and how."""

    def __init__(self, select: tuple[str, ...], where: Where | None, *, origin: bool) -> None:
        self.select = tuple(dict.fromkeys(select))
        self.origin = origin
        # Whether rows can be written without being looked at.
        self.plain = not {*COMPUTED, *ORIGIN_FIELDS, RAW} & set(select)
        self.raw = RAW in select
        self._placed = not {*ORIGIN_FIELDS}.isdisjoint(select)
        self._where = where

    def line(self, row: Row, place: tuple[str, int, int]) -> bytes:
        """Return a row as a JSON line."""
        if self._placed:
            row = {**row, **dict(zip(ORIGIN_FIELDS, place, strict=True))}
        shown = {name: _selected(row, name) for name in self.select} if self.select else row
        time = shown.get("time")
        if isinstance(time, int):
            shown = {**shown, "time": rfc3339(time)}
        if self.origin:
            shown = {**shown, "_file": place[0], "_offset": place[1], "_line": place[2]}
        return printable(json.dumps(shown, ensure_ascii=False, allow_nan=False, separators=(",", ":"))).encode() + b"\n"

    def sieve(self, family: str) -> Sieve | None:
        """Return what keeps the rows of a family that are wanted; None where all are."""
        return None if self._where is None else self._where.sieve(family)


def _selected(row: Row, name: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return a field of a row, or what is computed from another one."""
    if name not in row and name in COMPUTED:
        function, source = COMPUTED[name]
        value = row.get(source)
        return FUNCTIONS[function](value) if isinstance(value, str) else None
    return row.get(name)


class RowReader(PieceReader):
    """Reads a piece and writes its rows instead of counting them."""

    def __init__(
        self, desk: RowDesk, piece: Piece, keep: Callable[[Any], None] | None, shape: RowShape, out: BinaryIO
    ) -> None:
        super().__init__(desk, piece, _nobody(), keep)
        self._shape = shape
        self._out = out
        self._written: list[tuple[int, bytes]] = []
        self._path = os.fsencode(piece.path).decode("utf-8", "backslashreplace")

    def book(self, parser: Parser, block: Block, before: int) -> None:
        """Keep the accounts, and the rows until all formats were tried on the lines of a call."""
        super().book(parser, block, before)
        lines, engine = parser.lines, parser.format.engine
        kept = self._kept(parser, before)
        if self._shape.plain and engine in FIXED - SLICED:
            self._written += self._plain(parser, block, kept)
            self.desk.rows = 0
            return
        rows = self._rows if engine in FIXED else self._named_rows
        rows = self._sliced_rows if engine in SLICED else rows
        for number, row in zip(kept.tolist(), rows(parser, kept), strict=True):
            offset = block.offset + int(lines.row_offset[number]) - block.start
            place = (self._path, offset, self.read + int(lines.row_line[number]) + 1)
            if self._shape.raw and RAW not in row:
                row[RAW] = self.text_at(int(lines.row_offset[number]), block.end)
            self._written.append((offset, self._shape.line(row, place)))
        self.desk.rows = 0

    def _kept(self, parser: Parser, before: int) -> NDArray[np.int64]:
        """Return the numbers of the rows, from `before` on, that are wanted."""
        sieve = self._shape.sieve(parser.format.family)
        if sieve is None:
            return np.arange(before, self.desk.rows)
        kept = sieve.kept(self.desk.batch(parser, self.piece.source, self.piece.host, self.desk.rows))
        return kept[kept >= before]

    def _plain(self, parser: Parser, block: Block, rows: NDArray[np.int64]) -> Iterator[tuple[int, bytes]]:
        """Yield the offset of each row and its line."""
        common = {"source": self.piece.source} if self.piece.source else {}
        if self.piece.host is not None:
            common["host"] = self.piece.host
        region = (block.start, block.end)
        offsets = (parser.lines.row_offset[rows].astype(np.int64) + (block.offset - block.start)).tolist()
        texts = lines_of(parser, rows, self.desk.buffer, region, common, self._shape.select)
        if self._shape.origin:
            path = written("_file", self._path)
            numbers = (parser.lines.row_line[rows] + (self.read + 1)).tolist()
            places = zip(offsets, numbers, strict=True)
            texts = (
                f'{text},{path},"_offset":{offset},"_line":{line}'
                for text, (offset, line) in zip(texts, places, strict=True)
            )
        for offset, text in zip(offsets, texts, strict=True):
            yield offset, f"{{{text}}}\n".encode()

    def refused(self, parser: Parser, block: Block) -> None:
        """Write the rows of the last call: all formats were tried on its lines now."""
        super().refused(parser, block)
        if self.others:
            self._written.sort()
        self._out.write(b"".join(line for _, line in self._written))
        self._written.clear()

    def _common(self, time: int) -> Row:
        row: Row = {"time": None if time == NO_TIME else time}
        if self.piece.source:
            row["source"] = self.piece.source
        if self.piece.host is not None:
            row["host"] = self.piece.host
        return row

    def _rows(self, parser: Parser, kept: NDArray[np.int64]) -> Iterator[Row]:
        lines = parser.lines
        times = lines.times[kept].tolist()
        fields = parser.format.fields
        columns = []
        for number, name in enumerate(parser.columns):
            starts, ends = lines.starts[number, kept].tolist(), lines.ends[number, kept].tolist()
            kind, scale = fields[name], parser.scales.get(name, 1.0)
            values = [self._value(s, e, kind, scale) for s, e in zip(starts, ends, strict=True)]
            rename = RENAMED.get(name)
            columns.append(values if rename is None else [v if v is None else rename(str(v)) for v in values])
        for position, time in enumerate(times):
            row = self._common(time)
            row.update((name, columns[number][position]) for number, name in enumerate(parser.columns))
            yield row

    def _value(self, start: int, end: int, kind: Kind, scale: float) -> Value:
        if start < 0:
            return None
        raw = self.desk.buffer[start:end].tobytes()
        return (value_of if len(raw) <= CACHED_BYTES else value_of.__wrapped__)(raw, kind, scale)

    def _sliced_rows(self, parser: Parser, kept: NDArray[np.int64]) -> Iterator[Row]:
        lines = parser.lines
        times = lines.times[kept].tolist()
        starts, ends = lines.starts[:, kept].tolist(), lines.ends[:, kept].tolist()
        styles = lines.styles[:, kept].tolist()
        kinds = parser.format.naming.kinds if parser.format.naming else {}
        places = [(n, name, parser.scales.get(name, 1.0)) for n, name in enumerate(parser.columns) if name != "time"]
        for position, time in enumerate(times):
            row = self._common(time)
            for number, name, scale in places:
                raw = self.desk.buffer[starts[number][position] : ends[number][position]].tobytes()
                style = styles[number][position]
                row[name] = None if starts[number][position] < 0 else sliced_value(name, raw, style, scale, kinds)
            yield row

    def _named_rows(self, parser: Parser, kept: NDArray[np.int64]) -> Iterator[Row]:
        """Read lines that name their fields again, as a whole."""
        lines, place = parser.lines, parser.columns.index(TIME_TEXT)
        for number in kept.tolist():
            text = self._record_at(parser, int(lines.row_offset[number]))
            row = self._common(int(lines.times[number]))
            named = named_row(parser.format, text, unread=bool(lines.starts[place, number] >= 0))
            if self.piece.source:
                named.pop("source", None)
            row.update(named)
            yield row

    def _record_at(self, parser: Parser, at: int) -> bytes:
        """Return a line, or all lines of a record whose lines were not made one."""
        if isinstance(parser, ExportParser):
            return self.desk.buffer[at : parser.end_of(at)].tobytes()
        return line_at(self.desk.buffer, at, len(self.desk.buffer))


def _nobody() -> Any:  # noqa: ANN401 - stands where an aggregator would; it is never sent anything
    return None
