"""Every line of other parsers' test suites whose format is one of ours, under the names that both have.

`disputed_cases.json` lists what is wrong or asks for more, with its reason; `OUTSIDE` says which formats of theirs are
none of ours. What the other tests look at (`test_cases`, `test_named`, `test_headed`, `test_grok`) is not repeated.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from formats.cases import needs_shared, read_cases
from formats.test_cases import DISPUTED

from logproc.adhoc.rows import parse
from logproc.config import Flags, load
from logproc.model import LEVELS

ECS = {
    "@timestamp": "time",
    "message": "message",
    "log.level": "level",
    "process.pid": "pid",
    "process.name": "program",
    "host.hostname": "host",
    "source.address": "client",
    "http.request.method": "method",
    "http.response.status_code": "status",
    "http.response.body.bytes": "bytes",
    "http.request.referrer": "referrer",
    "http.version": "protocol",
    "user_agent.original": "user_agent",
    "url.query": "query",
    "event.duration": "duration",
}
NGINX = {
    "remote_addr": "client",
    "remote_user": "user",
    "status": "status",
    "request": "target",
    "body_bytes_sent": "bytes",
    "http_referer": "referrer",
    "http_user_agent": "user_agent",
    "verb": "method",
    "@time": "time",
}
APACHE = {
    **NGINX,
    "clientip": "client",
    "auth": "user",
    "ident": "ident",
    "referrer": "referrer",
    "response": "status",
    "bytes": "bytes",
}
SYSLOG = {
    "program": "program",
    "pid": "pid",
    "message": "message",
    "@time": "time",
    "host": "host",
    "ident": "program",
    "hostname": "host",
    "appname": "program",
    "procid": "pid",
    "msgid": "msgid",
    "facility": "facility",
    "severity": "severity",
}
VRL = {
    "host": "client",
    "identity": "ident",
    "user": "user",
    "timestamp": "time",
    "method": "method",
    "path": "target",
    "protocol": "protocol",
    "status": "status",
    "size": "bytes",
    "client": "client",
    "agent": "user_agent",
    "level": "level",
    "message": "message",
}
FLUENTD = {
    "user": "user",
    "method": "method",
    "path": "target",
    "code": "status",
    "size": "bytes",
    "referer": "referrer",
    "agent": "user_agent",
    "@time": "time",
    "level": "level",
    "message": "message",
    "client": "client",
}


class Kind(NamedTuple):
    """A file and format of cases, how we read its lines, and which of their names are ours."""

    file: str
    theirs: str
    ours: str
    names: dict[str, str]


WEB = {**ECS, "user.name": "user"}
ES = {**ECS, "elasticsearch.component": "logger"}
KINDS = [
    Kind("elastic_beats.jsonl", "apache_access", "auto", WEB),
    Kind("elastic_beats.jsonl", "nginx_access", "auto", WEB),
    Kind("elastic_beats.jsonl", "apache_error", "auto", ECS),
    Kind("elastic_beats.jsonl", "nginx_error", "auto", ECS),
    Kind("elastic_beats.jsonl", "nginx_ingress", "auto", WEB),
    Kind("elastic_beats.jsonl", "traefik", "auto", WEB),
    Kind("elastic_beats.jsonl", "elasticsearch", "auto", ES),
    Kind("elastic_beats.jsonl", "es_depr", "auto", ES),
    Kind("elastic_beats.jsonl", "es_slow", "auto", {"@timestamp": "time", "log.level": "level"}),
    Kind("elastic_beats.jsonl", "es_audit", "auto", {"@timestamp": "time"}),
    Kind("elastic_beats.jsonl", "es_gc", "auto", ECS),
    Kind("elastic_beats.jsonl", "icinga", "auto", ECS),
    Kind("elastic_beats.jsonl", "log4j_kafka", "auto", {**ECS, "kafka.log.class": "logger"}),
    Kind("elastic_beats.jsonl", "json", "auto", ECS),
    Kind("elastic_beats.jsonl", "logstash", "auto", {**ECS, "logstash.log.module": "logger"}),
    Kind("elastic_beats.jsonl", "mongodb", "auto", ECS),
    Kind("elastic_beats.jsonl", "mysql_error", "auto", ECS),
    Kind("elastic_beats.jsonl", "mysql_slow", "auto", {**ECS, "mysql.slowlog.query": "message"}),
    Kind("elastic_beats.jsonl", "nats", "auto", ECS),
    Kind("elastic_beats.jsonl", "postgresql", "auto", WEB),
    Kind("elastic_beats.jsonl", "redis", "auto", ECS),
    Kind("elastic_beats.jsonl", "syslog-rfc3164", "syslog", ECS),
    Kind("vrl.jsonl", "apache", "auto", VRL),
    Kind("vrl.jsonl", "nginx", "auto", {name: ours for name, ours in VRL.items() if name != "host"}),
    Kind("vrl.jsonl", "clf", "auto", VRL),
    Kind("vrl.jsonl", "syslog", "auto", {**SYSLOG, "timestamp": "time"}),
    Kind("vrl.jsonl", "klog", "auto", VRL),
    Kind("vrl.jsonl", "glog", "auto", VRL),
    Kind("fluentd.jsonl", "apache", "auto", FLUENTD),
    Kind("fluentd.jsonl", "nginx", "auto", {**FLUENTD, "remote": "client"}),
    Kind("fluentd.jsonl", "apache_error", "auto", FLUENTD),
    Kind("fluentd.jsonl", "syslog", "auto", SYSLOG),
    Kind("crowdsec.jsonl", "nginx_access", "auto", NGINX),
    Kind("crowdsec.jsonl", "apache_access", "auto", APACHE),
    Kind("crowdsec.jsonl", "syslog", "auto", SYSLOG),
    Kind("crowdsec.jsonl", "haproxy", "auto", NGINX),
]
CASES = [
    (kind, number, case)
    for kind in KINDS
    for number, case in enumerate(read_cases(kind.file))
    if case["format"] == kind.theirs and case.get("valid", True)
]


def differences(kind: Kind, case: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what is expected and what is found, by our name, where they are not the same."""
    line = case["line"].encode() if "line" in case else base64.b64decode(case["line_b64"])
    zone = zone_of(case)
    rows = rows_of(kind, line, zone)
    if len(rows) != 1:
        return {"rows": (1, len(rows))}
    pairs = [(kind.names[name], value) for name, value in case["expected"].items() if name in kind.names]
    # Elastic's pipelines leave the whole record as the message where its parts became fields: that is our `raw`.
    whole = line.decode("utf-8", "backslashreplace")
    pairs = [(n, value) if n != "message" or value != whole else ("raw", whole.split("\n")[0]) for n, value in pairs]
    if any(name == "raw" for name, _ in pairs):
        pairs += [("message", query) for name, query in case["expected"].items() if name == "postgresql.log.query"]
        rows[0] |= rows_of(kind, line, zone, select=("raw",))[0]
    if line.startswith(b"{"):  # JSON of Elasticsearch: its component is asked for by that name
        pairs = [pair for pair in pairs if pair[0] != "logger"]
    wrong = {}
    for name, value in pairs:
        expected, found = normalised(name, value), normalised(name, rows[0].get(name), ours=True)
        if not same(name, expected, found):
            wrong[name] = (expected, found)
    return wrong


def rows_of(kind: Kind, line: bytes, zone: str, select: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the rows of a line as `parse` prints them, its zoneless times read in a zone."""
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / "text.log", BytesIO()
        path.write_bytes(line + b"\n")
        config = replace(load(Flags(paths=(str(path),), format=kind.ours), find=False), timezone=zone)
        parse(config, out, select=select)
        return [json.loads(row) for row in out.getvalue().splitlines()]


def zone_of(case: dict[str, Any]) -> str:
    """Return the zone that a case was given as an offset."""
    offset = re.fullmatch(r"([+-])0?(\d+):00", (case.get("options") or {}).get("timezone") or "")
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{offset[2]}" if offset else "UTC"


def normalised(name: str, value: Any, *, ours: bool = False) -> Any:
    """Bring a value of theirs to what the contract says."""
    if isinstance(value, list):
        value = value[-1] if value else None
    if value in {None, "", "-"}:
        return None
    if name == "level":
        return LEVELS.get(str(value).lower(), str(value).upper())
    if name == "protocol":
        return str(value).rpartition("/")[2]
    if name == "duration":
        return round(float(value) / (1 if ours else 1e9), 6)
    if name == "message":
        return str(value).strip()
    return str(value)


def same(name: str, expected: Any, found: Any) -> bool:
    if name == "time" and expected and found:
        return same_time(expected, found)
    if name in {"bytes", "status", "pid"} and expected is not None and found is not None:
        return float(expected) == float(found)
    return bool(expected == found)


def same_time(expected: str, found: str) -> bool:
    """Compare instants; what ours is without a zone, theirs may have been given one as an option."""
    if "<YEAR>" in expected:  # the year of their run
        return expected[7:19] == found[5:17] or expected[6:21] == found[4:19]
    theirs, ours = (datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)) for text in (expected, found))
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    if abs((theirs - ours).total_seconds()) < 1:
        return True
    return theirs.replace(tzinfo=None, microsecond=0) == ours.replace(tzinfo=None, microsecond=0)


@needs_shared
@pytest.mark.parametrize("kind", KINDS, ids=[f"{kind.file[:-6]}-{kind.theirs}" for kind in KINDS])
def test_lines_of_other_parsers_give_what_they_expect(kind: Kind):
    wrong = {}
    for other, number, case in CASES:
        if other is not kind:
            continue
        disputed = DISPUTED.get((kind.file, number), {"fields": []}).get("fields")
        found = {} if disputed is None else differences(kind, case)
        found = {name: pair for name, pair in found.items() if name not in (disputed or ())}
        if found:
            wrong[number] = found
    assert wrong == {}
