"""Lines that name their fields themselves, read as the command line reads them and as reports see them."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.adhoc.rows import parse
from logproc.config import Flags, load
from logproc.formats.parser import Matcher, new_parser
from logproc.kernels import tokenize
from logproc.kernels.intern import ESCAPED
from logproc.model import NO_TIME, PADDING
from logproc.rollup.columns import RENAMED, text_of
from logproc.timestamps import rfc3339

if TYPE_CHECKING:
    from logproc.formats import Format
    from logproc.report_model import Report


def parsed(name: str, text: bytes, mtime: float | None = None, **options: Any) -> tuple[list[dict[str, Any]], Report]:
    """Return the rows of a text as `logproc parse --format NAME` prints them, and the books."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text.log"
        path.write_bytes(text)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        out = BytesIO()
        report = parse(load(Flags(paths=(str(path),), format=name), find=False), out, **options)
        return [json.loads(line) for line in out.getvalue().splitlines()], report


def counted(row: Format, text: bytes, columns: tuple[str, ...]) -> list[dict[str, str | None]]:
    """Return the texts of columns as reports see them, `time` as RFC 3339."""
    parser = new_parser(row, columns)
    parser.open(())
    parser.reach(0, "UTC")
    buffer = np.frombuffer(text + bytes(PADDING), np.uint8).copy()
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.parse(buffer, 0, len(text), 0, counters)
    assert counters[tokenize.POSITION] == len(text)
    found = []
    for number in range(int(counters[tokenize.ROWS])):
        time = int(parser.lines.times[number])
        fields: dict[str, str | None] = {"time": None if time == NO_TIME else rfc3339(time)}
        for column, name in enumerate(parser.columns):
            start, end = parser.lines.starts[column, number], parser.lines.ends[column, number]
            escaped = parser.lines.styles[column, number] == ESCAPED
            if name != "time":
                value = None if start < 0 else text_of(buffer[start:end].tobytes(), escaped=escaped)
                fields[name] = RENAMED[name](value) if value is not None and name in RENAMED else value
        found.append(fields)
    return found


def matched(row: Format, text: bytes) -> tuple[int, int]:
    """Count matched and rejected lines."""
    return Matcher()(row, text)
