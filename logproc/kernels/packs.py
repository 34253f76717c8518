"""Many small texts in one buffer, tokenised by one call: calling a kernel costs as much as parsing ten lines.

The tokenizer is called where its machine code is, `tokenize.address`: compiling it takes longer than all of the rest.
"""

from __future__ import annotations

from logproc.kernels.jit import inlined, kernel
from logproc.kernels.layout import COUNTERS, POSITION, REJECTS, ROWS
from logproc.kernels.memory import call_with_numbers, load_byte, load_word, store_word
from logproc.kernels.simd import NEWLINE, below_mask64, eq_mask64, trailing_zeros

RETURN, BLANK, QUOTE, PARENTHESIS, HYPHEN, COLON, BRACKET = 13, 32, 34, 40, 45, 58, 91


@kernel("i8, i8[], i8[], i8, u1, u1[] -> none")
def plain_texts(base, begins, ends, n, lowest, plain):
    """Tell for each of n texts whether all of its bytes are at least `lowest` (uint8); writes 1 or 0 to `plain`."""
    for k in range(n):
        i = begins[k]
        plain[k] = 1
        while i < ends[k]:
            mask = below_mask64(base, i, lowest)
            if mask != 0:
                while i < ends[k] and load_byte(base, i) >= lowest:
                    i += 1
                if i < ends[k]:
                    plain[k] = 0
                break
            i += 64


@inlined
def word_end(base, i):
    """Return the end of the word at i, and how many colons it has: -1 where a byte is none of a usual word.

    The bytes up to a blank are control characters, brackets or quotation marks in no client and user but odd ones.
    """
    colons = 0
    while load_byte(base, i) > BLANK:
        byte = load_byte(base, i)
        if byte == QUOTE or byte == BRACKET or byte == PARENTHESIS:
            return i, -1
        if byte == COLON:
            colons += 1
        i += 1
    return i, colons


@inlined
def begins_usually(base, i):
    """Tell whether a line begins with a client, `-` and a user, and a bracket: `packs.USUAL_LINE` up to there."""
    end, colons = word_end(base, i)
    # A host and its port have one colon, an address has none or several.
    if end == i or colons < 0 or colons == 1:
        return False
    if load_byte(base, end) != BLANK or load_byte(base, end + 1) != HYPHEN or load_byte(base, end + 2) != BLANK:
        return False
    i = end + 3
    end, colons = word_end(base, i)
    return end > i and colons == 0 and load_byte(base, end) == BLANK and load_byte(base, end + 1) == BRACKET


@kernel("i8, i8[], i8[], i8, u1[] -> none")
def usual_texts(base, begins, ends, n, usual):
    """Tell for each of n texts, which end with a newline, whether all lines are usual; writes 1 or 0 to `usual`.

    A line is usual that begins as `begins_usually` says, and whose last byte, but for a carriage return, is a quote.
    """
    for k in range(n):
        i = begins[k]
        usual[k] = 1
        while i < ends[k]:
            if not begins_usually(base, i):
                usual[k] = 0
                break
            while True:
                mask = eq_mask64(base, i, NEWLINE)
                if mask != 0:
                    break
                i += 64
            i += trailing_zeros(mask)
            last = i - 2 if load_byte(base, i - 1) == RETURN else i - 1
            if load_byte(base, last) != QUOTE:
                usual[k] = 0
                break
            i += 1


@kernel("i8, i8, i8[], i8[], i8, i8, i8, i8, i8[], i8[] -> none")
def match_texts(tokenize, base, begins, ends, n, program, lines, counters, matched, rejected):
    """Count the lines of each of n texts that a program reads and refuses; rows are overwritten, not kept.

    `counters` is the address that `lines` names for them.
    """
    for k in range(n):
        matched[k] = 0
        rejected[k] = 0
        i = begins[k]
        while i < ends[k]:
            call_with_numbers(tokenize, base, i, ends[k], 0, program, lines)
            matched[k] += load_word(counters, 8 * ROWS)
            rejected[k] += load_word(counters, 8 * REJECTS)
            i = load_word(counters, 8 * POSITION)


@kernel("i8, i8, i8[], i8[], i8, i8, i8, i8, i8, i8[,] -> i8")
def tokenize_texts(tokenize, base, begins, ends, n, row, program, lines, counters, results):
    """Tokenise each of n texts into rows from `row` on, one behind the other; returns the next free row.

    Rows of a text that has a reject, or that does not fit, are taken back. `results` int64[n, COUNTERS] gets what
    `tokenize` counted for each; ROWS is the number of its rows, -1 where they were taken back.
    """
    for k in range(n):
        call_with_numbers(tokenize, base, begins[k], ends[k], row, program, lines)
        for cell in range(COUNTERS):
            results[k, cell] = load_word(counters, 8 * cell)
        if results[k, REJECTS] != 0 or results[k, POSITION] < ends[k]:
            results[k, ROWS] = -1
        else:
            after = results[k, ROWS]
            results[k, ROWS] = after - row
            row = after
    store_word(counters, 8 * ROWS, row)
    return row
