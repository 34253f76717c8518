"""What the digits of one field mean: integers, and decimals rounded as Python rounds them.

`base` is the address of a buffer in which eight bytes past any slice may be read, `s` and `e` the slice [s, e).
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, inlined
from logproc.kernels.memory import load_byte
from logproc.kernels.simd import load_u64, trailing_zeros

INVALID, VALID, SLOW = 0, 1, 2
"""Verdicts of `parse_decimal`; SLOW is a valid number whose nearest float64 needs Python's `float`."""

MAX_INTEGER = 2**63 - 1
POWERS = np.array([10**k for k in range(19)], np.int64)

_MAX_TENTH = MAX_INTEGER // 10
_MAX_EXPONENT = 1_000_000  # larger ones are all the same: zero or infinite
_MAX_EXACT = 2**53
_FLOAT_POWERS = np.array([float(10**k) for k in range(23)], np.float64)


@inlined
def eight_digits(word, count):
    """Return the number that the low `count` (1 to 8) bytes of a little-endian word spell, -1 if one is no digit."""
    shift = np.uint64(64 - 8 * count)
    digits = (word << shift) ^ (np.uint64(0x3030303030303030) << shift)
    high = (digits + np.uint64(0x0606060606060606)) | digits
    if high & np.uint64(0xF0F0F0F0F0F0F0F0) != 0:
        return -1
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    low = (digits & np.uint64(0x000000FF000000FF)) * np.uint64(0x000F424000000064)
    high = ((digits >> np.uint64(16)) & np.uint64(0x000000FF000000FF)) * np.uint64(0x0000271000000001)
    return np.int64((low + high) >> np.uint64(32))


@helper
def scan_number(base, s, e):
    """Split [s, e), a number with optional sign, fraction and exponent, into (mantissa, exponent, negative, cut, ok).

    The value is mantissa * 10**exponent, mantissa an int64; `cut` tells that digits other than zeros did not fit.
    """
    negative = s < e and load_byte(base, s) == 45
    i = s + 1 if s < e and (load_byte(base, s) == 45 or load_byte(base, s) == 43) else s
    mantissa = exponent = digits = 0
    full = cut = point = False
    while i < e:
        digit = load_byte(base, i) - 48
        if 0 <= digit <= 9:
            digits += 1
            if not full and (mantissa < _MAX_TENTH or (mantissa == _MAX_TENTH and digit <= 7)):
                mantissa = mantissa * 10 + digit
                exponent -= point
            else:
                full = True
                cut = cut or digit != 0
                exponent += not point
        elif digit == -2 and not point:
            point = True
        else:
            break
        i += 1
    if digits == 0:
        return 0, 0, negative, cut, False
    if i < e and (load_byte(base, i) == 101 or load_byte(base, i) == 69):
        i += 1
        minus = i < e and load_byte(base, i) == 45
        if i < e and (load_byte(base, i) == 45 or load_byte(base, i) == 43):
            i += 1
        power = 0
        first = i
        while i < e and 48 <= load_byte(base, i) <= 57:
            power = min(power * 10 + load_byte(base, i) - 48, _MAX_EXPONENT)
            i += 1
        if i == first:
            return 0, 0, negative, cut, False
        exponent += -power if minus else power
    return mantissa, exponent, negative, cut, i == e


@helper
def whole_number(mantissa, exponent):
    """Return (mantissa * 10**exponent, True) where that is an int64, else (0, False)."""
    if mantissa == 0 or exponent == 0:
        return mantissa, True
    if exponent < 0:
        if exponent < -18 or mantissa % POWERS[-exponent] != 0:
            return 0, False
        return mantissa // POWERS[-exponent], True
    if exponent > 18 or mantissa > MAX_INTEGER // POWERS[exponent]:
        return 0, False
    return mantissa * POWERS[exponent], True


@inlined
def short_integer(base, s, e):
    """Do what `parse_integer` does for one to eight digits, as most numbers have, without a call; others are not ok."""
    length = e - s
    value = eight_digits(load_u64(base, s), min(max(length, 1), 8))
    return value, value >= 0 and 1 <= length <= 8


@helper
def parse_integer(base, s, e):
    """Return (int64, ok) of an optional minus sign and digits, within +-(2**63 - 1)."""
    first = s
    negative = load_byte(base, s) == 45
    if negative:
        first += 1
    length = e - first
    if length < 1:
        return 0, False
    if length <= 8:
        value = eight_digits(load_u64(base, first), length)
    elif length <= 16:
        head = eight_digits(load_u64(base, first), 8)
        tail = eight_digits(load_u64(base, first + 8), length - 8)
        value = -1 if head < 0 or tail < 0 else head * POWERS[length - 8] + tail
    else:
        value = 0
        for i in range(first, e):
            digit = load_byte(base, i) - 48
            if digit < 0 or digit > 9 or value > _MAX_TENTH or (value == _MAX_TENTH and digit > 7):
                value = -1
                break
            value = value * 10 + digit
    if value < 0:
        return 0, False
    return (-value if negative else value), True


@inlined
def _short_decimal(base, s, e):
    """Return (digits as a number, digits behind the point) of a slice of 1 to 8 bytes: digits, at most one point.

    The number is negative for any other slice.
    """
    length = e - s
    if length < 1 or length > 8:
        return np.int64(-1), 0
    word = load_u64(base, s)
    other = word ^ np.uint64(0x2E2E2E2E2E2E2E2E)
    points = (other - np.uint64(0x0101010101010101)) & ~other & np.uint64(0x8080808080808080)
    place = trailing_zeros(points) >> 3
    if place >= length:
        return eight_digits(word, length), 0
    if length == 1:
        return np.int64(-1), 0
    before = (np.uint64(1) << np.uint64(8 * place)) - np.uint64(1)
    return eight_digits((word & before) | ((word >> np.uint64(8)) & ~before), length - 1), length - 1 - place


@helper
def parse_decimal(base, s, e):
    """Return (float64, INVALID | VALID | SLOW) of a number with optional sign, fraction and exponent.

    VALID values are correctly rounded: an integer below 2**53 times or over a power of ten up to 10**22 is one exact
    operation (Clinger 1990). For SLOW ones the float64 is meaningless and the caller has to ask Python.
    """
    digits, behind = _short_decimal(base, s, e)
    if digits >= 0:
        return np.float64(digits) / _FLOAT_POWERS[behind], VALID
    mantissa, exponent, negative, cut, ok = scan_number(base, s, e)
    if not ok:
        return 0.0, INVALID
    if cut:
        return 0.0, SLOW
    if mantissa == 0:
        return (-0.0 if negative else 0.0), VALID
    while mantissa >= _MAX_EXACT and mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
    if mantissa > _MAX_EXACT or exponent < -22 or exponent > 22:
        return 0.0, SLOW
    value = np.float64(mantissa)
    value = value / _FLOAT_POWERS[-exponent] if exponent < 0 else value * _FLOAT_POWERS[exponent]
    return (-value if negative else value), VALID
