"""In which clause of a query a place stands, from its text: what DuckDB refuses, it refuses without saying that."""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"""'(?:[^']|'')*' | "[^"]*" | --[^\n]* | (?P<mark>[()])
    | \bIS\s+(?:NOT\s+)?DISTINCT\s+FROM\b
    | \b(?P<word>SELECT|FROM|WHERE|GROUP\s+BY|HAVING|QUALIFY|WINDOW|ORDER\s+BY|LIMIT|OFFSET|JOIN|ON|USING)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_QUERY = re.compile(r"\s*(SELECT|FROM|WITH)\b", re.IGNORECASE)
_PREFIXED = re.compile(r"[A-Z][A-Z ]*( \d+)?:")
_CALLED = {"JOIN": "FROM", "USING": "JOIN", "ON": "JOIN"}


def with_clause(message: str, sql: str, place: int | None) -> str:
    """Return a message that begins with its clause, if the place is known and the message does not name it yet."""
    clause = clause_at(sql, place) if place is not None else None
    return message if clause is None or _PREFIXED.match(message) else f"{clause}: {message}"


def clause_at(sql: str, place: int) -> str | None:
    """Return the clause in which a place of a query stands, of the innermost query around it."""
    inside: list[tuple[bool, str | None]] = [(True, None)]
    for token in _TOKENS.finditer(sql):
        if token.start() > place:
            break
        if token["mark"] == "(":
            inside.append((bool(_QUERY.match(sql, token.end())), None))
        elif token["mark"] == ")" and len(inside) > 1:
            inside.pop()
        elif token["word"] and inside[-1][0]:  # ORDER BY in OVER (...), and FROM in extract(...), are no clauses
            word = " ".join(token["word"].upper().split())
            inside[-1] = (True, _CALLED.get(word, word))
    return next((clause for _, clause in reversed(inside) if clause is not None), None)
