"""Which pairs of bytes stand in a text, found in one pass for all that is looked for.

A text without the pair "[p" is without "[pid ": a hundred texts that formats need are ruled out by looking at each byte
once. Pairs are also looked for in the shape of the text, in which all digits are alike, all small letters and all
capital ones.
"""

from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.memory import load_byte

PAIRS = 1 << 16
"""Pairs of bytes; the number of one is 256 times its first byte and its second. Those of shapes follow."""

BITS = 2 * PAIRS


@kernel("i8, i8, u1[], u1[], i8[], i8[], i8[], i8[] -> i8")
def rule_out(base, size, kinds, present, needed, until, asked, left):
    """Write to `left` those of the things `asked` all of whose pairs stand in the text; returns how many these are.

    `kinds` is the shape of each byte, `present` is BITS / 8 bytes of zeros. The pairs that thing k needs are those of
    `needed` from until[k] to until[k + 1].
    """
    last, last_kind = 0, 0
    for i in range(size):
        byte = load_byte(base, i)
        kind = kinds[byte]
        if i > 0:
            pair = last << 8 | byte
            present[pair >> 3] |= 1 << (pair & 7)
            pair = PAIRS + (last_kind << 8 | kind)
            present[pair >> 3] |= 1 << (pair & 7)
        last, last_kind = byte, kind
    n = 0
    for number in range(len(asked)):
        k = asked[number]
        i, end = until[k], until[k + 1]
        while i < end and present[needed[i] >> 3] >> (needed[i] & 7) & 1 != 0:
            i += 1
        if i == end:
            left[n] = k
            n += 1
    return n
