"""Files that hold records of several lines in more than one format: where each record begins, and whose it is.

A line that one of the formats begins a record with ends the record before it, whichever format that has; lines that
none begins with go on with the record before them. So what becomes of a line does not depend on how its file was cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import numpy as np

from logproc.formats import resolve
from logproc.formats.arrays import CAPACITY
from logproc.formats.parser import new_parser
from logproc.formats.several import is_single
from logproc.kernels import layout, tokenize
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format
    from logproc.formats.parser import Parser, RecordParser

FIRST_LOOK = 1 << 10
"""Bytes in which the first record is looked for at first: most often it is there."""

_DIRECTIVES = re.compile(rb"^#[A-Za-z-]+:", re.MULTILINE)
NO_LIMIT = 1 << 40
NEWLINE = 10


class Mixture:
    """Formats of one file; where two of them read a line, the first does. One a thread, since it has arrays."""

    behind = False
    multiline = True

    def __init__(self, formats: Iterable[Format]) -> None:
        self._scouts = [new_parser(row, (), CAPACITY) for row in formats]
        for scout in self._scouts:
            scout.open(())
        self._counters = np.zeros(tokenize.COUNTERS, np.int64)

    def owners(self, buffer: NDArray[np.uint8], begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where records of the whole lines buffer[begin:end] begin, ascending, and the number of their format.

        The buffer stays as it is.
        """
        found = [self._starts(scout, buffer[begin:end]) for scout in self._scouts]
        good, bad = ([np.array(part, np.int64) for part in parts] for parts in zip(*found, strict=True))
        starts = [*good, *bad]  # what only looks like a record of one may be one of another
        owners = np.repeat(np.arange(len(starts)) % len(found), [len(part) for part in starts])
        offsets, first = np.unique(np.concatenate(starts), return_index=True)  # the first of those that are equal
        return offsets + begin, owners[first]

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the first record of the whole lines buffer[begin:end] begins, -1 if none does."""
        size, stop = FIRST_LOOK, begin
        while stop < end:
            newlines = np.flatnonzero(buffer[min(end, begin + size) - 1 : end] == NEWLINE)
            stop = min(end, begin + size) + int(newlines[0]) if len(newlines) else end
            offsets, _ = self.owners(buffer, begin, stop)
            if len(offsets):
                return int(offsets[0])
            size *= 8
        return -1

    def _starts(self, scout: Parser, lines: NDArray[np.uint8]) -> tuple[list[int], list[int]]:
        """Return where a format begins records, and where bad ones of those that may be several lines."""
        good: list[int] = []
        bad: list[int] = []
        size, counters, position = len(lines), self._counters, 0
        text = np.zeros(size + 1 + PADDING, np.uint8)  # parsers may write where they read
        text[:size] = lines
        if size and text[size - 1] != NEWLINE:
            text[size], size = NEWLINE, size + 1
        while position < size:
            if scout.multiline:
                cast("RecordParser", scout).resume(layout.FRESH, NO_LIMIT, more=False)
            scout.parse(text, position, size, 0, counters)
            found, rejects = scout.lines, int(counters[tokenize.REJECTS])
            good += found.row_offset[: int(counters[tokenize.ROWS])].tolist()
            if scout.multiline:
                bad += found.reject_offset[:rejects][found.reject_reason[:rejects] != layout.HEADLESS].tolist()
            position = int(counters[tokenize.POSITION])
        header = scout.format.header
        if header is not None and header.directive:  # they name the columns of what follows, in the format's own words
            good += [match.start() for match in _DIRECTIVES.finditer(text[:size].tobytes())]
        return good, bad


def mixture_of(names: Sequence[str]) -> Mixture | None:
    """Return what tells the records of a file of these formats apart; None where every record is a line."""
    rows = [resolve(name) for name in names]
    return None if len(rows) < 2 or all(map(is_single, rows)) else Mixture(rows)
