"""Separator programs over bytes: lines in, field offsets out, at a few bytes a cycle.

`tokenize` carries out what `formats.program.Program` describes, given as arrays (`layout.ProgramArrays`). Each field
ends at the first place where its whole terminator stands; finding its first byte is one 64-byte compare for a field of
usual length. What a field means is checked in the same pass, while its bytes are in the first-level cache, so that a
line's fate never depends on which reports were asked for.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels import layout
from logproc.kernels.abreast import read_abreast
from logproc.kernels.decode import NO_TIME, parse_decimal, parse_integer
from logproc.kernels.ends import fixed_end
from logproc.kernels.fields import (
    BLANK,
    blank_line_end,
    continues,
    ends_line,
    escaped,
    find_byte,
    list_is_numeric,
    quotes_pair_up,
    request_parts,
    rest_stands,
    skip_nuls,
)
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import kernel
from logproc.kernels.layout import (
    ABREAST,
    BAD_NUMBER,
    BAD_TIME,
    BYTE,
    CAPACITY,
    CLF_HEAD,
    COMMA_LIST,
    COUNT,
    COUNTS,
    DECIMAL,
    DECIMAL_LIST,
    DERIVED,
    ENDPOINT,
    ENDS,
    EXTRA,
    FIXED,
    FLAGS,
    HEAD_SLOTS,
    INNER,
    INTEGER,
    LENGTH,
    LOCAL_TIME,
    LONG,
    MASK,
    MAY_END,
    MEANING,
    METHOD,
    N_SLOTS,
    NO_FIRST_TIME,
    NO_MATCH,
    OPEN_AT,
    OPEN_BLANKS,
    OPEN_LINES,
    OPEN_ROW,
    PATH,
    PORT,
    PREFIX,
    PREFIX_LENGTH,
    PRIORITY,
    PROTOCOL,
    QUERY,
    QUOTED,
    READ_UNUSUAL,
    REJECT_LINE,
    REJECT_OFFSET,
    REJECT_REASON,
    REQUEST,
    REST,
    REST_END,
    ROW_LINE,
    ROW_OFFSET,
    SCRATCH,
    SKIP,
    SLOT_BYTES,
    SLOTS,
    SOLID,
    STARTS,
    STATE,
    STORE,
    TARGET,
    TARGET_COLUMN,
    TERMINATORS,
    TEXT,
    TIMES,
    UNUSUAL,
    VHOST,
    WORD,
    ZONES,
)
from logproc.kernels.memory import call_with_numbers, load_byte, load_word, store_byte, store_half, store_word
from logproc.kernels.openings import DONE, DONE_WITH_LINE, DONE_WITH_TIME
from logproc.kernels.recall import BAD_SEEN_CELL
from logproc.kernels.records import LEAVE, PASSED, begin_records, end_records, newlines_between, open_last, record_line
from logproc.kernels.simd import NEWLINE, find_or_newline, load_u64
from logproc.kernels.unusual import ANSWER_CELL, LANES, POSITION_CELL
from logproc.kernels.values import put_head_again, put_nothing, put_typed, time_of

REASONS, COUNTERS, LineArrays, ProgramArrays = layout.REASONS, layout.COUNTERS, layout.LineArrays, layout.ProgramArrays
POSITION, ROWS, REJECTS, BLANKS = layout.POSITION, layout.ROWS, layout.REJECTS, layout.BLANKS
LINES, ZONELESS, FIRST_TIME, LAST_TIME = layout.LINES, layout.ZONELESS, layout.FIRST_TIME, layout.LAST_TIME

QUESTION = np.uint8(63)

NARROWEST, ALONE = 4, 8
"""Lines that are tried abreast where unusual ones are frequent, and that are read alone where several come in a row."""


@kernel("i8, i8, i8, i8, i8, i8 -> none")
def tokenize(base, begin, end, row, program, lines):
    """Tokenise whole lines of [begin, end) of the buffer at `base` into rows from `row` on; the last byte is a newline.

    `program` and `lines` are the addresses that `ProgramArrays` and `LineArrays` are described at. Writes to the
    counters where it stopped (the end, unless rows or rejects are full), the next free row, rejects, blank lines, all
    lines, zoneless times, and the least and greatest time (NO_FIRST_TIME and NO_TIME where there was none). Where a
    program has a head, the counters also say how records of several lines go on (see `layout`).
    """
    prefix, prefix_length = load_word(program, 8 * PREFIX), load_word(program, 8 * PREFIX_LENGTH)
    slots, n_slots = load_word(program, 8 * SLOTS), load_word(program, 8 * N_SLOTS)
    rest = load_word(program, 8 * TERMINATORS)
    extra, clf_head = load_word(program, 8 * EXTRA) != 0, load_word(program, 8 * CLF_HEAD) != 0
    method_column, target_column = (
        load_word(program, 8 * (DERIVED + METHOD)),
        load_word(program, 8 * (DERIVED + TARGET_COLUMN)),
    )
    path_column, query_column = load_word(program, 8 * (DERIVED + PATH)), load_word(program, 8 * (DERIVED + QUERY))
    protocol_column, vhost_column = (
        load_word(program, 8 * (DERIVED + PROTOCOL)),
        load_word(program, 8 * (DERIVED + VHOST)),
    )
    port_column = load_word(program, 8 * (DERIVED + PORT))
    starts, ends, times = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS), load_word(lines, 8 * TIMES)
    row_offset, row_line = load_word(lines, 8 * ROW_OFFSET), load_word(lines, 8 * ROW_LINE)
    reject_offset, reject_line = load_word(lines, 8 * REJECT_OFFSET), load_word(lines, 8 * REJECT_LINE)
    reject_reason, zoneless = load_word(lines, 8 * REJECT_REASON), load_word(lines, 8 * ZONES)
    max_rows, cache = load_word(lines, 8 * CAPACITY), load_word(lines, 8 * SCRATCH)
    counters = load_word(lines, 8 * COUNTS)
    max_rejects = max_rows
    head, inner = load_word(program, 8 * HEAD_SLOTS), load_word(program, 8 * INNER) != 0
    if head > 0:
        begin_records(base, end, counters, inner)
    rejects = blanks = n_lines = n_zoneless = 0
    first_time, last_time = np.int64(NO_FIRST_TIME), np.int64(NO_TIME)
    abreast = load_word(program, 8 * ABREAST) != 0
    width, alone = LANES, 0
    i = begin
    while i < end and row < max_rows and rejects < max_rejects:
        if abreast and alone == 0 and (head == 0 or load_word(counters, 8 * STATE) != SKIP):
            wanted = min(width, max_rows - row)
            read, found, i, naive, first, last = read_abreast(base, i, end, row, n_lines, wanted, program, lines, cache)
            if head > 0 and read > 0:
                open_last(read, row, n_lines, blanks, program, lines)
            row += read
            n_lines += read
            n_zoneless += naive
            first_time = min(first_time, first)
            last_time = max(last_time, last)
            width = LANES if read == found else max(read, NARROWEST)
            if read == found:
                continue
            alone = ALONE if read == 0 else 1
        alone -= alone > 0
        n_lines += 1
        line = i
        reason = 0
        if load_byte(base, i) <= 32:
            newline = blank_line_end(base, i)
            if newline >= 0:
                blanks += 1
                i = newline + 1
                continue
            if load_byte(base, i) == 0:
                i = skip_nuls(base, i)
        if prefix_length > 0 and not rest_stands(base, i, prefix, 0, prefix_length):
            reason = NO_MATCH
        j = first = i + prefix_length if reason == 0 else i
        time = np.int64(NO_TIME)
        no_zone = 0
        if vhost_column >= 0 and clf_head:
            store_half(starts, 4 * (vhost_column * max_rows + row), -1)
        if port_column >= 0 and clf_head:
            store_half(starts, 4 * (port_column * max_rows + row), -1)
        ended = False
        if head > 0:
            store_word(cache, 8 * BAD_SEEN_CELL, 0)
        f = behind = 0
        for f in range(n_slots):
            if reason != 0:
                break
            s = j
            slot = slots + f * SLOT_BYTES
            byte = np.uint8(load_word(slot, 8 * BYTE))
            length = load_word(slot, 8 * LENGTH)
            flags = load_word(slot, 8 * FLAGS)
            is_last = f == n_slots - 1
            if flags >= UNUSUAL:
                if ended:
                    put_nothing(slot, starts, ends, max_rows, row)
                    continue
                call_with_numbers(load_word(program, 8 * READ_UNUSUAL), base, s, slot, 1, row, program, lines)
                step, s = load_word(cache, 8 * ANSWER_CELL), load_word(cache, 8 * POSITION_CELL)
                if step < 0:
                    j, reason = s, -step
                    break
                if step >= DONE:
                    j = s
                    ended = step == DONE_WITH_LINE
                    if step == DONE_WITH_TIME and time == NO_TIME:
                        time = load_word(cache, 8 * HEAD_TIME)
                        no_zone = 0 if time == NO_TIME else load_word(cache, 8 * HEAD_ZONELESS)
                    continue
            # ---- where the field ends
            if length == 0 and is_last:
                j = find_or_newline(base, s, byte)
                e = j
                if e > s and load_byte(base, e) == 10 and load_byte(base, e - 1) == 13:
                    e -= 1
                if load_byte(base, j) != 10 and not quotes_pair_up(base, j):
                    reason = NO_MATCH
                    break
            else:
                fixed = load_word(slot, 8 * FIXED)
                word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
                if fixed > 0:
                    e = fixed_end(base, s, fixed, word, mask, slot, rest)
                    if e < 0:
                        reason = NO_MATCH
                        break
                else:
                    e = find_or_newline(base, s, byte)
                    while True:
                        if load_u64(base, e) & mask == word:
                            good = True
                            if flags != 0:
                                if flags & QUOTED != 0 and e > s and load_byte(base, e - 1) == 92:
                                    good = not escaped(base, s, e)
                                if flags & COMMA_LIST != 0:
                                    good = good and not continues(base, s, e)
                                if flags & LONG != 0 and good:
                                    good = rest_stands(
                                        base, e + 8, rest, load_word(slot, 8 * REST), load_word(slot, 8 * REST_END)
                                    )
                            if good and is_last:
                                after = load_byte(base, e + length)
                                if extra and after == 32:
                                    if not quotes_pair_up(base, e + length):
                                        reason = NO_MATCH
                                    break
                                good = after == 10 or (after == 13 and load_byte(base, e + length + 1) == 10)
                            if good:
                                break
                        elif flags & MAY_END != 0 and ends_line(base, s, e, byte, flags & QUOTED != 0):
                            ended = True
                            length = 0
                            if load_byte(base, e) == 10 and e > s and load_byte(base, e - 1) == 13:
                                e -= 1
                            break
                        elif load_byte(base, e) == 10 or flags & SOLID != 0:
                            reason = NO_MATCH
                            break
                        e = find_or_newline(base, e + 1, byte)
                    if reason != 0:
                        j = e
                        break
                j = e + length
                if byte == NEWLINE and e > s and load_byte(base, e - 1) == 13:
                    e -= 1
            # ---- what the field means
            meaning = load_word(slot, 8 * MEANING)
            column = load_word(slot, 8 * STORE)
            dash = e == s + 1 and load_byte(base, s) == 45
            if meaning == TEXT:
                if column >= 0:
                    store_half(starts, 4 * (column * max_rows + row), -1 if dash else s)
                    store_half(ends, 4 * (column * max_rows + row), -1 if dash else e)
                if f == 2 and clf_head and e > s + 1 and find_byte(base, s, e, BLANK) < e:
                    put_head_again(base, first, s, e, slots, program, starts, ends, max_rows, row)
            elif meaning == REQUEST or meaning == TARGET:
                target, target_end = s, e
                if meaning == REQUEST:
                    m, p = request_parts(base, s, e)
                    if m >= 0:
                        target, target_end = m + 1, p - 1
                        dash = target_end == target + 1 and load_byte(base, target) == 45
                    if method_column >= 0:
                        store_half(starts, 4 * (method_column * max_rows + row), s if m >= 0 else -1)
                        store_half(ends, 4 * (method_column * max_rows + row), m)
                    if protocol_column >= 0:
                        store_half(starts, 4 * (protocol_column * max_rows + row), p)
                        store_half(ends, 4 * (protocol_column * max_rows + row), e if p >= 0 else -1)
                if dash:
                    target = target_end = -1
                if target_column >= 0:
                    store_half(starts, 4 * (target_column * max_rows + row), target)
                    store_half(ends, 4 * (target_column * max_rows + row), target_end)
                if path_column >= 0 or query_column >= 0:
                    mark = target_end if dash else find_byte(base, target, target_end, QUESTION)
                    if path_column >= 0:
                        store_half(starts, 4 * (path_column * max_rows + row), target)
                        store_half(ends, 4 * (path_column * max_rows + row), mark)
                    if query_column >= 0:
                        store_half(starts, 4 * (query_column * max_rows + row), mark + 1 if mark < target_end else -1)
                        store_half(ends, 4 * (query_column * max_rows + row), target_end if mark < target_end else -1)
            elif dash or e == s:
                if meaning == ENDPOINT or meaning == PRIORITY:
                    reason = put_typed(base, s, e, slot, program, starts, ends, max_rows, row)
                    if reason != 0:
                        break
                elif column >= 0:
                    store_half(starts, 4 * (column * max_rows + row), -1)
                    store_half(ends, 4 * (column * max_rows + row), -1)
            elif meaning == INTEGER or meaning == DECIMAL or meaning == DECIMAL_LIST:
                if meaning == INTEGER:
                    _value, good = parse_integer(base, s, e)
                elif meaning == DECIMAL:
                    _number, verdict = parse_decimal(base, s, e)
                    good = verdict != 0
                else:
                    good = list_is_numeric(base, s, e)
                if not good:
                    reason = BAD_NUMBER
                    break
                if column >= 0:
                    store_half(starts, 4 * (column * max_rows + row), s)
                    store_half(ends, 4 * (column * max_rows + row), e)
            elif meaning >= COUNT and meaning != LOCAL_TIME:
                reason = put_typed(base, s, e, slot, program, starts, ends, max_rows, row)
                if reason != 0:
                    break
            else:
                micros, verdict = time_of(base, s, e, meaning, cache)
                if verdict == 0:
                    reason = BAD_TIME
                    break
                if time == NO_TIME:
                    time = micros
                    no_zone = 1 if verdict == 2 else 0
        if head > 0:
            if load_word(cache, 8 * BAD_SEEN_CELL) != 0 and (reason == 0 or f >= head):
                f, reason = head, BAD_TIME
            reason = record_line(base, line, j, end, f, reason, program, lines, row, n_lines, blanks)
            if reason < 0:
                if reason == LEAVE:
                    n_lines -= 1
                    i = line
                    break
                blanks += reason == PASSED
                i = find_or_newline(base, line, NEWLINE) + 1
                continue
            if reason > 0:
                j = line
            elif inner:
                behind = newlines_between(base, line, j)
        if reason == 0:
            store_word(times, 8 * row, time)
            if time != NO_TIME:
                first_time = min(first_time, time)
                last_time = max(last_time, time)
            store_byte(zoneless, row, no_zone)
            n_zoneless += no_zone
            store_half(row_offset, 4 * row, line)
            store_half(row_line, 4 * row, n_lines - 1)
            n_lines += behind
            row += 1
        else:
            store_half(reject_offset, 4 * rejects, line)
            store_half(reject_line, 4 * rejects, n_lines - 1)
            store_byte(reject_reason, rejects, reason)
            rejects += 1
        while load_byte(base, j) != 10:
            j = find_or_newline(base, j, NEWLINE)
        i = j + 1
    if head > 0 and end_records(counters, i, end):
        i, row = load_word(counters, 8 * OPEN_AT), load_word(counters, 8 * OPEN_ROW)
        n_lines, blanks = load_word(counters, 8 * OPEN_LINES), load_word(counters, 8 * OPEN_BLANKS)
    store_word(counters, 8 * POSITION, i)
    store_word(counters, 8 * ROWS, row)
    store_word(counters, 8 * REJECTS, rejects)
    store_word(counters, 8 * BLANKS, blanks)
    store_word(counters, 8 * LINES, n_lines)
    store_word(counters, 8 * ZONELESS, n_zoneless)
    store_word(counters, 8 * FIRST_TIME, first_time)
    store_word(counters, 8 * LAST_TIME, last_time)
