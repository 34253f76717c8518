"""Logs that a web server or proxy sends to syslog: what syslog puts in front, then the line as files have it.

https://nginx.org/en/docs/syslog.html, https://httpd.apache.org/docs/2.4/logs.html#piped
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.apache import compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.haproxy import HAPROXY_HTTP
from logproc.formats.heads import ISO, app
from logproc.formats.program import Meaning, Program, Slot
from logproc.formats.proxies import SQUID
from logproc.formats.servers import NGINX_CLIENT, NGINX_ERROR
from logproc.formats.syslog import RFC5424

_COMMON = '%h %l %u %t "%r" %>s %b'
_COMBINED = f'{_COMMON} "%{{Referer}}i" "%{{User-Agent}}i"'
_HEAD = (Slot(None, Meaning.SYSLOG, b""),)
_WHEN = Slot(None, Meaning.STAMP, b" ", layout=ISO)
"""When a line was passed on; a slot of ISO_TIME would give the row its time."""

_NEW_HEAD = tuple(_WHEN if slot.name == "time" else replace(slot, may_end=False) for slot in RFC5424.slots[:-1])
_TIME = rb"[^\[\n]*\[\d\d/[A-Z][a-z][a-z]/\d{4}:"
_DATE = rb"(?:[A-Z][a-z][a-z] [ \d]\d [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+)"
_OLD = rb"^(?:<\d{1,3}>)?" + _DATE + rb" (?:\S+ )?[\w./-]+(?:\[\d+\])?: "
_NEW = rb"^<\d{1,3}>1 \d{4}-\d\d-\d\dT\S+ \S+ \S+ \S+ \S+ (?:-|\[[^\n]*?\]) "


def _behind(head: tuple[Slot, ...], directives: str) -> Program:
    """Return a format string of Apache behind a head of syslog; `time` is when the request came."""
    program = compile_apache(directives, extra=True)
    first, *others = program.slots
    return replace(program, slots=(*head, replace(first, solid=True), *others), clf_head=False)


_FIELDS = {
    "time": "2024-01-02T02:04:05Z",
    "host": "web1",
    "program": "nginx",
    "client": "192.0.2.7",
    "method": "GET",
    "path": "/a",
    "status": 200,
    "bytes": 5,
}

RELAYED = (
    Format(
        name="combined_syslog",
        family="web",
        engine=SEPARATOR,
        program=_behind(_HEAD, _COMBINED),
        doc="combined log format behind the head of syslog; the time is that of the request",
        rank=23,
        begins=Expression(_OLD + _TIME, re.MULTILINE),
        needs=(b": ", b'] "', b'" "'),
        samples=(
            Sample(
                '<190>Jan  2 03:04:06 web1 nginx: 192.0.2.7 - joe [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 '
                '"-" "curl/8"',
                {**_FIELDS, "severity": "info", "user": "joe", "user_agent": "curl/8"},
            ),
            Sample(
                '2024-01-02T03:04:06Z web1 httpd[12]: 192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 '
                '5 "-" "curl/8" 7',
                {**_FIELDS, "program": "httpd", "pid": 12, "user": None},
            ),
        ),
        refused=(
            '192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" "curl/8"',
            "Jan  2 03:04:06 web1 nginx: started",
        ),
    ),
    Format(
        name="common_syslog",
        family="web",
        engine=SEPARATOR,
        program=_behind(_HEAD, _COMMON),
        doc="common log format behind the head of syslog; the time is that of the request",
        rank=12,
        begins=Expression(_OLD + _TIME, re.MULTILINE),
        needs=(b": ", b'] "'),
        samples=(
            Sample(
                'Jan  2 03:04:06 web1 nginx: 192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5',
                _FIELDS,
            ),
        ),
        refused=('192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5', "Jan  2 03:04:06 web1 nginx: x"),
    ),
    Format(
        name="combined_rfc5424",
        family="web",
        engine=SEPARATOR,
        program=_behind(_NEW_HEAD, _COMBINED),
        doc="combined log format behind the head of RFC 5424; the time is that of the request",
        rank=23,
        begins=Expression(_NEW + _TIME, re.MULTILINE),
        needs=(b"<", b'] "', b'" "'),
        samples=(
            Sample(
                "<190>1 2024-01-02T03:04:06Z web1 nginx - - - 192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "
                '"GET /a HTTP/1.1" 200 5 "-" "curl/8"',
                {**_FIELDS, "severity": "info", "user_agent": "curl/8"},
            ),
        ),
        refused=(
            '192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" "curl/8"',
            "<190>1 2024-01-02T03:04:06Z web1 nginx - - - started",
            "<190>1 2024-01-02T03:04:06Z web1 nginx",
            "<190>1 2024-01-02T03:04:06Z web1 nginx - - -",
            "<190>1 2024-01-02T03:04:06Z web1 nginx - - - ",
        ),
    ),
    Format(
        name="combined_timestamped",
        family="web",
        engine=SEPARATOR,
        program=_behind((_WHEN,), _COMBINED),
        doc="combined log format behind a time of ISO 8601, as docker logs -t and kubectl logs --timestamps put it",
        rank=23,
        begins=Expression(rb"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) \S+ \S+ " + _TIME, re.MULTILINE),
        needs=(b'] "', b'" "'),
        samples=(
            Sample(
                '2024-01-02T02:04:05.678901234Z 192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" '
                '"curl/8"',
                {
                    "time": "2024-01-02T02:04:05Z",
                    "client": "192.0.2.7",
                    "path": "/a",
                    "status": 200,
                    "user_agent": "curl/8",
                },
            ),
        ),
        refused=('192.0.2.7 - - [02/Jan/2024:03:04:05 +0100] "GET /a HTTP/1.1" 200 5 "-" "curl/8"', "x"),
    ),
    app(
        "nginx_error_syslog",
        "nginx's error log behind the head of syslog; the time is nginx's",
        (*_HEAD, *NGINX_ERROR),
        rank=3,
        single=True,
        family="syslog",
        needs=(b": ", b" [", b"] ", b"#"),
        begins=_OLD[1:] + rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#",
        within=NGINX_CLIENT,
        samples=(
            Sample(
                '<187>Jan  2 03:04:06 web1 nginx: 2024/01/02 03:04:05 [error] 12#34: *45 open() "/x" failed (2: No '
                'such file or directory), client: 192.0.2.7, server: a.example, request: "GET /a?b=1 HTTP/1.1"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "host": "web1",
                    "program": "nginx",
                    "severity": "err",
                    "level": "ERROR",
                    "pid": 12,
                    "client": "192.0.2.7",
                    "vhost": "a.example",
                    "path": "/a",
                },
            ),
        ),
        refused=("Jan  2 03:04:06 web1 nginx: started", "2024/01/02 03:04:05 [error] 12#34: *45 open() failed"),
    ),
    Format(
        name="squid_syslog",
        family="web",
        engine=SEPARATOR,
        program=replace(SQUID, slots=(*_HEAD, *SQUID.slots)),
        doc="Squid's native log behind the head of syslog; the time is Squid's",
        rank=4,
        begins=Expression(
            rb"^(?:<\d{1,3}>)?" + _DATE + rb" (?:\S+ )?[\w()./-]+(?:\[\d+\])?:  *\d{9,10}\.\d+ +\d+ \S+ [A-Z_]+/",
            re.MULTILINE,
        ),
        needs=(b": ", b"/"),
        samples=(
            Sample(
                "Jan  2 03:04:06 proxy1 (squid-1)[12]: 1704164645.123    250 192.0.2.7 TCP_MISS/200 5 GET "
                "http://a.example/a - HIER_DIRECT/192.0.2.9 text/html",
                {
                    "time": "2024-01-02T03:04:05.123000Z",
                    "host": "proxy1",
                    "pid": 12,
                    "duration": 0.25,
                    "client": "192.0.2.7",
                    "cache": "TCP_MISS",
                    "status": 200,
                    "bytes": 5,
                    "target": "http://a.example/a",
                },
            ),
        ),
        refused=(
            "Jan  2 03:04:06 proxy1 squid[12]: Starting",
            "1704164645.123 250 192.0.2.7 TCP_MISS/200 5 GET / - -/- -",
        ),
    ),
    Format(
        name="haproxy_rfc5424",
        family="web",
        engine=SEPARATOR,
        program=replace(HAPROXY_HTTP, slots=(*_NEW_HEAD, *HAPROXY_HTTP.slots[1:])),
        doc="HAProxy's HTTP log behind the head of RFC 5424; the time is that of the request",
        rank=23,
        begins=Expression(_NEW + rb"\S+:\d+ \[", re.MULTILINE),
        needs=(b"<", b" [", b"] ", b"/", b' "'),
        samples=(
            Sample(
                "<134>1 2024-01-02T03:04:06.123Z lb1 haproxy 32 - - 192.0.2.7:38862 [02/Jan/2024:03:04:05.726] "
                'www~ docs/api1 0/0/1/1700/1702 304 168 - - ---- 6/6/0/0/0 0/0 "GET /a?b HTTP/1.1"',
                {
                    "time": "2024-01-02T03:04:05.726000Z",
                    "host": "lb1",
                    "program": "haproxy",
                    "pid": 32,
                    "severity": "info",
                    "client": "192.0.2.7",
                    "backend": "docs",
                    "duration": 1.702,
                    "status": 304,
                    "bytes": 168,
                    "path": "/a",
                },
            ),
        ),
        refused=(
            "<134>1 2024-01-02T03:04:06.123Z lb1 haproxy 32 - - Proxy www started.",
            '192.0.2.7:38862 [02/Jan/2024:03:04:05.726] w a/b 0/0/1/7/8 304 1 - - ---- 6/6/0/0/0 0/0 "GET / HTTP/1.1"',
        ),
    ),
)
"""Rows of the family."""
