from __future__ import annotations

from typing import Any

import pytest
from formats.cases import fields_of

from logproc.errors import FormatError
from logproc.formats import resolve
from logproc.formats.apache import compile_apache
from logproc.formats.program import Meaning


def read(spec: str, line: str) -> dict[str, Any]:
    return fields_of(resolve(f"apache:{spec}"), line)


READS = [
    ("%<s %s %>s", "201 202 203", {"status": 203, "original_status": 202}),
    ("%s", "404", {"status": 404}),
    ("%<s", "404", {"status": 404}),
    ("%T", "2", {"duration": 2.0}),
    ("%T %{ms}T", "1 1042", {"duration": 1.042, "duration_2": 1.0}),
    ("%T %{US}T", "1 1042000", {"duration": 1.042}),
    ("%{s}T/%D", "1/1042000", {"duration": 1.042}),
    ("%h %D", "::1 500000", {"client": "::1", "duration": 0.5}),
    ("%b", "-", {"bytes": None}),
    ("%B %O", "5 300", {"bytes": 5, "bytes_sent": 300}),
    ("%O", "300", {"bytes": 300}),
    ("%I %S", "1 2", {"bytes_in": 1, "bytes_transferred": 2}),
    ("%{Referer}i|%{User-Agent}i|%{Host}i", "a|b|c", {"referrer": "a", "user_agent": "b", "vhost": "c"}),
    (
        "%{X-Forwarded-For}i %h",
        "1.1.1.1, 2.2.2.2 3.3.3.3",
        {"forwarded_for": "1.1.1.1, 2.2.2.2", "client": "3.3.3.3"},
    ),
    ("%{X-Header}i %{Set-Cookie}o", "a b", {"x_header": "a", "set_cookie": "b"}),
    ("%{SSL_PROTOCOL}x %{SSL_CIPHER}x", "TLSv1.3 AES", {"tls_protocol": "TLSv1.3", "tls_cipher": "AES"}),
    ("%{UNIQUE_ID}e", "Xy", {"request_id": "Xy"}),
    ("%{c}a %a", "10.0.0.1 1.2.3.4", {"client": "1.2.3.4", "peer_addr": "10.0.0.1"}),
    ("%{c}a", "10.0.0.1", {"client": "10.0.0.1"}),
    ("%h %a", "host 1.2.3.4", {"client": "host", "remote_addr": "1.2.3.4"}),
    ("%v %V", "a b", {"vhost": "a", "server_name": "b"}),
    ("%p %{remote}p %{local}p", "80 5 81", {"port": 80, "remote_port": 5, "local_port": 81}),
    (
        "%P %{tid}P %k %L %X %f",
        "1 2 3 l + /f",
        {"pid": 1, "tid": 2, "keepalive_requests": 3, "connection_status": "+"},
    ),
    (
        "%m %U%q %H",
        "GET /a?b HTTP/2",
        {"method": "GET", "target": "/a?b", "path": "/a", "query": "b", "protocol": "HTTP/2"},
    ),
    ("%m %U %q", "GET /a ?b", {"path": "/a", "query": "?b"}),
    ('%%"%r"', '%"GET / HTTP/1.0"', {"method": "GET", "target": "/", "protocol": "HTTP/1.0"}),
    (
        "%r %s",
        "GET /a?b HTTP/1.0 200",
        {"method": "GET", "path": "/a", "query": "b", "protocol": "HTTP/1.0", "status": 200},
    ),
    ('"%r" "%U"', '"GET /x HTTP/1.0" "/y"', {"path": "/x", "request_path": "/y"}),
    ('"%400r" "%r"', '"-" "GET / HTTP/1.0"', {"target": "/", "request_2": None}),
    ("%t %h", "[10/Oct/2000:13:55:36 -0700] a", {"time": "2000-10-10T20:55:36Z", "client": "a"}),
    ("%{}t", "[10/Oct/2000:13:55:36 -0700]", {"time": "2000-10-10T20:55:36Z"}),
    ("%{%d/%b/%Y:%T %z}t %h", "10/Oct/2000:13:55:36 -0700 a", {"time": "2000-10-10T20:55:36Z", "client": "a"}),
    ("%{sec}t", "971211336", {"time": "2000-10-10T20:55:36Z"}),
    ("%{msec}t", "971211336001", {"time": "2000-10-10T20:55:36.001000Z"}),
    ("%{begin:usec}t", "971211336000001", {"time": "2000-10-10T20:55:36.000001Z"}),
    ("%{end}t %t", "[10/Oct/2000:00:00:09 +0000] [10/Oct/2000:00:00:01 +0000]", {"time": "2000-10-10T00:00:01Z"}),
    ("%{%FT%T%z}t %h", "2000-10-10T13:55:36-0700 a", {"time": "2000-10-10T20:55:36Z"}),
    ("%{%Y-%m-%d}t %{%H:%M:%S}t %h", "2000-10-10 13:55:36 a", {"time": "2000-10-10T13:55:36Z", "client": "a"}),
    (
        "%{%Y-%m-%dT%T}t.%{usec_frac}t%{%z}t %h",
        "2000-10-10T13:55:36.000042-0700 a",
        {"time": "2000-10-10T20:55:36.000042Z", "client": "a"},
    ),
    (
        "%{%F %T}t.%{usec_frac}t %h",
        "2000-10-10 13:55:36.000042 a",
        {"time": "2000-10-10T13:55:36.000042Z", "client": "a"},
    ),
    ("%{%H:%M %p}t %h", "01:05 AM a", {"time_text": "01:05 AM", "client": "a"}),
    ("%t %{%s}t", "[10/Oct/2000:13:55:36 -0700] 971211336", {"time": "2000-10-10T20:55:36Z", "time_2": 971211336.0}),
    (r"%h \"%r\" %>s", '::1 "GET / HTTP/1.0" 200', {"client": "::1", "target": "/", "status": 200}),
    (r'LogFormat "%h \"%r\"" short', '::1 "GET / HTTP/1.0"', {"client": "::1", "target": "/"}),
    (r"%h\t%>s", "::1\t200", {"client": "::1", "status": 200}),
    ("%h [%r]", "a [GET / HTTP/1.0]", {"method": "GET", "target": "/"}),
]


@pytest.mark.parametrize(("spec", "line", "expected"), READS, ids=[spec for spec, _, _ in READS])
def test_a_logformat_string_reads_its_line(spec: str, line: str, expected: dict[str, Any]):
    found = read(spec, line)
    assert {name: found.get(name, "missing") for name in expected} == pytest.approx(expected)


REFUSED = [
    ("%h%l", r"%h and %l have nothing between them: no reader could tell where one ends"),
    ("%h %y", r"%y at position 4 is no directive"),
    ("a%", r"'%' at position 2 is no directive; write %% for a percent sign"),
    ("%{x}b", r"%\{x\}b at position 1"),
    ("%i", r"%i at position 1 needs a name"),
    ("%{open", r"at position 1 is no directive"),
    ("no field", r"names no field"),
    (r"%h\n%l", r"line break"),
    ('"%r %s', r"%r has a quote before it and none behind"),
    ("%{%A %d}t %h", r"%\{%A %d\}t may hold ' ', which also ends it: let"),
]


@pytest.mark.parametrize(("spec", "message"), REFUSED, ids=[spec for spec, _ in REFUSED])
def test_a_logformat_string_that_cannot_be_read_says_why(spec: str, message: str):
    with pytest.raises(FormatError, match=message):
        compile_apache(spec)


@pytest.mark.parametrize("name", ["common", "combined", "vhost_combined"])
def test_the_nicknames_stand_for_their_strings(name: str):
    slots = [(slot.name, slot.meaning, slot.terminator) for slot in compile_apache(name).slots]
    known = resolve(name).program
    assert known is not None
    assert [(slot.name, slot.meaning) for slot in known.slots] == [(name, meaning) for name, meaning, _ in slots]
    assert slots[-1][2] == known.slots[-1].terminator + b"\n"


def test_only_a_field_between_quotes_is_quoted():
    program = compile_apache('%h "%r" %s "%{Referer}i" [%{a}i]')
    assert [slot.quoted for slot in program.slots] == [False, True, False, True, False]


def test_a_time_has_a_fixed_length_only_where_a_blank_ends_it():
    slots = compile_apache("%{%d/%b/%Y:%T %z}t [%{%d/%b/%Y:%T %z}t]").slots
    assert [slot.length for slot in slots] == [26, 0]
    assert [slot.meaning for slot in slots] == [Meaning.CLF_TIME, Meaning.TEXT]
