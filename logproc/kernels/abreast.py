"""Lines side by side: the usual fields of some dozens of lines, one field of all of them after the other.

Where a field ends says where the next one begins, so a processor that reads one line to its end waits at each field.
Here a field of one line is looked for while that of the line before is still being compared, and what a field is asked
for is decided once for all lines. Nothing here refuses a line or knows what is rare: reading stops before the first
line that is not as usual, and `tokenize` reads that one.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.clock import NO_TIME, parse_clf_time
from logproc.kernels.ends import find_ends, find_fixed_ends, find_last_ends, find_odd_ends, find_rest_ends
from logproc.kernels.fields import BLANK, blank_line_end, find_byte, list_is_numeric, request_parts, rest_stands
from logproc.kernels.jit import helper
from logproc.kernels.layout import (
    CAPACITY,
    CLF_HEAD,
    CLF_TIME,
    COMMA_LIST,
    COUNT,
    DECIMAL,
    DECIMAL_LIST,
    DERIVED,
    DURATION,
    ENDS,
    EXTRA,
    FIXED,
    FLAGS,
    INTEGER,
    LENGTH,
    LOCAL_TIME,
    LONG,
    LOOSE_INTEGER,
    MAY_END,
    MEANING,
    METHOD,
    N_SLOTS,
    NO_FIRST_TIME,
    PATH,
    PORT,
    PREFIX,
    PREFIX_LENGTH,
    PROTOCOL,
    QUERY,
    READ_UNUSUAL,
    REQUEST,
    ROW_LINE,
    ROW_OFFSET,
    SCRATCH,
    SLOT_BYTES,
    SLOTS,
    SOLID,
    STARTS,
    STORE,
    SYSLOG,
    TARGET,
    TARGET_COLUMN,
    TEXT,
    TIMES,
    UNUSUAL,
    VHOST,
    ZONES,
)
from logproc.kernels.memory import call_with_numbers, load_byte, load_word, store_byte, store_half, store_word
from logproc.kernels.numerals import parse_decimal, parse_integer, short_integer
from logproc.kernels.openings import AS_USUAL
from logproc.kernels.simd import NEWLINE, eq_mask64, leading_zeros, load_u64, trailing_zeros
from logproc.kernels.unusual import ANSWER_CELL, END_AT, ENDED_AT, FIELD_AT, NEWLINE_AT, STEP_AT
from logproc.kernels.values import put_typed, time_of

QUESTION = np.uint8(63)
_ONE = np.uint64(1)
_HIGH = np.uint64(0x8080808080808080)
_TO_A, _PAST_Z = np.uint64(0x3F3F3F3F3F3F3F3F), np.uint64(0x2525252525252525)
_HTTP = 0x2F50545448  # "HTTP/"


@helper
def _find_lines(base, begin, end, wanted, work):
    """Write where the next lines begin and their newlines stand; returns how many, at most `wanted`."""
    n = 0
    i = begin
    while i < end and n < wanted:
        mask = eq_mask64(base, i, NEWLINE)
        # Whether a line ends here is anybody's guess: a place that is written in vain costs less than a wrong one.
        store_word(work, NEWLINE_AT + 8 * n, i + trailing_zeros(mask))
        n += mask != 0
        mask &= mask - _ONE
        while mask != 0 and n < wanted:
            store_word(work, NEWLINE_AT + 8 * n, i + trailing_zeros(mask))
            n += 1
            mask &= mask - _ONE
        i += 64
    while n > 0 and load_word(work, NEWLINE_AT + 8 * (n - 1)) >= end:
        n -= 1
    store_word(work, FIELD_AT, begin)
    for k in range(1, n):
        store_word(work, FIELD_AT + 8 * k, load_word(work, NEWLINE_AT + 8 * (k - 1)) + 1)
    return n


@helper
def _request_parts(base, s, e):
    """Do what `request_parts` does, at once for a request line as most are."""
    blanks = eq_mask64(base, s, BLANK)
    if e - s < 64:
        blanks &= (_ONE << np.uint64(e - s)) - _ONE
        m = s + trailing_zeros(blanks)
        p = s + 64 - leading_zeros(blanks)
        size = m - s
        if blanks != 0 and 0 < size <= 8 and m + 3 <= p and p + 6 <= e:
            word = load_u64(base, s)
            ones = _HIGH >> np.uint64(64 - 8 * size)
            capitals = (word + _TO_A) & ~(word + _PAST_Z) & ~word & ones == ones
            plain = (word & _HIGH) & ones == 0
            digit = load_byte(base, p + 5)
            if capitals and plain and load_word(base, p) & 0xFFFFFFFFFF == _HTTP and 48 <= digit <= 57:
                return m, p
    return request_parts(base, s, e)


@helper
def _put_requests(base, slot, begin, n, row, program, starts, ends, max_rows, work):
    """Write the parts of request lines, or of targets that stand alone."""
    method, target_column = (
        load_word(program, 8 * (DERIVED + METHOD)),
        load_word(program, 8 * (DERIVED + TARGET_COLUMN)),
    )
    path, query = load_word(program, 8 * (DERIVED + PATH)), load_word(program, 8 * (DERIVED + QUERY))
    protocol = load_word(program, 8 * (DERIVED + PROTOCOL))
    whole = load_word(slot, 8 * MEANING) == REQUEST
    for k in range(begin, n):
        s, e = load_word(work, FIELD_AT + 8 * k), load_word(work, END_AT + 8 * k)
        target, target_end = s, e
        if whole:
            m, p = _request_parts(base, s, e)
            if m >= 0:
                target, target_end = m + 1, p - 1
            if method >= 0:
                store_half(starts, 4 * (method * max_rows + row + k), s if m >= 0 else -1)
                store_half(ends, 4 * (method * max_rows + row + k), m)
            if protocol >= 0:
                store_half(starts, 4 * (protocol * max_rows + row + k), p)
                store_half(ends, 4 * (protocol * max_rows + row + k), e if p >= 0 else -1)
        if target_end == target + 1 and load_byte(base, target) == 45:
            target = target_end = -1
        if target_column >= 0:
            store_half(starts, 4 * (target_column * max_rows + row + k), target)
            store_half(ends, 4 * (target_column * max_rows + row + k), target_end)
        if path >= 0 or query >= 0:
            mark = find_byte(base, target, target_end, QUESTION) if target >= 0 else target_end
            if path >= 0:
                store_half(starts, 4 * (path * max_rows + row + k), target)
                store_half(ends, 4 * (path * max_rows + row + k), mark)
            if query >= 0:
                store_half(starts, 4 * (query * max_rows + row + k), mark + 1 if mark < target_end else -1)
                store_half(ends, 4 * (query * max_rows + row + k), target_end if mark < target_end else -1)


@helper
def _put_times(base, slot, begin, n, row, times, zones, work, cache):
    """Write the times of a field, where an earlier one gave none; returns the lines whose time is one."""
    meaning = load_word(slot, 8 * MEANING)
    for k in range(begin, n):
        s, e = load_word(work, FIELD_AT + 8 * k), load_word(work, END_AT + 8 * k)
        if e == s or (e == s + 1 and load_byte(base, s) == 45):
            continue
        if meaning == CLF_TIME:
            micros, good = parse_clf_time(base, s, e, cache)
            verdict = 1 if good else 0
        else:
            micros, verdict = time_of(base, s, e, meaning, cache)
        if verdict == 0:
            return k
        if load_word(times, 8 * (row + k)) == NO_TIME:
            store_word(times, 8 * (row + k), micros)
            store_byte(zones, row + k, 1 if verdict == 2 else 0)
    return n


@helper
def _put_values(base, slot, begin, n, row, program, starts, ends, max_rows, work):
    """Write numbers and what else is checked one by one; returns the lines whose field is as it should be."""
    meaning, column = load_word(slot, 8 * MEANING), load_word(slot, 8 * STORE)
    for k in range(begin, n):
        s, e = load_word(work, FIELD_AT + 8 * k), load_word(work, END_AT + 8 * k)
        if meaning == COUNT or meaning == DURATION or meaning == LOOSE_INTEGER:
            _value, good = short_integer(base, s, e)
            if good:
                if column >= 0:
                    store_half(starts, 4 * (column * max_rows + row + k), s)
                    store_half(ends, 4 * (column * max_rows + row + k), e)
                continue
        if meaning >= COUNT:
            if put_typed(base, s, e, slot, program, starts, ends, max_rows, row + k) != 0:
                return k
            continue
        if e == s or (e == s + 1 and load_byte(base, s) == 45):
            s = e = -1
        elif meaning == INTEGER:
            _value, good = short_integer(base, s, e)
            if not good:
                _value, good = parse_integer(base, s, e)
            if not good:
                return k
        elif meaning == DECIMAL:
            _number, verdict = parse_decimal(base, s, e)
            if verdict == 0:
                return k
        elif not list_is_numeric(base, s, e):
            return k
        if column >= 0:
            store_half(starts, 4 * (column * max_rows + row + k), s)
            store_half(ends, 4 * (column * max_rows + row + k), e)
    return n


@helper
def _put_texts(base, column, begin, n, row, starts, ends, max_rows, work):
    """Write fields as they stand, a dash as none."""
    at = 4 * (column * max_rows + row)
    for k in range(begin, n):
        s, e = load_word(work, FIELD_AT + 8 * k), load_word(work, END_AT + 8 * k)
        dash = e == s + 1 and load_byte(base, s) == 45
        store_half(starts, at + 4 * k, -1 if dash else s)
        store_half(ends, at + 4 * k, -1 if dash else e)


@helper
def _usual_heads(base, begin, n, work):
    """Return the lines whose third field has no blank in it: they are no other head than that of an access log."""
    for k in range(begin, n):
        s, e = load_word(work, FIELD_AT + 8 * k), load_word(work, END_AT + 8 * k)
        if e > s + 1 and find_byte(base, s, e, BLANK) < e:
            return k
    return n


@helper
def _put_nothing(column, n, row, starts, max_rows):
    for k in range(n):
        store_half(starts, 4 * (column * max_rows + row + k), -1)


@helper
def _usual_beginnings(base, program, n, work):
    """Return the lines that are not blank, have no NUL in front and begin with the program's prefix, put behind it."""
    prefix, length = load_word(program, 8 * PREFIX), load_word(program, 8 * PREFIX_LENGTH)
    for k in range(n):
        s = load_word(work, FIELD_AT + 8 * k)
        byte = load_byte(base, s)
        if byte <= 32 and (byte == 0 or blank_line_end(base, s) >= 0):
            return k
        if length > 0 and not rest_stands(base, s, prefix, 0, length):
            return k
        store_word(work, FIELD_AT + 8 * k, s + length)
    return n


@helper
def _read_fields(base, f, slot, begin, n, row, program, lines, work):
    """Read the fields of a slot of lines [begin, n) that begin where the work says; returns the lines that have one."""
    starts, ends, times = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS), load_word(lines, 8 * TIMES)
    zones, max_rows = load_word(lines, 8 * ZONES), load_word(lines, 8 * CAPACITY)
    length, meaning = load_word(slot, 8 * LENGTH), load_word(slot, 8 * MEANING)
    is_last = f == load_word(program, 8 * N_SLOTS) - 1
    if is_last and length == 0:
        n = find_rest_ends(base, slot, begin, n, work)
    elif load_word(slot, 8 * FIXED) > 0:
        n = find_fixed_ends(base, slot, begin, n, work)
    elif is_last:
        n = find_last_ends(base, slot, begin, n, work, load_word(program, 8 * EXTRA) != 0)
    elif load_word(slot, 8 * FLAGS) & (COMMA_LIST | LONG | SOLID | MAY_END) != 0:
        n = find_odd_ends(base, slot, begin, n, program, work)
    else:
        n = find_ends(base, slot, begin, n, work)
    if f == 2 and load_word(program, 8 * CLF_HEAD) != 0:
        n = _usual_heads(base, begin, n, work)
    if meaning == TEXT:
        if load_word(slot, 8 * STORE) >= 0:
            _put_texts(base, load_word(slot, 8 * STORE), begin, n, row, starts, ends, max_rows, work)
    elif meaning == REQUEST or meaning == TARGET:
        _put_requests(base, slot, begin, n, row, program, starts, ends, max_rows, work)
    elif (
        meaning == INTEGER
        or meaning == DECIMAL
        or meaning == DECIMAL_LIST
        or (meaning >= COUNT and meaning != LOCAL_TIME)
    ):
        n = _put_values(base, slot, begin, n, row, program, starts, ends, max_rows, work)
    else:
        n = _put_times(base, slot, begin, n, row, times, zones, work, load_word(lines, 8 * SCRATCH))
    for k in range(begin, n):
        store_word(work, FIELD_AT + 8 * k, load_word(work, END_AT + 8 * k) + length)
    return n


@helper
def _read_unusual(base, f, slot, n, row, program, lines, work):
    """Read an unusual slot; returns the lines in which it is as it should be."""
    call_with_numbers(load_word(program, 8 * READ_UNUSUAL), base, -1, slot, n, row, program, lines)
    n = load_word(work, 8 * ANSWER_CELL)
    if load_word(slot, 8 * MEANING) >= SYSLOG:
        return n
    k = 0
    while k < n:
        begin = k
        while k < n and load_word(work, STEP_AT + 8 * k) == AS_USUAL:
            k += 1
        if k > begin:
            read = _read_fields(base, f, slot, begin, k, row, program, lines, work)
            if read < k:
                return read
        while k < n and load_word(work, STEP_AT + 8 * k) != AS_USUAL:
            k += 1
    return n


@helper
def read_abreast(base, begin, end, row, line, wanted, program, lines, work):
    """Read up to `wanted` lines of [begin, end) into rows from `row` on, and stop before the first unusual one.

    `line` is the number of the first; `work` is the scratch array of WORKSPACE cells. Returns (lines read, lines
    found, where to go on, zoneless times, first time, last time).
    """
    slots, n_slots = load_word(program, 8 * SLOTS), load_word(program, 8 * N_SLOTS)
    clf_head = load_word(program, 8 * CLF_HEAD) != 0
    starts, times = load_word(lines, 8 * STARTS), load_word(lines, 8 * TIMES)
    zones, max_rows = load_word(lines, 8 * ZONES), load_word(lines, 8 * CAPACITY)
    found = _find_lines(base, begin, end, wanted, work)
    n = _usual_beginnings(base, program, found, work)
    for k in range(n):
        store_word(times, 8 * (row + k), NO_TIME)
        store_byte(zones, row + k, 0)
        store_word(work, ENDED_AT + 8 * k, 0)
    if clf_head:
        for column in (load_word(program, 8 * (DERIVED + VHOST)), load_word(program, 8 * (DERIVED + PORT))):
            if column >= 0:
                _put_nothing(column, n, row, starts, max_rows)
    for f in range(n_slots):
        slot = slots + f * SLOT_BYTES
        if load_word(slot, 8 * FLAGS) < UNUSUAL:
            n = _read_fields(base, f, slot, 0, n, row, program, lines, work)
        else:
            n = _read_unusual(base, f, slot, n, row, program, lines, work)
    row_offset, row_line = load_word(lines, 8 * ROW_OFFSET), load_word(lines, 8 * ROW_LINE)
    first_time, last_time = np.int64(NO_FIRST_TIME), np.int64(NO_TIME)
    zoneless = 0
    at = begin
    for k in range(n):
        time = load_word(times, 8 * (row + k))
        if time != NO_TIME:
            first_time = min(first_time, time)
            last_time = max(last_time, time)
        zoneless += load_byte(zones, row + k)
        store_half(row_offset, 4 * (row + k), at)
        store_half(row_line, 4 * (row + k), line + k)
        at = load_word(work, NEWLINE_AT + 8 * k) + 1
    return n, found, at, zoneless, first_time, last_time
