"""What several tasks of one thread counted, by the group ids of its program: they become tables once for all of them.

To make tables of what a task counted, keys written out and finer groups rolled up, took more than a third of the CPU
time of preset `web`; to add what two tasks counted is a sum of arrays, as both have the same group ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from logproc.kernels.arrays import grown
from logproc.rollup.finer import has_extremes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from logproc.rollup.aggregate import Tally
    from logproc.rollup.groups import GroupIndex
    from logproc.rollup.spec import Aggregate, Expression, RollupSpec

    Indexes: TypeAlias = Mapping[tuple[Expression, ...], GroupIndex]

    Seen: TypeAlias = dict[RollupSpec, NDArray[np.bool_]]
    """By what is counted, whether a group of it has been seen."""

_EXACT = frozenset({"count", "sum", "approx_count_distinct", "approx_quantile"})


def adds_up(specs: Sequence[RollupSpec]) -> bool:
    """Tell whether aggregates are the same in whatever order tasks are added, and know no bound but that of groups."""
    return all(_adds_up(aggregate) for spec in specs for aggregate in spec.aggregates)


def _adds_up(aggregate: Aggregate) -> bool:
    if aggregate.function in {"min", "max"}:
        return has_extremes(aggregate)  # texts count where tables are bounded
    return aggregate.function in _EXACT


@dataclass(slots=True)
class Lot:
    """Tallies of the reports of a relation, those of finer groups, and the keys of the files that marks count from."""

    tallies: list[Tally]
    finer: dict[tuple[Expression, ...], Tally]
    files: NDArray[np.int64]

    def counted(self) -> Iterator[Tally]:
        """Yield the tallies that have counted anything."""
        yield from (tally for tally in (*self.finer.values(), *self.tallies) if len(tally.marked.counts))

    def add(self, other: Lot) -> None:
        """Take in what was counted by the same program in another task; `other` is of no use any more."""
        files = np.union1d(self.files, other.files)
        for lot in (self, other):
            lot.renumber(files)
        pairs = [*zip(self.tallies, other.tallies, strict=True)]
        pairs += [(tally, other.finer[keys]) for keys, tally in self.finer.items()]
        for mine, its in pairs:
            if len(its.marked.counts):
                mine.add(its)

    def renumber(self, files: NDArray[np.int64]) -> None:
        """Give each file its place among `files`, which ascend as marks have to, as its number."""
        if len(files) > len(self.files):
            numbers = np.searchsorted(files, self.files)
            for tally in self.counted():
                tally.marked.renumber(numbers)
            self.files = files

    def sizes(self, indexes: Indexes, seen: Seen) -> tuple[int, int]:
        """Enter the groups among those seen, and return the most groups, and bytes of their keys, of any report."""
        groups = size = 0
        for tally in self.counted():
            present = tally.marked.counts > 0
            known = seen.get(tally.spec, present)
            if len(known) < len(present):
                known = grown(known, len(present))
            known[: len(present)] |= present
            seen[tally.spec] = known
            ids = np.flatnonzero(known)
            groups = max(groups, len(ids))
            size = max(size, int(indexes[tally.spec.keys].lengths(ids).sum()))
        return groups, size
