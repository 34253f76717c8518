"""JSON objects over several lines and entries of the journal: what is read of them, in any cut and any block."""

from __future__ import annotations

import json
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from formats.named import parsed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from logproc.adhoc.documents import documents_of, named_row
from logproc.formats import FORMATS
from logproc.formats.parser import Matcher
from logproc.model import Lines, Piece, Task
from logproc.rollup.dumping import load
from logproc.rollup.outcome import report_table
from logproc.rollup.sql import plan
from logproc.rollup.tables import Table
from logproc.worker import Job, process

if TYPE_CHECKING:
    from pathlib import Path

SQL = "SELECT time, message, pid, host, count(*) AS n FROM {} GROUP BY time, message, pid, host"
FAMILIES = {"json_pretty": "json", "journal_export": "syslog"}
TEXTS = st.text(alphabet='ab"\\{}[],:é=', max_size=9)
LEAVES = st.none() | st.integers(0, 99) | TEXTS | st.booleans()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


def pretty(values: list[Any], indent: int) -> bytes:
    records = [
        {"ts": f"2024-01-02T03:04:{n % 60:02}Z", "x": value, "msg": f"m{n}", "pid": n} for n, value in enumerate(values)
    ]
    return b"".join(json.dumps(record, indent=indent).encode() + b"\n" for record in records)


def exported(values: list[str]) -> bytes:
    entries = []
    for number, value in enumerate(values):
        raw = value.encode()
        message = b"MESSAGE=" + raw
        if b"\n" in raw:
            message = b"MESSAGE\n" + len(raw).to_bytes(8, "little") + raw
        time = 1_342_540_861_000_000 + number
        entries.append(b"__CURSOR=s=%d\n__REALTIME_TIMESTAMP=%d\n_PID=%d\n%b\n" % (number, time, number, message))
    return b"\n".join(entries)


TEXT_OF = {
    "json_pretty": st.builds(pretty, st.lists(VALUES, min_size=1, max_size=9), st.sampled_from([1, 2, 4])),
    "journal_export": st.builds(exported, st.lists(st.text(alphabet="ab=\n-_ é", max_size=20), min_size=1, max_size=9)),
}


def read(path: Path, name: str, borders: list[int], **options: int) -> tuple[dict[Any, int], Lines]:
    rows = plan(SQL.format(FAMILIES[name]), "rows")
    job = Job(uuid.uuid4().hex, (rows,), **options)
    table, lines = Table(rows, 10_000), Lines()
    for number, (start, end) in enumerate(pairwise([*borders, -1])):
        piece = Piece(0, str(path), start, end, 0, codec="plain", format=name, confidence=1.0)
        partial = process(job, Task(number, (piece,), 0))
        table.merge(load(rows, partial.tables[0]))
        lines += partial.files[0].lines
    return {tuple(row[:-1]): row[-1] for row in report_table(table).rows}, lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("several")


@settings(max_examples=100, phases=[Phase.generate])
@given(name=st.sampled_from(sorted(TEXT_OF)), block=st.sampled_from((16, 64, 200, 4096)), draw=st.data())
def test_any_cut_and_any_block_gives_every_record(folder: Path, *, name: str, block: int, draw: st.DataObject) -> None:
    data = draw.draw(TEXT_OF[name])
    path = folder / "several.log"
    path.write_bytes(data)
    borders = [0, *sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))]
    rows, lines = read(path, name, borders, block_bytes=block, max_line_bytes=1 << 16)
    printed, report = parsed(name, data)
    assert (lines.read, lines.rejected) == (data.count(b"\n"), 0)
    assert lines == report.lines
    found = {(row[1], row[2]) for row in rows}
    asked = {(row.get("message"), row.get("pid")) for row in printed}
    assert found == asked
    assert sum(rows.values()) == len(printed)


@given(st.lists(VALUES, min_size=1, max_size=6), st.sampled_from([0, 2]))
def test_every_object_is_read_as_python_reads_it(values: list[Any], indent: int) -> None:
    data = pretty(values, indent)
    matched, rejected = Matcher()(FORMATS["json_pretty"], data)
    assert (matched, rejected) == (len(values), 0)
    rows = [named_row(FORMATS["json_pretty"], text) for text in documents_of(FORMATS["json_pretty"], pretty(values, 2))]
    assert [row["message"] for row in rows] == [f"m{n}" for n in range(len(values))]


WHOLE = '{\n  "msg": "a",\n  "x": [\n    1\n  ]\n}\n'


@pytest.mark.parametrize(
    ("damaged", "rejected", "rows"),
    [
        ('{\n  "msg": "cut\n', 2, 2),
        ('{\n  "msg": "cut",\n', 2, 2),
        ('{\n  "x": [\n    1,\n', 3, 2),
        ("text in between { [\n", 1, 2),
        ('  "rest": 1\n}\n', 2, 2),
        ('{"msg": "b"}\n', 0, 3),
        ('{\r\n  "msg": "b"\r\n}\r\n', 0, 3),
        ("\n\n", 0, 2),
    ],
)
def test_what_is_broken_does_not_take_its_neighbours_with_it(damaged: str, rejected: int, rows: int) -> None:
    text = (WHOLE + damaged + WHOLE).encode()
    found, report = parsed("json_pretty", text)
    assert len(found) == rows
    assert (report.lines.read, report.lines.rejected) == (text.count(b"\n"), rejected)
    assert {row["message"] for row in found} <= {"a", "b"}


def test_a_last_object_that_is_cut_is_rejected_with_all_its_lines() -> None:
    found, report = parsed("json_pretty", (WHOLE + WHOLE[:-3]).encode(), origin=True)
    assert [row["_line"] for row in found] == [1]
    assert report.lines == Lines(11, 6, 0, 5)


def test_more_lines_than_a_parser_has_rows() -> None:
    text = json.dumps({"msg": "a", "x": list(range(50))}, indent=1).encode() + b"\n"
    found, report = parsed("json_pretty", text * 900, origin=True)
    assert report.lines == Lines(900 * 55, 900 * 55, 0, 0)
    assert [row["_line"] for row in found] == list(range(1, 900 * 55, 55))
    assert {row["_offset"] % len(text) for row in found} == {0}


ENTRY = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1342540861416409\nMESSAGE=a\n"


@pytest.mark.parametrize(
    ("damaged", "rejected", "rows"),
    [
        (b"MESS\n", 1, 2),
        (b"MESSAGE\n\xff\0\0\0\0\0\0\0b\n", 2, 2),
        (b"lower=1\n", 1, 2),
        (b"\0\0\0 \n", 0, 3),
        (b"=x\n", 1, 2),
        (b"MESSAGE\n\2\0\0\0\0\0\0\0b\n\n_PID=1\n", 0, 2),
        (b"\n\n\n", 0, 2),
        (b"X=1\n", 0, 2),
    ],
)
def test_a_line_that_is_no_field_is_rejected_alone(damaged: bytes, rejected: int, rows: int) -> None:
    text = ENTRY + damaged + ENTRY.replace(b"MESSAGE=a", b"MESSAGE=z")
    text += b"_PID=5\n" if rows == 3 else b""
    found, report = parsed("journal_export", text)
    assert (report.lines.read, report.lines.rejected) == (text.count(b"\n"), rejected)
    assert found[-1]["message"] == "z"
    assert found[0]["message"] in {"a", "b\n"}
    assert len(found) == min(rows, 2)


def test_a_binary_value_that_is_cut_at_the_files_end_is_rejected() -> None:
    text = ENTRY + b"MESSAGE\n\x30\0\0\0\0\0\0\0one\ntwo\n"
    found, report = parsed("journal_export", text)
    assert [row["message"] for row in found] == ["a"]
    assert report.lines == Lines(6, 3, 0, 3)
    assert report.rejected_by_reason == {
        "binary value of another length": 1,
        "no field of the journal": 2,
    }
