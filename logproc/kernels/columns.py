"""Columns of a batch taken over by one call: texts become codes, whole numbers are decoded, times are copied.

Rows are taken some hundreds at a time, all columns of them, so that the lines they point into are in a near cache when
the second column is read.
"""

from __future__ import annotations

from logproc.kernels.decode import NO_TIME, SLOW, decode_integers, parse_decimal, scaled
from logproc.kernels.decode import VALID as GOOD
from logproc.kernels.jit import cgutils, helper, intrinsic, ir, kernel, types
from logproc.kernels.memory import load_half, load_word, store_byte, store_word

TEXT, INTEGER, TIME, DECIMAL = range(4)
"""Kinds of columns."""

LEFT_OVER = 2
"""In place of a decimal's valid byte: it is one, but the nearest float64 is for Python to find."""

KIND, STARTS, ENDS, STYLES, OUT, VALID, DICTIONARY, FIRST_ROW = range(8)
CELLS = 8
"""Cells of a column for `take_columns`: its kind, addresses, and the row to begin at.

STARTS of a time are the times themselves; OUT are codes, or values that VALID goes with. VALID of a text is the address
of `intern`, STYLES of a decimal are the bits of the float64 by which it is multiplied.
"""

ROWS = 512
"""Rows of which all columns are taken before those of the next."""


@intrinsic
def _call_for_number(typingctx, address, *numbers):  # noqa: ARG001
    """Call the kernel whose machine code is at an address, and which takes int64 alone and gives one."""
    sig = types.int64(types.int64, types.StarArgTuple([types.int64 for _ in numbers]))

    def codegen(context, builder, sig, args):  # noqa: ARG001
        word, place = ir.IntType(64), ir.IntType(8).as_pointer()
        given = cgutils.unpack_tuple(builder, args[1])
        known = ir.FunctionType(ir.IntType(32), [word.as_pointer(), place.as_pointer(), *([word] * len(given))])
        result, nowhere = cgutils.alloca_once(builder, word), cgutils.alloca_once(builder, place)
        builder.call(builder.inttoptr(args[0], known.as_pointer()), [result, nowhere, *given])
        return builder.load(result)

    return sig, codegen


@intrinsic
def _number_of(typingctx, bits):  # noqa: ARG001
    """Return the float64 that 64 bits stand for."""
    sig = types.float64(types.int64)
    return sig, lambda context, builder, sig, args: builder.bitcast(args[0], ir.DoubleType())  # noqa: ARG005


@intrinsic
def _bits_of(typingctx, number):  # noqa: ARG001
    """Return the 64 bits of a float64."""
    sig = types.int64(types.float64)
    return sig, lambda context, builder, sig, args: builder.bitcast(args[0], ir.IntType(64))  # noqa: ARG005


@helper
def _take_decimals(base, starts, ends, first, n, scale, out, valid):
    """Decode rows [first, n) of slices as float64 with a valid byte; returns how many are left over for Python."""
    left_over = 0
    for row in range(first, n):
        s = load_half(starts, 4 * row)
        value, verdict = 0.0, 0
        if s >= 0:
            number, verdict = parse_decimal(base, s, load_half(ends, 4 * row))
            if verdict == GOOD:
                value = scaled(number, scale)
            elif verdict == SLOW:
                left_over += 1
        store_word(out, 8 * row, _bits_of(value))
        store_byte(valid, row, LEFT_OVER if verdict == SLOW else 1 if verdict == GOOD else 0)
    return left_over


@kernel("i8, i8, i8, i8, i8, i8 -> none")
def take_columns(base, columns, n_columns, at, n, stopped):
    """Take the first n rows of columns over to where `at` rows are already.

    `columns` is the address of int64[n_columns, CELLS]; FIRST_ROW, zero at first, is written back. To the address
    `stopped` goes the column that needs room, or has decimals left over before FIRST_ROW; n_columns when all is done.
    """
    upto = 0
    while upto < n:
        upto = min(n, upto + ROWS)
        for c in range(n_columns):
            column = columns + c * 8 * CELLS
            kind, first = load_word(column, 8 * KIND), load_word(column, 8 * FIRST_ROW)
            starts, ends = load_word(column, 8 * STARTS), load_word(column, 8 * ENDS)
            out, valid = load_word(column, 8 * OUT), load_word(column, 8 * VALID) + at
            row = upto
            left_over = 0
            if first >= upto:
                continue
            if kind == TEXT:
                styles, dictionary = load_word(column, 8 * STYLES), load_word(column, 8 * DICTIONARY)
                intern = load_word(column, 8 * VALID)
                row = _call_for_number(intern, base, starts, ends, styles, out + 4 * at, first, upto, dictionary)
            elif kind == INTEGER:
                decode_integers(base, starts, ends, first, upto, out + 8 * at, valid)
            elif kind == DECIMAL:
                scale = _number_of(load_word(column, 8 * STYLES))
                left_over = _take_decimals(base, starts, ends, first, upto, scale, out + 8 * at, valid)
            else:
                for k in range(first, upto):
                    time = load_word(starts, 8 * k)
                    store_word(out, 8 * (at + k), time)
                    store_byte(valid, k, time != NO_TIME)
            store_word(column, 8 * FIRST_ROW, row)
            if row < upto or left_over > 0:
                store_word(stopped, 0, c)
                return
    store_word(stopped, 0, n_columns)
