"""Which state keeps which aggregate, and how far a sketch may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.rollup.moments import MomentsState
from logproc.rollup.sketches import DISTINCT_ERROR, QUANTILE_ERROR, DistinctState, QuantileState
from logproc.rollup.states import CountState, State, SumState
from logproc.rollup.texts import PairState, extreme_state
from logproc.rollup.values import ValuesState

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Aggregate

AGGREGATES: dict[str, Callable[[Aggregate], State]] = {
    "count": CountState,
    "sum": SumState,
    "min": extreme_state,
    "max": extreme_state,
    "arg_min": PairState,
    "arg_max": PairState,
    "approx_count_distinct": DistinctState,
    "approx_quantile": QuantileState,
    "count_distinct": ValuesState,
    "histogram": ValuesState,
    "mode": ValuesState,
    "approx_top_k": ValuesState,
    **dict.fromkeys(("var_samp", "var_pop", "stddev_samp", "stddev_pop"), MomentsState),
}
"""The state behind each aggregate function."""

RELATIVE_ERROR = {"approx_count_distinct": DISTINCT_ERROR, "approx_quantile": QUANTILE_ERROR}
"""Relative error by sketch."""


def new_state(aggregate: Aggregate) -> State:
    """Return an empty state."""
    return AGGREGATES[aggregate.function](aggregate)
