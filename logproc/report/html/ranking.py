"""The chart above a table: its first rows as columns, of one amount; the page's script draws others when asked.

It is made from the cells of the table, so that both say the same in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.report import units
from logproc.report.figures import Axis, Chart, Line
from logproc.report.units import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.report.html.panels import Cell, Heading
    from logproc.report_model import ReportTable

RANKED_ROWS = 12
"""Rows that are drawn: as many as have room for their names below."""

LONGEST_LABEL = 60


def ranking(table: ReportTable, headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> Chart | None:
    """Return the first rows of a table as columns of its first amount; None where there is none, or no other row."""
    keys = [column.role == "key" for column in table.columns]
    amounts = (i for i, column in enumerate(table.columns) if column.role == "value" and column.type in NUMBERS)
    amount = next(amounts, None)
    if amount is None or len(rows) < 2 or not any(keys):
        return None
    values = [row[amount] for row in table.rows[:RANKED_ROWS]][: len(rows)]
    if not any(value is not None and value > 0 for value in values):
        return None
    labels = tuple(_label(row, headings) for row in rows[:RANKED_ROWS])
    column = table.columns[amount]
    return Chart(
        title=units.words(column.name),
        kind="ranking",
        unit=units.unit_of(column, table.sql),
        axis=Axis(labels),
        lines=(Line(column.name, tuple(values)),),
    )


def _label(row: Sequence[Cell], headings: Sequence[Heading]) -> str:
    """Return what a row is about: the texts of its keys, as far as it has them."""
    texts = [cell.text for cell, heading in zip(row, headings, strict=True) if heading.key]
    known = [text for text in texts if text != units.NOTHING]
    return " · ".join(known or texts[:1])[:LONGEST_LABEL]
