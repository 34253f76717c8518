"""Dates and clocks in front of lines that say nothing else of themselves: their zones."""

from __future__ import annotations

import pytest
from formats.named import parsed


@pytest.mark.parametrize(
    ("line", "name", "time"),
    [
        ("2024/01/02 03:04:05 EST up", "dated", "2024-01-02T08:04:05Z"),
        ("2024/01/02 03:04:05 +0200 up", "dated", "2024-01-02T01:04:05Z"),
        ("2024/01/02 03:04:05 PM EST up", "dated", "2024-01-02T20:04:05Z"),
        ("20240102 03:04:05 EST up", "dated", "2024-01-02T08:04:05Z"),
        ("2024-01-02 03:04 EST up", "dated", "2024-01-02T08:04:00Z"),
        ("03/03/2024 03:04 PM EST up", "dated_month_first", "2024-03-03T20:04:00Z"),
        ("2024/01/02 03:04:05 POST up", "go", "2024-01-02T03:04:05Z"),
        ("2024/01/02 03:04:05 ESTIMATE up", "go", "2024-01-02T03:04:05Z"),
    ],
)
def test_a_zone_behind_a_clock_counts_and_other_words_are_of_the_message(line: str, name: str, time: str):
    [row], report = parsed("auto", line.encode() + b"\n")
    assert (report.files[0].format, row["time"]) == (name, time)
    assert row["message"] == ("up" if name != "go" else line[20:])
