"""A report's SQL in, a frozen `RollupSpec` out; what cannot be merged is refused, with the clause and a way out.

    text -> sqlglot's tree -> FROM -> aliases -> WHERE -> SELECT -> GROUP BY -> HAVING -> ORDER BY -> LIMIT -> spec

Expressions are built over columns first (`expressions`), then bound: what equals a group key becomes its reference,
and a column that is left over is neither grouped nor aggregated.
"""

from __future__ import annotations

import difflib
import logging
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FAMILIES: tuple[str, ...] = tuple(family for family in FIELDS if family != "all")

LOGS = "logs"
"""What FROM calls the rows of all families."""

_TITLE = re.compile(r"\A(?:\s*--[^\n]*\n)*?\s*--\s*title:[ \t]*(\S[^\n]*)", re.IGNORECASE)

_KEPT_PARSERS = frozenset({"CAST", "TRY_CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION"})

CLAUSES: dict[str, str] = {
    "with": "WITH: a common table expression needs a second pass; write one SELECT",
    "joins": "JOIN: a report reads one relation; a join runs ad hoc, with `logproc sql`",
    "laterals": "LATERAL: a report reads one relation",
    "pivots": "PIVOT: write one aggregate with FILTER (WHERE ...) a column",
    "distinct": "SELECT DISTINCT: write GROUP BY ALL, which yields each combination once",
    "windows": "WINDOW: window functions need all rows at once; run them with `logproc sql`",
    "qualify": "QUALIFY: window functions need all rows at once; write HAVING, or ORDER BY and LIMIT",
    "sample": "SAMPLE: a report reads every row; write a condition in WHERE",
    "into": "INTO: a report has no tables to write to",
    "hint": "hints: there is nothing to hint at",
    "locks": "FOR UPDATE: logs are only read",
    "cluster": "CLUSTER BY is not supported; write ORDER BY",
    "distribute": "DISTRIBUTE BY is not supported; write ORDER BY",
    "sort": "SORT BY is not supported; write ORDER BY",
    "connect": "CONNECT BY: a report makes one pass over rows",
    "match": "MATCH_RECOGNIZE: a report sees single rows",
    "prewhere": "PREWHERE is not supported; write WHERE",
}
"""Clauses that are refused, and what to write instead."""

_TAKEN = frozenset({"expressions", "from", "where", "group", "having", "order", "limit", "offset"})


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
    statement = _parse(query)
    _check_clauses(query, statement)
    relation_name, relation = _relation(
        query, clause_of(statement, "from"), relations or {}, fields or {}, synonyms or {}
    )
    builder = Builder(query, relation, NODES, aliases(statement), rules=rules or Rules())
    return _Planner(builder, statement, relation_name).plan()


@lru_cache(maxsize=1)
def grammar() -> Any:  # noqa: ANN401 - a sqlglot dialect class
    """Make DuckDB's grammar without sqlglot's functions: every call arrives as its own name and arguments."""
    from sqlglot.dialects.duckdb import DuckDB  # noqa: PLC0415 - 0.1 s that only planning pays

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot read is refused, or left to DuckDB

    class ReportParser(DuckDB.Parser):  # type: ignore[misc,valid-type]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - sqlglot's way of configuring a parser
        FUNCTION_PARSERS = {k: v for k, v in DuckDB.Parser.FUNCTION_PARSERS.items() if k in _KEPT_PARSERS}  # noqa: RUF012
        # LIST[...] is no array of DuckDB's: `list(x)[1]` is an element of what the function returns.
        ARRAY_CONSTRUCTORS = {k: v for k, v in DuckDB.Parser.ARRAY_CONSTRUCTORS.items() if k != "LIST"}  # noqa: RUF012

    class Report(DuckDB):
        Parser = ReportParser

    return Report


def title(sql: str, name: str) -> str:
    """Return the title in a leading `-- title: ...` comment, else the name made readable."""
    match = _TITLE.match(sql)
    readable = name.rpartition("/")[2].replace("_", " ").strip()
    return match[1].strip() if match else readable[:1].upper() + readable[1:]


# ---- the statement ---------------------------------------------------------------------------------------------


def _parse(query: Query) -> Node:
    import sqlglot  # noqa: PLC0415 - 0.1 s that only planning pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        statements = [s for s in sqlglot.parse(query.sql, dialect=grammar()) if s is not None]
    except SqlglotError as error:
        raise _syntax_error(query, error) from error
    except RecursionError as error:
        raise query.refuse("the query nests too deeply to be parsed") from error
    if len(statements) != 1:
        found = "nothing" if not statements else f"{len(statements)} statements"
        raise query.refuse(f"a report is one SELECT, and here is {found}")
    statement = statements[0]
    kind = type(statement).__name__
    if kind in {"Union", "Intersect", "Except"}:
        raise query.refuse(f"{kind.upper()}: a report is one SELECT; write one report for each side", statement)
    if kind != "Select" or not clause_of(statement, "from"):
        known = ", ".join(FAMILIES)
        raise query.refuse(f"a report is one SELECT with a FROM, which names one of {known}", statement)
    return statement


def _syntax_error(query: Query, error: Any) -> QueryError:  # noqa: ANN401 - sqlglot's
    """Turn sqlglot's error into ours; its line and column count from 1, the column at the end of the token."""
    details = (getattr(error, "errors", None) or [{}])[0]
    description = str(details.get("description") or error).partition("\n")[0].partition(" but got <Token")[0]
    if description.startswith("Required keyword"):
        description = "something is missing here"
    message = f"syntax error: {description.rstrip('.')}"
    line, column = details.get("line"), details.get("col")
    if line and column:
        begin = sum(len(text) + 1 for text in query.sql.split("\n")[: line - 1])
        place = begin + column - len(details.get("highlight") or "x")
        return QueryError(message, query.name, query.sql, min(max(place, 0), len(query.sql)))
    return query.refuse(message)


def clause_of(statement: Node, key: str) -> Node | None:
    """Return a part of a statement; newer sqlglot spells Python's keywords with an underscore behind."""
    return statement.args.get(key) or statement.args.get(f"{key}_")


def _check_clauses(query: Query, statement: Node) -> None:
    for key, value in statement.args.items():
        clause = key.rstrip("_")
        if not value or clause in _TAKEN:
            continue
        message = CLAUSES.get(clause, f"{clause.replace('_', ' ').upper()} is not part of a report")
        raise _refuse_clause(query, message)


def _refuse_clause(query: Query, message: str) -> QueryError:
    """Point at the clause's last keyword, which sqlglot does not keep the place of."""
    keyword = message.partition(":")[0].split()[-1]
    found = re.search(rf"\b{re.escape(keyword)}\b", query.sql, re.IGNORECASE)
    begin, end = found.span() if found else (None, None)
    return QueryError(message, query.name, query.sql, begin, end)


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
    if dynamic:  # fields of JSON that have a contract name have its kind, too
        columns = {field: kind for family in FIELDS.values() for field, kind in family.items()} | columns
    own: dict[str, Kind] = {}
    for family in () if dynamic else sorted(families):
        own |= fields.get(family, {})
    own |= fields.get(ANY, {})
    usual = frozenset(columns)
    return Relation(names, {**own, **columns}, dynamic, synonyms, usual)


def aliases(statement: Node) -> dict[str, Node]:
    """Return what SELECT defines, by the names it gives in lower case."""
    return {item.alias.lower(): item.this for item in statement.expressions if type(item).__name__ == "Alias"}


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
        having = self._condition("having", HAVING)
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
            having=None if having is None else self._bind(having, self._part("having"), "HAVING"),
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
