"""JSON lines side by side: some dozens of lines that are written as one before them, one value of all after the other.

Programs write one record like the other, so that what stands between the values of a line, from one value's end to
the next one's begin, is that of the line before to the byte: braces, keys, colons, commas and blanks. Such a stretch
is compared as a whole here, and a value of one line is looked for while that of the line before is still being
compared. Nothing here refuses a line: reading stops before the first that differs in anything but its scalar values,
or whose values break JSON's grammar, and `jsonlines` reads that one.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.hashing import same_slice
from logproc.kernels.jit import helper
from logproc.kernels.jsonscan import (
    finish_literal,
    finish_number,
    finish_string,
    short_number_end,
    string_stops,
    string_stops_near,
)
from logproc.kernels.memory import load_byte, load_half, load_word, store_byte, store_half, store_word
from logproc.kernels.simd import NEWLINE, eq_mask64, trailing_zeros

MISSING, PLAIN, ESCAPED, NUMBER, BOOLEAN, NESTED = range(6)
"""Kinds of a value: none, null or "-", a string as it is, one with escapes, a number, true or false, raw JSON text."""

LANES = 64
"""Lines that are read side by side at most."""

NEAR_BYTES = 24 << 10
"""Bytes of lines that are read side by side, unless it is a single one: they should stay in a first-level cache."""

MOST_VALUES = 512
"""Scalar values of a line up to which others are compared with it."""

SHORT, LONG = 24, 40
"""Bytes of a value up to which others at its place are expected to have less than 32, and from which on to have more
than 64 now and then."""

N_SLOTS, N_VALUES, N_ABSENT, ALONE_LEFT, PATIENCE = range(5)
"""Cells of the memory that begin it: values of the line that others are compared with, or 0 where there is none;
values of the line that is being learnt, MOST_VALUES + 1 where it cannot be; columns that no value of it goes to. And
from call to call: lines that are to be read alone before one is learnt, and how many it would be after the next try."""

_VALUES, _VALUE_CELLS = 5, 3
_VALUE, _VALUE_END, _PATH = range(_VALUE_CELLS)

_SLOTS, _SLOT_CELLS = _VALUES + _VALUE_CELLS * MOST_VALUES, 5
_BETWEEN, _BETWEEN_LENGTH, _COLUMN, _RULE, _LENGTH = range(_SLOT_CELLS)

_AT = _SLOTS + _SLOT_CELLS * (MOST_VALUES + 1)
_PLACE, _LINE = 8 * _AT, 8 * (_AT + LANES)
_ABSENT = _AT + 2 * LANES + 1

MEMORY_CELLS = _ABSENT
"""Cells of the memory, beside one for each column."""

_ALONE, _PREFERRED, _SECOND = range(3)
"""Rules of a column: one value goes there; or of two, both in the line, this one wins unless it is missing, or the
earlier one does."""

_ONE = np.uint64(1)


@helper
def note_value(memory, start, end, path):
    """Note a scalar value of the line that is being learnt, in the order of the line."""
    n = load_word(memory, 8 * N_VALUES)
    if n < MOST_VALUES:
        place = 8 * (_VALUES + _VALUE_CELLS * n)
        store_word(memory, place + 8 * _VALUE, start)
        store_word(memory, place + 8 * _VALUE_END, end)
        store_word(memory, place + 8 * _PATH, path)
        store_word(memory, 8 * N_VALUES, n + 1)
    else:
        store_word(memory, 8 * N_VALUES, MOST_VALUES + 1)


@helper
def _column_of(path, first_path, n_columns):
    """Return the column that a path belongs to, -1 for no path."""
    column = n_columns - 1
    while path >= 0 and load_half(first_path, 4 * column) > path:
        column -= 1
    return column if path >= 0 else -1


@helper
def _repeats(memory, number, n):
    """Tell whether a later value of the noted `n` has the path of value `number`."""
    path = load_word(memory, 8 * (_VALUES + _VALUE_CELLS * number + _PATH))
    for later in range(number + 1, n):
        if load_word(memory, 8 * (_VALUES + _VALUE_CELLS * later + _PATH)) == path:
            return True
    return False


@helper
def learn(memory, begin, newline, first_path, n_columns):
    """Make the line [begin, newline], whose scalar values have been noted, the one that others are compared with.

    A line is none where more than two of its values go to one column, or where it has no value or too many.
    """
    n = load_word(memory, 8 * N_VALUES)
    store_word(memory, 8 * N_SLOTS, 0)
    if n < 1 or n > MOST_VALUES:
        return
    at = begin
    for number in range(n + 1):
        value, slot = memory + 8 * (_VALUES + _VALUE_CELLS * number), memory + 8 * (_SLOTS + _SLOT_CELLS * number)
        stop = load_word(value, 8 * _VALUE) if number < n else newline + 1
        store_word(slot, 8 * _BETWEEN, at)
        store_word(slot, 8 * _BETWEEN_LENGTH, stop - at)
        store_word(slot, 8 * _COLUMN, -1)
        if number == n:
            break
        at = load_word(value, 8 * _VALUE_END)
        store_word(slot, 8 * _LENGTH, at - stop)
        path = load_word(value, 8 * _PATH)
        if path < 0 or _repeats(memory, number, n):
            continue
        column, rule = _column_of(path, first_path, n_columns), _ALONE
        for earlier in range(number):
            if load_word(memory, 8 * (_SLOTS + _SLOT_CELLS * earlier + _COLUMN)) == column:
                if rule != _ALONE:
                    return
                other = load_word(memory, 8 * (_VALUES + _VALUE_CELLS * earlier + _PATH))
                rule = _PREFERRED if path < other else _SECOND
        store_word(slot, 8 * _COLUMN, column)
        store_word(slot, 8 * _RULE, rule)
    absent = 0
    for column in range(n_columns):
        there = False
        for number in range(n):
            there = there or load_word(memory, 8 * (_SLOTS + _SLOT_CELLS * number + _COLUMN)) == column
        if not there:
            store_word(memory, 8 * (_ABSENT + absent), column)
            absent += 1
    store_word(memory, 8 * N_ABSENT, absent)
    store_word(memory, 8 * N_SLOTS, n)


@helper
def _find_lines(base, i, end, wanted, memory):
    """Write where the next whole lines of [i, end) begin; returns how many, at most `wanted`."""
    n = 0
    near = i + NEAR_BYTES
    store_word(memory, _LINE, i)
    while i < end and n < wanted and (i < near or n == 0):
        mask = eq_mask64(base, i, NEWLINE)
        # Whether a line ends here is anybody's guess: a place that is written in vain costs less than a wrong one.
        store_word(memory, _LINE + 8 * (n + 1), i + trailing_zeros(mask) + 1)
        n += mask != 0
        mask &= mask - _ONE
        while mask != 0 and n < wanted:
            store_word(memory, _LINE + 8 * (n + 1), i + trailing_zeros(mask) + 1)
            n += 1
            mask &= mask - _ONE
        i += 64
    while load_word(memory, _LINE + 8 * n) > end:
        n -= 1
    return n


@helper
def _string_end(base, s, short, long):
    """Return (closing quote, kind) of the string whose first byte stands at s, kind MISSING where it breaks."""
    e = s
    mask = string_stops_near(base, e) if short else string_stops(base, e)
    if long:
        further = string_stops(base, e + 64)
        e += 64 if mask == 0 else 0
        mask = further if mask == 0 else mask
    while mask == 0:
        e += 32 if short else 64
        mask = string_stops(base, e)
        short = False
    e += trailing_zeros(mask)
    if load_byte(base, e) == 34:
        return e, PLAIN
    e, reason = finish_string(base, e)
    return e, ESCAPED if reason == 0 else MISSING


@helper
def _read_values(base, slot, n, row, memory, starts, ends, kinds, max_rows):
    """Read a value of each of n lines, and what stands before it; returns the lines that are as they should be."""
    between, length = load_word(slot, 8 * _BETWEEN), load_word(slot, 8 * _BETWEEN_LENGTH)
    column, rule = load_word(slot, 8 * _COLUMN), load_word(slot, 8 * _RULE)
    short, long = load_word(slot, 8 * _LENGTH) <= SHORT, load_word(slot, 8 * _LENGTH) >= LONG
    place, kinds = 4 * (column * max_rows + row), kinds + column * max_rows + row
    starts, ends = starts + place, ends + place
    for k in range(n):
        s = load_word(memory, _PLACE + 8 * k)
        if not same_slice(base, s, base, between, length):
            return k
        s += length
        byte = load_byte(base, s)
        if byte == 34:
            s += 1
            e, kind = _string_end(base, s, short, long)
            if kind == MISSING:
                return k
            after = e + 1
        else:
            kind = NUMBER
            if byte == 45 or 48 <= byte <= 57:
                e = short_number_end(base, s)
                if e < 0:
                    e = finish_number(base, s)
            else:
                e = finish_literal(base, s)
                kind = MISSING if byte == 110 else BOOLEAN
            if e < 0:
                return k
            after = e
        store_word(memory, _PLACE + 8 * k, after)
        if column >= 0:
            if kind == MISSING or (e == s + 1 and load_byte(base, s) == 45):
                s = e = -1
                kind = MISSING
            if (
                rule == _ALONE
                or (rule == _PREFERRED and kind != MISSING)
                or (rule == _SECOND and load_byte(kinds, k) == MISSING)
            ):
                store_half(starts, 4 * k, s)
                store_half(ends, 4 * k, e)
                store_byte(kinds, k, kind)
    return n


@helper
def read_alike(base, begin, end, row, line, wanted, memory, starts, ends, kinds, max_rows, row_offset, row_line):
    """Read up to `wanted` lines of [begin, end) into rows from `row` on; returns (lines read, lines found, the next).

    `line` is the number of the first; all arguments are addresses or numbers, `max_rows` is the length of a column.
    """
    n_slots = load_word(memory, 8 * N_SLOTS)
    found = _find_lines(base, begin, end, min(wanted, LANES), memory)
    for k in range(found):
        store_word(memory, _PLACE + 8 * k, load_word(memory, _LINE + 8 * k))
    n = found
    slot = memory + 8 * _SLOTS
    for _number in range(n_slots):
        n = _read_values(base, slot, n, row, memory, starts, ends, kinds, max_rows)
        slot += 8 * _SLOT_CELLS
    between, length = load_word(slot, 8 * _BETWEEN), load_word(slot, 8 * _BETWEEN_LENGTH)
    at = begin
    for k in range(n):
        s = load_word(memory, _PLACE + 8 * k)
        if not same_slice(base, s, base, between, length):
            n = k
            break
        store_half(row_offset, 4 * (row + k), load_word(memory, _LINE + 8 * k))
        store_half(row_line, 4 * (row + k), line + k)
        at = s + length
    for number in range(load_word(memory, 8 * N_ABSENT)):
        column = load_word(memory, 8 * (_ABSENT + number))
        for k in range(row, row + n):
            store_half(starts, 4 * (column * max_rows + k), -1)
            store_half(ends, 4 * (column * max_rows + k), -1)
            store_byte(kinds, column * max_rows + k, MISSING)
    return n, found, at
