"""Access logs of web servers: common, combined and what is built on them."""

from __future__ import annotations

from dataclasses import replace

from logproc.expressions import Expression
from logproc.formats.apache import NICKNAMES, compile_apache
from logproc.formats.format import SEPARATOR, Format, Sample
from logproc.formats.program import Meaning, Program

# "1.2.3.4:5678 - user [": somebody's %h:%{remote}p. Read as common or combined, every connection is another client.
_CLIENT_PORT = rb"(?:\S+ ){0,3}?(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+ - [^\[\"]*\["
# Combined, and what Traefik and the ingress controller of Kubernetes write behind it. They are told from combined here,
# and not by a higher rank, so that small files of combined need not be matched with them, too (see `packs`). The first
# group looks at the line's end alone, and spares other lines the search.
_TRAEFIK = rb'(?=.*+(?:(?<=\dms)|(?<=\dms\r))).*" \d+ (?:"[^"]*"|-) (?:"[^"]*"|-) \d+ms\r?\Z'
_INGRESS = rb'(?=.*+(?:(?<=[0-9a-f]{16})|(?<=[0-9a-f]{16}\r))).*" \d+ [\d.]+ \[[^\]]*\] \[[^\]]*\] '
_INGRESS_OLD = rb"\S+ - \[[^\]]*\] - "
_NOT_COMBINED = Expression(b"|".join((_CLIENT_PORT, _TRAEFIK, _INGRESS, _INGRESS_OLD)))
_VHOST_LIST = Expression(rb"\S+ (?:\S+,|[^\[\"]{0,200}?(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+) ")
_NO_CLIENT_PORT = Expression(rb"(?!(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+ )")
_NO_SECOND_PORT = Expression(rb"(?!\S+:\d+ (?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d+ [^\[\"]*\[)")
_PORT_REASON = "the client is written with its port, as in --format 'apache:%v:%p %h:%{remote}p %l %u %t …'"

"""https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/"""


def _with_port(program: Program) -> Program:
    """Return a program of an access log for one whose clients are written with their ports."""
    slots = (
        replace(slot, meaning=Meaning.ENDPOINT, port_name="remote_port") if slot.name == "client" else slot
        for slot in program.slots
    )
    return replace(program, slots=tuple(slots), clf_head=False)


WEB = (
    Format(
        name="common",
        family="web",
        engine=SEPARATOR,
        program=compile_apache(NICKNAMES["common"], extra=True, clf_head=True),
        doc="common log format of Apache and others; more fields may follow",
        rank=10,
        needs=(b'] "', b'" '),
        unlike=_NOT_COMBINED,
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
        unlike=_NOT_COMBINED,
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
        name="common_port",
        family="web",
        engine=SEPARATOR,
        program=_with_port(compile_apache(NICKNAMES["common"], extra=True)),
        doc="common log format, each client with its port",
        rank=8,
        needs=(b'] "', b'" '),
        unlike=_NO_CLIENT_PORT,
        samples=(
            Sample(
                '192.0.2.7:51234 - bob [10/Oct/2000:13:55:36 -0700] "GET /a?b=1 HTTP/1.0" 200 2326',
                {
                    "client": "192.0.2.7",
                    "remote_port": 51234,
                    "user": "bob",
                    "path": "/a",
                    "status": 200,
                    "bytes": 2326,
                },
            ),
        ),
        refused=('192.0.2.7:51234 - - [10/Oct/2000:13:55:36] "GET / HTTP/1.0" 200 2326', "192.0.2.7:51234 - - text"),
    ),
    Format(
        name="combined_port",
        family="web",
        engine=SEPARATOR,
        program=_with_port(compile_apache(NICKNAMES["combined"], extra=True)),
        doc="combined log format, each client with its port",
        rank=9,
        needs=(b'] "', b'" "'),
        unlike=_NO_CLIENT_PORT,
        samples=(
            Sample(
                '192.0.2.7:51234 - - [25/Oct/2016:14:49:33 +0200] "GET /a HTTP/1.1" 200 612 "-" "curl (X11)"',
                {"client": "192.0.2.7", "remote_port": 51234, "referrer": None, "user_agent": "curl (X11)"},
            ),
            Sample(
                '[2001:db8::1]:443 - - [25/Oct/2016:14:49:33 +0200] "GET /a HTTP/1.1" 200 612 "-" "x" 7',
                {"client": "2001:db8::1", "remote_port": 443},
            ),
        ),
        refused=(
            '192.0.2.7:51234 - - [25/Oct/2016:14:49:33 +0200] "GET / HTTP/1.1" 200 612',
            "192.0.2.7:51234 - - text",
        ),
    ),
    Format(
        name="vhost_combined_port",
        family="web",
        engine=SEPARATOR,
        program=_with_port(compile_apache(NICKNAMES["vhost_combined"], extra=True)),
        doc="Debian's vhost_combined, each client with its port",
        rank=10,
        needs=(b":", b'] "', b'" "'),
        unlike=_NO_SECOND_PORT,
        samples=(
            Sample(
                'www.test:80 192.0.2.7:51234 - - [06/May/2019:06:28:20 +0000] "GET / HTTP/1.1" 301 577 "-" "M"',
                {"vhost": "www.test", "port": 80, "client": "192.0.2.7", "remote_port": 51234, "status": 301},
            ),
            Sample(
                'a:443 [2001:db8::7]:22 - - [07/Sep/2023:15:58:36 +0200] "GET / HTTP/2.0" 302 3 "" ""',
                {"vhost": "a", "port": 443, "client": "2001:db8::7", "remote_port": 22},
            ),
        ),
        refused=(
            'www.test:80 192.0.2.7:51234 - - [06/May/2019:06:28:20 +0000] "GET / HTTP/1.1" 301 577',
            "a:1 b:2 - -",
        ),
    ),
    Format(
        name="combined_forwarded",
        family="web",
        engine=SEPARATOR,
        program=compile_apache(
            '%h (%{X-Forwarded-For}i) %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"', extra=True
        ),
        doc="combined with X-Forwarded-For in brackets behind the client",
        rank=21,
        needs=(b" (", b") ", b'] "', b'" "'),
        unlike=Expression(rb"(?![\da-zA-Z.:-]+ \([^()]*\) \S+ \S+ \[)"),
        samples=(
            Sample(
                '192.0.2.7 (198.51.100.3, 10.0.0.9) - bob [01/Oct/2024:08:22:45 +0000] "POST /a HTTP/1.1" 200 377 '
                '"https://a.example/" "Mozilla/5.0 (X11)"',
                {
                    "client": "192.0.2.7",
                    "forwarded_for": "198.51.100.3, 10.0.0.9",
                    "user": "bob",
                    "status": 200,
                    "user_agent": "Mozilla/5.0 (X11)",
                },
            ),
            Sample(
                '192.0.2.7 (-) - - [01/Oct/2024:08:22:45 +0000] "GET / HTTP/1.1" 200 377 "-" "x"',
                {"client": "192.0.2.7", "forwarded_for": None, "user": None},
            ),
        ),
        refused=(
            '192.0.2.7 - - [01/Oct/2024:08:22:45 +0000] "GET / HTTP/1.1" 200 377 "-" "x (y) z"',
            '192.0.2.7 (-) - - [01/Oct/2024:08:22:45 +0000] "GET / HTTP/1.1" 200 377',
        ),
    ),
    Format(
        name="ssl_request",
        family="web",
        engine=SEPARATOR,
        program=compile_apache('%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b', extra=True),
        doc="ssl_request_log of Apache httpd's example configuration",
        rank=7,
        needs=(b"[", b"] ", b' "'),
        unlike=Expression(rb"(?!\[[^\]]+\] \S+ (?:TLS|SSL|-)\S* \S+ \")"),
        samples=(
            Sample(
                '[10/Aug/2018:09:45:56 +0200] 172.30.0.119 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 "GET /a?b HTTP/1.1" 71',
                {
                    "time": "2018-08-10T07:45:56Z",
                    "client": "172.30.0.119",
                    "tls_protocol": "TLSv1.2",
                    "tls_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
                    "target": "/a?b",
                    "bytes": 71,
                },
            ),
        ),
        refused=('[10/Aug/2018:09:45:56 +0200] "GET /a?b HTTP/1.1" 71', '172.30.0.119 TLSv1.2 - "GET / HTTP/1.1" 7'),
    ),
)
"""Rows of the family."""
