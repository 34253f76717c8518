"""Fields of JSON that nobody declared: numbers where all values are numbers, as in DuckDB's `read_json`, else text."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, merged, tables_of

from logproc.adhoc.sql import Answer
from logproc.cli import execute
from logproc.config import Config
from logproc.errors import QueryError
from logproc.rollup.aggregate import Program
from logproc.rollup.numerals import comparable, number_of
from logproc.rollup.outcome import report_table
from logproc.rollup.sql import plan

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

WHOLE = st.integers(-12, 12) | st.integers(-(2**63), 2**63 - 1)
DECIMAL = st.sampled_from([5.0, -5.0, 0.5, 9.25, 10.5, -0.25, 1e21, 1.5e-7]) | st.floats(-1e6, 1e6)
WORDS = st.sampled_from(["9", "10", "a", "B", "-1", "", "1.10", "true", "1e", "0x1"])
COLUMNS = st.one_of(
    st.lists(st.none() | WHOLE, min_size=1, max_size=12),
    st.lists(st.none() | st.integers(-12, 12) | DECIMAL, min_size=1, max_size=12),
    st.lists(st.none() | WHOLE | WORDS.filter(bool), min_size=1, max_size=12),
)

QUERIES = [
    "SELECT max(x), min(x) FROM json",
    "SELECT g, max(x) AS m, min(x) AS l FROM json GROUP BY g ORDER BY m DESC NULLS FIRST, g",
    "SELECT x, count(*) FROM json GROUP BY x ORDER BY x",
    "SELECT x, count(*) FROM json GROUP BY ALL ORDER BY x DESC NULLS LAST LIMIT 3",
    "SELECT g, max(x) AS m FROM json GROUP BY g HAVING max(x) IS NOT NULL ORDER BY m, g LIMIT 2",
    "SELECT max(x) FILTER (WHERE g > 0), any_value(g) FILTER (WHERE g = 1) FROM json",
]
NUMERIC = [
    "SELECT count(*) FROM json WHERE x > 5",
    "SELECT count(*) FROM json WHERE x > '5'",
    "SELECT count(*) FROM json WHERE x BETWEEN '-3' AND '10'",
    "SELECT count(*) FROM json WHERE x IN ('5', '10', '-5')",
    "SELECT count(*), max(greatest(x, y)), min(least(x, y)) FROM json WHERE x > y OR x = y OR y IS NULL",
    "SELECT count(*) FROM json WHERE CASE x WHEN '5' THEN false ELSE true END",
    "SELECT max(coalesce(x, y)), max(CASE WHEN g > 0 THEN x END) FROM json",
    "SELECT g, max(x) AS m FROM json GROUP BY g HAVING max(x) > '5' ORDER BY 1",
]


def is_number(value):
    return isinstance(value, int | float) or number_of(value) is not None


def expected(folder, rows, sql, *, numbers):
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kind = "VARCHAR"
    if numbers:
        kind = "DOUBLE" if any(isinstance(row[name], float) for row in rows for name in ("x", "y")) else "BIGINT"
    with duckdb.connect() as duck:
        duck.execute(
            f"CREATE VIEW json AS FROM read_json('{file}', format = 'newline_delimited', "
            f"columns = {{'g': 'BIGINT', 'x': '{kind}', 'y': '{kind}'}})"
        )
        return duck.execute(sql).fetchall()


def same(found, wanted):
    """Compare rows in any order: ties are for other tests."""
    left, right = (sorted(rows, key=repr) for rows in (found, wanted))
    return left == right


def text(value):
    return value if value is None or isinstance(value, str) else json.dumps(value)


def rollup(rows, sql, cut):
    spec = plan(sql, "q")
    program = Program([spec], 1000)
    parts = [rows[cut:], rows[:cut]]
    written = [[{name: text(value) for name, value in row.items()} for row in part] for part in parts]
    tables = [tables_of(program, [batch_of(part, family="json")] if part else [])[0] for part in written]
    return list(report_table(merged(spec, tables)).rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=COLUMNS, cut=st.integers(0, 12), data=st.data())
@example(column=[9, 10, 100], cut=1, data=None)
@example(column=[5, 5.0, 7.5], cut=1, data=None)
@example(column=[9, 10, "x"], cut=2, data=None)
@example(column=[None, None, None, "a", 0], cut=0, data=None)
def test_reports_compare_undeclared_fields_as_duckdb_does(tmp_path, column, cut, data):
    others = column[1:] + column[:1]
    rows = [{"g": n % 3, "x": x, "y": y} for n, (x, y) in enumerate(zip(column, others, strict=True))]
    present = [value for value in column if value is not None]
    numbers = all(map(is_number, present))
    queries = QUERIES + NUMERIC if numbers and not any(isinstance(value, str) for value in present) else QUERIES
    if numbers and any(isinstance(value, str) for value in present):
        return  # quoted numbers: text to read_json
    for sql in queries if data is None else [data.draw(st.sampled_from(queries))]:
        kept = [row["x"] for row in rows if row["g"] > 0 and row["x"] is not None]
        if "FILTER" in sql and not numbers and all(map(is_number, kept)):
            continue  # what the filter leaves is numbers here, and text to read_json, which saw the others
        found, wanted = rollup(rows, sql, cut), expected(tmp_path, rows, sql, numbers=numbers)
        assert same(found, wanted), (sql, rows)
        if "ORDER BY" in sql and "m" not in sql:
            assert [row[0] for row in found] == [row[0] for row in wanted]


@given(st.lists(WHOLE | DECIMAL, min_size=2, max_size=2))
def test_keys_order_as_the_numbers_do(pair):
    a, b = pair
    assert (comparable(a) < comparable(b)) == (a < b)
    assert (comparable(a) == comparable(b)) == (a == b)
    assert comparable(a) < comparable("a")


LINES = [
    {"n": 9, "id": 1234567890123456789, "up": "0.120", "mixed": 1, "version": "1.10"},
    {"n": 10, "id": 1234567890123456788, "up": "10.500", "mixed": "x", "version": "1.9"},
    {"n": 100.5, "id": 99, "up": "9.1", "mixed": None, "version": "1.2"},
]


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return Config(paths=(str(tmp_path),))


def answer(config, sql):
    with Answer(config, sql) as found:
        if found.table is not None:
            return list(found.table.rows)
        batches = [batch.to_pydict() for batch in found.batches()]
        return [row for batch in batches for row in zip(*batch.values(), strict=True)]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT max(n), max(id), max(up), max(mixed) FROM json", [(100.5, 1234567890123456789, 10.5, "x")]),
        ("SELECT n FROM json GROUP BY n ORDER BY n DESC LIMIT 1", [(100.5,)]),
        ("SELECT up FROM json GROUP BY up ORDER BY up LIMIT 2", [("0.120",), ("9.1",)]),
        ("SELECT version FROM json GROUP BY ALL ORDER BY 1 DESC LIMIT 1", [("1.9",)]),
        ("SELECT count(*) FROM json WHERE n > '9'", [(2,)]),
        ("SELECT id // 10 AS k, count(*) FROM json WHERE id < 1000 GROUP BY k", [(9, 1)]),
        ("SELECT sum(n // 4::DOUBLE) FROM json WHERE id < 1000", [(25.125,)]),
        ("SELECT sum(n // 4) FROM json WHERE id < 1000", [(25.125,)]),
        ("SELECT n // 10 AS k, count(*) FROM json GROUP BY k ORDER BY k", [(0.9, 1), (1, 1), (10.05, 1)]),
    ],
)
def test_both_engines_take_a_field_of_numbers_for_numbers(logs, sql, rows):
    assert answer(logs, sql) == rows
    other = sql.replace("FROM json", "FROM (FROM json)")
    assert [tuple(map(float_of, row)) for row in answer(logs, other)] == [tuple(map(float_of, row)) for row in rows]


def float_of(value):
    return float(value) if isinstance(value, int) or number_of(str(value)) is not None else value


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT median(n), sum(up) FROM json", [(10.0, 19.72)]),
        ("SELECT n - lag(n) OVER (ORDER BY n) AS step FROM json ORDER BY step", [(1.0,), (90.5,), (None,)]),
        ("SELECT lower(version), max(up) OVER () FROM json ORDER BY 1 LIMIT 1", [("1.10", 10.5)]),
        ("SELECT CAST(version AS TEXT) AS v, row_number() OVER (ORDER BY v) FROM json LIMIT 1", [("1.10", 1)]),
        ("SELECT sum(missing) OVER () FROM json LIMIT 1", [(None,)]),
        ("SELECT j.n FROM json AS j JOIN json AS k ON j.n < k.n AND k.id > '100' ORDER BY 1", [(9.0,)]),
    ],
)
def test_duckdb_is_given_numbers(logs, sql, rows):
    assert answer(logs, sql) == rows


def test_a_number_that_is_none_is_named(logs):
    with pytest.raises(QueryError, match=r"mixed is text here, with 'x' among its values; write TRY_CAST") as refused:
        answer(logs, "SELECT sum(mixed) OVER () FROM json")
    assert str(refused.value).endswith("^~~~~")
    assert answer(logs, "SELECT sum(TRY_CAST(mixed AS DOUBLE)) OVER () FROM json LIMIT 1") == [(1.0,)]


def test_json_says_what_an_undeclared_column_is(logs, capfd):
    assert execute(["sql", "SELECT n, max(id) AS i, mixed FROM json GROUP BY ALL", *logs.paths, "--to", "json"]) == 0
    columns = json.loads(capfd.readouterr().out)["columns"]
    assert [column["type"] for column in columns] == ["decimal", "integer", "text"]
