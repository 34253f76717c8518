"""Tables and lists of values whose texts are long: bounded in bytes too, with bounds that hold whatever is let go."""

from __future__ import annotations

import json
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, contents, dumped, merged, tables_of

from logproc.rollup import bounds, values
from logproc.rollup.aggregate import Program
from logproc.rollup.columns import RowStore
from logproc.rollup.dumping import dump, load
from logproc.rollup.outcome import report_table
from logproc.rollup.spec import Rules
from logproc.rollup.sql import plan
from logproc.rollup.tables import Held, Tables

TOP = plan("SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 100", "top")
BESIDE = plan(
    "SELECT path, count(*) AS n, min(client) AS c, arg_max(client, bytes) AS d FROM web GROUP BY path ORDER BY n DESC "
    "LIMIT 100",
    "beside",
)
EVERY = plan("SELECT path, count(*) AS n FROM web GROUP BY path", "every")

MOST = 600
KEYS = st.integers(0, 30).map(lambda n: f"/{n}" + "x" * (n * 7 % 90))
TASKS = st.lists(st.lists(KEYS, max_size=40), min_size=1, max_size=8)


@pytest.fixture(autouse=True)
def little_room():
    with mock.patch.object(bounds, "LEAST_BYTES", MOST), mock.patch.object(bounds, "GROUP_BYTES", 0):
        yield


def rows_of(task):
    return [{"path": key, "client": key * 2, "bytes": 1} for key in task]


def text_bytes(table):
    return table.data().text_bytes


@settings(max_examples=40)
@given(tasks=TASKS, spec=st.sampled_from([TOP, BESIDE]), data=st.data())
def test_a_table_of_long_texts_stays_within_its_bytes_and_knows_how_far_it_may_be_off(tasks, spec, data):
    true = Counter(key for task in tasks for key in task)
    dumps = data.draw(st.permutations([dumped(spec, rows_of(task)) for task in tasks]))
    middle = data.draw(st.integers(0, len(dumps)))
    halves = [dump(spec, merged(spec, half).data()) for half in (dumps[:middle], dumps[middle:])]
    for table in (merged(spec, dumps), merged(spec, halves)):
        assert len(table) < 2 or text_bytes(table) <= MOST
        counts = {table.keys.key(code)[5:].decode(): code for code in range(len(table))}
        scores = table.scores(0)
        for key, code in counts.items():
            assert scores[code] <= true[key] <= scores[code] + table.slack[code]
        assert all(count <= table.floor for key, count in true.items() if key not in counts)


@settings(max_examples=25)
@given(tasks=TASKS, spec=st.sampled_from([TOP, BESIDE]))
def test_a_table_of_short_enough_texts_is_exact_however_it_is_cut_and_one_of_longer_ones_says_it_is_not(tasks, spec):
    whole = {key for task in tasks for key in task}
    table = merged(spec, [dumped(spec, rows_of(task)) for task in tasks])
    beside = 4 * sum(map(len, whole)) * (spec is BESIDE)
    fits = len(whole) < 2 or sum(5 + len(key) for key in whole) + beside <= MOST
    assert (table.floor == 0) == fits
    assert report_table(table).exact == fits


@settings(max_examples=40)
@given(tasks=TASKS, spec=st.sampled_from([TOP, BESIDE]), data=st.data())
def test_rows_in_any_order_within_tasks_are_cut_the_same_way(tasks, spec, data):
    shuffled = [data.draw(st.permutations(task)) for task in tasks]
    one, other = (merged(spec, [dumped(spec, rows_of(task)) for task in order]) for order in (tasks, shuffled))
    assert contents(one) == contents(other)


@settings(max_examples=40)
@given(tasks=TASKS)
def test_tables_that_rest_or_travel_as_they_are_are_cut_the_same_way(tasks):
    held, total = Held(TOP, 1000), Tables([TOP], 1000)
    dumps = [dumped(TOP, rows_of(task)) for task in tasks]
    for raw in dumps:
        held.merge(load(TOP, raw))
        held.rest()
        total.merge([raw])
    assert contents(held.table()) == contents(total.held[0].table()) == contents(merged(TOP, dumps))


def test_a_worker_whose_groups_have_long_texts_pours_them_into_a_table_that_is_cut():
    rows = [{"path": f"/{n}" + "x" * 50} for n in range(100)]
    (raw,) = tables_of(Program([TOP], 1000), [batch_of(rows)])
    data = load(TOP, raw)
    assert data.text_bytes <= MOST
    assert data.floor == 1


def test_a_report_that_needs_every_group_fails_alone_where_their_texts_are_too_long():
    rows = [{"path": f"/{n}" + "x" * 50} for n in range(100)]
    table = report_table(merged(EVERY, [dumped(EVERY, rows)]))
    assert table.problem is not None
    assert "more than 600 bytes in the texts of 100 groups" in table.problem
    assert "raise limits.max_groups" in table.problem


def test_one_group_is_kept_however_long_its_text_is():
    table = report_table(merged(EVERY, [dumped(EVERY, [{"path": "x" * 5000}])] * 3))
    assert table.rows == (("x" * 5000, 3),)


def test_dictionaries_that_hold_too_many_bytes_are_known_to(monkeypatch):
    monkeypatch.setattr("logproc.rollup.columns.MAX_KEY_BYTES", 100)
    store = RowStore(field for field in Program([TOP], 10)._programs["web"].store.fields)
    store.append(batch_of([{"path": "x" * 90}]))
    assert not store.is_heavy()
    store.append(batch_of([{"path": "y" * 90}]))
    assert store.is_heavy()


# ---- values of groups --------------------------------------------------------------------------------------


PAIRS = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 25)), max_size=60).map(
        lambda pairs: [{"path": f"/{a}", "client": f"c{b}" + "y" * (b * 11 % 60)} for a, b in pairs]
    ),
    min_size=1,
    max_size=6,
)


def top_k(limit=1000):
    rules = Rules(max_distinct=limit)
    sql = "SELECT path, approx_top_k(client, 3) AS top FROM web GROUP BY path"
    return plan(sql, "values", rules=rules)


@settings(max_examples=40)
@given(tasks=PAIRS, limit=st.sampled_from([8, 1000]), room=st.sampled_from([300, 900, 10**6]), data=st.data())
def test_frequent_values_stay_within_their_bytes_and_say_how_far_they_may_be_off(tasks, limit, room, data):
    spec = top_k(limit)
    with mock.patch.multiple(values, LEAST_BYTES=room, TOP_BYTES=0), mock.patch.object(bounds, "LEAST_BYTES", 10**6):
        dumps = data.draw(st.permutations([dumped(spec, task) for task in tasks]))
        middle = data.draw(st.integers(0, len(dumps)))
        halves = [dump(spec, merged(spec, half).data()) for half in (dumps[:middle], dumps[middle:])]
        for table in (merged(spec, dumps), merged(spec, halves)):
            check_values(table, [row for task in tasks for row in task], limit, room)


def check_values(table, rows, limit, room):
    true = Counter((row["path"], row["client"]) for row in rows)
    (state,) = table.states
    state.settle()
    assert len(state.keys) <= limit
    assert 16 * len(state.keys) + int(state.values.lengths().sum()) <= room
    names = {table.keys.key(code)[5:].decode(): code for code in range(len(table))}
    assert set(names) == {row["path"] for row in rows}, "no group goes because of its values"
    found = Counter()
    for key, amount in zip(state.keys.tolist(), state.amounts.tolist(), strict=True):
        found[key >> 32, state.values.key(key & 0xFFFFFFFF)[5:].decode()] = amount
    for (path, client), count in true.items():
        group = names[path]
        assert found[group, client] <= count <= found[group, client] + int(state.lost[group])
    report = report_table(table)
    assert report.exact == (not state.lost.any())
    if report.exact:
        for path, top in report.rows:
            ranked = sorted((-n, client.encode()) for (group, client), n in true.items() if group == path)
            assert json.loads(top) == [client.decode() for _, client in ranked[:3]]


@settings(max_examples=30)
@given(tasks=PAIRS)
def test_the_values_of_rows_in_any_order_are_cut_the_same_way(tasks):
    spec = top_k()
    with mock.patch.multiple(values, LEAST_BYTES=300, TOP_BYTES=0):
        one = merged(spec, [dumped(spec, task) for task in tasks])
        other = merged(spec, [dumped(spec, task[::-1]) for task in tasks])
        assert contents(one) == contents(other)


def test_where_not_all_values_fit_those_of_busy_groups_stay():
    rows = [{"path": "/busy", "client": f"c{n % 3}" + "y" * 40} for n in range(300)]
    rows += [{"path": f"/{n}", "client": f"once-{n}"} for n in range(100)]
    with mock.patch.multiple(values, LEAST_BYTES=400, TOP_BYTES=0), mock.patch.object(bounds, "LEAST_BYTES", 10**6):
        table = report_table(merged(top_k(), [dumped(top_k(), rows)] * 2))
    found = dict(table.rows)
    assert [text[:2] for text in json.loads(found["/busy"])] == ["c0", "c1", "c2"]
    assert found["/7"] is None
    assert (table.exact, table.error.kind, table.error.bound) == (False, "count", 2.0)


@pytest.mark.parametrize("function", ["count(DISTINCT client)", "histogram(client)", "mode(client)"])
def test_values_that_all_have_to_be_there_are_refused_past_their_bytes(function):
    rows = [{"path": "/", "client": f"{n}" + "y" * 90} for n in range(20)]
    spec = plan(f"SELECT {function} AS n FROM web", "exactly")
    with mock.patch.multiple(values, LEAST_BYTES=1000, EXACT_BYTES=0):
        table = report_table(merged(spec, [dumped(spec, rows)]))
    assert table.problem is not None
    assert "would hold more than 1,000 bytes of 20 values: raise limits.max_distinct" in table.problem


def test_distinct_values_past_their_bytes_are_estimated_where_the_user_says_so():
    rows = [{"path": "/", "client": f"{n}" + "y" * 90} for n in range(20)]
    spec = plan("SELECT count(DISTINCT client) AS n FROM web", "q", rules=Rules(approximate=True))
    with mock.patch.multiple(values, LEAST_BYTES=1000, EXACT_BYTES=0):
        table = report_table(merged(spec, [dumped(spec, rows)] * 2))
    assert table.rows == ((20,),)
    assert table.error.kind == "relative"
