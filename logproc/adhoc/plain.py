"""Messages of DuckDB that name no place, or no way out that there is here, in words that do."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from logproc.adhoc.clauses import with_clause
from logproc.adhoc.habits import HABITS
from logproc.errors import QueryError
from logproc.rollup.statement import grammar

if TYPE_CHECKING:
    from collections.abc import Callable

Place = tuple[int | None, int | None]

_TYPES = ("TEXT", "VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DATE", "TIME", "INTERVAL")
_LISTED = ", ".join(_TYPES)


def in_plain_words(message: str, sql: str, begin: int | None, end: int | None) -> QueryError | None:
    """Return the error for a message of DuckDB that one of `PLAIN` says better; None for any other."""
    for pattern, say in PLAIN:
        if found := re.search(pattern, message):
            text, place = say(found, sql, (begin, end))
            return QueryError(with_clause(text, sql, place[0]), None, sql, *place)
    return None


def _star(_found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    distinct = re.search(r"\bcount\s*\(\s*DISTINCT\s*\*\s*\)", sql, re.IGNORECASE)
    if distinct is not None:
        way = "write count(DISTINCT client), or SELECT count(*) FROM (SELECT DISTINCT * FROM web)"
        return f"{distinct[0]} names no column; {way}", distinct.span()
    star = re.search(r"\w+\s*\([^()]*?\*\s*\)", sql)
    return "* stands for columns in SELECT and in count(*) alone; name the column", star.span() if star else place


def _twice(found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    name = found[1]
    tables = [
        token
        for token in grammar()().tokenize(sql)
        if token.text.lower() == name.lower() and _is_named(sql[: token.start].upper(), sql[token.end + 1 :])
    ]
    if len(tables) > 1:
        place = (tables[1].start, tables[1].end + 1)
    return f"FROM: two tables are called {name!r}; give one of them another name, as in web AS other", place


def _is_named(before: str, behind: str) -> bool:
    """Tell whether a table gets its name between two texts, as `a` in FROM web AS a."""
    words = re.findall(r"[\w.'\"]+|,|\)", before)
    words = words[:-1] if words[-1:] == ["AS"] else words
    opening = {"FROM", "JOIN", ","}
    return not before.endswith(".") and not behind.startswith(".") and bool(opening & {*words[-2:]})


def _zero(found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    parts = re.findall(r"\w+|[^\w\s]", found[1].strip("()").replace('"', ""))
    written = re.search(r"[\s\"()]*".join(map(re.escape, parts)), sql)
    return f"division by zero in {found[1]}; write nullif(x, 0) for what divides", written.span() if written else place


def _empty(_found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    select = re.search(r"\bSELECT\b(?=\s*($|FROM\b|WHERE\b|;))", sql, re.IGNORECASE)
    text = "SELECT: nothing is asked for; write columns, aggregates or * behind it"
    return text, select.span() if select else place


def _order(found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    number = re.match(r"\d+", sql[place[0] or 0 :])
    return f"ORDER BY {number[0] if number else 'n'}: columns are counted from 1 to {found[1]}", place


def _ungrouped(found: re.Match[str], _sql: str, place: Place) -> tuple[str, Place]:
    message = (
        f"column {found[1]!r} is neither in GROUP BY nor inside an aggregate; "
        f"add it to GROUP BY (or write GROUP BY ALL), or aggregate it"
    )
    return message, place


def _unread(found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    """Say what is no number: a value of the logs, which may be NULL, or a constant of the query, which is a slip."""
    text, type_ = found[1], found[2]
    written = "'" + text.replace("'", "''") + "'"
    if "casting from source column" in found[0] or written not in sql:
        return f"{found[0]}; write TRY_CAST, which gives NULL for such", place
    at = sql.find(written, place[0] or 0)
    span = (at, at + len(written)) if at >= 0 else place
    word = re.sub(r"\d+$", "", type_).lower().replace("int", "integer")
    return f"the text {written} does not read as {word}", span


def _undated(found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    written = "'" + found[2].replace("'", "''") + "'"
    kind = found[1].replace("timestamp", "time")
    if "casting from source column" in found[0] or written not in sql:
        return f"the text {written} does not read as {kind}; write TRY_CAST, which gives NULL for such", place
    return f"the text {written} does not read as {kind}, such as '2026-11-23' or '2026-11-23 07:00:00'", place


def _macro(found: re.Match[str], _sql: str, place: Place) -> tuple[str, Place]:
    way = f"; write {HABITS[found[1]]}" if found[1] in HABITS else ""
    return f"{found[1]} does not take such arguments{way}", place


def _chained(_found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    both = re.search(r"&&|=\s*\S+\s*=|[<>]=?\s*\S+\s*[<>]", sql)
    return "comparisons cannot follow each other; write AND between them", both.span() if both else place


def _type(found: re.Match[str], _sql: str, place: Place) -> tuple[str, Place]:
    near = difflib.get_close_matches(found[1].upper(), _TYPES, n=1, cutoff=0.5)
    return f"there is no type {found[1]}; {f'did you mean {near[0]}?' if near else f'write one of {_LISTED}'}", place


def _columns_twice(found: re.Match[str], _sql: str, place: Place) -> tuple[str, Place]:
    return f"more than one table has a column {found[1]!r}; write {found[2].replace(chr(34), '')}", place


def _quantile(_found: re.Match[str], sql: str, place: Place) -> tuple[str, Place]:
    """Point at a quantile that was written as a percentage."""
    call = re.search(r"\b(\w*(?:quantile|percentile)\w*)\s*\(\s*([^(),]*),\s*(\d+(?:\.\d+)?)\s*\)", sql, re.IGNORECASE)
    if call is None:
        return "a quantile is a number from 0 to 1, such as 0.95", place
    part = float(call[3]) / 100
    way = f"; write {call[1]}({call[2]}, {part:g})" if part <= 1 else ""
    return f"a quantile is a number from 0 to 1, not {call[3]}{way}", call.span()


PLAIN: tuple[tuple[str, Callable[[re.Match[str], str, Place], tuple[str, Place]]], ...] = (
    (r"^STAR expression is only allowed", _star),
    (r"(?:[Dd]uplicate alias) \"([^\"]*)\"", _twice),
    (r"^Division by zero in expression (\(.*\))\.", _zero),
    (r"SELECT clause without selection list", _empty),
    (r"ORDER term out of range - should be between 1 and (\d+)", _order),
    (r"^column \"([^\"]*)\" must appear in the GROUP BY clause", _ungrouped),
    (r"^Could not convert string '(.*?)' to (\w+).*", _unread),
    (r"^invalid (timestamp|date|time) field format: \"(.*?)\", expected .*", _undated),
    (r"^Chained comparisons are not supported", _chained),
    (r"^Type with name (\w+) does not exist", _type),
    (r"^QUANTILE can only take parameters in the range", _quantile),
    (r"^Macro \"?(\w+)\"?\(\) does not support the supplied arguments", _macro),
    (r"^Ambiguous reference to column name \"([^\"]*)\" \(use: (.*)\)", _columns_twice),
)
"""What DuckDB says, as a pattern, and the function that says it better and knows the place."""
