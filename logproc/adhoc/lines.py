"""Rows as JSON lines without a dictionary a row: every distinct value becomes its piece of JSON once.

For formats whose lines have the fields that the format names; the bytes are those that `rows` writes.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.model import NO_TIME, Kind
from logproc.report.text import rfc3339
from logproc.rollup.columns import RENAMED, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logproc.formats.parser import Parser
    from logproc.rollup.spec import Value

CACHED_BYTES = 256
"""Longest field whose value is remembered."""


def lines_of(
    parser: Parser,
    rows: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    region: tuple[int, int],
    common: Mapping[str, Value],
    names: Sequence[str],
) -> Iterator[str]:
    """Yield the members of each row, as text between braces; all slices lie within `region` of the buffer.

    `common` holds what all rows have beside their time, `names` what is wanted, in this order (none: everything).
    """
    lines, fields = parser.lines, parser.format.fields
    data, begin = buffer[region[0] : region[1]].tobytes(), region[0]
    place = {name: number for number, name in enumerate(parser.columns)}
    wanted = names or dict.fromkeys(["time", *common, *parser.columns])
    columns: list[Sequence[str]] = []
    count = len(rows)
    for name in wanted:
        if name in place:
            number, kind, scale = place[name], fields[name], parser.scales.get(name, 1.0)
            null = written(name, None)
            starts, ends = lines.starts[number, rows].tolist(), lines.ends[number, rows].tolist()
            columns.append(
                [
                    member(name, data[s - begin : e - begin], kind, scale)
                    if s >= 0 and e - s <= CACHED_BYTES
                    else (null if s < 0 else member.__wrapped__(name, data[s - begin : e - begin], kind, scale))
                    for s, e in zip(starts, ends, strict=True)
                ]
            )
        elif name == "time":
            columns.append([_time(time) for time in lines.times[rows].tolist()])
        else:
            columns.append([written(name, common.get(name))] * count)
    return map(",".join, zip(*columns, strict=True))


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@lru_cache(maxsize=1 << 16)
def member(name: str, raw: bytes, kind: Kind, scale: float) -> str:
    """Return a field's bytes as a member of a JSON object."""
    value = value_of(raw, kind, scale)
    rename = RENAMED.get(name)
    return written(name, value if rename is None or value is None else rename(str(value)))


@lru_cache(maxsize=1 << 12)
def _time(time: int) -> str:
    return written("time", None if time == NO_TIME else rfc3339(time))


def written(name: str, value: object) -> str:
    """Write a member of a JSON object."""
    return printable(_encode({name: value}))[1:-1]


def printable(text: str) -> str:
    """Escape in JSON what a terminal would act on or hide: controls beyond ASCII, direction marks, surrogates."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


@lru_cache(maxsize=1 << 16)
def value_of(raw: bytes, kind: Kind, scale: float) -> Value:
    """Return the value that a field's bytes stand for."""
    if kind == Kind.INTEGER:
        return int(raw)
    if kind == Kind.DECIMAL:
        try:
            number = float(raw)
        except ValueError:  # several numbers, as nginx writes them for several upstreams
            parts = raw.replace(b":", b",").replace(b" ", b"").split(b",")
            numbers = [float(part) for part in parts if part not in {b"", b"-"}]
            if not numbers:
                return None
            number = math.fsum(numbers)
        divisor = round(1 / scale)
        return number / divisor if divisor > 1 else number * scale
    return text_of(raw, escaped=False)
