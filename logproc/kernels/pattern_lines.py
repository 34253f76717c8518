"""Lines through a regular expression: each line's groups into columns, numbers and times checked.

`match_lines` does for patterns what `tokenize` does for separator programs, and leaves the same counters.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logproc.kernels import layout
from logproc.kernels.clock import NO_TIME
from logproc.kernels.fields import blank_line_end, find_byte, request_parts
from logproc.kernels.jit import helper, kernel
from logproc.kernels.layout import (
    BAD_NUMBER,
    BAD_TIME,
    CAPACITY,
    COUNTS,
    ENDS,
    NO_FIRST_TIME,
    NO_MATCH,
    REJECT_LINE,
    REJECT_OFFSET,
    REJECT_REASON,
    ROW_LINE,
    ROW_OFFSET,
    SCRATCH,
    STARTS,
    TIMES,
    ZONES,
)
from logproc.kernels.memory import load_byte, load_word, store_byte, store_half, store_word
from logproc.kernels.numerals import parse_decimal, parse_integer
from logproc.kernels.patterned_times import parse_described_time, parse_usual_time
from logproc.kernels.patterns import END, FAILED, FAR, FAR_AT, GAVE_UP, SLOTS_AT, STEPS, run_pattern
from logproc.kernels.simd import NEWLINE, find_or_newline

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOO_SLOW = 4
REASONS = {**layout.REASONS, TOO_SLOW: "pattern takes too long"}
"""Why a line was rejected."""

TEXT, INTEGER, DECIMAL, TIME, REQUEST, TARGET = range(6)
"""What a group's text is; REQUEST and TARGET also fill the columns that are made of them."""

LOOSE = 1
"""Flag of an output: text that is no number, or no time, is null instead of a reason to reject the line."""

(GROUP, MEANING, COLUMN, FLAGS, CODES) = range(5)
OUTPUT_CELLS, OUTPUT_BYTES = 8, 64
"""Cells of an output: slot of the group, meaning, column or -1, flags, and where a time's codes begin, or -1."""

(CODE, TABLES, OUTPUTS, N_OUTPUTS, WORK, N_SLOTS, STACK, STACK_BYTES, ANCHORED, FIRST, TIME_CODES, DERIVED) = range(12)
"""Cells of a described pattern; from DERIVED on the columns of method, target, path, query and protocol, or -1."""

BASE_STEPS, BYTE_STEPS = 20_000, 500
"""The budget of a line: so many steps, and so many for each of its bytes. Usual patterns need less than one step a
byte, eleven `.*` in a row some hundreds; the budget bounds the time of a line to 2 us a byte or so."""

QUESTION = np.uint8(63)


class PatternArrays(NamedTuple):
    """A pattern as arrays.

    `code` int64[n, CELLS], `tables` uint8[k, TABLE_BYTES], `outputs` int64[m, OUTPUT_CELLS], `time_codes` int64,
    `derived` int64[5]. `anchored` patterns match at the line's start only; `first` is the table of the bytes that a
    match can begin with, or -1. `slots` is the number of positions that a match leaves.
    """

    code: NDArray[np.int64]
    tables: NDArray[np.uint8]
    outputs: NDArray[np.int64]
    time_codes: NDArray[np.int64]
    derived: NDArray[np.int64]
    slots: int
    anchored: bool
    first: int

    def described(self, work: NDArray[np.int64], stack: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the addresses and numbers that `match_lines` reads; the arrays must outlive them."""
        return np.array(
            [
                self.code.ctypes.data,
                self.tables.ctypes.data,
                self.outputs.ctypes.data,
                len(self.outputs),
                work.ctypes.data,
                self.slots,
                stack.ctypes.data,
                8 * len(stack),
                int(self.anchored),
                self.first,
                self.time_codes.ctypes.data,
                *self.derived.tolist(),
            ],
            np.int64,
        )


@helper
def search(base, s, e, pattern):
    """Find the pattern in the line [s, e), from its start on; return where the match ends, FAILED or GAVE_UP."""
    code, tables, work = load_word(pattern, 8 * CODE), load_word(pattern, 8 * TABLES), load_word(pattern, 8 * WORK)
    stack, stack_bytes = load_word(pattern, 8 * STACK), load_word(pattern, 8 * STACK_BYTES)
    n_slots, first = load_word(pattern, 8 * N_SLOTS), load_word(pattern, 8 * FIRST)
    last = s if load_word(pattern, 8 * ANCHORED) != 0 else e
    store_word(work, 8 * STEPS, BASE_STEPS + BYTE_STEPS * (e - s))
    store_word(work, 8 * FAR, s)
    store_word(work, 8 * FAR_AT, 0)
    at = s
    while at <= last:
        if first >= 0:
            while at <= last and load_byte(tables + first, load_byte(base, at) if at < e else END) == 0:
                at += 1
            if at > last:
                return FAILED
        for slot in range(n_slots):
            store_word(work, 8 * (SLOTS_AT + slot), -1)
        found = run_pattern(base, s, e, at, code, tables, work, stack, stack_bytes)
        if found != FAILED:
            return found
        at += 1
    return FAILED


@helper
def _put(lines, column, max_rows, row, s, e):
    if column >= 0:
        store_half(load_word(lines, 8 * STARTS), 4 * (column * max_rows + row), s)
        store_half(load_word(lines, 8 * ENDS), 4 * (column * max_rows + row), e if s >= 0 else -1)


@helper
def _put_request(base, s, e, whole, pattern, lines, max_rows, row):
    """Write the columns that are made of a request line, or of a target alone."""
    target, target_end = s, e
    if whole and s >= 0:
        method, protocol = request_parts(base, s, e)
        if method >= 0:
            target, target_end = method + 1, protocol - 1
        _put(lines, load_word(pattern, 8 * DERIVED), max_rows, row, s if method >= 0 else -1, method)
        _put(lines, load_word(pattern, 8 * DERIVED + 32), max_rows, row, protocol, e)
    elif whole:
        _put(lines, load_word(pattern, 8 * DERIVED), max_rows, row, -1, -1)
        _put(lines, load_word(pattern, 8 * DERIVED + 32), max_rows, row, -1, -1)
    if target_end == target + 1 and load_byte(base, target) == 45:
        target = -1
    mark = target_end if target < 0 else find_byte(base, target, target_end, QUESTION)
    query = mark + 1 if target >= 0 and mark < target_end else -1
    _put(lines, load_word(pattern, 8 * DERIVED + 8), max_rows, row, target, target_end)
    _put(lines, load_word(pattern, 8 * DERIVED + 16), max_rows, row, target, mark)
    _put(lines, load_word(pattern, 8 * DERIVED + 24), max_rows, row, query, target_end)


@helper
def _is_number(base, s, e, meaning):
    if meaning == INTEGER:
        _value, good = parse_integer(base, s, e)
        return good
    _number, verdict = parse_decimal(base, s, e)
    return verdict != 0


@helper
def put_outputs(base, pattern, lines, max_rows, row, cache):
    """Write what the groups of a match mean; return (reason or 0, microseconds or NO_TIME, 1 if zoneless)."""
    outputs, work = load_word(pattern, 8 * OUTPUTS), load_word(pattern, 8 * WORK)
    time = np.int64(NO_TIME)
    no_zone = 0
    for k in range(load_word(pattern, 8 * N_OUTPUTS)):
        output = outputs + k * OUTPUT_BYTES
        slot = load_word(output, 8 * GROUP)
        meaning, column = load_word(output, 8 * MEANING), load_word(output, 8 * COLUMN)
        s, e = load_word(work, slot), load_word(work, slot + 8)
        if e < s or s < 0:
            s = e = -1
        dash = e == s + 1 and s >= 0 and load_byte(base, s) == 45
        if meaning == TEXT:
            _put(lines, column, max_rows, row, -1 if dash else s, e)
        elif meaning == REQUEST or meaning == TARGET:
            _put_request(base, s, e, meaning == REQUEST, pattern, lines, max_rows, row)
        elif s == e or dash:
            _put(lines, column, max_rows, row, -1, -1)
        elif meaning == TIME:
            codes = load_word(output, 8 * CODES)
            if codes >= 0:
                micros, naive, ok = parse_described_time(
                    base, s, e, load_word(pattern, 8 * TIME_CODES) + 8 * codes, cache
                )
            else:
                micros, naive, ok = parse_usual_time(base, s, e, cache)
            if ok and time == NO_TIME:
                time = micros
                no_zone = naive
            if not ok and load_word(output, 8 * FLAGS) & LOOSE == 0:
                return BAD_TIME, time, 0
        elif _is_number(base, s, e, meaning):
            _put(lines, column, max_rows, row, s, e)
        elif load_word(output, 8 * FLAGS) & LOOSE != 0:
            _put(lines, column, max_rows, row, -1, -1)
        else:
            return BAD_NUMBER, time, 0
    return 0, time, no_zone


@kernel("i8, i8, i8, i8, i8, i8 -> none")
def match_lines(base, begin, end, row, pattern, lines):
    """Match whole lines of [begin, end) of the buffer at `base` into rows from `row` on; the last byte is a newline.

    `pattern` and `lines` are the addresses that `PatternArrays` and `LineArrays` are described at; all else is as in
    `tokenize.tokenize`. A carriage return before the newline is not part of the line.
    """
    row_offset, row_line = load_word(lines, 8 * ROW_OFFSET), load_word(lines, 8 * ROW_LINE)
    reject_offset, reject_line = load_word(lines, 8 * REJECT_OFFSET), load_word(lines, 8 * REJECT_LINE)
    reject_reason, zoneless = load_word(lines, 8 * REJECT_REASON), load_word(lines, 8 * ZONES)
    times, cache = load_word(lines, 8 * TIMES), load_word(lines, 8 * SCRATCH)
    max_rows, counters = load_word(lines, 8 * CAPACITY), load_word(lines, 8 * COUNTS)
    rejects = blanks = n_lines = n_zoneless = 0
    first_time, last_time = np.int64(NO_FIRST_TIME), np.int64(NO_TIME)
    i = begin
    while i < end and row < max_rows and rejects < max_rows:
        n_lines += 1
        line = i
        newline = find_or_newline(base, i, NEWLINE)
        i = newline + 1
        if load_byte(base, line) <= 32 and blank_line_end(base, line) >= 0:
            blanks += 1
            continue
        stop = newline - 1 if newline > line and load_byte(base, newline - 1) == 13 else newline
        found = search(base, line, stop, pattern)
        time = np.int64(NO_TIME)
        naive = 0
        if found >= 0:
            reason, time, naive = put_outputs(base, pattern, lines, max_rows, row, cache)
        else:
            reason = TOO_SLOW if found == GAVE_UP else NO_MATCH
        if reason == 0:
            store_word(times, 8 * row, time)
            if time != NO_TIME:
                first_time = min(first_time, time)
                last_time = max(last_time, time)
            store_byte(zoneless, row, naive)
            n_zoneless += naive
            store_half(row_offset, 4 * row, line)
            store_half(row_line, 4 * row, n_lines - 1)
            row += 1
        else:
            store_half(reject_offset, 4 * rejects, line)
            store_half(reject_line, 4 * rejects, n_lines - 1)
            store_byte(reject_reason, rejects, reason)
            rejects += 1
    store_word(counters, 8 * layout.POSITION, i)
    store_word(counters, 8 * layout.ROWS, row)
    store_word(counters, 8 * layout.REJECTS, rejects)
    store_word(counters, 8 * layout.BLANKS, blanks)
    store_word(counters, 8 * layout.LINES, n_lines)
    store_word(counters, 8 * layout.ZONELESS, n_zoneless)
    store_word(counters, 8 * layout.FIRST_TIME, first_time)
    store_word(counters, 8 * layout.LAST_TIME, last_time)


@kernel("i8, i8, i8, i8, i8[] -> i8")
def match_line(base, s, e, pattern, out):
    """Search one line [s, e); return where the match ends or what `search` returns, and write to `out` (int64).

    `out` gets how far the match got, at which instruction, and the slots.
    """
    found = search(base, s, e, pattern)
    work = load_word(pattern, 8 * WORK)
    out[0] = load_word(work, 8 * FAR)
    out[1] = load_word(work, 8 * FAR_AT)
    for slot in range(load_word(pattern, 8 * N_SLOTS)):
        out[2 + slot] = load_word(work, 8 * (SLOTS_AT + slot))
    return found
