"""From sqlglot's syntax tree to typed expressions, or to a refusal that points at the place.

sqlglot's own knowledge of functions is switched off (see `sql.grammar`), so a call arrives as its name and its
arguments and `functions.FUNCTIONS` alone says what it means. Only what SQL writes with keywords has a node of its own.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.errors import QueryError
from logproc.model import Kind
from logproc.rollup import aggregates
from logproc.rollup.functions import ALIASES, CALLABLE, FUNCTIONS
from logproc.rollup.functions_time import PARTS, UNITS
from logproc.rollup.kinds import MisfitError, accept, cast, fold, result_kind, unify
from logproc.rollup.signature import BOOLEAN, same
from logproc.rollup.spec import Aggregate, AggregateRef, Column, Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Node: TypeAlias = Any
"""A node of sqlglot's tree; sqlglot is imported only where a query is parsed."""


@dataclass(frozen=True, slots=True)
class Query:
    """The text being planned, for messages that point into it."""

    name: str
    sql: str

    def refuse(self, message: str, node: Node | None = None) -> QueryError:
        """Make the error for a construct, with the position of its first token."""
        return QueryError(message, self.name, self.sql, None if node is None else position(node))


def position(node: Node) -> int | None:
    """Return where a node begins in the query's text, as far as sqlglot noted it."""
    starts = (child.meta.get("start") for child in node.walk())
    return min((start for start in starts if start is not None), default=None)


@dataclass(frozen=True, slots=True)
class Relation:
    """What FROM names: its columns, and whether rows may have others."""

    names: frozenset[str]
    columns: Mapping[str, Kind]
    dynamic: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """Where an expression stands: the keyword for messages, and why it may not aggregate (None: it may)."""

    name: str
    refusal: str | None = None


WHERE = Clause("WHERE", "WHERE sees single rows, before they are aggregated; write the condition in HAVING")
GROUP_BY = Clause("GROUP BY", "an aggregate cannot be a group key; name it in SELECT only")
FILTER = Clause("FILTER", "FILTER sees single rows; aggregates cannot stand in it")
ARGUMENT = Clause("an aggregate's argument", "aggregates cannot be nested; aggregate once, and combine the results")
SELECT, HAVING, ORDER_BY = Clause("SELECT"), Clause("HAVING"), Clause("ORDER BY")


@dataclass(slots=True)
class Builder:
    """Builds the expressions of one query and collects its aggregates; equal aggregates share one entry."""

    query: Query
    relation: Relation
    aliases: dict[str, Node] = field(default_factory=dict)
    aggregates: list[Aggregate] = field(default_factory=list)
    places: dict[Column, Node] = field(default_factory=dict)
    open_aliases: list[str] = field(default_factory=list)

    def build(self, node: Node, clause: Clause) -> Expression:
        """Return the typed expression of a node, or raise QueryError at it."""
        kind = type(node).__name__
        try:
            if kind in OPERATORS:
                return self.call(OPERATORS[kind], self.build_all((node.this, node.expression), clause))
            handler = NODES.get(kind)
            if handler is not None:
                return handler(self, node, clause)
        except MisfitError as error:
            raise self.query.refuse(f"{clause.name}: {error}", node) from error
        reason = REFUSED.get(kind, "is not part of what a report can compute; see `logproc sql --explain`")
        raise self.query.refuse(f"{clause.name}: {shown(node)} {reason}", node)

    def build_all(self, nodes: Sequence[Node], clause: Clause) -> tuple[Expression, ...]:
        """Build several nodes."""
        return tuple(self.build(node, clause) for node in nodes)

    def condition(self, node: Node, clause: Clause) -> Expression:
        """Build a node that must be a condition."""
        built = self.build(node, clause)
        try:
            return accept(built, BOOLEAN)
        except MisfitError as error:
            message = f"{clause.name} needs a condition, and {shown(node)} is {built.kind}; compare it with something"
            raise self.query.refuse(message, node) from error

    def call(self, name: str, arguments: Sequence[Expression]) -> Expression:
        """Apply a function: check arity, kinds and constants, insert casts, fold what is constant."""
        function = FUNCTIONS[name]
        if not function.accepts(len(arguments)):
            raise MisfitError(f"{name} takes {_arity(function.least, len(function.parameters))}, not {len(arguments)}")
        if function.unified:
            fitted = unify(arguments, exactly=function.result is same)
        else:
            fitted = tuple(_fit(name, function.parameter(i), i, argument) for i, argument in enumerate(arguments))
        for place, check in function.constants:
            if place < len(fitted):
                _check_constant(name, place, fitted[place], check)
        return fold(function, fitted, result_kind(function, fitted))

    def aggregate(self, wanted: Aggregate) -> AggregateRef:
        """Return the reference to an aggregate, entering it if it is new."""
        if wanted not in self.aggregates:
            self.aggregates.append(wanted)
        return AggregateRef(self.aggregates.index(wanted), wanted.kind)

    def column(self, name: str, node: Node, clause: Clause, *, alias_first: bool = False) -> Expression:
        """Resolve a name: a column, else an alias of SELECT, else a field that only dynamic rows have."""
        lowered = name.lower()
        if lowered in self.aliases and (alias_first or lowered not in self.relation.columns):
            return self._alias(lowered, node, clause)
        kind = self.relation.columns.get(lowered)
        if kind is None and not self.relation.dynamic:
            raise self.query.refuse(f"{clause.name}: there is no column {name!r}{self._suggest(lowered)}", node)
        column = Column(name, Kind.DYNAMIC) if kind is None else Column(lowered, kind)
        self.places.setdefault(column, node)
        return column

    def _alias(self, alias: str, node: Node, clause: Clause) -> Expression:
        if alias in self.open_aliases:
            raise self.query.refuse(f"{clause.name}: {alias!r} is defined by itself", node)
        self.open_aliases.append(alias)
        try:
            return self.build(self.aliases[alias], clause)
        finally:
            self.open_aliases.pop()

    def _suggest(self, name: str) -> str:
        known = [*self.relation.columns, *self.aliases]
        near = difflib.get_close_matches(name, known, n=2)
        if near:
            return f"; did you mean {' or '.join(map(repr, near))}?"
        return f"; there are {', '.join(sorted(self.relation.columns))}"


def shown(node: Node) -> str:
    """Write a node as SQL, shortened for a message."""
    text = " ".join(node.sql(dialect="duckdb", normalize_functions=False, comments=False).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _arity(least: int, most: int) -> str:
    return f"{least} argument{'s' * (least != 1)}" if least == most else f"{least} to {most} arguments"


def _fit(name: str, kinds: frozenset[Kind], place: int, argument: Expression) -> Expression:
    try:
        return accept(argument, kinds)
    except MisfitError as error:
        of = f"argument {place + 1} of {name}" if name.isidentifier() else f"a side of {name}"
        raise MisfitError(f"{of}: {error}") from error


def _check_constant(name: str, place: int, argument: Expression, check: Callable[[Any], str | None]) -> None:
    if not isinstance(argument, Literal):
        raise MisfitError(f"argument {place + 1} of {name} must be written out, not computed from a row")
    problem = None if argument.value is None else check(argument.value)
    if problem:
        raise MisfitError(f"{name}: {problem}")


# ---- one function a node ---------------------------------------------------------------------------------------


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
        raise builder.query.refuse(f"{clause.name}: {shown(node)} is no name of a field", node)
    return builder.column(_path(builder, [part.name for part in node.parts]), node, clause)


def _literal(builder: Builder, node: Node, clause: Clause) -> Expression:
    if node.is_string:
        return Literal(node.this, Kind.TEXT)
    text = node.this.replace("_", "")
    if text.isdigit() and int(text) >= 2**63:
        raise builder.query.refuse(f"{clause.name}: {text} is larger than any number a report counts with", node)
    return Literal(int(text), Kind.INTEGER) if text.isdigit() else Literal(float(text), Kind.DECIMAL)


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
    value, low, high = builder.build_all((node.this, node.args["low"], node.args["high"]), clause)
    both = (builder.call(">=", (value, low)), builder.call("<=", (value, high)))
    return _negated(builder, node, builder.call("and", both))


def _like(builder: Builder, node: Node, clause: Clause, escape: Sequence[Node] = ()) -> Expression:
    name = "ilike" if type(node).__name__ == "ILike" else "like"
    arguments = builder.build_all((node.this, node.expression, *escape), clause)
    return _negated(builder, node, builder.call(name, arguments))


def _escape(builder: Builder, node: Node, clause: Clause) -> Expression:
    return _like(builder, node.this, clause, (node.expression,))


def _branches(builder: Builder, parts: Sequence[tuple[Expression, Expression]], last: Expression | None) -> Expression:
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
    return _branches(builder, parts, None if default is None else builder.build(default, clause))


def _if(builder: Builder, node: Node, clause: Clause) -> Expression:
    condition = builder.condition(node.this, clause)
    otherwise = node.args.get("false")
    last = None if otherwise is None else builder.build(otherwise, clause)
    return _branches(builder, [(condition, builder.build(node.args["true"], clause))], last)


def _cast(builder: Builder, node: Node, clause: Clause) -> Expression:
    written = node.args["to"].sql(dialect="duckdb")
    kind = TYPES.get(written.partition("(")[0].strip().upper())
    if kind is None:
        way_out = "write date_trunc('day', time)" if written == "DATE" else f"there are {', '.join(TYPES)}"
        raise builder.query.refuse(f"{clause.name}: a cast to {written} is not supported; {way_out}", node)
    return cast(builder.build(node.this, clause), kind)


def _extract(builder: Builder, node: Node, clause: Clause) -> Expression:
    return _part(builder, node.this.name, builder.build(node.expression, clause))


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
    rest = () if length is None else (builder.build(length, clause),)
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
    if name not in CALLABLE:
        raise builder.query.refuse(f"{clause.name}: there is no function {name!r}{_near_function(name)}", node)
    arguments = list(builder.build_all(node.expressions, clause))
    if ALIASES.get(name, name) == "date_trunc" and arguments and isinstance(arguments[0], Literal):
        unit = str(arguments[0].value).lower()
        arguments[0] = Literal(UNITS.get(unit, unit), Kind.TEXT)  # one spelling, so that equal keys are equal
    return builder.call(ALIASES.get(name, name), arguments)


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


OPERATORS: dict[str, str] = {
    "EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "And": "and", "Or": "or", "Add": "+",
    "Sub": "-", "Mul": "*", "Div": "/", "IntDiv": "//", "Mod": "%", "Pow": "pow", "DPipe": "||",
}  # fmt: skip
"""Nodes with two sides, and the functions they are."""

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

REFUSED: dict[str, str] = {
    "Window": "is a window function, which needs all rows at once; run it with `logproc sql`, over parsed rows",
    "Subquery": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Select": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Exists": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Star": "is only for count(*); name the columns",
    "Interval": "is interval arithmetic; compare with a written time, or use date_trunc('hour', time) and epoch(time)",
    "Distinct": "DISTINCT is not mergeable here; write approx_count_distinct(x), or GROUP BY the columns",
    "Order": "an aggregate cannot be ordered here; ORDER BY belongs at the end of the query",
    "NullSafeEQ": "is not supported; write a = b OR (a IS NULL AND b IS NULL)",
    "NullSafeNEQ": "is not supported; write a <> b OR (a IS NULL) <> (b IS NULL)",
    "RegexpLike": "is not supported; write regexp_full_match(x, pattern) or regexp_matches(x, pattern)",
    "RegexpFullMatch": "is not supported; write regexp_full_match(x, pattern)",
    "JSONExtract": "is not supported; write the nested field's name with dots, such as request.method",
    "JSONExtractScalar": "is not supported; write the nested field's name with dots, such as request.method",
    "Array": "is a list; reports have single values only",
    "Tuple": "is a row of values; reports have single values only",
    "Struct": "is a struct; reports have single values only",
    "Bracket": "takes an element or a slice; write substring(x, start, length) or split_part(x, separator, n)",
    "Placeholder": "is a parameter, and nothing gives its value; write the value",
}
"""Why a node is refused, and what to write instead."""

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
    "BOOLEAN": Kind.BOOLEAN,
    "TIMESTAMP": Kind.TIME,
    "TIMESTAMPTZ": Kind.TIME,
}
"""Types of a CAST; widths are not told apart."""
