"""What is kept of the values of groups, against plain Python, and what happens past the bound."""

from __future__ import annotations

import json
import statistics
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import dumped, merged

from logproc.report_model import ReportError
from logproc.rollup.outcome import report_table
from logproc.rollup.registry import RELATIVE_ERROR
from logproc.rollup.spec import Rules
from logproc.rollup.sql import plan

TEXTS = st.none() | st.sampled_from(["a", "b", "ab", "", "caf\u00e9", "\u20ac", "z" * 70])
NUMBERS = st.none() | st.integers(-(10**6), 10**9).map(lambda n: f"{n / 1000:.3f}")
ROWS = st.lists(
    st.fixed_dictionaries(
        {"path": st.sampled_from(["/", "/a"]), "client": TEXTS, "duration": NUMBERS, "bytes": st.integers(0, 3)}
    ),
    max_size=40,
)


def report(sql, *parts, **rules):
    spec = plan(sql, "values", rules=Rules(**rules))
    return report_table(merged(spec, [dumped(spec, part) for part in parts]))


def extreme(rows, best, key):
    """Return the least client beside the best number."""
    pairs = [(row[key], row["client"]) for row in rows if row["client"] is not None and row[key] is not None]
    wanted = best((float(number) for number, _ in pairs), default=None)
    return min((client for number, client in pairs if float(number) == wanted), key=str.encode, default=None)


@settings(max_examples=60)
@given(ROWS, ROWS)
def test_values_are_those_of_plain_python(one, two):
    calls = (
        "min(client), max(client), arg_min(client, duration), arg_max(client, bytes), count(DISTINCT client), "
        "histogram(client), mode(client), approx_top_k(client, 2), stddev(duration), var_pop(duration), "
        "bool_and(bytes > 0), bool_or(bytes > 2)"
    )
    table = report(f"SELECT path, {calls} FROM web GROUP BY path ORDER BY path", one, two)
    assert table.exact
    found = {row[0]: row[1:] for row in table.rows}
    assert set(found) == {row["path"] for row in one + two}
    for path, values in found.items():
        rows = [row for row in one + two if row["path"] == path]
        texts = [row["client"] for row in rows if row["client"] is not None]
        numbers = [float(row["duration"]) for row in rows if row["duration"] is not None]
        counts = sorted(Counter(texts).items(), key=lambda pair: (-pair[1], pair[0].encode()))
        least, most, first, last, distinct, histogram, mode, top, deviation, variance, every, some = values
        assert (least, most) == (min(texts, key=str.encode, default=None), max(texts, key=str.encode, default=None))
        assert first == extreme(rows, min, "duration")
        assert last == extreme(rows, max, "bytes")
        assert distinct == len(counts)
        assert (json.loads(histogram) if histogram else {}) == dict(counts)
        assert mode == (counts[0][0] if counts else None)
        assert (json.loads(top) if top else []) == [text for text, _ in counts[:2]]
        assert deviation == (pytest.approx(statistics.stdev(numbers)) if len(numbers) > 1 else None)
        assert variance == (pytest.approx(statistics.pvariance(numbers)) if numbers else None)
        assert (every, some) == (all(row["bytes"] > 0 for row in rows), any(row["bytes"] > 2 for row in rows))


def test_a_small_spread_around_a_large_mean_is_not_lost():
    rows = [{"duration": f"{10**9 + n / 8:.3f}"} for n in range(5)]
    ((found,),) = report("SELECT var_pop(duration) FROM web", rows).rows
    assert found == statistics.pvariance([n / 8 for n in range(5)])


def test_a_value_beyond_all_measure_is_no_exact_deviation():
    table = report("SELECT stddev(CAST(client AS DOUBLE)) FROM web", [{"client": "1e200"}, {"client": "1"}])
    assert table.rows == ((None,),)
    assert not table.exact


def test_a_sum_that_meets_a_value_too_large_is_no_exact_report():
    rows = [{"path": "/", "client": "1e19"}, {"path": "/a", "client": "1"}]
    table = report("SELECT path, sum(CAST(client AS DOUBLE)) AS s FROM web GROUP BY 1", rows)
    assert table.rows == (("/", None), ("/a", 1.0))
    assert not table.exact


MANY = [{"path": f"/{n % 3}", "client": f"10.0.{n // 250}.{n % 250}"} for n in range(3000)]


def test_past_the_bound_distinct_counts_are_refused_with_the_ways_out():
    table = report(
        "SELECT path, count(DISTINCT client) FROM web GROUP BY 1", MANY[:1500], MANY[1500:], max_distinct=900
    )
    assert table.rows == ()
    assert not table.exact
    assert "more than 900 values: raise limits.max_distinct" in table.problem
    assert "approx_count_distinct" in table.problem


@pytest.mark.parametrize("cut", [0, 10, 1500, 2990])
def test_past_the_bound_distinct_counts_are_estimated_where_the_user_says_so(cut):
    sql = "SELECT path, count(DISTINCT client) FROM web GROUP BY 1"
    table = report(sql, MANY[:cut], MANY[cut:], max_distinct=900, approximate=True)
    whole = report(sql, MANY, max_distinct=900, approximate=True)
    assert all(abs(count - 1000) <= RELATIVE_ERROR["approx_count_distinct"] * 1000 for _, count in table.rows)
    assert table.rows == whole.rows, "in whatever order the bound is passed"
    assert table.error.bound == RELATIVE_ERROR["approx_count_distinct"]
    exact = report(sql, MANY[:cut], MANY[cut:], max_distinct=3000, approximate=True)
    assert exact.rows == (("/0", 1000), ("/1", 1000), ("/2", 1000))
    assert exact.exact


def test_past_the_bound_top_values_are_kept_with_a_stated_error():
    often = [{"path": "/", "client": "busy"}] * 500 + [{"path": "/", "client": "second"}] * 300
    table = report("SELECT path, approx_top_k(client, 2) FROM web GROUP BY 1", MANY, often, MANY, max_distinct=1000)
    assert ("/", '["busy","second"]') in table.rows
    assert table.error.kind == "count"
    assert report("SELECT path, approx_top_k(client, 2) FROM web GROUP BY 1", often).exact


def test_past_the_bound_histograms_fail_alone():
    table = report("SELECT histogram(client) FROM web", MANY, max_distinct=10)
    assert "histogram(...) would hold more than 10 values" in table.problem


@pytest.mark.parametrize("aggregate", ["sum", "stddev"])
def test_a_number_that_is_missing_is_said_to_be_missing(aggregate):
    spec = plan(f"SELECT {aggregate}(CAST(path AS DOUBLE)) AS x FROM web", "q")
    table = report_table(merged(spec, [dumped(spec, [{"path": "1e300"}, {"path": "1"}, {"path": "2"}])]))
    assert table.rows == ((None,),)
    assert (table.exact, table.error) == (False, ReportError("missing", 1.0))
