"""Unusual slots of lines side by side: what may be missing, opens with something, or knows by itself where it ends.

What is most frequent about such a slot is done here, in one line after the other; whatever else stands in a line is
left to `open_slot`, which reads that slot of it as it does where a line is read alone.

`read_unusual` is a kernel of its own: it takes as long to compile as all the rest of `tokenize`, and the usual formats
of access logs have no such slot. `tokenize` calls it where its machine code is, for many lines at once.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import DURATION_WORD, bracket_end, level_end, word_at
from logproc.kernels.clock import NO_TIME, SCRATCH_SIZE
from logproc.kernels.fields import ends_here
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper, kernel
from logproc.kernels.laid_times import stamp_end
from logproc.kernels.layout import (
    BRACKETED,
    BYTE,
    CAPACITY,
    ENDS,
    FLAGS,
    LENGTH,
    LEVEL,
    LINE_TIME,
    LITERAL,
    MASK,
    MEANING,
    MEASURED,
    OPENING,
    OPENING_LENGTH,
    OPENING_MASK,
    PADDED,
    PASSED_BY,
    REST,
    REST_END,
    SCRATCH,
    SECOND,
    SKIPPED,
    SOLID,
    STAMP,
    STARTS,
    STORE,
    SYSLOG,
    TAG,
    TAIL,
    TERMINATORS,
    TIMES,
    UNUSUAL,
    WORD,
    WORDS,
    ZONES,
)
from logproc.kernels.memory import load_byte, load_word, store_byte, store_word
from logproc.kernels.openings import AS_USUAL, DONE, DONE_WITH_LINE, DONE_WITH_TIME, field_end, open_slot
from logproc.kernels.recall import BAD_SEEN_CELL, recall
from logproc.kernels.values import out_of_line, place_of, put, put_nothing

LANES = 64
"""Lines that are read side by side: as many as usually fit the first-level cache, with room for what is written."""

AT = SCRATCH_SIZE
FIELD_AT, END_AT, NEWLINE_AT, STEP_AT, ENDED_AT = (8 * (AT + LANES * place) for place in range(5))
"""Where in the scratch array, in bytes, each line's field begins and ends, the line's newline stands, what `open_slot`
said of the field, and whether the line has ended before it."""

ANSWER_CELL, POSITION_CELL = AT + 5 * LANES, AT + 5 * LANES + 1
"""Cells of the scratch array in which `read_unusual` answers."""

WORKSPACE = AT + 5 * LANES + 2
"""Length of the scratch array: what decoding remembers, and the lines abreast."""


@helper
def _opening_of(slot):
    """Return what stands in front of a slot's field as a word, the mask of its bytes, and how many these are."""
    return load_word(slot, 8 * OPENING), load_word(slot, 8 * OPENING_MASK), load_word(slot, 8 * OPENING_LENGTH)


@helper
def _keep_time(lines, at, work):
    """Give row `at` the time that was read last, unless it has one."""
    times, time = load_word(lines, 8 * TIMES), load_word(work, 8 * HEAD_TIME)
    if load_word(times, 8 * at) == NO_TIME and time != NO_TIME:
        store_word(times, 8 * at, time)
        store_byte(load_word(lines, 8 * ZONES), at, load_word(work, 8 * HEAD_ZONELESS))


@helper
def _read_alone(base, k, slot, program, lines, row, work):
    """Read the slot of line k as it is read where a line is alone; returns the step, -1 if the line is to be so."""
    out_of_line()
    starts, ends = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS)
    max_rows = load_word(lines, 8 * CAPACITY)
    if load_word(work, ENDED_AT + 8 * k) != 0:
        put_nothing(slot, starts, ends, max_rows, row + k)
        return DONE
    store_word(work, 8 * BAD_SEEN_CELL, 0)
    step, s = open_slot(base, load_word(work, FIELD_AT + 8 * k), slot, program, starts, ends, max_rows, row + k, work)
    if step < 0 or load_word(work, 8 * BAD_SEEN_CELL) != 0 or s > load_word(work, NEWLINE_AT + 8 * k):
        return -1
    store_word(work, FIELD_AT + 8 * k, s)
    if step == DONE_WITH_LINE:
        store_word(work, ENDED_AT + 8 * k, 1)
    elif step == DONE_WITH_TIME:
        _keep_time(lines, row + k, work)
    return step


@helper
def _begin_fields(base, slot, n, row, program, lines, work):
    """Find where the fields of a slot begin, and leave whether its end is still to be found as a step.

    Returns the lines in which the slot is as it should be.
    """
    flags, byte = load_word(slot, 8 * FLAGS), load_word(slot, 8 * BYTE)
    opening, mask, length = _opening_of(slot)
    padded, solid, tail = flags & PADDED != 0, flags & SOLID != 0, flags & TAIL != 0
    for k in range(n):
        s = load_word(work, FIELD_AT + 8 * k)
        while padded and load_byte(base, s) == 32:
            s += 1
        good = load_word(base, s) & mask == opening and flags & PASSED_BY == 0
        s += length
        if tail:
            good = good and load_word(work, ENDED_AT + 8 * k) == 0
        if solid:
            good = good and load_byte(base, s) != byte and not ends_here(base, s)
        step = AS_USUAL
        if good:
            store_word(work, FIELD_AT + 8 * k, s)
        else:
            step = _read_alone(base, k, slot, program, lines, row, work)
            if step < 0:
                return k
        store_word(work, STEP_AT + 8 * k, step)
    return n


@helper
def _read_literals(base, slot, n, work):
    """Read what is no field; returns the lines in which it stands, or need not."""
    flags = load_word(slot, 8 * FLAGS)
    opening, mask, length = _opening_of(slot)
    padded, skipped = flags & PADDED != 0, flags & SKIPPED != 0
    for k in range(n):
        s = load_word(work, FIELD_AT + 8 * k)
        while padded and load_byte(base, s) == 32:
            s += 1
        stands = load_word(base, s) & mask == opening
        if not stands and not skipped:
            return k
        store_word(work, FIELD_AT + 8 * k, s + (length if stands else 0))
    return n


@helper
def _read_stamps(base, slot, n, row, program, lines, work):
    """Read times by a layout, most of which are like the last one; returns the lines that have one."""
    opening, opening_mask, opening_length = _opening_of(slot)
    word, mask, length = load_word(slot, 8 * WORD), load_word(slot, 8 * MASK), load_word(slot, 8 * LENGTH)
    flags = load_word(slot, 8 * FLAGS)
    of_line, padded = flags & LINE_TIME != 0, flags & PADDED != 0
    layout = load_word(program, 8 * TERMINATORS) + load_word(slot, 8 * REST)
    for k in range(n):
        s = load_word(work, FIELD_AT + 8 * k)
        while padded and load_byte(base, s) == 32:
            s += 1
        e = -1
        if load_word(base, s) & opening_mask == opening:
            e = recall(base, s + opening_length, layout, work)
        after = e + length
        if e >= 0 and load_word(base, e) & mask == word and after <= load_word(work, NEWLINE_AT + 8 * k):
            store_word(work, FIELD_AT + 8 * k, after)
            if of_line:
                _keep_time(lines, row + k, work)
        elif _read_alone(base, k, slot, program, lines, row, work) < 0:
            return k
    return n


@helper
def _read_heads(base, slot, n, row, program, lines, work):
    """Read levels, loggers, threads and the like; returns the lines that have one, or need none."""
    starts, ends, max_rows = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS), load_word(lines, 8 * CAPACITY)
    meaning, flags = load_word(slot, 8 * MEANING), load_word(slot, 8 * FLAGS)
    opening, opening_mask, opening_length = _opening_of(slot)
    word, mask, length = load_word(slot, 8 * WORD), load_word(slot, 8 * MASK), load_word(slot, 8 * LENGTH)
    padded, skipped = flags & PADDED != 0, flags & SKIPPED != 0
    place = place_of(slot, STORE, max_rows, row)
    step = 1 if place >= 0 else 0
    for k in range(n):
        s = load_word(work, FIELD_AT + 8 * k)
        while padded and load_byte(base, s) == 32:
            s += 1
        if load_word(base, s) & opening_mask != opening:
            if not skipped:
                return k
            store_word(work, FIELD_AT + 8 * k, s)
            put(starts, ends, place + step * k, -1, -1)
            continue
        s += opening_length
        if meaning == LEVEL:
            e = level_end(base, s)
            after = e
            while e >= 0 and load_byte(base, after) == 32 and load_word(base, after) & mask != word:
                after += 1
        elif meaning == BRACKETED:
            e = after = bracket_end(base, s, np.uint64(word), np.uint64(mask))
        elif meaning == WORDS:
            e = after = word_at(base, s, np.uint64(word), np.uint64(mask))
        else:
            e, after = field_end(base, s, slot, program, work)
        good = e > s and load_word(base, after) & mask == word and (e > s + 1 or load_byte(base, s) != 45)
        if meaning == BRACKETED:
            good = good and load_byte(base, e - 1) != 32
        if good:
            store_word(work, FIELD_AT + 8 * k, after + length)
            put(starts, ends, place + step * k, s, e)
        elif _read_alone(base, k, slot, program, lines, row, work) < 0:
            return k
    return n


@helper
def _read_unmeasured(base, slot, n, row, program, lines, work):
    """Read what is left of lines, most of which have no duration; returns all lines."""
    starts, ends, max_rows = load_word(lines, 8 * STARTS), load_word(lines, 8 * ENDS), load_word(lines, 8 * CAPACITY)
    padded = load_word(slot, 8 * FLAGS) & PADDED != 0
    for k in range(n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        while padded and load_byte(base, s) == 32:
            s += 1
        e = stop - 1 if stop > s and load_byte(base, stop - 1) == 13 else stop
        if load_word(base, s) != DURATION_WORD and (e != s + 1 or load_byte(base, s) != 45):
            put(starts, ends, place_of(slot, SECOND, max_rows, row + k), -1, -1)
            put(starts, ends, place_of(slot, STORE, max_rows, row + k), s, e)
            store_word(work, FIELD_AT + 8 * k, stop)
        elif _read_alone(base, k, slot, program, lines, row, work) < 0:
            return k
    return n


@helper
def _read_own_ends(base, slot, n, row, program, lines, work):
    """Read a slot whose fields know where they end; returns the lines in which it is as it should be."""
    meaning, flags = load_word(slot, 8 * MEANING), load_word(slot, 8 * FLAGS)
    second = load_word(slot, 8 * SECOND)
    if flags & ~(UNUSUAL | SKIPPED | PADDED) == 0:
        if meaning == LITERAL and load_word(slot, 8 * LENGTH) == 0 and load_word(slot, 8 * STORE) < 0:
            return _read_literals(base, slot, n, work)
        if STAMP < meaning < TAG and (meaning != WORDS or second < -1):
            return _read_heads(base, slot, n, row, program, lines, work)
        if meaning == MEASURED and load_word(slot, 8 * OPENING_MASK) == 0:
            return _read_unmeasured(base, slot, n, row, program, lines, work)
    if meaning == STAMP and flags & ~(UNUSUAL | SKIPPED | PADDED | LINE_TIME) == 0:
        return _read_stamps(base, slot, n, row, program, lines, work)
    for k in range(n):
        if _read_alone(base, k, slot, program, lines, row, work) < 0:
            return k
    return n


@helper
def _is_time_alone(base, s, slot, program, work):
    """Return whether there is a time at s that ends with its line."""
    layouts, first, behind = (
        load_word(program, 8 * TERMINATORS),
        load_word(slot, 8 * REST),
        load_word(slot, 8 * REST_END),
    )
    e = stamp_end(base, s, layouts, first, behind, work)
    if e < 0:
        return np.int64(0)
    last = load_byte(base, e)
    return np.int64(last == 10 or last == 13)


@kernel("i8, i8, i8, i8, i8, i8, i8 -> none")
def read_unusual(base, s, slot, n, row, program, lines):
    """Do what is special about an unusual slot: in a line alone, at s, or, where that is negative, in n side by side.

    ANSWER_CELL is then the step of `open_slot` and POSITION_CELL its position, or ANSWER_CELL the number of lines in
    which the slot is as it should be; what they have of a slot whose end is to be looked for begins as the work says.
    With n negative, ANSWER_CELL is whether a line that begins at s is a time alone, and nothing is kept of it.
    """
    work = load_word(lines, 8 * SCRATCH)
    if n < 0:
        answer = _is_time_alone(base, s, slot, program, work)
    elif s >= 0:
        starts, ends, max_rows = (
            load_word(lines, 8 * STARTS),
            load_word(lines, 8 * ENDS),
            load_word(lines, 8 * CAPACITY),
        )
        answer, position = open_slot(base, s, slot, program, starts, ends, max_rows, row, work)
        store_word(work, 8 * POSITION_CELL, position)
    elif load_word(slot, 8 * MEANING) >= SYSLOG:
        answer = _read_own_ends(base, slot, n, row, program, lines, work)
    else:
        answer = _begin_fields(base, slot, n, row, program, lines, work)
    store_word(work, 8 * ANSWER_CELL, answer)
