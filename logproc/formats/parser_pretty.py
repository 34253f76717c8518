"""The parser of JSON objects over several lines: each is made one line, and the kernel of JSON lines reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY
from logproc.formats.parser_json import JsonParser
from logproc.kernels import jsonlines, layout
from logproc.kernels.jsonlines import BLANKS, LINES, REJECTS, ROWS
from logproc.kernels.pretty import FOLDED, fold_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format

RECORD_BYTES = 1 << 20
_BORDER = re.compile(rb"^\}[ \t\r]*\n(?=\{)", re.MULTILINE)
NEWLINE = 10


class PrettyParser(JsonParser):
    """Reads objects of several lines."""

    multiline = True
    behind = True

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        super().__init__(fmt, wanted, capacity)
        self._found = np.zeros(2, np.int64)
        self._guess = False
        self.resume(layout.FRESH, RECORD_BYTES, more=False)

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:  # noqa: ARG002
        """With `guess`, an object must have several lines, and those of a broken one count once: samples are joined."""
        self._guess = guess

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:  # noqa: ARG002 - nothing is remembered
        """Say how the next call of `parse` ends (see `RecordParser`)."""
        self._record_bytes, self._more = record_bytes, more

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own, base = self.lines, self.begin(row), buffer.ctypes.data
        capacity = len(lines.reject_offset)
        fold_objects(base, begin, end, capacity, self._found)
        stop, folded = self._found.tolist()
        is_full = folded >= capacity
        if not is_full and not (self._more and end - stop <= self._record_bytes):
            stop = end
        position = stop
        if stop > begin:
            position = jsonlines.tokenize_json(
                base, begin, stop, self._paths, lines.starts, lines.ends, lines.styles, lines.row_offset,
                lines.row_line, lines.reject_offset, lines.reject_line, lines.reject_reason, own,
            )  # fmt: skip
            self._unfold(buffer, begin, position, row)
        self.again = position < stop or (is_full and position < end)
        self.finish(base, row, counters, position)
        counters[layout.LEADING], counters[layout.STATE] = 0, layout.FRESH
        self._more = False

    def _unfold(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int) -> None:
        """Count the lines that the rows and rejects of [begin, end) were before they were folded."""
        lines, own = self.lines, self._own
        text = buffer[begin:end]
        newlines = begin + np.flatnonzero(text == NEWLINE)
        inner = begin + np.flatnonzero((text[:-1] == FOLDED) & (text[1:] != NEWLINE))
        rows, rejects = slice(row, int(own[ROWS])), int(own[REJECTS])
        before = np.searchsorted(inner, lines.row_offset[rows])
        lines.more_lines[rows] = np.searchsorted(inner, newlines[lines.row_line[rows]]) - before
        lines.row_line[rows] += before.astype(np.int32)
        own[LINES] += len(inner)
        if self._guess and not lines.more_lines[rows].any():
            own[ROWS] = row  # lines of JSON, and no more than that
        if rejects:
            self._spread(newlines, inner, rejects)

    def _spread(self, newlines: NDArray[np.int64], inner: NDArray[np.int64], rejects: int) -> None:
        """Reject each line of the objects that were rejected; with `guess`, lines that follow each other count once."""
        lines, own = self.lines, self._own
        numbers: NDArray[np.int64] = lines.reject_line[:rejects].astype(np.int64)
        places: NDArray[np.int64] = lines.reject_offset[:rejects].astype(np.int64)
        first, behind = np.searchsorted(inner, places), np.searchsorted(inner, newlines[numbers])
        if self._guess:
            alone = np.flatnonzero(np.diff(numbers, prepend=-2) > 1)
            places, reasons, total = places[alone], lines.reject_reason[:rejects][alone], len(alone)
            own[LINES] -= int((behind - first).sum()) + rejects - total
            numbers = (numbers + first)[alone]
        else:
            more = np.concatenate([inner[a:b] + 1 for a, b in zip(first, behind, strict=True)])
            reasons = np.concatenate(
                [lines.reject_reason[:rejects], np.repeat(lines.reject_reason[:rejects], behind - first)]
            )
            places = np.concatenate([places, more])
            order = np.argsort(places, kind="stable")
            places, reasons = places[order], reasons[order]
            numbers = np.searchsorted(np.sort(np.concatenate([newlines, inner])), places)
            total = min(len(places), len(lines.reject_offset))
            own[BLANKS] += len(places) - total  # of an object of more lines than a parser has room for
        lines.reject_offset[:total], lines.reject_line[:total] = places[:total], numbers[:total]
        lines.reject_reason[:total] = reasons[:total]
        own[REJECTS] = total

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the line behind the first object begins that another one follows at once; -1 if none does."""
        found = _BORDER.search(buffer[begin:end].tobytes())
        return -1 if found is None else begin + found.end()
