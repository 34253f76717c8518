"""What a run says to Prometheus, as a text file for node_exporter's textfile collector or whatever scrapes files.

All metrics are gauges, since each describes the last run and may go down. What a failed run does not know is absent;
when the last good runs were is read back from the file that this one replaces.
Format: https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.report.json import STATUSES
from logproc.report.summary import CHECK_FAILED, DAMAGED, DONE, NO_LOGS, problem_of
from logproc.report.text import valid_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from logproc.report_model import Report

    Sample: TypeAlias = tuple[str, str, str, float]  # metric, label, its value, the number

LAST_SUCCESS = "logproc_last_success_timestamp_seconds"
LAST_COMPLETED = "logproc_last_completed_timestamp_seconds"

HELP = {
    "logproc_build_info": "Always 1; the label names the version that ran.",
    "logproc_last_run_timestamp_seconds": "When the last run ended, however it ended.",
    LAST_COMPLETED: "When a run last wrote its reports: exit code 0, 3 or 4.",
    LAST_SUCCESS: "When a run last ended with exit code 0.",
    "logproc_run_duration_seconds": "How long the last run took.",
    "logproc_run_exit_code": "Exit code of the last run.",
    "logproc_files": "Files by what became of them.",
    "logproc_problem_files": "Files that could not be read, were damaged or had more rejects than max_reject_ratio.",
    "logproc_stored_bytes": "Bytes on disk of the files that were read.",
    "logproc_read_bytes": "Bytes that were read from them, decompressed.",
    "logproc_lag_bytes": "Bytes on disk of the files that are still to be counted: deferred, or could not be read.",
    "logproc_read_lines": "Lines read; the sum over logproc_lines.",
    "logproc_lines": "Lines by what became of them.",
    "logproc_rejected_lines": "Rejected lines by reason.",
    "logproc_failed_reports": "Reports that could not be computed.",
    "logproc_check_failed": "1 if the check failed, else 0.",
    "logproc_check_value": "The number that the check looked at; NaN if there was none.",
}
"""Every metric there is, in the order in which they are written."""

LONGEST_OLD_FILE = 1 << 20
"""Bytes of the old file that are looked at; ours are a few thousand."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its exit code, when in seconds since 1970, after how many seconds.

    `report` is None where the run did not get so far. `named` holds the paths that were typed.
    """

    version: str
    code: int
    at: float
    seconds: float
    report: Report | None = None
    max_reject_ratio: float = 1.0
    named: tuple[str, ...] = ()


def render(ending: Ending, old: bytes = b"") -> bytes:
    """Return the metrics of a run; `old` is the file that they will replace."""
    by_metric: dict[str, list[str]] = {name: [] for name in HELP}
    for metric, label, value, number in _samples(ending, old):
        labels = f'{{{label}="{_escaped(value)}"}}' if label else ""
        by_metric[metric].append(f"{metric}{labels} {_number(number)}\n")
    return "".join(
        f"# HELP {metric} {HELP[metric]}\n# TYPE {metric} gauge\n{''.join(lines)}"
        for metric, lines in by_metric.items()
        if lines
    ).encode()


def read_old(path: str) -> bytes:
    """Return what the file at `path` holds, as far as it can be one of ours; nothing if there is none."""
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - a FIFO would wait for a writer
            return b""
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(LONGEST_OLD_FILE)
    except OSError:
        return b""


def _samples(ending: Ending, old: bytes) -> Iterator[Sample]:
    yield "logproc_build_info", "version", ending.version, 1
    yield "logproc_last_run_timestamp_seconds", "", "", ending.at
    for metric, good in ((LAST_COMPLETED, {DONE, DAMAGED, CHECK_FAILED}), (LAST_SUCCESS, {DONE})):
        at = ending.at if ending.code in good else _before(old, metric)
        if at is not None:
            yield metric, "", "", at
    yield "logproc_run_duration_seconds", "", "", ending.seconds
    yield "logproc_run_exit_code", "", "", ending.code
    if ending.report is not None:
        yield from _counts(ending.report)
        problems = sum(
            problem_of(entry, ending.max_reject_ratio, ending.named) is not None for entry in ending.report.files
        )
        yield "logproc_problem_files", "", "", problems
        yield from _verdicts(ending.report)


def _counts(report: Report) -> Iterator[Sample]:
    for status in STATUSES:
        yield "logproc_files", "status", status, sum(entry.status == status for entry in report.files)
    touched = [entry for entry in report.files if entry.status == "read" or entry.bytes_read]
    yield "logproc_stored_bytes", "", "", sum(entry.bytes_stored for entry in touched)
    yield "logproc_read_bytes", "", "", sum(entry.bytes_read for entry in touched)
    yield "logproc_lag_bytes", "", "", lag_bytes(report)
    lines = report.lines
    yield "logproc_read_lines", "", "", lines.read
    for outcome in ("counted", "filtered", "rejected"):
        yield "logproc_lines", "outcome", outcome, getattr(lines, outcome)
    for reason, count in report.rejected_by_reason.items():
        yield "logproc_rejected_lines", "reason", reason, count


def lag_bytes(report: Report) -> int:
    """Add up the bytes on disk that are still to be counted; a binary file which a walk came across is not."""
    return sum(
        entry.bytes_stored
        for entry in report.files
        if entry.status == "deferred" or (entry.status == "failed" and not (entry.reason or "").startswith(NO_LOGS))
    )


def _verdicts(report: Report) -> Iterator[Sample]:
    yield "logproc_failed_reports", "", "", sum(table.problem is not None for table in report.reports)
    for check in report.checks:
        yield "logproc_check_failed", "check", check.name, check.failed
        yield "logproc_check_value", "check", check.name, math.nan if check.value is None else check.value


def _before(old: bytes, metric: str) -> float | None:
    """Return what the old file says about a metric without labels."""
    match = re.search(rb"^%s ([0-9.e+]{1,30})$" % metric.encode(), old, re.MULTILINE)
    try:
        value = float(match[1]) if match else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _escaped(text: str) -> str:
    return valid_text(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(int(value))
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else '+'}Inf" if math.isinf(value) else repr(value)
