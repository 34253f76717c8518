"""Bounded tables: heavy hitters with a bound that holds, reports that fail alone, and bytes that refuse to mix."""

from __future__ import annotations

import json
import random
from collections import Counter
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, dumped, merged, rows_of, tables_of

from logproc.errors import MergeError
from logproc.report_model import ReportError
from logproc.rollup import outcome, tables
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import MAGIC, dump, load
from logproc.rollup.outcome import report_table
from logproc.rollup.packing import pack, unpack
from logproc.rollup.sql import plan
from logproc.rollup.tables import Held, Table, Tables

TOP = plan("SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 100", "top")
HEAVY = plan("SELECT path, sum(bytes) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 100", "heavy")
PAIRS = plan("SELECT path, status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, path LIMIT 5", "pairs")
EVERY = plan("SELECT path, count(*) AS n FROM web GROUP BY path", "every")
TOTAL = plan("SELECT count(*) AS n FROM web", "total")

TASKS = st.lists(st.lists(st.integers(0, 30), max_size=40), min_size=1, max_size=8)


def paths(numbers):
    return [{"path": f"/{number}"} for number in numbers]


def truth(tasks):
    return Counter(f"/{number}" for task in tasks for number in task)


def held(table):
    """Return key text by code, the counts and the slack of a table over one text key."""
    keys = [table.keys.key(code)[5:].decode() for code in range(len(table))]
    return dict(zip(keys, zip(table.scores(0).tolist(), table.slack.tolist(), strict=True), strict=True))


def check_bounds(table, true, max_groups):
    groups = held(table)
    assert len(groups) <= max_groups
    for key, (n, slack) in groups.items():
        assert n <= true[key] <= n + slack
    for key, count in true.items():
        if key not in groups:
            assert count <= table.floor
    # Agarwal et al. 2012: what is let go is never more than a fair share of everything.
    assert table.floor <= sum(true.values()) / (max_groups + 1)
    for key, count in true.items():
        if count > sum(true.values()) / max_groups:
            assert key in groups


@settings(max_examples=150)
@given(tasks=TASKS, max_groups=st.integers(1, 12), data=st.data())
def test_a_bounded_table_knows_how_far_it_may_be_off(tasks, max_groups, data):
    true = truth(tasks)
    dumps = [dumped(TOP, paths(task), max_groups=max_groups) for task in tasks]
    order = data.draw(st.permutations(dumps))
    check_bounds(merged(TOP, order, max_groups), true, max_groups)
    # Brackets that travel: halves are folded elsewhere, and the halves are folded here.
    middle = data.draw(st.integers(0, len(order)))
    halves = [dump(TOP, merged(TOP, half, max_groups).data()) for half in (order[:middle], order[middle:])]
    check_bounds(merged(TOP, halves, max_groups), true, max_groups)


@settings(max_examples=60)
@given(tasks=TASKS, max_groups=st.integers(1, 12))
def test_a_worker_that_runs_full_within_a_task_stays_within_its_bounds(tasks, max_groups):
    program = Program([TOP], max_groups)
    running = program.aggregator()
    relation = program._programs["web"]
    for task in tasks:
        if task:
            running.send(batch_of(paths(task)))
            relation.count()
            relation._pour()
    with pytest.raises(StopIteration) as stop:
        running.send(None)
    check_bounds(merged(TOP, stop.value.value, max_groups), truth(tasks), max_groups)


@settings(max_examples=60)
@given(tasks=TASKS, max_groups=st.integers(1, 12))
def test_every_number_shown_is_at_least_n_and_at_most_n_and_the_bound(tasks, max_groups):
    true = truth(tasks)
    table = report_table(merged(TOP, [dumped(TOP, paths(task), max_groups=max_groups) for task in tasks], max_groups))
    assert table.problem is None
    bound = 0.0 if table.error is None else table.error.bound
    assert table.exact == (table.error is None)
    if table.error is not None:
        assert table.error.kind == "count"
        assert table.truncated
    for path, n in table.rows:
        assert n <= true[path] <= n + bound
    shown = {path for path, _ in table.rows}
    assert table.truncated == (shown != set(true))
    if table.exact:  # then nothing that was let go could stand above what is shown
        least = min((n for _, n in table.rows), default=0)
        assert all(count <= least for path, count in true.items() if path not in shown)


def test_a_group_that_comes_late_and_often_is_not_let_go_again_and_again():
    """It is dropped on a tie at most until its slack tells that it may be the greatest of all."""
    settled = [f"/{n}" for n in range(10)]
    tasks = [dumped(TOP, [{"path": path} for path in settled], max_groups=10)]
    tasks += [dumped(TOP, [{"path": "/late"}, {"path": f"/once/{n}"}], max_groups=10) for n in range(100)]
    table = merged(TOP, tasks, 10)
    assert "/late" in held(table)
    assert table.floor <= 210 / 11


def test_groups_are_ranked_by_a_sum_too():
    rng = random.Random(5)
    true: Counter[str] = Counter()
    tasks = []
    for _ in range(30):
        rows = [{"path": f"/{int(rng.paretovariate(0.7)) % 400}", "bytes": rng.randrange(1000)} for _ in range(80)]
        for row in rows:
            true[row["path"]] += row["bytes"]
        tasks.append(dumped(HEAVY, rows, max_groups=50))
    check_bounds(merged(HEAVY, tasks, 50), true, 50)


def test_the_same_partials_are_cut_the_same_way_whatever_order_their_rows_came_in():
    rng = random.Random(3)
    rows = paths(rng.choices(range(200), k=1000))
    one = merged(TOP, [dumped(TOP, rows, max_groups=20)], 20)
    rng.shuffle(rows)
    assert held(merged(TOP, [dumped(TOP, rows, max_groups=20)], 20)) == held(one)


# ---- what cannot be bounded --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT path, count(*) AS n FROM web GROUP BY path",
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC",
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n LIMIT 3",
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY path LIMIT 3",
        "SELECT path, count(*) AS n FROM web GROUP BY path HAVING n > 1 ORDER BY n DESC LIMIT 3",
        "SELECT path, max(bytes) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 3",
        "SELECT path, sum(bytes) AS n FROM web GROUP BY path ORDER BY n DESC NULLS FIRST LIMIT 3",
    ],
)
def test_a_report_that_needs_every_group_fails_alone_and_says_what_to_do(sql):
    spec = plan(sql, "unbounded")
    rows = [{"path": f"/{n}", "bytes": n} for n in range(30)]
    failed, total, top = tables_of(Program([spec, TOTAL, TOP], 10), [batch_of(rows)])
    table = report_table(merged(spec, [failed], 10))
    assert table.rows == ()
    assert not table.exact
    assert "more than 10 groups" in (table.problem or "")
    assert "max_groups" in (table.problem or "")
    assert rows_of(merged(TOTAL, [total], 10)) == [(30,)]
    assert report_table(merged(TOP, [top], 10)).problem is None


def test_a_problem_travels_and_stays():
    good, bad = dumped(EVERY, paths(range(3)), max_groups=5), dumped(EVERY, paths(range(9)), max_groups=5)
    for order in ([good, bad, good], [bad, good], [good, bad]):
        table = merged(EVERY, order, 5)
        assert "more than 5 groups" in (table.problem or "")
        assert "more than 5 groups" in (merged(EVERY, [dump(EVERY, table.data())], 5).problem or "")


def test_groups_that_fit_each_task_but_not_the_run_fail_in_the_merge():
    tasks = [dumped(EVERY, paths(range(4 * n, 4 * n + 4)), max_groups=5) for n in range(3)]
    assert merged(EVERY, tasks[:1], 5).problem is None
    assert merged(EVERY, tasks, 5).problem is not None


def test_a_sum_with_negative_values_cannot_be_bounded():
    rows = [{"path": f"/{n}", "bytes": -n} for n in range(30)]
    assert "negative" in (merged(HEAVY, [dumped(HEAVY, rows, max_groups=10)], 10).problem or "")


def test_exactly_as_many_groups_as_allowed_is_exact():
    tasks = [dumped(EVERY, paths(range(10)), max_groups=10) for _ in range(2)]
    assert sorted(rows_of(merged(EVERY, tasks, 10))) == sorted((f"/{n}", 2) for n in range(10))


# ---- the groups that are shown -----------------------------------------------------------------------------


def test_groups_without_a_sum_rank_behind_those_whose_sum_is_negative():
    spec = plan("SELECT path, sum(bytes) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 2", "negative")
    rows = [{"path": "/plus", "bytes": 5}, {"path": "/minus", "bytes": -1}, {"path": "/least", "bytes": -2}]
    rows += [{"path": f"/none/{n}"} for n in range(200)]
    assert rows_of(merged(spec, [dumped(spec, rows)])) == [("/plus", 5), ("/minus", -1)]


@settings(max_examples=50)
@given(
    total=st.integers(1, 20_000),  # every group comes to the same total, each in parts of its own
    amounts=st.lists(st.lists(st.integers(1, 3000), min_size=1, max_size=6), min_size=90, max_size=120),
)
def test_ties_at_the_limit_are_broken_by_the_other_columns_for_sums_of_decimals_too(total, amounts):
    spec = plan("SELECT path, sum(duration) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 3", "ties")
    rows = []
    for number, parts in enumerate(amounts):
        first = total - sum(parts[:-1])
        values = [first, *parts[:-1]] if first > 0 else [total]
        rows += [{"path": f"/{number:03}", "duration": f"{value / 1000:.3f}"} for value in values]
    table = merged(spec, [dumped(spec, rows)])
    assert rows_of(table) == [(f"/{n:03}", total / 1000) for n in range(3)]


@settings(max_examples=40)
@given(numbers=st.lists(st.integers(0, 150), max_size=300), limit=st.integers(0, 12), offset=st.integers(0, 5))
def test_the_limit_and_the_offset_are_those_of_a_full_sort(numbers, limit, offset):
    sql = f"SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT {limit} OFFSET {offset}"
    spec = plan(sql, "cut")
    table = report_table(merged(spec, [dumped(spec, paths(numbers))]))
    expected = sorted(truth([numbers]).items(), key=lambda item: (-item[1], item[0]))
    assert list(table.rows) == expected[offset : offset + limit]
    assert table.truncated == (len(expected) > offset + limit)
    assert table.exact


def test_a_report_without_keys_has_one_row_over_no_rows():
    spec = plan("SELECT count(*), sum(bytes), min(bytes), approx_count_distinct(client) FROM web", "nothing")
    assert rows_of(Table(spec, 10)) == [(0, None, None, 0)]
    assert rows_of(Table(EVERY, 10)) == []


# ---- bytes -------------------------------------------------------------------------------------------------


def test_a_table_of_another_report_does_not_merge():
    with pytest.raises(MergeError, match="made for other SQL"):
        load(EVERY, dumped(PAIRS, paths(range(3))))


def test_a_table_of_another_parameter_does_not_merge():
    half, tail = (plan(f"SELECT approx_quantile(duration, {q}) FROM web", "q") for q in (0.5, 0.99))
    with pytest.raises(MergeError):
        load(half, dumped(tail, []))


def test_how_a_report_is_shown_does_not_matter_for_merging():
    shown = plan("SELECT count(*) AS n, path FROM web GROUP BY path HAVING n > 1 ORDER BY path", "shown")
    assert rows_of(merged(shown, [dumped(EVERY, paths([1, 1, 2]))])) == [(2, "/1")]


def test_another_version_does_not_merge():
    raw = dumped(EVERY, paths(range(3)))
    assert raw[:4] == MAGIC
    with pytest.raises(MergeError, match=MAGIC.decode()):
        load(EVERY, b"LPR0" + raw[4:])


def as_format_2(spec, raw):
    """Write a dumped table as ledgers of earlier releases have it: all whole numbers wide, offsets, slack always."""
    data = load(spec, raw)
    slack = np.zeros(data.groups) if data.slack is None else data.slack
    arrays = [data.keys, data.offsets, slack, *(array for state in data.states for array in state.arrays())]
    arrays += [data.places.files, data.places.counts, data.places.places]
    head = {"spec": spec.fingerprint, "floor": data.floor, "problem": data.problem}
    head["arrays"] = [[array.dtype.str, len(array)] for array in arrays]
    text = json.dumps(head).encode()
    return b"LPR2" + len(text).to_bytes(4, "little") + text + b"".join(array.tobytes() for array in arrays)


@given(
    cells=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=40, max_size=90),
    scale=st.sampled_from([1, 7, 10**6]),
    bound=st.sampled_from([1, 300, 2**31, 2**63]),
    level=st.sampled_from([1, 9]),
)
def test_integers_in_any_order_and_of_any_scale_come_back_as_they_were(cells, scale, bound, level):
    numbers = np.array([cell % bound // scale * scale for cell in cells] + [cells[0] % scale * 0 - scale], np.int64)
    arrays = [numbers, numbers.astype(np.uint32), numbers.astype(np.uint16), np.array(cells, np.int64)]
    head = json.dumps({"arrays": [[array.dtype.str, len(array)] for array in arrays]}).encode()
    raw = b"LPR3" + len(head).to_bytes(4, "little") + head + b"".join(array.tobytes() for array in arrays)
    assert unpack(pack([raw, raw], level)) == [raw, raw]


def test_whole_seconds_take_no_room_for_their_microseconds():
    seconds = np.random.default_rng(7).integers(0, 86_400, 5000)
    sizes = []
    for scale in (1, 10**6):
        head = json.dumps({"arrays": [["<i8", len(seconds)]]}).encode()
        raw = b"LPR3" + len(head).to_bytes(4, "little") + head + (seconds * scale).tobytes()
        sizes.append(len(pack([raw])))
    assert sizes[1] < 1.01 * sizes[0] < 1.2 * 17 / 8 * len(seconds)


@given(numbers=st.lists(st.integers(0, 300), max_size=400), size=st.sampled_from([1, 255, 256, 70_000, 2**33, -5]))
def test_tables_of_ledgers_of_earlier_releases_are_read(numbers, size):
    spec = plan("SELECT path, count(*), sum(bytes), approx_count_distinct(bytes), max(time) FROM web GROUP BY 1", "d")
    rows = [{"path": f"/{n}", "bytes": str(size + n)} for n in numbers]
    raw = dumped(spec, rows, max_groups=1000)
    wide = as_format_2(spec, raw)
    assert unpack(pack([raw, wide])) == [raw, wide]
    assert dump(spec, load(spec, wide)) == raw
    assert rows_of(merged(spec, [wide, raw])) == rows_of(merged(spec, [raw, raw]))
    assert len(numbers) < 100 or len(raw) < 0.7 * len(wide)


@pytest.mark.parametrize(
    "spec", [EVERY, TOP, plan("SELECT path, approx_count_distinct(client) FROM web GROUP BY 1", "d")]
)
def test_a_table_that_is_cut_short_anywhere_does_not_merge(spec):
    raw = dumped(spec, [{"path": "/a", "client": "x"}, {"path": "/b", "client": "y"}])
    for length in range(len(raw)):
        with pytest.raises(MergeError):
            load(spec, raw[:length])
    assert load(spec, raw).groups == 2


@settings(max_examples=100)
@given(at=st.integers(0, 400), value=st.integers(0, 255))
@example(at=158, value=ord(","))
@example(at=171, value=ord("a"))
def test_a_damaged_head_is_a_merge_error_or_reads_the_same(at, value):
    raw = dumped(TOP, paths(range(3)))
    head = 8 + int.from_bytes(raw[4:8], "little")
    damaged = bytearray(raw)
    damaged[at % head] = value
    try:
        data = load(TOP, bytes(damaged))
    except MergeError:
        return
    assert data.groups == 3


@settings(max_examples=60)
@given(tasks=TASKS, max_groups=st.integers(1, 12), grown=st.integers(1, 12), first=st.integers(0, 12), data=st.data())
def test_a_table_that_rests_between_merges_is_the_one_that_does_not(tasks, max_groups, grown, first, data):
    order = data.draw(st.permutations([dumped(TOP, paths(task), max_groups=max_groups) for task in tasks]))
    resting = Held(TOP, max_groups)
    with mock.patch.multiple(tables, GROWN_GROUPS=grown, RESTING_GROUPS=first):
        for raw in order:
            resting.merge(load(TOP, raw))
    awake = merged(TOP, order, max_groups)
    assert resting.dump() == dump(TOP, awake.data())
    assert held(resting.table()) == held(awake)
    assert report_table(resting.table()) == report_table(awake)


def test_a_table_that_was_cut_holds_nothing_but_its_bytes_until_more_comes():
    resting = Held(TOP, 10)
    for number in range(3):
        resting.merge(load(TOP, dumped(TOP, paths(range(20 * number, 20 * number + 20)))))
        assert isinstance(resting._held, bytes)
    assert len(resting.table()) == 10


def test_a_large_first_table_rests_as_it_came(monkeypatch):
    monkeypatch.setattr(tables, "RESTING_GROUPS", 5)
    for count in (4, 5, 8, 9):
        raw, resting = dumped(TOP, paths(range(count)), max_groups=100), Held(TOP, 8)
        resting.merge(load(TOP, raw))
        assert (resting._held == raw) == (5 <= count <= 8)
        assert len(resting.table()) == min(count, 8)
    resting.merge(load(TOP, raw))
    assert rows_of(resting.table())[0][1] == 2


def test_a_table_rests_before_it_is_cut_where_most_of_what_comes_is_new(monkeypatch):
    monkeypatch.setattr(tables, "GROWN_GROUPS", 8)
    resting = Held(TOP, 100)
    for numbers, rests in ((range(7), False), (range(6, 12), True), (range(12), False), (range(10, 15), True)):
        resting.merge(load(TOP, dumped(TOP, paths(numbers))))
        assert isinstance(resting._held, bytes) == rests
    assert rows_of(resting.table())[:3] == [("/10", 3), ("/11", 3), ("/6", 3)]


def test_tables_that_rested_are_put_together_one_at_a_time(monkeypatch):
    alone = []
    really = Table.merge

    def merge(self, data):
        alone.append(tables._ALONE.locked())
        really(self, data)

    monkeypatch.setattr(Table, "merge", merge)
    resting = Held(TOP, 10)
    for number in range(3):
        resting.merge(load(TOP, dumped(TOP, paths(range(20 * number, 20 * number + 20)))))
    assert alone == [False, True, True]
    assert not tables._ALONE.locked()


def test_the_heap_gives_back_what_large_tables_took_and_keeps_what_small_ones_did(monkeypatch):
    given = mock.Mock()
    monkeypatch.setattr(tables, "give_back", given)
    both = dumped(TOP, paths([1])), dumped(EVERY, paths([1]))
    monkeypatch.setattr(tables, "GIVE_BACK_BYTES", sum(map(len, both)) + 1)
    Tables([TOP, EVERY], 10).merge(both)
    assert not given.called
    monkeypatch.setattr(tables, "GIVE_BACK_BYTES", sum(map(len, both)))
    Tables([TOP, EVERY], 10).merge(both)
    given.assert_called_once_with()


def test_a_large_table_is_refused_before_anything_is_merged_too(monkeypatch):
    monkeypatch.setattr(tables, "LARGE_BYTES", 1)
    both = Tables([TOP, EVERY], 10)
    good = dumped(TOP, paths([1])), dumped(EVERY, paths([1]))
    both.merge(good)
    with pytest.raises(MergeError):
        both.merge((good[0][:-1], good[1]))
    assert [len(one.table()) for one in both.held] == [1, 1]
    assert [rows_of(one.table()) for one in both.held] == [[("/1", 1)]] * 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 3 OFFSET 2",
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY length(path), n DESC LIMIT 3",
        "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC NULLS FIRST LIMIT 7",
        "SELECT status, count(*) AS n FROM web GROUP BY status ORDER BY status NULLS FIRST LIMIT 4",
        "SELECT path, max(time) AS t, sum(bytes) AS b FROM web GROUP BY path ORDER BY b DESC LIMIT 2",
    ],
)
def test_rows_that_are_found_part_by_part_are_those_that_are_found_at_once(sql, monkeypatch):
    spec, rng = plan(sql, "parts"), random.Random(3)
    lines = [
        {"path": f"/{rng.randrange(40)}", "status": rng.choice([200, 404, None, 500, 301]), "bytes": rng.choice([1, 2])}
        for _ in range(90)
    ]
    table = merged(spec, [dumped(spec, lines)])
    whole, seen, columns = report_table(table), [], Table.columns
    monkeypatch.setattr(outcome, "AT_ONCE", 1)
    monkeypatch.setattr(Table, "columns", lambda self, ids: (seen.append(len(ids)), columns(self, ids))[1])
    assert report_table(table) == whole
    assert max(seen) <= 2 * (spec.limit + spec.offset) + 1


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        ("SELECT sum(bytes + 1) AS b FROM web", 1),
        ("SELECT sum(bytes + 1) AS b FROM web WHERE bytes < 9", 0),
        ("SELECT sum(bytes + 1) FILTER (WHERE bytes < 9) AS b FROM web", 0),
        ("SELECT bytes * 2 AS twice, count(*) AS n FROM web GROUP BY ALL", 1),
        ("SELECT count(*) AS n FROM web WHERE bytes - -5 > 0", 1),
        ("SELECT sum(bytes * status + 1) AS b, max(bytes + 1) AS m FROM web", 1),
        ("SELECT sum(bytes + 0) AS b FROM web", 0),
        ("SELECT sum(bytes) AS b FROM web", 0),
    ],
)
def test_a_whole_number_that_does_not_fit_makes_a_report_inexact_and_no_other(sql, lost):
    spec = plan(sql, "asked")
    other = plan("SELECT bytes, status, count(*) AS n FROM web GROUP BY ALL", "other")
    lines = [{"bytes": size, "status": 2} for size in (2**63 - 1, 5, None)]
    tables = tables_of(Program([spec, other], 100), [batch_of(lines[:2]), batch_of(lines[2:])])
    asked, beside = (Table(each, 100) for each in (spec, other))
    for table, raw in zip((asked, beside), tables, strict=True):
        for _ in range(2):
            table.merge(load(table.spec, raw))
    table = report_table(Table.of(spec, 100, load(spec, dump(spec, asked.data()))))
    assert (table.exact, table.error) == (not lost, ReportError("missing", 2.0 * lost) if lost else None)
    assert report_table(beside).exact
