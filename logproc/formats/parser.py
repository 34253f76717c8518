"""Parsers: a format and the columns that are wanted, made into one call of a kernel per block.

All engines write the same `LineArrays` and the same counters, so that the worker knows one loop for all formats.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from logproc.formats import outlook
from logproc.formats.arrays import CAPACITY, span
from logproc.formats.format import (
    AUDIT,
    CRI,
    DOCKER,
    EXPORT,
    HEADED,
    JSONL,
    LOGFMT,
    LTSV,
    PATTERN,
    PRETTY,
    SEPARATOR,
    STAMPED_JSON,
    STAMPED_PAIRS,
    Format,
)
from logproc.formats.parser_coloured import separator_parser
from logproc.formats.parser_export import ExportParser
from logproc.formats.parser_headed import HeadedParser
from logproc.formats.parser_json import JsonParser
from logproc.formats.parser_named import NamedParser
from logproc.formats.parser_pairs import AuditParser, PairParser
from logproc.formats.parser_parts import PartsParser
from logproc.formats.parser_pattern import PatternParser
from logproc.formats.parser_pretty import PrettyParser
from logproc.formats.parser_separator import SeparatorParser
from logproc.formats.parser_stamped import StampedJsonParser, StampedPairParser
from logproc.formats.program import Program
from logproc.kernels import tokenize
from logproc.kernels.reading import first_reader
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.kernels.layout import LineArrays

__all__ = ["CAPACITY", "ENGINES", "UNKNOWN", "Matcher", "Parser", "SeparatorParser", "new_parser", "span"]

UNKNOWN = Format("unknown", "unknown", SEPARATOR, Program(b"\0", ()), "no format: every line is refused")
"""Stands for a file that no format fits: its lines are read, counted and refused."""


class Parser(Protocol):
    """Tokenises blocks of one format.

    `again` is true where the last call of `parse` stopped because its arrays were full, whatever the counters say.
    """

    format: Format
    columns: tuple[str, ...]
    lines: LineArrays
    scales: dict[str, float]
    lists: frozenset[str]
    places: dict[str, tuple[int, int, int]]
    reasons: dict[int, str]
    multiline: bool
    headers_read: int
    again: bool

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Say that a file comes next, or a range of one: `heads` are the header lines in front of it.

        `first` tells that no line is in front of it; with `guess` a header must look like one. `headers_read` counts
        the directives since then.
        """

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Say when the file that comes next was written last: its times without a year are not a day later."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on; `counters` as in `kernels.tokenize`."""


class RecordParser(Parser, Protocol):
    """A parser that is `multiline`: its records may be several lines.

    With `behind`, where a record begins is told by the line before, and `begins` returns where the line behind the
    first one that ends a record begins, be it at `end`.
    """

    behind: bool

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:
        """Say to the next call of `parse` what came before: a state of `kernels.layout`, given or left in the counters.

        With `more`, it stops before the last record, unless that is full: lines that follow may belong to it. A record
        keeps the lines that end within `record_bytes` of its beginning.
        """

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the first record of the whole lines buffer[begin:end] begins, -1 if none does."""


ENGINES: dict[str, Callable[[Format, Iterable[str], int], Parser]] = {
    SEPARATOR: separator_parser,
    JSONL: JsonParser,
    LOGFMT: PairParser,
    LTSV: PairParser,
    PATTERN: PatternParser,
    DOCKER: PartsParser,
    CRI: PartsParser,
    HEADED: HeadedParser,
    PRETTY: PrettyParser,
    EXPORT: ExportParser,
    AUDIT: AuditParser,
    STAMPED_JSON: StampedJsonParser,
    STAMPED_PAIRS: StampedPairParser,
}
"""Parsers by `Format.engine`."""


def new_parser(fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> Parser:
    """Return a parser that yields the wanted columns, as far as the format has them."""
    return ENGINES[fmt.engine](fmt, wanted, capacity)


_MATCH_ROWS = 4096
_MOST_ASKED = 4096
"""Lots of formats that are remembered as the kernel wants them: texts of a kind leave the same ones."""

PLAIN_LINES = 4
"""Lines a record, beside those that begin with a blank, that may go on with it without a doubt."""

LONG_LINES = 12
"""Lines of a record from which on it is asked how they begin."""


def _doubtful(program: Program, text: bytes, matched: int, behind: int) -> tuple[int, int]:
    """Return the lines that match, and those `behind` them that may be of another format.

    Where a text begins with a record, at most half of what is read is doubted: another format that reads the rest is
    then preferred, but without one it may be a very long stack trace.
    """
    if program.spans_lines:
        return matched + behind, 0
    indented = text.count(b"\n ") + text.count(b"\n\t")
    return matched, max(0, behind - indented - PLAIN_LINES * matched)


def _strange(parser: Parser, text: bytes, rows: int) -> int:
    """Count the lines that go on with a record for long, most of them not indented: rather those of another format."""
    count = 0
    for row in np.flatnonzero(parser.lines.more_lines[:rows] > LONG_LINES).tolist():
        begin, more = int(parser.lines.row_offset[row]), int(parser.lines.more_lines[row])
        after = int(parser.lines.row_offset[row + 1]) if row + 1 < rows else len(text)
        plain = more - text.count(b"\n ", begin, after) - text.count(b"\n\t", begin, after)
        count += plain if 2 * plain > more else 0
    return count


def _behind_heads(text: bytes, begins: list[int], refused: set[int], first: int) -> Iterator[bytes]:
    """Yield refused lines, and of records, from the line of number `first` on, those neither blank nor indented."""
    for begin, end in pairwise([*begins, len(text)]):
        if begin in refused:
            yield text[begin : text.find(b"\n", begin) + 1 or len(text)]
        elif text.find(b"\n", begin, end - 1) >= 0:
            for line in text[begin:end].split(b"\n")[first:]:
                if line[:1] not in _INDENTED:
                    yield line + b"\n"


_INDENTED = frozenset({b" ", b"\t", b"\r", b"\n", b"\0", b""})

NEWLINE = 10

OTHERS = (0, 0, 0)
"""Stands for the addresses of a parser that runs no separator program."""


class Matcher:
    """Counts the lines of a text that a format reads and refuses; one a thread, since its parsers have arrays."""

    def __init__(self) -> None:
        self._parsers: dict[Format, Parser] = {}
        self._texts = 0  # that `readers` was asked about
        self._addresses: dict[Format, tuple[int, int, int]] = {}
        self._asked: dict[tuple[Format, ...], tuple[list[tuple[int, int, int]], NDArray[np.int64]]] = {}
        self._counters = np.zeros(tokenize.COUNTERS, np.int64)
        self._buffer = np.zeros(1 << 16, np.uint8)
        self._base = self._buffer.ctypes.data
        self._text = b""  # what the buffer holds
        self._ahead: SeparatorParser | None = None  # has read the text in the buffer, and was not asked yet

    def __call__(self, fmt: Format, text: bytes) -> tuple[int, int]:
        """Return (matched, rejected) lines; blank lines are neither, and few lines of a record but its first are."""
        parser = self._parser(fmt)
        matched = rejected = behind = strange = 0
        begins = False  # whether the first line begins a record
        for number, (rows, rejects, blanks, lines) in enumerate(self._calls(parser, text)):
            if number == 0:
                begins = rows > 0 and (rejects == 0 or parser.lines.row_line[0] < parser.lines.reject_line[0])
            matched += rows
            rejected += rejects
            behind += lines - blanks - rows - rejects
            if parser.multiline and lines - rows > LONG_LINES:
                strange += _strange(parser, text, rows)
        if behind and fmt.program is not None:
            matched, doubtful = _doubtful(fmt.program, text, matched, behind)
            doubtful = doubtful if fmt.program.spans_lines else max(doubtful, strange)
            rejected += min(doubtful, matched) if begins else doubtful
        # A header says what a file is; of samples of its middle and end, rows may belong to a header that is not there.
        matched += parser.headers_read
        return matched, min(rejected, matched) if parser.headers_read else rejected

    def readers(self, possible: Iterable[Format], text: bytes) -> Iterator[Format]:
        """Return the formats, in their order, that may read a line of a text: others are asked when they come up."""
        self._texts += 1
        if self._texts <= outlook.ASKED_OFTEN:  # it would take a parser of each: 50 ms
            yield from possible
            return
        rows = tuple(possible)
        asked = self._asked.get(rows)
        if asked is None:
            described = [self._addresses.get(row) or self._described(row) for row in rows]
            if len(self._asked) >= _MOST_ASKED:
                self._asked.clear()
            asked = self._asked[rows] = described, np.array(described, np.int64).reshape(-1, 3)
        described, parsers = asked
        k = 0
        while k < len(rows):
            if described[k] is not OTHERS:
                size = self._load(text)  # another format may have been asked since
                k = first_reader(tokenize.tokenize.address, self._base, size, parsers, k)
                if k < len(rows) and described[k] is not OTHERS:
                    self._ahead = cast("SeparatorParser", self._parsers[rows[k]])
            if k < len(rows):
                yield rows[k]
            k += 1

    def _described(self, row: Format) -> tuple[int, int, int]:
        """Return where a parser is described for the kernel; zeros for one that has no program."""
        parser = self._parser(row)
        program = (*parser.addresses, parser.counters.ctypes.data) if isinstance(parser, SeparatorParser) else OTHERS
        self._addresses[row] = program
        return program

    def refused(self, fmt: Format, text: bytes) -> bytes:
        """Return the lines that a format refuses, and those that go on with its records without being indented.

        Where every record is several lines, only what is behind the first dozen is looked at.
        """
        parser = self._parser(fmt)
        places: list[int] = []
        begins: list[int] = []
        for rows, rejects, _, _ in self._calls(parser, text):
            places += parser.lines.reject_offset[:rejects].tolist()
            if parser.multiline and fmt.program is not None:
                begins += parser.lines.row_offset[:rows].tolist()
        lines = (text[place : text.find(b"\n", place) + 1 or len(text)] for place in places)
        if not begins or fmt.program is None:
            return b"".join(lines)
        first = 1 + LONG_LINES * fmt.program.spans_lines
        return b"".join(_behind_heads(text, sorted({*places, *begins}), set(places), first))

    def _parser(self, fmt: Format) -> Parser:
        parser = self._parsers.get(fmt)
        if parser is None:
            parser = self._parsers[fmt] = new_parser(fmt, (), _MATCH_ROWS)
            if isinstance(parser, NamedParser):
                parser.counts_alone = True
        return parser

    def _calls(self, parser: Parser, text: bytes) -> Iterator[list[int]]:
        """Tokenise a text; yields rows, rejects, blank and all lines of each call."""
        found = self._found_ahead(parser, text)
        if found is not None:
            yield found
            return
        size = self._load(text)
        if not isinstance(parser, SeparatorParser):
            self._text = b""  # others may write where they read
        counters, position = self._counters, 0
        parser.open((), guess=True)
        while position < size:
            parser.parse(self._buffer, position, size, 0, counters)
            position, *found = counters[:5].tolist()
            yield found

    def _found_ahead(self, parser: Parser, text: bytes) -> list[int] | None:
        """Return what `first_reader` left when it read a text with a parser; None where it did not, or in parts."""
        ahead, self._ahead = self._ahead, None
        if ahead is not parser or text is not self._text:
            return None
        found: list[int] = ahead.counters[1:5].tolist()
        if ahead.format.coloured or found[-1] != text.count(b"\n") + _is_unended(text):
            return None
        if found[1] and ahead.pass_headers(self._buffer, ahead.counters):
            found = ahead.counters[1:5].tolist()
        return found

    def _load(self, text: bytes) -> int:
        """Have a text in the buffer, its last line ended; returns how many bytes that are."""
        size = len(text)
        unended = _is_unended(text)
        if text is not self._text:
            self._ahead = None  # it has read the text before
            if len(self._buffer) < size + 1 + PADDING:
                self._buffer = np.zeros(2 * size + 1 + PADDING, np.uint8)
                self._base = self._buffer.ctypes.data
            self._buffer[:size] = np.frombuffer(text, np.uint8)
            if unended:
                self._buffer[size] = NEWLINE
            self._text = text
        return size + unended


def _is_unended(text: bytes) -> bool:
    """Tell whether a text has a last line without an end."""
    return len(text) > 0 and text[-1] != NEWLINE
