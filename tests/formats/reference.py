"""What a `Program` means, in plain Python: slow, obvious, and the standard that the kernel is compared with.

`match(program, line)` takes one record with or without its line end and returns the fields by name, or the reason why
the line is rejected. Text is bytes, as it stands in the line; times are int microseconds UTC.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from formats.reference_apps import FOREIGN, level_stands, measured, month_number, read_app_field, trailed

from logproc.formats.format import DERIVED
from logproc.formats.program import Meaning, Missing

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
LOCAL = re.compile(rb"(\d\d)/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
BSD = re.compile(
    rb"(?P<month>Jan(?= )|Feb(?= )|Mar(?= )|Apr(?= )|May(?= )|Jun(?= )|Jul(?= )|Aug(?= )|Sep(?= )|Oct(?= )|Nov(?= )|"
    rb"Dec(?= )|(?i:"
    + b"|".join(re.escape(name.encode("latin-1")) for name in FOREIGN)
    + rb")(?![A-Za-z\x80-\xff]))\.? "
    rb"(?:(?P<padded> \d)|(?P<day>\d\d?)) (?:(?P<year>\d{4}) |(?!.{4} ))"  # four bytes and a blank are a year
    rb"(?P<clock>..:..:..)(?P<fraction>[.,]\d{1,9}(?!\d))?(?![.,])",
    re.DOTALL,
)
CLOCK = re.compile(rb"(\d\d):(\d\d):(\d\d)")
PRIORITY = re.compile(rb"0|[1-9]\d{0,2}")
ENDPOINT = re.compile(rb"(.+)(?::(\d{1,5})|\((\d{1,5})\))", re.DOTALL)
ELEMENTS = re.compile(rb'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?=[ \n])', re.DOTALL)
GLUED_TAG = re.compile(rb"([A-Za-z0-9._/+@,-]+)\[(\d{1,18})\]:")
OWN_WORDS = (b"last mes", b"-- MARK ", b"--- ")
TAG = re.compile(rb"(.+)\[(\d{1,18})\]", re.DOTALL)
NAME = re.compile(rb"[A-Za-z0-9._/+@,-]+")
METHOD = re.compile(rb"[A-Za-z_-]{1,32}")
PROTOCOL = re.compile(rb"[A-Z]+/\d")
LATEST: int | None = None
"""The latest local time, in microseconds, that a time without a year may be."""

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
    ended = False
    for number, slot in enumerate(program.slots):
        last = number == len(program.slots) - 1
        if ended:
            fields.update(_nothing(slot))
            continue
        asked = any(other.meaning in {Meaning.REQUEST, Meaning.TARGET} for other in program.slots[number + 1 :])
        slot = replace(slot, may_end=slot.may_end and not asked)  # noqa: PLW2901
        if slot.padded:
            while line.startswith(b" ", position):
                position += 1
        if slot.missing is Missing.PASSED_BY and level_stands(line, position):
            fields.update(_nothing(slot))
            continue
        if not line.startswith(slot.opening, position):
            if slot.missing is Missing.SKIPPED:
                fields.update(_nothing(slot))
                continue
            if slot.missing in {Missing.REFUSED, Missing.PASSED_BY}:
                raise RejectedError(NO_MATCH)
            slot = replace(slot, terminator=slot.terminator[1:], quoted=False)  # noqa: PLW2901
            end, after, ended = _end(line, position, slot, extra=False)
            if slot.meaning is Meaning.REQUEST and line[position:end] != b"-":
                raise RejectedError(NO_MATCH)
        else:
            position += len(slot.opening)
            if slot.meaning >= Meaning.STAMP:
                position = _own_end(line, position, slot, fields)
                continue
            if slot.meaning is Meaning.SYSLOG:
                position = _syslog(line, position, slot, fields)
                continue
            end, after, ended = _end(line, position, slot, extra=program.extra and last)
        if ended and asked:
            raise RejectedError(NO_MATCH)
        spans.append((position, end))
        fields.update(_value(slot, line[position:end]))
        position = after
        if program.clf_head and number == 2 and b" " in line[spans[2][0] : spans[2][1]]:
            fields.update(_head(line[spans[0][0] : spans[2][1]]))
    if program.head and line[position:]:
        begun = fields.get(program.continues)
        further = line[position:-1]
        fields[program.continues] = begun + b"\n" + further if isinstance(begun, bytes) else further
    return fields


# ---- where a field ends ----------------------------------------------------------------------------------------


def _end(line: bytes, start: int, slot: Slot, *, extra: bool) -> tuple[int, int, bool]:
    """Return where the field ends, where the next one starts, and whether the line is over where it may be."""
    terminator = slot.terminator
    if slot.meaning is Meaning.ELEMENTS:
        found = ELEMENTS.match(line, start)
        if found is None:
            raise RejectedError(NO_MATCH)
        return found.end(), found.end() + 1, line[found.end() :] in {b"\n", b" \n"}
    if slot.length:
        end = start + slot.length
        if line.startswith(terminator, end) and end < len(line):
            return end, end + len(terminator), False
        if line.startswith(b"-" + terminator, start):
            return start + 1, start + 1 + len(terminator), False
        raise RejectedError(NO_MATCH)
    closing = b'"' if terminator.startswith(b'"') else b""
    for end in range(start, len(line)):
        after = end + len(terminator)
        hidden = slot.quoted and _escaped(line, start, end)
        if slot.may_end and line[end:] == closing + b"\n" and not hidden and not line.startswith(terminator, end):
            if slot.solid and end == start:
                raise RejectedError(NO_MATCH)
            return end, len(line), True
        if slot.solid and line.startswith(terminator[:1], end) and (end == start or line[end:after] != terminator):
            raise RejectedError(NO_MATCH)
        if line.startswith(b"\n", end) and not line.startswith(terminator, end):
            raise RejectedError(NO_MATCH)
        if not line.startswith(terminator, end) or hidden:
            continue
        if slot.comma_list and _continues(line, start, end):
            continue
        if extra:
            if line[after : after + 1] == b" " and not _balanced(line[after:]):
                raise RejectedError(NO_MATCH)
            if line[after : after + 1] not in {b" ", b"\n"}:
                continue
        return end, after, False
    raise RejectedError(NO_MATCH)


def _own_end(line: bytes, position: int, slot: Slot, fields: dict[str, Value]) -> int:
    """Read a field that knows where it ends, and its terminator; return where the next one starts."""
    if slot.meaning is Meaning.TAG:
        fields.update(program=None, pid=None)
        return _tag(line, position, fields)[1]
    if slot.meaning is Meaning.TRAILED:
        fields.update(zip((slot.name, slot.port_name), trailed(line[position:-1]), strict=True))
        return len(line)
    if slot.meaning is Meaning.MEASURED:
        rest, number = measured(line[position:-1])
        fields |= {
            slot.name or "": rest,
            slot.port_name or "": number and _single(replace(slot, meaning=Meaning.DECIMAL), number),
        }
        return len(line)
    found: dict[str, Value] = {}
    try:
        after = read_app_field(slot, line, position, LATEST, found)
        terminated = line.startswith(slot.terminator, after)
    except RejectedError as error:
        if slot.missing is not Missing.SKIPPED:
            raise
        after, terminated = position, str(error) == ""
    if not terminated and slot.missing is not Missing.SKIPPED:
        raise RejectedError(NO_MATCH)
    fields.update({name: found.get(name) if terminated else None for name in (slot.name, slot.port_name) if name})
    return after + len(slot.terminator) if terminated else position - len(slot.opening)


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
        return request_fields(text)
    if slot.meaning is Meaning.TARGET:
        return target_fields(text)
    if slot.meaning is Meaning.PRIORITY:
        if not PRIORITY.fullmatch(text) or int(text) > 191:
            raise RejectedError(NO_MATCH)
        return dict.fromkeys(("facility", "severity"), b"<" + text + b">")
    if slot.meaning is Meaning.ENDPOINT:
        return _endpoint(slot, text)
    value = _single(slot, text)
    return {} if slot.name is None else {slot.name: value}


def _nothing(slot: Slot) -> dict[str, Value]:
    return dict.fromkeys((*(name for name in (slot.name, slot.port_name) if name), *DERIVED.get(slot.meaning, ())))


def _is_address(text: bytes) -> bool:
    """Tell whether the digits behind the last colon belong to an address of IPv6, and are no port."""
    front, _, group = text.rpartition(b":")
    if b"[" in front or not re.fullmatch(rb"\d{1,5}", group):
        return False
    if front.endswith(b":"):
        return not front.endswith(b"::")
    return front.count(b":") == 6 and b"::" not in front


def _endpoint(slot: Slot, text: bytes) -> dict[str, Value]:
    found = None if _is_address(text) else ENDPOINT.fullmatch(text)
    host, port = (found[1], int(found[2] or found[3])) if found else (text, None)
    if len(host) > 2 and host.startswith(b"[") and host.endswith(b"]"):
        host = host[1:-1]
    values = {slot.name: None if host in {b"", b"-"} else host, slot.port_name: port}
    return {name: value for name, value in values.items() if name is not None}


def _single(slot: Slot, text: bytes) -> Value:
    if text == b"-":
        return None
    if slot.meaning in {Meaning.TEXT, Meaning.ELEMENTS}:
        return text
    if text == b"":
        return None
    if slot.meaning is Meaning.INTEGER:
        return _integer(text)
    if slot.meaning is Meaning.DECIMAL:
        return _decimal(text) * slot.scale
    if slot.meaning is Meaning.DECIMAL_LIST:
        return _total(text, slot.scale)
    if slot.meaning in {Meaning.COUNT, Meaning.DURATION}:
        return _count(slot, text)
    if slot.meaning is Meaning.LOOSE_INTEGER:
        return int(text) if INTEGER.fullmatch(text) and not text.startswith(b"-") and int(text) < 2**63 else None
    if slot.meaning is Meaning.LOCAL_TIME:
        return _local_time(text)
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


def _count(slot: Slot, text: bytes) -> int | float | None:
    if text.startswith((b"+-", b"++")):
        raise RejectedError(BAD_NUMBER)
    if slot.meaning is Meaning.COUNT:
        number: float = _integer(text.removeprefix(b"+"))
    else:
        number = _decimal(text) * slot.scale
    return None if text.startswith(b"-") else number


def _decimal(text: bytes) -> float:
    if not DECIMAL.fullmatch(text):
        raise RejectedError(BAD_NUMBER)
    return float(text)


def _total(text: bytes, scale: float) -> float | None:
    parts = re.split(rb" ?[,:] ?", text)
    numbers = [_decimal(part) for part in parts if part != b"-"]
    return sum(numbers) * scale if numbers else None


def request_fields(text: bytes) -> dict[str, Value]:
    method, blank, rest = text.partition(b" ")
    target, second, protocol = rest.rpartition(b" ")
    if blank and second and target and METHOD.fullmatch(method) and PROTOCOL.match(protocol):
        return {"method": method, "protocol": protocol, **target_fields(target)}
    return {"method": None, "protocol": None, **target_fields(text)}


def target_fields(text: bytes) -> dict[str, Value]:
    if text == b"-":
        return {"target": None, "path": None, "query": None}
    path, mark, query = text.partition(b"?")
    return {"target": text, "path": path, "query": query if mark else None}


def _head(head: bytes) -> dict[str, Value]:
    """Read "vhost client, client - user" again, whose user came out with blanks."""
    words = head.split(b" ")
    if words[1] == b"-" or words[-2] != b"-" or len(words) < 4:
        return {"user": None} if b" ".join(words[2:]).strip(b" ") == b"-" else {}
    fields: dict[str, Value] = {"client": words[-3], "ident": None, "user": None if words[-1] == b"-" else words[-1]}
    if len(words) > 3 and words[0] and not words[0].endswith(b","):
        name, colon, port = words[0].rpartition(b":")
        has_port = bool(name and colon and INTEGER.fullmatch(port) and not port.startswith(b"-"))
        fields["vhost"] = name if has_port else words[0]
        fields["port"] = int(port) if has_port else None
    return fields


# ---- what stands in front of a syslog message ------------------------------------------------------------------


def _syslog(line: bytes, start: int, slot: Slot, fields: dict[str, Value]) -> int:
    """Fill in what stands in front of a message, and return where that begins."""
    fields.update(dict.fromkeys(DERIVED[Meaning.SYSLOG]))
    if slot.name:
        fields.setdefault(slot.name, None)
    try:
        found, after = _head_of(line, start)
    except RejectedError as error:
        if slot.missing is Missing.SKIPPED and str(error) == NO_MATCH:
            return start
        raise
    time = found.pop("time", None)
    fields.update(found)
    if slot.name:
        fields[slot.name] = time
    return after


def _head_of(line: bytes, start: int) -> tuple[dict[str, Value], int]:
    found: dict[str, Value] = {}
    i = start
    if line.startswith(b"<", i):
        priority = re.compile(rb"<(0|[1-9]\d{0,2})>").match(line, i)
        if priority is None or int(priority[1]) > 191:
            raise RejectedError(NO_MATCH)
        found = dict.fromkeys(("facility", "severity"), priority[0])
        i = priority.end()
        while line.startswith(b" ", i):
            i += 1
    bsd = BSD.match(line, i)
    certain = True
    if bsd is not None:
        found["time"], i = _bsd_time(bsd), bsd.end()
    elif line[i : i + 1].isdigit():
        if len(line) - 1 - i < 19 or line[i + 4 : i + 5] != b"-" or line[i + 10 : i + 11] != b"T":
            raise RejectedError(NO_MATCH)
        text = line[i:-1].split(b" ")[0].removesuffix(b":" if i > start else b"")
        found["time"] = _iso_time(text)
        certain = i > start
        i += len(text)
    elif i > start and line[i : i + 1] != b"\n" and not line.startswith(b" ", i - 1):
        return found, i
    else:
        raise RejectedError(NO_MATCH)
    i += line.startswith(b":", i)
    if line[i : i + 1] not in {b" ", b"\n"}:
        raise RejectedError(NO_MATCH)
    i += line.startswith(b" ", i)
    proven, i = _host_and_tag(line, i, found)
    if not (certain or proven):
        raise RejectedError(NO_MATCH)
    return found, i


def _host_and_tag(line: bytes, i: int, found: dict[str, Value]) -> tuple[bool, int]:
    if line.startswith((*OWN_WORDS, b"message "), i):
        return True, i
    if line.startswith((b"{", b'"'), i):
        return False, i
    word = line[i:-1].split(b" ")[0]
    empty = False
    if word and not ((word.endswith(b":") and word != b":") or TAG.fullmatch(word)):
        found["host"] = None if word == b"-" else word
        i += len(word)
        i += line.startswith(b" ", i)
        i += 2 * line.startswith(b": ", i)
        empty = line.startswith(b" ", i)
    while line.startswith(b" ", i):
        i += 1
    proven, i = _tag(line, i, found)
    return proven or (empty and line[i:] != b"\n"), i


def _tag(line: bytes, i: int, found: dict[str, Value]) -> tuple[bool, int]:
    if line.startswith((*OWN_WORDS, b"message repeated"), i):
        return True, i
    if line.startswith((b"{", b"[", b'"'), i):
        return False, i
    words = line[i:-1].split(b" ")
    taken, proven = 1, True
    tagged = TAG.fullmatch(words[0])
    if words[0].endswith(b":") and words[0] != b":":
        name = words[0][:-1]
    elif tagged and len(words) > 1 and words[1].startswith(b"(") and words[1].endswith(b"):"):
        found["program"], name, taken = words[0] + b" " + words[1][:-1], b"", 2
    elif tagged:
        name = words[0]
    elif NAME.fullmatch(words[0]):
        name, taken, proven = _tag_of_several(words)
    elif glued := GLUED_TAG.match(words[0]):
        found["program"], found["pid"] = _known(glued[1]), int(glued[2])
        return True, i + glued.end()
    else:
        return False, i
    if name:
        parts = TAG.fullmatch(name)
        found["program"] = _known(parts[1] if parts else name)
        found["pid"] = int(parts[2]) if parts else None
    i += len(b" ".join(words[:taken]))
    return proven, i + line.startswith(b" ", i)


def _known(text: bytes) -> bytes | None:
    return None if text == b"-" else text


def _tag_of_several(words: list[bytes]) -> tuple[bytes, int, bool]:
    for count in range(2, min(len(words), 4) + 1):
        last = words[count - 1]
        if last.endswith(b":") and TAG.fullmatch(last[:-1]):
            return b" ".join(words[:count])[:-1], count, True
        if not NAME.fullmatch(last):
            break
    return words[0], 1, False


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


def _local_time(text: bytes) -> int:
    found = LOCAL.fullmatch(text)
    if found is None or found[2] not in MONTHS:
        raise RejectedError(BAD_TIME)
    day, hour, minute, second = (int(found[group]) for group in (1, 4, 5, 6))
    whole = _instant((int(found[3]), MONTHS[found[2]], day, hour, minute, second), timedelta(0))
    return whole + int((found[7] or b"0").ljust(6, b"0")[:6])


def _bsd_time(found: re.Match[bytes]) -> int:
    """Read a time; without a year it is one of the latest that is not after LATEST, or of 2000 where that is None."""
    month = MONTHS.get(found["month"]) or month_number(found["month"].decode("latin-1"))
    day = int(found["padded"] or found["day"])
    clock = CLOCK.fullmatch(found["clock"])
    if clock is None:
        raise RejectedError(BAD_TIME)
    fraction = int(((found["fraction"] or b".0")[1:]).ljust(6, b"0")[:6])
    parts = (month, day, int(clock[1]), int(clock[2]), int(clock[3]))
    if found["year"] or LATEST is None:
        return _instant((int(found["year"] or 2000), *parts), timedelta(0)) + fraction
    latest_year = (EPOCH + timedelta(microseconds=LATEST)).year
    for year in range(latest_year, latest_year - 9, -1):
        try:
            micros = _instant((year, *parts), timedelta(0)) + fraction
        except RejectedError:
            continue
        if micros <= LATEST:
            return micros
    raise RejectedError(BAD_TIME)


def _epoch(text: bytes, unit: int) -> int:
    if not EPOCH_NUMBER.fullmatch(text):
        raise RejectedError(BAD_TIME)
    whole, _, fraction = text.partition(b".")
    digits = 6 if unit == 1_000_000 else 3 if unit == 1_000 else 0
    micros = int(whole or b"0") * unit + (int(fraction.ljust(digits, b"0")[:digits] or b"0") if digits else 0)
    if micros >= 253_402_300_800_000_000:
        raise RejectedError(BAD_TIME)
    return micros
