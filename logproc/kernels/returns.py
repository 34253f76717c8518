"""Texts of several lines that Windows wrote: the carriage returns in front of their newlines taken out."""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import find_byte
from logproc.kernels.jit import kernel
from logproc.kernels.memory import load_byte, store_byte

_RETURN = np.uint8(13)


@kernel("i8, i4[,], i4[,], i4[], i8, i8, i8 -> none")
def drop_returns(base, starts, ends, more_lines, column, begin, upto):
    """Take the returns out of the texts of a column, where rows [begin, upto) have several lines.

    What is left stands where a text began; its end moves.
    """
    for row in range(begin, upto):
        s, e = np.int64(starts[column, row]), np.int64(ends[column, row])
        if more_lines[row] == 0 or s < 0:
            continue
        i = find_byte(base, s, e, _RETURN)
        k = i
        while i < e:
            byte = load_byte(base, i)
            if byte != 13 or load_byte(base, i + 1) != 10 or i + 1 == e:
                store_byte(base, k, byte)
                k += 1
            i += 1
        ends[column, row] = k
