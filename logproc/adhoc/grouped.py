"""Groups of rows as Arrow record batches: what a thread counted of the rows that it parsed, for DuckDB to merge.

Kernels group by dictionary codes while they parse, so that DuckDB gets a row a group in the place of a row a line.
Where groups are about as many as rows nothing is gained, and little lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from logproc.adhoc.arrow import TYPES, BatchBuilder, Numbered, Views
from logproc.adhoc.columns import bitmap, integer_array
from logproc.model import Kind
from logproc.rollup.aggregate import RelationProgram
from logproc.rollup.spec import ROWS, Aggregate, Expression, RollupSpec, columns_of_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from logproc.adhoc.arrow import Origins
    from logproc.adhoc.numbering import Numbers
    from logproc.model import Batch
    from logproc.rollup.states import State

UNBOUNDED = 1 << 62
"""Groups that a program may hold: it gives them out before they are many."""

PARTS: dict[str, tuple[str, ...]] = {"count": ("n",), "sum": ("high", "low", "n"), "min": ("x",), "max": ("x",)}
"""What the numbers of each aggregate travel as: a sum is high * 2**32 + low, of n values."""


@dataclass(frozen=True, slots=True)
class Groups:
    """What is wanted of a relation: its rows, counted by groups. `spec` has the keys, the aggregates and the WHERE.

    Beside `arrow.Selection`, which is of rows.
    """

    spec: RollupSpec
    origin: bool = False
    raw: bool = False
    numbers: Mapping[str, Numbers] = field(default_factory=dict, compare=False)
    """Those of the keys in whose place groups have numbers."""

    @property
    def relation(self) -> str:
        """The family or source, or `spec.EVERYTHING`."""
        return self.spec.relation

    @property
    def where(self) -> Expression | None:
        """Which rows count."""
        return self.spec.where

    @property
    def columns(self) -> tuple[Expression, ...]:
        """The keys."""
        return self.spec.keys

    @property
    def labels(self) -> tuple[str, ...]:
        """What the keys are called."""
        return tuple(f"k{number}" for number in range(len(self.spec.keys)))

    @property
    def schema(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Schema of the batches: keys k0, k1, …, and the parts of aggregates a0_n, a1_high, …."""
        keys = [
            (label, pa.int64() if label in self.numbers else TYPES[key.kind])
            for label, key in zip(self.labels, self.spec.keys, strict=True)
        ]
        return pa.schema([*keys, *((name, _type(a, part)) for name, a, part in self.parts())])

    gathered = schema

    def parts(self) -> Iterator[tuple[str, Aggregate, str]]:
        """Yield the name of each part of the aggregates, its aggregate, and which of its parts it is."""
        for number, aggregate in enumerate(self.spec.aggregates):
            yield from ((f"a{number}_{part}", aggregate, part) for part in PARTS[aggregate.function])

    def names(self) -> frozenset[str]:
        """Names of the fields that rows must have."""
        return frozenset(column.name for column in columns_of_spec(self.spec))


def _type(aggregate: Aggregate, part: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    return TYPES[aggregate.kind] if part == "x" else pa.int64()


class GroupBuilder(BatchBuilder):
    """Counts the rows of one selection by groups, and gives the groups out; one a thread and selection.

    Groups are given out at the end of a task, and where too many keys are held.
    """

    def __init__(self, groups: Groups) -> None:
        self.selection = groups
        self.schema = groups.schema
        self._program = _Program(groups.spec, self._give)
        self.store, self.evaluator = self._program.store, self._program.evaluator
        self._views = Views()
        self._numbered = {label: Numbered(numbers) for label, numbers in groups.numbers.items()}
        self._made: list[Any] = []

    def append(self, batch: Batch, origins: Origins | None = None) -> Iterator[Any]:  # noqa: ARG002 - groups have none
        """Take rows in."""
        self._program.append(batch)
        yield from self._taken()

    def flush(self) -> Iterator[Any]:
        """Count the rows held."""
        self._program.count()
        yield from self._taken()

    def end(self) -> Iterator[Any]:
        """Yield the groups held, and begin anew."""
        self._program.count()
        self._program.give()
        yield from self._taken()

    def _taken(self) -> Iterator[Any]:
        made, self._made = self._made, []
        yield from made

    def _give(self, *, forgets: bool) -> None:
        """Make a batch of the groups of the program, which drops its dictionaries if it `forgets`."""
        if len(ids := self._program.tallies[0].marked.present()):
            self._made.append(self._batch_of(ids))
        if forgets:
            self.forget()

    def _batch_of(self, ids: NDArray[np.int64]) -> Any:  # noqa: ANN401 - pyarrow
        program = self._program
        (tally,) = program.tallies
        vectors = program.index(program.spec).vectors(ids)
        arrays = [
            self.array(vector, label, TYPES[vector.kind], None)
            for label, vector in zip(self.selection.labels, vectors, strict=True)
        ]
        for state in tally.states:
            if state.aggregate == ROWS:
                state.load(len(tally.marked.counts), [tally.marked.counts])
            arrays += _arrays(state.select(ids))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class _Program(RelationProgram):
    """A program that gives its groups to somebody before they are too many."""

    def __init__(self, spec: RollupSpec, taker: Any) -> None:  # noqa: ANN401 - called with what is dropped
        super().__init__([spec], UNBOUNDED)
        self.spec = spec
        self._taker = taker

    def index(self, spec: RollupSpec) -> Any:  # noqa: ANN401 - a GroupIndex
        """Return the group ids of a report's keys."""
        return self._index(spec)

    def give(self) -> None:
        """Give the groups out, and keep what was learnt about values."""
        self._taker(forgets=False)
        self.tallies[0].clear()

    def _pour(self) -> None:
        self._taker(forgets=True)
        self.tallies[0].reset()
        self.store.forget()
        self.evaluator.forget()
        self.indexes.clear()


def _arrays(state: State) -> Iterator[Any]:
    """Yield the parts of an aggregate's numbers as Arrow arrays."""
    cells = [np.ascontiguousarray(cell) for cell in state.arrays()]
    if state.aggregate.function == "count":
        yield integer_array(cells[0])
    elif state.aggregate.function == "sum":
        yield from map(integer_array, cells)
    else:
        best, counts = cells
        yield _numbers(best, counts > 0, state.aggregate.kind)


def _numbers(values: NDArray[Any], valid: NDArray[np.bool_], kind: Kind) -> Any:  # noqa: ANN401 - pyarrow
    return pa.Array.from_buffers(TYPES[kind], len(values), [bitmap(valid), pa.py_buffer(values)])


def is_plain(spec: RollupSpec) -> bool:
    """Tell whether the keys and aggregates of a report are of those that travel as groups, all of them exact."""
    keys = all(key.kind in {Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.TIME} for key in spec.keys)
    return keys and all(_is_plain(aggregate) for aggregate in spec.aggregates)


def _is_plain(aggregate: Aggregate) -> bool:
    if aggregate.function == "count":
        return True
    kinds = {"sum": {Kind.INTEGER}, "min": {Kind.INTEGER, Kind.TIME}, "max": {Kind.INTEGER, Kind.TIME}}
    return aggregate.kind in kinds.get(aggregate.function, ())
