from __future__ import annotations

from typing import Any

import pytest
from formats.cases import fields_of

from logproc.errors import FormatError
from logproc.formats import resolve
from logproc.formats.nginx import VARIABLES, compile_nginx
from logproc.formats.program import Meaning

READS = [
    ("$remote_addr $remote_user", "::1 -", {"client": "::1", "user": None}),
    ("[$time_local] $status", "[10/Oct/2000:13:55:36 -0700] 200", {"time": "2000-10-10T20:55:36Z", "status": 200}),
    ("$time_local $status", "10/Oct/2000:13:55:36 -0700 200", {"time": "2000-10-10T20:55:36Z", "status": 200}),
    (
        "$time_iso8601|$msec",
        "2000-10-10T13:55:36-07:00|971211336.250",
        {"time": "2000-10-10T20:55:36Z", "msec": 971211336.25},
    ),
    ("$msec", "971211336.250", {"time": "2000-10-10T20:55:36.250000Z"}),
    ('"$request"', '"GET /a?b HTTP/1.1"', {"method": "GET", "path": "/a", "query": "b", "protocol": "HTTP/1.1"}),
    ('"$request"', '"garbage"', {"method": None, "target": "garbage", "path": "garbage", "protocol": None}),
    ("$request $status", "GET /a HTTP/1.1 200", {"method": "GET", "target": "/a", "status": 200}),
    ("$request_method $request_uri $server_protocol", "GET /a?b HTTP/1.1", {"target": "/a?b", "query": "b"}),
    ("$uri $args", "/a b=c", {"path": "/a", "query": "b=c"}),
    ('"$request" $uri $request_uri', '"GET /a HTTP/1.0" /b /c', {"path": "/a", "uri": "/b", "request_uri": "/c"}),
    ("$body_bytes_sent $bytes_sent $request_length", "1 2 3", {"bytes": 1, "bytes_sent": 2, "bytes_in": 3}),
    ("$bytes_sent", "2", {"bytes_sent": 2}),
    ('"$http_referer" "$http_user_agent"', '"" "-"', {"referrer": "", "user_agent": None}),
    (
        "$host $http_host $server_name:$server_port",
        "a b c:80",
        {"vhost": "a", "http_host": "b", "server_name": "c", "port": 80},
    ),
    (
        "$request_time $upstream_response_time $pipe",
        "0.5 0.010, 0.020 : 0.001 p",
        {"duration": 0.5, "upstream_duration": 0.031},
    ),
    ("$upstream_response_time", "-, 1.394", {"upstream_duration": 1.394}),
    ("$upstream_response_time", "-", {"upstream_duration": None}),
    (
        "$upstream_addr $status",
        "10.0.0.1:80, 10.0.0.2:80 200",
        {"upstream_addr": "10.0.0.1:80, 10.0.0.2:80", "status": 200},
    ),
    (
        "$upstream_cache_status $ssl_protocol $ssl_cipher $sent_http_content_type",
        "HIT T C text/html",
        {"cache": "HIT", "tls_protocol": "T", "tls_cipher": "C", "content_type": "text/html"},
    ),
    (
        "$request_id|$http_x_forwarded_for",
        "r|1.1.1.1, 2.2.2.2",
        {"request_id": "r", "forwarded_for": "1.1.1.1, 2.2.2.2"},
    ),
    ("$http_x_real_ip $my_own", "a b", {"http_x_real_ip": "a", "my_own": "b"}),
    ("$my - [$my]", "a - [b]", {"my": "a", "my_2": "b"}),
    ("${status}x$REMOTE_ADDR", "200x::1", {"status": 200, "client": "::1"}),
    ("$time_local$status", "10/Oct/2000:13:55:36 -0700200", {"time": "2000-10-10T20:55:36Z", "status": 200}),
    (
        "'$remote_addr - ' '[$time_local]'",
        "a - [10/Oct/2000:13:55:36 -0700]",
        {"client": "a", "time": "2000-10-10T20:55:36Z"},
    ),
    ("log_format main '$status '\n    '\\'$remote_addr\\'';", "200 'a'", {"status": 200, "client": "a"}),
    ('log_format "m" escape=json "$status \\"$http_referer\\"";', '200 "x"', {"status": 200, "referrer": "x"}),
    ("escape=none '$status'", "200", {"status": 200}),
    ("log_format main $status;", "200", {"status": 200}),
    ('"$status" "$remote_addr"', '"200" "a"', {"status": 200, "client": "a"}),
]


@pytest.mark.parametrize(("spec", "line", "expected"), READS, ids=[spec for spec, _, _ in READS])
def test_a_log_format_reads_its_line(spec: str, line: str, expected: dict[str, Any]):
    found = fields_of(resolve(f"nginx:{spec}"), line)
    assert {name: found.get(name, "missing") for name in expected} == pytest.approx(expected)


REFUSED = [
    ("$remote_addr$status", r"\$remote_addr and \$status have nothing between them"),
    ("$", r"'\$' at position 1 is not followed by a variable name"),
    ("$status ${", r"'\$' at position 9"),
    ("'$status' oops", r"expected a quoted piece at 'oops'"),
    ("", r"names no field"),
]


@pytest.mark.parametrize(("spec", "message"), REFUSED, ids=[spec for spec, _ in REFUSED])
def test_a_log_format_that_cannot_be_read_says_why(spec: str, message: str):
    with pytest.raises(FormatError, match=message):
        compile_nginx(spec)


def test_nginxs_own_combined_is_known_by_name():
    line = '::1 - bob smith [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl"'
    found = fields_of(resolve("nginx:combined"), line)
    assert (found["client"], found["user"], found["user_agent"]) == ("::1", "bob smith", "curl")


@pytest.mark.parametrize("name", VARIABLES)
def test_every_known_variable_compiles_alone(name: str):
    slots = compile_nginx(f"${name}").slots
    assert slots[0].terminator == b"\n" or slots[0].meaning is Meaning.REQUEST
