"""The monoid laws of every aggregate: what a worker returns merges in any order, and any cut gives the same table."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup.batches import batch_of, carried, contents, dumped, merged, rows_of, tables_of

from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import TableData, dump, load
from logproc.rollup.registry import AGGREGATES, RELATIVE_ERROR, new_state
from logproc.rollup.sql import plan
from logproc.rollup.tables import Table

CALLS = [
    *("count(*)", "count(bytes)", "count(client)", "count(status >= 400)", "sum(bytes)", "sum(duration)"),
    *("min(bytes)", "max(bytes)", "min(duration)", "max(duration)", "min(time)", "max(time)"),
    *("approx_count_distinct(client)", "approx_count_distinct(bytes)", "approx_count_distinct(duration)"),
    *("approx_count_distinct(status >= 400)", "approx_quantile(duration, 0.5)", "approx_quantile(bytes, 0.99)"),
    *("min(client)", "max(client)", "any_value(lower(client))", "arg_min(client, bytes)", "arg_max(client, duration)"),
    *("arg_max(status, time)", "arg_min(duration, status)", "count(DISTINCT client)", "count(DISTINCT duration)"),
    *("histogram(status)", "mode(client)", "approx_top_k(client, 3)", "approx_top_k(status >= 400, 1)"),
    *("stddev(duration)", "variance(bytes)", "var_pop(duration)", "stddev_pop(status)"),
]
FILTERS = ["", " FILTER (WHERE status >= 400)"]
SPECS = {
    call + condition: plan(f"SELECT path, {call}{condition} AS n FROM web GROUP BY path", "law")
    for call in CALLS
    for condition in FILTERS
}

GROUPS = [list(SPECS)[place::10] for place in range(10)]
"""Laws that are held against the same drawn rows: to draw rows takes far longer than to count them."""

TEXTS = st.none() | st.sampled_from(["/", "/a", "/b", "/caf\u00e9", "-", "/" + "x" * 200])
DECIMALS = st.integers(-(10**6), 10**9).map(lambda n: f"{n / 1000:.3f}") | st.floats(-1e9, 1e9).map(
    lambda x: f"{x:.12f}"
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "path": TEXTS,
            "client": st.none() | st.integers(0, 40).map(str),
            "status": st.none() | st.sampled_from([200, 404, 500]),
            "bytes": st.none() | st.integers(0, 5) | st.integers(-(2**62), 2**62),
            "duration": st.none() | DECIMALS,
            "time": st.none() | st.integers(-(2**50), 2**52),
        }
    ),
    max_size=30,
)


def test_every_aggregate_is_held_to_the_laws():
    assert {spec.aggregates[0].function for spec in SPECS.values()} == set(AGGREGATES)


def held(spec, law, *arguments):
    """Hold an aggregate to a law; what fails says which aggregate it is."""
    try:
        law(spec, *arguments)
    except Exception as error:
        error.add_note(f"of {spec.aggregates[0].function}: {spec.sql}")
        raise


@pytest.mark.parametrize("laws", GROUPS, ids=range(10))
@settings(max_examples=15)
@given(parts=st.tuples(ROWS, ROWS, ROWS))
def test_merging_is_a_commutative_monoid(laws, parts):
    batches = [[batch_of(rows)] if rows else [] for rows in (*parts, [row for rows in parts for row in rows])]
    for law in laws:
        held(SPECS[law], is_a_commutative_monoid, batches)


def is_a_commutative_monoid(spec, batches):
    a, b, c, together = (tables_of(Program([spec], 1000), batch)[0] for batch in batches)
    nothing = dump(spec, Table(spec, 1000).data())
    whole = contents(merged(spec, [a, b, c]))
    # Identity, on both sides.
    assert contents(merged(spec, [a, nothing])) == contents(merged(spec, [nothing, a])) == carried(load(spec, a))
    # Commutativity.
    assert contents(merged(spec, [c, b, a])) == contents(merged(spec, [b, a, c])) == whole
    # Associativity: (a + b) + c = a + (b + c), the bracketed sum travelling as bytes.
    left = [dump(spec, merged(spec, [a, b]).data()), c]
    right = [a, dump(spec, merged(spec, [b, c]).data())]
    assert contents(merged(spec, left)) == contents(merged(spec, right)) == whole
    # load(dump(x)) = x, byte for byte.
    again = load(spec, a)
    assert dump(spec, again) == a
    # One task over all rows counts what three tasks count.
    assert contents(merged(spec, [together])) == whole


@pytest.mark.parametrize("laws", GROUPS, ids=range(10))
@settings(max_examples=10)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=6), data=st.data())
def test_any_cut_of_the_rows_into_batches_and_tasks_gives_the_same_table(laws, rows, cuts, data):
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[begin:end] for begin, end in pairwise(edges)]
    order = data.draw(st.permutations(range(len(parts))))
    batches = [[batch_of(part)] if part else [] for part in parts]
    for law in laws:
        held(SPECS[law], any_cut_gives_the_same, rows, batches, order)


def any_cut_gives_the_same(spec, rows, batches, order):
    program = Program([spec], 1000)  # what it has learnt in one task must not show in the next
    tasks = [tables_of(program, batch)[0] for batch in batches]
    whole = contents(merged(spec, [dumped(spec, rows)]))
    assert contents(merged(spec, [tasks[place] for place in order])) == whole
    assert (
        contents(merged(spec, tables_of(Program([spec], 1000), [batch for part in batches for batch in part]))) == whole
    )


@pytest.mark.parametrize("laws", GROUPS, ids=range(10))
@settings(max_examples=10)
@given(rows=ROWS, groups=st.lists(st.integers(0, 2), min_size=30, max_size=30))
def test_groups_that_become_one_hold_what_merging_them_gives(laws, rows, groups):
    batches = [batch_of(rows)] if rows else []
    for law in laws:
        held(SPECS[law], groups_become_one, batches, groups)


def groups_become_one(spec, batches, drawn):
    table = load(spec, tables_of(Program([spec], 1000), batches)[0])
    groups = np.array(drawn[: table.groups], np.int64)
    (state,) = table.states
    expected = new_state(spec.aggregates[0])
    expected.resize(3)
    for number, group in enumerate(groups.tolist()):
        expected.merge(state.select(np.array([number])), np.array([group]))
    found = state.folded(groups, 3) if set(groups) == {0, 1, 2} else expected
    assert [array.tolist() for array in found.arrays()] == [array.tolist() for array in expected.arrays()]


@pytest.mark.parametrize("law", SPECS)
def test_a_thread_that_has_to_forget_what_it_learnt_counts_the_same(law, monkeypatch):
    spec = SPECS[law]
    rng = np.random.default_rng(7)
    rows = [
        {"path": f"/{rng.integers(9)}", "client": str(rng.integers(50)), "status": int(rng.choice([200, 404])),
         "bytes": int(rng.integers(1000)), "duration": f"{rng.random():.3f}", "time": int(rng.integers(10**15))}
        for _ in range(400)
    ]  # fmt: skip
    whole = contents(merged(spec, [dumped(spec, rows)]))
    monkeypatch.setattr(
        "logproc.rollup.columns.room_for", lambda _fields: 1
    )  # bring the reports up to date after each batch
    monkeypatch.setattr("logproc.rollup.aggregate.MAX_KEYS", 5)
    batches = [batch_of(rows[at : at + 50]) for at in range(0, 400, 50)]
    assert contents(merged(spec, tables_of(Program([spec], 1000), batches))) == whole


@given(rows=ROWS)
def test_results_are_those_of_plain_python(rows):
    calls = "count(*), count(bytes), sum(bytes), min(bytes), max(bytes), sum(duration), min(time), max(duration)"
    spec = plan(f"SELECT path, {calls} FROM web GROUP BY path", "reference")
    expected = {}
    for path in {None if row["path"] == "-" else row["path"] for row in rows}:
        group = [row for row in rows if (None if row["path"] == "-" else row["path"]) == path]
        sizes = [row["bytes"] for row in group if row["bytes"] is not None]
        times = [row["time"] for row in group if row["time"] is not None]
        durations = [float(row["duration"]) for row in group if row["duration"] is not None]
        nanos = sum(Fraction(round(Fraction(d) * 10**9), 10**9) for d in durations)
        expected[path] = (
            len(group), len(sizes), sum(sizes) if sizes else None, min(sizes, default=None), max(sizes, default=None),
            pytest.approx(float(nanos), abs=2e-9 * len(group), rel=1e-15) if durations else None,
            None if not times else np.datetime64(min(times), "us"), max(durations, default=None),
        )  # fmt: skip
    found = rows_of(merged(spec, [dumped(spec, rows)]))
    got = {r[0]: (*r[1:7], None if r[7] is None else np.datetime64(r[7].rstrip("Z"), "us"), r[8]) for r in found}
    assert got == expected


@pytest.mark.parametrize("count", [1, 10, 600, 3000, 200_000])
def test_distinct_counts_stay_within_their_stated_error(count):
    spec = plan("SELECT approx_count_distinct(client) AS n FROM web", "distinct")
    rows = [{"client": f"10.0.{n % 7}.{n}"} for n in range(count)]
    ((estimate,),) = rows_of(merged(spec, [dumped(spec, rows[: count // 2]), dumped(spec, rows[count // 3 :])]))
    assert abs(estimate - count) <= max(0, RELATIVE_ERROR["approx_count_distinct"] * count)


@given(
    values=st.lists(st.floats(-1e12, 1e12).map(lambda x: float(f"{x:.6f}")), min_size=1, max_size=60),
    share=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]),
)
def test_quantiles_stay_within_their_stated_error(values, share):
    spec = plan(f"SELECT approx_quantile(duration, {share}) AS q FROM web", "quantile")
    ((found,),) = rows_of(merged(spec, [dumped(spec, [{"duration": f"{value:.6f}"} for value in values])]))
    exact = sorted(values)[int(share * (len(values) - 1))]
    assert abs(found - exact) <= RELATIVE_ERROR["approx_quantile"] * abs(exact) * (1 + 1e-12)


def test_a_table_that_travels_shares_nothing_with_the_one_it_came_from():
    spec = SPECS["sum(bytes)"]
    rows = [{"path": "/a", "bytes": 5}]
    table = merged(spec, [dumped(spec, rows)])
    before = dump(spec, table.data())
    other = merged(spec, [before])
    other.merge(load(spec, before))
    assert dump(spec, table.data()) == before
    assert isinstance(load(spec, before), TableData)
