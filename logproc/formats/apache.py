r"""Apache `LogFormat` strings, with quotes written `"` or, as in httpd.conf, `\"`.

Directives: https://httpd.apache.org/docs/current/mod/mod_log_config.html and mod_logio. A directive may carry status
conditions (`%400,501r`), a choice of the original or final request (`%<s`, `%>s`) and a parameter (`%{Referer}i`).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.apache_text import Directive, tokens_of
from logproc.formats.apache_time import with_java_time, with_times
from logproc.formats.assemble import Field, Part, assemble
from logproc.formats.program import Meaning, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

NICKNAMES = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}
"""The formats that httpd.conf and Debian's apache2.conf define."""


def _field(*names: str, meaning: Meaning = Meaning.TEXT, scale: float = 1.0, rank: int = 0) -> Field:
    return Field("", names, meaning, scale=scale, rank=rank)


def _integer(*names: str, rank: int = 0) -> Field:
    return _field(*names, meaning=Meaning.INTEGER, rank=rank)


def _seconds(scale: float, rank: int) -> Field:
    """Of several durations in one format the finest is `duration`."""
    return _field("duration", meaning=Meaning.DECIMAL, scale=scale, rank=rank)


DIRECTIVES: dict[str, Field] = {
    "h": _field("client", "remote_host"),
    "{c}h": _field("client", "peer_host", rank=1),
    "a": _field("client", "remote_addr"),
    "{c}a": _field("client", "peer_addr", rank=1),  # the peer of the connection: a proxy, if %a or %h is there too
    "A": _field("local_addr"),
    "l": _field("ident"),
    "u": _field("user"),
    "r": _field("request", meaning=Meaning.REQUEST, rank=-2),
    "m": _field("method", "request_method"),
    "U": _field("path", "request_path"),
    "q": _field("query", "request_query"),
    "Uq": _field("target", "request_target", meaning=Meaning.TARGET, rank=-1),
    "H": _field("protocol", "request_protocol"),
    "s": _integer("status", "original_status", rank=1),
    "<s": _integer("status", "original_status", rank=2),
    ">s": _integer("status"),
    "B": _integer("bytes"),
    "b": _integer("bytes"),
    "I": _integer("bytes_in"),
    "O": _integer("bytes", "bytes_sent", rank=1),  # with headers: the body's count, %b, is preferred
    "S": _integer("bytes_transferred"),
    "D": _seconds(1e-6, 0),
    "T": _seconds(1.0, 2),
    "{s}T": _seconds(1.0, 2),
    "{ms}T": _seconds(1e-3, 1),
    "{us}T": _seconds(1e-6, 0),
    "^FB": _field("first_byte_duration", meaning=Meaning.DECIMAL, scale=1e-6),
    "v": _field("vhost", "server_name"),
    "V": _field("vhost", "server_name"),
    "p": _integer("port"),
    "{canonical}p": _integer("port"),
    "{local}p": _integer("port", "local_port"),
    "{remote}p": _integer("remote_port"),
    "k": _integer("keepalive_requests"),
    "L": _field("log_id"),
    "{c}L": _field("connection_log_id"),
    "P": _integer("pid"),
    "{pid}P": _integer("pid"),
    "{tid}P": _integer("tid"),
    "{hextid}P": _field("tid"),
    "X": _field("connection_status"),
    "f": _field("filename"),
    "R": _field("handler"),
}
"""Directives by modifier, parameter and letter."""

HEADERS: dict[str, Field] = {
    "referer": _field("referrer"),
    "user_agent": _field("user_agent"),
    "host": _field("vhost", "host_header"),
    "x_forwarded_for": Field("", ("forwarded_for",), listed=True),
    "x_request_id": _field("request_id", "x_request_id"),
}
"""Request headers that have a contract name; the others keep their own, lower snake case."""

VARIABLES: dict[str, Field] = {
    "ssl_protocol": _field("tls_protocol"),
    "ssl_cipher": _field("tls_cipher"),
    "unique_id": _field("request_id", "unique_id"),
    "version": _field("tls_protocol"),  # %{version}c and %{cipher}c, as mod_ssl still has them
    "cipher": _field("tls_cipher"),
    "varnish_hitmiss": _field("cache"),
    "varnish_handling": _field("cache", "handling", rank=1),
    "varnish_time_firstbyte": _field("first_byte_duration", meaning=Meaning.DECIMAL),
}
"""Environment (`%{}e`), note (`%{}n`) and mod_ssl (`%{}x`) names that have a contract name."""

_NAMED = frozenset("ieonxCc") | {"^ti", "^to"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the strings of another server add to httpd's, or mean otherwise.

    `named` are letters whose parameter is a name; with `java_times`, times are written as patterns of Java.
    """

    directives: Mapping[str, Field] = dataclasses.field(default_factory=dict)
    named: frozenset[str] = frozenset()
    java_times: bool = False


HTTPD = Dialect()


def compile_apache(text: str, *, extra: bool = False, clf_head: bool = False, dialect: Dialect = HTTPD) -> Program:
    """Compile a `LogFormat` string or nickname; FormatError names the directive and its position."""
    tokens = _joined(tokens_of(NICKNAMES.get(text.strip(), text)))
    if dialect.java_times:
        tokens = [with_java_time(token) if isinstance(token, Directive) else token for token in tokens]
    parts: list[Part] = [
        _looked_up(token, dialect) if isinstance(token, Directive) else token for token in with_times(tokens)
    ]
    return assemble(parts, extra=extra, clf_head=clf_head)


def _joined(tokens: list[bytes | Directive]) -> list[bytes | Directive]:
    """Read `%U%q`, which have nothing between them, as the target they make up."""
    out: list[bytes | Directive] = []
    for token in tokens:
        last = out[-1] if out else None
        if isinstance(token, Directive) and isinstance(last, Directive) and (last.letter, token.letter) == ("U", "q"):
            out[-1] = replace(last, text=last.text + token.text, letter="Uq")
        else:
            out.append(token)
    return out


def _looked_up(directive: Directive, dialect: Dialect) -> Field:
    own = directive.letter in dialect.named and directive.parameter
    named = own or (directive.letter in _NAMED and _key(directive) not in dialect.directives)
    field = _named(directive) if named else _plain(directive, dialect)
    # What is logged for some statuses only leaves the contract name to the directive that is always there.
    rank = field.rank + (5 if directive.conditional else 0)
    return replace(field, origin=directive.text, rank=rank)


def _named(directive: Directive) -> Field:
    """Return the field of a header, cookie, variable or note, which the parameter names."""
    if not directive.parameter:
        raise FormatError(f"LogFormat: {directive} needs a name, as in %{{Name}}{directive.letter}")
    name = re.sub(r"\W+", "_", directive.parameter.lower()).strip("_") or "header"
    if directive.letter == "i":
        return HEADERS.get(name, Field("", (name,)))
    if directive.letter in "enxc":
        return VARIABLES.get(name, Field("", (name,)))
    return Field("", (name,))


def _key(directive: Directive) -> str:
    """Return the key of a directive in a table: its parameter and letter."""
    parameter = directive.parameter
    if directive.letter in "PT" and parameter is not None:
        parameter = parameter.lower()  # httpd compares these without case
    return (f"{{{parameter}}}" if parameter else "") + directive.letter


def _plain(directive: Directive, dialect: Dialect) -> Field:
    body = _key(directive)
    choice = next((mark for mark in "<>" if mark in directive.modifiers), "")
    table = {**DIRECTIVES, **dialect.directives}
    field = table.get(choice + body) or table.get(body)
    if field is None:
        known = sorted({key.strip("{}<>^")[-1] for key in table} | {"t", "i", "o", "e", "n", "C"} | dialect.named)
        raise FormatError(f"LogFormat: {directive} is no directive that can be read; known letters: {' '.join(known)}")
    return field
