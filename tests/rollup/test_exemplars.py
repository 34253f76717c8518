"""Exemplars are the first lines of each group by (key of the file, offset), however files are cut and tables merged."""

import itertools
import json
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup.batches import dumped, merged

import logproc
from logproc import planner
from logproc.errors import MergeError
from logproc.kernels.exemplars import NO_MARK, OFFSET_BITS, PLACES
from logproc.rollup.dumping import dump, load
from logproc.rollup.exemplars import Kept, Marked, Places, file_key
from logproc.rollup.sql import plan

ROWS = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(0, 2), st.integers(0, 40)), max_size=40, unique_by=lambda r: r[1:]
)
KEYS = (11, 500, 9000)


def least(rows, groups=4):
    found = defaultdict(list)
    for group, number, offset in rows:
        found[group].append((KEYS[number], offset))
    return [sorted(found[group])[:PLACES] for group in range(groups)]


def counted(rows):
    marked = Marked()
    marked.resize(4)
    for begin in range(0, len(rows), 7):
        part = rows[begin : begin + 7]
        marks = np.array([number << OFFSET_BITS | offset for _, number, offset in part], np.int64)
        groups = np.array([group for group, _, _ in part], np.int32)
        marked.update(groups, len(part), marks, ascending=bool((np.diff(marks) > 0).all()))
    ids = marked.present()
    return marked.places(ids, KEYS), ids


@given(ROWS, st.booleans(), st.lists(st.integers(0, 40), max_size=4), st.randoms(use_true_random=False))
def test_any_split_in_any_order_keeps_the_least_places(rows, ascending, cuts, chance):
    if ascending:
        rows = sorted(rows, key=lambda row: row[1:])
    borders = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [counted(rows[begin:end]) for begin, end in itertools.pairwise(borders) if begin < end]
    chance.shuffle(parts)
    kept = Kept()
    for places, ids in parts:
        assert places.fit(len(ids))
        kept.merge(places, ids, 4)
        kept.merge(places, ids, 4)  # what comes twice is kept once
    assert [kept.of(group) for group in range(4)] == least(rows)
    again = Kept()
    again.merge(kept.data(4), np.arange(4), 4)
    assert [again.of(group) for group in range(4)] == least(rows)


def test_rows_of_nowhere_have_no_places():
    marked = Marked()
    marked.resize(1)
    marked.update(np.zeros(2, np.int32), 2, np.array([NO_MARK, NO_MARK]), ascending=False)
    assert marked.counts[0] == 2
    assert len(marked.places(np.array([0]), ()).places) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        Places(np.zeros(1, np.int64), np.array([1], np.uint8), np.array([1 << OFFSET_BITS])),
        Places(np.zeros(1, np.int64), np.array([1], np.uint8), np.array([-1])),
        Places(np.zeros(1, np.int64), np.array([2], np.uint8), np.array([0])),
        Places(np.zeros(1, np.int64), np.array([4], np.uint8), np.array([0, 1, 2, 3])),
        Places(np.zeros(1, np.int64), np.array([1, 1], np.uint8), np.array([0, 1])),
    ],
)
def test_a_table_whose_places_are_out_of_bounds_is_refused(wrong):
    spec = plan("SELECT status, count(*) FROM web GROUP BY status", "q")
    data = merged(spec, [dumped(spec, [{"status": 200}])]).data()
    data.places = wrong
    with pytest.raises(MergeError, match="exemplars"):
        load(spec, dump(spec, data))


@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_reports_name_the_first_lines_of_every_row(tmp_path, monkeypatch, backend):
    monkeypatch.setattr(planner, "RANGE_BYTES", 40_000)
    monkeypatch.setattr(planner, "LAST_BYTES", 20_000)
    monkeypatch.setattr(planner, "PACK_BYTES", 50_000)

    def line(n):
        return f'10.0.0.{n % 7} - - [25/Oct/2016:14:49:33 +0000] "GET /{n % 11} HTTP/1.1" {200 + n % 3} {n}\n'

    (tmp_path / "large.log").write_text("".join(map(line, range(3000))))
    for number in range(12):
        (tmp_path / f"{number}.log").write_text("".join(map(line, range(number, number + 20))))
    (tmp_path / "mixed.log").write_text(line(1) + '{"time": "2024-01-01T00:00:00Z", "status": 200}\n' + line(2) * 3)
    query = tmp_path / "q.sql"
    query.write_text(
        "SELECT path, status, count(*) AS n FROM logs WHERE status <> 201 GROUP BY ALL ORDER BY n DESC, path"
    )
    (table,) = logproc.run(tmp_path / ".", config=None, reports=[str(query)], backend=backend, workers=3).reports
    expected = defaultdict(list)
    for row in logproc.parse(tmp_path, origin=True):
        if row.get("status") not in {None, 201}:
            expected[row.get("path"), row["status"]].append((file_key(row["_file"]), row["_offset"], row["_file"]))
    found = {row[:2]: list(places) for row, places in zip(table.rows, table.exemplars, strict=True)}
    assert found == {
        key: [(place[2], place[1]) for place in sorted(places)[:PLACES]] for key, places in expected.items()
    }
    assert json.loads(json.dumps(table.exemplars))[0][0][1] >= 0
