r"""A regular expression as a tree of few kinds of nodes, read by Python's own parser of patterns.

Patterns are matched on bytes: a character beyond ASCII is the bytes of its UTF-8, `.` is one byte, and `\w`, `\d`
and `\s` are ASCII. A set of bytes is an int whose bit n stands for byte n, bit 256 for the end of the line.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

_Parsed: TypeAlias = Any
"""What Python's parser makes of a pattern; it has no types."""

BYTES = (1 << 256) - 1
END_BIT = 1 << 256
ANYTHING = BYTES | END_BIT
NO_LIMIT = 1 << 40
"""Stands for "as often as there are bytes"."""


@dataclass(frozen=True, slots=True)
class Set:
    """One byte out of a set."""

    mask: int


@dataclass(frozen=True, slots=True)
class Row:
    """Nodes one behind the other."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """The first of several ways that leads on."""

    ways: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node `least` to `most` times; `lazy` as few as possible, `final` as many, without giving any back."""

    node: Node
    least: int
    most: int
    lazy: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A node whose text is kept under a number."""

    number: int
    node: Node


@dataclass(frozen=True, slots=True)
class Place:
    """A condition on the position: "start", "end", "boundary", "inside"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """A look ahead, or `back` bytes back, at what must match or must not."""

    node: Node
    wanted: bool
    back: int


@dataclass(frozen=True, slots=True)
class Atomic:
    """A node that is not tried again once it matched."""

    node: Node


@dataclass(frozen=True, slots=True)
class Same:
    """The text of a group again."""

    number: int


@dataclass(frozen=True, slots=True)
class IfSet:
    """One node where a group took part in the match, another where it did not."""

    number: int
    yes: Node
    no: Node


Node: TypeAlias = Set | Row | Either | Repeat | Group | Place | Look | Atomic | Same | IfSet
NOTHING = Row(())


def mask_of(values: Iterable[int]) -> int:
    """Return the set of these bytes."""
    mask = 0
    for value in values:
        mask |= 1 << value
    return mask


_DIGITS = mask_of(string.digits.encode())
_SPACES = mask_of(b" \t\n\r\f\v")
_WORD = mask_of((string.ascii_letters + string.digits + "_").encode())
CATEGORIES = {
    sre.CATEGORY_DIGIT: _DIGITS,
    sre.CATEGORY_NOT_DIGIT: BYTES & ~_DIGITS,
    sre.CATEGORY_SPACE: _SPACES,
    sre.CATEGORY_NOT_SPACE: BYTES & ~_SPACES,
    sre.CATEGORY_WORD: _WORD,
    sre.CATEGORY_NOT_WORD: BYTES & ~_WORD,
}
_PLACES = {
    sre.AT_BEGINNING: "start",
    sre.AT_BEGINNING_STRING: "start",
    sre.AT_END: "end",
    sre.AT_END_STRING: "end",
    sre.AT_BOUNDARY: "boundary",
    sre.AT_NON_BOUNDARY: "inside",
}


def parse(pattern: bytes, shown: str) -> Node:
    """Return the tree of a pattern; FormatError, which shows it as it was written, where it is no pattern."""
    try:
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise FormatError(f"{shown!r} is not a regular expression: {error}") from error
    flags = parsed.state.flags
    if flags & re.LOCALE:
        raise FormatError(f"{shown!r}: the flag L depends on where it runs; leave it out")
    return _row(parsed, ignore_case=bool(flags & re.IGNORECASE))


def _row(items: _Parsed, *, ignore_case: bool) -> Node:
    nodes = tuple(_node(op, value, ignore_case=ignore_case) for op, value in items)
    return nodes[0] if len(nodes) == 1 else Row(nodes)


def _node(op: _Parsed, value: _Parsed, *, ignore_case: bool) -> Node:
    def row(items: _Parsed) -> Node:
        return _row(items, ignore_case=ignore_case)

    if op in {sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY}:
        return Set(_mask(op, value, ignore_case=ignore_case))
    if op is sre.AT:
        return Place(_PLACES[value])
    if op is sre.BRANCH:
        return Either(tuple(map(row, value[1])))
    if op in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        least, most, body = value
        most = NO_LIMIT if most is sre.MAXREPEAT else int(most)
        return Repeat(row(body), int(least), most, lazy=op is sre.MIN_REPEAT, final=op is sre.POSSESSIVE_REPEAT)
    if op is sre.SUBPATTERN:
        number, add, remove, body = value
        inner = (ignore_case or bool(add & re.IGNORECASE)) and not remove & re.IGNORECASE
        node = _row(body, ignore_case=inner)
        return node if number is None else Group(number, node)
    if op in {sre.ASSERT, sre.ASSERT_NOT}:
        direction, body = value
        back = body.getwidth()[0] if direction < 0 else 0
        return Look(row(body), op is sre.ASSERT, back)
    if op is sre.ATOMIC_GROUP:
        return Atomic(row(value))
    if op is sre.GROUPREF:
        return Same(value)
    if op is sre.GROUPREF_EXISTS:
        number, yes, no = value
        return IfSet(number, row(yes), row(no) if no else NOTHING)
    if op is getattr(sre, "FAILURE", None):
        return Set(0)
    raise FormatError(f"regular expressions with {str(op).lower().replace('_', ' ')} are not supported")


def _mask(op: _Parsed, value: _Parsed, *, ignore_case: bool) -> int:
    if op is sre.ANY:
        return BYTES & ~(1 << 10)
    if op in {sre.LITERAL, sre.NOT_LITERAL}:
        mask = _folded(1 << value) if ignore_case else 1 << value
        return BYTES & ~mask if op is sre.NOT_LITERAL else mask
    mask, negated = 0, False
    for kind, item in value:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            mask |= 1 << item
        elif kind is sre.RANGE:
            mask |= (1 << item[1] + 1) - (1 << item[0])
        else:
            mask |= CATEGORIES[item]
    if ignore_case:
        mask = _folded(mask)
    return BYTES & ~mask if negated else mask


def _folded(mask: int) -> int:
    """Add to a set the other case of its letters."""
    for lower in range(ord("a"), ord("z") + 1):
        if mask >> lower & 1 or mask >> lower - 32 & 1:
            mask |= 1 << lower | 1 << lower - 32
    return mask


def nullable(node: Node) -> bool:
    """Tell whether a node may match without taking a byte; true where nobody can tell."""
    match node:
        case Set():
            return False
        case Row(nodes):
            return all(map(nullable, nodes))
        case Either(ways):
            return any(map(nullable, ways))
        case Repeat(inner, least, _):
            return least == 0 or nullable(inner)
        case Group(_, inner) | Atomic(inner):
            return nullable(inner)
        case IfSet(_, yes, no):
            return nullable(yes) or nullable(no)
        case _:
            return True


def firsts(node: Node, follow: int) -> int:
    """Return what a node that is followed by the set `follow` may begin with: all that can lead to a match."""
    match node:
        case Set(mask):
            return mask
        case Row(nodes):
            for inner in reversed(nodes):
                follow = firsts(inner, follow)
            return follow
        case Either(ways):
            found = 0
            for way in ways:
                found |= firsts(way, follow)
            return found
        case Repeat(inner, least, most):
            begin = firsts(inner, follow) if most else 0
            return begin | follow if least == 0 else begin | (follow if nullable(inner) else 0)
        case Group(_, inner) | Atomic(inner):
            return firsts(inner, follow)
        case Place("end"):
            return follow & END_BIT
        case IfSet(_, yes, no):
            return firsts(yes, follow) | firsts(no, follow)
        case Same():
            return ANYTHING
        case _:
            return follow


def references(node: Node) -> frozenset[int]:
    """Return the numbers of the groups that a pattern refers to."""
    match node:
        case Row(nodes) | Either(nodes):
            return frozenset().union(*map(references, nodes))
        case Repeat(inner) | Group(_, inner) | Atomic(inner) | Look(inner):
            return references(inner)
        case Same(number):
            return frozenset({number})
        case IfSet(number, yes, no):
            return frozenset({number}) | references(yes) | references(no)
        case _:
            return frozenset()
