"""Whole lines as a column: where the line of each row stands, for rows that have no field of its name."""

from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.jsonlines import PLAIN
from logproc.kernels.jsonscan import next_newline
from logproc.kernels.memory import load_byte


@kernel("i8, i8, i4[], i8, i8, i4[], i4[], u1[] -> none")
def fill_lines(base, shift, row_offset, begin, end, starts, ends, styles):
    """Let slices [begin, end) that are missing be the lines `shift` bytes behind `row_offset`, without their ends.

    Every line must end with a newline, behind which 128 bytes are readable.
    """
    for row in range(begin, end):
        if starts[row] < 0:
            first = row_offset[row] + shift
            last = next_newline(base, first)
            while last > first and load_byte(base, last - 1) == 13:
                last -= 1
            starts[row] = first
            ends[row] = last
            styles[row] = PLAIN
