"""What a `Program` means, in plain Python: slow, obvious, and the standard that the kernel is compared with.

`match(program, line)` takes one line with or without its line end and returns the fields by name, or the reason why
the line is rejected. Text is bytes, as it stands in the line; times are int microseconds UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from logproc.formats.program import Meaning

if TYPE_CHECKING:
    from logproc.formats.program import Program, Slot

Value: TypeAlias = bytes | int | float | None

NO_MATCH, BAD_NUMBER, BAD_TIME = "no match", "bad number", "bad time"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
CLF = re.compile(rb"(\d\d)/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
ISO = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    rb"(?P<zone> ?(?:[Zz]|UTC|GMT|([+-])(\d\d)(?::?(\d\d))?))?)?"
)
INTEGER = re.compile(rb"-?\d+")
DECIMAL = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
EPOCH_NUMBER = re.compile(rb"\d+(?:\.\d*)?|\.\d+")
METHOD = re.compile(rb"[A-Za-z_-]{1,32}")
PROTOCOL = re.compile(rb"[A-Z]+/\d")
UNITS = {Meaning.EPOCH_SECONDS: 1_000_000, Meaning.EPOCH_MILLIS: 1_000, Meaning.EPOCH_MICROS: 1}


class RejectedError(Exception):
    """The line does not match; the argument is the reason."""


def match(program: Program, line: bytes) -> dict[str, Value] | str:
    """Return the fields of a line, or the reason why it is none of this format."""
    text = line.removesuffix(b"\n")
    if text.startswith(b"\0"):
        text = text.lstrip(b"\0")  # what a crash left in front of the first whole line
    try:
        return _fields(program, text.removesuffix(b"\r") + b"\n")
    except RejectedError as error:
        return str(error)


def _fields(program: Program, line: bytes) -> dict[str, Value]:
    if not line.startswith(program.prefix):
        raise RejectedError(NO_MATCH)
    fields: dict[str, Value] = {"vhost": None, "port": None} if program.clf_head else {}
    position = len(program.prefix)
    spans: list[tuple[int, int]] = []
    for number, slot in enumerate(program.slots):
        last = number == len(program.slots) - 1
        end, after = _end(line, position, slot, extra=program.extra and last)
        spans.append((position, end))
        fields.update(_value(slot, line[position:end]))
        position = after
        if program.clf_head and number == 2 and b" " in line[spans[2][0] : spans[2][1]]:
            fields.update(_head(line[spans[0][0] : spans[2][1]]))
    return fields


# ---- where a field ends ----------------------------------------------------------------------------------------


def _end(line: bytes, start: int, slot: Slot, *, extra: bool) -> tuple[int, int]:
    """Return where the field ends and where the next one starts."""
    terminator = slot.terminator
    if slot.length:
        end = start + slot.length
        if line.startswith(terminator, end) and end < len(line):
            return end, end + len(terminator)
        if line.startswith(b"-" + terminator, start):
            return start + 1, start + 1 + len(terminator)
        raise RejectedError(NO_MATCH)
    for end in range(start, len(line)):
        after = end + len(terminator)
        if not line.startswith(terminator, end) or (slot.quoted and _escaped(line, start, end)):
            continue
        if slot.comma_list and _continues(line, start, end):
            continue
        if extra:
            if line[after : after + 1] == b" " and not _balanced(line[after:]):
                raise RejectedError(NO_MATCH)
            if line[after : after + 1] not in {b" ", b"\n"}:
                continue
        return end, after
    raise RejectedError(NO_MATCH)


def _escaped(line: bytes, start: int, at: int) -> bool:
    before = line[start:at]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _continues(line: bytes, start: int, at: int) -> bool:
    before = line[start:at]
    return before.endswith((b",", b" :")) or line.startswith(b": ", at + 1)


def _balanced(extra: bytes) -> bool:
    quotes = [at for at in range(len(extra)) if extra[at : at + 1] == b'"' and not _escaped(extra, 0, at)]
    return len(quotes) % 2 == 0


# ---- what a field means ----------------------------------------------------------------------------------------


def _value(slot: Slot, text: bytes) -> dict[str, Value]:
    if slot.meaning is Meaning.REQUEST:
        return _request(text)
    if slot.meaning is Meaning.TARGET:
        return _target(text)
    value = _single(slot, text)
    return {} if slot.name is None else {slot.name: value}


def _single(slot: Slot, text: bytes) -> Value:
    if text == b"-":
        return None
    if slot.meaning is Meaning.TEXT:
        return text
    if text == b"":
        return None
    if slot.meaning is Meaning.INTEGER:
        return _integer(text)
    if slot.meaning is Meaning.DECIMAL:
        return _decimal(text) * slot.scale
    if slot.meaning is Meaning.DECIMAL_LIST:
        return _total(text, slot.scale)
    if slot.meaning is Meaning.CLF_TIME:
        return _clf_time(text)
    if slot.meaning is Meaning.ISO_TIME:
        return _iso_time(text)
    return _epoch(text, UNITS[slot.meaning])


def _integer(text: bytes) -> int:
    digits = text.lstrip(b"-0")
    if not INTEGER.fullmatch(text) or len(digits) > 19 or abs(int(digits or b"0")) > 2**63 - 1:
        raise RejectedError(BAD_NUMBER)
    return int(text)


def _decimal(text: bytes) -> float:
    if not DECIMAL.fullmatch(text):
        raise RejectedError(BAD_NUMBER)
    return float(text)


def _total(text: bytes, scale: float) -> float | None:
    parts = re.split(rb" ?[,:] ?", text)
    numbers = [_decimal(part) for part in parts if part != b"-"]
    return sum(numbers) * scale if numbers else None


def _request(text: bytes) -> dict[str, Value]:
    method, blank, rest = text.partition(b" ")
    target, second, protocol = rest.rpartition(b" ")
    if blank and second and target and METHOD.fullmatch(method) and PROTOCOL.match(protocol):
        return {"method": method, "protocol": protocol, **_target(target)}
    return {"method": None, "protocol": None, **_target(text)}


def _target(text: bytes) -> dict[str, Value]:
    if text == b"-":
        return {"target": None, "path": None, "query": None}
    path, mark, query = text.partition(b"?")
    return {"target": text, "path": path, "query": query if mark else None}


def _head(head: bytes) -> dict[str, Value]:
    """Read "vhost client, client - user" again, whose user came out with blanks."""
    words = head.split(b" ")
    if words[1] == b"-" or words[-2] != b"-" or len(words) < 4:
        return {}
    fields: dict[str, Value] = {"client": words[-3], "ident": None, "user": None if words[-1] == b"-" else words[-1]}
    if len(words) > 3 and words[0] and not words[0].endswith(b","):
        name, colon, port = words[0].rpartition(b":")
        has_port = bool(name and colon and INTEGER.fullmatch(port) and not port.startswith(b"-"))
        fields["vhost"] = name if has_port else words[0]
        fields["port"] = int(port) if has_port else None
    return fields


# ---- times -----------------------------------------------------------------------------------------------------


def _instant(parts: tuple[int, ...], zone: timedelta) -> int:
    year, month, day, hour, minute, second = parts
    if second > 60:
        raise RejectedError(BAD_TIME)
    try:
        stamp = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise RejectedError(BAD_TIME) from None
    return (stamp - EPOCH) // timedelta(microseconds=1) - zone // timedelta(microseconds=1)


def _zone(sign: bytes, hours: int, minutes: int) -> timedelta:
    if hours > 15 or minutes > 59:
        raise RejectedError(BAD_TIME)
    return timedelta(hours=hours, minutes=minutes) * (-1 if sign == b"-" else 1)


def _clf_time(text: bytes) -> int:
    found = CLF.fullmatch(text)
    if found is None or found[2] not in MONTHS:
        raise RejectedError(BAD_TIME)
    day, hour, minute, second = (int(found[group]) for group in (1, 4, 5, 6))
    zone = _zone(found[7], int(found[8]), int(found[9]))
    return _instant((int(found[3]), MONTHS[found[2]], day, hour, minute, second), zone)


def _iso_time(text: bytes) -> int:
    found = ISO.fullmatch(text)
    if found is None:
        raise RejectedError(BAD_TIME)
    parts = tuple(int(found[group] or 0) for group in range(1, 7))
    zone = _zone(found[9], int(found[10]), int(found[11] or 0)) if found[9] else timedelta(0)
    return _instant(parts, zone) + int((found[7] or b"0").ljust(6, b"0")[:6])


def _epoch(text: bytes, unit: int) -> int:
    if not EPOCH_NUMBER.fullmatch(text):
        raise RejectedError(BAD_TIME)
    whole, _, fraction = text.partition(b".")
    digits = 6 if unit == 1_000_000 else 3 if unit == 1_000 else 0
    micros = int(whole or b"0") * unit + (int(fraction.ljust(digits, b"0")[:digits] or b"0") if digits else 0)
    if micros >= 253_402_300_800_000_000:
        raise RejectedError(BAD_TIME)
    return micros
