from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from logproc.model import Lines
from logproc.report.prometheus import HELP, Ending, read_old, render
from logproc.report_model import CheckResult, FileEntry, Report, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "", "", "serial", 1, None, None)
FINE = FileEntry("a", "", "combined", 1.0, "plain", 10, 20, Lines(100, 90, 5, 5), "read", None, None, None, {"time": 5})
LATE = replace(FINE, status="deferred", bytes_stored=7, bytes_read=0, lines=Lines(), rejected_by_reason={})
LOST = replace(LATE, status="failed", bytes_stored=30, reason="permission denied")
BINARY = replace(LOST, bytes_stored=1000, reason="binary data")
BROKEN = ReportTable("t", "", "", (), (), exact=True, problem="too many groups")
REPORT = Report(RUN, (FINE, LATE, LOST, BINARY), (BROKEN,), (CheckResult("c", 0.5, "> 0", failed=True),))


def parsed(content: bytes) -> dict[tuple[str, str], float]:
    """Return every sample by metric and label value, as Prometheus' own parser reads it."""
    families = list(text_string_to_metric_families(content.decode()))
    assert all(family.type == "gauge" and family.documentation == HELP[family.name] for family in families)
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, next(iter(sample.labels.values()), "")): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def ended(code, at=1000.5, report=None, old=b""):
    return render(Ending("1.2.3", code, at, 2.5, report, 0.05), old)


def test_a_finished_run_says_what_it_did():
    found = parsed(ended(4, report=REPORT))
    assert found.pop(("logproc_build_info", "1.2.3")) == 1
    assert {f"{name.removeprefix('logproc_')} {value}".strip(): number for (name, value), number in found.items()} == {
        "last_run_timestamp_seconds": 1000.5,
        "last_completed_timestamp_seconds": 1000.5,
        "run_duration_seconds": 2.5,
        "run_exit_code": 4,
        "files read": 1,
        "files unchanged": 0,
        "files duplicate": 0,
        "files deferred": 1,
        "files failed": 2,
        "problem_files": 1,
        "stored_bytes": 10,
        "read_bytes": 20,
        "lag_bytes": 37,
        "read_lines": 100,
        "lines counted": 90,
        "lines filtered": 5,
        "lines rejected": 5,
        "rejected_lines time": 5,
        "failed_reports": 1,
        "check_failed c": 1,
        "check_value c": 0.5,
    }


@pytest.mark.parametrize(
    ("code", "success", "completed"), [(0, 9.0, 9.0), (3, 5.0, 9.0), (1, 5.0, 7.0), (75, 5.0, 7.0)]
)
def test_the_last_good_runs_are_kept_through_bad_ones(code, success, completed):
    old = ended(4, at=7.0, old=ended(0, at=5.0))
    for _ in range(3):  # and through several
        old = ended(code, at=9.0, old=old)
    found = parsed(old)
    assert found["logproc_last_run_timestamp_seconds", ""] == 9.0
    assert found["logproc_last_success_timestamp_seconds", ""] == success
    assert found["logproc_last_completed_timestamp_seconds", ""] == completed
    assert found["logproc_run_exit_code", ""] == code


def test_what_a_failed_run_does_not_know_is_absent():
    names = {name for name, _ in parsed(ended(1, old=ended(0, report=REPORT)))}
    assert names == {
        *("logproc_build_info", "logproc_last_run_timestamp_seconds", "logproc_run_duration_seconds"),
        *(
            "logproc_run_exit_code",
            "logproc_last_success_timestamp_seconds",
            "logproc_last_completed_timestamp_seconds",
        ),
    }


def test_a_check_without_a_value_is_not_a_number():
    report = replace(REPORT, checks=(CheckResult("c", None, "> 0", failed=True),))
    assert math.isnan(parsed(ended(4, report=report))["logproc_check_value", "c"])


@given(st.text(st.characters()), st.dictionaries(st.text(), st.integers(0, 2**63)), st.floats())
def test_whatever_stands_in_a_label_comes_back(name, reasons, value):
    entry = replace(FINE, rejected_by_reason=reasons)
    report = Report(RUN, (entry,), (), (CheckResult(name, value, "> 0", failed=False),))
    found = parsed(ended(0, report=report))
    assert found["logproc_check_failed", name.encode("utf-8", "backslashreplace").decode()] == 0
    assert sum(metric == "logproc_rejected_lines" for metric, _ in found) == len(reasons)


@given(st.binary() | st.sampled_from([b"logproc_last_success_timestamp_seconds 1e+999\n", b"x" * 100_000]))
def test_an_old_file_that_is_not_ours_is_no_obstacle(old):
    assert ("logproc_last_success_timestamp_seconds", "") not in parsed(ended(1, old=old))


def test_the_old_file_is_read_only_where_it_is_a_file(tmp_path):
    assert read_old(str(tmp_path / "none")) == b""
    assert read_old(str(tmp_path)) == b""
    assert read_old("/dev/zero") == b""
    (tmp_path / "m.prom").write_bytes(ended(0))
    assert read_old(str(tmp_path / "m.prom")) == ended(0)


def test_the_documentation_lists_every_metric():
    table = (Path(__file__).parents[2] / "docs" / "cron.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(logproc_\w+)(?:\{\w+\})?` \| (.*) \|$", table, re.MULTILINE)
    assert dict(rows) == HELP
