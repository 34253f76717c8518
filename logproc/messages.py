"""What is said to people beside what they asked for; apart from the nouns, so that `--help` need not load those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Trouble(str):
    """A line, among those on where a run stands, of what went wrong though it goes on: a quiet run says it, too."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A line for people, its level (`info`, `warning` or `error`) and, for programs, the facts in it."""

    text: str
    level: str = "info"
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text
