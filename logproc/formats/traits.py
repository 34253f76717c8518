"""What must stand in a text that a format reads: pairs of bytes next to each other, as its program and patterns tell.

Whether a text has them is seen in one pass for all formats (`kernels.pairs`); a format that lacks one reads no line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR
from logproc.formats.outlook import KINDS
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
from logproc.kernels.pairs import PAIRS

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
    if row.begins is not None:
        found |= _pairs(_cells(parse(row.begins.pattern, row.name)))
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


@lru_cache(maxsize=1024)
def beginning_of(row: Format) -> Expression[bytes] | None:
    """Return what matches the shape of each line that `Format.begins` finds, or its first bytes; None without that."""
    return None if row.begins is None else Expression(_shape(parse(row.begins.pattern, row.name)), re.DOTALL)


def _shape(node: Node) -> bytes:
    """Return a pattern of shapes: where one is at its end, the rest may be as it likes."""
    match node:
        case Set(mask):
            kinds = sorted({KINDS[byte] for byte in range(256) if mask >> byte & 1})
            within = b"".join(re.escape(bytes([kind])) for kind in kinds)
            return b"(?:[" + within + rb"]|\Z)" if within else rb"\Z"
        case Row(nodes):
            return b"".join(map(_shape, nodes))
        case Either(ways):
            return b"(?:" + b"|".join(map(_shape, ways)) + b")"
        case Repeat(inner, least, most):
            last = b"" if most >= NO_LIMIT else str(most).encode()
            return b"(?:" + _shape(inner) + b"){" + str(least).encode() + b"," + last + b"}"
        case Group(_, inner) | Atomic(inner):
            return _shape(inner)
        case Place() | Look():
            return b""
        case _:
            return b".*"


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
