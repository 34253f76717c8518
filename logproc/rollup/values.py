"""The state that knows each value of each group and how often it came: exact, and bounded by a number of values.

`count(DISTINCT x)`, `histogram(x)`, `mode(x)` and `approx_top_k(x, k)` are read from it. Past the bound, which is that
of all groups together and one of entries and of their bytes, count(DISTINCT x) goes on as HyperLogLog where the user
allows it, approx_top_k lets the rarest values go by the rule of Misra and Gries (Agarwal et al. 2012: what was
subtracted from a group's counts is the most that any of its values can be off by), and the others fail. Whether it
was passed follows from all rows together, so that neither the order of rows nor that of merging matters before it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels import group
from logproc.kernels.arrays import grown
from logproc.kernels.integers import IntegerDictionary
from logproc.kernels.intern import HEAD, Dictionary
from logproc.model import Kind
from logproc.report_model import ReportError
from logproc.rollup.columns import TextVector
from logproc.rollup.evaluate import combine
from logproc.rollup.groups import GroupIndex, decode_key
from logproc.rollup.sketches import DISTINCT_ERROR, DistinctState
from logproc.rollup.states import State
from logproc.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.columns import Vector
    from logproc.rollup.spec import Aggregate, Value
    from logproc.rollup.states import Array, Groups, Ids

_MASK = (1 << 32) - 1

ENTRY_BYTES = 16
"""Bytes of an entry beside those of its value: its group and value, and its count."""

TOP_BYTES, EXACT_BYTES = 16, 64
"""Bytes that each of `max_distinct` entries may have on average, values included: as heavy hitters, which need not all
be there, and where every value counts. By default 16 and 64 MB in all, several times while two states merge."""

LEAST_BYTES = 1 << 20
"""Bytes that ever so few entries may have."""


class ValuesState(State):
    """Entries (group, value) -> count: a hash map while rows come in, sorted arrays when it travels."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self._index = GroupIndex(1)
        self._pairs = IntegerDictionary(64)
        self._counts = np.zeros(64, np.int64)
        self.values = Dictionary(64, raw=True)
        self.keys = np.zeros(0, np.int64)
        self.amounts = np.zeros(0, np.int64)
        self._pending: list[tuple[Array, Array]] = []
        self.lost = np.zeros(0, np.int64)
        self.sketch: DistinctState | None = None
        self._is_packed = False  # whether values and entries are those, and in that order, that travel

    @property
    def entries(self) -> int:
        """Entries held, an upper bound."""
        held = len(self.keys) + sum(len(keys) for keys, _ in self._pending) + len(self._pairs)
        return held + (0 if self.sketch is None else self.sketch.entries)

    @property
    def problem(self) -> str | None:
        """Why this aggregate cannot be computed, if so."""
        if not self.is_over or self.aggregate.function == "approx_top_k":
            return None
        name = self.aggregate.function
        many = f"{self.aggregate.limit:,} values"
        if len(self.keys) <= self.aggregate.limit:
            many = f"{self._most_bytes():,} bytes of {len(self.keys):,} values"
        if name == "count_distinct":
            return (
                f"count(DISTINCT ...) would hold more than {many}: raise limits.max_distinct, "
                f'write approx_count_distinct(...), or set limits.distinct = "approximate"'
            )
        return (
            f"{name}(...) would hold more than {many}: raise limits.max_distinct, or GROUP BY the value with ORDER BY "
            f"count(*) DESC and a LIMIT"
        )

    def _most_bytes(self) -> int:
        """Return the bytes that entries and values may have."""
        average = TOP_BYTES if self.aggregate.function == "approx_top_k" else EXACT_BYTES
        return max(LEAST_BYTES, average * self.aggregate.limit)

    @property
    def is_over(self) -> bool:
        """Tell whether there are more entries, or more bytes of them and their values, than there may be."""
        entries = len(self.keys)
        held = ENTRY_BYTES * entries + self.values.key_bytes
        return entries > self.aggregate.limit or held > self._most_bytes()

    def error(self, ids: Ids) -> ReportError | None:
        """Say how far the results of some groups may be off."""
        if self.sketch is not None:
            return ReportError("relative", DISTINCT_ERROR)
        most = int(self.lost[ids].max()) if len(ids) and self.aggregate.function == "approx_top_k" else 0
        return ReportError("count", float(most)) if most else None

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        if size > len(self.lost):
            self.lost = grown(self.lost, max(size, 2 * len(self.lost)))
        if self.sketch is not None:
            self.sketch.resize(size)
        self.size = size

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Count the values that are not null."""
        if argument is None:
            raise TypeError(argument)
        self._is_packed = False
        ids = self._index.assign([argument], rows)
        taking = (groups >= 0) & (ids > 0)
        codes = combine(groups[taking], ids[taking], self._pairs)
        if len(self._pairs) > len(self._counts):
            self._counts = grown(self._counts, 2 * len(self._pairs))
        group.count_rows(codes, len(codes), self._counts)

    def settle(self) -> None:
        """Bring all entries into one sorted array."""
        self._pour()
        if not self._pending:
            return
        keys = np.concatenate([self.keys, *(keys for keys, _ in self._pending)])
        amounts = np.concatenate([self.amounts, *(amounts for _, amounts in self._pending)])
        self._pending = []
        self.keys, places = np.unique(keys, return_inverse=True)
        self.amounts = np.zeros(len(self.keys), np.int64)
        np.add.at(self.amounts, places, amounts)

    def _pour(self) -> None:
        """Move what the hash map counted to the entries, with values by their bytes."""
        used = np.flatnonzero(self._counts[: len(self._pairs)])
        if not len(used):
            return
        packed = self._pairs.keys[used]
        values, places = np.unique((packed & _MASK) - 1, return_inverse=True)
        raw, offsets = self._index.encode(values)
        codes = self._intern(raw, offsets[:-1], offsets[1:])
        self._pending.append(((((packed >> 32) - 1) << 32) | codes[places], self._counts[used]))
        self._counts[:] = 0

    def _intern(self, raw: Array, starts: Array, ends: Array) -> Array:
        n = len(starts)
        if not len(self.values) and n:  # there is room for all of them at once: what grows is there twice
            self.values = Dictionary(max(64, n), raw=True)
            self.values.grow(int((ends - starts).sum()) + HEAD * n)
        codes = np.empty(n, np.int32)
        self.values.encode(raw, starts, ends, np.zeros(n, np.uint8), n, codes)
        return codes.astype(np.int64)

    def select(self, ids: Ids) -> ValuesState:
        """Return a state of the groups `ids` alone, its values in the order of their hashes."""
        self.settle()
        place = np.full(max(self.size, 1), -1, np.int64)
        place[ids] = np.arange(len(ids))
        target = place[self.keys >> 32]
        kept = target >= 0
        used, places = np.unique(self.keys[kept] & _MASK, return_inverse=True)
        order = np.argsort(self.values.hashes[used], kind="stable")
        chosen = ValuesState(self.aggregate)
        chosen.resize(len(ids))
        starts, lengths = self.values.key_start[used[order]], self.values.key_size[used[order]] >> 1
        codes = np.empty(len(used), np.int64)
        codes[order] = chosen._intern(self.values.arena, starts, starts + lengths)
        keys = (target[kept] << 32) | codes[places]
        sorting = np.argsort(keys)
        chosen.keys, chosen.amounts = keys[sorting], self.amounts[kept][sorting]
        chosen.lost = self.lost[ids]
        chosen._is_packed = True
        if self.sketch is not None:
            chosen.sketch = DistinctState(self.aggregate)
            chosen.sketch.load(len(ids), self.sketch.select(ids).arrays())
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Take in another state's entries; past the bound, do what can be done."""
        if not isinstance(other, ValuesState):
            raise TypeError(other)
        other.settle()
        self._is_packed = False
        n = len(other.values)
        starts = other.values.key_start[:n]
        codes = self._intern(other.values.arena, starts, starts + other.values.lengths())
        if len(other.keys):
            keys = (mapping[other.keys >> 32] << 32) | codes[other.keys & _MASK]
            self._pending.append((keys, other.amounts))
        self.lost[mapping] += other.lost[: other.size]
        if other.sketch is not None:
            self._sketched().merge(other.sketch, mapping)
        self.settle()
        self._bound()

    def _bound(self) -> None:
        if self.aggregate.function == "approx_top_k":
            if self.is_over:
                self._prune()
        elif self.aggregate.estimated and (self.sketch is not None or self.is_over):
            groups = (self.keys >> 32).astype(np.int32)
            codes = (self.keys & _MASK).astype(np.int32)
            self._sketched().update(groups, TextVector(codes, self.values), len(codes))
            self.keys, self.amounts, self.values = self.keys[:0], self.amounts[:0], Dictionary(64, raw=True)

    def _sketched(self) -> DistinctState:
        if self.sketch is None:
            self.sketch = DistinctState(self.aggregate)
        self.sketch.resize(self.size)
        return self.sketch

    def _prune(self) -> None:
        """Keep as many of each group's most frequent values as fit into half the bound.

        Where those are still too many bytes, what is rarest of all goes: a group that is rare itself may then know of
        none of its values, one of which many rows are keeps its own.
        """
        if len(self.keys) > self.aggregate.limit:
            self._cut(self._behind_rank())
        too_rare = self._too_rare()
        if too_rare:
            cut = np.zeros(self.size, np.int64)
            rare = self.amounts <= too_rare
            np.maximum.at(cut, self.keys[rare] >> 32, self.amounts[rare])
            self._cut(cut)
        compact = self.select(np.arange(self.size))  # without values that no entry has any more
        self.keys, self.amounts, self.values = compact.keys, compact.amounts, compact.values
        self._is_packed = True

    def _cut(self, cut: Ids) -> None:
        """Subtract a number from the counts of each group, and let those go of which nothing is left."""
        self.lost[: self.size] += cut
        left = self.amounts - cut[self.keys >> 32]
        self.keys, self.amounts = self.keys[left > 0], left[left > 0]

    def _behind_rank(self) -> Ids:
        """Return for each group the count of its first value that is one too many for half the bound of entries."""
        groups = self.keys >> 32
        present = np.unique(groups)
        most = max(int(self.aggregate.parameter or 1), self.aggregate.limit // (2 * len(present)))
        order = np.lexsort((-self.amounts, groups))
        begins = np.searchsorted(groups[order], groups[order])
        rank = np.arange(len(order)) - begins
        cut = np.zeros(self.size, np.int64)
        behind = rank == most
        cut[groups[order][behind]] = self.amounts[order][behind]
        return cut

    def _too_rare(self) -> int:
        """Return the count up to which entries have to go, so that the others have half the bytes that there may be."""
        order = np.argsort(-self.amounts, kind="stable")
        codes = self.keys[order] & _MASK
        sizes = np.full(len(order), ENTRY_BYTES)
        values, first = np.unique(codes, return_index=True)
        sizes[first] += self.values.lengths()[values]  # a value counts once
        fitting = int(np.searchsorted(np.cumsum(sizes), self._most_bytes() // 2, side="right"))
        if len(order) > self.aggregate.limit:
            fitting = min(fitting, self.aggregate.limit // 2)
        return int(self.amounts[order[fitting]]) if fitting < len(order) else 0

    def results(self, ids: Ids) -> list[Value]:
        """Return what the aggregate makes of the values and counts of each group."""
        self.settle()
        if self.aggregate.function == "count_distinct":
            if self.sketch is not None:
                return self.sketch.results(ids)
            return list(np.bincount(self.keys >> 32, minlength=max(self.size, 1))[ids].tolist())
        begins = np.searchsorted(self.keys, ids << 32).tolist()
        ends = np.searchsorted(self.keys, (ids + 1) << 32).tolist()
        return [self._result(begin, end) for begin, end in zip(begins, ends, strict=True)]

    def _result(self, begin: int, end: int) -> Value:
        kinds = [self.aggregate.of]
        codes = (self.keys[begin:end] & _MASK).tolist()
        found = [decode_key(self.values.key(code), kinds)[0] for code in codes]
        pairs = sorted(zip(found, self.amounts[begin:end].tolist(), strict=True), key=_by_value)
        if not pairs:
            return None
        if self.aggregate.function == "histogram":
            return _json({_text(value): count for value, count in pairs})
        pairs.sort(key=lambda pair: -pair[1])
        if self.aggregate.function == "mode":
            return pairs[0][0]
        most = int(self.aggregate.parameter or 1)
        return _json([rfc3339(v) if kinds[0] is Kind.TIME and isinstance(v, int) else v for v, _ in pairs[:most]])

    def arrays(self) -> list[Array]:
        """Return values and entries in an order that follows from what they are."""
        self.settle()
        whole = self if self._is_packed else self.select(np.arange(self.size))
        data = whole.values
        raw, offsets = data.packed(np.arange(len(data)), 16)
        sketch = [np.zeros(0, np.int64), np.zeros(0, np.uint8)] if whole.sketch is None else whole.sketch.arrays()
        sketched = np.full(1, whole.sketch is not None, np.uint8)
        return [raw, offsets, whole.keys, whole.amounts, whole.lost[: self.size], sketched, *sketch]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        raw, offsets, keys, amounts, lost, sketched, *sketch = arrays
        self.resize(size)
        self._intern(np.ascontiguousarray(raw), offsets[:-1], offsets[1:])
        self.keys, self.amounts, self.lost = np.array(keys), np.array(amounts), np.array(lost)
        self._is_packed = True
        if len(sketched) and sketched[0]:
            self.sketch = DistinctState(self.aggregate)
            self.sketch.load(size, sketch)

    def clear(self) -> None:
        """Make every group neutral; what is known of values stays."""
        self._is_packed = False
        self._counts[:] = 0
        self._pending = []
        self.keys, self.amounts, self.values = self.keys[:0], self.amounts[:0], Dictionary(64, raw=True)
        self.lost[:] = 0
        self.sketch = None


def _by_value(pair: tuple[Value, int]) -> tuple[bool, bytes | float | int]:
    value = pair[0]
    if isinstance(value, str):
        return True, value.encode("utf-8", "backslashreplace")
    return False, value if isinstance(value, int | float) else 0


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
