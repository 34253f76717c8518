"""Record batches hold what `parse` writes, whatever the threads, ranges and dictionaries were."""

import gzip
import io
import json
import threading
from datetime import datetime
from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'logproc[sql]'")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from logproc import packs  # noqa: E402
from logproc.adhoc import channel, scan, sieve  # noqa: E402
from logproc.adhoc.arrow import BatchBuilder, Selection  # noqa: E402
from logproc.adhoc.question import relations_of  # noqa: E402
from logproc.adhoc.rows import parse  # noqa: E402
from logproc.adhoc.scan import Scan  # noqa: E402
from logproc.config import Config  # noqa: E402
from logproc.model import FIELDS, Kind  # noqa: E402
from logproc.rollup import columns  # noqa: E402
from logproc.rollup.spec import EVERYTHING, Call, Column, Literal  # noqa: E402

DATA = Path(__file__).parents[2] / "data"
STATUS = Column("status", Kind.INTEGER)


def selection(family, where=None):
    columns = {**FIELDS["all"], **FIELDS[family]}
    return Selection(family, tuple(Column(name, kind) for name, kind in columns.items()), where)


def scanned(config, chosen):
    with Scan(config, [chosen]) as running:
        table = pa.Table.from_batches([batch for _, batch in running], chosen.schema)
    table.validate(full=True)
    return table, running.report()


def parsed(config, family):
    out = io.BytesIO()
    parse(config, out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return [{name: row.get(name) for name in {**FIELDS["all"], **FIELDS[family]}} for row in rows]


def moment(text):
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("family", "folder"), [("web", "web1"), ("web", "cloud"), ("web", "cluster"), ("syslog", "hosts")]
)
def test_batches_hold_the_rows_that_parse_writes(family, folder):
    config = Config(paths=(str(DATA / folder),), workers=3)
    table, report = scanned(config, selection(family))
    expected = [{**row, "time": moment(row["time"])} for row in parsed(config, family)]
    assert table.to_pylist() == expected
    assert report.lines.counted == table.num_rows
    assert report.lines.balanced()


def line(number, path="/"):
    client, status = f"10.0.{number // 250}.{number % 250}", 200 + number % 5
    return f'{client} - - [25/Oct/2016:14:49:33 +0000] "GET {path}{number} HTTP/1.1" {status} {number}\n'


@pytest.mark.parametrize("room", [100, 1000])
def test_small_files_come_in_their_order_whichever_of_them_are_read_apart(tmp_path, monkeypatch, room):
    monkeypatch.setattr(columns, "room_for", lambda _: room)
    monkeypatch.setattr(packs, "CHUNK", 40_000)
    for number in range(60):
        lines = [
            f'10.0.0.1 - - [02/Jan/2024:03:04:05 +0000] "GET /{number:02}{line:03} HTTP/1.1" 200 5 "-" "curl"\n'
            for line in range(70)
        ]
        lines += ["rubbish\n"] * (number % 7 == 3)
        text = "".join(lines).encode()
        (tmp_path / f"{number:02}.log").write_bytes(gzip.compress(text) if number in {20, 21, 41} else text)
    table, report = scanned(Config(paths=(str(tmp_path),)), selection("web"))
    assert report.lines.rejected == 9
    paths = table.column("path").to_pylist()
    assert paths == [f"/{number:02}{line:03}" for number in range(60) for line in range(70)]


def test_large_files_are_cut_and_come_back_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "RANGE_BYTES", 200_000)
    monkeypatch.setattr("logproc.planner.PACK_BYTES", 100_000)
    monkeypatch.setattr(scan, "PACK_BYTES", 100_000)
    monkeypatch.setattr(sieve, "MAX_KEYS", 5000)  # dictionaries are dropped in between
    (tmp_path / "a.log").write_text("".join(map(line, range(30_000))))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress("".join(map(line, range(30_000, 40_000))).encode()))
    (tmp_path / "c.log").write_text(line(40_000))
    table, report = scanned(Config(paths=(str(tmp_path),), workers=4), selection("web"))
    assert table["bytes"].to_pylist() == list(range(40_001))
    assert table["path"].to_pylist() == [f"/{n}" for n in range(40_001)]
    assert report.lines.read == 40_001


USUAL = [line(number) for number in range(3000)]
JSON = [json.dumps({"time": 1477400000 + n, "level": "warn", "message": f"m {n}", "n": n}) + "\n" for n in range(3000)]
ODD = ["junk\n", "\n", line(7, "/é\\x22"), line(8).replace("25/Oct", "99/Oct"), JSON[5]]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(
        st.tuples(
            st.sampled_from(["web", "json"]),
            st.integers(0, 3000),
            st.lists(st.tuples(st.integers(0, 3000), st.integers(0, len(ODD) - 1)), max_size=3),
        ),
        min_size=1, max_size=3,
    ),
    room=st.sampled_from([50, 1000, 5000]),
    cut=st.sampled_from([30_000, 10_000_000]),
    numbers=st.booleans(),
)  # fmt: skip
def test_rows_that_go_by_strides_are_those_that_go_by_batches(tmp_path, files, room, cut, numbers):
    for old in tmp_path.iterdir():
        old.unlink()
    for number, (family, count, odd) in enumerate(files):
        texts = (USUAL if family == "web" else JSON)[:count]
        for place, which in odd:
            texts.insert(place, ODD[which])
        (tmp_path / f"{number}.log").write_text("".join(texts))
    some = (Column("time", Kind.TIME), Column("path", Kind.TEXT), Column("message", Kind.TEXT), STATUS)
    where = Call("<", (STATUS, Literal(203, Kind.INTEGER)), Kind.BOOLEAN) if numbers else None
    chosen = Selection(EVERYTHING, some, where)
    found = []
    for by_strides in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan, "RANGE_BYTES", cut)
            patch.setattr("logproc.strides.STRIDE_BYTES", 20_000)
            patch.setattr(columns, "room_for", lambda _fields: room)
            if not by_strides:
                patch.setattr(scan.ScanDesk, "sole_store", lambda *_: None)
            found.append(scanned(Config(paths=(str(tmp_path),), workers=2), chosen))
    (table, report), (other, expected) = found
    assert table.to_pylist() == other.to_pylist()
    assert (report.lines, report.files) == (expected.lines, expected.files)


def test_usual_rows_go_by_strides(tmp_path, monkeypatch):
    seen = []
    append = columns.RowStore.append
    monkeypatch.setattr(columns.RowStore, "append", lambda self, b: (seen.append(b.taken), append(self, b))[1])
    (tmp_path / "a.log").write_text("".join(USUAL))
    table, _ = scanned(Config(paths=(str(tmp_path),)), selection("web"))
    assert table.num_rows == len(USUAL)
    assert seen
    assert all(seen)


def test_rows_that_a_condition_leaves_out_are_dropped_and_counted_as_read(tmp_path):
    (tmp_path / "a.log").write_text("".join(map(line, range(100))))
    where = Call("=", (STATUS, Literal(203, Kind.INTEGER)), Kind.BOOLEAN)
    table, report = scanned(Config(paths=(str(tmp_path),)), selection("web", where))
    assert table["bytes"].to_pylist() == list(range(3, 100, 5))
    assert report.lines.counted == 100


def test_whoever_has_enough_ends_the_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "room_for", lambda _fields: 10)
    (tmp_path / "a.log").write_text("".join(map(line, range(50_000))))
    before = threading.active_count()
    with Scan(Config(paths=(str(tmp_path),), workers=2), [selection("web")]) as running:
        assert next(iter(running))[1].num_rows > 0
    assert threading.active_count() == before
    assert not running.complete


def test_all_families_at_once_and_several_selections_in_one_pass():
    config = Config(paths=(str(DATA / "hosts"), str(DATA / "web3")), workers=2)
    every = Selection(EVERYTHING, (Column("time", Kind.TIME), Column("message", Kind.TEXT)))
    rows = [0, 0]
    with Scan(config, [every, selection("syslog")]) as running:
        for number, batch in running:
            rows[number] += batch.num_rows
    assert rows[0] == running.report().lines.counted > rows[1] > 0


def test_a_defect_costs_its_file_and_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text(line(1) * 3)
    (tmp_path / "b.log").write_text(line(2) * 3)
    whole = scan.ScanDesk.rows_of

    def broken(self, task, spool, give):
        if task.pieces[0].path.endswith("a.log"):
            raise ZeroDivisionError("boom")
        return whole(self, task, spool, give)

    monkeypatch.setattr(scan.ScanDesk, "rows_of", broken)
    monkeypatch.setattr(scan, "PACK_FILES", 1)
    table, report = scanned(Config(paths=(str(tmp_path),)), selection("web"))
    assert table.num_rows == 3
    assert [entry.status for entry in report.files] == ["failed", "read"]
    assert "boom" in report.files[0].reason


def test_what_ends_a_thread_reaches_the_consumer(tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text(line(1))

    def gone(*_):
        raise MemoryError

    monkeypatch.setattr(scan.ScanDesk, "rows_of", gone)
    with pytest.raises(MemoryError), Scan(Config(paths=(str(tmp_path),)), [selection("web")]) as running:
        list(running)


def test_a_channel_keeps_the_order_of_tasks_and_bounds_what_waits():
    lanes = channel.Channel(3)
    for task in (2, 1):
        for item in range(channel.LANE_ITEMS):
            lanes.put(task, (task, item))
        lanes.end(task)

    def first():
        for item in range(100):
            lanes.put(0, (0, item))
        lanes.end(0)

    thread = threading.Thread(target=first)
    thread.start()
    found = list(lanes)
    thread.join()
    assert found == [(0, n) for n in range(100)] + [(t, n) for t in (1, 2) for n in range(channel.LANE_ITEMS)]


def test_texts_of_any_length_and_script_survive(tmp_path):
    texts = ["", "-", "a", "abcd", "twelve bytes", "thirteen byte", "é" * 6, "é" * 7, "x" * 5000, "\\u0001", 'q"uote']
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"message": t, "level": "info"}) + "\n" for t in texts))
    table, _ = scanned(Config(paths=(str(tmp_path),)), selection("json"))
    assert table["message"].to_pylist() == [None if text == "-" else text for text in texts]
    assert set(table["level"].to_pylist()) == {"INFO"}


def test_missing_files_are_in_the_books(tmp_path):
    table, report = scanned(Config(paths=(str(tmp_path / "none.log"),)), selection("web"))
    assert table.num_rows == 0
    assert report.files[0].status == "failed"


def test_every_relation_has_a_schema_and_an_empty_builder():
    for name, relation in relations_of(Config()).by_name.items():
        chosen = Selection(name, tuple(Column(*item) for item in relation.columns.items()))
        assert list(BatchBuilder(chosen).flush()) == []


def test_who_waits_for_what_is_closed_is_told():
    lanes, found = channel.Channel(2), []

    def take():
        try:
            found.extend(lanes)
        except channel.ClosedError:
            found.append("closed")

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    lanes.put(0, "first")
    lanes.close()
    thread.join(60)
    assert found[-1:] == ["closed"]
