"""What the kernels of `jsonlines` and `decode` must find, said in plain Python with the standard library."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

MAX_DEPTH = 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
END_OF_TIME = 253_402_300_800_000_000


# ---- JSON lines --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """A JSON object as written: duplicate keys kept, in order."""

    items: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Number:
    """A JSON number as written."""

    text: str


def _refuse(text: str) -> object:
    raise ValueError(text)


def load_strictly(text: str) -> object:
    """Parse JSON without Python's extensions; ValueError if it is none."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: Pairs(tuple(pairs)),
        parse_constant=_refuse,
        parse_int=Number,
        parse_float=Number,
    )


def depth(value: object) -> int:
    if isinstance(value, Pairs):
        return 1 + max((depth(item) for _key, item in value.items), default=0)
    if isinstance(value, list):
        return 1 + max((depth(item) for item in value), default=0)
    return 0


def parse_line(line: bytes) -> Pairs | str:
    """Return the object of a line without its newline, "blank" or "reject"; bytes stand for themselves (latin-1)."""
    body = re.sub(rb"\A[\0 \t\r]*(\xef\xbb\xbf[ \t\r]*)?", b"", line)
    if not body:
        return "blank"
    try:
        value = load_strictly(body.decode("latin-1"))
    except (ValueError, RecursionError):
        return "reject"
    return value if isinstance(value, Pairs) and depth(value) <= MAX_DEPTH else "reject"


def flatten(value: Pairs, prefix: str = "") -> list[tuple[str, object]]:
    """List (dotted path, value) of everything outside arrays, in the order in which the values end."""
    found: list[tuple[str, object]] = []
    for key, item in value.items:
        if isinstance(item, Pairs):
            found += flatten(item, f"{prefix}{key}.")
        found.append((prefix + key, item))
    return found


def pick(value: Pairs, paths: list[str]) -> object:
    """Return the value of the first path that is there and no dash; a later occurrence replaces an earlier one."""
    last = dict(flatten(value))
    return next((last[path] for path in paths if last.get(path) is not None and last[path] != "-"), None)


# ---- values ------------------------------------------------------------------------------------------------------


def micros_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def clf_time(text: str) -> int | None:
    """Microseconds of `10/Oct/2000:13:55:36 -0700`, None if it is none."""
    match = re.fullmatch(
        r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) ([+-])(0\d|1[0-5])([0-5]\d)",
        text,
        re.ASCII,
    )
    if match is None or match[2] not in MONTHS:
        return None
    zone = (int(match[8]) * 60 + int(match[9])) * (-1 if match[7] == "-" else 1)
    return _micros(match[3], MONTHS.index(match[2]) + 1, match[1], match.group(4, 5, 6), zone)


def iso_time(text: str) -> tuple[int, bool] | None:
    """(microseconds, zoneless) of an ISO time or date, None if it is none."""
    match = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:[.,](\d{1,9}))?"
        r"(?: ?(?:(Z|z|UTC|GMT)|([+-])(0\d|1[0-5])(?::?([0-5]\d))?))?)?",
        text,
        re.ASCII,
    )
    if match is None:
        return None
    zone = 0
    if match[9]:
        zone = (int(match[10]) * 60 + int(match[11] or 0)) * (-1 if match[9] == "-" else 1)
    micros = _micros(match[1], int(match[2]), match[3], match.group(4, 5, 6) if match[4] else ("0", "0", "0"), zone)
    if micros is None:
        return None
    return micros + int((match[7] or "0").ljust(6, "0")[:6]), not (match[8] or match[9])


def _micros(year: str, month: int, day: str, clock: tuple[str, ...], zone: int) -> int | None:
    hour, minute, second = (int(part) for part in clock)
    try:
        moment = datetime(int(year), month, int(day), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return micros_of(moment) - zone * 60_000_000


def exact(text: str) -> Decimal:
    """Return a number exactly, but for exponents beyond any use, which Decimal refuses."""
    mantissa, _, exponent = text.lower().partition("e")
    return Decimal(f"{mantissa}e{max(-9999, min(int(exponent or 0), 9999))}")


def epoch_time(text: str, unit: int) -> int | None:
    """Microseconds of a number of `unit` a second; unit 0 guesses by magnitude. None if negative or past 9999."""
    if not re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    number = exact(text)
    if number.is_zero() or number.adjusted() < -30:
        return 0
    if number.adjusted() > 30:
        return None
    value = Fraction(number)
    if unit == 0:
        unit = next((10**k for k, limit in ((0, 11), (3, 14), (6, 17)) if value < 10**limit), 10**9)
    micros = int(value * 1_000_000 / unit)
    return micros if micros < END_OF_TIME else None


def integer(text: str) -> int | None:
    """The int64 that a decimal text means, None if it is not whole or does not fit."""
    if not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    value = exact(text)
    if value.is_zero():
        return 0
    if value.adjusted() > 20 or value.adjusted() < -1 or Fraction(value).denominator != 1 or abs(value) >= 2**63:
        return None
    return int(value)


def decimal(text: str) -> float | None:
    """The float64 nearest to a decimal text, None if it is none or infinite."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value


def fixed_zone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))
