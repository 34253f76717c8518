"""What an ad hoc query asks of the logs: which relations, which of their columns, which rows; from its syntax tree.

More than is needed may be named here, never less: DuckDB applies the whole query to what it gets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logproc import questions
from logproc.adhoc.pushing import NOTHING, enough_of, pushed_of
from logproc.adhoc.senseless import refuse_senseless
from logproc.adhoc.traps import traps
from logproc.formats.jsonl import contract_name_of
from logproc.model import RAW, Kind
from logproc.rollup.expressions import TYPES, type_name
from logproc.rollup.functions_template import COMPUTED
from logproc.rollup.spec import EVERYTHING, Call, Column, Expression
from logproc.rollup.sql import relation_of
from logproc.rollup.statement import FAMILIES, LOGS, grammar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from logproc.adhoc.arrow import Selection
    from logproc.config import Config
    from logproc.rollup.builder import Relation

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
    enough: int | None = None
    """Rows, from the first one on, that answer the query; None: all of them."""
    star: bool = False
    """Whether it asks for columns that it does not name."""
    sampled: frozenset[str] = frozenset()
    """Relations whose `*` are the fields of the lines that were looked at."""
    shifts: list[tuple[int, int]] = field(default_factory=list)
    """Places in `sql` where something was put in, and how many characters, in order."""
    as_text: frozenset[str] = frozenset()
    """Fields that the query casts to text."""
    computed: frozenset[str] = frozenset()
    """Names in lower case with which the query computes: it does more than show them, or group or order by them."""
    orders: bool = False
    """Whether it orders rows, somewhere."""
    written: str = ""
    """The query as the user wrote it."""
    traps: tuple[str, ...] = ()
    """What of it is seldom what is meant."""

    def place(self, position: int) -> int:
        """Return the place in the query as it was written."""
        return position - sum(min(length, position - place) for place, length in self.shifts if place < position)


def asked_of(sql: str, relations: Relations, look: Callable[[str], Mapping[str, Kind]] | None = None) -> Asked:
    """Return what a query reads; where its syntax is beyond sqlglot, every relation that is mentioned, as a whole.

    Rows of JSON may have any field: which of them `*` means is what `look` finds in the files.
    """
    import sqlglot  # noqa: PLC0415 - 0.1 s that only SQL pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    scope = _Scope(relations, look or (lambda _key: {}))
    try:
        statements = [s for s in sqlglot.parse(sql, dialect=grammar()) if s is not None]
    except (SqlglotError, RecursionError):
        return _mentioned(sql, scope)
    tree = statements[0] if len(statements) == 1 else None
    if tree is None or type(tree).__name__ == "Command":
        return _mentioned(sql, scope)
    refuse_senseless(tree, sql)
    return _read(sql, tree, scope)


@dataclass(frozen=True, slots=True)
class _Scope:
    relations: Relations
    look: Callable[[str], Mapping[str, Kind]]

    def fields(self, name: str, names: _Names) -> Mapping[str, Kind]:
        """Return the fields that the files say a relation has, of those that are asked for; none if none need be."""
        relation = self.relations.by_name[name]
        if names.star:
            found = self.look(self.relations.keys[name])
            if relation.dynamic or not found:
                return found
            usual = {column: relation.columns[column] for column in relation.columns if column in relation.usual}
            return {**usual, **{column: kind for column, kind in found.items() if column not in usual}}
        missing = names.unknown(relation)
        found = self.look(self.relations.keys[name]) if missing else {}
        return {column: kind for column, kind in found.items() if column.lower() in missing}


def _mentioned(sql: str, scope: _Scope) -> Asked:
    words = {word.lower() for word in re.findall(r"\w[\w-]*", sql)}
    found = [name for name in scope.relations.by_name if name.lower() in words]
    every = _Names(star=True)
    fields = {name: scope.fields(name, every) for name in found}
    selections = {name: _selection(name, scope.relations, every, fields[name]) for name in found}
    sampled = frozenset(name for name in found if fields[name] and scope.relations.by_name[name].dynamic)
    return Asked(sql, selections, streams=False, star=True, sampled=sampled, written=sql)


def _read(sql: str, tree: Node, scope: _Scope) -> Asked:
    relations = scope.relations
    local = {node.alias.lower() for node in tree.walk() if type(node).__name__ == "CTE"}
    known = {name.lower(): name for name in relations.by_name}
    tables = [
        node
        for node in tree.walk()
        if type(node).__name__ == "Table" and node.name.lower() in known.keys() - local and not node.args.get("db")
    ]
    names = _names(tree, tables)
    asked = Asked(sql, streams=len(tables) == 1 and _runs_once(tree), as_text=_cast_to_text(tree), written=sql)
    asked.star, asked.computed = names.star, _computed_with(tree, tables)
    asked.orders = any(type(node).__name__ == "Ordered" for node in tree.walk())
    pushed, has_raw = None, False
    for table in tables:
        name = known[table.name.lower()]
        twice = name in asked.selections  # each may want other rows
        pushed = NOTHING if twice else pushed_of(table, tree, relations.by_name[name])
        fields = scope.fields(name, names)
        has_raw = has_raw or RAW in fields
        asked.sampled |= {name} if fields and relations.by_name[name].dynamic else frozenset()
        asked.selections[name] = selection = _selection(name, relations, names, fields, pushed.condition)
        # What type an undeclared field has is known once all of its values are there.
        typed = (
            label
            for label, c in zip(selection.labels, selection.columns, strict=True)
            if isinstance(c, Column) and c.kind is Kind.DYNAMIC
        )
        asked.streams = asked.streams and all(label in asked.as_text for label in typed)
    asked.traps = tuple(traps(tree, {name.lower(): _kinds(s) for name, s in asked.selections.items()}))
    if pushed is not None and len(tables) == 1:
        asked.enough = enough_of(tree, tables[0], whole=pushed.whole)
    put_in: list[tuple[int, str]] = []
    if any("." in label for selection in asked.selections.values() for label in selection.labels):
        put_in += _marks(tree, _qualifiers(tree, tables) | local)
    is_one_select = sum(type(node).__name__ == "Select" for node in tree.walk()) == 1
    if is_one_select and names.star and RAW in names.written and not has_raw:
        put_in += _without_raw(sql)
    _put_in(asked, put_in)
    return asked


def _kinds(selection: Selection) -> dict[str, Kind]:
    """Return the kinds of the columns that are read of a relation, by their labels in lower case."""
    labelled = zip(selection.labels, selection.columns, strict=True)
    return {label.lower(): column.kind for label, column in labelled}


def _cast_to_text(tree: Node) -> frozenset[str]:
    """Return the names that a query casts to text, with their dots."""
    casts = (node for node in tree.walk() if type(node).__name__ in {"Cast", "TryCast"})
    names = (cast.this for cast in casts if TYPES.get(type_name(cast)) is Kind.TEXT)
    return frozenset(dotted(name) for name in names if type(name).__name__ in {"Column", "Dot"})


def _computed_with(tree: Node, tables: Sequence[Node]) -> frozenset[str]:
    """Return the names that stand elsewhere than where a query shows, groups, orders, counts or joins by them."""
    whole = _qualifiers(tree, tables)
    found = set()
    for node in tree.walk():
        if type(node).__name__ not in {"Column", "Dot"} or type(node.parent).__name__ == "Dot":
            continue
        around = node.parent
        while type(around).__name__ in {"Alias", "Distinct", "Tuple", "Paren"}:
            around = around.parent
        is_count = type(around).__name__ == "Anonymous" and around.name.lower() in {
            "count",
            "any_value",
            "first",
            "last",
        }
        if not is_count and type(around).__name__ not in {"Select", "Group", "Ordered", "Window", "Join"}:
            qualifier, _, rest = dotted(node).lower().partition(".")
            found.add(rest if rest and qualifier in whole else dotted(node).lower())
    return frozenset(found)


def _qualifiers(tree: Node, tables: Sequence[Node]) -> set[str]:
    """Return what may stand before a column, in lower case: tables, CTEs, and the aliases of both and of subqueries."""
    named = {(table.alias or table.name).lower() for table in tables}
    aliased = (node for node in tree.walk() if type(node).__name__ in {"Subquery", "CTE", "Table", "Unnest", "Lateral"})
    return named | {node.alias.lower() for node in aliased if node.alias}


def _put_in(asked: Asked, texts: Iterable[tuple[int, str]]) -> None:
    """Put texts into the query, each at its place in what the user wrote."""
    shift = 0
    for place, text in sorted(set(texts)):
        at = place + shift
        asked.sql = f"{asked.sql[:at]}{text}{asked.sql[at:]}"
        asked.shifts.append((at, len(text)))
        shift += len(text)


def _without_raw(sql: str) -> Iterator[tuple[int, str]]:
    """Yield what makes `*` not mean the line itself, where a query names that."""
    tokens = grammar()().tokenize(sql)
    for before, token, behind in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if token.text == "*" and before.text.upper() in {"SELECT", "DISTINCT", ",", "."}:
            excludes = behind is not None and behind.text.upper() == "EXCLUDE"
            opening = sql.find("(", token.end) + 1 if excludes else 0
            yield (opening, f"{RAW}, ") if opening else (token.end + 1, f" EXCLUDE ({RAW})")


def _marks(tree: Node, qualifiers: set[str]) -> Iterator[tuple[int, str]]:
    """Yield marks around the dotted names of JSON's fields, which to DuckDB would be a table's columns."""
    for node in tree.walk():
        if type(node).__name__ not in {"Column", "Dot"} or type(node.parent).__name__ == "Dot":
            continue
        parts = list(node.parts)
        if len(parts) > 1 and parts[0].name.lower() in qualifiers:
            parts = parts[1:]
        places = [(part.meta.get("start"), part.meta.get("end")) for part in parts]
        quoted = any(type(part).__name__ != "Identifier" or part.args.get("quoted") for part in parts)
        if len(parts) > 1 and not quoted and None not in places[0] and None not in places[-1]:
            yield from ((places[0][0], '"'), (places[-1][1] + 1, '"'))


def _runs_once(tree: Node) -> bool:
    """Tell whether whatever stands in the query is computed once: no CTE, which may be used twice, and no PIVOT."""
    return not any(type(node).__name__ in {"CTE", "Pivot", "Lateral"} for node in tree.walk())


@dataclass(frozen=True, slots=True)
class _Names:
    """The names in a query in lower case, dotted ones as they are written, and whether it asks for all columns."""

    lower: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    star: bool = False
    defined: frozenset[str] = frozenset()
    """Names in lower case that the query itself gives to something."""

    def unknown(self, relation: Relation) -> frozenset[str]:
        """Return the names in lower case that a relation of declared columns does not have."""
        if relation.dynamic:
            return frozenset()
        lower = {path.lower() for path in self.written}
        return frozenset(lower - relation.columns.keys() - self.defined - relation.names - {RAW})


def _names(tree: Node, tables: Sequence[Node]) -> _Names:
    """Return the names in a query; one in GROUP BY, HAVING or ORDER BY that SELECT defines is no column of the rows."""
    names: set[str] = set()
    written: set[str] = set()
    whole = {(table.alias or table.name).lower() for table in tables}
    qualifiers = _qualifiers(tree, tables)
    star = False
    defined = {node.alias.lower() for node in tree.walk() if type(node).__name__ in {"Alias", "TableAlias"}}
    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Identifier":
            names.add(node.name.lower())
        star = star or _is_star(node, kind)
        if kind not in {"Column", "Dot"} or type(node.parent).__name__ == "Dot" or _is_star(node, kind):
            continue
        path = dotted(node)
        star = star or path.lower() in whole
        names.add(path.lower())
        if not (path.lower() in defined and _behind(node)):
            qualifier, _, rest = path.partition(".")
            written.add(rest if rest and qualifier.lower() in qualifiers else path)
    return _Names(frozenset(names), frozenset(written), star, frozenset(defined))


def _is_star(node: Node, kind: str) -> bool:
    """Tell whether a node asks for columns that it does not name."""
    if kind == "Star":
        return type(node.parent).__name__ != "Anonymous"
    if kind == "Join":
        return bool(node.args.get("method"))  # NATURAL
    if kind == "Column" and type(node.this).__name__ == "Star":
        return True
    return kind in {"Summarize", "Describe"} or (
        kind in {"Anonymous", "Columns"} and str(node.this).lower() == "columns"
    )


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
    names: _Names,
    fields: Mapping[str, Kind],
    where: Expression | None = None,
) -> Selection:
    relation = relations.by_name[name]
    # A field that files have may have the name of another one of theirs in capitals, which to DuckDB is the same.
    columns: dict[str, Column] = {}
    for field_name, kind in fields.items():
        columns[_unlike(field_name, columns)] = Column(field_name, kind)
    seen = {label.lower() for label in columns}
    columns |= {
        column: Column(column, kind)
        for column, kind in relation.columns.items()
        if column.lower() not in seen
        and (column.lower() in names.lower or (names.star and not fields and column in relation.usual))
    }
    written = {path.lower() for path in names.written}
    if RAW in written and RAW not in columns:
        columns[RAW] = Column(RAW, Kind.TEXT)
    if relation.dynamic:
        columns |= _undeclared(relation, names.written, {label.lower() for label in columns})
    columns = columns or {"time": Column("time", Kind.TIME)}
    from logproc.adhoc.arrow import Selection  # noqa: PLC0415 - pyarrow, which a rollup does without

    expressions = tuple(column if column.name in fields else computed(column) for column in columns.values())
    return Selection(relations.keys[name], expressions, where, tuple(columns))


def _unlike(name: str, others: Iterable[str]) -> str:
    """Return a name that no other one has, whatever their capitals."""
    taken = {other.lower() for other in others}
    number, unique = 0, name
    while unique.lower() in taken:
        number, unique = number + 1, f"{name}_{number + 1}"
    return unique


def computed(column: Column) -> Expression:
    """Return what a field is computed from, where no line has it; else the field."""
    if column.name not in COMPUTED:
        return column
    function, source = COMPUTED[column.name]
    return Call(function, (Column(source, Kind.TEXT),), Kind.TEXT)


def _undeclared(relation: Relation, written: frozenset[str], seen: set[str]) -> dict[str, Column]:
    """Return the fields that only the rows themselves can have, and those under another name than the contract's."""
    found: dict[str, Column] = {}
    seen = seen | {name.lower() for name in relation.columns}
    for path in sorted(written):
        if path.lower() not in seen and path not in relation.names:
            seen.add(path.lower())
            meant = relation.synonyms.get(path)
            kind = relation.columns.get(meant or "")
            found[path] = Column(path, Kind.DYNAMIC) if meant is None or kind is None else Column(meant, kind)
    return found
