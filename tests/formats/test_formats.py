from __future__ import annotations

import pickle
import re
from typing import Any

import pytest
from formats.cases import count_lines, fields_of
from formats.named import counted, matched, parsed

from logproc.errors import FormatError
from logproc.formats import _ROWS, FORMATS, STRINGS, Format, resolve
from logproc.formats.naming import Naming
from logproc.formats.parser import new_parser
from logproc.model import FIELDS, Kind
from logproc.rollup.elements import elements_json

END_OF_2000 = 978_220_799
"""An mtime, in seconds, before which the reference's year is the latest."""

SEPARATORS = [row for row in FORMATS.values() if row.program is not None]
SAMPLES = [
    pytest.param(row, sample, id=f"{row.name}-{number}")
    for row in SEPARATORS
    for number, sample in enumerate(row.samples)
]
NAMED_SAMPLES = [
    pytest.param(row, sample, id=f"{row.name}-{number}")
    for row in FORMATS.values()
    if row.program is None
    for number, sample in enumerate(row.samples)
]


@pytest.mark.parametrize(("row", "sample"), SAMPLES)
def test_a_format_reads_its_samples(row: Format, sample: Any):
    found = fields_of(row, sample.line)
    assert {name: found.get(name, "missing") for name in sample.expected} == sample.expected


@pytest.mark.parametrize(("row", "sample"), NAMED_SAMPLES)
def test_a_format_of_named_fields_reads_its_samples(row: Format, sample: Any):
    rows, report = parsed(row.name, sample.line.encode() + b"\n")
    assert report.lines.rejected == 0
    assert len(rows) == 1
    assert {name: rows[0].get(name, "missing") for name in sample.expected} == sample.expected


@pytest.mark.parametrize("row", SEPARATORS, ids=lambda row: row.name)
def test_a_run_reads_the_samples_of_a_format_as_the_reference_does(row: Format):
    lines = [sample.line.encode().removesuffix(b"\n") + b"\n" for sample in row.samples]
    rows, report = parsed(row.name, b"".join(lines), mtime=END_OF_2000)
    assert report.lines.rejected == 0
    for sample, found in zip(row.samples, rows, strict=True):
        expected = {"time": None} | fields_of(row, sample.line) | sample.expected
        expected.pop("request", None)  # reports put it together
        if expected["time"] == "missing":  # of a format that has none; rows have one
            expected["time"] = None
        if expected.get("sd"):
            expected["sd"] = elements_json(expected["sd"])
        assert {name: found.get(name, "missing") for name in expected} == expected


@pytest.mark.parametrize(("row", "sample"), NAMED_SAMPLES)
def test_reports_see_what_parse_prints(row: Format, sample: Any):
    line = sample.line.encode() + b"\n"
    (row_of_parse,), _ = parsed(row.name, line)
    other_names = {path for paths in (row.naming or Naming()).synonyms.values() for path in paths[1:]}
    names = tuple(n for n, v in row_of_parse.items() if not isinstance(v, list | dict | float) and n not in other_names)
    (found,) = counted(row, line, names)
    texts = {True: "true", False: "false", None: None}
    assert found == {
        n: texts.get(v, str(v)) if isinstance(v := row_of_parse[n], bool | None) else str(v) for n in found
    }


@pytest.mark.parametrize("row", FORMATS.values(), ids=FORMATS)
def test_a_format_refuses_what_it_must_not_read(row: Format):
    headers = () if row.program is None else row.program.headers
    for line in map(str.encode, row.refused):
        assert (line, *count_lines(row, line)) == (line, 0, 1)
        assert (line, *matched(row, line)) == (line, 0, 0 if line.startswith(headers) else 1)


def test_every_format_has_samples_and_refused_lines_and_says_what_it_is():
    assert [row.name for row in FORMATS.values() if not (row.samples and row.refused and row.doc)] == []


def test_the_needed_bytes_stand_in_every_sample():
    lacking = [
        (row.name, needed)
        for row in FORMATS.values()
        for sample in row.samples
        for needed in row.needs
        if needed not in sample.line.encode()
    ]
    assert lacking == []


def test_the_fields_of_formats_have_the_kinds_of_the_contract():
    contract = FIELDS["all"] | FIELDS["web"] | FIELDS["syslog"] | FIELDS["app"]
    named = [(row.name, name, kind) for row in SEPARATORS for name, kind in row.fields.items()]
    assert [field for field in named if contract.get(field[1], field[2]) != field[2]] == []
    assert [field for field in named if not re.fullmatch("[a-z][a-z0-9_]*", field[1])] == []


def test_combined_has_the_fields_of_request_head_and_slots():
    assert list(resolve("combined").fields) == [
        *("vhost", "port", "client", "ident", "user", "time"),
        *("method", "target", "path", "query", "protocol", "status", "bytes", "referrer", "user_agent"),
    ]


def test_json_lines_name_the_contract_fields_they_know():
    fields = resolve("jsonl").fields
    assert fields["time"] is Kind.TIME
    assert fields["status"] is Kind.INTEGER
    assert fields["message"] is Kind.TEXT


@pytest.mark.parametrize("name", ["combined", "nginx:$remote_addr $status", "apache:%h %>s", "regex:(?P<a>.)"])
def test_a_name_always_resolves_to_the_same_format(name: str):
    assert resolve(name) is resolve(name)


def test_every_language_of_format_strings_resolves():
    for language in STRINGS:
        row = resolve(f"{language}:{'$remote_addr' if language == 'nginx' else '%h'}")
        assert row.family == "web"
        assert list(row.fields) == ["client"]


def test_an_unknown_format_names_the_nearest_and_where_all_are():
    with pytest.raises(FormatError) as caught:
        resolve("combind")
    message = str(caught.value)
    assert message.startswith("unknown format 'combind'; did you mean 'combined'? `logproc formats` lists the names;")
    assert "nginx:…" in message
    assert len(message) < 250  # one can still see what was typed


@pytest.mark.parametrize("name", ["", "nginx", "apache", "regexp:x", "nginx:", "apache:", "nginx:no fields"])
def test_what_is_no_format_is_refused(name: str):
    with pytest.raises(FormatError):
        resolve(name)


def test_programs_pickle():
    for row in SEPARATORS:
        assert pickle.loads(pickle.dumps(row.program)) == row.program


@pytest.mark.parametrize("row", [row for row in FORMATS.values() if row.naming is not None], ids=lambda row: row.name)
def test_all_fields_of_a_format_can_be_asked_at_once(row: Format):
    parser = new_parser(row, (*row.fields, "another"))
    assert set(row.fields) <= set(parser.columns)


def test_no_two_formats_have_the_same_name():
    assert len(FORMATS) == len(_ROWS)
