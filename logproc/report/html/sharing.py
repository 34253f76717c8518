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

_APART = re.compile(r"""--[^\n]*|/\*.*?\*/|'[^']*'|(?P<name>"[^"]*")""", re.DOTALL)
_INNERMOST = re.compile(r"\([^()]*\)")
_FROM = re.compile(r"\bFROM\s+\"?(\w+)", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\s", re.IGNORECASE)


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
    relation = _relation(_outermost(table.sql))
    for other in others:
        if not relation or not is_figures(other):
            continue
        sql = _outermost(other.sql)
        if _relation(sql) != relation or _leaves_out(name, sql):
            continue
        for index, column in enumerate(other.columns):
            if column.name == name and units.is_distinct(column, other.sql):
                return float(other.rows[0][index] or 0)
    return 0.0


def _outermost(sql: str) -> str:
    """Return a query without comments, texts and all that stands within parentheses: `extract(hour FROM time)`."""
    sql = _APART.sub(lambda found: found["name"] or " ", sql)
    count = 1
    while count:
        sql, count = _INNERMOST.subn(" ", sql)
    return sql


def _relation(sql: str) -> str:
    found = _FROM.search(sql)
    return found[1].lower() if found else ""


def _leaves_out(name: str, sql: str) -> bool:
    """Tell whether a column of a query counts some rows of the relation alone."""
    filtered = rf'\bFILTER\s+AS\s+"?{re.escape(name)}\b'
    return bool(_WHERE.search(sql) or re.search(filtered, sql, re.IGNORECASE))
