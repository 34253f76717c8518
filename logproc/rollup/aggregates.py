"""The aggregates that merge, how each is planned, and what to write for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.model import Kind
from logproc.rollup.builder import ARGUMENT, Builder, shown
from logproc.rollup.kinds import MisfitError, accept, cast
from logproc.rollup.numerals import EITHER
from logproc.rollup.signature import NUMBER
from logproc.rollup.spec import Aggregate, Call, Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDERED = NUMBER | {Kind.TIME}


Planner: TypeAlias = "Callable[[Builder, Any, Expression | None], Expression]"


@dataclass(frozen=True, slots=True)
class Planned:
    """An aggregate as queries call it: how it is shown, how many arguments it takes, and what plans a call."""

    name: str
    signature: str
    result: str
    doc: str
    least: int
    most: int
    plan: Planner


UNMERGEABLE: dict[str, str] = {
    **dict.fromkeys(
        ("quantile", "quantile_cont", "quantile_disc", "percentile_cont", "percentile_disc", "median"),
        "write approx_quantile(x, 0.5)",
    ),
    **dict.fromkeys(
        ("first", "last", "arbitrary_first"), "write arg_min(x, time) or arg_max(x, time), which do not depend on order"
    ),
    **dict.fromkeys(
        ("list", "array_agg", "string_agg", "group_concat", "listagg"),
        "GROUP BY x lists the values, one a row; histogram(x) and approx_top_k(x, k) have several in one",
    ),
    "mad": "write approx_quantile(x, 0.75) - approx_quantile(x, 0.25)",
    **dict.fromkeys(("kurtosis", "skewness"), "write stddev(x), or approx_quantile(x, q) of several q"),
    **dict.fromkeys(
        ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_r2", "regr_intercept"),
        "write sum(x), sum(y), sum(x * y) and count(*), which merge, and compute it from them",
    ),
    **dict.fromkeys(("entropy", "bit_and", "bit_or", "bit_xor"), "run it with `logproc sql`, over rows"),
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
        if kind == "Distinct" and name == "count":
            return _exact_count(builder, node, argument, condition)
        if kind == "Distinct" and name in {"min", "max", "any_value", "bool_and", "bool_or", "approx_count_distinct"}:
            node.set("expressions", argument.expressions)  # which counts a value once, however often it comes
            break
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
    return f"GROUP BY {shown(node.expressions[0])} and compute {name} from the rows"


def _exact_count(builder: Builder, node: Any, distinct: Any, condition: Expression | None) -> Expression:  # noqa: ANN401
    if len(distinct.expressions) != 1:
        listed = ", ".join(shown(e) for e in distinct.expressions)
        message = f"count(DISTINCT {listed}) takes one value; write count(DISTINCT concat_ws(' ', {listed}))"
        raise builder.query.refuse(message, node)
    counted = builder.build(distinct.expressions[0], ARGUMENT)
    return _of_values(builder, "count_distinct", counted, Kind.INTEGER, condition)


def _of_values(
    builder: Builder, name: str, argument: Expression, kind: Kind, condition: Expression | None, k: int | None = None
) -> Expression:
    rules = builder.rules
    estimated = rules.approximate and name == "count_distinct"
    return builder.aggregate(
        Aggregate(
            name, argument, kind, filter=condition, limit=rules.max_distinct, estimated=estimated,
            parameter=None if k is None else float(k),
        )
    )  # fmt: skip


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


def _extreme(name: str) -> Planner:
    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        argument = _argument(builder, node)
        if argument.kind is Kind.BOOLEAN:  # false comes before true
            number = cast(argument, Kind.INTEGER)
            best = builder.aggregate(Aggregate(name, number, Kind.INTEGER, filter=condition))
            return Call("cast_boolean", (best,), Kind.BOOLEAN)
        if argument.kind is Kind.DYNAMIC:
            return _extreme_undeclared(builder, name, argument, condition)
        return builder.aggregate(Aggregate(name, argument, argument.kind, filter=condition))

    return planner


def _extreme_undeclared(builder: Builder, name: str, argument: Expression, condition: Expression | None) -> Expression:
    """Plan both the best number and the best text: which of them counts follows from all values of the column."""
    other = Literal("~" if name == "max" else "!", Kind.TEXT)  # wins, so that one text among numbers is noticed
    key = Call("number_key", (argument, other), Kind.TEXT)
    best = [builder.aggregate(Aggregate(name, by, Kind.TEXT, filter=condition)) for by in (key, argument)]
    return Call(EITHER, tuple(best), Kind.DYNAMIC)


def _pair(name: str) -> Planner:
    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        value, by = _argument(builder, node), _argument(builder, node, 1)
        if by.kind not in _ORDERED | {Kind.DYNAMIC}:
            raise MisfitError(f"{name} looks for the best number or time, and its second argument is {by.kind}")
        by = accept(by, _ORDERED)
        if value.kind is Kind.BOOLEAN:
            value = cast(value, Kind.INTEGER)
        return builder.aggregate(Aggregate(name, value, value.kind, filter=condition, by=by))

    return planner


def _every(*, wanted: bool) -> Planner:
    """Plan bool_and (none is false) and bool_or (one is true), NULL where there is no value."""

    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        argument = accept(_argument(builder, node), frozenset({Kind.BOOLEAN}))
        tested = argument if wanted else builder.call("not", (argument,))
        both = tested if condition is None else builder.call("and", (condition, tested))
        found = builder.aggregate(Aggregate("count", None, Kind.INTEGER, filter=both))
        known = builder.aggregate(Aggregate("count", argument, Kind.INTEGER, filter=condition))
        answer = Call(">" if wanted else "=", (found, _ZERO), Kind.BOOLEAN)
        return Call("case", (Call(">", (known, _ZERO), Kind.BOOLEAN), answer), Kind.BOOLEAN)

    return planner


_ZERO = Literal(0, Kind.INTEGER)


def _moments(name: str) -> Planner:
    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        argument = _number(name, _argument(builder, node))
        return builder.aggregate(Aggregate(name, cast(argument, Kind.DECIMAL), Kind.DECIMAL, filter=condition))

    return planner


def _geometric_mean(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    logarithm = builder.call("ln", (_number("geomean", _argument(builder, node)),))
    total = builder.aggregate(Aggregate("sum", logarithm, Kind.DECIMAL, filter=condition))
    count = builder.aggregate(Aggregate("count", logarithm, Kind.INTEGER, filter=condition))
    return Call("exp", (Call("/", (total, count), Kind.DECIMAL),), Kind.DECIMAL)


def _values(name: str) -> Planner:
    def planner(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
        argument = _argument(builder, node)
        kind = argument.kind if name == "mode" else Kind.TEXT
        return _of_values(builder, name, argument, kind, condition)

    return planner


def _top(builder: Builder, node: Any, condition: Expression | None) -> Expression:  # noqa: ANN401 - sqlglot's
    asked = _argument(builder, node, 1)
    k = asked.value if isinstance(asked, Literal) else None
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= 1000:
        raise MisfitError("the number of values must be from 1 to 1000, as in approx_top_k(path, 10)")
    return _of_values(builder, "approx_top_k", _argument(builder, node), Kind.TEXT, condition, k)


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
        Planned("min", "min(x)", "as given", "least value; texts by their bytes", 1, 1, _extreme("min")),
        Planned("max", "max(x)", "as given", "greatest value; texts by their bytes", 1, 1, _extreme("max")),
        Planned("any_value", "any_value(x)", "as given", "a value that is not NULL: the least", 1, 1, _extreme("min")),
        Planned(
            "arg_min", "arg_min(x, y)", "as x", "x of the row with the least y; of several the least x", 2, 2,
            _pair("arg_min"),
        ),
        Planned(
            "arg_max", "arg_max(x, y)", "as x", "x of the row with the greatest y; of several the least x", 2, 2,
            _pair("arg_max"),
        ),
        Planned("min_by", "min_by(x, y)", "as x", "the same as arg_min", 2, 2, _pair("arg_min")),
        Planned("max_by", "max_by(x, y)", "as x", "the same as arg_max", 2, 2, _pair("arg_max")),
        Planned("bool_and", "bool_and(a)", "boolean", "no a is false", 1, 1, _every(wanted=False)),
        Planned("bool_or", "bool_or(a)", "boolean", "an a is true", 1, 1, _every(wanted=True)),
        Planned("var_samp", "var_samp(x)", "decimal", "variance of a sample, exact sums", 1, 1, _moments("var_samp")),
        Planned("variance", "variance(x)", "decimal", "the same as var_samp", 1, 1, _moments("var_samp")),
        Planned("var_pop", "var_pop(x)", "decimal", "variance of all, from exact sums", 1, 1, _moments("var_pop")),
        Planned("stddev_samp", "stddev_samp(x)", "decimal", "square root of var_samp", 1, 1, _moments("stddev_samp")),
        Planned("stddev", "stddev(x)", "decimal", "the same as stddev_samp", 1, 1, _moments("stddev_samp")),
        Planned("stddev_pop", "stddev_pop(x)", "decimal", "square root of var_pop", 1, 1, _moments("stddev_pop")),
        Planned("geomean", "geomean(x)", "decimal", "geometric mean of what is above 0", 1, 1, _geometric_mean),
        Planned(
            "count_distinct", "count(DISTINCT x)", "integer",
            "different values, exact up to limits.max_distinct; past it limits.distinct says what happens", 1, 1,
            _values("count_distinct"),
        ),
        Planned(
            "histogram", "histogram(x)", "text", "how often each value came, as a JSON object", 1, 1,
            _values("histogram"),
        ),
        Planned("mode", "mode(x)", "as given", "the most frequent value; of several the least", 1, 1, _values("mode")),
        Planned(
            "approx_top_k", "approx_top_k(x, k)", "text",
            "the k most frequent values, as a JSON array; exact up to limits.max_distinct, then with a stated error",
            2, 2, _top,
        ),
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
