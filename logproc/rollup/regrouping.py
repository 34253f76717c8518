"""Groups of a finished table that become one, when it shows what no single row could: that their keys are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.model import Kind
from logproc.rollup.exemplars import Kept
from logproc.rollup.groups import decode_keys, keys_of
from logproc.rollup.numerals import shown_numbers
from logproc.rollup.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.rollup.spec import Value
    from logproc.rollup.states import State


def key_values(table: Table) -> list[list[Value]]:
    """Return the key of each group of a table."""
    kinds = [key.kind for key in table.spec.keys]
    columns = decode_keys(*keys_of(table.keys, np.arange(len(table))), kinds)
    return [list(row) for row in zip(*columns, strict=True)] if kinds else [[] for _ in range(len(table))]


def equal_numbers(table: Table) -> Table:
    """Return a table in which 5 and 5.0 are one group, where a key is an undeclared field whose values are numbers.

    One that has let groups go stays as it is: what it holds of either is a bound.
    """
    undeclared = [place for place, key in enumerate(table.spec.keys) if key.kind is Kind.DYNAMIC]
    if not undeclared or table.floor > 0:
        return table
    values = key_values(table)
    changed = False
    for place in undeclared:
        numbers = shown_numbers([row[place] for row in values])
        if numbers is None or len(set(numbers)) == len({row[place] for row in values}):
            continue
        changed = True
        for row, number in zip(values, numbers, strict=True):
            row[place] = None if number is None else repr(number)
    return regrouped(table, values) if changed else table


def regrouped(table: Table, values: Sequence[Sequence[Value]]) -> Table:
    """Return a table whose groups have other keys; the groups of equal ones are merged."""
    return _regrouped(table, [_encoded(row) for row in values])


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
    result.keys.add_all(list(numbers))
    result.states = [state.select(final) for state in states]
    result.slack = np.zeros(len(numbers), np.float64)
    result.lost = table.lost
    result.kept = _places(kept, final, len(final))
    return result


def _places(kept: Kept, ids: NDArray[np.int64], size: int) -> Kept:
    """Return the exemplars of some groups."""
    copy = Kept()
    copy.merge(kept.data(size), np.arange(size), size)
    copy.select(ids)
    return copy
