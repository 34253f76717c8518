"""How fast one thread reads each format and groups by one field of it.

    python benchmarks/formats.py [NAME...] [--megabytes 32] [--rounds 3]

A file of each format is its first sample, again and again, read by a worker's `process` from the page cache: finding
the lines, tokenising, and one `count(*)` by a field. CPU time, the best of the rounds. Below `LEAST` MB/s a line is
marked; a line that is short costs more per byte than most real ones do.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.formats import FORMATS
from logproc.model import FIELDS, Kind, Piece, Task
from logproc.rollup.sql import plan
from logproc.worker import Job, process

if TYPE_CHECKING:
    from logproc.formats import Format

LEAST = 400
"""MB/s that a kernel format shall reach."""

WISHED = ("status", "level", "severity", "client", "message")
"""Fields to group by; the first that the format has."""


def main() -> None:
    """Measure the formats named, or all."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", default=list(FORMATS))
    arguments.add_argument("--megabytes", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    print("| format | field | bytes a line | MB/s | rejected |\n|---|---|---|---|---|")
    for name in given.names:
        print(measured(FORMATS[name], given.megabytes * 10**6, given.rounds), flush=True)


def measured(row: Format, size: int, rounds: int) -> str:
    """Return the table row of a format."""
    field = next((name for name in WISHED if name in row.fields), next(iter(row.fields)))
    known = row.family in FIELDS and (field in FIELDS[row.family] or row.family == "json")
    relation, fields = (row.family, {}) if known else ("sample", {field: row.fields.get(field, Kind.TEXT)})
    relations = {"sample": frozenset({row.family})}
    spec = plan(
        f"SELECT {field}, count(*) AS n FROM {relation} GROUP BY {field}", row.name, relations=relations, fields=fields
    )
    text = sample_text(row, size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.log"
        path.write_bytes(text)
        piece = Piece(0, os.fspath(path), 0, -1, 0, source="sample", codec="plain", format=row.name)
        best = float("inf")
        for number in range(rounds + 1):  # the first one compiles and warms
            job = Job(str(number), (spec,), formats=(row.name,))
            begin = time.process_time()
            lines = process(job, Task(0, (piece,), len(text))).files[0].lines
            best = min(best, time.process_time() - begin)
    speed = len(text) / best / 1e6
    mark = "" if speed >= LEAST else " *"
    return f"| {row.name} | {field} | {len(text) // lines.read} | {speed:.0f}{mark} | {lines.rejected} |"


def sample_text(row: Format, size: int) -> bytes:
    """Return about `size` bytes of the format's first sample; header lines in front of it stand once."""
    text = f"{row.samples[0].line}\n".encode()
    head = b""
    if row.header is not None and text.count(b"\n") > 1:
        *before, text = text.splitlines(keepends=True)
        head = b"".join(before)
    return head + text * (size // len(text) + 1)


if __name__ == "__main__":
    main()
