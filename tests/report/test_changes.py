"""What counts as a change between two nights, and how often chance alone does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logproc.comparing import compare
from logproc.report import diff
from logproc.report.changes import FALSE_SHARE, LEAST_RATIO, Kind, quantile_spread
from logproc.report_model import ReportTable
from logproc.rollup.finish import report_columns
from logproc.rollup.sql import plan

PATHS = (
    "SELECT path, count(*) AS requests, count_if(status >= 500) AS errors, approx_quantile(duration, 0.95) AS p95 "
    "FROM web GROUP BY ALL ORDER BY requests DESC LIMIT 100"
)
HOSTS = "SELECT host, count(*) AS messages FROM syslog GROUP BY ALL ORDER BY messages DESC LIMIT 100"
TOTAL = "SELECT count(*) AS requests, sum(bytes) AS bytes, count_if(status >= 500) AS errors FROM web"
HOURS = "SELECT date_trunc('hour', time) AS hour, count(*) AS requests FROM web GROUP BY ALL ORDER BY hour"


def table(sql: str, rows: list[tuple], *, name: str = "x", truncated: bool = False) -> ReportTable:
    spec = plan(sql, name)
    return ReportTable(name, name, sql, report_columns(spec), tuple(rows), exact=True, truncated=truncated)


def found(old: ReportTable, new: ReportTable):
    changes, notes = compare([old], [new])
    assert not notes
    return changes


def usual(n: int = 40, count: int = 1000) -> list[tuple]:
    return [(f"/p{k}", count + 7 * k, 10, 0.2) for k in range(n)]


def test_a_night_against_itself_has_no_changes():
    assert found(table(PATHS, usual()), table(PATHS, usual())) == []


def test_a_key_that_doubled_comes_first_and_with_its_shares():
    rows = usual()
    rows[5] = ("/p5", 4 * rows[5][1], 41, 0.2)
    first = found(table(PATHS, usual()), table(PATHS, rows))[0]
    assert (first.key, first.column, first.kind) == ((("path", "/p5"),), "requests", Kind.SHARE)
    assert (first.old, first.new) == (1035, 4140)
    assert first.ratio == pytest.approx(4 * first.old_of / first.new_of, rel=0.01)


def test_more_traffic_all_over_is_a_change_of_the_total_and_of_no_share():
    doubled = [(path, 2 * requests, 2 * errors, p95) for path, requests, errors, p95 in usual()]
    assert found(table(PATHS, usual()), table(PATHS, doubled)) == []
    changes = found(table(TOTAL, [(10_000, 5_000_000, 40)]), table(TOTAL, [(20_000, 10_000_000, 80)]))
    assert {(change.column, change.kind) for change in changes} == {("requests", Kind.TOTAL), ("bytes", Kind.TOTAL)}


def test_new_and_silent_keys_are_told():
    old = [(f"web{k}", 5000) for k in range(12)]
    new = [*[(f"web{k}", 5000) for k in range(11)], ("db1", 900)]
    changes = {change.key[0][1]: change for change in found(table(HOSTS, old), table(HOSTS, new))}
    assert set(changes) == {"web11", "db1"}
    assert changes["web11"].new is None
    assert changes["db1"].old is None


def test_few_rows_are_judged_by_their_likelihood():
    old = [*((f"/p{k}", 300 + k, 0, 0.2) for k in range(40)), ("/checkout", 5, 0, 0.2)]
    new = [*((f"/p{k}", 300 - k, 0, 0.2) for k in range(40)), ("/checkout", 40, 0, 0.2), ("/new", 30, 0, 0.2)]
    changes = [change.key[0][1] for change in found(table(PATHS, old), table(PATHS, new))]
    assert set(changes) == {"/checkout", "/new"}


def test_what_a_shortened_table_does_not_list_may_have_as_many_rows_as_its_last():
    listed = [(f"web{k}", 5000 + k) for k in range(12)]
    more = [*listed[:-1], ("db1", 5005)]
    assert found(table(HOSTS, listed, truncated=True), table(HOSTS, more, truncated=True)) == []
    whole = found(table(HOSTS, listed), table(HOSTS, more))
    assert {change.key[0][1] for change in whole} == {"db1", "web11"}


def test_nothing_is_said_of_what_a_table_cut_by_another_column_does_not_list():
    sql = "SELECT path, count(*) AS n, sum(duration) AS total FROM web GROUP BY ALL ORDER BY total DESC LIMIT 50"
    listed = [(f"/p{k}", 4 if k == 20 else 1000, 500.0 - k) for k in range(40)]
    for k in range(3):
        other = [row for row in listed if row[0] != f"/p{k}"]
        whole, cut = (table(sql, rows, truncated=True) for rows in (listed, other))
        assert found(whole, cut) == []
        assert found(cut, whole) == []
    assert [change.old for change in found(table(sql, listed), table(sql, listed[1:]))] == [1000]


def test_a_larger_part_of_errors_and_a_slower_path_are_told():
    rows = usual()
    rows[3] = (*rows[3][:2], 400, 0.2)
    rows[4] = (*rows[4][:3], 1.4)
    changes = {(change.key[0][1], change.column): change for change in found(table(PATHS, usual()), table(PATHS, rows))}
    assert set(changes) == {("/p3", "errors"), ("/p4", "p95")}
    assert changes["/p4", "p95"].ratio == pytest.approx(7.0)


def test_hours_of_two_nights_are_compared_by_the_time_of_day():
    def night(day: str, third: int) -> list[tuple]:
        return [(f"{day}T{hour:02}:00:00Z", 5000 if hour != 3 else third) for hour in range(24)]

    (change,) = found(table(HOURS, night("2026-11-16", 5000)), table(HOURS, night("2026-11-23", 40)))
    assert change.key == (("hour", "03:00:00Z"),)
    week = table(HOURS, night("2026-11-16", 5) + night("2026-11-17", 5))
    assert compare([week], [week]) == ([], ["x: not compared, it lists times of more than a day"])


def test_reports_that_ask_something_else_are_not_compared():
    changes, notes = compare(
        [table(HOSTS, [("a", 100)]), table(TOTAL, [(1, 1, 1)], name="old")],
        [table(HOSTS.replace("100", "50"), [("a", 900)]), table(TOTAL, [(1, 1, 1)], name="new")],
    )
    assert changes == []
    assert notes == [
        "x: not compared, its SQL is not the same on both sides",
        "new: not compared, the older side does not have it",
        "old: not compared, the newer side does not have it",
    ]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_looked_at_from_the_other_side_every_change_is_turned_around(counts):
    old = table(HOSTS, [(f"h{k}", a) for k, (a, _) in enumerate(counts)])
    new = table(HOSTS, [(f"h{k}", b) for k, (_, b) in enumerate(counts)])
    there, back = found(old, new), found(new, old)
    assert {(c.key, round(-c.score, 6)) for c in there} == {(c.key, round(c.score, 6)) for c in back}
    assert all(max(c.ratio, 1 / c.ratio) >= LEAST_RATIO and c.chance <= FALSE_SHARE for c in there)


@pytest.mark.no_cover
@pytest.mark.parametrize("wobble", [0.0, 0.1, 0.5])
def test_chance_alone_is_seldom_reported(wobble):
    """Two nights of the same traffic: Zipf's law over 100 paths, each off by its own lognormal factor, then Poisson."""
    rng = np.random.default_rng(20261123)
    nights, alarms = 100, 0
    for _ in range(nights):
        means = 200_000 / np.arange(1, 101)
        sides = [
            table(
                PATHS,
                [(f"/p{k}", int(n), int(rng.binomial(n, 0.01)), 0.2) for k, n in enumerate(_drawn(rng, means, wobble))],
            )
            for _ in range(2)
        ]
        alarms += bool(found(*sides))
    # At most `FALSE_SHARE` of nights without any change should have one: three standard deviations of chance above.
    assert alarms <= nights * FALSE_SHARE + 3 * math.sqrt(nights * FALSE_SHARE)


def _drawn(rng: np.random.Generator, means: np.ndarray, wobble: float) -> np.ndarray:
    return rng.poisson(means * np.exp(rng.normal(0, wobble, len(means))))


@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
def test_the_spread_of_a_quantile_is_that_of_samples(quantile):
    rows = 2000
    drawn = np.sort(np.random.default_rng(7).normal(size=(300, rows)))[:, int(quantile * rows)]
    assert np.std(drawn) * math.sqrt(rows) == pytest.approx(quantile_spread(quantile), rel=0.2)


def test_columns_of_one_key_are_one_line_and_its_numbers_are_said_once():
    sql = (
        "SELECT route(path) AS route, count(*) AS requests, approx_quantile(duration, 0.5) AS p50, "
        "approx_quantile(duration, 0.95) AS p95 FROM web GROUP BY ALL ORDER BY requests DESC LIMIT 100"
    )
    other = sql.replace("route(path) AS route", "path")
    before = [(f"/p{k}", 1000 + 7 * k, 0.1, 0.2) for k in range(40)]
    after = [*before[:-1], ("/p39", 1273, 0.5, 0.9)]
    tables = [(table(sql, rows, name="routes"), table(other, rows, name="slow_paths")) for rows in (before, after)]
    changes, _ = compare(*tables)
    assert len(changes) == 4
    (line,) = diff.lines(changes, 10)
    assert line.startswith("routes  route /p39: p50 100 ms -> 500 ms (5 times); p95 200 ms -> 900 ms (4.5 times)")
    assert line.endswith("; the same in slow_paths")
    changes, _ = compare(*(each[:1] for each in tables))
    assert "the same in" not in "".join(diff.lines(changes, 10))


def test_an_hour_is_the_same_by_the_clock_and_in_the_day():
    by_clock = diff.Change("hours", "requests", diff.Kind.SHARE, (("hour", "15:00:00Z"),), 9, None, 90, 80, 0.1, -9)
    in_day = replace(by_clock, report="hours_of_day", key=(("hour_of_day", 15),))
    other = replace(by_clock, report="hours_of_day", key=(("hour_of_day", 16),))
    assert list(diff.lines([by_clock, in_day, other], 10)) == [
        "hours         hour 15:00:00Z: requests gone, 9 before (10.0 %); the same in hours_of_day",
        "hours_of_day  hour of day 16: requests gone, 9 before (10.0 %)",
    ]
