"""What a log does not have: aggregates of it cost nothing, travel as nothing, and columns of it can be left out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup.batches import batch_of, contents, dumped, merged, rows_of, tables_of

from logproc.errors import QueryError
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import dump, load
from logproc.rollup.outcome import report_table
from logproc.rollup.packing import pack, unpack
from logproc.rollup.slots import slotted
from logproc.rollup.sql import plan

TIMED = plan(
    "-- title: Paths\n-- where logged: mean, longest, last\nSELECT path, count(*) AS n, avg(duration) AS mean, "
    "max(duration) AS longest, sum(bytes) AS bytes, min(status) AS least, count(duration) AS known, "
    "arg_max(path, duration) AS last, approx_quantile(duration, 0.5) AS p50 "
    "FROM web GROUP BY path ORDER BY n DESC LIMIT 100",
    "timed",
)
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.none() | st.integers(0, 4000).map(lambda n: n / 1000), st.none() | st.just(7)),
    max_size=12,
)
BATCHES = st.lists(st.tuples(ROWS.filter(bool), st.booleans(), st.booleans()), max_size=5)


def batches_of(drawn, *, whole):
    """Return batches whose format has no times, or no bytes, as drawn; `whole` ones have the fields with nothing in."""
    for rows, has_times, has_bytes in drawn:
        made = [
            {
                "path": f"/{path}",
                **({"duration": seconds if has_times else None} if whole or has_times else {}),
                **({"bytes": size if has_bytes else None} if whole or has_bytes else {}),
            }
            for path, seconds, size in rows
        ]
        yield batch_of(made)


@given(st.lists(BATCHES, max_size=4))
def test_a_field_that_a_format_lacks_is_one_that_is_null_in_every_row(tasks):
    program, tables = Program([TIMED], 1000), []
    for whole in (False, True):
        dumps = [tables_of(program, list(batches_of(task, whole=whole)))[0] for task in tasks]
        tables.append(merged(TIMED, [unpack(pack([raw]))[0] for raw in dumps]))
    assert contents(tables[0]) == contents(tables[1])
    again = merged(TIMED, [dump(TIMED, tables[0].data())])
    assert rows_of(again) == rows_of(tables[1])


def test_what_no_row_has_does_not_travel():
    raw = dumped(TIMED, [{"path": f"/{n}"} for n in range(500)])
    head = json.loads(raw[8 : 8 + int.from_bytes(raw[4:8], "little")])
    functions = [TIMED.aggregates[number].function for number in head["blank"]]
    assert functions == ["sum", "count", "max", "sum", "min"]
    longer = dumped(TIMED, [{"path": f"/{n}", "duration": 0.5, "bytes": 1, "status": 2} for n in range(500)])
    assert len(longer) > len(raw) + 500 * 5
    assert [state.blank for state in load(TIMED, raw).states].count(True) == 5


def test_tables_with_slots_are_blank_where_their_log_is():
    spec = slotted(TIMED)
    raw = dumped(spec, [{"path": f"/{n % 3}"} for n in range(9)])
    assert {state.aggregate.function for state in load(spec, raw).states if state.blank} == {
        "sum",
        "count",
        "max",
        "min",
    }


def test_groups_are_ranked_by_a_sum_that_nothing_has():
    spec = plan("SELECT path, sum(duration) AS t FROM web GROUP BY path ORDER BY t DESC LIMIT 2", "ranked")
    raw = dumped(spec, [{"path": f"/{n:03}"} for n in range(200)])
    assert rows_of(merged(spec, [raw] * 2)) == [("/000", None), ("/001", None)]
    pruned = merged(spec, [raw] * 2, max_groups=150)
    assert [seconds for _, seconds in rows_of(pruned)] == [None, None]


def test_optional_columns_are_there_where_a_row_has_a_value():
    missing = report_table(merged(TIMED, [dumped(TIMED, [{"path": "/a"}, {"path": "/b"}])]))
    assert [column.name for column in missing.columns] == ["path", "n", "bytes", "least", "known", "p50"]
    assert missing.rows[0] == ("/a", 1, None, None, 0, None)
    there = report_table(merged(TIMED, [dumped(TIMED, [{"path": "/a"}, {"path": "/b", "duration": 2}])]))
    assert [column.name for column in there.columns] == [output.name for output in TIMED.outputs]
    assert there.rows[0][2:4] == (None, None)
    assert there.rows[1][2:4] == (2.0, 2.0)
    nothing = report_table(merged(TIMED, []))
    assert "mean" not in [column.name for column in nothing.columns]


def test_an_optional_column_that_is_none_is_refused_by_name():
    with pytest.raises(QueryError, match="where logged: there is no column 'mean_time'; there are path, n"):
        plan("-- where logged: mean_time\nSELECT path, count(*) AS n FROM web GROUP BY path", "wrong")
