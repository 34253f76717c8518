"""What the groups of a pattern yield: fields by the names of the contract, numbers and times by name or by type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.time_format import time_codes
from logproc.kernels import pattern_lines as kernel
from logproc.model import FIELDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logproc.formats.regex_text import Named

TYPES = {
    **dict.fromkeys(("int", "integer", "long"), kernel.INTEGER),
    **dict.fromkeys(("float", "double", "number", "decimal"), kernel.DECIMAL),
    **dict.fromkeys(("text", "string", "str", "keyword"), kernel.TEXT),
}
"""Meaning by the type behind a group's name; `time` and `time(FORMAT)` stand beside them."""

_KINDS = {kernel.TEXT: Kind.TEXT, kernel.INTEGER: Kind.INTEGER, kernel.DECIMAL: Kind.DECIMAL, kernel.TIME: Kind.TEXT}
_MEANINGS = {Kind.TEXT: kernel.TEXT, Kind.INTEGER: kernel.INTEGER, Kind.DECIMAL: kernel.DECIMAL, Kind.TIME: kernel.TIME}

CONTRACT: dict[str, Kind] = {name: kind for family in FIELDS.values() for name, kind in family.items()}

DERIVED = ("method", "target", "path", "query", "protocol")
"""Fields that a group `request` also yields, and `target` some of them, unless groups of their own do."""

ALIASES: dict[str, tuple[str, ...]] = {
    "time": ("timestamp", "@timestamp", "ts", "datetime", "logdate", "log_date", "time_local", "date"),
    "client": ("clientip", "client_ip", "remote_addr", "remote_ip", "source.address", "source.ip", "client.ip"),
    "user": ("auth", "remote_user", "username", "user.name"),
    "ident": ("apache.access.user.identity",),
    "method": ("verb", "request_method", "http.request.method"),
    "request": ("url.original",),
    "status": ("response", "status_code", "http.response.status_code", "http_status_code"),
    "bytes": ("body_bytes_sent", "bytes_sent", "size", "http.response.body.bytes"),
    "referrer": ("referer", "http_referer", "http.request.referrer"),
    "user_agent": ("agent", "useragent", "http_user_agent", "user_agent.original"),
    "level": ("loglevel", "log_level", "lvl", "severity", "log.level"),
    "message": ("msg", "syslog_message"),
    "logger": ("class", "log.logger"),
    "program": ("process.name", "syslog_program"),
    "pid": ("process.pid", "syslog_pid"),
    "host": ("hostname", "logsource", "host.hostname", "syslog_hostname"),
}
"""Names that patterns give to what has a name of the contract: such a group yields both, its own and that."""

FAMILIES = ("app", "web", "syslog")


@dataclass(frozen=True, slots=True)
class Output:
    """What a group yields: `meaning` as in `kernels.pattern_lines`, under `name` or under fixed names.

    `codes` are those of a time's format, None for the usual ones. Where `loose`, text that does not fit is null.
    """

    group: int
    name: str
    meaning: int
    codes: tuple[int, ...] | None = None
    loose: bool = False


def outputs_of(named: Sequence[Named]) -> tuple[Output, ...]:
    """Return what the groups yield, each name once; FormatError for a type that there is none of."""
    first: dict[str, Named] = {}
    for group in named:
        known = first.setdefault(group.name, group)
        if known.type is None and group.type is not None:
            first[group.name] = group
    groups = {name: next(g.number for g in named if g.name == name) for name in first}
    outputs = [_output(groups[name], name, group.type) for name, group in first.items()]
    names = set(first)
    outputs += [
        Output(groups[alias], name, _implied(name), loose=True)
        for name, aliases in ALIASES.items()
        if name not in names and not (name == "request" and "target" in names)
        for alias in [next((alias for alias in aliases if alias in names), None)]
        if alias is not None
    ]
    return _with_row_time(outputs)


def _output(group: int, name: str, kind: str | None) -> Output:
    if kind is None:
        return Output(group, name, _implied(name))
    word, bracket, rest = kind.partition("(")
    if word == "time" and (not bracket or rest.endswith(")")):
        return Output(group, name, kernel.TIME, time_codes(rest[:-1]))
    if kind in TYPES:
        return Output(group, name, TYPES[kind])
    raise FormatError(
        f"the group {name!r} has the type {kind!r}; there are {', '.join(TYPES)}, time and time(FORMAT), such as "
        "time(%Y-%m-%d %H:%M:%S,%f)"
    )


def _implied(name: str) -> int:
    if name == "request":
        return kernel.REQUEST
    if name == "target":
        return kernel.TARGET
    return _MEANINGS[CONTRACT.get(name, Kind.TEXT)]


def _with_row_time(outputs: list[Output]) -> tuple[Output, ...]:
    """Put the group that is the row's time first: the one called so, or the first that has the type."""
    times = [output for output in outputs if output.meaning == kernel.TIME]
    times.sort(key=lambda output: (output.name != "time", output.loose))
    return (*times, *(output for output in outputs if output.meaning != kernel.TIME))


def kinds_of(outputs: Iterable[Output]) -> dict[str, Kind]:
    """Return the columns that outputs fill, with their kinds."""
    kinds: dict[str, Kind] = {}
    for output in outputs:
        if output.meaning == kernel.TIME:
            kinds["time"] = Kind.TIME
            if output.name != "time":
                kinds[output.name] = Kind.TEXT
        elif output.meaning not in {kernel.REQUEST, kernel.TARGET}:
            kinds[output.name] = _KINDS[output.meaning]
        elif not output.loose:
            kinds[output.name] = Kind.TEXT
    own = frozenset(kinds)
    for output in outputs:
        if output.meaning in {kernel.REQUEST, kernel.TARGET}:
            wanted = DERIVED if output.meaning == kernel.REQUEST else DERIVED[1:4]
            kinds |= {name: Kind.TEXT for name in wanted if name not in own}
    return kinds


def family_of(fields: Iterable[str]) -> str:
    """Return the family that has most of these fields; the first of those that have as many."""
    names = frozenset(fields)
    return max(FAMILIES, key=lambda family: len(names & frozenset(FIELDS[family])))
