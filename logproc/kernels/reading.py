"""The first of several programs that reads a line of a text: most of those that might read none, and calls cost more.

The tokenizer is called where its machine code is, as `packs` does.
"""

from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.layout import FRESH, MORE, POSITION, ROWS, STATE
from logproc.kernels.memory import call_with_numbers, load_word, store_word

PROGRAM, LINES, COUNTERS = range(3)
"""Columns of what `first_reader` takes: addresses of what is described of a parser."""


@kernel("i8, i8, i8, i8[,], i8 -> i8")
def first_reader(tokenize, base, end, parsers, k):
    """Return the number, from k on, of the first parser that reads a line of [0, end) at `base`, else how many.

    Parsers without a program are returned, too: others must ask them. The counters are left as after the call that
    read the line.
    """
    while k < len(parsers):
        program, lines, counters = parsers[k, PROGRAM], parsers[k, LINES], parsers[k, COUNTERS]
        if program == 0:
            return k
        i = 0
        while i < end:
            store_word(counters, 8 * STATE, FRESH)
            store_word(counters, 8 * MORE, 0)
            call_with_numbers(tokenize, base, i, end, 0, program, lines)
            if load_word(counters, 8 * ROWS) > 0:
                store_word(counters, 8 * STATE, FRESH)
                store_word(counters, 8 * MORE, 0)
                return k
            i = load_word(counters, 8 * POSITION)
        store_word(counters, 8 * STATE, FRESH)
        k += 1
    return k
