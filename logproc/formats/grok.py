"""`grok:PATTERN`: named patterns put together, as Logstash, Elasticsearch and others have them.

`%{NAME}` stands for a pattern of the tables, `%{NAME:field}` makes a field of it, `%{NAME:field:int}` a number; a field
may be nested, `[source][ip]`, which is `source.ip` here. What stands between is a regular expression, in which
`(?<field>...)` makes a field, too. `grok:` gives the fields of composite patterns their short names (`clientip`), and
`grok-ecs:` those of the Elastic Common Schema (`source.address`).
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.format import PATTERN, Format
from logproc.formats.grok_cisco import CISCO
from logproc.formats.grok_firewalls import FIREWALLS
from logproc.formats.grok_nagios import BACULA, NAGIOS
from logproc.formats.grok_parts import PARTS
from logproc.formats.grok_programs import PROGRAMS, SYSLOG
from logproc.formats.grok_web import BALANCERS, WEB
from logproc.formats.grok_zeek import ZEEK
from logproc.formats.regex import compile_pattern
from logproc.formats.regex_fields import family_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARY: dict[str, str] = {
    **PARTS,
    **WEB,
    **BALANCERS,
    **SYSLOG,
    **PROGRAMS,
    **FIREWALLS,
    **CISCO,
    **NAGIOS,
    **BACULA,
    **ZEEK,
}
"""Patterns by name. A field `short>ecs` has two names, of which either may be missing: it is then no field there."""

DEEPEST = 30
"""Patterns within patterns."""

LARGEST = 200_000
"""Characters of a pattern with all names replaced."""

_REFERENCE = re.compile(r"%\{(\w+)(?::([^:}]*))?(?::([^}]*))?\}")
_TYPES = {
    "": "",
    **dict.fromkeys(("int", "integer", "long"), ":int"),
    **dict.fromkeys(("float", "double"), ":float"),
    "string": ":text",
}
"""Types of fields, and how a group writes them."""


def compile_grok(text: str, *, ecs: bool = False, library: Mapping[str, str] = LIBRARY) -> Format:
    """Return the format of `grok:TEXT`, or of `grok-ecs:TEXT`; FormatError names a pattern that there is none of."""
    language = "grok-ecs" if ecs else "grok"
    pattern = compile_pattern(expanded(text, ecs=ecs, library=library), f"{language}:{text}")
    name, family = f"{language}:{text}", family_of(pattern.fields)
    return Format(name, family, PATTERN, None, "a grok pattern", rank=50, pattern=pattern)


def compile_grok_ecs(text: str) -> Format:
    """Return the format of `grok-ecs:TEXT`."""
    return compile_grok(text, ecs=True)


def expanded(text: str, *, ecs: bool = False, library: Mapping[str, str] = LIBRARY) -> str:
    """Return the regular expression that a grok pattern stands for."""
    found = _expand(text, library, 1 if ecs else 0, ())
    if stray := re.search(r"%\{[^}]*\}?", found):
        raise FormatError(f"{stray[0]!r} is no grok pattern: write %{{NAME}}, %{{NAME:field}} or %{{NAME:field:int}}")
    return found


def inline(fmt: str, own: Mapping[str, str]) -> str:
    """Return a format whose grok pattern has the patterns of a configuration written out; any other stays as it is."""
    language, colon, text = fmt.partition(":")
    if not colon or language not in {"grok", "grok-ecs"}:
        return fmt
    return f"{language}:{_expand(text, own, int(language == 'grok-ecs'), (), known=frozenset(LIBRARY) - set(own))}"


def _expand(
    text: str, library: Mapping[str, str], names: int, within: tuple[str, ...], *, known: frozenset[str] = frozenset()
) -> str:
    """Replace the names of a library; those that are `known` elsewhere stay."""

    def replaced(match: re.Match[str]) -> str:
        name, field, kind = match[1], match[2] or "", match[3] or ""
        if name in known:
            return match[0]
        if name not in library:
            near = difflib.get_close_matches(name.upper(), [*library, *known], n=1)
            hint = f"; did you mean %{{{near[0]}}}?" if near else ""
            raise FormatError(f"there is no grok pattern %{{{name}}}{hint}")
        if name in within or len(within) > DEEPEST:
            raise FormatError(f"the grok pattern %{{{name}}} contains itself: {' > '.join((*within, name))}")
        inner = _expand(library[name], library, names, (*within, name), known=known)
        return f"{_opening(field, kind, names)}{inner})"

    out = _REFERENCE.sub(replaced, text)
    if len(out) > LARGEST:
        raise FormatError(f"a grok pattern of more than {LARGEST} characters; take smaller ones")
    return out


def _opening(field: str, kind: str, names: int) -> str:
    """Return how the group of a field begins."""
    both = field.split(">")
    name = both[min(names, len(both) - 1)]
    if not name:
        return "(?:"
    if kind not in _TYPES and not kind.startswith("time"):
        raise FormatError(
            f"the grok field {field!r} has the type {kind!r}; there are {', '.join(filter(None, _TYPES))}"
        )
    nested = re.fullmatch(r"\[([^][]+)\](?:\[[^][]+\])*", name)
    plain = name[1:-1].replace("][", ".") if nested else name
    return f"(?<{plain}{_TYPES.get(kind, f':{kind}')}>"
