"""States of aggregates: what merges. The number people see is computed at the end, by `results`.

A state holds one entry a group, in arrays. The same class serves the running tally of a worker (`update`) and the
partial table that travels (`select`, `merge`, `arrays`). Every state is a commutative monoid per group: an entry of
zeros is neutral, and merging adds, or takes the greatest or least, exactly and in any order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from logproc.kernels import group
from logproc.kernels.sketch import (
    BUCKET_BITS,
    DENSE_FROM,
    ENTRIES,
    PRECISION,
    REGISTERS,
    bucket_middle,
    estimate_distinct,
    hash_values,
    reinsert,
    update_buckets,
    update_distinct,
)
from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, TextVector, Vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import Aggregate, Value

BILLION = 1_000_000_000

Array: TypeAlias = "NDArray[Any]"
Groups: TypeAlias = "NDArray[np.int32]"
Ids: TypeAlias = "NDArray[np.int64]"


class State(ABC):
    """What every aggregate implements."""

    def __init__(self, aggregate: Aggregate) -> None:
        self.aggregate = aggregate
        self.size = 0

    @property
    def entries(self) -> int:
        """Sketch entries held, an upper bound; 0 for a state whose size is that of its groups."""
        return 0

    @abstractmethod
    def resize(self, size: int) -> None:
        """Hold `size` groups; new ones are neutral."""

    @abstractmethod
    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Take rows in; a negative group leaves a row out, and so does a null argument."""

    @abstractmethod
    def select(self, ids: Ids) -> State:
        """Return a state of the groups `ids` alone, in that order."""

    @abstractmethod
    def merge(self, other: State, mapping: Ids) -> None:
        """Take in another state whose group i is our group mapping[i]; mapping has no value twice."""

    @abstractmethod
    def results(self, ids: Ids) -> list[Value]:
        """Return the numbers of groups."""

    @abstractmethod
    def arrays(self) -> list[Array]:
        """Return what `load` needs, for dumping."""

    @abstractmethod
    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""

    @abstractmethod
    def clear(self) -> None:
        """Make every group neutral."""


def _resized(array: Array, size: int) -> Array:
    if size <= len(array):
        return array[:size]
    larger = np.zeros(size, array.dtype)
    larger[: len(array)] = array
    return larger


class ArrayState(State):
    """A state that is a few arrays with one cell a group; merging adds them unless a subclass says otherwise."""

    dtypes: tuple[type[np.generic], ...] = (np.int64,)

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.cells: list[Array] = [np.zeros(0, dtype) for dtype in self.dtypes]

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        if size > len(self.cells[0]):
            self.cells = [_resized(cell, max(size, 2 * len(cell))) for cell in self.cells]
        self.size = size

    def select(self, ids: Ids) -> ArrayState:
        """Return a state of the groups `ids` alone."""
        chosen = type(self)(self.aggregate)
        chosen.load(len(ids), [cell[ids] for cell in self.cells])
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Add another state."""
        for mine, its in zip(self.cells, other.arrays(), strict=True):
            mine[mapping] += its

    def arrays(self) -> list[Array]:
        """Return the cells in use."""
        return [cell[: self.size] for cell in self.cells]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        self.size = size
        self.cells = [np.array(array) for array in arrays]

    def clear(self) -> None:
        """Make every group neutral."""
        for cell in self.cells:
            cell[: self.size] = 0


class CountState(ArrayState):
    """count(*) and count(x)."""

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Count rows whose argument is not null."""
        counts = self.cells[0]
        if argument is None:
            group.count_rows(groups, rows, counts)
        elif isinstance(argument, TextVector):
            group.count_codes(groups, argument.codes, rows, counts)
        elif isinstance(argument, BooleanVector):
            group.count_codes(groups, argument.values.astype(np.int32), rows, counts)
        else:
            group.count_valid(groups, argument.valid, rows, counts)

    def results(self, ids: Ids) -> list[Value]:
        """Return counts."""
        return list(self.cells[0][ids].tolist())

    def scores(self) -> NDArray[np.float64]:
        """Return what heavy hitters are ranked by."""
        return self.cells[0][: self.size].astype(np.float64)


class SumState(ArrayState):
    """sum(x), exact: int64 parts (see `kernels.group`) and, last, the count of values."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self._decimal = aggregate.kind == Kind.DECIMAL
        self.cells = [np.zeros(0, np.int64) for _ in range(5 if self._decimal else 3)]

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Add the values that are not null."""
        if not isinstance(argument, NumberVector):
            raise TypeError(argument)
        if self._decimal:
            values = argument.values.astype(np.float64, copy=False)
            group.sum_decimals(groups, values, argument.valid, rows, *self.cells)
        else:
            group.sum_integers(groups, argument.values, argument.valid, rows, *self.cells)

    def arrays(self) -> list[Array]:
        """Return the cells in use, the lower parts carried: equal sums have equal cells, and none ever overflows."""
        high, low, *rest = super().arrays()
        if self._decimal:
            low += rest[0] // BILLION
            rest[0] %= BILLION
        high += low >> 32
        low &= 0xFFFFFFFF
        return [high, low, *rest]

    def select(self, ids: Ids) -> ArrayState:
        """Return a state of the groups `ids` alone."""
        self.arrays()
        return super().select(ids)

    def results(self, ids: Ids) -> list[Value]:
        """Return sums; null where no value was seen, or one that is too large to be added."""
        high, low, *rest, counts = (cell[ids].tolist() for cell in self.cells)
        whole = [(h << 32) + n for h, n in zip(high, low, strict=True)]
        if not self._decimal:
            return [w if c else None for w, c in zip(whole, counts, strict=True)]
        nanos, huge = rest
        return [
            (w * BILLION + n) / BILLION if c and not h else None
            for w, n, h, c in zip(whole, nanos, huge, counts, strict=True)
        ]

    def scores(self) -> NDArray[np.float64]:
        """Return what heavy hitters are ranked by."""
        return np.asarray(self.cells[0][: self.size] * 2.0**32 + self.cells[1][: self.size], np.float64)


class ExtremeState(ArrayState):
    """min(x) and max(x) of numbers and times: the best value and the count of values."""

    dtypes = (np.int64, np.int64)

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.sign = 1 if aggregate.function == "max" else -1
        if aggregate.kind == Kind.DECIMAL:
            self.cells[0] = np.zeros(0, np.float64)

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Keep the best of the values that are not null."""
        if not isinstance(argument, NumberVector):
            raise TypeError(argument)
        keep = group.extremes_decimals if argument.values.dtype == np.float64 else group.extremes_integers
        best, counts = self.cells
        keep(groups, argument.values, argument.valid, rows, best, counts, self.sign)

    def merge(self, other: State, mapping: Ids) -> None:
        """Keep the better of both."""
        best, counts = other.arrays()
        mine, seen = self.cells
        held = mine[mapping]
        better = best > held if self.sign > 0 else best < held
        take = (counts > 0) & (better | (seen[mapping] == 0))
        mine[mapping] = np.where(take, best, held)
        seen[mapping] += counts

    def results(self, ids: Ids) -> list[Value]:
        """Return the best values; null where there was none."""
        best, counts = (cell[ids].tolist() for cell in self.cells)
        return [value if count else None for value, count in zip(best, counts, strict=True)]


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

    @property
    def entries(self) -> int:
        """Entries held, an upper bound."""
        return len(self.keys) + int(self._map_state[ENTRIES]) + sum(len(keys) for keys, _ in self._pending)

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        self.size = size

    def combine(self, keys: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
        """Merge entries of the same key."""
        raise NotImplementedError

    def select(self, ids: Ids) -> SketchState:
        """Return a state of the groups `ids` alone."""
        self.settle()
        place = np.full(max(self.size, 1), -1, np.int64)
        place[ids] = np.arange(len(ids))
        target = place[self.keys >> self.bits]
        kept = target >= 0
        mask = (1 << self.bits) - 1
        chosen = type(self)(self.aggregate)
        chosen.size = len(ids)
        keys = (target[kept] << self.bits) | (self.keys[kept] & mask)
        if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
            chosen.keys, chosen.values = keys, self.values[kept]  # still sorted
        else:
            chosen.add_entries(keys, self.values[kept])
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Take in another state's entries."""
        keys, values = other.arrays()
        mask = (1 << self.bits) - 1
        self._pending.append((((mapping[keys >> self.bits] << self.bits) | (keys & mask)), values))
        if sum(len(pending) for pending, _ in self._pending) > 2 * len(self.keys) + (1 << 18):
            self.settle()

    def add_entries(self, keys: NDArray[np.int64], values: Array) -> None:
        """Take entries in, to be merged when they are asked for."""
        self._pending.append((keys, values))

    def settle(self) -> None:
        """Bring all entries into one sorted array."""
        if self._map_state[ENTRIES]:
            used = self._map_keys >= 0
            self._pending.append((self._map_keys[used], self._map_values[used]))
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
        size = self.size
        self.__init__(self.aggregate)  # type: ignore[misc]
        self.resize(size)

    def _grow_map(self) -> None:
        size = max(4096, 2 * len(self._map_keys))
        keys, values = np.full(size, -1, np.int64), np.zeros(size, self.values_dtype)
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
            grown = max(size, 2 * len(self._dense_row))
            rows = np.full(grown, -1, np.int32)
            rows[: len(self._dense_row)] = self._dense_row
            self._dense_row = rows
            self._sparse_count = np.asarray(_resized(self._sparse_count, grown), np.int64)

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
            self._grow_map()
        self._densify()

    def _densify(self) -> None:
        """Give busy groups a dense row: from then on their registers cost 16 KiB, whatever they hold."""
        busy = np.flatnonzero((self._sparse_count[: self.size] > DENSE_FROM) & (self._dense_row[: self.size] < 0))
        for chosen in busy.tolist():
            if len(self._dense_group) == len(self._dense):
                grown = np.zeros((max(4, 2 * len(self._dense)), REGISTERS), np.uint8)
                grown[: len(self._dense)] = self._dense
                self._dense = grown
            self._dense_row[chosen] = len(self._dense_group)
            self._dense_group.append(chosen)

    def settle(self) -> None:
        """Bring sparse and dense registers into one sorted array."""
        for row, owner in enumerate(self._dense_group):
            registers = np.flatnonzero(self._dense[row])
            self._pending.append(((owner << self.bits) | registers, self._dense[row][registers]))
        if self._dense_group:
            self._dense = np.zeros((0, REGISTERS), np.uint8)
            self._dense_group = []
            self._dense_row[:] = -1
        self._sparse_count[:] = 0
        super().settle()

    def combine(self, keys: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
        """Keep the greatest rank of each register."""
        packed = np.sort((keys << 6) | values.astype(np.int64))
        last = np.ones(len(packed), bool)
        last[:-1] = (packed[1:] >> 6) != (packed[:-1] >> 6)
        best = packed[last]
        return best >> 6, (best & 63).astype(np.uint8)

    def results(self, ids: Ids) -> list[Value]:
        """Return estimates."""
        found: list[Value] = []
        for registers, ranks in self._of_group(ids):
            dense = np.zeros(REGISTERS, np.uint8)
            dense[registers] = ranks
            found.append(estimate_distinct(dense))
        return found


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


AGGREGATES: dict[str, type[CountState | SumState | ExtremeState | DistinctState | QuantileState]] = {
    "count": CountState,
    "sum": SumState,
    "min": ExtremeState,
    "max": ExtremeState,
    "approx_count_distinct": DistinctState,
    "approx_quantile": QuantileState,
}
"""The state behind each aggregate function."""

RELATIVE_ERROR = {"approx_count_distinct": 0.0244, "approx_quantile": 1 / 129}
"""Relative error by sketch: three standard errors of HyperLogLog, the worst case of the histogram."""


def new_state(aggregate: Aggregate) -> State:
    """Return an empty state."""
    return AGGREGATES[aggregate.function](aggregate)
