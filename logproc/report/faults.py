"""What `logproc formats --check` prints: refused lines, a caret under the byte that breaks the format, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from logproc.report.text import path_text, plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logproc.report_model import FileEntry

BEFORE, AFTER = 60, 40
"""Characters of a long line that are shown on both sides of the caret."""


class Refusal(Protocol):
    """A refused line, as `checking` returns it."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def line(self) -> bytes: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def position(self) -> int: ...  # noqa: D102
    @property
    def expected(self) -> str: ...  # noqa: D102


class Checked(Protocol):
    """What a format makes of a file, as `checking` returns it."""

    @property
    def entry(self) -> FileEntry: ...  # noqa: D102
    @property
    def how(self) -> str: ...  # noqa: D102
    @property
    def refusals(self) -> Sequence[Refusal]: ...  # noqa: D102


def checked_text(found: Iterable[Checked]) -> str:
    """Return what was refused as text."""
    return "".join(_file(checked) for checked in found)


def checked_code(found: Iterable[Checked]) -> int:
    """Return 3 if any line was refused or a file could not be read, else 0."""
    return 3 if any(one.entry.status == "failed" or one.entry.lines.rejected for one in found) else 0


def _file(checked: Checked) -> str:
    entry, lines = checked.entry, checked.entry.lines
    if entry.format is None:
        return visible(f"{path_text(entry.path)}: {entry.reason or 'no known format'}") + "\n"
    counts = (
        f"{plural(lines.read, 'line')}, {lines.counted} read, {lines.filtered} passed over, {lines.rejected} refused"
    )
    text = visible(f"{path_text(entry.path)}: {entry.format}: {counts}") + f"\n  by {checked.how}\n"
    text += "".join(map(_refusal, checked.refusals))
    more = lines.rejected - len(checked.refusals)
    return text + (
        f"\nand {plural(more, 'more line')}; --rejects of `run` and `parse` writes them all\n" if more else ""
    )


def _refusal(refusal: Refusal) -> str:
    before = visible(refusal.line[: refusal.position].decode("utf-8", "backslashreplace"))
    behind = visible(refusal.line[refusal.position :].decode("utf-8", "backslashreplace"))
    if len(before) > BEFORE:
        before = "…" + before[1 - BEFORE :]
    if len(behind) > AFTER:
        behind = behind[: AFTER - 1] + "…"
    caret = " " * len(before) + "^"
    return (
        f"\nline {refusal.number}, byte {refusal.position + 1}: {refusal.reason}\n"
        f"  {before}{behind}\n  {caret} expected {visible(refusal.expected)}\n"
    )
