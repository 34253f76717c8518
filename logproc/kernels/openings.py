"""Unusual slots of a line that is read alone: what may be missing, opens with something, or knows where it ends.

Helpers of `unusual`, there also for what is rare where lines are read side by side. `starts` and `ends` are the
addresses of the output columns, `slot` and `program` those of what `layout` describes.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import (
    bracket_end,
    code_end,
    digits_end,
    is_level_letter,
    level_end,
    logger_end,
    measured_at,
    trailer_at,
    word_at,
)
from logproc.kernels.clock import NO_TIME
from logproc.kernels.fields import ends_here, find_byte
from logproc.kernels.heads import (
    HEAD_TIME,
    HOST_AT,
    PID_AT,
    PRIORITY_AT,
    PROGRAM_AT,
    elements_end,
    syslog_head,
    syslog_tag,
)
from logproc.kernels.jit import helper
from logproc.kernels.laid_times import stamp_end
from logproc.kernels.layout import (
    BARE,
    BRACKETED,
    BYTE,
    CODE,
    ELEMENTS,
    FACILITY,
    FLAGS,
    HEAD_SLOTS,
    HOST,
    LENGTH,
    LETTER,
    LEVEL,
    LINE_TIME,
    LOGGER,
    MASK,
    MAY_END,
    MEANING,
    MEASURED,
    METHOD,
    NO_MATCH,
    NUMBER,
    OPENING,
    OPENING_LENGTH,
    OPENING_MASK,
    PADDED,
    PASSED_BY,
    PID,
    PRIORITY,
    PROGRAM,
    PROTOCOL,
    REQUEST,
    REST,
    REST_END,
    SECOND,
    SEVERITY,
    SKIPPED,
    SOLID,
    STAMP,
    STORE,
    SYSLOG,
    TAG,
    TERMINATORS,
    WORD,
    WORDS,
)
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.recall import BAD_END_CELL, BAD_SEEN_CELL
from logproc.kernels.simd import NEWLINE, find_or_newline, load_u64
from logproc.kernels.values import derived, out_of_line, place_of, put, put_nothing

AT = np.uint8(64)
AS_USUAL, DONE, DONE_WITH_TIME, DONE_WITH_LINE = range(4)
"""Steps of `open_slot`."""


@helper
def put_tag(program, starts, ends, max_rows, row, cache):
    """Write the program and process number that `syslog_tag` left in the cache."""
    s, e = load_word(cache, 8 * PROGRAM_AT), load_word(cache, 8 * PROGRAM_AT + 8)
    put(starts, ends, derived(program, PROGRAM, max_rows, row), s, e)
    s, e = load_word(cache, 8 * PID_AT), load_word(cache, 8 * PID_AT + 8)
    put(starts, ends, derived(program, PID, max_rows, row), s, e)


@helper
def _put_head(program, starts, ends, max_rows, row, cache):
    """Write what `syslog_head` left in the cache to the columns it belongs to."""
    s, e = load_word(cache, 8 * PRIORITY_AT), load_word(cache, 8 * PRIORITY_AT + 8)
    put(starts, ends, derived(program, FACILITY, max_rows, row), s, e)
    put(starts, ends, derived(program, SEVERITY, max_rows, row), s, e)
    s, e = load_word(cache, 8 * HOST_AT), load_word(cache, 8 * HOST_AT + 8)
    put(starts, ends, derived(program, HOST, max_rows, row), s, e)
    put_tag(program, starts, ends, max_rows, row, cache)


@helper
def put_bare(base, s, slot, program, starts, ends, max_rows, row):
    """Read a text at s whose quotes were left out, or the dash of a request; returns as `open_slot` does."""
    flags = load_word(slot, 8 * FLAGS)
    word = np.uint64(load_word(slot, 8 * WORD)) >> np.uint64(8)
    mask = np.uint64(load_word(slot, 8 * MASK)) >> np.uint64(8)
    byte = np.uint8(word & np.uint64(255))
    e = find_or_newline(base, s, byte)
    while load_u64(base, e) & mask != word:
        newline = load_byte(base, e) == 10
        if newline and flags & MAY_END != 0:
            break
        if newline or flags & SOLID != 0:
            return -NO_MATCH, e
        e = find_or_newline(base, e + 1, byte)
    after = e
    ended = load_u64(base, e) & mask != word
    if ended and e > s and load_byte(base, e - 1) == 13:
        e -= 1
    dash = e == s + 1 and load_byte(base, s) == 45
    if e == s and flags & SOLID != 0:
        return -NO_MATCH, s
    if load_word(slot, 8 * MEANING) == REQUEST:
        if not dash:
            return -NO_MATCH, s
        for cell in range(METHOD, PROTOCOL + 1):
            put(starts, ends, derived(program, cell, max_rows, row), -1, -1)
    else:
        put(starts, ends, place_of(slot, STORE, max_rows, row), -1 if dash else s, -1 if dash else e)
    return (DONE_WITH_LINE, after) if ended else (DONE, after + load_word(slot, 8 * LENGTH) - 1)


@helper
def open_slot(base, s, slot, program, starts, ends, max_rows, row, cache):
    """Do what is special about an unusual slot at s before its end is looked for; return (step, position).

    Steps: AS_USUAL, the field begins at the position; DONE, DONE_WITH_TIME (the cache has it) and DONE_WITH_LINE,
    nothing is left to be done for the slot, and the next one is at the position; or the reason why the line does not
    match, as a negative number.
    """
    out_of_line()
    flags, meaning = load_word(slot, 8 * FLAGS), load_word(slot, 8 * MEANING)
    while flags & PADDED != 0 and load_byte(base, s) == 32:
        s += 1
    if meaning == SYSLOG or meaning == ELEMENTS:
        e = put_own_end(base, s, slot, program, starts, ends, max_rows, row, cache)
        if e < 0:
            return e, s
        if meaning == SYSLOG:
            return (DONE_WITH_TIME if flags & LINE_TIME != 0 else DONE), e
        if load_byte(base, e) == 32:
            e += 1
            if not ends_here(base, e):
                return DONE, e
        return (DONE_WITH_LINE, e) if flags & MAY_END != 0 else (-NO_MATCH, e)
    if flags & PASSED_BY != 0:
        e = level_end(base, s)
        if e >= 0 and load_byte(base, e) == 58 and load_byte(base, e + 1) == 32:
            put_nothing(slot, starts, ends, max_rows, row)
            return DONE, s
    if load_word(base, s) & load_word(slot, 8 * OPENING_MASK) == load_word(slot, 8 * OPENING):
        s += load_word(slot, 8 * OPENING_LENGTH)
        if flags & SOLID != 0 and (load_byte(base, s) == load_word(slot, 8 * BYTE) or ends_here(base, s)):
            return -NO_MATCH, s
        return (
            put_head(base, s, slot, program, starts, ends, max_rows, row, cache) if meaning >= STAMP else (AS_USUAL, s)
        )
    if flags & SKIPPED != 0:
        put_nothing(slot, starts, ends, max_rows, row)
        if meaning == PRIORITY:
            put(starts, ends, derived(program, FACILITY, max_rows, row), -1, -1)
            put(starts, ends, derived(program, SEVERITY, max_rows, row), -1, -1)
        return DONE, s
    if flags & BARE != 0:
        return put_bare(base, s, slot, program, starts, ends, max_rows, row)
    return -NO_MATCH, s


@helper
def field_end(base, s, slot, program, cache):
    """Return (end, where the terminator must stand) of a field at s that knows its end; what is wrong, negative."""
    meaning = load_word(slot, 8 * MEANING)
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    if meaning == STAMP:
        rest = load_word(program, 8 * TERMINATORS)
        e = stamp_end(base, s, rest, load_word(slot, 8 * REST), load_word(slot, 8 * REST_END), cache)
        return e, e
    if meaning == LEVEL:
        e = level_end(base, s)
        after = e
        while e >= 0 and load_byte(base, after) == 32 and load_u64(base, after) & mask != word:
            after += 1
        return e, after
    if meaning == LOGGER:
        return logger_end(base, s)
    if meaning == BRACKETED:
        e = bracket_end(base, s, word, mask)
    elif meaning == WORDS:
        e = word_at(base, s, word, mask)
    elif meaning == NUMBER:
        e = digits_end(base, s)
    elif meaning == CODE:
        e = code_end(base, s)
    elif meaning == LETTER:
        e = s + 1 if is_level_letter(load_byte(base, s)) else -NO_MATCH
    else:
        e = s
    return e, e


@helper
def put_head(base, s, slot, program, starts, ends, max_rows, row, cache):
    """Read a field at s that knows its end, and its terminator; returns as `open_slot` does."""
    meaning, flags = load_word(slot, 8 * MEANING), load_word(slot, 8 * FLAGS)
    if meaning >= TAG:
        return _put_rest(base, s, slot, program, starts, ends, max_rows, row, cache)
    e, after = field_end(base, s, slot, program, cache)
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    if meaning == STAMP and e < 0 and load_word(program, 8 * HEAD_SLOTS) > 0:
        # The line may still begin a record, and is then refused: it must not go on with the record before.
        bad_end = load_word(cache, 8 * BAD_END_CELL)
        if bad_end >= 0 and load_u64(base, bad_end) & mask == word:
            store_word(cache, 8 * BAD_SEEN_CELL, 1)
            store_word(cache, 8 * HEAD_TIME, NO_TIME)
            e = after = bad_end
    good = e >= 0 and load_u64(base, after) & mask == word
    at = -1
    if good and meaning == WORDS and load_word(slot, 8 * SECOND) >= -1:
        at = find_byte(base, s, e, AT)
        good = at < e
        put(starts, ends, place_of(slot, SECOND, max_rows, row), at + 1, e)
        e = at
    if not good:
        if flags & SKIPPED != 0:
            put_nothing(slot, starts, ends, max_rows, row)
            return DONE, s - load_word(slot, 8 * OPENING_LENGTH)  # which belongs to what stands here instead
        return (e if meaning == STAMP and e < 0 else -NO_MATCH), s
    after += load_word(slot, 8 * LENGTH)
    if meaning == STAMP:
        return (DONE_WITH_TIME if flags & LINE_TIME != 0 else DONE), after
    if meaning == BRACKETED:
        while e > s and load_byte(base, e - 1) == 32:
            e -= 1
    if e == s or (e == s + 1 and load_byte(base, s) == 45):
        if meaning == LEVEL:
            e += 1  # Redis's dash is a level, and a dash alone would be read as no value
        else:
            s = e = -1
    put(starts, ends, place_of(slot, STORE, max_rows, row), s, e)
    return DONE, after


@helper
def _put_rest(base, s, slot, program, starts, ends, max_rows, row, cache):
    """Read a tag, or the rest of a line with a second field in it; returns as `open_slot` does."""
    stop = find_or_newline(base, s, NEWLINE)
    e = stop
    if e > s and load_byte(base, e - 1) == 13:
        e -= 1
    if load_word(slot, 8 * MEANING) == TAG:
        for cell in range(PROGRAM_AT, PID_AT + 2):
            store_word(cache, 8 * cell, -1)
        message, _certain = syslog_tag(base, s, e, cache)
        put_tag(program, starts, ends, max_rows, row, cache)
        return DONE, message
    if load_word(slot, 8 * MEANING) == MEASURED:
        number, number_end = measured_at(base, s)
        put(starts, ends, place_of(slot, SECOND, max_rows, row), number, number_end)
    else:
        name = trailer_at(base, s, e)
        put(starts, ends, place_of(slot, SECOND, max_rows, row), name, -1 if name < 0 else e - 1)
        if name >= 0:
            e = name - 2
    if e == s + 1 and load_byte(base, s) == 45:
        s = e = -1
    put(starts, ends, place_of(slot, STORE, max_rows, row), s, e)
    return DONE_WITH_LINE, stop


@helper
def put_own_end(base, s, slot, program, starts, ends, max_rows, row, cache):
    """Read a field at s that knows where it ends; return that end, or what is wrong with it as a negative number."""
    if load_word(slot, 8 * MEANING) == ELEMENTS:
        e = elements_end(base, s)
        if e < 0:
            return -NO_MATCH
        dash = e == s + 1
        put(starts, ends, place_of(slot, STORE, max_rows, row), -1 if dash else s, -1 if dash else e)
        return e
    e = syslog_head(base, s, cache)
    if e == -NO_MATCH and load_word(slot, 8 * FLAGS) & SKIPPED != 0:
        for cell in range(PRIORITY_AT, HEAD_TIME):
            store_word(cache, 8 * cell, -1)
        store_word(cache, 8 * HEAD_TIME, NO_TIME)
        e = s
    if e >= 0:
        _put_head(program, starts, ends, max_rows, row, cache)
    return e
