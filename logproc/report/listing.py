"""What the smaller commands print: plan, detect, formats, presets; as text for people or as JSON.

A line is never cut: these listings are what people pipe into `grep`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from logproc.errors import OutputError
from logproc.report import json
from logproc.report.files import write_atomically
from logproc.report.summary import is_lost
from logproc.report.text import path_text, plural, rfc3339, size, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Planned(Protocol):
    """A file of the plan, as the coordinator returns it."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def codec(self) -> str | None: ...  # noqa: D102
    @property
    def format(self) -> str | None: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102
    @property
    def bytes(self) -> int: ...  # noqa: D102
    @property
    def ranges(self) -> int: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str | None: ...  # noqa: D102


class Considered(Protocol):
    """A format that reads lines of a file."""

    @property
    def format(self) -> str: ...  # noqa: D102
    @property
    def matched(self) -> int: ...  # noqa: D102
    @property
    def share(self) -> float: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102


class Detected(Protocol):
    """What is known about a file from its first lines, as the coordinator returns it."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def format(self) -> str | None: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102
    @property
    def codec(self) -> str | None: ...  # noqa: D102
    @property
    def first_time(self) -> int | None: ...  # noqa: D102
    @property
    def last_time(self) -> int | None: ...  # noqa: D102
    @property
    def fields(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def runner_up(self) -> str | None: ...  # noqa: D102
    @property
    def how(self) -> str | None: ...  # noqa: D102
    @property
    def considered(self) -> Sequence[Considered] | None: ...  # noqa: D102
    @property
    def reason(self) -> str | None: ...  # noqa: D102


def plan_json(entries: Iterable[Planned]) -> str:
    """Return the plan as JSON, a file a line."""
    names = ("source", "codec", "format", "confidence", "bytes", "ranges", "status", "reason")
    return json.listing({"path": path_text(entry.path), **_attributes(entry, names)} for entry in entries)


def plan_text(entries: Sequence[Planned]) -> str:
    """Return the plan as aligned text: what would be done with each file, and why."""
    rows = [
        (
            entry.status,
            size(entry.bytes),
            plural(entry.ranges, "range"),
            entry.codec or "-",
            _guess(entry.format, entry.confidence),
            path_text(entry.path),
            f"({entry.reason})" if entry.reason else "",
        )
        for entry in entries
    ]
    total = sum(entry.bytes for entry in entries if entry.status == "read")
    return align(rows) + f"{plural(len(entries), 'file')}, {size(total)} to read\n"


def plan_code(entries: Iterable[Planned], named: tuple[str, ...]) -> int:
    """Return 3 if a file of the plan cannot be read, else 0; `named` holds the paths that were typed."""
    return 3 if any(is_lost(entry.path, entry.status, entry.reason, named) for entry in entries) else 0


def detected_json(found: Iterable[Detected]) -> str:
    """Return what was detected as JSON, a file a line."""
    return json.listing(
        {
            "path": path_text(entry.path),
            **_attributes(entry, ("format", "confidence", "codec")),
            "first_time": rfc3339(entry.first_time),
            "last_time": rfc3339(entry.last_time),
            "fields": dict(entry.fields),
            "reason": entry.reason,
            "runner_up": entry.runner_up,
            **({} if entry.considered is None else _explained(entry)),
        }
        for entry in found
    )


def _explained(entry: Detected) -> dict[str, Any]:
    others = [_attributes(one, ("format", "matched", "share", "why")) for one in entry.considered or ()]
    return {"how": entry.how, "considered": others}


def detected_text(found: Iterable[Detected]) -> str:
    """Return what was detected as text: a headline per file, its fields below."""
    return "".join(_detected(entry) for entry in found)


def detected_code(found: Iterable[Detected]) -> int:
    """Return 3 if a file could not be read, else 0: that no format is known is an answer."""
    return 3 if any(not entry.codec for entry in found) else 0


def presets_text(found: Mapping[str, str]) -> str:
    """Return names and titles (the comment that opens the SQL) as aligned text."""
    return align([(name, _title(sql)) for name, sql in found.items()])


def eject(found: Mapping[str, str], folder: str) -> str:
    """Copy presets below a folder as `NAME.sql`, overwriting no file that differs; return what was done."""
    targets = {os.path.join(folder, *name.split("/")) + ".sql": text.encode() for name, text in found.items()}  # noqa: PTH118
    for path, content in targets.items():
        if os.path.exists(path) and _content(path) != content:  # noqa: PTH110
            raise OutputError(path, "there is a different file already; move it away or choose another folder")
    for path, content in targets.items():
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        except OSError as error:
            raise OutputError(path, error.strerror or str(error)) from error
        write_atomically(path, content)
    return f"{plural(len(targets), 'preset')} copied to {folder}; use one with --report FILE.sql"


def align(rows: Sequence[Sequence[str]]) -> str:
    """Pad every column but the last to its widest text; values are made safe to show."""
    safe = [[visible(text) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)][:-1] if safe else []
    lines = ("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in safe)
    return "".join(line + "\n" for line in lines)


def _attributes(entry: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


def _guess(format_name: str | None, confidence: float) -> str:
    return f"{format_name} {100 * confidence:.0f} %" if format_name else "-"


def _detected(entry: Detected) -> str:
    head = [_guess(entry.format, entry.confidence).replace("-", "no known format", 1 if entry.format is None else 0)]
    head.append(entry.codec or "not readable")
    if entry.first_time is not None:
        head.append(f"{rfc3339(entry.first_time)} to {rfc3339(entry.last_time)}")
    if entry.reason:
        head.append(entry.reason)
    fields = align([("    " + name, str(value)) for name, value in entry.fields.items()])
    if entry.considered is not None:
        fields = _reasons(entry) + fields
    return visible(f"{path_text(entry.path)}: {', '.join(head)}") + "\n" + fields


def _reasons(entry: Detected) -> str:
    head = f"  read by {entry.how}\n" if entry.how else ""
    rows = [("    " + one.format, f"{100 * one.share:.0f} %", one.why) for one in entry.considered or ()]
    return head + (f"  {plural(len(rows), 'format')} read lines of it\n{align(rows)}  fields\n" if rows else "")


def _title(sql: str) -> str:
    first = sql.lstrip().split("\n", 1)[0]
    return first.removeprefix("--").strip().removeprefix("title:").strip() if first.startswith("--") else ""


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return None
