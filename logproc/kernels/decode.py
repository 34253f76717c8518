"""Columns of offsets into columns of numbers and times.

The kernels read slices of a buffer, of which 128 bytes past the end must be readable; a start of -1 is no value. The
parsers of a single field are those of `numerals` and `clock`, offered here too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.clock import (
    NO_TIME,
    SCRATCH_SIZE,
    SHORT_AT,
    parse_any_time,
    parse_clf_time,
    parse_epoch,
    parse_iso_time,
    remembered_iso_time,
    unescape_short,
)
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper, kernel
from logproc.kernels.laid_times import stamp_end
from logproc.kernels.memory import load_byte, load_half, load_word, store_byte, store_word
from logproc.kernels.numerals import (
    INVALID,
    SLOW,
    VALID,
    parse_decimal,
    parse_integer,
    scan_number,
    short_integer,
    whole_number,
)
from logproc.kernels.patterned_times import parse_named_zone_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "INVALID",
    "NO_TIME",
    "SCRATCH_SIZE",
    "SLOW",
    "VALID",
    "decode_decimals",
    "decode_integers",
    "decode_slow_decimals",
    "decode_times",
    "parse_any_time",
    "parse_clf_time",
    "parse_decimal",
    "parse_epoch",
    "parse_integer",
    "parse_iso_time",
]


@kernel("i8, i8, i8, i8, i8, i8, i8 -> none")
def decode_integers(base, starts, ends, first, n, out, valid):
    """Decode rows [first, n) of slices into `out` (int64) and `valid` (uint8); a start of -1 is no value.

    All arguments are addresses or numbers; starts and ends are int32. A number with fraction or exponent is valid where
    it is whole and an int64: 200.0 is 200 and 1e3 is 1000.
    """
    for row in range(first, n):
        s, e = load_half(starts, 4 * row), load_half(ends, 4 * row)
        value, ok = np.int64(0), False
        if s >= 0:
            value, ok = short_integer(base, s, e)
            if not ok:
                value, ok = parse_integer(base, s, e)
            if not ok:
                mantissa, exponent, negative, cut, ok = scan_number(base, s, e)
                if ok and not cut and load_byte(base, s) != 43:
                    value, ok = whole_number(mantissa, exponent)
                    value = -value if negative else value
                else:
                    ok = False
        store_word(out, 8 * row, value if ok else 0)
        store_byte(valid, row, 1 if ok else 0)


@helper
def scaled(value, scale):
    """Return value * scale; by division where the scale is one over a whole number, which rounds once, not twice."""
    if scale == 1.0:
        return value
    divisor = np.round(1.0 / scale)
    if scale < 1.0 and 1.0 / divisor == scale:
        return value / divisor
    return value * scale


@kernel("i8, i4[], i4[], i8, f8, f8[], u1[], i4[] -> i8")
def decode_decimals(base, starts, ends, n, scale, out, valid, slow):
    """Decode n slices, times `scale`, into `out` (float64) and `valid` (uint8); a start of -1 is no value.

    Rows whose nearest float64 takes long arithmetic are written to `slow` (int32, n long) and counted in the result:
    `decode_slow_decimals` does them.
    """
    n_slow = 0
    for row in range(n):
        out[row] = 0.0
        valid[row] = 0
        s = np.int64(starts[row])
        if s < 0:
            continue
        value, verdict = parse_decimal(base, s, np.int64(ends[row]))
        if verdict == VALID:
            out[row] = scaled(value, scale)
            valid[row] = 1
        elif verdict == SLOW:
            slow[n_slow] = row
            n_slow += 1
    return n_slow


def decode_slow_decimals(
    buf: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    rows: Sequence[int],
    scale: float,
    out: NDArray[np.float64],
    valid: NDArray[np.uint8],
) -> None:
    """Finish the `rows` that `decode_decimals` left over, with Python's `float`; an infinite value is no value."""
    for row in rows:
        value = float(buf[starts[row] : ends[row]].tobytes())
        if math.isfinite(value):
            out[row] = scaled.function(value, scale)
            valid[row] = 1


@kernel("i8, i4[], i4[], u1[], i8, i8[], i4[], i8[], u1[] -> i8, i8")
def decode_times(base, starts, ends, kinds, n, out, zoneless, cache, layouts):
    """Decode n JSON values into `out`, int64 microseconds or NO_TIME; return (zoneless rows, undecoded rows).

    `kinds` are those of `jsonlines`: strings may be ISO times, perhaps with a zone's name behind, common log times or
    numbers, or of the `layouts` (see `laid_times`); numbers are epochs told by their magnitude, anything else is no
    time. Rows written to `zoneless` (int32, n long) had no zone: read as UTC. A value that is present but no time
    counts as undecoded. `cache` is int64, SCRATCH_SIZE long, zeros at first.
    """
    address, layout = cache.ctypes.data, layouts.ctypes.data
    n_zoneless = undecoded = 0
    for row in range(n):
        out[row] = NO_TIME
        s = np.int64(starts[row])
        e = np.int64(ends[row])
        if s < 0:
            continue
        kind = kinds[row]
        micros, naive, ok = NO_TIME, 0, False
        if kind == 1:
            micros = remembered_iso_time(base, s, e, address)
            ok = micros != NO_TIME
            if not ok:
                micros, naive, ok = parse_any_time(base, s, e, address)
                if not ok:
                    micros, naive, ok = parse_named_zone_time(base, s, e, address)
            if not ok and e > s + 10 and stamp_end(base, s, layout, 0, len(layouts), address) == e:
                micros, naive = load_word(address, 8 * HEAD_TIME), load_word(address, 8 * HEAD_ZONELESS)
                ok = micros != NO_TIME
        elif kind == 2:
            length = unescape_short(base, s, e, address)
            micros, naive, ok = parse_any_time(address, SHORT_AT, SHORT_AT + length, address)
        elif kind == 3:
            micros, ok = parse_epoch(base, s, e, 0)
        if ok:
            out[row] = micros
            zoneless[n_zoneless] = row
            n_zoneless += naive
        else:
            undecoded += 1
    return n_zoneless, undecoded
