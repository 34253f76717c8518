"""A report's rows as a table of characters: texts give way where it is too wide, numbers never."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from logproc.optional import optional
from logproc.report import strokes, units
from logproc.report.text import visible

if TYPE_CHECKING:
    from logproc.report_model import ColumnInfo, ReportTable

LONGEST_CELL = 2000
"""Characters of a cell that are laid out at all: a URL of a megabyte must not cost a second."""

NARROWEST_TEXT = 12
"""Characters that a text column keeps, even where the table then is wider than the screen."""

READABLE_TEXT = 18
"""Characters of a text for which optional columns give way."""

WIDEST_BAR = 20
NARROWEST_BAR = 6

NUMBERS = frozenset({"integer", "decimal"})


def fitting(table: ReportTable, width: int, shown: int) -> tuple[ReportTable, tuple[str, ...]]:
    """Return a table as wide as a screen, and the names of the optional columns that were left out for that."""
    left_out: list[str] = []
    for name in reversed(optional(table.sql)):
        if _least_width(table, shown) <= width:
            break
        stays = [place for place, column in enumerate(table.columns) if column.name != name]
        if len(stays) < len(table.columns):
            left_out.insert(0, name)
            columns = tuple(table.columns[place] for place in stays)
            table = replace(table, columns=columns, rows=tuple(tuple(row[i] for i in stays) for row in table.rows))
    return table, tuple(left_out)


def _least_width(table: ReportTable, shown: int) -> int:
    """Return how wide a table is whose texts are cut as far as they can still be read."""
    rows = _texts(table, shown, table.sql)
    columns = zip([visible(column.name[:LONGEST_CELL]) for column in table.columns], *rows, strict=True)
    widest = [max(map(cell_len, column)) for column in columns]
    kinds = [column.type for column in table.columns]
    least = (min(size, READABLE_TEXT) if kind == "text" else size for size, kind in zip(widest, kinds, strict=True))
    return sum(least) + 3 * len(widest)


def grid(table: ReportTable, width: int, shown: int, *, bars: bool = False) -> Table:
    """Lay out a table, its `width` set: texts are cut to fit into it, numbers and times never.

    With `bars` it is a report's: columns are named in words, durations have their units and, where there is room left,
    each row a bar of its first amount, and its share of all rows. A single row of numbers without a key is turned: a
    name and a value on each line.
    """
    names = [column.name[:LONGEST_CELL] for column in table.columns]
    header = [visible(units.words(name) if bars else name) for name in names]
    rows = _texts(table, shown, table.sql if bars else "")
    kinds = [column.type for column in table.columns]
    if len(table.rows) == 1 and len(header) > 2 and not any(column.role == "key" for column in table.columns):
        rows = [list(pair) for pair in zip(header, rows[0], strict=True)]
        header, kinds = ["", ""], ["text", "integer"]
        bars = False
    widths = _widths(header, rows, kinds, width)
    needed = sum(widths) + 3 * len(widths)
    found = Table(box=SIMPLE_HEAD, show_edge=False, show_header=any(header))
    for name, kind, size in zip(header, kinds, widths, strict=True):
        side: Literal["left", "right"] = "right" if kind in NUMBERS else "left"
        found.add_column(Text(name), justify=side, no_wrap=True, overflow="ellipsis", width=size)
    drawn = _bars(table, shown, width - needed - 3) if bars else None
    if drawn is not None:
        size = max(map(cell_len, drawn))
        found.add_column("", no_wrap=True, width=size, style="cyan")
        needed += size + 3
        rows = [[*row, drawn[number]] for number, row in enumerate(rows)]
    for row in rows:
        found.add_row(*map(Text, row))
    found.width = needed - 1  # no gap behind the last column
    return found


def _texts(table: ReportTable, shown: int, sql: str) -> list[list[str]]:
    """Return the cells of the rows that are shown."""
    return [
        [cell(value, column, sql) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows[:shown]
    ]


def _bars(table: ReportTable, shown: int, room: int) -> list[str] | None:
    """Return a bar and a share for each row; None where nothing can be compared or there is no room."""
    amounts = (
        index
        for index, column in enumerate(table.columns)
        if column.role == "value" and units.adds_up(column, units.unit_of(column, table.sql))
    )
    index = next(amounts, None)
    if index is None or len(table.rows) < 2 or room < NARROWEST_BAR + 8:
        return None
    values = [row[index] or 0 for row in table.rows]
    total = sum(values) if units.is_count(table, index) and not table.truncated else 0
    size = min(WIDEST_BAR, room - 8)
    most = max(values)
    return [
        (f"{100 * value / total:5.1f} % " if total else "") + strokes.bar(value, most, size) for value in values[:shown]
    ]


def _widths(header: list[str], rows: list[list[str]], kinds: list[str], width: int) -> list[int]:
    """Return the columns' widths: as wide as they are, the widest texts cut until all fit or none is wide."""
    columns = zip(header, *rows, strict=True)
    widths = [max(map(cell_len, column)) for column in columns]
    room = width - 3 * len(widths)  # a blank on each side and a gap
    while sum(widths) > room:
        texts = [index for index, kind in enumerate(kinds) if kind == "text" and widths[index] > NARROWEST_TEXT]
        if not texts:
            break
        widest = max(texts, key=lambda index: widths[index])
        others = max((widths[index] for index in texts if index != widest), default=NARROWEST_TEXT)
        excess = sum(widths) - room
        widths[widest] -= max(1, min(excess, widths[widest] - max(others, NARROWEST_TEXT)))
    return widths


def cell(value: Any, column: ColumnInfo, sql: str = "") -> str:  # noqa: ANN401 - a cell is None, text, number or truth
    """Return a cell's text: thousands separated in counts, but not in keys, where 404 and 2024 are names.

    Where the SQL that it comes from tells it to be a duration, it has its unit.
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if sql and isinstance(value, int | float) and units.unit_of(column, sql) is units.Unit.SECONDS:
        return units.seconds(float(value))
    if isinstance(value, int):
        return f"{value:,}" if column.role == "value" else str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return visible(str(value)[:LONGEST_CELL])
