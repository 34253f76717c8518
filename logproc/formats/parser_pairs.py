"""The parser of lines of key=value or label:value: the wanted keys as a table for the kernel `tokenize_pairs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.format import LTSV
from logproc.formats.parser_named import NamedParser
from logproc.kernels import keyvalues
from logproc.kernels.audit import rewrite_audit
from logproc.kernels.jsonlines import build_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TRUE = np.frombuffer(b"true", np.uint8)
_FROM_END = 16
"""A key without a value is true; that text stands so many bytes before the end of the buffer, in its padding."""


class PairParser(NamedParser):
    """Reads logfmt and LTSV."""

    reasons = keyvalues.REASONS

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their keys."""
        super().arrange(columns, capacity)
        self._paths = build_paths(self.key_paths())
        self._dialect = keyvalues.LTSV if self.format.engine == LTSV else keyvalues.LOGFMT

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:  # noqa: ARG002
        """With `guess`, take for pairs only what begins with one."""
        usual = keyvalues.PAIR_FIRST if guess else keyvalues.LOGFMT
        self._dialect = keyvalues.LTSV if self.format.engine == LTSV else usual

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own = self.lines, self.begin(row)
        base, true_at = buffer.ctypes.data, len(buffer) - _FROM_END
        buffer[true_at : true_at + 4] = _TRUE
        position = keyvalues.tokenize_pairs(
            base, begin, end, self._dialect, true_at, self._paths, lines.starts, lines.ends, lines.styles,
            lines.row_offset, lines.row_line, lines.reject_offset, lines.reject_line, lines.reject_reason, own,
        )  # fmt: skip
        self.finish(base, row, counters, position)


class AuditParser(PairParser):
    """Reads records of the audit daemon, each line being made pairs first."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        rewrite_audit(buffer.ctypes.data, begin, end)
        super().parse(buffer, begin, end, row, counters)
