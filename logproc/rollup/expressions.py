"""From sqlglot's syntax tree to typed expressions, or to a refusal that points at the place.

sqlglot's own knowledge of functions is switched off (see `sql.grammar`), so a call arrives as its name and its
arguments and `functions.FUNCTIONS` alone says what it means. Only what SQL writes with keywords has a node of its own.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup import aggregates
from logproc.rollup.builder import FILTER, REFUSED, Builder, Clause, Node, shown
from logproc.rollup.functions import ALIASES, CALLABLE, CHANGING, FUNCTIONS
from logproc.rollup.functions_geo import BETWEEN, GEO
from logproc.rollup.functions_time import PARTS, UNITS
from logproc.rollup.intervals import bucket, moved
from logproc.rollup.kinds import MisfitError, accept, cast, fold, result_kind, unify
from logproc.rollup.signature import BOOLEAN, NUMBER
from logproc.rollup.spec import Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _paren(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.build(node.this, clause)


def _column(builder: Builder, node: Node, clause: Clause) -> Expression:
    parts = [part.name for part in node.parts]
    return builder.column(_path(builder, parts), node, clause)


def _path(builder: Builder, parts: list[str]) -> str:
    """Join a dotted name, without the relation's name in front."""
    if len(parts) > 1 and parts[0].lower() in builder.relation.names:
        parts = parts[1:]
    return ".".join(parts)


def _dot(builder: Builder, node: Node, clause: Clause) -> Expression:
    if any(type(part).__name__ != "Identifier" for part in node.parts):
        raise builder.query.refuse(f"{clause.name}: {shown(node)} is no name of a field{_element(shown(node))}", node)
    return builder.column(_path(builder, [part.name for part in node.parts]), node, clause)


def _element(written: str) -> str:
    """Say how a value within a list of JSON is taken, where a name goes on behind an index."""
    found = re.fullmatch(r"([\w.]+)(\[\d+\].*)", written.replace('"', ""))
    return "" if found is None else f"; a list of JSON is text: write json_extract_string({found[1]}, '${found[2]}')"


def _literal(builder: Builder, node: Node, clause: Clause) -> Expression:
    if node.is_string:
        return Literal(node.this, Kind.TEXT)
    text = node.this.replace("_", "")
    if text.isdigit() and int(text) >= 2**63:
        raise builder.query.refuse(f"{clause.name}: {text} is larger than any number a report counts with", node)
    try:
        return Literal(int(text), Kind.INTEGER) if text.isdigit() else Literal(float(text), Kind.DECIMAL)
    except ValueError:  # such as 1E
        raise builder.query.refuse(f"{clause.name}: {node.this} is no number", node) from None


def _boolean(_builder: Builder, node: Node, _clause: Clause) -> Expression:
    return Literal(bool(node.this), Kind.BOOLEAN)


def _null(_builder: Builder, _node: Node, _clause: Clause) -> Expression:
    return Literal(None, Kind.DYNAMIC)


def _neg(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("neg", (builder.build(node.this, clause),))


def _not(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("not", (builder.build(node.this, clause),))


def _negated(builder: Builder, node: Node, expression: Expression) -> Expression:
    """Apply the NOT of `x NOT LIKE y`, which sqlglot keeps as a flag in some versions."""
    return builder.call("not", (expression,)) if node.args.get("negate") else expression


def _is(builder: Builder, node: Node, clause: Clause) -> Expression:
    tested = builder.build(node.this, clause)
    against = type(node.expression).__name__
    if against == "Null":
        return _negated(builder, node, builder.call("is_null", (tested,)))
    if against == "Boolean":
        # IS TRUE is never NULL: a missing value counts as the other one.
        wanted = bool(node.expression.this)
        certain = builder.call("coalesce", (accept(tested, BOOLEAN), Literal(not wanted, Kind.BOOLEAN)))
        return _negated(builder, node, certain if wanted else builder.call("not", (certain,)))
    raise builder.query.refuse(f"{clause.name}: {shown(node)}: IS takes NULL, TRUE or FALSE", node)


def _in(builder: Builder, node: Node, clause: Clause) -> Expression:
    if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
        message = f"{clause.name}: IN takes a list of values here; {REFUSED['Subquery']}"
        raise builder.query.refuse(message, node)
    arguments = builder.build_all((node.this, *node.expressions), clause)
    return _negated(builder, node, builder.call("in", arguments))


def _between(builder: Builder, node: Node, clause: Clause) -> Expression:
    if node.args.get("symmetric"):
        raise builder.query.refuse(f"{clause.name}: write BETWEEN without SYMMETRIC, the lower value first", node)
    value, low, high = builder.build_all((node.this, node.args["low"], node.args["high"]), clause)
    both = (builder.call(">=", (value, low)), builder.call("<=", (value, high)))
    return _negated(builder, node, builder.call("and", both))


def _like(builder: Builder, node: Node, clause: Clause, escape: Sequence[Node] = ()) -> Expression:
    name = "ilike" if type(node).__name__ == "ILike" else "like"
    arguments = builder.build_all((node.this, node.expression, *escape), clause)
    return _negated(builder, node, builder.call(name, arguments))


def _escape(builder: Builder, node: Node, clause: Clause) -> Expression:
    return _like(builder, node.this, clause, (node.expression,))


def _branches(parts: Sequence[tuple[Expression, Expression]], last: Expression | None) -> Expression:
    """Make a CASE of (condition, value) pairs and an ELSE, its values brought to one kind."""
    rest = () if last is None else (last,)
    values = unify([value for _, value in parts] + [*rest], exactly=True)
    arguments = [e for (condition, _), value in zip(parts, values, strict=False) for e in (condition, value)]
    tail = values[len(parts) :]
    # The rule "kind of the first argument" would find a condition there.
    kind = result_kind(FUNCTIONS["coalesce"], values)
    return fold(FUNCTIONS["case"], (*arguments, *tail), kind)


def _case(builder: Builder, node: Node, clause: Clause) -> Expression:
    subject = None if node.this is None else builder.build(node.this, clause)
    parts = []
    for branch in node.args["ifs"]:
        if subject is None:
            condition = builder.condition(branch.this, clause)
        else:
            condition = builder.call("=", (subject, builder.build(branch.this, clause)))
        parts.append((condition, builder.build(branch.args["true"], clause)))
    default = node.args.get("default")
    return _branches(parts, None if default is None else builder.build(default, clause))


def _if(builder: Builder, node: Node, clause: Clause) -> Expression:
    condition = builder.condition(node.this, clause)
    otherwise = node.args.get("false")
    last = None if otherwise is None else builder.build(otherwise, clause)
    return _branches([(condition, builder.build(node.args["true"], clause))], last)


def _distinct(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("is_distinct", builder.build_all((node.this, node.expression), clause))


def _not_distinct(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("not", (_distinct(builder, node, clause),))


def _complement(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("~", (builder.build(node.this, clause),))


def _cast(builder: Builder, node: Node, clause: Clause) -> Expression:
    kind = TYPES.get(type_name(node))
    if kind is None:
        message = f"{clause.name}: a cast to {type_name(node)} is not supported; there are {', '.join(TYPES)}"
        raise builder.query.refuse(message, node)
    value = cast(builder.build(node.this, clause), kind)
    if type_name(node) == "DATE":  # a date is the midnight with which it begins
        return builder.call("date_trunc", (_DAY, value))
    if kind is Kind.TEXT and value != (plain := builder.build(node.this, clause)) and _is_date(node.this):
        return builder.call("strftime", (plain, Literal("%Y-%m-%d", Kind.TEXT)))
    return value


_DAY = Literal("day", Kind.TEXT)


def type_name(node: Node) -> str:
    """Return the name of the type of a CAST, without its width."""
    return str(node.args["to"].sql(dialect="duckdb")).partition("(")[0].strip().upper()


def _is_date(node: Node) -> bool:
    while type(node).__name__ == "Paren":
        node = node.this
    return type(node).__name__ in {"Cast", "TryCast"} and type_name(node) == "DATE"


def _extract(builder: Builder, node: Node, clause: Clause) -> Expression:
    return _part(builder, node.this.name.lower(), builder.build(node.expression, clause))


def _part(builder: Builder, part: str, time: Expression) -> Expression:
    function = PARTS.get(part.lower())
    if function is None:
        names = sorted(set(PARTS.values()))
        raise MisfitError(f"{part!r} is no part of a time; there are {', '.join(names)}")
    return builder.call(function, (time,))


def _substring(builder: Builder, node: Node, clause: Clause) -> Expression:
    start = node.args.get("start")
    length = node.args.get("length")
    begin = Literal(1, Kind.INTEGER) if start is None else builder.build(start, clause)
    # sqlglot takes a fourth argument for something of other engines.
    rest = tuple(builder.build(part, clause) for part in (length, node.args.get("zero_start")) if part is not None)
    return builder.call("substring", (builder.build(node.this, clause), begin, *rest))


def _trim(builder: Builder, node: Node, clause: Clause) -> Expression:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.args.get("position") or "", "trim")
    nodes = [part for part in (node.this, node.expression) if part is not None]
    return builder.call(name, builder.build_all(nodes, clause))


def _strpos(builder: Builder, node: Node, clause: Clause) -> Expression:
    return builder.call("strpos", builder.build_all((node.this, node.args["substr"]), clause))


def _function(builder: Builder, node: Node, clause: Clause, condition: Expression | None = None) -> Expression:
    name = str(node.this).lower()
    if name in aggregates.AGGREGATES or name in aggregates.UNMERGEABLE:
        if clause.refusal is not None:
            raise builder.query.refuse(f"{clause.name}: {shown(node)}: {clause.refusal}", node)
        return aggregates.plan(builder, name, node, condition)
    if condition is not None:
        raise builder.query.refuse(f"{clause.name}: FILTER belongs to an aggregate, and {name} is none", node)
    if name in {"date_part", "datepart"} and len(node.expressions) == 2:
        return _part(builder, node.expressions[0].name, builder.build(node.expressions[1], clause))
    if name == "time_bucket":
        return bucket(builder, node, clause)
    if name in CHANGING:
        raise MisfitError(f"there is no {name}(): {CHANGING[name]}")
    if name not in CALLABLE:
        raise builder.query.refuse(f"{clause.name}: there is no function {name!r}{_near_function(name)}", node)
    arguments = list(builder.build_all(node.expressions, clause))
    name = ALIASES.get(name, name)
    if name in {"date_trunc", "date_diff", "date_sub"} and arguments and isinstance(arguments[0], Literal):
        unit = str(arguments[0].value).lower()
        arguments[0] = Literal(UNITS.get(unit, unit), Kind.TEXT)  # one spelling, so that equal keys are equal
    if name == "log" and len(arguments) == 1:
        name = "log10"
    if name == "epoch_ms" and arguments and arguments[0].kind in NUMBER:
        name = "make_timestamp_ms"
    if name in GEO and len(arguments) == 1:
        arguments.append(_geo_files(builder, name))
    return builder.call(name, arguments)


def _geo_files(builder: Builder, name: str) -> Literal:
    if not builder.rules.geo:
        raise MisfitError(
            f'{name} needs a MaxMind file: name it in config.toml as [geo] files = ["GeoLite2-City.mmdb"], '
            f"or here as {name}(client, 'GeoLite2-City.mmdb')"
        )
    for path in builder.rules.geo:
        if not Path(path).exists():
            raise MisfitError(f"{path}: there is no such file, and [geo] files of config.toml names it for {name}")
    return Literal(BETWEEN.join(builder.rules.geo), Kind.TEXT)


def _now(_builder: Builder, node: Node, _clause: Clause) -> Expression:
    raise MisfitError(f"there is no {shown(node)}: {CHANGING['now']}")


def _near_function(name: str) -> str:
    known = CALLABLE | aggregates.AGGREGATES.keys() | {"date_part", "extract"}
    near = difflib.get_close_matches(name, sorted(known), n=2)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return "; `logproc sql` has all of DuckDB's, over rows"


def _filter(builder: Builder, node: Node, clause: Clause) -> Expression:
    if type(node.this).__name__ != "Anonymous":
        raise builder.query.refuse(
            f"{clause.name}: FILTER belongs to an aggregate, and {shown(node.this)} is none", node
        )
    return _function(builder, node.this, clause, builder.condition(node.expression.this, FILTER))


NODES: dict[str, Callable[[Builder, Node, Clause], Expression]] = {
    "Paren": _paren,
    "Column": _column,
    "Dot": _dot,
    "Literal": _literal,
    "Boolean": _boolean,
    "Null": _null,
    "Neg": _neg,
    "Not": _not,
    "Is": _is,
    "In": _in,
    "Between": _between,
    "Like": _like,
    "ILike": _like,
    "Escape": _escape,
    "Case": _case,
    "If": _if,
    "NullSafeNEQ": _distinct,
    "NullSafeEQ": _not_distinct,
    "BitwiseNot": _complement,
    "Add": moved,
    "Sub": moved,
    "CurrentDate": _now,
    "CurrentTimestamp": _now,
    "Cast": _cast,
    "TryCast": _cast,
    "Extract": _extract,
    "Substring": _substring,
    "Trim": _trim,
    "StrPosition": _strpos,
    "Anonymous": _function,
    "Filter": _filter,
}
"""Nodes that keywords make."""

TYPES: dict[str, Kind] = {
    "TEXT": Kind.TEXT,
    "VARCHAR": Kind.TEXT,
    "BIGINT": Kind.INTEGER,
    "INT": Kind.INTEGER,
    "INTEGER": Kind.INTEGER,
    "SMALLINT": Kind.INTEGER,
    "TINYINT": Kind.INTEGER,
    "HUGEINT": Kind.INTEGER,
    "INT128": Kind.INTEGER,
    "DOUBLE": Kind.DECIMAL,
    "REAL": Kind.DECIMAL,
    "FLOAT": Kind.DECIMAL,
    "DECIMAL": Kind.DECIMAL,
    "UBIGINT": Kind.INTEGER,
    "UINTEGER": Kind.INTEGER,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.TIME,
    "TIMESTAMP": Kind.TIME,
    "TIMESTAMPTZ": Kind.TIME,
}
"""Types of a CAST; widths are not told apart, and a date is the time of its midnight."""
