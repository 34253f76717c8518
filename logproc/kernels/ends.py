"""Where the fields of a slot end, in some dozens of lines one after the other: the terminators of `abreast`.

Those called `find` do it for lines [begin, n), whose fields begin where the work says, and return the lines that have
one: they stop before the first that is not as it should be, which `tokenize` reads alone.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import continues, ends_line, escaped, quotes_pair_up, rest_stands
from logproc.kernels.jit import helper, inlined
from logproc.kernels.layout import (
    BYTE,
    COMMA_LIST,
    FIXED,
    FLAGS,
    LENGTH,
    LONG,
    MASK,
    MAY_END,
    QUOTED,
    REST,
    REST_END,
    SOLID,
    TERMINATORS,
    WORD,
)
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.simd import NEWLINE, eq_mask32, eq_mask64, find_or_newline, load_u64, trailing_zeros
from logproc.kernels.unusual import END_AT, ENDED_AT, FIELD_AT, NEWLINE_AT


@inlined
def _find(base, i, stop, byte):
    """Return the first position of `byte` from i on; one at or behind `stop` may be any such position."""
    while i < stop:
        mask = eq_mask64(base, i, byte)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64
    return i


@inlined
def _find_near(base, i, stop, byte):
    """Do what `_find` does, for fields that mostly have less than 32 bytes."""
    mask = eq_mask32(base, i, byte)
    return i + trailing_zeros(mask) if mask != 0 else _find(base, i + 32, stop, byte)


@inlined
def _find_farther(base, i, stop, byte):
    """Do what `_find` does, for fields of which many have more than 64 bytes and many have less.

    Which of both it is cannot be guessed, and a wrong guess takes longer than to look at 128 bytes of all.
    """
    mask, further = eq_mask64(base, i, byte), eq_mask64(base, i + 64, byte)
    if mask | further == 0:
        return _find(base, i + 128, stop, byte)
    i += 64 if mask == 0 else 0
    return i + trailing_zeros(further if mask == 0 else mask)


@helper
def fixed_end(base, s, fixed, word, mask, slot, rest):
    """Return where a field of `fixed` bytes at s, or a dash in its place, ends before its terminator; -1 if neither.

    For a line that is read alone: `rest` is what terminators have behind their first word.
    """
    begin, end = load_word(slot, 8 * REST), load_word(slot, 8 * REST_END)
    stop = find_or_newline(base, s, NEWLINE)
    if stop > s and load_byte(base, stop - 1) == 13:
        stop -= 1
    e = s + fixed
    if e <= stop and load_u64(base, e) & mask == word and rest_stands(base, e + 8, rest, begin, end):
        return e
    e = s + 1
    if load_byte(base, s) == 45 and load_u64(base, e) & mask == word and rest_stands(base, e + 8, rest, begin, end):
        return e
    return -1


@helper
def find_fixed_ends(base, slot, begin, n, work):
    """Find the ends of a field of known length, or of a dash in its place; returns the lines that have one."""
    fixed = load_word(slot, 8 * FIXED)
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    for k in range(begin, n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        e = s + fixed
        if e >= stop or load_u64(base, e) & mask != word:
            e = s + 1
            if load_byte(base, s) != 45 or load_u64(base, e) & mask != word:
                return k
        store_word(work, END_AT + 8 * k, e)
    return n


@helper
def find_rest_ends(base, slot, begin, n, work):
    """Find the ends of a last field without a terminator: the line's, or the blank before fields nobody knows."""
    byte = np.uint8(load_word(slot, 8 * BYTE))
    for k in range(begin, n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        e = stop
        if byte != NEWLINE:
            e = min(_find(base, s, stop, byte), stop)
            if e < stop and not quotes_pair_up(base, e):
                return k
        if e == stop and e > s and load_byte(base, e - 1) == 13:
            e -= 1
        store_word(work, END_AT + 8 * k, e)
    return n


@helper
def find_ends(base, slot, begin, n, work):
    """Find the ends of a field that another follows: the first place where its whole terminator stands."""
    byte, quoted = np.uint8(load_word(slot, 8 * BYTE)), load_word(slot, 8 * FLAGS) & QUOTED != 0
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    # Where the first is a dash, most others are, too; a terminator that begins with one may stand at once.
    dashed = byte != 45 and load_byte(base, load_word(work, FIELD_AT + 8 * begin)) == 45
    for k in range(begin, n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        if dashed and load_byte(base, s) == 45 and load_u64(base, s + 1) & mask == word:
            store_word(work, END_AT + 8 * k, s + 1)
            continue
        e = _find_farther(base, s, stop, byte) if quoted else _find_near(base, s, stop, byte)
        while e < stop and (
            load_u64(base, e) & mask != word
            or (quoted and e > s and load_byte(base, e - 1) == 92 and escaped(base, s, e))
        ):
            e = _find(base, e + 1, stop, byte)
        if e >= stop:
            return k
        store_word(work, END_AT + 8 * k, e)
    return n


@helper
def find_odd_ends(base, slot, begin, n, program, work):
    """Do what `find_ends` does for a field with any of the flags: a list, a long terminator, a line that may end."""
    byte, flags = np.uint8(load_word(slot, 8 * BYTE)), load_word(slot, 8 * FLAGS)
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    rest_begin, rest_end = load_word(slot, 8 * REST), load_word(slot, 8 * REST_END)
    rest = load_word(program, 8 * TERMINATORS)
    quoted = flags & QUOTED != 0
    for k in range(begin, n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        e = _find_near(base, s, stop, byte)
        while True:
            if e >= stop:
                if flags & MAY_END == 0 or byte == 34:
                    return k
                e = stop - 1 if stop > s and load_byte(base, stop - 1) == 13 else stop
                store_word(work, ENDED_AT + 8 * k, 1)
                break
            if load_u64(base, e) & mask == word:
                good = not (quoted and e > s and load_byte(base, e - 1) == 92 and escaped(base, s, e))
                if flags & COMMA_LIST != 0:
                    good = good and not continues(base, s, e)
                if flags & LONG != 0:
                    good = good and rest_stands(base, e + 8, rest, rest_begin, rest_end)
                if good:
                    break
            elif flags & MAY_END != 0 and ends_line(base, s, e, byte, quoted):
                store_word(work, ENDED_AT + 8 * k, 1)
                break
            elif flags & SOLID != 0:
                return k
            e = _find(base, e + 1, stop, byte)
        store_word(work, END_AT + 8 * k, e)
    return n


@helper
def find_last_ends(base, slot, begin, n, work, extra):
    """Find the ends of a last field with a terminator: behind it ends the line, or come fields nobody knows."""
    byte, quoted = np.uint8(load_word(slot, 8 * BYTE)), load_word(slot, 8 * FLAGS) & QUOTED != 0
    word, mask = np.uint64(load_word(slot, 8 * WORD)), np.uint64(load_word(slot, 8 * MASK))
    length = load_word(slot, 8 * LENGTH)
    for k in range(begin, n):
        s, stop = load_word(work, FIELD_AT + 8 * k), load_word(work, NEWLINE_AT + 8 * k)
        e = s - 1
        good = False
        while not good:
            e = _find_farther(base, e + 1, stop, byte)
            if e >= stop:
                return k
            good = load_u64(base, e) & mask == word
            if good and quoted and e > s and load_byte(base, e - 1) == 92:
                good = not escaped(base, s, e)
            if good:
                after = e + length
                if extra and load_byte(base, after) == 32:
                    if not quotes_pair_up(base, after):
                        return k
                else:
                    good = after == stop or (load_byte(base, after) == 13 and after + 1 == stop)
        store_word(work, END_AT + 8 * k, e)
    return n
