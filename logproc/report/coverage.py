"""Who wrote when: lines by host and hour, and what of them is missing, doubled, or written by a clock that is wrong.

A host is held against its twins, the other hosts of its source (`twins`). It follows that a source with one host is not
judged, that an hour in which all twins are silent is nobody's hole, and that hosts without twins in earnest, such as a
database beside web servers, belong into a source of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from logproc.report import twins
from logproc.report.text import path_text, plural, visible
from logproc.report.twins import MOST_TWINS, median_of
from logproc.report.units import moment, seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from logproc.report_model import FileEntry, ReportTable

AHEAD = 5.0
"""Seconds by which the last line of a file may be later than the file itself, by rounding and buffering."""

BEHIND = 60.0
"""Seconds by which a host's lines may be older than their files, against those of its twins."""

LEAST_FILES = 3

MOST_LISTED = 6
"""Paths of one finding that are named."""


Key = tuple[str | None, str | None]
"""A source and a host."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. `kind` is silent, few, shifted, ahead, behind, duplicate or damaged; times are RFC 3339."""

    kind: str
    text: str
    source: str | None = None
    host: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A host of a source: lines by hour, in the order of `Coverage.hours`, and the hours of them that are holes."""

    source: str | None
    host: str | None
    lines: int
    counts: tuple[int, ...]
    holes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The map: hours in which anybody wrote, a row a host, and what was found."""

    hours: tuple[str, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    def beside(self, problems: Collection[str]) -> tuple[Finding, ...]:
        """Return what was found and is not said already: a file that is damaged is a problem, too."""
        return tuple(finding for finding in self.findings if finding.text not in problems)


def coverage(table: ReportTable, files: Sequence[FileEntry]) -> Coverage:
    """Return the map of a table whose first columns are source, host, hour and lines, and of the files they are of."""
    counts: dict[Key, dict[str, int]] = {}
    for source, host, hour, lines, *_ in table.rows:
        if hour is not None:
            counts.setdefault((source, host), {})[hour] = lines
    hours = tuple(sorted({hour for found in counts.values() for hour in found}))
    place = {hour: number for number, hour in enumerate(hours)}
    numbers = {hour: _number(hour) for hour in hours}
    numbered = {key: {numbers[hour]: lines for hour, lines in found.items()} for key, found in counts.items()}
    together, largest = _together(counts), _largest(counts)
    findings: list[Finding] = []
    rows = []
    for (source, host), found in sorted(counts.items(), key=lambda item: tuple(map(str, item[0]))):
        others = _others(found, host, together.get(source, {}))
        nearest = [key for key in largest.get(source, ()) if key[1] != host][:MOST_TWINS] if others else []
        missing = twins.missing(found, others, [counts[key] for key in nearest])
        findings += _holes(
            source, host, missing, [hour for hour in sorted(others) if hour in missing or found.get(hour)]
        )
        findings += _shifted((source, host), numbered, nearest)
        series = tuple(found.get(hour, 0) for hour in hours)
        rows.append(Row(source, host, sum(series), series, frozenset(place[hour] for hour in missing)))
    findings += _smaller(counts, together)
    findings += _clocks(files)
    findings += _duplicates(files)
    findings += _damaged(files)
    return Coverage(hours, tuple(rows), tuple(findings))


def name_of(source: str | None, host: str | None) -> str:
    """Return a host as people call it: with its source, where there are sources."""
    return visible("/".join(part for part in (source, host) if part) or "(no host)")


# ---- against the twins -----------------------------------------------------------------------------------------


def _together(counts: Mapping[Key, Mapping[str, int]]) -> dict[str | None, dict[str, int]]:
    """Return the lines by hour of all hosts of a source together; lines without a host are nobody's twins."""
    sums: dict[str | None, dict[str, int]] = {}
    for (source, host), hours in counts.items():
        if host is not None:
            found = sums.setdefault(source, {})
            for hour, lines in hours.items():
                found[hour] = found.get(hour, 0) + lines
    return sums


def _others(mine: Mapping[str, int], host: str | None, together: Mapping[str, int]) -> dict[str, int]:
    """Return the lines by hour of all twins: those of all hosts together without its own."""
    if host is None:
        return {}
    return {hour: rest for hour, lines in together.items() if (rest := lines - mine.get(hour, 0))}


def _holes(
    source: str | None, host: str | None, missing: Mapping[str, float], hours: Sequence[str]
) -> Iterator[Finding]:
    """Yield one finding for each run of hours that is missing; `hours` leaves out those that say nothing."""
    run: list[str] = []
    for hour in [*hours, ""]:
        if hour in missing:
            run.append(hour)
        elif run:
            until = _after(run[-1])
            usual = _usual(sum(missing[each] for each in run), len(run))
            text = (
                f"{name_of(source, host)}: no lines, or far fewer than its twins, from {moment(run[0])} to "
                f"{moment(until)} UTC; about {usual} were expected"
            )
            yield Finding("silent", text, source, host, run[0], until)
            run = []


def _usual(lines: float, hours: int) -> str:
    """Say how many lines were expected: by the hour, or in all where that is less than one."""
    each = lines / hours
    return f"{lines:,.0f} in all" if each < 1 else f"{each:,.{0 if each >= 10 else 1}f} an hour"


def _after(hour: str) -> str:
    return (datetime.fromisoformat(hour) + timedelta(hours=1)).isoformat().removesuffix("+00:00") + "Z"


def _largest(counts: Mapping[Key, Mapping[str, int]]) -> dict[str | None, list[Key]]:
    """Return the hosts of each source that others are compared with: one more, as none is its own twin."""
    found: dict[str | None, list[Key]] = {}
    for key in sorted((key for key in counts if key[1] is not None), key=lambda key: -sum(counts[key].values())):
        hosts = found.setdefault(key[0], [])
        if len(hosts) <= MOST_TWINS:
            hosts.append(key)
    return found


def _smaller(
    counts: Mapping[Key, Mapping[str, int]], together: Mapping[str | None, dict[str, int]]
) -> Iterator[Finding]:
    """Yield the hosts that have far fewer lines than their twins all the time."""
    for source, sums in together.items():
        hosts = {host: found for (its, host), found in counts.items() if its == source and host is not None}
        shares = {host: twins.share_of(found, _others(found, host, sums)) for host, found in hosts.items()}
        known = {host: share for host, share in sorted(shares.items()) if share is not None}
        for host, times in twins.smaller(known):
            text = (
                f"{name_of(source, host)}: far fewer lines than its twins all the time, 1 for {times:.2g} of theirs; "
                "if that is meant, give it a [[source]] of its own"
            )
            yield Finding("few", text, source, host)


def _shifted(key: Key, numbered: Mapping[Key, Mapping[int, int]], nearest: Sequence[Key]) -> Iterator[Finding]:
    """Yield a finding where a host's days have the shape of most of its twins', some hours earlier or later."""
    source, host = key
    if host is None:
        return
    if not nearest:
        return
    from logproc.report.shifts import shift_of  # noqa: PLC0415 - numpy, which few reports need

    shifts = [shift_of(numbered[key], numbered[each]) for each in nearest]
    found = [shift for shift in shifts if shift]
    if 2 * len(found) > len(shifts):
        shift = round(median_of(found))
        text = (
            f"{name_of(source, host)}: its lines look like those of its twins {plural(abs(shift), 'hour')} "
            f"{'later' if shift > 0 else 'earlier'}; its clock or time zone may be wrong"
        )
        yield Finding("shifted", text, source, host)


def _number(hour: str) -> int:
    return int(datetime.fromisoformat(hour).timestamp()) // 3600


# ---- files -----------------------------------------------------------------------------------------------------


def _clocks(files: Sequence[FileEntry]) -> Iterator[Finding]:
    """Yield hosts whose lines are later than their files, or older than their files in another way than their twins'.

    A file cannot be changed before its last line is written. That holds as far as copying keeps times.
    """
    gaps: dict[tuple[str, str | None], list[float]] = {}
    for entry in files:
        if entry.last_time is not None and entry.mtime_ns:
            gaps.setdefault((entry.source, entry.host), []).append(entry.mtime_ns / 1e9 - entry.last_time / 1e6)
    for (source, host), found in gaps.items():
        if min(found) < -AHEAD:
            text = (
                f"{name_of(source, host)}: lines up to {seconds(-min(found))} later than the files they are in; "
                "its clock is ahead, its time zone is not the configured one, or copying changed the files' times"
            )
            yield Finding("ahead", text, source or None, host)
        theirs = [gap for (its, other), each in gaps.items() if its == source and other != host for gap in each]
        usual = median_of(theirs) if theirs else 0.0
        if len(found) >= LEAST_FILES <= len(theirs) and min(found) - max(usual, 0.0) > BEHIND:
            text = (
                f"{name_of(source, host)}: the last lines of all its files are at least {seconds(min(found))} older "
                f"than the files, those of its twins {seconds(max(usual, 0.0))}; its clock may be behind"
            )
            yield Finding("behind", text, source or None, host)


def _duplicates(files: Sequence[FileEntry]) -> Iterator[Finding]:
    """Yield files that agree in size, lines, first and last time: the same log under two names."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for entry in files:
        if entry.status == "read" and entry.lines.read > 1 and entry.first_time is not None:
            key = (entry.bytes_read, entry.lines, entry.first_time, entry.last_time, entry.format)
            alike.setdefault(key, []).append(visible(path_text(entry.path)))
    for (size, *_), paths in alike.items():
        if len(paths) > 1:
            yield Finding("duplicate", f"counted twice? {size:,} bytes, lines and times alike: {_listed(paths)}")


def _damaged(files: Sequence[FileEntry]) -> Iterator[Finding]:
    """Yield files that were read and end too early or are damaged: their tails are missing."""
    for entry in files:
        if entry.status == "read" and entry.reason:
            text = visible(f"{path_text(entry.path)}: {entry.reason}")
            yield Finding("damaged", text, entry.source or None, entry.host)


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MOST_LISTED:,} more" if len(paths) > MOST_LISTED else ""
    return ", ".join(paths[:MOST_LISTED]) + more
