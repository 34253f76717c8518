"""Dictionary encoding of integers: int64 values become small codes, in order of first appearance.

Kernels never grow what they write to: they stop at the row that does not fit, and `IntegerDictionary` grows and calls
again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.arrays import grown
from logproc.kernels.jit import inlined, kernel

KEYS = 0
"""Cell of the `state` that counts the keys held."""

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
MIXER = np.uint64(0xFF51AFD7ED558CCD)
_ONE = np.uint64(1)
_SHIFT = np.uint64(32)


@inlined
def hash_integer(value):
    """Return a 64-bit hash of an int64."""
    h = np.uint64(value) * MULTIPLIER
    h ^= h >> _SHIFT
    h *= MIXER
    return h ^ (h >> np.uint64(29))


@kernel("i8[], i8, i8, i4[], i4[], i8[], i8[] -> i8")
def intern_integers(values, first, n, codes, slots, keys, state):
    """Encode int64 values[first:n]; returns the row it stopped at. A run of one value costs one look-up."""
    wrap = np.uint64(slots.shape[0] - 1)
    max_keys = keys.shape[0]
    n_keys = state[KEYS]
    row = first
    last_value = np.int64(0)
    last_code = np.int32(-1)
    while row < n:
        value = values[row]
        if last_code >= 0 and value == last_value:
            codes[row] = last_code
            row += 1
            continue
        slot = hash_integer(value) & wrap
        while True:
            code = slots[slot]
            if code < 0 or keys[code] == value:
                break
            slot = (slot + _ONE) & wrap
        if code < 0:
            if n_keys >= max_keys:
                break
            code = np.int32(n_keys)
            slots[slot] = code
            keys[code] = value
            n_keys += 1
        codes[row] = code
        last_value = value
        last_code = code
        row += 1
    state[KEYS] = n_keys
    return row


@kernel("i4[], i8[], i8 -> none")
def rehash_integers(slots, keys, n):
    """Fill an empty slot table with the first n integer keys."""
    wrap = np.uint64(slots.shape[0] - 1)
    for code in range(n):
        slot = hash_integer(keys[code]) & wrap
        while slots[slot] >= 0:
            slot = (slot + _ONE) & wrap
        slots[slot] = code


class IntegerDictionary:
    """Codes for int64 values, in order of first appearance."""

    def __init__(self, capacity: int = 1024) -> None:
        self.slots = np.full(capacity * 2, -1, np.int32)
        self.keys = np.empty(capacity, np.int64)
        self.state = np.zeros(3, np.int64)

    def __len__(self) -> int:
        return int(self.state[KEYS])

    def encode(self, values: NDArray[np.int64], codes: NDArray[np.int32]) -> None:
        """Encode int64 values into codes of the same length."""
        row = 0
        n = len(values)
        while True:
            row = intern_integers(values, row, n, codes, self.slots, self.keys, self.state)
            if row == n:
                return
            size = len(self.keys) * 2
            self.keys = grown(self.keys, size)
            self.slots = np.full(size * 2, -1, np.int32)
            rehash_integers(self.slots, self.keys, len(self))
