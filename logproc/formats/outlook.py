"""What detection knows of a text before it matches anything: which bytes it holds, and how its lines begin.

With ten thousand small files each of a hundred formats would be asked ten thousand times; most can be ruled out by the
shape of the first bytes of lines, which few files do not share with others.
"""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from logproc.expressions import Expression
from logproc.formats.format import DOCKER, JSONL
from logproc.formats.program import Meaning, Missing
from logproc.kernels.pairs import BITS, rule_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format
    from logproc.formats.program import Program, Slot

HEAD_BYTES = 1 << 14
"""Bytes in which `Format.begins` and `Format.sure` are looked for."""

HEAD_LINES = 4
"""Lines that `Format.unlike` is asked about."""

SHAPE_BYTES = 24
MOST_SHAPES = 64
"""A text whose lines begin in more ways is not judged by them."""

MOST_KEPT = 1 << 14
"""Shapes of lines, and sets of formats that these leave, that are remembered."""

MOST_ROWS = 64
"""Tuples of formats of which is remembered what follows from them."""

FIRST = 6
"""Formats that are asked one by one before all others, until more is learnt of all."""

ASKED_OFTEN = 64
"""Texts before it is learnt how lines of formats begin and which pairs these need, and before all formats are read with
at once: learning takes as long as some hundred texts without it, and a run over few files does without."""

KINDS = bytes(
    ord("0") if 48 <= b <= 57 else ord("a") if 97 <= b <= 122 else ord("A") if 65 <= b <= 90 else b for b in range(256)
)
"""Digits, small and capital letters are alike in a shape."""

_KIND_OF = np.frombuffer(KINDS, np.uint8)
_K = TypeVar("_K")
_V = TypeVar("_V")

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
}
"""Shapes of the directives of a time layout; behind one of `_LAST`, a second name or any other it is not looked at:
what is looked at must stand within `SHAPE_BYTES`."""


_OBJECT = Expression(rb"(?:\xef\xbb\xbf)?[\s,]*[\[{]")
"""How a line with JSON begins, or with an element of an array."""


class Outlook:
    """A text, and what is asked of it again and again."""

    __slots__ = ("_begins", "_head", "_unlike", "shapes", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._head = _first_lines(text)
        self._begins: list[int] | None = None
        self._unlike: dict[Expression[bytes], bool] = {}
        lines = text.translate(KINDS).split(b"\n")
        shapes = {(line[:SHAPE_BYTES] + b"\n")[:SHAPE_BYTES] for line in lines}  # a short one shows where it ends
        # NULs in front of a line are skipped; without a line nobody says what the text is unlike.
        judged = len(shapes) <= MOST_SHAPES and self._head and b"\0" not in text
        self.shapes = frozenset(shapes) if judged else None

    def holds(self, needs: Sequence[bytes]) -> bool:
        """Tell whether all of some bytes stand in the text."""
        for needed in needs:  # noqa: SIM110 - asked often; a generator costs more
            if needed not in self.text:
                return False
        return True

    def is_unlike(self, row: Format) -> bool:
        """Tell whether most of the first lines mean something else than a format would read them as."""
        pattern = row.unlike
        if pattern is None:
            return False
        known = self._unlike.get(pattern)
        if known is None:
            known = self._unlike[pattern] = _most_match(pattern, self._head)
        return known

    def begins(self, row: Format) -> bool:
        """Tell whether a line begins as those of a format do, as far as it says so itself."""
        if row.begins is None:
            return True
        match, text = row.begins.match, self.text
        if match(text, 0, HEAD_BYTES) is not None:  # most often the first line says it
            return True
        if self._begins is None:
            self._begins = _line_begins(text)
        for begin in self._begins:  # noqa: SIM110 - a search tries the pattern, which begins with ^, at every byte
            if match(text, begin, HEAD_BYTES) is not None:
                return True
        return False

    def possible(self, ordered: tuple[Format, ...]) -> Iterator[Iterable[Format]]:
        """Yield the formats, in their order, of which the text may hold a record, as far as is cheaply told.

        The first few come first: where one of them reads all, nothing need be known of the others.
        """
        for rows in _index_of(ordered).possible(self.text, self.shapes):
            yield self._holding(rows)

    def _holding(self, rows: Iterable[Format]) -> Iterator[Format]:
        """Yield the formats whose bytes stand in the text; written out, since a call for each costs as much again."""
        text = self.text
        for row in rows:
            for needed in row.needs:
                if needed not in text:
                    break
            else:
                yield row


class _Index:
    """Formats by how their lines begin, and by the pairs of bytes that they need: each is a bit of a number."""

    def __init__(self, ordered: tuple[Format, ...]) -> None:
        self._ordered = ordered
        self._all = (1 << len(ordered)) - 1
        self._records = _ByPattern([(shape, firsts_of(shape)) for shape in map(shape_of, ordered)])
        self._asked = 0
        self._numbers: dict[int, NDArray[np.int64]] = {}

    def possible(self, text: bytes, shapes: frozenset[bytes] | None) -> Iterator[Iterable[Format]]:
        """Yield the formats of which a text of lines of these shapes, None being any, may have some.

        Where few texts were asked about, the first few formats come first.
        """
        if self._asked < ASKED_OFTEN:
            self._asked += 1
            numbers = self._numbers_of(self._all if shapes is None else self._records.matching(shapes)).tolist()
            yield [self._ordered[number] for number in numbers[:FIRST]]
            yield [self._ordered[number] for number in numbers[FIRST:]]
        else:
            rows = self._all if shapes is None else self._records.matching(shapes) & self._begins.matching(shapes)
            yield from ((), self._not_ruled_out(text, self._numbers_of(rows)))

    def _numbers_of(self, rows: int) -> NDArray[np.int64]:
        """Return the numbers of the bits that are set."""
        known = self._numbers.get(rows)
        if known is None:
            bits = np.frombuffer(rows.to_bytes(len(self._ordered) // 8 + 1, "little"), np.uint8)
            known = _kept(self._numbers, rows, np.flatnonzero(np.unpackbits(bits, bitorder="little")))
        return known

    def _not_ruled_out(self, text: bytes, asked: NDArray[np.int64]) -> list[Format]:
        needed, until = self._pairs
        left = np.empty(len(asked), np.int64)
        base = np.frombuffer(text, np.uint8).ctypes.data
        n = rule_out(base, len(text), _KIND_OF, np.zeros(BITS // 8, np.uint8), needed, until, asked, left)
        ordered = self._ordered
        return [ordered[number] for number in left[:n].tolist()]

    @cached_property
    def _begins(self) -> _ByPattern:
        from logproc.formats.traits import beginning_of  # noqa: PLC0415 - reads patterns, which few runs need

        return _ByPattern([beginning_of(row) or (None, frozenset()) for row in self._ordered])

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        from logproc.formats.traits import pairs_of  # noqa: PLC0415 - as above

        pairs = [sorted(pairs_of(row)) for row in self._ordered]
        return np.array(list(chain(*pairs)), np.int64), np.cumsum([0, *map(len, pairs)], dtype=np.int64)


class ByRows(Generic[_V]):
    """What follows from formats, of which the same tuple comes again and again: to hash hundreds takes long."""

    def __init__(self, make: Callable[[tuple[Format, ...]], _V]) -> None:
        self._make = make
        self._known: dict[int, tuple[tuple[Format, ...], _V]] = {}

    def __call__(self, rows: tuple[Format, ...]) -> _V:
        """Return it, made at the first time."""
        known = self._known.get(id(rows))
        if known is None:
            if len(self._known) >= MOST_ROWS:
                self._known.clear()
            known = self._known[id(rows)] = (rows, self._make(rows))  # what is held keeps its id
        return known[1]


_index_of = ByRows(_Index)


class _ByPattern:
    """Formats, each a bit of a number, by patterns of shapes and the bytes that these begin with; None matches all."""

    def __init__(self, patterns: Iterable[tuple[Expression[bytes] | None, Iterable[int]]]) -> None:
        self._anyhow = 0
        self._by_first: dict[int, dict[Expression[bytes], int]] = {}
        for number, (pattern, firsts) in enumerate(patterns):
            if pattern is None:
                self._anyhow |= 1 << number
                continue
            for first in firsts:
                by_pattern = self._by_first.setdefault(first, {})
                by_pattern[pattern] = by_pattern.get(pattern, 0) | 1 << number
        self._known: dict[bytes, int] = {}

    def matching(self, shapes: frozenset[bytes]) -> int:
        """Return the formats whose pattern matches one of the shapes."""
        rows = self._anyhow
        for shape in shapes:
            known = self._known.get(shape)
            rows |= self._matching(shape) if known is None else known
        return rows

    def _matching(self, shape: bytes) -> int:
        rows = 0
        for pattern, of_pattern in self._by_first.get(shape[0], {}).items():
            if pattern.match(shape) is not None:
                rows |= of_pattern
        return _kept(self._known, shape, rows)


_EVERY_KIND = frozenset(KINDS)


def firsts_of(shape: Expression[bytes] | None) -> frozenset[int]:
    """Return the bytes that what a pattern of shapes matches may begin with, as far as its first byte tells."""
    if shape is None:
        return frozenset()
    return frozenset(shape.pattern[1:2]) if shape.pattern.startswith(b"\\") else _EVERY_KIND


def _kept(known: dict[_K, _V], key: _K, value: _V) -> _V:
    """Remember a value; all are forgotten where there are too many, which costs less than to know the oldest."""
    if len(known) >= MOST_KEPT:
        known.clear()
    known[key] = value
    return value


def is_unlike(row: Format, text: bytes) -> bool:
    """Tell of a text that nothing else is asked of what `Outlook.is_unlike` says."""
    return row.unlike is not None and _most_match(row.unlike, _first_lines(text))


def _first_lines(text: bytes) -> list[bytes]:
    """Return the first lines behind blank ones."""
    if text[:1].isspace():
        text = text[text.rfind(b"\n", 0, len(text) - len(text.lstrip())) + 1 :]
    return [line for line in text[:HEAD_BYTES].split(b"\n", HEAD_LINES)[:HEAD_LINES] if line.strip()]


def _most_match(pattern: Expression[bytes], lines: list[bytes]) -> bool:
    count = 0
    for line in lines:
        count += pattern.match(line) is not None
    return 2 * count > len(lines)


def _line_begins(text: bytes) -> list[int]:
    """Return where the lines of the text's head begin."""
    head = np.frombuffer(text[:HEAD_BYTES], np.uint8)
    return [0, *(np.flatnonzero(head == ord("\n")) + 1).tolist()]


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
