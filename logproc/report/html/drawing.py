"""Charts as numbers that the page's templates write as SVG: shown without JavaScript, in print, and until it has begun.

A drawing also carries its data for the charting library, which takes the drawing's place on the screen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logproc.report import figures, units
from logproc.report.ends import noted
from logproc.report.text import valid_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.report.figures import Axis, Chart, HeatMap, Line

WIDTH, HEIGHT = 640, 150
"""Units of a drawing's own coordinates."""

STATIC_POINTS = 320
"""Points of a drawn line: about one for two pixels."""

LONGEST_NAME = 60

MOST_BREAKS = 12
"""Marks of left out time in one chart; with more of them they would hide the lines, whose gaps say it anyway."""

STRIPE = 5
"""Units from one to the next of the lines across a step that is not whole."""

MOST_MARKS = 12
"""Names below the columns of a chart."""

WIDEST_BAR = 9
"""Percent of a chart's width that a column takes at most: two of them are columns, too."""

ERROR_COLOURS = 6
"""Number of the first colour that is for errors; those before are for all else."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One line of a drawing: SVG paths of the line and of the area below it, and its colour's number."""

    name: str
    colour: int
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of a drawing, in percent of its width and height."""

    x: str
    y: str
    width: str
    height: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart. `data` is JSON for the library, `summary` says in words what is to be seen.

    `marks` stand below the columns, one each, of which some are empty. `partial` says which steps are not whole, and
    `stripes` is a path of lines across them.
    """

    title: str
    summary: str
    kind: str
    top: str
    first: str
    last: str
    strokes: tuple[Stroke, ...]
    bars: tuple[Bar, ...]
    marks: tuple[str, ...]
    breaks: tuple[str, ...]
    partial: str
    stripes: str
    data: str


@dataclass(frozen=True, slots=True)
class Square:
    """A value of a map, its place among eleven shades, and what it says."""

    shade: int
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Heat:
    """A map of squares under its columns' names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Square, ...]], ...]


def draw(chart: Chart, about: str, *, live: bool = True) -> Drawing:
    """Return a chart as a drawing; `about` names it for those who do not see it. Only a live one carries its data."""
    highest = max((value for line in chart.lines for value in line.values if value is not None), default=0)
    top = highest if chart.kind == "ranking" else figures.nice_ceiling(highest)
    bars = tuple(_bars(chart, top)) if chart.kind in {"columns", "ranking"} else ()
    strokes = () if bars else tuple(_strokes(chart, top))
    return Drawing(
        title=_text(chart.title),
        summary=_summary(chart, about),
        kind=chart.kind,
        top=units.write(top, chart.unit) if chart.kind == "ranking" else units.compact(top, chart.unit),
        first=chart.axis.labels[0],
        last=chart.axis.labels[-1],
        strokes=strokes,
        bars=bars,
        marks=tuple(_marks(chart.axis.labels)) if bars else (),
        breaks=tuple(_number(WIDTH * (b + 0.5) / max(1, len(chart.axis.labels))) for b in _marked(chart.axis)),
        partial="" if bars else noted(chart.axis),
        stripes="" if bars else "".join(f"M{_number(x)} 4V{HEIGHT}" for x in _stripes(chart.axis)),
        data=_data(chart) if live else "",
    )


def _stripes(axis: Axis) -> Iterator[float]:
    """Yield where lines stand across the first and the last step, where these are not whole."""
    width = WIDTH / max(1, len(axis.labels) - 1)
    for is_partial, begin in ((axis.begun, 0.0), (axis.until, WIDTH - width)):
        for number in range(max(1, int(width / STRIPE)) if is_partial else 0):
            yield begin + (number + 0.5) * min(width, STRIPE)


def heat(found: HeatMap) -> Heat:
    """Return a map with its shades."""
    most = max((value for row in found.values for value in row if value is not None), default=0) or 1
    rows = tuple(
        (name, tuple(_square(value, most, f"{name}, {column}", found) for value, column in _pairs(values, found)))
        for name, values in zip(found.rows, found.values, strict=True)
    )
    return Heat(found.title, found.columns, rows)


def _pairs(values: Sequence[float | None], found: HeatMap) -> Iterable[tuple[float | None, str]]:
    return zip(values, found.columns, strict=True)


def _square(value: float | None, most: float, where: str, found: HeatMap) -> Square:
    shade = 0 if not value else 1 + round(9 * max(0.0, value) / most)
    return Square(shade, units.compact(value or 0, found.unit), f"{where}: {units.write(value or 0, found.unit)}")


# ---- paths -----------------------------------------------------------------------------------------------------


def _strokes(chart: Chart, top: float) -> Iterator[Stroke]:
    lines = list(enumerate(chart.lines))
    for number, line in lines[::-1] if chart.kind == "band" else lines:
        runs = list(_runs(line, len(chart.axis.labels), top))
        path = "".join(_path(run) for run in runs)
        area = "".join(f"{_path(run)}V{HEIGHT}H{_number(run[0][0])}Z" for run in runs if len(run) > 1)
        filled = chart.kind in {"area", "band"}
        yield Stroke(_name(line), _colour(line, number), path, area if filled else "")


def _name(line: Line) -> str:
    return _text(line.label)


def _text(text: str) -> str:
    return visible(valid_text(text))[:LONGEST_NAME]


def _colour(line: Line, number: int) -> int:
    """Return the number of a line's colour in the style sheet: what counts errors is red, or next to it."""
    return ERROR_COLOURS + number % 2 if units.is_error(line.name) else number % ERROR_COLOURS


def _runs(line: Line, steps: int, top: float) -> Iterator[list[tuple[float, float]]]:
    """Yield runs of points without a gap; a lone point is a short stroke."""
    scale = WIDTH / max(1, steps - 1)
    run: list[tuple[float, float]] = []
    for index, value in [*figures.thinned(line.values, STATIC_POINTS), (steps, None)]:
        if value is not None:
            run.append((index * scale, HEIGHT - (HEIGHT - 4) * min(1.0, max(0.0, value / top))))
        elif run:
            yield run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), (run[0][0] + 1, run[0][1])]
            run = []


def _path(run: Sequence[tuple[float, float]]) -> str:
    first, *others = run
    return f"M{_number(first[0])} {_number(first[1])}" + "".join(f"L{_number(x)} {_number(y)}" for x, y in others)


def _bars(chart: Chart, top: float) -> Iterator[Bar]:
    line = chart.lines[0]
    width = 100 / len(line.values)
    for number, (label, value) in enumerate(zip(chart.axis.labels, line.values, strict=True)):
        height = 100 * max(0.0, (value or 0) / top)
        text = f"{_text(label)}: {units.write(value, chart.unit)}"
        wide = min(0.8 * width, WIDEST_BAR)
        left = number * width + (width - wide) / 2
        yield Bar(f"{left:.2f}%", f"{100 - height:.2f}%", f"{wide:.2f}%", f"{height:.2f}%", text)


def _marks(labels: Sequence[str]) -> Iterator[str]:
    step = -(-len(labels) // MOST_MARKS)
    return (_text(label) if place % step == 0 else "" for place, label in enumerate(labels))


def _marked(axis: Axis) -> Sequence[int]:
    return axis.breaks if len(axis.breaks) <= MOST_BREAKS else ()


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# ---- words and data --------------------------------------------------------------------------------------------


def _summary(chart: Chart, about: str) -> str:
    parts = [about]
    for line in chart.lines:
        points = [(value, index) for index, value in enumerate(line.values) if value is not None]
        if points:
            low, (high, where) = min(points)[0], max(points)
            name = f"{_name(line)} " if len(chart.lines) > 1 else ""
            parts.append(
                f"{name}always {units.write(high, chart.unit)}"
                if low == high
                else f"{name}from {units.write(low, chart.unit)} to {units.write(high, chart.unit)}, "
                f"highest at {_text(chart.axis.labels[where])}"
            )
    return "; ".join([*parts, *filter(None, [noted(chart.axis)])])


def _data(chart: Chart) -> str:
    axis: Axis = chart.axis
    document: dict[str, Any] = {
        "kind": chart.kind,
        "unit": chart.unit.value,
        "names": [_name(line) for line in chart.lines],
        "colours": [_colour(line, number) for number, line in enumerate(chart.lines)],
        "lines": [[None if value is None else _rounded(value) for value in line.values] for line in chart.lines],
    }
    if axis.seconds:
        document["x"] = _stepped(axis.seconds)
        document["breaks"] = list(axis.breaks)
        document |= {name: text for name, text in (("begun", axis.begun), ("until", axis.until)) if text}
    else:
        document["labels"] = list(axis.labels)
    # Inside a script element nothing but its end tag and comments is markup: without "<" there is none.
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.5g}")


def _stepped(seconds: Sequence[float]) -> list[int]:
    """Return times as the first one and the differences of the others: a third of the digits."""
    whole = [round(second) for second in seconds]
    return [whole[0], *(after - before for before, after in pairwise(whole))]
