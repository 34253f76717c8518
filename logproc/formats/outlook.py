"""What detection knows of a text before it matches anything: which bytes it holds, and how its lines begin.

With ten thousand small files each of a hundred formats would be asked ten thousand times; most can be ruled out by the
shape of the first bytes of lines, which few files do not share with others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.formats.format import DOCKER, JSONL
from logproc.formats.program import Meaning, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.formats.format import Format
    from logproc.formats.program import Program, Slot

HEAD_BYTES = 1 << 14
"""Bytes in which `Format.begins` and `Format.sure` are looked for."""

HEAD_LINES = 4
"""Lines that `Format.unlike` is asked about."""

SHAPE_BYTES = 24
MOST_SHAPES = 64
"""A text whose lines begin in more ways is not judged by them."""

_KINDS = bytes(
    ord("0") if 48 <= b <= 57 else ord("a") if 97 <= b <= 122 else ord("A") if 65 <= b <= 90 else b for b in range(256)
)
"""Digits, small and capital letters are alike in a shape."""

_NAME = rb"[Aa]+"
_LAST = {"%s": rb"0", "%+": rb"0{4}-00.00.00:", "%i": rb"0{4}-00.00.00:", "%H": rb" ?0", "%I": rb" ?0"}
_PARTS = {
    "%Y": rb"0{4}",
    "%y": rb"00",
    "%m": rb"00?",
    "%d": rb" ?00?",
    "%e": rb" ?00?",
    "%b": _NAME,
    "%B": _NAME,
    "%a": _NAME,
    "%A": _NAME,
}
"""Shapes of the directives of a time layout; behind one of `_LAST`, a second name or any other it is not looked at:
what is looked at must stand within `SHAPE_BYTES`."""


_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[\s,]*[\[{]")
"""How a line with JSON begins, or with an element of an array."""


class Outlook:
    """A text, and what is asked of it again and again."""

    __slots__ = ("_head", "shapes", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._head = _first_lines(text)
        shapes = {line[:SHAPE_BYTES].translate(_KINDS) for line in text.replace(b"\0", b"").split(b"\n")}
        self.shapes = frozenset(shapes) if len(shapes) <= MOST_SHAPES else None

    def holds(self, needs: Sequence[bytes]) -> bool:
        """Tell whether all of some bytes stand in the text."""
        for needed in needs:  # noqa: SIM110 - asked a million times for ten thousand files; a generator costs more
            if needed not in self.text:
                return False
        return True

    def is_unlike(self, row: Format) -> bool:
        """Tell whether most of the first lines mean something else than a format would read them as."""
        return row.unlike is not None and _most_match(row.unlike, self._head)

    def begins(self, row: Format) -> bool:
        """Tell whether a line begins as those of a format do, as far as it says so itself."""
        return row.begins is None or row.begins.search(self.text, 0, HEAD_BYTES) is not None

    def possible(self, ordered: tuple[Format, ...]) -> Sequence[Format]:
        """Return the formats, in their order, one of whose records may begin with a line of the text."""
        if self.shapes is None:
            return ordered
        return _possible(ordered, self.shapes)


def is_unlike(row: Format, text: bytes) -> bool:
    """Tell of a text that nothing else is asked of what `Outlook.is_unlike` says."""
    return row.unlike is not None and _most_match(row.unlike, _first_lines(text))


def _first_lines(text: bytes) -> list[bytes]:
    return [line for line in text[:HEAD_BYTES].split(b"\n", HEAD_LINES)[:HEAD_LINES] if line.strip()]


def _most_match(pattern: re.Pattern[bytes], lines: list[bytes]) -> bool:
    count = 0
    for line in lines:
        count += pattern.match(line) is not None
    return 2 * count > len(lines)


@lru_cache(maxsize=4096)
def _possible(ordered: tuple[Format, ...], shapes: frozenset[bytes]) -> tuple[Format, ...]:
    return tuple(
        row
        for row in ordered
        if (pattern := shape_of(row)) is None or any(pattern.match(shape) is not None for shape in shapes)
    )


@lru_cache(maxsize=1024)
def shape_of(row: Format) -> re.Pattern[bytes] | None:
    """Return what matches the shape of every line with which a record begins; None if nothing is known of it."""
    program = row.program
    if program is None:
        return _OBJECT if row.engine in {JSONL, DOCKER} else None
    text = _shape(program)
    return re.compile(text) if text else None


def _shape(program: Program) -> bytes:
    text = re.escape(program.prefix[:8].translate(_KINDS))
    if len(program.prefix) >= 8:
        return text
    for slot in program.slots:
        optional = slot.missing is not Missing.REFUSED
        if slot.meaning is Meaning.LITERAL and not slot.padded:
            literal = re.escape(slot.opening.translate(_KINDS))
            text += b"(?:" + literal + b")?" if optional else literal
            continue
        part = b"" if optional else _first(slot)
        return text + part
    return text


def _first(slot: Slot) -> bytes:
    """Return the shape of what a slot begins with, empty if it may be anything."""
    front = b" *" if slot.padded else b""
    front += re.escape(slot.opening.translate(_KINDS))
    if slot.meaning is Meaning.STAMP:
        return front + b"(?:" + b"|".join(_layout(layout) for layout in slot.layout.split("%|")) + b")"
    if slot.meaning is Meaning.SYSLOG:
        return rb"(?:<|[Aa]{3} +0|0{4}-00-00A)"
    if slot.meaning is Meaning.LEVEL:  # a word with perhaps a digit at its end, or a sign of Redis's
        return front + rb"(?:[Aa][Aa0]*|[-.*#]) *" + re.escape(slot.terminator[:1].translate(_KINDS))
    if slot.meaning is Meaning.NUMBER:
        return front + b"0"
    return front + b"A" if slot.meaning is Meaning.LETTER else b""


def _layout(layout: str) -> bytes:
    out = b""
    names = 0
    for piece in re.findall(r"%.|[^%]", layout):
        if not piece.startswith("%"):
            out += re.escape(piece.encode().translate(_KINDS))
            continue
        out += _PARTS.get(piece) or _LAST.get(piece, b"")
        names += _PARTS.get(piece) == _NAME
        if piece not in _PARTS or names == 2:
            break
    return out
