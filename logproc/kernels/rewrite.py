"""Fields rewritten where they stand, which never makes them longer: doubled quotes, percent and plus signs, targets.

A line whose fields were accepted is read by nobody else, so that its bytes in the read buffer may change.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import find_byte
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, store_byte

PLUS, PERCENT, TWICE = 1, 2, 4
"""Bits of what is written otherwise in a field: a blank as +, bytes as %41, and those once more."""

_PLUS, _PERCENT, _QUOTE = np.uint8(43), np.uint8(37), np.uint8(34)


@helper
def _hex(byte):
    if 48 <= byte <= 57:
        return byte - 48
    lower = byte | 32
    return lower - 87 if 97 <= lower <= 102 else -1


@helper
def undo_percent(base, s, e):
    """Turn %41 into A in [s, e) and return the new end; what is no such sign stays."""
    i = find_byte(base, s, e, _PERCENT)
    k = i
    while i < e:
        byte = load_byte(base, i)
        if byte == 37 and i + 2 < e:
            high, low = _hex(load_byte(base, i + 1)), _hex(load_byte(base, i + 2))
            if high >= 0 and low >= 0:
                byte = high * 16 + low
                i += 2
        store_byte(base, k, byte)
        k += 1
        i += 1
    return k


@helper
def undo_doubled(base, s, e):
    """Turn two quotes into one in [s, e) and return the new end."""
    i = find_byte(base, s, e, _QUOTE)
    k = i
    while i < e:
        byte = load_byte(base, i)
        store_byte(base, k, byte)
        i += 2 if byte == 34 and load_byte(base, i + 1) == 34 else 1
        k += 1
    return k


@helper
def undo_signs(base, s, e, flags):
    """Undo what `flags` say of the field [s, e), and return its new end."""
    if flags & PLUS != 0:
        i = find_byte(base, s, e, _PLUS)
        while i < e:
            store_byte(base, i, 32)
            i = find_byte(base, i + 1, e, _PLUS)
    if flags & PERCENT != 0:
        e = undo_percent(base, s, e)
        if flags & TWICE != 0:
            e = undo_percent(base, s, e)
    return e


@helper
def _reverse(base, s, e):
    e -= 1
    while s < e:
        byte = load_byte(base, s)
        store_byte(base, s, load_byte(base, e))
        store_byte(base, e, byte)
        s += 1
        e -= 1


@helper
def bring_together(base, first, second, end):
    """Move [second, end) to `first`; what stood from `first` on comes behind it."""
    if first == second or second == end:
        return
    _reverse(base, first, second)
    _reverse(base, second, end)
    _reverse(base, first, end)
