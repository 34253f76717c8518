"""Tokenising and taking over in strides: some hundred lines at a time go from bytes to columns by one call for a block.

What a stride tokenises is still in a near cache when its columns are taken over, and nothing of Python's, whose own
memory the bytes push out of the caches, runs in between. Both kernels are called where their machine code is. Of a
plain file they also read what they tokenise, a stride at a time and many of them by one call (`read_stretch`).
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.columns import CELLS, FIRST_ROW
from logproc.kernels.exemplars import NO_MARK
from logproc.kernels.jit import helper, intrinsic, ir, kernel, types
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
from logproc.kernels.memory import call_with_numbers, load_byte, load_half, load_word, store_word
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

READ, READ_STRIDES, STRIDE_AT, FILE, BUFFER, LOW, LONGEST = range(7)
"""Cells of a described stretch that are given: addresses of `read` of C's library, of `read_strides` and of a described
stride; an open file; the buffer, where in it to begin, and the bytes that may stand there: no line is longer."""

LEFT, BEGIN, WHOLE, HAVE, GOES_ON = range(7, 12)
"""Cells that are written, too: bytes of the file that are still to be read; where in the buffer the lines that are to
be tokenised begin and end, and what was read; and, 1 or 0, whether another call can do more."""

STRETCH_CELLS = 12


@intrinsic
def read_file(typingctx, address, file, place, count):  # noqa: ARG001
    """Read up to `count` bytes to an address by the function `read` of C's library; returns how many, or -1."""
    sig = types.int64(types.int64, types.int64, types.int64, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        word = ir.IntType(64)
        known = ir.FunctionType(word, [ir.IntType(32), word, word])
        function = builder.inttoptr(args[0], known.as_pointer())
        return builder.call(function, [builder.trunc(args[1], ir.IntType(32)), *args[2:]])

    return sig, codegen


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


@helper
def _move(base, to, begin, end):
    """Move the bytes [begin, end) of a buffer back to `to`."""
    k = np.int64(0)
    while begin + k < end:
        store_word(base, to + k, load_word(base, begin + k))
        k += 8


@kernel("i8 -> none")
def read_stretch(stretch):
    """Read a plain file on from where it stands, and take the rows of its lines over; `stretch` is a description.

    What is in the buffer comes first. Stops where `read_strides` does, and where Python has to decide: at the end of
    what is to be read, at an error of the disk, before a line that may be too long. GOES_ON is then 0.
    """
    base, low, longest = load_word(stretch, 8 * BUFFER), load_word(stretch, 8 * LOW), load_word(stretch, 8 * LONGEST)
    reading, file = load_word(stretch, 8 * READ), load_word(stretch, 8 * FILE)
    stride, read_on = load_word(stretch, 8 * STRIDE_AT), load_word(stretch, 8 * READ_STRIDES)
    begin, whole, have = (
        load_word(stretch, 8 * BEGIN), load_word(stretch, 8 * WHOLE), load_word(stretch, 8 * HAVE)
    )  # fmt: skip
    left, size = load_word(stretch, 8 * LEFT), load_word(stride, 8 * STRIDE)
    goes_on = np.int64(1)
    while True:
        if begin < whole or load_word(stride, 8 * WAITING) > 0:
            call_with_numbers(read_on, base, begin, whole, stride)
            begin = load_word(stride, 8 * AT_POSITION)
            refused = load_word(stride, 8 * (SUMS + REJECTS))
            if begin < whole or refused > 0 or load_word(stride, 8 * WAITING) > 0:
                break
        if load_word(stride, 8 * AT) >= load_word(stride, 8 * ROOM):
            break
        _move(base, low, whole, have)
        if load_word(stride, 8 * MARK) != NO_MARK:
            store_word(stride, 8 * MARK, load_word(stride, 8 * MARK) + whole - low)
        tail = have = low + have - whole
        begin = whole = low
        count = min(size, left)
        if have - low + count > longest:
            count = np.int64(0)
        count = read_file(reading, file, base + have, count) if count > 0 else 0
        if count <= 0:
            goes_on = np.int64(0)
            break
        left -= count
        have += count
        whole = have
        while whole > tail and load_byte(base, whole - 1) != 10:
            whole -= 1
        if whole == tail:
            whole = low
    for cell, value in ((LEFT, left), (BEGIN, begin), (WHOLE, whole), (HAVE, have), (GOES_ON, goes_on)):
        store_word(stretch, 8 * cell, value)
