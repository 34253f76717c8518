"""Records of several lines: whole files, ranges, any block size and packs give the same rows and the same books."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc import worker
from logproc.formats import FORMATS as ALL
from logproc.formats.format import SEPARATOR, Format
from logproc.formats.parser_separator import SeparatorParser
from logproc.formats.program import Meaning, Program, Slot
from logproc.kernels import layout
from logproc.model import PADDING, Lines, Piece, Task
from logproc.rollup.dumping import load
from logproc.rollup.outcome import report_table
from logproc.rollup.sql import plan
from logproc.rollup.tables import Table
from logproc.worker import Job, process

if TYPE_CHECKING:
    from pathlib import Path

TIME, LEVEL = Slot("time", Meaning.ISO_TIME, b" ", solid=True), Slot("level", Meaning.TEXT, b" ", solid=True)
MESSAGE = Slot("message", Meaning.TEXT, b"\n")
PROGRAMS = {
    "stack": Program(b"", (TIME, LEVEL, MESSAGE), head=1),
    "message": Program(b"", (TIME, LEVEL, MESSAGE), head=1, continues="message"),
    "two": Program(b"", (TIME, Slot("logger", Meaning.TEXT, b"\n"), replace(LEVEL, opening=b"L="), MESSAGE), head=1),
}
ROWS = plan("SELECT time, level, message, stack, count(*) AS n FROM app GROUP BY time, level, message, stack", "rows")


def of_name(name: str) -> Format:
    return Format(name, "app", SEPARATOR, PROGRAMS[name], "")


FORMATS = {name: of_name(name) for name in PROGRAMS}


# ---- what it means, slowly ------------------------------------------------------------------------------------------


@dataclass
class Expected:
    rows: dict[tuple[str | None, ...], int] = field(default_factory=dict)
    counted: int = 0
    filtered: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def close(self, row: list[str | None] | None) -> None:
        if row is not None:
            self.rows[tuple(row)] = self.rows.get(tuple(row), 0) + 1


STAMP = re.compile(rb"2026-02-0[1-9]T00:00:00Z ")


def expect(data: bytes, name: str, limit: int) -> Expected:
    """Read a file line by line, as the documentation of `Program.head` says."""
    found = Expected()
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    row: list[str | None] | None = None
    begin = at = 0
    known = full = False  # whether a record is open, and whether it takes no more
    skip = 0
    for number, line in enumerate(lines):
        at += len(line) + 1
        if skip:
            skip -= 1
            continue
        text = line.removesuffix(b"\r")
        if len(line) > limit:
            found.reject("line too long")
            full = True
        elif not line.strip(b" \t\r\0"):
            found.filtered += 1
        elif STAMP.match(text):
            found.close(row)
            row, known, full, begin = None, False, False, at - len(line) - 1
            parts = _parts(text, lines[number + 1 :], name, limit - len(line) - 1, limit)
            if parts is None:
                found.reject("no match")
                continue
            row, known = [text[:20].decode(), *parts, None], True
            found.counted += 1
            if name == "two":
                skip = 1
                found.counted += 1
        elif not known:
            found.reject("continuation without a record")
        else:
            found.counted += 1
            full = full or at - begin > limit
            if not full:
                assert row is not None
                _extend(row, name, data[begin:at].replace(b"\r\n", b"\n"), text.decode())
    found.close(row)
    return found


def _parts(text: bytes, behind: list[bytes], name: str, room: int, limit: int) -> list[str | None] | None:
    rest = text[21:]
    if name == "two":
        if not behind or len(behind[0]) > limit or len(behind[0]) > room:
            return None
        if not behind[0].startswith(b"L="):
            return None
        rest = behind[0].removesuffix(b"\r").removeprefix(b"L=")
    level, blank, message = rest.partition(b" ")
    if not level or not blank:
        return None
    return [None if part == b"-" else part.decode() for part in (level, message)]


def _extend(row: list[str | None], name: str, record: bytes, text: str) -> None:
    place = 2 if name == "message" else 3
    if not row[place]:
        row[place] = text
        return
    so_far = row[place].encode()
    # What stands between two lines of a record, blank lines too, is part of the text.
    end = record.rindex(text.encode(), 0, len(record)) + len(text)
    begin = record.index(so_far)
    row[place] = record[begin:end].decode()


# ---- what is read ---------------------------------------------------------------------------------------------------


def read(path: Path, name: str, borders: list[int], **options: int):
    job = Job(uuid.uuid4().hex, (ROWS,), **options)
    pieces = [
        Piece(0, str(path), start, end, 0, codec="plain", format=name, confidence=1.0)
        for start, end in pairwise([*borders, -1])
    ]
    with patch.object(worker, "format_of", FORMATS.__getitem__):
        partials = [process(job, Task(number, (piece,), 0)) for number, piece in enumerate(pieces)]
    table = Table(ROWS, 10_000)
    for partial in partials:
        table.merge(load(ROWS, partial.tables[0]))
    lines, reasons, read_bytes = Lines(), {}, 0
    for partial in partials:
        lines += partial.files[0].lines
        read_bytes += partial.files[0].bytes_read
        for reason, count in partial.files[0].rejected_by_reason.items():
            reasons[reason] = reasons.get(reason, 0) + count
        assert partial.files[0].lines.balanced()
    return {tuple(row[:-1]): row[-1] for row in report_table(table).rows}, lines, reasons, read_bytes


HEADS = [
    *(b"2026-02-01T00:00:00Z INFO started", b"2026-02-02T00:00:00Z WARN a b", b"2026-02-03T00:00:00Z  refused"),
    *(b"2026-02-04T00:00:00Z ERROR ", b"2026-02-05T00:00:00Z ERROR -", b"2026-02-06T00:00:00Z alone"),
]
OTHERS = [
    b"",
    b" ",
    b"\tat a.b(D.java:1)",
    b"Caused by: x",
    b"L=INFO two",
    b"T=1",
    b"x",
    b"y" * 90,
    b"FINE ",
    b"  " + b"z" * 9,
]
TEXTS = st.lists(
    st.sampled_from(HEADS) | st.sampled_from(OTHERS) | st.sampled_from([b"q" * 300]),
    max_size=14,
)


@st.composite
def files(draw):
    lines = draw(TEXTS)
    if lines and draw(st.booleans()):
        lines[0] = HEADS[0]
    ends = draw(st.lists(st.sampled_from([b"\n", b"\n", b"\r\n"]), min_size=len(lines), max_size=len(lines)))
    data = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    return data.removesuffix(b"\n") if draw(st.booleans()) else data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records")


@settings(max_examples=150)
@given(
    data=files(),
    name=st.sampled_from(sorted(PROGRAMS)),
    block=st.sampled_from((16, 64, 200, 4096)),
    limit=st.sampled_from((40, 100, 160, 1000)),
    draw=st.data(),
)
def test_any_cut_and_any_block_gives_the_rows_and_books_of_the_whole(
    folder: Path, *, data: bytes, name: str, block: int, limit: int, draw: st.DataObject
) -> None:
    path = folder / "app.log"
    path.write_bytes(data)
    starts = [match.start() for match in re.finditer(rb"(?m)^", data)]
    places = st.integers(0, len(data)) | st.sampled_from(starts)
    borders = [0, *sorted(draw.draw(st.lists(places, max_size=5)))]
    rows, lines, reasons, read_bytes = read(path, name, borders, block_bytes=block, max_line_bytes=limit)
    expected = expect(data, name, limit)
    assert rows == expected.rows
    assert reasons == expected.reasons
    assert (lines.counted, lines.filtered) == (expected.counted, expected.filtered)
    assert lines.read == data.count(b"\n") + (data[-1:] not in {b"", b"\n"})
    assert read_bytes == len(data)


SHIPPED = [name for name, row in ALL.items() if row.program is not None and row.program.head and row.family == "app"]


@pytest.mark.long
@settings(max_examples=200)
@given(
    name=st.sampled_from(sorted(SHIPPED)) | st.sampled_from(["jul", "mysql_slow"]),
    block=st.sampled_from((64, 200, 1000)),
    limit=st.sampled_from((120, 400, 5000)),
    draw=st.data(),
)
def test_every_format_gives_the_same_for_any_cut_and_any_block(
    folder: Path, *, name: str, block: int, limit: int, draw: st.DataObject
) -> None:
    row = ALL[name]
    texts = [sample.line.encode() for sample in row.samples] + [line.encode() for line in row.refused]
    pieces = [*texts, *(line for text in texts for line in text.split(b"\n")), b"\tat x", b"", b"Caused by: y"]
    data = b"\n".join(draw.draw(st.lists(st.sampled_from(pieces), max_size=12))) + b"\n"
    path = folder / "shipped.log"
    path.write_bytes(data)
    places = st.integers(0, len(data)) | st.sampled_from([match.start() for match in re.finditer(rb"(?m)^", data)])
    borders = [0, *sorted(draw.draw(st.lists(places, max_size=5)))]
    with patch.dict(FORMATS, {row.name: row}):
        whole = read(path, row.name, [0], block_bytes=1 << 16, max_line_bytes=limit)
        assert read(path, row.name, borders, block_bytes=block, max_line_bytes=limit) == whole


@pytest.mark.parametrize(
    ("name", "head", "level"),
    [
        ("erlang", b"=ERROR REPORT==== 2-Jan-2024::03:04:06 ===\n", "ERROR"),
        ("oracle_alert", b"2024-01-02T03:04:06.000000+00:00\n", None),
        ("oracle_alert", b"Tue Jan 02 03:04:06 2024\r\n", None),
        ("dated_alone", b"Jan 02 2024 03:04:06\n", None),
        ("bash_history", b"#1704164646\n", None),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_head_with_nothing_below_it_is_no_text_of_a_record(
    folder: Path, name: str, head: bytes, level: str | None, after: int
) -> None:
    path = folder / "heads.log"
    path.write_bytes(head + head + b"closing connection\n")
    borders = [0, after * len(head)][: after + 1]
    with patch.dict(FORMATS, {name: ALL[name]}):
        rows, _, reasons, _ = read(path, name, borders, block_bytes=1000, max_line_bytes=400)
    assert rows == {("2024-01-02T03:04:06Z", level, "closing connection", None): 1}
    assert reasons == {"no match": 1}


@settings(max_examples=60)
@given(texts=st.lists(files(), min_size=1, max_size=9), name=st.sampled_from(["stack", "message"]))
def test_files_that_are_read_together_are_read_as_each_alone(folder: Path, texts: list[bytes], name: str) -> None:
    job = Job(uuid.uuid4().hex, (ROWS,), block_bytes=200, max_line_bytes=160)
    pieces = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.log"
        path.write_bytes(text)
        pieces.append(Piece(number, str(path), 0, -1, 0, codec="plain", format=name))
    with patch.object(worker, "format_of", FORMATS.__getitem__):
        together = process(job, Task(0, tuple(pieces), 0))
        alone = [process(job, Task(0, (piece,), 0)) for piece in pieces]
    assert list(together.files) == [partial.files[0] for partial in alone]
    one, many = Table(ROWS, 10_000), Table(ROWS, 10_000)
    one.merge(load(ROWS, together.tables[0]))
    for partial in alone:
        many.merge(load(ROWS, partial.tables[0]))
    assert sorted(report_table(one).rows, key=str) == sorted(report_table(many).rows, key=str)


@pytest.mark.parametrize(
    ("name", "line", "date", "bad"),
    [
        ("log4j", b"2024-01-02 03:04:05,678 [main] INFO a.B - x", b"2024-01-02", b"2024-13-02"),
        ("log4j", b"2024-01-02 03:04:05,678 [main] INFO a.B - x", b"03:04:05", b"03:64:05"),
        ("timed", b"2024-01-02T03:04:05Z INFO x", b"2024-01-02", b"2024-02-30"),
        ("go", b"2024/01/02 03:04:05 x", b"2024/01/02", b"2024/00/02"),
        ("cups_error", b"E [02/Jan/2024:03:04:05 +0000] x", b"02/Jan", b"32/Jan"),
        ("jul", b"Jan 02, 2024 3:04:05 PM a.B c\nINFO: x", b"3:04", b"13:04"),
    ],
)
def test_a_line_that_begins_a_record_at_a_time_that_is_none_is_refused(
    folder: Path, name: str, line: bytes, date: bytes, bad: bytes
) -> None:
    path = folder / "bad.log"
    path.write_bytes(b"\n".join([line, b"\tat x", line.replace(date, bad), b"\tat y", line, b""]))
    with patch.dict(FORMATS, {name: ALL[name]}):
        rows, lines, reasons, _ = read(path, name, [0])
        assert reasons["bad time"] == 1
        assert sum(rows.values()) == 2
        assert not any(bad.decode() in str(row) for row in rows)
        assert lines.counted == 3 + 2 * line.count(b"\n")
        begins = [match.end() for match in re.finditer(rb"\n|^", path.read_bytes())]
        near = {begin + step for begin in begins for step in (-1, 0, 1)}
        for border in sorted(near.intersection(range(path.stat().st_size)) | set(range(0, path.stat().st_size, 7))):
            assert read(path, name, [0, border], block_bytes=64) == (rows, lines, reasons, _)


def test_what_looks_like_a_bad_time_within_a_record_belongs_to_it(folder: Path) -> None:
    path = folder / "good.log"
    line = b"2024-01-02 03:04:05,678 [main] INFO a.B - x"
    within = [b"2024-13-02 03:04:05", b"2024-13-02 done", b"2024-xx-02 03:04:05,678 [main] INFO a.B - x"]
    path.write_bytes(b"\n".join([line, *within, b""]))
    with patch.dict(FORMATS, {"log4j": ALL["log4j"]}):
        rows, lines, reasons, _ = read(path, "log4j", [0])
    assert (sum(rows.values()), lines, reasons) == (1, Lines(4, 4, 0, 0), {})


def test_more_records_than_a_parser_holds(folder: Path) -> None:
    path = folder / "many.log"
    path.write_bytes(b"".join(b"2026-02-01T00:00:00Z INFO n\n\tx\n\n" for _ in range(20_001)))
    rows, lines, reasons, _ = read(path, "stack", [0])
    assert rows == {("2026-02-01T00:00:00Z", "INFO", "n", "\tx"): 20_001}
    assert (lines, reasons) == (Lines(60_003, 40_002, 20_001, 0), {})


def test_lines_of_a_filtered_record_are_filtered_with_it(folder: Path) -> None:
    path = folder / "since.log"
    path.write_bytes(b"".join(line + b"\n\tx\n\ty\n" for line in (*HEADS[:2], HEADS[3])))
    options = {"since": 1_769_990_400_000_000, "block_bytes": 16, "max_line_bytes": 38}
    rows, lines, _, _ = read(path, "stack", [0], **options)  # the second of February and later
    assert sum(rows.values()) == 2
    assert lines == Lines(9, 6, 3, 0)


def test_a_record_beyond_the_limit_keeps_its_first_lines(folder: Path) -> None:
    path = folder / "long.log"
    path.write_bytes(HEADS[0] + b"\n" + b"".join(b"\tat line %04d\n" % number for number in range(1000)) + HEADS[1])
    rows, lines, _, _ = read(path, "stack", [0], block_bytes=1000, max_line_bytes=500)
    stack = "\n".join(f"\tat line {number:04}" for number in range((500 - len(HEADS[0]) - 1) // 14))
    assert ("2026-02-01T00:00:00Z", "INFO", "started", stack) in rows
    assert lines == Lines(1002, 1002, 0, 0)


def test_looking_for_a_record_leaves_the_rows_that_wait_alone() -> None:
    parser = SeparatorParser(FORMATS["stack"], ("message",))
    text = HEADS[0] + b"\n"
    buffer = np.frombuffer(text + b"\0" * PADDING, np.uint8).copy()
    parser.parse(buffer, 0, len(text), 0, parser.counters)
    before = parser.lines.starts.copy()
    other = np.frombuffer(b"\tx\n" + HEADS[1] + b"\n" + b"\0" * PADDING, np.uint8).copy()
    assert parser.begins(other, 0, len(other) - PADDING) == 3
    assert parser.begins(other, 0, 3) == -1
    assert (parser.lines.starts == before).all()
    assert parser.counters[layout.ROWS] == 1
