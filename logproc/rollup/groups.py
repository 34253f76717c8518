"""Group ids for the rows of a batch, and the bytes of a group's key when it travels.

A key travels as its values in order, each a tag (0 null, 1 value) and then eight little-endian bytes of a number, or a
four-byte length and the bytes of a text. Equal keys have equal bytes on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.group import append_numbers, append_texts
from logproc.kernels.integers import IntegerDictionary
from logproc.kernels.intern import KEY_PADDING
from logproc.model import Kind
from logproc.rollup.evaluate import Coder, combine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.kernels.intern import Dictionary
    from logproc.rollup.columns import Vector
    from logproc.rollup.spec import Value


class GroupIndex:
    """Group ids for the values of some key expressions, in order of first appearance."""

    def __init__(self, keys: int) -> None:
        self.coders = [Coder() for _ in range(keys)]
        self.pairs = [IntegerDictionary() for _ in range(keys - 1)]
        self._groups = np.zeros(0, np.int32)

    def __len__(self) -> int:
        if self.pairs:
            return len(self.pairs[-1])
        return len(self.coders[0]) + 1 if self.coders else 1

    def keys_held(self) -> int:
        """Count what the index itself holds."""
        return sum(len(pairs) for pairs in self.pairs) + sum(len(coder.integers) for coder in self.coders)

    def assign(self, vectors: Sequence[Vector], rows: int) -> NDArray[np.int32]:
        """Return a group id a row; a null key is a group like any other. The next call overwrites what one returns."""
        if rows > len(self._groups):
            self._groups = np.zeros(rows, np.int32)
        if not vectors:
            return self._groups[:rows]
        codes = [coder.encode(vector) for coder, vector in zip(self.coders, vectors, strict=True)]
        if len(codes) == 1:
            return np.add(codes[0], np.int32(1), out=self._groups[:rows])
        groups = codes[0]
        for more, pairs in zip(codes[1:], self.pairs, strict=True):
            groups = combine(groups, more, pairs)
        return groups

    def vectors(self, ids: NDArray[np.int64]) -> list[Vector]:
        """Return the values of each key by group."""
        codes = self._codes_by_key(ids)
        return [coder.vector(column) for coder, column in zip(self.coders, codes, strict=True)]

    def encode(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return the key bytes of groups one behind the other, padded, and the n + 1 offsets of each."""
        codes = self._codes_by_key(ids)
        offsets = np.zeros(len(ids) + 1, np.int64)
        np.cumsum(self._lengths(codes, len(ids)), out=offsets[1:])
        out = np.zeros(int(offsets[-1]) + KEY_PADDING, np.uint8)
        cursor = offsets[:-1].copy()
        for coder, column in zip(self.coders, codes, strict=True):
            if coder.dictionary is not None:
                d = coder.dictionary
                append_texts(ids, column, d.arena, d.entries, out, cursor)
            else:
                append_numbers(ids, column, coder.numbers(), out, cursor)
        return out, offsets

    def lengths(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the bytes that the key of each of some groups takes."""
        return self._lengths(self._codes_by_key(ids), len(ids))

    def _lengths(self, codes: Iterable[NDArray[np.int64]], groups: int) -> NDArray[np.int64]:
        lengths = np.zeros(groups, np.int64)
        for coder, column in zip(self.coders, codes, strict=True):
            if coder.dictionary is not None:
                sizes = (coder.dictionary.key_size[column] >> 1) + 5
            else:
                sizes = np.full(groups, 9, np.int64)
            lengths += np.where(column >= 0, sizes, 1)
        return lengths

    def _codes_by_key(self, ids: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return for each key the codes that the groups stand for."""
        if not self.coders:
            return []
        if not self.pairs:
            return [ids - 1]
        columns: list[NDArray[np.int64]] = []
        groups = ids
        for pairs in reversed(self.pairs):
            packed = pairs.keys[groups]
            columns.append((packed & 0xFFFFFFFF) - 1)
            groups = (packed >> 32) - 1
        columns.append(groups)
        return columns[::-1]


_NUMBERS = frozenset({Kind.INTEGER, Kind.TIME, Kind.BOOLEAN, Kind.DECIMAL})


def decode_key(raw: bytes, kinds: Sequence[Kind]) -> list[Value]:
    """Return the values of a key's bytes."""
    return [column[0] for column in decode_keys(raw, [0], kinds)]


def keys_of(keys: Dictionary, codes: NDArray[np.int64]) -> tuple[bytes, list[int]]:
    """Return bytes that hold the keys of codes, and where in them each begins."""
    if not len(codes):
        return b"", []
    starts = keys.key_start[codes]
    first, behind = int(starts.min()), int((starts + (keys.key_size[codes] >> 1)).max())
    return keys.arena[first:behind].tobytes(), (starts - first).tolist()


def decode_keys(raw: bytes, starts: Iterable[int], kinds: Sequence[Kind]) -> list[list[Value]]:
    """Return the values of the keys that begin in `raw` at these places, a list for each kind."""
    columns: list[list[Value]] = [[] for _ in kinds]
    plan = [(column.append, kind in _NUMBERS, kind) for column, kind in zip(columns, kinds, strict=True)]
    for start in starts:
        at = start
        for append, is_number, kind in plan:
            if raw[at] == 0:
                append(None)
                at += 1
            elif is_number:
                append(_number(raw[at + 1 : at + 9], kind))
                at += 9
            else:
                end = at + 5 + int.from_bytes(raw[at + 1 : at + 5], "little")
                append(raw[at + 5 : end].decode("utf-8", "backslashreplace"))
                at = end
    return columns


def _number(word: bytes, kind: Kind) -> Value:
    if kind is Kind.DECIMAL:
        return float(np.frombuffer(word, np.float64)[0])
    number = int.from_bytes(word, "little", signed=True)
    return bool(number) if kind is Kind.BOOLEAN else number
