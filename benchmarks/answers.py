"""What a contestant found out, in one shape for all, and whether two of them found out the same.

An answer is a dict: numbers by name (`lines`, `bytes`, `distinct`), and tables by name (`status`, `hours`,
`targets`, `clients`: key to count; `p95`, `distinct_by_status`: status to value). A count of None means that the
engine names its top keys without counting them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Answer: TypeAlias = dict[str, Any]

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {month: f"{number:02}" for number, month in enumerate(MONTH_NAMES, start=1)}
EXACT = ("lines", "bytes", "status", "hours")
TOP = ("targets", "clients")
TOP_TOLERANCE = 0.01
TOP_OVERLAP = 0.9
SMALL_GROUP = 1000
TOLERANCES = {"distinct": 0.10, "p95": 0.05, "distinct_by_status": 0.10}
"""Relative error allowed to sketches; Polars' approx_n_unique is off by 6 % on these clients, others by 1 or 2."""


def hour_of(text: str) -> str:
    """Bring `02/Mar/2026:15` and `2026-03-02T15:00:00Z` to `2026-03-02T15`."""
    if "/" in text:
        day, month, rest = text.split("/")
        year, hour = rest.split(":")
        return f"{year}-{MONTHS[month]}-{day}T{hour}"
    return text[:10] + "T" + text[11:13]


def top(counts: dict[str, int | None], size: int = 10) -> dict[str, int | None]:
    return dict(sorted(counts.items(), key=lambda item: (-(item[1] or 0), item[0]))[:size])


def from_awk(output: str) -> Answer:
    """Read the lines `table count key` and `number value` that the awk programs print."""
    found: Answer = {}
    for line in output.splitlines():
        name, value, *key = line.split(" ", 2)
        if not key:
            found[name] = int(value)
        else:
            found.setdefault(name, {})[hour_of(key[0]) if name == "hours" else key[0]] = int(value)
    return found | {name: top(found[name]) for name in TOP if name in found}


def differences(answer: Answer, reference: Answer) -> list[str]:
    """Say where an answer differs from the reference by more than it may; empty if it does not."""
    found = []
    for name in reference.keys() & answer.keys():
        ours, theirs = answer[name], reference[name]
        if name in EXACT and ours != theirs:
            found.append(f"{name}: {_shorten(ours)} instead of {_shorten(theirs)}")
        elif name in TOP:
            found += _top_differences(name, ours, theirs)
        elif name in TOLERANCES:
            sizes = reference.get("status", {}) if isinstance(theirs, dict) else {}
            found += _approximate_differences(name, ours, theirs, sizes)
    if not reference.keys() & answer.keys():
        found.append("no answer in common with the reference")
    return found


def _top_differences(name: str, ours: dict[str, int | None], theirs: dict[str, int | None]) -> list[str]:
    common = ours.keys() & theirs.keys()
    found = []
    if len(common) < TOP_OVERLAP * len(theirs):
        found.append(f"{name}: only {len(common)} of the top {len(theirs)} are the same")
    return found + [
        f"{name}: {ours[key]} instead of {theirs[key]} for {key}"
        for key in sorted(common)
        if ours[key] is not None and theirs[key] and abs(ours[key] / theirs[key] - 1) > TOP_TOLERANCE
    ]


def _approximate_differences(name: str, ours: Any, theirs: Any, sizes: dict[str, int]) -> list[str]:
    """Compare numbers or tables of numbers; what a sketch says of a small group is not held against it."""
    if not isinstance(ours, dict):
        ours, theirs = {"": ours}, {"": theirs}
    if ours.keys() != theirs.keys():
        return [f"{name}: keys {_shorten(ours)} instead of {_shorten(theirs)}"]
    return [
        f"{name}: {ours[key]} instead of {theirs[key]} for {key or 'all'}"
        for key in ours
        if sizes.get(key, SMALL_GROUP) >= SMALL_GROUP
        and abs(ours[key] - theirs[key]) > TOLERANCES[name] * abs(theirs[key])
    ]


def _shorten(value: Any) -> str:  # a number or a table
    text = str(dict(sorted(value.items())) if isinstance(value, dict) else value)
    return text if len(text) < 200 else text[:200] + "…"
