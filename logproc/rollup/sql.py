"""A report's SQL in, a frozen `RollupSpec` out; what cannot be merged is refused, with the clause and a way out.

    text -> sqlglot's tree -> FROM -> aliases -> WHERE -> SELECT -> GROUP BY -> HAVING -> ORDER BY -> LIMIT -> spec

Expressions are built over columns first (`expressions`), then bound: what equals a group key becomes its reference,
and a column that is left over is neither grouped nor aggregated.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc.model import DYNAMIC_FAMILIES, FIELDS, Kind
from logproc.optional import misnamed
from logproc.rollup.builder import (
    GROUP_BY,
    HAVING,
    ORDER_BY,
    SELECT,
    WHERE,
    Builder,
    Clause,
    Node,
    Query,
    Relation,
    file_hint,
    shown,
)
from logproc.rollup.expressions import NODES
from logproc.rollup.spec import (
    ANY,
    EVERYTHING,
    Aggregate,
    AggregateRef,
    Call,
    Column,
    Expression,
    KeyRef,
    Literal,
    Order,
    Output,
    RollupSpec,
    Rules,
)
from logproc.rollup.statement import CLAUSES, FAMILIES, LOGS, aliases, clause_of, parse, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def plan(
    sql: str,
    name: str,
    *,
    relations: Mapping[str, frozenset[str]] | None = None,
    fields: Mapping[str, Mapping[str, Kind]] | None = None,
    synonyms: Mapping[str, str] | None = None,
    rules: Rules | None = None,
) -> RollupSpec:
    """Plan one SELECT; `relations` maps what FROM may name, besides the families, to the families it holds.

    `synonyms` are names under which undeclared rows have a declared field, by that field's name, and
    `fields` are columns beside those of the families: what formats have of their own, by family, or for `ANY`.
    `rules` are what the configuration says about all reports.

    Raises QueryError for anything that is no mergeable report.
    """
    query = Query(name, sql)
    statement = parse(query)
    relation_name, relation = _relation(
        query, clause_of(statement, "from"), relations or {}, fields or {}, synonyms or {}
    )
    builder = Builder(query, relation, NODES, aliases(statement), rules=rules or Rules())
    return _Planner(builder, statement, relation_name).plan()


def _relation(
    query: Query,
    source: Node,
    relations: Mapping[str, frozenset[str]],
    fields: Mapping[str, Mapping[str, Kind]],
    synonyms: Mapping[str, str],
) -> tuple[str, Relation]:
    table = source.this
    if type(table).__name__ != "Table" or type(table.this).__name__ != "Identifier":
        raise query.refuse(f"FROM takes the name of a family or a source, not {shown(table)}", table)
    extra = next((key for key, value in table.args.items() if value and key not in {"this", "alias"}), None)
    if extra:
        message = CLAUSES.get(extra, f"FROM takes one plain name; leave {extra.upper()} out")
        raise query.refuse(message, table)
    known = {LOGS: frozenset(FAMILIES), **{family: frozenset({family}) for family in FAMILIES}, **relations}
    name = table.name if table.name in known else table.name.lower()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {', '.join(sorted(known))}"
        hint = file_hint(table.name) or f"; {hint}"
        raise query.refuse(f"FROM: there is no family or source {table.name!r}{hint}", table)
    names = frozenset({name.lower(), (table.alias or name).lower()})
    relation = relation_of(known[name] or frozenset(FAMILIES), fields, synonyms, names)
    return (EVERYTHING if name == LOGS and name not in relations else name), replace(relation, others=relations)


def relation_of(
    families: frozenset[str],
    fields: Mapping[str, Mapping[str, Kind]],
    synonyms: Mapping[str, str],
    names: frozenset[str],
) -> Relation:
    """Return what rows of some families have: their fields, those of formats, and any other where rows are JSON.

    Where rows may be JSON, a name that some format declares may be another thing in their lines.
    """
    columns = {field: kind for family in ("all", *sorted(families)) for field, kind in FIELDS.get(family, {}).items()}
    dynamic = bool(families & DYNAMIC_FAMILIES)
    if dynamic:  # fields of JSON that have a contract name have its kind, too; `severity` is a field of syslog alone
        every = {field: kind for family in FIELDS.values() for field, kind in family.items()}
        columns = {field: kind for field, kind in every.items() if field not in synonyms} | columns
    own: dict[str, Kind] = {}
    for family in () if dynamic else sorted(families):
        own |= fields.get(family, {})
    own |= fields.get(ANY, {})
    usual = frozenset(columns)
    return Relation(names, {**own, **columns}, dynamic, synonyms, usual)


# ---- the clauses -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Planner:
    """Plans the clauses of one statement, in the order in which they depend on each other."""

    builder: Builder
    statement: Node
    relation: str
    keys: tuple[Expression, ...] = ()

    def plan(self) -> RollupSpec:
        builder, query = self.builder, self.builder.query
        where = self._condition("where", WHERE)
        selected = [builder.build(_unaliased(item), SELECT) for item in self.statement.expressions]
        self.keys = self._keys(selected)
        having = self._having()
        if not builder.aggregates and not self._part("group"):
            message = (
                "nothing is counted in SELECT; add an aggregate such as count(*), or GROUP BY ALL for each value once"
            )
            raise query.refuse(message, self.statement)
        if any(isinstance(key, Call) and key.function == "route" for key in self.keys):
            builder.aggregate(Aggregate("count", None, Kind.INTEGER))  # which routes are folded by
        items = self.statement.expressions
        outputs = tuple(
            Output(name, bound, _role(bound))
            for name, item, expression in zip(_names(items), items, selected, strict=True)
            for bound in [self._bind(expression, item, "SELECT")]
        )
        wrong = misnamed(query.sql, [output.name for output in outputs])
        if wrong is not None:
            raise query.refuse(wrong)
        return RollupSpec(
            name=query.name,
            title=title(query.sql, query.name),
            sql=query.sql,
            relation=self.relation,
            keys=self.keys,
            where=where,
            outputs=outputs,
            having=None if having is None else self._bind(having, self._part("having") or self.statement, "HAVING"),
            order_by=tuple(self._order(outputs)),
            limit=self._count("limit"),
            offset=self._count("offset") or 0,
            # Last: HAVING and ORDER BY may name further aggregates.
            aggregates=tuple(builder.aggregates),
        )

    def _part(self, key: str) -> Node | None:
        return clause_of(self.statement, key)

    def _condition(self, key: str, clause: Clause) -> Expression | None:
        part = self._part(key)
        return None if part is None else self.builder.condition(part.this, clause)

    def _having(self) -> Expression | None:
        """Return the condition on groups; grouping by constants alone makes one group, and none of no rows."""
        having, group = self._condition("having", HAVING), self._part("group")
        if group is None or self.keys or not group.expressions:
            return having
        rows = self.builder.aggregate(Aggregate("count", None, Kind.INTEGER))
        some = self.builder.call(">", (rows, Literal(0, Kind.INTEGER)))
        return some if having is None else self.builder.call("and", (having, some))

    def _keys(self, selected: Sequence[Expression]) -> tuple[Expression, ...]:
        group = self._part("group")
        if group is None:
            return ()
        if group.args.get("all"):
            keys = [e for e in selected if not _aggregates(e)]
        else:
            self._check_group(group)
            keys = [self._key(node) for node in group.expressions]
        # A constant groups nothing; it stays where it is selected.
        return tuple(dict.fromkeys(key for key in keys if not isinstance(key, Literal)))

    def _check_group(self, group: Node) -> None:
        if not any(group.args.values()):
            raise self.builder.query.refuse("GROUP BY: no key stands behind it; write columns, or ALL", group)
        for key, value in group.args.items():
            if value and key not in {"expressions", "all"}:
                raise self.builder.query.refuse(
                    f"GROUP BY {key.upper()} is not supported; write one report each", group
                )
        for node in group.expressions:
            if type(node).__name__ in {"Rollup", "Cube", "GroupingSets"}:
                message = f"GROUP BY: {shown(node)} is not supported; write one report for each set of keys"
                raise self.builder.query.refuse(message, node)

    def _key(self, node: Node) -> Expression:
        place = self._position(node, "GROUP BY")
        item = node if place is None else _unaliased(self.statement.expressions[place])
        return self.builder.build(item, GROUP_BY)

    def _position(self, node: Node, clause: str) -> int | None:
        """Return the index of the SELECT item that a bare number names, or None for anything else."""
        if type(node).__name__ != "Literal" or node.is_string or not node.this.isdigit():
            return None
        count = len(self.statement.expressions)
        if not 1 <= int(node.this) <= count:
            message = f"{clause} {node.this}: columns are counted from 1 to {count}"
            raise self.builder.query.refuse(message, node)
        return int(node.this) - 1

    def _order(self, outputs: Sequence[Output]) -> Iterator[Order]:
        order = self._part("order")
        for term in order.expressions if order is not None else ():
            node = term.this
            # DuckDB: NULLs come last in both directions, unless the query says otherwise.
            descending, nulls_first = bool(term.args.get("desc")), bool(term.args.get("nulls_first"))
            if type(node).__name__ == "Var" and node.name.upper() == "ALL":
                yield from (Order(output.expression, descending, nulls_first) for output in outputs)
                continue
            place = self._position(node, "ORDER BY")
            if place is not None:
                yield Order(outputs[place].expression, descending, nulls_first)
            else:
                yield Order(self._bind(self._ordered(node), node, "ORDER BY"), descending, nulls_first)

    def _ordered(self, node: Node) -> Expression:
        """Build an ORDER BY term; a bare name is an alias before it is a column, as in DuckDB."""
        if type(node).__name__ == "Column" and len(node.parts) == 1:
            return self.builder.column(node.name, node, ORDER_BY, alias_first=True)
        return self.builder.build(node, ORDER_BY)

    def _count(self, key: str) -> int | None:
        part = self._part(key)
        if part is None:
            return None
        number = part.expression
        options = part.args.get("limit_options")
        percent = type(number).__name__ != "Literal" or (options is not None and bool(options.args.get("percent")))
        if percent or number.is_string or not number.this.isdigit():
            raise self.builder.query.refuse(f"{key.upper()} takes a whole number, not {shown(number)}", part)
        return int(number.this)

    def _bind(self, expression: Expression, node: Node, clause: str) -> Expression:
        """Replace what equals a group key by its reference; a column that is left over is refused."""
        if expression in self.keys:
            return KeyRef(self.keys.index(expression), expression.kind)
        if isinstance(expression, Column):
            place = self.builder.places.get(expression, node)
            message = (
                f"{clause}: column {expression.name!r} is neither in GROUP BY nor inside an aggregate; "
                f"add it to GROUP BY (or write GROUP BY ALL), or aggregate it"
            )
            raise self.builder.query.refuse(message, place)
        if isinstance(expression, Call):
            bound = tuple(self._bind(argument, node, clause) for argument in expression.arguments)
            return Call(expression.function, bound, expression.kind)
        return expression


def _unaliased(item: Node) -> Node:
    return item.this if type(item).__name__ == "Alias" else item


def _names(items: Sequence[Node]) -> list[str]:
    """Name the output columns: alias, column, or the SQL as written; a second one of a name gets `_1`."""
    names: list[str] = []
    for item in items:
        name = item.alias or _path(item) or item.sql(dialect="duckdb", normalize_functions=False, comments=False)
        number, unique = 0, name
        while unique in names:
            number, unique = number + 1, f"{name}_{number + 1}"
        names.append(unique)
    return names


def _path(item: Node) -> str:
    """Return the dotted name of a column, empty for anything else."""
    return ".".join(part.name for part in item.parts) if type(item).__name__ in {"Column", "Dot"} else ""


def _aggregates(expression: Expression) -> bool:
    if isinstance(expression, Call):
        return any(_aggregates(argument) for argument in expression.arguments)
    return isinstance(expression, AggregateRef)


def _role(expression: Expression) -> str:
    return "value" if _aggregates(expression) else "key"
