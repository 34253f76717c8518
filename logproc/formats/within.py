"""Fields within the text of another: an address in an error message, the duration in front of a statement.

The text stays what it is; what stands in it behind a label becomes a field of its own. This is looked for only where
somebody wants such a field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.layouts import compile_layout
from logproc.formats.naming import DURATIONS, REQUEST, REQUEST_FIELDS, TARGET_FIELDS
from logproc.kernels import derive
from logproc.kernels import within as kernel
from logproc.kernels.decode import SCRATCH_SIZE
from logproc.kernels.jsonlines import MISSING, PLAIN
from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logproc.kernels.layout import LineArrays

TARGET = "target"

TIMES = ("%s", "%b %d %Y %H:%M:%S%. %Z", "%b %d %Y %H:%M:%S%.%z", "%+", "%Y/%m/%d %H:%M:%S%.%z")
"""Layouts of times behind labels, each tried where those before fail, or something else than a blank is behind them."""

_LAYOUTS = np.frombuffer(compile_layout("%|".join(TIMES)), np.uint8)


@dataclass(frozen=True, slots=True)
class Part:
    """What stands in a text behind `label`, up to `end`, of which neither belongs to it.

    It is looked for from the end of the part before on, whose `end` may begin the label; with `in_front` the label
    stands right there, with `anywhere` it is looked for in the whole text, where it is no part of a word. Without an
    `end`, or with `open_end` where it is missing, the part ends with the text. With `last_word`, only what stands
    behind its last blank counts, with `host` a port at its end does not. A `spare` part is taken where the line has no
    such field itself. A part without a `name` is found and left out; one that is called `request` yields method, target
    and protocol, and a target path and query. With `own`, the field
    of that name loses a port at its end, or if `bare` brackets around it and is null where it is empty, and nothing is
    looked for. A `kept` part is the source itself, which stays as it is where the part is not found. The label belongs
    to a `whole` part.
    """

    name: str | None
    label: bytes
    end: bytes = b""
    in_front: bool = False
    last_word: bool = False
    open_end: bool = False
    host: bool = False
    spare: bool = False
    anywhere: bool = False
    own: bool = False
    bare: bool = False
    kept: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """The parts of one field's text, in their order; `kinds` are those of parts that are no text.

    `scales` multiply numbers. What must be a number and is none is null. A part may be the source itself; a duration
    that is may have a unit, as Go writes it: 1.5s, 20ms. The time of a line that has none itself is the first one
    behind the first of the labels `times` that has one; small numbers are no times.
    """

    source: str
    parts: tuple[Part, ...]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    times: tuple[bytes, ...] = ()

    @property
    def fields(self) -> dict[str, Kind]:
        """Names and kinds of the fields that follow from the text."""
        found: dict[str, Kind] = {"time": Kind.TIME} if self.times else {}
        for part in self.parts:
            if part.name == REQUEST:
                found |= dict.fromkeys((*REQUEST_FIELDS, *TARGET_FIELDS), Kind.TEXT)
            elif part.name == TARGET:
                found |= dict.fromkeys((TARGET, *TARGET_FIELDS), Kind.TEXT)
            elif part.name is not None:
                found[part.name] = self.kinds.get(part.name, Kind.TEXT)
        return found

    def helpers(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return the columns from which wanted fields follow: none where nobody wants one of them."""
        asked = frozenset(wanted)
        if not self.times and asked.isdisjoint(self.fields):
            return ()
        names = {part.name for part in self.parts}
        whole = (REQUEST,) if REQUEST in names and asked.intersection((*REQUEST_FIELDS, *TARGET_FIELDS)) else ()
        target = (TARGET,) if asked.intersection(TARGET_FIELDS) else ()
        return tuple(name for name in (self.source, *whole, *target) if name not in asked)


_NUMBERS = {Kind.INTEGER: kernel.INTEGER, Kind.DECIMAL: kernel.DECIMAL}


class Finder:
    """Finds the parts of rows whose columns are `stored`, in this order."""

    def __init__(self, within: Within, stored: tuple[str, ...]) -> None:
        place = {name: number for number, name in enumerate(stored)}
        texts = bytearray()
        cells = np.zeros((len(within.parts), kernel.PART_CELLS), np.int64)
        for cell, part in zip(cells, within.parts, strict=True):
            flags = kernel.IN_FRONT * part.in_front + kernel.LAST_WORD * part.last_word
            flags += kernel.OPEN_END * (part.open_end or not part.end) + kernel.HOST * part.host
            flags += kernel.SPARE * part.spare + kernel.ANYWHERE * part.anywhere
            flags += kernel.OWN * part.own + kernel.BARE * part.bare
            flags += kernel.KEPT * part.kept + kernel.WHOLE * part.whole
            has_unit = part.name in DURATIONS and part.name == within.source
            kind = within.kinds.get(part.name or "", Kind.TEXT)
            flags += kernel.DURATION if has_unit else _NUMBERS.get(kind, 0)
            column = place.get(part.name, -1) if part.name else -1
            at = len(texts)
            cell[:] = (column, flags, at, len(part.label), at + len(part.label), len(part.end))
            texts += part.label + part.end
        self._cells, self._texts = cells, np.frombuffer(bytes(texts) + b"\0", np.uint8)
        self._source = place.get(within.source, -1)
        names = {part.name for part in within.parts}
        self._request = place.get(REQUEST, -1) if REQUEST in names else -1
        self._parts = tuple(place.get(name, -1) for name in REQUEST_FIELDS)
        targets = names.intersection((REQUEST, TARGET))
        self._target = tuple(place.get(name, -1) if targets else -1 for name in (TARGET, *TARGET_FIELDS))
        # A unit is written over, and what stands there must be nobody's text.
        durations = names.intersection(DURATIONS, (within.source,), stored)
        self._durations = [place[name] for name in durations if name]
        self._labels = [np.frombuffer(label, np.uint8) for label in within.times]
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)

    def find(self, base: int, lines: LineArrays, row: int, upto: int) -> None:
        """Find the parts of rows [row, upto)."""
        if self._source < 0 or row >= upto:
            return
        slices = (base, lines.starts, lines.ends, lines.styles, row, upto)
        for column in (*(self._parts if self._request >= 0 else ()), *self._target[1:]):
            if column >= 0:
                lines.starts[column, row:upto] = -1
                lines.ends[column, row:upto] = -1
        kernel.find_parts(*slices, self._source, self._texts, self._cells)
        for column in self._durations:
            styles = lines.styles[column, row:upto]
            unmarked = styles == MISSING  # as of all text that separators part
            styles[unmarked] = PLAIN
            derive.read_durations(*slices, column)
            styles[unmarked] = MISSING
        if self._request >= 0 and max(self._parts) >= 0:
            derive.split_requests(*slices, self._request, *self._parts)
        target, path, query = self._target
        if target >= 0 and max(path, query) >= 0:
            derive.split_targets(*slices, target, path, query)

    def find_times(self, base: int, lines: LineArrays, row: int, upto: int) -> int:
        """Find the times of rows [row, upto) that have none; returns how many of these have no zone."""
        zoneless = 0
        for label in self._labels:
            zoneless += kernel.find_times(
                base, lines.starts, lines.ends, row, upto, self._source, label, _LAYOUTS, self._scratch, lines.times,
                lines.zoneless,
            )  # fmt: skip
        return zoneless
