"""Files that hold lines of several formats: the lines that the first one refuses are given to the others, in order.

Which formats those are is known before the first line is read, so that what becomes of a line follows from that line
alone, and not from how its file was cut. Lines that stand together are tokenised together.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from logproc.kernels import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.formats.parser import Parser
    from logproc.inputs.blocks import Block
    from logproc.pieces import PieceReader


class Refused(NamedTuple):
    """A line that was refused: where it stands in the buffer, its number, and the first format's reason."""

    at: int
    line: int
    code: int


def read_others(reader: PieceReader, parser: Parser, others: Sequence[Parser], block: Block) -> None:
    """Give the lines that the last call of `parser` refused to the other parsers, and what is left to the books."""
    desk, read = reader.desk, reader.read
    counters = desk.counters.copy()
    left = list(_refused_by(parser, read, int(counters[tokenize.REJECTS])))
    for other in others:
        desk.own(other, reader.piece.source, reader.piece.host, reader.run)
        left = [refused for run in _runs(left) for refused in _read_run(reader, other, run, block)]
    reader.read = read
    for refused in left:
        reader.refuse(refused.at, refused.line, parser.reasons[refused.code], block)
    desk.own(parser, reader.piece.source, reader.piece.host, reader.run)
    desk.counters[:] = counters


def _refused_by(parser: Parser, read: int, count: int) -> Iterator[Refused]:
    lines = parser.lines
    offsets, numbers = lines.reject_offset[:count].tolist(), lines.reject_line[:count].tolist()
    for at, number, code in zip(offsets, numbers, lines.reject_reason[:count].tolist(), strict=True):
        yield Refused(at, read + number, code)


def _runs(lines: Iterable[Refused]) -> Iterator[list[Refused]]:
    """Put lines together that follow on each other."""
    for _, run in groupby(enumerate(lines), lambda item: item[1].line - item[0]):
        yield [refused for _, refused in run]


def _read_run(reader: PieceReader, parser: Parser, run: Sequence[Refused], block: Block) -> Iterator[Refused]:
    """Tokenise lines that follow on each other; yields those that are refused again."""
    desk = reader.desk
    position, end = run[0].at, reader.line_end(run[-1].at, block.end)
    reader.read = run[0].line
    if reader.text is not desk.buffer:
        desk.buffer[position:end] = reader.text[position:end]  # the parsers before may have rewritten it
    desk.keep(parser, position, end)
    while position < end:
        before = desk.rows
        parser.parse(desk.buffer, position, end, before, desk.counters)
        reader.book(parser, block, before)
        count = int(desk.counters[tokenize.REJECTS])
        for again in _refused_by(parser, reader.read, count):
            yield again._replace(code=run[again.line - run[0].line].code)
        reader.read += int(desk.counters[tokenize.LINES])
        position = int(desk.counters[tokenize.POSITION])
        if desk.rows == len(parser.lines.times):
            desk.send(reader.run)
