"""Which charts a report has, told by the types, roles and names of its columns, for any report that somebody wrote.

A time key makes lines over time, one chart for counts that belong together, quantiles as bands; a key and a time make a
line for each of the largest keys; an hour or a weekday makes columns; both of them a map of squares. Any other report
has the bars in its table and no chart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logproc.report.text import key_text
from logproc.report.units import NUMBERS, Unit, adds_up, are_days, is_error, is_level, moment, unit_of, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.report_model import ColumnInfo, ReportTable

MOST_POINTS = 20_000
"""Steps of a time axis; a report with more has no chart, its table says everything."""

MOST_LINES = 6
"""Lines of one chart; smaller keys are one line together."""

LONGEST_FILL = 24
"""Steps without a row that are drawn as nothing happening; a longer gap is left out and marked."""

FEWEST_POINTS = 3

_CYCLES = {
    "hour": range(24),
    "hour_of_day": range(24),
    "minute": range(60),
    "weekday": range(7),
    "day_of_week": range(7),
    "dayofweek": range(7),
    "isodow": range(1, 8),
    "month": range(1, 13),
    "day_of_month": range(1, 32),
}
"""Keys that go round, and what they go through."""


@dataclass(frozen=True, slots=True)
class Line:
    """A named row of numbers, one a step of the axis; None where there is none.

    It is a column's, or that `of_key`: then its name came out of a log.
    """

    name: str
    values: tuple[float | None, ...]
    of_key: bool = False

    @property
    def label(self) -> str:
        """Return the name as people read it."""
        return self.name if self.of_key else words(self.name)


@dataclass(frozen=True, slots=True)
class Axis:
    """Steps from left to right: their labels, and the indexes in front of which time is left out.

    `seconds` are the steps' times since 1970 UTC, where they are times. Where the first `step` is not whole, `begun`
    says from when on it has lines, and `until` how far the last one goes.
    """

    labels: tuple[str, ...]
    breaks: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    begun: str = ""
    until: str = ""
    step: str = "step"


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over one axis in one unit. `kind` is area, lines, band (from low to high quantiles) or columns."""

    title: str
    kind: str
    unit: Unit
    axis: Axis
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Numbers of two keys that go round, a row of squares for each value of the first."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    unit: Unit


def charts(table: ReportTable) -> tuple[Chart, ...]:
    """Return the charts of a report, the most telling first; none where a table says it better."""
    keys = [index for index, column in enumerate(table.columns) if column.role == "key"]
    values = [i for i, column in enumerate(table.columns) if column.role == "value" and column.type in NUMBERS]
    if not values or len(table.rows) < FEWEST_POINTS or table.truncated:
        return ()
    times = [index for index in keys if table.columns[index].type == "time"]
    if len(times) == 1 and len(keys) == 1:
        return _over_time(table, times[0], values)
    if len(times) == 1 and len(keys) == 2:
        return _by_key(table, times[0], next(key for key in keys if key != times[0]), values[0])
    if len(keys) == 1 and table.columns[keys[0]].name in _CYCLES:
        return _over_cycle(table, keys[0], values)
    return ()


def heat_map(table: ReportTable) -> HeatMap | None:
    """Return a report of two keys that go round, such as weekday and hour, as a map; else None."""
    keys = [index for index, column in enumerate(table.columns) if column.role == "key"]
    values = [i for i, column in enumerate(table.columns) if column.role == "value" and column.type in NUMBERS]
    if len(keys) != 2 or not values or any(table.columns[key].name not in _CYCLES for key in keys):
        return None
    first, second = sorted(keys, key=lambda key: len(_CYCLES[table.columns[key].name]))
    rows, columns = _cycle(table, first), _cycle(table, second)
    found = {(row[first], row[second]): row[values[0]] for row in table.rows}
    return HeatMap(
        title=words(table.columns[values[0]].name),
        rows=tuple(map(str, rows)),
        columns=tuple(map(str, columns)),
        values=tuple(tuple(found.get((row, column)) for column in columns) for row in rows),
        unit=unit_of(table.columns[values[0]], table.sql),
    )


# ---- over time -------------------------------------------------------------------------------------------------


def _over_time(table: ReportTable, key: int, values: Sequence[int]) -> tuple[Chart, ...]:
    rows = {row[key]: row for row in table.rows if row[key] is not None}
    steps = steps_of(list(rows))
    if steps is None:
        return ()
    axis, places = steps
    groups: dict[tuple[str, Unit, bool], list[int]] = {}
    for index in values:
        name, unit = table.columns[index].name, unit_of(table.columns[index], table.sql)
        if is_level(name):
            groups.setdefault(("band", unit, False), []).append(index)
        elif is_error(name):
            groups.setdefault(("lines", unit, True), []).append(index)
        else:
            groups[name, unit, False] = [index]
    found = []
    for (kind, unit, _), members in groups.items():
        if kind == "band" and len(members) > 2:  # an extreme would press the quantiles flat
            members = [index for index in members if table.columns[index].name not in {"min", "max"}]  # noqa: PLW2901
        lines = tuple(_line(table, rows, places, index) for index in members)
        shape = kind if kind in {"band", "lines"} and len(lines) > 1 else "area"
        found.append(Chart(", ".join(line.label for line in lines), shape, unit, axis, lines))
    return tuple(found)


def _line(table: ReportTable, rows: dict[Any, tuple[Any, ...]], places: Sequence[str | None], index: int) -> Line:
    column = table.columns[index]
    missing = 0 if column.type == "integer" and adds_up(column, unit_of(column, table.sql)) else None
    values = tuple(None if place is None else rows[place][index] if place in rows else missing for place in places)
    return Line(column.name, values)


def _by_key(table: ReportTable, time: int, key: int, value: int) -> tuple[Chart, ...]:
    """Return one chart: the largest keys as a line each, the others added up as one where they can be."""
    column = table.columns[value]
    unit = unit_of(column, table.sql)
    steps = steps_of(list({row[time] for row in table.rows if row[time] is not None}))
    if steps is None:
        return ()
    axis, places = steps
    sums: dict[Any, float] = {}
    numbers: dict[tuple[Any, Any], float] = {}
    for row in table.rows:
        sums[row[key]] = sums.get(row[key], 0) + (row[value] or 0)
        numbers[row[time], row[key]] = row[value] or 0
    largest = sorted(sums, key=lambda name: (-sums[name], str(name)))
    additive = adds_up(column, unit)
    shown = largest if len(largest) <= MOST_LINES else largest[: MOST_LINES - 1]
    missing = 0 if additive else None
    lines = [
        Line(
            key_text(name),
            tuple(None if place is None else numbers.get((place, name), missing) for place in places),
            of_key=True,
        )
        for name in shown
    ]
    if len(shown) < len(largest) and additive:
        rest = largest[len(shown) :]
        values = tuple(
            None if place is None else sum(numbers.get((place, name), 0) for name in rest) for place in places
        )
        lines.append(Line("others", values, of_key=True))
    return (Chart(_by(column, table.columns[key]), "lines", unit, axis, tuple(lines)),)


def steps_of(texts: list[str]) -> tuple[Axis, list[str | None]] | None:
    """Return an axis over times, equal steps filled in, and for each of its places the time as text.

    A place without time stands for what is left out between two runs of steps.
    """
    if len(texts) < FEWEST_POINTS:
        return None
    moments = sorted((_seconds(text), text) for text in texts)
    gaps = [after[0] - before[0] for before, after in pairwise(moments)]
    step = min((gap for gap in gaps if gap > 0), default=0.0)
    if step <= 0 or len(moments) > MOST_POINTS:
        return None
    whole = (moments[-1][0] - moments[0][0]) / step
    longest = LONGEST_FILL if whole > 3 * len(moments) else MOST_POINTS
    days = are_days(texts)
    places: list[str | None] = []
    seconds: list[float] = []
    breaks = []
    for position, (second, text) in enumerate(moments):
        missing = round(gaps[position - 1] / step) - 1 if position else 0
        if missing > longest:
            breaks.append(len(places))
            places.append(None)
            seconds.append(seconds[-1] + step)
        else:
            for number in range(missing):
                seconds.append(moments[position - 1][0] + (number + 1) * step)
                places.append("")
        places.append(text)
        seconds.append(second)
        if len(places) > MOST_POINTS:
            return None
    labels = tuple(
        "…" if place is None else moment(place or _text(second), days=days)
        for place, second in zip(places, seconds, strict=True)
    )
    return Axis(labels, tuple(breaks), tuple(seconds)), places


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00") + "Z"


# ---- round and round -------------------------------------------------------------------------------------------


def _over_cycle(table: ReportTable, key: int, values: Sequence[int]) -> tuple[Chart, ...]:
    places = _cycle(table, key)
    rows = {row[key]: row for row in table.rows}
    index = values[0]
    column = table.columns[index]
    line = Line(column.name, tuple(rows[place][index] if place in rows else 0 for place in places))
    axis = Axis(tuple(map(str, places)))
    return (Chart(_by(column, table.columns[key]), "columns", unit_of(column, table.sql), axis, (line,)),)


def _cycle(table: ReportTable, key: int) -> list[Any]:
    """Return all values of a key that goes round; its own ones where they are not those that its name promises."""
    found = {row[key] for row in table.rows if row[key] is not None}
    whole = _CYCLES[table.columns[key].name]
    if all(isinstance(value, int) for value in found) and found <= set(whole):
        return list(whole)
    return sorted(found, key=lambda value: (_WEEKDAYS.get(str(value)[:3].lower(), 9), str(value)))


_WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def _by(column: ColumnInfo, key: ColumnInfo) -> str:
    return f"{words(column.name)} by {words(key.name)}"


# ---- fewer points ----------------------------------------------------------------------------------------------


def thinned(values: Sequence[float | None], most: int) -> list[tuple[int, float | None]]:
    """Return at most about `most` of the points of a line, the lowest and highest of each stretch among them."""
    n = len(values)
    if n <= most:
        return list(enumerate(values))
    width = -(-2 * n // most)
    kept: list[tuple[int, float | None]] = []
    for begin in range(0, n, width):
        stretch = [(i, value) for i, value in enumerate(values[begin : begin + width], begin) if value is not None]
        if not stretch:
            kept.append((begin, None))
            continue
        low, high = min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])
        kept += [low] if low == high else sorted((low, high))
    return kept


def nice_ceiling(value: float) -> float:
    """Return the next round number, so that the highest point stands near the top."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 1.0
    while power > value:
        power /= 10
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return power * steps[min(bisect_right(steps, value / power * (1 - 1e-9)), len(steps) - 1)]


def short_label(text: str) -> str:
    """Return a label of an axis without the year: `05-17 10:00`."""
    return text[5:] if re.match(r"\d{4}-", text) else text
