"""The coverage map as the page shows it: a strip of shades for each host, holes marked, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.report.coverage import Coverage, Row, coverage, name_of
from logproc.report.html.panels import shortened
from logproc.report.text import plural
from logproc.report.units import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.report_model import Report

MOST_HOSTS = 100
MOST_STEPS = 240
"""Squares of a strip; more hours are put together."""

SHADES = 10


@dataclass(frozen=True, slots=True)
class Strip:
    """A host: its squares as one SVG path for each shade, the last one for holes, and in words."""

    name: str
    lines: int
    paths: tuple[tuple[str, str], ...]
    about: str


@dataclass(frozen=True, slots=True)
class Map:
    """The section of the page."""

    steps: int
    first: str
    last: str
    unit: str
    strips: tuple[Strip, ...]
    more: str
    findings: tuple[tuple[str, str], ...]
    sql: str


def mapped(report: Report) -> Map | None:
    """Return the map of a report; None where nothing was counted for it."""
    if report.coverage is None:
        return None
    found = coverage(report.coverage, report.files)
    if not found.rows and not found.findings:
        return None
    width = max(1, -(-len(found.hours) // MOST_STEPS))
    steps = -(-len(found.hours) // width)
    return Map(
        steps=steps,
        first=moment(found.hours[0]) if found.hours else "",
        last=moment(found.hours[-1]) if found.hours else "",
        unit="an hour" if width == 1 else f"{width} hours with lines",
        strips=tuple(_strip(row, found, width, steps) for row in _first(found.rows)),
        more=plural(len(found.rows) - MOST_HOSTS, "more host") if len(found.rows) > MOST_HOSTS else "",
        findings=tuple((finding.kind, shortened(finding.text, 600)) for finding in found.findings[:MOST_HOSTS]),
        sql=report.coverage.sql,
    )


def _first(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows that are drawn: those with holes before others, in their order."""
    worst = sorted(range(len(rows)), key=lambda number: not rows[number].holes)[:MOST_HOSTS]
    return [rows[number] for number in sorted(worst)]


def _strip(row: Row, found: Coverage, width: int, steps: int) -> Strip:
    counts = [sum(row.counts[begin : begin + width]) for begin in range(0, len(row.counts), width)]
    holes = {hour // width for hour in row.holes}
    name = shortened(name_of(row.source, row.host), 60)
    about = f"{name}: lines in {plural(sum(map(bool, row.counts)), 'hour')} of {len(found.hours):,}"
    if row.holes:
        about += f", far fewer than its twins in {len(row.holes):,}"
    return Strip(name, row.lines, tuple(_paths(counts, holes, steps)), about)


def _paths(counts: Sequence[int], holes: set[int], steps: int) -> Iterator[tuple[str, str]]:
    most = max(counts, default=0) or 1
    shades: dict[str, list[int]] = {}
    for step in range(steps):
        if step in holes:
            shades.setdefault("hole", []).append(step)
        elif counts[step]:
            shades.setdefault(f"h{1 + (SHADES - 1) * counts[step] // most}", []).append(step)
    for shade, places in sorted(shades.items()):
        yield shade, "".join(f"M{place} 0h1v1h-1z" for place in places)
