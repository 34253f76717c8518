"""From a format string's parts to a `Program`: what nginx and Apache strings have in common.

A format string is a row of literals and fields. What follows a field ends it, so two fields need something between
them; who gets which contract name is decided here, because only the whole string tells (a lone `%O` is `bytes`, but
beside `%b` it is `bytes_sent`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from logproc.errors import FormatError
from logproc.formats.program import Meaning, Program, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

YIELDS: dict[Meaning, tuple[str, ...]] = {
    Meaning.REQUEST: ("method", "target", "path", "query", "protocol"),
    Meaning.TARGET: ("target", "path", "query"),
}
"""Fields that one slot yields under fixed names."""

EPOCHS = frozenset({Meaning.EPOCH_SECONDS, Meaning.EPOCH_MILLIS, Meaning.EPOCH_MICROS})
TIMES = EPOCHS | {Meaning.CLF_TIME, Meaning.ISO_TIME}
"""Meanings that only the one slot called `time` may have."""

CLF_TIME_LENGTH = 26


@dataclass(frozen=True, slots=True)
class Field:
    """A directive or variable of a format string.

    `names` are tried in order, so that a contract name that is taken gives way to the server's own; where all are
    taken, the last gets `_2`. Fields of a lower `rank` choose first. `length` is the exact byte count of the text (0:
    it varies) and `holds` are the bytes that may stand inside it, which decides whether its end can be found at all.
    """

    origin: str
    names: tuple[str, ...]
    meaning: Meaning = Meaning.TEXT
    scale: float = 1.0
    listed: bool = False
    length: int = 0
    holds: bytes = b""
    rank: int = 0


Part: TypeAlias = bytes | Field


def assemble(parts: Sequence[Part], *, extra: bool = False, clf_head: bool = False) -> Program:
    """Compile literals and fields into a program; FormatError where no reader could tell two fields apart."""
    prefix, fields, gaps = _split(parts)
    if not fields:
        raise FormatError("the format names no field: write variables such as $remote_addr or directives such as %h")
    if any(b"\n" in text for text in (prefix, *gaps)):
        raise FormatError("the format has a line break inside: a record must be one line")
    fields, gaps = _expand_requests(prefix, fields, gaps)
    ends = [*gaps[:-1], gaps[-1] if extra else gaps[-1] + b"\n"]
    slots: list[Slot] = []
    before = prefix
    for number, (field, end) in enumerate(zip(_named(fields), ends, strict=True)):
        last = number == len(fields) - 1
        quoted = before.endswith(b'"') and end.startswith(b'"')
        length = 0 if last else _length(field, end, fields[number + 1])
        slots.append(
            Slot(
                name=field.names[0],
                meaning=field.meaning,
                terminator=end,
                quoted=quoted,
                comma_list=field.listed and end.startswith(b" "),
                scale=field.scale,
                length=length,
            )
        )
        before = end
    return Program(prefix=prefix, slots=tuple(slots), extra=extra, clf_head=clf_head)


def _split(parts: Sequence[Part]) -> tuple[bytes, list[Field], list[bytes]]:
    """Separate the literal in front, the fields, and the literal behind each field."""
    prefix = b""
    fields: list[Field] = []
    gaps: list[bytes] = []
    for part in parts:
        if isinstance(part, Field):
            fields.append(part)
            gaps.append(b"")
        elif gaps:
            gaps[-1] += part
        else:
            prefix += part
    return prefix, fields, gaps


def _expand_requests(prefix: bytes, fields: list[Field], gaps: list[bytes]) -> tuple[list[Field], list[bytes]]:
    """Read an unquoted request that a blank ends as three fields: blanks stand inside it, too."""
    out_fields: list[Field] = []
    out_gaps: list[bytes] = []
    for number, (field, gap) in enumerate(zip(fields, gaps, strict=True)):
        if field.meaning is not Meaning.REQUEST or not gap.startswith(b" "):
            out_fields.append(field)
            out_gaps.append(gap)
            continue
        before = prefix if number == 0 else gaps[number - 1]
        if before.endswith(b'"'):
            raise FormatError(f"{field.origin} has a quote before it and none behind it: no reader could tell its end")
        out_fields += [
            Field(field.origin, ("method", "request_method"), rank=field.rank),
            Field(field.origin, ("target", "request_target"), Meaning.TARGET, rank=field.rank),
            Field(field.origin, ("protocol", "request_protocol"), rank=field.rank),
        ]
        out_gaps += [b" ", b" ", gap]
    return out_fields, out_gaps


def _length(field: Field, end: bytes, following: Field) -> int:
    """Return the byte count to use where the terminator cannot end the field; 0 where it can."""
    if end and end[0] not in field.holds:
        return 0
    if field.length:
        return field.length
    if not end:
        raise FormatError(
            f"{field.origin} and {following.origin} have nothing between them: no reader could tell where one ends"
        )
    raise FormatError(
        f"{field.origin} may hold {chr(end[0])!r}, which also ends it: let the format put it between quotes"
    )


def _named(fields: list[Field]) -> list[Field]:
    """Give every field one name of its own; the ranks say who chooses first, then the order in the string."""
    taken: set[str] = set()
    chosen: dict[int, Field] = {}
    for number, field in sorted(enumerate(fields), key=lambda item: (item[1].rank, item[0])):
        chosen[number] = _claim(field, taken)
    return [chosen[number] for number in range(len(fields))]


def _claim(field: Field, taken: set[str]) -> Field:
    """Take the first free name; what cannot be `time` or yield its fixed names is kept as text or a number."""
    wanted = YIELDS.get(field.meaning, field.names[:1])
    if taken.isdisjoint(wanted):
        taken.update(wanted)
        taken.add(field.names[0])
        return replace(field, names=field.names[:1])
    name = next(name for name in _spare_names(field) if name not in taken)
    taken.add(name)
    return replace(field, names=(name,), meaning=_demoted(field.meaning))


def _spare_names(field: Field) -> Iterator[str]:
    yield from field.names[1:]
    yield from (f"{field.names[-1]}_{number}" for number in count(2))


def _demoted(meaning: Meaning) -> Meaning:
    if meaning in EPOCHS:
        return Meaning.DECIMAL
    if meaning in TIMES or meaning in YIELDS:
        return Meaning.TEXT
    return meaning


def literal(text: str) -> bytes:
    """Encode a literal of a format string as it stands in the file."""
    return text.encode("utf-8", "surrogateescape")
