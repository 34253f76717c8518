"""Which state keeps which aggregate, and how far a sketch may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.rollup.sketches import DistinctState, QuantileState
from logproc.rollup.states import CountState, ExtremeState, State, SumState

if TYPE_CHECKING:
    from logproc.rollup.spec import Aggregate

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
