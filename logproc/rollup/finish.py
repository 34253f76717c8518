"""From merged groups to the rows of a report: HAVING, output expressions, order, LIMIT, rendering.

Groups come as columns, one list a key and one a finished aggregate. Ordering works on row numbers: a report with a
LIMIT first narrows the groups down by its first ORDER BY term, and computes everything else for the few that remain.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from logproc.model import Kind
from logproc.report_model import ColumnInfo
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.numerals import EITHER, either, numbers_of, shown_numbers
from logproc.rollup.spec import AggregateRef, Call, Expression, KeyRef, Literal, Order
from logproc.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.spec import RollupSpec, Value


def finish(
    spec: RollupSpec, keys: Sequence[Sequence[Value]], aggregates: Sequence[Sequence[Value]]
) -> list[tuple[Value, ...]]:
    """Return the rows of a report from its groups: one list per key and per aggregate, all of one length.

    Ties in ORDER BY, and reports without one, are ordered by the output columns, ascending, NULLs last. Times become
    RFC 3339 UTC text; NaN and infinities become None.
    """
    return finish_groups(spec, keys, aggregates)[1]


def finish_groups(
    spec: RollupSpec, keys: Sequence[Sequence[Value]], aggregates: Sequence[Sequence[Value]]
) -> tuple[list[int], list[tuple[Value, ...]]]:
    """Return which group each row of `finish` is, and the rows."""
    groups = _Groups([list(column) for column in keys], [_finite(column) for column in aggregates])
    rows = list(range(groups.count))
    if spec.having is not None:
        kept = groups.values(spec.having, rows)
        rows = [row for row, passes in zip(rows, kept, strict=True) if passes]
    wanted = len(rows) if spec.limit is None else spec.offset + spec.limit
    ordered = _order(spec, groups, rows, wanted)[spec.offset : wanted]
    columns = [_rendered(groups, output.expression, ordered) for output in spec.outputs]
    return ordered, list(zip(*columns, strict=True))


def report_columns(spec: RollupSpec, rows: Sequence[tuple[Value, ...]] = ()) -> tuple[ColumnInfo, ...]:
    """Return name, JSON type and role of each output column; that of an undeclared field is what its values are."""
    return tuple(
        ColumnInfo(output.name, _kind(output.expression.kind, place, rows).value, output.role)
        for place, output in enumerate(spec.outputs)
    )


def _kind(kind: Kind, place: int, rows: Sequence[tuple[Value, ...]]) -> Kind:
    if kind is not Kind.DYNAMIC:
        return kind
    types = {type(row[place]) for row in rows} - {type(None)}
    return Kind.INTEGER if types == {int} else Kind.DECIMAL if types == {float} else Kind.TEXT


@dataclass(slots=True)
class _Groups:
    """The columns of the groups, and the expressions already computed over all of them."""

    keys: list[list[Value]]
    aggregates: list[list[Value]]
    count: int = field(init=False)
    chosen: dict[Expression, list[Value]] = field(default_factory=dict)
    numbers: dict[Expression, list[float | None] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A report without keys has one group, also where it has nothing but constants to show.
        columns = self.keys or self.aggregates
        self.count = len(columns[0]) if columns else 1

    def values(self, expression: Expression, rows: Sequence[int]) -> list[Value]:
        """Compute an expression for some rows."""
        if isinstance(expression, Literal):
            return [expression.value] * len(rows)
        if isinstance(expression, KeyRef):
            column = self.keys[expression.index]
        elif isinstance(expression, AggregateRef):
            column = self.aggregates[expression.index]
        elif isinstance(expression, Call) and expression.function == EITHER:
            column = self._chosen(expression)
        elif isinstance(expression, Call):
            arguments = [self.values(argument, rows) for argument in expression.arguments]
            return list(map(FUNCTIONS[expression.function], *arguments))
        else:
            raise TypeError(expression)
        return list(map(column.__getitem__, rows))

    def _chosen(self, expression: Call) -> list[Value]:
        """Return the best numbers or the best texts of all groups, whichever the column consists of."""
        if expression not in self.chosen:
            keys, texts = (self.values(argument, range(self.count)) for argument in expression.arguments)
            self.chosen[expression] = either(keys, texts)
        return self.chosen[expression]

    def ordering(self, expression: Expression, rows: Sequence[int]) -> list[Any]:
        """Return by what rows are ordered: an undeclared field by its numbers, if all groups have one."""
        values = self.values(expression, rows)
        best = isinstance(expression, Call) and expression.function == EITHER
        if expression.kind is not Kind.DYNAMIC or isinstance(expression, Literal) or best:
            return values
        if expression not in self.numbers:
            self.numbers[expression] = numbers_of(self.values(expression, range(self.count)))
        numbers = self.numbers[expression]
        return values if numbers is None else [numbers[row] for row in rows]


def _finite(values: Sequence[Value]) -> list[Value]:
    """Replace NaN and infinities, which neither sort nor print, by None."""
    if float not in set(map(type, values)):
        return list(values)
    return [None if isinstance(value, float) and not math.isfinite(value) else value for value in values]


def _rendered(groups: _Groups, expression: Expression, rows: Sequence[int]) -> list[Value]:
    values, kind = groups.values(expression, rows), expression.kind
    if kind is Kind.DYNAMIC:
        if isinstance(expression, Call) and expression.function == EITHER:
            return values
        shown = shown_numbers(groups.values(expression, range(groups.count)))
        return values if shown is None else [shown[row] for row in rows]
    if kind is Kind.TIME:
        texts = {value: rfc3339(value) for value in set(values) if isinstance(value, int)}  # many rows have few hours
        return [texts[value] if isinstance(value, int) else None for value in values]
    return _finite(values) if kind is Kind.DECIMAL else values


# ---- order -----------------------------------------------------------------------------------------------------


def _order(spec: RollupSpec, groups: _Groups, rows: list[int], wanted: int) -> list[int]:
    """Return row numbers in the report's order; at least the first `wanted` of them."""
    terms = [*spec.order_by, *(Order(output.expression, False, False) for output in spec.outputs)]
    first_of: dict[Expression, Order] = {}
    for term in terms:  # a column that already ordered the rows has no ties left to break
        first_of.setdefault(term.expression, term)
    unique = list(first_of.values())
    if wanted < len(rows) and unique:
        rows = _narrowed(groups, rows, unique[0], wanted)
    return _sorted(groups, rows, unique)


def _narrowed(groups: _Groups, rows: list[int], term: Order, wanted: int) -> list[int]:
    """Drop rows that the first term alone puts behind the first `wanted`; all ties with the last one stay."""
    values = groups.ordering(term.expression, rows)
    if wanted <= 0:
        return []
    if None in values or not all(isinstance(value, int | float) for value in values):
        return rows
    select = heapq.nlargest if term.descending else heapq.nsmallest
    bound = select(wanted, values)[-1]
    if term.descending:
        return [row for row, value in zip(rows, values, strict=True) if value >= bound]
    return [row for row, value in zip(rows, values, strict=True) if value <= bound]


def _sorted(groups: _Groups, rows: list[int], terms: Sequence[Order]) -> list[int]:
    """Sort by the first term, then every run of equal values by the rest."""
    if len(rows) < 2 or not terms:
        return rows
    term = terms[0]
    values = dict(zip(rows, groups.ordering(term.expression, rows), strict=True))
    missing = [row for row in rows if values[row] is None]
    present = [row for row in rows if values[row] is not None]
    present = sorted(present, key=values.__getitem__, reverse=term.descending)
    runs = [list(run) for _, run in groupby(present, key=values.__getitem__)]
    runs = [missing, *runs] if term.nulls_first else [*runs, missing]
    return [row for run in runs for row in (_sorted(groups, run, terms[1:]) if len(run) > 1 else run)]
