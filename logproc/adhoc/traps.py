"""What is right SQL and seldom what is meant, from a query's tree: each is said once, beside the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logproc.adhoc.scopes import Scopes
from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Node = Any
"""A node of sqlglot's tree."""


def traps(tree: Node, kinds: Mapping[str, Mapping[str, Kind]]) -> Iterator[str]:
    """Yield notes on a query; `kinds` are those of each relation's columns, both by their names in lower case."""
    scopes = Scopes(tree, kinds)
    notes = (note for node in tree.walk() for note in (_zone(node, scopes), _character(node, scopes)) if note)
    yield from dict.fromkeys(notes)


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
