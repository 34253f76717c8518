"""Ranges of a file, read by workers one after the other and merged, as a run does."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logproc.model import Lines, Piece, Task
from logproc.rollup.dumping import load
from logproc.rollup.outcome import report_table
from logproc.rollup.tables import Table
from logproc.worker import Job, process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from logproc.rollup.spec import RollupSpec


def read_ranges(
    path: Path, borders: list[int], queries: Sequence[RollupSpec], tried: tuple[str, ...], **options: Any
) -> tuple[Any, ...]:
    """Read a file of several formats cut at borders; returns rows by report, the lines and the rejects by reason."""
    job = Job(uuid.uuid4().hex, tuple(queries), **options)
    tables, lines, reasons = [Table(query, 10_000) for query in queries], Lines(), dict[str, int]()
    for number, (start, end) in enumerate(pairwise([*borders, -1])):
        piece = Piece(0, str(path), start, end, 0, codec="plain", format=tried[0], tried=tried)
        partial = process(job, Task(number, (piece,), 0))
        for table, query, dumped in zip(tables, queries, partial.tables, strict=True):
            table.merge(load(query, dumped))
        result = partial.files[0]
        assert result.lines.balanced()
        lines += result.lines
        for reason, count in result.rejected_by_reason.items():
            reasons[reason] = reasons.get(reason, 0) + count
    return [{row[:-1]: row[-1] for row in report_table(table).rows} for table in tables], lines, reasons
