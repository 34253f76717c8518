"""Dates and clocks in front of lines that say nothing else of themselves: their zones, and which number is the year."""

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


@pytest.mark.parametrize("rest", ["up", "INFO up"])
@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        ([f"{day:02}/03/24" for day in range(1, 32)], "2024-03-01", "2024-03-31"),
        ([f"{day:02}/03/24" for day in range(13, 32)], "2024-03-13", "2024-03-31"),
        (["29/02/24", "01/03/24", "02/03/24"], "2024-02-29", "2024-03-02"),
        ([f"24/03/{day:02}" for day in range(1, 32)], "2024-03-01", "2024-03-31"),
        ([f"09/03/{day:02}" for day in range(1, 13)], "2009-03-01", "2009-03-12"),
        (["23/12/31", "24/01/01"], "2023-12-31", "2024-01-01"),
        ([f"03/{day:02}/24" for day in range(1, 32)], "2024-03-01", "2024-03-31"),
    ],
)
def test_of_a_year_of_two_digits_and_a_day_the_year_varies_less(dates: list[str], first: str, last: str, rest: str):
    rows, _ = parsed("auto", "".join(f"{date} 14:05:06 {rest}\n" for date in dates).encode())
    assert [row["time"][:10] for row in (rows[0], rows[-1])] == [first, last]
    assert len(rows) == len(dates)
