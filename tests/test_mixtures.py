"""Files that hold records of several lines in more than one format: each record is its own, however the file is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from formats.named import parsed
from hypothesis import given, settings
from hypothesis import strategies as st
from ranges import read_ranges

from logproc.config import Flags
from logproc.config import load as load_config
from logproc.formats.detect import Detection, detect
from logproc.formats.mixture import mixture_of
from logproc.formats.parser import Matcher
from logproc.rollup.sql import plan
from logproc.showing import Place, records

if TYPE_CHECKING:
    from pathlib import Path

LOG4J = "2024-03-01 10:00:0{},123 [main] ERROR org.example.A - m{}\n"
TRACE = "java.lang.X: b\n\tat a.b(C.java:1)\nCaused by: d\n"
SLOW = (
    "# User@Host: root[root] @ localhost []  Id:     {}\n"
    "# Query_time: 1.5  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 7\n"
    "SET timestamp=1481543656;\nselect\n{};\n"
)
JSON = '{{"ts":"2024-03-01T10:00:0{}Z","msg":"j{}"}}\n'
PYTHON = "2024-03-01 10:00:0{},123 - app - INFO - p{}\n"
JUNK = "what is this {}{}\n"
BAD = "2024-03-01 10:00:0{},123 [main] no level{}\n"


def many(*templates: str, count: int = 20) -> str:
    return "".join(template.format(n % 10, n) for n in range(count) for template in templates)


def found(text: str) -> Detection:
    matcher = Matcher()
    return detect([text.encode()], matcher=matcher, refused=matcher.refused, readers=matcher.readers)


# ---- which formats a file has ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        (many(SLOW) + many(LOG4J + TRACE), {"mysql_slow", "log4j"}),
        (many(LOG4J + TRACE) + many(SLOW), {"mysql_slow", "log4j"}),
        (many(LOG4J + TRACE) + many(PYTHON), {"log4j", "python_dashes"}),
        (many(LOG4J + TRACE, PYTHON), {"log4j", "python_dashes"}),
        (many(SLOW) + many(LOG4J + TRACE, PYTHON), {"mysql_slow", "log4j", "python_dashes"}),
        (many(JSON) + many(LOG4J + TRACE), {"jsonl", "log4j"}),
        (many(JSON, count=40) + many(LOG4J + TRACE), {"jsonl", "log4j"}),
        (many(JSON) + many(LOG4J + TRACE, count=40), {"jsonl", "log4j"}),
    ],
)
def test_records_of_two_formats_are_recognised(text: str, formats: set[str]):
    result = found(text)
    assert set(result.tried) == formats
    assert result.confidence == 1.0
    rows, report = parsed("auto", text.encode())
    assert report.lines.rejected == 0
    heads = ("2024", "# User", "{")
    assert len(rows) == sum(line.startswith(heads) for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        many(LOG4J + TRACE),
        many(LOG4J + TRACE * 5),
        many(LOG4J, JSON),  # what a record says may be of any format
        many(LOG4J + TRACE) + LOG4J.format(0, 0) + many(JUNK),
        many(LOG4J + TRACE) + PYTHON.format(0, 0),
        many(SLOW) + "2024-01-02 03:04:05 restarted\n",
    ],
)
def test_what_goes_on_with_a_record_is_no_format(text: str):
    assert found(text).tried == ()


def test_requests_among_the_lines_of_a_program_keep_their_fields():
    access = "[notice] 2024-03-01T10:00:0{}.5Z a@b <0.{}.0> 92d1 db:5984 192.0.2.1 admin GET /a 200 ok 15\n"
    other = "[notice] 2024-03-01T10:00:0{}.5Z a@b <0.{}.0> -------- compacting\n"
    text = many(access, access, other)
    assert set(found(text).tried) == {"couchdb_access", "couchdb"}
    rows, report = parsed("auto", text.encode())
    assert report.lines.rejected == 0
    assert sum(row.get("status") == 200 for row in rows) == 40


@pytest.mark.parametrize("count", [9, 30])
@pytest.mark.parametrize("turns", [(0, 1), (1, 0), (0, 1, 0)])
def test_columns_under_a_header_are_read_wherever_they_stand(turns: tuple[int, ...], count: int):
    columns = "#Software: x\n#Fields: date time c-ip sc-status\n" + "2024-01-02 03:04:05 192.0.2.1 200\n" * 8
    text = "".join((columns, many(JSON, count=count))[turn] for turn in turns)
    rows, report = parsed("auto", text.encode())
    assert report.lines.rejected == 0
    assert report.lines.filtered == text.count("#")
    assert sum(row.get("status") == 200 for row in rows) == text.count("192.0.2.1")
    assert sum(row.get("message") is not None for row in rows) == text.count("msg")


def test_json_lines_of_which_some_are_cut_are_no_objects_of_several_lines():
    text = many(JSON) + '{"ts":"2024-03-01T10:00:00Z"\r,"msg":1\n' + many(JSON) + '{"ts":"2024-03-01T1\n'
    assert found(text).format == "jsonl"
    _, report = parsed("auto", text.encode())
    assert report.lines.read == text.count("\n")


def test_a_mixture_is_as_certain_as_its_least_certain_format():
    text = many(LOG4J + TRACE) + many("2024-03-01 10:00:0{} nothing more {}\n", count=80)
    result = found(text)
    assert result.tried == ("log4j", "dated")
    assert result.confidence == 0.7


def test_a_file_of_three_formats_of_which_none_has_half_the_lines_has_them_all():
    web = '::1 - - [10/Oct/2000:13:55:3{} +0000] "GET /{} HTTP/1.0" 200 2326 "-" "curl"\n'
    log = "Oct 11 22:14:1{} host su[230]: session {}\n"
    for text in (many(web, JSON, log), many(web) + many(JSON) + many(log)):
        result = found(text)
        assert set(result.tried) == {"combined", "jsonl", "syslog"}
        assert result.confidence == 1.0
        rows, report = parsed("auto", text.encode())
        assert (len(rows), report.lines.rejected) == (60, 0)


def test_other_lines_of_a_file_of_three_kinds_are_kept_where_the_third_is_none():
    lines = '::1 - - [10/Oct/2000:13:55:3{} +0000] "GET /{} HTTP/1.0" 200 2326 "-" "curl"\n'
    assert found(many(lines, count=60) + many(JSON, count=40) + many(JUNK, count=5)).tried == ("combined", "jsonl")


# ---- what becomes of the lines --------------------------------------------------------------------------------------

FIELDS = {"app": "time, message, stack", "json": "time, message"}
QUERIES = [
    plan(f"SELECT {names}, count(*) AS n FROM {family} GROUP BY {names}", "rows") for family, names in FIELDS.items()
]
TRIED = ("log4j", "mysql_slow", "jsonl", "python_dashes")
TEXTS = st.lists(st.sampled_from([LOG4J, LOG4J + TRACE, SLOW, JSON, PYTHON, JUNK, BAD, "\n", TRACE]), max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixtures")


@settings(max_examples=100)
@given(texts=TEXTS, end=st.sampled_from(["\n", "\r\n"]), block=st.sampled_from((64, 300, 1 << 20)), draw=st.data())
def test_any_cut_and_any_block_gives_each_record_the_same_fate(
    folder: Path, *, texts: list[str], end: str, block: int, draw: st.DataObject
) -> None:
    path = folder / "mixed.log"
    data = "".join(text.format(n % 10, n) for n, text in enumerate(texts)).replace("\n", end).encode()
    data = data[:-1] if draw.draw(st.booleans()) else data
    path.write_bytes(data)
    borders = [0, *sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=3)))]
    whole = read_ranges(path, [0], QUERIES, TRIED)
    assert read_ranges(path, borders, QUERIES, TRIED, block_bytes=block, max_line_bytes=1000) == whole
    assert whole[1].read == data.count(b"\n") + (data[-1:] not in {b"", b"\n"})


def test_a_bad_record_of_one_format_takes_no_record_of_another():
    text = many(LOG4J + TRACE) + BAD.format(1, 1) + many(PYTHON)
    rows, report = parsed("auto", text.encode())
    assert report.rejected_by_reason == {"no match": 1}
    assert [row["message"] for row in rows] == [f"m{n}" for n in range(20)] + [f"p{n}" for n in range(20)]
    assert all(row.get("stack") == TRACE.strip() for row in rows[:20])
    assert all(row.get("stack") is None for row in rows[20:])


def test_the_lines_stand_in_the_buffer_as_they_did():
    data = (many(LOG4J + TRACE) + many(SLOW)).encode()
    buffer = np.frombuffer(data + bytes(256), np.uint8).copy()
    mixture = mixture_of(["mysql_slow", "log4j"])
    assert mixture is not None
    offsets, owners = mixture.owners(buffer, 0, len(data))
    assert owners.tolist() == [1] * 20 + [0] * 20
    assert [data[at : at + 4] for at in offsets.tolist()] == [b"2024"] * 20 + [b"# Us"] * 20
    assert buffer.tobytes() == data + bytes(256)
    assert mixture.begins(buffer, 1, len(data)) == data.index(b"2024", 1)
    assert mixture_of(["combined", "jsonl"]) is None


def test_show_prints_one_record_of_such_a_file(tmp_path: Path):
    path = tmp_path / "mixed.log"
    text = many(LOG4J + TRACE) + many(SLOW)
    path.write_text(text)
    config = load_config(Flags(paths=(str(path),)), find=False)
    places = [Place(str(path), text.index("Caused")), Place(str(path), text.index("select"))]
    shown = [record for _, record in records(config, places)]
    assert shown == [(LOG4J.format(0, 0) + TRACE).encode(), SLOW.format(0, 0).encode()]
