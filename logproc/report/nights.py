"""What the runs of one night read, together: each knows its own lines, and the kept report of the night is of them all.

The kept JSON has what is needed to add up: of each file that a run read, or failed to read, also its host, its rejected
lines by reason, and samples of these.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from logproc.model import SAMPLES, Lines, Reject
from logproc.report.text import path_text
from logproc.report_model import FileEntry
from logproc.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logproc.report_model import Report

WITHOUT_NEWS = frozenset({"unchanged", "duplicate"})
"""What a file is that a run need not open."""

_OUTCOMES = frozenset({"read", "failed"})
"""What a file stays for the night, whatever it is without news to a later run."""


def more(entry: FileEntry) -> dict[str, Any]:
    """Return what the JSON of a kept night says of a file beyond the contract's keys; nothing of one without news."""
    if entry.status in WITHOUT_NEWS and not entry.lines.read:
        return {}
    return {
        "host": entry.host,
        "bytes_stored": entry.bytes_stored,
        "mtime_ns": entry.mtime_ns,
        "rejected_by_reason": entry.rejected_by_reason,
        "samples": [
            [sample.line, sample.offset, sample.reason, sample.raw.decode("utf-8", "backslashreplace")]
            for sample in entry.samples
        ],
    }


class Earlier(NamedTuple):
    """The kept report of a night, as JSON has it; what it read is in the new one as well where they `overlap`."""

    document: Mapping[str, Any]
    overlap: bool

    @property
    def finished(self) -> datetime:
        """Return when the run was over that wrote it."""
        return datetime.fromisoformat(self.document["run"]["finished"])


def together(earlier: Earlier, report: Report) -> Report:
    """Return a report with the files of an earlier one of the same night added to its own.

    KeyError, TypeError or ValueError where the earlier one is no report of this shape.
    """
    found = {path_text(entry.path): entry for entry in report.files}
    for entry in _entries(earlier.document["files"]):
        later = found.get(entry.path)
        found[entry.path] = entry if later is None else _added(entry, later, overlap=earlier.overlap)
    return replace(report, files=tuple(found[path] for path in sorted(found)))


def _entries(files: Iterable[Mapping[str, Any]]) -> Iterable[FileEntry]:
    """Yield the files of a kept report that were read, or that could not be."""
    for file in files:
        lines = Lines(**file["lines"])
        if file["status"] in _OUTCOMES or lines.read:
            yield FileEntry(
                path=file["path"],
                source=file["source"],
                format=file["format"],
                confidence=file["confidence"],
                codec=file["codec"],
                bytes_stored=file.get("bytes_stored", 0),
                bytes_read=file["bytes_read"],
                lines=lines,
                status=file["status"],
                reason=file["reason"],
                first_time=_micros(file["first_time"]),
                last_time=_micros(file["last_time"]),
                rejected_by_reason=dict(file.get("rejected_by_reason", {})),
                samples=tuple(
                    Reject(line, offset, reason, raw.encode("utf-8", "surrogatepass"))
                    for line, offset, reason, raw in file.get("samples", [])
                ),
                host=file.get("host"),
                mtime_ns=file.get("mtime_ns", 0),
            )


def _micros(text: str | None) -> int | None:
    return None if text is None else parse_time(text)


def _added(before: FileEntry, now: FileEntry, *, overlap: bool) -> FileEntry:
    """Return what became of a file in two runs.

    Where the later one's books hold the earlier one's, or lines that it read anew, the greater of both is told.
    """
    first = before if now.status in WITHOUT_NEWS and before.status in _OUTCOMES else now
    times = [time for time in (before.first_time, now.first_time) if time is not None]
    ends = [time for time in (before.last_time, now.last_time) if time is not None]
    known = first if first.format is not None else before
    if overlap:
        of = max(before, now, key=lambda entry: entry.lines.read)
    else:
        of = replace(
            now,
            bytes_read=before.bytes_read + now.bytes_read,
            lines=before.lines + now.lines,
            rejected_by_reason=_reasons(before, now),
        )
    return replace(
        first,
        format=known.format,
        confidence=known.confidence,
        codec=known.codec,
        bytes_stored=max(before.bytes_stored, now.bytes_stored),
        first_time=min(times, default=None),
        last_time=max(ends, default=None),
        samples=tuple(dict.fromkeys([*before.samples, *now.samples]))[:SAMPLES],
        host=now.host if now.host is not None else before.host,
        mtime_ns=now.mtime_ns or before.mtime_ns,
        bytes_read=of.bytes_read,
        lines=of.lines,
        rejected_by_reason=of.rejected_by_reason,
    )


def _reasons(before: FileEntry, now: FileEntry) -> dict[str, int]:
    names = sorted({*before.rejected_by_reason, *now.rejected_by_reason})
    return {name: before.rejected_by_reason.get(name, 0) + now.rejected_by_reason.get(name, 0) for name in names}
