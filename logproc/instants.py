"""The T of `--since` and `--until`: RFC 3339, a date, a time of access logs, or one relative to an injected now.

Everything becomes an integer of microseconds since 1970 UTC. What names no zone is meant in the configured one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from logproc.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

DAYS = {"today": 0, "yesterday": 1, "tomorrow": -1}
"""Days that lie so many days back."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
"""Seconds per unit of a relative time; a day is 24 hours, whatever the clocks of the zone do."""

_RELATIVE = re.compile(r"-(?:\d{1,9}[smhdwSHDW])+")  # M may be meant as months
_PART = re.compile(r"(\d+)([smhdw])")
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_SECONDS = re.compile(r"@(\d{1,12})(?:\.(\d{1,6}))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LOGGED = re.compile(rf"\[?(\d\d)/({'|'.join(_MONTHS)})/(\d{{4}}):(\d\d:\d\d:\d\d(?: ?[+-]\d{{4}})?)\]?")
"""A time of access logs, to be copied with its brackets or without them."""
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-])(\d\d):?(\d\d))?"
)


def resolve_instant(text: str, now: datetime, zone: ZoneInfo) -> int:
    """Return the microseconds since 1970 UTC that `text` means, seen from `now` (aware) and in `zone`.

    A date and a weekday mean their midnight, a month that of its first day; a weekday is the most recent one, today
    included. Raises UsageError.
    """
    word = text.strip()
    try:
        moment = _named(word.lower(), now.astimezone(zone)) or _relative(word, now) or _written(word, zone)
        if moment is not None:
            return to_micros(moment)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is not a time: {error}") from error
    near = f"; did you mean -{word}?" if _RELATIVE.fullmatch(f"-{word}") else ""
    raise UsageError(
        f"{text!r} is not a time{near}; write RFC 3339 (2024-05-01T06:00:00Z), a date (2024-05-01), "
        "-24h, -7d, -30m, -2w, now, today, yesterday or a weekday (monday)"
    )


def to_micros(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


def _midnight(moment: datetime, days: int = 0) -> datetime:
    return (moment - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _named(word: str, local: datetime) -> datetime | None:
    if word == "now":
        return local
    if word in DAYS:
        return _midnight(local, days=DAYS[word])
    weekday = next((number for number, name in enumerate(WEEKDAYS) if word in {name, name[:3]}), None)
    return None if weekday is None else _midnight(local, days=(local.weekday() - weekday) % 7)


def _relative(word: str, now: datetime) -> datetime | None:
    if not _RELATIVE.fullmatch(word):
        return None
    return now.astimezone(UTC) - timedelta(seconds=sum(int(n) * UNITS[unit] for n, unit in _PART.findall(word.lower())))


def _written(word: str, zone: ZoneInfo) -> datetime | None:
    if match := _DATE.fullmatch(word):
        return datetime(int(match[1]), int(match[2]), int(match[3] or 1), tzinfo=zone)
    if match := _SECONDS.fullmatch(word):
        return EPOCH + timedelta(seconds=int(match[1]), microseconds=int((match[2] or "").ljust(6, "0")))
    if match := _LOGGED.fullmatch(word):
        word = f"{match[3]}-{_MONTHS.index(match[2]) + 1:02}-{match[1]}T{match[4]}"
    if not (match := _INSTANT.fullmatch(word)):
        return None
    year, month, day, hour, minute = (int(match[part]) for part in range(1, 6))
    second = int(match[6] or 0)
    leap = timedelta(seconds=1) if second == 60 else timedelta()  # RFC 3339 allows the leap second
    micro = int((match[7] or "0")[:6].ljust(6, "0"))
    return (
        datetime(year, month, day, hour, minute, min(second, 59) if leap else second, micro, _offset(match, zone))
        + leap
    )


def _offset(match: re.Match[str], zone: ZoneInfo) -> ZoneInfo | timezone:
    if match[8]:
        return UTC
    if not match[9]:
        return zone
    minutes = int(match[10]) * 60 + int(match[11])
    return timezone(timedelta(minutes=-minutes if match[9] == "-" else minutes))
