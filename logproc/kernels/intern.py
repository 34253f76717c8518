"""Dictionary encoding: slices of bytes become small codes; equal keys get equal codes.

Open addressing over a 64-bit hash, of which slots keep the upper half; where that is equal the bytes themselves are
compared, so no two keys ever share a code. Keys are copied once into an arena. Kernels never grow what they write to:
they stop at the row that does not fit and say so, and `Dictionary` grows and calls again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.arrays import enlarged, grown
from logproc.kernels.hashing import hash_slice, quick_hash, same_slice
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

AT_ONCE = 1024
"""Keys that Python adds by one call: few enough that their bytes stay below 2 GiB."""

KEYS, USED, UNCLEAN = range(3)
"""Cells of a dictionary's `state`: keys held, arena bytes used, keys that wait for an alias."""

SLOTS, WRAP, HASHES, ENTRIES, ALIAS, RING, ARENA, ROOM, MAX_KEYS, RAW, STATE = range(11)
"""Cells of a described dictionary: addresses, and the sizes that go with them."""

TODO = -2
"""The alias of a key whose bytes are not plain printable ASCII, until somebody decides what text it stands for."""

FAR = 1 << 11
"""Slots from which on a table is not expected in a first-level cache (8 bytes each)."""

_ONE = np.uint64(1)
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
    """Add a key with what its slot will hold but for the code; returns its code, or -1 if there is no room for it."""
    out_of_line()
    state = load_word(dictionary, 8 * STATE)
    code, used, length = load_word(state, 8 * KEYS), load_word(state, 8 * USED), size >> 1
    if code >= load_word(dictionary, 8 * MAX_KEYS) or used + length > load_word(dictionary, 8 * ROOM):
        return np.int64(-1)
    arena, entries = load_word(dictionary, 8 * ARENA), load_word(dictionary, 8 * ENTRIES)
    escaped = size & 1
    store_word(load_word(dictionary, 8 * SLOTS), slot, np.int64(entry | np.uint64(code + 1)))
    h = hash_slice(base, s, length, np.uint64(escaped))
    store_word(load_word(dictionary, 8 * HASHES), 8 * code, np.int64(h))
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


@helper
def _ask_for_keys(dictionary, count):
    """Ask for what the keys that are probably looked for are compared with: hashes of `count` stand in the ring.

    Behind each hash is put the slot where its key is, or where it would be: a row whose slot holds another key would
    else wait for its own key twice, and every fourth or fifth does.
    """
    slots, wrap = load_word(dictionary, 8 * SLOTS), np.uint64(load_word(dictionary, 8 * WRAP))
    entries, arena = load_word(dictionary, 8 * ENTRIES), load_word(dictionary, 8 * ARENA)
    ring = load_word(dictionary, 8 * RING)
    for k in range(count):
        h = np.uint64(load_word(ring, 16 * k))
        slot = h & wrap
        entry = np.uint64(load_word(slots, np.int64(slot) * 8))
        while entry != 0 and (entry ^ h) & _UPPER != 0:
            slot = (slot + _ONE) & wrap
            entry = np.uint64(load_word(slots, np.int64(slot) * 8))
        store_word(ring, 16 * k + 8, np.int64(slot))
        prefetch(entries, 16 * max(np.int64(entry & _LOWER) - 1, 0))
    for k in range(count):
        entry = np.uint64(load_word(slots, load_word(ring, 16 * k + 8) * 8))
        prefetch(arena, load_word(entries, 16 * max(np.int64(entry & _LOWER) - 1, 0)))


@kernel("i8, i8, i8, i8, i8, i8, i8, i8 -> i8")
def intern(base, starts, ends, styles, codes, first, n, dictionary):
    """Encode rows [first, n) of a column; a row whose start is negative gets the code -1.

    All arguments are addresses or numbers: of the bytes, of int32 starts and ends, uint8 styles, int32 codes, and of
    what `Dictionary.described` gives. Keys that are not clean get the alias TODO, unless the dictionary is raw. Returns
    the row it stopped at: n, or the first that needs more room.
    """
    slots, wrap = load_word(dictionary, 8 * SLOTS), np.uint64(load_word(dictionary, 8 * WRAP))
    entries, arena = load_word(dictionary, 8 * ENTRIES), load_word(dictionary, 8 * ARENA)
    ring = load_word(dictionary, 8 * RING)
    far = wrap >= np.uint64(FAR)
    row = first
    while row < n:
        # Look-ups wait for memory, one after the other: ask for the lines of the next few at once.
        count = min(n - row, AHEAD)
        for k in range(count):
            s = load_half(starts, 4 * (row + k))
            escaped = 1 if load_byte(styles, row + k) == ESCAPED else 0
            length = load_half(ends, 4 * (row + k)) - s if s >= 0 else 0
            h = quick_hash(base, max(s, 0), length, np.uint64(escaped) << np.uint64(32))
            store_word(ring, 16 * k, np.int64(h))
            store_word(ring, 16 * k + 8, np.int64(h & wrap))
            if far:
                prefetch(slots, np.int64(h & wrap) * 8)
        if far:
            _ask_for_keys(dictionary, count)
        for k in range(count):
            s = load_half(starts, 4 * row)
            code = np.int64(-1)
            if s >= 0:
                length = load_half(ends, 4 * row) - s
                size = (length << 1) | (1 if load_byte(styles, row) == ESCAPED else 0)
                h = np.uint64(load_word(ring, 16 * k))
                slot = np.uint64(load_word(ring, 16 * k + 8))
                while True:
                    entry = np.uint64(load_word(slots, np.int64(slot) * 8))
                    if entry == 0:
                        code = _add(base, s, size, h & _UPPER, np.int64(slot) * 8, dictionary)
                        break
                    if (entry ^ h) & _UPPER == 0:
                        code = np.int64(entry & _LOWER) - 1
                        at = load_word(entries, 16 * code)
                        if load_word(entries, 16 * code + 8) == size and same_slice(base, s, arena, at, length):
                            break
                    slot = (slot + _ONE) & wrap
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
        size = load_word(entries, 16 * code + 8)
        h = quick_hash(arena, load_word(entries, 16 * code), size >> 1, np.uint64(size & 1) << np.uint64(32))
        slot = h & wrap
        while slots[slot] != 0:
            slot = (slot + _ONE) & wrap
        slots[slot] = (h & _UPPER) | np.uint64(code + 1)


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
        self.ring = np.zeros((AHEAD, 2), np.int64)
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
        """Bytes of the keys held."""
        return int(self.state[USED])

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

    def is_escaped(self, code: int) -> bool:
        """Tell whether a code's bytes are a JSON string with escapes."""
        return bool(self.key_size[code] & 1)

    def grow(self, needed: int) -> None:
        """Make room for at least one more key of `needed` bytes."""
        n = len(self)
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
        if self.bytes_used + needed > len(self.arena) - KEY_PADDING:
            self.arena = grown(self.arena, enlarged(len(self.arena), self.bytes_used + needed + 4096))
        self._describe()
