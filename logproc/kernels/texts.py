"""Texts by group: the least or greatest of each, and moving texts of other lengths between arenas.

A text is bytes[start : start + length] of an arena; a length of -1 is no text. Texts are ordered by their bytes.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, kernel


@helper
def compare(one, at, length, two, there, other):
    """Return -1, 0 or 1 as one[at : at + length] is less than, equal to or greater than two[there : there + other]."""
    for k in range(min(length, other)):
        if one[at + k] != two[there + k]:
            return -1 if one[at + k] < two[there + k] else 1
    if length == other:
        return 0
    return -1 if length < other else 1


@kernel("i4[], i4[], i8, u1[], i8[,], i4[], i8 -> none")
def extreme_texts(groups, codes, n, arena, entries, best, sign):
    """Keep in best[group] the code of the greatest (sign 1) or least (sign -1) text; -1 stands for none."""
    for row in range(n):
        group, code = groups[row], codes[row]
        if group < 0 or code < 0 or best[group] == code:
            continue
        held = best[group]
        if held < 0 or sign == compare(
            arena, entries[code, 0], entries[code, 1] >> 1, arena, entries[held, 0], entries[held, 1] >> 1
        ):
            best[group] = code


@kernel("u1[], i8[], i8[], i8[], u1[], i8[], i8[], i8, i8, u1[] -> none")
def better_texts(arena, starts, lengths, mapping, its_arena, its_starts, its_lengths, n, sign, take):
    """Write to `take` whether text k is greater (sign 1) or less (-1) than that of mapping[k], or the only one."""
    for k in range(n):
        take[k] = 0
        if its_lengths[k] < 0:
            continue
        mine = mapping[k]
        if lengths[mine] < 0 or sign == compare(
            its_arena, its_starts[k], its_lengths[k], arena, starts[mine], lengths[mine]
        ):
            take[k] = 1


@kernel("u1[], i8[], i8[], i8, u1[], i8[] -> none")
def gather_texts(arena, starts, lengths, n, out, places):
    """Copy texts one behind the other; places[k] is where text k begins in `out`."""
    at = np.int64(0)
    for k in range(n):
        places[k] = at
        for q in range(lengths[k]):
            out[at + q] = arena[starts[k] + q]
        if lengths[k] > 0:
            at += lengths[k]
