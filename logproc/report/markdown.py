"""The report as Markdown, for a wiki, an issue or a mail: tables as GitHub knows them.

Texts out of logs stand in code spans, where nothing is a link, a tag or emphasis.
Table syntax: https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from logproc.report.coverage import coverage
from logproc.report.summary import accounting, problems
from logproc.report.tabular import NUMBERS, cell
from logproc.report.text import plural, valid_text, visible
from logproc.report.units import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.report_model import ColumnInfo, Report, ReportTable

SHOWN_ROWS = 50

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#+\-!|~&:@$^=.])")


def render(report: Report, max_reject_ratio: float, named: tuple[str, ...] = ()) -> bytes:
    """Return the report as UTF-8; `named` holds the paths that were typed."""
    return "\n".join(_lines(report, max_reject_ratio, named)).encode() + b"\n"


def _lines(report: Report, max_reject_ratio: float, named: tuple[str, ...]) -> Iterator[str]:
    yield "# Log report"
    yield ""
    yield from (f"- {_plain(line)}" for line in accounting(report))
    troubles = [line.text for line in problems(report, max_reject_ratio, named)]
    yield from (f"- **{_plain(text)}**" for text in troubles)
    found = () if report.coverage is None else coverage(report.coverage, report.files).beside(troubles)
    yield from (f"- **{finding.kind}** {_plain(finding.text)}" for finding in found[:SHOWN_ROWS])
    if len(found) > SHOWN_ROWS:
        yield f"- {plural(len(found) - SHOWN_ROWS, 'more finding')}"
    yield ""
    alone = len(report.reports) == 1
    empty = [table for table in report.reports if not table.rows and table.problem is None and not alone]
    for table in report.reports:
        if table not in empty:
            yield from _table(table)
    if empty:
        yield f"Nothing to show in {', '.join(_plain(table.title or table.name) for table in empty)}."


def _table(table: ReportTable) -> Iterator[str]:
    yield f"## {_plain(table.title or table.name)}"
    yield ""
    if table.problem is not None:
        yield f"**{_plain(table.problem)}**"
    elif not table.rows:
        yield "no rows"
    else:
        yield _row(_plain(words(column.name)) for column in table.columns)
        yield _row("---:" if column.type in NUMBERS else "---" for column in table.columns)
        for row in table.rows[:SHOWN_ROWS]:
            yield _row(_cell(value, column, table.sql) for value, column in zip(row, table.columns, strict=True))
        if len(table.rows) > SHOWN_ROWS:
            yield ""
            yield f"{plural(len(table.rows) - SHOWN_ROWS, 'more row')}"
    yield ""


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any, column: ColumnInfo, sql: str) -> str:  # noqa: ANN401 - a cell is None, text, number or truth
    text = cell(value, column, sql)
    return code(text) if isinstance(value, str) else text


def code(text: str) -> str:
    """Return text as a code span that may stand in a table; an empty one has none."""
    if not text.strip(" "):
        return text
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    # A blank on each side is taken away again, and keeps backticks and blanks of the text apart from the fence.
    pad = " " if text[0] in " `" or text[-1] in " `" else ""
    return f"{fence}{pad}{text.replace('|', chr(92) + '|')}{pad}{fence}"


def _plain(text: str) -> str:
    """Return text in which nothing is Markdown."""
    return _PUNCTUATION.sub(r"\\\1", visible(valid_text(text)))
