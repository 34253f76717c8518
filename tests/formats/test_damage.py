"""Damaged lines of every format: each is accounted for, and whole lines around them are read as if they were alone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from formats.named import parsed

from logproc.formats import FORMATS

if TYPE_CHECKING:
    from logproc.formats import Format


def damaged(line: bytes, chance: random.Random) -> bytes:
    """Return what crashes, full disks and transfers make of a line."""
    at, to = sorted(chance.sample(range(len(line) + 1), 2))
    return chance.choice(
        [
            line[:at],
            line[at:],
            line[:at] + bytes(chance.randrange(1, 40)) + line[to:],
            line[:at] + line[at:to] * 2 + line[to:],
            line[:at] + b"\xff\xfe\x80" + line[to:],
            line[:to] + line,
        ]
    ).replace(b"\n", b" ")


@pytest.mark.no_cover
@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in FORMATS.values()])
def test_damaged_lines_are_accounted_for(row: Format):
    chance = random.Random(row.name)
    whole = row.samples[0].line.encode()
    lines = [whole]
    for _ in range(12):
        lines += [damaged(whole.splitlines()[-1], chance), whole]
    text = b"\n".join(lines) + b"\n"
    rows, report = parsed(row.name, text)
    counted = report.lines
    assert counted.read == text.count(b"\n")
    assert counted.read == counted.counted + counted.filtered + counted.rejected
    (alone,), _ = parsed(row.name, whole + b"\n")
    alone.pop("stack", None)
    times = [found["time"] for found in rows if found.get("time") == alone.get("time")] if "time" in alone else rows
    assert len(times) >= (13 if row.engine != "cri" else 1)
