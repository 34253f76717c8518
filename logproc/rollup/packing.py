"""Dumped tables as they are kept: small, and with a checksum.

What a table's arrays hold grows slowly or is mostly zero bytes: offsets and sketch keys are sorted, counts are small,
times are whole seconds in microseconds. So integers are divided by what divides all of them, written as differences
where that makes them smaller, cells of several bytes byte by byte (all first bytes, then all second ones), and the
whole is compressed by zstd, whose frame ends with a checksum. In tables of format 2 only cells of eight bytes are
written so.

The text begins with the length of a head in JSON: the length of each table or, where not all integers are written as
mere differences, these lengths and for each table the way of each array: its divisor, negative for differences.
"""

from __future__ import annotations

import json
import sys
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.errors import MergeError
from logproc.rollup.dumping import MAGIC, WIDE_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Cells = np.ndarray[tuple[int], np.dtype[np.unsignedinteger[Any]]]

LEVEL, KEPT_LEVEL, MERGED_LEVEL = 3, 9, 12
"""How hard zstd tries: with what is written anew each night, with what is written once, and with merged days, of which
a ledger mostly is. The counts of a night of 50 hosts, with the presets for the web, take 0.12, 0.4 and 0.7 s."""

WINDOW_LOG = 25
"""Texts of one table that come again in another are found as far as 32 MiB back: the night takes 5 to 10 % less."""

INTEGERS = frozenset(np.dtype(width).str for width in (np.int64, np.uint32, np.uint16))

DIFFERENCES = -1
"""The way of an array that is written as differences, divided by nothing."""

FEW_CELLS = 32
"""Arrays with fewer cells are written as differences: there is too little to win."""

TRIED_LEVEL = 1
"""How hard zstd tries to find out which way of an array is the smallest. With the presets for the web, a merged day of
50 hosts takes 1.68 instead of 1.88 MB and its totals 0.83 instead of 0.90 MB, mostly from the times of last requests
and from bytes by client, which come in no order; finding that out takes 0.1 s."""


def _zstd() -> Any:  # noqa: ANN401 - a module under one of two names
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd


def pack(tables: Sequence[bytes], level: int = LEVEL) -> bytes:
    """Return dumped tables as one text to be kept."""
    zstd = _zstd()
    found = [_folded(raw) for raw in tables]
    lengths, ways = [len(raw) for raw in tables], [of_table for _, of_table in found]
    is_plain = all(way == DIFFERENCES for of_table in ways for way in of_table)
    head = json.dumps(lengths if is_plain else [lengths, ways], separators=(",", ":")).encode()
    body = b"".join(part for folded, _ in found for part in folded)
    parameter = zstd.CompressionParameter
    options = {parameter.compression_level: level, parameter.window_log: WINDOW_LOG, parameter.checksum_flag: 1}
    return bytes(zstd.compress(len(head).to_bytes(4, "little") + head + body, options=options))


def unpack(packed: bytes) -> list[bytes]:
    """Return the tables that were packed; MergeError for anything that is damaged."""
    zstd = _zstd()
    try:
        data = zstd.decompress(packed)
        head = 4 + int.from_bytes(data[:4], "little")
        lengths, ways = _lengths_and_ways(json.loads(data[4:head]))
    except (zstd.ZstdError, ValueError) as error:
        raise MergeError(f"stored counts are damaged: {error}") from error
    tables = []
    for length, of_table in zip(lengths, ways, strict=True):
        tables.append(b"".join(_unfolded(data[head : head + length], of_table)))
        head += length
    return tables


def _lengths_and_ways(head: list[Any]) -> tuple[list[int], list[list[int]]]:
    """Return from a head the length of each table, and the ways of its arrays as far as they are said."""
    if head and isinstance(head[0], list):
        return head[0], head[1]
    return head, [[]] * len(head)


def _arrays(raw: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Return where the arrays of a dumped table begin, and the type and length of each."""
    if raw[:4] not in {MAGIC, WIDE_MAGIC}:
        raise MergeError(f"not a table of format {MAGIC.decode()}")
    end = 8 + int.from_bytes(raw[4:8], "little")
    return end, [(dtype, length) for dtype, length in json.loads(raw[8:end])["arrays"]]


def _folded(raw: bytes) -> tuple[list[bytes], list[int]]:
    """Return a table's head and its arrays as they are written, and the way of each array."""
    at, arrays = _arrays(raw)
    parts, ways = [raw[:at]], []
    for dtype, length in arrays:
        size = np.dtype(dtype).itemsize
        way, part = DIFFERENCES, raw[at : at + size * length]
        if _is_folded(raw, size):
            cells = np.frombuffer(raw, f"<u{size}", length, at)
            way, part = _smallest(cells) if dtype in INTEGERS else (DIFFERENCES, _planes(cells))
        parts.append(part)
        ways.append(way)
        at += size * length
    return parts, ways


def _smallest(cells: Cells) -> tuple[int, bytes]:
    """Return the way of integers that zstd makes the least of, and how they are written that way."""
    if len(cells) < FEW_CELLS:
        return DIFFERENCES, _planes(_differences(cells))
    divisor = _divisor(cells)
    divided = cells if divisor == 1 else cells // cells.dtype.type(divisor)
    zstd = _zstd()
    tried = [(-divisor, _planes(_differences(divided))), (divisor, _planes(divided))]
    return min(tried, key=lambda one: len(zstd.compress(one[1], level=TRIED_LEVEL)))


def _divisor(cells: Cells) -> int:
    """Return what divides all cells of eight bytes, 1 for others; those of less seldom have anything in common."""
    if cells.itemsize < np.dtype(np.int64).itemsize or np.gcd.reduce(cells[:FEW_CELLS]) == 1:
        return 1
    return int(np.gcd.reduce(cells)) or 1


def _differences(cells: Cells) -> Cells:
    found = cells.copy()
    found[1:] -= cells[:-1]
    return found


def _planes(cells: Cells) -> bytes:
    """Return all first bytes of cells, then all second ones, and so on."""
    return np.ascontiguousarray(cells.view(np.uint8).reshape(len(cells), cells.itemsize).T).tobytes()


def _unfolded(raw: bytes, ways: Sequence[int]) -> Iterator[bytes]:
    at, arrays = _arrays(raw)
    yield raw[:at]
    for (dtype, length), way in zip(arrays, chain(ways, repeat(DIFFERENCES)), strict=False):
        size = np.dtype(dtype).itemsize
        if not _is_folded(raw, size):
            yield raw[at : at + size * length]
        else:
            planes = np.frombuffer(raw, np.uint8, size * length, at).reshape(size, length)
            cells = np.ascontiguousarray(planes.T).view(f"<u{size}").reshape(length)
            yield (_undone(cells, way) if dtype in INTEGERS else cells).tobytes()
        at += size * length


def _undone(cells: Cells, way: int) -> Cells:
    """Return integers from how they are written."""
    if way < 0:
        cells = np.cumsum(cells, dtype=cells.dtype)
    return cells if abs(way) == 1 else cells * cells.dtype.type(abs(way))


def _is_folded(raw: bytes, size: int) -> bool:
    """Tell whether cells of a size are written byte by byte in a table."""
    return size == 8 or (size > 1 and raw[:4] == MAGIC)
