"""The parser of lines whose columns a header names: a layout for the kernel `tokenize_fields`, anew at each header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY
from logproc.formats.header import MAX_COLUMNS, Header, columns_of, looks_like_header
from logproc.formats.naming import DATE, REQUEST, REQUEST_FIELDS, TARGET_FIELDS
from logproc.formats.parser_named import NamedParser
from logproc.kernels import delimited, layout, tokenize
from logproc.kernels.decode import NO_TIME
from logproc.kernels.jsonlines import BLANKS, LINES, ROWS
from logproc.kernels.layout import NO_FIRST_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format

RECORD_BYTES = 1 << 20
_DAY = re.compile(rb"#\w*-?Date:\s*(\d{4})-(\d\d)-(\d\d)", re.IGNORECASE)
_BLANKS = b"\0 \t\r\n"


FOLLOWS = {"path": ("target",), "target": TARGET_FIELDS, REQUEST: (*REQUEST_FIELDS, *TARGET_FIELDS)}
"""Columns that follow from those of a header."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a header means: delimiter, fields and their columns, and the header itself where it may be repeated."""

    delimiter: int
    fields: tuple[str, ...]
    column_of: NDArray[np.int32]
    signs_of: NDArray[np.uint8]
    header: NDArray[np.uint8]
    local: bool = False


class HeadedParser(NamedParser):
    """Reads columns under headers; `all_columns` makes it store whatever its headers name."""

    reasons = delimited.REASONS
    behind = False

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        assert fmt.header is not None
        self._header: Header = fmt.header
        self.multiline = fmt.header.several_lines
        self.resume(layout.FRESH, RECORD_BYTES, more=False)
        self.all_columns = False
        super().__init__(fmt, wanted, capacity)
        self.open(())

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:  # noqa: ARG002 - nothing is remembered
        """Say how the next call of `parse` ends (see `RecordParser`)."""
        self._record_bytes, self._more = record_bytes if self.multiline else 0, more

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:  # noqa: ARG002 - as the others
        """Return the first line: files whose records may have several lines are not cut (see `planner.heads`)."""
        return begin

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Begin a file, or a range of one: `heads` are the header lines in front of it, `first` says that none is.

        With `guess`, a first line is taken for a header only if it looks like one.
        """
        if self.all_columns:
            self.arrange(("time",), len(self.lines.times))
        self._day = NO_TIME
        self._guess = guess
        self._expecting = first and not self._header.directive
        self._layout = self._lay_out(self._header.delimiter, (), b"")
        self.headers_read = 0
        if self._header.default and not self._expecting:
            self._use_default()
        for line in heads:
            self._read_header(line)

    def further(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns that are stored because others follow from them: here a target follows, too."""
        helpers = super().further(columns)
        parts = ("path", "query") if "target" in (*columns, *helpers) else ()
        return (*helpers, *(name for name in parts if name not in columns))

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        own = self.begin(row)
        base, position = buffer.ctypes.data, begin
        first, last, zoneless = NO_FIRST_TIME, NO_TIME, 0
        while position < end:
            if self._expecting:
                position = self._first_line(buffer, position, end)
                continue
            position = self._tokenize(base, position, end)
            zoneless += self._finish(base, row, counters, position)
            first = min(first, int(counters[tokenize.FIRST_TIME]))
            last = max(last, int(counters[tokenize.LAST_TIME]))
            if not own[delimited.STOPPED]:
                break
            row = int(counters[tokenize.ROWS])
            position = self._skip(buffer, position, end)
        self.finish(base, int(own[ROWS]), counters, position)
        counters[tokenize.ZONELESS], counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = zoneless, first, last
        counters[layout.LEADING], counters[layout.STATE] = 0, layout.FRESH
        self._more = False

    def _finish(self, base: int, row: int, counters: NDArray[np.int64], position: int) -> int:
        """Finish the rows from `row` on, which are all under one header; returns how many are zoneless."""
        self.finish(base, row, counters, position, self._day)
        if not self._header.utc or self._layout.local:
            return int(counters[tokenize.ZONELESS])
        self.lines.zoneless[row : counters[tokenize.ROWS]] = 0
        return 0

    def _tokenize(self, base: int, begin: int, end: int) -> int:
        lines, under, place = self.lines, self._layout, self._place
        target = place.get("target", -1) if "path" in under.fields and "target" not in under.fields else -1
        position: int = delimited.tokenize_fields(
            base, begin, end, under.delimiter, self._quotes(under), self._record_bytes, int(self._more),
            int(bool(self._header.directive)), len(under.fields), under.column_of, under.signs_of, under.header,
            len(under.header) - 1,
            place.get("path", -1), place.get("query", -1), target,
            lines.starts, lines.ends, lines.styles, lines.row_offset, lines.row_line, lines.more_lines,
            lines.reject_offset, lines.reject_line, lines.reject_reason, self._own,
        )  # fmt: skip
        return position

    def _quotes(self, under: _Layout) -> int:
        return delimited.QUOTED if under.delimiter == ord(",") else self._header.quotes

    # ---- headers ---------------------------------------------------------------------------------------------------

    def _first_line(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Take the first line that is not blank for the header, if it is one; returns where to go on."""
        newline = _line_end(buffer, begin, end)
        line = buffer[begin:newline].tobytes()
        if not line.strip(_BLANKS):
            return self._skip(buffer, begin, end)
        self._expecting = False
        _, names = self._header.tokens(line.lstrip(b"\0"))
        if self._header.default and frozenset(names).isdisjoint(self._header.default):
            self._use_default()
            return begin
        if self._guess and not looks_like_header(names):
            return begin
        return self._skip(buffer, begin, end)

    def _skip(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Read a header line and count it as blank."""
        newline = _line_end(buffer, begin, end)
        self._read_header(buffer[begin:newline].tobytes().lstrip(b"\0"))
        self._own[LINES] += 1
        self._own[BLANKS] += 1
        return newline + 1

    def _read_header(self, line: bytes) -> None:
        text = line.removeprefix(b"\xef\xbb\xbf")
        day = _DAY.match(text) if self._header.directive else None
        if day is not None:
            self._day = _days(*(int(part) for part in day.groups()))
        if not text.strip(_BLANKS) or (self._header.directive and not text.startswith(self._header.directive)):
            return
        delimiter, names = self._header.tokens(line)
        if len(names) > MAX_COLUMNS:
            return
        self.headers_read += bool(self._header.directive)
        self._layout = self._lay_out(delimiter, names, b"" if self._header.directive else text.rstrip(b"\r\n"))

    def _use_default(self) -> None:
        self._layout = self._lay_out(self._header.delimiter, self._header.default, b"")

    def _lay_out(self, delimiter: bytes, names: tuple[str, ...], header: bytes) -> _Layout:
        fields = columns_of(names, self.naming)
        if self._header.directive and not {"query", "target"}.intersection(fields):  # a query stands in the path
            fields = tuple("target" if field == "path" else field for field in fields)
        if self.all_columns:
            self._add_columns(fields)
        self.dated = DATE in fields and "time" in fields
        signs = [self._header.signs.get(field, self._header.text_signs) for field in fields]
        return _Layout(
            delimiter[0],
            fields,
            np.array([self._place.get(field, -1) for field in fields], np.int32),
            np.array(signs, np.uint8),
            np.frombuffer(header + b"\0", np.uint8),
            local=any(name.endswith("-local") for name in names),
        )

    def store_all(self) -> None:
        """Store every column that a header names."""
        self.all_columns = True

    def _add_columns(self, fields: tuple[str, ...]) -> None:
        """Make room for the columns of a header that are not yet there; the rows that are there stay."""
        known = frozenset(self.columns)
        follows = [name for source, names in FOLLOWS.items() if source in fields for name in names]
        within = self.format.within
        follows += within.fields if within is not None and within.source in fields else ()
        more = tuple(name for name in dict.fromkeys((*fields, *follows)) if name not in known and name != DATE)
        if not more:
            return
        old, stored = self.lines, self.stored
        self.arrange((*self.columns, *more), len(old.times))
        fresh = self.lines
        for number, name in enumerate(stored):
            if name in self._place:
                place = self._place[name]
                fresh.starts[place], fresh.ends[place] = old.starts[number], old.ends[number]
                fresh.styles[place] = old.styles[number]
        self.lines = old._replace(starts=fresh.starts, ends=fresh.ends, styles=fresh.styles)


def _line_end(buffer: NDArray[np.uint8], begin: int, end: int) -> int:
    """Return where the newline of the line at `begin` stands."""
    length = 1 << 12
    while begin < end:
        found = buffer[begin : min(end, begin + length)].tobytes().find(b"\n")
        if found >= 0:
            return begin + found
        begin += length
    return end


def _days(year: int, month: int, day: int) -> int:
    try:
        return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return NO_TIME
