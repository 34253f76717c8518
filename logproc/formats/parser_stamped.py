"""The parsers of JSON and key=value behind a time, each line being made one of JSON or key=value first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import span
from logproc.formats.parser_json import JsonParser
from logproc.formats.parser_pairs import PairParser
from logproc.kernels import keyvalues, tokenize
from logproc.kernels.stamped import CACHE_CELLS, rewrite_stamped
from logproc.model import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.formats.parser_named import NamedParser

_KEY_ENDS, _DIGITS = 48, 16
"""Bytes of a line within which the rewritten time stands, and digits that it has at most (see `kernels.stamped`)."""

_MICROS = np.zeros(_DIGITS + 1, np.int64)
_MICROS[[10, 13, 16]] = 1_000_000, 1000, 1
"""Microseconds that a number of so many digits counts."""


def _read_stamps(
    parser: NamedParser, key: bytes, buffer: NDArray[np.uint8], row: int, counters: NDArray[np.int64]
) -> None:
    """Give rows whose own time cannot be read the one in front, if one stood there: digits behind NULs and `key`."""
    upto, lines = int(counters[tokenize.ROWS]), parser.lines
    bad = row + np.flatnonzero(lines.times[row:upto] == NO_TIME)
    if parser.counts_alone or not len(bad):
        return
    places = lines.row_offset[bad, None] + np.arange(_KEY_ENDS + _DIGITS)
    zero = ord("0")
    text = buffer[np.minimum(places, len(buffer) - 1)].astype(np.int64) - zero
    first = (text != -zero).argmax(axis=1) + len(key)
    rewritten = (_part(text, first - len(key), len(key)) == [byte - zero for byte in key]).all(axis=1)
    ranks = np.arange(_DIGITS)
    digits = _part(text, first, _DIGITS)
    ends = np.hstack([(digits < 0) | (digits > 9), np.ones((len(bad), 1), bool)]).argmax(axis=1)
    powers = 10 ** np.maximum(ends[:, None] - 1 - ranks, 0)
    micros = np.where(ranks < ends[:, None], digits * powers, 0).sum(axis=1) * _MICROS[ends]
    lines.times[bad] = np.where(rewritten & (micros > 0), micros, NO_TIME)
    counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = span(lines.times[row:upto])


def _part(text: NDArray[np.int64], begins: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return so many bytes of each row, or the last one again behind its end."""
    places = np.minimum(begins[:, None] + np.arange(length), text.shape[1] - 1)
    return np.take_along_axis(text, places, axis=1)


class StampedJsonParser(JsonParser):
    """Reads JSON lines behind a time, which is the record's where it has none itself that can be read."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        rewrite_stamped(buffer.ctypes.data, begin, end, 0, np.zeros(CACHE_CELLS, np.int64))
        super().parse(buffer, begin, end, row, counters)
        _read_stamps(self, b'{"~0":', buffer, row, counters)


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
        _read_stamps(self, b"~0=", buffer, row, counters)
