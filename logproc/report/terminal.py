"""The report on a terminal, as wide as the terminal, the first screen saying what matters.

That is what was read, what went wrong, the figures and their course over time; then comes a table per report, two
beside each other where there is room.

Every text that comes out of a log is shown with its control characters escaped, and never read as markup.
"""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Literal, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from logproc.optional import optional
from logproc.report import figures, strokes, units
from logproc.report.coverage import Coverage, Finding, coverage, name_of
from logproc.report.since import changes
from logproc.report.summary import accounting, problems, verdict
from logproc.report.tabular import LONGEST_CELL, NUMBERS, cell, fitting, grid
from logproc.report.text import inexactness, plural, unseen, visible
from logproc.report_model import NOTHING_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.report_model import Comparison, Report, ReportTable

    Part: TypeAlias = Text | Table

__all__ = ["NUMBERS", "cell", "render", "render_table"]

SHOWN_ROWS = 10
ALONE_ROWS = 200
"""Rows of a report that is the only one: who asks for one wants its numbers."""

PLAIN_WIDTH = 100
"""Columns where nobody can say how wide the reader's screen is: in a pipe, a file, a mail."""

TWO_COLUMNS = 150
"""Columns from which on two reports stand beside each other."""

GAP = 4

UNCHANGED = frozenset({"+0.0 %", "\N{MINUS SIGN}0.0 %", "none, as before"})
"""Changes that are none."""

WRAPPED: Literal["fold"] = "fold"
"""Marks a sentence, which a screen breaks between words; other lines are laid out for its width already."""

SHOWN_EMPTY = 12
"""Reports without rows that are named."""

SHOWN_FINDINGS = 6
SHOWN_HOSTS = 20

NAME_WIDTH = 20
"""Characters of a name in front of a sparkline or a row of shades."""


def render(
    report: Report,
    max_reject_ratio: float,
    named: tuple[str, ...] = (),
    *,
    terminal: bool = False,
    compared: Comparison = NOTHING_BEFORE,
) -> str:
    """Return the report as text; with `terminal` in its colours (unless NO_COLOR is set) and at its width.

    `compared` is what figures are held against.
    """
    console = _console(terminal=terminal)
    return _printed(console, _parts(report, max_reject_ratio, named, console.width, compared))


def render_table(table: ReportTable, shown: int, *, terminal: bool = False) -> str:
    """Return one report alone, with up to so many rows."""
    console = _console(terminal=terminal)
    return _printed(console, _rows(table, shown, console.width, bars=False))


def _console(*, terminal: bool) -> Console:
    return Console(
        file=StringIO(),
        width=None if terminal else PLAIN_WIDTH,
        force_terminal=terminal,
        color_system="auto" if terminal and not os.environ.get("NO_COLOR") else None,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _printed(console: Console, parts: Iterable[Part]) -> str:
    width = console.width
    with console.capture() as capture:
        for part in parts:
            if isinstance(part, Text):  # in a pipe a finding is a line, for whoever looks for it there
                console.print(part, soft_wrap=part.overflow != WRAPPED or not console.is_terminal)
            else:
                console.width = max(width, part.width or 0)  # numbers are never cut, the reader's screen scrolls
                console.print(part)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _parts(
    report: Report, max_reject_ratio: float, named: tuple[str, ...], width: int, compared: Comparison
) -> Iterator[Part]:
    yield from _accounting(report)
    troubles = [line.text for line in problems(report, max_reject_ratio, named)]
    for line in troubles:
        yield Text(f"! {line}", style="red", overflow=WRAPPED)
    found = None if report.coverage is None else coverage(report.coverage, report.files)
    if found is not None:
        yield from _findings(found.beside(troubles))
    filled = [table for table in report.reports if table.rows or table.problem is not None or len(report.reports) == 1]
    alone = len(report.reports) == 1
    first = [table for table in filled if _is_single(table)]
    courses = {table.name: drawn for table in filled if (drawn := _course(table, width, alone=alone))}
    for table in first:
        yield from (Text(), _headline(table), *_single(table, width), *_changes(table, compared, width))
    for table in filled:
        if table.name in courses:
            yield from (Text(), _headline(table), *courses[table.name])
            if alone:
                yield from (Text(), *_rows(table, ALONE_ROWS, width))
    if found is not None:
        yield from _hosts(found, width)
    others = [table for table in filled if table not in first and table.name not in courses]
    yield from _tables(others, width, ALONE_ROWS if alone else SHOWN_ROWS)
    empty = [table.name for table in report.reports if table not in filled]
    if empty:
        if len(empty) > SHOWN_EMPTY:
            empty[SHOWN_EMPTY - 1 :] = [f"{len(empty) - SHOWN_EMPTY + 1} more"]
        text = visible(f"Nothing to show in {', '.join(empty)}")
        yield from (Text(), Text(text, style="dim", overflow=WRAPPED))


def _accounting(report: Report) -> Iterator[Text]:
    yield from (Text(line) for line in accounting(report))
    for check in report.checks:
        outcome = "failed" if check.failed else "passed"
        text = visible(f"check {outcome}  {check.name}: {verdict(check)}")
        yield Text(text, style="red" if check.failed else "", overflow=WRAPPED)


# ---- hosts -----------------------------------------------------------------------------------------------------


def _findings(findings: Sequence[Finding]) -> Iterator[Text]:
    for finding in findings[:SHOWN_FINDINGS]:
        yield Text(f"! {finding.kind}  {finding.text}", style="yellow", overflow=WRAPPED)
    more = len(findings) - SHOWN_FINDINGS
    if more > 0:
        yield Text(f"  … {plural(more, 'more finding')} (--json shows all)", style="dim")


def _hosts(found: Coverage, width: int) -> Iterator[Text]:
    """Yield who wrote when, where there are several hosts."""
    hosts = [row for row in found.rows if row.host is not None]
    if len(hosts) < 2:
        return
    worst = sorted(hosts, key=lambda row: not row.holes)[:SHOWN_HOSTS]
    title = Text("Lines by host and hour", style="bold")
    title.append("  · none to █ the most of each host", style="not bold dim")
    yield from (Text(), title)
    room = max(10, width - NAME_WIDTH - 14)
    for row in (row for row in hosts if row in worst):
        name = name_of(row.source, row.host)[-NAME_WIDTH:]
        text = Text(f" {name:<{NAME_WIDTH}} ")
        text.append(strokes.shades(row.counts, row.holes, room), style="red" if row.holes else "cyan")
        text.append(f" {row.lines:>10,}", style="dim")
        yield text
    holes = "; ! far fewer than its twins" if any(row.holes for row in worst) else ""
    span = f"{units.moment(found.hours[0])} to {units.moment(found.hours[-1])} UTC"
    yield Text(f" {span}{holes}", style="dim")


# ---- reports ---------------------------------------------------------------------------------------------------


def _headline(table: ReportTable) -> Text:
    text = Text(visible((table.title or table.name)[:LONGEST_CELL]), style="bold")
    if table.title and table.title != table.name:
        text.append(f"  {visible(table.name)}", style="not bold dim")
    if not table.exact:
        text.append(f"  {inexactness(table.error)}", style="not bold yellow")
    if (missing := unseen(table)) is not None:
        text.append(f"  {visible(missing)}", style="not bold yellow")
    return text


def _is_single(table: ReportTable) -> bool:
    return len(table.rows) == 1 and len(table.columns) > 2 and all(column.role == "value" for column in table.columns)


def _single(table: ReportTable, width: int) -> Iterator[Text]:
    """Yield a row of values as pairs of name and value, as many on a line as fit."""
    pairs = [
        (
            visible(units.words(column.name)),
            units.instant(value) if column.type == "time" and value else cell(value, column, table.sql),
        )
        for value, column in zip(table.rows[0], table.columns, strict=True)
    ]
    widths = next(
        widths
        for across in range(len(pairs), 0, -1)
        if sum(widths := _beside(pairs, across)) + 3 * across < width or across == 1
    )
    for begin in range(0, len(pairs), len(widths)):
        line = Text()
        for size, (name, value) in zip(widths, pairs[begin : begin + len(widths)], strict=False):
            line.append(f" {name}", style="dim")
            line.append(f"{value:>{size - len(name)}}  ", style="bold")
        yield line


def _changes(table: ReportTable, compared: Comparison, width: int) -> Iterator[Text]:
    """Yield how a summary, which counts rows, has changed since each time that it is held against."""
    if not any(units.is_count(table, index) for index in range(len(table.columns))):
        return
    part = f"{compared.part} " if compared.part else ""
    for number, before in enumerate(compared.before):
        found = [
            f"{visible(units.words(column.name))} {change.text}"
            for column, _, changed in changes(table, compared)
            for change in changed
            if change.since == before.name and change.text not in UNCHANGED
        ]
        head = f" {'' if number else part}against {before.name}:"
        yield from (Text(line, style="dim") for line in _listed(head, found or ["as before"], width))


def _listed(head: str, items: Sequence[str], width: int) -> Iterator[str]:
    """Yield lines of a head and its items, which are cut between items only."""
    line = head
    for number, item in enumerate(items, 1):
        word = item if number == len(items) else f"{item},"
        if len(line) + 1 + len(word) > width and line != head:
            yield line
            line = "  "
        line = f"{line} {word}"
    yield line


def _beside(pairs: Sequence[tuple[str, str]], across: int) -> list[int]:
    """Return the characters that each column needs where so many pairs stand on a line."""
    return [max(len(name) + 2 + len(value) for name, value in pairs[place::across]) for place in range(across)]


def _course(table: ReportTable, width: int, *, alone: bool) -> list[Text]:
    """Return a sparkline for each number of a report over time, or of one round the clock; none for others."""
    found = [] if table.problem is not None else [chart for chart in figures.charts(table) if _is_long(chart)]
    minor = optional(table.sql)[1:]  # on a screen of 24 rows there are better uses for a line
    lines = [(line, chart) for chart in found for line in chart.lines if line.name not in minor]
    if not lines:
        return []
    room = max(10, width - NAME_WIDTH - 16)
    shown = []
    for line, chart in lines:
        name = visible(line.label)[:NAME_WIDTH]
        text = Text(f" {name:<{NAME_WIDTH}} ")
        text.append(strokes.sparkline(line.values, room), style="red" if units.is_error(line.name) else "cyan")
        most = max((value for value in line.values if value is not None), default=None)
        text.append(f" max {units.compact(most, chart.unit)}", style="dim")
        shown.append(text)
    axis = found[0].axis
    span = f"{axis.labels[0]} to {axis.labels[-1]}"
    span = f"{span} UTC" if axis.seconds else f"{found[0].title.rpartition(' by ')[2]} {span}"
    where = "" if alone else " (--json shows all)"
    shown.append(Text(visible(f" {span}, {plural(len(table.rows), 'row')}{where}"), style="dim"))
    return shown


def _is_long(chart: figures.Chart) -> bool:
    """Tell whether a chart says more than the first rows of a table: a week has all of its days there."""
    return bool(chart.axis.seconds) or len(chart.axis.labels) > SHOWN_ROWS


def _tables(tables: Sequence[ReportTable], width: int, shown: int) -> Iterator[Part]:
    """Yield reports below each other, or two and two where the screen is wide."""
    if width < TWO_COLUMNS:
        for table in tables:
            yield from (Text(), _headline(table), *_rows(table, shown, width))
        return
    half = (width - GAP) // 2
    for number in range(0, len(tables), 2):
        beside = Table.grid(padding=(0, GAP, 0, 0))
        blocks = [_block(table, half, shown) for table in tables[number : number + 2]]
        for _ in blocks:
            beside.add_column(width=half, no_wrap=True)
        beside.add_row(*blocks)
        yield Text()
        yield beside


def _block(table: ReportTable, width: int, shown: int) -> Table:
    block = Table.grid()
    block.add_column(no_wrap=True)
    block.add_row(_headline(table))
    for part in _rows(table, shown, width):
        block.add_row(part)
    return block


def _rows(table: ReportTable, shown: int, width: int, *, bars: bool = True) -> Iterator[Part]:
    if table.problem is not None:
        yield Text(f"  {visible(table.problem)}", style="red")
    elif not table.rows:
        yield Text("  no rows", style="dim")
    else:
        fits, left_out = fitting(table, width, shown) if bars else (table, ())
        yield grid(fits, width, shown, bars=bars)
        more = [plural(len(table.rows) - shown, "more row")] if len(table.rows) > shown else []
        if more or left_out:
            yield Text(
                f"  … {visible(', '.join([*more, *map(units.words, left_out)]))} (--json shows all)", style="dim"
            )
        elif table.truncated:
            yield Text("  … more rows than the report's LIMIT", style="dim")
