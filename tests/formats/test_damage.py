"""Damaged lines of every format: each is accounted for, and whole lines around them are read as if they were alone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from formats.named import parsed

from logproc.formats import FORMATS
from logproc.formats.detect import Detection, detect
from logproc.formats.parser import Matcher

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


MATCHER = Matcher()


def found(lines: list[bytes]) -> Detection:
    text = b"\n".join(lines) + b"\n"
    return detect([text], matcher=MATCHER, refused=MATCHER.refused, readers=MATCHER.readers)


@pytest.mark.no_cover
@pytest.mark.parametrize("part", range(9))
def test_damaged_lines_do_not_change_what_a_file_is(part: int):
    changed = {}
    for row in [*FORMATS.values()][part::9]:
        if "\x1b" in row.samples[0].line:  # whose colours are its own
            continue
        chance = random.Random(row.name)
        *front, whole = row.samples[0].line.encode().split(b"\n") if row.header else [row.samples[0].line.encode()]
        lines = [whole] * 100
        last = whole.splitlines()[-1]
        for place in range(20, 100, 20):
            lines.insert(place, damaged(last, chance))
        cut = len(last) // 2
        lines[50:50] = [
            b"\xef\xbb\xbf" + last,
            last[:cut] + b"\x1b[0m\x07" + last[cut:],
            last[:cut] + b"\r" + last[cut:],
        ]
        before, after = found([*front, *[whole] * 100]), found([*front, *lines])
        if after.format != before.format:
            changed[row.name] = after
    assert changed == {}
