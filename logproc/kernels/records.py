"""Records of several lines: which lines begin one, and where the others go.

A program says how many of its slots make the head by which a line is known to begin a record. A line that is refused
there goes on with the record before it; one that is refused later begins a record, a bad one. Helpers of `tokenize`,
which calls them for programs with a head only; what they remember stands in the counters (see `layout`).
"""

from __future__ import annotations

from logproc.kernels.jit import helper
from logproc.kernels.layout import (
    BAD_TIME,
    CAPACITY,
    COUNTS,
    ENDS,
    FRESH,
    FULL,
    GROWS,
    HEAD_SLOTS,
    HEADERS,
    HEADLESS,
    IN_MESSAGE,
    INNER,
    LEADING,
    MEANING,
    MORE,
    MORE_LINES,
    NO_MATCH,
    OPEN,
    OPEN_AT,
    OPEN_BLANKS,
    OPEN_LINES,
    OPEN_ROW,
    OPENING,
    OPENING_MASK,
    READ_UNUSUAL,
    RECORD_BYTES,
    ROW_OFFSET,
    SCRATCH,
    SKIP,
    SLOTS,
    STAMP,
    STARTS,
    STATE,
)
from logproc.kernels.memory import (
    call_with_numbers,
    load_byte,
    load_half,
    load_word,
    store_byte,
    store_half,
    store_word,
)
from logproc.kernels.simd import NEWLINE, find_or_newline
from logproc.kernels.unusual import ANSWER_CELL
from logproc.kernels.values import out_of_line

WENT_ON, LEAVE, PASSED = -1, -2, -3
"""Verdicts of `record_line` beside the reasons: the line is done with; stop before it; it counts as a blank one."""


@helper
def begin_records(base, end, counters, inner):
    """Get ready for a call: nothing is open but what the state says."""
    store_word(counters, 8 * LEADING, 0)
    store_word(counters, 8 * OPEN_ROW, -1)
    if inner:
        store_byte(base, end, 10)  # a head that is cut off ends here


@helper
def newlines_between(base, begin, end):
    """Return how many newlines stand in [begin, end)."""
    count = 0
    i = find_or_newline(base, begin, NEWLINE)
    while i < end:
        count += 1
        i = find_or_newline(base, i + 1, NEWLINE)
    return count


@helper
def _head_inside(base, begin, end, program, lines):
    """Tell whether a line in [begin, end) but the first begins with what stands in front of the first slot.

    Where nothing does, and that is a time, whether a line is a time alone: so begin records with dates on their own.
    """
    slot, cache = load_word(program, 8 * SLOTS), load_word(lines, 8 * SCRATCH)
    mask = load_word(slot, 8 * OPENING_MASK)
    stamped = mask == 0 and load_word(slot, 8 * MEANING) == STAMP
    i = find_or_newline(base, begin, NEWLINE) + 1
    while (mask != 0 or stamped) and i < end:
        if stamped:
            call_with_numbers(load_word(program, 8 * READ_UNUSUAL), base, i, slot, -1, 0, program, lines)
            if load_word(cache, 8 * ANSWER_CELL) != 0:
                return True
        elif load_word(base, i) & mask == load_word(slot, 8 * OPENING):
            return True
        i = find_or_newline(base, i, NEWLINE) + 1
    return False


@helper
def record_line(base, line, j, end, failed, reason, program, lines, row, n_lines, blanks):
    """Decide what a line is to records: returns 0 to begin row `row`, a reason to refuse it, or a verdict.

    `j` is how far it was read, `reason` why it was refused, in slot `failed`.
    """
    out_of_line()
    counters = load_word(lines, 8 * COUNTS)
    state = load_word(counters, 8 * STATE)
    inner = load_word(program, 8 * INNER) != 0
    if reason != 0 and failed < load_word(program, 8 * HEAD_SLOTS):
        return _go_on(base, line, state, program, lines, counters)
    if state == SKIP:
        return LEAVE
    store_word(counters, 8 * STATE, FRESH)
    if inner and j - line > load_word(counters, 8 * RECORD_BYTES):
        # Also where the head is not at its end yet: it must not be kept for ever.
        reason = reason if reason == BAD_TIME else NO_MATCH
    elif inner and j >= end:
        if load_word(counters, 8 * MORE) != 0:
            store_word(counters, 8 * OPEN_ROW, -1)
            return LEAVE
        reason = reason if reason == BAD_TIME else NO_MATCH
    if reason != 0 or (inner and _head_inside(base, line, j, program, lines)):
        return reason if reason != 0 else NO_MATCH
    store_word(counters, 8 * STATE, OPEN)
    store_word(counters, 8 * OPEN_ROW, row)
    store_word(counters, 8 * OPEN_AT, line)
    store_word(counters, 8 * OPEN_LINES, n_lines - 1)
    store_word(counters, 8 * OPEN_BLANKS, blanks)
    store_half(load_word(lines, 8 * MORE_LINES), 4 * row, newlines_between(base, line, j) if inner else 0)
    column = load_word(program, 8 * GROWS)
    if column >= 0 and load_word(program, 8 * IN_MESSAGE) == 0:
        place = 4 * (column * load_word(lines, 8 * CAPACITY) + row)
        store_half(load_word(lines, 8 * STARTS), place, -1)
        store_half(load_word(lines, 8 * ENDS), place, -1)
    return 0


@helper
def open_last(n, row, n_lines, blanks, program, lines):
    """Say of the records of `n` lines in rows from `row` on, the first being line n_lines, that the last is open."""
    counters, more = load_word(lines, 8 * COUNTS), load_word(lines, 8 * MORE_LINES)
    column, max_rows = load_word(program, 8 * GROWS), load_word(lines, 8 * CAPACITY)
    starts, ends = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS)
    grows = column >= 0 and load_word(program, 8 * IN_MESSAGE) == 0
    for at in range(row, row + n):
        store_half(more, 4 * at, 0)
        if grows:
            store_half(starts, 4 * (column * max_rows + at), -1)
            store_half(ends, 4 * (column * max_rows + at), -1)
    store_word(counters, 8 * STATE, OPEN)
    store_word(counters, 8 * OPEN_ROW, row + n - 1)
    store_word(counters, 8 * OPEN_AT, load_half(load_word(lines, 8 * ROW_OFFSET), 4 * (row + n - 1)))
    store_word(counters, 8 * OPEN_LINES, n_lines + n - 1)
    store_word(counters, 8 * OPEN_BLANKS, blanks)


@helper
def _go_on(base, line, state, program, lines, counters):
    """Give a line to the record that is open; returns as `record_line` does."""
    k = load_word(program, 8 * HEADERS)
    while load_word(k, 8) != 0:
        if load_word(base, line) & load_word(k, 8) == load_word(k, 0):
            return PASSED
        k += 16
    if state == FRESH:
        return HEADLESS
    if state == SKIP:
        return WENT_ON
    row = load_word(counters, 8 * OPEN_ROW)
    if row < 0:
        store_word(counters, 8 * LEADING, load_word(counters, 8 * LEADING) + 1)
        return WENT_ON
    more = load_word(lines, 8 * MORE_LINES)
    store_half(more, 4 * row, load_half(more, 4 * row) + 1)
    stop = find_or_newline(base, line, NEWLINE)
    if stop + 1 - load_word(counters, 8 * OPEN_AT) > load_word(counters, 8 * RECORD_BYTES):
        store_word(counters, 8 * STATE, FULL)
        return WENT_ON
    column = load_word(program, 8 * GROWS)
    if state == OPEN and column >= 0:
        place = 4 * (column * load_word(lines, 8 * CAPACITY) + row)
        starts, ends = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS)
        start = load_half(starts, place)
        if start < 0 or start == load_half(ends, place):
            store_half(starts, place, line)
        if stop > line and load_byte(base, stop - 1) == 13:
            stop -= 1
        store_half(ends, place, stop)
    return WENT_ON


@helper
def end_records(counters, position, end):
    """Tell whether the open record must be read again, from OPEN_AT, with the lines behind `position`."""
    if load_word(counters, 8 * STATE) != OPEN:
        return False
    store_word(counters, 8 * STATE, FULL)
    if load_word(counters, 8 * MORE) == 0 and position >= end:
        return False
    if position - load_word(counters, 8 * OPEN_AT) > load_word(counters, 8 * RECORD_BYTES):
        return False
    store_word(counters, 8 * STATE, FRESH)
    return True
