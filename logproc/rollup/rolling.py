"""What a task counted of finer groups becomes the tables of the reports that follow from them (see `finer`)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.group import fold_cells, keep_groups
from logproc.rollup.dumping import TableData
from logproc.rollup.exemplars import Places
from logproc.rollup.registry import new_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.rollup.aggregate import Tally
    from logproc.rollup.evaluate import Evaluator
    from logproc.rollup.finer import Rolled, Share
    from logproc.rollup.groups import GroupIndex
    from logproc.rollup.spec import Expression
    from logproc.rollup.states import State


class FinerGroups:
    """Finer groups that have rows, each as a row of what is rolled up. `files` are the keys of the task's files."""

    def __init__(
        self, tally: Tally, index: GroupIndex, evaluator: Evaluator, files: Sequence[int] | NDArray[np.int64]
    ) -> None:
        self.ids = tally.marked.present()
        self._keys = tally.spec.keys
        self._marked = tally.marked
        self._states = {state.aggregate: state for state in tally.states}
        self._index = index
        self._learnt = evaluator
        self._files = files

    def data(self, way: Rolled, index: GroupIndex) -> TableData:
        """Return the table of a report, whose groups are those of `index`."""
        rows = len(self.ids)
        if not rows:
            return _nothing(way, index)
        if way.keys == way.finer:
            return self._same(way, index)
        groups = index.assign([self._known.vector(key) for key in way.keys], rows)
        ids, groups = _renumbered(self._kept(groups, way.where), len(index))
        keys, offsets = index.encode(ids)
        states = [self._state(share, groups, len(ids), None) for share in way.shares]
        places = self._marked.folded(self.ids, groups, len(ids)).places(np.arange(len(ids)), self._files)
        return TableData(keys, offsets, states, places)

    def _same(self, way: Rolled, index: GroupIndex) -> TableData:
        """Return the table of a report whose groups are finer ones, or those of them that its WHERE leaves."""
        own, groups = self.ids, np.arange(len(self.ids), dtype=np.int32)
        if way.where is not None:
            ids, groups = _renumbered(self._kept(groups, way.where), len(own))
            own = own[ids]
        keys, offsets = index.encode(own)
        states = [self._state(share, groups, len(own), own) for share in way.shares]
        return TableData(keys, offsets, states, self._marked.places(own, self._files))

    @cached_property
    def _known(self) -> Evaluator:
        vectors = zip(self._keys, self._index.vectors(self.ids), strict=True)
        return self._learnt.over(len(self.ids), dict(vectors))

    def _kept(self, groups: NDArray[np.int32], condition: Expression | None) -> NDArray[np.int32]:
        if condition is None:
            return groups
        kept = np.empty(len(groups), np.int32)
        keep_groups(groups, self._known.truth(condition), len(groups), kept)
        return kept

    def _state(self, share: Share, groups: NDArray[np.int32], size: int, own: NDArray[np.int64] | None) -> State:
        """Return an aggregate by group; `own` are the finer groups where each is one of them."""
        if share.source is not None and share.filter is None and own is not None:
            return self._states[share.source].select(own)
        taking = self._kept(groups, share.filter)
        if share.source is not None:
            whole = self._states[share.source].folded(self._sent(taking), size)
            whole.aggregate = share.aggregate
            return whole
        state = new_state(share.aggregate)
        state.resize(size)
        if share.argument is not None:
            state.update(taking, self._known.vector(share.argument), len(taking))
        else:
            counts = np.zeros(size, np.int64)
            fold_cells(taking.astype(np.int64), self._counts, counts)
            state.load(size, [counts])
        return state

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        return self._marked.counts[self.ids]

    def _sent(self, groups: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return where each group of the index is sent to, -1 for those that have no rows."""
        sent = np.full(len(self._index), -1, np.int64)
        sent[self.ids] = groups
        return sent


def _renumbered(groups: NDArray[np.int32], size: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return which of so many groups occur, and the groups by their places among these; negative ones stay."""
    numbers = np.full(size + 1, -1, np.int32)  # a group of -1 finds the last
    numbers[groups] = 0
    numbers[size] = -1
    ids = np.flatnonzero(numbers >= 0)
    numbers[ids] = np.arange(len(ids), dtype=np.int32)
    return ids, numbers[groups]


def _nothing(way: Rolled, index: GroupIndex) -> TableData:
    none = np.zeros(0, np.int64)
    keys, offsets = index.encode(none)
    states = [new_state(share.aggregate).select(none) for share in way.shares]
    return TableData(keys, offsets, states, Places(none, np.zeros(0, np.uint8), none))
