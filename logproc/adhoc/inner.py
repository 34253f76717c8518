"""SELECTs within a query whose groups kernels can count: DuckDB merges those, and computes the rest of the query.

    SELECT n, count(*) FROM (SELECT client, count(*) AS n FROM web GROUP BY client) GROUP BY n

becomes

    SELECT n, count(*) FROM (
        SELECT g0 AS client, g1 AS n FROM (SELECT k0 AS g0, sum(a0_n) AS g1 FROM groups GROUP BY k0)
    ) GROUP BY n

A query is left alone unless each of its relations stands in such a SELECT, and unless what sqlglot writes of it is, to
DuckDB's parser, the same query; names and types of all columns are compared with those of the query as it was.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.adhoc.grouped import Groups, is_plain
from logproc.errors import QueryError
from logproc.model import Kind
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.spec import AggregateRef, KeyRef, Literal, calls
from logproc.rollup.statement import clause_of, grammar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logproc.adhoc.question import Relations
    from logproc.rollup.spec import RollupSpec

Node = Any
"""A node of sqlglot's tree."""

AGGREGATES = frozenset({"count", "sum", "avg", "mean", "min", "max"})
TYPES = frozenset({"BIGINT", "INTEGER", "HUGEINT", "VARCHAR", "BOOLEAN", "TIMESTAMP", "DATE"})
"""Types of DuckDB whose values are the same after a cast from those of groups."""

_CLAUSES = frozenset({
    "with", "expressions", "from", "where", "group", "having", "order", "limit", "offset", "distinct", "qualify",
    "windows",
})  # fmt: skip
_NOT_ROW_BY_ROW = frozenset({"route", "template"})
"""Functions whose value in a report is not that of the row alone."""


class LeftAloneError(Exception):
    """The query is no such query."""


@dataclass(slots=True)
class Inner:
    """A query that asks for groups: its text, and what it reads by name."""

    sql: str
    groups: dict[str, Groups] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a rewriting asks others for."""

    relations: Relations
    plan: Callable[[str], RollupSpec]
    describe: Callable[[str], Mapping[str, str]]
    """Names and types of the columns of a query, by DuckDB."""
    parsed: Callable[[str], str]
    """DuckDB's syntax tree of a query."""


def inner_of(sql: str, asking: Asking) -> Inner | None:
    """Return the query that asks for groups, or None where it must have rows."""
    import sqlglot  # noqa: PLC0415 - 0.1 s that only SQL pays
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    with suppress(SqlglotError, RecursionError, LeftAloneError, QueryError):
        tree = sqlglot.parse_one(sql, dialect=grammar())
        tables = list(_tables(tree, asking.relations))
        selects = [table.parent_select for table in tables]
        if not tables or len({id(select) for select in selects}) < len(tables):
            return None
        found = [
            _Select(table, select, asking, f"_groups{number}")
            for number, (table, select) in enumerate(zip(tables, selects, strict=True))
        ]
        for one in found:
            one.check()
        if asking.parsed(sql) != asking.parsed(_written(tree)):
            return None
        inner = Inner("")
        for one in found:
            one.rewrite(inner)
        inner.sql = _written(tree)
        return inner
    return None


def same_tree(serialised: str) -> str:
    """Return DuckDB's syntax tree without the places of its nodes, and with the order of NULLs that is the default."""
    return re.sub(r'"query_location\w*":\d+', "", serialised).replace('"ORDER_DEFAULT"', '"NULLS LAST"')


@lru_cache(maxsize=1)
def _writer() -> Any:  # noqa: ANN401 - a sqlglot generator
    """Make what writes DuckDB's SQL as people do: IS NOT NULL and NOT IN are other trees to it than NOT (x IS NULL)."""

    class Writer(grammar().Generator):  # type: ignore[misc]
        def not_sql(self, node: Node) -> str:
            inner, kind = node.this, type(node.this).__name__
            if kind == "Is":
                return f"{self.sql(inner, 'this')} IS NOT {self.sql(inner, 'expression')}"
            if kind == "In":
                return f"{self.sql(inner, 'this')} NOT{self.in_sql(inner)[len(self.sql(inner, 'this')) :]}"
            return str(super().not_sql(node))

    return Writer(dialect=grammar(), normalize_functions=False, comments=False)


def _written(node: Node) -> str:
    return str(_writer().generate(node))


def _tables(tree: Node, relations: Relations) -> Iterator[Node]:
    local = {node.alias.lower() for node in tree.walk() if type(node).__name__ == "CTE"}
    known = {name.lower() for name in relations.by_name}
    for node in tree.walk():
        if type(node).__name__ == "Table" and node.name.lower() in known - local:
            yield node


class _Select:
    """One SELECT over one relation."""

    def __init__(self, table: Node, select: Node, asking: Asking, name: str) -> None:
        self.table, self.select, self.asking, self.name = table, select, asking, name
        self.keys: list[Node] = []
        self.aggregates: list[Node] = []
        self.columns: frozenset[str] = frozenset()

    def rewrite(self, inner: Inner) -> None:
        """Put groups in the place of the relation, once it is checked; LeftAloneError if that cannot be."""
        self.aggregates = list({_written(node): node for node in self._aggregates()}.values())
        self.keys = list({_written(node): node for node in self._keys()}.values())
        shown = [*(_written(key) for key in self.keys), *(_written(node) for node in self.aggregates)]
        if not shown:
            raise LeftAloneError
        self._check_aliases()
        query = self._query(shown)
        spec = self.asking.plan(query)
        merged = self._merged(spec, list(self.asking.describe(query).values()))
        names = list(self.asking.describe(_written(self.select)))
        self._replace(names, merged)
        inner.groups[self.name] = Groups(spec)

    def check(self) -> None:
        """Raise LeftAloneError for what no kernel counts."""
        select, table = self.select, self.table
        used = {key.rstrip("_") for key, value in select.args.items() if value} if select is not None else {"none"}
        plain = {key for key, value in table.args.items() if value} <= {"this", "alias"}
        alias = table.args.get("alias")
        if not used <= _CLAUSES or not plain or (alias is not None and alias.args.get("columns")):
            raise LeftAloneError
        if type(table.parent).__name__ != "From" or table.parent.parent is not select:
            raise LeftAloneError
        relation = next(r for name, r in self.asking.relations.by_name.items() if name.lower() == table.name.lower())
        self.columns = frozenset(relation.columns)
        group, distinct = clause_of(select, "group"), clause_of(select, "distinct")
        sets = {"rollup", "cube", "grouping_sets", "totals"}
        if relation.dynamic or (group is not None and any(group.args.get(key) for key in sets)):
            raise LeftAloneError
        if distinct is not None and distinct.args.get("on"):
            raise LeftAloneError
        for node in self._own():
            kind = type(node).__name__
            is_call = kind == "Anonymous" and not _is_windowed(node) and str(node.this).lower() not in AGGREGATES
            # An aggregate that is not ours would see groups in the place of rows.
            if (is_call and str(node.this).lower() not in FUNCTIONS) or kind in {
                "Select", "Subquery", "Union", "Columns", "Lambda", "Unnest", "AggFunc", "Rollup", "Cube",
                "GroupingSets",
            }:  # fmt: skip
                raise LeftAloneError
            if kind == "Star" and type(node.parent).__name__ != "Anonymous":
                raise LeftAloneError

    def _own(self, *, where: bool = True) -> Iterator[Node]:
        """Yield the nodes of the SELECT, its CTEs and FROM left out."""
        for key, value in self.select.args.items():
            clause = key.rstrip("_")
            if clause in {"with", "from"} or (clause == "where" and not where):
                continue
            for part in value if isinstance(value, list) else [value]:
                if hasattr(part, "walk"):
                    yield from part.walk()

    def _aggregates(self) -> Iterator[Node]:
        for node in self._own(where=False):
            if type(node).__name__ == "Anonymous" and str(node.this).lower() in AGGREGATES and not _is_windowed(node):
                if any(type(argument).__name__ in {"Distinct", "Order"} for argument in node.expressions):
                    raise LeftAloneError
                yield node.parent if type(node.parent).__name__ == "Filter" else node

    def _keys(self) -> Iterator[Node]:
        group = clause_of(self.select, "group")
        items = [_unaliased(item) for item in self.select.expressions]
        aggregated = {id(node) for node in self._aggregates()}
        is_window = any(type(node).__name__ == "Window" for node in self._own())
        if group is None and not aggregated:
            if clause_of(self.select, "distinct") is None or is_window:
                raise LeftAloneError
            self.select.set("distinct", None)  # groups are
            yield from self._expressions(items)
        elif group is not None and group.args.get("all"):
            if is_window:
                raise LeftAloneError
            plain = (item for item in items if not any(id(node) in aggregated for node in item.walk()))
            yield from self._expressions(plain)
        elif group is not None:
            named = {item.alias.lower(): item.this for item in self.select.expressions if _is_alias(item)}
            for node in group.expressions:
                place = int(node.this) - 1 if type(node).__name__ == "Literal" and not node.is_string else None
                bare = node.name.lower() if type(node).__name__ == "Column" and len(node.parts) == 1 else ""
                chosen = node if place is None else items[place]
                yield from self._expressions([named.get(bare, chosen) if bare not in self.columns else chosen])

    def _expressions(self, nodes: Any) -> Iterator[Node]:  # noqa: ANN401 - nodes
        for node in nodes:
            if type(node).__name__ not in {"Literal", "Boolean", "Null"}:  # a constant groups nothing
                yield node

    def _check_aliases(self) -> None:
        """Refuse what may mean a column or what SELECT defines under its name."""
        inside = {id(node) for aggregate in self.aggregates for node in aggregate.walk()}
        inside |= {id(node) for aggregate in self._aggregates() for node in aggregate.walk()}
        written = {
            node.name.lower()
            for node in self._own(where=False)
            if type(node).__name__ == "Column" and len(node.parts) == 1 and id(node) not in inside
        }
        for item in self.select.expressions:
            is_same = _is_alias(item) and type(item.this).__name__ == "Column" and item.this.name == item.alias
            if _is_alias(item) and item.alias.lower() in self.columns & written and not is_same:
                raise LeftAloneError

    def _check_columns(self, count: int) -> None:
        """Refuse a column that is left over: it might be one of the query around this one."""
        known = {item.alias.lower() for item in self.select.expressions} | {_column(number) for number in range(count)}
        for node in self._own(where=False):
            if type(node).__name__ in {"Column", "Dot"} and node.name.lower() not in known:
                raise LeftAloneError

    def _query(self, shown: list[str]) -> str:
        """Return the SELECT of keys and aggregates alone."""
        where = clause_of(self.select, "where")
        items = ", ".join(f"{text} AS {_column(number)}" for number, text in enumerate(shown))
        keys = ", ".join(str(number + 1) for number in range(len(self.keys)))
        tail = f" GROUP BY {keys}" if keys else ""
        return f"SELECT {items} FROM {_written(self.table)}{f' {_written(where)}' if where else ''}{tail}"  # noqa: S608

    def _merged(self, spec: RollupSpec, types: list[str]) -> str:
        """Return the query that merges groups, with a column for each key and aggregate."""
        outputs = [output.expression for output in spec.outputs]
        built = (*spec.keys, spec.where, *(a.argument for a in spec.aggregates), *(a.filter for a in spec.aggregates))
        if not is_plain(spec) or any(calls(e, name) for e in built if e is not None for name in _NOT_ROW_BY_ROW):
            raise LeftAloneError
        columns = []
        for number, (expression, type_) in enumerate(zip(outputs, types, strict=True)):
            if number < len(self.keys):
                if not isinstance(expression, KeyRef) or type_ not in TYPES:
                    raise LeftAloneError
                is_text = type_ == "VARCHAR" and spec.keys[expression.index].kind is Kind.TEXT
                key = f"k{expression.index}" if is_text else f"CAST(k{expression.index} AS {type_})"
                columns.append(f"{key} AS {_column(number)}")
            else:
                merging = _merging(spec, expression, self.aggregates[number - len(self.keys)], type_)
                columns.append(f"{merging} AS {_column(number)}")
        keys = ", ".join(f"k{number}" for number in range(len(spec.keys)))
        return f"SELECT {', '.join(columns)} FROM {self.name}{f' GROUP BY {keys}' if keys else ''}"  # noqa: S608

    def _replace(self, names: list[str], merged: str) -> None:
        import sqlglot  # noqa: PLC0415
        from sqlglot import expressions  # noqa: PLC0415

        select = self.select
        numbers = {_written(node): number for number, node in enumerate([*self.keys, *self.aggregates])}
        items = [
            item if _is_alias(item) else expressions.alias_(item.copy(), name, quoted=True)
            for item, name in zip(select.expressions, names, strict=True)
        ]
        select.set("expressions", items)
        select.set("group", None)
        for key in ("expressions", "having", "order", "qualify", "windows", "distinct"):
            for part in _parts(select.args.get(key)):
                _substitute(part, numbers)
        self._check_columns(len(numbers))
        having = clause_of(select, "having")
        select.set("where", expressions.Where(this=having.this) if having is not None else None)
        select.set("having", None)
        source: Node = sqlglot.parse_one(f"SELECT 1 FROM ({merged}) AS {self.name}_", dialect=grammar())  # noqa: S608
        merging = clause_of(source, "from")
        assert merging is not None
        self.table.replace(merging.this)


def _merging(spec: RollupSpec, expression: Any, node: Node, type_: str) -> str:  # noqa: ANN401 - an expression
    """Return what merges the parts of an aggregate, of DuckDB's type."""
    call = node.this if type(node).__name__ == "Filter" else node
    name = str(call.this).lower()
    if name in {"avg", "mean"}:
        total, _count = expression.arguments if not isinstance(expression, (AggregateRef, Literal)) else (None, None)
        if not isinstance(total, AggregateRef) or spec.aggregates[total.index].function != "sum" or type_ != "DOUBLE":
            raise LeftAloneError
        return f"CAST({_sum(total.index)} AS DOUBLE) / sum(a{total.index}_n)"
    if not isinstance(expression, AggregateRef) or spec.aggregates[expression.index].function != name:
        raise LeftAloneError
    a = f"a{expression.index}"
    if name == "sum" and type_ == "HUGEINT":
        return _sum(expression.index)
    if name == "count" and type_ == "BIGINT":
        return f"CAST(coalesce(sum({a}_n), 0) AS BIGINT)"
    if name in {"min", "max"} and type_ in TYPES:
        return f"CAST({name}({a}_x) AS {type_})"
    raise LeftAloneError


def _column(number: int) -> str:
    """Return what a key or an aggregate is called where groups are merged."""
    return f"_group_{number}"


def _sum(index: int) -> str:
    a = f"a{index}"
    return f"CASE WHEN sum({a}_n) > 0 THEN sum({a}_high) * 4294967296 + sum({a}_low) END"


def _substitute(part: Node, numbers: Mapping[str, int]) -> None:
    """Put columns of the groups in the place of what they are."""
    from sqlglot import expressions  # noqa: PLC0415

    is_value = type(part).__name__ not in {"Identifier", "TableAlias"} and not _is_windowed(part)
    number = numbers.get(_written(part)) if is_value else None
    if number is not None:
        part.replace(expressions.column(_column(number)))
        return
    for child in list(part.iter_expressions()):
        _substitute(child, numbers)


def _parts(value: Any) -> list[Node]:  # noqa: ANN401 - whatever a clause holds
    return [part for part in (value if isinstance(value, list) else [value]) if part is not None]


def _is_windowed(node: Node) -> bool:
    """Tell whether a call is that of a window function."""
    around = node.parent
    while type(around).__name__ in {"Filter", "IgnoreNulls", "RespectNulls"}:
        node, around = around, around.parent
    return type(around).__name__ == "Window" and around.this is node


def _is_alias(item: Node) -> bool:
    return type(item).__name__ == "Alias"


def _unaliased(item: Node) -> Node:
    return item.this if _is_alias(item) else item
