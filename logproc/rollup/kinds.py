"""Kinds of expressions: what fits where, and the casts that SQL inserts by itself.

DuckDB's rules, made narrower: a literal text takes the kind it is compared with, integers widen to decimals, and a
dynamic JSON field becomes what its context asks for. Anything else needs a written CAST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.numerals import number_of
from logproc.rollup.signature import same
from logproc.rollup.spec import Call, Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.signature import Function, Kinds

CASTS: dict[Kind, str] = {
    Kind.TEXT: "cast_text",
    Kind.INTEGER: "cast_integer",
    Kind.DECIMAL: "cast_decimal",
    Kind.BOOLEAN: "cast_boolean",
    Kind.TIME: "cast_time",
}

SQL_TYPES: dict[Kind, str] = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
}

_PREFERENCE = (Kind.TEXT, Kind.DECIMAL, Kind.INTEGER, Kind.BOOLEAN, Kind.TIME)
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})


class MisfitError(Exception):
    """An expression has the wrong kind; the planner adds where."""


def is_null(expression: Expression) -> bool:
    """Tell whether this is the literal NULL, which fits every kind."""
    return isinstance(expression, Literal) and expression.value is None


def fold(function: Function, arguments: tuple[Expression, ...], kind: Kind) -> Expression:
    """Make a call, or its value where every argument is a literal."""
    literals = [argument for argument in arguments if isinstance(argument, Literal)]
    if len(literals) == len(arguments):
        return Literal(function(*(literal.value for literal in literals)), kind)
    return Call(function.name, arguments, kind)


def conjunction(conditions: Sequence[Expression]) -> Expression:
    """Join conditions by AND."""
    if len(conditions) == 1:
        return conditions[0]
    return fold(FUNCTIONS["and"], tuple(conditions), Kind.BOOLEAN)


def cast(expression: Expression, kind: Kind) -> Expression:
    """Cast to a kind, as written by CAST or needed by the context."""
    if is_null(expression) or kind is Kind.DYNAMIC:
        return Literal(None, kind) if is_null(expression) else expression
    if expression.kind is kind:
        return expression
    if expression.kind is Kind.TIME and kind is not Kind.TEXT:
        raise MisfitError(f"a time cannot be cast to {SQL_TYPES[kind]}; write epoch(time) for seconds since 1970")
    if kind is Kind.TIME and expression.kind not in {Kind.TEXT, Kind.DYNAMIC}:
        raise MisfitError(f"{expression.kind} cannot be cast to TIMESTAMP; only text can")
    name = "time_text" if expression.kind is Kind.TIME else CASTS[kind]
    return fold(FUNCTIONS[name], (expression,), kind)


def accept(expression: Expression, kinds: Kinds) -> Expression:
    """Fit an argument to the kinds a function takes; MisfitError says what to write."""
    if expression.kind in kinds and not (is_null(expression) and expression.kind is Kind.DYNAMIC):
        return expression
    target = next((kind for kind in _PREFERENCE if kind in kinds), Kind.TEXT)
    if is_null(expression) or expression.kind is Kind.DYNAMIC:
        return cast(expression, target)
    if isinstance(expression, Literal) and expression.kind is Kind.TEXT:
        return read_literal(expression, kinds)
    raise MisfitError(
        f"{expression.kind} given where {' or '.join(sorted(kinds))} is needed{_advice(expression, target)}"
    )


def _advice(expression: Expression, target: Kind) -> str:
    if expression.kind is Kind.TIME:
        return "; for arithmetic with times write epoch(time), for intervals date_trunc('hour', time)"
    return f"; write CAST(... AS {SQL_TYPES[target]})"


def read_literal(literal: Literal, kinds: Kinds) -> Literal:
    """Read a text literal as the kind that the other side of a comparison has."""
    for kind in (Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.TIME):
        if kind not in kinds and not (kind is Kind.DECIMAL and Kind.INTEGER in kinds):
            continue
        value = FUNCTIONS[CASTS[kind]](literal.value)
        if kind is Kind.INTEGER and value != FUNCTIONS["cast_decimal"](literal.value):
            continue  # '4.5' compared with an integer stays 4.5
        if value is not None:
            return Literal(value, kind)
    wanted = " or ".join(sorted(kinds))
    example = ", such as '2026-11-23' or '2026-11-23T07:00:00Z'" if Kind.TIME in kinds else ""
    raise MisfitError(f"the text {literal.value!r} does not read as {wanted}{example}")


def unify(expressions: Sequence[Expression], *, exactly: bool) -> tuple[Expression, ...]:
    """Bring expressions to one kind; `exactly` also turns integers beside decimals into decimals."""
    kinds = {e.kind for e in expressions if not is_null(e)}
    literals = {e for e in expressions if isinstance(e, Literal) and e.kind is Kind.TEXT and e.value is not None}
    firm = {e.kind for e in expressions if not is_null(e) and e not in literals} - {Kind.DYNAMIC}
    if len(firm) == 1 or firm == _NUMBERS:
        target = Kind.DECIMAL if len(firm) > 1 else next(iter(firm))
    elif firm:
        mixed = " with ".join(sorted(firm))
        raise MisfitError(f"{mixed} cannot be mixed; write CAST(... AS TEXT) around one or the other")
    else:
        target = Kind.DYNAMIC if kinds <= {Kind.DYNAMIC} else Kind.TEXT
    return tuple(_to(e, target, exactly=exactly) for e in expressions)


def compared(name: str, arguments: Sequence[Expression]) -> tuple[str, Sequence[Expression]]:
    """Let undeclared fields compare as numbers with each other and with texts that are numbers; the rest as it is."""
    texts = [a for a in arguments if isinstance(a, Literal) and a.kind is Kind.TEXT and a.value is not None]
    others = [a for a in arguments if a not in texts and not is_null(a)]
    if not others or any(other.kind is not Kind.DYNAMIC for other in others):
        return name, arguments
    if name in {"greatest", "least"}:
        return (name, arguments) if texts else (f"{name}_undeclared", arguments)
    if len(others) < 2 and not any(number_of(str(text.value)) is not None for text in texts):
        return name, arguments
    wrapped = [a if is_null(a) else fold(FUNCTIONS["comparable"], (a,), Kind.TEXT) for a in arguments]
    return name, wrapped


COMPARING = frozenset({"=", "<>", "<", "<=", ">", ">=", "in", "is_distinct", "greatest", "least"})
"""Functions for which it matters whether an undeclared field is a number."""


def _to(expression: Expression, target: Kind, *, exactly: bool) -> Expression:
    if expression.kind is target or is_null(expression):
        return cast(expression, target)
    if isinstance(expression, Literal) and expression.kind is Kind.TEXT:
        return read_literal(expression, frozenset({target}))
    if expression.kind is Kind.DYNAMIC:
        return cast(expression, Kind.DECIMAL if target is Kind.INTEGER else target)
    return cast(expression, target) if exactly else expression


def result_kind(function: Function, arguments: Sequence[Expression]) -> Kind:
    """Kind of a call: the function's own, or by its rule from the arguments."""
    if isinstance(function.result, Kind):
        return function.result
    known = [argument.kind for argument in arguments if not is_null(argument)] if function.result is same else []
    return function.result(known or [argument.kind for argument in arguments])
