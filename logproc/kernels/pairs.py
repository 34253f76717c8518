"""Which pairs of bytes stand in a text, found in one pass for all that is looked for.

A text without the pair "[p" is without "[pid ": a hundred texts that formats need are ruled out by looking at each byte
once. Pairs are also looked for in the shape of the text, in which all digits are alike, all small letters and all
capital ones.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, kernel

PAIRS = 1 << 16
"""Pairs of bytes; the number of one is 256 times its first byte and its second. Those of shapes follow."""

ALL_PAIRS = 2 * PAIRS
NEWLINE = 10


SHAPE_BYTES, MOST_SHAPES = 24, 64
"""Bytes of the shape in which a line begins, and how many different ones of a text are told."""


@kernel("u1[], u1[], i8[], i8, u1[,] -> i8")
def look(text, kinds, seen, now, shapes):
    """Mark the pairs of a text, and write how its lines begin; returns in how many ways, -1 for too many, or with NULs.

    `kinds` is the shape of each byte. `seen`, ALL_PAIRS long, tells in which text each pair stood last, and `now` is a
    number that no text before had: so nothing is to be cleared, and a byte waits for no other. `shapes` has a row of
    SHAPE_BYTES for each way and one more than MOST_SHAPES; behind the end of a short line stand newlines.
    """
    size = len(text)
    last, last_kind = np.int64(0), np.int64(0)
    nuls = 0
    for i in range(size):
        byte = np.int64(text[i])
        kind = np.int64(kinds[byte])
        nuls += byte == 0
        if i > 0:
            seen[last << 8 | byte] = now
            seen[PAIRS + (last_kind << 8 | kind)] = now
        last, last_kind = byte, kind
    if nuls > 0:
        return -1
    n = line = 0
    while line <= size:
        k = 0
        while k < SHAPE_BYTES and line + k < size and text[line + k] != NEWLINE:
            shapes[n, k] = kinds[text[line + k]]
            k += 1
        line += k
        while k < SHAPE_BYTES:
            shapes[n, k] = NEWLINE
            k += 1
        other = 0
        while other < n and not _same(shapes, other, n):
            other += 1
        n += other == n
        if n > MOST_SHAPES:
            return -1
        while line < size and text[line] != NEWLINE:
            line += 1
        line += 1
    return n


@helper
def _same(shapes, one, other):
    for k in range(SHAPE_BYTES):
        if shapes[one, k] != shapes[other, k]:
            return False
    return True


@kernel("i8[], i8, i8[], i8[], i8[], i8[] -> i8")
def rule_out(seen, now, needed, until, asked, left):
    """Write to `left` those of the things `asked` all of whose pairs `look` saw `now`; returns how many these are.

    The pairs that thing k needs are those of `needed` from until[k] to until[k + 1].
    """
    n = 0
    for number in range(len(asked)):
        k = asked[number]
        i, end = until[k], until[k + 1]
        while i < end and seen[needed[i]] == now:
            i += 1
        if i == end:
            left[n] = k
            n += 1
    return n
