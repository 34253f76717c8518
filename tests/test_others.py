"""Files that hold lines of several formats: each line has one fate, however the file is cut and read."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranges import read_ranges

import logproc
from logproc.adhoc.rows import parse
from logproc.config import Config
from logproc.formats import FORMATS
from logproc.formats.detect import Detection, detect
from logproc.formats.parser import Matcher
from logproc.model import Lines
from logproc.planner import Planner
from logproc.rollup.sql import plan

if TYPE_CHECKING:
    from pathlib import Path

COMMON = '::1 - - [10/Oct/2000:13:55:36 +0000] "GET /{} HTTP/1.0" 200 2326'
COMBINED = COMMON + ' "-" "curl"'
JSON = '{{"ts":"2000-10-10T13:55:36Z","path":"/{}","msg":"m"}}'
SYSLOG = "Oct 11 22:14:15 host su[230]: session /{}"
JUNK = "<<< {} >>>"
QUERIES = (
    plan("SELECT path, user_agent, count(*) AS n FROM web GROUP BY path, user_agent", "web"),
    plan("SELECT path, message, count(*) AS n FROM json GROUP BY path, message", "json"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixed")


def found(*lines: str) -> Detection:
    matcher = Matcher()
    text = "".join(line.format(n) + "\n" for n, line in enumerate(lines)).encode()
    return detect([text], matcher=matcher, refused=matcher.refused)


# ---- which formats a file has ---------------------------------------------------------------------------------------


def test_a_file_that_changes_midway_has_both_formats():
    result = found(*[COMBINED] * 60, *[JSON] * 40)
    assert (result.format, result.confidence, result.tried) == ("combined", 1.0, ("combined", "jsonl"))
    assert result.reason == "of 100 lines 60 combined, 40 jsonl"


def test_lines_that_say_more_are_tried_with_the_format_that_knows_it():
    result = found(*[COMBINED] * 20, *[COMMON] * 80)
    assert (result.format, result.tried) == ("common", ("combined", "common"))
    assert found(*[COMBINED] * 80, *[COMMON] * 20).format == "combined"


def test_stray_lines_are_no_format():
    for strays in ([JSON] * 2, [JSON, JUNK] * 9, [JUNK] * 9):
        assert found(*[COMBINED] * 50, *strays).tried == ()


def test_few_lines_of_a_short_file_are_no_strays():
    assert found(*[COMMON] * 3, *[COMBINED] * 2).tried == ("combined", "common")
    assert found(*[COMBINED] * 5, JSON).tried == ("combined", "jsonl")
    assert found(*[COMBINED] * 5, JUNK).tried == ()


def test_one_line_of_a_format_that_many_programs_write_is_a_stray_one():
    line = "25/03/2024 14:05:06 INFO /{}"
    assert found(line).confidence < 1
    assert found(*[COMBINED] * 5, line).tried == ()
    assert found(*[COMBINED] * 5, *[line] * 3).tried == ("combined", "timed_day_first")


def test_a_file_of_one_format_is_tried_with_that_alone():
    assert found(*[COMBINED] * 9) == Detection("combined", 1.0, None, "100 % of 9 lines match")


# ---- what becomes of the lines --------------------------------------------------------------------------------------


LINES = st.lists(st.sampled_from([COMMON, COMBINED, JSON, SYSLOG, JUNK, ""]), max_size=30)


@settings(max_examples=100)
@given(lines=LINES, block=st.sampled_from((64, 300, 1 << 20)), draw=st.data())
def test_any_cut_and_any_block_gives_each_line_the_same_fate(
    folder: Path, *, lines: list[str], block: int, draw: st.DataObject
) -> None:
    path = folder / "mixed.log"
    data = "".join(line.format(n % 3) + "\n" for n, line in enumerate(lines)).encode()
    path.write_bytes(data)
    borders = [0, *sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))]
    tables, counts, reasons = read_ranges(path, borders, QUERIES, ("combined", "jsonl", "common"), block_bytes=block)
    web: dict[tuple[Any, ...], int] = {}
    documents: dict[tuple[Any, ...], int] = {}
    for number, line in enumerate(lines):
        if line in {COMMON, COMBINED}:
            key = (f"/{number % 3}", "curl" if line is COMBINED else None)
            web[key] = web.get(key, 0) + 1
        elif line is JSON:
            documents[f"/{number % 3}", "m"] = documents.get((f"/{number % 3}", "m"), 0) + 1
    assert tables == [web, documents]
    strays = lines.count(SYSLOG) + lines.count(JUNK)
    assert counts == Lines(len(lines), len(lines) - strays - lines.count(""), lines.count(""), strays)
    assert reasons == ({"no match": strays} if strays else {})


def rows(path: Path) -> list[dict[str, Any]]:
    out = io.BytesIO()
    parse(Config(paths=(str(path),)), out, origin=True)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["mixed.log", "mixed.log.gz"])
def test_rows_come_in_the_order_of_the_lines_and_know_where_they_stand(tmp_path: Path, name: str):
    lines = [(COMBINED, COMMON, JSON)[n % 7 % 3].format(n) for n in range(400)]
    text = "".join(line + "\n" for line in lines).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    found = rows(path)
    assert [row["path"] for row in found] == [f"/{n}" for n in range(400)]
    assert [row["_line"] for row in found] == list(range(1, 401))
    assert all(text[row["_offset"] :].startswith(line.encode()) for row, line in zip(found, lines, strict=True))


def test_a_line_that_the_first_format_rewrites_and_refuses_comes_to_the_next_one_as_it_stands(tmp_path: Path):
    path = tmp_path / "mixed.log"
    pairs = '2024-01-02T03:04:05.678Z web1 level=info msg="up {}"'
    cut = '2024-01-02T03:04:06+00:00 gate date=2024-01-02 time=03:04:05 devname="F1" type="traffic" action="acc'
    lines = [*[pairs] * 30, *[cut] * 6, *[pairs] * 30]
    assert found(*lines).tried == ("logfmt_timestamped", "fortigate_timestamped")
    path.write_text("".join(line.format(n) + "\n" for n, line in enumerate(lines)))
    read_as = rows(path)
    assert len(read_as) == len(lines)
    assert [row["message"] for row in read_as if row["host"] == "gate"] == [
        'devname="F1" type="traffic" action="acc'
    ] * 6


def test_a_change_behind_the_head_is_seen_in_the_tail(tmp_path: Path):
    path = tmp_path / "changed.log"
    path.write_text("".join((COMBINED if n < 5000 else JSON).format(n) + "\n" for n in range(9000)))
    report = logproc.run(path)
    assert report.lines == Lines(9000, 9000, 0, 0)
    assert report.files[0].format == "combined"


def test_the_ranges_of_a_large_file_agree_on_its_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "changed.log"
    path.write_text("".join((COMBINED if n < 5000 else JSON).format(n) + "\n" for n in range(9000)))
    whole = logproc.run(path)
    monkeypatch.setattr("logproc.planner.PACK_BYTES", 1000)
    monkeypatch.setattr("logproc.planner.LAST_BYTES", 100_000)
    planner = Planner(Config(paths=(str(path),)))
    tasks = planner.tasks(planner.discover())
    assert len(tasks) > 3
    assert {task.pieces[0].tried for task in tasks} == {("combined", "jsonl")}
    cut = logproc.run(path)
    assert cut.lines == whole.lines
    assert cut.reports == whole.reports


def test_formats_that_know_the_lines_before_are_not_mixed():
    names = {name for name, row in FORMATS.items() if row.program and row.program.head}
    for name in names:
        text = "".join(sample.line + "\n" for sample in FORMATS[name].samples).encode()
        matcher = Matcher()
        assert detect([text], matcher=matcher, refused=matcher.refused).tried == ()
