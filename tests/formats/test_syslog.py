"""What is particular to syslog: years that are not written, names of numbers, dialects of the head of a line."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from formats.cases import fields_of

import logproc
from logproc.formats import FORMATS
from logproc.formats.zones import local_clock

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = datetime(2026, 1, 5, 12, tzinfo=UTC)


def parsed(tmp_path: Path, *lines: str, options: str = "", mtime: datetime = WRITTEN) -> list[dict[str, object]]:
    """Return the rows of a file that was written last at `mtime`."""
    path = tmp_path / "messages"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    os.utime(path, (mtime.timestamp(), mtime.timestamp()))
    config = tmp_path / "config.toml"
    config.write_text(options, encoding="utf-8")
    return [json.loads(json.dumps(row)) for row in logproc.parse(path, config=config)]


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("Jan  5 11:00:00", "2026-01-05T11:00:00Z"),
        ("Jan  6 12:00:00", "2026-01-06T12:00:00Z"),
        ("Jan  6 12:00:01", "2025-01-06T12:00:01Z"),
        ("Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"),
        ("Feb 28 2019 00:00:00", "2019-02-28T00:00:00Z"),
        ("Jan 1 00:00:00.25", "2026-01-01T00:00:00.250000Z"),
    ],
)
def test_a_time_without_a_year_is_the_latest_that_is_not_a_day_after_the_file(tmp_path: Path, stamp: str, time: str):
    assert [row["time"] for row in parsed(tmp_path, f"{stamp} host app[1]: a")] == [time]


def test_the_year_turns_within_a_file(tmp_path: Path):
    rows = parsed(tmp_path, "Dec 31 23:59:59 host app[1]: old", "Jan  1 00:00:00 host app[1]: new")
    assert [row["time"] for row in rows] == ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]


def test_times_without_a_zone_are_those_of_the_sources_zone(tmp_path: Path):
    rows = parsed(
        tmp_path, "Jan  6 21:00:00 host app[1]: a", "Jan  6 21:00:01 host app[1]: b", options='timezone = "Asia/Tokyo"'
    )
    assert [row["time"] for row in rows] == ["2026-01-06T12:00:00Z", "2025-01-06T12:00:01Z"]


def test_facilities_and_severities_have_names(tmp_path: Path):
    rows = parsed(tmp_path, "<0>Jan  1 00:00:00 h a: x", "<191>Jan  1 00:00:00 h a: y", "Jan  1 00:00:00 h a: z")
    found = [(row["facility"], row["severity"], row["message"]) for row in rows]
    assert found == [("kern", "emerg", "x"), ("local7", "debug", "y"), (None, None, "z")]


def test_reports_count_severities_by_name(tmp_path: Path):
    (tmp_path / "log").write_text("<11>Jan  1 00:00:00 h a: x\n<14>Jan  1 00:00:00 h a: y\n<3>Jan  1 00:00:00 h a: z\n")
    (tmp_path / "severities.sql").write_text("SELECT severity, count(*) AS n FROM syslog GROUP BY severity")
    report = logproc.run(tmp_path / "log", reports=[str(tmp_path / "severities.sql")])
    assert list(report.table("severities").rows) == [("err", 2), ("info", 1)]


@pytest.mark.parametrize("instant", [-(2**62), 2**62, 0])
def test_a_clock_shows_the_nearest_time_it_can(instant: int):
    assert 1 <= local_clock(instant, "Europe/Berlin").year <= 9999


@pytest.mark.parametrize(
    ("rest", "host", "program", "pid", "message"),
    [
        ("host su: x", "host", "su", None, "x"),
        ("host su[1]: x", "host", "su", 1, "x"),
        ("host su[1] x", "host", "su", 1, "x"),
        ("host su(pam_unix)[1]: x", "host", "su(pam_unix)", 1, "x"),
        ("host postfix/smtpd[1]: x: y", "host", "postfix/smtpd", 1, "x: y"),
        ("host su[x]: y", "host", "su[x]", None, "y"),
        ("host su:", "host", "su", None, ""),
        ("host su", "host", "su", None, ""),
        ("host", "host", None, None, ""),
        ("su[1]: x", None, "su", 1, "x"),
        ("su: x", None, "su", None, "x"),
        (" su: x", None, "su", None, "x"),
        ("::1 su: x", "::1", "su", None, "x"),
        ("host a b c[1]: x", "host", "a b c", 1, "x"),
        ("host a b c d e[1]: x", "host", "a", None, "b c d e[1]: x"),
        ("host a [b] c[1]: x", "host", "a", None, "[b] c[1]: x"),
        ("host x[1] (y[2]): z", "host", "x[1] (y[2])", None, "z"),
        ("host x[1] (y): z", "host", "x[1] (y)", None, "z"),
        ("host x[1] (y) z", "host", "x", 1, "(y) z"),
        ("host : %ASA-6-1: x", "host", "%ASA-6-1", None, "x"),
        ("host  {}", "host", None, None, "{}"),
        ('host {"a": 1}', "host", None, None, '{"a": 1}'),
        ('{"a": 1}', None, None, None, '{"a": 1}'),
        ("host [1.5] x: y", "host", None, None, "[1.5] x: y"),
        ("last message repeated 2 times", None, None, None, "last message repeated 2 times"),
        ("message repeated 2 times: [ x]", None, None, None, "message repeated 2 times: [ x]"),
        ("host last message repeated 2 times", "host", None, None, "last message repeated 2 times"),
        ("host message repeated 2 times: [ x]", "host", None, None, "message repeated 2 times: [ x]"),
        ("host message bus", "host", "message", None, "bus"),
        ("host --- last message repeated 1 time ---", "host", None, None, "--- last message repeated 1 time ---"),
        ("host -- MARK --", "host", None, None, "-- MARK --"),
        ("-- MARK --", None, None, None, "-- MARK --"),
        ("host su[1]:x y", "host", "su", 1, "x y"),
        ("host su[1]::x", "host", "su", 1, ":x"),
        ("host su(a)[1]:x", "host", None, None, "su(a)[1]:x"),
        ("host su[a]:x", "host", None, None, "su[a]:x"),
        ("host su:x y", "host", None, None, "su:x y"),
        ("- su: x", None, "su", None, "x"),
        ("", None, None, None, ""),
    ],
)
def test_the_head_of_a_line_is_read_as(rest: str, host: str | None, program: str | None, pid: int | None, message: str):
    found = fields_of(FORMATS["syslog"], f"Oct  1 22:14:15 {rest}")
    assert [found[name] for name in ("host", "program", "pid", "message")] == [host, program, pid, message]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2018-08-14T14:30:02Z host app: x", True),
        ("2018-08-14T14:30:02Z host app[1] x", True),
        ("2018-08-14T14:30:02Z host  {}", True),
        ("2018-08-14T14:30:02Z host something happened", False),
        ("2018-08-14T14:30:02Z", False),
        ("<6>2018-08-14T14:30:02Z host something happened", True),
        ("2018-08-14 14:30:02 host app: x", False),
    ],
)
def test_an_iso_time_alone_does_not_make_a_line_syslog(line: str, *, found: bool):
    assert ("rejected" not in fields_of(FORMATS["syslog"], line)) is found


def test_what_journalctl_writes_between_entries_is_filtered_and_no_reject(tmp_path: Path):
    entry = "Jan  5 11:00:00 host1 sshd[5]: Accepted"
    lines = [
        "-- Journal begins at Fri 2025-12-05 --",
        entry,
        "-- Boot 0123456789abcdef --",
        entry,
        "-- Reboot --",
        "--x",
    ]
    path = tmp_path / "journal.txt"
    path.write_text("".join(line + "\n" for line in lines * 40), encoding="utf-8")
    for report in (logproc.run(path), logproc.run(path, since="2000-01-01")):
        found = report.lines
        assert (found.read, found.counted, found.filtered, found.rejected) == (240, 80, 120, 40)
    assert [row["message"] for row in parsed(tmp_path, *lines)] == ["Accepted", "Accepted"]
