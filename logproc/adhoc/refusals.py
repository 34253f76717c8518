"""What is said of a query that cannot run: whose message says more, where in the query it points, what was meant."""

from __future__ import annotations

import difflib
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError
from logproc.rollup.builder import have
from logproc.rollup.functions import DOMAIN
from logproc.rollup.sql import LOGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logproc.adhoc.question import Asked, Relations

ONLY_HERE = (
    "`logproc sql", "a report ", "cannot be merged", "not mergeable", "not supported", "not part of", "is 2 statements",
    "FROM takes", "syntax error", "there is no function", "second pass", "over the same logs", "WINDOW", "QUALIFY",
    "there is nothing",
)  # fmt: skip
"""What the planner's message says where a query may be right, and only no rollup, or where DuckDB's says more."""

KEYWORDS = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "JOIN", "BETWEEN")


def is_wrong(reason: str) -> bool:
    """Tell whether a refusal of the planner is about a mistake, not about what cannot be merged."""
    return not any(words in reason for words in ONLY_HERE)


def query_error(error: Exception, asked: Asked, sql: str, relations: Relations, shift: int = 0) -> QueryError:
    """Turn an error of DuckDB into ours: its first line, the place in the query, and what could have been meant."""
    facts = _facts(str(error))
    name, kind = str(facts.get("name", "")), facts.get("error_subtype")
    begin, end = _place(facts, asked, sql, shift)
    if kind == "COLUMN_NOT_FOUND":
        # What a subquery yields are candidates; else they are no more than what the query asked for.
        inner = str(facts.get("candidates", "")) if len(re.findall(r"\bselect\b", sql, re.IGNORECASE)) > 1 else ""
        message = f"there is no column {name!r}{_hint(name, inner.split(','), asked, relations)}"
    elif kind == "MISSING_ENTRY" and facts.get("type") == "Table":
        near = difflib.get_close_matches(name.lower(), relations.by_name, n=2)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(relations.by_name))}"
        message = f"FROM: there is no family or source {name!r}; {known}"
    elif kind == "MISSING_ENTRY" and "Function" in str(facts.get("type")):
        near = difflib.get_close_matches(name.lower(), [*DOMAIN, *str(facts.get("candidates", "")).split(",")], n=2)
        message = f"there is no function {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
    else:
        message = str(facts.get("exception_message") or error).partition("\n")[0].strip()
        if facts.get("exception_type") == "Parser":
            message += _keyword(sql, begin)
    return QueryError(message, None, sql, begin, end)


def _facts(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(text[text.index("{") :])
        if isinstance(found, dict):
            return found
    return {}


def _place(facts: Mapping[str, Any], asked: Asked, sql: str, shift: int) -> tuple[int | None, int | None]:
    """Return where in the query the error is; where DuckDB does not say, a name that it quotes and that occurs once."""
    if facts.get("position") is None:
        quoted = re.search(r'"([^"]+)"', str(facts.get("exception_message", "")))
        found = [match.span() for match in re.finditer(rf"\b{re.escape(quoted[1])}\b", sql)] if quoted else []
        return found[0] if len(found) == 1 else (None, None)
    at = int(facts["position"]) - shift
    size = re.search(r",(\d+)\]", str(facts.get("location", "")))
    begin = min(max(0, asked.place(at)), len(sql))
    return begin, min(asked.place(at + int(size[1])), len(sql)) if size else None


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


def _hint(name: str, candidates: Sequence[str], asked: Asked, relations: Relations) -> str:
    """Say what a column's name may have been, and which relations have one of that name."""
    having = [relation for relation in relations.all_columns().get(name.lower(), []) if relation != LOGS]
    if having:
        return f" here; {have(having)}"
    own = {column.lower() for known in asked.selections for column in relations.by_name[known].columns}
    near = difflib.get_close_matches(name.lower(), sorted(own), n=2)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; there are {', '.join(sorted(filter(None, candidates)) or sorted(own))}"
