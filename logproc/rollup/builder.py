"""What builds typed expressions: the query's text, the relation's columns, the aliases, and the calls they become.

The builder knows columns, functions and kinds; which node of sqlglot's tree means what stands in `expressions.NODES`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.errors import QueryError
from logproc.model import FIELDS, RAW, Kind
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.functions_template import COMPUTED
from logproc.rollup.kinds import COMPARING, MisfitError, accept, compared, fold, result_kind, unify
from logproc.rollup.signature import BOOLEAN, same
from logproc.rollup.spec import Aggregate, AggregateRef, Column, Expression, Literal, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NO_COLUMN = "there is no column"
"""What the message begins with where a name is not one of the columns."""

Node: TypeAlias = Any
"""A node of sqlglot's tree; sqlglot is imported only where a query is parsed."""


@dataclass(frozen=True, slots=True)
class Query:
    """The text being planned, for messages that point into it."""

    name: str
    sql: str

    def refuse(self, message: str, node: Node | None = None) -> QueryError:
        """Make the error for a construct, with the place of its first token and the end of its last one."""
        begin, end = (None, None) if node is None else span(node, self.sql)
        return QueryError(message, self.name, self.sql, begin, end)


_PARAMETER = r"\?|[$:]\w+"
_UNMARKED = {
    "Placeholder": _PARAMETER,
    "Parameter": _PARAMETER,
    "Interval": r"\bINTERVAL\s+('[^']*'|[\w.-]+)(\s+(?!FROM\b|AND\b|OR\b|AS\b|GROUP\b)[A-Z]+)?",
}
"""How that is written of which sqlglot notes no place, by its node."""


_UNCERTAIN = (
    "// of a field that nobody declared: whether it cuts is known once all values are, as 3 // 2 is 1 and 3.5 // 2 is "
    "1.75, too late for a report to add up; write CAST(field AS BIGINT) // 2, or floor(field / 2)"
)


def span(node: Node, sql: str) -> tuple[int | None, int | None]:
    """Return where a node begins and ends in the query's text, as far as sqlglot noted it.

    sqlglot notes names and numbers: the bracket that closes a call is looked for, and so is the mark behind a text.
    """
    places = [child.meta for child in node.walk() if child.meta.get("start") is not None]
    if not places:
        pattern = _UNMARKED.get(type(node).__name__)
        found = list(re.finditer(pattern, sql, re.IGNORECASE)) if pattern else []
        return found[0].span() if found and (len(found) == 1 or pattern == _PARAMETER) else (None, None)
    begin, end = min(place["start"] for place in places), max(place["end"] for place in places) + 1
    depth = quoted = 0
    for place in range(begin, len(sql)):
        character = sql[place]
        quoted ^= character == "'"
        depth += 0 if quoted else (character == "(") - (character == ")")
        if place + 1 >= end and depth <= 0 and not quoted:
            return begin, max(end, place + 1 - (depth < 0))  # a bracket too many belongs to what is around
        if character == "\n" and place >= end:
            break
    return begin, end


@dataclass(frozen=True, slots=True)
class Relation:
    """What FROM names: its columns, and whether rows may have others.

    `usual` are the columns of its families, those that a message lists; the others are of some format alone.
    """

    names: frozenset[str]
    columns: Mapping[str, Kind]
    dynamic: bool
    synonyms: Mapping[str, str] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Configured sources and the families that they hold, for messages."""


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
    handlers: Mapping[str, Callable[[Builder, Node, Clause], Expression]]
    aliases: dict[str, Node] = field(default_factory=dict)
    aggregates: list[Aggregate] = field(default_factory=list)
    places: dict[Column, Node] = field(default_factory=dict)
    open_aliases: list[str] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)

    def build(self, node: Node, clause: Clause) -> Expression:
        """Return the typed expression of a node, or raise QueryError at it."""
        kind = type(node).__name__
        try:
            if kind in OPERATORS:
                return self.call(OPERATORS[kind], self.build_all((node.this, node.expression), clause))
            handler = self.handlers.get(kind)
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
        kinds = {argument.kind for argument in arguments}
        if name == "//" and Kind.DYNAMIC in kinds and Kind.DECIMAL not in kinds:
            raise MisfitError(_UNCERTAIN)
        function = FUNCTIONS[name]
        if name in COMPARING and function.accepts(len(arguments)):
            name, arguments = compared(name, arguments)
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
        for place, check in function.literals:
            if place < len(fitted) and isinstance(fitted[place], Literal):
                _check_constant(name, place, fitted[place], check)
        return fold(function, fitted, result_kind(function, fitted))

    def aggregate(self, wanted: Aggregate) -> AggregateRef:
        """Return the reference to an aggregate, entering it if it is new."""
        if wanted not in self.aggregates:
            self.aggregates.append(wanted)
        return AggregateRef(self.aggregates.index(wanted), wanted.kind)

    def column(self, name: str, node: Node, clause: Clause, *, alias_first: bool = False) -> Expression:
        """Resolve a name: a column, else an alias of SELECT, else a field that only dynamic rows have."""
        lowered = name if name in self.relation.columns else name.lower()
        # `sum(bytes) AS bytes`, `lower(kind) AS kind`: there the rows' own field is meant, though nobody declared it.
        inside = clause in {ARGUMENT, FILTER} or self._names_itself(lowered)
        own = lowered in self.relation.columns or (self.relation.dynamic and inside)
        if lowered in self.aliases and (alias_first or not own) and not (own and lowered in self.open_aliases):
            return self._alias(lowered, node, clause)
        if self.relation.dynamic and lowered not in self.relation.columns:
            lowered = self.relation.synonyms.get(name, lowered)
        kind = Kind.TEXT if lowered == RAW else self.relation.columns.get(lowered)
        if kind is None and not self.relation.dynamic:
            hint = self._suggest(lowered)
            if getattr(node.this, "args", {}).get("quoted") and not hint.startswith(" here"):
                near = f"{hint} A" if hint.startswith("; did") else "; a"
                hint = f"{near} text stands between single quotation marks: '{name}'"
            raise self.query.refuse(f"{clause.name}: {NO_COLUMN} {name!r}{hint}", node)
        if lowered in COMPUTED and kind is not None:
            function, source = COMPUTED[lowered]
            return self.call(function, (self.column(source, node, clause),))
        column = Column(name, Kind.DYNAMIC) if kind is None else Column(lowered, kind)
        self.places.setdefault(column, node)
        return column

    def _names_itself(self, alias: str) -> bool:
        """Tell whether what SELECT defines as a name is computed from something of the same name."""
        found = self.aliases[alias].walk() if alias in self.aliases else ()
        return any(type(node).__name__ == "Column" and node.name.lower() == alias for node in found)

    def _alias(self, alias: str, node: Node, clause: Clause) -> Expression:
        if alias in self.open_aliases:
            raise self.query.refuse(f"{clause.name}: {alias!r} is defined by itself", node)
        self.open_aliases.append(alias)
        try:
            return self.build(self.aliases[alias], clause)
        finally:
            self.open_aliases.pop()

    def _suggest(self, name: str) -> str:
        having = [family for family, fields in FIELDS.items() if name in fields]
        having += [source for source, families in self.relation.others.items() if families & set(having)]
        if having:
            return f" here; {have(having)}"
        table, dot, _ = name.rpartition(".")
        if dot and not any(column.startswith(f"{table}.") for column in self.relation.columns):
            return f": FROM has no {table!r}, only {' and '.join(sorted(self.relation.names))}"
        if name in {"count", "sum", "min", "max", "avg"}:
            inner = "*" if name == "count" else "x"
            return f"; write {name}({inner}), or give it that name: {name}({inner}) AS {name}"
        known = [*self.relation.columns, *self.aliases]
        near = difflib.get_close_matches(name, known, n=2)
        if near:
            return f"; did you mean {' or '.join(map(repr, near))}?"
        return f"; there are {', '.join([*self.aliases, *sorted(self.relation.usual)])}"


def have(relations: Sequence[str]) -> str:
    """Write which relations have something, as `web, app and shop have it`."""
    *others, last = relations
    return f"{', '.join(others)} and {last} have it" if others else f"{last} has it"


def file_hint(name: str) -> str:
    """Say where files are named, if what FROM names looks like one."""
    looks = any(mark in name for mark in "./*")
    return '; FROM names what rows are, and files stand behind the query: "SELECT ... FROM web" PATH' if looks else ""


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


OPERATORS: dict[str, str] = {
    "EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "And": "and", "Or": "or",
    "Mul": "*", "Div": "/", "IntDiv": "//", "Mod": "%", "Pow": "pow", "DPipe": "||", "RegexpLike": "regexp_matches",
    "RegexpFullMatch": "regexp_full_match", "SimilarTo": "regexp_full_match", "Glob": "glob",
    "StartsWith": "starts_with", "BitwiseAnd": "&", "BitwiseOr": "|", "BitwiseLeftShift": "<<",
    "BitwiseRightShift": ">>",
}  # fmt: skip
"""Nodes with two sides, and the functions they are."""

REFUSED: dict[str, str] = {
    "Window": "is a window function, which needs all rows at once; run it with `logproc sql`, over parsed rows",
    "Subquery": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Select": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Exists": "a subquery needs a second pass; run it with `logproc sql`, over parsed rows",
    "Star": "is only for count(*); name the columns",
    "Interval": "is an interval, which can be added to a time, or be the width of time_bucket(INTERVAL '1 hour', time)",
    "Distinct": "DISTINCT is not mergeable here; write approx_count_distinct(x), or GROUP BY the columns",
    "Order": "an aggregate cannot be ordered here; ORDER BY belongs at the end of the query",
    "JSONExtract": "is not supported; write the nested field's name with dots, such as request.method",
    "JSONExtractScalar": "is not supported; write the nested field's name with dots, such as request.method",
    "Array": "is a list; reports have single values only",
    "Tuple": "is a row of values; reports have single values only",
    "Struct": "is a struct; reports have single values only",
    "Bracket": "takes an element or a slice; write substring(x, start, length) or split_part(x, separator, n)",
    "Placeholder": "is a parameter, and nothing gives its value; write the value",
}
"""Why a node is refused, and what to write instead."""
