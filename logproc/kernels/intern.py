"""Dictionary encoding: slices of bytes, or integers, become small codes; equal keys get equal codes.

Open addressing over a 64-bit hash that reads eight bytes at a time; on equal hashes the bytes themselves are compared,
so no two keys ever share a code. Keys are copied once into an arena. Kernels never grow what they write to: they stop
at the row that does not fit and say so, and `Dictionary` and `IntegerDictionary` grow and call again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.jit import inlined, kernel
from logproc.kernels.memory import load_byte
from logproc.kernels.simd import load_u64

ESCAPED = 2
"""The style of a slice that is a JSON string with backslash escapes (as in `kernels.jsonlines`)."""

KEYS, USED, UNCLEAN = range(3)
"""Cells of a dictionary's `state`: keys held, arena bytes used, keys that wait for an alias."""

TODO = -2
"""The alias of a key whose bytes are not plain printable ASCII, until somebody decides what text it stands for."""

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
MIXER = np.uint64(0xFF51AFD7ED558CCD)
_ONE = np.uint64(1)
_EIGHT = np.uint64(8)
_SHIFT = np.uint64(32)
_UPPER = np.uint64(0xFFFFFFFF00000000)
_LOWER = np.uint64(0x00000000FFFFFFFF)


@inlined
def hash_slice(base, s, length, seed):
    """Return a 64-bit hash of `length` bytes at base + s; may read up to 8 bytes past them."""
    h = (np.uint64(length) + seed) * MULTIPLIER
    k = 0
    while k + 8 <= length:
        h = (h ^ load_u64(base, s + k)) * MIXER
        h ^= h >> _SHIFT
        k += 8
    if k < length:
        tail = load_u64(base, s + k) & ((_ONE << (_EIGHT * np.uint64(length - k))) - _ONE)
        h = (h ^ tail) * MIXER
        h ^= h >> _SHIFT
    h *= MULTIPLIER
    return h ^ (h >> np.uint64(29))


@inlined
def hash_integer(value):
    """Return a 64-bit hash of an int64."""
    h = np.uint64(value) * MULTIPLIER
    h ^= h >> _SHIFT
    h *= MIXER
    return h ^ (h >> np.uint64(29))


@inlined
def _equal(base, s, arena_base, at, length):
    """Compare `length` bytes of two buffers, eight at a time."""
    k = 0
    while k + 8 <= length:
        if load_u64(base, s + k) != load_u64(arena_base, at + k):
            return False
        k += 8
    if k < length:
        differing = load_u64(base, s + k) ^ load_u64(arena_base, at + k)
        return differing & ((_ONE << (_EIGHT * np.uint64(length - k))) - _ONE) == 0
    return True


@inlined
def _is_clean(base, s, length):
    """Tell whether bytes stand for themselves as text: printable ASCII, and not a lone dash."""
    if length == 1 and load_byte(base, s) == 45:
        return False
    for q in range(s, s + length):
        if not 32 <= load_byte(base, q) <= 126:
            return False
    return True


@kernel
def intern(
    base, starts, ends, styles, first, n, codes, at, slots, hashes, key_start, key_size, alias, arena, arena_base,
    state, raw,
):  # fmt: skip
    """Encode rows [first, n) of a column into codes[at + row]; a row whose start is negative gets -1.

    `base` is the address of the bytes, `arena_base` that of the arena. `slots` uint64 holds the upper half of a key's
    hash and its code plus one, 0 for a free slot; `key_size` int64 its length times two, plus one if it is escaped.
    With `raw` every key is its own text; without, keys that are not clean get the alias TODO. Returns the row it
    stopped at: n, or the first that needs more room.
    """
    wrap = np.uint64(slots.shape[0] - 1)
    max_keys = key_start.shape[0]
    room = arena.shape[0] - 16
    n_keys, used, todo = state[KEYS], state[USED], state[UNCLEAN]
    row = first
    while row < n:
        s = np.int64(starts[row])
        if s < 0:
            codes[at + row] = -1
            row += 1
            continue
        length = np.int64(ends[row]) - s
        escaped = _ONE if styles[row] == ESCAPED else np.uint64(0)
        size = (length << 1) | np.int64(escaped)
        h = hash_slice(base, s, length, escaped)
        tag = h & _UPPER
        slot = h & wrap
        code = np.int64(-1)
        while True:
            entry = slots[slot]
            if entry == 0:
                break
            if entry & _UPPER == tag:
                code = np.int64(entry & _LOWER) - 1
                if key_size[code] == size and _equal(base, s, arena_base, key_start[code], length):
                    break
                code = np.int64(-1)
            slot = (slot + _ONE) & wrap
        if code < 0:
            if n_keys >= max_keys or used + length > room:
                break
            code = n_keys
            slots[slot] = tag | np.uint64(code + 1)
            hashes[code] = h
            key_start[code] = used
            key_size[code] = size
            for q in range(length):
                arena[used + q] = load_byte(base, s + q)
            if raw or (escaped == 0 and _is_clean(base, s, length)):
                alias[code] = code
            else:
                alias[code] = TODO
                todo += 1
            used += length
            n_keys += 1
        codes[at + row] = code
        row += 1
    state[KEYS], state[USED], state[UNCLEAN] = n_keys, used, todo
    return row


@kernel
def rehash(slots, hashes, n):
    """Fill an empty slot table with the first n codes."""
    wrap = np.uint64(slots.shape[0] - 1)
    for code in range(n):
        slot = hashes[code] & wrap
        while slots[slot] != 0:
            slot = (slot + _ONE) & wrap
        slots[slot] = (hashes[code] & _UPPER) | np.uint64(code + 1)


@kernel
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


@kernel
def rehash_integers(slots, keys, n):
    """Fill an empty slot table with the first n integer keys."""
    wrap = np.uint64(slots.shape[0] - 1)
    for code in range(n):
        slot = hash_integer(keys[code]) & wrap
        while slots[slot] >= 0:
            slot = (slot + _ONE) & wrap
        slots[slot] = code


def _grown(array: NDArray, size: int) -> NDArray:
    """Return a larger copy of an array."""
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger


class Dictionary:
    """Codes for byte strings, in order of first appearance.

    `alias` int32 maps a code to the code whose text it stands for, -1 for null. With `raw` keys are opaque bytes.
    """

    def __init__(self, capacity: int = 1024, *, raw: bool = False) -> None:
        self.raw = raw
        self.slots = np.zeros(capacity * 2, np.uint64)
        self.hashes = np.empty(capacity, np.uint64)
        self.key_start = np.empty(capacity, np.int64)
        self.key_size = np.empty(capacity, np.int64)
        self.alias = np.empty(capacity, np.int32)
        self.arena = np.empty(capacity * 32 + 128, np.uint8)
        self.state = np.zeros(3, np.int64)
        self.aliased = False

    def __len__(self) -> int:
        return int(self.state[KEYS])

    @property
    def bytes_used(self) -> int:
        """Bytes of the keys held."""
        return int(self.state[USED])

    def encode(
        self,
        buf: NDArray[np.uint8],
        starts: NDArray,
        ends: NDArray,
        styles: NDArray[np.uint8],
        n: int,
        codes: NDArray[np.int32],
        at: int = 0,
    ) -> None:
        """Encode n slices of buf into codes[at : at + n]; buf must be padded by 8 bytes."""
        row = 0
        base = buf.ctypes.data
        while True:
            row = intern(
                base, starts, ends, styles, row, n, codes, at, self.slots, self.hashes, self.key_start, self.key_size,
                self.alias, self.arena, self.arena.ctypes.data, self.state, self.raw,
            )  # fmt: skip
            if row == n:
                return
            self._grow(int(ends[row]) - int(starts[row]))

    def add(self, key: bytes) -> int:
        """Return the code of one key that stands for itself, adding it if it is new."""
        buf = np.zeros(len(key) + 16, np.uint8)
        buf[: len(key)] = np.frombuffer(key, np.uint8)
        codes = np.empty(1, np.int32)
        before = len(self)
        self.encode(buf, np.zeros(1, np.int64), np.array([len(key)]), np.zeros(1, np.uint8), 1, codes)
        code = int(codes[0])
        if code == before and self.alias[code] == TODO:
            self.alias[code] = code
            self.state[UNCLEAN] -= 1
        return code

    def key(self, code: int) -> bytes:
        """Return the bytes of a code."""
        start = int(self.key_start[code])
        return self.arena[start : start + (int(self.key_size[code]) >> 1)].tobytes()

    def texts(self, codes: NDArray[np.int64]) -> list[str]:
        """Return the text of codes; what is no UTF-8 reads \\xNN."""
        if not len(self):
            return [""] * len(codes)
        starts = self.key_start[codes]
        ends = (starts + (self.key_size[codes] >> 1)).tolist()
        first = int(starts.min()) if len(codes) else 0
        raw = self.arena[first : max(ends, default=0)].tobytes()
        return [
            raw[s - first : e - first].decode("utf-8", "backslashreplace")
            for s, e in zip(starts.tolist(), ends, strict=True)
        ]

    def lengths(self) -> NDArray[np.int64]:
        """Return the length of each key by code."""
        return self.key_size[: len(self)] >> 1

    def is_escaped(self, code: int) -> bool:
        """Tell whether a code's bytes are a JSON string with escapes."""
        return bool(self.key_size[code] & 1)

    def _grow(self, needed: int) -> None:
        """Make room for at least one more key of `needed` bytes."""
        n = len(self)
        if n >= len(self.key_start):
            size = len(self.key_start) * 2
            self.hashes = _grown(self.hashes, size)
            self.key_start = _grown(self.key_start, size)
            self.key_size = _grown(self.key_size, size)
            self.alias = _grown(self.alias, size)
            self.slots = np.zeros(size * 2, np.uint64)
            rehash(self.slots, self.hashes, n)
        if self.bytes_used + needed > len(self.arena) - 16:
            self.arena = _grown(self.arena, max(len(self.arena) * 2, self.bytes_used + needed + 4096))


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
            self.keys = _grown(self.keys, size)
            self.slots = np.full(size * 2, -1, np.int32)
            rehash_integers(self.slots, self.keys, len(self))
