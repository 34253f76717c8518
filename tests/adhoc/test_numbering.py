"""Numbers in the place of texts of which a query only asks whether they are the same: no answer depends on them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup.test_oracle import web_line

from logproc import planner
from logproc.adhoc import numbering, scan, sieve
from logproc.adhoc.duck import MEMORY, Duck
from logproc.adhoc.numbering import ManyTextsError, Numbers, Room
from logproc.cli import execute
from logproc.config import Config
from logproc.errors import CapacityError
from logproc.inputs.opening import STDIN
from logproc.kernels import intern
from logproc.kernels.intern import Dictionary

duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'logproc[sql]'")

DATA = Path(__file__).parents[2] / "data"
CONFIG = Config(paths=(str(DATA / "web1"),), workers=2)
GAP = "epoch(time) - lag(epoch(time)) OVER (PARTITION BY client ORDER BY time)"

NUMBERED = {
    f"SELECT count(*) FROM (SELECT {GAP} AS gap FROM web) WHERE gap IS NULL OR gap > 1800": ["client"],
    "SELECT hour, count(*) AS n FROM (SELECT DISTINCT hour(time) AS hour, client FROM web) GROUP BY ALL": ["k1"],
    "SELECT n, count(*) AS c FROM (SELECT client, count(*) AS n FROM web GROUP BY 1) GROUP BY n ORDER BY n": ["k0"],
    "SELECT status, rank() OVER w AS r, bytes FROM web WINDOW w AS (PARTITION BY path ORDER BY bytes)": ["path"],
    "SELECT status, count(DISTINCT user_agent), median(bytes) FROM web GROUP BY ALL": ["user_agent"],
    "WITH t AS (SELECT client AS who, time FROM web) SELECT count(DISTINCT who), mode(time) FROM t": ["client"],
    "SELECT time FROM web WHERE referrer IS NOT NULL QUALIFY count(*) OVER (PARTITION BY method, referrer) > 2": [
        "method", "referrer",
    ],
    "SELECT median(n) FROM (SELECT count(DISTINCT method) AS n FROM web GROUP BY client, path)": [
        "client", "method", "path",
    ],
}  # fmt: skip

TEXTS = [
    "SELECT client, time, row_number() OVER (PARTITION BY client ORDER BY time) AS r FROM web",
    "SELECT bytes, row_number() OVER (PARTITION BY status ORDER BY client, time, path) AS r FROM web",
    "SELECT status, median(bytes) FROM web WHERE client LIKE '1%' GROUP BY client, status",
    "SELECT status, lag(path) OVER (PARTITION BY path ORDER BY time) FROM web",
    "SELECT count(DISTINCT client), min(client) FROM web QUALIFY rank() OVER () = 1",
    "SELECT t FROM (SELECT client, rank() OVER (PARTITION BY client ORDER BY bytes) AS r FROM web) AS t",
    "SELECT * EXCLUDE (client) FROM (SELECT client, rank() OVER (PARTITION BY client ORDER BY bytes) AS r FROM web)",
    "SELECT r FROM (SELECT client, rank() OVER (PARTITION BY client ORDER BY bytes) AS r FROM web ORDER BY 1 LIMIT 2)",
    "SELECT r FROM (SELECT client, rank() OVER (PARTITION BY client) AS r FROM web ORDER BY ALL LIMIT 2)",
    "SELECT c FROM (SELECT DISTINCT client AS c FROM web UNION SELECT path FROM web) GROUP BY c",
    "SELECT rank() OVER (PARTITION BY client) FROM web AS a JOIN (SELECT DISTINCT client FROM web) USING (client)",
    "SELECT x FROM (SELECT count(*) OVER (PARTITION BY path) FROM web GROUP BY path) AS t(x)",
    "SELECT bytes FROM web WHERE '9' > (SELECT DISTINCT client FROM web LIMIT 1)",
    "SELECT bytes FROM web WHERE path IN (SELECT DISTINCT path FROM web)",
    "SELECT count(*) OVER (PARTITION BY web) FROM web",
    "SELECT count(DISTINCT upper(method)), mode(bytes) FROM web",
]


@pytest.fixture(scope="module", autouse=True)
def _small_parts():
    """Let both threads have many ranges, and new dictionaries often."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (scan, planner):
            patch.setattr(module, "PACK_BYTES", 100)
        patch.setattr(scan, "RANGE_BYTES", 50_000)
        patch.setattr(scan, "GROUPED_BYTES", 70_000)
        patch.setattr(sieve, "MAX_KEYS", 50)
        yield


def answer(sql, config=CONFIG, *, plain=False):
    """Return the columns that were numbered, and types and rows of an answer."""
    with Duck(config, sql, plain=plain) as duck:
        reads = {label for reads in duck._reads.values() for label in reads.numbers}
        reader = duck.reader()
        rows = sorted(repr(row) for batch in duck.batches(reader) for row in batch.to_pylist())
        return sorted(reads), (reader.schema, rows, duck.report().lines.counted)


@pytest.mark.parametrize(("sql", "columns"), NUMBERED.items())
def test_texts_that_are_only_compared_are_numbered_and_the_answer_is_the_same(sql, columns):
    found, mine = answer(sql)
    assert found == columns
    assert mine == answer(sql, plain=True)[1]


@pytest.mark.parametrize("sql", TEXTS)
def test_texts_that_are_seen_ordered_or_computed_with_stay_texts(sql):
    with Duck(CONFIG, sql) as duck:
        assert duck.numbered() == []


@pytest.mark.parametrize("sql", NUMBERED)
def test_a_query_of_too_many_texts_begins_again_with_the_texts(sql, monkeypatch):
    monkeypatch.setattr(numbering, "SHARE", 1 << 40)
    assert answer(sql)[1] == answer(sql, plain=True)[1]


def test_what_is_not_asked_for_in_the_end_is_numbered_on_once_rows_were_given(monkeypatch):
    monkeypatch.setattr(numbering, "SHARE", 1 << 40)
    sql = "SELECT status FROM (SELECT status, rank() OVER (PARTITION BY client) AS unused FROM web)"
    assert answer(sql)[1] == answer(sql, plain=True)[1]


def test_a_thread_that_failed_before_the_first_rows_were_given_makes_the_query_begin_again(monkeypatch):
    """As where rows stream: the failure waits behind batches that are good."""
    sql = "SELECT status FROM (SELECT status, rank() OVER (PARTITION BY client) AS unused FROM web)"
    expected = answer(sql, plain=True)[1]
    with Duck(CONFIG, sql) as duck:
        (numbers,) = (one for reads in duck._reads.values() for one in reads.numbers.values())
        reader = duck.reader()
        take, held = duck._next, [duck._next(reader)]
        numbers._exceeded = True

        def fails_behind_the_first(asked):
            if asked is not reader:
                return take(asked)
            if not held:
                raise numbering.ManyTextsError
            return held.pop()

        monkeypatch.setattr(duck, "_next", fails_behind_the_first)
        rows = sorted(repr(row) for batch in duck.batches(reader) for row in batch.to_pylist())
        assert (rows, duck.report().lines.counted) == expected[1:]


def test_a_query_that_begins_again_leaves_nothing_and_writes_its_rejects_once(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "scratch").mkdir()
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes((DATA / "web1" / "access.log").read_bytes() + b"rubbish\n")
    rejects = tmp_path / "rejects" / "r.jsonl"
    rejects.parent.mkdir()
    config = replace(CONFIG, paths=(str(logs),), output=replace(CONFIG.output, rejects=str(rejects)))
    monkeypatch.setattr(numbering, "SHARE", 1 << 40)
    with Duck(config, next(iter(NUMBERED))) as duck:
        list(duck.batches(duck.reader()))
    assert [json.loads(line)["raw"] for line in rejects.read_text().splitlines()] == ["rubbish"]
    assert list(rejects.parent.iterdir()) == [rejects]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_standard_input_can_be_read_once_so_that_its_texts_are_texts():
    with Duck(Config(paths=(STDIN,), format="combined"), next(iter(NUMBERED))) as duck:
        assert duck.numbered() == []


KEYS = ["client", "path", "method", "referrer", "user", "user_agent"]
WAYS = [
    "SELECT status, count(DISTINCT {0}) AS n, median(bytes) AS m FROM web GROUP BY status",
    "SELECT bytes, count(*) OVER (PARTITION BY {0}, {1}) AS n, status FROM web",
    "SELECT sum(bytes) OVER (PARTITION BY {0} ORDER BY time, bytes, status) AS n FROM web WHERE {1} IS NOT NULL",
    "SELECT n, count(*) AS c FROM (SELECT {0}, count(*) AS n FROM web GROUP BY ALL) GROUP BY ALL",
    "SELECT count({0}) AS c, count(b) AS d FROM (SELECT DISTINCT {0}, {1} AS b, status FROM web)",
    "SELECT median(n) AS m FROM (SELECT count(DISTINCT {1}) AS n FROM web WHERE {1} > 'a' GROUP BY {0})",
    "WITH t AS (SELECT {0}, {1} AS b, bytes FROM web) SELECT b, mad(bytes) AS m FROM t GROUP BY {0}, b",
    "SELECT {1}, bytes FROM web QUALIFY dense_rank() OVER (PARTITION BY {0} ORDER BY {1}, bytes, status) < 3",
]


@given(
    way=st.sampled_from(WAYS),
    keys=st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)),
    lines=st.lists(web_line(), max_size=30),
    cut=st.integers(0, 30),
)
def test_no_answer_depends_on_numbers(way, keys, lines, cut, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for name, part in (("a.log", lines[:cut]), ("b.log", lines[cut:])):
        (folder / name).write_text("".join(f"{line}\n" for line in part))
    config = Config(paths=(str(folder),), format="combined", workers=2)
    sql = way.format(*keys)
    assert answer(sql, config)[1] == answer(sql, config, plain=True)[1]


def numbered(numbers, texts):
    """Number some texts, as a thread has them."""
    own = Dictionary(raw=True)
    own.add_all([text.encode() for text in texts])
    return numbers.of(own, 0, len(own)).tolist()


def test_all_columns_of_a_query_share_what_is_theirs_of_its_memory():
    room = Room(4 << 20)
    assert room.bytes == 1 << 20
    one, other = Numbers(room), Numbers(room)
    assert numbered(one, map(str, range(9000))) == list(range(9000))
    assert numbered(one, ("7", "8999")) == [7, 8999]
    with pytest.raises(ManyTextsError):
        numbered(other, map(str, range(9000)))
    assert numbered(Numbers(Room(4 << 20)), map(str, range(9000))) == list(range(9000))


def limits(duck):
    return duck._connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]


def test_duckdb_and_the_numbers_share_the_memory_that_is_named(monkeypatch):
    sql = next(iter(NUMBERED))
    with Duck(replace(CONFIG, memory=1 << 30), sql) as duck:
        assert limits(duck) == "768.0 MiB"
        list(duck.batches(duck.reader()))
    monkeypatch.setattr(numbering, "SHARE", 1 << 40)
    with Duck(replace(CONFIG, memory=1 << 30), sql) as duck:
        list(duck.batches(duck.reader()))
        assert limits(duck) == "1.0 GiB"
    with Duck(replace(CONFIG, memory=1 << 30), sql, plain=True) as duck:
        assert limits(duck) == "1.0 GiB"
    assert MEMORY == 2 << 30


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_a_query_that_begins_again_says_so_once(monkeypatch, capfd, quiet):
    sql, log = next(iter(NUMBERED)), str(DATA / "web1")
    assert execute(["sql", sql, log, "--memory", "64", *quiet]) == 0
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(numbering, "SHARE", 1000)
    assert execute(["sql", sql, log, "--memory", "64", *quiet]) == 0
    said = "more different texts of client than 65 KiB hold as numbers; once more, with the texts\n"
    assert capfd.readouterr().err == ("" if quiet else said)


def test_texts_that_no_table_can_hold_are_told_as_that(monkeypatch):
    """Once rows were given there is no way back, and none of the files is at fault."""
    monkeypatch.setattr(intern, "MOST_BYTES", 40_000)
    numbers = Numbers(Room(1 << 40))
    numbered(numbers, map(str, range(3000)))
    with pytest.raises(ManyTextsError, match="more than 40000 bytes of different texts cannot be held"):
        numbered(numbers, map(str, range(3000, 6000)))
    sql = "SELECT status FROM (SELECT status, rank() OVER (PARTITION BY client) AS unused FROM web)"
    with Duck(CONFIG, sql) as duck:
        reader = duck.reader()
        held = [duck._next(reader)]

        def fails_behind_the_first(_reader):
            if not held:
                raise ManyTextsError("more than 4 bytes of different texts cannot be held")
            return held.pop()

        monkeypatch.setattr(duck, "_next", fails_behind_the_first)
        with pytest.raises(CapacityError, match=r"^client: more than 4 bytes .*; ask for fewer rows, or leave it out"):
            list(duck.batches(reader))


def test_a_range_that_holds_too_much_at_once_is_no_defect(monkeypatch):
    """What a column of one block needs is bounded by [limits] alone."""

    def rows_of(_desk, _task, _spool, _give):
        raise CapacityError("column 'path'", "more than 4 bytes at once")

    monkeypatch.setattr(scan.ScanDesk, "rows_of", rows_of)
    with Duck(CONFIG, "SELECT median(bytes) FROM web") as duck:
        list(duck.batches(duck.reader()))
        assert {entry.reason for entry in duck.report().files} == {
            "bytes from 0 on were lost: column 'path': more than 4 bytes at once"
        }
