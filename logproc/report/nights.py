"""What the runs of one night read, together: each knows its own lines, and the kept report of the night is of them all.

The kept JSON has what is needed to add up: of each file that a run read, or failed to read, also its host, its rejected
lines by reason, samples of these, and what stood open at its end: the next run reads that again, and counts it again.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from logproc.model import SAMPLES, Lines, Reject
from logproc.report.text import path_text
from logproc.report_model import FileEntry, Opened
from logproc.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

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
        "samples": [[sample.line, sample.offset, sample.reason, _text(sample)] for sample in entry.samples],
        "opened": None if entry.opened is None else asdict(entry.opened),
    }


def _text(sample: Reject) -> str:
    return sample.raw.decode("utf-8", "backslashreplace")


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
    went_on = {(opened.generation, opened.start) for entry in report.files if (opened := entry.opened) is not None}
    for kept in _entries(earlier.document["files"]):
        entry = kept if earlier.overlap else _closed(kept, went_on)
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
                opened=_opened_of(file.get("opened")),
            )


def _opened_of(found: Mapping[str, Any] | None) -> Opened | None:
    return None if found is None else Opened(**{**found, "lines": Lines(**found["lines"])})


def _closed(entry: FileEntry, went_on: AbstractSet[tuple[int, int]]) -> FileEntry:
    """Return a file of an earlier run without what stood open at its end, if a later run went on there."""
    opened = entry.opened
    if opened is None or not opened.bytes_read or (opened.generation, opened.at) not in went_on:
        return entry
    return replace(
        entry,
        bytes_read=entry.bytes_read - opened.bytes_read,
        lines=entry.lines - opened.lines,
        rejected_by_reason=_without(entry, opened),
        samples=tuple(sample for sample in entry.samples if sample.offset < opened.at),
        opened=None,
    )


def _without(entry: FileEntry, opened: Opened) -> dict[str, int]:
    """Return the reasons of a file without those of what stood open: as samples say, or else the most usual ones."""
    reasons = dict(entry.rejected_by_reason)
    said = [sample.reason for sample in entry.samples if sample.offset >= opened.at]
    for number in range(opened.lines.rejected):
        name = said[number] if number < len(said) else max(reasons, key=lambda name: reasons[name])
        reasons[name] -= 1
    return {name: count for name, count in reasons.items() if count}


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
        samples=_samples(before, now),
        host=now.host if now.host is not None else before.host,
        mtime_ns=now.mtime_ns or before.mtime_ns,
        bytes_read=of.bytes_read,
        lines=of.lines,
        rejected_by_reason=of.rejected_by_reason,
        opened=now.opened or before.opened,
    )


def _samples(before: FileEntry, now: FileEntry) -> tuple[Reject, ...]:
    """Return samples of both runs, each once: bytes that are no text come back from JSON as what stands for them."""
    found: dict[tuple[int, int, str], Reject] = {}
    for sample in (*before.samples, *now.samples):
        found.setdefault((sample.line, sample.offset, _text(sample)), sample)
    return tuple(found.values())[:SAMPLES]


def _reasons(before: FileEntry, now: FileEntry) -> dict[str, int]:
    names = sorted({*before.rejected_by_reason, *now.rejected_by_reason})
    return {name: before.rejected_by_reason.get(name, 0) + now.rejected_by_reason.get(name, 0) for name in names}
