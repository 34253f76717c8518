"""The parser of lines that were written for a terminal: their colours are taken out before they are read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from logproc.formats.arrays import CAPACITY
from logproc.formats.parser_separator import SeparatorParser, WithinParser
from logproc.kernels import tokenize
from logproc.kernels.colours import remove_colours, settle_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from logproc.formats.format import Format


class _Colours(SeparatorParser):
    """Takes colours out of blocks; lines that are refused, and those not yet read, get theirs back."""

    @cached_property
    def _scout(self) -> SeparatorParser:
        return ColouredParser(self.format, (), 2)

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        kept = buffer[begin:end].copy()
        if not remove_colours(buffer.ctypes.data, begin, end):
            super().parse(buffer, begin, end, row, counters)
            return
        super().parse(buffer, begin, end, row, counters)
        if self._continued >= 0:
            places = (self.lines.starts, self.lines.ends, self._continued)
            settle_lines(buffer.ctypes.data, *places, row, int(counters[tokenize.ROWS]))
        position = int(counters[tokenize.POSITION])
        buffer[position:end] = kept[position - begin :]
        for place in self.lines.reject_offset[: int(counters[tokenize.REJECTS])].tolist():
            text = kept[place - begin :]
            size = int((text == ord("\n")).argmax())
            buffer[place : place + size] = text[:size]


class ColouredParser(_Colours, SeparatorParser):
    """Runs a separator program over lines without their colours."""


class ColouredWithinParser(_Colours, WithinParser):
    """The same, and finds fields within the text of one."""


def separator_parser(fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> SeparatorParser:
    """Return the parser of a separator program; fields within others are looked for only if one is wanted."""
    names = frozenset(wanted)
    if fmt.within is None or (not fmt.within.times and names.isdisjoint(fmt.within.fields)):
        return (ColouredParser if fmt.coloured else SeparatorParser)(fmt, names, capacity)
    return (ColouredWithinParser if fmt.coloured else WithinParser)(fmt, names, capacity)
