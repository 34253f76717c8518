"""Grouped aggregation against loops over Python's own numbers."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.kernels.group import (
    LARGEST,
    append_numbers,
    append_texts,
    count_codes,
    count_rows,
    count_valid,
    extremes_decimals,
    extremes_integers,
    floor_values,
    sum_decimals,
    sum_integers,
)
from logproc.kernels.intern import Dictionary

GROUPS = 4
NANO = 10**9


def rows_of(values: st.SearchStrategy) -> st.SearchStrategy:
    """Draw rows of (group, valid, value)."""
    return st.lists(st.tuples(st.integers(-1, GROUPS - 1), st.sampled_from([0, 1, 1, 255]), values), max_size=50)


def columns(rows: list, dtype: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    groups, valid, values = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(groups, np.int32), np.array(valid, np.uint8), np.array(values, dtype)


def members(rows: list) -> list[list]:
    """Return the valid values of each group."""
    return [[value for group, valid, value in rows if group == wanted and valid] for wanted in range(GROUPS)]


def cells(count: int = 1, dtype: type = np.int64) -> list[np.ndarray]:
    return [np.zeros(GROUPS, dtype) for _ in range(count)]


INTEGERS = (
    st.integers(-(2**62), 2**62) | st.integers(-3, 3) | st.sampled_from([2**32, 2**32 - 1, -(2**32), -(2**32) - 1])
)


@given(rows_of(st.integers(-1, 3)))
def test_counts_leave_out_rows_of_no_group_and_of_no_value(rows: list):
    groups, valid, codes = columns(rows, np.int32)
    [every], [valued], [coded] = cells(), cells(), cells()
    count_rows(groups, len(rows), every)
    count_valid(groups, valid, len(rows), valued)
    count_codes(groups, codes, len(rows), coded)
    assert every.tolist() == [sum(group == wanted for group, _, _ in rows) for wanted in range(GROUPS)]
    assert valued.tolist() == [len(values) for values in members(rows)]
    assert coded.tolist() == [sum(g == wanted and c >= 0 for g, _, c in rows) for wanted in range(GROUPS)]


@given(rows_of(INTEGERS))
def test_integers_add_up_exactly_beyond_64_bits(rows: list):
    groups, valid, values = columns(rows, np.int64)
    high, low, counts = cells(3)
    for _ in range(2):
        sum_integers(groups, values, valid, len(rows), high, low, counts)
    sums = [(h << 32) + rest for h, rest in zip(high.tolist(), low.tolist(), strict=True)]
    assert sums == [2 * sum(values) for values in members(rows)]
    assert counts.tolist() == [2 * len(values) for values in members(rows)]


@given(rows_of(st.integers(-(10**15), 10**15)))
def test_decimals_with_nine_places_add_up_exactly(rows: list):
    groups, valid, nanos = columns(rows, np.int64)
    high, low, rest, huge, counts = cells(5)
    sum_decimals(groups, nanos / NANO, valid, len(rows), high, low, rest, huge, counts)
    sums = [((h << 32) + n) * NANO + r for h, n, r in zip(high.tolist(), low.tolist(), rest.tolist(), strict=True)]
    assert not huge.any()
    assert sums == [sum(values) for values in members(rows)]
    assert counts.tolist() == [len(values) for values in members(rows)]


@given(rows_of(st.floats(-1e18, 1e18) | st.floats(-1, 1) | st.sampled_from([-1e-17, 5e-324, -0.0, 0.5e-9, 1 - 2**-53])))
def test_any_decimal_is_rounded_to_the_nearest_nano_once(rows: list):
    groups, valid, values = columns(rows, np.float64)
    high, low, rest, huge, counts = cells(5)
    sum_decimals(groups, values, valid, len(rows), high, low, rest, huge, counts)
    for h, n, r, exact in zip(high.tolist(), low.tolist(), rest.tolist(), members(rows), strict=True):
        error = ((h << 32) + n) * NANO + r - NANO * sum(map(Fraction, exact))
        # The fraction times a thousand million is itself rounded, to 2**-23 nanos at worst, which can turn a tie.
        assert abs(error) <= len(exact) * (Fraction(1, 2) + Fraction(1, 2**23))


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 1e300, float("inf"), float("-inf"), float("nan")])
def test_what_is_no_amount_is_counted_apart_from_a_decimal_sum(value: float):
    high, low, rest, huge, counts = cells(5)
    values = np.array([value, 1.25])
    sum_decimals(np.zeros(2, np.int32), values, np.ones(2, np.uint8), 2, high, low, rest, huge, counts)
    assert (high[0], low[0], rest[0], huge[0], counts[0]) == (0, 1, 250_000_000, 1, 2)


@pytest.mark.parametrize(("sign", "best_of"), [(1, max), (-1, min)])
@pytest.mark.parametrize(
    ("kernel", "dtype", "numbers"),
    [
        (extremes_integers, np.int64, st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2)),
        (extremes_decimals, np.float64, st.floats(allow_nan=False) | st.sampled_from([-1.5, 0.0, 1.5])),
    ],
)
def test_extremes_are_those_of_the_valid_values(kernel, dtype: type, numbers: st.SearchStrategy, sign: int, best_of):
    @given(rows_of(numbers))
    def check(rows: list) -> None:
        groups, valid, values = columns(rows, dtype)
        [best], [counts] = cells(1, dtype), cells()
        for half in (slice(0, len(rows) // 2), slice(len(rows) // 2, None)):
            part = groups[half], values[half], valid[half]
            kernel(*part, len(part[0]), best, counts, sign)
        assert counts.tolist() == [len(values) for values in members(rows)]
        for found, expected in zip(best.tolist(), members(rows), strict=True):
            assert not expected or found == best_of(expected)

    check()


@given(st.lists(st.integers(-1, 4), max_size=20), st.lists(st.binary(max_size=20), min_size=5, max_size=5, unique=True))
def test_keys_are_written_with_tags_and_little_endian_numbers(codes: list[int], keys: list[bytes]):
    numbers = np.array([0, -1, 2**63 - 1, -(2**63), 0x0102030405060708], np.int64)
    texts = Dictionary(raw=True)
    for key in keys:
        texts.add(key)
    room = 64
    out = np.full(len(codes) * room, 77, np.uint8)
    cursor = np.arange(len(codes), dtype=np.int64) * room
    rows = np.arange(len(codes), dtype=np.int64)
    append_numbers(rows, np.array(codes, np.int64), numbers, out, cursor)
    append_texts(rows, np.array(codes, np.int64), texts.arena, texts.entries, out, cursor)
    for row, code in enumerate(codes):
        written = b"\0\0"
        if code >= 0:
            written = b"\1" + struct.pack("<q", numbers[code]) + b"\1" + struct.pack("<I", len(keys[code])) + keys[code]
        assert out[row * room : (row + 1) * room].tobytes() == written.ljust(room, b"M")
        assert cursor[row] == row * room + len(written)


@given(
    st.lists(st.integers(-(2**62), 2**62) | st.integers(-50, 50), max_size=40),
    st.integers(-100, 100),
    st.integers(1, 60),
)
def test_floors_are_multiples_of_the_unit_from_the_origin_on(values, origin, unit):
    floors = np.empty(len(values), np.int64)
    floor_values(np.array(values, np.int64), len(values), origin, unit, floors)
    assert floors.tolist() == [origin + (value - origin) // unit * unit for value in values]
