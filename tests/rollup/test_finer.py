"""Reports that follow from the groups of another one say the same in its company as alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, carried, tables_of

from logproc import presets
from logproc.formats import own_fields
from logproc.kernels.exemplars import OFFSET_BITS, OFFSETS
from logproc.rollup import aggregate
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import load
from logproc.rollup.finer import KEPT, follows, shared, shared_once
from logproc.rollup.slots import slotted
from logproc.rollup.sql import plan


def asked(select, where=""):
    return f"SELECT {select} FROM web {where and 'WHERE'} {where} GROUP BY ALL"


OF_CLIENTS = [
    asked("client, status, count(*) AS n, approx_count_distinct(path) AS paths"),
    asked("client, status, count(*) AS n", "client IS NOT NULL AND status >= 400"),
    asked("upper(client) AS c, count(*) AS n, sum(bytes) AS b, sum(duration) AS d, max(time) AS t"),
    asked("client, max(duration) AS d, min(duration) AS e"),
    asked("status, count(bytes) AS n, min(bytes) AS least, max(bytes) AS most"),
    asked("status >= 400 AS failed, approx_count_distinct(client) AS c, approx_count_distinct(path) AS p"),
    asked("status / 100 AS class, sum(bytes) FILTER (WHERE client = '1') AS b"),
    asked("count(*) FILTER (WHERE status = 200) AS good, count(*) FILTER (WHERE bytes > 2) AS large"),
    asked("approx_count_distinct(client) FILTER (WHERE status = 404) AS c, min(time) AS t"),
    asked("approx_count_distinct(path) FILTER (WHERE status = 200) AS p"),
    asked("CASE WHEN client IS NULL THEN 'nobody' ELSE 'one' END AS who, count(*) AS n"),
]
OF_HOURS = [
    asked("date_trunc('hour', time) AS hour, count(*) AS n", "time IS NOT NULL"),
    asked("date_trunc('day', time) AS day, count(*) AS n, sum(bytes) AS b"),
    asked("date_trunc('week', time) AS week, year(time) AS y, count(*) AS n", "time IS NOT NULL"),
    asked("date_trunc('minute', time) AS m, count(*) AS n"),
    asked("extract(hour FROM time) AS h, extract(month FROM time) AS m, count(*) AS n"),
]
ALONE = [
    asked("path, count(*) AS n", "bytes > 1"),
    asked("client, max(duration / 3) AS d"),
    asked("status, approx_quantile(duration, 0.5) AS d"),
    asked("status, max(client) AS c"),
    asked("approx_count_distinct(referrer) AS r"),
]
SPECS = [plan(sql, f"report {place}") for place, sql in enumerate(OF_CLIENTS + OF_HOURS + ALONE)]
PRESET = [plan(sql, name, fields=own_fields()) for name, sql in presets.load("web", places=False)]

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "path": st.none() | st.sampled_from(["/", "/a.css", "/b/17", "/caf\u00e9"]),
            "client": st.none() | st.integers(0, 5).map(str),
            "user_agent": st.none() | st.sampled_from(["curl/8.1", "GPTBot/1.0", "Mozilla/5.0 Firefox/140.0"]),
            "referrer": st.none() | st.sampled_from(["https://a.example/x", "https://a.example/y", "-"]),
            "status": st.none() | st.sampled_from([200, 404, 500]),
            "bytes": st.none() | st.integers(-3, 5) | st.integers(-(2**62), 2**62),
            "duration": st.none() | st.integers(-9, 10**6).map(lambda n: f"{n / 1000:.3f}"),
            "time": st.none() | st.integers(0, 40).map(lambda n: n * 1_700_000_000_123),
        }
    ),
    max_size=30,
)


def marked(rows, first):
    """Return rows as a batch, with a place in one of two files for each."""
    places = [(number % 2 << OFFSET_BITS) | (first + number) for number in range(len(rows))]
    return replace(batch_of(rows), marks=np.array(places, np.int64))


def held(spec, raw):
    """Return what a dumped table holds by key, places included."""
    data = load(spec, raw)
    found, at = {}, 0
    for number, count in enumerate(data.places.counts.tolist()):
        key = data.keys[data.offsets[number] : data.offsets[number + 1]].tobytes()
        places = data.places.places[at : at + count].tolist()
        found[key] = [(int(data.places.files[place >> OFFSET_BITS]), place & OFFSETS) for place in places]
        at += count
    return carried(data), found


def check(specs, tasks):
    together, alone = Program(specs, 1000), [Program([spec], 1000) for spec in specs]
    for rows in tasks:
        batches = [marked(rows[begin : begin + 9], begin) for begin in range(0, len(rows), 9)]
        tables = tables_of(together, batches, files=(4, 7))
        for spec, table, program in zip(specs, tables, alone, strict=True):
            assert held(spec, table) == held(spec, tables_of(program, batches, files=(4, 7))[0]), spec.sql


@pytest.fixture(autouse=True, scope="module")
def _few_rows_are_gathered():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logproc.rollup.columns.ROWS", 8)
        patch.setattr("logproc.rollup.columns.STORE_BYTES", 1)
        yield


@pytest.mark.parametrize("slots", [False, True])
@settings(max_examples=15)
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_a_report_is_the_same_in_company_as_alone(slots, tasks):
    check([slotted(spec) for spec in SPECS] if slots else SPECS, tasks)


@settings(max_examples=15)
@given(st.lists(ROWS, min_size=1, max_size=2))
def test_so_it_is_where_a_worker_lets_go_what_it_has_learnt(tasks):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregate, "MAX_KEYS", 12)
        check(SPECS, tasks)


@settings(max_examples=8)
@given(st.lists(ROWS, min_size=1, max_size=2))
def test_so_is_every_report_of_the_web_preset(tasks):
    check(PRESET, tasks)


def test_reports_follow_from_finer_groups_that_settle_their_keys_conditions_and_numbers():
    ways = shared(SPECS)
    assert sorted(ways) == list(range(len(OF_CLIENTS) + len(OF_HOURS)))
    assert {ways[place].finer for place in range(len(OF_CLIENTS))} == {SPECS[0].keys}
    names = {PRESET[place].name for place in shared(PRESET)}
    assert {"clients", "browsers", "os_versions", "summary", "days", "hours_of_day", "mime_types"} <= names


@pytest.mark.parametrize(
    ("finer", "coarser", "settled"),
    [
        ("date_trunc('hour', time)", "date_trunc('hour', time)", True),
        ("date_trunc('minute', time)", "date_trunc('hour', time)", True),
        ("date_trunc('day', time)", "date_trunc('quarter', time)", True),
        ("date_trunc('day', time)", "date_trunc('hour', time)", False),
        ("date_trunc('week', time)", "date_trunc('month', time)", False),
        ("date_trunc('week', time)", "year(time)", False),
        ("date_trunc('millisecond', time)", "second(time)", True),
        ("date_trunc('hour', time)", "minute(time)", False),
        ("date_trunc('hour', time)", "epoch(time)", False),
        ("path", "length(path) > 3", True),
        ("lower(path)", "path", False),
        ("lower(path)", "length(lower(path))", True),
    ],
)
def test_what_a_key_settles_is_told_from_the_expressions(finer, coarser, settled):
    keys, (key,) = (plan(asked(f"{text} AS key, count(*) AS n"), "r").keys for text in (finer, coarser))
    assert (follows(key, keys) is not None) == settled


def test_casts_of_fields_that_rows_hold_as_numbers_do_not_follow_from_their_texts():
    specs = [
        plan("SELECT weight, count(*) AS n FROM json GROUP BY ALL", "texts"),
        plan("SELECT CAST(weight AS INTEGER) AS w, count(*) AS n FROM json GROUP BY ALL", "numbers"),
    ]
    assert shared(specs) == {}


def test_what_is_rolled_up_is_worked_out_once_for_the_same_plans():
    ways = shared_once(SPECS)
    assert ways == shared(SPECS)
    assert shared_once(list(SPECS)) is ways
    # Plans that are equal are not the same: 0.0 and -0.0 are.
    for _ in range(KEPT + 1):
        again = [replace(spec) for spec in SPECS]
        assert shared_once(again) == ways
        assert shared_once(again) is not ways
    assert shared_once(SPECS) == ways


def test_whole_numbers_that_are_computed_and_may_not_fit_are_counted_row_by_row():
    finer, plain, computed = (
        plan(asked(f"{select} AS n"), "r")
        for select in ("client, status, count(*)", "client, sum(bytes)", "client, sum(bytes * 2)")
    )
    assert sorted(shared([finer, plain])) == [0, 1]
    assert shared([finer, computed]) == {}
