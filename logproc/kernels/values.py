"""What the bytes of a field mean, and the columns that it fills: times, counts, endpoints, heads of syslog lines.

Helpers of `tokenize`, which itself does what the fields of the usual access logs need. `starts` and `ends` are the
addresses of the output columns, `slot` and `program` those of what `layout` describes.
"""

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
from logproc.kernels.clock import NO_TIME, parse_clf_time, parse_epoch, parse_iso_time
from logproc.kernels.fields import ends_here, find_byte, port_span
from logproc.kernels.heads import (
    HEAD_TIME,
    HOST_AT,
    PID_AT,
    PRIORITY_AT,
    PROGRAM_AT,
    elements_end,
    priority_end,
    syslog_head,
    syslog_tag,
)
from logproc.kernels.jit import helper, intrinsic, types
from logproc.kernels.laid_times import stamp_end
from logproc.kernels.layout import (
    BAD_NUMBER,
    BARE,
    BRACKETED,
    BYTE,
    CLF_TIME,
    CODE,
    DERIVED,
    DURATION,
    ELEMENTS,
    ENDPOINT,
    EPOCH_MICROS,
    EPOCH_MILLIS,
    FACILITY,
    FLAGS,
    HEAD_SLOTS,
    HOST,
    ISO_TIME,
    LENGTH,
    LETTER,
    LEVEL,
    LINE_TIME,
    LOCAL_TIME,
    LOGGER,
    LOOSE_INTEGER,
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
from logproc.kernels.memory import load_byte, load_word, store_half, store_word
from logproc.kernels.numerals import parse_decimal, parse_integer
from logproc.kernels.recall import BAD_END_CELL, BAD_SEEN_CELL
from logproc.kernels.simd import NEWLINE, find_or_newline, load_u64
from logproc.kernels.stamps import parse_local_time

AT = np.uint8(64)
AS_USUAL, DONE, DONE_WITH_TIME, DONE_WITH_LINE = range(4)
"""Steps of `open_slot`."""


@intrinsic
def out_of_line(typingctx):  # noqa: ARG001
    """Keep the function that calls this a function of its own: inlined, rare code takes registers from usual code."""
    sig = types.void()

    def codegen(context, builder, sig, args):  # noqa: ARG001
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return sig, codegen


@helper
def put(starts, ends, place, s, e):
    """Write the slice [s, e) to row and column of `place`, a negative one where nobody wants it; no slice for s < 0."""
    if place >= 0:
        store_half(starts, 4 * place, s)
        store_half(ends, 4 * place, e)


@helper
def place_of(slot, cell, max_rows, row):
    """Return the place in starts and ends of what a slot yields, negative if nobody wants it."""
    return load_word(slot, 8 * cell) * max_rows + row if load_word(slot, 8 * cell) >= 0 else -1


@helper
def _derived(program, cell, max_rows, row):
    return place_of(program + 8 * DERIVED, cell, max_rows, row)


@helper
def put_nothing(slot, starts, ends, max_rows, row):
    """Write that a slot's field is null."""
    put(starts, ends, place_of(slot, STORE, max_rows, row), -1, -1)
    put(starts, ends, place_of(slot, SECOND, max_rows, row), -1, -1)


@helper
def put_tag(program, starts, ends, max_rows, row, cache):
    """Write the program and process number that `syslog_tag` left in the cache."""
    s, e = load_word(cache, 8 * PROGRAM_AT), load_word(cache, 8 * PROGRAM_AT + 8)
    put(starts, ends, _derived(program, PROGRAM, max_rows, row), s, e)
    s, e = load_word(cache, 8 * PID_AT), load_word(cache, 8 * PID_AT + 8)
    put(starts, ends, _derived(program, PID, max_rows, row), s, e)


@helper
def _put_head(program, starts, ends, max_rows, row, cache):
    """Write what `syslog_head` left in the cache to the columns it belongs to."""
    s, e = load_word(cache, 8 * PRIORITY_AT), load_word(cache, 8 * PRIORITY_AT + 8)
    put(starts, ends, _derived(program, FACILITY, max_rows, row), s, e)
    put(starts, ends, _derived(program, SEVERITY, max_rows, row), s, e)
    s, e = load_word(cache, 8 * HOST_AT), load_word(cache, 8 * HOST_AT + 8)
    put(starts, ends, _derived(program, HOST, max_rows, row), s, e)
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
            put(starts, ends, _derived(program, cell, max_rows, row), -1, -1)
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
            put(starts, ends, _derived(program, FACILITY, max_rows, row), -1, -1)
            put(starts, ends, _derived(program, SEVERITY, max_rows, row), -1, -1)
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


@helper
def put_typed(base, s, e, slot, program, starts, ends, max_rows, row):
    """Write a field whose meaning is from COUNT to PRIORITY and no time; return what is wrong with it, or 0."""
    out_of_line()
    meaning = load_word(slot, 8 * MEANING)
    place = place_of(slot, STORE, max_rows, row)
    if meaning == PRIORITY:
        if priority_end(base, s) != e:
            return NO_MATCH
        put(starts, ends, _derived(program, FACILITY, max_rows, row), s - 1, e + 1)
        put(starts, ends, _derived(program, SEVERITY, max_rows, row), s - 1, e + 1)
        return 0
    if e == s or (e == s + 1 and load_byte(base, s) == 45):
        put_nothing(slot, starts, ends, max_rows, row)
        return 0
    if meaning == ENDPOINT:
        port, port_end = port_span(base, s, e)
        put(starts, ends, place_of(slot, SECOND, max_rows, row), port, port_end)
        if port >= 0:
            e = port - 1
        if e - s > 2 and load_byte(base, s) == 91 and load_byte(base, e - 1) == 93:
            s += 1
            e -= 1
        put(starts, ends, place, s, e)
        return 0
    if meaning != LOOSE_INTEGER and load_byte(base, s) == 43:
        s += 1
        if s == e or load_byte(base, s) == 45 or load_byte(base, s) == 43:
            return BAD_NUMBER
    if meaning == DURATION:
        _value, good = parse_integer(base, s, e)
        if not good:
            _number, verdict = parse_decimal(base, s, e)
            good = verdict != 0
    else:
        _value, good = parse_integer(base, s, e)
    if not good and meaning != LOOSE_INTEGER:
        return BAD_NUMBER
    if not good or load_byte(base, s) == 45:
        s = e = -1
    put(starts, ends, place, s, e)
    return 0


@helper
def time_of(base, s, e, meaning, cache):
    """Return (microseconds UTC or NO_TIME, 0 bad | 1 good | 2 zoneless) of a time slot's slice."""
    if meaning == LOCAL_TIME:
        micros, good = parse_local_time(base, s, e, cache)
        return micros, 2 if good else 0
    if meaning == CLF_TIME:
        micros, good = parse_clf_time(base, s, e, cache)
        return micros, 1 if good else 0
    if meaning == ISO_TIME:
        micros, naive, good = parse_iso_time(base, s, e, cache)
        return micros, (2 if naive else 1) if good else 0
    unit = 1
    if meaning == EPOCH_MILLIS:
        unit = 1000
    elif meaning == EPOCH_MICROS:
        unit = 1000000
    for i in range(s, e):
        if load_byte(base, i) > 57:  # an exponent: numbers may have one, no server writes a time so
            return NO_TIME, 0
    micros, good = parse_epoch(base, s, e, unit)
    return micros, 1 if good else 0
