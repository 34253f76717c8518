"""What an amount in a table is a share of: the sum of its column, or all that there are where rows do not add up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logproc.report import units
from logproc.report.since import is_figures
from logproc.report.units import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.report_model import ReportTable

_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)


def wholes(table: ReportTable, others: Sequence[ReportTable]) -> dict[str, float]:
    """Return what the amounts of a report come to, by column.

    Visitors of two rows may be the same: their whole is the number of all of them, from a report of one row beside.
    """
    if len(table.rows) < 2:
        return {}
    found = {}
    for index, column in enumerate(table.columns):
        if column.type not in NUMBERS or not units.adds_up(column, units.unit_of(column, table.sql)):
            continue
        if units.is_distinct(column, table.sql):
            whole = _all(column.name, table, others)
        else:
            whole = sum(row[index] or 0 for row in table.rows)
        if whole:
            found[column.name] = whole
    return found


def _all(name: str, table: ReportTable, others: Sequence[ReportTable]) -> float:
    for other in others:
        if not is_figures(other) or _relation(other) != _relation(table):
            continue
        for index, column in enumerate(other.columns):
            if column.name == name and units.is_distinct(column, other.sql):
                return float(other.rows[0][index] or 0)
    return 0.0


def _relation(table: ReportTable) -> str:
    found = _FROM.search(table.sql)
    return found[1].lower() if found else ""
