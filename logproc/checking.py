"""`logproc formats --check FILE --format F`: which lines of a file a format refuses, where in them and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logproc import scratch
from logproc.adhoc.rows import parse
from logproc.formats import resolve
from logproc.formats.describe import how
from logproc.formats.faults import find_fault
from logproc.inputs.blocks import BlockReader, buffer_size

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.formats import Format
    from logproc.report_model import FileEntry

SHOWN = 10
"""Refused lines of a file that are explained."""

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused line: its number from 1, its bytes, why, the byte from 0 at which it fails, and what belongs there."""

    number: int
    line: bytes
    reason: str
    position: int
    expected: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a format makes of a file: the books, how lines are read, and the first lines that are refused."""

    entry: FileEntry
    how: str
    refusals: tuple[Refusal, ...]


class _Nowhere:
    """Takes the rows, which nobody asked for."""

    def write(self, rows: bytes) -> int:
        return len(rows)


def check(config: Config) -> list[Checked]:
    """Read each file of the configuration and say what is refused in it."""
    with scratch.folder() as folder:
        path = Path(folder) / "rejects"
        report = parse(replace(config, output=replace(config.output, rejects=str(path))), _Nowhere())  # type: ignore[arg-type]
        rejects: dict[str, list[_Reject]] = {}
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                row = json.loads(text)
                known = rejects.setdefault(row["path"], [])
                if len(known) < SHOWN:
                    known.append(_Reject(row["line"], row["offset"], row["reason"], row["raw"].encode()))
    return [_checked(entry, rejects.get(entry.path, [])) for entry in report.files]


class _Reject(NamedTuple):
    line: int
    offset: int
    reason: str
    raw: bytes


def _checked(entry: FileEntry, rejects: list[_Reject]) -> Checked:
    if entry.format is None:
        return Checked(entry, "", ())
    fmt = resolve(entry.format)
    heads = _heads(entry.path, fmt, rejects[-1].offset) if rejects and fmt.header is not None else []
    return Checked(entry, how(fmt), tuple(_refusal(fmt, reject, heads) for reject in rejects))


def _refusal(fmt: Format, reject: _Reject, heads: list[tuple[int, bytes]]) -> Refusal:
    before = [line for offset, line in heads if offset <= reject.offset]
    fault = find_fault(fmt, reject.raw, reject.reason, before)
    return Refusal(reject.line, reject.raw, reject.reason, min(fault.position, len(reject.raw)), fault.expected)


def _heads(path: str, fmt: Format, limit: int) -> list[tuple[int, bytes]]:
    """Return the header lines in front of an offset, with their own."""
    assert fmt.header is not None
    directive = fmt.header.directive
    heads: list[tuple[int, bytes]] = []
    buffer = np.zeros(buffer_size(BLOCK_BYTES, BLOCK_BYTES), np.uint8)
    with BlockReader(path, block_bytes=BLOCK_BYTES, max_line_bytes=BLOCK_BYTES) as reader:
        while (block := reader.read(buffer)) is not None and block.offset <= limit:
            place = block.offset
            for line in buffer[block.start : block.end].tobytes().splitlines(keepends=True):
                if line.startswith(directive) if directive else line.strip():
                    heads.append((place, line.rstrip(b"\r\n")))
                    if not directive:
                        return [] if fmt.header.default else heads
                place += len(line)
    return heads
