"""Expressions over rows against DuckDB: what a query means here is what it means there."""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from logproc.rollup.functions import CALLABLE, DOMAIN, FUNCTIONS
from logproc.rollup.spec import Column, Literal
from logproc.rollup.sql import plan

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - DuckDB's TIMESTAMP has no zone

PATHS = [
    *("/", "/a/b.css", "/A", "/caf\u00e9", "/50%", "a,b;c", "x y", "", "aXbXc"),
    *("2026-02-01", "01/Feb/2026:10:20:30", "\u00dfx"),
]
QUERIES = ["a", "b", "/", "", "abc", "cab", "e\u0301", "X", "10"]

EXPRESSIONS = (Path(__file__).parent / "expressions.txt").read_text(encoding="utf-8").splitlines()


def rows(count=120):
    rng = random.Random(6)
    begin = dt.datetime(2023, 11, 25)  # noqa: DTZ001

    def maybe(value):
        return None if rng.random() < 0.1 else value

    return [
        {
            "path": maybe(rng.choice(PATHS)),
            "query": maybe(rng.choice(QUERIES)),
            "status": maybe(rng.choice([0, 1, 63, 200, 301, 404, 500, 65535])),
            "bytes": maybe(rng.choice([0, 7, 1023, 1024, 123456, rng.randrange(10**12)])),
            "duration": maybe(rng.choice([0.0, 0.5, 1.5, 2.5, -2.5, rng.uniform(-1000, 1000)])),
            "time": maybe(begin + dt.timedelta(microseconds=rng.randrange(3 * 10**13) * 4)),
        }
        for _ in range(count)
    ]


ROWS = rows()


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE web "
            "(path VARCHAR, query VARCHAR, status BIGINT, bytes BIGINT, duration DOUBLE, time TIMESTAMP)"
        )
        connection.executemany("INSERT INTO web VALUES (?, ?, ?, ?, ?, ?)", [list(row.values()) for row in ROWS])
        yield connection


def ours(expression, row):
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Column):
        value = row[expression.name]
        return (value - EPOCH) // dt.timedelta(microseconds=1) if isinstance(value, dt.datetime) else value
    return FUNCTIONS[expression.function](*(ours(argument, row) for argument in expression.arguments))


def theirs(value):
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (dt.datetime(value.year, value.month, value.day) - EPOCH) // dt.timedelta(microseconds=1)  # noqa: DTZ001
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("sql", EXPRESSIONS)
def test_an_expression_means_what_it_means_to_duckdb(duck, sql):
    (aggregate,) = plan(f"SELECT count(*) FILTER (WHERE ({sql}) IS NULL) FROM web", "x").aggregates
    expression = aggregate.filter.arguments[0]
    expected = [theirs(value) for (value,) in duck.execute(f"SELECT TRY({sql}) FROM web").fetchall()]
    for row, value in zip(ROWS, expected, strict=True):
        mine = ours(expression, row)
        if isinstance(mine, float) and isinstance(value, float | int):
            assert math.isclose(mine, value, rel_tol=1e-9, abs_tol=1e-12), (row, mine, value)
        else:
            assert (mine, isinstance(mine, bool)) == (value, isinstance(value, bool)), row


def test_every_function_that_duckdb_has_is_one_of_its_own(duck):
    known = {name for (name,) in duck.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    by_grammar = {"coalesce", "ifnull", "nvl", "extract", "date_part", "position", "glob"}
    strange = CALLABLE - known - DOMAIN - by_grammar
    assert not strange, "a name that DuckDB lacks and that is not the domain's"
