from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
from formats.cases import SHARED, needs_shared, read_cases
from formats.named import counted, parsed
from formats.test_cases import DISPUTED
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.formats import resolve

NORMALISED = {"level", "time", "status", "duration"}
"""Contract fields whose value is not the text of the line."""

# ---- pairs: what other parsers expect ---------------------------------------------------------------------------


def pair_cases(file: str, *formats: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{file}-{number}")
        for number, case in enumerate(read_cases(file))
        if case["format"] in formats and (file, number) not in DISPUTED and case["line"].strip()
    ]


PAIR_CASES = [
    *pair_cases("logfmt.jsonl", "logfmt"),
    *pair_cases("fluent_bit.jsonl", "logfmt"),
    *pair_cases("vrl.jsonl", "logfmt", "kv"),
]


@needs_shared
@pytest.mark.parametrize("case", PAIR_CASES or [None])
def test_pairs_give_what_others_expect(case: dict[str, Any]):
    rows, report = parsed("logfmt", case["line"].encode() + b"\n")
    if not case["valid"]:
        assert report.lines.rejected == 1
        return
    assert report.lines.rejected == 0
    expected = case["expected"]
    if "pairs" in expected:  # null is there either an empty value or none
        expected = {key: value for key, value in expected["pairs"] if value is not None}
    expected = {name: value for name, value in expected.items() if name not in NORMALISED}
    found = {**rows[0], "msg": rows[0].get("message"), "ip": rows[0].get("client"), "@timestamp": None}
    expected.pop("@timestamp", None)
    assert {name: _text(found[name]) for name in expected} == {name: _text(value) for name, value in expected.items()}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@needs_shared
@pytest.mark.parametrize("case", pair_cases("fluentd.jsonl", "ltsv") or [None])
def test_labels_give_what_others_expect(case: dict[str, Any]):
    (row,), _ = parsed("ltsv", case["line"].encode() + b"\n")
    ours = {"host": "client", "req_id": "request_id"}
    if "time" in case["expected"]:
        assert row["time"] == "2013-02-28T03:00:00Z"
    else:
        assert {name: row[ours[name]] for name in case["expected"]} == case["expected"]


@needs_shared
def test_seventy_five_thousand_lines_of_grafana_are_read():
    with zipfile.ZipFile(SHARED / "corpora/klp/incident75k.logfmt.zip") as archive:
        text = archive.read(archive.namelist()[0])
    rows = counted(resolve("logfmt"), b"".join(text.splitlines(keepends=True)[:8000]), ("level", "message", "logger"))
    assert len(rows) == 8000
    assert all(row["time"] is not None and row["level"] is not None for row in rows)


# ---- JSON: what other parsers expect ----------------------------------------------------------------------------

BEATS = {"message": "message", "log.level": "level", "process.pid": "pid"}


def json_cases(file: str, *formats: str) -> list[dict[str, Any]]:
    return [case for case in read_cases(file) if case["format"] in formats and case["line"].startswith("{")]


@needs_shared
@pytest.mark.parametrize("kind", ["json", "es_depr", "logstash"])
def test_json_lines_of_elastic_give_the_time_and_fields_that_others_expect(kind: str):
    cases = json_cases("elastic_beats.jsonl", kind)
    rows, report = parsed("jsonl", b"".join(case["line"].encode() + b"\n" for case in cases))
    assert report.lines.rejected == 0
    for case, row in zip(cases, rows, strict=True):
        expected = case["expected"]
        if "@timestamp" in expected:
            assert row["time"][:19] == expected["@timestamp"][:19]
        ours = {name: str(row.get(column)).upper() for name, column in BEATS.items() if name in expected}
        assert ours == {name: str(expected[name]).upper() for name in ours}


@needs_shared
@pytest.mark.parametrize("case", json_cases("crowdsec.jsonl", "caddy") or [None])
def test_caddy_lines_give_what_others_expect(case: dict[str, Any]):
    (row,), _ = parsed("caddy", case["line"].encode() + b"\n")
    names = {"http_user_agent": "user_agent", "remote_ip": "client", "request": "target", "verb": "method"}
    assert {name: row[ours] for name, ours in names.items()} == {name: case["expected"][name] for name in names}
    assert row["time"][:19] == case["expected"]["@time"][:19]


# ---- one meaning in `parse` and in reports ----------------------------------------------------------------------

KEYS = st.sampled_from(["a", "level", "duration", "request", "uri", "url.path", "query", "date", "time", "ts", "ƒ"])
TEXTS = st.one_of(
    st.sampled_from(["1.5s", "20ms", "3µs", "7ns", "1e3ms", "-", "GET /a?b=c HTTP/1.1", "/x?y", "2024-01-02", "6"]),
    st.sampled_from(["03:04:05", "03:04:05.25", "2024-01-02T03:04:05+01:00", "[10/Oct/2000:13:55:36 -0700]", "?"]),
    st.text(max_size=12),
)
COLUMNS = ("a", "level", "method", "target", "path", "query", "protocol", "ƒ")


@settings(max_examples=60)
@given(st.lists(st.dictionaries(KEYS, TEXTS, min_size=1), min_size=1, max_size=4))
def test_json_means_the_same_in_rows_and_in_reports(documents: list[dict[str, str]]):
    text = b"".join(json.dumps(document, ensure_ascii=False).encode() + b"\n" for document in documents)
    agree("jsonl", text)


@settings(max_examples=60)
@given(st.lists(st.dictionaries(KEYS, TEXTS, min_size=1), min_size=1, max_size=4))
def test_pairs_mean_the_same_in_rows_and_in_reports(documents: list[dict[str, str]]):
    lines = [" ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in d.items()) for d in documents]
    agree("logfmt", b"".join(line.encode() + b"\n" for line in lines))


def agree(name: str, text: bytes) -> None:
    rows, report = parsed(name, text)
    assert report.lines.rejected == 0
    found = counted(resolve(name), text, (*COLUMNS, "duration"))
    assert len(found) == len(rows)
    for row, ours in zip(rows, found, strict=True):
        assert row["time"] == ours["time"]
        assert {name: row.get(name) for name in COLUMNS} == {name: ours[name] for name in COLUMNS}
        duration = row.get("duration")
        assert duration is None or duration == float(ours["duration"] or "nan")
