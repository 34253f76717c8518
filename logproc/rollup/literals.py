"""Which literals a regular expression cannot match without: a reading of its syntax, on the safe side.

Used to skip expressions whose literal does not occur in a text. What is not understood yields None: always try it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKENS = re.compile(
    r"""
      (?P<escape>\\.)
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<look>\(\?(?:[=!]|<[=!]))
    | (?P<open>\((?:\?(?::|P<\w+>))?)(?!\?)
    | (?P<close>\))
    | (?P<bar>\|)
    | (?P<optional>(?:[*?]|\{0?(?:,\d*)?\})[?+]?)
    | (?P<repeat>(?:\+|\{\d+(?:,\d*)?\})[?+]?)
    | (?P<other>[.^$])
    | (?P<strange>\(\?)
    | (?P<character>[\w ;:,=/-]+(?![*?+{])|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_COMMON = frozenset(
    [
        "mozilla",
        "android",
        "build",
        "linux",
        "windows",
        "mobile",
        "safari",
        "version",
        "applewebkit",
        "chrome",
        "gecko",
        "compatible",
        "http",
        "http://",
        "https://",
        "phone",
        "iphone",
        "ipad",
        "like",
        "khtml",
        "opera",
        "ucweb",
        "release",
        "browser",
        "mac",
        "os",
    ]
)
"""Literals that occur in so many agents that they filter little."""

_COMMON_TEXT = " ".join(sorted(_COMMON)) + " build/ linux; android 5.0 (x11; u; khtml, like gecko) applewebkit/537.36 "

Literals = frozenset[str]


def required_literals(pattern: str) -> list[Literals]:
    """Return sets of lower-case literals: one of each set occurs in every text that the pattern matches in.

    The most telling set comes first; the list is empty where nothing is known to be required.
    """
    try:
        required = _alternatives(_tokens(pattern), depth=0).finish()
    except ValueError:
        return []
    return sorted((literals for literals in required if _shortest(literals) > 1), key=_worth, reverse=True)


def telling_gram(literal: str) -> str:
    """Return three characters of a literal, by preference such as few agents have; all of a shorter one."""
    grams = [literal[start : start + 3] for start in range(max(len(literal) - 2, 1))]
    return next((gram for gram in grams if gram not in _COMMON_TEXT), grams[0])


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    for match in _TOKENS.finditer(pattern):
        kind = match.lastgroup or ""
        if kind == "strange":
            raise ValueError(pattern)
        if kind == "escape":
            # An escaped sign is itself; an escaped letter or digit is a class, an anchor or a group.
            yield ("other", "") if match[0][1].isalnum() else ("character", match[0][1])
        else:
            yield kind, match[0]


@dataclass(slots=True)
class _Sequence:
    """One branch while it is read: the literal run that may still grow, and what is required so far."""

    required: list[Literals] = field(default_factory=list)
    run: str = ""
    last: list[Literals] = field(default_factory=list)  # the group just read, until it is known not to be optional
    single: bool = False  # whether the last atom is a character of the run

    def add(self, characters: str) -> None:
        self.settle()
        self.run += characters.lower()
        self.single = True

    def add_group(self, required: list[Literals]) -> None:
        self.close()
        self.last = required

    def settle(self) -> None:
        self.required += self.last
        self.last = []

    def close(self) -> None:
        self.settle()
        if self.run:
            self.required.append(frozenset({self.run}))
        self.run = ""
        self.single = False

    def make_optional(self) -> None:
        if self.single:
            self.run = self.run[:-1]
        self.last = []
        self.close()

    def finish(self) -> list[Literals]:
        self.close()
        return self.required


def _shortest(literals: Literals) -> int:
    return min(map(len, literals))


def _worth(literals: Literals) -> tuple[bool, int, int]:
    return all(literal.strip(" ;/()") not in _COMMON for literal in literals), _shortest(literals), -len(literals)


def _alternatives(tokens: Iterator[tuple[str, str]], depth: int) -> _Sequence:
    """Read up to the closing parenthesis; return a sequence that requires one literal of each branch."""
    branches = [_Sequence()]
    for kind, text in tokens:
        branch = branches[-1]
        if kind == "character":
            branch.add(text)
        elif kind in {"open", "look"}:
            inner = _alternatives(tokens, depth + 1).finish()
            branch.add_group(inner if kind == "open" else [])
        elif kind == "bar":
            branches.append(_Sequence())
        elif kind == "optional":
            branch.make_optional()
        elif kind == "close":
            if depth == 0:
                raise ValueError(text)
            break
        else:
            branch.close()
    return branches[0] if len(branches) == 1 else _Sequence(required=_joined(branches))


def _joined(branches: list[_Sequence]) -> list[Literals]:
    """Require one of the branches' most telling literals, if each branch has some."""
    required = [branch.finish() for branch in branches]
    if not all(required):
        return []
    return [frozenset[str]().union(*(max(literals, key=_worth) for literals in required))]
