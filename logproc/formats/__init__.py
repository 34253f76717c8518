"""What a line means: every format that logproc knows, as one visible table, and the way from a name to a format.

A format cannot be added without its samples: tests read each sample with its format, and see each refused line
refused. Of the rows that match a file equally well, detection takes the one with the highest rank.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.access_orders import ACCESS_ORDERS
from logproc.formats.access_times import ACCESS_TIMES
from logproc.formats.apache import compile_apache
from logproc.formats.apache_like import compile_jetty, compile_tomcat, compile_tomcat_10, compile_varnish
from logproc.formats.app import APP
from logproc.formats.appliances import APPLIANCES
from logproc.formats.atlassian import ATLASSIAN
from logproc.formats.behind import BEHIND
from logproc.formats.cloud import CLOUD
from logproc.formats.clusters import CLUSTERS
from logproc.formats.collected import COLLECTED
from logproc.formats.containers import CONTAINERS
from logproc.formats.daemons import DAEMONS
from logproc.formats.databases import DATABASES
from logproc.formats.desks import DESKS
from logproc.formats.digit_dates import DIGIT_DATES
from logproc.formats.events import EVENTS
from logproc.formats.format import COLOURED, SEPARATOR, Format, Sample
from logproc.formats.gateways import GATEWAYS
from logproc.formats.general import GENERAL
from logproc.formats.guards import GUARDS
from logproc.formats.haproxy import HAPROXY
from logproc.formats.headed import HEADED_FORMATS
from logproc.formats.histories import HISTORIES
from logproc.formats.homes import HOMES
from logproc.formats.hosting import HOSTING
from logproc.formats.ingress import INGRESS
from logproc.formats.java import JAVA
from logproc.formats.java_servers import JAVA_SERVERS
from logproc.formats.java_stores import JAVA_STORES
from logproc.formats.journal import JOURNAL
from logproc.formats.json_access import JSON_ACCESS
from logproc.formats.json_loggers import JSON_LOGGERS
from logproc.formats.json_sensors import JSON_SENSORS
from logproc.formats.json_shapes import JSON_SHAPES
from logproc.formats.json_web import JSON_WEB
from logproc.formats.layouts_java import LAYOUTS_JAVA
from logproc.formats.leveled import LEVELED
from logproc.formats.loggers import LOGGERS
from logproc.formats.macos import MACOS
from logproc.formats.mail import MAIL
from logproc.formats.names import NAMES
from logproc.formats.nginx import compile_nginx
from logproc.formats.nginx_json import compile_nginx_json, is_json_template
from logproc.formats.node import NODE
from logproc.formats.office import OFFICE
from logproc.formats.operations import OPERATIONS
from logproc.formats.perimeter import PERIMETER
from logproc.formats.postgres import POSTGRES, compile_postgres
from logproc.formats.postgres_prefixes import POSTGRES_PREFIXES
from logproc.formats.proxies import PROXIES
from logproc.formats.python import PYTHON
from logproc.formats.relayed import RELAYED
from logproc.formats.selfhosted import SELFHOSTED
from logproc.formats.servers import SERVERS
from logproc.formats.services import SERVICES
from logproc.formats.stores import STORES
from logproc.formats.structured import STRUCTURED
from logproc.formats.syslog import SYSLOG
from logproc.formats.systems import SYSTEMS
from logproc.formats.tails import TAILS
from logproc.formats.undated import UNDATED
from logproc.formats.virtual import VIRTUAL
from logproc.formats.voice import VOICE
from logproc.formats.web import WEB
from logproc.formats.web_servers import WEB_SERVERS
from logproc.formats.windows import WINDOWS
from logproc.model import FIELDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from logproc.formats.program import Program

__all__ = ["FORMATS", "PATTERNS", "PATTERN_DOCS", "STRINGS", "Format", "Sample", "candidates", "own_fields", "resolve"]

_TEXT = (
    *WEB,
    *INGRESS,
    *CLOUD,
    *HAPROXY,
    *PROXIES,
    *SERVERS,
    *ACCESS_TIMES,
    *ACCESS_ORDERS,
    *WEB_SERVERS,
    *GATEWAYS,
    *SYSLOG,
    *JOURNAL,
    *JAVA,
    *JAVA_STORES,
    *PYTHON,
    *APP,
    *LOGGERS,
    *DAEMONS,
    *NAMES,
    *NODE,
    *MAIL,
    *DESKS,
    *VOICE,
    *GENERAL,
    *LEVELED,
    *DIGIT_DATES,
    *BEHIND,
    *UNDATED,
    *COLLECTED,
)
_ROWS = (
    *_TEXT,
    *JAVA_SERVERS,
    *LAYOUTS_JAVA,
    *VIRTUAL,
    *POSTGRES,
    *POSTGRES_PREFIXES,
    *DATABASES,
    *STORES,
    *GUARDS,
    *OFFICE,
    *EVENTS,
    *OPERATIONS,
    *SYSTEMS,
    *SERVICES,
    *HOSTING,
    *CLUSTERS,
    *SELFHOSTED,
    *HOMES,
    *PERIMETER,
    *RELAYED,
    *APPLIANCES,
    *WINDOWS,
    *MACOS,
    *ATLASSIAN,
    *HISTORIES,
    *TAILS,
    *STRUCTURED,
    *JSON_ACCESS,
    *JSON_SHAPES,
    *JSON_WEB,
    *JSON_SENSORS,
    *JSON_LOGGERS,
    *CONTAINERS,
    *HEADED_FORMATS,
)

FORMATS: dict[str, Format] = {row.name: row for row in _ROWS}
"""Every format by name."""

STRINGS: dict[str, Callable[[str], Program]] = {
    "nginx": compile_nginx,
    "apache": compile_apache,
    "tomcat": compile_tomcat,
    "tomcat10": compile_tomcat_10,
    "jetty": compile_jetty,
    "varnish": compile_varnish,
}
"""Languages of format strings: `--format nginx:LOG_FORMAT`, `--format apache:LOGFORMAT`."""


def _coloured(name: str) -> Format:
    """Return a format whose lines are read without their colours."""
    row = resolve(name)
    if row.engine != SEPARATOR or row.coloured:
        raise FormatError(f"{COLOURED}{name}: colours are taken out of lines whose fields separators part, as log4j's")
    return replace(row, name=f"{COLOURED}{name}", coloured=True)


def _regex(pattern: str) -> Format:
    from logproc.formats.regex import compile_regex  # noqa: PLC0415 - a compiler of its own, which few runs need

    return compile_regex(pattern)


def _grok(pattern: str) -> Format:
    from logproc.formats.grok import compile_grok  # noqa: PLC0415 - as above, and all patterns of Logstash

    return compile_grok(pattern)


def _grok_ecs(pattern: str) -> Format:
    from logproc.formats.grok import compile_grok_ecs  # noqa: PLC0415 - as above

    return compile_grok_ecs(pattern)


PATTERNS: dict[str, Callable[[str], Format]] = {
    "regex": _regex,
    "grok": _grok,
    "grok-ecs": _grok_ecs,
    "postgres": compile_postgres,
    "coloured": _coloured,
}
"""Languages of patterns: `--format regex:(?P<name>...)`."""

PATTERN_DOCS = {
    "regex": "named groups become fields",
    "grok": "named groups become fields",
    "grok-ecs": "named groups become fields",
    "postgres": "PostgreSQL with this log_line_prefix",
    "coloured": "a format whose lines have the colours of a terminal",
}
"""What they are, in a few words."""


@lru_cache(maxsize=256)
def resolve(name: str) -> Format:
    """Return the format that `--format` names or spells out; FormatError says what is wrong and what there is."""
    known = FORMATS.get(name)
    if known is not None:
        return known
    language, colon, text = name.partition(":")
    compiler = STRINGS.get(language) if colon else None
    if language == "nginx" and is_json_template(text):
        return compile_nginx_json(name, text)
    if compiler is not None:
        return Format(name, "web", SEPARATOR, compiler(text), f"a format string of {language}")
    if colon and language in PATTERNS:
        return PATTERNS[language](text)
    raise FormatError(_unknown(name))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), list(FORMATS), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    patterns = ", ".join(f"{language}:…" for language in (*STRINGS, *PATTERNS))
    return f"unknown format {name!r}; {hint}`logproc formats` lists the names; patterns are {patterns}"


def candidates(names: Iterable[str]) -> tuple[Format, ...]:
    """Return the formats that detection tries, the most specific first: the table's, and the named ones beside it."""
    rows = [*FORMATS.values(), *(resolve(name) for name in names if name not in FORMATS)]
    return _once(tuple(sorted(rows, key=lambda row: -row.rank)))


@lru_cache(maxsize=64)
def _once(rows: tuple[Format, ...]) -> tuple[Format, ...]:
    """Return the same tuple again for the same formats, so that what is learnt of them is learnt once."""
    return rows


@cache
def own_fields() -> Mapping[str, Mapping[str, Kind]]:
    """Return the fields that formats have and no family knows, by family; DYNAMIC where formats disagree on one."""
    found: dict[str, dict[str, Kind]] = {}
    for row in _ROWS:
        of_family = found.setdefault(row.family, {})
        for name, kind in row.fields.items():
            if not any(name in known for known in FIELDS.values()):
                of_family[name] = kind if of_family.get(name, kind) is kind else Kind.DYNAMIC
    return found
