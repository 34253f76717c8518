"""Times of hexadecimal digits, in int64 microseconds since 1970: slapd's seconds, and the labels of daemontools."""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import is_digit, is_word
from logproc.kernels.clock import LAST_TIME, SECOND
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper
from logproc.kernels.layout import BAD_TIME, NO_MATCH
from logproc.kernels.memory import load_byte, store_word


@helper
def hex_at(base, i, length):
    """Return the number of so many hexadecimal digits at i, at most 15; -1 if there are not so many."""
    value = np.int64(0)
    for at in range(i, i + length):
        byte = load_byte(base, at)
        lower = byte | 32
        if is_digit(byte):
            value = value * 16 + byte - 48
        elif 97 <= lower <= 102:
            value = value * 16 + lower - 87
        else:
            return np.int64(-1)
    return value


@helper
def hex_time(base, s, cache):
    """Read seconds since 1970 as eight hexadecimal digits at s; return where they end, or what is wrong, negative.

    Behind a point may follow as many of nanoseconds, or five of microseconds, as slapd writes them.
    """
    seconds, i = hex_at(base, s, 8), s + 8
    micros = np.int64(0)
    if load_byte(base, i) == 46:
        nanos = hex_at(base, i + 1, 8)
        micros = nanos // 1000 if nanos >= 0 else hex_at(base, i + 1, 5)
        i += 9 if nanos >= 0 else 6
    if seconds < 0 or micros < 0 or is_word(load_byte(base, i)):
        return -NO_MATCH
    if micros >= SECOND:
        return -BAD_TIME
    store_word(cache, 8 * HEAD_TIME, seconds * SECOND + micros)
    store_word(cache, 8 * HEAD_ZONELESS, 0)
    return i


@helper
def tai_time(base, s, cache):
    """Read a label of TAI64 or TAI64N at s, without the @; return where it ends, or what is wrong, negative.

    As daemontools does, ten seconds are between it and UTC, whatever leap seconds came since.
    https://cr.yp.to/libtai/tai64.html
    """
    if load_byte(base, s) != 52 or load_byte(base, s + 1) != 48:  # 2**62 seconds are the beginning of 1970
        return -NO_MATCH
    seconds, i = hex_at(base, s + 2, 14), s + 16
    nanos = hex_at(base, i, 8)
    if nanos >= 0:
        i += 8
    if seconds < 0 or is_word(load_byte(base, i)):
        return -NO_MATCH
    if seconds < 10 or seconds >= LAST_TIME // SECOND or nanos >= 1000 * SECOND:
        return -BAD_TIME
    store_word(cache, 8 * HEAD_TIME, (seconds - 10) * SECOND + max(nanos, 0) // 1000)
    store_word(cache, 8 * HEAD_ZONELESS, 0)
    return i
