"""What must stand in a text that a format reads: pairs of bytes next to each other, as its program and patterns tell.

Whether a text has them is seen in one pass for all formats (`kernels.pairs`); a format that lacks one reads no line.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial, reduce
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR
from logproc.formats.program import Meaning, Missing
from logproc.formats.regex_tree import (
    BYTES,
    NO_LIMIT,
    Atomic,
    Either,
    Group,
    Look,
    Node,
    Place,
    Repeat,
    Row,
    Set,
    mask_of,
    parse,
)
from logproc.formats.shapes import BEHIND, KINDS
from logproc.kernels.pairs import PAIRS, SHAPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.formats.format import Format
    from logproc.formats.program import Program, Slot

Cells: TypeAlias = list[int]
"""Sets of bytes, one for each byte of a text; BYTES also stands for any number of unknown bytes."""

MOST_REPEATS = 16

_OF_KIND = {kind: mask_of(byte for byte in range(256) if KINDS[byte] == kind) for kind in set(KINDS)}
_DIGIT = _OF_KIND[ord("0")]
_NUMBERS = ("%m", "%d", "%e")


@lru_cache(maxsize=1024)
def pairs_of(row: Format) -> frozenset[int]:
    """Return the numbers of the pairs that stand in every text of which a format reads a line, and is taken for it."""
    found: set[int] = set()
    for needed in row.needs:
        found |= _pairs([1 << byte for byte in needed])
    line = _line_of(row)
    if line is not None:
        found |= _pairs(_cells(line))
    if row.program is not None and row.engine == SEPARATOR:
        found |= _pairs(list(_of_program(row.program)))
    return frozenset(found)


def _pairs(cells: Cells) -> set[int]:
    found = set()
    for first, second in pairwise(cells):
        byte, next_byte = _only(first), _only(second)
        if byte is not None and next_byte is not None:
            found.add(byte << 8 | next_byte)
            continue
        kind, next_kind = _kind(first), _kind(second)
        if kind is not None and next_kind is not None:
            found.add(PAIRS + (kind << 8 | next_kind))
    return found


def _only(cell: int) -> int | None:
    """Return the byte of a set that has no other."""
    return cell.bit_length() - 1 if cell and cell & (cell - 1) == 0 else None


def _kind(cell: int) -> int | None:
    """Return the shape that all bytes of a set have."""
    kind = KINDS[cell.bit_length() - 1] if cell and cell <= BYTES else None
    return kind if kind is not None and cell & ~_OF_KIND[kind] == 0 else None


def _cells(node: Node) -> Cells:
    """Return what each match of a node has, one byte after the other."""
    match node:
        case Set(mask):
            return [mask]
        case Row(nodes):
            return [cell for inner in nodes for cell in _cells(inner)]
        case Repeat(inner, least, most):
            cells = _cells(inner)
            if least == most <= MOST_REPEATS:
                return cells * least
            return [*cells * min(least, MOST_REPEATS), BYTES, *(cells if least else ())]
        case Group(_, inner) | Atomic(inner):
            return _cells(inner)
        case Place() | Look():
            return []
        case _:
            return [BYTES]


# ---- how lines begin ------------------------------------------------------------------------------------------------


class Beginning(NamedTuple):
    """What matches the shape of each line that is a format's, or its first bytes, and the kinds that it begins with."""

    pattern: Expression[bytes]
    firsts: frozenset[int]


@lru_cache(maxsize=1024)
def beginning_of(row: Format) -> Beginning | None:
    """Return how lines begin without which a format is not taken, as far as it says so itself; None if it does not.

    That is what `Format.begins` finds, or what `Format.unlike` misses in each line that it finds unlike the format.
    """
    node = _line_of(row)
    return None if node is None else _beginning(node)


@lru_cache(maxsize=1024)
def _line_of(row: Format) -> Node | None:
    if row.begins is not None:
        return parse(row.begins.pattern, row.name)
    if row.unlike is None or row.unlike_reason or row.unlike.flags:
        return None
    match parse(row.unlike.pattern, row.name):
        case Look(node, wanted=False, back=0):
            return node
    return None


def _beginning(node: Node) -> Beginning:
    mask, is_whole = _first_bytes(node)
    firsts = _ALL_KINDS if not is_whole else _kinds_of(mask & BYTES)
    return Beginning(_expression(_shape(node)[0]), firsts)


_expression = cache(partial(Expression[bytes], flags=re.DOTALL))


@cache
def _kinds_of(mask: int) -> frozenset[int]:
    """Return the shapes of a set of bytes."""
    return frozenset(KINDS[byte] for byte in range(256) if mask >> byte & 1)


_ALL_KINDS = frozenset(KINDS)


@cache
def kinds_in_front(shape: Expression[bytes] | None) -> frozenset[int]:
    """Return the bytes that a match of a pattern of shapes may begin with."""
    if shape is None:
        return frozenset()
    mask, is_whole = _first_bytes(parse(shape.pattern, ""))
    return frozenset(byte for byte in range(256) if mask >> byte & 1) if is_whole else _ALL_KINDS


def _first_bytes(node: Node) -> tuple[int, bool]:
    """Return the bytes that a match of a node may begin with, and whether there is no match without one of these."""
    match node:
        case Set(mask):
            return mask, True
        case Row(nodes):
            found = 0
            for inner in nodes:
                mask, is_whole = _first_bytes(inner)
                found |= mask
                if is_whole:
                    return found, True
            return found, False
        case Either(ways):
            firsts = [_first_bytes(way) for way in ways]
            return reduce(or_, (mask for mask, _ in firsts), 0), all(is_whole for _, is_whole in firsts)
        case Repeat(inner, least, _):
            mask, is_whole = _first_bytes(inner)
            return mask, is_whole and least > 0
        case Group(_, inner) | Atomic(inner):
            return _first_bytes(inner)
        case Place() | Look():
            return 0, False
        case _:
            return BYTES, True


@cache
def _set_shape(mask: int) -> bytes:
    """Return a pattern of the shapes of a set of bytes; whichever is shorter, since `re` takes long over long sets."""
    kinds = _kinds_of(mask & BYTES)
    others = _ALL_KINDS - kinds
    listed = b"".join(re.escape(bytes([kind])) for kind in sorted(others if len(others) < len(kinds) else kinds))
    if len(kinds) > len(others):
        return b"[^%b]" % listed if listed else b"."
    return b"[%b%b]" % (listed, BEHIND[:1])


_OR_BEHIND = b"(?:" + BEHIND[:1] + b"|"
"""What is behind a shape may be anything: a pattern that comes so far matches, and no other way there is tried."""


def _shape(node: Node) -> tuple[bytes, int]:
    """Return a pattern of shapes, behind which `BEHIND` stands, and how many bytes it has at least."""
    match node:
        case Set(mask):
            return _set_shape(mask), 1
        case Row(nodes):
            text, size, opened = b"", 0, 0
            for inner in nodes:
                if size >= SHAPE_BYTES:
                    break
                part, least = _shape(inner)
                text, size = text + part, size + least
                if part and not isinstance(inner, Set):
                    text, opened = text + _OR_BEHIND, opened + 1
            return text + b")" * opened, size
        case Either(ways):
            parts = [_shape(way) for way in ways]
            return b"(?:" + b"|".join(text for text, _ in parts) + b")", min(least for _, least in parts)
        case Repeat(inner, least, most) if 1 < least <= MOST_REPEATS and not isinstance(inner, Set):
            return _shape(Row((*(inner,) * least, Repeat(inner, 0, most - least if most < NO_LIMIT else most))))
        case Repeat(inner, least, most):
            text, size = _shape(inner)
            last = b"" if most >= NO_LIMIT else str(most).encode()
            return b"(?:" + text + b"){" + str(least).encode() + b"," + last + b"}", size * least
        case Group(_, inner) | Atomic(inner):
            return _shape(inner)
        case Place() | Look():
            return b"", 0
        case _:
            return b".*", 0


# ---- separator programs ---------------------------------------------------------------------------------------------


def _of_program(program: Program) -> Iterator[int]:
    yield from (1 << byte for byte in program.prefix)
    for slot in program.slots:
        if slot.missing is not Missing.REFUSED:
            yield BYTES
            continue
        if slot.meaning in {Meaning.SYSLOG, Meaning.ELEMENTS}:
            return  # behind them a line may end
        if slot.padded:
            yield BYTES
        yield from (1 << byte for byte in slot.opening)
        yield from _content(slot)
        if slot.may_end:
            return
        for byte in slot.terminator:
            yield BYTES if byte in b"\r\n" else 1 << byte


def _content(slot: Slot) -> Iterator[int]:
    if slot.meaning is Meaning.LITERAL:
        return
    if slot.meaning is Meaning.NUMBER:
        yield from (_DIGIT, BYTES, _DIGIT)
        return
    yield BYTES
    if slot.meaning is Meaning.STAMP and "%|" not in slot.layout:
        yield from _of_layout(slot.layout)
        yield BYTES


def _of_layout(layout: str) -> Iterator[int]:
    """Return what stands in each time of a layout up to its clock, which may be written in several ways."""
    for piece in re.findall(r"%.|[^%]", layout):
        if piece == "%Y":
            yield from (_DIGIT,) * 4
        elif piece in _NUMBERS:
            yield from (BYTES, _DIGIT)
        elif piece.startswith("%"):
            return
        else:
            yield from (1 << byte for byte in piece.encode())
