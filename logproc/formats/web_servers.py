"""Access logs of servers that are none of the usual ones, in layouts of their own.

https://uwsgi-docs.readthedocs.io/en/latest/LogFormat.html, https://github.com/gin-gonic/gin,
https://learn.microsoft.com/windows/win32/http/iis-logging, https://devcenter.heroku.com/articles/http-routing,
https://apisix.apache.org/docs/apisix/customize-nginx-configuration/
"""

from __future__ import annotations

import re

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.heads import ISO, MESSAGE, app, bracketed, level, literal, maybe, number, stamp, word
from logproc.formats.nginx import compile_nginx
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

_APISIX = (
    '$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time '
    '"$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time '
    '"$upstream_url"'
)
_HEROKU = Within(
    "message",
    (
        Part("method", b"method=", b" "),
        Part("target", b'path="', b'"'),
        Part("vhost", b"host=", b" "),
        Part("request_id", b"request_id=", b" "),
        Part("client", b'fwd="', b'"', last_word=True),
        Part("upstream", b"dyno=", b" "),
        Part("duration", b"service=", b"ms"),
        Part("status", b"status=", b" "),
        Part("bytes", b"bytes=", b" ", open_end=True),
    ),
    kinds={"duration": Kind.DECIMAL, "status": Kind.INTEGER, "bytes": Kind.INTEGER},
    scales={"duration": 1e-3},
)


def _gin(name: str, doc: str, target: Slot, line: str, refused: str) -> Format:
    return app(
        name,
        doc,
        (
            stamp("%Y/%m/%d - %H:%M:%S", b" | "),
            number("status", b" | "),
            word("duration", b" | "),
            word("client", b" | "),
            word("method"),
            target,
        ),
        prefix=b"[GIN] ",
        family="web",
        rank=1 if target.opening else 0,
        single=True,
        needs=(b"[GIN] ",),
        within=Within("duration", (Part("duration", b"", in_front=True),), kinds={"duration": Kind.DECIMAL}),
        samples=(
            Sample(
                line,
                {
                    "time": "2024-01-02T03:04:05Z",
                    "status": 200,
                    "duration": 0.015123,
                    "client": "192.0.2.1",
                    "method": "GET",
                    "target": "/x?a=1",
                    "path": "/x",
                },
            ),
        ),
        refused=(refused, "[GIN-debug] GET /x --> main.main.func1 (3 handlers)"),
    )


WEB_SERVERS = (
    Format(
        name="nginx_rtmp",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(
            '$remote_addr [$time_local] $command "$app" "$stream" "$args" - $bytes_received $bytes_sent '
            '"$http_referer" "$http_user_agent" ($session_readable_time)'
        ),
        doc="nginx's RTMP module: client [time] command app stream arguments - bytes, page, player (time)",
        rank=6,
        needs=(b"] ", b'" - ', b")"),
        samples=(
            Sample(
                '192.0.2.1 [02/Jan/2024:03:04:05 +0000] PLAY "live" "a" "" - 426 4125 "http://b" "WIN 11" (4s)',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "command": "PLAY",
                    "app": "live",
                    "stream": "a",
                    "session_readable_time": "4s",
                },
            ),
        ),
        refused=('192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] "GET / HTTP/1.1" 200 123 "-" "Mozilla" (4s)',),
    ),
    app(
        "uwsgi",
        "uWSGI's requests, as it writes them unless told otherwise",
        (
            Slot("pid", Meaning.INTEGER, b"|app: ", solid=True),
            Slot("app", Meaning.TEXT, b"|req: "),
            Slot(None, Meaning.TEXT, b"] "),
            Slot("client", Meaning.TEXT, b" ("),
            maybe(literal(b") {")),
            maybe(word("user", b") {")),
            Slot(None, Meaning.TEXT, b"} ["),
            stamp("%a %b %d %H:%M:%S %Y", b"] "),
            Slot("method", Meaning.TEXT, b" "),
            Slot("target", Meaning.TARGET, b" => generated "),
            Slot("bytes", Meaning.INTEGER, b" bytes in ", solid=True),
            Slot("duration", Meaning.DURATION, b" msecs (", scale=1e-3, solid=True),
            Slot("protocol", Meaning.TEXT, b" "),
            Slot("status", Meaning.INTEGER, b") ", solid=True),
            Slot(None, Meaning.TEXT, b"\n"),
        ),
        prefix=b"[pid: ",
        family="web",
        rank=1,
        single=True,
        needs=(b"[pid: ", b" => generated ", b" msecs ("),
        samples=(
            Sample(
                "[pid: 12|app: 0|req: 1/1] 192.0.2.1 () {4 vars in 6 bytes} [Tue Jan  2 03:04:05 2024] GET /x?a=1 => "
                "generated 1234 bytes in 15 msecs (HTTP/1.1 200) 3 headers in 100 bytes (1 switches on core 0)",
                {
                    "time": "2024-01-02T03:04:05Z",
                    "pid": 12,
                    "client": "192.0.2.1",
                    "user": None,
                    "method": "GET",
                    "path": "/x",
                    "query": "a=1",
                    "bytes": 1234,
                    "duration": 0.015,
                    "protocol": "HTTP/1.1",
                    "status": 200,
                },
            ),
        ),
        refused=("[pid: 12|app: 0|req: 1/1] 192.0.2.1", "*** Starting uWSGI 2.0.18 (64bit) ***"),
    ),
    _gin(
        "gin",
        "Gin: [GIN] time | status | duration | client | method target",
        Slot("target", Meaning.TARGET, b'"\n', opening=b'"', padded=True),
        '[GIN] 2024/01/02 - 03:04:05 | 200 |      15.123ms |       192.0.2.1 | GET      "/x?a=1"',
        "[GIN] 2024/01/02 - 03:04:05 | 200 |      15.123ms |       192.0.2.1 | GET      /x",
    ),
    _gin(
        "gin_bare",
        "Gin up to 1.4, whose targets have no quotes",
        Slot("target", Meaning.TARGET, b"\n", padded=True),
        "[GIN] 2024/01/02 - 03:04:05 | 200 |      15.123ms |       192.0.2.1 | GET      /x?a=1",
        "[GIN] 2024/01/02 03:04:05 | 200 | 15.123ms | 192.0.2.1 | GET /x",
    ),
    app(
        "iis_native",
        "IIS's own format (not W3C): client, user, date, clock, service, server, address, milliseconds, bytes, status",
        (
            Slot("client", Meaning.TEXT, b", ", solid=True),
            Slot("user", Meaning.TEXT, b", "),
            stamp("%m/%d/%y, %H:%M:%S%|%m/%d/%Y, %H:%M:%S", b", "),
            Slot("service", Meaning.TEXT, b", "),
            Slot("host", Meaning.TEXT, b", "),
            Slot("s_ip", Meaning.TEXT, b", "),
            Slot("duration", Meaning.DURATION, b", ", scale=1e-3),
            Slot("bytes_in", Meaning.INTEGER, b", "),
            Slot("bytes", Meaning.INTEGER, b", "),
            Slot("status", Meaning.INTEGER, b", "),
            Slot("win32_status", Meaning.INTEGER, b", "),
            Slot("method", Meaning.TEXT, b", "),
            Slot("path", Meaning.TEXT, b", "),
            Slot("query", Meaning.TEXT, b",\n"),
        ),
        family="web",
        rank=1,
        single=True,
        needs=(b", ", b"/", b":"),
        begins=rb"[^,\s]+, [^,]+, \d\d?/\d\d?/(?:\d\d)?\d\d, \d\d?:\d\d:\d\d, ",
        samples=(
            Sample(
                "192.0.2.1, -, 01/02/24, 13:04:05, W3SVC1, WEB1, 10.0.0.1, 125, 321, 1234, 404, 2, GET, /x.htm, a=1,",
                {
                    "time": "2024-01-02T13:04:05Z",
                    "client": "192.0.2.1",
                    "user": None,
                    "host": "WEB1",
                    "duration": 0.125,
                    "bytes_in": 321,
                    "bytes": 1234,
                    "status": 404,
                    "method": "GET",
                    "path": "/x.htm",
                    "query": "a=1",
                },
            ),
            Sample(
                "192.0.2.1, joe, 03/20/2023, 7:55:20, W3SVC2, S, 10.0.0.1, 4502, 163, 3223, 200, 0, GET, /a.gif, -,",
                {"time": "2023-03-20T07:55:20Z", "user": "joe", "query": None},
            ),
        ),
        refused=("192.0.2.1, -, 01/02/24, 13:04:05, W3SVC1", "a, b, c, d, e, f, g, h, i, j, k, l, m, n,"),
    ),
    Format(
        name="apisix",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_APISIX),
        doc="Apache APISIX's access log",
        rank=5,
        needs=(b"] ", b'" "', b"://"),
        begins=Expression(rb'^\S+ - .*\] \S+ "[^"]*" \d+ \d+ [\d.]+ "', re.MULTILINE),
        samples=(
            Sample(
                '192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] localhost:9080 "GET /x HTTP/1.1" 200 1234 0.003 "-" "curl" '
                '10.0.0.1:80 200 0.002 "http://localhost:9080"',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "192.0.2.1",
                    "path": "/x",
                    "status": 200,
                    "bytes": 1234,
                    "duration": 0.003,
                    "user_agent": "curl",
                    "upstream_duration": 0.002,
                },
            ),
        ),
        refused=('192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] "GET /x HTTP/1.1" 200 1234 "-" "curl/7"', "a - b"),
    ),
    app(
        "heroku",
        "Heroku's router, as heroku logs prints it",
        (stamp(ISO, b" heroku"), literal(b"[router]"), literal(b": "), MESSAGE),
        family="web",
        rank=2,
        single=True,
        needs=(b" heroku[router]: ",),
        within=_HEROKU,
        samples=(
            Sample(
                '2024-01-02T03:04:05.678901+00:00 heroku[router]: at=info method=GET path="/x?a=1" host=a.heroku.com '
                'request_id=a fwd="198.51.100.1, 192.0.2.1" dyno=web.1 connect=1ms service=18ms status=200 bytes=1234 '
                "protocol=https",
                {
                    "time": "2024-01-02T03:04:05.678901Z",
                    "method": "GET",
                    "target": "/x?a=1",
                    "path": "/x",
                    "vhost": "a.heroku.com",
                    "client": "192.0.2.1",
                    "upstream": "web.1",
                    "duration": 0.018,
                    "status": 200,
                    "bytes": 1234,
                },
            ),
        ),
        refused=("2024-01-02T03:04:05.678901+00:00 app[web.1]: up", "heroku[router]: at=info"),
    ),
    app(
        "passenger",
        "Phusion Passenger: [ level time process/thread file ]: message",
        (
            level(b" ", padded=False),
            stamp(ISO, b" "),
            number("pid", b"/"),
            word("thread"),
            word("logger", b" ]: "),
            MESSAGE,
        ),
        prefix=b"[ ",
        rank=-1,
        head=3,
        needs=(b"[ ", b" ]: "),
        samples=(
            Sample(
                "[ E 2024-01-02 03:04:05.6789 1234/T1 age/Cor/CoreMain.cpp:1117 ]: cannot connect",
                {
                    "time": "2024-01-02T03:04:05.678900Z",
                    "level": "ERROR",
                    "pid": 1234,
                    "thread": "T1",
                    "logger": "age/Cor/CoreMain.cpp:1117",
                    "message": "cannot connect",
                },
            ),
        ),
        refused=("[ E 2024-01-02 03:04:05.6789 1234/T1 x", "[ 2024-01-02 03:04:05.6789 1234/T1 a ]: x"),
    ),
    app(
        "minecraft",
        "Minecraft's servers: [clock] [thread/LEVEL]: message, perhaps with a logger; time is null without a date",
        (
            stamp("%d%b%Y %H:%M:%S%.%|%H:%M:%S%.", b"] ["),
            Slot("thread", Meaning.TEXT, b"/"),
            level(b"]", padded=False),
            maybe(bracketed("logger", b"]")),
            literal(b": "),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-2,
        head=3,
        needs=(b"] [", b"/", b"]: "),
        samples=(
            Sample(
                "[03:04:05] [Server thread/WARN]: Can't keep up!",
                {"time": None, "thread": "Server thread", "level": "WARN", "logger": None, "message": "Can't keep up!"},
            ),
            Sample(
                "[02Jan2024 03:04:05.678] [main/INFO] [cpw.mods.modlauncher.Launcher/MODLAUNCHER]: running",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "main",
                    "logger": "cpw.mods.modlauncher.Launcher/MODLAUNCHER",
                    "message": "running",
                },
            ),
        ),
        refused=("[03:04:05] [Server thread] x", "[03:04:05] [Server thread/NOW]: x"),
    ),
)
"""Rows of the family."""
