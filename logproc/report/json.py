"""The JSON report, key for key as the contract lists it: one file and one row a line, so that `diff` reads well.

The same report gives the same bytes.
"""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from logproc.report import nights
from logproc.report.coverage import coverage
from logproc.report.text import path_text, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logproc.model import Lines
    from logproc.report.coverage import Finding
    from logproc.report_model import CheckResult, Coverage, FileEntry, Report, ReportTable, RunInfo

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str)
"""Made once: `json.dumps` makes one for each row."""

STATUSES = ("read", "unchanged", "duplicate", "deferred", "failed")


def render(report: Report, *, trouble: str | None = None) -> bytes:
    """Return the report as UTF-8 JSON with a newline at the end.

    That of a night says its `trouble`, if only "", and its files have what it takes to add up several runs.
    """
    of_night = trouble is not None
    members = [
        ("schema", "1"),
        ("run", compact(_run(report.run) | ({"trouble": trouble} if of_night else {}))),
        ("accounting", _object(((key, compact(value)) for key, value in _accounting(report)), 1)),
        ("files", _array((object_text(_file(entry, of_night=of_night)) for entry in report.files), 1)),
        ("reports", _array((_table(table) for table in report.reports), 1)),
        ("checks", _array((compact(_check(check)) for check in report.checks), 1)),
    ]
    if report.coverage is not None:
        members.append(("coverage", _coverage(report.coverage, report.files)))
    return (_object(members, 0) + "\n").encode("utf-8", "backslashreplace")


def compact(value: object) -> str:
    """Return a value as JSON on one line; numbers that JSON does not have become null, other things their text."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=str)


def row_text(row: Iterable[object]) -> str:
    """Return what `compact` does of a row; an encoder each would take ten times longer than short rows."""
    return f"[{', '.join(map(_cell, row))}]"


def object_text(members: Mapping[str, Any]) -> str:
    """Return what `compact` does of an object with few levels, for ten thousand files in a moment."""
    return f"{{{', '.join([f'{encode_basestring(name)}: {_member(value)}' for name, value in members.items()])}}}"


def _member(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    return object_text(value) if type(value) is dict else _cell(value)


def _cell(value: Any) -> str:  # noqa: ANN401
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return int.__repr__(value)
    return "null" if value is None else compact(value)


def listing(values: Iterable[object]) -> str:
    """Return `{"schema": 1, "files": [...]}` with one value a line."""
    members = [("schema", "1"), ("files", _array((compact(value) for value in values), 1))]
    return _object(members, 0) + "\n"


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value


def _object(members: Iterable[tuple[str, str]], level: int) -> str:
    pad = " " * (level + 1)
    lines = ",\n".join(f"{pad}{json.dumps(key)}: {text}" for key, text in members)
    return f"{{\n{lines}\n{' ' * level}}}"


def _array(items: Iterable[str], level: int) -> str:
    pad = " " * (level + 1)
    lines = ",\n".join(pad + item for item in items)
    return f"[\n{lines}\n{' ' * level}]" if lines else "[]"


def _run(run: RunInfo) -> dict[str, Any]:
    return {
        "id": run.id,
        "version": run.version,
        "started": run.started,
        "finished": run.finished,
        "backend": run.backend,
        "workers": run.workers,
        "since": run.since,
        "until": run.until,
    }


def lines_object(lines: Lines) -> dict[str, int]:
    """Return line counts in the contract's order."""
    return {
        "read": lines.read,
        "counted": lines.counted,
        "filtered": lines.filtered,
        "rejected": lines.rejected,
    }


def _accounting(report: Report) -> Iterator[tuple[str, Any]]:
    touched = [entry for entry in report.files if entry.status == "read" or entry.bytes_read]
    yield "files", {status: sum(entry.status == status for entry in report.files) for status in STATUSES}
    yield "bytes_stored", sum(entry.bytes_stored for entry in touched)
    yield "bytes_read", sum(entry.bytes_read for entry in touched)
    yield "lines", lines_object(report.lines)
    yield "rejected_by_reason", report.rejected_by_reason


def _file(entry: FileEntry, *, of_night: bool) -> dict[str, Any]:
    return {
        "path": path_text(entry.path),
        "source": entry.source,
        "format": entry.format,
        "confidence": entry.confidence,
        "codec": entry.codec,
        "bytes_read": entry.bytes_read,
        "lines": lines_object(entry.lines),
        "status": entry.status,
        "reason": entry.reason,
        "first_time": rfc3339(entry.first_time),
        "last_time": rfc3339(entry.last_time),
        **(nights.more(entry) if of_night else {}),
    }


def _table(table: ReportTable, level: int = 2) -> str:
    return "".join(table_text(table, table.rows, level))


def table_text(table: ReportTable, rows: Iterable[tuple[Any, ...]], level: int = 0) -> Iterator[str]:
    """Yield the text of a report, a row at a time: `rows` may be more than memory holds."""
    columns = [{"name": column.name, "type": column.type, "role": column.role} for column in table.columns]
    error = None if table.error is None else {"kind": table.error.kind, "bound": table.error.bound}
    head = {"name": table.name, "title": table.title, "sql": table.sql, "columns": columns}
    pad, separator = " " * (level + 1), "\n"
    yield "{\n" + "".join(f"{pad}{json.dumps(key)}: {compact(value)},\n" for key, value in head.items())
    yield f'{pad}"rows": ['
    for row in rows:
        yield f"{separator}{pad} {row_text(row)}"
        separator = ",\n"
    yield f"\n{pad}]" if separator == ",\n" else "]"
    if table.exemplars:
        places = [[[path_text(path), offset] for path, offset in row] for row in table.exemplars]
        yield f',\n{pad}"exemplars": {compact(places)}'
    tail: dict[str, Any] = {"exact": table.exact, "error": error, "truncated": table.truncated}
    if table.problem is not None:
        tail["problem"] = table.problem
    if table.coverage is not None:
        tail["coverage"] = coverage_object(table.coverage)
    yield "".join(f",\n{pad}{json.dumps(key)}: {compact(value)}" for key, value in tail.items())
    yield f"\n{' ' * level}}}"


def _coverage(table: ReportTable, files: Sequence[FileEntry]) -> str:
    found = coverage(table, files)
    members = [
        ("findings", _array((compact(_finding(finding)) for finding in found.findings), 2)),
        ("columns", compact([column.name for column in table.columns])),
        ("rows", _array(map(row_text, table.rows), 2)),
    ]
    return _object(members, 1)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "source": finding.source,
        "host": finding.host,
        "since": finding.since,
        "until": finding.until,
        "text": finding.text,
    }


def coverage_object(found: Coverage) -> dict[str, Any]:
    """Return what a report covers."""
    return {
        "first_day": day_text(found.first_day),
        "last_day": day_text(found.last_day),
        "files_missing": found.files_missing,
        "bytes_missing": found.bytes_missing,
    }


def day_text(day: int | None) -> str | None:
    """Return a day since 1970-01-01 as a date."""
    return None if day is None else (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _check(check: CheckResult) -> dict[str, Any]:
    found = {"name": check.name, "value": check.value, "fail_if": check.fail_if, "failed": check.failed}
    return found if check.problem is None else {**found, "problem": check.problem}
