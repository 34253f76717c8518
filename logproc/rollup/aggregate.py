"""The aggregating coroutine: batches go in by `send`, the tables of all reports come out at the end.

Reader and aggregator take turns in one thread: `send` runs until the batch's rows are taken over, then the reader may
reuse its buffer. No lock is needed, since nothing is shared. What a program learns about values (dictionaries, tables
of function results, group ids) outlives a task and serves the next one in the same thread; what it counts does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from logproc.kernels.group import keep_groups
from logproc.rollup.bounds import fits
from logproc.rollup.columns import RowStore
from logproc.rollup.dumping import TableData, dump
from logproc.rollup.evaluate import Evaluator, fields_of_spec, stored_of
from logproc.rollup.exemplars import Marked
from logproc.rollup.finer import finer_specs, shared_once
from logproc.rollup.groups import GroupIndex
from logproc.rollup.lots import Lot
from logproc.rollup.registry import new_state
from logproc.rollup.rolling import FinerGroups
from logproc.rollup.spec import EVERYTHING, ROWS, SLOT_NAME, Column, Expression, RollupSpec, columns_of_spec
from logproc.rollup.tables import Held
from logproc.rollup.texts import PairState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.model import Batch
    from logproc.rollup.lots import Seen
    from logproc.rollup.states import State
    from logproc.rollup.undumped import Undumped

    Done: TypeAlias = bytes | Undumped
    """The table of a report when a task is done."""

    Hand: TypeAlias = Callable[[RollupSpec, TableData], Done]
    """What a table becomes."""

    Lots: TypeAlias = dict[str, Lot]
    """What was counted, by relation."""


class Carry(Protocol):
    """Who takes what tasks counted, instead of their tables."""

    def take(self, program: Program) -> None: ...  # noqa: D102
    def before_pour(self) -> None: ...  # noqa: D102


Aggregator: TypeAlias = "Generator[None, Batch | None, tuple[Done, ...]]"

MAX_KEYS = 120_000
"""Distinct values that a worker's dictionaries and group ids may hold before all is poured into the tables: fewer than
narrow rows are gathered at once (`columns.MOST_ROWS`), so that where each has a key of its own none are added to those
of the rows before."""
MAX_ENTRIES = 1 << 20
"""Sketch entries that a worker's running tally may hold."""


class Tally:
    """The running numbers of one report within one task."""

    def __init__(self, spec: RollupSpec, max_groups: int) -> None:
        self.spec = spec
        self.max_groups = max_groups
        self.table: Held | None = None
        self.reset()

    def reset(self) -> None:
        """Start anew, with group ids that mean something else."""
        self.marked = Marked()
        self.states: list[State] = [new_state(aggregate) for aggregate in self.spec.aggregates]
        self.lost = 0

    def another(self) -> Tally:
        """Return a tally without groups, for rows like those that this one took in."""
        fresh = Tally(self.spec, self.max_groups)
        fresh.states = [state.another() for state in self.states]
        return fresh

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        self.marked.resize(size)
        for state in self.states:
            if state.aggregate != ROWS:
                state.resize(size)

    def add(self, other: Tally) -> None:
        """Take in what another tally of the same report counted by the same group ids."""
        for mine, its in zip(self.states, other.states, strict=True):
            if its.size:
                mine.resize(max(mine.size, its.size))
                mine.merge(its, np.arange(its.size))
        self.marked.add(other.marked)
        self.lost += other.lost

    def entries(self) -> int:
        """Count the sketch entries held."""
        return sum(state.entries for state in self.states)

    def data(self, index: GroupIndex, files: Sequence[int] | NDArray[np.int64]) -> TableData:
        """Return what was counted; `files` are the keys of the task's files."""
        ids = self.marked.present()
        keys, offsets = index.encode(ids)
        for state in self.states:
            if state.aggregate == ROWS:
                state.load(len(self.marked.counts), [self.marked.counts[:]])  # a view, which is copied
        states, places = [state.select(ids) for state in self.states], self.marked.places(ids, files)
        return TableData(keys, offsets, states, places, lost=self.lost)

    def pour(self, data: TableData) -> None:
        """Add to the bounded table what was taken."""
        if self.table is None:
            self.table = Held(self.spec, self.max_groups)
        self.table.merge(data)

    def finish(self, data: TableData, hand: Hand) -> Done:
        """Return the table of the task, whose last groups are `data`, and begin the next task's.

        Where the keys were so many that all was poured, all tables come dumped: as bytes they take a third.
        """
        if self.table is not None or not fits(data, self.max_groups):
            self.reset()
            self.pour(data)
        done = hand(self.spec, data) if self.table is None else self.table.dump()
        self.table = None
        self.clear()
        return done

    def clear(self) -> None:
        """Start anew, with the same group ids."""
        self.marked.clear()
        self.lost = 0
        for state in self.states:
            state.clear()


class RelationProgram:
    """All reports over one relation, fed from one store of rows."""

    def __init__(self, specs: Sequence[RollupSpec], max_groups: int) -> None:
        self.tallies = [Tally(spec, max_groups) for spec in specs]
        self.rolled = shared_once(specs)
        self.finer = {keys: Tally(spec, max_groups) for keys, spec in finer_specs(specs, self.rolled).items()}
        self.counting = self._counting()
        self.store = RowStore({field for spec in specs for field in fields_of_spec(spec)})
        self.evaluator = Evaluator(self.store)
        self.indexes: dict[tuple[Expression, ...], GroupIndex] = {}
        self.files: Sequence[int] = ()
        self.before_pour: Callable[[], None] | None = None

    def _counting(self) -> list[Tally]:
        """Return the tallies that rows are counted by."""
        return [*self.finer.values(), *(t for place, t in enumerate(self.tallies) if place not in self.rolled)]

    def append(self, batch: Batch) -> None:
        """Take a batch's rows in."""
        self.store.append(batch)
        if self.store.is_full():
            self.count()

    def count(self) -> None:
        """Bring all reports up to date with the rows in store."""
        rows = self.store.rows
        if rows:
            groups: dict[tuple[object, ...], NDArray[np.int32]] = {}
            ascending = self.store.ascend()
            for tally in self.counting:
                if self._has_rows(tally.spec):
                    self._count(tally, rows, groups, ascending=ascending)
        self.store.clear()
        self.evaluator.next_rows()
        if self._is_full():
            self._pour()

    def tables(self, lot: Lot, hand: Hand) -> list[Done]:
        """Return the tables of what was counted since the last time that all was poured."""
        tables = [tally.finish(data, hand) for tally, data in zip(lot.tallies, self._counted(lot), strict=True)]
        for tally in lot.finer.values():
            tally.clear()
        return tables

    def lot(self) -> Lot:
        """Return what was counted since the last time that all was poured."""
        return Lot(self.tallies, self.finer, np.array(self.files, np.int64))

    def take(self) -> Lot:
        """Return what was counted, and begin anew with the same group ids."""
        lot = self.lot()
        self.tallies = [tally.another() for tally in self.tallies]
        self.finer = {keys: tally.another() for keys, tally in self.finer.items()}
        self.counting = self._counting()
        return lot

    def _counted(self, lot: Lot) -> Iterator[TableData]:
        """Yield what was counted of each report."""
        for tally in lot.counted():  # groups may have come since, from other reports or tasks
            tally.resize(len(self._index(tally.spec)))
        finer = {
            keys: FinerGroups(tally, self._index(tally.spec), self.evaluator, lot.files)
            for keys, tally in lot.finer.items()
        }
        for place, tally in enumerate(lot.tallies):
            index, way = self._index(tally.spec), self.rolled.get(place)
            yield tally.data(index, lot.files) if way is None else finer[way.finer].data(way, index)

    @property
    def has_poured(self) -> bool:
        """Whether numbers of this task are in bounded tables."""
        return any(tally.table is not None for tally in self.tallies)

    def _has_rows(self, spec: RollupSpec) -> bool:
        """Tell whether WHERE leaves any row: many reports are of fields that a log has not."""
        return spec.where is None or bool((self.evaluator.truth(spec.where) == 1).any())

    def _count(
        self, tally: Tally, rows: int, groups: dict[tuple[object, ...], NDArray[np.int32]], *, ascending: bool
    ) -> None:
        spec = tally.spec
        index = self._index(spec)
        taking = self._groups(spec, None, groups, rows)
        tally.marked.resize(len(index))
        tally.marked.update(taking, rows, self.store.marks, ascending=ascending)
        for aggregate, state in zip(spec.aggregates, tally.states, strict=True):
            if aggregate == ROWS:
                continue
            state.resize(len(index))
            if self._is_absent(aggregate.argument):
                continue
            argument = None if aggregate.argument is None else self.evaluator.vector(aggregate.argument)
            if isinstance(state, PairState) and argument is not None and aggregate.by is not None:
                taken = self._groups(spec, aggregate.filter, groups, rows)
                state.update_pair(taken, argument, self.evaluator.vector(aggregate.by), rows)
                continue
            state.update(self._groups(spec, aggregate.filter, groups, rows), argument, rows)
        tally.lost += self._lost(spec, groups, rows)

    def _lost(self, spec: RollupSpec, groups: dict[tuple[object, ...], NDArray[np.int32]], rows: int) -> int:
        """Count the rows that were counted otherwise than they should, since a whole number did not fit 64 bits."""
        lost = self.evaluator.lost
        if not self.evaluator.loses:
            return 0
        conditions = (spec.where, *(aggregate.filter for aggregate in spec.aggregates))
        found = [part for part in map(lost, (*conditions, *spec.keys)) if part is not None]
        for aggregate in spec.aggregates:
            taken = self._groups(spec, aggregate.filter, groups, rows) >= 0
            parts = (lost(aggregate.argument), lost(aggregate.by))
            found += [part & taken for part in parts if part is not None]
        return int(np.logical_or.reduce(found).sum()) if found else 0

    def _is_absent(self, argument: Expression | None) -> bool:
        """Tell whether no row has a value for an aggregate, such as a time taken that the log does not have."""
        return isinstance(argument, Column) and self.store.is_absent(stored_of(argument))

    def _groups(
        self,
        spec: RollupSpec,
        condition: Expression | None,
        known: dict[tuple[object, ...], NDArray[np.int32]],
        rows: int,
    ) -> NDArray[np.int32]:
        """Return group ids a row, -1 where WHERE or a FILTER leaves the row out."""
        found = known.get((spec.keys, spec.where, condition))
        if found is not None:
            return found
        if condition is not None:
            found = self._kept(self._groups(spec, None, known, rows), condition)
        else:
            found = known.get((spec.keys, None, None))
            if found is None:
                found = known[spec.keys, None, None] = self._assign(spec, rows)
            if spec.where is not None:
                found = self._kept(found, spec.where)
        known[spec.keys, spec.where, condition] = found
        return found

    def _kept(self, groups: NDArray[np.int32], condition: Expression) -> NDArray[np.int32]:
        """Return the groups of rows for which a condition is true, -1 for the others."""
        kept = np.empty(len(groups), np.int32)
        keep_groups(groups, self.evaluator.truth(condition), len(groups), kept)
        return kept

    def _assign(self, spec: RollupSpec, rows: int) -> NDArray[np.int32]:
        return self._index(spec).assign([self.evaluator.vector(key) for key in spec.keys], rows)

    def _index(self, spec: RollupSpec) -> GroupIndex:
        index = self.indexes.get(spec.keys)
        if index is None:
            index = self.indexes[spec.keys] = GroupIndex(len(spec.keys))
        return index

    def _is_full(self) -> bool:
        keys = self.store.keys_held() + self.evaluator.keys_held()
        keys += sum(index.keys_held() for index in self.indexes.values())
        entries = sum(tally.entries() for tally in self.counting)
        return keys > MAX_KEYS or self.store.is_heavy() or entries > MAX_ENTRIES

    def _pour(self) -> None:
        """Move all numbers into the bounded tables and drop everything that was learnt about values."""
        if self.before_pour is not None:
            self.before_pour()
        *others, last = self.tallies
        counted = self._counted(self.lot())
        for tally, data in zip(others, counted, strict=False):
            tally.reset()
            tally.pour(data)
            del data  # before there is the next one
        # What the tables grow by and what was learnt need not be there at the same time.
        data = next(counted)
        del counted
        for tally in (last, *self.finer.values()):
            tally.reset()
        self.store.forget()
        self.evaluator.forget()
        self.indexes.clear()
        last.pour(data)


class Program:
    """All reports of a job, compiled once in a thread."""

    def __init__(self, specs: Sequence[RollupSpec], max_groups: int) -> None:
        self.specs = tuple(specs)
        relations = dict.fromkeys(spec.relation for spec in specs)
        self._positions = {r: [i for i, spec in enumerate(specs) if spec.relation == r] for r in relations}
        self._programs = {
            relation: RelationProgram([specs[i] for i in positions], max_groups)
            for relation, positions in self._positions.items()
        }

    def columns(self, family: str, source: str) -> frozenset[str]:
        """Return the names of the columns that rows of a family and source are asked for."""
        asked = [spec for spec in self.specs if spec.relation in {family, source, EVERYTHING}]
        return frozenset(column.name for spec in asked for column in columns_of_spec(spec)) - {SLOT_NAME}

    def sole_store(self, family: str, source: str) -> RowStore | None:
        """Return the store that rows of a family and source go to, if it is one and no more."""
        names = dict.fromkeys((family, source, EVERYTHING))
        stores = [self._programs[name].store for name in names if name in self._programs]
        return stores[0] if len(stores) == 1 else None

    def aggregator(self, files: Sequence[int] = (), hand: Hand = dump, carry: Carry | None = None) -> Aggregator:
        """Return a coroutine for one task, started: send batches, then None; it returns what `hand` makes of tables.

        `files` are the keys of the task's files, in the order in which the marks of rows count them. The tables of
        a task with very many keys come dumped. With `carry` there are no tables where that takes what was counted.
        """
        for program in self._programs.values():
            program.files = files
            program.before_pour = None if carry is None else carry.before_pour
        running = self._run(hand, carry)
        next(running)
        return running

    def _run(self, hand: Hand, carry: Carry | None) -> Aggregator:
        while True:
            batch = yield
            if batch is None:
                break
            for relation in dict.fromkeys((batch.family, batch.source, EVERYTHING)):
                program = self._programs.get(relation)
                if program is not None:
                    program.append(batch)
        for program in self._programs.values():
            program.count()
        if carry is not None and not any(program.has_poured for program in self._programs.values()):
            carry.take(self)
            return ()
        return self.tables({relation: program.lot() for relation, program in self._programs.items()}, hand)

    def take(self) -> Lots:
        """Return what was counted, and begin anew with the same group ids."""
        return {relation: program.take() for relation, program in self._programs.items()}

    def sizes(self, lots: Lots, seen: Seen) -> tuple[int, int]:
        """Enter the groups among those seen, and return the most groups, and bytes of their keys, of any report."""
        found = [lot.sizes(self._programs[relation].indexes, seen) for relation, lot in lots.items()]
        return max(groups for groups, _ in found), max(size for _, size in found)

    def tables(self, lots: Lots, hand: Hand) -> tuple[Done, ...]:
        """Return the tables of what was counted since the last time that all was poured."""
        tables: list[Done] = [b""] * len(self.specs)
        for relation, positions in self._positions.items():
            found = self._programs[relation].tables(lots[relation], hand)
            for position, table in zip(positions, found, strict=True):
                tables[position] = table
        return tuple(tables)
