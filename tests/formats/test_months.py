"""Months in other languages than English, as Java, Tomcat and journalctl write them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from formats.named import parsed

from logproc.kernels.months import MONTHS, spellings


def test_no_spelling_means_two_months():
    found: dict[bytes, int] = {}
    for name, month in MONTHS.items():
        assert all(found.setdefault(text, month) == month for text in spellings(name))
    assert set(found.values()) == set(range(1, 13))


def test_each_name_is_read_in_syslog_and_by_layouts():
    rows, _ = parsed("syslog", "".join(f"{name} 02 03:04:05 web1 sshd[7]: hello\n" for name in MONTHS).encode())
    assert [int(row["time"][5:7]) for row in rows] == list(MONTHS.values())
    assert {(row["time"][8:10], row["host"], row["program"]) for row in rows} == {("02", "web1", "sshd")}
    for shown in (str, str.capitalize, "{}.".format):
        text = "".join(f"12-{shown(name)}-2019 03:04:05.678 WARNUNG [main] a.B c\n" for name in MONTHS)
        rows, _ = parsed("tomcat", text.encode())
        assert [row["time"] for row in rows] == [f"2019-{month:02}-12T03:04:05.678000Z" for month in MONTHS.values()]
        assert {row["level"] for row in rows} == {"WARN"}


@pytest.mark.parametrize(
    ("line", "time", "level"),
    [
        ("Mär 01, 2024 10:00:00 AM a.App main\nSCHWERWIEGEND: x", "2024-03-01T10:00:00Z", "ERROR"),
        ("01.03.2024 10:00:00 a.App main\nINFORMATION: x", "2024-03-01T10:00:00Z", "INFO"),
        ("févr. 01, 2024 10:00:00 PM a.App main\nAVERTISSEMENT: x", "2024-02-01T22:00:00Z", "WARN"),
        ("1 août 2024 10:00:00 a.App main\nGRAVE: x", "2024-08-01T10:00:00Z", "ERROR"),
        ("dic 24, 2024 1:00:00 AM a.App main\nADVERTENCIA: x", "2024-12-24T01:00:00Z", "WARN"),
    ],
)
def test_java_util_logging_is_recognised(line: str, time: str, level: str):
    [row], report = parsed("auto", line.encode())
    assert report.files[0].format == "jul"
    assert (row["time"], row["level"], row["logger"], row["message"]) == (time, level, "a.App", "x")


def test_latin_1_is_read_too():
    [row], _ = parsed("syslog", "Mär 01 10:00:00 web1 sshd[7]: hello\n".encode("latin-1"))
    assert date.fromisoformat(row["time"][:10]).month == 3
    assert re.fullmatch(r"web1", row["host"])


@pytest.mark.parametrize("name", ["Mrä", "Jax", "Febx.", "octx"])
def test_other_words_are_no_months(name: str):
    rows, _ = parsed("syslog", f"{name} 02 03:04:05 web1 sshd[7]: hello\n".encode())
    assert rows == []
