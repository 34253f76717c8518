"""What an ad hoc query asks of the logs: which relations, which of their columns, which rows; from its syntax tree.

More than is needed may be named here, never less: DuckDB applies the whole query to what it gets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logproc import questions
from logproc.errors import QueryError
from logproc.formats.jsonl import contract_name_of
from logproc.model import Kind
from logproc.rollup.builder import WHERE, Builder, Query, Relation
from logproc.rollup.expressions import NODES, TYPES, type_name
from logproc.rollup.functions_template import COMPUTED
from logproc.rollup.kinds import conjunction
from logproc.rollup.spec import EVERYTHING, Call, Column, Expression, calls
from logproc.rollup.sql import FAMILIES, LOGS, aliases, clause_of, grammar, relation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logproc.adhoc.arrow import Selection
    from logproc.config import Config

Node = Any
"""A node of sqlglot's tree."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What FROM may name, and the columns of each."""

    by_name: Mapping[str, Relation]
    keys: Mapping[str, str]
    """The `Selection.relation` of each name."""

    def all_columns(self) -> dict[str, list[str]]:
        """Return the relations that have a column, by the column's name."""
        found: dict[str, list[str]] = {}
        for name, relation in self.by_name.items():
            for column in relation.columns:
                found.setdefault(column, []).append(name)
        return found


def relations_of(config: Config) -> Relations:
    """Return the families, the configured sources, and `logs`."""
    sources = questions.relations(config)
    families = {LOGS: frozenset(FAMILIES), **{name: frozenset({name}) for name in FAMILIES}, **sources}
    own, synonyms = questions.own_fields(config), contract_name_of()
    by_name = {
        name: relation_of(held or frozenset(FAMILIES), own, synonyms, frozenset({name.lower()}))
        for name, held in families.items()
    }
    return Relations(by_name, {name: EVERYTHING if name == LOGS and name not in sources else name for name in by_name})


@dataclass(slots=True)
class Asked:
    """What a query reads: a selection by relation, and whether one pass over a stream of rows is enough."""

    sql: str
    selections: dict[str, Selection] = field(default_factory=dict)
    streams: bool = True
    shifts: list[int] = field(default_factory=list)
    """Places in `sql` where a quotation mark was put in."""
    as_text: frozenset[str] = frozenset()
    """Fields that the query casts to text."""
    written: str = ""
    """The query as the user wrote it."""

    def place(self, position: int) -> int:
        """Return the place in the query as it was written."""
        return position - sum(shift < position for shift in self.shifts)


def asked_of(sql: str, relations: Relations) -> Asked:
    """Return what a query reads; where its syntax is beyond sqlglot, every relation that is mentioned, as a whole."""
    import sqlglot  # noqa: PLC0415 - 0.1 s that only SQL pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        statements = [s for s in sqlglot.parse(sql, dialect=grammar()) if s is not None]
    except (SqlglotError, RecursionError):
        return _mentioned(sql, relations)
    tree = statements[0] if len(statements) == 1 else None
    if tree is None or type(tree).__name__ == "Command":
        return _mentioned(sql, relations)
    return _read(sql, tree, relations)


def _mentioned(sql: str, relations: Relations) -> Asked:
    words = {word.lower() for word in re.findall(r"\w[\w-]*", sql)}
    found = [name for name in relations.by_name if name.lower() in words]
    return Asked(sql, {name: _selection(name, relations, None, frozenset()) for name in found}, streams=False)


def _read(sql: str, tree: Node, relations: Relations) -> Asked:
    local = {node.alias.lower() for node in tree.walk() if type(node).__name__ == "CTE"}
    known = {name.lower(): name for name in relations.by_name}
    tables = [
        node
        for node in tree.walk()
        if type(node).__name__ == "Table" and node.name.lower() in known.keys() - local and not node.args.get("db")
    ]
    names, written = _names(tree, tables)
    asked = Asked(sql, streams=len(tables) == 1 and _runs_once(tree), as_text=_cast_to_text(tree), written=sql)
    for table in tables:
        name = known[table.name.lower()]
        twice = name in asked.selections  # each may want other rows
        where = None if twice else _pushed(table, tree, relations.by_name[name])
        asked.selections[name] = selection = _selection(name, relations, names, written, where)
        # What type an undeclared field has is known once all of its values are there.
        typed = (c for c in selection.columns if isinstance(c, Column) and c.kind is Kind.DYNAMIC)
        asked.streams = asked.streams and all(column.name in asked.as_text for column in typed)
    if any(relations.by_name[name].dynamic for name in asked.selections):
        _quote(asked, tree, {(node.alias or node.name).lower() for node in tables} | local)
    return asked


def _cast_to_text(tree: Node) -> frozenset[str]:
    """Return the names that a query casts to text, with their dots."""
    casts = (node for node in tree.walk() if type(node).__name__ in {"Cast", "TryCast"})
    names = (cast.this for cast in casts if TYPES.get(type_name(cast)) is Kind.TEXT)
    return frozenset(dotted(name) for name in names if type(name).__name__ in {"Column", "Dot"})


def _quote(asked: Asked, tree: Node, qualifiers: set[str]) -> None:
    """Put marks around the dotted names of JSON's fields, which to DuckDB would be a table's columns."""
    marks: list[int] = []
    for node in tree.walk():
        if type(node).__name__ not in {"Column", "Dot"} or type(node.parent).__name__ == "Dot":
            continue
        parts = list(node.parts)
        if len(parts) > 1 and parts[0].name.lower() in qualifiers:
            parts = parts[1:]
        places = [(part.meta.get("start"), part.meta.get("end")) for part in parts]
        quoted = any(type(part).__name__ != "Identifier" or part.args.get("quoted") for part in parts)
        if len(parts) > 1 and not quoted and None not in places[0] and None not in places[-1]:
            marks += [places[0][0], places[-1][1] + 1]
    for mark in sorted(set(marks), reverse=True):
        asked.sql = f'{asked.sql[:mark]}"{asked.sql[mark:]}'
    asked.shifts = [mark + number for number, mark in enumerate(sorted(set(marks)))]


def _runs_once(tree: Node) -> bool:
    """Tell whether whatever stands in the query is computed once: no CTE, which may be used twice, and no PIVOT."""
    return not any(type(node).__name__ in {"CTE", "Pivot", "Lateral"} for node in tree.walk())


def _names(tree: Node, tables: Sequence[Node]) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the names in a query in lower case (None for all columns), and dotted ones as they are written.

    A name in GROUP BY, HAVING or ORDER BY that SELECT defines is no column of the rows.
    """
    names: set[str] = set()
    written: set[str] = set()
    whole = {(table.alias or table.name).lower() for table in tables}
    star = False
    defined = {node.alias.lower() for node in tree.walk() if type(node).__name__ in {"Alias", "TableAlias"}}
    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Identifier":
            names.add(node.name.lower())
        star = star or _is_star(node, kind)
        if kind not in {"Column", "Dot"} or type(node.parent).__name__ == "Dot":
            continue
        path = dotted(node)
        star = star or path.lower() in whole
        names.add(path.lower())
        if not (path.lower() in defined and _behind(node)):
            qualifier, _, rest = path.partition(".")
            written.add(rest if rest and qualifier.lower() in whole else path)
    return (None if star else frozenset(names)), frozenset(written)


def _is_star(node: Node, kind: str) -> bool:
    """Tell whether a node asks for columns that it does not name."""
    if kind == "Star":
        return type(node.parent).__name__ != "Anonymous"
    if kind == "Join":
        return bool(node.args.get("method"))  # NATURAL
    return kind == "Summarize" or (kind in {"Anonymous", "Columns"} and str(node.this).lower() == "columns")


def dotted(node: Node) -> str:
    """Return a name with its dots."""
    return ".".join(part.name for part in node.parts)


def _behind(node: Node) -> bool:
    """Tell whether a node stands in a clause that sees SELECT's names first."""
    while node is not None:
        if type(node).__name__ in {"Group", "Having", "Order", "Ordered", "Qualify"}:
            return True
        node = node.parent
    return False


def _selection(
    name: str,
    relations: Relations,
    names: frozenset[str] | None,
    written: frozenset[str],
    where: Expression | None = None,
) -> Selection:
    relation = relations.by_name[name]
    columns = {
        column: Column(column, kind)
        for column, kind in relation.columns.items()
        if names is None or column.lower() in names
    }
    if relation.dynamic:
        columns |= _undeclared(relation, written)
    columns = columns or {"time": Column("time", Kind.TIME)}
    from logproc.adhoc.arrow import Selection  # noqa: PLC0415 - pyarrow, which a rollup does without

    return Selection(relations.keys[name], tuple(map(computed, columns.values())), where, tuple(columns))


def computed(column: Column) -> Expression:
    """Return what a field is computed from, where no line has it; else the field."""
    if column.name not in COMPUTED:
        return column
    function, source = COMPUTED[column.name]
    return Call(function, (Column(source, Kind.TEXT),), Kind.TEXT)


def _undeclared(relation: Relation, written: frozenset[str]) -> dict[str, Column]:
    """Return the fields that only the rows themselves can have, and those under another name than the contract's."""
    found: dict[str, Column] = {}
    seen = {name.lower() for name in relation.columns}
    for path in sorted(written):
        if path.lower() not in seen and path not in relation.names:
            seen.add(path.lower())
            meant = relation.synonyms.get(path)
            kind = relation.columns.get(meant or "")
            found[path] = Column(path, Kind.DYNAMIC) if meant is None or kind is None else Column(meant, kind)
    return found


def _pushed(table: Node, tree: Node, relation: Relation) -> Expression | None:
    """Return the part of the WHERE above a table that can be decided while parsing."""
    select = table.parent_select
    if (
        select is None
        or type(table.parent).__name__ != "From"
        or clause_of(select, "joins")
        or clause_of(select, "laterals")
    ):
        return None
    where = clause_of(select, "where")
    if where is None or (relation.dynamic and select is not tree):
        return None  # in a subquery, a name that no family declares may be one of the query around it
    names = frozenset({*relation.names, (table.alias or table.name).lower()})
    own = Relation(names, relation.columns, relation.dynamic, relation.synonyms)
    builder = Builder(Query("sql", ""), own, NODES, aliases(select))
    built = [built for term in _terms(where.this) for built in _built(builder, term)]
    return conjunction(built) if built and not builder.aggregates else None


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
