"""Exemplars: a few places in the logs that stand behind each group, kept beside its numbers and merged like them.

A file goes by a key, a hash of its path, so that tables of different tasks, machines and nights have one language. The
least places by (key, offset) are kept, which is the same in any order of merging.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.arrays import enlarged, grown
from logproc.kernels.exemplars import (
    NO_MARK,
    OFFSET_BITS,
    OFFSETS,
    PLACES,
    count_any,
    count_ascending,
    gather_places,
    merge_places,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray


def file_key(path: str) -> int:
    """Return the number that a file goes by, below 2**63."""
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "little") >> 1


@dataclass(frozen=True, slots=True)
class Places:
    """Places of groups in motion: int64 keys of files, uint8 counts of places by group, int64 places.

    The high bits of a place are an index into `files`.
    """

    files: NDArray[np.int64]
    counts: NDArray[np.uint8]
    places: NDArray[np.int64]

    def fit(self, groups: int) -> bool:
        """Tell whether everything is within its bounds, as kernels do not."""
        return (
            len(self.counts) == groups
            and (groups == 0 or int(self.counts.max()) <= PLACES)
            and int(self.counts.sum()) == len(self.places)
            and (len(self.places) == 0 or int(self.places.min()) >= 0)
            and (len(self.places) == 0 or int(self.places.max()) >> OFFSET_BITS < len(self.files))
        )

    def chosen(self, ids: NDArray[np.int64]) -> Places:
        """Return the places of groups `ids` alone, in that order."""
        firsts = np.cumsum(self.counts, dtype=np.int64) - self.counts
        counts = self.counts[ids]
        begins = np.cumsum(counts, dtype=np.int64) - counts
        at = np.repeat(firsts[ids] - begins, counts) + np.arange(int(counts.sum()))
        return Places(self.files, counts, self.places[at])


class Marked:
    """How many rows each group of a running tally has, and the first of them."""

    def __init__(self) -> None:
        self.counts = np.zeros(0, np.int64)
        self._places = np.zeros(0, np.int64)
        self._last = -1

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        if size > len(self.counts):
            size = enlarged(len(self.counts), size)
            self.counts = grown(self.counts, size)
            self._places = grown(self._places, size * PLACES)

    def update(self, groups: NDArray[np.int32], rows: int, marks: NDArray[np.int64], *, ascending: bool) -> None:
        """Count rows; `ascending` says that no mark is below the one before it. Negative groups are left out."""
        ascending = ascending and int(marks[0]) > self._last
        count = count_ascending if ascending else count_any
        count(groups, rows, marks, self.counts, self._places)
        self._last = int(marks[rows - 1]) if ascending else NO_MARK

    def present(self) -> NDArray[np.int64]:
        """Return the groups that have rows."""
        return np.flatnonzero(self.counts)

    def places(self, ids: NDArray[np.int64], files: Sequence[int] | NDArray[np.int64]) -> Places:
        """Return the places of groups; `files` are the keys that marks count from."""
        return _compact(np.array(files, np.int64), *self._gathered(ids))

    def folded(self, ids: NDArray[np.int64], groups: NDArray[np.int32], size: int) -> Marked:
        """Return the places of `size` groups, each of which takes those of all groups `ids` that are sent to it."""
        whole = Marked()
        whole.resize(size)
        held, places = self._gathered(ids)
        whole.update(np.repeat(groups, held), len(places), places, ascending=False)
        return whole

    def add(self, other: Marked) -> None:
        """Take in rows of the same groups, whose files have the same numbers."""
        ids, size = other.present(), len(other.counts)
        self.resize(size)
        held = np.minimum(other.counts[ids], PLACES)
        places = other._places[: size * PLACES].reshape(-1, PLACES)[ids][np.arange(PLACES) < held[:, None]]
        rows = self.counts[:size] + other.counts
        self.update(np.repeat(ids, held).astype(np.int32), len(places), places, ascending=False)
        self.counts[:size] = rows  # of which no more than these have a place

    def renumber(self, numbers: NDArray[np.int64]) -> None:
        """Give file i the number numbers[i]; these ascend."""
        held = np.arange(PLACES) < self.counts[:, None]
        known = np.flatnonzero(held.ravel() & (self._places != NO_MARK))
        places = self._places[known]
        self._places[known] = (numbers[places >> OFFSET_BITS] << OFFSET_BITS) | (places & OFFSETS)
        self._last = NO_MARK

    def _gathered(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return how many places each of some groups has, and the places one behind the other."""
        held, gathered = np.empty(len(ids), np.uint8), np.empty(len(ids) * PLACES, np.int64)
        total = gather_places(ids, len(ids), self.counts, self._places, held, gathered)
        return held, gathered[:total]

    def clear(self) -> None:
        """Forget all rows."""
        self.counts[:] = 0
        self._last = -1


class Kept:
    """The places of a table's groups."""

    def __init__(self) -> None:
        self.counts = np.zeros(0, np.uint8)
        self._places = np.zeros(0, np.int64)
        self._files = np.zeros(0, np.int64)
        self._numbers: dict[int, int] = {}

    def merge(self, other: Places, mapping: NDArray[np.int64], size: int) -> None:
        """Take in the places of other groups, whose group i is mapping[i] of `size`."""
        self._reserve(size)
        for key in other.files.tolist():
            self._numbers.setdefault(key, len(self._numbers))
        if len(self._numbers) > len(self._files):
            self._files = np.array(list(self._numbers), np.int64)
        numbers = np.array([self._numbers[key] for key in other.files.tolist()], np.int64)
        merge_places(mapping, len(mapping), other.counts, other.places, numbers, self._files, self.counts, self._places)

    def select(self, ids: NDArray[np.int64]) -> None:
        """Keep groups `ids` alone, in that order."""
        self.counts = self.counts[ids]
        self._places = self._places.reshape(-1, PLACES)[ids].ravel()

    def data(self, groups: int) -> Places:
        """Return the places as they travel."""
        self._reserve(groups)
        counts = self.counts[:groups]
        used = np.arange(PLACES) < counts[:, None]
        return _compact(self._files, counts, self._places.reshape(-1, PLACES)[:groups][used])

    def _reserve(self, size: int) -> None:
        if size > len(self.counts):
            size = enlarged(len(self.counts), size)
            self.counts, self._places = grown(self.counts, size), grown(self._places, size * PLACES)

    def of(self, group: int) -> list[tuple[int, int]]:
        """Return the places of one group: key of the file and offset."""
        if group >= len(self.counts):
            return []
        first = group * PLACES
        found = self._places[first : first + int(self.counts[group])].tolist()
        return [(int(self._files[place >> OFFSET_BITS]), place & OFFSETS) for place in found]


def resolved(places: Iterable[tuple[int, int]], paths: Mapping[int, str]) -> tuple[tuple[str, int], ...]:
    """Return paths and offsets of places; those in files that nobody knows are left out."""
    return tuple((paths[key], offset) for key, offset in places if key in paths)


def _compact(files: NDArray[np.int64], counts: NDArray[np.uint8], places: NDArray[np.int64]) -> Places:
    """Keep the files that have a place, sorted by key: equal places have equal bytes."""
    if len(files) == 1 and len(places):  # nothing to sort
        return Places(files, counts, places)
    used, numbers = np.unique(places >> OFFSET_BITS, return_inverse=True)
    order = np.argsort(files[used], kind="stable")
    rank = np.empty(len(used), np.int64)
    rank[order] = np.arange(len(used))
    return Places(files[used][order], counts, (rank[numbers] << OFFSET_BITS) | (places & OFFSETS))
