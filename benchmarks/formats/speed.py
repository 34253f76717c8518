"""How fast one thread reads each format and groups by one field of it.

    python benchmarks/formats [NAME...] [--megabytes 32] [--rounds 3] [--mixed] [--output FILE]

A file of each format is made of its samples with other digits in them, as far as the format still reads them, their
clocks going on by a second every few lines as those of real logs do, in whichever of the usual ways they are written:
with colons, dots or nothing between, to the minute, or as seconds since 1970. The lines of one sample come together, as
one writer's lines are alike; `--mixed` shuffles them, which no log does, and shows what a change of layout costs. The
file is read by a worker's `process` from the page cache: finding the lines, tokenising, and one `count(*)` by a field.
CPU time, the best of the rounds. Every round reads `combined` first: the ratio tells something on a busy machine, too.
Below `LEAST` MB/s a line is marked; a line that is short costs more per byte than most real ones do.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.formats import FORMATS
from logproc.formats.parser import Matcher
from logproc.model import FIELDS, Kind, Piece, Task
from logproc.rollup.sql import plan
from logproc.worker import Job, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.formats import Format

LEAST = 400
"""MB/s that a kernel format shall reach."""

USUAL = "combined"

HEADER = "| format | field | bytes a line | MB/s | of combined | rejected |\n|---|---|---|---|---|---|"

VARIANTS = 2000
"""Different lines of a text."""

WISHED = ("status", "level", "severity", "client", "program", "message")
"""Fields to group by; the first that the format has, of those that its family knows if there are any."""


def main() -> None:
    """Measure the formats named, or all."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", default=list(FORMATS))
    arguments.add_argument("--megabytes", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--mixed", action="store_true")
    arguments.add_argument("--output", type=Path, help="a page of the results, with the host and what was run")
    given = arguments.parse_args()
    print(HEADER)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        usual = Reading(FORMATS[USUAL], Path(folder), given.megabytes * 10**6, mixed=given.mixed)
        for name in given.names:
            reading = Reading(FORMATS[name], Path(folder), given.megabytes * 10**6, mixed=given.mixed)
            pairs = [(usual.seconds(), reading.seconds()) for _ in range(given.rounds)]
            rows.append(reading.row(min(own for _, own in pairs), usual.size / min(other for other, _ in pairs)))
            print(rows[-1], flush=True)
            if name != USUAL:
                reading.path.unlink()
    if given.output is not None:
        given.output.write_text(document(rows))


def document(rows: list[str]) -> str:
    """Return a page of the results."""
    return (
        f"# How fast formats are read, {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"`{' '.join(['python benchmarks/formats', *sys.argv[1:]])}`: megabytes a second of CPU time on one thread, "
        f"the best of the rounds, and the same beside `{USUAL}` right before. {len(os.sched_getaffinity(0))} CPUs, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; load average at the end "
        f"{os.getloadavg()[0]:.1f}. Lines marked * are below {LEAST} MB/s.\n\n" + "\n".join((HEADER, *rows)) + "\n"
    )


class Reading:
    """One format, a file of it, and a report."""

    def __init__(self, row: Format, folder: Path, size: int, *, mixed: bool = False) -> None:
        self.format = row
        self.path = folder / f"{row.name}.log"
        self.path.write_bytes(sample_text(row, size, mixed=mixed))
        self.size = self.path.stat().st_size
        self.field = field = key_of(row)
        known = row.family in FIELDS and (field in FIELDS[row.family] or row.family == "json")
        relation, fields = (
            (row.family, {}) if known else ("sample", {row.family: {field: row.fields.get(field, Kind.TEXT)}})
        )
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
    own = [name for name in WISHED if name in row.fields]
    common = [name for name in own if name in FIELDS.get(row.family, ())]
    return next(iter(common or own or row.fields))


CLOCK = re.compile(
    rb"(?:(?<=^\d\d)|(?<=[T ,:\t\[@-]\d\d)|(?<=^\d)|(?<=[T ,\t\[]\d)):[0-5]\d:[0-5]\d(?!\d)"  # hours of one digit, too
)
"""Minute and second of the first time of a line."""

CLOCKS: tuple[tuple[re.Pattern[bytes], Callable[[int], bytes]], ...] = (
    (CLOCK, lambda second: b":%02d:%02d" % divmod(second, 60)),
    (
        re.compile(rb"(?<=\d[.-]\d\d[- ]\d\d)\.[0-5]\d\.[0-5]\d(?!\d)"),
        lambda second: b".%02d.%02d" % divmod(second, 60),
    ),
    (
        re.compile(rb"(?:(?<=\d{8}[T:]\d\d)|(?<=^\d{10}))[0-5]\d[0-5]\d(?!\d)"),
        lambda second: b"%02d%02d" % divmod(second, 60),
    ),
    (re.compile(rb"(?<=[T ]\d\d):[0-5]\d(?![\d:])"), lambda second: b":%02d" % (second // 60)),
    (re.compile(rb"(?<=\b1[4-7]\d{4})\d{4}(?=(?:\d{3}){0,3}(?!\d))"), lambda second: b"%04d" % second),
)
"""What goes on in a line, and how the seconds of an hour are written there; of these, the first that a line has. The
last are the lower digits of seconds since 1970, behind which milli-, micro- or nanoseconds may stand."""

BEHIND_CLOCK = re.compile(rb"([.,]\d+)?( ?[+-]\d\d:?\d\d(?!\d)| \d{4}(?!\d))?")
"""A fraction, whose digits differ from line to line in real logs, and a zone or a year, which stay."""

LINES_A_SECOND = 4


def variants(row: Format, seed: int = 7) -> list[list[bytes]]:
    """Return for each sample of a format records like it, with other digits behind the first clock, zone and year."""
    matcher = Matcher()
    count = max(1, VARIANTS // len(row.samples))
    return [_like(row, sample.line.encode(), count, random.Random(seed), matcher) for sample in row.samples]


def _like(row: Format, sample: bytes, count: int, chance: random.Random, matcher: Matcher) -> list[bytes]:
    digits = _free_digits(sample)
    found = [sample]
    while len(found) < count:
        line = bytearray(sample)
        for at in chance.sample(digits, min(len(digits), 4)):
            line[at] = chance.randrange(48, 58)
        matched, rejected = matcher(row, bytes(line) + b"\n")
        found.append(bytes(line) if matched and not rejected else chance.choice(found))
    return found


def _free_digits(record: bytes) -> list[int]:
    """Return where the digits of a record stand that are behind the clocks of their lines, and of no zone or year."""
    places: list[int] = []
    at = 0
    for line in record.splitlines(keepends=True):
        clock, _ = _clock_of(line)
        begin, kept = (clock.end(), BEHIND_CLOCK.match(line, clock.end()).span(2)) if clock else (0, (0, 0))
        free = range(begin, len(line))
        places += [at + k for k in free if 48 <= line[k] <= 57 and not kept[0] <= k < kept[1]]
        at += len(line)
    return places


def _clock_of(line: bytes) -> tuple[re.Match[bytes] | None, Callable[[int], bytes]]:
    """Return the clock of a line, or None, and how its seconds are written."""
    for pattern, written in CLOCKS:
        clock = pattern.search(line)
        if clock is not None:
            return clock, written
    return None, CLOCKS[0][1]


def going_on(row: Format, lines: list[bytes], size: int, number: int = 0) -> list[bytes]:
    """Return about `size` bytes of the lines, again and again, whose first clocks go on from line `number` on."""
    matcher = Matcher()
    parts = [_around_clocks(matcher, row, line) for line in lines]
    text: list[bytes] = []
    length = 0
    while length < size:
        for around in parts:
            line = _written(around, number // LINES_A_SECOND % 3600)
            text.append(line)
            length += len(line) + 1
            number += 1
    return text


def _around_clocks(matcher: Matcher, row: Format, record: bytes) -> list[bytes | Callable[[int], bytes]]:
    """Return what stands around the clocks of a record's lines, and how these are written; the record alone if it has
    none, or where the format reads no other."""
    parts: list[bytes | Callable[[int], bytes]] = []
    for line in record.splitlines(keepends=True):
        clock, written = _clock_of(line)
        parts += [line] if clock is None else [line[: clock.start()], written, line[clock.end() :]]
    matched, rejected = matcher(row, _written(parts, 3599) + b"\n")
    return parts if matched and not rejected else [record]


def _written(parts: list[bytes | Callable[[int], bytes]], second: int) -> bytes:
    return b"".join([part if isinstance(part, bytes) else part(second) for part in parts])


def sample_text(row: Format, size: int, *, mixed: bool = False) -> bytes:
    """Return about `size` bytes of the format's records; header lines in front of a sample stand once.

    As one writer's lines are alike, all that are like one sample come together, unless all are to be mixed.
    """
    first = f"{row.samples[0].line}\n".encode()
    if row.header is None:
        groups = variants(row)
        if mixed:
            groups = [[line for group in groups for line in group]]
            random.Random(7).shuffle(groups[0])
        whole = sum(len(line) + 1 for group in groups for line in group)
        text: list[bytes] = []
        for group in groups:
            share = -(-size * sum(len(line) + 1 for line in group) // whole)
            text += going_on(row, group, share, len(text))
        return b"\n".join(text) + b"\n"
    head = b""
    if first.count(b"\n") > 1:
        *before, first = first.splitlines(keepends=True)
        head = b"".join(before)
    return head + first * (size // len(first) + 1)
