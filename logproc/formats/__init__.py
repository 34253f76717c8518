"""What a line means: every format that logproc knows, as one visible table, and the way from a name to a format.

A format cannot be added without its samples: tests read each sample with its format, and see each refused line
refused. Of the rows that match a file equally well, detection takes the one with the highest rank.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.errors import FormatError
from logproc.formats.apache import NICKNAMES, compile_apache
from logproc.formats.format import JSONL, SEPARATOR, Format, Sample
from logproc.formats.nginx import compile_nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logproc.formats.program import Program

__all__ = ["FORMATS", "STRINGS", "Format", "Sample", "candidates", "resolve"]

# "1.2.3.4:5678 - user [": somebody's %h:%{remote}p. Read as common or combined, every connection is another client.
_CLIENT_PORT = re.compile(rb"(?:\S+ ){0,3}?(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+ - [^\[\"]*\[")
_VHOST_LIST = re.compile(rb"\S+ (?:\S+,|[^\[\"]{0,200}?(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+) ")
_PORT_REASON = "the client is written with its port, as in --format 'apache:%v:%p %h:%{remote}p %l %u %t …'"

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format(
            name="common",
            family="web",
            engine=SEPARATOR,
            program=compile_apache(NICKNAMES["common"], extra=True, clf_head=True),
            doc="common log format of Apache and others; more fields may follow",
            rank=10,
            needs=(b'] "', b'" '),
            unlike=_CLIENT_PORT,
            unlike_reason=_PORT_REASON,
            samples=(
                Sample(
                    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif?a=1 HTTP/1.0" 200 2326',
                    {
                        "client": "127.0.0.1",
                        "ident": None,
                        "user": "frank",
                        "time": "2000-10-10T20:55:36Z",
                        "method": "GET",
                        "target": "/apache_pb.gif?a=1",
                        "path": "/apache_pb.gif",
                        "query": "a=1",
                        "protocol": "HTTP/1.0",
                        "status": 200,
                        "bytes": 2326,
                        "vhost": None,
                    },
                ),
                Sample(
                    '::1 - - [26/Dec/2016:16:16:48 +0200] "-" 408 -',
                    {"client": "::1", "time": "2016-12-26T14:16:48Z", "target": None, "status": 408, "bytes": None},
                ),
                Sample(
                    '10.0.0.9 - Jane Doe [26/Dec/2016:16:16:48 +0000] "GET / HTTP/1.1" 200 5',
                    {"client": "10.0.0.9", "user": "Jane Doe", "status": 200},
                ),
            ),
            refused=(
                '127.0.0.1 - - [10/Oct/2000:13:55:36] "GET / HTTP/1.0" 200 2326',
                '127.0.0.1 - - [31/Feb/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 2326',
                '127.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" OK 2326',
                '127.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET / HT',
                '{"time":"2000-10-10T13:55:36Z","status":200}',
            ),
        ),
        Format(
            name="combined",
            family="web",
            engine=SEPARATOR,
            program=compile_apache(NICKNAMES["combined"], extra=True, clf_head=True),
            doc="combined log format of Apache and nginx: common, referrer, user agent; more fields may follow",
            rank=20,
            needs=(b'] "', b'" "', b' "'),
            unlike=_CLIENT_PORT,
            unlike_reason=_PORT_REASON,
            samples=(
                Sample(
                    '77.179.66.156 - - [25/Oct/2016:14:49:33 +0200] "GET /a?b=c HTTP/1.1" 200 612 "-" "curl (X11)"',
                    {
                        "client": "77.179.66.156",
                        "time": "2016-10-25T12:49:33Z",
                        "path": "/a",
                        "query": "b=c",
                        "status": 200,
                        "bytes": 612,
                        "referrer": None,
                        "user_agent": "curl (X11)",
                    },
                ),
                Sample(
                    '192.0.2.1 - - [25/Oct/2016:14:49:33 +0000] "\\x16\\x03" 400 157 "-" "a \\"b\\" c" "-" 7',
                    {"target": "\\x16\\x03", "method": None, "user_agent": 'a \\"b\\" c'},
                ),
                Sample(
                    'a.test:81 10.0.0.2, 192.0.2.1 - bob [25/Oct/2016:14:49:33 +0000] "GET / HTTP/1.1" 200 1 "" "x"',
                    {"vhost": "a.test", "port": 81, "client": "192.0.2.1", "user": "bob", "referrer": ""},
                ),
            ),
            refused=(
                '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326',
                '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326 "http://a/" "Mozilla',
                '127.0.0.1 - - [16/Mar/2017:15:39:18 +0000] "GET / HTTP/1.1" 200 233 "ref" "erer" "user"agent"',
            ),
        ),
        Format(
            name="vhost_combined",
            family="web",
            engine=SEPARATOR,
            program=compile_apache(NICKNAMES["vhost_combined"], extra=True),
            doc="Debian's vhost_combined: host:port, then combined",
            rank=30,
            needs=(b":", b'] "', b'" "'),
            unlike=_VHOST_LIST,
            unlike_reason=_PORT_REASON,
            samples=(
                Sample(
                    'www.test:80 203.62.1.80 - - [06/May/2019:06:28:20 +0000] "GET / HTTP/1.1" 301 577 "-" "M"',
                    {"vhost": "www.test", "port": 80, "client": "203.62.1.80", "status": 301, "bytes": 577},
                ),
                Sample(
                    'a:443 fe80::a00:27ff:abcd%enp0s8 - - [07/Sep/2023:15:58:36 +0200] "GET / HTTP/2.0" 302 3 "" ""',
                    {"vhost": "a", "port": 443, "client": "fe80::a00:27ff:abcd%enp0s8", "protocol": "HTTP/2.0"},
                ),
            ),
            refused=(
                '127.0.0.1 - - [25/Oct/2016:14:49:33 +0200] "GET / HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11)"',
                '::1 - - [25/Oct/2016:14:49:33 +0200] "GET / HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11)"',
            ),
        ),
        Format(
            name="jsonl",
            family="json",
            engine=JSONL,
            program=None,
            doc="one JSON object a line; nested keys join with a dot, usual names of time, level, message are known",
            rank=40,
            needs=(b"{", b'"', b"}"),
            samples=(
                Sample(
                    '{"ts":"2024-01-02T03:04:05Z","lvl":"warn","msg":"slow","http":{"status":200}}',
                    {"time": "2024-01-02T03:04:05Z", "level": "warn", "message": "slow", "http.status": 200},
                ),
                Sample('{"@timestamp":"2024-01-02T03:04:05Z","message":"a"}', {"message": "a"}),
            ),
            refused=('{"cut": "of', "[1, 2]", "level=info msg=x", '"text"'),
        ),
    )
}
"""Every format by name."""

STRINGS: dict[str, Callable[[str], Program]] = {"nginx": compile_nginx, "apache": compile_apache}
"""Languages of format strings: `--format nginx:LOG_FORMAT`, `--format apache:LOGFORMAT`."""


@lru_cache(maxsize=256)
def resolve(name: str) -> Format:
    """Return the format that `--format` names or spells out; FormatError says what is wrong and what there is."""
    known = FORMATS.get(name)
    if known is not None:
        return known
    language, colon, text = name.partition(":")
    compiler = STRINGS.get(language) if colon else None
    if compiler is not None:
        return Format(name, "web", SEPARATOR, compiler(text), f"a format string of {language}")
    raise FormatError(_unknown(name))


def _unknown(name: str) -> str:
    choices = [*FORMATS, *(f"{language}:…" for language in STRINGS)]
    near = difflib.get_close_matches(name.lower(), list(FORMATS), n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"unknown format {name!r}{hint}; there are {', '.join(choices)} and auto"


def candidates(names: Iterable[str]) -> list[Format]:
    """Return the formats that detection tries: those of the table, and the named ones that are not in it."""
    return [*FORMATS.values(), *(resolve(name) for name in names if name not in FORMATS)]
