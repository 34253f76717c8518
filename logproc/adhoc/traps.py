"""What is right SQL and seldom what is meant, from a query's tree: each is said once, beside the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.adhoc.scopes import Scopes
from logproc.adhoc.senseless import written
from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Node = Any
"""A node of sqlglot's tree."""


def traps(tree: Node, kinds: Mapping[str, Mapping[str, Kind]]) -> Iterator[str]:
    """Yield notes on a query; `kinds` are those of each relation's columns, both by their names in lower case."""
    scopes = Scopes(tree, kinds)
    notes = (note for node in tree.walk() for note in (_zone(node, scopes), _character(node, scopes)) if note)
    yield from dict.fromkeys([*notes, *written_traps(tree)])


def written_traps(tree: Node) -> Iterator[str]:
    """Yield notes on what is seldom meant whatever the columns are."""
    notes = (note for node in tree.walk() for note in (_bits(node), _star(node), _null(node), _nought(node)) if note)
    yield from dict.fromkeys(notes)


def _number(node: Node, name: str) -> int | None:
    """Return the second argument of a call, if it is a number that is written out."""
    arguments: list[Node] = node.expressions if type(node).__name__ == "Anonymous" else []
    if len(arguments) < 2 or node.name.lower() != name:
        return None
    value = written(arguments[1])
    return value if isinstance(value, int) else None


def _bits(node: Node) -> str | None:
    """Warn of networks that no IPv4 address has."""
    bits = _number(node, "subnet")
    if bits is None or bits <= 32:
        return None
    return f"subnet(..., {bits}) is NULL for IPv4 addresses, which have 32 bits"


def _nought(node: Node) -> str | None:
    """Warn of a text that is taken from in front of its first character."""
    starts = {name: _number(node, name) for name in ("substr", "substring")}
    found = next((name for name, start in starts.items() if start == 0), None)
    return found and f"{found}: characters are counted from 1; from 0 on, one fewer is taken"


def _star(node: Node) -> str | None:
    """Warn of a pattern of LIKE that is one of GLOB."""
    if type(node).__name__ not in {"Like", "ILike"} or type(node.expression).__name__ != "Literal":
        return None
    pattern, word = node.expression.name, type(node).__name__.upper()
    if "*" not in pattern or {"%", "_"} & {*pattern}:
        return None
    meant = pattern.replace("*", "%")
    return f"{word} '{pattern}': * stands for itself there; what stands for any characters is %, as in {word} '{meant}'"


def _null(node: Node) -> str | None:
    """Warn of a comparison that is never true."""
    if type(node).__name__ not in {"EQ", "NEQ"} or type(node.expression).__name__ != "Null":
        return None
    way = "IS NULL" if type(node).__name__ == "EQ" else "IS NOT NULL"
    return f"nothing equals NULL, nor differs from it: write {way}"


_UTC = frozenset({"", "UTC", "GMT", "ETC/UTC", "ETC/GMT", "ZULU"})
"""Names under which a clock that is read as UTC is right."""


def _zone(node: Node, scopes: Scopes) -> str | None:
    """Warn of a time in UTC that is read as the clock of another zone."""
    kind = type(node).__name__
    if kind == "AtTimeZone":
        time, zone = node.this, node.args.get("zone")
    elif kind == "Anonymous" and node.name.lower() == "timezone" and len(node.expressions) == 2:
        zone, time = node.expressions
    else:
        return None
    name = time.name.lower()
    if scopes.kind(time) is not Kind.TIME or type(zone).__name__ != "Literal" or zone.name.upper() in _UTC:
        return None
    return (
        f"{name} has no zone and is UTC: this reads it as the clock of {zone.name}; what the clock showed there is "
        f"{name} AT TIME ZONE 'UTC' AT TIME ZONE '{zone.name}'"
    )


def _character(node: Node, scopes: Scopes) -> str | None:
    """Warn of an index into a text: lists of JSON are texts."""
    if type(node).__name__ != "Bracket" or len(node.expressions) != 1:
        return None
    name = node.this.name.lower()
    if scopes.kind(node.this) is not Kind.DYNAMIC or type(node.expressions[0]).__name__ != "Literal":
        return None
    return (
        f"{name}[...] is a character of the text; an element of a list of JSON is json_extract_string({name}, '$[0]'), "
        f"counted from 0"
    )
