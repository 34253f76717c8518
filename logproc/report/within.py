"""What the figures of a report are held against where nothing else is known: earlier days within the report itself.

A report over time counts the same lines as the row of figures does, so its steps say what the figures were then: the
last whole day is held against the day and the week before. Where there are no two whole days, the last hours are held
against as many before them; then only what adds up is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logproc.report import units
from logproc.report.since import is_figures
from logproc.report_model import NOTHING_BEFORE, Before, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.report_model import ColumnInfo, ReportTable

HOUR, DAY = 3600, 86400

SAME_ROWS = 0.99
"""Share of a figure's rows that a report over time has at least where it is of the same rows: some have no time."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since 1970 from `first` to before `end`; `name` is what they are to those that they stand against."""

    first: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """A report over time: its columns but the time, and rows by the second in which their step of `width` begins."""

    columns: tuple[ColumnInfo, ...]
    rows: dict[int, tuple[Any, ...]]
    width: int
    sql: str


def compared(tables: Sequence[ReportTable]) -> Comparison:
    """Return what the figures among reports are held against; nothing where they have no earlier times."""
    courses = [course for table in tables if (course := _course(table)) is not None]
    found: list[tuple[ReportTable, list[Course]]] = []
    for table in filter(is_figures, tables):
        mine = [course for course in courses if _of_same_rows(table, course)]
        if mine:
            found.append((table, sorted(mine, key=lambda course: course.width)))
    hourly = (mine[0].rows for _, mine in found if mine[0].width == HOUR)  # days do not say which of them are whole
    spans = next(filter(None, map(spans_of, hourly)), ())
    if not spans:
        return NOTHING_BEFORE
    title, of = described(spans)
    at = {span: tuple(_at(table, mine, span) for table, mine in found) for span in spans}
    part, *others = spans
    return Comparison(title, of, at[part], tuple(Before(span.name, at[span]) for span in others))


def _course(table: ReportTable) -> Course | None:
    keys = [index for index, column in enumerate(table.columns) if column.role == "key"]
    if table.problem or table.truncated or len(keys) != 1 or table.columns[keys[0]].type != "time":
        return None
    rows = {second(row[keys[0]]): row for row in table.rows if row[keys[0]] is not None}
    gaps = [after - before for before, after in pairwise(sorted(rows))]
    width = min(gaps, default=0)
    if width not in {HOUR, DAY}:
        return None
    return Course(table.columns, rows, width, table.sql)


def second(text: str) -> int:
    """Return the second since 1970 of a time as cells have it."""
    return int(datetime.fromisoformat(text).timestamp())


def _of_same_rows(table: ReportTable, course: Course) -> bool:
    """Tell whether a report over time counts the rows that figures count: both have a count, and they agree."""
    here = next((value for index, value in enumerate(table.rows[0]) if units.is_count(table, index)), None)
    counted = _count(course)
    return bool(here and counted is not None and SAME_ROWS * here <= counted <= here)


def _count(course: Course) -> int | None:
    """Return how many rows a report over time counts; None where it does not count them."""
    there = next((index for index, c in enumerate(course.columns) if units.counts_rows(c, course.sql)), None)
    return None if there is None else sum(row[there] or 0 for row in course.rows.values())


# ---- which times -----------------------------------------------------------------------------------------------


def spans_of(hours: Iterable[int]) -> tuple[Span, ...]:
    """Return the last whole day and those that it is held against, else the last hours and as many before.

    `hours` are the seconds since 1970 in which hours with lines begin.
    """
    found = sorted(set(hours))
    return (_days(found) or _halves(found)) if found else ()


def finer(tables: Iterable[ReportTable]) -> dict[str, list[tuple[int, int]]]:
    """Return from when to when reports go that count the rows of another one in finer steps, by that one's name.

    In seconds since 1970.
    """
    courses = {table.name: course for table in tables if (course := _course(table)) is not None}
    counts = {name: count for name, course in courses.items() if (count := _count(course)) is not None}
    spans = {name: (min(courses[name].rows), max(courses[name].rows) + courses[name].width) for name in counts}
    return {
        name: [
            spans[other]
            for other in counts
            if courses[other].width < courses[name].width and counts[other] == counts[name]
        ]
        for name in counts
    }


def _days(hours: Sequence[int]) -> tuple[Span, ...]:
    begin, end = hours[0], hours[-1] + HOUR
    whole = sorted(day for day in {hour // DAY * DAY for hour in hours} if begin <= day and day + DAY <= end)
    if not whole:
        return ()
    last = whole[-1]
    befores = [(last - DAY, "day before"), (last - 7 * DAY, "week before")]
    others = [Span(first, first + DAY, name) for first, name in befores if first in whole]
    return (Span(last, last + DAY), *others) if others else ()


def _halves(hours: Sequence[int]) -> tuple[Span, ...]:
    """Return the later half of at most two days, and the earlier one; the first hour is not whole, nor the last one.

    Where most hours of a half are empty there is nothing to compare.
    """
    first, end = hours[0] + HOUR, hours[-1]
    count = min(24, (end - first) // HOUR // 2)
    middle, begin = end - count * HOUR, end - 2 * count * HOUR
    filled = (sum(low <= hour < high for hour in hours) for low, high in ((begin, middle), (middle, end)))
    if not count or any(2 * hours_there < count for hours_there in filled):
        return ()
    later = Span(middle, end)
    return later, Span(begin, middle, f"{_hours_long(later)} before")


def described(spans: Sequence[Span]) -> tuple[str, str]:
    """Return what is compared in full, and which part of everything that is."""
    part, *others = spans
    title = f"{_named(part)} against {' and '.join(map(_named, others))}"
    return title, f"on {_named(part)}" if _is_day(part) else f"in the last {_hours_long(part)}"


def _hours_long(span: Span) -> str:
    count = (span.end - span.first) // HOUR
    return "hour" if count == 1 else f"{count} hours"


def _is_day(span: Span) -> bool:
    return span.first % DAY == 0 and span.end - span.first == DAY


def _named(span: Span) -> str:
    begin, end = (datetime.fromtimestamp(seconds, UTC) for seconds in (span.first, span.end))
    if _is_day(span):
        return f"{begin:%Y-%m-%d}"
    return f"{begin:%Y-%m-%d %H:%M} to {end:{'%H:%M' if begin.date() == end.date() else '%Y-%m-%d %H:%M'}}"


# ---- figures then ----------------------------------------------------------------------------------------------


def _at(table: ReportTable, courses: Sequence[Course], span: Span) -> ReportTable:
    """Return figures as they were in a time, None where no report over time tells."""
    row = tuple(_value(column, courses, span) for column in table.columns)
    return replace(table, rows=(row,), exemplars=())


def _value(column: ColumnInfo, courses: Sequence[Course], span: Span) -> Any:  # noqa: ANN401 - a cell
    for course in sorted(courses, key=lambda course: course.width != span.end - span.first):
        index = next((i for i, c in enumerate(course.columns) if (c.name, c.type) == (column.name, column.type)), None)
        if index is None or column.type not in units.NUMBERS:
            continue
        if course.width == span.end - span.first:
            return course.rows[span.first][index] if span.first in course.rows else None
        if _adds_up(course, index):
            return sum(_within(course, index, span))
    return None


def _adds_up(course: Course, index: int) -> bool:
    column = course.columns[index]
    unit = units.unit_of(column, course.sql)
    return units.adds_up(column, unit) and not units.is_distinct(column, course.sql)


def _within(course: Course, index: int, span: Span) -> Iterator[Any]:
    return (row[index] or 0 for begin, row in course.rows.items() if span.first <= begin < span.end)
