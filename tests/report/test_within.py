"""What a report's figures are held against within the report itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from report.samples import table

from logproc.report import within
from logproc.report.since import changes
from logproc.report_model import NOTHING_BEFORE, ColumnInfo

BEGIN = datetime(2026, 3, 1, 10, tzinfo=UTC)
"""The first hour of the logs: their first day is not whole."""

FIGURES = "SELECT count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors FROM web"
OVER_TIME = "SELECT date_trunc('{step}', time) AS {step}, " + FIGURES.removeprefix("SELECT ") + " GROUP BY ALL"


def hourly(counts):
    rows = [(stamp(BEGIN + timedelta(hours=n)), count, 100 * count, 3) for n, count in enumerate(counts) if count]
    return over_time("hour", rows)


def daily(hours):
    sums = {}
    for moment, count, *_ in hours.rows:
        sums[moment[:10]] = sums.get(moment[:10], 0) + count
    return over_time("day", [(f"{day}T00:00:00Z", n, 100 * n, n // 10) for day, n in sums.items()])


def over_time(step, rows):
    columns = (ColumnInfo(step, "time", "key"), *COLUMNS)
    return table(f"{step}s", columns, rows, OVER_TIME.format(step=step))


COLUMNS = tuple(ColumnInfo(name, "integer", "value") for name in ("requests", "bytes", "visitors"))


def figures(hours, extra=0):
    count = sum(row[1] for row in hours.rows) + extra
    return table("summary", COLUMNS, [(count, 100 * count, 44)], FIGURES)


def stamp(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def told(compared, of):
    return {column.name: (now, [(c.text, c.since) for c in found]) for column, now, found in changes(of, compared)}


def test_the_last_whole_day_is_held_against_the_day_and_the_week_before():
    hours = hourly([*[1] * 14, *[2] * 24, *[3] * 24 * 6, *[6] * 24, *[1] * 4])
    compared = within.compared([figures(hours), hours, daily(hours)])
    assert compared.title == "2026-03-09 against 2026-03-08 and 2026-03-02"
    assert compared.part == "on 2026-03-09"
    assert told(compared, figures(hours)) == {
        "requests": (144, [("+100.0 %", "day before"), ("+200.0 %", "week before")]),
        "bytes": (14400, [("+100.0 %", "day before"), ("+200.0 %", "week before")]),
        "visitors": (14, [("+100.0 %", "day before"), ("+250.0 %", "week before")]),
    }


def test_less_than_two_whole_days_are_halves_of_what_adds_up():
    hours = hourly([9, *[2] * 5, *[3] * 5, 1])
    compared = within.compared([figures(hours), hours, daily(hours)])
    assert compared.title == "2026-03-01 16:00 to 21:00 against 2026-03-01 11:00 to 16:00"
    assert told(compared, figures(hours)) == {
        "requests": (15, [("+50.0 %", "5 hours before")]),
        "bytes": (1500, [("+50.0 %", "5 hours before")]),
        "visitors": (None, []),
    }


def test_an_hour_is_held_against_the_hour_before():
    compared = within.compared([figures(hours := hourly([1, 4, 2, 1])), hours])
    assert (compared.part, compared.before[0].name) == ("in the last hour", "hour before")


def test_what_has_no_time_before_or_counts_other_rows_is_held_against_nothing():
    hours = hourly([5, 5, 5])
    assert within.compared([figures(hours), hours]) == NOTHING_BEFORE
    assert within.compared([]) == NOTHING_BEFORE
    hours = hourly([5] * 40)
    assert within.compared([figures(hours, extra=100), hours]) == NOTHING_BEFORE
    assert within.compared([figures(hours), replace(hours, truncated=True)]) == NOTHING_BEFORE
    gap = hourly([5, 5, *[0] * 40, 5, 5])
    assert within.compared([figures(gap), gap]) == NOTHING_BEFORE
