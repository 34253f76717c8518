"""The parser of patterns: one call of the kernel `match_lines` per block."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY, line_arrays, places_of
from logproc.formats.regex_fields import DERIVED, Output
from logproc.formats.time_format import code_array
from logproc.formats.zones import EPOCH, local_clock
from logproc.kernels import pattern_lines as kernel
from logproc.kernels.decode import SCRATCH_SIZE
from logproc.kernels.patterns import SLOTS_AT
from logproc.kernels.stamps import DATE_CELL, LATEST_CELL, LATEST_YEAR_CELL
from logproc.kernels.tokenize import COUNTERS
from logproc.timestamps import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format

STACK_CELLS = 1 << 16
"""Cells of the stack of ways: 16,384 of them; a line that needs more is rejected."""


class PatternParser:
    """Runs a regular expression."""

    reasons = kernel.REASONS
    scales: dict[str, float] = {}  # noqa: RUF012 - the same for all, and empty
    lists: frozenset[str] = frozenset()
    multiline = False
    headers_read = 0
    again = False

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        pattern = fmt.pattern
        assert pattern is not None
        self.format = fmt
        self.columns = tuple(name for name in pattern.fields if name in frozenset(wanted) and name != "time")
        self.lines = line_arrays(len(self.columns), capacity)
        self.places = places_of(self.columns, self.lines)
        self.counters = np.zeros(COUNTERS, np.int64)
        self.code = pattern.code
        place = {name: number for number, name in enumerate(self.columns)}
        outputs, codes = output_arrays(pattern.outputs, pattern.code.group_slots, place)
        own = {output.name for output in pattern.outputs if output.meaning not in {kernel.REQUEST, kernel.TARGET}}
        derived = np.array([-1 if name in own else place.get(name, -1) for name in DERIVED], np.int64)
        work, stack = np.zeros(SLOTS_AT + self.code.slots + 1, np.int64), np.zeros(STACK_CELLS, np.int64)
        arrays = kernel.PatternArrays(
            self.code.code,
            self.code.tables,
            outputs,
            codes,
            derived,
            self.code.slots,
            self.code.anchored,
            self.code.first,
        )
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self._pattern = arrays.described(work, stack)
        self._lines = self.lines.described(self._scratch, self.counters)
        self._kept = (arrays, work, stack)  # what the addresses point to
        self.addresses = (self._pattern.ctypes.data, self._lines.ctypes.data)

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Do nothing: the pattern says what all lines are."""

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Give times without a year, in this zone, the latest one that is not a day after the file's mtime."""
        latest = local_clock(mtime_ns // 1000 + DAY, zone)  # an mtime may be of another clock than the lines
        scratch = self._scratch
        scratch[LATEST_CELL], scratch[LATEST_YEAR_CELL] = (latest - EPOCH) // timedelta(microseconds=1), latest.year
        scratch[DATE_CELL] = 0

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Match whole lines of buffer[begin:end] into rows from `row` on."""
        kernel.match_lines(buffer.ctypes.data, begin, end, row, *self.addresses)
        counters[:] = self.counters


def output_arrays(
    outputs: Sequence[Output], slots: dict[int, int], place: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lay out what groups yield for the kernel, storing the columns that are wanted; return outputs and time codes."""
    rows: list[list[int]] = []
    formats: list[tuple[int, ...]] = []
    for output in outputs:
        codes = -1
        if output.codes is not None:
            codes = sum(map(len, formats))
            formats.append(output.codes)
        column = place.get(output.name, -1)
        checked = kernel.TEXT if output.meaning in {kernel.TIME, kernel.REQUEST, kernel.TARGET} else output.meaning
        flags = kernel.LOOSE * output.loose
        if checked != output.meaning:
            rows.append([slots[output.group], output.meaning, -1, flags, codes])
        if (column >= 0 or checked != kernel.TEXT) and output.name != "time":
            rows.append([slots[output.group], checked, column, flags, -1])
    array = np.zeros((len(rows), kernel.OUTPUT_CELLS), np.int64)
    for number, row in enumerate(rows):
        array[number, : len(row)] = row
    return array, code_array(formats)
