"""Logs of what hosters and their panels, gateways and mail run: in layouts that no other program has.

https://support.bunny.net/hc/en-us/articles/115001917451-bunny-net-log-format, https://3proxy.org/doc/man3/3proxy.cfg.3,
https://matomo.org/guide/tracking-data/import-server-logs/, https://help.hcl-software.com/domino/
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.apache import compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import (
    ISO,
    MESSAGE,
    PADDED_MESSAGE,
    app,
    bracketed,
    level,
    literal,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Program, Slot
from logproc.formats.within import Part, Within

_BUNNY = Program(
    b"",
    (
        Slot("cache", Meaning.TEXT, b"|"),
        Slot("status", Meaning.INTEGER, b"|"),
        Slot("time", Meaning.EPOCH_MILLIS, b"|", solid=True),
        Slot("bytes", Meaning.INTEGER, b"|"),
        Slot("pull_zone", Meaning.TEXT, b"|"),
        Slot("client", Meaning.TEXT, b"|"),
        Slot("referrer", Meaning.TEXT, b"|"),
        Slot("target", Meaning.TARGET, b"|"),
        Slot("edge", Meaning.TEXT, b"|"),
        Slot("user_agent", Meaning.TEXT, b"|"),
        Slot("request_id", Meaning.TEXT, b"|"),
        Slot("country", Meaning.TEXT, b"\n"),
    ),
)

_OVH = rb"^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]+) (?:[\w-]+\.)+[A-Za-z]{2,} \S+ \["
_HOST_LINE = "a.example 192.0.2.1 - joe [02/Jan/2024:03:04:05 +0000]"

HOSTING = (
    Format(
        name="bunny",
        family="web",
        engine=SEPARATOR,
        program=_BUNNY,
        doc="bunny.net's CDN: cache|status|milliseconds|bytes|pull zone|client|referrer|URL|edge|agent|id|country",
        rank=6,
        needs=(b"|",),
        begins=Expression(rb"^[A-Z-]+\|\d{3}\|\d{13}\|\d+\|", re.MULTILINE),
        samples=(
            Sample(
                "HIT|200|1704164645678|1234|77|192.0.2.0|https://b.example/|https://cdn.a.example/x.js?v=1|DE|"
                "Mozilla/5.0 (X11)|0f1e2d|SE",
                {
                    "cache": "HIT",
                    "status": 200,
                    "time": "2024-01-02T03:04:05.678000Z",
                    "bytes": 1234,
                    "client": "192.0.2.0",
                    "referrer": "https://b.example/",
                    "path": "https://cdn.a.example/x.js",
                    "query": "v=1",
                    "edge": "DE",
                    "user_agent": "Mozilla/5.0 (X11)",
                    "request_id": "0f1e2d",
                    "country": "SE",
                },
            ),
            Sample("-|404|1704164645678|0|77|2001:db8::1|-|/x|UK|-|0f|-", {"cache": None, "referrer": None}),
        ),
        refused=("HIT|200|today|1234|77|192.0.2.0|-|/x|DE|M|0f|SE", "HIT|200|1704164645678|1234"),
    ),
    Format(
        name="gandi",
        family="web",
        engine=SEPARATOR,
        program=compile_apache(
            '%h %l %u %t (%T s) "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', extra=True, clf_head=True
        ),
        doc="Gandi's hosting: perhaps vhost, client ident user [time] (seconds s) and the rest of combined",
        rank=6,
        needs=(b"] (", b' s) "', b'" "'),
        samples=(
            Sample(
                f'{_HOST_LINE} (3 s) "GET / HTTP/1.1" 200 123 "-" "Mozilla"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "vhost": "a.example",
                    "user": "joe",
                    "duration": 3,
                    "status": 200,
                    "bytes": 123,
                    "user_agent": "Mozilla",
                },
            ),
        ),
        refused=(f'{_HOST_LINE} "GET / HTTP/1.1" 200 123 "-" "Mozilla"',),
    ),
    Format(
        name="ovh",
        family="web",
        engine=SEPARATOR,
        program=compile_apache('%h %v %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', extra=True),
        doc="OVH's hosting: client vhost user [time] and the rest of combined",
        rank=21,
        needs=(b'] "', b'" "'),
        begins=Expression(_OVH, re.MULTILINE),
        unlike=Expression(rb"(?!%b)" % _OVH),
        unlike_reason="no name of a host stands where the identity does",
        samples=(
            Sample(
                '192.0.2.1 a.example joe [02/Jan/2024:03:04:05 +0000] "GET / HTTP/1.1" 200 123 "-" "Mozilla"',
                {"client": "192.0.2.1", "vhost": "a.example", "user": "joe", "status": 200},
            ),
        ),
        refused=('192.0.2.1 [02/Jan/2024:03:04:05 +0000] "GET / HTTP/1.1" 200 123 "-" "Mozilla"',),
    ),
    app(
        "sogo_access",
        "SOGo's requests: client, user, time, request, status, bytes in and out, seconds, share of zipped, memory",
        (
            Slot("client", Meaning.TEXT, b" - ", solid=True),
            Slot("user", Meaning.TEXT, b" [", solid=True),
            stamp("%d/%b/%Y:%H:%M:%S %Z", b'] "'),
            Slot("request", Meaning.REQUEST, b'" ', quoted=True),
            Slot("status", Meaning.INTEGER, b" ", solid=True),
            Slot("bytes", Meaning.INTEGER, b"/", solid=True),
            Slot("bytes_in", Meaning.INTEGER, b" ", solid=True),
            Slot("duration", Meaning.DECIMAL, b" ", solid=True),
            MESSAGE,
        ),
        family="web",
        rank=6,
        single=True,
        needs=(b'] "', b'" '),
        begins=rb"\S+ - \S+ \[[^\]]+ [A-Z]+\] \"[^\"]*\" \d{3} \d+/\d+ [\d.]+ ",
        samples=(
            Sample(
                '192.0.2.1 - - [02/Jan/2024:03:04:05 GMT] "POST /SOGo/connect HTTP/1.1" 403 34/38 0.311 - - 2M',
                {
                    "client": "192.0.2.1",
                    "user": None,
                    "time": "2024-01-02T03:04:05Z",
                    "method": "POST",
                    "path": "/SOGo/connect",
                    "status": 403,
                    "bytes": 34,
                    "bytes_in": 38,
                    "duration": 0.311,
                    "message": "- - 2M",
                },
            ),
        ),
        refused=('192.0.2.1 - - [02/Jan/2024:03:04:05 GMT] "POST /a HTTP/1.1" 403 34 0.311 - - 2M',),
    ),
    app(
        "3proxy",
        "3proxy as its example configuration has it: time port error user client destination bytes bytes hops request",
        (
            stamp("%y%m%d%H%M%S%.", b" "),
            number("port"),
            number("error_code"),
            word("user"),
            Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port", solid=True),
            Slot("upstream_addr", Meaning.TEXT, b" ", solid=True),
            number("bytes_sent"),
            number("bytes_received"),
            number("hops"),
            Slot("request", Meaning.REQUEST, b"\n"),
        ),
        family="web",
        rank=6,
        single=True,
        begins=rb"\d{12}\.\d{3} \d+ \d{5} \S+ \S+:\d+ \S+:\d+ \d+ \d+ \d+ ",
        samples=(
            Sample(
                "240102030405.678 3128 00005 joe 192.0.2.1:62700 198.51.100.7:80 12 34 0 GET http://a.test/x HTTP/1.0",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "port": 3128,
                    "error_code": 5,
                    "user": "joe",
                    "client": "192.0.2.1",
                    "remote_port": 62700,
                    "upstream_addr": "198.51.100.7:80",
                    "bytes_sent": 12,
                    "bytes_received": 34,
                    "method": "GET",
                    "target": "http://a.test/x",
                },
            ),
            Sample(
                "240102030405.678 9051 00004 - 192.0.2.1:5 198.51.100.7:443 0 0 0 CONNECT 198.51.100.7:443",
                {"user": None, "method": None, "target": "CONNECT 198.51.100.7:443"},
            ),
        ),
        refused=("240102030405.678 3128 joe", "241302030405.678 3128 00005 - 192.0.2.1:5 198.51.100.7:80 0 0 0 x"),
    ),
    app(
        "apache_error_vhost",
        "error log of Apache httpd with the virtual host in front",
        (
            word("vhost", b" ["),
            stamp("%a %b %d %H:%M:%S%. %Y", b"] ["),
            maybe(word("logger", b":")),
            maybe(literal(b":")),
            level(b"] ", padded=False),
            maybe(number("pid", b"", b"[pid ")),
            maybe(word("thread", b"] ", b":tid ")),
            maybe(literal(b"] ")),
            maybe(Slot("client", Meaning.ENDPOINT, b"] ", opening=b"[client ", port_name="remote_port")),
            MESSAGE,
        ),
        rank=-1,
        head=5,
        needs=(b" [", b"] ["),
        begins=rb"[\w.-]+ \[[A-Z][a-z][a-z] [A-Z][a-z][a-z] \d\d [\d:.]+ \d{4}\] \[[\w:]+\] ",
        samples=(
            Sample(
                "a.example [Tue Jan 02 03:04:05 2024] [notice] [pid 16] [client 192.0.2.1:17] Password refused",
                {
                    "vhost": "a.example",
                    "time": "2024-01-02T03:04:05Z",
                    "level": "INFO",
                    "pid": 16,
                    "client": "192.0.2.1",
                    "remote_port": 17,
                    "message": "Password refused",
                },
            ),
        ),
        refused=("[Tue Jan 02 03:04:05 2024] [notice] x", "a.example [Tue Jan 42 03:04:05 2024] [notice] x"),
    ),
    app(
        "centreon",
        "Centreon's log of logins: time|user|flag|flag|message",
        (
            stamp("%Y-%m-%d %H:%M:%S", b"|"),
            word("user_id", b"|"),
            word(None, b"|"),
            word(None, b"|"),
            MESSAGE,
        ),
        rank=-2,
        single=True,
        needs=(b"|",),
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8}\|-?\d+\|\d\|\d\|",
        within=Within("message", (Part("client", b"[WEB] [", b"]", in_front=True),)),
        samples=(
            Sample(
                "2024-01-02 03:04:05|-1|0|0|[WEB] [192.0.2.1] Authentication failed for 'admin' : password mismatch",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "user_id": "-1",
                    "client": "192.0.2.1",
                    "message": "[WEB] [192.0.2.1] Authentication failed for 'admin' : password mismatch",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05|-1|0|x", "2024-01-02|1|0|0|x"),
    ),
    app(
        "domino",
        "HCL Domino's console: [process:thread] time  message",
        (
            bracketed("thread", b"] ", b""),
            Slot(
                "time",
                Meaning.STAMP,
                b" ",
                padded=True,
                layout="%m/%d/%Y %I:%M:%S %p%|%d-%m-%Y %T%|%Y-%m-%d %T%|%d.%m.%Y %T%|%d/%m/%Y %T",
            ),
            PADDED_MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        head=2,
        begins=rb"\[[0-9A-Fa-f]{3,}:[0-9A-Fa-f]{3,}-[0-9A-Fa-f]+\] +\d",
        samples=(
            Sample(
                "[0A24:0004-0B5C] 01/02/2024 03:04:05 PM  Router: Mailbox file mail.box opened",
                {
                    "thread": "0A24:0004-0B5C",
                    "time": "2024-01-02T15:04:05Z",
                    "message": "Router: Mailbox file mail.box opened",
                },
            ),
            Sample(
                "[28325:00010-3735542592] 02-01-2024 03:04:05   smtp: joe [192.0.2.1] no",
                {"time": "2024-01-02T03:04:05Z"},
            ),
        ),
        refused=("[0A24:0004-0B5C] Router: x", "01/02/2024 03:04:05 PM  Router: x"),
    ),
    app(
        "zend",
        "Zend_Log: time LEVEL (number): message",
        (stamp(ISO, b" "), level(b" (", padded=False), number(None, b"): "), MESSAGE),
        rank=-3,
        head=3,
        needs=(b" (", b"): "),
        begins=rb"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d [A-Z]+ \(\d\): ",
        samples=(
            Sample(
                "2024-01-02T03:04:05+01:00 ERR (3): no such table",
                {"time": "2024-01-02T02:04:05Z", "level": "ERROR", "message": "no such table"},
            ),
        ),
        refused=("2024-01-02T03:04:05+01:00 ERR: x", "2024-01-02T03:04:05+01:00 SOON (3): x"),
    ),
    app(
        "tine20",
        "Tine 2.0: request session -- user -- time LEVEL (number): message",
        (
            word("request_id"),
            word("session", b" -- "),
            Slot("user", Meaning.TEXT, b" -- "),
            maybe(literal(b"- ")),
            stamp(ISO, b" "),
            level(b" (", padded=False),
            number(None, b"): "),
            MESSAGE,
        ),
        rank=-3,
        head=6,
        needs=(b" -- ", b" (", b"): "),
        begins=rb"[0-9a-f]{5} [0-9a-f]{5} -- \S+ -- ",
        samples=(
            Sample(
                "78017 00cff -- joe -- - 2024-01-02T03:04:05+00:00 WARN (4): Tinebase_Controller::login::106 failed",
                {
                    "request_id": "78017",
                    "session": "00cff",
                    "user": "joe",
                    "time": "2024-01-02T03:04:05Z",
                    "level": "WARN",
                    "message": "Tinebase_Controller::login::106 failed",
                },
            ),
        ),
        refused=("78017 00cff -- joe -- WARN (4): x", "2024-01-02T03:04:05+00:00 WARN (4): x"),
    ),
    app(
        "monitorix",
        "Monitorix's own web server: time - result - [client] message",
        (stamp("%a %b %d %H:%M:%S %Y", b" - "), word("result", b" - ["), word("client", b"] "), MESSAGE),
        rank=-3,
        single=True,
        needs=(b" - ", b" - [", b"] "),
        begins=rb"[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ \d]\d [\d:]{8} \d{4} - [A-Z]+ - \[",
        samples=(
            Sample(
                "Tue Jan  2 03:04:05 2024 - AUTHERR - [192.0.2.1] Authentication error: /monitorix/",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "result": "AUTHERR",
                    "client": "192.0.2.1",
                    "message": "Authentication error: /monitorix/",
                },
            ),
        ),
        refused=("Tue Jan  2 03:04:05 2024 - AUTHERR", "Tue Jan  2 03:04:05 2024 [192.0.2.1] x"),
    ),
)
"""Rows of the family."""
