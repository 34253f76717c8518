"""The parser of JSON lines: the wanted fields as paths for the kernel `tokenize_json`, then the times of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY, line_arrays, places_of, span
from logproc.formats.jsonl import wanted_paths
from logproc.kernels import jsonlines, tokenize
from logproc.kernels.decode import SCRATCH_SIZE, decode_times

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from logproc.formats.format import Format


class JsonParser:
    """Reads JSON lines; column 0 is the time."""

    reasons = jsonlines.REASONS
    multiline = False
    scales: dict[str, float] = {}  # noqa: RUF012 - the same for all, and empty
    lists: frozenset[str] = frozenset()

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        self.format = fmt
        self.columns = ("time", *sorted(frozenset(wanted) - {"time"}))
        self.lines = line_arrays(len(self.columns), capacity)
        self.places = places_of(self.columns, self.lines)
        self._paths = jsonlines.build_paths(wanted_paths(self.columns))
        self._counters = np.zeros(4, np.int64)
        self._zoneless_rows = np.empty(capacity, np.int32)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Do nothing: a time in JSON has a year."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own = self.lines, self._counters
        own[:] = (row, 0, 0, 0)
        base = buffer.ctypes.data
        position = jsonlines.tokenize_json(
            base, begin, end, self._paths, lines.starts, lines.ends, lines.styles, lines.row_offset, lines.row_line,
            lines.reject_offset, lines.reject_line, lines.reject_reason, own,
        )  # fmt: skip
        upto = int(own[jsonlines.ROWS])
        times = lines.times[row:upto]
        zoneless, _undecoded = decode_times(
            base, lines.starts[0, row:upto], lines.ends[0, row:upto], lines.styles[0, row:upto], upto - row, times,
            self._zoneless_rows, self._scratch,
        )  # fmt: skip
        lines.zoneless[row:upto] = 0
        lines.zoneless[row + self._zoneless_rows[:zoneless]] = 1
        counters[tokenize.POSITION] = position
        counters[tokenize.ROWS] = upto
        counters[tokenize.REJECTS] = own[jsonlines.REJECTS]
        counters[tokenize.BLANKS] = own[jsonlines.BLANKS]
        counters[tokenize.LINES] = own[jsonlines.LINES]
        counters[tokenize.ZONELESS] = zoneless
        counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = span(times)
