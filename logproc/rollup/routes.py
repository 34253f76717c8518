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

import numpy as np

from logproc.model import Kind
from logproc.rollup.exemplars import Kept
from logproc.rollup.functions_route import ANYTHING
from logproc.rollup.groups import decode_key
from logproc.rollup.spec import Aggregate, Call
from logproc.rollup.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import RollupSpec, Value
    from logproc.rollup.states import State

MANY = 100
"""Different parts that may follow the same beginning of a path."""

ROWS = Aggregate("count", None, Kind.INTEGER)
"""What a report by route counts, whether it shows it or not."""

_LONGEST_EXTENSION = 5


def route_keys(spec: RollupSpec) -> list[int]:
    """Return which keys of a report are routes."""
    return [k for k, key in enumerate(spec.keys) if isinstance(key, Call) and key.function == "route"]


def fold(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the routes that change, and what they become; `counts` has the rows of each route."""
    parts = {route: route.split("/") for route in counts}
    for depth in range(max(map(len, parts.values()), default=0)):
        below: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        deep = [route for route, split in parts.items() if len(split) > depth]
        for route in deep:
            below[tuple(parts[route][:depth])][parts[route][depth]] += counts[route]
        for route in deep:
            split = parts[route]
            siblings = below[tuple(split[:depth])]
            # What is folded at one depth is folded before the next is looked at, and `below` was filled before.
            if len(siblings) > MANY and siblings[split[depth]] * MANY < siblings.total():
                parts[route] = [*split[:depth], _name(split[depth]), *split[depth + 1 :]]
    found = {route: "/".join(split) for route, split in parts.items()}
    return {route: folded for route, folded in found.items() if folded != route}


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
    kinds = [key.kind for key in table.spec.keys]
    values = [decode_key(table.keys.key(code), kinds) for code in range(len(table))]
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
    return _regrouped(table, [_encoded(row) for row in values]) if changed else table


def _encoded(values: Sequence[Value]) -> bytes:
    """Return the bytes of a key, as `groups.decode_key` reads them."""
    parts = []
    for value in values:
        if value is None:
            parts.append(b"\0")
        elif isinstance(value, str):
            raw = value.encode("utf-8", "backslashreplace")
            parts += [b"\1", len(raw).to_bytes(4, "little"), raw]
        elif isinstance(value, float):
            parts += [b"\1", np.float64(value).tobytes()]
        else:
            parts += [b"\1", int(value).to_bytes(8, "little", signed=True)]
    return b"".join(parts)


def _regrouped(table: Table, keys: Sequence[bytes]) -> Table:
    """Return a table in which the groups of equal keys are one."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    target = np.array([numbers[key] for key in keys], np.int64)
    states: list[State] = list(table.states)
    kept = _places(table.kept, np.arange(len(table)), len(table))
    while len(target) > len(numbers):
        order = np.argsort(target, kind="stable")
        begins = np.searchsorted(target[order], target[order])
        odd = (np.arange(len(order)) - begins) % 2 == 1
        stays, goes = order[~odd], order[odd]
        into = (np.cumsum(~odd) - 1)[odd]  # the one right before it
        pairs = [(state.select(stays), state.select(goes)) for state in states]
        for mine, its in pairs:
            mine.merge(its, into)
        states = [mine for mine, _ in pairs]
        moved = _places(kept, goes, len(target)).data(len(goes))
        kept = _places(kept, stays, len(target))
        kept.merge(moved, into, len(stays))
        target = target[stays]
    final = np.argsort(target)
    result = Table(table.spec, table.max_groups)
    for key in numbers:
        result.keys.add(key)
    result.states = [state.select(final) for state in states]
    result.slack = np.zeros(len(numbers), np.float64)
    result.kept = _places(kept, final, len(final))
    return result


def _places(kept: Kept, ids: NDArray[np.int64], size: int) -> Kept:
    """Return the exemplars of some groups."""
    copy = Kept()
    copy.merge(kept.data(size), np.arange(size), size)
    copy.select(ids)
    return copy
