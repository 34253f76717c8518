"""Requests as gateways and stores that speak HTTP log them: CouchDB, Zoraxy, NPMplus, BunkerWeb.

https://docs.couchdb.org/en/stable/config/logging.html, https://github.com/tobychui/zoraxy,
https://github.com/ZoeyVid/NPMplus, https://docs.bunkerweb.io/latest/settings/
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO, app, bracketed, level, literal, number, stamp, word
from logproc.formats.nginx import compile_nginx
from logproc.formats.program import Meaning, Slot

_PLUS = (
    '[$time_local] $http_host $remote_addr $request_time "$request" $status $body_bytes_sent $bytes_sent '
    "$http_referer $http_user_agent"
)
_BUNKER = (
    '$http_host $remote_addr - $request_id $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)

GATEWAYS = (
    app(
        "couchdb_access",
        "requests of CouchDB: [level] time node process request host client user METHOD target status result, ms",
        (
            level(b"] ", padded=False),
            stamp(ISO, b" "),
            word("node", b" <"),
            word("process", b"> "),
            word("request_id"),
            word("vhost"),
            word("client"),
            word("user"),
            word("method"),
            Slot("target", Meaning.TARGET, b" "),
            number("status"),
            word("result"),
            Slot("duration", Meaning.DURATION, b"\n", scale=1e-3),
        ),
        prefix=b"[",
        family="web",
        rank=6,
        single=True,
        begins=rb"\[[a-z]+\] \d{4}-\d\d-\d\dT\S+ \S+ <[\d.]+> ",
        samples=(
            Sample(
                "[notice] 2024-01-02T03:04:05.678901Z couchdb@127.0.0.1 <0.9.0> 92d171ea09 db.example:5984 192.0.2.1 "
                "admin GET /orders/_all_docs?limit=2 200 ok 15",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "level": "INFO",
                    "node": "couchdb@127.0.0.1",
                    "vhost": "db.example:5984",
                    "client": "192.0.2.1",
                    "user": "admin",
                    "method": "GET",
                    "target": "/orders/_all_docs?limit=2",
                    "path": "/orders/_all_docs",
                    "status": 200,
                    "result": "ok",
                    "duration": 0.015,
                },
            ),
        ),
        refused=("[notice] 2024-01-02T03:04:05.678901Z couchdb@127.0.0.1 <0.9.0> -------- started",),
    ),
    app(
        "zoraxy",
        "requests of Zoraxy: time [time] [router] [origin] [client] [useragent] METHOD target status",
        (
            Slot(None, Meaning.STAMP, b" [", layout="%Y/%m/%d %H:%M:%S"),
            stamp("%Y-%m-%d %H:%M:%S%.", b"] "),
            bracketed("router", b"] ", b"[router:"),
            bracketed("vhost", b"] ", b"[origin:"),
            literal(b"[client:"),
            Slot("client", Meaning.BRACKETED, b"] ", opening=b" "),
            literal(b"[userage"),
            Slot("user_agent", Meaning.TEXT, b"] ", opening=b"nt: "),
            word("method"),
            Slot("target", Meaning.TARGET, b" "),
            number("status", b"\n"),
        ),
        family="web",
        rank=6,
        single=True,
        needs=(b"] [router:", b"] [origin:"),
        samples=(
            Sample(
                "2024/01/02 03:04:05 [2024-01-02 03:04:05.678901] [router:host-http] [origin:a.example] [client: "
                "192.0.2.1] [useragent: Mozilla/5.0 (X11)] POST /xmlrpc.php?a=1 404",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "router": "host-http",
                    "vhost": "a.example",
                    "client": "192.0.2.1",
                    "user_agent": "Mozilla/5.0 (X11)",
                    "method": "POST",
                    "target": "/xmlrpc.php?a=1",
                    "path": "/xmlrpc.php",
                    "status": 404,
                },
            ),
        ),
        refused=("2024/01/02 03:04:05 [2024-01-02 03:04:05.678901] [proxy] [system:info] started",),
    ),
    Format(
        name="npmplus",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_PLUS),
        doc="NPMplus: [time] host client duration, request, status, bytes, bytes sent, referrer, agent, none in quotes",
        rank=6,
        needs=(b"] ", b' "'),
        samples=(
            Sample(
                '[02/Jan/2024:03:04:05 +0000] a.example 192.0.2.1 0.227 "GET /x?a=1 HTTP/2.0" 207 125 440 - '
                "curl/8 (x y)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "vhost": "a.example",
                    "client": "192.0.2.1",
                    "duration": 0.227,
                    "method": "GET",
                    "target": "/x?a=1",
                    "status": 207,
                    "bytes": 125,
                    "bytes_sent": 440,
                    "referrer": None,
                    "user_agent": "curl/8 (x y)",
                },
            ),
        ),
        refused=('[02/Jan/2024:03:04:05 +0000] a.example 192.0.2.1 "GET / HTTP/2.0" 207 125',),
    ),
    Format(
        name="bunkerweb",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_BUNKER),
        doc="BunkerWeb: host client - request_id user [time], and as combined from the request on",
        rank=31,
        begins=Expression(rb"^\S+ [\da-f.:]+ - \w+ \S+ \[", re.MULTILINE),
        samples=(
            Sample(
                'www.example.com 192.0.2.1 - 7bde940e - [02/Jan/2024:03:04:05 +0000] "GET / HTTP/2.0" 301 162 "-" '
                '"curl/8"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "vhost": "www.example.com",
                    "client": "192.0.2.1",
                    "request_id": "7bde940e",
                    "user": None,
                    "status": 301,
                },
            ),
        ),
        refused=('192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] "GET / HTTP/2.0" 301 162 "-" "curl/8"',),
    ),
)
"""Access logs of gateways."""
