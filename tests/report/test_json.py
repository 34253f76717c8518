from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from logproc.model import Lines
from logproc.report.json import compact, object_text, render, row_text
from logproc.report_model import ColumnInfo, FileEntry, Report, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z", "serial", 1, None, None)


def entry(**changes) -> FileEntry:
    plain = FileEntry(
        path="a.log",
        source="",
        format="combined",
        confidence=1.0,
        codec="plain",
        bytes_stored=10,
        bytes_read=20,
        lines=Lines(3, 1, 1, 1),
        status="read",
        reason=None,
        first_time=0,
        last_time=1_500_000,
        rejected_by_reason={"time": 1},
    )
    return replace(plain, **changes)


def table(rows, **changes) -> ReportTable:
    columns = (ColumnInfo("path", "text", "key"), ColumnInfo("n", "integer", "value"))
    return replace(ReportTable("t", "Title", "SELECT 1", columns, tuple(rows), exact=True), **changes)


def test_the_keys_stand_in_the_order_of_the_contract():
    data = json.loads(render(Report(RUN, (entry(),), (table([("/", 1)]),))))
    assert list(data) == ["schema", "run", "accounting", "files", "reports", "checks"]
    assert list(data["run"]) == ["id", "version", "started", "finished", "backend", "workers", "since", "until"]
    accounting = ["files", "bytes_stored", "bytes_read", "lines", "rejected_by_reason"]
    assert list(data["accounting"]) == accounting
    assert list(data["accounting"]["files"]) == ["read", "unchanged", "duplicate", "deferred", "failed"]
    lines = ["read", "counted", "filtered", "rejected"]
    assert list(data["accounting"]["lines"]) == lines
    assert list(data["files"][0]["lines"]) == lines
    names = ["path", "source", "format", "confidence", "codec", "bytes_read", "lines", "status", "reason"]
    assert list(data["files"][0]) == [*names, "first_time", "last_time"]
    names = ["name", "title", "sql", "columns", "rows", "exact", "error", "truncated"]
    assert list(data["reports"][0]) == names
    assert data["reports"][0]["columns"][1] == {"name": "n", "type": "integer", "role": "value"}


def test_times_of_files_are_rfc3339():
    data = json.loads(render(Report(RUN, (entry(), entry(first_time=None, last_time=None)), ())))
    assert (data["files"][0]["first_time"], data["files"][0]["last_time"]) == (
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:01.500000Z",
    )
    assert data["files"][1]["first_time"] is None


def test_the_accounting_adds_up_over_files():
    failed = entry(status="failed", bytes_stored=99, bytes_read=0, lines=Lines(), rejected_by_reason={})
    data = json.loads(render(Report(RUN, (entry(), entry(), failed), ())))["accounting"]
    assert data["files"] == {"read": 2, "unchanged": 0, "duplicate": 0, "deferred": 0, "failed": 1}
    assert (data["bytes_stored"], data["bytes_read"]) == (20, 40)
    assert data["lines"] == {"read": 6, "counted": 2, "filtered": 2, "rejected": 2}
    assert data["rejected_by_reason"] == {"time": 2}


def test_every_row_and_file_has_a_line_of_its_own():
    text = render(Report(RUN, (entry(), entry(path="b")), (table([("/", 1), ("/b", 2)]),))).decode()
    assert '\n    ["/", 1],\n    ["/b", 2]\n' in text
    assert text.count('\n  {"path": ') == 2
    assert text.endswith("}\n")


def test_empty_lists_are_valid():
    data = json.loads(render(Report(RUN, (), (table([]),))))
    assert (data["files"], data["reports"][0]["rows"], data["checks"]) == ([], [], [])


def test_a_file_name_that_is_not_utf8_keeps_its_bytes_as_text():
    raw = render(Report(RUN, (entry(path=b"a\xff\xe4b\xc3\xbc.log".decode("utf-8", "surrogateescape")),), ()))
    assert json.loads(raw)["files"][0]["path"] == "a\\xff\\xe4bü.log"


def test_what_json_has_no_number_for_is_null():
    data = json.loads(render(Report(RUN, (), (table([("a", float("nan")), ("b", float("-inf"))]),))))
    assert data["reports"][0]["rows"] == [["a", None], ["b", None]]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=8))
def test_every_value_becomes_valid_json_on_one_line(value):
    text = compact(value)
    assert "\n" not in text
    json.loads(text, parse_constant=pytest_fail)


def pytest_fail(name):
    raise AssertionError(name)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.lists(VALUES).map(tuple), st.dictionaries(st.text(), VALUES | st.dictionaries(st.text(), VALUES)))
def test_rows_and_files_are_written_as_any_other_value(row, members):
    assert row_text(row) == compact(row)
    assert object_text(members) == compact(members)
