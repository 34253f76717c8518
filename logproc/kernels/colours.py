"""Colours of a terminal taken out of lines where they stand, so that the lines are read as without them.

A line keeps its place and its length: NULs stand in front of what is left, which every reader skips, or blanks behind
it, where the line begins with a blank and goes on with another.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import find_byte
from logproc.kernels.jit import helper, kernel
from logproc.kernels.memory import load_byte, store_byte

ESCAPE, _NEWLINE = np.uint8(27), np.uint8(10)


@helper
def _colour_end(base, i, e):
    """Return where a sequence that begins at i ends: ESC [ digits ; digits m, or K, as grep writes it; i if none."""
    if i + 2 >= e or load_byte(base, i + 1) != 91:
        return i
    k = i + 2
    byte = load_byte(base, k)
    while k < e and (48 <= byte <= 59):
        k += 1
        byte = load_byte(base, k)
    return k + 1 if k < e and (byte == 109 or byte == 75) else i


@helper
def _without(base, s, e):
    """Move what is left of [s, e) to its front and return where it ends."""
    k = i = s
    while i < e:
        byte = load_byte(base, i)
        if byte == 27:
            after = _colour_end(base, i, e)
            if after > i:
                i = after
                continue
        store_byte(base, k, byte)
        k += 1
        i += 1
    return k


@kernel("i8, i8, i8 -> i8")
def remove_colours(base, begin, end):
    """Take the colours out of the whole lines in [begin, end); returns how many lines had some."""
    lines = 0
    i = find_byte(base, begin, end, ESCAPE)
    while i < end:
        s = i
        while s > begin and load_byte(base, s - 1) != 10:
            s -= 1
        e = find_byte(base, i, end, _NEWLINE)
        if e > s and load_byte(base, e - 1) == 13:
            e -= 1
        k = _without(base, s, e)
        gap = e - k
        first = load_byte(base, s)
        if gap > 0:
            lines += 1
        if gap > 0 and (first == 32 or first == 9):
            for j in range(k, e):
                store_byte(base, j, 32)
        elif gap > 0:
            for j in range(k - 1, s - 1, -1):
                store_byte(base, j + gap, load_byte(base, j))
            for j in range(s, s + gap):
                store_byte(base, j, 0)
        i = find_byte(base, e, end, ESCAPE)
    return lines


@kernel("i8, i4[,], i4[,], i8, i8, i8 -> none")
def settle_lines(base, starts, ends, column, begin, upto):
    """Let the NULs in front of lines within a field of rows [begin, upto) be blanks behind them.

    Only where a record begins does a reader skip NULs; the lines that go on with it are a text with all of them.
    """
    for row in range(begin, upto):
        s, last = np.int64(starts[column, row]), np.int64(ends[column, row])
        if s < 0:
            continue
        while s < last:
            e = find_byte(base, s, last, _NEWLINE)
            after = e + 1
            if e > s and load_byte(base, e - 1) == 13:
                e -= 1
            i = s
            while i < e and load_byte(base, i) == 0:
                i += 1
            for j in range(i, e if i > s else i):
                store_byte(base, s + j - i, load_byte(base, j))
            for j in range(e - (i - s), e):
                store_byte(base, j, 32)
            s = after
