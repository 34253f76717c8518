"""Reading a piece of a file: blocks in, rows to the desk, and the books of what became of every line.

Where a record may be several lines, the last one of a block is kept back until the next block shows where it ends: it
then stands in front of that block, and is tokenised with it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from logproc.block_lines import DETECT_REGION, fold_kept, keep_between, line_at, samples_of
from logproc.errors import InputError
from logproc.formats.format import PRETTY, REWRITTEN
from logproc.formats.parser import UNKNOWN, span
from logproc.formats.zones import to_utc
from logproc.inputs.blocks import BlockReader
from logproc.inputs.encodings import refusal
from logproc.inputs.opening import STDIN
from logproc.inputs.sample import sample
from logproc.kernels import layout, tokenize
from logproc.kernels.exemplars import NO_MARK, OFFSET_BITS
from logproc.kernels.layout import NO_FIRST_TIME
from logproc.mixed import read_mixed
from logproc.model import NO_TIME, FileResult, Lines, Mark, Reject
from logproc.others import read_others
from logproc.refused import TOO_LONG, Refused
from logproc.rollup.slots import slot_base
from logproc.strides import read_by_strides, read_stretch, stride_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from logproc.formats.mixture import Mixture
    from logproc.formats.parser import Parser, RecordParser
    from logproc.inputs.blocks import Block
    from logproc.model import Piece
    from logproc.rollup.aggregate import Aggregator
    from logproc.strides import Stride
    from logproc.worker import Desk


class PieceReader:
    """Reads one piece of a file and keeps its books."""

    def __init__(self, desk: Desk, piece: Piece, run: Aggregator, keep: Callable[[Reject], None] | None) -> None:
        self.desk = desk
        self.piece = piece
        self.run = run
        self.parser: Parser | None = None
        self.text = desk.buffer  # what was read: a copy where parsers rewrite lines in the buffer
        self._stride: Stride | None = None
        self.format = piece.format
        self._tried = piece.tried
        self.others: list[Parser] = []  # for the lines that the parser refuses, in this order
        self.mixture: Mixture | None = None  # where records of several lines have more than one format
        self.owner = 0  # which of them the last record had
        self._reader: BlockReader | None = None
        self.confidence = piece.confidence
        self.reason: str | None = None
        self.read = self.counted = self.filtered = 0
        self._refused = Refused(keep)
        self.first_time, self.last_time = NO_FIRST_TIME, NO_TIME
        self._open: Block | None = None  # the last lines read: a record that may go on
        self.state = layout.FRESH  # of the record that the last lines belong to
        self._opened: tuple[int, Lines] | None = None  # where what stands open at the end begins, lines before it
        self._closed = True  # whether the last line has its newline
        self._last_kept = True  # whether the last record was counted: lines that go on share its fate

    def process(self) -> FileResult:
        """Read the piece to its end; an unreadable or damaged file is a result like any other."""
        job, piece, desk = self.desk.job, self.piece, self.desk
        begins, behind = self._begins()
        reader = BlockReader(
            piece.place,
            start=piece.start,
            end=piece.end,
            codec=piece.codec,
            block_bytes=job.block_bytes,
            max_line_bytes=job.max_line_bytes,
            begins=begins,
            behind=begins is not None and behind,
            known=piece.known,
            listed=piece.size if piece.end < 0 else -1,
            as_rows=piece.format == "jsonl",
            decode_ahead=job.decode_ahead,
        )
        self._reader = reader
        problem: str | None = None
        mark: Mark | None = None
        desk.begin_slot(slot_base(piece.file))
        try:
            with reader:
                while True:
                    if desk.fill >= job.block_bytes or not desk.rows:
                        desk.send(self.run)
                        desk.fill = 0
                    if self._stride is not None:
                        read_stretch(self, self._stride, reader)
                    block = reader.read(desk.buffer, self._keep())
                    if block is None:
                        break
                    self._block(block)
                lost = reader.shrunk()
                if lost > 0:
                    problem = f"{lost} bytes were cut off since it was listed; the lines that are left are counted"
                self._finish_record(last=True)
                if problem is None and piece.known is not None:
                    mark = self._mark(reader)
        except InputError as error:
            problem = error.reason
        self._finish_record()
        if piece.known is not None and mark is None and reader.binary is None:
            return self._dropped(problem)
        skipped = reader.binary is not None or (problem is not None and self.read == 0 and self.piece.start == 0)
        return FileResult(
            file=piece.file,
            codec=reader.codec or "plain",
            format=self.format,
            confidence=self.confidence,
            bytes_read=reader.bytes_read,
            lines=Lines(self.read, self.counted, self.filtered, self._refused.count),
            rejected_by_reason=self._refused.by_reason,
            samples=tuple(self._refused.samples),
            first_time=None if self.last_time == NO_TIME else self.first_time,
            last_time=None if self.last_time == NO_TIME else self.last_time,
            problem=problem or (reader.binary and refusal(reader.binary)) or reader.damage or self.reason,
            skipped=skipped,
            mark=mark,
            tried=self._tried if mark is not None else (),
        )

    def _mark(self, reader: BlockReader) -> Mark | None:
        """Say what was read, and what of it stands open, of a file that a ledger knows."""
        opened = self._opened
        found = reader.mark(None if opened is None else opened[0], closed=self._closed or opened is not None)
        if found is None or opened is None:
            return found
        before = opened[1]
        rejected = self._refused.count
        lines = Lines(
            self.read - before.read,
            self.counted - before.counted,
            self.filtered - before.filtered,
            rejected - before.rejected,
        )
        return replace(found, open_lines=lines)

    def _dropped(self, problem: str | None) -> FileResult:
        """Return the result of a piece that does not count: it is read again in the next run."""
        return FileResult(
            self.piece.file, self.piece.codec or "plain", None, 0.0, 0, Lines(), problem=problem, skipped=True
        )

    def _begin_open(self, offset: int) -> None:
        """Count what comes now apart: it stands open at the end of a file that may go on."""
        lines = Lines(self.read, self.counted, self.filtered, self._refused.count)
        self._opened = (offset, lines)
        self.desk.begin_slot(slot_base(self.piece.file, is_open=True))

    def _begins(self) -> tuple[Callable[[NDArray[np.uint8], int, int], int] | None, bool]:
        """Return what finds the first record of a range, where one may be several lines, and if by the line before."""
        piece = self.piece
        if piece.format is None or (piece.start == 0 and piece.end < 0):
            return None, False
        mixture = self.desk.mixture(piece.tried)
        if mixture is not None:
            return mixture.begins, False
        parser = self.desk.parser(piece.format, piece.source)
        if not parser.multiline:
            return None, False
        record_parser = cast("RecordParser", parser)
        return record_parser.begins, record_parser.behind

    def _keep(self) -> int:
        """Make sure that the open record is in front of what is read next; return where to read to."""
        if self._open is None:
            return self.desk.fill
        begin, size = self.desk.fill, self._open.end - self._open.start
        if begin != self._open.start:
            self.desk.buffer[begin : begin + size] = self.desk.buffer[self._open.start : self._open.end]
            self._open = replace(self._open, start=begin, end=begin + size)
        return begin + size

    def _finish_record(self, *, last: bool = False) -> None:
        """Give out the open record: nothing comes behind it, with `last` not even another line."""
        if self._open is not None:
            block, self._open = self._open, None
            if last and self._reader is not None and self._reader.may_go_on and self._opened is None:
                self._begin_open(block.offset)
            self._parse(block, more=False)

    def _block(self, block: Block) -> None:
        self._closed = block.terminated
        if block.too_long:
            self._finish_record()
            if self.is_open(block):
                self._begin_open(block.offset)
            self._refused.add(Reject(self.read, block.offset, TOO_LONG, b""))
            self.read += 1
            return
        if self._open is not None:
            block = replace(block, start=self._open.start, offset=self._open.offset)
            self._open = None
        if self.is_open(block):
            block = self._up_to_last_line(block)
        if block.start < block.end:
            self._parse(block, more=True)

    def is_open(self, block: Block) -> bool:
        """Tell whether a block's last line may go on later, and is to be counted apart."""
        return not block.terminated and self._reader is not None and self._reader.may_go_on

    def _up_to_last_line(self, block: Block) -> Block:
        """Parse all but the last line of a block and return that; a record of several lines is cut elsewhere."""
        self.parser = self.parser or self._choose(block)
        if self.parser.multiline or self.mixture is not None:
            return block
        begin = self.desk.buffer[block.start : block.end - 1].tobytes().rfind(b"\n") + 1 + block.start
        if begin > block.start:
            self._parse(replace(block, end=begin), more=True)
            self._finish_record()
        offset = block.offset + begin - block.start
        self._begin_open(offset)
        return replace(block, start=begin, offset=offset)

    def _parse(self, block: Block, *, more: bool) -> None:
        """Tokenise a block; a record at its end that may go on is kept for the next one."""
        desk = self.desk
        parser = self.parser or self._choose(block)
        parsers = (parser, *self.others)
        if REWRITTEN.intersection(p.format.engine for p in parsers) or (self.others and any(map(desk.keeps, parsers))):
            self.text = np.empty(block.end, np.uint8)
            self.text[block.start :] = desk.buffer[block.start : block.end]
        if self._stride is not None:
            read_by_strides(self, self._stride, block)
        elif self.mixture is not None:
            read_mixed(self, self.mixture, parsers, block, more=more)
        else:
            self.read_lines(parser, block, block.start, block.end, more=more)

    def read_lines(self, parser: Parser, block: Block, begin: int, end: int, *, more: bool) -> None:
        """Tokenise the whole lines buffer[begin:end] of a block; a record at their end that may go on is kept."""
        desk, counters = self.desk, self.desk.counters
        desk.keep(parser, begin, end)
        desk.own(parser, self.piece.source, self.piece.host, self.run)
        capacity = len(parser.lines.times) - parser.multiline
        position = begin
        while position < end:
            before = desk.rows
            if parser.multiline:
                cast("RecordParser", parser).resume(self.state, desk.job.max_line_bytes, more=more)
            parser.parse(desk.buffer, position, end, before, counters)
            if parser.format.engine == PRETTY and desk.keeps(parser):
                fold_kept(desk, position, int(counters[tokenize.POSITION]))
            self.book(parser, block, before)
            self.refused(parser, block)
            self.read += int(counters[tokenize.LINES])
            position = int(counters[tokenize.POSITION])
            if parser.multiline:
                self.state = int(counters[layout.STATE])
            if int(counters[tokenize.ROWS]) >= capacity or counters[tokenize.REJECTS] > 0 or parser.again:
                if desk.rows >= capacity or parser.again:
                    desk.send(self.run)
            elif position < end:
                if desk.keeps(parser) and not parser.format.coloured:  # whose parser has done that
                    desk.buffer[position:end] = desk.kept[position:end]
                self.hold(block, position)
                break
        desk.fill = position

    def hold(self, block: Block, position: int) -> None:
        """Keep what stands in a block from a position on: what is read next may go on with it."""
        self._open = replace(block, start=position, offset=block.offset + position - block.start)

    def _choose(self, block: Block) -> Parser:
        """Detect the format from the first block that has more than blank lines, unless it is given."""
        name = self.format
        if name is None:
            samples = samples_of(self.desk.buffer, block.start, block.end)
            if not samples:
                return self.desk.parser(UNKNOWN.name, self.piece.source)  # it counts blank lines like any other
            found = self.desk.detect(self._more_samples(samples))
            name, self.confidence, self.reason, self._tried = found.format, found.confidence, found.reason, found.tried
        if name is None or name == UNKNOWN.name:
            name, self.reason = UNKNOWN.name, self.reason or "no known format matches"
        else:
            self.reason = None
        self.format = None if name == UNKNOWN.name else name
        self.parser, *self.others = (self.desk.parser(tried, self.piece.source) for tried in self._tried or (name,))
        heads = [line for offset, line in self.piece.heads if offset < self.piece.start]
        for parser in (self.parser, *self.others):
            parser.open(heads, first=self.piece.start == 0)
            # Standard input has no mtime: what is read now was written now.
            parser.reach(self.piece.mtime_ns or time.time_ns(), self.piece.timezone)
        self.mixture = self.desk.mixture(self._tried)
        self._stride = stride_of(self, self.parser)
        return self.parser

    def _more_samples(self, samples: list[bytes]) -> list[bytes]:
        """Return samples of the middle and the tail, too, of a plain file that is longer than what was sampled."""
        reader, path = self._reader, self.piece.path
        if reader is None or reader.codec != "plain" or path == STDIN or reader.size <= DETECT_REGION:
            return samples
        try:
            found = sample(self.piece.place)
        except InputError:
            return samples
        return [found.lines] if found.encoding in {"utf-8", "utf-8-bom"} and found.lines.strip() else samples

    def book(self, parser: Parser, block: Block, before: int) -> None:
        """Account for what one call of the kernel found, and drop the rows that nobody asked for."""
        desk, counters, job = self.desk, self.desk.counters, self.desk.job
        upto = int(counters[tokenize.ROWS])
        blanks, rejects = int(counters[tokenize.BLANKS]), int(counters[tokenize.REJECTS])
        dropped = 0
        first, last = int(counters[tokenize.FIRST_TIME]), int(counters[tokenize.LAST_TIME])
        if counters[tokenize.ZONELESS] and self.piece.timezone != "UTC":
            times = parser.lines.times[before:upto]
            local = np.flatnonzero((parser.lines.zoneless[before:upto] != 0) & (times != NO_TIME))
            times[local] = to_utc(times[local], self.piece.timezone)
            first, last = span(times)
        if job.since is not None or job.until is not None:
            dropped = int(counters[layout.LEADING]) if parser.multiline and not self._last_kept else 0
            dropped += upto - before + int(parser.lines.more_lines[before:upto].sum())
            upto, self._last_kept = keep_between(parser, before, upto, job.since, job.until, last_kept=self._last_kept)
            dropped -= upto - before + int(parser.lines.more_lines[before:upto].sum())
            first, last = span(parser.lines.times[before:upto])
        self.filtered += blanks + dropped
        self.counted += int(counters[tokenize.LINES]) - blanks - rejects - dropped
        self.first_time, self.last_time = min(self.first_time, first), max(self.last_time, last)
        self.mark(parser, block, before, upto)
        desk.rows = upto

    def mark(self, parser: Parser, block: Block, before: int, upto: int) -> None:
        """Note where rows [before, upto) stand."""
        first, marks = self.first_mark(block), self.desk.marks[before:upto]
        if first is None:
            marks[:] = NO_MARK
        else:
            np.add(parser.lines.row_offset[before:upto], np.int64(first), out=marks)

    def first_mark(self, block: Block) -> int | None:
        """Return the mark of a row at the beginning of the buffer; None where rows have none."""
        number = self.desk.numbers.get(self.piece.path)
        if number is None or block.offset + block.end >= 1 << OFFSET_BITS:
            return None
        return (number << OFFSET_BITS) + block.offset - block.start

    def refused(self, parser: Parser, block: Block) -> None:
        """Give the lines that were refused to the other parsers, or to the books."""
        count = int(self.desk.counters[tokenize.REJECTS])
        if count and self.others and self.mixture is None:
            read_others(self, parser, self.others, block)
        elif count:
            self._refused.add_rejects(parser, self.text, block, self.read, count)

    def refuse(self, at: int, line: int, reason: str, block: Block) -> None:
        """Reject a line that no format of the file reads."""
        self._refused.add_line(self.text, block, at, line, reason)

    def line_end(self, at: int, end: int) -> int:
        """Return where the line at `at` ends, behind its newline."""
        step = at
        while step < end:
            newline = self.desk.buffer[step : min(end, step + 4096)].tobytes().find(b"\n")
            if newline >= 0:
                return step + newline + 1
            step += 4096
        return end

    def text_at(self, at: int, end: int) -> str:
        r"""Return the line of a row at `at` as text, where lines are asked for; bytes that are not UTF-8 as \xNN."""
        line = line_at(self.desk.kept, at, end)
        if self.parser is not None and self.parser.format.coloured:
            line = line.lstrip(b"\0")  # where its colours were
        return line.decode("utf-8", "backslashreplace")
