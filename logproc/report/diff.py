"""Changes as lines for people, as in the mail of a nightly run, and as JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.report.changes import Change, Kind
from logproc.report.json import compact
from logproc.report.text import key_text, plural, visible
from logproc.report.units import Unit, words, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOTHING = "no significant change"

MOST_COLUMNS = 3
"""Columns of a key that a line names."""

LONGEST_KEY = 60
"""Characters of a key that are shown."""

_HOUR = re.compile(r"(\d\d):00:00Z")

MOST_TIMES = 1000
"""A ratio above this says no more than that there was next to nothing before."""


@dataclass(frozen=True, slots=True)
class Line:
    """What changed of one key of a report, the most significant first, and the other reports that say the same."""

    changes: list[Change]
    others: list[str]


def lines(changes: Sequence[Change], top: int) -> Iterator[str]:
    """Yield a line for each key of a report, the most significant first, and one that says how many are left out."""
    found = _gathered(changes)
    names = [_name(line.changes[0].report) for line in found[:top]]
    width = max(map(len, names), default=0)
    for name, line in zip(names, found, strict=False):
        yield f"{name:<{width}}  {_text(line)}"
    if len(found) > top:
        yield f"... and {plural(len(found) - top, 'more change')} (--top, --json)"
    if not found:
        yield NOTHING


def _gathered(changes: Sequence[Change]) -> list[Line]:
    """Put together what is one change to its reader: columns of one key, and a key with its numbers elsewhere."""
    by_key: dict[tuple[str, tuple[tuple[str, Any], ...]], Line] = {}
    by_numbers: dict[tuple[Any, ...], Line] = {}
    for change in changes:
        values = tuple(_alike(value) for _, value in change.key)
        numbers = (change.column, values, change.old, change.new)
        twin = by_numbers.get(numbers)
        if twin is not None and twin.changes[0].report != change.report:
            if change.report not in twin.others:
                twin.others.append(change.report)
            continue
        line = by_key.setdefault((change.report, change.key), Line([], []))
        line.changes.append(change)
        by_numbers.setdefault(numbers, line)
    return list(by_key.values())


def _alike(value: Any) -> Any:  # noqa: ANN401 - whatever a report's key may be
    """Return an hour as a report of the hours of the day has it: 15 for 15:00:00Z."""
    found = _HOUR.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def _name(text: str) -> str:
    """Return the name of a report or a column: in a report that somebody else wrote it may be anything."""
    return visible(text[:LONGEST_KEY])


def _text(line: Line) -> str:
    first, *others = line.changes
    said = [sentence(first), *map(_said, others[: MOST_COLUMNS - 1])]
    if len(line.changes) > MOST_COLUMNS:
        said.append(f"and {plural(len(line.changes) - MOST_COLUMNS, 'more column')}")
    also = f"; the same in {', '.join(map(_name, line.others))}" if line.others else ""
    return "; ".join(said) + also


def sentence(change: Change) -> str:
    """Say what changed, from which number to which."""
    subject = " ".join(_part(name, value) for name, value in change.key)
    return f"{subject}: {_said(change)}" if subject else _said(change)


def _said(change: Change) -> str:
    what = _name(words(change.column))
    if change.kind is Kind.SHARE and change.old is None:
        return f"{what} new, {_number(change.new)} ({_percent(change.new, change.new_of)})"
    if change.kind is Kind.SHARE and change.new is None:
        gone = "silent" if any(name == "host" for name, _ in change.key) else "gone"
        return f"{what} {gone}, {_number(change.old)} before ({_percent(change.old, change.old_of)})"
    moved = f"{what} {_number(change.old, change.unit)} -> {_number(change.new, change.unit)}"
    if change.kind in {Kind.SHARE, Kind.PART}:
        of = f"{_percent(change.old, change.old_of)} -> {_percent(change.new, change.new_of)}"
        return f"{moved} ({of}, {_times(change.ratio)})"
    return f"{moved} ({_times(change.ratio)})"


def document(changes: Sequence[Change], old: str, new: str, notes: Sequence[str]) -> str:
    """Return all changes as a JSON object; `old` and `new` say what was compared."""
    listed = ",\n  ".join(compact(_object(change)) for change in changes)
    head = f'"schema": 1,\n "old": {compact(old)},\n "new": {compact(new)},\n "notes": {compact(list(notes))}'
    return "{\n " + head + ',\n "changes": [' + (f"\n  {listed}\n " if changes else "") + "]\n}\n"


def _object(change: Change) -> dict[str, Any]:
    return {
        "report": change.report,
        "column": change.column,
        "kind": change.kind.value,
        "key": dict(change.key),
        "old": change.old,
        "new": change.new,
        "old_of": change.old_of or None,
        "new_of": change.new_of or None,
        "ratio": change.ratio,
        "score": change.score,
        "chance": change.chance,
        "text": sentence(change),
    }


def _part(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a report's key may be
    text = visible(key_text(value))
    return f"{_name(words(name))} {text if len(text) <= LONGEST_KEY else text[: LONGEST_KEY - 1] + '…'}"


def _number(value: float | None, unit: Unit = Unit.COUNT) -> str:
    if value is None:
        return "nothing"
    if unit in {Unit.BYTES, Unit.SECONDS}:
        return write(value, unit)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def _percent(value: float | None, of: float) -> str:
    share = 100 * (value or 0) / of
    return f"{share:.2f} %" if 0 < share < 1 else f"{share:.1f} %"


def _times(ratio: float) -> str:
    if ratio > MOST_TIMES:
        return f"over {MOST_TIMES} times"
    if ratio >= 2:
        return f"{ratio:.3g} times"
    return f"{100 * (ratio - 1):+.0f} %"
