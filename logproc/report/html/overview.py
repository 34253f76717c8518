"""The head of the page: figures on tiles with what they were before, the books of the run, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from logproc.report import figures, since, units
from logproc.report.html import drawing
from logproc.report.html.panels import shortened, statement
from logproc.report.summary import problem_of, problems, verdict
from logproc.report.text import path_text, plural, rfc3339, size
from logproc.report.units import NUMBERS, Unit
from logproc.report_model import NO_BACKEND, NOTHING_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.report_model import Comparison, FileEntry, Report, ReportTable

MOST_FILES = 400
"""Files that are listed one by one, those with a problem first."""

MOST_SAMPLES = 25
"""Rejected lines that are shown."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure. `part` is what of it `changes` are about, such as that `of` its last day; empty for all of it."""

    label: str
    value: str
    exact: str
    aside: str
    part: str
    of: str
    changes: tuple[since.Change, ...]
    bad: bool
    spark: drawing.Drawing | None


@dataclass(frozen=True, slots=True)
class Tiles:
    """A report without keys: one row, a tile for each of its values."""

    id: str
    title: str
    name: str
    note: str
    sql: str
    tiles: tuple[Tile, ...]

    @property
    def changed(self) -> bool:
        """Tell whether any of them is held against something."""
        return any(tile.changes for tile in self.tiles)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: from where to where in percent, and what it is."""

    css: str
    x: str
    width: str
    label: str
    count: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the run."""

    path: str
    format: str
    codec: str
    size: str
    bytes: int
    lines: int
    rejected: int
    first: str
    last: str
    status: str
    problem: str


@dataclass(frozen=True, slots=True)
class Books:
    """The accounting of a run."""

    lines: int
    shares: tuple[Share, ...]
    files: str
    bytes: str
    reasons: tuple[tuple[str, int, str], ...]
    problems: tuple[tuple[str, str], ...]
    checks: tuple[tuple[str, bool, str], ...]
    samples: tuple[tuple[str, int, int, str, str], ...]
    listed: tuple[FileRow, ...]
    more_files: str
    from_ledger: bool


def tiles(table: ReportTable, number: int, note: str, report: Report, compared: Comparison = NOTHING_BEFORE) -> Tiles:
    """Return a report of one row as tiles, with what their figures are held against."""
    row = table.rows[0]
    whole = next((row[i] for i in range(len(row)) if units.is_count(table, i) and row[i]), None)
    courses = _courses(report)
    tiles = []
    for index, (column, now, changed) in enumerate(since.changes(table, compared)):
        tile = _tile(table, index, row[index], whole, courses.get(column.name))
        if changed and compared.part:
            tile = replace(tile, part=units.write(now, units.unit_of(column, table.sql)), of=compared.part)
        tiles.append(replace(tile, changes=changed))
    return Tiles(
        id=f"report-{number}",
        title=shortened(table.title or table.name),
        name=shortened(table.name),
        note=note,
        sql=statement(table.sql),
        tiles=tuple(tiles),
    )


def _tile(
    table: ReportTable,
    index: int,
    value: Any,  # noqa: ANN401 - a cell is None, text, number or truth
    whole: int | None,
    course: figures.Chart | None,
) -> Tile:
    column = table.columns[index]
    unit = units.unit_of(column, table.sql)
    is_number = column.type in NUMBERS
    text = shortened(units.instant(value) if unit is Unit.TIME and value else units.write(value, unit), 60)
    is_bad = units.is_error(column.name)
    aside = ""
    if is_bad and whole and isinstance(value, int):
        aside = f"{100 * value / whole:.2f} % of all"
    return Tile(
        label=shortened(units.words(column.name), 60),
        value=text,
        exact=f"{value:,}" if since.is_number(value) and unit is Unit.BYTES else "",
        aside=aside,
        part="",
        of="",
        changes=(),
        bad=bool(is_bad and value),
        spark=drawing.draw(course, f"{units.words(column.name)} over time") if course and is_number else None,
    )


def _courses(report: Report) -> dict[str, figures.Chart]:
    """Return the course of each value over time, from the report with the finest steps that has it."""
    found: dict[str, figures.Chart] = {}
    for table in report.reports:
        keys = [column for column in table.columns if column.role == "key"]
        if len(keys) != 1 or keys[0].type != "time" or table.problem:
            continue
        for chart in figures.charts(table):
            for line in chart.lines:
                coarser = found.get(line.name)
                if coarser is None or len(chart.axis.labels) > len(coarser.axis.labels):
                    found[line.name] = replace(chart, title=line.name, kind="area", lines=(line,))
    return found


# ---- books -----------------------------------------------------------------------------------------------------


def books(report: Report, max_reject_ratio: float, named: tuple[str, ...]) -> Books:
    """Return the accounting of a run, in full and in words."""
    lines = report.lines
    counts: dict[str, int] = {}
    for entry in report.files:
        counts[entry.status] = counts.get(entry.status, 0) + 1
    read = sum(entry.bytes_read for entry in report.files)
    stored = sum(entry.bytes_stored for entry in report.files if entry.status == "read" or entry.bytes_read)
    rejected = lines.rejected or 1
    files = sorted(report.files, key=lambda entry: problem_of(entry, max_reject_ratio, named) is None)
    return Books(
        lines=lines.read,
        shares=tuple(
            _shares(
                (("counted", lines.counted), ("filtered", lines.filtered), ("rejected", lines.rejected)), lines.read
            )
        ),
        files=_files(counts),
        bytes=f"{size(read)} of text" + (f" from {size(stored)} on disk" if stored not in {0, read} else ""),
        reasons=tuple(
            (shortened(reason), count, f"{100 * count / rejected:.1f} %")
            for reason, count in report.rejected_by_reason.items()
        ),
        problems=tuple((line.level, shortened(line.text, 600)) for line in problems(report, max_reject_ratio, named)),
        checks=tuple((shortened(check.name), check.failed, shortened(verdict(check))) for check in report.checks),
        samples=tuple(_samples(report))[:MOST_SAMPLES],
        listed=tuple(_file(entry, max_reject_ratio, named) for entry in files[:MOST_FILES]),
        more_files=plural(len(files) - MOST_FILES, "more file") if len(files) > MOST_FILES else "",
        from_ledger=report.run.backend == NO_BACKEND,
    )


def _files(counts: dict[str, int]) -> str:
    """Say what became of the files: `30 files read, 2 failed`."""
    states = [f"{count:,} {status}" for status, count in counts.items()]
    if not states:
        return "no files"
    status, count = next(iter(counts.items()))
    return ", ".join([f"{plural(count, 'file')} {status}", *states[1:]])


def _shares(counts: Sequence[tuple[str, int]], total: int) -> Iterator[Share]:
    begin = 0.0
    for name, count in counts:
        width = 100 * count / total if total else 0.0
        # A single rejected line among millions is to be seen too.
        drawn = max(width, 0.5) if count else 0.0
        yield Share(name, f"{min(begin, 100 - drawn):.3f}%", f"{drawn:.3f}%", name, f"{count:,}")
        begin += width


def _samples(report: Report) -> Iterator[tuple[str, int, int, str, str]]:
    for entry in report.files:
        for sample in entry.samples:
            text = sample.raw.decode("utf-8", "backslashreplace")
            yield shortened(path_text(entry.path)), sample.line, sample.offset, sample.reason, shortened(text)


def _file(entry: FileEntry, max_reject_ratio: float, named: tuple[str, ...]) -> FileRow:
    return FileRow(
        path=shortened(path_text(entry.path)),
        format=entry.format or units.NOTHING,
        codec=entry.codec or units.NOTHING,
        size=size(entry.bytes_read),
        bytes=entry.bytes_read,
        lines=entry.lines.read,
        rejected=entry.lines.rejected,
        first=_moment(entry.first_time),
        last=_moment(entry.last_time),
        status=entry.status,
        problem=shortened(problem_of(entry, max_reject_ratio, named) or entry.reason or ""),
    )


def _moment(micros: int | None) -> str:
    text = rfc3339(micros)
    return units.NOTHING if text is None else units.moment(text)


def span(report: Report) -> str:
    """Return from when to when the lines are, in words."""
    firsts = [entry.first_time for entry in report.files if entry.first_time is not None]
    lasts = [entry.last_time for entry in report.files if entry.last_time is not None]
    if not firsts or not lasts:
        hours = sorted(row[2] for row in report.coverage.rows if row[2]) if report.coverage is not None else []
        return f"{units.moment(hours[0])} to {units.moment(hours[-1])} UTC, by the hour" if hours else "no times"
    return f"{_moment(min(firsts))} to {_moment(max(lasts))} UTC"
