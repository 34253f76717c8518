"""Rows that go from a parser to the reports by strides: one call of a kernel a block, with no batch in between.

Behind the first block of a plain file there is one call for as many rows as the store gathers: kernels then read the
file themselves, a stride at a time.

That is the way of the usual line: of a format that `kernels.tokenize` reads, or of JSON, where every line is a record
and all rows count for the same reports. All others go by `Desk.send`. Both ways count the same.
"""

from __future__ import annotations

import ctypes
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.parser import SeparatorParser
from logproc.formats.parser_json import JsonParser
from logproc.inputs.blocks import Block
from logproc.kernels import layout, strides
from logproc.kernels.columns import FIRST_ROW, take_columns
from logproc.kernels.exemplars import NO_MARK
from logproc.kernels.named import read_named
from logproc.kernels.tokenize import tokenize
from logproc.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import BlockReader, Rest
    from logproc.model import Batch
    from logproc.pieces import PieceReader
    from logproc.rollup.columns import RowStore

STRIDE_BYTES = 256 << 10
"""Bytes that are tokenised before their rows are taken over: they and the slices of their lines fit a second-level
cache (`benchmarks/run.py a1`)."""


@cache
def _read_address() -> int:
    """Return the address of the function `read` of C's library."""
    return ctypes.cast(ctypes.CDLL(None).read, ctypes.c_void_p).value or 0


class Stride:
    """The way of one parser's rows into one store; `batch` is what they would be sent as."""

    def __init__(self, parser: SeparatorParser | JsonParser, store: RowStore, batch: Batch) -> None:
        self.parser = parser
        self.store = store
        self.batch = batch
        self.times = np.empty(store.room + len(parser.lines.times), np.int64)
        self._cells = np.zeros(strides.STRIDE_CELLS, np.int64)
        self._stretch = np.zeros(strides.STRETCH_CELLS, np.int64)
        program, lines = parser.addresses
        kernel = tokenize if isinstance(parser, SeparatorParser) else read_named
        given = (kernel.address, program, lines, take_columns.address, STRIDE_BYTES)
        self._cells[: len(given)] = given
        self._address = self._cells.ctypes.data

    def read(self, base: int, begin: int, end: int, mark: int) -> int:
        """Take over the rows of whole lines up to where there is something to decide; returns where to go on.

        `mark` is that of an offset of zero, or NO_MARK.
        """
        self._begin(mark)
        while True:
            strides.read_strides(base, begin, end, self._address)
            if self._made_room():
                return int(self._cells[strides.AT_POSITION])

    def open(self, rest: Rest, base: int, longest: int) -> None:
        """Make ready to read the rest of a file into the buffer at `base`, `longest` bytes of it at most at a time."""
        begun = np.frombuffer(rest.begun, np.uint8)
        self.batch.buffer[: len(begun)] = begun
        given = (_read_address(), strides.read_strides.address, self._address, rest.file, base, 0, longest)
        self._stretch[:] = (*given, rest.left, 0, 0, len(begun), 1)

    def read_on(self, mark: int) -> bool:
        """Read and take rows over up to where there is something to decide; returns whether that is all.

        `mark` is that of what stands first in the buffer, or NO_MARK.
        """
        self._begin(mark)
        while True:
            strides.read_stretch(self._stretch.ctypes.data)
            if self._made_room():
                return not self._stretch[strides.GOES_ON]

    def held(self) -> tuple[int, int, int]:
        """Return where the lines in the buffer end, where what was read ends, and how many bytes are still to be."""
        whole, have, left = (int(self._stretch[cell]) for cell in (strides.WHOLE, strides.HAVE, strides.LEFT))
        return whole, have, left

    def _begin(self, mark: int) -> None:
        cells, store = self._cells, self.store
        fields, columns = store.layout(self.batch)
        places = (store.marks.ctypes.data, self.times.ctypes.data)
        cells[strides.COLUMNS : strides.AT_POSITION] = (
            columns.ctypes.data, len(fields), store.rows, store.room, mark, *places
        )  # fmt: skip
        cells[strides.AT_POSITION :] = 0
        cells[strides.SUMS + layout.FIRST_TIME], cells[strides.SUMS + layout.LAST_TIME] = layout.NO_FIRST_TIME, NO_TIME

    def _made_room(self) -> bool:
        """Let a dictionary grow that was full; returns whether none was."""
        if not self._cells[strides.WAITING]:
            return True
        fields, columns = self.store.layout(self.batch)
        column = int(self._cells[strides.STOPPED])
        row, begin = int(columns[column, FIRST_ROW]), int(self._cells[strides.AT])
        self.store.make_way(self.batch, fields[column], row, begin)
        if self.store.is_heavy():
            self._cells[strides.ROOM] = 0  # the rows of this stride are the last ones before reports are brought up
        return False

    def sums(self) -> list[int]:
        """Return what the last `read` counted, by the tokenizer's counters."""
        found: list[int] = self._cells[strides.SUMS :].tolist()
        return found

    def last_lines(self) -> int:
        """Return the lines of the last stride, which alone may have rejects."""
        return int(self._cells[strides.LAST_LINES])

    def taken(self, slots: NDArray[np.int64] | None, rows: int) -> Batch:
        """Return the rows of the last `read` as a batch that is taken over already."""
        return replace(self.batch, rows=rows, slots=slots, taken=True)


def stride_of(reader: PieceReader, parser: Parser) -> Stride | None:
    """Return the way by which a piece's rows can go by strides; None if they cannot."""
    desk, piece = reader.desk, reader.piece
    if type(parser) is not SeparatorParser and (type(parser) is not JsonParser or parser.looks_within):
        return None
    if parser.multiline or reader.others or piece.timezone != "UTC":
        return None
    if desk.job.since is not None or desk.job.until is not None or parser in desk.whole_lines:
        return None
    store = desk.sole_store(parser.format.family, piece.source)
    batch = desk.batch(parser, piece.source, piece.host, len(parser.lines.times))
    return Stride(parser, store, batch) if store is not None and store.takes_all(batch) else None


def read_by_strides(reader: PieceReader, stride: Stride, block: Block) -> None:
    """Take over the rows of a block, and keep the books."""
    desk = reader.desk
    desk.make_room(reader.run)  # what another parser left waiting comes first
    mark = reader.first_mark(block)
    base, position = desk.buffer.ctypes.data, block.start
    while position < block.end:
        before = stride.store.rows
        position = stride.read(base, position, block.end, NO_MARK if mark is None else mark)
        _keep_books(reader, stride, block, before)
    desk.fill = position


def read_stretch(reader: PieceReader, stride: Stride, source: BlockReader) -> None:
    """Take over what follows in a plain file, which kernels read, up to what wants a block; and keep the books."""
    rest = source.rest()
    if rest is None or rest.left < STRIDE_BYTES:
        return
    desk = reader.desk
    desk.make_room(reader.run)
    stride.open(rest, desk.buffer.ctypes.data, desk.job.max_line_bytes)
    is_done = False
    while not is_done:
        whole, have, left = stride.held()
        block = Block(0, whole, rest.stop - left - have)
        mark = reader.first_mark(replace(block, end=rest.stop - block.offset))
        before = stride.store.rows
        is_done = stride.read_on(NO_MARK if mark is None else mark)
        whole, have, left = stride.held()
        _keep_books(reader, stride, Block(0, whole, rest.stop - left - have), before)
    source.go_on(desk.buffer[whole:have].tobytes(), left)
    desk.fill = 0


def _keep_books(reader: PieceReader, stride: Stride, block: Block, before: int) -> None:
    """Account for what a stride counted behind the `before` rows that were there, and hand its rows on."""
    desk, sums, last = reader.desk, stride.sums(), stride.last_lines()
    rows, rejects, blanks, lines = (sums[cell] for cell in (layout.ROWS, layout.REJECTS, layout.BLANKS, layout.LINES))
    reader.filtered += blanks
    reader.counted += lines - blanks - rejects
    reader.first_time = min(reader.first_time, sums[layout.FIRST_TIME])
    reader.last_time = max(reader.last_time, sums[layout.LAST_TIME])
    reader.read += lines - last
    if rejects:
        desk.counters[:] = stride.parser.counters
        if isinstance(stride.parser, SeparatorParser):
            reader.filtered += stride.parser.pass_headers(desk.buffer, desk.counters)
        reader.refused(stride.parser, block)
    reader.read += last
    if rows:
        times = stride.times[before : before + rows]
        reader.run.send(stride.taken(desk.slots(times), rows))
