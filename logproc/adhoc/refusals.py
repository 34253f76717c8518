"""What is said of a query that cannot run: whose message says more, where in the query it points, what was meant."""

from __future__ import annotations

import difflib
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from logproc.adhoc.clauses import with_clause
from logproc.adhoc.habits import CLAUSES, HABITS
from logproc.adhoc.overloads import misfit
from logproc.adhoc.plain import in_plain_words
from logproc.adhoc.reach import out_of_reach, renamed
from logproc.errors import QueryError
from logproc.rollup.builder import file_hint, have
from logproc.rollup.functions import DOMAIN
from logproc.rollup.statement import LOGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logproc.adhoc.question import Asked, Relations

ONLY_HERE = (
    "`logproc sql", "a report ", "cannot be merged", "not mergeable", "not supported", "not part of", "is 2 statements",
    "FROM takes", "syntax error", "there is no function", "second pass", "over the same logs", "WINDOW", "QUALIFY",
    "there is nothing", "only for count(*)", "nothing is counted", "takes an element or a slice",
    "reports have single values", "cannot be ordered here", "is an interval",
)  # fmt: skip
"""What the planner's message says where a query may be right, and only no rollup, or where DuckDB's says more."""

KEYWORDS = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "JOIN", "BETWEEN")


def is_wrong(reason: str) -> bool:
    """Tell whether a refusal of the planner is about a mistake, not about what cannot be merged."""
    return not any(words in reason for words in ONLY_HERE)


def query_error(error: Exception, asked: Asked, sql: str, relations: Relations, shift: int | None = 0) -> QueryError:
    """Turn an error of DuckDB into ours: its first line, the place in the query, and what could have been meant.

    `shift` is how many characters stand in front of the query in what DuckDB ran; None if that was another query.
    """
    facts = _facts(str(error))
    name, kind = str(facts.get("name", "")), facts.get("error_subtype")
    begin, end = _place(facts, asked, sql, shift)
    message = str(facts.get("exception_message") or error).partition("\n")[0].strip()
    if plain := in_plain_words(message, sql, begin, end):
        return plain
    if "FROM clause is missing" in message and (
        counting := re.search(r"\b(LIMIT|OFFSET)\s+$", sql[:begin], re.IGNORECASE)
    ):
        return QueryError(f"{counting[1].upper()} takes a whole number, not {name}", None, sql, begin, end)
    if "FROM clause is missing" in message:
        message = f"there is no FROM; it names one of {', '.join(sorted(relations.by_name))}"
    elif kind == "COLUMN_NOT_FOUND":
        # What a subquery yields are candidates; else they are no more than what the query asked for.
        inner = str(facts.get("candidates", "")) if len(re.findall(r"\bselect\b", sql, re.IGNORECASE)) > 1 else ""
        message = f"there is no column {name!r}" + (
            out_of_reach(sql, begin, name, relations) or _hint(name, inner.split(","), asked, relations)
        )
    elif kind == "NO_MATCHING_FUNCTION" and (call := facts.get("call")):
        message = misfit(name, str(call), str(facts.get("candidates", "")), sql[begin or 0 : end])
    elif kind == "MISSING_ENTRY" and facts.get("type") == "Table":
        near = difflib.get_close_matches(name.lower(), relations.by_name, n=2)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(relations.by_name))}"
        message = f"FROM: there is no family or source {name!r}; {known}"
    elif kind == "MISSING_ENTRY" and "Function" in str(facts.get("type")):
        message = f"there is no function {_as_written(name, sql, begin)!r}{_instead(name, facts)}"
    elif lost := re.match(r'(?:Table|Values list) "([^"]*)" does not have a column named "([^"]*)"', message):
        hint = out_of_reach(sql, begin, lost[2], relations, lost[1]) or _hint(lost[2], (), asked, relations)
        message = f"there is no column {lost[2]!r} in {lost[1]}{hint}"
    elif "because schema" in message:
        message = f"FROM: there is no family or source {sql[begin:end]!r}{file_hint(sql[begin:end])}"
    elif lost := re.match(r'Referenced table "([^"]*)" not found', message):
        message = renamed(sql, begin, lost[1]) or (
            f"FROM has no {lost[1]!r}, only {' and '.join(asked.selections) or 'what stands in brackets'}"
        )
    elif "cannot contain window functions" in message:
        message = f"{message.split()[0]}: a window function is computed behind it; write QUALIFY condition"
    elif lost := re.match(r"Unknown TimeZone '([^']*)'", message):
        begin, end = _span(re.escape(f"'{lost[1]}'"), sql)
        near = difflib.get_close_matches(lost[1], sorted(available_timezones()), n=1)
        way = f"did you mean {near[0]!r}?" if near else "write one such as 'Europe/Berlin' or 'UTC'"
        message = f"there is no time zone {lost[1]!r}; {way}"
    elif lost := re.search(r"required extension '(\w+)", message):
        begin, end = _span(rf"\b{lost[1]}\b", sql)
        message = f"DuckDB's extension {lost[1]!r} is not installed: run INSTALL {lost[1]} in DuckDB once"
    elif "STRING_LITERAL" in message and "TIMESTAMP" in message:
        message = (
            "a text cannot be added to a time, or taken from it; write an interval, as in now() - INTERVAL '1 day'"
        )
    elif message.startswith("Set operations"):
        begin, end = _span(r"\b(UNION|INTERSECT|EXCEPT)\b", sql)
        message = f"{(sql[begin:end] or 'UNION').upper()}: both sides must have the same number of columns"
    elif facts.get("exception_type") == "Parser":
        message += _other_syntax(sql) or _brackets(sql, begin) or _keyword(sql, begin) or _comma(sql, begin)
    is_syntax = facts.get("exception_type") == "Parser"
    return QueryError(message if is_syntax else with_clause(message, sql, begin), None, sql, begin, end)


def one_select(sql: str, count: int) -> QueryError:
    """Return the error for what is no single SELECT."""
    if count == 0:
        return QueryError("the query is empty; write one SELECT", None, sql)
    begin, end = _span(r"\bPIVOT\b", sql)
    if begin is not None:
        return QueryError("PIVOT: name the values, as in ON status IN (200, 404)", None, sql, begin, end)
    begin, end = _span(r"\w+", sql)
    if count == 1:
        word = sql[begin:end].upper()
        way = (
            'write logproc sql --explain "SELECT ..."' if word == "EXPLAIN" else "logs are only read; write one SELECT"
        )
        return QueryError(f"{word}: {way}", None, sql, begin, end)
    behind = _span(r";\s*(\w+)", sql)
    return QueryError(f"one SELECT is asked here, and there are {count} statements", None, sql, *behind)


def _span(pattern: str, sql: str) -> tuple[int | None, int | None]:
    """Return where a pattern, or the last group of it, stands in a query."""
    found = re.search(pattern, sql, re.IGNORECASE)
    return (None, None) if found is None else found.span(found.re.groups)


def _as_written(name: str, sql: str, begin: int | None) -> str:
    return sql[begin : begin + len(name)] if begin is not None and sql[begin:].lower().startswith(name) else name


def _instead(name: str, facts: Mapping[str, Any]) -> str:
    """Say what to write in the place of a function that there is not."""
    if name.lower() in HABITS:
        return f"; write {HABITS[name.lower()]}"
    known = dict.fromkeys([*DOMAIN, *(name.strip() for name in str(facts.get("candidates", "")).split(","))])
    near = difflib.get_close_matches(name.lower(), known, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(near)}?" if near else "; `logproc functions` lists those of reports"


def _other_syntax(sql: str) -> str:
    return next((f"; {way}" for pattern, way in CLAUSES if re.search(pattern, sql, re.IGNORECASE)), "")


def _brackets(sql: str, place: int | None) -> str:
    """Say that a bracket is missing, or too many, at an error of syntax."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|--[^\n]*", "", sql)
    balance = bare.count("(") - bare.count(")")
    if balance > 0:
        return "; a bracket is not closed"
    return "; there is a bracket too many" if balance < 0 and sql[place or 0 :].startswith(")") else ""


def _facts(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(text[text.index("{") :])
        if isinstance(found, dict):
            return found
    return {}


def _place(facts: Mapping[str, Any], asked: Asked, sql: str, shift: int | None) -> tuple[int | None, int | None]:
    """Return where in the query the error is; where DuckDB does not say, a name that it quotes and that occurs once."""
    if facts.get("position") is None or shift is None:
        quoted = re.search(r'"([^"]+)"', str(facts.get("exception_message", "")))
        found = [match.span() for match in re.finditer(rf"\b{re.escape(quoted[1])}\b", sql)] if quoted else []
        return found[0] if len(found) == 1 else (None, None)
    at = int(facts["position"]) - shift
    size = re.search(r",(\d+)\]", str(facts.get("location", "")))
    # DuckDB counts bytes.
    text, size_given = asked.sql.encode(), int(size[1]) if size else 0
    places = [len(text[: max(0, byte)].decode(errors="ignore")) for byte in (at, at + size_given)]
    begin, end = (min(max(0, asked.place(place)), len(sql)) for place in places)
    return begin, end if size else None


def _keyword(sql: str, place: int | None) -> str:
    """Say which keyword was meant, if a word at an error of syntax, or the one before, is nearly one."""
    if place is None:
        return ""
    before = re.findall(r"\w+", sql[:place])[-1:]
    here = re.match(r"\w+", sql[place:])
    if before and before[0].upper() in {"GROUP", "ORDER"} and here is not None:
        return f"; did you mean {before[0].upper()} BY?"
    for word in [*([here[0]] if here else []), *before]:
        near = difflib.get_close_matches(word.upper(), KEYWORDS, n=1, cutoff=0.7)
        if near and word.upper() not in KEYWORDS:
            return f"; did you mean {near[0]}?"
    return ""


def _comma(sql: str, place: int | None) -> str:
    """Say that a comma may be missing, where a call stands behind a name."""
    before = re.search(r"(\w+)\s+(\w+)\s*$", sql[:place]) if place is not None and sql[place:].startswith("(") else None
    names = before is not None and before[1].upper() not in {
        *KEYWORDS,
        "BY",
        "AS",
        "AND",
        "OR",
        "NOT",
        "DISTINCT",
        "ON",
    }
    return f"; is a comma missing before {before[2]}?" if before is not None and names else ""


def _hint(name: str, candidates: Sequence[str], asked: Asked, relations: Relations) -> str:
    """Say what a column's name may have been, and which relations have one of that name."""
    having = [relation for relation in relations.all_columns().get(name.lower(), []) if relation != LOGS]
    if having:
        return f" here; {have(having)}"
    own = {column.lower() for known in asked.selections for column in relations.by_name[known].columns}
    near = difflib.get_close_matches(name.lower(), sorted(own), n=2)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    inner = sorted(filter(None, candidates))
    usual = {column.lower() for known in asked.selections for column in relations.by_name[known].usual}
    return f"; there are {', '.join(inner or sorted(usual))}"
