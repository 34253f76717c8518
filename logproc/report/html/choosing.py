"""One host or one source of all: figures and their course for what is chosen in the page.

Everything follows from the lines by source, host and hour that every run counts along with its reports. Without
JavaScript there is the table of all hosts, and the course of all of them together.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from logproc.report import figures, units, within
from logproc.report.ends import files_of, marked, of_files
from logproc.report.html import drawing
from logproc.report.html.panels import Cell, Heading, shortened, statement, text_class
from logproc.report.since import Change, change
from logproc.report.text import plural
from logproc.report.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.report.figures import Axis
    from logproc.report_model import Report, ReportTable

MEASURES = (("lines", Unit.COUNT), ("requests", Unit.COUNT), ("errors", Unit.COUNT), ("bytes", Unit.BYTES))
"""What is counted, and in which unit; one that is nothing but zeros is left out."""

MOST_PAIRS = 40
"""Hosts of sources that can be chosen, the largest ones; the others are one choice together."""

MOST_ROWS = 200
"""Hosts of sources in the table, the largest ones."""

MOST_STEPS = 168
"""Steps of the course, a week of hours; a longer time has wider ones."""

WIDTHS = (1, 2, 3, 4, 6, 12, 24, 168, 720, 8760)
"""Hours that a step may have."""

LONGEST_IN_DAY = 24
"""Hours of the widest step that lies within a day; wider ones cannot tell what a day was."""

Pair = tuple[str, str]
"""A source and a host."""

Counts = list[int | None]
"""Counts by step, None where time is left out."""

OTHERS: Pair = ("(others)", "(others)")
NO_SOURCE, NO_HOST = "(no source)", "(no host)"


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of everything; `part` is what of it `changes` are about, such as that `of` its last whole day."""

    label: str
    value: str
    part: str
    of: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Choosing:
    """The section: names to choose from, figures of everything, their course, a row for each host of a source."""

    sources: tuple[str, ...]
    hosts: tuple[str, ...]
    tiles: tuple[Tile, ...]
    compared: str
    charts: tuple[drawing.Drawing, ...]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: str
    unit: str
    data: str
    sql: str


def choosing(report: Report) -> Choosing | None:
    """Return the section of a report; None where there is nothing to choose, or nothing was counted for it."""
    table = report.coverage
    if table is None or [column.name for column in table.columns[3:]] != [name for name, _ in MEASURES]:
        return None
    sums = _sums(table)
    if len(sums) < 2:
        return None
    measures = [n for n in range(len(MEASURES)) if any(values[n] for values in sums.values())]
    pairs = sorted(sums, key=lambda pair: (-sums[pair][0], pair))
    shown = pairs if len(pairs) <= MOST_PAIRS else pairs[: MOST_PAIRS - 1]
    names = [*shown, *([OTHERS] if len(shown) < len(pairs) else [])]
    course, width = _course(table, set(shown))
    axis, places = figures.steps_of(list(course)) or (None, [])
    counts = [[_values(course, places, pair, n) for n in measures] for pair in names]
    totals = {pair: sums[pair] for pair in shown}
    if len(shown) < len(pairs):
        totals[OTHERS] = [sum(sums[pair][n] for pair in pairs[len(shown) :]) for n in range(len(MEASURES))]
    whole = [sum(values[n] for values in sums.values()) for n in measures]
    spans = (
        within.spans_of(map(within.second, {row[2] for row in table.rows if row[2]})) if width <= LONGEST_IN_DAY else ()
    )
    title, of = within.described(spans) if spans and axis else ("", "")
    times = [_steps_in(axis, span) for span in spans] if axis else []
    with_source = len({source for source, _ in pairs}) > 1
    rows = tuple(_row(pair, sums, measures, with_source=with_source) for pair in pairs[:MOST_ROWS])
    document = {
        "pairs": names,
        "units": [MEASURES[n][1].value for n in measures],
        "totals": [[totals[pair][n] for n in measures] for pair in names],
        "counts": counts,
        "ends": [_ends(report, pair) for pair in names],
        "of": of,
        "times": [(span.name, *steps) for span, steps in zip(spans, times, strict=False)],
    }
    return Choosing(
        sources=tuple(sorted({source for source, _ in names})),
        hosts=tuple(sorted({host for _, host in names})),
        tiles=tuple(
            _tile(n, value, of, [_then(counts, place, steps) for steps in times], [span.name for span in spans])
            for place, (n, value) in enumerate(zip(measures, whole, strict=True))
        ),
        compared=title,
        charts=() if axis is None else tuple(_charts(marked(axis, of_files(report.files)), counts, measures)),
        headings=(
            *(
                Heading(name, False, text_class([row[place] for row in rows]))
                for place, name in enumerate(("source", "host") if with_source else ("host",))
            ),
            *(Heading(MEASURES[n][0], True, "n") for n in measures),
        ),
        rows=rows,
        left_out=plural(len(pairs) - MOST_ROWS, "more host") if len(pairs) > MOST_ROWS else "",
        unit="an hour" if width == 1 else f"{width} hours",
        # Inside a script element nothing but its end tag and comments is markup: without "<" there is none.
        data=json.dumps(document, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
        sql=statement(table.sql),
    )


def _values(course: dict[str, dict[Pair, list[int]]], places: Sequence[str | None], pair: Pair, n: int) -> Counts:
    """Return the counts of one pair along the axis, None where time is left out."""
    return [None if place is None else course[place].get(pair, _ZEROS)[n] if place else 0 for place in places]


def _tile(n: int, value: int, of: str, then: Sequence[int], names: Sequence[str]) -> Tile:
    """Return a figure of everything; `then` are its counts in the times that are compared, the one judged first."""
    name, unit = MEASURES[n]
    if not then:
        return Tile(name, units.write(value, unit), "", "", ())
    changes = tuple(Change(change(then[0], old), since) for old, since in zip(then[1:], names[1:], strict=True))
    return Tile(name, units.write(value, unit), units.write(then[0], unit), of, changes)


def _ends(report: Report, pair: Pair) -> tuple[float | None, float | None]:
    """Return when the lines of a host of a source begin and end; those of the others are not known."""
    if pair == OTHERS:
        return None, None
    ends = of_files(files_of(report.files, pair[0].replace(NO_SOURCE, ""), pair[1].replace(NO_HOST, "")))
    return ends.first, ends.last


def _steps_in(axis: Axis, span: within.Span) -> tuple[int, int]:
    """Return the first of the steps that a time has, and the one behind its last."""
    return bisect_left(axis.seconds, span.first), bisect_left(axis.seconds, span.end)


def _then(counts: Sequence[Sequence[Counts]], place: int, steps: tuple[int, int]) -> int:
    return sum(sum(filter(None, found[place][slice(*steps)])) for found in counts)


def _sum(values: Sequence[int | None]) -> int | None:
    return None if None in values else sum(filter(None, values))


_ZEROS = [0] * len(MEASURES)


def _pair(row: Sequence[Any]) -> Pair:
    return shortened(row[0] or NO_SOURCE, 60), shortened(row[1] or NO_HOST, 60)


def _sums(table: ReportTable) -> dict[Pair, list[int]]:
    sums: dict[Pair, list[int]] = {}
    for row in table.rows:
        found = sums.setdefault(_pair(row), [0] * len(MEASURES))
        for n in range(len(MEASURES)):
            found[n] += row[3 + n] or 0
    return sums


def _course(table: ReportTable, shown: set[Pair]) -> tuple[dict[str, dict[Pair, list[int]]], int]:
    """Return the counts of each step, by its begin, and the hours of a step."""
    hours = {row[2]: within.second(row[2]) // within.HOUR for row in table.rows if row[2]}
    width = next((w for w in WIDTHS if len({h // w for h in hours.values()}) <= MOST_STEPS), WIDTHS[-1])
    begins = {text: _text(hour // width * width) for text, hour in hours.items()}
    course: dict[str, dict[Pair, list[int]]] = {begin: {} for begin in sorted(begins.values())}
    for row in table.rows:
        if row[2]:
            pair = _pair(row) if _pair(row) in shown else OTHERS
            found = course[begins[row[2]]].setdefault(pair, [0] * len(MEASURES))
            for n in range(len(MEASURES)):
                found[n] += row[3 + n] or 0
    return course, width


def _text(hour: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    return moment.isoformat().removesuffix("+00:00") + "Z"


def _charts(axis: Axis, counts: Sequence[Sequence[Counts]], measures: Sequence[int]) -> Iterator[drawing.Drawing]:
    for place, n in enumerate(measures):
        name, unit = MEASURES[n]
        whole = tuple(_sum(values) for values in zip(*(found[place] for found in counts), strict=True))
        chart = figures.Chart(name, "area", unit, axis, (figures.Line(name, whole),))
        yield drawing.draw(chart, f"{name} of all that is chosen from")


def _row(pair: Pair, sums: dict[Pair, list[int]], measures: Sequence[int], *, with_source: bool) -> tuple[Cell, ...]:
    cells = [Cell(name, "x") for name in (pair if with_source else pair[1:])]
    for n in measures:
        most = max(values[n] for values in sums.values()) or 1
        value = sums[pair][n]
        bad = " bad" if value and units.is_error(MEASURES[n][0]) else ""
        cells.append(Cell(units.write(value, MEASURES[n][1]), f"n b{round(100 * value / most)}{bad}", str(value)))
    return tuple(cells)
