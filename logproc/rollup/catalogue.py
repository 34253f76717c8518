"""What SQL can say here, as rows for people: functions and aggregates, written from their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.aggregates import AGGREGATES, UNMERGEABLE
from logproc.rollup.functions import ALIASES, DOMAIN, INNER, SUBJECTS

if TYPE_CHECKING:
    from logproc.rollup.signature import Function

WRITTEN: dict[str, str] = {
    "like": "text LIKE pattern [ESCAPE e]",
    "ilike": "text ILIKE pattern [ESCAPE e]",
    "glob": "text GLOB pattern",
    "and": "a AND b",
    "or": "a OR b",
    "not": "NOT a",
    "is_null": "x IS [NOT] NULL",
    "is_distinct": "a IS [NOT] DISTINCT FROM b",
    "in": "x [NOT] IN (a, ...)",
    "case": "CASE WHEN a THEN x ... [ELSE y] END",
    "neg": "-a",
    "~": "~a",
    "cast_text": "CAST(x AS TEXT)",
    "cast_integer": "CAST(x AS BIGINT)",
    "cast_decimal": "CAST(x AS DOUBLE)",
    "cast_boolean": "CAST(x AS BOOLEAN)",
    "cast_time": "CAST(x AS TIMESTAMP)",
    "time_text": "CAST(time AS TEXT)",
}
"""How what has no name is written; other signs stand between their two sides."""

KEYWORDS: tuple[tuple[str, str, str], ...] = (
    ("x [NOT] BETWEEN a AND b", "boolean", "from a to b, both included"),
    ("x IS [NOT] TRUE, x IS [NOT] FALSE", "boolean", "never NULL"),
    ("if(a, x, y)", "that of x", "x where a is true, else y"),
    ("text ~ pattern, text SIMILAR TO pattern", "boolean", "the pattern occurs; it is the whole text"),
    ("x::type, TRY_CAST(x AS type)", "the type", "as CAST, which gives NULL for text that does not read"),
    ("CAST(x AS DATE)", "time", "the midnight with which the day begins"),
    ("extract(part FROM time), date_part('part', time)", "integer", "hour, day, dow, week, ... of a time"),
    ("time + INTERVAL '1 hour', time - INTERVAL 2 DAYS", "time", "a time later or earlier"),
    ("time_bucket(INTERVAL '5 minutes', time)", "time", "rounded down to a width"),
    ("substring(x FROM a FOR n), trim(BOTH c FROM x), position(a IN x)", "", "as the functions of these names"),
)
"""What the grammar alone knows."""


def functions() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return (subject, [(call, what it yields, what it does)]) in the order of the documentation."""
    found = [(subject, [_row(f) for f in some.values() if f.name not in INNER]) for subject, some in SUBJECTS.items()]
    found.insert(1, ("Keywords", list(KEYWORDS)))
    return found


def aggregates() -> list[tuple[str, str, str]]:
    """Return (call, what it yields, what it does) of each aggregate."""
    return [(aggregate.signature, aggregate.result, aggregate.doc) for aggregate in AGGREGATES.values()]


def _row(function: Function) -> tuple[str, str, str]:
    call = function.signature
    if function.name in WRITTEN:
        call = WRITTEN[function.name]
    elif not function.name.isidentifier():
        call = f"a {function.name} b"
    result = function.result.value if isinstance(function.result, Kind) else "as given"
    return call, result, function.doc


def text() -> list[tuple[str, str, str]]:
    """Return all rows under one another, as the command shows them."""
    return [row for _, some in functions() for row in some] + aggregates()


def markdown() -> str:
    """Return the page of the documentation."""
    parts = [
        "# Functions and aggregates",
        "",
        "Written by `logproc functions --markdown` from the tables that the planner reads; a test compares them.",
        "",
        "Names and meanings are DuckDB's. Two things differ, since strangers write logs: a cast of text that does not",
        "read is NULL, and so is what has no finite result, such as a division by zero. Functions with a * behind them",
        "are logproc's own; DuckDB knows them too where `logproc sql` runs a query there. NULL in is NULL out, unless",
        "said otherwise. Texts are compared by their bytes, times are instants in UTC.",
    ]
    for subject, rows in functions():
        parts += ["", f"## {subject}", "", "| written | yields | is |", "|---|---|---|"]
        parts += [f"| {_cell(call)} | {result} | {_escaped(doc)} |" for call, result, doc in rows]
    parts += [
        "",
        "## Other spellings",
        "",
        ", ".join(f"`{alias}` is `{name}`" for alias, name in ALIASES.items()) + ".",
    ]
    parts += ["", "## Aggregates", "", "Each takes `FILTER (WHERE ...)` behind it, and arithmetic around it.", ""]
    parts += ["| written | yields | is |", "|---|---|---|"]
    parts += [f"| {_cell(call)} | {result} | {_escaped(doc)} |" for call, result, doc in aggregates()]
    parts += ["", "## Refused", "", "What does not merge from parts of the input, and what to write instead.", ""]
    parts += ["| aggregate | instead |", "|---|---|"]
    parts += [f"| `{name}` | {_escaped(way)} |" for name, way in UNMERGEABLE.items()]
    return "\n".join(parts) + "\n"


def _cell(call: str) -> str:
    mark = "*" if call.partition("(")[0] in DOMAIN else ""
    return f"`{_escaped(call)}`{mark}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
