"""Error logs of web servers: nginx and Apache httpd.

https://nginx.org/en/docs/ngx_core_module.html#error_log, https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import MESSAGE, app, level, literal, maybe, number, stamp, word
from logproc.formats.program import Meaning, Missing, Slot
from logproc.formats.within import Part, Within

NGINX_CLIENT = Within(
    "message",
    (
        Part("client", b", client: ", b", server: ", open_end=True),
        Part("vhost", b", server: ", b", ", in_front=True, open_end=True),
        Part("request", b', request: "', b'"'),
        Part("upstream", b', upstream: "', b'"'),
        Part("host_header", b', host: "', b'"'),
        Part("referrer", b', referrer: "', b'"'),
    ),
)
"""What nginx says at the end of a message of the client whose request it was about."""

_PEER = Within(
    "message",
    (
        Part("client", b"[client ", b"]", spare=True, host=True),
        Part("client", b"[remote ", b"]", spare=True, host=True),
        Part("referrer", b", referer: "),
    ),
)
"""Whom a message of Apache is about where it stands behind what went wrong, and where the client came from."""

NGINX_ERROR = (
    stamp("%Y/%m/%d %H:%M:%S", b" ["),
    level(b"] ", padded=False),
    number("pid", b"#"),
    word("thread", b": "),
    maybe(number("connection", b" ", b"*")),
    MESSAGE,
)
"""The slots of nginx's error log."""

SERVERS = (
    app(
        "nginx_error",
        "nginx's error log",
        NGINX_ERROR,
        rank=0,
        head=2,
        needs=(b" [", b"] ", b"#"),
        within=NGINX_CLIENT,
        samples=(
            Sample(
                "2024/01/02 03:04:05 [error] 7#8: *9 connect() failed (111: Connection refused) while connecting to "
                'upstream, client: 192.0.2.1, server: a.example, request: "POST /api?a=1 HTTP/2.0", '
                'upstream: "http://127.0.0.1:9000/api?a=1", host: "www.a.example", referrer: "http://b.example/"',
                {
                    "client": "192.0.2.1",
                    "vhost": "a.example",
                    "method": "POST",
                    "target": "/api?a=1",
                    "path": "/api",
                    "query": "a=1",
                    "protocol": "HTTP/2.0",
                    "upstream": "http://127.0.0.1:9000/api?a=1",
                    "host_header": "www.a.example",
                    "referrer": "http://b.example/",
                },
            ),
            Sample(
                '2016/10/25 14:49:34 [error] 54053#0: *1 open() "/favicon.ico" failed (2: No such file)',
                {
                    "time": "2016-10-25T14:49:34Z",
                    "level": "ERROR",
                    "pid": 54053,
                    "thread": "0",
                    "connection": 1,
                    "client": None,
                    "target": None,
                    "message": 'open() "/favicon.ico" failed (2: No such file)',
                },
            ),
            Sample("2016/10/25 14:49:34 [emerg] 1#1: bind() failed", {"level": "FATAL", "connection": None}),
        ),
        refused=("2016/10/25 14:49:34 [error] open() failed", "2016-10-25 14:49:34 [error] 54053#0: x"),
    ),
    app(
        "apache_error",
        "error log of Apache httpd 2.0 to 2.4",
        (
            stamp("%a %b %d %H:%M:%S%. %Y%|%d/%b/%Y:%H:%M:%S %z%|%Y-%m-%d %H:%M:%S.%f %z", b"] ["),
            maybe(word("logger", b":")),
            maybe(literal(b":")),
            level(b"] ", padded=False),
            maybe(number("pid", b"", b"[pid ")),
            maybe(word("thread", b"] ", b":tid ")),
            maybe(literal(b"] ")),
            Slot(
                "client",
                Meaning.ENDPOINT,
                b"] ",
                opening=b"[client ",
                missing=Missing.SKIPPED,
                port_name="remote_port",
            ),
            MESSAGE,
        ),
        prefix=b"[",
        rank=-1,
        head=4,
        needs=(b"[", b"] ["),
        unlike=Expression(rb"\[\d{4}-[^\]]*\] \[[A-Z]"),  # others write this time, and their levels in capitals
        within=_PEER,
        samples=(
            Sample("[Tue Jan 02 03:04:05 2024] [error] [client ::1] x", {"client": "::1", "remote_port": None}),
            Sample("[Tue Jan 02 03:04:05 2024] [error] [client 2001:db8::7] x", {"client": "2001:db8::7"}),
            Sample(
                "[Tue Jan 02 03:04:05 2024] [error] [client 2001:db8:1:2:3:4:5:1946] x",
                {"client": "2001:db8:1:2:3:4:5:1946", "remote_port": None},
            ),
            Sample(
                "[Tue Jan 02 03:04:05 2024] [error] [client 2001:db8:1:2:3:4:5:6:1946] x",
                {"client": "2001:db8:1:2:3:4:5:6", "remote_port": 1946},
            ),
            Sample(
                "[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328] [client 72.15.99.1:80] AH1: x",
                {
                    "time": "2011-09-09T10:42:29.902022Z",
                    "logger": "core",
                    "level": "ERROR",
                    "pid": 35708,
                    "thread": "4328",
                    "client": "72.15.99.1",
                    "remote_port": 80,
                    "message": "AH1: x",
                },
            ),
            Sample(
                "[Mon Dec 26 16:15:55.103522 2016] [mpm_prefork:notice] [pid 11379] AH00163: resuming",
                {"pid": 11379, "thread": None, "client": None, "message": "AH00163: resuming"},
            ),
            Sample(
                "[01/Mar/2021:12:00:19 +0000] [ab:alert] [pid 4803:tid 3814] [client 147.159.108.175:24259] I'll",
                {"time": "2021-03-01T12:00:19Z", "level": "FATAL", "remote_port": 24259, "message": "I'll"},
            ),
            Sample(
                "[Mon Jan  1 03:04:05.678901 2024] [:error] [pid 7] (2)No file: [client 192.0.2.1:80] x, referer: a",
                {"logger": None, "level": "ERROR", "client": "192.0.2.1", "remote_port": None, "referrer": "a"},
            ),
            Sample(
                "[2024-01-02 03:04:05.678901 +0100] [core:notice] [pid 1:tid 139] AH00094: Command line: 'httpd'",
                {"time": "2024-01-02T02:04:05.678901Z", "logger": "core", "message": "AH00094: Command line: 'httpd'"},
            ),
            Sample(
                "[Tue Jan 02 03:04:05.678901 2024] [rewrite:trace3] [pid 7] mod_x.c(470): [client 192.0.2.1:80] x",
                {
                    "level": "TRACE",
                    "logger": "rewrite",
                    "client": "192.0.2.1",
                    "message": "mod_x.c(470): [client 192.0.2.1:80] x",
                },
            ),
            Sample(
                "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
                {"logger": None, "level": "INFO", "pid": None, "message": "workerEnv.init() ok"},
            ),
        ),
        refused=("[Sun Dec 04 04:47:44 2005] workerEnv.init() ok", "[Sun Dec 34 04:47:44 2005] [notice] x"),
    ),
)
"""Rows of the family."""
