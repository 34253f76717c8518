"""From the tree of a pattern to the instructions of `kernels.patterns`.

Each repeat and each choice is asked whether the next byte decides it: a repeat whose bytes cannot begin what follows
never gives any back, a way that cannot begin with the byte at hand is not remembered. Most patterns for logs have
nothing to remember at all, and run as fast as a format string.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from logproc.errors import FormatError
from logproc.formats.regex_tree import (
    ANYTHING,
    BYTES,
    END_BIT,
    NO_LIMIT,
    NOTHING,
    Atomic,
    Either,
    Group,
    IfSet,
    Look,
    Node,
    Place,
    Repeat,
    Row,
    Same,
    Set,
    firsts,
    nullable,
)
from logproc.kernels import patterns as ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_INSTRUCTIONS = 20_000
"""A pattern that is larger is refused: repeats of repeats are written out."""

LOWEST_BOUND = 48
"""A set that has all bytes from here on is looked for 64 bytes at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A compiled pattern: instructions int64[n, CELLS], tables uint8[k, TABLE_BYTES], positions kept for groups.

    `group_slots` are where in the kernel's work area a group's positions stand. `anchored` patterns begin at the
    line's start; `first` is the table of the bytes that a match may begin with, or -1. `backtracks` tells whether there
    is anything to remember; `expected` says by instruction what it wants, for messages.
    """

    code: NDArray[np.int64]
    tables: NDArray[np.uint8]
    slots: int
    group_slots: dict[int, int]
    anchored: bool
    first: int
    backtracks: bool
    sets: dict[int, int] = field(default_factory=dict)


def generate(node: Node, groups: dict[int, int]) -> Code:
    """Compile a tree; `groups` numbers the slots of those groups whose positions are wanted, from 0 on."""
    builder = _Builder(groups)
    builder.emit(node, ANYTHING, sure=True)
    builder.put(ops.MATCH)
    begin = firsts(node, ANYTHING)
    code = np.array(builder.code, np.int64).reshape(-1, ops.CELLS)
    first = -1 if begin == ANYTHING else builder.table(begin)
    return Code(
        code,
        np.array(builder.tables, np.uint8).reshape(-1, ops.TABLE_BYTES),
        2 * builder.slots,
        {number: builder.slot(number) for number in groups},
        _is_anchored(node),
        first,
        builder.remembers,
        builder.sets,
    )


def _is_anchored(node: Node) -> bool:
    """Tell whether a match begins at the line's start: if it fails there, it would fail behind it, too."""
    match node:
        case Place("start"):
            return True
        case Row(nodes):
            return bool(nodes) and _is_anchored(nodes[0])
        case Either(ways):
            return all(map(_is_anchored, ways))
        case Group(_, inner) | Atomic(inner):
            return _is_anchored(inner)
        case _:
            return False


class _Builder:
    """Instructions and tables as they grow."""

    def __init__(self, groups: dict[int, int]) -> None:
        self.code: list[list[int]] = []
        self.tables: list[list[int]] = []
        self.sets: dict[int, int] = {}
        self.slots = max(groups.values(), default=-1) + 1
        self.remembers = False
        self._groups = groups
        self._tables: dict[int, int] = {}
        self._fences = 0

    def slot(self, number: int) -> int:
        """Return where in the work area the positions of a group stand, in bytes."""
        return 8 * (ops.SLOTS_AT + 2 * self._groups[number])

    def table(self, mask: int) -> int:
        """Return where the table of a set begins."""
        if mask not in self._tables:
            self._tables[mask] = ops.TABLE_BYTES * len(self.tables)
            self.sets[self._tables[mask]] = mask
            self.tables.append([mask >> place & 1 for place in range(ops.TABLE_BYTES)])
        return self._tables[mask]

    def put(self, op: int, *operands: int) -> list[int]:
        if len(self.code) >= MOST_INSTRUCTIONS:
            raise FormatError(
                f"the pattern is too large: more than {MOST_INSTRUCTIONS} instructions; repeat less in it"
            )
        self.code.append([op, *operands, *(0 for _ in range(ops.CELLS - 1 - len(operands)))])
        return self.code[-1]

    @property
    def here(self) -> int:
        return len(self.code)

    def emit(self, node: Node, follow: int, *, sure: bool) -> None:
        """Compile a node that is followed by what begins with `follow`, and surely matches if `sure`."""
        match node:
            case Set(mask):
                self._literal([mask]) if mask & (mask - 1) == 0 and mask else self.put(ops.ONE, self.table(mask))
            case Row(nodes):
                self._row(nodes, follow, sure=sure)
            case Either(ways):
                self._either(ways, follow, sure=sure)
            case Repeat(inner, least, most, lazy, final):
                if final and not isinstance(_bare(inner), Set):
                    self.emit(Atomic(Repeat(inner, least, most)), follow, sure=sure)
                elif isinstance(inner, Set):
                    self._run(inner.mask, node, follow, sure=sure)
                else:
                    self._repeat(inner, least, most, follow, lazy=lazy)
            case Group(number, inner):
                if number not in self._groups:
                    self.emit(inner, follow, sure=sure)
                else:
                    self.put(ops.SAVE, self.slot(number))
                    self.emit(inner, follow, sure=sure)
                    self.put(ops.SAVE, self.slot(number) + 8)
            case Place("start"):
                self.put(ops.AT_START)
            case Place("end"):
                self.put(ops.AT_END)
            case Place(kind):
                self.put(ops.BOUNDARY, int(kind == "boundary"))
            case Look(inner, wanted, back):
                self._look(inner, back, wanted=wanted)
            case Atomic(inner):
                self._fence(ops.ATOMIC, inner, 0)
            case Same(number):
                self.put(ops.SAME, self.slot(number))
            case IfSet(number, yes, no):
                test = self.put(ops.IF_SET, self.slot(number), 0)
                self.emit(yes, follow, sure=False)
                leave = self.put(ops.JUMP, 0)
                test[2] = self.here
                self.emit(no, follow, sure=False)
                leave[1] = self.here

    def _row(self, nodes: tuple[Node, ...], follow: int, *, sure: bool) -> None:
        follows = [follow]
        sures = [sure]
        for node in reversed(nodes):
            follows.append(firsts(node, follows[-1]))
            sures.append(sures[-1] and node == NOTHING)
        follows.reverse()
        sures.reverse()
        place = 0
        while place < len(nodes):
            letters = []
            while place < len(nodes) and (letter := _letter(nodes[place])):
                letters.append(letter)
                place += 1
            self._literal(letters)
            if place < len(nodes):
                self.emit(nodes[place], follows[place + 1], sure=sures[place + 1])
                place += 1

    def _literal(self, masks: list[int]) -> None:
        text = bytes(mask.bit_length() - 1 for mask in masks)
        for begin in range(0, len(text), 8):
            part = text[begin : begin + 8]
            word, mask = (
                int.from_bytes(half.ljust(8, b"\0"), "little", signed=True) for half in (part, b"\xff" * len(part))
            )
            self.put(ops.LITERAL, word, mask, len(part))

    def _either(self, ways: tuple[Node, ...], follow: int, *, sure: bool) -> None:
        leaves = []
        begins = [firsts(way, follow) for way in ways]
        for number, way in enumerate(ways[:-1]):
            rest = 0
            for begin in begins[number + 1 :]:
                rest |= begin
            split = self._split(begins[number], rest)
            split[1] = self.here
            self.emit(way, follow, sure=sure)
            leaves.append(self.put(ops.JUMP, 0))
            split[2] = self.here
        self.emit(ways[-1], follow, sure=sure)
        for leave in leaves:
            leave[1] = self.here

    def _split(self, first: int, second: int) -> list[int]:
        """Choose between two ways, of which the first is tried first; the targets are filled in later."""
        self.remembers = self.remembers or first & second != 0
        tables = [-1 if mask == ANYTHING else self.table(mask) for mask in (first, second)]
        return self.put(ops.SPLIT, 0, 0, *tables)

    def _run(self, mask: int, node: Repeat, follow: int, *, sure: bool) -> None:
        """Repeat one byte of a set."""
        least, most = node.least, node.most
        decided = mask & follow == 0 or sure or node.final or least == most
        if decided and sure and node.lazy:
            most = least
        op = ops.RUN if decided else ops.LAZY if node.lazy else ops.GREEDY
        self.remembers = self.remembers or not decided
        single = follow & (follow - 1) == 0 and follow not in {0, END_BIT}
        follows = follow.bit_length() - 1 if single else -1
        self.put(op, self.table(mask), least, min(most, NO_LIMIT), *_scan(mask), follows)

    def _repeat(self, node: Node, least: int, most: int, follow: int, *, lazy: bool) -> None:
        """Repeat anything else: what must stand is written out, then a loop, or what may stand one by one."""
        begin = firsts(node, follow)
        around = begin | follow
        for number in range(least):
            self.emit(node, follow if number == most - 1 else around, sure=False)
        if most >= NO_LIMIT:
            self._loop(node, begin, follow, lazy=lazy)
            return
        splits = []
        for number in range(least, most):
            splits.append(self._optional(begin, follow, lazy=lazy))
            self.emit(node, follow if number == most - 1 else around, sure=False)
        for split in splits:
            split[1 if lazy else 2] = self.here

    def _optional(self, begin: int, follow: int, *, lazy: bool) -> list[int]:
        split = self._split(follow, begin) if lazy else self._split(begin, follow)
        split[2 if lazy else 1] = self.here
        return split

    def _loop(self, node: Node, begin: int, follow: int, *, lazy: bool) -> None:
        top = self.here
        split = self._optional(begin, follow, lazy=lazy)
        around = begin | follow
        moved = None
        if nullable(node):
            slot = 8 * (ops.SLOTS_AT + 2 * self.slots)
            self.slots += 1
            self.put(ops.SAVE, slot)
            self.emit(node, around, sure=False)
            moved = self.put(ops.MOVED, slot, 0)
        else:
            self.emit(node, around, sure=False)
        self.put(ops.JUMP, top)
        split[1 if lazy else 2] = self.here
        if moved is not None:
            moved[2] = self.here

    def _look(self, node: Node, back: int, *, wanted: bool) -> None:
        if isinstance(node, Set) and back in {0, 1}:
            mask = node.mask if wanted else ANYTHING & ~node.mask
            self.put(ops.BEHIND if back else ops.AHEAD, self.table(mask))
        else:
            self._fence(ops.LOOK if wanted else ops.LOOK_NOT, node, back)

    def _fence(self, kind: int, node: Node, back: int) -> None:
        self.remembers = True
        self._fences += 1
        own = self._fences
        fence = self.put(ops.FENCE, kind, 0, own)
        if back:
            self.put(ops.BACK, back)
        self.emit(node, ANYTHING, sure=False)
        self.put(ops.FENCE_END, kind, own)
        fence[2] = self.here


def _bare(node: Node) -> Node:
    return node.nodes[0] if isinstance(node, Row) and len(node.nodes) == 1 else node


def _letter(node: Node) -> int:
    """Return the set of a node that is one certain byte, else 0."""
    return node.mask if isinstance(node, Set) and node.mask & (node.mask - 1) == 0 else 0


def _scan(mask: int) -> tuple[int, int]:
    """Return how a run of a set is looked for, and the byte that the scan needs; a line holds no newline."""
    gaps = BYTES & ~mask & ~(1 << 10)
    if gaps == 0:
        return ops.ANY, 0
    if gaps & (gaps - 1) == 0:
        return ops.UNTIL_BYTE, gaps.bit_length() - 1
    if gaps.bit_length() <= LOWEST_BOUND:
        return ops.UNTIL_BELOW, gaps.bit_length()
    return ops.TABLE_SCAN, 0
