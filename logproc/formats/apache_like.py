"""Format strings of servers that speak the language of Apache's LogFormat with words of their own.

https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Access_Log_Valve,
https://jetty.org/docs/jetty/12/operations-guide/modules/standard.html#requestlog (CustomRequestLog),
https://varnish-cache.org/docs/trunk/reference/varnishncsa.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logproc.formats.apache import Dialect, compile_apache
from logproc.formats.assemble import Field
from logproc.formats.program import Meaning

if TYPE_CHECKING:
    from logproc.formats.program import Program


def _text(*names: str) -> Field:
    return Field("", names)


def _integer(*names: str) -> Field:
    return Field("", names, Meaning.INTEGER)


def _decimal(name: str, scale: float = 1.0, rank: int = 0) -> Field:
    return Field("", (name,), Meaning.DECIMAL, scale=scale, rank=rank)


_CLIENTS = {"{remote}a": _text("client", "remote_addr"), "{peer}a": _text("client", "peer_addr")}

TOMCAT = Dialect(
    {
        **_CLIENTS,
        "D": _decimal("duration", 1e-3),
        "{us}D": _decimal("duration", 1e-6),
        "{ms}D": _decimal("duration", 1e-3),
        "F": _decimal("first_byte_duration", 1e-3),
        "I": _text("thread"),
        "S": _text("session"),
        "v": _text("vhost", "server_name"),
    },
    frozenset("rs"),
    java_times=True,
)
"""Tomcat's pattern up to Tomcat 9: %{x}r and %{x}s are attributes of the request and of the session."""

TOMCAT_10 = replace(TOMCAT, directives={**TOMCAT.directives, "D": _decimal("duration", 1e-6)})
"""The same from Tomcat 10 on, where %D is microseconds, as in httpd."""

JETTY = Dialect(
    {
        **_CLIENTS,
        "{client}a": _text("client", "remote_addr"),
        "{server}a": _text("local_addr"),
        "{local}a": _text("local_addr"),
        "{d}u": _text("user", "remote_user"),
        "C": _text("cookies"),
        "D": _decimal("duration", 1e-6),
        "{client}p": _integer("remote_port"),
        "{server}p": _integer("port"),
        **{f"{{CLF}}{letter}": field for letter, field in (("I", _integer("bytes_in")), ("O", _integer("bytes")))},
        "{CLF}S": _integer("bytes_transferred"),
    },
    java_times=True,
)
"""Jetty's CustomRequestLog; %{x}ti and %{x}to are trailers."""

VARNISH = Dialect({"T": _decimal("duration", rank=2)})
"""varnishncsa's -F: what %{…}x yields stands in `apache.VARIABLES`."""


def compile_tomcat(text: str) -> Program:
    """Compile the pattern of an AccessLogValve of Tomcat up to 9."""
    return compile_apache(text, dialect=TOMCAT)


def compile_tomcat_10(text: str) -> Program:
    """Compile the pattern of an AccessLogValve of Tomcat from 10 on."""
    return compile_apache(text, dialect=TOMCAT_10)


def compile_jetty(text: str) -> Program:
    """Compile the format of Jetty's CustomRequestLog."""
    return compile_apache(text.replace("}ti", "}^ti").replace("}to", "}^to"), dialect=JETTY)


def compile_varnish(text: str) -> Program:
    """Compile what varnishncsa is given with -F."""
    return compile_apache(text, dialect=VARNISH)
