"""What the fields in front of an application's message mean, by regular expressions: a part of `reference`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.formats.layouts import SHORTHANDS
from logproc.formats.program import Meaning
from logproc.kernels.months import MONTHS as MONTHS_ELSEWHERE
from logproc.kernels.months import spellings

if TYPE_CHECKING:
    from logproc.formats.program import Slot

NO_MATCH, BAD_TIME = "no match", "bad time"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - clocks
LAST = datetime(10000 - 1, 12, 31)  # noqa: DTZ001
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WORDS = """
info warn error debug trace warning fatal severe fine finer finest config notice note critical crit err emerg emergency
alert panic verbose system log inf wrn dbg trc ftl vrb information informational audit success failure fail debug1
debug2 debug3 debug4 debug5 d1 d2 d3 d4 d5 statement detail hint query context location unknown any off all i w e d t f
v c a n erro fata pani debu dbug trac trce noti aler emer trace1 trace2 trace3 trace4 trace5 trace6 trace7
trace8 schwerwiegend warnung
grave avertissement infos advertencia avvertenza informazioni
"""
LEVELS = frozenset(WORDS.split())
FOREIGN = {text.decode("latin-1"): month for name, month in MONTHS_ELSEWHERE.items() for text in spellings(name)}
NAME = r"[A-Za-z\x80-\xff]"
MONTH = (
    r"(?P<b>(?i:"
    + "|".join(map(re.escape, FOREIGN))
    + rf")(?!{NAME})|(?i:"
    + "|".join(MONTHS)
    + rf"){NAME}*)(?:\.(?!\.))?"
)
HOURS = {"CET": 1, "CEST": 2, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "AEST": 10, "AEDT": 11}
HOURS |= {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "HST": -10, "PKT": 5, "HKT": 8}
HOURS |= {"NZST": 12, "NZDT": 13, "KST": 9, "WIB": 7, "SAST": 2, "AWST": 8, "BRT": -3, "AKST": -9, "AKDT": -8}
NAMES = "|".join(name for name in HOURS if name.endswith("T"))
ZONE = rf" ?(?:[Zz]|UTC|GMT)(?!\w)| (?:{NAMES})(?!\w)|[+-]\d\d(?::?\d\d)?+(?!\w)| [+-]\d\d:?\d\d(?!\w)"
HALF = r"(?: (?P<half>[AP])M(?!\w))?"
"""AM or PM behind a clock whose layout does not have it."""
ISO = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
HEX = "[0-9A-Fa-f]"
CODES = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d\d)",
    "%m": r"(?P<m>\d\d?+)",
    "%d": r" ?(?P<d>\d\d?+)",
    "%e": r" ?(?P<d>\d\d?+)",
    "%H": r" ?(?P<H>\d\d?+)",
    "%I": r" ?(?P<I>\d\d?+)",
    "%M": r"(?P<M>\d\d?+)",
    "%S": r"(?P<S>\d\d?+)",
    "%f": r"(?P<f>\d+)",
    "%.": r"(?:[.,](?P<f>\d+))?",
    "%b": MONTH,
    "%B": MONTH,
    "%a": r"[A-Za-z]+",
    "%A": r"[A-Za-z]+",
    "%p": r"(?P<p>[AaPp])[Mm]",
    "%z": rf"(?P<z>{ZONE})?",
    "%Z": rf"(?:(?P<z>{ZONE})|(?P<n>[A-Z][A-Za-z_/]*))",
    "%s": r"(?P<s>\d[\d.]*)",
    "%+": rf"(?P<iso>{ISO})(?P<z>{ZONE})?",
    "%i": rf"(?P<iso>{ISO})",
    "%#": rf"(?P<x>{HEX}{{8}})(?:\.(?:(?P<xn>{HEX}{{8}})|(?P<xu>{HEX}{{5}}))|(?!\.))(?!\w)",
    "%@": rf"40(?P<tai>{HEX}{{14}})(?P<tn>{HEX}{{8}})?+(?!\w)",
    "%t": r"\t",
    "%o": r"(?P<o>[+-]\d{1,4}+)?",
    "%w": r"(?P<w>[+-]\d{1,4}+)?",
}


@lru_cache
def patterns_of(layout: str) -> list[re.Pattern[str]]:
    for short, long in SHORTHANDS.items():
        layout = layout.replace(short, long)
    found = []
    for text in layout.split("%|"):
        parts = re.findall(r"%.|[^%]", text)
        whole = "".join("%" if p == "%%" else CODES[p] if p in CODES else re.escape(p) for p in parts)
        if "%p" not in parts and not {"%s", "%+", "%i", "%#", "%@"} & set(parts):
            whole += HALF if parts[-1] == "%." else f"(?(z)|{HALF})" if parts[-1] == "%z" else ""
        found.append(re.compile(whole, re.ASCII))
    return found


PATTERNS: dict[Meaning, str] = {
    Meaning.LEVEL: r"(\w+|[.\-*#](?= ))",
    Meaning.LOGGER: r"([A-Za-z_.$](?:[^\0- :]|:(?![ \n]|\r\n))*)(?::| *:| +[-|])(?: |(?=\n|\r\n))",
    Meaning.NUMBER: r"(\d{1,18})(?!\d)",
    Meaning.LITERAL: r"()",
    Meaning.LETTER: r"([IWEFDTV])",
    Meaning.CODE: r"([0-9A-Z]{5})",
}


def read_app_field(slot: Slot, line: bytes, position: int, latest: int | None, found: dict[str, Any]) -> int:
    """Add a field's value to `found` and return where its terminator must stand; raises `reference.RejectedError`."""
    from formats.reference import RejectedError

    text = line.decode("latin-1")
    name = slot.name or ""
    if slot.meaning is Meaning.STAMP:
        found[name], after = read_stamp(slot, text, position, latest)
        return after
    if slot.meaning is Meaning.BRACKETED:
        found[name], after = _bracketed(line, position, slot.terminator)
        return after
    if slot.meaning is Meaning.WORD:
        after = position
        while text[after] > " " and not line.startswith(slot.terminator, after):
            after += 1
        value = line[position:after]
        found[name] = None if value == b"-" else value
        if slot.port_name is not None:
            first, at, second = value.partition(b"@")
            if not at:
                raise RejectedError(NO_MATCH)
            found |= {name: None if first in {b"", b"-"} else first, slot.port_name: second}
        if after == position:
            raise RejectedError(NO_MATCH)
        return after
    match = re.compile(PATTERNS[slot.meaning], re.ASCII).match(text, position)
    if match is None:
        raise RejectedError(NO_MATCH)
    value, after = match[1].encode("latin-1"), match.end()
    if slot.meaning is Meaning.LEVEL:
        if match[1].lower() not in LEVELS | {".", "-", "*", "#"}:
            raise RejectedError(NO_MATCH)
        while line.startswith(b" ", after) and not line.startswith(slot.terminator, after):
            after += 1
        found[name] = line[match.start() : match.end() + 1] if value == b"-" else value
    else:
        found[name] = int(value) if slot.meaning is Meaning.NUMBER else None if value == b"-" else value
    return after


def read_stamp(slot: Slot, text: str, position: int, latest: int | None) -> tuple[int | None, int]:
    from formats.reference import RejectedError

    reason = NO_MATCH
    for pattern in patterns_of(slot.layout):
        match = pattern.match(text, position)
        reason = NO_MATCH
        if match is None:
            continue
        try:
            return _time(match.groupdict(), latest), match.end()
        except (ValueError, OverflowError) as error:
            reason = NO_MATCH if str(error) == NO_MATCH else BAD_TIME
    raise RejectedError(reason)


def trailed(text: bytes) -> tuple[Any, Any]:
    """Return the rest of a line and the name in brackets at its end."""
    match = re.fullmatch(rb"(.*) \(([^\0- (]+)\)", text, re.DOTALL)
    rest, name = (match[1], match[2]) if match else (text, None)
    return (None if rest == b"-" else rest), name


def measured(text: bytes) -> tuple[Any, Any]:
    """Return the rest of a line and the number of its duration."""
    match = re.match(rb"duration: (\d[\d.]*)", text)
    number = match[1] if match and match[1].count(b".") < 2 else None
    return (None if text == b"-" else text), number


def level_stands(line: bytes, position: int) -> bool:
    """Tell whether a level, a colon and a blank stand there."""
    match = re.compile(rb"(\w+): ", re.ASCII).match(line, position)
    return match is not None and match[1].decode().lower() in LEVELS | {".", "-", "*", "#"}


def _bracketed(line: bytes, position: int, terminator: bytes) -> tuple[Any, int]:
    from formats.reference import RejectedError

    depth = 0
    for at in range(position, len(line) - 1):
        depth += line.startswith(b"[", at)
        if line.startswith(b"]", at):
            if depth == 0:
                if not line.startswith(terminator, at):
                    break
                text = line[position:at].rstrip(b" ")
                return (None if text in {b"", b"-"} else text), at
            depth -= 1
    raise RejectedError(NO_MATCH)


def _time(parts: dict[str, str | None], latest: int | None) -> int | None:
    def number(name: str) -> int:
        return int(parts.get(name) or 0)

    fraction = parts.get("f") or ""
    if len(fraction) > 9:
        raise ValueError(NO_MATCH)
    zone = _zone((parts.get("z") or "").strip())
    if parts.get("s"):
        return _epoch(str(parts["s"]))
    if parts.get("x") or parts.get("tai"):
        return _hexadecimal(parts)
    if parts.get("iso"):
        from formats.reference import RejectedError, _iso_time

        try:
            named = timedelta(hours=HOURS.get((parts.get("z") or "").strip(), 0))
            after = "" if (parts.get("z") or "").strip() in HOURS else parts.get("z") or ""
            time = _iso_time(str(parts["iso"]).encode() + after.encode()) - named // timedelta(microseconds=1)
            return time - HOURS.get(parts.get("n") or "", 0) * 3600 * 10**6
        except RejectedError as error:
            raise ValueError(str(error)) from error
    hour, half = number("H"), parts.get("p")
    if half:
        hour = number("I") if parts.get("I") else hour
        if not 1 <= hour <= 12:
            raise ValueError(BAD_TIME)
        hour = hour % 12 + 12 * (half in "Pp")
    elif parts.get("half") and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (parts["half"] == "P")
    elif parts.get("I"):
        hour = number("I")
    if number("S") > 60:
        raise ValueError(BAD_TIME)
    zone += timedelta(hours=HOURS.get(parts.get("n") or "", 0))
    minutes = int(parts.get("o") or 0) - int(parts.get("w") or 0)
    if abs(minutes) >= 1440:
        raise ValueError(BAD_TIME)
    zone += timedelta(minutes=minutes)
    clock = timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    clock += datetime(1970, 1, 1, hour, number("M"), min(number("S"), 59)) - EPOCH  # noqa: DTZ001
    if parts.get("d") is None:
        return None
    month = month_number(str(parts["b"])) if parts.get("b") else number("m")
    if parts.get("Y"):
        day = datetime(number("Y"), month, number("d"))  # noqa: DTZ001
    elif parts.get("y"):
        day = datetime(number("y") + (1900 if number("y") >= 69 else 2000), month, number("d"))  # noqa: DTZ001
    else:
        day = _yearless(month, number("d"), clock, latest)
    return (day - EPOCH + clock - zone) // timedelta(microseconds=1)


def month_number(name: str) -> int:
    """Return the number of a month by its name, in Latin-1."""
    small = "".join(chr(ord(char) | 32) if "A" <= char <= "Z" else char for char in name)
    return FOREIGN[small] if small in FOREIGN else MONTHS.index(name[:3].capitalize()) + 1


def _yearless(month: int, day: int, clock: timedelta, latest: int | None) -> datetime:
    if latest is None:
        return datetime(2000, month, day)  # noqa: DTZ001
    limit = EPOCH + timedelta(microseconds=latest)
    for year in range(limit.year, limit.year - 9, -1):
        try:
            found = datetime(year, month, day)  # noqa: DTZ001
        except ValueError:
            continue
        if found + clock <= limit:
            return found
    raise ValueError(BAD_TIME)


def _zone(text: str) -> timedelta:
    if text in {"", "Z", "z", "UTC", "GMT"}:
        return timedelta()
    if text in HOURS:
        return timedelta(hours=HOURS[text])
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        raise ValueError(BAD_TIME)
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def _hexadecimal(parts: dict[str, str | None]) -> int:
    tai = parts.get("tai")
    seconds = int(tai, 16) - 10 if tai else int(parts["x"] or "", 16)
    micros = int(parts.get("xn") or parts.get("tn") or "0", 16) // 1000 + int(parts.get("xu") or "0", 16)
    if seconds < 0 or seconds >= 253402300790 or micros >= 10**6:
        raise ValueError(BAD_TIME)
    return seconds * 10**6 + micros


def _epoch(text: str) -> int:
    if text.count(".") > 1:
        raise ValueError(BAD_TIME)
    whole, _, part = text.partition(".")
    digits = len(whole.lstrip("0"))
    unit = 1 if digits <= 11 else 10**3 if digits <= 14 else 10**6 if digits <= 17 else 10**9
    micros = int(whole + part.ljust(30, "0")) * 10**6 // (unit * 10**30) if len(part) <= 30 else 0
    if micros >= 253402300800 * 10**6:
        raise ValueError(BAD_TIME)
    return micros
