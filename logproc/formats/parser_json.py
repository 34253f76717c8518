"""The parser of JSON lines: the wanted fields as paths for the kernel `tokenize_json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.formats.parser_named import NamedParser
from logproc.kernels import jsonlines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class JsonParser(NamedParser):
    """Reads JSON lines."""

    reasons = jsonlines.REASONS

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their paths."""
        super().arrange(columns, capacity)
        self._paths = jsonlines.build_paths(self.naming.paths(self.stored))

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own = self.lines, self.begin(row)
        base = buffer.ctypes.data
        position = jsonlines.tokenize_json(
            base, begin, end, self._paths, lines.starts, lines.ends, lines.styles, lines.row_offset, lines.row_line,
            lines.reject_offset, lines.reject_line, lines.reject_reason, own,
        )  # fmt: skip
        self.finish(base, row, counters, position)
