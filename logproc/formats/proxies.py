"""Access logs of proxies: Squid, Envoy and what is built on it.

https://wiki.squid-cache.org/Features/LogFormat,
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage. Their times are milliseconds.
"""

from __future__ import annotations

import re
from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.program import Meaning, Program, Slot

SQUID = Program(
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
        *SQUID.slots[:-1],
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
        Slot("duration", Meaning.DURATION, b" ", scale=1e-3),
        Slot("upstream_duration", Meaning.DURATION, b' "', scale=1e-3),
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
        name="squid_agent",
        family="web",
        engine=SEPARATOR,
        program=_SQUID_AGENT,
        doc="Squid's native log with referrer and user agent behind it, in quotes",
        rank=3,
        begins=Expression(rb"^ *\d{9,10}\.\d+ ", re.MULTILINE),
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
        program=SQUID,
        doc="Squid's native log; more fields may follow",
        rank=2,
        begins=Expression(rb"^ *\d{9,10}(?:\.\d+)? +\d+ \S+ [A-Z_]+/", re.MULTILINE),
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
