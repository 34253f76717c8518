"""Shapes of lines: what their first bytes are, digits and letters alike, and which of them a format can read."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from logproc.expressions import Expression
from logproc.formats.format import DOCKER, JSONL
from logproc.formats.program import Meaning, Missing

if TYPE_CHECKING:
    from logproc.formats.format import Format
    from logproc.formats.program import Program, Slot

KINDS = bytes(
    ord("0") if 48 <= b <= 57 else ord("a") if 97 <= b <= 122 else ord("A") if 65 <= b <= 90 else b for b in range(256)
)
"""Digits, small and capital letters are alike in a shape."""

BEHIND = b"z" * 128
"""Stands behind a shape that is asked about, since what is behind it in a line may be anything. No shape has this byte,
all sets of `traits` have it."""

_NAME, _MONTH = rb"[Aa]+", rb"[Aa\x80-\xff]+\.?"
_LAST = {"%s": rb"0", "%+": rb"0{4}-00.00.00:", "%i": rb"0{4}-00.00.00:", "%H": rb" ?0", "%I": rb" ?0"}
_PARTS = {
    "%Y": rb"0{4}",
    "%y": rb"00",
    "%m": rb"00?",
    "%d": rb" ?00?",
    "%e": rb" ?00?",
    "%b": _MONTH,
    "%B": _MONTH,
    "%a": _NAME,
    "%A": _NAME,
    "%t": rb"\t",
}
"""Shapes of the directives of a time layout; behind one of `_LAST`, a second name or any other it is not looked at:
what is looked at must stand within `SHAPE_BYTES`."""


_OBJECT = Expression(rb"(?:\xef\xbb\xbf)?[\s,]*[\[{]")
"""How a line with JSON begins, or with an element of an array."""

_EVERY_KIND = frozenset(KINDS)


def firsts_of(shape: Expression[bytes] | None) -> frozenset[int]:
    """Return the bytes that what a pattern of shapes matches may begin with, as far as its first byte tells."""
    if shape is None:
        return frozenset()
    return frozenset(shape.pattern[1:2]) if shape.pattern.startswith(b"\\") else _EVERY_KIND


@lru_cache(maxsize=1024)
def shape_of(row: Format) -> Expression[bytes] | None:
    """Return what matches the shape of every line with which a record begins; None if nothing is known of it."""
    program = row.program
    if program is None:
        return _OBJECT if row.engine in {JSONL, DOCKER} else None
    text = _shape(program)
    return _expression(text) if text else None


_expression = cache(Expression[bytes])
"""Many formats begin alike; one expression each is compiled for all of them."""


def _shape(program: Program) -> bytes:
    text = re.escape(program.prefix[:8].translate(KINDS))
    if len(program.prefix) >= 8:
        return text
    for slot in program.slots:
        optional = slot.missing is not Missing.REFUSED
        if slot.meaning is Meaning.LITERAL and not slot.padded:
            literal = re.escape(slot.opening.translate(KINDS))
            text += b"(?:" + literal + b")?" if optional else literal
            continue
        part = b"" if optional else _first(slot)
        return text + part
    return text


def _first(slot: Slot) -> bytes:
    """Return the shape of what a slot begins with, empty if it may be anything."""
    front = b" *" if slot.padded else b""
    front += re.escape(slot.opening.translate(KINDS))
    if slot.meaning is Meaning.STAMP:
        return front + b"(?:" + b"|".join(dict.fromkeys(_layout(layout) for layout in slot.layout.split("%|"))) + b")"
    if slot.meaning is Meaning.SYSLOG:
        return rb"(?:<|[Aa\x80-\xff]{3,}\.? +0|0{4}-00-00A)"
    if slot.meaning is Meaning.LEVEL:  # a word with perhaps a digit at its end, or a sign of Redis's
        return front + rb"(?:[Aa][Aa0]*|[-.*#]) *" + re.escape(slot.terminator[:1].translate(KINDS))
    if slot.meaning is Meaning.NUMBER:
        return front + b"0"
    return front + b"A" if slot.meaning is Meaning.LETTER else b""


def _layout(layout: str) -> bytes:
    out = b""
    names = 0
    for piece in re.findall(r"%.|[^%]", layout):
        if not piece.startswith("%"):
            out += re.escape(piece.encode().translate(KINDS))
            continue
        out += _PARTS.get(piece) or _LAST.get(piece, b"")
        names += _PARTS.get(piece) in {_NAME, _MONTH}
        if piece not in _PARTS or names == 2:
            break
    return out
