"""Of which kind a column is where it stands in a query: what a name means follows from the FROM of its SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.rollup.statement import clause_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logproc.model import Kind

Node = Any
"""A node of sqlglot's tree."""

DEPTH = 32
"""Queries within each other that are looked into, at most: a recursive one has itself in its FROM."""


class Scopes:
    """The columns of a query, by where they stand.

    `kinds` are those of the columns of each relation, both by their names in lower case.
    """

    def __init__(self, tree: Node, kinds: Mapping[str, Mapping[str, Kind]]) -> None:
        self._kinds = kinds
        self._queries = {node.alias.lower(): node.this for node in tree.walk() if type(node).__name__ == "CTE"}

    def kind(self, node: Node) -> Kind | None:
        """Return the kind of a column of the logs; None for anything else, as for what a query computes."""
        return self._at(node, node.parent_select, DEPTH) if type(node).__name__ in {"Column", "Dot"} else None

    def _at(self, node: Node, select: Node, depth: int) -> Kind | None:
        name = ".".join(part.name for part in node.parts).lower()
        qualifier, _, rest = name.partition(".")
        while select is not None and type(select).__name__ == "Select":
            sources = list(sources_of(select))
            named = [source for source in sources if source.alias_or_name.lower() == qualifier] if rest else []
            for found in ([self._of(source, rest, depth) for source in named], self._all(sources, name, depth)):
                kinds = {kind for kind in found if kind is not None}
                if kinds or (named and found):
                    return kinds.pop() if len(kinds) == 1 else None
            select = select.parent_select  # a name may be one of the query around it
        return None

    def _all(self, sources: list[Node], name: str, depth: int) -> list[Kind | None]:
        return [self._of(source, name, depth) for source in sources]

    def _of(self, source: Node, name: str, depth: int) -> Kind | None:
        """Return the kind of a column that a part of FROM has."""
        query = source.this
        if type(source).__name__ == "Table":
            called = source.name.lower()
            if called not in self._queries:
                return self._kinds.get(called, {}).get(name)
            query = self._queries[called]
        while type(query).__name__ in {"Union", "Intersect", "Except", "Subquery", "Paren"}:
            query = query.this
        if type(query).__name__ != "Select" or not depth:
            return None
        for item in query.expressions:
            if item.alias_or_name.lower() == name and type(item).__name__ != "Star":
                inner = item.this if type(item).__name__ == "Alias" else item
                is_column = type(inner).__name__ in {"Column", "Dot"}
                return self._at(inner, query, depth - 1) if is_column else None
        star = any(type(item).__name__ == "Star" for item in query.expressions)
        found = {self._of(inner, name, depth - 1) for inner in sources_of(query)} - {None} if star else set()
        return found.pop() if len(found) == 1 else None


def sources_of(select: Node) -> Iterator[Node]:
    """Yield what stands in the FROM of a SELECT: tables and queries."""
    first = clause_of(select, "from")
    if first is not None:
        yield first.this
    yield from (join.this for join in clause_of(select, "joins") or ())
