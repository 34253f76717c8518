from __future__ import annotations

from dataclasses import replace

import pytest

from logproc.model import Lines
from logproc.report.summary import NO_FILE, accounting, details, exit_code, problem_of, problems, summary
from logproc.report_model import NO_BACKEND, CheckResult, FileEntry, Report, ReportTable, RunInfo

RUN = RunInfo("r1", "0.1.0", "", "", "serial", 1, None, None)
FINE = FileEntry("a", "", "combined", 1.0, "plain", 10, 2_000_000, Lines(100, 100), "read", None, None, None)
BINARY = replace(FINE, path="b", status="failed", reason="binary data", lines=Lines())


def code(*files, named=(), tables=(), checks=()):
    return exit_code(Report(RUN, files, tables, checks), 0.05, named)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (FINE, 0),
        (replace(FINE, lines=Lines(100, 90, 5, 5)), 0),
        (replace(FINE, lines=Lines(100, 90, 4, 6)), 3),
        (replace(FINE, lines=Lines()), 0),
        (replace(FINE, status="failed", reason="permission denied"), 3),
        (replace(FINE, reason="cut short after 10 bytes"), 3),
        (BINARY, 0),
    ],
)
def test_the_exit_code_follows_the_files(entry, expected):
    assert code(FINE, entry) == expected


def test_a_binary_file_is_a_problem_only_if_it_was_named():
    assert code(BINARY, named=("b",)) == 3


def test_a_report_that_failed_makes_3_and_a_check_4():
    table = ReportTable("t", "", "", (), (), exact=True, problem="too many groups")
    check = CheckResult("c", 1.0, "> 0", failed=True)
    assert code(FINE, tables=(table,)) == 3
    assert code(FINE, tables=(table,), checks=(check,)) == 4
    assert code(FINE, checks=(replace(check, failed=False),)) == 0


def test_too_many_rejects_are_said_with_numbers_and_the_main_reason():
    entry = replace(FINE, lines=Lines(1000, 0, 0, 1000), rejected_by_reason={"time": 1, "fields": 999})
    text = problem_of(entry, 0.05, ())
    assert text == "1,000 of 1,000 lines rejected (100.0 %, more than 5 %): mostly fields"


def test_only_the_first_problem_files_are_listed():
    files = tuple(replace(FINE, path=f"f{number}", status="failed", reason="gone") for number in range(25))
    found = list(problems(Report(RUN, files, ()), 0.05, ()))
    assert found[0].fields == {"file": "f0", "problem": "gone"}
    lines = [message.text for message in found]
    assert len(lines) == 21
    assert lines[0] == "f0: gone"
    assert lines[-1] == "... and 5 more files (--json lists all)"


def test_problem_lines_carry_no_control_characters():
    bad = replace(FINE, path="a\x1b[2J\nb\udcff", status="failed", reason="x\ry")
    (message,) = problems(Report(RUN, (bad,), ()), 0.05, ())
    assert (message.text, message.level) == ("a\\x1b[2J\\x0ab\\xff: x\\x0dy", "warning")


def test_the_summary_is_one_line_that_balances():
    entry = replace(FINE, lines=Lines(1100, 1000, 60, 40), rejected_by_reason={"time": 30, "fields": 10})
    message = summary(Report(RUN, (entry, BINARY), ()), 2.0)
    assert message.text == (
        "1,100 lines read: 1,000 counted, 60 filtered, 40 rejected (time 30, fields 10); 1 file (1 no log), "
        "4.0 MB in 2.0 s, 2.0 MB/s"
    )
    assert message.level == "info"
    assert message.fields["lines"] == {"read": 1100, "counted": 1000, "filtered": 60, "rejected": 40}


def test_a_night_without_news_says_that_nothing_has_changed():
    idle = replace(FINE, status="unchanged", lines=Lines(0, 0, 0, 0))
    message = summary(Report(RUN, (idle, idle, replace(idle, status="deferred")), ()), 2.0)
    assert "; 0 files (2 unchanged, 1 deferred)," in message.text
    assert message.fields["files"] == {"read": 0, "not_read": 3}


def test_a_failed_check_is_an_error_with_its_number():
    checks = (
        CheckResult("c", 0.5, "> 0", failed=True),
        CheckResult("d", None, "> 0", failed=True),
        CheckResult("e", None, "> 0", failed=True, problem="too many groups"),
        CheckResult("f", 0.0, "> 0", failed=False),
    )
    found = list(problems(Report(RUN, (FINE,), (), checks), 0.05, ()))
    assert [message.text for message in found] == [
        "check 'c' failed: 0.5 > 0",
        "check 'd' failed: no number to judge by",
        "check 'e' failed: too many groups",
    ]
    assert {message.level for message in found} == {"error"}
    assert found[0].fields == {"check": "c", "value": 0.5, "fail_if": "> 0", "problem": None}


def test_details_show_each_file():
    lines = list(details(Report(RUN, (FINE, BINARY), ())))
    assert lines[1] == "a: read, combined (100 %), plain, 100 lines, 0 rejected"
    assert lines[2].endswith("binary data")


def test_a_run_that_found_no_file_says_so_and_a_report_from_a_ledger_does_not():
    assert [message.text for message in problems(Report(RUN, (), ()), 0.05, ())] == [NO_FILE]
    assert list(problems(Report(replace(RUN, backend=NO_BACKEND), (), ()), 0.05, ())) == []


def test_what_is_no_log_has_not_failed():
    own = replace(BINARY, reason="no log: a report that logproc wrote")
    assert next(accounting(Report(RUN, (FINE, BINARY, own), ()))).startswith("files  1 read, 2 no log;")
    assert code(FINE, own) == 0
