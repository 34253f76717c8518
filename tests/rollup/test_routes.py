"""Routes by observed cardinality: what a path does not show is told by its many neighbours, in finished groups."""

from __future__ import annotations

import pytest
from rollup.batches import dumped, merged

from logproc.rollup.outcome import report_table
from logproc.rollup.routes import MANY, fold
from logproc.rollup.sql import plan

SQL = "SELECT route(path) AS route, count(*) AS n, sum(bytes) AS b, count(DISTINCT client) AS c, max(path) AS last"
USERS = [
    {"path": f"/user/{chr(97 + n % 26)}{chr(97 + n // 26)}/posts", "bytes": n, "client": str(n)} for n in range(260)
]
BUSY = [{"path": "/user/admin/posts", "bytes": 1, "client": "x"}] * 100
OTHERS = [{"path": f"/help/{n % 5}x", "bytes": 2, "client": "y"} for n in range(50)]


def rows_of(*parts, sql=SQL, max_groups=1000):
    spec = plan(f"{sql} FROM web GROUP BY 1 ORDER BY n DESC", "routes")
    return report_table(merged(spec, [dumped(spec, part) for part in parts], max_groups))


@pytest.mark.parametrize("cut", [0, 1, 77, 400])
def test_parts_of_which_there_are_many_become_one_and_what_stands_out_stays(cut):
    rows = USERS + BUSY + OTHERS
    table = rows_of(rows[cut:], rows[:cut])
    assert table.exact
    assert table.rows[:2] == (
        ("/user/{name}/posts", 260, sum(range(260)), 260, "/user/zj/posts"),
        ("/user/admin/posts", 100, 100, 1, "/user/admin/posts"),
    )
    assert [row[0] for row in table.rows[2:]] == [f"/help/{n}x" for n in range(5)]


def test_the_numbers_of_groups_that_become_one_are_those_of_one_group():
    calls = "count(*) AS n, min(bytes), max(client), approx_quantile(bytes, 0.5), approx_count_distinct(client)"
    folded = rows_of(USERS, sql=f"SELECT route(path) AS route, {calls}")
    whole = rows_of(USERS, sql=f"SELECT '/user/' || '{{name}}/posts' AS route, {calls}")
    assert folded.rows == whole.rows


def test_few_parts_stay_and_files_keep_their_extension():
    assert fold({f"/a/{n}": 1 for n in range(MANY)}) == {}
    files = {f"/img/photo{chr(97 + n % 26)}{n}.jpg": 1 for n in range(2 * MANY)}
    assert set(fold(files).values()) == {"/img/{name}.jpg"}
    assert fold({f"/{n}x/{{id}}/y": 1 for n in range(2 * MANY)})["/7x/{id}/y"] == "/{name}/{id}/y"


def test_a_report_that_has_let_groups_go_is_not_folded():
    spec = plan("SELECT route(path) AS route, count(*) AS n FROM web GROUP BY 1 ORDER BY n DESC LIMIT 3", "routes")
    parts = [dumped(spec, USERS, max_groups=150), dumped(spec, BUSY, max_groups=150)]
    table = report_table(merged(spec, parts, 150))
    assert table.rows[0] == ("/user/admin/posts", 100)
    assert table.error.kind == "count"
