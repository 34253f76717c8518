"""Tokenising and taking over in strides: some hundred lines at a time go from bytes to columns by one call for a block.

What a stride tokenises is still in a near cache when its columns are taken over, and nothing of Python's, whose own
memory the bytes push out of the caches, runs in between. Both kernels are called where their machine code is.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.columns import CELLS, FIRST_ROW
from logproc.kernels.exemplars import NO_MARK
from logproc.kernels.jit import helper, kernel
from logproc.kernels.layout import (
    COUNTS,
    FIRST_TIME,
    LAST_TIME,
    LINES,
    POSITION,
    REJECTS,
    ROW_OFFSET,
    ROWS,
    TIMES,
)
from logproc.kernels.memory import call_with_numbers, load_half, load_word, store_word
from logproc.kernels.simd import NEWLINE, find_or_newline

TOKENIZE, PROGRAM, LINE_ARRAYS, TAKE, STRIDE, COLUMNS, N_COLUMNS, AT, ROOM, MARK, MARKS, ALL_TIMES = range(12)
"""Cells of a described stride that are given: addresses of kernels and of what they read; the bytes of a stride; rows
that are there already, and from which on no stride begins; what is added to a row's offset to make its mark, or
NO_MARK for none at all; where marks and times of all rows are written (no address: no times)."""

AT_POSITION, WAITING, STOPPED, LAST_LINES = range(12, 16)
"""Cells that are written: where to go on; rows of the last stride that are not taken over yet, and the column that
needs room for that, or -1; lines of the last stride."""

SUMS = 16
"""First of the cells for what all strides of a call counted, as in the tokenizer's counters: they are added to."""

STRIDE_CELLS = SUMS + LAST_TIME + 1


@helper
def _add(stride, counters, cell):
    """Add what a call of the tokenizer counted to the sums."""
    place = 8 * (SUMS + cell)
    store_word(stride, place, load_word(stride, place) + load_word(counters, 8 * cell))


@kernel("i8, i8, i8, i8 -> none")
def read_strides(base, begin, end, stride):
    """Tokenise the whole lines of [begin, end) and take their rows over; `stride` is the address of its description.

    Stops behind a stride that has rejects, whose places and reasons are then in the line arrays; where there is no
    more room for rows; and, with rows waiting, where a dictionary is full: called again, it goes on with those.
    """
    tokenize, take = load_word(stride, 8 * TOKENIZE), load_word(stride, 8 * TAKE)
    program, lines = load_word(stride, 8 * PROGRAM), load_word(stride, 8 * LINE_ARRAYS)
    columns, n_columns = load_word(stride, 8 * COLUMNS), load_word(stride, 8 * N_COLUMNS)
    counters, offsets = load_word(lines, 8 * COUNTS), load_word(lines, 8 * ROW_OFFSET)
    times, all_times = load_word(lines, 8 * TIMES), load_word(stride, 8 * ALL_TIMES)
    mark, marks = load_word(stride, 8 * MARK), load_word(stride, 8 * MARKS)
    size, room = load_word(stride, 8 * STRIDE), load_word(stride, 8 * ROOM)
    at, waiting = load_word(stride, 8 * AT), load_word(stride, 8 * WAITING)
    stopped = stride + 8 * STOPPED
    i = begin
    refused = np.int64(0)
    if waiting > 0:
        i = load_word(counters, 8 * POSITION)
        refused = load_word(counters, 8 * REJECTS)
    while True:
        if waiting > 0:
            call_with_numbers(take, base, columns, n_columns, at, waiting, stopped)
            if load_word(stopped, 0) < n_columns:
                break
            at += waiting
            waiting = np.int64(0)
        if i >= end or refused > 0 or at >= room:
            break
        stop = end
        if end - i > size:
            stop = find_or_newline(base, i + size - 1, NEWLINE) + 1
        call_with_numbers(tokenize, base, i, stop, 0, program, lines)
        i = load_word(counters, 8 * POSITION)
        waiting, refused = load_word(counters, 8 * ROWS), load_word(counters, 8 * REJECTS)
        store_word(stride, 8 * LAST_LINES, load_word(counters, 8 * LINES))
        for cell in range(REJECTS, FIRST_TIME):
            _add(stride, counters, cell)
        _add(stride, counters, ROWS)
        first, last = load_word(counters, 8 * FIRST_TIME), load_word(counters, 8 * LAST_TIME)
        store_word(stride, 8 * (SUMS + FIRST_TIME), min(first, load_word(stride, 8 * (SUMS + FIRST_TIME))))
        store_word(stride, 8 * (SUMS + LAST_TIME), max(last, load_word(stride, 8 * (SUMS + LAST_TIME))))
        for k in range(waiting):
            store_word(marks, 8 * (at + k), load_half(offsets, 4 * k) + mark if mark != NO_MARK else NO_MARK)
        if all_times != 0:
            for k in range(waiting):
                store_word(all_times, 8 * (at + k), load_word(times, 8 * k))
        for column in range(n_columns):
            store_word(columns, 8 * (column * CELLS + FIRST_ROW), 0)
    store_word(stride, 8 * AT, at)
    store_word(stride, 8 * WAITING, waiting)
    store_word(stride, 8 * AT_POSITION, i)
