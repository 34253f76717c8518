"""Sketches against what they stand for: distinct values, and the order of all values."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.kernels.intern import Dictionary
from logproc.kernels.sketch import (
    BUCKET_BITS,
    BUCKET_SHIFT,
    DENSE_FROM,
    PRECISION,
    RANKS,
    REGISTERS,
    bucket_middle,
    estimate_distinct,
    hash_values,
)
from logproc.model import Kind
from logproc.rollup.columns import NumberVector, TextVector
from logproc.rollup.sketches import DistinctState, QuantileState
from logproc.rollup.spec import Aggregate, Column

SIGMA = 1.04 / math.sqrt(REGISTERS)
X = Column("x", Kind.INTEGER)
WITHIN = 1 / 129 * (1 + 1e-9)
SMALLEST_NORMAL = 2.0**-1022


def hashes_of(values: np.ndarray) -> np.ndarray:
    out = np.empty(len(values), np.uint64)
    hash_values(values, len(values), out)
    return out


def distinct_state(groups: int = 1) -> DistinctState:
    state = DistinctState(Aggregate("approx_count_distinct", X, Kind.INTEGER))
    state.resize(groups)
    return state


def count(state: DistinctState, groups: np.ndarray, values: np.ndarray, step: int | None = None) -> DistinctState:
    """Take values in, `step` rows a call."""
    step = step or max(len(values), 1)
    for at in range(0, len(values), step):
        part = values[at : at + step]
        vector = NumberVector(part, np.ones(len(part), np.uint8), Kind.INTEGER)
        state.update(groups[at : at + step].astype(np.int32), vector, len(part))
    return state


def registers_of(groups: np.ndarray, values: np.ndarray) -> dict[int, int]:
    """Say with Python's integers which rank each (group, register) has."""
    ranks: dict[int, int] = {}
    for group, hashed in zip(groups.tolist(), hashes_of(values).tolist(), strict=True):
        if group >= 0:
            key = group << PRECISION | hashed >> (64 - PRECISION)
            rest = hashed & ((1 << (64 - PRECISION)) - 1)
            ranks[key] = max(ranks.get(key, 0), 64 - PRECISION - rest.bit_length() + 1)
    return ranks


def entries(state: DistinctState | QuantileState) -> dict[int, int]:
    keys, values = state.arrays()
    assert np.all(keys[1:] > keys[:-1])
    return dict(zip(keys.tolist(), values.tolist(), strict=True))


# ---- distinct values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("distinct", [0, 1, 2, 10, 100, 1000, 10_000, 40_000, 200_000])
def test_an_estimate_is_within_four_standard_errors(distinct: int, seed: int):
    values = np.random.default_rng(seed).permutation(np.arange(distinct, dtype=np.int64) * 1_000_003 + seed * 2**40)
    state = count(distinct_state(), np.zeros(2 * distinct, np.int32), np.tile(values, 2), 70_001)
    [found] = state.results(np.array([0]))
    assert abs(found - distinct) <= 4 * SIGMA * distinct


@pytest.mark.parametrize("distinct", [0, 3, 5000, 100_000])
def test_texts_are_counted_as_well_as_numbers_and_nulls_are_not(distinct: int):
    dictionary = Dictionary()
    keys = [b"10.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255) for n in range(distinct)]
    ends = np.cumsum([len(key) for key in keys], dtype=np.int64)
    starts = np.concatenate([np.zeros(min(1, distinct), np.int64), ends[:-1]])
    codes = np.full(distinct + 2, -1, np.int32)
    buffer = np.frombuffer(b"".join(keys) + bytes(16), np.uint8).copy()
    dictionary.encode(buffer, starts, ends, np.zeros(distinct, np.uint8), distinct, codes)
    state = distinct_state()
    state.update(np.zeros(distinct + 2, np.int32), TextVector(codes, dictionary), distinct + 2)
    [found] = state.results(np.array([0]))
    assert abs(found - distinct) <= 4 * SIGMA * distinct


def test_full_registers_do_not_break_the_estimate():
    histograms = np.zeros((3, RANKS), np.int64)
    histograms[[0, 1, 2], [0, 50, 1]] = REGISTERS
    nothing, saturated, ones = estimate_distinct(histograms)
    assert nothing == 0
    assert saturated > 10**15
    assert ones > REGISTERS // 2


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-(2**63), 2**63 - 1)), max_size=60))
def test_registers_are_the_ranks_of_the_hashes(rows: list[tuple[int, int]]):
    groups = np.array([group for group, _ in rows], np.int32)
    values = np.array([value for _, value in rows], np.int64)
    assert entries(count(distinct_state(4), groups, values)) == registers_of(groups, values)


def test_sparse_and_dense_registers_are_the_same():
    rng = np.random.default_rng(5)
    values = rng.integers(0, 2**60, 30_000)
    groups = rng.choice([0, 0, 0, 0, 1, 1, 2, -1], len(values))
    groups[:20] = 3
    at_once, in_steps = count(distinct_state(4), groups, values), count(distinct_state(4), groups, values, 97)
    assert len(in_steps._dense_group) == 3  # group 3 stays sparse
    expected = registers_of(groups, values)
    assert Counter(key >> PRECISION for key in expected)[0] > DENSE_FROM
    assert entries(at_once) == expected
    assert entries(in_steps) == expected
    count(in_steps, groups, values, 1013)  # a state that was asked for its arrays goes on
    assert entries(in_steps) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_the_greatest_registers_of_parts_are_those_of_the_whole(order: int):
    rng = np.random.default_rng(6)
    values, groups = rng.integers(0, 50_000, 60_000), rng.integers(0, 3, 60_000)
    total = distinct_state(3)
    for part in np.array_split(np.arange(60_000), [100, 5000, 5001, 40_000])[::order]:
        mapping = np.array([2, 0, 1])  # the part's group i is our group mapping[i]
        total.merge(count(distinct_state(3), np.argsort(mapping)[groups[part]], values[part]), mapping)
    assert entries(total) == registers_of(groups, values)


# ---- quantiles -------------------------------------------------------------------------------------------------------

FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False) | st.floats(
    -1000, 1000, allow_subnormal=False
)
NORMAL = FINITE.filter(lambda x: abs(x) >= SMALLEST_NORMAL)


def quantile_state(share: float, groups: int = 1) -> QuantileState:
    state = QuantileState(Aggregate("approx_quantile", X, Kind.DECIMAL, parameter=share))
    state.resize(groups)
    return state


def take(state: QuantileState, values: list[float]) -> QuantileState:
    array = np.array(values, np.float64)
    groups = np.zeros(len(values), np.int32)
    state.update(groups, NumberVector(array, np.ones(len(values), np.uint8), Kind.DECIMAL), len(values))
    return state


def bucket_of(value: float) -> int:
    [bucket] = entries(take(quantile_state(0.5), [value]))
    return bucket


@given(NORMAL)
def test_the_middle_of_a_bucket_is_close_to_every_number_in_it(value: float):
    bucket = bucket_of(value)
    assert bucket == int(np.float64(value).view(np.uint64)) >> BUCKET_SHIFT
    middle = bucket_middle(bucket)
    assert abs(middle - value) <= abs(value) * WITHIN
    assert bucket_of(middle) == bucket


@pytest.mark.parametrize("exponent", [-1022, -1000, -500, -1, 0, 1, 10, 500, 1000, 1023])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_bounds_of_each_bucket_of_a_power_of_two_are_equally_far_from_its_middle(exponent: int, sign: int):
    for step in range(64):
        low = sign * math.ldexp(1 + step / 64, exponent)
        middle = bucket_middle(bucket_of(low))
        last = math.nextafter(low + sign * math.ldexp(1, exponent - 6), 0) if exponent < 1023 or step < 63 else None
        assert abs(middle - low) <= abs(low) * WITHIN
        if last is not None:
            assert bucket_of(last) == bucket_of(low)
            assert abs(middle - last) <= abs(last) * WITHIN


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, -5e-324])
def test_zero_and_next_to_nothing_read_zero(value: float):
    assert bucket_middle(bucket_of(value)) == 0.0


def test_infinity_keeps_its_bucket():
    assert bucket_middle(bucket_of(math.inf)) == math.inf
    assert bucket_middle(bucket_of(-math.inf)) == -math.inf


@given(FINITE, FINITE)
def test_buckets_are_in_the_order_of_their_numbers(one: float, other: float):
    low, high = sorted((one, other))
    assert bucket_middle(bucket_of(low)) <= bucket_middle(bucket_of(high))


@given(st.lists(FINITE, min_size=1, max_size=80), st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_a_quantile_is_close_to_the_value_of_that_rank(values: list[float], share: float):
    [found] = take(quantile_state(share), values).results(np.array([0]))
    exact = sorted(values)[math.floor(share * (len(values) - 1))]
    assert found is not None
    assert abs(found - exact) <= abs(exact) * WITHIN


def test_counts_of_many_buckets_of_many_groups_survive_growth():
    rng = np.random.default_rng(7)
    values, groups = rng.lognormal(0, 30, 50_000), rng.integers(-1, 40, 50_000).astype(np.int32)
    valid = rng.integers(0, 2, 50_000).astype(np.uint8)
    state = quantile_state(0.5, 40)
    state.update(groups, NumberVector(values, valid, Kind.DECIMAL), len(values))
    buckets = (values.view(np.uint64) >> np.uint64(BUCKET_SHIFT)).astype(np.int64)
    taken = (groups >= 0) & (valid != 0)
    expected = Counter(((groups[taken].astype(np.int64) << BUCKET_BITS) | buckets[taken]).tolist())
    assert entries(state) == expected
    assert len(expected) > 8192  # the map has grown


def test_a_group_without_values_has_no_quantile():
    assert quantile_state(0.5, 2).results(np.array([0, 1])) == [None, None]
