"""SELECTs within a query whose groups are counted while parsing: the answer is that of DuckDB over all rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup.test_oracle import web_line

from logproc.adhoc.duck import Duck
from logproc.config import Config
from logproc.errors import QueryError

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

DATA = Path(__file__).parents[2] / "data"
CONFIG = Config(paths=(str(DATA / "web1"),), workers=2)

GROUPED = [
    "SELECT n, count(*) AS c FROM (SELECT client, count(*) AS n FROM web GROUP BY client) GROUP BY n",
    "SELECT h, count(*) AS c FROM (SELECT DISTINCT date_trunc('hour', time) AS h, client FROM web) GROUP BY ALL",
    (
        "SELECT status, path FROM (SELECT status, path, row_number() OVER (PARTITION BY status ORDER BY count(*) DESC, "
        "path) AS place FROM web GROUP BY status, path) WHERE place = 1"
    ),
    (
        "WITH t AS (SELECT path, sum(bytes) AS b, avg(bytes) AS m, min(time) AS t, max(status) AS s FROM web GROUP BY "
        "path HAVING count(*) > 1) SELECT * FROM t UNION ALL SELECT 'x', sum(b), 2, max(t), NULL FROM t"
    ),
    "SELECT status, count(*), count(*) OVER () FROM web GROUP BY status",
    "SELECT status, sum(count(*)) OVER (ORDER BY status) AS running FROM web GROUP BY 1",
    "SELECT count(*) FILTER (WHERE status = 404) / count(*) AS r FROM web QUALIFY row_number() OVER () = 1",
    "SELECT (SELECT count(*) FROM web WHERE status = 404) AS a, (SELECT max(bytes) FROM web) AS b",
    (
        "SELECT status, a.n, b.n FROM (SELECT status, count(*) AS n FROM web GROUP BY 1) AS a LEFT JOIN "
        "(SELECT status, count(*) AS n FROM web w WHERE method = 'POST' GROUP BY 1) AS b USING (status)"
    ),
    "SELECT x.* FROM (SELECT CAST(time AS DATE) AS d, hour(time) AS h, count(*) FROM web GROUP BY 1, 2) AS x",
    "SELECT count(*) AS n, sum(bytes) AS b, min(time) AS t FROM web WHERE status > 9999 QUALIFY rank() OVER () = 1",
    "SELECT s FROM (SELECT sum(n) AS s FROM (VALUES (1)) AS v(n)) WHERE s IN (SELECT count(*) FROM web)",
    "SELECT client FROM web GROUP BY client EXCEPT SELECT client FROM web WHERE status = 404 GROUP BY client",
    "SELECT is_bot(user_agent) AS bot, n FROM (SELECT user_agent, count(*) AS n FROM web GROUP BY 1)",
    "PIVOT (SELECT status, method, count(*) AS n FROM web GROUP BY ALL) ON method IN ('GET', 'POST') USING sum(n)",
]

ALONE = [
    "SELECT upper(method) AS method, count(*) AS n FROM web GROUP BY method QUALIFY rank() OVER (ORDER BY n) < 9",
    "SELECT lower(method) AS path, path AS p, count(*) AS n FROM web GROUP BY 1, p QUALIFY min(path) OVER () > ''",
    "SELECT n, s FROM (SELECT len(list(1)) AS n, 5 AS s FROM web GROUP BY status)",
    "SELECT * FROM (SELECT status, median(bytes) AS m FROM web GROUP BY 1)",
    "SELECT * FROM (SELECT count(DISTINCT client) AS c, sum(DISTINCT status) AS s FROM web)",
    "SELECT a.status, b.n FROM web AS a, (SELECT count(*) AS n FROM web) AS b WHERE a.status = 404",
    "SELECT status, grouping(status) AS g, count(*) AS n FROM web GROUP BY ROLLUP (status)",
    "SELECT DISTINCT status, method FROM web QUALIFY dense_rank() OVER (ORDER BY status) = 1",
    "SELECT count(*) AS n, bool_or(status = 404) AS b FROM web QUALIFY rank() OVER () = 1",
    "SELECT status FROM web AS o WHERE bytes = (SELECT max(bytes) FROM web AS i WHERE i.path = o.path)",
]


def answer(config, sql, *, grouped):
    """Return whether groups were read, and columns, types and rows of an answer, or what it is refused with."""
    try:
        with Duck(config, sql, plain=not grouped) as duck:
            is_grouped = duck.inner is not None
            reader = duck.reader()
            rows = sorted(repr(row) for batch in duck.batches(reader) for row in batch.to_pylist())
            return is_grouped, (reader.schema, rows, duck.report().lines.counted)
    except QueryError as error:
        return False, str(error)


@pytest.mark.parametrize(("sql", "is_grouped"), [*((q, True) for q in GROUPED), *((q, False) for q in ALONE)])
def test_groups_that_are_counted_while_parsing_give_the_answer_of_the_rows(sql, is_grouped):
    was_grouped, mine = answer(CONFIG, sql, grouped=True)
    assert was_grouped == is_grouped
    assert mine == answer(CONFIG, sql, grouped=False)[1]
    assert not isinstance(mine, str)


KEYS = [
    "status", "path", "method", "client", "date_trunc('day', time)", "hour(time)", "CAST(time AS DATE)",
    "status // 100", "status >= 400", "coalesce(referrer, 'none')", "is_bot(user_agent)", "lower(method)", "bytes % 3",
    "strftime(time, '%Y-%m')", "CASE WHEN status > 300 THEN 'bad' END", "user", "domain(referrer)",
]  # fmt: skip
VALUES = [
    "count(*)", "count(bytes)", "count(user)", "sum(bytes)", "avg(bytes)", "min(bytes)", "max(time)", "min(status)",
    "sum(status >= 500)", "count(*) FILTER (WHERE status > 300)", "sum(bytes) FILTER (WHERE bytes < 50)",
    "min(time) FILTER (WHERE method = 'POST')", "max(bytes - status)", "sum(bytes) / count(*)",
    "max(bytes) - min(bytes)", "coalesce(sum(bytes), -1)", "count(DISTINCT path)", "median(bytes)",
]  # fmt: skip
WHERES = [
    "", "WHERE status >= 300", "WHERE path LIKE '/%' AND bytes > 7", "WHERE user IS NULL OR status NOT IN (200, 404)",
    "WHERE time >= '2026-01-10'", "WHERE status = 999",
]  # fmt: skip
OUTER = [
    "SELECT * FROM ({0})",
    "SELECT *, row_number() OVER (ORDER BY ALL_) AS r FROM ({0}) AS t",
    "WITH t AS ({0}) SELECT a.*, (SELECT count(*) FROM t) AS n FROM t AS a",
    "SELECT v0, count(*) AS c, max(v1) AS m FROM ({0}) GROUP BY v0",
    "SELECT * FROM ({0}) UNION ALL SELECT * FROM ({0}) WHERE v0 IS NOT NULL",
    "SELECT * FROM ({0}) WHERE v0 > (SELECT avg(v1) FROM ({0}))",
]


@st.composite
def nested(draw):
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
    values = draw(st.lists(st.sampled_from(VALUES), min_size=0 if keys else 1, max_size=3))
    named = [f"{key} AS k{place}" for place, key in enumerate(keys)]
    counted = [f"{value} AS v{place}" for place, value in enumerate([*values, "count(*)", "max(bytes)"])]
    items = draw(st.permutations([*named, *counted]))
    ways = ["ALL", ", ".join(keys), ", ".join(f"k{place}" for place in range(len(keys)))]
    group = f"GROUP BY {draw(st.sampled_from(ways))}" if keys else ""
    having = draw(st.sampled_from(["", "HAVING count(*) > 1", "HAVING v0 IS NOT NULL", "HAVING max(bytes) % 2 = 0"]))
    table = draw(st.sampled_from(["web", "web AS w"]))
    inner = f"SELECT {', '.join(items)} FROM {table} {draw(st.sampled_from(WHERES))} {group} {having}"
    if keys and draw(st.integers(0, 5)) == 0:
        inner = f"SELECT DISTINCT {', '.join(named)}, 0 AS v0, 1 AS v1 FROM web {draw(st.sampled_from(WHERES))}"
    outer = draw(st.sampled_from(OUTER))
    columns = [f"k{place}" for place in range(len(keys))] + ["v0", "v1"]
    return outer.replace("ALL_", ", ".join(columns)).format(inner)


@given(sql=nested(), lines=st.lists(web_line(), max_size=30), cut=st.integers(0, 30))
def test_groups_within_any_query_give_the_answer_of_the_rows(sql, lines, cut, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for name, part in (("a.log", lines[:cut]), ("b.log", lines[cut:])):
        (folder / name).write_text("".join(f"{line}\n" for line in part))
    config = Config(paths=(str(folder),), format="combined", workers=2)
    assert answer(config, sql, grouped=True)[1] == answer(config, sql, grouped=False)[1]
