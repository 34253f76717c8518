"""The parser of JSON lines: the wanted fields as paths for the kernel `tokenize_json`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.formats.naming import DATE
from logproc.formats.parser_named import LAYOUTS, NamedParser
from logproc.kernels import derive, jsonlines, layout, named
from logproc.kernels.decode import NO_TIME, decode_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.kernels.jit import Kernel


def described(kernel: Kernel, arguments: tuple[Any, ...]) -> NDArray[np.int64]:
    """Return a call as `kernels.named` makes it; arrays, which must outlive it, go by addresses of objects."""
    cells = np.zeros(named.CALL_CELLS, np.int64)
    cells[named.ADDRESS] = kernel.address
    given = [id(item) if isinstance(item, np.ndarray) else item for item in arguments]
    cells[named.ARGUMENTS : named.ARGUMENTS + len(given)] = given
    return cells


class JsonParser(NamedParser):
    """Reads JSON lines."""

    reasons = jsonlines.REASONS

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their paths."""
        super().arrange(columns, capacity)
        self._paths = jsonlines.build_paths(self.key_paths())
        self._memory = jsonlines.scratch(self._paths)

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own = self.lines, self.begin(row)
        base = buffer.ctypes.data
        position = jsonlines.tokenize_by_paths(
            base, begin, end, *self._paths, *self._memory, lines.starts, lines.ends, lines.styles, lines.row_offset,
            lines.row_line, lines.reject_offset, lines.reject_line, lines.reject_reason, own,
        )  # fmt: skip
        self.finish(base, row, counters, position)

    @cached_property
    def counters(self) -> NDArray[np.int64]:
        """What `named.read_named` counts."""
        return np.zeros(layout.COUNTERS, np.int64)

    @cached_property
    def _program(self) -> tuple[NDArray[np.int64], list[Any]]:
        """What `parse` does as calls of kernels, for rows from the first on; and the arrays that these go to."""
        lines, date = self.lines, self._place[DATE]
        slices, times = (0, lines.starts, lines.ends, lines.styles), (lines.times, lines.zoneless, self._scratch)
        arrays = (*slices[1:], lines.row_offset, lines.row_line)
        rejects = (lines.reject_offset, lines.reject_line, lines.reject_reason)
        first = (lines.starts[0], lines.ends[0], lines.styles[0])
        calls: list[tuple[Kernel, tuple[Any, ...]]] = [
            (
                jsonlines.tokenize_by_paths,
                (0, 0, 0, *self._paths, *self._memory, *arrays, *rejects, self._own),
            ),
            (decode_times, (0, *first, 0, lines.times, self._zoneless_rows, self._scratch, LAYOUTS)),
            (derive.join_dates, (*slices, 0, 0, 0, date, NO_TIME, *times)),
            *((kernel, (*slices, 0, 0, *columns)) for kernel, columns in self.derivations()),
        ]
        head = np.zeros(named.CALL_CELLS, np.int64)
        head[: named.DATES + 1] = (self._own.ctypes.data, len(calls) - 3, lines.starts[date].ctypes.data)
        cells = np.stack([head, *(described(kernel, arguments) for kernel, arguments in calls)])
        kept = [self.lines.described(self._scratch, self.counters), *(arguments for _, arguments in calls)]
        return cells, kept

    @property
    def addresses(self) -> tuple[int, int]:
        """Where what `named.read_named` reads is described."""
        cells, (lines, *_) = self._program
        return cells.ctypes.data, lines.ctypes.data
