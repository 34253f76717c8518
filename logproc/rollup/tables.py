"""Tables of groups that merge: what a worker returns for a report, and what the coordinator folds together.

A table is bounded. Past `max_groups` a report that asks for the greatest of a count or sum keeps its heavy hitters, by
the rule of mergeable SpaceSaving summaries (Metwally et al. 2005; Agarwal et al. 2012): `floor` is the most that a
group which is not in the table can have. A group that comes in late carries the floor of that moment as its `slack`:
its true number lies between what the table says and that plus slack. Any other report fails, alone and by name.
"""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from logproc.errors import MergeError
from logproc.heap import give_back
from logproc.kernels.intern import HEAD, KEY_PADDING, Dictionary
from logproc.rollup.bounds import GROUP_BYTES, fits, greatest, most_bytes, staying, within
from logproc.rollup.dumping import TableData, dump, load, text_bytes
from logproc.rollup.exemplars import Kept
from logproc.rollup.groups import decode_keys, keys_of
from logproc.rollup.registry import new_state
from logproc.rollup.spec import AggregateRef, RollupSpec, Value
from logproc.rollup.states import CountState, State, SumState
from logproc.rollup.undumped import Undumped

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from numpy.typing import NDArray


def ranking(spec: RollupSpec) -> int | None:
    """Return the aggregate by which a report's heavy hitters can be kept, or None if it needs every group."""
    if spec.limit is None or not spec.order_by or spec.having is not None:
        return None
    first = spec.order_by[0]
    if not first.descending or first.nulls_first or not isinstance(first.expression, AggregateRef):
        return None
    index = first.expression.index
    return index if spec.aggregates[index].function in {"count", "sum"} else None


class Table:
    """Groups of one report, by the bytes of their keys."""

    def __init__(self, spec: RollupSpec, max_groups: int) -> None:
        self.spec = spec
        self.max_groups = max_groups
        self._dictionary = Dictionary(64, raw=True)
        self._packed: tuple[NDArray[np.uint8], NDArray[np.int64]] | None = None  # keys that have no dictionary yet
        self.states: list[State] = [new_state(aggregate) for aggregate in spec.aggregates]
        self.floor = 0.0
        self.slack = np.zeros(0, np.float64)
        self.kept = Kept()
        self.problem: str | None = None
        self.lost = 0

    @classmethod
    def of(cls, spec: RollupSpec, max_groups: int, data: TableData) -> Table:
        """Return the table that travelled as `data`."""
        table = cls(spec, max_groups)
        table._packed = data.keys, data.offsets
        table.states = list(data.states)
        table.floor, table.problem, table.lost = data.floor, data.problem, data.lost
        table.slack = np.zeros(data.groups, np.float64) if data.slack is None else data.slack
        table.kept.merge(data.places, np.arange(data.groups), data.groups)
        return table

    def __len__(self) -> int:
        return len(self._dictionary) if self._packed is None else len(self._packed[1]) - 1

    @property
    def keys(self) -> Dictionary:
        """The bytes of the groups' keys, by group."""
        self._look_up(0, 0)
        return self._dictionary

    @property
    def is_cut(self) -> bool:
        """Whether groups were let go by the last merge, so that the dictionary is to be made anew by the next one."""
        return self._packed is not None

    def _look_up(self, more: int, more_bytes: int) -> None:
        """Have a dictionary of the keys; a new one has room for so many more of so many bytes.

        One that grows is there twice, and texts of 200 bytes are most of a table: 80 MB of 400,000 groups.
        """
        if self._packed is None:
            return
        (keys, offsets), self._packed = self._packed, None
        n = len(offsets) - 1
        self._dictionary = Dictionary(max(64, n + more), raw=True)
        self._dictionary.grow(int(offsets[-1]) + more_bytes + HEAD * (n + more))
        self._dictionary.encode(keys, offsets[:-1], offsets[1:], np.zeros(n, np.uint8), n, np.empty(n, np.int32))

    def merge(self, data: TableData) -> None:
        """Take in another table of the same report."""
        if self.problem is not None or data.problem is not None:
            self._fail(self.problem or data.problem or "")
            return
        before = len(self)
        mapping = self._intern(data)
        size = len(self)
        self.slack = self._slack_of(before, size, mapping, data)
        self.floor += data.floor
        self.lost += data.lost
        is_full = not within(size, self.keys.key_bytes, self.max_groups)
        waiting = self._waiting() if is_full else set()
        for number, (mine, its) in enumerate(zip(self.states, data.states, strict=True)):
            if number not in waiting:
                mine.resize(size)
                mine.merge(its, mapping)
        if self._has_failed():
            return
        if not is_full and within(size, self.keys.key_bytes + text_bytes(self.states), self.max_groups):
            self.kept.merge(data.places, mapping, size)
        else:
            kept = self._prune(waiting)
            if kept is not None:
                old, stays, places = staying(kept, before, mapping)
                self.kept.select(old)
                self.kept.merge(data.places.chosen(stays), places, len(kept))
                for number in waiting:
                    self.states[number] = self.states[number].select(old)  # what is let go leaves first
                    whole = new_state(self.states[number].aggregate)
                    whole.resize(len(kept))
                    whole.merge(self.states[number], np.arange(len(old)))
                    whole.merge(data.states[number].select(stays), places)
                    self.states[number] = whole
                self._has_failed()

    def _has_failed(self) -> bool:
        """Give up on the report if one of its aggregates cannot be computed."""
        problem = next((state.problem for state in self.states if state.problem), None)
        if problem is not None:
            self._fail(problem)
        return problem is not None

    def _fitting(self, most: NDArray[np.float64]) -> int:
        """Return how many groups stay of those that are too many, or have too long texts; `most` ranks them."""
        left = min(self.max_groups, len(self))
        sizes = self.keys.lengths()
        for found in (state.text_sizes() for state in self.states):
            sizes = sizes if found is None else sizes + found
        if int(sizes.sum()) <= most_bytes(self.max_groups):
            return left
        order = np.lexsort((self.keys.hashes[: len(self)], -most))
        fitting = int(np.searchsorted(np.cumsum(sizes[order]), most_bytes(self.max_groups) // 2, side="right"))
        return min(left, max(1, fitting))

    def _waiting(self) -> set[int]:
        """Return the states of a full table that are merged once it is known which groups stay.

        That is all but the one that tells, and those whose texts tell how many can stay.
        """
        states = enumerate(self.states)
        return {number for number, state in states if state.text_sizes() is None} - {ranking(self.spec)}

    def _slack_of(self, before: int, size: int, mapping: NDArray[np.int64], data: TableData) -> NDArray[np.float64]:
        """Return each group's slack once those of `data` have come in, `before` being the number that were here."""
        slack = np.zeros(size, np.float64)
        slack[:before] = self.slack
        slack[before:] = self.floor
        if data.floor:
            arrived = np.zeros(size, bool)
            arrived[mapping] = True
            slack[:before][~arrived[:before]] += data.floor
        if data.slack is not None:
            slack[mapping] += data.slack
        return slack

    def data(self) -> TableData:
        """Return the table as it travels."""
        n = len(self)
        keys, offsets = self._packed or self._dictionary.packed(np.arange(n), KEY_PADDING)
        return TableData(keys, offsets, self.states, self.kept.data(n), self.floor, self.slack, self.problem, self.lost)

    def candidates(self) -> NDArray[np.int64]:
        """Return the groups that can be among the rows shown: all, or those that rank high enough."""
        n = len(self)
        index = ranking(self.spec)
        wanted = (self.spec.limit or 0) + self.spec.offset
        if index is None or n <= 4 * wanted + 64:
            return np.arange(n)
        nulls = np.asarray(self.states[index].arrays()[-1]) == 0
        if wanted == 0 or int((~nulls).sum()) < wanted:
            return np.arange(n)
        scores = np.where(nulls, -np.inf, self.scores(index))  # NULL comes last, behind negative sums too
        least = np.partition(scores, n - wanted)[n - wanted]
        # Scores are rounded: equal sums of different parts may differ in the last bits.
        return np.flatnonzero(scores >= least - abs(least) * 1e-12)

    def columns(self, ids: NDArray[np.int64]) -> tuple[list[list[Value]], list[list[Value]]]:
        """Return the key columns and the aggregate columns of groups."""
        kinds = [key.kind for key in self.spec.keys]
        keys = decode_keys(*keys_of(self.keys, ids), kinds)
        return keys, [state.results(ids) for state in self.states]

    def scores(self, index: int) -> NDArray[np.float64]:
        """Return the count or sum that groups are ranked by."""
        state = self.states[index]
        if not isinstance(state, (CountState, SumState)):
            raise TypeError(state)
        return state.scores()

    def _intern(self, data: TableData) -> NDArray[np.int64]:
        self._look_up(data.groups, int(data.offsets[-1]))
        mapping = np.empty(data.groups, np.int32)
        styles = np.zeros(data.groups, np.uint8)
        self._dictionary.encode(data.keys, data.offsets[:-1], data.offsets[1:], styles, data.groups, mapping)
        return mapping.astype(np.int64)

    def _prune(self, waiting: Container[int]) -> NDArray[np.int64] | None:
        """Keep the greatest groups, as many as may be, or give up on a report that needs every group.

        Returns those that stay, in the states that are waiting too; None if the report was given up.
        """
        index = ranking(self.spec)
        if index is None:
            self._fail(
                f"{self._excess()}: raise limits.max_groups, or add ORDER BY a count or sum DESC and a LIMIT, "
                f"so that the greatest groups can be kept"
            )
            return None
        scores = self.scores(index)
        if scores.min() < 0:
            self._fail(f"{self._excess()}, and the sum they are ordered by has negative values")
            return None
        # By the most that a group can have, not by what it has for sure: else one that comes late is let go again and
        # again, however often it comes. So `floor` stays below a fair share of everything, total / (max_groups + 1).
        # Ties are cut by hash, which is the same on every machine and in every order of merging.
        most = scores + self.slack
        stays = greatest(most, self.keys.hashes[: len(self.keys)], self._fitting(most))
        kept = np.flatnonzero(stays)
        self.floor = max(self.floor, float(most[~stays].max()))
        self.slack = self.slack[kept]
        for number, state in enumerate(self.states):
            if number not in waiting:
                self.states[number] = state.select(kept)
        self._packed = self._dictionary.packed(kept, KEY_PADDING)
        self._dictionary = Dictionary(64, raw=True)
        return kept

    def _excess(self) -> str:
        """Say what there is too much of."""
        if len(self) > self.max_groups:
            return f"more than {self.max_groups:,} groups"
        most = most_bytes(self.max_groups)
        return f"more than {most:,} bytes in the texts of {len(self):,} groups ({GROUP_BYTES} for each of max_groups)"

    def _fail(self, problem: str) -> None:
        """Give up on this report, and on what it holds."""
        self.__init__(self.spec, self.max_groups)  # type: ignore[misc]
        self.problem = problem


LARGE_GROUPS = 1 << 16
"""Groups from which on a table rests between tasks. It has to be put together again for each merge, as one that was
cut has to be anyway; where a worker's tables of 150,000 clients, which are merged many times in each task and never
cut, rested too, the preset `web` took a quarter more CPU time."""


RESTING_GROUPS = 1 << 14
"""Groups from which on a first table has no dictionary made for it before there is a second one: with two threads that
begin tasks while results are merged, three tables were put together at the same time."""

GROWN_GROUPS = 1 << 17
"""Groups from which on a table rests that most of what comes is new to: it will soon be cut. One that knows most of
what comes is merged many times as it is."""

_ALONE = Lock()
"""Held while a table that rested takes in another one, which takes seven times its size for a while: by one thread at
a time, be it a worker's or the one that merges what workers return."""


class Held:
    """A table between merges: one that was cut, or will soon be, is the bytes that travel, a third of its size."""

    def __init__(self, spec: RollupSpec, max_groups: int) -> None:
        self.spec = spec
        self._max_groups = max_groups
        self._held: Table | bytes | None = None

    def table(self) -> Table:
        """Return the table."""
        if isinstance(self._held, bytes):
            self._held = Table.of(self.spec, self._max_groups, load(self.spec, self._held))
        elif self._held is None:
            self._held = Table(self.spec, self._max_groups)
        return self._held

    def merge(self, data: TableData) -> None:
        """Take in another table of the same report; the first one, if it is large, rests as it is."""
        if data.groups >= RESTING_GROUPS and self._can_hold(data):
            self._held = dump(self.spec, data)
            return
        with _ALONE if isinstance(self._held, bytes) else nullcontext():
            table = self.table()
            before = len(table)
            table.merge(data)
            is_growing = 2 * (len(table) - before) > data.groups
            if table.is_cut or (is_growing and len(table) >= GROWN_GROUPS):
                self.rest()

    def rest(self) -> None:
        """Be the bytes that travel."""
        self._held = self.dump()

    def merge_dumped(self, raw: bytes) -> None:
        """Take in a dumped table; the first one is what is held."""
        data = load(self.spec, raw)
        if self._can_hold(data):
            self._held = raw
        else:
            self.merge(data)
            if isinstance(self._held, Table) and len(self._held) >= LARGE_GROUPS:
                self.rest()

    def _can_hold(self, data: TableData) -> bool:
        """Tell whether a table may be held as it came: it is the first one, and within its bounds."""
        if self._held is not None or data.problem is not None or not fits(data, self._max_groups):
            return False
        for state in data.states:
            state.settle()
        return not any(state.is_over for state in data.states)

    def dump(self) -> bytes:
        """Return the table as it travels."""
        return self._held if isinstance(self._held, bytes) else dump(self.spec, self.table().data())


LARGE_BYTES = 1 << 20
"""Bytes from which on a dumped table is read twice, before anything is merged and when it is its turn, and not held."""

GIVE_BACK_BYTES = 2 << 20
"""Bytes of dumped tables from which on the heap gives back what is free once they are merged. What smaller ones took
is soon taken again: over 21,700 clients, with 1.1 MB of tables a task and 9 tasks, giving it back cost 2,700 page
faults with one thread and 4,000 with two (of some 4,500 and 7,000 that are left)."""


class Tables:
    """A table per report, which take in what workers return."""

    def __init__(self, specs: Sequence[RollupSpec], max_groups: int) -> None:
        self.held = [Held(spec, max_groups) for spec in specs]

    def merge(self, tables: Sequence[bytes | Undumped]) -> None:
        """Merge tables, one a report: all of them, or none and a MergeError."""
        if len(tables) != len(self.held):
            raise MergeError(f"{len(tables)} tables for {len(self.held)} reports; nothing was merged")
        found = [_readable(held.spec, table) for held, table in zip(self.held, tables, strict=True)]
        for held in reversed(self.held):
            data = found.pop()
            if isinstance(data, bytes):
                held.merge_dumped(data)
            else:
                held.merge(data)
            del data  # which nobody needs once it is merged
        if sum(len(table) for table in tables if isinstance(table, bytes)) >= GIVE_BACK_BYTES:
            give_back()

    def absorb(self, other: Tables) -> None:
        """Merge the tables of a group of tasks."""
        for held, its in zip(self.held, other.held, strict=True):
            held.merge(its.table().data())

    def dump(self) -> tuple[bytes, ...]:
        """Return the tables as they travel."""
        return tuple(held.dump() for held in self.held)


def _readable(spec: RollupSpec, table: bytes | Undumped) -> TableData | bytes:
    """Return a table, or the bytes of a large one, once it is known that they can be read."""
    if isinstance(table, Undumped):
        return table.data
    data = load(spec, table)
    return table if len(table) >= LARGE_BYTES else data
