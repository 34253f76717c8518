"""Files that Windows wrote, or a transfer converted: lines that end with a carriage return and a newline."""

from __future__ import annotations

import pytest
from formats.named import matched, parsed

from logproc.formats import FORMATS, Format, resolve

STACK = "2024-03-01 10:00:00,123 [main] ERROR org.example.A - a\njava.lang.X: b\n\tat b.C(D)\n"


def windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)
def test_samples_are_read_and_recognised_alike_with_both_line_ends(row: Format):
    # A binary field of the journal says how many bytes it has: a transfer that makes them more breaks it.
    samples = [sample.line.removesuffix("\n") + "\n" for sample in row.samples if "\0" not in sample.line]
    rows, report = parsed("auto", "".join(samples).encode())
    found, windows_report = parsed("auto", windows("".join(samples)))
    assert found == rows
    assert windows_report.lines == report.lines
    assert windows_report.files[0].format == report.files[0].format
    if report.files[0].format != row.name:
        assert parsed(row.name, windows("".join(samples)))[0] == parsed(row.name, "".join(samples).encode())[0]


@pytest.mark.parametrize("name", ["log4j", "coloured:log4j"])
def test_a_text_of_several_lines_has_newlines_alone(name: str):
    text = STACK if name == "log4j" else STACK.replace("a.b", "\x1b[1ma.b\x1b[0m")
    rows, report = parsed(name, windows(text * 2), select=("raw", "message", "stack"))
    assert report.lines.rejected == 0
    assert [row["stack"] for row in rows] == ["java.lang.X: b\n\tat b.C(D)"] * 2
    assert [row["message"] for row in rows] == ["a"] * 2
    assert rows[0]["raw"] == STACK.partition("\n")[0]


def test_a_return_that_ends_no_line_stays():
    rows, _ = parsed("log4j", windows(STACK.replace("X: b", "X: b\rc\r")))
    assert rows[0]["stack"] == "java.lang.X: b\rc\r\n\tat b.C(D)"


def test_each_record_of_a_file_may_have_line_ends_of_its_own():
    record = "2024-01-02T03:04:05.678901+00:00\nThread 1 advanced\n  Current log# 1\n"
    rows, report = parsed("auto", record.encode() + windows(record) + record.encode())
    assert report.files[0].format == "oracle_alert"
    assert [row["message"] for row in rows] == ["Thread 1 advanced\n  Current log# 1"] * 3


def test_a_head_that_its_line_goes_on_behind_is_none():
    assert matched(resolve("oracle_alert"), b"2024-01-02T03:04:05.678901+00:00\rThread 1\r\nx\r\n") == (0, 2)
