"""More functions of time with DuckDB's names and meanings: names, buckets, differences, intervals, reading."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.functions_time import UNITS, iso_week, pattern_of_nothing, weekday
from logproc.rollup.signature import INTEGER, NUMBER, TEXT, TIME, Function
from logproc.timestamps import DAY, HOUR, MINUTE, SECOND, civil, day_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

WIDTHS = {
    "microsecond": 1, "millisecond": 1000, "second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY,
    "week": 7 * DAY,
}  # fmt: skip
"""Microseconds of the units that have a constant length; in UTC days do."""

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of the units that are counted in months."""

_FIRST_MONDAY = 10_959 * DAY
"""2000-01-03, where DuckDB's buckets of constant width begin."""

_FIRST_MONTH = 2000 * 12
"""2000-01-01, where its buckets of months begin."""

_LIMIT = 2**62
"""Times beyond this many microseconds, some 146,000 years, are NULL: a log may claim any number."""


def _months(micros: int) -> int:
    year, month, _ = civil(micros // DAY)
    return year * 12 + month - 1


def _bounded(micros: int) -> int | None:
    return micros if -_LIMIT < micros < _LIMIT else None


def time_bucket(months: int, micros: int, time: int) -> int:
    """Return the begin of the bucket that holds a time; the width is months, or microseconds."""
    if months:
        whole = (_months(time) - _FIRST_MONTH) // months * months + _FIRST_MONTH
        return day_number(whole // 12, whole % 12 + 1, 1) * DAY
    return time - (time - _FIRST_MONDAY) % micros


def time_add(time: int, months: int, micros: int) -> int | None:
    """Add an interval; a day that the month lacks is its last one."""
    if months:
        days, clock = divmod(time, DAY)
        year, month, day = civil(days)
        whole = year * 12 + month - 1 + months
        if not 0 < whole < 12 * 100_000:
            return None
        last = _length_of_month(whole // 12, whole % 12 + 1)
        time = day_number(whole // 12, whole % 12 + 1, min(day, last)) * DAY + clock
    return _bounded(time + micros)


def _length_of_month(year: int, month: int) -> int:
    return day_number(year + (month == 12), month % 12 + 1, 1) - day_number(year, month, 1)


def date_diff(unit: str, begin: int, end: int) -> int:
    """Count the borders of a unit that lie between two times; a week is seven borders of days."""
    if unit in MONTHS:
        return _months(end) // MONTHS[unit] - _months(begin) // MONTHS[unit]
    if unit == "week":
        days = end // DAY - begin // DAY
        return days // 7 if days >= 0 else -(-days // 7)
    return end // WIDTHS[unit] - begin // WIDTHS[unit]


def date_sub(unit: str, begin: int, end: int) -> int:
    """Count the whole units that lie between two times."""
    if unit in WIDTHS:
        whole = abs(end - begin) // WIDTHS[unit]
        return whole if end >= begin else -whole
    if end < begin:
        return -date_sub(unit, end, begin)
    months = _months(end) - _months(begin)
    shifted = time_add(begin, months, 0)
    if shifted is not None and shifted > end:
        months -= 1
    return months // MONTHS[unit]


def _last_day(time: int) -> int:
    year, month, _ = civil(time // DAY)
    return day_number(year, month, _length_of_month(year, month)) * DAY


def _day_name(time: int) -> str:
    return calendar.day_name[weekday(time // DAY)]


def _month_name(time: int) -> str:
    return calendar.month_name[civil(time // DAY)[1]]


def _year_week(time: int) -> int:
    year, week = iso_week(time // DAY)
    return year * 100 + week


def _decade(time: int) -> int:
    return civil(time // DAY)[0] // 10


def _century(time: int) -> int:
    return (civil(time // DAY)[0] - 1) // 100 + 1


def _of_seconds(seconds: float) -> int | None:
    return _bounded(round(seconds * SECOND)) if abs(seconds) < _LIMIT / SECOND else None


def _of_milliseconds(millis: int) -> int | None:
    return _bounded(millis * 1000)


# ---- strptime --------------------------------------------------------------------------------------------------

_NUMBERS = {"Y": r"\d{4}", "y": r"\d\d?", "m": r"\d\d?", "d": r"\d\d?", "H": r"\d\d?", "I": r"\d\d?", "M": r"\d\d?",
            "S": r"\d\d?", "f": r"\d{1,9}", "g": r"\d{1,3}", "j": r"\d{1,3}"}  # fmt: skip
_WORDS = {
    "p": "[AaPp][Mm]", "z": r"[+-]\d\d:?\d\d|Z", "a": "[A-Za-z]{3}", "A": "[A-Za-z]+", "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]+",
}  # fmt: skip
_MONTH_NUMBERS = {name.lower()[:3]: number for number, name in enumerate(calendar.month_name) if name}


@lru_cache(maxsize=64)
def _reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Compile a pattern of strptime; each directive has a bounded length, so that nothing backtracks far."""
    parts, directives, at = [], [], 0
    while at < len(pattern):
        if pattern[at] != "%":
            parts.append(re.escape(pattern[at]))
            at += 1
            continue
        at += pattern[at + 1 : at + 2] == "-"
        directive = pattern[at + 1 : at + 2]
        at += 2
        if directive == "%":
            parts.append("%")
            continue
        parts.append(f"({(_NUMBERS | _WORDS)[directive]})")
        directives.append(directive)
    return re.compile("".join(parts), re.ASCII), tuple(directives)


def _reading_problem(pattern: Value) -> str | None:
    try:
        _reader(str(pattern))
    except KeyError as error:
        return f"%{error.args[0]} cannot be read; there are %{' %'.join(_NUMBERS | _WORDS)} %%"
    return None


def strptime(text: str, pattern: str) -> int | None:
    """Read a time by a pattern such as `%d/%b/%Y:%H:%M:%S`, UTC where it has no %z; else NULL."""
    expression, directives = _reader(pattern)
    match = expression.fullmatch(text)
    if match is None:
        return None
    found = dict(zip(directives, match.groups(), strict=True))
    day = _date_of(found)
    clock = _clock_of(found)
    return None if day is None or clock is None else day * DAY + clock


def _date_of(found: dict[str, str]) -> int | None:
    year = int(found.get("Y", 1900))
    if "y" in found:
        year = int(found["y"]) + (1900 if int(found["y"]) > 68 else 2000)
    name = found.get("b") or found.get("B")
    month = _MONTH_NUMBERS.get(name.lower()[:3]) if name else int(found.get("m", 1))
    if "j" in found:
        day = int(found["j"])
        return day_number(year, 1, 1) + day - 1 if 1 <= day <= 366 else None
    day = int(found.get("d", 1))
    if month is None or not 1 <= month <= 12 or not 1 <= day <= _length_of_month(year, month):
        return None
    return day_number(year, month, day)


def _clock_of(found: dict[str, str]) -> int | None:
    hour, minute, second = int(found.get("H", 0)), int(found.get("M", 0)), int(found.get("S", 0))
    if "I" in found:
        hour = int(found["I"])
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found.get("p", "am").lower() == "pm")
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int(found.get("f", "0").ljust(6, "0")[:6]) + int(found.get("g", "0")) * 1000
    offset = 0
    if found.get("z", "Z") != "Z":
        zone = found["z"].replace(":", "")
        offset = int(zone[1:3]) * HOUR + int(zone[3:5]) * MINUTE
        offset = -offset if zone[0] == "-" else offset
    return hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset


# ---- the table -------------------------------------------------------------------------------------------------


def _unit_problem(unit: Value) -> str | None:
    return (
        None if unit in UNITS.values() else f"{unit!r} is no unit; there are {', '.join(dict.fromkeys(UNITS.values()))}"
    )


_UNIT: tuple[tuple[int, Callable[[Value], str | None]], ...] = ((0, _unit_problem),)

CALENDAR: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "date_diff", date_diff, (TEXT, TIME, TIME), Kind.INTEGER, "borders of a unit between two times",
            constants=_UNIT,
        ),
        Function(
            "date_sub", date_sub, (TEXT, TIME, TIME), Kind.INTEGER, "whole units between two times", constants=_UNIT
        ),
        Function("time_add", time_add, (TIME, INTEGER, INTEGER), Kind.TIME, "time + INTERVAL"),
        Function("bucket", time_bucket, (INTEGER, INTEGER, TIME), Kind.TIME, "time_bucket(INTERVAL, time)"),
        Function("last_day", _last_day, (TIME,), Kind.TIME, "the last day of the month"),
        Function("dayname", _day_name, (TIME,), Kind.TEXT, "Monday to Sunday"),
        Function("monthname", _month_name, (TIME,), Kind.TEXT, "January to December"),
        Function("yearweek", _year_week, (TIME,), Kind.INTEGER, "ISO year and week, such as 202607"),
        Function("decade", _decade, (TIME,), Kind.INTEGER, "the year without its last digit"),
        Function("century", _century, (TIME,), Kind.INTEGER, "century, 21 from 2001 on"),
        Function("to_timestamp", _of_seconds, (NUMBER,), Kind.TIME, "time of seconds since 1970"),
        Function("make_timestamp", _bounded, (INTEGER,), Kind.TIME, "time of microseconds since 1970"),
        Function("make_timestamp_ms", _of_milliseconds, (INTEGER,), Kind.TIME, "time of milliseconds since 1970"),
        Function(
            "strptime", strptime, (TEXT, TEXT), Kind.TIME, "a time read by a pattern, NULL where it does not fit",
            constants=((1, _reading_problem),), literals=((1, pattern_of_nothing),),
        ),
    )
}  # fmt: skip
