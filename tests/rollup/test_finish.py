"""Finishing: HAVING, expressions, order and LIMIT over merged groups, compared with DuckDB over the same groups."""

from __future__ import annotations

import math

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.report_model import ColumnInfo
from logproc.rollup.finish import finish, report_columns
from logproc.rollup.sql import plan

DUCK = duckdb.connect()


def rows(sql, keys, aggregates):
    return finish(plan(sql, "r"), keys, aggregates)


def test_outputs_are_computed_from_keys_and_aggregates():
    sql = "SELECT upper(method) AS m, count(*) AS n, sum(bytes) / count(*) AS mean, 'x' AS c FROM web GROUP BY method"
    keys, aggregates = [["get", "post", None]], [[2, 1, 4], [10, None, 0]]
    assert rows(sql, keys, aggregates) == [("GET", 2, 5.0, "x"), ("POST", 1, None, "x"), (None, 4, 0.0, "x")]


def test_having_drops_false_and_null():
    sql = "SELECT status, sum(bytes) AS b FROM web GROUP BY status HAVING b > 5"
    assert rows(sql, [[200, 404, 500]], [[10, 3, None]]) == [(200, 10)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("b", [3, 10, None]), ("b DESC", [10, 3, None]), ("b NULLS FIRST", [None, 3, 10]),
        ("b DESC NULLS FIRST", [None, 10, 3]), ("-b", [10, 3, None]), ("2 DESC", [10, 3, None]),
        ("sum(bytes) + 1 DESC", [10, 3, None]),
    ],
)  # fmt: skip
def test_null_comes_last_unless_asked_first(order, expected):
    sql = f"SELECT status, sum(bytes) AS b FROM web GROUP BY status ORDER BY {order}"
    assert [row[1] for row in rows(sql, [[1, 2, 3]], [[10, None, 3]])] == expected


def test_ties_are_broken_by_the_output_columns_ascending_with_null_last():
    sql = "SELECT path, status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC"
    keys = [["b", "a", None, "a", "a"], [1, None, 1, 2, 1]]
    found = rows(sql, keys, [[7, 7, 7, 7, 9]])
    assert found == [("a", 1, 9), ("a", 2, 7), ("a", None, 7), ("b", 1, 7), (None, 1, 7)]


def test_without_order_by_rows_are_ordered_by_all_columns():
    sql = "SELECT path, count(*) FROM web GROUP BY 1"
    assert rows(sql, [["b", None, "a"]], [[1, 2, 3]]) == [("a", 3), ("b", 1), (None, 2)]


def test_limit_and_offset():
    sql = "SELECT path, count(*) AS n FROM web GROUP BY 1 ORDER BY n DESC LIMIT 2 OFFSET 1"
    assert rows(sql, [["a", "b", "c", "d"]], [[5, 5, 9, 5]]) == [("a", 5), ("b", 5)]
    assert rows(sql.replace("LIMIT 2", "LIMIT 0"), [["a"]], [[5]]) == []
    assert rows(sql, [["a"]], [[5]]) == []


def test_times_are_rendered_after_they_are_sorted():
    sql = "SELECT date_trunc('hour', time) AS h, count(*) FROM web GROUP BY 1 ORDER BY h DESC"
    found = rows(sql, [[-3600_000_000, 0, 1_500_000, None]], [[1, 2, 3, 4]])
    assert [row[0] for row in found] == [
        "1970-01-01T00:00:01.500000Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:00:00Z",
        None,
    ]


def test_nan_and_infinity_are_null_and_sort_as_null():
    sql = "SELECT path, approx_quantile(duration, 0.5) AS q, exp(sum(bytes)) FROM web GROUP BY 1 ORDER BY q DESC"
    keys, aggregates = [["a", "b", "c"]], [[math.nan, 2.0, math.inf], [1e9, 0, 0]]
    assert rows(sql, keys, aggregates) == [("b", 2.0, 1.0), ("a", None, None), ("c", None, 1.0)]


def test_a_report_without_keys_has_one_row():
    assert rows("SELECT count(*), sum(bytes), avg(bytes) FROM web", [], [[0], [None], [0]]) == [(0, None, None)]


def test_no_groups_no_rows():
    assert rows("SELECT path, count(*) FROM web GROUP BY 1 ORDER BY 2 LIMIT 5", [[]], [[]]) == []


def test_undeclared_keys_order_as_numbers_only_if_all_are():
    sql = "SELECT x, count(*) FROM json GROUP BY 1"
    assert rows(sql, [["10", "9", None]], [[1, 1, 1]]) == [(9, 1), (10, 1), (None, 1)]
    assert rows(sql, [["10", "9", "a"]], [[1, 1, 1]]) == [("10", 1), ("9", 1), ("a", 1)]


def test_columns_carry_type_and_role():
    spec = plan("SELECT date_trunc('day', time) AS d, status / 2 AS s, path, count(*) AS n FROM web GROUP BY ALL", "r")
    assert report_columns(spec) == (
        ColumnInfo("d", "time", "key"),
        ColumnInfo("s", "decimal", "key"),
        ColumnInfo("path", "text", "key"),
        ColumnInfo("n", "integer", "value"),
    )
    assert report_columns(plan("SELECT x FROM json GROUP BY 1", "r"))[0].type == "text"


ORDERS = st.tuples(
    st.sampled_from(["path", "n", "b", "n + b", "-n", "length(path)"]),
    st.sampled_from(["", "ASC", "DESC"]),
    st.sampled_from(["", "NULLS FIRST", "NULLS LAST"]),
)
GROUPS = st.dictionaries(
    st.tuples(st.one_of(st.none(), st.text("abé", max_size=2)), st.integers(0, 3)),
    st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(-2, 2))),
    max_size=12,
)


@given(GROUPS, st.lists(ORDERS, max_size=3), st.one_of(st.none(), st.integers(0, 6)), st.integers(0, 3), st.booleans())
def test_rows_come_as_from_duckdb(groups, orders, limit, offset, having):
    terms = [" ".join(order) for order in orders]
    tail = f"LIMIT {limit} OFFSET {offset}" if limit is not None else ""
    condition = "n > 0" if having else "true"
    ours = plan(
        f"SELECT path, status, count(*) AS n, sum(bytes) AS b FROM web GROUP BY ALL HAVING {condition} "
        f"{'ORDER BY ' + ', '.join(terms) if terms else ''} {tail}",
        "r",
    )
    table = [(*key, *values) for key, values in groups.items()]
    columns = [list(column) for column in zip(*table, strict=True)] or [[], [], [], []]
    DUCK.execute("CREATE OR REPLACE TEMP TABLE g (path VARCHAR, status INT, n INT, b INT)")
    if table:
        DUCK.executemany("INSERT INTO g VALUES ($1, $2, $3, $4)", [list(row) for row in table])
    everything = ", ".join([*terms, "path", "status", "n", "b"])
    expected = DUCK.execute(f"SELECT * FROM g WHERE {condition} ORDER BY {everything} {tail}").fetchall()
    assert finish(ours, columns[:2], columns[2:]) == expected


def test_many_groups_with_a_limit_equal_the_head_of_all_of_them():
    keys, counts = [[f"/{i * 7919 % 5003}" for i in range(5003)]], [[i * 31 % 97 for i in range(5003)]]
    sql = "SELECT path, count(*) AS n FROM web GROUP BY 1 ORDER BY n DESC"
    assert rows(f"{sql} LIMIT 60", keys, counts) == rows(sql, keys, counts)[:60]
