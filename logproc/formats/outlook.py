"""What detection knows of a text before it matches anything: which bytes it holds, and how its lines begin.

With ten thousand small files each of a hundred formats would be asked ten thousand times; most can be ruled out by the
shape of the first bytes of lines, which few files do not share with others.
"""

from __future__ import annotations

import threading
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from logproc.formats.shapes import BEHIND, KINDS, firsts_of, shape_of
from logproc.kernels.pairs import ALL_PAIRS, MOST_SHAPES, SHAPE_BYTES, look, rule_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logproc.expressions import Expression
    from logproc.formats.format import Format

HEAD_BYTES = 1 << 14
"""Bytes in which `Format.begins` and `Format.sure` are looked for."""

HEAD_LINES = 4
"""Lines that `Format.unlike` is asked about."""

MOST_KEPT = 1 << 14
"""Shapes of lines, and sets of formats that these leave, that are remembered."""

MOST_ROWS = 64
"""Tuples of formats of which is remembered what follows from them."""

FIRST = 6
"""Formats that are asked one by one before all others, until more is learnt of all."""

ASKED_OFTEN = 64
"""Texts before it is learnt how lines of formats begin and which pairs these need, and before all formats are read with
at once: learning takes as long as some hundred texts without it, and a run over few files does without."""

_KIND_OF = np.frombuffer(KINDS, np.uint8)
_K = TypeVar("_K")
_V = TypeVar("_V")


class Outlook:
    """A text, and what is asked of it again and again."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._begins: list[int] | None = None
        self._unlike: dict[Expression[bytes], bool] = {}

    @cached_property
    def _head(self) -> list[bytes]:
        return _first_lines(self.text)

    @cached_property
    def shapes(self) -> frozenset[bytes] | None:
        """How the lines begin, in shapes; None where they do so in too many ways, and `MOST_SHAPES` judge nothing."""
        lines = self.text.translate(KINDS).split(b"\n")
        shapes = {(line[:SHAPE_BYTES] + b"\n")[:SHAPE_BYTES] for line in lines}  # a short one shows where it ends
        return frozenset(shapes) if len(shapes) <= MOST_SHAPES and b"\0" not in self.text and self.has_lines else None

    @property
    def has_lines(self) -> bool:
        """Tell whether there is a line: without one nobody says what the text is unlike."""
        return bool(self._head) if self.text[:1].isspace() else bool(self.text)

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

        The first few come first: where one of them reads all, nothing need be known of the others. Once all is learnt
        these are none, and the others a tuple that comes again for texts of a kind.
        """
        index = _index_of(ordered)
        if index.is_learnt():
            yield ()
            yield index.left(self)
            return
        for rows in index.first_and_others(self.shapes):
            yield (row for row in rows if self.holds(row.needs))


class _Seen(threading.local):
    """In which text of a thread each pair of bytes stood last, and how its lines begin."""

    def __init__(self) -> None:
        self.texts = 0
        self.pairs = np.zeros(ALL_PAIRS, np.int64)
        self.shapes = np.zeros((MOST_SHAPES + 1, SHAPE_BYTES), np.uint8)

    def look(self, text: bytes) -> bytes | None:
        """Look at a text; returns the shapes in which its lines begin in a row, None where these judge nothing."""
        self.texts += 1
        n = look(np.frombuffer(text, np.uint8), _KIND_OF, self.pairs, self.texts, self.shapes)
        return self.shapes[:n].tobytes() if n >= 0 else None


seen = _Seen()


def parted(shapes: bytes) -> frozenset[bytes]:
    """Return the shapes that stand in a row; a short one ends with its newline."""
    whole = [shapes[at : at + SHAPE_BYTES] for at in range(0, len(shapes), SHAPE_BYTES)]
    return frozenset(shape[: shape.find(b"\n") + 1 or SHAPE_BYTES] for shape in whole)


class _Left:
    """Formats whose pairs stand in texts, and by which of the longer bytes they need they are told apart."""

    def __init__(self, rows: tuple[Format, ...]) -> None:
        self._rows = rows
        self._needs = tuple(dict.fromkeys(chain.from_iterable(row.needs for row in rows)))
        self._known: dict[tuple[bytes, ...], tuple[Format, ...]] = {}

    def holding(self, text: bytes) -> tuple[Format, ...]:
        """Return the formats whose bytes stand in the text: the same tuple where the same bytes do."""
        missing = tuple([needed for needed in self._needs if needed not in text])
        known = self._known.get(missing)
        if known is None:
            rows = tuple(row for row in self._rows if not any(needed in missing for needed in row.needs))
            known = _kept(self._known, missing, rows)
        return known


class _Index:
    """Formats by how their lines begin, and by the pairs of bytes that they need: each is a bit of a number."""

    def __init__(self, ordered: tuple[Format, ...]) -> None:
        self._ordered = ordered
        self._all = (1 << len(ordered)) - 1
        self._records = _ByPattern([(shape, firsts_of(shape)) for shape in map(shape_of, ordered)])
        self._asked = 0
        self._numbers: dict[int, NDArray[np.int64]] = {}
        self._by_shapes: dict[bytes, NDArray[np.int64]] = {}
        self._left: dict[bytes, _Left] = {}

    def is_learnt(self) -> bool:
        """Tell whether so many texts were asked about that all is to be known of all formats, and count this one."""
        self._asked += 1
        return self._asked > ASKED_OFTEN

    def first_and_others(self, shapes: frozenset[bytes] | None) -> Iterator[Iterable[Format]]:
        """Yield the first few formats whose records may begin with one of these shapes, None being any; the others."""
        numbers = self._numbers_of(self._all if shapes is None else self._records.matching(shapes)).tolist()
        yield [self._ordered[number] for number in numbers[:FIRST]]
        yield [self._ordered[number] for number in numbers[FIRST:]]

    def left(self, outlook: Outlook) -> tuple[Format, ...]:
        """Return the formats of which a text may have some, once all is learnt."""
        shapes = seen.look(outlook.text)
        asked = self._every if shapes is None or not outlook.has_lines else self._beginning(shapes)
        numbers = self._not_ruled_out(asked)
        key = numbers.tobytes()
        known = self._left.get(key)
        if known is None:
            known = _kept(self._left, key, _Left(tuple([self._ordered[number] for number in numbers.tolist()])))
        return known.holding(outlook.text)

    def _beginning(self, shapes: bytes) -> NDArray[np.int64]:
        """Return the numbers of the formats of which some begin in one of the shapes."""
        known = self._by_shapes.get(shapes)
        if known is None:
            ways = parted(shapes)
            rows = self._learnt_records.matching(ways) & self._begins.matching([shape + BEHIND for shape in ways])
            known = _kept(self._by_shapes, shapes, self._numbers_of(rows))
        return known

    @cached_property
    def _every(self) -> NDArray[np.int64]:
        return np.arange(len(self._ordered))

    def _numbers_of(self, rows: int) -> NDArray[np.int64]:
        """Return the numbers of the bits that are set."""
        known = self._numbers.get(rows)
        if known is None:
            bits = np.frombuffer(rows.to_bytes(len(self._ordered) // 8 + 1, "little"), np.uint8)
            known = _kept(self._numbers, rows, np.flatnonzero(np.unpackbits(bits, bitorder="little")))
        return known

    def _not_ruled_out(self, asked: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which formats have all their pairs in the text that was looked at last."""
        needed, until = self._pairs
        left = np.empty(len(asked), np.int64)
        return left[: rule_out(seen.pairs, seen.texts, needed, until, asked, left)]

    @cached_property
    def _begins(self) -> _ByPattern:
        from logproc.formats.traits import beginning_of  # noqa: PLC0415 - reads patterns, which few runs need

        return _ByPattern([beginning_of(row) or (None, frozenset()) for row in self._ordered])

    @cached_property
    def _learnt_records(self) -> _ByPattern:
        """The records, by the bytes that each may begin with: fewer patterns are tried with a shape."""
        from logproc.formats.traits import kinds_in_front  # noqa: PLC0415 - as above

        return _ByPattern([(shape, kinds_in_front(shape)) for shape in map(shape_of, self._ordered)])

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

    def __init__(self, patterns: Iterable[tuple[Expression[bytes] | None, frozenset[int]]]) -> None:
        self._anyhow = 0
        self._rows: dict[tuple[Expression[bytes], frozenset[int]], int] = {}
        for number, (pattern, firsts) in enumerate(patterns):
            if pattern is None:
                self._anyhow |= 1 << number
            else:
                self._rows[pattern, firsts] = self._rows.get((pattern, firsts), 0) | 1 << number
        self._by_first: dict[int, list[tuple[Expression[bytes], int]]] = {}
        self._known: dict[bytes, int] = {}

    def matching(self, shapes: Iterable[bytes]) -> int:
        """Return the formats whose pattern matches one of the shapes."""
        rows = self._anyhow
        for shape in shapes:
            known = self._known.get(shape)
            rows |= self._matching(shape) if known is None else known
        return rows

    def _matching(self, shape: bytes) -> int:
        rows = 0
        for pattern, of_pattern in self._by_first.get(shape[0]) or self._beginning_with(shape[0]):
            if pattern.match(shape) is not None:
                rows |= of_pattern
        return _kept(self._known, shape, rows)

    def _beginning_with(self, first: int) -> list[tuple[Expression[bytes], int]]:
        """Return the patterns of which a match may begin with a byte, and their formats."""
        found = [(pattern, rows) for (pattern, firsts), rows in self._rows.items() if first in firsts]
        self._by_first[first] = found
        return found


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
