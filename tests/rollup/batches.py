"""Batches made from plain Python rows, as parsers make them from bytes, and what programs make of them."""

from __future__ import annotations

import numpy as np

from logproc.model import NO_TIME, PADDING, Batch
from logproc.rollup.aggregate import Program
from logproc.rollup.dumping import dump, load
from logproc.rollup.outcome import report_table
from logproc.rollup.tables import Table


def batch_of(rows, *, family="web", source="", host=None, styles=None, scales=None, lists=()):
    """Lay rows (dictionaries of str, bytes, int, float or None; `time` in microseconds) out in a padded buffer."""
    names = sorted({name for row in rows for name in row} - {"time"})
    data = bytearray()
    starts = {name: np.full(len(rows), -1, np.int32) for name in names}
    ends = {name: np.full(len(rows), -1, np.int32) for name in names}
    kinds = {name: np.zeros(len(rows), np.uint8) for name in names}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if name == "time" or value is None:
                continue
            raw = value if isinstance(value, bytes) else str(value).encode()
            starts[name][number], ends[name][number] = len(data), len(data) + len(raw)
            kinds[name][number] = (styles or {}).get(name, 0)
            data += raw
    buffer = np.frombuffer(bytes(data) + b"\xff" * PADDING, np.uint8)
    times = np.array([NO_TIME if row.get("time") is None else row["time"] for row in rows], np.int64)
    return Batch(buffer, len(rows), family, source, host, times, starts, ends, kinds, scales or {}, frozenset(lists))


def tables_of(program, batches, files=(), hand=dump):
    """Return the tables of one task over some batches, dumped unless `hand` makes something else of them."""
    running = program.aggregator(files, hand)
    for batch in batches:
        running.send(batch)
    try:
        running.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the aggregator went on")


def dumped(spec, rows, *, max_groups=1000, **options):
    """Return the dumped table of one report over rows, counted by a program of its own."""
    return tables_of(Program([spec], max_groups), [batch_of(rows, **options)] if rows else [])[0]


def merged(spec, dumps, max_groups=1000):
    """Fold dumped tables together, in the order given."""
    table = Table(spec, max_groups)
    for raw in dumps:
        table.merge(load(spec, raw))
    return table


def contents(table):
    """Return what a table holds, by key: the arrays of each state. Two tables are equal if these are."""
    held = {}
    for code in range(len(table)):
        alone = [state.select(np.array([code])).arrays() for state in table.states]
        held[table.keys.key(code)] = [[array.tolist() for array in arrays] for arrays in alone]
    return held, table.floor, table.problem


def carried(data):
    """Return what a table in motion holds, as `contents` does."""
    held = {}
    for number in range(data.groups):
        key = data.keys[data.offsets[number] : data.offsets[number + 1]].tobytes()
        held[key] = [[a.tolist() for a in state.select(np.array([number])).arrays()] for state in data.states]
    return held, data.floor, data.problem


def rows_of(table):
    """Return the rows of the finished report."""
    return list(report_table(table).rows)
