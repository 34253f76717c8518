"""The text of an Apache `LogFormat` string as literals and directives, before anybody asks what a directive means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from logproc.errors import FormatError
from logproc.formats.assemble import literal

_DIRECTIVE = re.compile(
    r"%(?P<before>[!<>\d,]*(?:\{(?P<parameter>[^}]*)\}[!<>\d,]*)?)(?P<letter>\^[A-Za-z]{2}|[A-Za-z%])?"
)
_STATEMENT = re.compile(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"\s*\S*\s*\Z', re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(r"\\([\"\\ntr])")
_CONTROL = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Directive:
    """One `%…` as written: its text, its place (from 1), its letter, parameter and modifiers."""

    text: str
    position: int
    letter: str
    parameter: str | None = None
    modifiers: str = ""

    @property
    def conditional(self) -> bool:
        """Tell whether only some statuses log it; the others get `-`."""
        return any(mark.isdigit() for mark in self.modifiers)

    def __str__(self) -> str:
        return f"{self.text} at position {self.position}"


def tokens_of(text: str) -> list[bytes | Directive]:
    """Cut a LogFormat string (or a whole `LogFormat "…" name` line) into literals and directives."""
    statement = _STATEMENT.match(text)
    source = _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), statement[1] if statement else text)
    tokens: list[bytes | Directive] = []
    position = 0
    for match in _DIRECTIVE.finditer(source):
        tokens += [literal(source[position : match.start()]), _directive(source, match)]
        position = match.end()
    tokens.append(literal(source[position:]))
    return [token for token in tokens if token != b""]


def _directive(source: str, match: re.Match[str]) -> bytes | Directive:
    letter = match["letter"]
    if letter is None:
        shown = source[match.start() : match.end() + 1]
        raise FormatError(
            f"LogFormat: {shown!r} at position {match.start() + 1} is no directive; write %% for a percent sign"
        )
    if letter == "%":
        return b"%"
    modifiers = re.sub(r"\{[^}]*\}", "", match["before"])
    return Directive(match[0], match.start() + 1, letter, match["parameter"], modifiers)
