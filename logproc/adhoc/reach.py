"""Columns that the logs have and a place in a query cannot see: behind a subquery, or of another table of a join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.adhoc.scopes import sources_of
from logproc.rollup.statement import grammar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.adhoc.question import Relations

Node = Any
"""A node of sqlglot's tree."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What a SELECT reads: a table by its name, or a query, and what it is called there."""

    called: str
    table: str | None


def out_of_reach(
    sql: str, place: int | None, column: str, relations: Relations, table: str | None = None
) -> str | None:
    """Say what hides a column that relations of this query have, or which of its tables has it; None if none does."""
    sources = list(_sources(sql, place))
    having = {name.lower() for name in relations.all_columns().get(column.lower(), ())}
    asked = having & {name.lower() for name in _tables(sql)}
    hiding = [s for s in sources if s.table is None and table in {None, s.called}]
    if asked and hiding:
        where = " here" if table is None else ""
        return (
            f"{where}: {hiding[0].called or 'the SELECT in brackets'} does not hand it on; add {column} to its SELECT"
        )
    near = [s.called for s in sources if s.table in having and s.called != table]
    return f"; {near[0]} has it" if near and table is not None else None


def renamed(sql: str, place: int | None, table: str) -> str | None:
    """Say by what name a table goes that is in FROM under another one; None if it is not there."""
    called = next((s.called for s in _sources(sql, place) if s.table == table.lower()), None)
    return None if called is None else f"FROM calls {table} {called!r}; write {called} in front of the column"


def _tree(sql: str) -> Node:
    import sqlglot  # noqa: PLC0415 - 0.1 s that only SQL pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        return sqlglot.parse_one(sql, dialect=grammar())
    except (SqlglotError, RecursionError):
        return None


def _tables(sql: str) -> Iterator[str]:
    tree = _tree(sql)
    yield from (node.name for node in tree.walk() if type(node).__name__ == "Table") if tree is not None else ()


def _sources(sql: str, place: int | None) -> Iterator[_Source]:
    """Yield what the SELECT around a place reads."""
    tree = _tree(sql)
    names = [n for n in tree.walk() if n.meta.get("start") == place] if tree is not None and place is not None else []
    select = names[0].find_ancestor(*_selects(tree)) if names else None
    if select is None:
        return
    queries = {node.alias.lower() for node in tree.walk() if type(node).__name__ == "CTE"}
    for part in sources_of(select):
        name = part.name.lower() if type(part).__name__ == "Table" else ""
        yield _Source(part.alias_or_name, name if name and name not in queries else None)


def _selects(tree: Node) -> tuple[type, ...]:
    return tuple({type(node) for node in tree.walk() if type(node).__name__ == "Select"})
