"""Logs of HAProxy: of HTTP, TCP, errors and connections.

https://docs.haproxy.org/3.0/configuration.html#8.2. Times are milliseconds; -1 says that it did not come so far.
"""

from __future__ import annotations

from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.program import Meaning, Missing, Program, Slot


def _millis(name: str, end: bytes) -> Slot:
    return Slot(name, Meaning.DURATION, end, scale=1e-3)


def _count(name: str, end: bytes) -> Slot:
    return Slot(name, Meaning.COUNT, end)


# HAProxy speaks to a syslog server, which puts its own time and host in front; `time` is when the request came.
_HAPROXY_HEAD = (
    Slot(None, Meaning.SYSLOG, b"", missing=Missing.SKIPPED),
    Slot("client", Meaning.ENDPOINT, b" [", port_name="remote_port", solid=True),
    Slot("time", Meaning.LOCAL_TIME, b"] "),
    Slot("frontend", Meaning.TEXT, b" ", solid=True),
    Slot("backend", Meaning.TEXT, b"/"),
    Slot("server", Meaning.TEXT, b" "),
)


_HAPROXY_COUNTS = (
    *(_count(f"{where}connections", b"/") for where in ("", "frontend_", "backend_", "server_")),
    _count("retries", b" "),
    _count("server_queue", b"/"),
)


HAPROXY_HTTP = Program(
    b"",
    (
        *_HAPROXY_HEAD,
        _millis("request_wait", b"/"),
        _millis("queue_wait", b"/"),
        _millis("connect_wait", b"/"),
        _millis("upstream_duration", b"/"),
        _millis("duration", b" "),
        _count("status", b" "),
        _count("bytes", b" "),
        Slot("captured_request_cookie", Meaning.TEXT, b" "),
        Slot("captured_response_cookie", Meaning.TEXT, b" "),
        Slot("termination_state", Meaning.TEXT, b" ", solid=True),
        *_HAPROXY_COUNTS,
        _count("backend_queue", b" "),
        Slot("captured_request_headers", Meaning.TEXT, b"} ", opening=b"{", missing=Missing.SKIPPED),
        Slot("captured_response_headers", Meaning.TEXT, b"} ", opening=b"{", missing=Missing.SKIPPED),
        Slot("request", Meaning.REQUEST, b'"', opening=b'"'),
    ),
    extra=True,  # option httpslog
)


_HAPROXY_TCP = Program(
    b"",
    (
        *_HAPROXY_HEAD,
        _millis("queue_wait", b"/"),
        _millis("connect_wait", b"/"),
        _millis("duration", b" "),
        _count("bytes", b" "),
        Slot("termination_state", Meaning.TEXT, b" ", solid=True),
        *_HAPROXY_COUNTS,
        _count("backend_queue", b"\n"),
    ),
)


# What error-log-format is by default: a connection that came to no request.
_HAPROXY_ERROR = Program(
    b"",
    (*_HAPROXY_HEAD[:3], Slot("frontend", Meaning.TEXT, b": ", solid=True), Slot("message", Meaning.TEXT, b"\n")),
)


# Without a log option: where a connection came from and went to. It has no time but syslog's.
_HAPROXY_CONNECT = Program(
    b"",
    (
        Slot("time", Meaning.SYSLOG, b"", missing=Missing.SKIPPED),
        Slot(None, Meaning.LITERAL, b"", opening=b"Connect "),
        Slot("client", Meaning.ENDPOINT, b" to ", opening=b"from ", port_name="remote_port"),
        Slot("destination", Meaning.ENDPOINT, b" (", port_name="port"),
        Slot("frontend", Meaning.TEXT, b"/", solid=True),
        Slot("mode", Meaning.TEXT, b")\n", solid=True),
    ),
)


HAPROXY = (
    Format(
        name="haproxy",
        family="web",
        engine=SEPARATOR,
        program=HAPROXY_HTTP,
        doc="HAProxy's HTTP log, with what syslog writes in front or without",
        rank=4,
        needs=(b" [", b"] ", b"/", b' "'),
        samples=(
            Sample(
                "Jul 30 09:03:52 localhost haproxy[32450]: 1.2.3.4:38862 [30/Jul/2018:09:03:52.726] incoming~ docs/api "
                '0/0/1/1700/1702 304 168 - - ---- 6/6/0/0/+1 0/0 {docs.internal||} {|||} "GET /c.js?a HTTP/1.1"',
                {
                    "host": "localhost",
                    "program": "haproxy",
                    "pid": 32450,
                    "client": "1.2.3.4",
                    "remote_port": 38862,
                    "time": "2018-07-30T09:03:52.726000Z",
                    "frontend": "incoming~",
                    "backend": "docs",
                    "server": "api",
                    "connect_wait": 0.001,
                    "upstream_duration": 1.7,
                    "duration": 1.702,
                    "status": 304,
                    "bytes": 168,
                    "termination_state": "----",
                    "connections": 6,
                    "retries": 1,
                    "captured_request_headers": "docs.internal||",
                    "captured_response_headers": "|||",
                    "path": "/c.js",
                },
            ),
            Sample(
                "127.0.0.1:39759 [09/Dec/2013:12:59:46.633] lb default/<NOSRV> -1/-1/-1/-1/+99 400 +187 - - PR-- "
                '1/0/0/0/0 0/67 "<BADREQ>"',
                {
                    "host": None,
                    "client": "127.0.0.1",
                    "server": "<NOSRV>",
                    "upstream_duration": None,
                    "duration": 0.099,
                    "bytes": 187,
                    "backend_queue": 67,
                    "captured_request_headers": None,
                    "target": "<BADREQ>",
                },
            ),
            Sample(
                "127.0.0.1:43212 [09/Dec/2013:12:59:46.633] foo~ bar/s1 0/0/0/1/1 200 123 - - ---- 1/1/0/0/0 0/0 "
                '"GET /a HTTP/1.1" 0/0000000000000000/0/0/0 a.example/TLSv1.3/TLS_AES_256_GCM_SHA384',
                {"path": "/a", "protocol": "HTTP/1.1", "status": 200},
            ),
        ),
        refused=(
            "Sep 20 15:42:59 1.2.3.4 haproxy[24551]: Connect from 1.2.3.4:40780 to 1.2.3.4:5000 (main/HTTP)",
            "127.0.0.1:40962 [20/Sep/2018:15:44:23.285] main app/<NOSRV> -1/-1/1 212 SC 1/1/0/0/0 0/0",
            '127.0.0.1:9 [09/Dec/2013:12:59:46.633] lb a/b 0/0/0/0/9 200 1 - - ---- 1/0/0/0/0 0/0 "GET /cut',
            '127.0.0.1:9 [09/Dec/2013:25:59:46.633] lb a/b 0/0/0/0/9 200 1 - - ---- 1/0/0/0/0 0/0 "GET / HTTP/1.1"',
        ),
    ),
    Format(
        name="haproxy_tcp",
        family="web",
        engine=SEPARATOR,
        program=_HAPROXY_TCP,
        doc="HAProxy's TCP log, with what syslog writes in front or without",
        rank=3,
        needs=(b" [", b"] ", b"/"),
        samples=(
            Sample(
                "<134>Sep 20 15:44:23 127.0.0.1 haproxy[25457]: 127.0.0.1:40962 [20/Sep/2018:15:44:23.285] main "
                "app/<NOSRV> -1/-1/1 212 SC 1/1/0/0/0 0/0",
                {
                    "facility": "local0",
                    "severity": "info",
                    "host": "127.0.0.1",
                    "client": "127.0.0.1",
                    "time": "2018-09-20T15:44:23.285000Z",
                    "frontend": "main",
                    "queue_wait": None,
                    "duration": 0.001,
                    "bytes": 212,
                    "termination_state": "SC",
                    "backend_queue": 0,
                },
            ),
            Sample(
                "::1:40962 [20/Sep/2018:15:44:23.285] main app/db 0/1/5007 212 -- 1/1/1/1/0 0/0",
                {"client": "::1", "remote_port": 40962, "host": None, "facility": None, "duration": 5.007},
            ),
        ),
        refused=(
            "Sep 20 15:44:23 127.0.0.1 haproxy[25457]: Proxy main started.",
            "127.0.0.1:40962 [20/Sep/2018:15:44:23.285] main app/db 0/1/5007 212 -- 1/1/1/1/0",
            '127.0.0.1:9 [09/Dec/2013:12:59:46.633] lb a/b 0/0/0/0/9 200 1 - - ---- 1/0/0/0/0 0/0 "GET / HTTP/1.1"',
        ),
    ),
    Format(
        name="haproxy_error",
        family="web",
        engine=SEPARATOR,
        program=_HAPROXY_ERROR,
        doc="HAProxy's log of connections that came to no request",
        rank=2,
        needs=(b" [", b"] ", b"/", b": "),
        samples=(
            Sample(
                "Jul 30 09:03:52 lb haproxy[32450]: 192.0.2.4:50033 [28/Feb/2025:02:43:10.123] www/1: "
                "SSL handshake failure",
                {
                    "host": "lb",
                    "program": "haproxy",
                    "client": "192.0.2.4",
                    "remote_port": 50033,
                    "time": "2025-02-28T02:43:10.123000Z",
                    "frontend": "www/1",
                    "message": "SSL handshake failure",
                },
            ),
            Sample(
                "::1:9 [28/Feb/2025:02:43:10.123] www/1: Timeout: none", {"client": "::1", "message": "Timeout: none"}
            ),
        ),
        refused=(
            "192.0.2.4:50033 [28/Feb/2025:02:43:10.123] www/1 SSL handshake failure",
            "Jul 30 09:03:52 lb haproxy[32450]: Proxy www started.",
            "127.0.0.1:40962 [20/Sep/2018:15:44:23.285] main app/db 0/1/5007 212 -- 1/1/1/1/0 0/0",
        ),
    ),
    Format(
        name="haproxy_connect",
        family="web",
        engine=SEPARATOR,
        program=_HAPROXY_CONNECT,
        doc="HAProxy's log of connections where no log option is set: from where to where",
        rank=3,
        needs=(b"Connect from ", b" to ", b"/"),
        samples=(
            Sample(
                "Sep 20 15:42:59 lb haproxy[24551]: Connect from 192.0.2.4:40780 to 10.0.0.1:443 (www/HTTP)",
                {
                    "time": "2000-09-20T15:42:59Z",
                    "host": "lb",
                    "program": "haproxy",
                    "pid": 24551,
                    "client": "192.0.2.4",
                    "remote_port": 40780,
                    "destination": "10.0.0.1",
                    "port": 443,
                    "frontend": "www",
                    "mode": "HTTP",
                },
            ),
            Sample("Connect from ::1:40780 to ::1:443 (www/TCP)", {"time": None, "host": None, "client": "::1"}),
        ),
        refused=(
            "Sep 20 15:42:59 lb haproxy[24551]: Proxy www started.",
            "Connect from 192.0.2.4:40780 to 10.0.0.1:443",
        ),
    ),
)
"""Rows of the family."""
