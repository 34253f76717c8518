"""Expressions over columns: what numpy computes for all rows at once is what the scalar functions say row by row."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of

from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, RowStore, TextVector
from logproc.rollup.evaluate import Evaluator, fields_of
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.functions_time import TIMES as TIME_FUNCTIONS
from logproc.rollup.functions_time import UNITS
from logproc.rollup.spec import Call, Column, Literal
from logproc.rollup.sql import plan
from logproc.rollup.vectors import OPERATIONS

INT64 = 2**63

INTEGERS = st.integers(-5, 5) | st.integers(-(2**62), 2**62)
DECIMALS = st.integers(-40, 40).map(lambda n: n / 8) | st.floats(-1e15, 1e15, allow_subnormal=False)
TIMES = st.integers(-(10**15), 4 * 10**15)
BY_KIND = {Kind.INTEGER: INTEGERS, Kind.DECIMAL: DECIMALS, Kind.TIME: TIMES, Kind.BOOLEAN: st.booleans()}
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


def vector_of(values, kind):
    """Return a column of some values; where a row has none stands what may stand in memory."""
    if kind is Kind.BOOLEAN:
        return BooleanVector(np.array([-1 if value is None else int(value) for value in values], np.int8))
    number = np.float64 if kind is Kind.DECIMAL else np.int64
    garbage = -(2**63) if kind is not Kind.DECIMAL else -1.5
    filled = [garbage if value is None else value for value in values]
    return NumberVector(np.array(filled, number), np.array([v is not None for v in values], np.uint8), kind)


def values_of(vector, rows):
    """Return a column's values row by row, as the scalar functions know them."""
    if isinstance(vector, BooleanVector):
        found = [None if value < 0 else bool(value) for value in vector.values.tolist()]
    elif isinstance(vector, TextVector):
        found = [None if code < 0 else vector.dictionary.key(code).decode() for code in vector.codes.tolist()]
    else:
        assert vector.values.dtype == (np.float64 if vector.kind is Kind.DECIMAL else np.int64)
        found = [v if ok else None for v, ok in zip(vector.values.tolist(), vector.valid.tolist(), strict=True)]
    assert len(found) == rows
    return found


@st.composite
def calls(draw):
    """Draw a function with a vector form, its result's kind, and arguments: columns, or literals for some."""
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    rows = draw(st.integers(0, 6))
    numbers = st.sampled_from([Kind.INTEGER, Kind.DECIMAL])
    texts = []
    if name in {"and", "or"}:
        kinds, result = [Kind.BOOLEAN] * draw(st.integers(2, 4)), Kind.BOOLEAN
    elif name == "not":
        kinds, result = [Kind.BOOLEAN], Kind.BOOLEAN
    elif name == "is_null":
        kinds, result = [draw(st.sampled_from(list(BY_KIND)))], Kind.BOOLEAN
    elif name in COMPARISONS:
        time = draw(st.booleans())
        kinds, result = ([Kind.TIME, Kind.TIME] if time else [draw(numbers), draw(numbers)]), Kind.BOOLEAN
    elif name == "in":
        kinds, result = [draw(st.sampled_from([Kind.INTEGER, Kind.DECIMAL, Kind.TIME]))] * 1, Kind.BOOLEAN
        items = draw(st.lists(st.none() | BY_KIND[kinds[0]], min_size=1, max_size=4))
        column = draw(st.lists(st.none() | st.sampled_from([*items]) | BY_KIND[kinds[0]], min_size=rows, max_size=rows))
        return name, result, [(column, kinds[0]), *((item, kinds[0]) for item in items)], rows
    elif name == "date_trunc":
        texts, kinds, result = [(draw(st.sampled_from(sorted(set(UNITS.values())))), Kind.TEXT)], [Kind.TIME], Kind.TIME
    elif name in {"bucket", "time_add"}:
        width = draw(st.sampled_from([(0, 1), (0, 7 * 10**6), (3, 0), (0, 10**15)]))
        times = (draw(st.lists(st.none() | BY_KIND[Kind.TIME], min_size=rows, max_size=rows)), Kind.TIME)
        written = [(part, Kind.INTEGER) for part in width]
        return name, Kind.TIME, [*written, times] if name == "bucket" else [times, *written], rows
    elif name in TIME_FUNCTIONS:
        kinds, result = [Kind.TIME], Kind.INTEGER
    elif name.startswith("cast_"):
        kinds, result = [draw(numbers)], Kind(name.removeprefix("cast_"))
    else:
        kinds = [draw(numbers), draw(numbers)]
        result = Kind.DECIMAL if name == "/" or Kind.DECIMAL in kinds else Kind.INTEGER
    arguments = []
    for position, kind in enumerate(kinds):
        constant = position > 0 and draw(st.booleans())
        value = st.none() | BY_KIND[kind]
        arguments.append((draw(value if constant else st.lists(value, min_size=rows, max_size=rows)), kind))
    return name, result, [*texts, *arguments], rows


@settings(max_examples=300)
@given(call=calls())
def test_every_vector_form_says_what_the_scalar_function_says(call):
    name, kind, arguments, rows = call
    given_ = [vector_of(v, k) if isinstance(v, list) else Literal(v, k) for v, k in arguments]
    result = OPERATIONS[name](given_, kind, rows)
    if result is None:
        return  # no vector form for these: the scalar function does it
    function = FUNCTIONS[name]
    expected = [function(*(v[row] if isinstance(v, list) else v for v, _ in arguments)) for row in range(rows)]
    expected = [None if isinstance(e, int) and not -INT64 <= e < INT64 else e for e in expected]
    assert values_of(result, rows) == expected
    assert getattr(result, "kind", Kind.BOOLEAN) == kind


def test_no_operation_is_left_out():
    assert set(OPERATIONS) <= set(FUNCTIONS)


# ---- expressions over stored rows --------------------------------------------------------------------------


def evaluate(sql, rows, *, family="web", relation=None):
    """Return the value of an expression for each row, as reports see it."""
    expression = plan(f"SELECT count(*) FILTER (WHERE ({sql}) IS NULL) FROM {relation or family}", "x").aggregates[0]
    assert expression.filter is not None
    inner = expression.filter.arguments[0]
    store = RowStore(set(fields_of(inner)))
    evaluator = Evaluator(store)
    store.append(batch_of(rows, family=family))
    return values_of(evaluator.vector(inner), len(rows)), inner


def by_hand(expression, row):
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Column):
        value = row.get(expression.name)
        return float(value) if value is not None and expression.kind is Kind.DECIMAL else value
    return FUNCTIONS[expression.function](*(by_hand(argument, row) for argument in expression.arguments))


EXPRESSIONS = [
    *("status + bytes", "status * duration", "bytes / status", "bytes // status", "bytes % status", "-bytes"),
    *("abs(bytes) + length(path)", "round(duration, 1)", "floor(duration / 2)", "greatest(status, bytes, duration)"),
    *("coalesce(bytes, 0) + 1", "coalesce(path, target, 'none')", "nullif(path, target)", "concat(path, '?', query)"),
    *("lower(path) || ':' || status::TEXT", "split_part(path, '/', 2)", "substring(path, status % 3, 2)"),
    *("left(path, bytes % 4)", "repeat(path, status - 199)", "path LIKE target", "path LIKE '/%'", "path ILIKE '%A%'"),
    *("status IN (200, 404, bytes)", "path IN ('/', target)", "status IN (200, NULL)", "path NOT IN ('/a', NULL)"),
    *("bytes BETWEEN 2 AND status", "path BETWEEN '/a' AND target", "duration NOT BETWEEN 0 AND 1"),
    *("CASE WHEN status > 300 THEN path WHEN bytes > 2 THEN target END", "CASE path WHEN '/a' THEN bytes ELSE 7 END"),
    *("if(status > 300, bytes, status)", "status > 300 AND path LIKE '/a%' OR bytes IS NULL", "NOT (status > bytes)"),
    *("path = target AND duration > 0.5", "(status > 300) = (bytes > 1)", "path IS NULL OR target IS NULL"),
    *("date_trunc('quarter', time)", "year(time) * 100 + month(time)", "strftime(time, '%H:%M')", "epoch(time)"),
    *("extract(hour FROM time) IN (3, 4)", "time > '2001-09-09'", "CAST(status AS TEXT) LIKE '4%'"),
    *("CAST(path AS BIGINT)", "TRY_CAST(target AS DOUBLE) > 1", "CAST(bytes AS BOOLEAN)", "round(duration)::BIGINT"),
    *("status > 300 IS TRUE", "(time IS NULL)::INT", "week(time) - status", "ceil(ln(bytes))"),
]

FIELDS = st.fixed_dictionaries(
    {
        "path": st.none() | st.sampled_from(["/", "/a", "/A/b", "12", "1.5", "/caf\u00e9", "%a"]),
        "target": st.none() | st.sampled_from(["/", "/a", "/%", "_a", "7", ""]),
        "query": st.none() | st.sampled_from(["x=1", ""]),
        "status": st.none() | st.sampled_from([200, 201, 304, 404]),
        "bytes": st.none() | st.integers(-3, 5) | st.integers(-(10**12), 10**12),
        "duration": st.none() | st.integers(-2000, 10**6).map(lambda n: n / 1000),
        "time": st.none() | TIMES,
    }
)


@pytest.mark.parametrize("share", range(4))  # to draw rows takes far longer than to evaluate one expression
@settings(max_examples=20)
@given(rows=st.lists(FIELDS, min_size=1, max_size=25))
def test_an_expression_over_columns_is_the_expression_over_each_row(share, rows):
    for sql in EXPRESSIONS[share::4]:
        found, expression = evaluate(sql, rows)
        assert found == [by_hand(expression, row) for row in rows], sql


@pytest.mark.parametrize(
    "sql",
    ["bytes + bytes", "bytes * bytes", "-bytes", "abs(bytes)", "bytes - 2", "round(bytes, -18)", "bytes // -1",
     "CAST(duration AS BIGINT)", "CAST(bytes::TEXT AS BIGINT)", "pow(bytes, 2)::BIGINT"],
)  # fmt: skip
def test_a_whole_number_beyond_64_bits_is_null_and_nothing_breaks(sql):
    rows = [{"bytes": value, "duration": float(value)} for value in (1 - 2**63, 2**63 - 1, -(2**62), 3)]
    found, expression = evaluate(sql, rows)
    expected = [by_hand(expression, row) for row in rows]
    assert found == [e if e is not None and -INT64 <= e < INT64 else None for e in expected]


@pytest.mark.parametrize(
    "sql", ["duration * duration", "duration + duration", "duration - -duration", "duration / 1e-300"]
)
def test_a_decimal_without_a_finite_result_is_null(sql):
    rows = [{"duration": "1" + "0" * 308}, {"duration": "2"}]
    found, expression = evaluate(sql, rows)
    assert found[0] is None
    assert found[1] == by_hand(expression, {"duration": 2.0})
    assert math.isfinite(found[1])


def test_values_of_mixed_kinds_keep_their_fractions():
    found, _ = evaluate("coalesce(bytes, 1.5)", [{"bytes": None}, {"bytes": 2}])
    assert found == [1.5, 2]
    found, _ = evaluate("greatest(bytes, duration)", [{"bytes": 1, "duration": 1.5}, {"bytes": 4, "duration": None}])
    assert found == [1.5, 4]


def test_a_function_of_text_runs_once_for_each_distinct_value(monkeypatch):
    seen = []
    spy = FUNCTIONS["upper"]
    monkeypatch.setitem(FUNCTIONS, "upper", replace(spy, evaluate=lambda text: seen.append(text) or spy(text)))
    call = Call("upper", (Column("path", Kind.TEXT),), Kind.TEXT)
    store = RowStore(set(fields_of(call)))
    evaluator = Evaluator(store)
    for _ in range(3):
        store.append(batch_of([{"path": "/a"}, {"path": "/b"}, {"path": None}] * 5))
        assert values_of(evaluator.vector(call), 15) == ["/A", "/B", None] * 5
        evaluator.next_rows()
        store.clear()
    assert sorted(seen) == ["/a", "/b"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("text", Kind.TEXT), (7, Kind.INTEGER), (0.5, Kind.DECIMAL), (True, Kind.BOOLEAN), (None, Kind.INTEGER)],
)
def test_a_constant_is_the_same_in_every_row(value, kind):
    store = RowStore([])
    store.append(batch_of([{"path": "/"}] * 3))
    assert values_of(Evaluator(store).vector(Literal(value, kind)), 3) == [value] * 3


def test_a_condition_that_is_unknown_is_not_true():
    condition = plan("SELECT count(*) FROM web WHERE bytes > 1", "x").where
    store = RowStore(set(fields_of(condition)))
    store.append(batch_of([{"bytes": None}, {"bytes": 1}, {"bytes": 2}]))
    assert (Evaluator(store).truth(condition) == 1).tolist() == [False, False, True]
    with pytest.raises(TypeError):
        Evaluator(store).truth(Column("bytes", Kind.INTEGER))
