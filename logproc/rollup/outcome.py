"""From a merged table to the report that people see: the last step, where states become numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from logproc.model import Kind
from logproc.optional import optional
from logproc.report_model import ReportError, ReportTable
from logproc.rollup.exemplars import resolved
from logproc.rollup.finish import finish, finish_groups, report_columns
from logproc.rollup.numerals import EITHER
from logproc.rollup.registry import RELATIVE_ERROR, new_state
from logproc.rollup.regrouping import equal_numbers
from logproc.rollup.routes import folded
from logproc.rollup.spec import ROWS, calls
from logproc.rollup.tables import Table, ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logproc.report_model import ColumnInfo
    from logproc.rollup.spec import RollupSpec, Value


AT_ONCE = 8192
"""Groups more than the rows wanted whose values are objects at a time."""

TOP_ROWS = 1000
"""Rows of a report, the first ones, that have exemplars."""


def report_table(table: Table, paths: Mapping[int, str] | None = None) -> ReportTable:
    """Finish a report: evaluate, order and cut its rows, and say how exact they are.

    `paths` are those of the files by `exemplars.file_key`; without them rows have no exemplars.
    """
    spec = table.spec
    table = equal_numbers(folded(table))
    exemplars: list[tuple[tuple[str, int], ...]] = []
    rows: list[tuple[Value, ...]] = []
    error: ReportError | None = None
    truncated = False
    if table.problem is None:
        candidates = table.candidates()
        ids = _leading(table, candidates)
        keys, aggregates = _empty_group(table) if not spec.keys and not len(table) else table.columns(ids)
        groups, rows = finish_groups(spec, keys, aggregates)
        if paths is not None and len(table):
            exemplars = [resolved(table.kept.of(int(ids[group])), paths) for group in groups[:TOP_ROWS]]
        error = _error(table, candidates)
        truncated = _truncated(table, len(rows), keys, aggregates)
    columns, shown = _without_missing(spec.sql, report_columns(spec, rows), rows)
    return ReportTable(
        name=spec.name,
        title=spec.title,
        sql=spec.sql,
        columns=columns,
        rows=shown,
        exact=error is None and table.problem is None,
        error=error,
        truncated=truncated,
        problem=table.problem,
        exemplars=tuple(exemplars),
        whole=_whole(table),
    )


def _without_missing(
    sql: str, columns: tuple[ColumnInfo, ...], rows: Sequence[tuple[Value, ...]]
) -> tuple[tuple[ColumnInfo, ...], tuple[tuple[Value, ...], ...]]:
    """Return the columns and rows of a report without the optional columns that have no value in any row."""
    names = optional(sql)
    gone = {i for i, column in enumerate(columns) if column.name in names and all(row[i] is None for row in rows)}
    if not gone:
        return columns, tuple(rows)
    stays = [i for i in range(len(columns)) if i not in gone]
    return tuple(columns[i] for i in stays), tuple(tuple(row[i] for i in stays) for row in rows)


def _leading(table: Table, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of groups that can be among the rows shown, of which ties may leave hundreds of thousands.

    They are found part by part, so that no more than a few thousand groups have their values as objects.
    """
    spec = table.spec
    if spec.limit is None or spec.having is not None or _is_seen_together(spec):
        return ids
    wanted = spec.limit + spec.offset
    first, step = replace(spec, limit=wanted, offset=0), wanted + max(wanted, AT_ONCE)
    while len(ids) > step:
        groups, _ = finish_groups(first, *table.columns(ids[:step]))
        ids = np.concatenate([np.sort(ids[groups]), ids[step:]])
    return ids


def _is_seen_together(spec: RollupSpec) -> bool:
    """Tell whether what a value is, a number or a text, follows from those of all groups."""
    shown = [*(order.expression for order in spec.order_by), *(output.expression for output in spec.outputs)]
    return any(value.kind is Kind.DYNAMIC for value in (*spec.keys, *shown)) or any(calls(x, EITHER) for x in shown)


def _empty_group(table: Table) -> tuple[list[list[Value]], list[list[Value]]]:
    """Return the one group that a report without keys has, even over no rows."""
    results = []
    for aggregate in table.spec.aggregates:
        state = new_state(aggregate)
        state.resize(1)
        results.append(state.results(np.zeros(1, np.int64)))
    return [], results


def _error(table: Table, ids: NDArray[np.int64]) -> ReportError | None:
    """Say how far numbers may be off: by groups that were let go, or by a sketch."""
    functions = {aggregate.function for aggregate in table.spec.aggregates}
    if table.floor > 0:
        slack = float(table.slack[ids].max()) if len(ids) else 0.0
        index = ranking(table.spec)
        wanted = (table.spec.limit or 0) + table.spec.offset
        # With fewer groups than rows asked for, one that was let go is missing.
        least = float(table.scores(index)[ids].min()) if index is not None and len(ids) >= wanted > 0 else 0.0
        if slack > 0 or table.floor >= least:
            return ReportError("count", max(slack, table.floor if table.floor >= least else 0.0))
    errors = [error for state in table.states if (error := state.error(ids)) is not None]
    errors += [ReportError("missing", float(table.lost))] if table.lost else []
    errors += [ReportError("relative", RELATIVE_ERROR[name]) for name in functions if name in RELATIVE_ERROR]
    # How many rows may be missing says more than a missing number, and that more than a share; of one kind the
    # greatest counts.
    weight = ("relative", "missing", "count").index
    return max(errors, key=lambda error: (weight(error.kind), error.bound), default=None)


def _whole(table: Table) -> int | None:
    """Return how many rows the groups of a report have together; None where none counts them, or some were let go."""
    place = next((n for n, aggregate in enumerate(table.spec.aggregates) if aggregate == ROWS), None)
    if place is None or table.floor > 0 or table.problem is not None or table.spec.having is not None:
        return None
    return int(table.states[place].arrays()[0].sum())


def _truncated(table: Table, shown: int, keys: list[list[Value]], aggregates: list[list[Value]]) -> bool:
    """Tell whether there are more rows than are shown."""
    spec = table.spec
    if table.floor > 0:
        return True
    if spec.limit is None:
        return False
    if spec.having is None:
        return len(table) > shown + spec.offset
    return len(finish(replace(spec, limit=None, offset=0), keys, aggregates)) > shown + spec.offset
