"""The aggregates that merge, how each is planned, and what to write for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.model import Kind
from logproc.rollup.builder import ARGUMENT, Builder
from logproc.rollup.kinds import MisfitError, accept, cast
from logproc.rollup.signature import NUMBER
from logproc.rollup.spec import Aggregate, Call, Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDERED = NUMBER | {Kind.TIME}


@dataclass(frozen=True, slots=True)
class Planned:
    """An aggregate as queries call it: how it is shown, how many arguments it takes, and what plans a call."""

    name: str
    signature: str
    result: str
    doc: str
    least: int
    most: int
    plan: Callable[[Builder, Any, Expression | None], Expression]


UNMERGEABLE: dict[str, str] = {
    "quantile": "write approx_quantile(x, 0.5)",
    "quantile_cont": "write approx_quantile(x, 0.5)",
    "quantile_disc": "write approx_quantile(x, 0.5)",
    "percentile_cont": "write approx_quantile(x, 0.5)",
    "median": "write approx_quantile(x, 0.5)",
    "mode": "GROUP BY x, count(*) and ORDER BY it",
    "approx_top_k": "GROUP BY x ORDER BY count(*) DESC LIMIT k",
    "any_value": "GROUP BY x, or write min(x) or max(x) of a number or a time",
    "first": "write min(x) or max(x) of a number or a time",
    "last": "write min(x) or max(x) of a number or a time",
    "arg_max": "write max(x), or GROUP BY both",
    "arg_min": "write min(x), or GROUP BY both",
    "max_by": "write max(x), or GROUP BY both",
    "min_by": "write min(x), or GROUP BY both",
    "list": "GROUP BY x lists the values, one a row",
    "array_agg": "GROUP BY x lists the values, one a row",
    "string_agg": "GROUP BY x lists the values, one a row",
    "group_concat": "GROUP BY x lists the values, one a row",
    "histogram": "GROUP BY x, count(*)",
    "stddev": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "stddev_samp": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "stddev_pop": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "variance": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "var_samp": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "var_pop": "write sum(x), sum(x * x) and count(x), which merge, and compute it from them",
    "bool_and": "write count_if(NOT x) = 0",
    "bool_or": "write count_if(x) > 0",
    "product": "write exp(sum(ln(x)))",
}
"""Aggregates of DuckDB that are refused, and what to write instead."""


def plan(builder: Builder, name: str, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    """Plan one aggregate call with its FILTER; enters what must be counted, returns what computes the result."""
    if name in UNMERGEABLE:
        message = f"{name} cannot be merged from parts of the input; {UNMERGEABLE[name]}"
        raise builder.query.refuse(message, node)
    for argument in node.expressions:
        kind = type(argument).__name__
        if kind == "Distinct":
            raise builder.query.refuse(f"{name}(DISTINCT ...) cannot be merged; {_distinct(name, argument)}", node)
        if kind == "Order":
            raise builder.query.refuse(f"ORDER BY inside {name}(...) means nothing for it; leave it out", node)
    planned = AGGREGATES[name]
    least, most, count = planned.least, planned.most, len(node.expressions)
    if not least <= count <= most:
        takes = str(most) if least == most else f"{least} or {most}"
        raise builder.query.refuse(f"{name} takes {takes} argument{'s' * (most != 1)}, not {count}", node)
    return planned.plan(builder, node, condition)


def _distinct(name: str, node: Any) -> str:  # noqa: ANN401 - sqlglot's
    if name == "count":
        listed = ", ".join(e.sql(dialect="duckdb", normalize_functions=False) for e in node.expressions)
        return f"write approx_count_distinct({listed})"
    return "leave DISTINCT out" if name in {"min", "max", "approx_count_distinct"} else "GROUP BY the value instead"


def _argument(builder: Builder, node: Any, place: int = 0) -> Expression:  # noqa: ANN401 - sqlglot's
    return builder.build(node.expressions[place], ARGUMENT)


def _number(name: str, argument: Expression) -> Expression:
    """Fit an argument to a number; a condition counts as 1 or 0, as in DuckDB's sum."""
    if argument.kind is Kind.BOOLEAN:
        return cast(argument, Kind.INTEGER)
    if argument.kind not in NUMBER | {Kind.DYNAMIC}:
        raise MisfitError(f"{name} needs a number, and its argument is {argument.kind}")
    return accept(argument, NUMBER)


def _count(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    every = not node.expressions or type(node.expressions[0]).__name__ == "Star"
    argument = None if every else _argument(builder, node)
    if isinstance(argument, Literal) and argument.value is not None:
        argument = None
    return builder.aggregate(Aggregate("count", argument, Kind.INTEGER, filter=condition))


def _count_if(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    counted = accept(_argument(builder, node), frozenset({Kind.BOOLEAN}))
    both = counted if condition is None else builder.call("and", (condition, counted))
    return builder.aggregate(Aggregate("count", None, Kind.INTEGER, filter=both))


def _sum(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    argument = _number("sum", _argument(builder, node))
    return builder.aggregate(Aggregate("sum", argument, argument.kind, filter=condition))


def _avg(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    argument = _number("avg", _argument(builder, node))
    total = builder.aggregate(Aggregate("sum", argument, argument.kind, filter=condition))
    count = builder.aggregate(Aggregate("count", argument, Kind.INTEGER, filter=condition))
    return Call("/", (total, count), Kind.DECIMAL)


def _extreme(name: str) -> Callable[[Builder, Any, Expression | None], Expression]:
    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        argument = _argument(builder, node)
        if argument.kind not in _ORDERED | {Kind.DYNAMIC}:
            raise MisfitError(
                f"{name} takes a number or a time, and its argument is {argument.kind}; "
                f"write {name}(CAST(... AS DOUBLE)), or GROUP BY the text"
            )
        fitted = accept(argument, _ORDERED)
        return builder.aggregate(Aggregate(name, fitted, fitted.kind, filter=condition))

    return planner


def _distinct_count(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    counted = Aggregate("approx_count_distinct", _argument(builder, node), Kind.INTEGER, filter=condition)
    return builder.aggregate(counted)


def _quantile(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    argument = _number("approx_quantile", _argument(builder, node))
    if type(node.expressions[1]).__name__ in {"Array", "Bracket"}:
        raise MisfitError("approx_quantile takes one quantile; write approx_quantile(x, 0.5), approx_quantile(x, 0.99)")
    asked = _argument(builder, node, 1)
    value = asked.value if isinstance(asked, Literal) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise MisfitError("the quantile must be a number from 0 to 1, such as approx_quantile(x, 0.99)")
    return builder.aggregate(
        Aggregate("approx_quantile", argument, Kind.DECIMAL, parameter=float(value), filter=condition)
    )


AGGREGATES: dict[str, Planned] = {
    planned.name: planned
    for planned in (
        Planned("count", "count(*), count(x)", "integer", "rows; values that are not NULL", 0, 1, _count),
        Planned("count_star", "count_star()", "integer", "rows", 0, 0, _count),
        Planned("count_if", "count_if(a)", "integer", "rows for which a is true", 1, 1, _count_if),
        Planned("countif", "countif(a)", "integer", "the same as count_if", 1, 1, _count_if),
        Planned("sum", "sum(x)", "as given", "sum, exact to a billionth", 1, 1, _sum),
        Planned("avg", "avg(x)", "decimal", "mean, computed at the end from sum and count", 1, 1, _avg),
        Planned("mean", "mean(x)", "decimal", "the same as avg", 1, 1, _avg),
        Planned("min", "min(x)", "as given", "least value", 1, 1, _extreme("min")),
        Planned("max", "max(x)", "as given", "greatest value", 1, 1, _extreme("max")),
        Planned(
            "approx_count_distinct", "approx_count_distinct(x)", "integer",
            "different values, estimated within 2.5 % (HyperLogLog)", 1, 1, _distinct_count,
        ),
        Planned(
            "approx_quantile", "approx_quantile(x, q)", "decimal",
            "value below which the share q of all values lies, within 0.8 % of the value", 2, 2, _quantile,
        ),
    )
}  # fmt: skip
"""Aggregates by name."""
