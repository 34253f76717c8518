"""How fast one thread reads each format and groups by one field of it.

    python benchmarks/formats [NAME...] [--megabytes 32] [--rounds 3]

A file of each format is made of its samples with other digits in them, as far as the format still reads them, their
clocks going on by a second every few lines as those of real logs do, and read by a worker's `process` from the page
cache: finding the lines, tokenising, and one `count(*)` by a field. CPU time, the best of the rounds. Every round reads
`combined` first: the ratio tells something on a busy machine, too. Below `LEAST` MB/s a line is marked; a line that is
short costs more per byte than most real ones do.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.formats import FORMATS
from logproc.formats.parser import Matcher
from logproc.model import FIELDS, Kind, Piece, Task
from logproc.rollup.sql import plan
from logproc.worker import Job, process

if TYPE_CHECKING:
    from logproc.formats import Format

LEAST = 400
"""MB/s that a kernel format shall reach."""

USUAL = "combined"

VARIANTS = 2000
"""Different lines of a text."""

WISHED = ("status", "level", "severity", "client", "program", "message")
"""Fields to group by; the first that the format has."""


def main() -> None:
    """Measure the formats named, or all."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", default=list(FORMATS))
    arguments.add_argument("--megabytes", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    print("| format | field | bytes a line | MB/s | of combined | rejected |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        usual = Reading(FORMATS[USUAL], Path(folder), given.megabytes * 10**6)
        for name in given.names:
            reading = Reading(FORMATS[name], Path(folder), given.megabytes * 10**6)
            pairs = [(usual.seconds(), reading.seconds()) for _ in range(given.rounds)]
            print(reading.row(min(own for _, own in pairs), usual.size / min(other for other, _ in pairs)), flush=True)
            if name != USUAL:
                reading.path.unlink()


class Reading:
    """One format, a file of it, and a report."""

    def __init__(self, row: Format, folder: Path, size: int) -> None:
        self.format = row
        self.path = folder / f"{row.name}.log"
        self.path.write_bytes(sample_text(row, size))
        self.size = self.path.stat().st_size
        self.field = field = key_of(row)
        known = row.family in FIELDS and (field in FIELDS[row.family] or row.family == "json")
        relation, fields = (row.family, {}) if known else ("sample", {field: row.fields.get(field, Kind.TEXT)})
        self._spec = plan(
            f"SELECT {field}, count(*) AS n FROM {relation} GROUP BY {field}",
            row.name,
            relations={"sample": frozenset({row.family})},
            fields=fields,
        )
        self._number = 0
        self.lines = self._read()  # compiles, and warms the page cache

    def _read(self):
        piece = Piece(0, os.fspath(self.path), 0, -1, 0, source="sample", codec="plain", format=self.format.name)
        self._number += 1
        job = Job(f"{self.format.name}-{self._number}", (self._spec,), formats=(self.format.name,))
        return process(job, Task(0, (piece,), self.size)).files[0].lines

    def seconds(self) -> float:
        """Return the processor time that reading the file takes."""
        begin = time.process_time()
        self._read()
        return time.process_time() - begin

    def row(self, seconds: float, usual: float) -> str:
        """Return the row of the table."""
        speed = self.size / seconds
        mark = "" if speed >= LEAST * 1e6 else " *"
        cells = (self.format.name, self.field, self.size // self.lines.read, f"{speed / 1e6:.0f}{mark}")
        return f"| {' | '.join(map(str, cells))} | {speed / usual:.2f} | {self.lines.rejected} |"


def key_of(row: Format) -> str:
    """Return the field that the report groups by."""
    return next((name for name in WISHED if name in row.fields), next(iter(row.fields)))


CLOCK = re.compile(rb"(?<=[T ,:\t]\d\d):[0-5]\d:[0-5]\d(?!\d)")
"""Minute and second of the first time of a line."""

LINES_A_SECOND = 4


def variants(row: Format, seed: int = 7) -> list[bytes]:
    """Return records like the samples of a format, with other digits behind the first clock."""
    chance, matcher = random.Random(seed), Matcher()
    found = [sample.line.encode() for sample in row.samples]
    while len(found) < VARIANTS:
        line = bytearray(chance.choice(found[: len(row.samples)]))
        clock = CLOCK.search(line)
        digits = [at for at, byte in enumerate(line) if 48 <= byte <= 57 and at >= (clock.end() if clock else 0)]
        for at in chance.sample(digits, min(len(digits), 4)):
            line[at] = chance.randrange(48, 58)
        matched, rejected = matcher(row, bytes(line) + b"\n")
        found.append(bytes(line) if matched and not rejected else chance.choice(found))
    chance.shuffle(found)
    return found


def going_on(row: Format, lines: list[bytes], size: int) -> bytes:
    """Return about `size` bytes of the lines, again and again, whose first clocks go on within an hour."""
    matcher = Matcher()
    parts = [_around_clock(matcher, row, line) for line in lines]
    clocks = [b":%02d:%02d" % divmod(second, 60) for second in range(3600)]
    text: list[bytes] = []
    length = number = 0
    while length < size:
        for before, after in parts:
            line = before if after is None else before + clocks[number // LINES_A_SECOND % 3600] + after
            text.append(line)
            length += len(line) + 1
            number += 1
    return b"\n".join(text) + b"\n"


def _around_clock(matcher: Matcher, row: Format, line: bytes) -> tuple[bytes, bytes | None]:
    """Return what stands in front of a line's clock and behind it; the line alone where no other clock may stand."""
    clock = CLOCK.search(line)
    if clock is None:
        return line, None
    before, after = line[: clock.start()], line[clock.end() :]
    matched, rejected = matcher(row, before + b":59:59" + after + b"\n")
    return (before, after) if matched and not rejected else (line, None)


def sample_text(row: Format, size: int) -> bytes:
    """Return about `size` bytes of the format's records; header lines in front of a sample stand once."""
    first = f"{row.samples[0].line}\n".encode()
    if row.header is None:
        return going_on(row, variants(row), size)
    head = b""
    if first.count(b"\n") > 1:
        *before, first = first.splitlines(keepends=True)
        head = b"".join(before)
    return head + first * (size // len(first) + 1)
