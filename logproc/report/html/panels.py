"""From a report's table to what the page shows of it: cells with their bars and shares, charts, notes, the SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from logproc.report import figures, units
from logproc.report.ends import NOWHERE
from logproc.report.ends import charts as charts_of
from logproc.report.html import drawing
from logproc.report.html.ranking import ranking
from logproc.report.html.sharing import wholes
from logproc.report.html.world import COUNTRY, World, name_of, world
from logproc.report.text import inexactness, plural, unseen, valid_text, visible
from logproc.report.units import NUMBERS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logproc.report.ends import Ends
    from logproc.report_model import ColumnInfo, ReportTable

HALF = 56
"""Characters of a table that fit into a panel of half the page's width; a wider one takes the whole width."""

WIDEST_TEXT = 28
"""Characters that a text column is given before its values are broken into several lines."""

SHOWN_ROWS = 10
"""Rows that stand open; a button shows the others, and without JavaScript they stand open too."""

LONGEST_TEXT = 240
"""Characters of a value in the page."""


MEAN_IN_FULL = 100
"""Mean counts from here on are written without decimals."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a panel may take: rows, characters of all its texts together, and whether charts carry their numbers.

    A panel that is not `ranked` has no chart of its first rows: the page's script draws it from the table.
    """

    rows: int
    characters: int
    live: bool = True
    ranked: bool = True


ROOM = Room(500, 60_000)
"""Room of a panel in a page of usual size; the JSON report has all rows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, its class, and the value it is sorted by where the text would not do."""

    text: str
    css: str = ""
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head; `numeric` columns stand right and are sorted as numbers, greatest first.

    A `key` says what a row is about. `whole` is what shares of a column are shares of, as the page's script takes it.
    """

    text: str
    numeric: bool
    css: str = ""
    key: bool = False
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page shows of one report; where it is `named`, the first cell of a row says what the row is about."""

    id: str
    name: str
    title: str
    sql: str
    note: str
    problem: str | None
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[tuple[str, ...], ...]
    left_out: str
    charts: tuple[drawing.Drawing, ...]
    ranking: drawing.Drawing | None
    heat: drawing.Heat | None
    world: World | None
    wide: bool
    named: bool

    @property
    def folded(self) -> int:
        """Rows behind the button."""
        return max(0, len(self.rows) - SHOWN_ROWS)


def panel(
    table: ReportTable, number: int, room: Room = ROOM, ends: Ends = NOWHERE, others: Sequence[ReportTable] = ()
) -> Panel:
    """Return what is shown of a report, the `number`th of the page, whose lines begin and end so, beside others."""
    charts = () if table.problem else charts_of(table, ends)
    heat = None if table.problem else figures.heat_map(table)
    globe = world(table)
    headings, rows = _grid(table, room, wholes(table, others))
    title = shortened(table.title or table.name)
    ranked = None if charts or heat else ranking(table, headings, rows)
    return Panel(
        id=f"report-{number}",
        name=shortened(table.name),
        title=title,
        sql=statement(table.sql),
        note=exactness(table),
        problem=None if table.problem is None else shortened(table.problem, 2000),
        headings=headings,
        rows=rows,
        foot=tuple(_foot(table, headings)) if len(rows) > 1 else (),
        left_out=_left_out(table, len(rows)),
        charts=tuple(drawing.draw(chart, f"{title}: {chart.title}", live=room.live) for chart in charts),
        ranking=None
        if ranked is None or not room.ranked
        else drawing.draw(ranked, f"{title}: {ranked.title}", live=False),
        heat=None if heat is None else drawing.heat(heat),
        world=globe,
        wide=len(charts) > 1 or heat is not None or globe is not None or (not charts and _width(headings, rows) > HALF),
        named=bool(table.columns) and table.columns[0].role == "key",
    )


def paired(panels: Iterable[Panel]) -> Iterator[Panel]:
    """Yield panels in their order so that two narrow ones share each row: one that would stand alone becomes wide."""
    waiting: Panel | None = None
    for each in panels:
        if waiting is None and not each.wide:
            waiting = each
        elif waiting is None:
            yield each
        else:
            yield replace(waiting, wide=each.wide)
            yield each
            waiting = None
    if waiting is not None:
        yield replace(waiting, wide=True)


def shortened(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text as it may stand in the page: valid Unicode, what is not printable escaped, of bounded length."""
    if len(text) > most:
        return f"{visible(valid_text(text[:most]))}… ({len(text):,} characters)"
    return visible(valid_text(text))


def statement(sql: str) -> str:
    """Return SQL with its line ends."""
    return "\n".join(shortened(line, 2000) for line in sql.strip().split("\n")[:500])


def _grid(
    table: ReportTable, room: Room, whole: Mapping[str, float]
) -> tuple[tuple[Heading, ...], tuple[tuple[Cell, ...], ...]]:
    shown = _affordable(table, room)
    columns = [_column(table, index, shown) for index in range(len(table.columns))]
    headings = [
        Heading(
            shortened(units.words(column.name), 60),
            column.type in NUMBERS,
            _heading_class(column, cells),
            column.role == "key",
            f"{whole[column.name]:.6g}" if column.name in whole else "",
        )
        for column, cells in zip(table.columns, columns, strict=True)
    ]
    share = _shares(table, shown)
    if share is not None:
        position, cells = share
        headings[position] = replace(headings[position], whole="")
        headings.insert(position + 1, Heading("share", True, "n s"))
        columns.insert(position + 1, cells)
    return tuple(headings), tuple(zip(*columns, strict=True)) if columns and shown else ()


def _heading_class(column: ColumnInfo, cells: Sequence[Cell]) -> str:
    if column.type == "time":
        return "t"
    if column.type not in NUMBERS:
        return text_class(cells)
    return "n k" if column.role == "key" else "n"


def text_class(cells: Sequence[Cell]) -> str:
    """Return the class of a heading above texts, by the longest of them.

    In steps of four: the style sheet has a least width for each, as the policy allows no style at an element.
    """
    return f"x w{-(-min(_longest(cells), WIDEST_TEXT) // 4)}"


def _longest(cells: Sequence[Cell]) -> int:
    """Return the length of the longest of the cells that stand open."""
    return max((len(cell.text) for cell in cells[:SHOWN_ROWS]), default=0)


def _width(headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> float:
    """Return about how many characters wide a table is before its texts are broken into lines."""
    columns = list(zip(*rows, strict=True)) or [()] * len(headings)
    total = 0.0
    for heading, cells in zip(headings, columns, strict=True):
        # A heading is broken at its blanks, and has a mark for sorting behind it; between columns there is a gap.
        head = max(map(len, heading.text.split(" "))) + 1.5
        total += max(head, min(_longest(cells), WIDEST_TEXT)) + 2
    return total


def _affordable(table: ReportTable, room: Room) -> Sequence[tuple[Any, ...]]:
    """Return the first rows, as many as the page has room for."""
    left = room.characters
    for count, row in enumerate(table.rows[: room.rows]):
        left -= sum(min(len(value), LONGEST_TEXT) for value in row if isinstance(value, str))
        if left < 0:
            return table.rows[: min(room.rows, max(count, SHOWN_ROWS))]
    return table.rows[: room.rows]


def _column(table: ReportTable, index: int, rows: Sequence[tuple[Any, ...]]) -> list[Cell]:
    column = table.columns[index]
    unit = units.unit_of(column, table.sql)
    values = [row[index] for row in rows]
    if unit is Unit.TIME:
        days = units.are_days(values)
        seconds = units.have_seconds(values)
        return [
            Cell(units.NOTHING if v is None else units.moment(v, days=days, to_second=seconds), "t", v or "")
            for v in values
        ]
    if column.type not in NUMBERS:
        write = _country if column.role == "key" and column.name == COUNTRY else _text
        return [Cell(units.NOTHING, "x none") if v is None else write(v) for v in values]
    if column.role == "key":  # 404 and 2024 are names, no amounts
        return [Cell(units.NOTHING, "n k none", "") if v is None else Cell(str(v), "n k") for v in values]
    most = max((abs(v) for v in values if v is not None), default=0)
    return [_number(v, column, unit, most if len(rows) > 1 else 0) for v in values]


def _country(value: Any) -> Cell:  # noqa: ANN401 - a text, as everyone can name a column
    name = name_of(value) if isinstance(value, str) else None
    return _text(value) if name is None else Cell(f"{value} {name}", "x", value)


def _text(value: Any) -> Cell:  # noqa: ANN401 - a text or a truth
    if value == "":
        return Cell("(empty)", "x none", "")
    return Cell(shortened(value if isinstance(value, str) else units.write(value, Unit.TEXT)), "x")


def _number(value: float | None, column: ColumnInfo, unit: Unit, most: float) -> Cell:
    if value is None:
        return Cell(units.NOTHING, "n none", "")
    text = units.write(value, unit)
    css = "n"
    if most:
        css += f" b{round(100 * abs(value) / most)}"
    if value and units.is_error(column.name):
        css += " bad"
    return Cell(text, css, f"{value:.6g}" if isinstance(value, float) else str(value))


def _shares(table: ReportTable, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[Cell]] | None:
    """Return where the count of rows stands, and which share of all each row is; None where that is unknown."""
    if len(table.rows) < 2 or not any(column.role == "key" for column in table.columns):
        return None
    counts = (index for index in range(len(table.columns)) if units.is_count(table, index))
    index = next(counts, None)
    if index is None or any(column.type == "time" and column.role == "key" for column in table.columns):
        return None
    total = table.whole if table.truncated else sum(row[index] or 0 for row in table.rows)
    if not total:
        return None
    return index, [_share(row[index] or 0, total) for row in rows]


def _foot(table: ReportTable, headings: Sequence[Heading]) -> Iterator[tuple[str, ...]]:
    """Yield what all rows of a report come to, and the mean of them, a text for each heading."""
    if not table.columns or table.columns[0].role != "key":
        return
    sums: dict[str, tuple[str, str]] = {}
    for index, column in enumerate(table.columns):
        unit = units.unit_of(column, table.sql)
        values = [row[index] for row in table.rows if row[index] is not None]
        if (
            column.type in NUMBERS
            and values
            and units.adds_up(column, unit)
            and not units.is_distinct(column, table.sql)
        ):
            mean = sum(values) / len(values)
            shown = round(mean) if unit is Unit.COUNT and mean >= MEAN_IN_FULL else mean
            heading = shortened(units.words(column.name), 60)
            number = Unit.NUMBER if unit is Unit.COUNT else unit
            sums[heading] = (units.write(sum(values), unit), units.write(shown, number))
    if sums:
        named = plural(len(table.rows), "row")
        for place, label in enumerate((f"sum of {named}", "average")):
            yield (label, *(sums[head.text][place] if head.text in sums else "" for head in headings[1:]))


def _share(value: float, total: float) -> Cell:
    share = 100 * value / total
    return Cell(f"{share:.1f} %" if share >= 0.05 or not value else "< 0.1 %", "n s", f"{share:.6g}")


def exactness(table: ReportTable) -> str:
    """Say how exact a report is, and what it is without."""
    exact = "exact" if table.exact else inexactness(table.error)
    missing = unseen(table)
    return exact if missing is None else f"{exact}; {missing}"


def _left_out(table: ReportTable, shown: int) -> str:
    if len(table.rows) > shown:
        return f"{plural(len(table.rows) - shown, 'more row')} in the JSON report"
    return "There are more rows than the report's LIMIT." if table.truncated else ""
