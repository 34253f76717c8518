"""What fields within a text are, in plain Python: the standard that the kernel is compared with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from formats.reference import RejectedError, Value, request_fields, target_fields
from formats.reference_apps import read_stamp

from logproc.formats.program import Meaning, Slot
from logproc.formats.within import TIMES
from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logproc.formats.within import Part, Within


def parts_of(within: Within, text: Value, own: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """Return the fields that follow from a text; `own` are those of the line."""
    own = own or {}
    spare = {part.name for part in within.parts if part.spare}
    found = _parts_of(within, text)
    for part in within.parts:
        value = own.get(part.name or "")
        if part.own and part.bare and isinstance(value, bytes):
            found[part.name or ""] = re.sub(rb"\A\[(.+)\]\Z", rb"\1", value, flags=re.DOTALL) or None
        elif part.own and isinstance(value, bytes):
            found[part.name or ""] = re.sub(rb"\A([^:]+|.+\]):\d+\Z", rb"\1", value, flags=re.DOTALL)
    if within.times:
        found["time"] = own.get("time") if own.get("time") is not None else _time(within, text)
    return {name: value if name not in spare or own.get(name) is None else own[name] for name, value in found.items()}


def _time(within: Within, text: Value) -> Value:
    """Return the time behind the first of the labels that has one."""
    for label in within.times:
        for found in re.finditer(rb"(?<![A-Za-z0-9_])" + re.escape(label), text) if isinstance(text, bytes) else ():
            value = _time_at(found.string[found.end() :].decode("latin-1"))
            if value is not None:
                return value
    return None


def _time_at(text: str) -> Value:
    """Return the time that a text begins with by one of the layouts."""
    for layout in TIMES:
        try:
            value, end = read_stamp(Slot("time", Meaning.STAMP, b"", layout=layout), text + "\n", 0, None)
        except RejectedError:
            continue
        early = layout == "%s" and value is not None and value < 10**8 * 10**6
        if end <= len(text) and (text[end:] + " ")[0] in " \t^|" and not early:
            return value
    return None


def _parts_of(within: Within, text: Value) -> dict[str, Value]:
    fields: dict[str, Value] = dict.fromkeys(within.fields)
    fields |= {part.name: text for part in within.parts if part.kept and part.name}
    if not isinstance(text, bytes):
        return fields
    at = 0
    for part in within.parts:
        if part.own:
            continue
        begin = at if part.in_front else text.find(part.label, at)
        if part.anywhere:
            found = re.search(rb"(?<![A-Za-z0-9_])" + re.escape(part.label), text)
            at, begin = 0, found.start() if found else -1
        if begin < 0 or at >= len(text) or not text.startswith(part.label, begin):
            continue
        value, at_next = _value(part, text, begin + len(part.label))
        if at_next < 0:
            continue
        at = at_next
        value = part.label + value if part.whole else value
        if within.kinds.get(part.name or "") == Kind.INTEGER and not re.fullmatch(rb"\d{1,18}", value):
            continue
        if value and value != b"-" and part.name is not None and not (part.spare and fields.get(part.name)):
            fields |= _fields(part.name, value, has_unit=part.name == within.source)
    return _typed(within, fields)


def _typed(within: Within, fields: dict[str, Value]) -> dict[str, Value]:
    """Make numbers of what is one, and nothing of what should be one."""
    kinds = within.fields
    for name, value in fields.items():
        if isinstance(value, bytes) and kinds[name] == Kind.INTEGER:
            fields[name] = int(value) if re.fullmatch(rb"\d{1,18}", value) else None
        elif isinstance(value, bytes) and kinds[name] == Kind.DECIMAL:
            good = re.fullmatch(rb"(?:\d+\.?\d*|\.\d+)(?:e-\d)?", value)
            fields[name] = float(value) / round(1 / within.scales.get(name, 1)) if good else None
    return fields


def _value(part: Part, text: bytes, begin: int) -> tuple[bytes, int]:
    """Return the text of a part and where it ends, -1 if it has no end."""
    stop = text.find(part.end, begin) if part.end else len(text)
    if stop < 0 and not part.open_end:
        return b"", -1
    stop = len(text) if stop < 0 else stop
    value = text[begin:stop].rpartition(b" ")[2] if part.last_word else text[begin:stop]
    return (re.sub(rb"\A([^:]+|.+\]):\d+\Z", rb"\1", value, flags=re.DOTALL) if part.host else value), stop


def _fields(name: str, value: bytes, *, has_unit: bool) -> dict[str, Value]:
    if name == "request":
        return request_fields(value)
    if name == "target":
        return target_fields(value)
    if name == "duration" and has_unit:
        unit = re.fullmatch(rb"([\d.]+)(s|ms|us|\xc2\xb5s|\xce\xbcs|ns)?", value)
        exponents = {b"s": b"", b"ms": b"e-3", b"ns": b"e-9", None: b""}
        return {name: unit[1] + exponents.get(unit[2], b"e-6") if unit else value}
    return {name: value}
