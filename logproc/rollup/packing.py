"""Dumped tables as they are kept: small, and with a checksum.

What a table's arrays hold grows slowly or is mostly zero bytes: offsets and sketch keys are sorted, counts are small.
So integers are written as differences, cells of several bytes byte by byte (all first bytes, then all second ones), and
the whole is compressed by zstd, whose frame ends with a checksum. In tables of format 2 only cells of eight bytes are
written so.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.errors import MergeError
from logproc.rollup.tables import MAGIC, WIDE_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEVEL, KEPT_LEVEL, MERGED_LEVEL = 3, 9, 12
"""How hard zstd tries: with what is written anew each night, with what is written once, and with merged days, of which
a ledger mostly is. The counts of a night of 50 hosts, with the presets for the web, take 0.12, 0.4 and 0.7 s."""

WINDOW_LOG = 25
"""Texts of one table that come again in another are found as far as 32 MiB back: the night takes 5 to 10 % less."""

INTEGERS = frozenset(np.dtype(width).str for width in (np.int64, np.uint32, np.uint16))


def _zstd() -> Any:  # noqa: ANN401 - a module under one of two names
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd


def pack(tables: Sequence[bytes], level: int = LEVEL) -> bytes:
    """Return dumped tables as one text to be kept."""
    zstd = _zstd()
    lengths = json.dumps([len(raw) for raw in tables]).encode()
    body = b"".join(part for raw in tables for part in _folded(raw))
    parameter = zstd.CompressionParameter
    options = {parameter.compression_level: level, parameter.window_log: WINDOW_LOG, parameter.checksum_flag: 1}
    return bytes(zstd.compress(len(lengths).to_bytes(4, "little") + lengths + body, options=options))


def unpack(packed: bytes) -> list[bytes]:
    """Return the tables that were packed; MergeError for anything that is damaged."""
    zstd = _zstd()
    try:
        data = zstd.decompress(packed)
        head = 4 + int.from_bytes(data[:4], "little")
        lengths = json.loads(data[4:head])
    except (zstd.ZstdError, ValueError) as error:
        raise MergeError(f"stored counts are damaged: {error}") from error
    tables = []
    for length in lengths:
        tables.append(b"".join(_unfolded(data[head : head + length])))
        head += length
    return tables


def _arrays(raw: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Return where the arrays of a dumped table begin, and the type and length of each."""
    if raw[:4] not in {MAGIC, WIDE_MAGIC}:
        raise MergeError(f"not a table of format {MAGIC.decode()}")
    end = 8 + int.from_bytes(raw[4:8], "little")
    return end, [(dtype, length) for dtype, length in json.loads(raw[8:end])["arrays"]]


def _folded(raw: bytes) -> Iterator[bytes]:
    at, arrays = _arrays(raw)
    yield raw[:at]
    for dtype, length in arrays:
        size = np.dtype(dtype).itemsize
        if not _is_folded(raw, size):
            yield raw[at : at + size * length]
        else:
            cells = np.frombuffer(raw, f"<u{size}", length, at)
            if dtype in INTEGERS:
                differences = cells.copy()
                differences[1:] -= cells[:-1]
                cells = differences
            yield np.ascontiguousarray(cells.view(np.uint8).reshape(length, size).T).tobytes()
        at += size * length


def _unfolded(raw: bytes) -> Iterator[bytes]:
    at, arrays = _arrays(raw)
    yield raw[:at]
    for dtype, length in arrays:
        size = np.dtype(dtype).itemsize
        if not _is_folded(raw, size):
            yield raw[at : at + size * length]
        else:
            planes = np.frombuffer(raw, np.uint8, size * length, at).reshape(size, length)
            cells = np.ascontiguousarray(planes.T).view(f"<u{size}").reshape(length)
            yield (np.cumsum(cells, dtype=cells.dtype) if dtype in INTEGERS else cells).tobytes()
        at += size * length


def _is_folded(raw: bytes, size: int) -> bool:
    """Tell whether cells of a size are written byte by byte in a table."""
    return size == 8 or (size > 1 and raw[:4] == MAGIC)
