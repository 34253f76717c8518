"""Lines of other parsers' test suites; where those are wrong or ask for more, `disputed_cases.json` says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from formats.cases import fields_of, needs_shared, read_cases

from logproc.errors import FormatError
from logproc.formats import resolve
from logproc.model import FACILITIES, SEVERITIES
from logproc.rollup.elements import elements_json

DISPUTED = {
    (entry["file"], entry["case"]): entry
    for entry in json.loads(Path(__file__).with_name("disputed_cases.json").read_text(encoding="utf-8"))
}


def undisputed(file: str, *formats: str, valid: bool = True) -> list[Any]:
    return [
        pytest.param(case, id=f"{file}-{number}")
        for number, case in enumerate(read_cases(file))
        if case["format"].startswith(formats) and case["valid"] is valid and not _all_disputed(file, number)
    ]


def _all_disputed(file: str, number: int) -> bool:
    return "fields" not in DISPUTED.get((file, number), {"fields": []})


@needs_shared
@pytest.mark.parametrize("number", range(len(read_cases("web.jsonl"))))
def test_web_lines_give_the_fields_that_others_expect(number: int):
    case = read_cases("web.jsonl")[number]
    found = fields_of(resolve(case["format"].removesuffix("+extra")), case["line"])
    disputed = DISPUTED.get(("web.jsonl", number), {}).get("fields", [])
    expected = {name: value for name, value in case["expected"].items() if name not in disputed}
    assert {name: found.get(name, "missing") for name in expected} == expected
    assert "rejected" not in found


@needs_shared
def test_every_dispute_is_about_a_case_that_exists():
    for (file, number), entry in DISPUTED.items():
        case = read_cases(file)[number]
        assert entry["reason"]
        assert entry.get("line", case.get("line")) == case.get("line")
        assert entry.get("spec", case.get("spec")) == case.get("spec")


NAMES = {
    "%h": "client",
    "%a": "client",
    "%u": "user",
    "%l": "ident",
    "%>s": "status",
    "%v": "vhost",
    "%p": "port",
    "%m": "method",
}


@needs_shared
@pytest.mark.parametrize("case", undisputed("apachelogs.jsonl", "apache") or [None])
def test_apachelogs_lines_are_read_with_the_same_values(case: dict[str, Any]):
    spec = f"apache:{case['spec']}" if case["format"] == "apache" else "apache:%t"
    line = case["line"]
    if case["format"] == "apache_timestamp":
        line = f"[{line.strip('[]')}]"
    found = fields_of(resolve(spec), line)
    assert "rejected" not in found
    directives = (case["expected"] or {}).get("directives", {})
    expected = {NAMES[directive]: value for directive, value in directives.items() if directive in NAMES}
    assert {name: found[name] for name in expected} == expected


@needs_shared
@pytest.mark.parametrize("case", undisputed("apachelogs.jsonl", "apache", valid=False) or [None])
def test_what_apachelogs_refuses_is_refused(case: dict[str, Any]):
    if case["format"] == "apache":
        with pytest.raises(FormatError):
            resolve(f"apache:{case['spec']}")
    else:
        assert fields_of(resolve("apache:[%t]".replace("[%t]", "%t")), f"[{case['line']}]") == {"rejected": "bad time"}


@needs_shared
@pytest.mark.parametrize("case", undisputed("nielsbasjes_logparser.jsonl", "apache", "nginx") or [None])
def test_logparser_lines_are_read(case: dict[str, Any]):
    found = fields_of(resolve(f"{case['format']}:{case['spec']}"), case["line"])
    assert "rejected" not in found
    expected = case["expected"]
    if "BYTES:request.bytes" in expected:
        assert found["bytes_in"] == int(expected["BYTES:request.bytes"])
    if "%a" in expected:
        assert (found["client"], found["remote_port"]) == (expected["%a"], int(expected["%{remote}p"]))


# ---- balancers, proxies, storage: names of others on the left, ours on the right ----------------------------------

ECS = {
    "http.request.method": "method",
    "http.response.status_code": "status",
    "http.response.body.bytes": "bytes",
    "url.original": "target",
    "url.query": "query",
    "user_agent.original": "user_agent",
    "http.request.referrer": "referrer",
    "source.address": "client",
}
AWS = {
    "type": "type",
    "elb": "elb",
    "received_bytes": "bytes_in",
    "sent_bytes": "bytes",
    "request_method": "method",
    "verb": "method",
    "request_url": "target",
    "ssl_cipher": "tls_cipher",
    "ssl_protocol": "tls_protocol",
    "domain_name": "vhost",
    "target_processing_time": "upstream_duration",
    "elb_status_code": "status",
    "user_agent": "user_agent",
    "trace_id": "trace_id",
    "actions_executed": "actions_executed",
    "target_group_arn": "target_group_arn",
}
HAPROXY = {
    "client_ip": "client",
    "client_port": "remote_port",
    "frontend_name": "frontend",
    "backend_name": "backend",
    "server_name": "server",
    "http_status_code": "status",
    "http_verb": "method",
    "http_request": "target",
    "bytes_read": "bytes",
    "termination_state": "termination_state",
    "syslog_server": "host",
    "program": "program",
    "pid": "pid",
    "backend_queue": "backend_queue",
}
SQUID = {
    "client_address": "client",
    "cache_result": "cache",
    "status_code": "status",
    "bytes": "bytes",
    "request_method": "method",
    "url": "target",
    "user": "user",
    "hierarchy_code": "hierarchy",
    "server": "upstream_addr",
    "content_type": "content_type",
}
S3 = {
    "owner": "bucket_owner",
    "bucket": "bucket",
    "clientip": "client",
    "request_id": "request_id",
    "operation": "operation",
    "key": "key",
    "verb": "method",
    "request": "target",
    "response": "status",
    "object_size": "object_size",
}
ELB = {"elb": "elb", "clientip": "client", "clientport": "remote_port", "response": "status", "bytes": "bytes"}
TRAEFIK = {
    "body_bytes_sent": "bytes",
    "remote_addr": "client",
    "request": "target",
    "status": "status",
    "traefik_router_name": "router",
    "traefik_server_url": "upstream_addr",
    "verb": "method",
    "number_of_requests_received_since_traefik_started": "request_count",
}
ENVOY = {
    "bytes_received": "bytes_in",
    "bytes_sent": "bytes",
    "http_user_agent": "user_agent",
    "status": "status",
    "verb": "method",
    "request_id": "request_id",
}
OTHERS = [
    ("elastic_beats.jsonl", "traefik", "", "traefik", {**ECS, "traefik.access.request_count": "request_count"}),
    ("elastic_beats.jsonl", "nginx_ingress", "", "ingress_nginx", {**ECS, "http.request.id": "request_id"}),
    ("vrl.jsonl", "aws_alb", "", "alb", AWS),
    ("crowdsec.jsonl", "crowdsec:aws-alb", "", "alb", AWS),
    ("crowdsec.jsonl", "crowdsec:envoy-logs", "", "envoy", ENVOY),
    ("crowdsec.jsonl", "traefik", "", "traefik", TRAEFIK),
    ("logstash_grok.jsonl", "grok", "%{ELB_ACCESS_LOG}", "elb", ELB),
    ("logstash_grok.jsonl", "grok", "%{S3_ACCESS_LOG}", "s3", S3),
    ("logstash_grok.jsonl", "grok", "%{HAPROXYHTTP}", "haproxy", HAPROXY),
    ("logstash_grok.jsonl", "grok", "%{HAPROXYHTTPBASE}", "haproxy", HAPROXY),
    ("logstash_grok.jsonl", "grok", "%{HAPROXYTCP}", "haproxy_tcp", HAPROXY),
    ("logstash_grok.jsonl", "grok", "%{SQUID3}", "squid", SQUID),
]
OTHER_CASES = [
    pytest.param(case, ours, names, id=f"{file}-{number}")
    for file, theirs, spec, ours, names in OTHERS
    for number, case in enumerate(read_cases(file))
    if case["format"] == theirs and (case.get("spec") or "") == spec and case.get("valid", True)
    if not case.get("line", "{").startswith("{")
    if not _all_disputed(file, number)
]


@needs_shared
@pytest.mark.parametrize(("case", "ours", "names"), OTHER_CASES or [(None, None, None)])
def test_lines_of_balancers_and_proxies_give_what_others_expect(case: dict[str, Any], ours: str, names: dict[str, str]):
    found = fields_of(resolve(ours), case["line"])
    assert "rejected" not in found
    expected = {
        names[name]: None if value in {None, "-", "-1", -1} else str(value)  # -1 is a time that was not measured
        for name, value in case["expected"].items()
        if name in names and isinstance(value, str | int | float | None)
    }
    assert {name: None if found[name] is None else str(found[name]) for name in expected} == expected


# ---- syslog ---------------------------------------------------------------------------------------------------

SYSLOG_NAMES = ("host", "program", "msgid", "message")


@needs_shared
@pytest.mark.no_cover
@pytest.mark.parametrize("number", range(len(read_cases("syslog.jsonl"))))
def test_syslog_lines_give_the_fields_that_others_expect(number: int):
    case = read_cases("syslog.jsonl")[number]
    if case.get("strict_only") or "line" not in case or _all_disputed("syslog.jsonl", number):
        return
    assert case["valid"]
    found = fields_of(resolve("syslog" if case["format"] == "rfc3164" else "rfc5424"), case["line"].rstrip("\n"))
    disputed = DISPUTED.get(("syslog.jsonl", number), {}).get("fields", [])
    expected = {name: value for name, value in case["expected"].items() if name not in disputed}
    assert "rejected" not in found
    assert {n: found[n] for n in SYSLOG_NAMES if n in expected} == {
        n: expected[n] for n in SYSLOG_NAMES if n in expected
    }
    if str(expected.get("pid") or "").isdigit():
        assert str(found["pid"]) == expected["pid"]
    if expected.get("time") is not None and case["format"] == "rfc5424":
        assert found["time"] == expected["time"].replace(".000000Z", "Z")
    if "severity" in expected:
        assert found["severity"] == SEVERITIES[expected["severity"]]
    if "facility" in expected:
        assert found["facility"] == FACILITIES[expected["facility"]]
    if expected.get("sd"):
        assert json.loads(elements_json(found["sd"])) == expected["sd"]
