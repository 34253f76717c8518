"""States of the least or greatest text, and of the value that stands beside the least or greatest number.

Texts are ordered by their bytes, as in DuckDB. Of several rows with the same greatest number, arg_max takes the least
value, so that the order of rows does not matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.arrays import grown
from logproc.kernels.texts import better_texts, extreme_texts, gather_texts
from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, TextVector
from logproc.rollup.states import ExtremeState, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.kernels.intern import Dictionary
    from logproc.rollup.columns import Vector
    from logproc.rollup.spec import Aggregate, Value
    from logproc.rollup.states import Array, Groups, Ids


class ExtremeTextState(State):
    """min(x), max(x) and any_value(x) of texts.

    While rows come in a group has the code of its best text; what travels has the bytes: of group i they are
    arena[starts[i] : starts[i] + lengths[i]], and a length of -1 is no text.
    """

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.sign = 1 if aggregate.function == "max" else -1
        self._best = np.zeros(0, np.int32)
        self._dictionary: Dictionary | None = None
        self._arena = np.zeros(16, np.uint8)
        self._starts = np.zeros(0, np.int64)
        self._lengths = np.zeros(0, np.int64)

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        if size > len(self._best):
            room = max(size, 2 * len(self._best))
            self._best = grown(self._best, room, -1)
            self._starts = grown(self._starts, room)
            self._lengths = grown(self._lengths, room, -1)
        self.size = size

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Keep the best of the texts that are not null."""
        if not isinstance(argument, TextVector):
            raise TypeError(argument)
        self._dictionary = argument.dictionary
        codes = np.ascontiguousarray(argument.codes)
        extreme_texts(
            groups, codes, rows, argument.dictionary.arena, argument.dictionary.entries, self._best, self.sign
        )

    def forget(self, ids: Ids) -> None:
        """Make some groups neutral."""
        self._best[ids] = -1
        self._lengths[ids] = -1

    def _settle(self) -> None:
        """Copy the texts behind codes, which are only known here."""
        used = np.flatnonzero(self._best[: self.size] >= 0)
        if self._dictionary is None or not len(used):
            return
        codes = self._best[used]
        starts = np.ascontiguousarray(self._dictionary.key_start[codes])
        lengths = np.ascontiguousarray(self._dictionary.key_size[codes] >> 1)
        self._best[used] = -1
        self._take(used, self._dictionary.arena, starts, lengths)

    def _take(self, ids: Ids, arena: Array, starts: Array, lengths: Array) -> None:
        """Take in texts that are better than those of the groups `ids`."""
        mine = np.ascontiguousarray(ids, np.int64)
        take = np.empty(len(mine), np.uint8)
        better_texts(self._arena, self._starts, self._lengths, mine, arena, starts, lengths, len(mine), self.sign, take)
        chosen = take != 0
        starts, lengths, target = starts[chosen], lengths[chosen], mine[chosen]
        room = np.zeros(int(lengths.sum()) + 16, np.uint8)
        places = np.empty(len(lengths), np.int64)
        gather_texts(arena, starts, lengths, len(lengths), room, places)
        before = len(self._arena)
        self._arena = np.concatenate([self._arena, room])
        self._starts[target] = places + before
        self._lengths[target] = lengths
        if len(self._arena) > 4096 + 3 * int(np.maximum(self._lengths[: self.size], 0).sum()):
            self._arena, self._starts[: self.size] = self._packed(np.arange(self.size))

    def _packed(self, ids: Ids) -> tuple[Array, Array]:
        """Return the texts of groups one behind the other, and where each begins."""
        starts, lengths = self._starts[ids], self._lengths[ids]
        out, places = np.zeros(int(np.maximum(lengths, 0).sum()) + 16, np.uint8), np.empty(len(ids), np.int64)
        gather_texts(self._arena, starts, lengths, len(ids), out, places)
        return out, places

    def text_sizes(self) -> Ids:
        """Return the bytes of each group's text."""
        self._settle()
        return np.maximum(self._lengths[: self.size], 0)

    def select(self, ids: Ids) -> ExtremeTextState:
        """Return a state of the groups `ids` alone."""
        self._settle()
        chosen = ExtremeTextState(self.aggregate)
        chosen.sign = self.sign
        out, _ = self._packed(ids)
        chosen.load(len(ids), [out, self._lengths[ids]])
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Keep the better of both."""
        self._settle()
        arena, lengths = other.arrays()
        self._take(mapping, arena, _starts(lengths), lengths)

    def results(self, ids: Ids) -> list[Value]:
        """Return the texts; null where there was none."""
        self._settle()
        raw = self._arena.tobytes()
        pairs = zip(self._starts[ids].tolist(), self._lengths[ids].tolist(), strict=True)
        return [None if size < 0 else raw[at : at + size].decode("utf-8", "backslashreplace") for at, size in pairs]

    def arrays(self) -> list[Array]:
        """Return the bytes, padded, and the lengths."""
        self._settle()
        out, _ = self._packed(np.arange(self.size))
        return [out, self._lengths[: self.size]]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        self.size = size
        self._arena, self._lengths = (np.array(array) for array in arrays)
        self._starts = _starts(self._lengths)
        self._best = np.full(size, -1, np.int32)

    def clear(self) -> None:
        """Make every group neutral."""
        self._best[:] = -1
        self._lengths[:] = -1
        self._arena = np.zeros(16, np.uint8)


def _starts(lengths: Array) -> Array:
    ends = np.cumsum(np.maximum(lengths, 0))
    return np.ascontiguousarray(ends - np.maximum(lengths, 0), np.int64)


def extreme_state(aggregate: Aggregate) -> State:
    """Return the state of min(x), max(x) or any_value(x) for the kind of x."""
    text = aggregate.kind in {Kind.TEXT, Kind.DYNAMIC}
    return ExtremeTextState(aggregate) if text else ExtremeState(aggregate)


class PairState(State):
    """arg_min(x, y) and arg_max(x, y): the least x of the rows whose y is least or greatest."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        if aggregate.by is None:
            raise TypeError(aggregate)
        function = "max" if aggregate.function == "arg_max" else "min"
        self._order = ExtremeState(replace(aggregate, function=function, kind=aggregate.by.kind))
        self._chosen = extreme_state(replace(aggregate, function="min"))

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        for state in (self._order, self._chosen):
            state.resize(size)
            if isinstance(state, ExtremeState):
                state.hold()
        self.size = size

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Refuse: there are two arguments, which `update_pair` takes."""
        raise TypeError(groups, argument, rows)

    def update_pair(self, groups: Groups, argument: Vector, by: Vector, rows: int) -> None:
        """Keep the value beside the best; a row whose value or number is null is left out."""
        if not isinstance(by, NumberVector):
            raise TypeError(by)
        known = _valid(argument)
        taking = np.where((by.valid != 0) & known, groups, np.int32(-1)).astype(np.int32)
        best, counts = self._order.cells
        old, seen = best[: self.size].copy(), counts[: self.size] > 0
        self._order.update(taking, by, rows)
        best, counts = self._order.cells
        self._forget(np.flatnonzero((best[: self.size] != old) & seen))
        candidate = (taking >= 0) & (by.values == best[np.maximum(taking, 0)])
        self._chosen.update(np.where(candidate, taking, np.int32(-1)).astype(np.int32), argument, rows)

    def _forget(self, ids: Ids) -> None:
        if isinstance(self._chosen, ExtremeTextState):
            self._chosen.forget(ids)
        elif isinstance(self._chosen, ExtremeState):
            for cell in self._chosen.cells:
                cell[ids] = 0

    def text_sizes(self) -> Ids | None:
        """Return the bytes of the texts that stand beside numbers."""
        return self._chosen.text_sizes()

    def select(self, ids: Ids) -> PairState:
        """Return a state of the groups `ids` alone."""
        chosen = PairState(self.aggregate)
        chosen.load(len(ids), [*self._order.select(ids).arrays(), *self._chosen.select(ids).arrays()])
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Keep what stands beside the better of both."""
        if not isinstance(other, PairState):
            raise TypeError(other)
        best, counts = self._order.cells
        old, seen = best[mapping], counts[mapping] > 0
        self._order.merge(other._order, mapping)  # noqa: SLF001 - of the same class
        best, _ = self._order.cells
        its, its_counts = other._order.arrays()  # noqa: SLF001
        self._forget(mapping[(best[mapping] != old) & seen])
        equal = np.flatnonzero((its_counts > 0) & (its == best[mapping]))
        self._chosen.merge(other._chosen.select(equal), mapping[equal])  # noqa: SLF001

    def results(self, ids: Ids) -> list[Value]:
        """Return the values; null where there was none."""
        return self._chosen.results(ids)

    def arrays(self) -> list[Array]:
        """Return the numbers, then the values."""
        return [*self._order.arrays(), *self._chosen.arrays()]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        self._order.load(size, arrays[:2])
        self._chosen.load(size, arrays[2:])
        self.size = size

    def clear(self) -> None:
        """Make every group neutral."""
        self._order.clear()
        self._chosen.clear()


def _valid(vector: Vector) -> Array:
    if isinstance(vector, TextVector):
        return np.asarray(vector.codes >= 0)
    if isinstance(vector, BooleanVector):
        return np.asarray(vector.values >= 0)
    return np.asarray(vector.valid != 0)
