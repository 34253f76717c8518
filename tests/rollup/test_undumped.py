"""Tables that are handed over as they are: what those that were dumped say, whatever their thread does next."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, tables_of

from logproc.early import Early
from logproc.rollup import aggregate as aggregating
from logproc.rollup import tables, undumped
from logproc.rollup.aggregate import Program
from logproc.rollup.spec import Rules
from logproc.rollup.sql import plan
from logproc.rollup.tables import Tables
from logproc.rollup.texts import ExtremeTextState
from logproc.rollup.undumped import HandOver, Undumped, UndumpedPartial, partial_of
from logproc.rollup.undumped import tables_of as handed

EVERY = plan(
    """SELECT path, count(*) AS n, count(bytes) AS c, sum(bytes) AS s, sum(duration) AS d, min(bytes) AS l,
    max(duration) AS g, avg(bytes) AS a, min(client) AS t, any_value(client) AS v, approx_count_distinct(client) AS u,
    approx_quantile(duration, 0.9) AS q, approx_quantile(duration, 0.5) AS h, stddev(duration) AS e,
    arg_max(client, bytes) AS m, count(*) FILTER (WHERE bytes > 3) AS f
    FROM web GROUP BY path""",
    "every",
)
HOSTS = plan("SELECT client, count(*) AS n FROM web GROUP BY client ORDER BY n DESC LIMIT 3", "hosts")
PAIRS = plan("SELECT client, path, count(*) AS n, sum(bytes) AS s FROM web GROUP BY ALL", "pairs")
NONE = plan("SELECT message, count(*) AS n FROM app GROUP BY message", "none")
SPECS = [EVERY, HOSTS, PAIRS, NONE]
FILES = [7]

ROW = st.tuples(st.integers(0, 4), st.integers(0, 5), st.none() | st.integers(0, 9), st.none() | st.floats(0, 9))
TASKS = st.lists(st.lists(ROW, max_size=20), min_size=1, max_size=4)


def batches(rows):
    made = [{"path": f"/{p}", "client": f"c{c}", "bytes": b, "duration": d} for p, c, b, d in rows]
    return [batch_of(made)] if made else []


def results(tasks, max_groups, hand):
    """Return the tables of tasks that one program did, one after the other."""
    program = Program(SPECS, max_groups)
    return [tables_of(program, batches(rows), FILES, hand()) for rows in tasks]


def dumped():
    return undumped.dump


@settings(max_examples=40)
@given(tasks=TASKS, max_groups=st.integers(2, 40))
def test_what_is_handed_over_is_what_was_dumped_and_merges_like_it(tasks, max_groups):
    written, live = results(tasks, max_groups, dumped), results(tasks, max_groups, HandOver)
    # The same program has gone on with the next tasks meanwhile.
    assert [tuple(t if isinstance(t, bytes) else t.dump() for t in task) for task in live] == written
    totals = Tables(SPECS, max_groups), Tables(SPECS, max_groups)
    for task, its in zip(written, live, strict=True):
        totals[0].merge(task)
        totals[1].merge(its)
    assert totals[0].dump() == totals[1].dump()


@pytest.mark.parametrize("large", [0, 1 << 20])
@pytest.mark.parametrize(
    ("aggregate", "approximate"),
    [("count(DISTINCT client)", False), ("count(DISTINCT client)", True), ("approx_top_k(client, 3)", False)],
)
def test_a_first_table_over_its_limit_is_over_it_however_it_came(monkeypatch, large, aggregate, approximate):
    monkeypatch.setattr(tables, "LARGE_BYTES", large)
    rules = Rules(max_distinct=8, approximate=approximate)
    spec = plan(f"SELECT path, {aggregate} AS n FROM web GROUP BY path", "over", rules=rules)
    rows = batches([(0, k, k, 0.5) for k in range(20)])
    live, written = Tables([spec], 100), Tables([spec], 100)
    live.merge(tables_of(Program([spec], 100), rows, FILES, HandOver()))
    written.merge(tables_of(Program([spec], 100), rows, FILES, undumped.dump))
    assert live.dump() == written.dump()
    (data,) = (tables.load(spec, raw) for raw in written.dump())
    assert (data.problem is not None) == (aggregate.startswith("count") and not approximate)


def test_texts_that_are_handed_over_are_no_codes_of_a_dictionary_that_goes_on(monkeypatch):
    monkeypatch.setattr(ExtremeTextState, "select", lambda self, _ids: self)  # as if it came from elsewhere
    found = []

    def hand(spec, data):
        live = HandOver()(spec, data)
        for state in live.data.states:
            if isinstance(state, ExtremeTextState):
                state._dictionary = None
                found.append(state.results(np.arange(1, 6)))  # group 0 is null
        return live

    results([[(k % 5, k % 5, k, 0.5) for k in range(60)]], 100, lambda: hand)
    assert found == [[f"c{c}" for c in range(5)]]


def test_large_tables_and_those_for_which_there_is_no_room_are_dumped(monkeypatch):
    rows = [(k % 5, k % 6, k, 0.5) for k in range(60)]
    (all_live,) = results([rows], 100, HandOver)
    assert [type(table) for table in all_live] == [Undumped] * 4
    sizes = [len(table) for table in all_live]
    assert sizes[3] < sizes[1] < sizes[2] < sizes[0]
    monkeypatch.setattr(undumped, "TABLE_BYTES", sizes[2])
    assert [type(table) for table in results([rows], 100, HandOver)[0]] == [bytes, Undumped, Undumped, Undumped]
    monkeypatch.setattr(undumped, "TASK_BYTES", sizes[1] + sizes[3])
    assert [type(table) for table in results([rows], 100, HandOver)[0]] == [bytes, Undumped, bytes, Undumped]


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_what_waits_on_the_disk_waits_as_bytes(limit):
    rows = [(k % 5, k % 6, k, 0.5) for k in range(60)]
    written, live = results([rows, rows], 100, dumped), results([rows, rows], 100, HandOver)
    with Early(limit) as early:
        for number, tables in enumerate(live):
            early.put(partial_of(number, (), tables))
        found = [early.pop(number) for number in range(2)]
    assert [isinstance(outcome, UndumpedPartial) for outcome in found] == [limit > 0] * 2
    for outcome, tables in zip(found, written, strict=True):
        assert tuple(t if isinstance(t, bytes) else t.dump() for t in handed(outcome)) == tables


def test_all_tables_of_a_task_with_very_many_keys_are_dumped(monkeypatch):
    rows = [(k % 5, k % 6, k, 0.5) for k in range(60)]
    monkeypatch.setattr(aggregating, "MAX_KEYS", 3)
    poured = results([rows, []], 100, HandOver)
    # The relation without rows has no keys; nor has the task after that.
    assert [[type(table) for table in task] for task in poured] == [[bytes] * 3 + [Undumped], [Undumped] * 4]
    monkeypatch.undo()
    assert poured[0][3].dump() == results([rows], 100, dumped)[0][3]
