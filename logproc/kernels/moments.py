"""Exact sums of decimals and of their squares, in fixed-point numbers of many words, a row of words a group."""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, kernel

LIMBS = 18
"""Words of 32 bits that a sum has; each is an int64, which takes 2**31 additions before it must be carried."""

LOWEST = -256
"""Exponent of the lowest bit: what is smaller is cut off."""

LARGEST = 100
"""Values from 2 to this power on are counted as too large: their squares would not fit."""

WORDS = 2 * LIMBS + 2
"""Words of a row: the sum, the sum of squares, the count of values, the count of those too large."""

_MASK = 0xFFFFFFFF
_HALF = (1 << 27) - 1


@helper
def add_scaled(words, row, first, whole, exponent, sign):
    """Add sign * whole * 2**exponent, whole being less than 2**55, to the words from `first` on."""
    place = exponent - LOWEST
    if place < 0:
        whole = whole >> min(-place, 63)
        place = 0
    limb, shift = first + place // 32, place % 32
    low, high = (whole & _MASK) << shift, (whole >> 32) << shift
    words[row, limb] += sign * (low & _MASK)
    words[row, limb + 1] += sign * ((low >> 32) + (high & _MASK))
    words[row, limb + 2] += sign * (high >> 32)


@kernel("i4[], i8[], u1[], i8, i8[,] -> none")
def sum_moments(groups, bits, valid, n, words):
    """Add values, given as the bits of float64, and their squares to the rows of their groups."""
    for row in range(n):
        group = groups[row]
        if group < 0 or valid[row] == 0:
            continue
        value = bits[row]
        words[group, WORDS - 2] += 1
        power = (value >> 52) & 0x7FF
        if power == 0:  # zero, or so near that no square shows
            continue
        if power - 1023 >= LARGEST:
            words[group, WORDS - 1] += 1
            continue
        whole = (value & ((1 << 52) - 1)) | (1 << 52)
        exponent = power - 1075
        add_scaled(words, group, 0, whole, exponent, np.int64(1) if value > 0 else np.int64(-1))
        high, low = whole >> 27, whole & _HALF
        one = np.int64(1)
        add_scaled(words, group, LIMBS, low * low, 2 * exponent, one)
        add_scaled(words, group, LIMBS, 2 * high * low, 2 * exponent + 27, one)
        add_scaled(words, group, LIMBS, high * high, 2 * exponent + 54, one)


@kernel("i8[,], i8 -> none")
def carry(words, n):
    """Carry what words have beyond 32 bits to the next one; the last one of a sum keeps its sign."""
    for row in range(n):
        for first in range(0, 2 * LIMBS, LIMBS):
            for limb in range(first, first + LIMBS - 1):
                over = words[row, limb] >> 32
                words[row, limb + 1] += over
                words[row, limb] &= _MASK
