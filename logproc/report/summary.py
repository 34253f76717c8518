"""What a run says on stderr when it ends, and the exit code that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.messages import Message
from logproc.report.json import lines_object
from logproc.report.text import path_text, plural, size, visible
from logproc.report_model import NO_BACKEND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.report_model import CheckResult, FileEntry, Report

NO_FILE = "no file was found to read: is the disk mounted, and do include and exclude let any through?"

DONE, DAMAGED, CHECK_FAILED = 0, 3, 4

SHOWN_FILES = 20
"""Problem files that are listed one by one; a broken mount has too many to read."""

NO_LOGS = ("binary", "no log")
"""How the reason of a file begins that is no log. One found on a walk is no problem; one that was named is."""


def exit_code(report: Report, max_reject_ratio: float, named: tuple[str, ...]) -> int:
    """Return 0, 3 (input lost, unreadable, too many rejects, or a report that failed) or 4 (a check failed).

    `named` holds the paths that were typed. A failed check wins: it is what someone asked to be woken for.
    """
    if any(check.failed for check in report.checks):
        return CHECK_FAILED
    troubled = any(problem_of(entry, max_reject_ratio, named) for entry in report.files)
    return DAMAGED if troubled or any(table.problem for table in report.reports) else DONE


def problem_of(entry: FileEntry, max_reject_ratio: float, named: tuple[str, ...]) -> str | None:
    """Say in a few words what is wrong with a file, or None.

    A file that was read but has a reason is damaged: what decoded was counted.
    """
    if entry.status == "failed":
        return (entry.reason or "could not be read") if is_lost(entry.path, entry.status, entry.reason, named) else None
    if entry.status == "read" and entry.reason:
        return entry.reason
    lines = entry.lines
    if lines.rejected > max_reject_ratio * lines.read:
        share = 100 * lines.rejected / lines.read
        reason = max(entry.rejected_by_reason, key=lambda key: entry.rejected_by_reason[key], default="")
        return (
            f"{lines.rejected:,} of {plural(lines.read, 'line')} rejected ({share:.1f} %, "
            f"more than {100 * max_reject_ratio:g} %){': mostly ' + reason if reason else ''}"
        )
    return None


def is_lost(path: str, status: str, reason: str | None, named: tuple[str, ...]) -> bool:
    """Tell whether a file could not be used that someone may miss: not one that is no log, which a walk came across."""
    return status == "failed" and (path in named or not (reason or "").startswith(NO_LOGS))


def problems(report: Report, max_reject_ratio: float, named: tuple[str, ...]) -> Iterator[Message]:
    """Yield a line for each problem file (the first few), report and check; one where there was no file at all."""
    if not report.files and report.run.backend != NO_BACKEND:
        yield Message(NO_FILE, "warning")
    listed = [
        (entry.path, text) for entry in report.files if (text := problem_of(entry, max_reject_ratio, named)) is not None
    ]
    for path, text in listed[:SHOWN_FILES]:
        where = path_text(path)
        yield Message(visible(f"{where}: {text}"), "warning", {"file": where, "problem": visible(text)})
    if len(listed) > SHOWN_FILES:
        more = len(listed) - SHOWN_FILES
        yield Message(f"... and {plural(more, 'more file')} (--json lists all)", "warning", {"more_files": more})
    for table in report.reports:
        if table.problem is not None:
            text = visible(f"report {table.name}: {table.problem}")
            yield Message(text, "warning", {"report": table.name, "problem": visible(table.problem)})
    yield from (_failed(check) for check in report.checks if check.failed)


def trouble(report: Report, problems: int, findings: int) -> str:
    """Say in a few words what needs a look: checks that failed, other problems, findings; "" where nothing does."""
    failed = sum(check.failed for check in report.checks)
    counts = ((failed, "check"), (max(0, problems - failed), "problem"), (findings, "finding"))
    return ", ".join(f"{plural(n, what)}{' failed' if what == 'check' else ''}" for n, what in counts if n)


def _failed(check: CheckResult) -> Message:
    fields = {"check": check.name, "value": check.value, "fail_if": check.fail_if, "problem": check.problem}
    found = _without_value(check) if check.value is None else f"{check.value:g} {check.fail_if}"
    return Message(visible(f"check {check.name!r} failed: {found}"), "error", fields)


def verdict(check: CheckResult) -> str:
    """Say what a check found, and what it should not find."""
    found = _without_value(check) if check.value is None else f"{check.value:g}"
    return f"{found} (fails if {check.fail_if})"


def _without_value(check: CheckResult) -> str:
    return check.problem or "no number to judge by"


def accounting(report: Report) -> Iterator[str]:
    """Yield what became of all files and lines, a line each."""
    lines = report.lines
    counts = _by_outcome(report)
    read = sum(entry.bytes_read for entry in report.files)
    states = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    yield f"files  {states or 'none'}; {size(read)} of log text"
    yield (
        f"lines  {lines.read:,} read = {lines.counted:,} counted + {lines.filtered:,} filtered "
        f"+ {lines.rejected:,} rejected"
    )
    if report.rejected_by_reason:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in report.rejected_by_reason.items())
        yield visible(f"rejected  {reasons}")


def _by_outcome(report: Report) -> dict[str, int]:
    """Count the files by what became of them, in the order in which that is met."""
    counts: dict[str, int] = {}
    for entry in report.files:
        no_log = entry.status == "failed" and (entry.reason or "").startswith(NO_LOGS)
        outcome = "no log" if no_log else entry.status
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def summary(report: Report, seconds: float) -> Message:
    """Return the run on one line."""
    lines = report.lines
    counts = _by_outcome(report)
    done = counts.pop("read", 0)
    others = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
    read = sum(entry.bytes_read for entry in report.files)
    rate = f", {size(read / seconds)}/s" if seconds > 0 else ""
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in report.rejected_by_reason.items())
    text = (
        f"{plural(lines.read, 'line')} read: {lines.counted:,} counted, {lines.filtered:,} filtered, "
        f"{lines.rejected:,} rejected{f' ({reasons})' if reasons else ''}; "
        f"{plural(done, 'file')}{f' ({others})' if others else ''}, "
        f"{size(read)} in {seconds:.1f} s{rate}"
    )
    fields = {
        "lines": lines_object(lines),
        "rejected_by_reason": report.rejected_by_reason,
        "files": {"read": done, "not_read": len(report.files) - done},
        "bytes_read": read,
        "seconds": round(seconds, 3),
    }
    return Message(visible(text), fields=fields)


def details(report: Report) -> Iterator[str]:
    """Yield how the run was done, and a line for each file: what `-v` shows."""
    run = report.run
    yield f"run {run.id}: backend {run.backend}, {plural(run.workers, 'worker')}, {run.started} to {run.finished}"
    for entry in report.files:
        known = f"{entry.format or 'no format'} ({100 * entry.confidence:.0f} %), {entry.codec or 'no codec'}"
        yield visible(
            f"{path_text(entry.path)}: {entry.status}, {known}, {plural(entry.lines.read, 'line')}, "
            f"{entry.lines.rejected:,} rejected{f', {entry.reason}' if entry.reason else ''}"
        )
        for sample in entry.samples:
            text = sample.raw.decode("utf-8", "backslashreplace")
            yield visible(f"  line {sample.line}, offset {sample.offset}: {sample.reason}: {text}")
