"""The state of variances and standard deviations: the exact sums of values and of their squares.

A decimal is a whole number of 53 bits times a power of two, and its square one of 106 bits. Both are added to
fixed-point numbers of `LIMBS` words of 32 bits, so that no bit is lost and no order of adding matters; the quotient is
computed from whole numbers at the end. (Kulisch's long accumulator, cut to the range in which logs have numbers.)
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.arrays import grown
from logproc.kernels.moments import LIMBS, LOWEST, WORDS, carry, sum_moments
from logproc.report_model import ReportError
from logproc.rollup.columns import NumberVector
from logproc.rollup.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.columns import Vector
    from logproc.rollup.spec import Aggregate, Value
    from logproc.rollup.states import Array, Groups, Ids


class MomentsState(State):
    """Count, sum and sum of squares; `words` has a row a group, the last two of it count values and those too large."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate)
        self.words = np.zeros((0, WORDS), np.int64)

    def resize(self, size: int) -> None:
        """Hold `size` groups."""
        if size > len(self.words):
            self.words = grown(self.words, max(size, 2 * len(self.words)))
        self.size = size

    def update(self, groups: Groups, argument: Vector | None, rows: int) -> None:
        """Add the values that are not null."""
        if not isinstance(argument, NumberVector):
            raise TypeError(argument)
        bits = np.ascontiguousarray(argument.values, np.float64).view(np.int64)
        sum_moments(groups, bits, argument.valid, rows, self.words)

    def _carried(self) -> Array:
        carry(self.words, self.size)
        return self.words[: self.size]

    def select(self, ids: Ids) -> MomentsState:
        """Return a state of the groups `ids` alone."""
        chosen = MomentsState(self.aggregate)
        chosen.words, chosen.size = self._carried()[ids], len(ids)
        return chosen

    def merge(self, other: State, mapping: Ids) -> None:
        """Add another state."""
        self._carried()
        self.words[mapping] += other.arrays()[0].reshape(-1, WORDS)

    def folded(self, groups: Ids, size: int) -> MomentsState:
        """Return a state of `size` groups, each of which has taken in all those of ours that `groups` sends to it."""
        whole = MomentsState(self.aggregate)
        whole.resize(size)
        np.add.at(whole.words, groups, self._carried())
        return whole

    def results(self, ids: Ids) -> list[Value]:
        """Return variances or deviations; null for fewer values than they need, or one that is beyond all measure."""
        return [self._result(row) for row in self._carried()[ids].tolist()]

    def _result(self, row: list[int]) -> Value:
        *words, count, huge = row
        sample = not self.aggregate.function.endswith("_pop")
        if huge or count < 1 + sample:
            return None
        total, squares = _whole(words[:LIMBS]), _whole(words[LIMBS:])
        # Both are scaled by 2 ** -LOWEST: squares once, the square of the total twice.
        spread = (count * squares << -LOWEST) - total * total
        variance = float(Fraction(spread, count * (count - sample) << (2 * -LOWEST)))
        return math.sqrt(variance) if self.aggregate.function.startswith("stddev") else variance

    def error(self, ids: Ids) -> ReportError | None:
        """Say that results are missing because so many values were too large."""
        large = int(self.words[ids, -1].sum()) if len(ids) else 0
        return ReportError("missing", float(large)) if large else None

    def arrays(self) -> list[Array]:
        """Return the words, carried: equal sums have equal words."""
        return [self._carried().reshape(-1)]

    def load(self, size: int, arrays: Sequence[Array]) -> None:
        """Become the state that was dumped."""
        self.words, self.size = np.array(arrays[0]).reshape(-1, WORDS), size

    def clear(self) -> None:
        """Make every group neutral."""
        self.words[:] = 0


def _whole(words: list[int]) -> int:
    return sum(word << (32 * place) for place, word in enumerate(words))
