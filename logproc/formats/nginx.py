"""nginx `log_format` strings, as given on the command line or copied from nginx.conf.

Variables: https://nginx.org/en/docs/varindex.html. Any name may be defined by a configuration (`map`, `set`), so an
unknown variable is a text field of its own name. nginx writes `-` for an empty variable and escapes quotes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.errors import FormatError
from logproc.formats.assemble import CLF_TIME_LENGTH, Field, Part, assemble, literal
from logproc.formats.program import Meaning, Program

PREDEFINED = {
    "combined": (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent"'
    ),
}
"""Formats that nginx knows without a configuration."""


def _field(name: str, meaning: Meaning = Meaning.TEXT, **options: object) -> Field:
    return Field("", (name,), meaning, **options)  # type: ignore[arg-type]


def _list(name: str, meaning: Meaning = Meaning.DECIMAL_LIST) -> Field:
    return Field("", (name,), meaning, listed=True)


_INTEGER = Meaning.INTEGER

VARIABLES: dict[str, Field] = {
    "remote_addr": _field("client"),
    "remote_user": _field("user"),
    "time_local": _field("time", Meaning.CLF_TIME, length=CLF_TIME_LENGTH, holds=b" /:+-"),
    "time_iso8601": _field("time", Meaning.ISO_TIME, length=25, holds=b"T-:+"),
    "msec": _field("time", Meaning.EPOCH_SECONDS, holds=b"."),
    "request": _field("request", Meaning.REQUEST, rank=-2),
    "request_uri": _field("target", Meaning.TARGET, rank=-1),
    "uri": _field("path"),
    "document_uri": _field("path"),
    "args": _field("query"),
    "query_string": _field("query"),
    "request_method": _field("method"),
    "server_protocol": _field("protocol"),
    "status": _field("status", _INTEGER),
    "body_bytes_sent": _field("bytes", _INTEGER),
    "bytes_sent": _field("bytes_sent", _INTEGER),
    "request_length": _field("bytes_in", _INTEGER),
    "http_referer": _field("referrer"),
    "http_user_agent": _field("user_agent"),
    "host": _field("vhost"),
    "http_host": _field("vhost"),
    "server_name": _field("vhost"),
    "server_port": _field("port", _INTEGER),
    "remote_port": _field("remote_port", _INTEGER),
    "request_time": _field("duration", Meaning.DECIMAL),
    # Several upstreams make a list, "0.010, 0.020 : 0.001"; the field is what the request waited in all.
    "upstream_response_time": _list("upstream_duration"),
    "upstream_connect_time": _list("upstream_connect_time"),
    "upstream_header_time": _list("upstream_header_time"),
    "upstream_queue_time": _list("upstream_queue_time"),
    "upstream_response_length": _list("upstream_response_length"),
    "upstream_bytes_received": _list("upstream_bytes_received"),
    "upstream_bytes_sent": _list("upstream_bytes_sent"),
    "upstream_addr": _list("upstream_addr", Meaning.TEXT),
    "upstream_status": _list("upstream_status", Meaning.TEXT),
    "upstream_cache_status": _field("cache"),
    "sent_http_content_type": _field("content_type"),
    "ssl_protocol": _field("tls_protocol"),
    "ssl_cipher": _field("tls_cipher"),
    "request_id": _field("request_id"),
    "req_id": _field("request_id"),  # what the Kubernetes ingress controller calls it
    "http_x_forwarded_for": _list("forwarded_for", Meaning.TEXT),
    "proxy_add_x_forwarded_for": _list("forwarded_for", Meaning.TEXT),
    "pid": _field("pid", _INTEGER),
    "connection": _field("connection", _INTEGER),
    "connection_requests": _field("connection_requests", _INTEGER),
    "connection_time": _field("connection_time", Meaning.DECIMAL),
    "gzip_ratio": _field("gzip_ratio", Meaning.DECIMAL),
    "bytes_received": _field("bytes_received", _INTEGER),
    "session_time": _field("session_time", Meaning.DECIMAL),
}
"""Variables that have a contract name or are no plain text. Headers stay text: a client may send anything in them."""

_STATEMENT = re.compile(r"\s*log_format\s+(?:\"[^\"]*\"|'[^']*'|\S+)\s+")
_ESCAPE = re.compile(r"\s*escape=(?:default|json|none)\s+")
_PIECE = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")", re.DOTALL)
_ESCAPED = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


def compile_nginx(text: str, *, extra: bool = False, clf_head: bool = False) -> Program:
    """Compile a `log_format` string; FormatError says which variables cannot be told apart."""
    source = PREDEFINED.get(text.strip(), "") or unquoted(text)
    return assemble(_parts(source), extra=extra, clf_head=clf_head)


def unquoted(text: str) -> str:
    """Undo nginx.conf's quoting: `log_format name escape=json 'piece' 'piece';` becomes the format itself."""
    statement = _STATEMENT.match(text)
    rest = text[statement.end() :] if statement else text
    escape = _ESCAPE.match(rest)
    rest = rest[escape.end() :] if escape else rest
    # A format may begin with a double quote of its own, '"$request" ...'; only a statement makes it nginx.conf's.
    if not rest.lstrip().startswith(("'", '"') if statement or escape else "'"):
        return rest.rstrip().removesuffix(";") if statement else rest
    pieces: list[str] = []
    position = 0
    while piece := _PIECE.match(rest, position):
        pieces.append(piece[1] if piece[1] is not None else piece[2])
        position = piece.end()
    if rest[position:].strip() not in {"", ";"}:
        raise FormatError(f"log_format: expected a quoted piece at {rest[position : position + 20].strip()!r}")
    return _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), "".join(pieces))


def _parts(source: str) -> list[Part]:
    parts: list[Part] = []
    position = 0
    for match in _VARIABLE.finditer(source):
        parts += [_text(source, position, match.start()), variable((match[1] or match[2]).lower())]
        position = match.end()
    parts.append(_text(source, position, len(source)))
    return parts


def _text(source: str, start: int, end: int) -> bytes:
    text = source[start:end]
    if "$" in text:
        place = start + text.index("$")
        raise FormatError(f"log_format: '$' at position {place + 1} is not followed by a variable name")
    return literal(text)


def variable(name: str) -> Field:
    """Return the field that a variable is."""
    known = VARIABLES.get(name)
    if known is None:
        return Field(f"${name}", (name,))
    return replace(known, origin=f"${name}", names=tuple(dict.fromkeys((*known.names, name))))
