"""Access logs of proxies: HAProxy, Squid, Envoy.

https://docs.haproxy.org/3.0/configuration.html#8.2, https://wiki.squid-cache.org/Features/LogFormat and
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage. Their times are milliseconds;
-1 says that it did not come so far.
"""

from __future__ import annotations

import re
from dataclasses import replace

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

_HAPROXY = Program(
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

_SQUID = Program(
    b"",
    (
        Slot("time", Meaning.EPOCH_SECONDS, b" ", solid=True),
        Slot("duration", Meaning.DURATION, b" ", scale=1e-3, padded=True, solid=True),
        Slot("client", Meaning.TEXT, b" ", solid=True),
        Slot("cache", Meaning.TEXT, b"/"),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b" "),
        Slot("method", Meaning.TEXT, b" ", solid=True),
        Slot("target", Meaning.TARGET, b" "),
        Slot("user", Meaning.TEXT, b" "),
        Slot("hierarchy", Meaning.TEXT, b"/"),
        Slot("upstream_addr", Meaning.TEXT, b" "),
        Slot("content_type", Meaning.TEXT, b""),
    ),
    extra=True,
)

_SQUID_AGENT = Program(
    b"",
    (
        *_SQUID.slots[:-1],
        Slot("content_type", Meaning.TEXT, b' "'),
        Slot("referrer", Meaning.TEXT, b'" "', quoted=True),
        Slot("user_agent", Meaning.TEXT, b'"', quoted=True),
    ),
    extra=True,
)

_ENVOY = Program(
    b"[",
    (
        Slot("time", Meaning.ISO_TIME, b'] "'),
        Slot("request", Meaning.REQUEST, b'" ', quoted=True),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("response_flags", Meaning.TEXT, b" ", solid=True),
        Slot("bytes_in", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b" "),
        _millis("duration", b" "),
        _millis("upstream_duration", b' "'),
        Slot("forwarded_for", Meaning.TEXT, b'" "', quoted=True),
        Slot("user_agent", Meaning.TEXT, b'" "', quoted=True),
        Slot("request_id", Meaning.TEXT, b'" "', quoted=True),
        Slot("vhost", Meaning.TEXT, b'" "', quoted=True),
        Slot("upstream_addr", Meaning.TEXT, b'"', quoted=True),
    ),
    extra=True,
)

# https://istio.io/latest/docs/tasks/observability/logs/access-log/, the default format of the mesh.
_ISTIO = Program(
    b"[",
    (
        *_ENVOY.slots[:3],
        Slot("response_flags", Meaning.TEXT, b" ", solid=True),
        Slot("response_code_details", Meaning.TEXT, b" ", solid=True),
        Slot("termination_details", Meaning.TEXT, b' "'),
        Slot("upstream_failure", Meaning.TEXT, b'" ', quoted=True),
        *_ENVOY.slots[4:12],
        Slot("upstream_addr", Meaning.TEXT, b'" ', quoted=True),
        Slot("upstream_cluster", Meaning.TEXT, b" "),
        Slot("upstream_local_addr", Meaning.TEXT, b" ", solid=True),
        Slot("local_addr", Meaning.TEXT, b" ", solid=True),
        Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port", solid=True),
        Slot("requested_server_name", Meaning.TEXT, b" ", solid=True),
        Slot("route", Meaning.TEXT, b""),
    ),
    extra=True,
)

# Up to 1.5 the mesh wrote a status of its mixer behind the flags, and neither details nor a route.
_ISTIO_MIXER = Program(
    b"[",
    (
        *_ENVOY.slots[:3],
        Slot("response_flags", Meaning.TEXT, b' "', solid=True),
        Slot("mixer_status", Meaning.TEXT, b'" ', quoted=True),
        *_ISTIO.slots[7:19],
        Slot("client", Meaning.ENDPOINT, b" ", port_name="remote_port", solid=True),
        Slot("requested_server_name", Meaning.TEXT, b""),
    ),
    extra=True,
)

PROXIES = (
    Format(
        name="haproxy",
        family="web",
        engine=SEPARATOR,
        program=_HAPROXY,
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
    Format(
        name="squid_agent",
        family="web",
        engine=SEPARATOR,
        program=_SQUID_AGENT,
        doc="Squid's native log with referrer and user agent behind it, in quotes",
        rank=3,
        begins=re.compile(rb"^ *\d{9,10}\.\d+ ", re.MULTILINE),
        needs=(b".", b"/", b'" "'),
        samples=(
            Sample(
                "1525334330.556      3 192.0.2.9 TCP_MISS/200 2014 GET http://a.example/a.txt?b - "
                'HIER_DIRECT/a.example text/plain "http://b.example/" "Mozilla/5.0 (X11)"',
                {
                    "time": "2018-05-03T07:58:50.556000Z",
                    "client": "192.0.2.9",
                    "content_type": "text/plain",
                    "referrer": "http://b.example/",
                    "user_agent": "Mozilla/5.0 (X11)",
                },
            ),
        ),
        refused=(
            "1066037222.352 132 192.0.2.9 TCP_TUNNEL/504 1293 CONNECT a.test:443 - HIER_NONE/- -",
            '1066037222.352 132 192.0.2.9 TCP_MISS/504 1293 GET http://a/ - NONE/- - "-" "cut',
        ),
    ),
    Format(
        name="squid",
        family="web",
        engine=SEPARATOR,
        program=_SQUID,
        doc="Squid's native log; more fields may follow",
        rank=2,
        begins=re.compile(rb"^ *\d{9,10}(?:\.\d+)? +\d+ \S+ [A-Z_]+/", re.MULTILINE),
        needs=(b"/", b" "),
        samples=(
            Sample(
                "1525334330.556      3 120.65.1.1 TCP_REFRESH_MISS/200 2014 GET http://www.sample.com/a.txt?b jo"
                " DIRECT/www.sample.com text/plain 902351708.872",
                {
                    "time": "2018-05-03T07:58:50.556000Z",
                    "duration": 0.003,
                    "client": "120.65.1.1",
                    "cache": "TCP_REFRESH_MISS",
                    "status": 200,
                    "bytes": 2014,
                    "method": "GET",
                    "target": "http://www.sample.com/a.txt?b",
                    "query": "b",
                    "user": "jo",
                    "hierarchy": "DIRECT",
                    "upstream_addr": "www.sample.com",
                    "content_type": "text/plain",
                },
            ),
            Sample(
                "1066037222.352 132004 144.157.100.17 TCP_TUNNEL/504 1293 CONNECT a.test:443 - HIER_NONE/- -",
                {"duration": 132.004, "user": None, "upstream_addr": None, "content_type": None},
            ),
        ),
        refused=(
            "1066037222.352 132 144.157.100.17 TCP_MISS/504 1293 GET http://a/ - NONE/-",
            "1066037222.352 132 144.157.100.17 TCP_MISS 1293 GET http://a/ - NONE/- -",
            "today 132 144.157.100.17 TCP_MISS/504 1293 GET http://a/ - NONE/- -",
        ),
    ),
    Format(
        name="envoy",
        family="web",
        engine=SEPARATOR,
        program=_ENVOY,
        doc="Envoy's default access log",
        rank=4,
        needs=(b"[", b'] "', b'" "'),
        samples=(
            Sample(
                '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" '
                '"nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"',
                {
                    "time": "2016-04-15T20:17:00.310000Z",
                    "method": "POST",
                    "protocol": "HTTP/2",
                    "status": 204,
                    "response_flags": None,
                    "bytes_in": 154,
                    "bytes": 0,
                    "duration": 0.226,
                    "upstream_duration": 0.1,
                    "forwarded_for": "10.0.35.28",
                    "request_id": "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2",
                    "vhost": "locations",
                    "upstream_addr": "tcp://10.0.2.1:80",
                },
            ),
            Sample(
                '[2024-01-24T01:34:36.743Z] "- - -" 0 UH 0 0 0 - "-" "-" "-" "-" "-"',
                {"status": 0, "response_flags": "UH", "upstream_duration": None, "vhost": None},
            ),
        ),
        refused=(
            '[2024-01-24T01:34:36.743Z] "GET / HTTP/1.1" 200 - 0 2 3 - "-" "-" "-" "-"',
            '[2024-01-24 01:34] "GET / HTTP/1.1" 200 - 0 2 3 - "-" "-" "-" "-" "-"',
        ),
    ),
    Format(
        name="emissary",
        family="web",
        engine=SEPARATOR,
        program=replace(_ENVOY, prefix=b"ACCESS ["),
        doc="Emissary, formerly Ambassador: Envoy's default access log behind the word ACCESS",
        rank=4,
        needs=(b"ACCESS [", b'] "'),
        samples=(
            Sample(
                'ACCESS [2024-01-02T03:04:05.678Z] "GET /a?b HTTP/1.1" 200 - 0 5 12 11 "192.0.2.1" "c" "id" "a.test" '
                '"10.0.0.1:80"',
                {"time": "2024-01-02T03:04:05.678000Z", "path": "/a", "status": 200, "bytes": 5, "vhost": "a.test"},
            ),
        ),
        refused=('ACCESS "GET /a HTTP/1.1" 200', 'ACCESS [today] "GET /a HTTP/1.1" 200 - 0 5 1 1 "-" "c" "i" "h" "u"'),
    ),
    Format(
        name="istio",
        family="web",
        engine=SEPARATOR,
        program=_ISTIO,
        doc="Istio's default access log",
        rank=5,
        needs=(b"[", b'] "', b'" "'),
        samples=(
            Sample(
                '[2020-11-25T21:26:18.409Z] "GET /status/418?a HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" '
                '"curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" '
                "inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 "
                "outbound_.8000_._.httpbin.foo.svc.cluster.local default",
                {
                    "time": "2020-11-25T21:26:18.409000Z",
                    "method": "GET",
                    "path": "/status/418",
                    "status": 418,
                    "response_flags": None,
                    "response_code_details": "via_upstream",
                    "bytes_in": 0,
                    "bytes": 135,
                    "duration": 0.003,
                    "upstream_duration": 0.001,
                    "user_agent": "curl/7.73.0-DEV",
                    "vhost": "httpbin:8000",
                    "upstream_addr": "127.0.0.1:80",
                    "upstream_cluster": "inbound|8000||",
                    "client": "10.44.1.23",
                    "remote_port": 37652,
                    "route": "default",
                },
            ),
        ),
        refused=(
            '[2016-04-15T20:17:00.310Z] "POST /a HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "n" "c" "l" "tcp://10.0.2.1:80"',
        ),
    ),
    Format(
        name="istio_mixer",
        family="web",
        engine=SEPARATOR,
        program=_ISTIO_MIXER,
        doc="Istio's default access log up to 1.5",
        rank=5,
        needs=(b"[", b'] "', b'" "'),
        samples=(
            Sample(
                '[2024-01-02T03:04:05.678Z] "GET /a HTTP/1.1" 418 - "-" 0 135 11 10 "-" "curl/7.60.0" "d209" '
                '"bin:8000" "192.0.2.9:80" outbound|8000||bin - 192.0.2.3:8000 192.0.2.1:60290 -',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "status": 418,
                    "bytes": 135,
                    "duration": 0.011,
                    "upstream_duration": 0.01,
                    "user_agent": "curl/7.60.0",
                    "request_id": "d209",
                    "vhost": "bin:8000",
                    "upstream_addr": "192.0.2.9:80",
                    "client": "192.0.2.1",
                },
            ),
        ),
        refused=(
            '[2024-01-02T03:04:05.678Z] "POST /a HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "n" "c" "l" "tcp://10.0.2.1:80"',
        ),
    ),
)
"""Rows of the family."""
