"""The statement of a report: sqlglot's tree of one SELECT, whose clauses are those that a report can have."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError
from logproc.model import FIELDS

if TYPE_CHECKING:
    from logproc.rollup.builder import Node, Query

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


def parse(query: Query) -> Node:
    """Return the tree of a query that is one SELECT with a FROM and has no other clauses than a report can."""
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
    _check_clauses(query, statement)
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


def aliases(statement: Node) -> dict[str, Node]:
    """Return what SELECT defines, by the names it gives in lower case."""
    return {item.alias.lower(): item.this for item in statement.expressions if type(item).__name__ == "Alias"}
