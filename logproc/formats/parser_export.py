"""The parser of the journal's export format: the wanted fields as paths for the kernel `tokenize_export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY
from logproc.formats.parser_named import NamedParser
from logproc.kernels import export, layout
from logproc.kernels.jsonlines import ROWS, build_paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from logproc.formats.format import Format

RECORD_BYTES = 1 << 20
_CURSOR = b"__CURSOR="


class ExportParser(NamedParser):
    """Reads entries of several lines."""

    reasons = export.REASONS
    multiline = True
    behind = False

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        super().__init__(fmt, wanted, capacity)
        self._ends = np.zeros(capacity, np.int32)
        self._known = np.zeros((2, 0), np.int32)  # where the entries of the last call begin and end
        self.resume(layout.FRESH, RECORD_BYTES, more=False)

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their fields."""
        super().arrange(columns, capacity)
        self._paths = build_paths(self.naming.paths(self.stored))

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:  # noqa: ARG002 - nothing is remembered
        """Say how the next call of `parse` ends (see `RecordParser`)."""
        self._record_bytes, self._more = record_bytes, more

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own, base = self.lines, self.begin(row), buffer.ctypes.data
        position = export.tokenize_export(
            base, begin, end, int(self._more), self._record_bytes, self._paths, lines.starts, lines.ends, lines.styles,
            lines.row_offset, lines.row_line, lines.more_lines, self._ends, lines.reject_offset, lines.reject_line,
            lines.reject_reason, own,
        )  # fmt: skip
        rows = slice(row, int(own[ROWS]))
        self._known = np.stack([lines.row_offset[rows], self._ends[rows]])
        self.finish(base, row, counters, position)
        counters[layout.LEADING], counters[layout.STATE] = 0, layout.FRESH
        self._more = False

    def end_of(self, offset: int) -> int:
        """Return where the entry of the last call ends that begins at `offset` of the buffer."""
        return int(self._known[1, np.searchsorted(self._known[0], offset)])

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the first entry of whole lines begins, -1 if none does."""
        text = buffer[begin:end].tobytes()
        if text.startswith(_CURSOR):
            return begin
        found = text.find(b"\n" + _CURSOR)
        return -1 if found < 0 else begin + found + 1
