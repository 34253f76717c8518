"""The report on a terminal: accounting and problems first, then a table per report, as wide as the terminal.

Every text that comes out of a log is shown with its control characters escaped, and never read as markup.
"""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from logproc.report.summary import accounting, problems, verdict
from logproc.report.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logproc.model import ColumnInfo, Report, ReportError, ReportTable

SHOWN_ROWS = 10
PLAIN_WIDTH = 100
"""Columns where nobody can say how wide the reader's screen is: in a pipe, a file, a mail."""

LONGEST_CELL = 2000
"""Characters of a cell that are laid out at all: a URL of a megabyte must not cost a second."""

NARROWEST_TEXT = 12
"""Characters that a text column keeps, even where the table then is wider than the screen."""

NUMBERS = frozenset({"integer", "decimal"})


def render(report: Report, max_reject_ratio: float, named: tuple[str, ...] = (), *, terminal: bool = False) -> str:
    """Return the report as text; with `terminal` in its colours (unless NO_COLOR is set) and at its width."""
    return _render(_parts(report, max_reject_ratio, named), SHOWN_ROWS, terminal=terminal)


def render_table(table: ReportTable, shown: int, *, terminal: bool = False) -> str:
    """Return one report alone, with up to so many rows."""
    return _render(_table_parts(table, shown), shown, terminal=terminal)


def _render(parts: Iterable[Text | ReportTable], shown: int, *, terminal: bool) -> str:
    console = Console(
        file=StringIO(),
        width=None if terminal else PLAIN_WIDTH,
        force_terminal=terminal,
        color_system="auto" if terminal and not os.environ.get("NO_COLOR") else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    width = console.width
    with console.capture() as capture:
        for part in parts:
            if isinstance(part, Text):
                console.print(part, soft_wrap=True)
            else:
                grid, needed = _grid(part, width, shown)
                console.width = max(needed, width)
                console.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _parts(report: Report, max_reject_ratio: float, named: tuple[str, ...]) -> Iterator[Text | ReportTable]:
    yield from _accounting(report)
    for line in problems(report, max_reject_ratio, named):
        yield Text(f"! {line}", style="red")
    empty = [table.name for table in report.reports if not table.rows and table.problem is None]
    for table in report.reports:
        if table.name not in empty or len(report.reports) == 1:
            yield Text()
            yield _headline(table)
            yield from _table_parts(table, SHOWN_ROWS)
    if empty and len(report.reports) > 1:
        yield Text()
        yield Text(visible(f"Nothing to show in {', '.join(empty)}"), style="dim")


def _table_parts(table: ReportTable, shown: int) -> Iterator[Text | ReportTable]:
    if table.problem is not None:
        yield Text(f"  {visible(table.problem)}", style="red")
    elif not table.rows:
        yield Text("  no rows", style="dim")
    else:
        yield table
        if len(table.rows) > shown:
            yield Text(f"  … {plural(len(table.rows) - shown, 'more row')} (--json shows all)", style="dim")
        elif table.truncated:
            yield Text("  … more rows than the report's LIMIT", style="dim")


def _accounting(report: Report) -> Iterator[Text]:
    yield from (Text(line) for line in accounting(report))
    for check in report.checks:
        outcome = "failed" if check.failed else "passed"
        text = visible(f"check {outcome}  {check.name}: {verdict(check)}")
        yield Text(text, style="red" if check.failed else "")


def _headline(table: ReportTable) -> Text:
    text = Text(visible(table.title or table.name), style="bold")
    if table.title and table.title != table.name:
        text.append(f"  {visible(table.name)}", style="not bold dim")
    if not table.exact:
        text.append(f"  {_error(table.error)}", style="not bold yellow")
    return text


def _error(error: ReportError | None) -> str:
    if error is None:
        return "≈ approximate"
    if error.kind == "relative":
        return f"≈ within {100 * error.bound:.3g} %"
    return f"≈ at most {error.bound:,.0f} more than shown"


def _grid(table: ReportTable, width: int, shown: int) -> tuple[Table, int]:
    """Lay out a table and return it with its width: texts are cut to fit into `width`, numbers and times never.

    A single row of numbers without a key is turned: a name and a value on each line.
    """
    header = [visible(column.name) for column in table.columns]
    rows = [
        [cell(value, column) for value, column in zip(row, table.columns, strict=True)] for row in table.rows[:shown]
    ]
    kinds = [column.type for column in table.columns]
    if len(table.rows) == 1 and len(header) > 2 and not any(column.role == "key" for column in table.columns):
        rows = [list(pair) for pair in zip(header, rows[0], strict=True)]
        header, kinds = ["", ""], ["text", "integer"]
    widths = _widths(header, rows, kinds, width)
    grid = Table(box=SIMPLE_HEAD, show_edge=False, show_header=any(header))
    for name, kind, size_ in zip(header, kinds, widths, strict=True):
        side: Literal["left", "right"] = "right" if kind in NUMBERS else "left"
        grid.add_column(Text(name), justify=side, no_wrap=True, overflow="ellipsis", width=size_)
    for row in rows:
        grid.add_row(*map(Text, row))
    return grid, sum(widths) + 3 * len(widths)


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


def cell(value: Any, column: ColumnInfo) -> str:  # noqa: ANN401 - a cell is None, text, number or truth
    """Return a cell's text: thousands separated in counts, but not in keys, where 404 and 2024 are names."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if column.role == "value" else str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return visible(str(value)[:LONGEST_CELL])
