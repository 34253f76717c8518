"""Countries on a map: a report whose keys are ISO codes of countries is shown as a world in shades, static SVG.

The outlines are those of Natural Earth in an equal-area projection, so that no country looks larger than it is; those
too small for an outline are dots. vendor/naturalearth has them, a line each: code, name, and a path or a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from logproc.report import units
from logproc.report.text import valid_text, visible
from logproc.report.units import NUMBERS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.report_model import ReportTable

WIDTH, HEIGHT = 2000, 864
"""Units of the outlines' own coordinates."""

COUNTRY = "country"
"""Name of the key that holds codes of countries, as the function of that name returns them."""

BESIDE = frozenset({COUNTRY, "continent", "country_name"})
"""Keys that a row of one country may have; with any other there are several rows of a country."""

CLASSES = 5
"""Shades of a map. Counts of countries differ by orders of magnitude, and so do the limits of the shades."""

MOST_UNKNOWN = 12
"""Codes that are named below the map because it has no place for them."""

LONGEST_CODE = 30


@dataclass(frozen=True, slots=True)
class Country:
    """A country as it is drawn: where `path` is empty it is a dot at `x`, `y`."""

    name: str
    path: str
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """A country with its shade, and what it says to a pointer."""

    code: str
    shade: int
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """A map: `land` are codes of outlined countries without a value, `legend` has a shade with its values each."""

    title: str
    summary: str
    land: tuple[str, ...]
    areas: tuple[Area, ...]
    legend: tuple[tuple[int, str], ...]
    elsewhere: str


@cache
def countries() -> dict[str, Country]:
    """Return the countries by ISO 3166 code; land that has none stands under a code of its own."""
    found = {}
    text = resources.files("logproc.report.html").joinpath("vendor/naturalearth/countries.tsv").read_text("utf-8")
    for number, line in enumerate(text.splitlines()):
        code, name, place = line.split("\t")
        x, _, y = place.partition(" ")
        outlined = place.startswith("M")
        found[f"-{number}" if code == "-" else code] = (
            Country(name, place) if outlined else Country(name, "", int(x), int(y))
        )
    return found


def name_of(code: str) -> str | None:
    """Return the name of a country; None where no country has such a code."""
    country = countries().get(code)
    return None if country is None else country.name


def world(table: ReportTable) -> World | None:
    """Return the map of a report by country; None for all other reports."""
    keys = [index for index, column in enumerate(table.columns) if column.role == "key"]
    names = [table.columns[index].name for index in keys]
    if table.problem or COUNTRY not in names or not set(names) <= BESIDE:
        return None
    value = _value(table)
    if value is None:
        return None
    place = keys[names.index(COUNTRY)]
    rows = {row[place]: row for row in table.rows if isinstance(row[place], str) and (row[value] or 0) > 0}
    known = {code: row for code, row in rows.items() if code in countries()}
    if not known:
        return None
    return _drawn(table, value, known, sorted(set(rows) - set(known)))


def _value(table: ReportTable) -> int | None:
    """Return the column that gives the shades: visitors where they are counted, else the first count."""
    found = [
        index
        for index, column in enumerate(table.columns)
        if column.type in NUMBERS and units.adds_up(column, units.unit_of(column, table.sql))
    ]
    return next((i for i in found if table.columns[i].name == "visitors"), found[0] if found else None)


def _drawn(table: ReportTable, value: int, rows: dict[str, tuple[Any, ...]], unknown: Sequence[str]) -> World:
    column = table.columns[value]
    unit = units.unit_of(column, table.sql)
    limits = _limits(max(row[value] for row in rows.values()))
    areas = [
        Area(code, _shade(row[value], limits), f"{countries()[code].name}: {_said(table, row)}")
        for code, row in rows.items()
    ]
    first = max(rows, key=lambda code: rows[code][value])
    what = units.words(column.name)
    return World(
        title=f"{what} by country",
        summary=(
            f"World map, {what} of {len(rows)} {'country' if len(rows) == 1 else 'countries'}; "
            f"most from {countries()[first].name}: {units.write(rows[first][value], unit)}"
        ),
        land=tuple(code for code, country in countries().items() if country.path and code not in rows),
        areas=tuple(sorted(areas, key=lambda area: not countries()[area.code].path)),  # dots lie above the land
        legend=tuple(_legend(limits, unit)),
        elsewhere=", ".join(visible(valid_text(code))[:LONGEST_CODE] for code in unknown[:MOST_UNKNOWN]),
    )


def _limits(most: float) -> list[float]:
    """Return the greatest value of each shade, no two alike."""
    found: list[float] = []
    for number in range(1, CLASSES + 1):
        limit = round(max(most, 1) ** (number / CLASSES)) if number < CLASSES else most
        if not found or limit > found[-1]:
            found.append(limit)
    return found


def _shade(value: float, limits: Sequence[float]) -> int:
    place = next(number for number, limit in enumerate(limits) if value <= limit)
    return _spread(place, len(limits))


def _spread(place: int, count: int) -> int:
    """Return a shade among the ten of the style sheet, the last for the last place."""
    return 10 - 2 * (count - 1 - place)


def _legend(limits: Sequence[float], unit: Unit) -> Iterator[tuple[int, str]]:
    low = 1.0
    for place, limit in enumerate(limits):
        text = (
            units.compact(limit, unit)
            if low >= limit
            else f"{units.compact(low, unit)} to {units.compact(limit, unit)}"
        )
        yield _spread(place, len(limits)), text
        low = limit + 1


def _said(table: ReportTable, row: tuple[Any, ...]) -> str:
    parts = [
        f"{units.words(column.name)} {units.write(row[index], units.unit_of(column, table.sql))}"
        for index, column in enumerate(table.columns)
        if column.role == "value"
    ]
    return ", ".join(parts)
