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
from logproc.kernels.arrays import enlarged, grown
from logproc.model import Kind
from logproc.report_model import ReportError
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

    @property
    def blank(self) -> bool:
        """Whether no row was taken in and nothing is held for the groups: such a state travels as nothing at all."""
        return False

    @property
    def is_over(self) -> bool:
        """Whether more is held than may be, as far as is settled: merging does something about it."""
        return False

    @property
    def problem(self) -> str | None:
        """Why the aggregate cannot be computed, if so, as far as is settled."""
        return None

    def text_sizes(self) -> Ids | None:
        """Return the bytes of text that each group holds; None for a state that holds no texts of its groups."""
        return None

    def settle(self) -> None:  # noqa: B027 - most states hold nothing else
        """Bring what is held into the form in which it travels."""

    def error(self, ids: Ids) -> ReportError | None:  # noqa: ARG002 - most states are exact
        """Say how far the results of some groups may be off."""
        return None

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

    def folded(self, groups: Ids, size: int) -> State:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it.

        Each of them takes in one at least; what is sent to a negative one is left out. Each round merges every second
        one of a group's into the one before it.
        """
        chosen = np.flatnonzero(groups >= 0)
        state: State = self if len(chosen) == len(groups) else self.select(chosen)
        groups = groups[chosen]
        ranks = _ranks(groups)
        while ranks.any():
            even, odd = np.flatnonzero(ranks % 2 == 0), np.flatnonzero(ranks % 2 == 1)
            places = (groups[even] << 32) | ranks[even]
            order = np.argsort(places)
            targets = order[np.searchsorted(places[order], (groups[odd] << 32) | (ranks[odd] - 1))]
            half = state.select(even)
            half.merge(state.select(odd), targets)
            state, groups, ranks = half, groups[even], ranks[even] // 2
        ids = np.empty(size, np.int64)
        ids[groups] = np.arange(len(groups))
        return state.select(ids)

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

    def another(self) -> State:
        """Return a state without groups, for rows like those that this one took in."""
        return type(self)(self.aggregate)


def _ranks(groups: Ids) -> Ids:
    """Return for each entry how many of its group stand before it."""
    order = np.argsort(groups, kind="stable")
    first = np.flatnonzero(np.diff(groups[order], prepend=-1))
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(first, np.diff(first, append=len(groups)))
    return ranks


class ArrayState(State):
    """A state that is a few arrays with one cell a group; merging adds them unless a subclass says otherwise.

    There are no cells before there is something to hold, since many a log lacks what a preset asks for.
    """

    dtypes: tuple[type[np.generic], ...] = (np.int64,)

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.cells: list[Array] = [np.zeros(0, dtype) for dtype in self.dtypes]
        self._held = False

    @property
    def blank(self) -> bool:
        """Whether no row was taken in."""
        return not self._held

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        self.size = size
        if self._held:
            self._enlarge()

    def hold(self) -> None:
        """Have cells for the groups, as all that looks into them needs."""
        if not self._held:
            self._held = True
            self._enlarge()

    def _enlarge(self) -> None:
        if self.size > len(self.cells[0]):
            size_held = enlarged(len(self.cells[0]), self.size)
            for number, cell in enumerate(self.cells):  # one by one, so that no more than one is there twice
                self.cells[number] = grown(cell, size_held)

    def select(self, ids: Ids) -> ArrayState:
        """Return a state of the groups `ids` alone."""
        chosen = type(self)(self.aggregate)
        if self.blank:
            chosen.resize(len(ids))
        else:
            chosen.load(len(ids), [cell[ids] for cell in self.cells])
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Add another state."""
        if other.blank:
            return
        self.hold()
        for mine, its in zip(self.cells, other.arrays(), strict=True):
            mine[mapping] += its

    def folded(self, groups: Ids, size: int) -> State:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it."""
        whole = type(self)(self.aggregate)
        whole.resize(size)
        if not self.blank:
            whole.hold()
            for sums, mine in zip(whole.cells, self.arrays(), strict=True):
                group.fold_cells(groups, mine, sums)
        return whole

    def arrays(self) -> list[Array]:
        """Return the cells in use."""
        self.hold()
        return [cell[: self.size] for cell in self.cells]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped; arrays that are nobody else's become its own."""
        self.size, self._held = size, size > 0
        self.cells = [array if array.flags.owndata and array.flags.writeable else np.array(array) for array in arrays]

    def clear(self) -> None:
        """Make every group neutral."""
        for cell in self.cells:
            cell[: self.size] = 0


class CountState(ArrayState):
    """count(*) and count(x)."""

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Count rows whose argument is not null."""
        self.hold()
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
        self.hold()
        return list(self.cells[0][ids].tolist())

    def scores(self) -> NDArray[np.float64]:
        """Return what heavy hitters are ranked by."""
        self.hold()
        return self.cells[0][: self.size].astype(np.float64)


class SumState(ArrayState):
    """sum(x), exact: int64 parts (see `kernels.group`) and, last, the count of values."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self._decimal = aggregate.kind == Kind.DECIMAL
        self.cells = [np.zeros(0, np.int64) for _ in range(5 if self._decimal else 3)]

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Add the values that are not null."""
        self.hold()
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
        if not self.blank:
            self.arrays()
        return super().select(ids)

    def results(self, ids: Ids) -> list[Value]:
        """Return sums; null where no value was seen, or one that is too large to be added."""
        if self.blank:
            return [None] * len(ids)
        high, low, *rest, counts = (cell[ids].tolist() for cell in self.cells)
        whole = [(h << 32) + n for h, n in zip(high, low, strict=True)]
        if not self._decimal:
            return [w if c else None for w, c in zip(whole, counts, strict=True)]
        nanos, huge = rest
        return [
            (w * BILLION + n) / BILLION if c and not h else None
            for w, n, h, c in zip(whole, nanos, huge, counts, strict=True)
        ]

    def error(self, ids: Ids) -> ReportError | None:
        """Say that sums are missing because so many values were too large to be added."""
        large = int(self.cells[3][ids].sum()) if self._decimal and not self.blank else 0
        return ReportError("missing", float(large)) if large else None

    def scores(self) -> NDArray[np.float64]:
        """Return what heavy hitters are ranked by."""
        self.hold()
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
        self.hold()
        if not isinstance(argument, NumberVector):
            raise TypeError(argument)
        keep = group.extremes_decimals if argument.values.dtype == np.float64 else group.extremes_integers
        best, counts = self.cells
        keep(groups, argument.values, argument.valid, rows, best, counts, self.sign)

    def merge(self, other: State, mapping: Ids) -> None:
        """Keep the better of both."""
        if other.blank:
            return
        self.hold()
        best, counts = other.arrays()
        mine, seen = self.cells
        held = mine[mapping]
        better = best > held if self.sign > 0 else best < held
        take = (counts > 0) & (better | (seen[mapping] == 0))
        mine[mapping] = np.where(take, best, held)
        seen[mapping] += counts

    def folded(self, groups: Ids, size: int) -> State:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it."""
        whole = ExtremeState(self.aggregate)
        whole.resize(size)
        if self.blank:
            return whole
        whole.hold()
        best, counts = self.arrays()
        first = np.flatnonzero((counts > 0) & (groups >= 0))[::-1]
        whole.cells[0][groups[first]] = best[first]  # some value of the group to begin with
        (np.maximum if self.sign > 0 else np.minimum).at(whole.cells[0], groups[first], best[first])
        group.fold_cells(groups, counts, whole.cells[1])
        return whole

    def results(self, ids: Ids) -> list[Value]:
        """Return the best values; null where there was none."""
        if self.blank:
            return [None] * len(ids)
        best, counts = (cell[ids].tolist() for cell in self.cells)
        # Zeros of two signs are one number: which of them came first follows from how the rows were cut.
        return [value + 0 if count else None for value, count in zip(best, counts, strict=True)]
