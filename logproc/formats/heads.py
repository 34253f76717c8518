"""Slots that many application logs have, and the row that a format of this family is.

Lines that do not begin a record go on with it: as `stack` where programs write them, as text of `message` where a
database does, whose statements are wrapped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.program import Meaning, Missing, Program, Slot

if TYPE_CHECKING:
    from logproc.formats.within import Within

NEVER = rb"(?!)"
"""What no file holds: for a layout that programs of all kinds have."""

ISO = "%+"
"""The layout of most: 2024-01-02 03:04:05,678, with T or a blank, a point or a comma, a zone or none."""

PRIORITY = Slot(None, Meaning.PRIORITY, b">", opening=b"<", missing=Missing.SKIPPED)
"""The number in front of a line of syslog, which files seldom keep."""

MESSAGE = Slot("message", Meaning.TEXT, b"\n")
PADDED_MESSAGE = Slot("message", Meaning.TEXT, b"\n", padded=True)
LOGGER = Slot("logger", Meaning.LOGGER, b"", padded=True)
THREAD = Slot("thread", Meaning.BRACKETED, b"] ", opening=b"[", padded=True)


def stamp(layout: str, end: bytes) -> Slot:
    """Return the slot of a record's time."""
    return Slot("time", Meaning.STAMP, end, layout=layout)


def level(end: bytes = b" ", opening: bytes = b"", *, padded: bool = True) -> Slot:
    """Return the slot of a level, in front of which blanks may stand."""
    return Slot("level", Meaning.LEVEL, end, opening=opening, padded=padded)


def word(name: str | None, end: bytes = b" ", opening: bytes = b"", *, second: str | None = None) -> Slot:
    """Return the slot of a text without blanks, in front of which blanks may stand."""
    return Slot(name, Meaning.WORD, end, opening=opening, padded=True, port_name=second)


def number(name: str | None, end: bytes = b" ", opening: bytes = b"") -> Slot:
    """Return the slot of digits, in front of which blanks may stand."""
    return Slot(name, Meaning.NUMBER, end, opening=opening, padded=True)


def bracketed(name: str | None, end: bytes = b"] ", opening: bytes = b"[") -> Slot:
    """Return the slot of a text in brackets, in front of which blanks may stand."""
    return Slot(name, Meaning.BRACKETED, end, opening=opening, padded=True)


def literal(text: bytes) -> Slot:
    """Return a slot that stands for at most eight bytes, and no field."""
    return Slot(None, Meaning.LITERAL, b"", opening=text)


def signs(*texts: bytes) -> tuple[Slot, ...]:
    """Return a slot for each of some signs, of which any may stand there."""
    return tuple(maybe(literal(text)) for text in texts)


def maybe(slot: Slot) -> Slot:
    """Return a slot that may be missing, and then is null."""
    return Slot(
        slot.name,
        slot.meaning,
        slot.terminator,
        opening=slot.opening,
        missing=Missing.SKIPPED,
        padded=slot.padded,
        port_name=slot.port_name,
        layout=slot.layout,
        solid=slot.solid,
    )


LINE_END = (maybe(literal(b"\r")), literal(b"\n"))
"""The end of a line that a record goes on behind, as Unix or Windows writes it."""


def app(
    name: str,
    doc: str,
    slots: tuple[Slot, ...],
    *,
    rank: int,
    samples: tuple[Sample, ...],
    refused: tuple[str, ...],
    prefix: bytes = b"",
    head: int = 1,
    continues: str = "stack",
    needs: tuple[bytes, ...] = (),
    family: str = "app",
    unlike: Expression[bytes] | None = None,
    unlike_reason: str = "",
    headers: tuple[bytes, ...] = (),
    begins: bytes = b"",
    sure: bytes | None = None,
    within: Within | None = None,
    single: bool = False,
) -> Format:
    """Return a row of the family, whose records may be several lines, unless each is a `single` one."""
    program = Program(prefix, slots, head=0 if single else head, continues=continues, headers=headers)
    return Format(
        name,
        family,
        SEPARATOR,
        program,
        doc,
        rank,
        samples,
        refused,
        needs,
        unlike,
        unlike_reason,
        begins=Expression(b"^" + begins, re.MULTILINE) if begins else None,
        sure=None if sure is None else Expression(sure),
        within=within,
    )
