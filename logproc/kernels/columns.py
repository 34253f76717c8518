"""Columns of a batch taken over by one call: texts become codes, whole numbers are decoded, times are copied.

Rows are taken some hundreds at a time, all columns of them, so that the lines they point into are in a near cache when
the second column is read.
"""

from __future__ import annotations

from logproc.kernels.decode import NO_TIME, decode_integers
from logproc.kernels.intern import intern
from logproc.kernels.jit import kernel
from logproc.kernels.memory import load_word, store_byte, store_word

TEXT, INTEGER, TIME = range(3)
"""Kinds of columns."""

KIND, STARTS, ENDS, STYLES, OUT, VALID, DICTIONARY, FIRST_ROW = range(8)
CELLS = 8
"""Cells of a column for `take_columns`: its kind, addresses, and the row to begin at.

STARTS of a time are the times themselves; OUT are codes, or values that VALID goes with.
"""

ROWS = 512
"""Rows of which all columns are taken before those of the next."""


@kernel("i8, i8, i8, i8, i8, i8 -> none")
def take_columns(base, columns, n_columns, at, n, stopped):
    """Take the first n rows of columns over to where `at` rows are already.

    `columns` is the address of int64[n_columns, CELLS]; FIRST_ROW, zero at first, is written back. To the address
    `stopped` goes the column that needs room, n_columns when all is done.
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
            if first >= upto:
                continue
            if kind == TEXT:
                styles, dictionary = load_word(column, 8 * STYLES), load_word(column, 8 * DICTIONARY)
                row = intern(base, starts, ends, styles, out + 4 * at, first, upto, dictionary)
            elif kind == INTEGER:
                decode_integers(base, starts, ends, first, upto, out + 8 * at, valid)
            else:
                for k in range(first, upto):
                    time = load_word(starts, 8 * k)
                    store_word(out, 8 * (at + k), time)
                    store_byte(valid, k, time != NO_TIME)
            store_word(column, 8 * FIRST_ROW, row)
            if row < upto:
                store_word(stopped, 0, c)
                return
    store_word(stopped, 0, n_columns)
