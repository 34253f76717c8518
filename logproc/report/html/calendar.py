"""The calendar of a folder of reports: its index by month.

The caller knows which reports there are; nothing here reads a folder.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from logproc.report import units
from logproc.report.html.page import page
from logproc.report.html.panels import shortened
from logproc.report.units import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.report.html.page import Link

SHADES = 10

KINDS = ("night", "day", "week", "month")
"""What a report of the calendar may cover; a week begins on Monday, as in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A report: which of `KINDS`, its first day, its relative address, its lines, and in a word what went wrong."""

    kind: str
    begin: date
    href: str
    lines: int = 0
    trouble: str = ""

    @property
    def label(self) -> str:
        """Return the period in words: `2026-03-02`, `week 10 of 2026`, `March 2026`."""
        if self.kind == "week":
            year, week, _ = self.begin.isocalendar()
            return f"week {week} of {year}"
        return _month(self.begin) if self.kind == "month" else self.begin.isoformat()


@dataclass(frozen=True, slots=True)
class Day:
    """A square of the calendar; without an entry it says that no report is there."""

    number: int
    about: str
    shade: int
    count: str
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar: its name, its own report, and rows of a week's number, report and days, None outside."""

    name: str
    entry: Entry | None
    weeks: tuple[tuple[int, Entry | None, tuple[Day | None, ...]], ...]


def index(entries: Sequence[Entry], choices: Sequence[tuple[str, tuple[Link, ...]]] = ()) -> bytes:
    """Return the page that leads to all reports: rows of `choices`, then the calendar, the newest month first."""
    known = {(entry.kind, entry.begin): entry for entry in entries}
    # The first night has all that was there before: beside it the others would be one shade.
    most = max(sorted(entry.lines for entry in entries if entry.kind in {"night", "day"})[:-1], default=0)
    months = sorted({(entry.begin.year, entry.begin.month) for entry in entries}, reverse=True)
    filled = tuple(_filled(known, *month, most) for month in months)
    return page("calendar.html", title="Log reports", months=filled, choices=choices)


def _month(day: date) -> str:
    return f"{calendar.month_name[day.month]} {day.year}"


def _filled(known: dict[tuple[str, date], Entry], year: int, month: int, most: int) -> Month:
    weeks = []
    for week in calendar.Calendar().monthdatescalendar(year, month):
        days = tuple(
            _day(known.get(("night", day)) or known.get(("day", day)), day, most) if day.month == month else None
            for day in week
        )
        weeks.append((week[0].isocalendar().week, known.get(("week", week[0])), days))
    first = date(year, month, 1)
    return Month(_month(first), known.get(("month", first)), tuple(weeks))


def _day(entry: Entry | None, day: date, most: int) -> Day:
    if entry is None:
        return Day(day.day, f"{day.isoformat()}: no report", 0, "", None)
    shade = 0 if not entry.lines else min(SHADES, 1 + (SHADES - 1) * entry.lines // max(1, most))
    trouble = f", {shortened(entry.trouble)}" if entry.trouble else ""
    about = f"{day.isoformat()}: {entry.lines:,} lines{trouble}"
    return Day(day.day, about, shade, units.compact(entry.lines, Unit.COUNT), entry)
