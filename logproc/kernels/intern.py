"""Dictionary encoding: slices of bytes become small codes; equal keys get equal codes.

Open addressing over a 64-bit hash, of which slots keep the upper half; where that is equal the bytes themselves are
compared, so no two keys ever share a code. Keys are copied once into an arena, each behind its code and size: a look-up
waits for a slot and for one place in the arena. Kernels never grow what they write to: they stop at the row that does
not fit and say so, and `Dictionary` grows and calls again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.arrays import enlarged, grown
from logproc.kernels.hashing import SHORT, hash_slice, quick_hash, same_slice
from logproc.kernels.jit import helper, inlined, kernel
from logproc.kernels.memory import load_byte, load_half, load_word, prefetch, store_byte, store_half, store_word
from logproc.kernels.values import out_of_line

if TYPE_CHECKING:
    from collections.abc import Sequence

ESCAPED = 2
"""The style of a slice that is a JSON string with backslash escapes (as in `kernels.jsonlines`)."""

AHEAD = 32
"""Rows that are looked up together."""

KEY_PADDING = 32
"""Bytes behind a slice, and behind the arena, that may be read."""

HEAD = 6
"""Bytes in front of each key in the arena: four of its code and two of its size, or of LONGEST if it is as much."""

LONGEST = 0xFFFF

MOST_BYTES = 1 << 32
"""Bytes of an arena: slots have 32 bits for a place in it."""

AT_ONCE = 1024
"""Keys that Python adds by one call: few enough that their bytes stay below 2 GiB."""

KEYS, USED, UNCLEAN = range(3)
"""Cells of a dictionary's `state`: keys held, arena bytes used, keys that wait for an alias."""

SLOTS, WRAP, HASHES, ENTRIES, ALIAS, RING, ARENA, ROOM, MAX_KEYS, RAW, STATE = range(11)
"""Cells of a described dictionary: addresses, and the sizes that go with them."""

TODO = -2
"""The alias of a key whose bytes are not plain printable ASCII, until somebody decides what text it stands for."""

_HASH, _SIZE, _RECORD, _RING_CELLS = range(4)
"""Cells of a row in the ring: its hash, its size or -1 for no value, and where in the arena its key probably is."""

_ONE = np.uint64(1)
_HALF = np.uint64(32)
_UPPER = np.uint64(0xFFFFFFFF00000000)
_LOWER = np.uint64(0x00000000FFFFFFFF)


@inlined
def _is_clean(base, s, length):
    """Tell whether bytes stand for themselves as text: printable ASCII, and not a lone dash."""
    if length == 1 and load_byte(base, s) == 45:
        return False
    for q in range(s, s + length):
        if not 32 <= load_byte(base, q) <= 126:
            return False
    return True


@helper
def _add(base, s, size, entry, slot, dictionary):
    """Add a key with what its slot will hold but for the place; returns its code, or -1 if there is no room for it."""
    state = load_word(dictionary, 8 * STATE)
    code, used, length = load_word(state, 8 * KEYS), load_word(state, 8 * USED), size >> 1
    if code >= load_word(dictionary, 8 * MAX_KEYS) or used + HEAD + length > load_word(dictionary, 8 * ROOM):
        return np.int64(-1)
    arena, entries = load_word(dictionary, 8 * ARENA), load_word(dictionary, 8 * ENTRIES)
    escaped = size & 1
    store_word(load_word(dictionary, 8 * SLOTS), slot, np.int64(entry | np.uint64(used + 1)))
    h = hash_slice(base, s, length, np.uint64(escaped))
    store_word(load_word(dictionary, 8 * HASHES), 8 * code, np.int64(h))
    store_word(arena, used, (min(size, LONGEST) << 32) | code)
    used += HEAD
    store_word(entries, 16 * code, used)
    store_word(entries, 16 * code + 8, size)
    for q in range(length):
        store_byte(arena, used + q, load_byte(base, s + q))
    if load_word(dictionary, 8 * RAW) != 0 or (escaped == 0 and _is_clean(base, s, length)):
        store_half(load_word(dictionary, 8 * ALIAS), 4 * code, code)
    else:
        store_half(load_word(dictionary, 8 * ALIAS), 4 * code, TODO)
        store_word(state, 8 * UNCLEAN, load_word(state, 8 * UNCLEAN) + 1)
    store_word(state, 8 * USED, used + length)
    store_word(state, 8 * KEYS, code + 1)
    return code


@inlined
def _code_of(base, s, size, arena, record, entries):
    """Return the code of the record of a key; -1 if the record is another key's."""
    head = np.uint64(load_word(arena, record))
    code = np.int64(head & _LOWER)
    good = np.int64((head >> _HALF) & np.uint64(LONGEST)) == min(size, LONGEST)
    if size >= LONGEST and good:
        good = load_word(entries, 16 * code + 8) == size
    return code if good and same_slice(base, s, arena, record + HEAD, size >> 1) else -1


@helper
def _find_or_add(base, s, size, h, dictionary):
    """Return the code of a key, of which nothing is known but its hash; -1 if it is new and there is no room for it."""
    out_of_line()
    slots, wrap = load_word(dictionary, 8 * SLOTS), np.uint64(load_word(dictionary, 8 * WRAP))
    arena, entries = load_word(dictionary, 8 * ARENA), load_word(dictionary, 8 * ENTRIES)
    slot = h & wrap
    while True:
        entry = np.uint64(load_word(slots, np.int64(slot) * 8))
        if entry == 0:
            return _add(base, s, size, h & _UPPER, np.int64(slot) * 8, dictionary)
        if (entry ^ h) & _UPPER == 0:
            code = _code_of(base, s, size, arena, np.int64(entry & _LOWER) - 1, entries)
            if code >= 0:
                return code
        slot = (slot + _ONE) & wrap


@kernel("i8, i8, i8, i8, i8, i8, i8, i8 -> i8")
def intern(base, starts, ends, styles, codes, first, n, dictionary):
    """Encode rows [first, n) of a column; a row whose start is negative gets the code -1.

    All arguments are addresses or numbers: of the bytes, of int32 starts and ends, uint8 styles, int32 codes, and of
    what `Dictionary.described` gives. Keys that are not clean get the alias TODO, unless the dictionary is raw. Returns
    the row it stopped at: n, or the first that needs more room.
    """
    slots, wrap = load_word(dictionary, 8 * SLOTS), np.uint64(load_word(dictionary, 8 * WRAP))
    arena, entries = load_word(dictionary, 8 * ARENA), load_word(dictionary, 8 * ENTRIES)
    ring = load_word(dictionary, 8 * RING)
    row = first
    while row < n:
        # Look-ups wait for memory, one after the other: ask for the lines of the next few at once.
        count = min(n - row, AHEAD)
        for k in range(count):
            s = load_half(starts, 4 * (row + k))
            escaped = 1 if load_byte(styles, row + k) == ESCAPED else 0
            length = load_half(ends, 4 * (row + k)) - s if s >= 0 else 0
            h = quick_hash(base, max(s, 0), length, np.uint64(escaped) << _HALF)
            place = ring + 8 * _RING_CELLS * k
            store_word(place, 8 * _HASH, np.int64(h))
            store_word(place, 8 * _SIZE, (length << 1) | escaped if s >= 0 else -1)
            prefetch(slots, np.int64(h & wrap) * 8)
        # A row whose slot holds another key would else wait for its own key twice, and every fourth or fifth does.
        for k in range(count):
            place = ring + 8 * _RING_CELLS * k
            h = np.uint64(load_word(place, 8 * _HASH))
            slot = h & wrap
            entry = np.uint64(load_word(slots, np.int64(slot) * 8))
            while entry != 0 and (entry ^ h) & _UPPER != 0:
                slot = (slot + _ONE) & wrap
                entry = np.uint64(load_word(slots, np.int64(slot) * 8))
            record = np.int64(entry & _LOWER) - 1
            store_word(place, 8 * _RECORD, record)
            prefetch(arena, record)
            prefetch(arena, record + HEAD - 1 + max(load_word(place, 8 * _SIZE) >> 1, SHORT))
        for k in range(count):
            place = ring + 8 * _RING_CELLS * k
            size, record = load_word(place, 8 * _SIZE), load_word(place, 8 * _RECORD)
            code = np.int64(-1)
            if size >= 0:
                s = load_half(starts, 4 * row)
                if record >= 0:
                    code = _code_of(base, s, size, arena, record, entries)
                if code < 0:
                    code = _find_or_add(base, s, size, np.uint64(load_word(place, 8 * _HASH)), dictionary)
                if code < 0:
                    return row  # the caller makes room
            store_half(codes, 4 * row, code)
            row += 1
    return row


@kernel("u8[], i8, i8, i8 -> none")
def rehash(slots, arena, entries, n):
    """Fill an empty slot table with the first n codes, whose keys and places stand at two addresses."""
    wrap = np.uint64(slots.shape[0] - 1)
    for code in range(n):
        start, size = load_word(entries, 16 * code), load_word(entries, 16 * code + 8)
        h = quick_hash(arena, start, size >> 1, np.uint64(size & 1) << _HALF)
        slot = h & wrap
        while slots[slot] != 0:
            slot = (slot + _ONE) & wrap
        slots[slot] = (h & _UPPER) | np.uint64(start - HEAD + 1)


@kernel("i8[], u1[], i8[,], u1[] -> none")
def gather_keys(codes, arena, entries, gathered):
    """Write the keys of codes one behind the other."""
    at = 0
    for k in range(codes.shape[0]):
        start, length = entries[codes[k], 0], entries[codes[k], 1] >> 1
        for q in range(length):
            gathered[at + q] = arena[start + q]
        at += length


class FullError(Exception):
    """An arena would have more bytes than a slot can point at."""


class Dictionary:
    """Codes for byte strings, in order of first appearance.

    `alias` int32 maps a code to the code whose text it stands for, -1 for null. With `raw` keys are opaque bytes.
    """

    def __init__(self, capacity: int = 1024, *, raw: bool = False) -> None:
        capacity = 1 << (capacity - 1).bit_length()  # slots are found by masking
        self.raw = raw
        self.slots = np.zeros(capacity * 2, np.uint64)
        self.hashes = np.empty(capacity, np.uint64)
        self.entries = np.empty((capacity, 2), np.int64)
        self.ring = np.zeros((AHEAD, _RING_CELLS), np.int64)
        self.alias = np.empty(capacity, np.int32)
        self.arena = np.empty(capacity * 32 + 128, np.uint8)
        self.state = np.zeros(3, np.int64)
        self.aliased = False
        self._description = np.zeros(11, np.int64)
        self._address = self._description.ctypes.data
        self._describe()

    def __len__(self) -> int:
        return int(self.state[KEYS])

    @property
    def bytes_used(self) -> int:
        """Bytes that the keys held take in the arena."""
        return int(self.state[USED])

    @property
    def key_bytes(self) -> int:
        """Bytes of the keys themselves, without what the arena has in front of each."""
        return self.bytes_used - HEAD * len(self)

    @property
    def described(self) -> int:
        """Address of what `intern` reads; it is the same for as long as the dictionary lives."""
        return self._address

    def _describe(self) -> None:
        arrays = (self.hashes, self.entries, self.alias, self.ring, self.arena)
        slots = (self.slots.ctypes.data, len(self.slots) - 1)
        sizes = (len(self.arena) - KEY_PADDING, len(self.entries), int(self.raw), self.state.ctypes.data)
        self._description[:] = (*slots, *(array.ctypes.data for array in arrays), *sizes)

    def encode(
        self,
        buf: NDArray[np.uint8],
        starts: NDArray[np.integer],
        ends: NDArray[np.integer],
        styles: NDArray[np.uint8],
        n: int,
        codes: NDArray[np.int32],
        at: int = 0,
    ) -> None:
        """Encode n slices of buf into codes[at : at + n]; buf must be padded by KEY_PADDING bytes."""
        if n and int(ends[n - 1]) >= 2**31:
            raise OverflowError("slices beyond 2 GiB cannot be encoded")
        starts, ends = np.ascontiguousarray(starts, np.int32), np.ascontiguousarray(ends, np.int32)
        place = (starts.ctypes.data, ends.ctypes.data, styles.ctypes.data, codes.ctypes.data + 4 * at)
        base, row = buf.ctypes.data, 0
        while True:
            row = intern(base, *place, row, n, self._address)
            if row == n:
                return
            self.grow(int(ends[row]) - int(starts[row]))

    def add(self, key: bytes) -> int:
        """Return the code of one key that stands for itself, adding it if it is new."""
        return self.add_all([key])[0]

    def add_all(self, keys: Sequence[bytes]) -> list[int]:
        """Return the codes of keys that stand for themselves, adding those that are new."""
        codes: list[int] = []
        for first in range(0, len(keys), AT_ONCE):
            codes += self._add_some(keys[first : first + AT_ONCE])
        return codes

    def _add_some(self, keys: Sequence[bytes]) -> list[int]:
        buf = np.frombuffer(b"".join([*keys, bytes(KEY_PADDING)]), np.uint8)
        ends = np.cumsum([len(key) for key in keys])
        starts = np.append(0, ends[:-1])
        codes = np.empty(len(keys), np.int32)
        before = len(self)
        self.encode(buf, starts, ends, np.zeros(len(keys), np.uint8), len(keys), codes)
        alias = self.alias[before : len(self)]
        waiting = np.flatnonzero(alias == TODO)
        alias[waiting] = before + waiting
        self.state[UNCLEAN] -= len(waiting)
        found: list[int] = codes.tolist()
        return found

    def key(self, code: int) -> bytes:
        """Return the bytes of a code."""
        start = int(self.key_start[code])
        return self.arena[start : start + (int(self.key_size[code]) >> 1)].tobytes()

    def texts(self, codes: NDArray[np.int64]) -> list[str]:
        r"""Return the text of codes; what is no UTF-8 reads \xNN."""
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

    @property
    def key_start(self) -> NDArray[np.int64]:
        """Where in the arena each key begins, by code."""
        return self.entries[:, 0]

    @property
    def key_size(self) -> NDArray[np.int64]:
        """Twice the length of each key, plus one if it is escaped, by code."""
        return self.entries[:, 1]

    def lengths(self) -> NDArray[np.int64]:
        """Return the length of each key by code."""
        return self.key_size[: len(self)] >> 1

    def packed(self, codes: NDArray[np.int64], padding: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return the keys of codes one behind the other, and `padding` zeros; and the n + 1 offsets of each."""
        offsets = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(self.key_size[codes] >> 1, out=offsets[1:])
        keys = np.zeros(int(offsets[-1]) + padding, np.uint8)
        gather_keys(codes, self.arena, self.entries, keys)
        return keys, offsets

    def is_escaped(self, code: int) -> bool:
        """Tell whether a code's bytes are a JSON string with escapes."""
        return bool(self.key_size[code] & 1)

    def grow(self, needed: int) -> None:
        """Make room for at least one more key of `needed` bytes; FullError where slots could not point at it."""
        n = len(self)
        wanted = self.bytes_used + HEAD + needed + KEY_PADDING
        if wanted > MOST_BYTES:
            raise FullError(f"more than {MOST_BYTES} bytes of different texts cannot be held")
        if n >= len(self.entries):
            size = enlarged(n, n + 1)
            self.hashes = grown(self.hashes, size)
            self.entries = grown(self.entries, size)
            self.alias = grown(self.alias, size)
            if 2 * size > len(self.slots):
                wider = 2 * len(self.slots)
                del self.slots  # before there is room for new ones
                self.slots = np.zeros(wider, np.uint64)
                rehash(self.slots, self.arena.ctypes.data, self.entries.ctypes.data, n)
        if wanted > len(self.arena):
            self.arena = grown(self.arena, min(enlarged(len(self.arena), wanted + 4096), MOST_BYTES))
        self._describe()
