"""Literals that no call of a function can mean, in whatever engine: what DuckDB would take without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.adhoc.clauses import with_clause
from logproc.errors import QueryError
from logproc.model import Kind
from logproc.rollup.builder import span
from logproc.rollup.functions import ALIASES, FUNCTIONS

if TYPE_CHECKING:
    from logproc.rollup.spec import Value

Node = Any
"""A node of sqlglot's tree."""


def refuse_senseless(tree: Node, sql: str) -> None:
    """Raise QueryError for the first call with such a literal."""
    for node in tree.walk():
        name = node.name.lower() if type(node).__name__ == "Anonymous" else ""
        function = FUNCTIONS.get(ALIASES.get(name, name))
        if function is None:
            continue
        for place, check in function.literals:
            value = written(node.expressions[place]) if place < len(node.expressions) else None
            fits = value is not None and _kind(value) in function.parameters[place]  # else DuckDB says what is wrong
            problem = check(value) if fits else None
            if problem:
                begin, end = span(node, sql)
                raise QueryError(with_clause(f"{node.name}: {problem}", sql, begin), None, sql, begin, end)


def _kind(value: Value) -> Kind:
    return Kind.TEXT if isinstance(value, str) else Kind.INTEGER


def written(node: Node) -> Value:
    """Return the text or the whole number that a node writes out, None for any other."""
    kind = type(node).__name__
    if kind == "Neg" and type(node.this).__name__ == "Literal" and node.this.name.isdigit():
        return -int(node.this.name)
    if kind != "Literal" or not (node.is_string or node.name.isdigit()):
        return None
    return str(node.name) if node.is_string else int(node.name)
