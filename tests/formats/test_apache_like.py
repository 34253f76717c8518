from __future__ import annotations

from typing import Any

import pytest
from formats.named import parsed

from logproc.errors import FormatError
from logproc.formats import resolve

HEAD = '192.0.2.1 - joe [27/Nov/2026:14:00:00 +0100] "GET /a?b HTTP/1.1" 200 12'
USUAL = {"client": "192.0.2.1", "user": "joe", "time": "2026-11-27T13:00:00Z", "target": "/a?b", "status": 200}

NGINX_JSON = """nginx:log_format main escape=json '{"t":"$time_iso8601","ip":"$remote_addr","st":$status,'
'"req":"$request","up":{"t":"$upstream_response_time"},"mixed":"$host:$server_port"}';"""

CASES: list[tuple[str, str, dict[str, Any]]] = [
    (
        'tomcat:%h %l %u %t "%r" %s %b %D %F %I %S %{org.x.attr}r',
        f"{HEAD} 45 40 http-nio-1 ABC yes",
        {
            **USUAL,
            "duration": 0.045,
            "first_byte_duration": 0.04,
            "thread": "http-nio-1",
            "org_x_attr": "yes",
        },
    ),
    (
        'tomcat:%{yyyy-MM-dd HH:mm:ss.SSS}t %a "%m %U%q %H" %s %{us}D',
        '2026-11-27 14:00:00.123 192.0.2.1 "GET /a?b HTTP/1.1" 200 45000',
        {"time": "2026-11-27T14:00:00.123000Z", "client": "192.0.2.1", "path": "/a", "query": "b", "duration": 0.045},
    ),
    ("tomcat:common", HEAD, USUAL),
    ('tomcat10:%h %l %u %t "%r" %s %b %D %F', f"{HEAD} 45000 40", {"duration": 0.045, "first_byte_duration": 0.04}),
    (
        'jetty:%{client}a - %u %t "%r" %s %{CLF}O %{us}T %{x}ti',
        f"{HEAD} 1234 -",
        {**USUAL, "bytes": 12, "duration": 0.001234, "x": None},
    ),
    (
        "jetty:%{yyyy-MM-dd'T'HH:mm:ss.SSSXX|UTC}t %{server}p",
        "2026-11-27T14:00:00.123+0100 8080",
        {"time": "2026-11-27T13:00:00.123000Z", "port": 8080},
    ),
    (
        'varnish:%h %l %u %t "%r" %s %b %{Varnish:time_firstbyte}x %{Varnish:hitmiss}x %D %{VCL_Log:key}x',
        f"{HEAD} 0.25 hit 1234 value",
        {**USUAL, "first_byte_duration": 0.25, "cache": "hit", "duration": 0.001234, "vcl_log_key": "value"},
    ),
    (
        "apache:%{c}h %{version}c %{cipher}c %!200,304{Referer}i %<s %>s",
        "192.0.2.1 TLSv1.2 AES - 200 302",
        {"client": "192.0.2.1", "tls_protocol": "TLSv1.2", "tls_cipher": "AES", "original_status": 200, "status": 302},
    ),
    (
        NGINX_JSON,
        '{"t":"2026-11-27T14:00:00+01:00","ip":"192.0.2.1","st":200,"req":"GET /a?b HTTP/1.1","up":{"t":"0.2"}}',
        {
            **{name: value for name, value in USUAL.items() if name != "user"},
            "method": "GET",
            "upstream_duration": 0.2,
        },
    ),
]


@pytest.mark.parametrize(("name", "line", "expected"), CASES)
def test_strings_of_other_servers_are_read(name: str, line: str, expected: dict[str, Any]):
    (row,), _ = parsed(name, line.encode() + b"\n")
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tomcat:%Y", "%Y at position 1"),
        ("jetty:%h%u", "nothing between them"),
        ('nginx:{"a": $status', "begins like JSON"),
    ],
)
def test_strings_that_cannot_be_read_are_refused(name: str, said: str):
    with pytest.raises(FormatError, match=said):
        resolve(name)
