"""The parsers of JSON and key=value behind a time, each line being made one of JSON or key=value first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.parser_json import JsonParser
from logproc.formats.parser_pairs import PairParser
from logproc.kernels import keyvalues
from logproc.kernels.stamped import CACHE_CELLS, rewrite_stamped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class StampedJsonParser(JsonParser):
    """Reads JSON lines behind a time, which is the record's where it has none itself."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        rewrite_stamped(buffer.ctypes.data, begin, end, 0, np.zeros(CACHE_CELLS, np.int64))
        super().parse(buffer, begin, end, row, counters)


class StampedPairParser(PairParser):
    """Reads key=value behind a time, and perhaps a host, which are the record's where it has none itself."""

    def arrange(self, columns: tuple[str, ...], capacity: int) -> None:
        """Make room for these columns, and look for their keys."""
        super().arrange(columns, capacity)
        self._dialect = keyvalues.PAIR_FIRST

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Do nothing: what begins with no pair is no line of this format."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        rewrite_stamped(buffer.ctypes.data, begin, end, 1, np.zeros(CACHE_CELLS, np.int64))
        super().parse(buffer, begin, end, row, counters)
