"""Lines that name their own fields, as `strides` reads lines: one call does what their parser does by several.

What is called is described by the address of its machine code and by what it takes; a function that takes fewer
numbers than it is given leaves the others alone, in every calling convention that Python runs under.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.clock import NO_TIME
from logproc.kernels.jit import helper, intrinsic, ir, kernel, types
from logproc.kernels.jsonlines import BLANKS, LINES, REJECTS, ROWS
from logproc.kernels.layout import BLANKS as ALL_BLANKS
from logproc.kernels.layout import COUNTS, FIRST_TIME, LAST_TIME, NO_FIRST_TIME, POSITION, TIMES, ZONELESS
from logproc.kernels.layout import LINES as ALL_LINES
from logproc.kernels.layout import REJECTS as ALL_REJECTS
from logproc.kernels.layout import ROWS as ALL_ROWS
from logproc.kernels.memory import load_half, load_word, store_word

ADDRESS, RESULT, ARGUMENTS = 0, 1, 4
"""Cells of a described call: what is called, where up to three results go, and what it takes."""

MOST_ARGUMENTS = 25
CALL_CELLS = 32
_CALL = 8 * CALL_CELLS

OWN, DERIVED, DATES = range(3)
"""Cells of the first row of a program: addresses of the tokenizer's own counters and of the starts of dates apart from
their clocks, and how many calls derive columns from others."""

TOKENIZE, DECODE_TIMES, JOIN_DATES, FIRST_DERIVED = range(1, 5)
"""Rows of a program, each a described call; the arguments of all but the first begin with the address of the bytes."""


@intrinsic
def call_described(typingctx, call):  # noqa: ARG001
    """Call what is described at an address, with as many numbers as any kernel takes."""
    sig = types.void(types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        place, word, status = ir.IntType(8).as_pointer(), ir.IntType(64), ir.IntType(32)

        def cell(number):
            return builder.inttoptr(builder.add(args[0], word(8 * number)), word.as_pointer())

        given = [builder.load(cell(ARGUMENTS + number)) for number in range(MOST_ARGUMENTS)]
        result = builder.bitcast(cell(RESULT), place.as_pointer())
        nowhere = builder.bitcast(cell(CALL_CELLS - 1), place.as_pointer())  # for an error, of which there is none
        known = ir.FunctionType(status, [place.as_pointer()] * 2 + [word] * MOST_ARGUMENTS)
        builder.call(builder.inttoptr(builder.load(cell(ADDRESS)), known.as_pointer()), [result, nowhere, *given])
        return context.get_dummy_value()

    return sig, codegen


@helper
def _give(call, number, value):
    store_word(call, 8 * (ARGUMENTS + number), value)


@kernel("i8, i8, i8, i8, i8, i8 -> none")
def read_named(base, begin, end, row, program, lines):
    """Do for whole lines of [begin, end) what `tokenize` does, by the calls of a program, with counters and times."""
    own, counters = load_word(program, 8 * OWN), load_word(lines, 8 * COUNTS)
    for cell in (REJECTS, LINES, BLANKS):
        store_word(own, 8 * cell, 0)
    store_word(own, 8 * ROWS, row)
    call = program + TOKENIZE * _CALL
    for number, value in ((0, base), (1, begin), (2, end)):
        _give(call, number, value)
    call_described(call)
    store_word(counters, 8 * POSITION, load_word(call, 8 * RESULT))
    upto = load_word(own, 8 * ROWS)
    call = program + DECODE_TIMES * _CALL
    _give(call, 0, base)
    _give(call, 4, upto)
    call_described(call)
    zoneless = load_word(call, 8 * RESULT)
    dates = load_word(program, 8 * DATES)
    apart = False
    for k in range(row, upto):
        apart = apart or load_half(dates, 4 * k) >= 0
    if apart:
        call = program + JOIN_DATES * _CALL
        for number, value in ((0, base), (4, row), (5, upto)):
            _give(call, number, value)
        call_described(call)
        zoneless += load_word(call, 8 * RESULT)
    for derived in range(load_word(program, 8 * DERIVED)):
        call = program + (FIRST_DERIVED + derived) * _CALL
        for number, value in ((0, base), (4, row), (5, upto)):
            _give(call, number, value)
        call_described(call)
    times = load_word(lines, 8 * TIMES)
    first_time, last_time = np.int64(NO_FIRST_TIME), np.int64(NO_TIME)
    for k in range(row, upto):
        time = load_word(times, 8 * k)
        if time != NO_TIME:
            first_time = min(first_time, time)
            last_time = max(last_time, time)
    for cell, value in (
        (ALL_ROWS, upto),
        (ALL_REJECTS, load_word(own, 8 * REJECTS)),
        (ALL_BLANKS, load_word(own, 8 * BLANKS)),
        (ALL_LINES, load_word(own, 8 * LINES)),
        (ZONELESS, zoneless),
        (FIRST_TIME, first_time),
        (LAST_TIME, last_time),
    ):
        store_word(counters, 8 * cell, value)
