"""What a shell offers for the values of options and arguments, told by their metavars.

Nothing heavy loads unless that very value is asked for.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    Offer: TypeAlias = Callable[[click.Context, str], list[CompletionItem]]

TIMES = (
    "today",
    "yesterday",
    "tomorrow",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "now",
    "-24h",
)
"""Times that have a name, and an example of one that is relative."""


def files(_context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Let the shell offer files and folders."""
    return [CompletionItem(incomplete, type="file")]


def folders(_context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Let the shell offer folders."""
    return [CompletionItem(incomplete, type="dir")]


def times(_context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Offer the times that have names."""
    return _beginning(incomplete, ((name, None) for name in TIMES))


def formats(_context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Offer every format by name, with what it is."""
    from logproc.formats import FORMATS, PATTERNS, STRINGS

    named = [("auto", "each file by its content"), *((row.name, row.doc) for row in FORMATS.values())]
    return _beginning(incomplete, [*named, *((f"{language}:", None) for language in (*STRINGS, *PATTERNS))])


def reports(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Offer presets, their reports and those of the configuration; files where none is called so.

    Not both at once: to bash an offer of files is instead of all others.
    """
    from logproc.presets import names

    known = [*names(), *_configured(context.params.get("config") or "config.toml")]
    listed = [name for name in known if incomplete or "/" not in name]
    return _beginning(incomplete, ((name, None) for name in listed)) or files(context, incomplete)


def _configured(path: str) -> list[str]:
    """Return the names of the reports of a configuration; none where it cannot be read: this is no time to complain."""
    import tomllib

    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("report", [])
        return [row["name"] for row in found]
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return []


def _beginning(incomplete: str, known: Iterable[tuple[str, str | None]]) -> list[CompletionItem]:
    return [CompletionItem(name, help=doc) for name, doc in known if name.startswith(incomplete)]


OFFERS: tuple[tuple[str, Offer], ...] = (
    (r"T", times),
    (r"F", formats),
    (r"NAME\|FILE\.sql", reports),
    (r".*(PATH|FILE|\.json).*", files),
    (r".*(DIR|ROOT).*", folders),
)
"""What is offered, by patterns of metavars, of which the first that fits counts. A choice needs no row."""


class _Offered(click.types.StringParamType):
    """A text for which something can be offered."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        return self._offer(ctx, incomplete)


def attach(group: click.Group) -> None:
    """Let all texts below a group be completed, as `OFFERS` says."""
    for command in group.commands.values():
        if isinstance(command, click.Group):
            attach(command)
        for parameter in command.params:
            offer = next((offer for pattern, offer in OFFERS if re.fullmatch(pattern, parameter.metavar or "")), None)
            if offer is not None and parameter.type is click.STRING:
                parameter.type = _Offered(offer)
