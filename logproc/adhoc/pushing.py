"""What of a query is decided while parsing: which rows a WHERE keeps, and how many of the first ones are enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError
from logproc.rollup.builder import WHERE, Builder, Query, Relation
from logproc.rollup.expressions import NODES
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.kinds import conjunction
from logproc.rollup.spec import Expression, calls
from logproc.rollup.statement import aliases, clause_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = Any
"""A node of sqlglot's tree."""

DESCRIBED_ROWS = 10_000
"""Rows whose values say what DESCRIBE calls a field that nobody declared."""


def enough_of(tree: Node, table: Node, *, whole: bool) -> int | None:
    """Return how many of the first rows answer a query that shows rows as they are; None if all may be needed."""
    if type(tree).__name__ == "Describe":
        return DESCRIBED_ROWS
    limit = clause_of(tree, "limit")
    if type(tree).__name__ != "Select" or limit is None or table.parent_select is not tree:
        return None
    shown = {"expressions", "from", "from_", "where", "limit", "offset"}
    if not whole or any(value for key, value in tree.args.items() if key not in shown):
        return None
    calls_made = {node.name.lower() for node in tree.walk() if type(node).__name__ == "Anonymous"}
    if calls_made - FUNCTIONS.keys() or any(type(node).__name__ in _OF_ALL_ROWS for node in tree.walk()):
        return None  # a function that may aggregate, or make rows
    numbers = [part.expression for part in (limit, clause_of(tree, "offset")) if part is not None]
    if limit.args.get("limit_options") or any(not _is_count(number) for number in numbers):
        return None
    return sum(int(number.this) for number in numbers)


_OF_ALL_ROWS = frozenset({"Window", "Subquery", "Exists", "AggFunc", "Count", "Filter", "Unnest", "Columns"})


def _is_count(node: Node) -> bool:
    return type(node).__name__ == "Literal" and not node.is_string and node.this.isdigit()


@dataclass(frozen=True, slots=True)
class Pushed:
    """What of a WHERE can be decided while parsing, and whether that is the whole of it."""

    condition: Expression | None
    whole: bool


NOTHING = Pushed(None, whole=False)


def pushed_of(table: Node, tree: Node, relation: Relation) -> Pushed:
    """Return the part of the WHERE above a table that can be decided while parsing."""
    select = table.parent_select
    if (
        select is None
        or type(table.parent).__name__ != "From"
        or clause_of(select, "joins")
        or clause_of(select, "laterals")
    ):
        return NOTHING
    where = clause_of(select, "where")
    if where is None:
        return Pushed(None, whole=True)
    if relation.dynamic and select is not tree:
        return NOTHING  # in a subquery, a name that no family declares may be one of the query around it
    names = frozenset({*relation.names, (table.alias or table.name).lower()})
    own = replace(relation, names=names)
    builder = Builder(Query("sql", ""), own, NODES, aliases(select))
    terms = list(_terms(where.this))
    built = [built for term in terms for built in _built(builder, term)]
    if not built or builder.aggregates:
        return NOTHING
    return Pushed(conjunction(built), whole=len(built) == len(terms))


def _terms(node: Node) -> Iterator[Node]:
    if type(node).__name__ == "And":
        yield from _terms(node.this)
        yield from _terms(node.expression)
    elif type(node).__name__ == "Paren":
        yield from _terms(node.this)
    else:
        yield node


def _built(builder: Builder, term: Node) -> Iterator[Expression]:
    try:
        built = builder.condition(term, WHERE)
    except QueryError:
        return  # DuckDB alone knows what it means
    if not calls(built, "comparable"):  # whether a field is a number follows from all of its values
        yield built
