"""Routes by observed cardinality: parts of a path of which there are too many become one, in finished groups.

`functions_route.route` folds what a single path shows. That `/user/anna` and `/user/ben` are one kind of thing shows
only beside a thousand others, which no row and no worker sees. So it is done at the end, over the merged groups of a
report that has `route(...)` as a key: where more than `MANY` different parts follow the same beginning, those with less
than one in `MANY` of its rows become `{name}`; what stands out stays. The numbers of groups that become one are merged
like those of tasks. All follows from the merged groups alone, so it is the same on every backend and in every order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from logproc.rollup.functions_route import ANYTHING
from logproc.rollup.regrouping import key_values, regrouped
from logproc.rollup.spec import ROWS, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logproc.rollup.spec import RollupSpec
    from logproc.rollup.tables import Table

MANY = 100
"""Different parts that may follow the same beginning of a path."""

_LONGEST_EXTENSION = 5


def route_keys(spec: RollupSpec) -> list[int]:
    """Return which keys of a report are routes."""
    return [k for k, key in enumerate(spec.keys) if isinstance(key, Call) and key.function == "route"]


def fold(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the routes that change, and what they become; `counts` has the rows of each route."""
    parts = {route: route.split("/") for route in counts}
    beginnings = dict.fromkeys(parts, 0)  # by number: those that are equal up to the depth have the same
    numbers: dict[tuple[int, str], int] = {}
    for depth in range(max(map(len, parts.values()), default=0)):
        below: dict[int, Counter[str]] = defaultdict(Counter)
        deep = [(route, split) for route, split in parts.items() if len(split) > depth]
        for route, split in deep:
            below[beginnings[route]][split[depth]] += counts[route]
        renamed = {beginning: _folded_parts(siblings) for beginning, siblings in below.items()}
        for route, split in deep:
            # What is folded at one depth is folded before the next is looked at, and `below` was filled before.
            beginning = beginnings[route]
            part = split[depth] = renamed[beginning].get(split[depth], split[depth])
            beginnings[route] = numbers.setdefault((beginning, part), len(numbers) + 1)
    found = {route: "/".join(split) for route, split in parts.items()}
    return {route: folded for route, folded in found.items() if folded != route}


def _folded_parts(siblings: Counter[str]) -> dict[str, str]:
    """Return what becomes of the parts behind one beginning, by their rows: nothing unless there are too many."""
    if len(siblings) <= MANY:
        return {}
    rows = siblings.total()
    return {part: _name(part) for part, count in siblings.items() if count * MANY < rows}


def _name(part: str) -> str:
    """Return what stands for a part: a file keeps its extension."""
    if part.startswith("{") and part.endswith("}"):
        return part
    stem, dot, extension = part.rpartition(".")
    known = dot and stem and extension.isalnum() and len(extension) <= _LONGEST_EXTENSION
    return f"{ANYTHING}.{extension}" if known else ANYTHING


def folded(table: Table) -> Table:
    """Return a table whose routes are folded; one that has let groups go stays as it is, since counts are missing."""
    keys = route_keys(table.spec)
    if not keys or len(table) <= MANY or table.floor > 0 or ROWS not in table.spec.aggregates:
        return table
    values = key_values(table)
    rows = table.states[table.spec.aggregates.index(ROWS)].arrays()[0].tolist()
    changed = False
    for key in keys:
        counts: Counter[str] = Counter()
        for row, count in zip(values, rows, strict=True):
            if isinstance(row[key], str):
                counts[str(row[key])] += count
        renamed = fold(counts)
        changed = changed or bool(renamed)
        for row in values:
            row[key] = renamed.get(str(row[key]), row[key]) if row[key] is not None else None
    return regrouped(table, values) if changed else table
