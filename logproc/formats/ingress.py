"""Access logs of what stands before web servers, a combined line with more behind it: Traefik and ingress-nginx."""

from __future__ import annotations

from dataclasses import replace

from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.nginx import compile_nginx
from logproc.formats.program import Meaning, Missing, Program, Slot

_INGRESS_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    "$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr "
    "$upstream_response_length $upstream_response_time $upstream_status $req_id"
)


# https://doc.traefik.io/traefik/observability/access-logs/: common, referrer, agent, number of the request, router,
# URL of the server, duration in whole milliseconds. Versions before 2 wrote a missing referrer without quotes.
_TRAEFIK_PROGRAM = Program(
    b"",
    (
        Slot("client", Meaning.TEXT, b" ", solid=True),
        Slot("ident", Meaning.TEXT, b" "),
        Slot("user", Meaning.TEXT, b" ["),
        Slot("time", Meaning.CLF_TIME, b'] "'),
        Slot("request", Meaning.REQUEST, b'" ', quoted=True),
        Slot("status", Meaning.INTEGER, b" "),
        Slot("bytes", Meaning.INTEGER, b" "),
        Slot("referrer", Meaning.TEXT, b'" ', quoted=True, opening=b'"', missing=Missing.BARE),
        Slot("user_agent", Meaning.TEXT, b'" ', quoted=True, opening=b'"', missing=Missing.BARE),
        Slot("request_count", Meaning.INTEGER, b" "),
        Slot("router", Meaning.TEXT, b'" ', quoted=True, opening=b'"', missing=Missing.BARE),
        Slot("upstream_addr", Meaning.TEXT, b'" ', quoted=True, opening=b'"', missing=Missing.BARE),
        Slot("duration", Meaning.DECIMAL, b"ms\n", scale=1e-3),
    ),
)


def _ingress(name: str, doc: str, rank: int, upstream: str, line: str) -> Format:
    """Return a row of what the ingress controller wrote before; the request's id is missing in the oldest."""
    head, tail = _INGRESS_FORMAT.split(" [$proxy_alternative_upstream_name] $upstream_addr ")
    text = head.replace("$remote_addr - ", "$remote_addr - [$the_real_ip] - ") + f" {upstream} {tail}"
    program = compile_nginx(text.removesuffix(" $req_id"))
    slots = (*program.slots[:-1], replace(program.slots[-1], terminator=b""))
    expected = {
        "client": "192.0.2.64",
        "user": "joe",
        "status": 200,
        "bytes_in": 89,
        "duration": 0.001,
        "upstream_duration": 0.002,
        "upstream_addr": "172.17.0.5:8080",
    }
    return Format(
        name=name,
        family="web",
        engine=SEPARATOR,
        program=replace(program, slots=slots, extra=True),
        doc=doc,
        rank=rank,
        needs=(b" - [", b"] - ", b'" "'),
        samples=(Sample(line, expected),),
        refused=(line[:90], line.replace(" - [192.0.2.64]", "")),
    )


INGRESS = (
    Format(
        name="traefik",
        family="web",
        engine=SEPARATOR,
        program=_TRAEFIK_PROGRAM,
        doc="Traefik's access log in its common format",
        rank=8,
        needs=(b'] "', b'" "', b"ms"),
        samples=(
            Sample(
                '192.0.2.7 - bob [08/Dec/2021:09:16:05 +0000] "GET /a?b=c HTTP/1.1" 200 414 "-" "curl/7.68.0" 500 '
                '"test@docker" "http://172.17.0.3:80" 12ms',
                {
                    "client": "192.0.2.7",
                    "user": "bob",
                    "time": "2021-12-08T09:16:05Z",
                    "path": "/a",
                    "status": 200,
                    "bytes": 414,
                    "referrer": None,
                    "user_agent": "curl/7.68.0",
                    "request_count": 500,
                    "router": "test@docker",
                    "upstream_addr": "http://172.17.0.3:80",
                    "duration": 0.012,
                },
            ),
            Sample(
                '::1 - - [28/Feb/2018:17:30:33 +0000] "GET /en/ HTTP/2.0" 200 2814 - "M (iPhone)" 13 "Host-0" "/" 0ms',
                {"referrer": None, "user_agent": "M (iPhone)", "request_count": 13, "duration": 0.0},
            ),
            Sample(
                '::1 - - [28/Feb/2018:17:30:33 +0000] "GET /ping HTTP/1.1" 200 2 "-" "-" 1 - - 3ms',
                {"router": None, "upstream_addr": None, "duration": 0.003},
            ),
        ),
        refused=(
            '::1 - - [28/Feb/2018:17:30:33 +0000] "GET /en/ HTTP/2.0" 200 2814 "-" "Mozilla/5.0"',
            '::1 - - [28/Feb/2018:17:30:33 +0000] "GET / HTTP/2.0" 200 2814 "-" "M" 13 "Host-0" "/" 12',
            '::1 - - [28/Feb/2018:17:30:33 +0000] "GET / HTTP/2.0" 200 2814 "-" "M" 13 "Host-0" 12ms',
        ),
    ),
    Format(
        name="ingress_nginx",
        family="web",
        engine=SEPARATOR,
        program=compile_nginx(_INGRESS_FORMAT),
        doc="default log of the Kubernetes ingress controller ingress-nginx",
        rank=9,
        needs=(b'] "', b'" "', b" ["),
        samples=(
            Sample(
                '192.0.2.64 - - [07/Feb/2020:11:48:51 +0000] "POST /products HTTP/1.1" 200 59 "-" "curl/7.54.0" 89 '
                "0.001 [default-web-8080] [] 172.17.0.5:8080 59 0.000 200 529a007902362a5f51385a5fa7049884",
                {
                    "client": "192.0.2.64",
                    "user": None,
                    "method": "POST",
                    "status": 200,
                    "bytes": 59,
                    "bytes_in": 89,
                    "duration": 0.001,
                    "proxy_upstream_name": "default-web-8080",
                    "proxy_alternative_upstream_name": "",
                    "upstream_addr": "172.17.0.5:8080",
                    "upstream_duration": 0.0,
                    "request_id": "529a007902362a5f51385a5fa7049884",
                },
            ),
            Sample(
                '192.0.2.64 - - [07/Feb/2020:11:49:50 +0000] "\\x16\\x03" 400 163 "-" "-" 0 0.000 [] [] - - - - '
                "4c7d2079340e68353c7d0dfff00b904b",
                {"method": None, "target": "\\x16\\x03", "upstream_addr": None, "upstream_duration": None},
            ),
        ),
        refused=(
            '192.0.2.64 - - [07/Feb/2020:11:48:51 +0000] "POST /products HTTP/1.1" 200 59 "-" "curl/7.54.0"',
            '192.0.2.64 - - [07/Feb/2020:11:48:51 +0000] "POST /p HTTP/1.1" 200 59 "-" "curl/7.54.0" 89 0.001',
        ),
    ),
    _ingress(
        "ingress_nginx_21",
        "ingress-nginx up to 0.21: the client twice",
        9,
        "$upstream_addr",
        '192.0.2.64 - [192.0.2.64] - joe [07/Feb/2020:11:48:51 +0000] "GET /a HTTP/1.1" 200 59 "-" "curl/7.54.0" 89 '
        "0.001 [default-web-8080] 172.17.0.5:8080 59 0.002 200 529a007902362a5f51385a5fa7049884",
    ),
    _ingress(
        "ingress_nginx_26",
        "ingress-nginx from 0.22 to 0.26: the client twice",
        10,
        "[$proxy_alternative_upstream_name] $upstream_addr",
        '192.0.2.64 - [192.0.2.64] - joe [07/Feb/2020:11:48:51 +0000] "GET /a HTTP/1.1" 200 59 "-" "curl/7.54.0" 89 '
        "0.001 [default-web-8080] [] 172.17.0.5:8080 59 0.002 200 529a007902362a5f51385a5fa7049884",
    ),
)
"""Rows of the family."""
