"""Times as integers: microseconds since 1970 UTC to and from text and calendar fields.

Done in integer arithmetic, not with `datetime`: a log may claim any year, and nothing here may raise for one.
Days and civil dates convert by Howard Hinnant's algorithms (howardhinnant.github.io/date_algorithms.html).
"""

from __future__ import annotations

import re
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
QUARTER = 15 * MINUTE
"""Microseconds in which no zone changes its offset: all do so at a quarter of an hour."""

_TIME = re.compile(
    r"\s*(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?\s*",
    re.ASCII | re.IGNORECASE,
)


def civil(days: int) -> tuple[int, int, int]:
    """Return (year, month, day) of a day number since 1970-01-01."""
    shifted = days + 719468
    era, day_of_era = divmod(shifted, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    index = (5 * day_of_year + 2) // 153
    month = index + 3 if index < 10 else index - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * index + 2) // 5 + 1


def day_number(year: int, month: int, day: int) -> int:
    """Return the day number since 1970-01-01 of a civil date."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


@lru_cache(maxsize=1 << 16)
def offset_of(zone: str, quarter: int) -> int:
    """Return the microseconds that a zone is east of UTC in a quarter of an hour of UTC; 0 beyond the calendar."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - and the zone database: not for --help
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=quarter * QUARTER)
        offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    except OverflowError:
        return 0
    return 0 if offset is None else offset // timedelta(microseconds=1)


def local_day(micros: int, zone: str) -> tuple[int, int]:
    """Return the day since 1970-01-01 that it is in a zone at an instant, and the microseconds since its midnight."""
    east = 0 if zone == "UTC" else offset_of(zone, micros // QUARTER)
    return divmod(micros + east, DAY)


def date_text(day: int) -> str:
    """Write a day since 1970-01-01 as `2026-11-23`."""
    return "{:04d}-{:02d}-{:02d}".format(*civil(day))


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekday(day: int) -> int:
    """Return the day of the week, 0 for Monday."""
    return (day + 3) % 7


def month_number(day: int) -> int:
    """Return the number of a day's month since that of the year 0."""
    year, month, _ = civil(day)
    return 12 * year + month - 1


def rfc3339(micros: int) -> str:
    """Write a time as `2026-11-23T07:00:00Z`, with six more digits where the fraction is not zero."""
    days, rest = divmod(micros, DAY)
    year, month, day = civil(days)
    seconds, fraction = divmod(rest, SECOND)
    tail = f".{fraction:06d}Z" if fraction else "Z"
    hour, minute = seconds // 3600, seconds // 60 % 60
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{seconds % 60:02d}{tail}"


def sql_text(micros: int) -> str:
    """Write a time as DuckDB's cast to text does: `2026-11-23 07:00:00[.5]`."""
    text = rfc3339(micros)[:-1].replace("T", " ")
    return text.rstrip("0") if "." in text else text


def parse_time(text: str) -> int | None:
    """Read RFC 3339, a time with a blank for the T and without seconds or zone (then UTC), or a date; else None."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not _exists(year, month, day) or hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int((match[7] or "0").ljust(9, "0")[:6])
    clock = hour * HOUR + minute * MINUTE + second * SECOND + fraction
    return day_number(year, month, day) * DAY + clock - _offset(match[8])


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and day >= 1 and civil(day_number(year, month, day)) == (year, month, day)


def _offset(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
    return -offset if zone[0] == "-" else offset
