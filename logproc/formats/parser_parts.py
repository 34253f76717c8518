"""The parser of container logs, Docker's JSON and CRI, whose long lines come in parts that are one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.formats.arrays import CAPACITY
from logproc.formats.format import CRI
from logproc.formats.parser_named import NamedParser
from logproc.kernels import jsonlines, layout, parts, tokenize
from logproc.kernels.jsonlines import LINES, ROWS
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from logproc.formats.format import Format

RECORD_BYTES = 1 << 20
_SCOUT_ROWS = 64


class PartsParser(NamedParser):
    """Reads lines, then makes one row of the parts of each record."""

    multiline = True
    behind = True

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        self._is_cri = fmt.engine == CRI
        self.reasons = parts.REASONS if self._is_cri else jsonlines.REASONS
        super().__init__(fmt, wanted, capacity)
        self._partial = np.zeros(capacity, np.uint8)
        self._first = np.zeros(capacity, np.int32)
        self._scout: PartsParser | None = None
        self.resume(layout.FRESH, RECORD_BYTES, more=False)

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their keys."""
        super().arrange(columns, capacity)
        self._paths = None if self._is_cri else jsonlines.build_paths(self.naming.paths(self.stored))

    def further(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns that tell which lines are parts of one."""
        needed = ("message", "stream", *(("tag",) if self._is_cri else ()))
        return (*super().further(columns), *(name for name in needed if name not in columns))

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:  # noqa: ARG002 - nothing is remembered
        """Say how the next call of `parse` ends (see `RecordParser`)."""
        self._record_bytes, self._more = record_bytes, more

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own, base = self.lines, self.begin(row), buffer.ctypes.data
        position = self._tokenize(base, begin, end)
        upto = int(own[ROWS])
        self._mark(base, row, upto)
        message, stream, tag = (self._place.get(name, -1) for name in ("message", "stream", "tag"))
        parts.group_parts(
            base, lines.starts, lines.ends, row, upto, message, stream, lines.row_offset, lines.row_line,
            self._partial, self._record_bytes, self._first,
        )  # fmt: skip
        self.again = position < end
        opened = self._open_row(row, upto, position, end)
        if opened >= 0:
            position, own[LINES], upto = int(lines.row_offset[opened]), int(lines.row_line[opened]), opened
        own[ROWS] = upto
        self.finish(base, row, counters, position)
        own[ROWS] = parts.join_parts(
            base, lines.starts, lines.ends, lines.styles, row, upto, message, tag, lines.row_offset, lines.row_line,
            lines.more_lines, lines.times, lines.zoneless, self._first,
        )  # fmt: skip
        counters[tokenize.ROWS] = own[ROWS]
        counters[layout.LEADING], counters[layout.STATE] = 0, layout.FRESH
        self._more = False

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the line behind the first one begins that goes on in no other; -1 if all do."""
        scout = self._scout = self._scout or PartsParser(self.format, (), _SCOUT_ROWS)
        while begin < end:
            own = scout.begin(0)
            base, upto = buffer.ctypes.data, scout._tokenize(buffer.ctypes.data, begin, end)  # noqa: SLF001
            rows = int(own[ROWS])
            scout._mark(base, 0, rows)  # noqa: SLF001
            gone_on = {int(line) for line in scout.lines.row_line[:rows][scout._partial[:rows] != 0]}  # noqa: SLF001
            last = next((line for line in range(int(own[LINES])) if line not in gone_on), None)
            if last is not None:
                at = begin
                for _ in range(last + 1):
                    at = _next_line(buffer, at, end)
                return at
            begin = upto
        return -1

    def _tokenize(self, base: int, begin: int, end: int) -> int:
        lines = self.lines
        arrays: tuple[Any, ...] = (lines.starts, lines.ends, lines.styles, lines.row_offset, lines.row_line)
        rejects = (lines.reject_offset, lines.reject_line, lines.reject_reason, self._own)
        if self._paths is not None:
            return jsonlines.tokenize_json(base, begin, end, self._paths, *arrays, *rejects)
        place = self._place
        position: int = parts.tokenize_cri(
            base, begin, end, place["time"], place["stream"], place["tag"], place["message"], *arrays, *rejects
        )
        return position

    def _mark(self, base: int, row: int, upto: int) -> None:
        message, tag = self._place["message"], self._place.get("tag", -1)
        parts.mark_parts(base, self.lines.starts, self.lines.ends, row, upto, message, tag, self._partial)

    def _open_row(self, row: int, upto: int, position: int, end: int) -> int:
        """Return the row where a record begins that may go on behind what was read, -1 if there is none."""
        lines = self.lines
        if upto == row or not self._partial[upto - 1] or int(lines.row_line[upto - 1]) != int(self._own[LINES]) - 1:
            return -1
        head = int(self._first[upto - 1])
        goes_on = position < end or self._more
        too_long = position - int(lines.row_offset[head]) > self._record_bytes
        is_all = head == 0 and upto == len(lines.times)  # as many parts as a parser has rows
        return head if goes_on and not too_long and not is_all else -1


def _next_line(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """Return the position behind the next newline."""
    length = 1 << 12
    while at < end + PADDING:
        found = buffer[at : at + length].tobytes().find(b"\n")
        if found >= 0:
            return at + found + 1
        at += length
    return end
