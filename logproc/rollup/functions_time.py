"""Time functions with DuckDB's names and meanings, on int microseconds since 1970 UTC."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.signature import TEXT, TIME, Function
from logproc.timestamps import DAY, HOUR, MINUTE, SECOND, civil, day_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

UNITS: dict[str, str] = {
    alias: unit
    for unit, aliases in {
        "microsecond": "microseconds us usec usecs",
        "millisecond": "milliseconds ms msec msecs",
        "second": "seconds s sec secs",
        "minute": "minutes m min mins",
        "hour": "hours h hr hrs",
        "day": "days d",
        "week": "weeks w",
        "month": "months mon mons",
        "quarter": "quarters",
        "year": "years y yr yrs",
    }.items()
    for alias in (unit, *aliases.split())
}
"""Spellings of the units of `date_trunc`; the planner writes the first one of each."""

PARTS: dict[str, str] = {
    **UNITS,
    **{name: name for name in ("dayofweek", "isodow", "dayofyear", "isoyear", "epoch")},
    "dow": "dayofweek",
    "weekday": "dayofweek",
    "doy": "dayofyear",
    "weekofyear": "week",
    "dayofmonth": "day",
}
"""What `extract` and `date_part` can ask for, and the function that answers: the planner writes that function."""

_FIXED = {"microsecond": 1, "millisecond": 1000, "second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}


def weekday(days: int) -> int:
    """Return 0 for Monday to 6 for Sunday of a day number (1970-01-01 was a Thursday)."""
    return (days + 3) % 7


def date_trunc(unit: str, micros: int) -> int:
    """Round a time down to its second, minute, hour, day, week (Monday), month, quarter or year, in UTC."""
    step = _FIXED.get(unit)
    if step is not None:
        return micros - micros % step
    days = micros // DAY
    if unit == "week":
        return (days - weekday(days)) * DAY
    year, month, _ = civil(days)
    first = {"month": month, "quarter": month - (month - 1) % 3, "year": 1}[unit]
    return day_number(year, first, 1) * DAY


def iso_week(days: int) -> tuple[int, int]:
    """Return (ISO year, ISO week): the week belongs to the year of its Thursday."""
    thursday = days - weekday(days) + 3
    year = civil(thursday)[0]
    return year, (thursday - day_number(year, 1, 1)) // 7 + 1


def _clock(micros: int, unit: int, count: int) -> int:
    return micros // unit % count


def _year(micros: int) -> int:
    return civil(micros // DAY)[0]


def _month(micros: int) -> int:
    return civil(micros // DAY)[1]


def _day(micros: int) -> int:
    return civil(micros // DAY)[2]


def _day_of_year(micros: int) -> int:
    days = micros // DAY
    return days - day_number(civil(days)[0], 1, 1) + 1


def _milliseconds(micros: int) -> int:
    """Round half away from zero, as DuckDB does."""
    whole = (abs(micros) + 500) // 1000
    return whole if micros >= 0 else -whole


# ---- strftime --------------------------------------------------------------------------------------------------


def _week_of_year(micros: int, first: int) -> int:
    """Weeks since the year's first `first` (0 Monday, 6 Sunday), which begins week 1."""
    days = micros // DAY
    return (_day_of_year(micros) - 1 + 7 - (weekday(days) - first) % 7) // 7


_DIRECTIVES: dict[str, Callable[[int], str]] = {
    "%": lambda _: "%",
    "Y": lambda t: f"{_year(t):04d}",
    "y": lambda t: f"{_year(t) % 100:02d}",
    "m": lambda t: f"{_month(t):02d}",
    "d": lambda t: f"{_day(t):02d}",
    "H": lambda t: f"{_clock(t, HOUR, 24):02d}",
    "I": lambda t: f"{(_clock(t, HOUR, 24) - 1) % 12 + 1:02d}",
    "M": lambda t: f"{_clock(t, MINUTE, 60):02d}",
    "S": lambda t: f"{_clock(t, SECOND, 60):02d}",
    "f": lambda t: f"{t % SECOND:06d}",
    "g": lambda t: f"{t % SECOND // 1000:03d}",
    "p": lambda t: "AM" if _clock(t, HOUR, 24) < 12 else "PM",
    "j": lambda t: f"{_day_of_year(t):03d}",
    "a": lambda t: _DAYS[weekday(t // DAY)][:3],
    "A": lambda t: _DAYS[weekday(t // DAY)],
    "b": lambda t: _MONTHS[_month(t) - 1][:3],
    "B": lambda t: _MONTHS[_month(t) - 1],
    "u": lambda t: str(weekday(t // DAY) + 1),
    "w": lambda t: str((weekday(t // DAY) + 1) % 7),
    "G": lambda t: f"{iso_week(t // DAY)[0]:04d}",
    "V": lambda t: f"{iso_week(t // DAY)[1]:02d}",
    "U": lambda t: f"{_week_of_year(t, 6):02d}",
    "W": lambda t: f"{_week_of_year(t, 0):02d}",
}


def strftime(micros: int, pattern: str) -> str:
    """Write a time by a pattern such as `%Y-%m-%d %H:%M`; a `-` behind the `%` drops leading zeros."""
    written, position = [], 0
    while (start := pattern.find("%", position)) >= 0:
        written.append(pattern[position:start])
        bare = pattern[start + 1] == "-"
        text = _DIRECTIVES[pattern[start + 1 + bare]](micros)
        written.append((text.lstrip("0") or "0") if bare else text)
        position = start + 2 + bare
    return "".join([*written, pattern[position:]])


def _pattern_problem(pattern: Value) -> str | None:
    rest = str(pattern)
    while (start := rest.find("%")) >= 0:
        directive = rest[start + 1 : start + 3] if rest[start + 1 : start + 2] == "-" else rest[start + 1 : start + 2]
        if directive[-1:] not in _DIRECTIVES or directive == "":
            return f"%{directive} means nothing; there are %{' %'.join(_DIRECTIVES)}"
        rest = rest[start + 1 + len(directive) :]
    return None


def pattern_of_nothing(pattern: Value) -> str | None:
    """Say what is wrong with a pattern that has no directive, and what it is probably meant to be."""
    if "%" in str(pattern):
        return None
    meant = _LETTERS.sub(lambda found: _MEANT[found[0]], str(pattern))
    way = f"write {meant!r}" if meant != pattern else "write one such as '%Y-%m-%d'"
    return f"{str(pattern)!r} has no directive; {way}"


_MEANT = {
    "YYYY": "%Y", "yyyy": "%Y", "YY": "%y", "yy": "%y", "MM": "%m", "DD": "%d", "dd": "%d", "HH24": "%H", "HH12": "%I",
    "HH": "%H", "hh": "%H", "MI": "%M", "mi": "%M", "mm": "%M", "SS": "%S", "ss": "%S", "Month": "%B", "MONTH": "%B",
    "Mon": "%b", "MON": "%b", "MMM": "%b", "Day": "%A", "Dy": "%a", "EEE": "%a", "AM": "%p", "PM": "%p",
}  # fmt: skip
"""How databases and Java write the parts of a time, and their directives."""
_LETTERS = re.compile("|".join(sorted(_MEANT, key=len, reverse=True)))


def _unit_problem(unit: Value) -> str | None:
    return None if unit in UNITS else f"{unit!r} is no unit; there are {', '.join(dict.fromkeys(UNITS.values()))}"


TIMES: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "date_trunc",
            date_trunc,
            (TEXT, TIME),
            Kind.TIME,
            "rounded down to a unit",
            constants=((0, _unit_problem),),
        ),
        Function(
            "strftime",
            strftime,
            (TIME, TEXT),
            Kind.TEXT,
            "written by a pattern",
            constants=((1, _pattern_problem),),
            literals=((1, pattern_of_nothing),),
        ),
        Function("year", _year, (TIME,), Kind.INTEGER, "year"),
        Function("quarter", lambda t: (_month(t) + 2) // 3, (TIME,), Kind.INTEGER, "quarter, 1 to 4"),
        Function("month", _month, (TIME,), Kind.INTEGER, "month, 1 to 12"),
        Function("week", lambda t: iso_week(t // DAY)[1], (TIME,), Kind.INTEGER, "ISO week, 1 to 53"),
        Function("isoyear", lambda t: iso_week(t // DAY)[0], (TIME,), Kind.INTEGER, "year of the ISO week"),
        Function("day", _day, (TIME,), Kind.INTEGER, "day of the month, 1 to 31"),
        Function("dayofyear", _day_of_year, (TIME,), Kind.INTEGER, "day of the year, 1 to 366"),
        Function(
            "dayofweek",
            lambda t: (weekday(t // DAY) + 1) % 7,
            (TIME,),
            Kind.INTEGER,
            "0 for Sunday to 6 for Saturday",
        ),
        Function("isodow", lambda t: weekday(t // DAY) + 1, (TIME,), Kind.INTEGER, "1 for Monday to 7 for Sunday"),
        Function("hour", partial(_clock, unit=HOUR, count=24), (TIME,), Kind.INTEGER, "hour, 0 to 23"),
        Function("minute", partial(_clock, unit=MINUTE, count=60), (TIME,), Kind.INTEGER, "minute, 0 to 59"),
        Function("second", partial(_clock, unit=SECOND, count=60), (TIME,), Kind.INTEGER, "second, 0 to 59"),
        Function(
            "millisecond", partial(_clock, unit=1000, count=60_000), (TIME,), Kind.INTEGER, "seconds in milliseconds"
        ),
        Function(
            "microsecond", partial(_clock, unit=1, count=MINUTE), (TIME,), Kind.INTEGER, "seconds in microseconds"
        ),
        Function("epoch", lambda t: t / SECOND, (TIME,), Kind.DECIMAL, "seconds since 1970"),
        Function("epoch_ms", _milliseconds, (TIME,), Kind.INTEGER, "milliseconds since 1970"),
        Function("epoch_us", lambda t: t, (TIME,), Kind.INTEGER, "microseconds since 1970"),
    )
}
