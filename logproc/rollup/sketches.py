"""States that are sketches: a hash map of entries while rows come in, sorted arrays when they travel and merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.arrays import grown
from logproc.kernels.sketch import (
    BUCKET_BITS,
    DENSE_FROM,
    ENTRIES,
    PRECISION,
    RANKS,
    REGISTERS,
    bucket_middle,
    combine_registers,
    estimate_distinct,
    fold_ranks,
    hash_values,
    move_entries,
    reinsert_counts,
    reinsert_ranks,
    update_buckets,
    update_distinct,
)
from logproc.rollup.columns import BooleanVector, NumberVector, TextVector, Vector
from logproc.rollup.states import Array, Groups, Ids, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import Aggregate, Value


DISTINCT_ERROR = 0.0244
"""Three standard errors of HyperLogLog."""

MOST_DENSE = 256
"""Groups up to which sketches are folded into dense rows: 4 MiB."""

QUANTILE_ERROR = 1 / 129
"""The worst case of the histogram."""


def _sorted_runs(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the order that sorts keys, and where in that order a new key begins."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    begins = np.ones(len(keys), bool)
    begins[1:] = sorted_keys[1:] != sorted_keys[:-1]
    return order, begins


class SketchState(State):
    """A state of entries (group, cell) -> value: a hash map while rows come in, sorted arrays when it travels."""

    bits = PRECISION
    values_dtype: type[np.generic] = np.uint8

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.keys = np.zeros(0, np.int64)
        self.values = np.zeros(0, self.values_dtype)
        self._pending: list[tuple[NDArray[np.int64], Array]] = []
        self._map_keys = np.full(0, -1, np.int64)
        self._map_values = np.zeros(0, self.values_dtype)
        self._map_state = np.zeros(1, np.int64)
        self._room = 0  # what the map grew to in the task before

    @property
    def entries(self) -> int:
        """Entries held, an upper bound."""
        return len(self.keys) + int(self._map_state[ENTRIES]) + sum(len(keys) for keys, _ in self._pending)

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        self.size = size

    def combine(self, keys: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
        """Merge entries of the same key; a negative key is none."""
        raise NotImplementedError

    def select(self, ids: Ids) -> SketchState:
        """Return a state of the groups `ids` alone."""
        self.settle()
        place = np.full(max(self.size, 1), -1, np.int64)
        place[ids] = np.arange(len(ids))
        chosen = type(self)(self.aggregate)
        chosen.size = len(ids)
        entries = self._moved(self.keys, self.values, place)
        if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
            chosen.keys, chosen.values = entries  # still sorted
        else:
            chosen.add_entries(*entries)
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Take in another state's entries."""
        keys, values = other.arrays()
        self.add_entries(*self._moved(keys, values, mapping))
        if sum(len(pending) for pending, _ in self._pending) > 2 * len(self.keys) + (1 << 18):
            self.settle()

    def folded(self, groups: Ids, size: int) -> SketchState:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it."""
        whole = type(self)(self.aggregate)
        whole.resize(size)
        whole.merge(self, groups)  # what is added may be of one group
        return whole

    def add_entries(self, keys: NDArray[np.int64], values: Array) -> None:
        """Take entries in, to be merged when they are asked for."""
        self._pending.append((keys, values))

    def settle(self) -> None:
        """Bring all entries into one sorted array."""
        if self._map_state[ENTRIES]:
            self.add_entries(self._map_keys, self._map_values)
            self._map_keys = np.full(0, -1, np.int64)
            self._map_values = np.zeros(0, self.values_dtype)
            self._map_state[ENTRIES] = 0
        if self._pending:
            keys = np.concatenate([self.keys, *(keys for keys, _ in self._pending)])
            values = np.concatenate([self.values, *(values for _, values in self._pending)])
            self._pending = []
            self.keys, self.values = self.combine(keys, values)

    def arrays(self) -> list[Array]:
        """Return the sorted entries."""
        self.settle()
        return [self.keys, self.values]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        self.size = size
        self.keys = np.array(arrays[0], np.int64)
        self.values = np.array(arrays[1], self.values_dtype)

    def clear(self) -> None:
        """Forget everything."""
        size, room = self.size, self._room
        self.__init__(self.aggregate)  # type: ignore[misc]
        self.resize(size)
        self._room = room

    def another(self) -> SketchState:
        """Return a state without groups, whose map has room for as many entries as soon as it has any."""
        fresh = type(self)(self.aggregate)
        fresh._room = self._room  # noqa: SLF001 - of the same class
        return fresh

    def _moved(self, keys: NDArray[np.int64], values: Array, groups: Ids) -> tuple[NDArray[np.int64], Array]:
        """Return entries of the same cells in other groups, without those that are sent to a negative group."""
        moved = np.empty(len(keys), np.int64)
        if move_entries(keys, np.ascontiguousarray(groups), self.bits, moved) == len(keys):
            return moved, values
        kept = moved >= 0
        return moved[kept], values[kept]

    def _grow_map(self) -> None:
        size = self._room = max(4096, self._room, 2 * len(self._map_keys))
        keys, values = np.full(size, -1, np.int64), np.zeros(size, self.values_dtype)
        reinsert = reinsert_ranks if self.values_dtype == np.uint8 else reinsert_counts
        reinsert(self._map_keys, self._map_values, keys, values)
        self._map_keys, self._map_values = keys, values

    def _of_group(self, ids: Ids) -> list[tuple[NDArray[np.int64], Array]]:
        """Return (cells, values) of each group."""
        self.settle()
        begins = np.searchsorted(self.keys, ids << self.bits).tolist()
        ends = np.searchsorted(self.keys, (ids + 1) << self.bits).tolist()
        mask = (1 << self.bits) - 1
        return [(self.keys[b:e] & mask, self.values[b:e]) for b, e in zip(begins, ends, strict=True)]


class DistinctState(SketchState):
    """approx_count_distinct(x): HyperLogLog; the registers of busy groups are dense while rows come in."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self._dense = np.zeros((0, REGISTERS), np.uint8)
        self._dense_group: list[int] = []
        self._dense_row = np.full(0, -1, np.int32)
        self._sparse_count = np.zeros(0, np.int64)

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        super().resize(size)
        if size > len(self._dense_row):
            room = max(size, 2 * len(self._dense_row))
            self._dense_row = grown(self._dense_row, room, -1)
            self._sparse_count = grown(self._sparse_count, room)

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Count the distinct values that are not null."""
        if isinstance(argument, TextVector):
            codes, hashes = argument.codes, argument.dictionary.hashes
        elif isinstance(argument, BooleanVector):
            codes, hashes = argument.values.astype(np.int32), np.empty(2, np.uint64)
            hash_values(np.arange(2), 2, hashes)
        elif isinstance(argument, NumberVector):
            hashes = np.empty(rows, np.uint64)
            hash_values((argument.values + 0).view(np.int64), rows, hashes)
            codes = np.where(argument.valid != 0, np.arange(rows, dtype=np.int32), np.int32(-1))
        else:
            raise TypeError(argument)
        row = 0
        while True:
            row = update_distinct(
                groups, hashes, codes, rows, row, self._map_keys, self._map_values, self._map_state, self._dense_row,
                self._dense, self._sparse_count,
            ) if len(self._map_keys) else 0  # fmt: skip
            if row == rows and len(self._map_keys):
                break
            if not self._densify():
                self._grow_map()
        self._densify()

    def _densify(self) -> bool:
        """Give busy groups a dense row: from then on their registers cost 16 KiB, whatever they hold.

        Returns whether there were any.
        """
        busy = np.flatnonzero((self._sparse_count[: self.size] > DENSE_FROM) & (self._dense_row[: self.size] < 0))
        for chosen in busy.tolist():
            if len(self._dense_group) == len(self._dense):
                self._dense = grown(self._dense, max(4, 2 * len(self._dense)))
            self._dense_row[chosen] = len(self._dense_group)
            self._dense_group.append(chosen)
        return len(busy) > 0

    def settle(self) -> None:
        """Bring sparse and dense registers into one sorted array."""
        if self._dense_group:
            self.add_entries(np.zeros(0, np.int64), np.zeros(0, np.uint8))  # dense rows alone are something to combine
        super().settle()
        if self._dense_group:
            self._dense = np.zeros((0, REGISTERS), np.uint8)
            self._dense_group = []
            self._dense_row[:] = -1
        self._sparse_count[:] = 0

    def folded(self, groups: Ids, size: int) -> SketchState:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it."""
        self.settle()
        if size > MOST_DENSE or size * DENSE_FROM > len(self.keys):
            return super().folded(groups, size)
        whole = DistinctState(self.aggregate)
        whole.resize(size)
        whole._dense = np.zeros((size, REGISTERS), np.uint8)
        whole._dense_group = list(range(size))
        whole._dense_row[:size] = np.arange(size)
        fold_ranks(self.keys, self.values, groups, whole._dense)
        return whole

    def combine(self, keys: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
        """Keep the greatest rank of each register, those of dense rows included."""
        room = len(keys) + len(self._dense_group) * REGISTERS
        best, ranks = np.empty(room, np.int64), np.empty(room, np.uint8)
        count = combine_registers(
            keys, values, np.zeros(self.size + 2, np.int64), np.empty(len(keys), np.int32), self._dense_row,
            self._dense, np.zeros(REGISTERS, np.uint8), best, ranks,
        )  # fmt: skip
        return best[:count].copy(), ranks[:count].copy()

    def results(self, ids: Ids) -> list[Value]:
        """Return estimates."""
        histograms = np.zeros((len(ids), RANKS), np.int64)
        for row, (registers, ranks) in enumerate(self._of_group(ids)):
            histograms[row] = np.bincount(ranks, minlength=RANKS)
            histograms[row, 0] += REGISTERS - len(registers)
        return list(estimate_distinct(histograms))


class QuantileState(SketchState):
    """approx_quantile(x, q): a histogram with buckets of constant relative width."""

    bits = BUCKET_BITS
    values_dtype = np.int64

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Count the values that are not null into buckets."""
        if not isinstance(argument, NumberVector):
            raise TypeError(argument)
        values = argument.values.astype(np.float64) + 0.0
        row = 0
        while True:
            if len(self._map_keys):
                row = update_buckets(
                    groups, values, argument.valid, rows, row, self._map_keys, self._map_values, self._map_state
                )
                if row == rows:
                    return
            self._grow_map()

    def combine(self, keys: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
        """Add counts of the same bucket."""
        used = keys >= 0
        keys, values = keys[used], values[used]
        if not len(keys):
            return keys, values
        order, begins = _sorted_runs(keys)
        return keys[order][begins], np.add.reduceat(values[order], np.flatnonzero(begins))

    def results(self, ids: Ids) -> list[Value]:
        """Return the value below which the asked share of all values lies, within 1/129 of its size."""
        share = self.aggregate.parameter or 0.0
        return [_quantile(buckets, counts, share) for buckets, counts in self._of_group(ids)]


def _quantile(buckets: NDArray[np.int64], counts: Array, share: float) -> float | None:
    """Find the bucket that holds rank share * (n - 1), counted from 0."""
    total = int(counts.sum())
    if total == 0:
        return None
    negative = buckets >> (BUCKET_BITS - 1) == 1
    order = np.concatenate([np.flatnonzero(negative)[::-1], np.flatnonzero(~negative)])
    upto = np.cumsum(counts[order])
    at = int(np.searchsorted(upto, share * (total - 1), side="right"))
    return bucket_middle(int(buckets[order[min(at, len(order) - 1)]]))
