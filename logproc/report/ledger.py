"""What `state ls` and `state verify` print, as text for people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.report import json
from logproc.report.json import lines_object
from logproc.report.listing import align
from logproc.report.text import path_text, plural, rfc3339, size, visible

if TYPE_CHECKING:
    from collections.abc import Sequence


def kept_json(rows: Sequence[Any]) -> str:
    """Return the generations of a ledger as JSON, one a line."""
    return json.listing(
        {
            "path": path_text(row.path),
            "generation": row.number,
            "status": row.status,
            "source": row.source,
            "host": row.host,
            "format": row.format,
            "codec": row.codec,
            "bytes": row.bytes,
            "lines": lines_object(row.lines),
            "first_time": rfc3339(row.first_time),
            "last_time": rfc3339(row.last_time),
        }
        for row in rows
    )


def kept_text(rows: Sequence[Any]) -> str:
    """Return the generations of a ledger as aligned text."""
    cells = [
        (
            row.status,
            size(row.bytes),
            plural(row.lines.read, "line"),
            row.format or "-",
            f"{rfc3339(row.first_time) or '-'} to {rfc3339(row.last_time) or '-'}",
            path_text(row.path),
        )
        for row in rows
    ]
    total = sum(row.lines.read for row in rows)
    return align(cells) + f"{plural(len(rows), 'file')}, {plural(total, 'line')} counted\n"


def verified_json(rows: Sequence[Any]) -> str:
    """Return the verdicts on files as JSON, one a line."""
    return json.listing({"path": path_text(row.path), "verdict": row.verdict, "reason": row.reason} for row in rows)


def verified_text(rows: Sequence[Any]) -> str:
    """Return the verdicts on files that are not as they were counted, and a summary."""
    odd = [(row.verdict, path_text(row.path), visible(f"({row.reason})")) for row in rows if row.verdict != "same"]
    same = sum(row.verdict == "same" for row in rows)
    return align(odd) + f"{plural(len(rows), 'file')}, {same:,} as counted\n"
