"""Regular expressions over the bytes of a line: a matcher that backtracks within a budget and never allocates.

A pattern is a row of instructions (`OP` and its operands, CELLS int64 each) and of byte tables; `formats.regex_code`
writes both. Where the next byte decides, nothing is remembered; where it does not, the other way is pushed on a stack
and taken when the first one fails, as Perl and Python do, so that the groups come out as theirs. Every instruction
and every step back costs one of the line's budget: a pattern that would take forever is given up instead.

Tables have TABLE_BYTES bytes, 1 where a byte is in the set; cell 256 stands for the end of the line (or its start,
where a table looks back).
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import find_byte
from logproc.kernels.jit import helper, inlined
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.simd import below_mask64, load_u64, trailing_zeros

CELLS, CELL_BYTES = 8, 64
TABLE_BYTES = 264
END = 256

(MATCH, LITERAL, ONE, RUN, GREEDY, LAZY, SPLIT, JUMP, SAVE, AT_START, AT_END, BOUNDARY, AHEAD, BEHIND) = range(14)
(FENCE, FENCE_END, BACK, SAME, IF_SET, MOVED) = range(14, 20)
"""Operations. Operands:

LITERAL word, mask, length: up to eight bytes. ONE table. RUN, GREEDY, LAZY table, min, max, kind, extra, next: bytes of
a set, as many as possible and final; as many as possible; as few as possible; `next` is the byte that must follow, or
-1. SPLIT first, second, table, table: two ways, with the bytes that each may begin with, or -1. JUMP target. SAVE slot.
BOUNDARY wanted. AHEAD, BEHIND table: a look at one byte. FENCE kind, after, own slot: the body up to FENCE_END (kind,
own slot) is tried alone. BACK count: that many bytes back. SAME slot: the text of a group again. IF_SET slot, else.
MOVED slot, else: goes on where the position is another than the slot's.
"""

LOOK, LOOK_NOT, ATOMIC = range(3)
"""Kinds of FENCE: what follows must match, must not; what is inside is not tried again."""

TABLE_SCAN, ANY, UNTIL_BYTE, UNTIL_BELOW = range(4)
"""Kinds of scans: by table; any byte; all but the byte `extra`; none of the set's gaps is at or above `extra`."""

(STEPS, FAR, FAR_AT, SLOTS_AT) = (0, 1, 2, 4)
"""Cells of the work area: what is left of the budget, how far the match got and at which instruction, the slots."""

FAILED, GAVE_UP = -1, -2
"""Results of `run_pattern` that are no position."""

_WAY, _GREEDY_WAY, _LAZY_WAY, _UNDO, _FENCED = range(5)
_ENTRY_BYTES = 32

WORD_BYTES = np.zeros(256, np.uint8)
for _ranges in ("09", "AZ", "az", "__"):
    WORD_BYTES[ord(_ranges[0]) : ord(_ranges[1]) + 1] = 1


@helper
def run_end(base, i, e, kind, extra, table):
    """Return the first position in [i, e) whose byte is not in a set, or e."""
    if kind == ANY:
        return e
    if kind == UNTIL_BYTE:
        return find_byte(base, i, e, np.uint8(extra))
    if kind == UNTIL_BELOW:
        while i < e:
            mask = below_mask64(base, i, np.uint8(extra))
            if mask == 0:
                i += 64
                continue
            i += trailing_zeros(mask)
            if i >= e or load_byte(table, load_byte(base, i)) == 0:
                return min(i, e)
            i += 1
        return e
    while i < e and load_byte(table, load_byte(base, i)) != 0:
        i += 1
    return i


@inlined
def _push(top, kind, a, b, c):
    store_word(top, 0, kind)
    store_word(top, 8, a)
    store_word(top, 16, b)
    store_word(top, 24, c)


@inlined
def _byte_or_end(base, i, e):
    return load_byte(base, i) if i < e else END


@helper
def _is_word(base, i, s, e):
    return s <= i < e and WORD_BYTES[load_byte(base, i)] != 0


@helper
def _close(stack, sp, own, work, cut):
    """Return the stack's height behind the end of a fence, and where the fence began.

    With `cut`, the ways inside the fence are forgotten, but what undoes the slots is kept; else all is undone.
    """
    fence = sp - _ENTRY_BYTES
    while load_word(stack, fence) != _FENCED or load_word(stack, fence + 16) != own:
        if not cut and load_word(stack, fence) == _UNDO:
            store_word(work, load_word(stack, fence + 8), load_word(stack, fence + 16))
        fence -= _ENTRY_BYTES
    began = load_word(stack, fence + 24)
    if not cut:
        return fence, began
    kept = fence
    entry = fence + _ENTRY_BYTES
    while entry < sp:
        if load_word(stack, entry) == _UNDO:
            for cell in range(0, _ENTRY_BYTES, 8):
                store_word(stack, kept + cell, load_word(stack, entry + cell))
            kept += _ENTRY_BYTES
        entry += _ENTRY_BYTES
    return kept, began


@helper
def run_pattern(base, s, e, at, code, tables, work, stack, stack_bytes):
    """Match the pattern at `at` within the line [s, e); return where the match ends, FAILED or GAVE_UP.

    Takes what it needs from the budget in the work area, and leaves the positions of the groups in its slots.
    """
    pc = 0
    i = at
    sp = 0
    steps = load_word(work, 8 * STEPS)
    far, far_at = load_word(work, 8 * FAR), load_word(work, 8 * FAR_AT)
    limit = stack_bytes - 2 * _ENTRY_BYTES
    result = FAILED
    while True:
        steps -= 1
        if steps < 0 or sp > limit:
            result = GAVE_UP
            break
        here = code + pc * CELL_BYTES
        op = load_word(here, 0)
        good = True
        if op == LITERAL:
            length = load_word(here, 24)
            good = i + length <= e and load_u64(base, i) & np.uint64(load_word(here, 16)) == np.uint64(
                load_word(here, 8)
            )
            if good:
                i += length
                pc += 1
        elif op == RUN or op == GREEDY or op == LAZY:
            table = tables + load_word(here, 8)
            least, most = load_word(here, 16), load_word(here, 24)
            kind, extra = load_word(here, 32), load_word(here, 40)
            stop = e if e - i <= most else i + most
            if op == LAZY:
                first = run_end(base, i, min(stop, i + least), kind, extra, table)
                good = first == i + least
                if good:
                    steps -= least >> 4
                    _push(stack + sp, _LAZY_WAY, pc + 1, first, stop)
                    sp += _ENTRY_BYTES
                    # the way that is pushed is the next longer one: this one is tried at once
                    follows = load_word(here, 48)
                    i = first
                    good = follows < 0 or _byte_or_end(base, i, e) == follows
            else:
                last = run_end(base, i, stop, kind, extra, table)
                good = last >= i + least
                steps -= (last - i) >> 4
                if good:
                    if op == GREEDY and last > i + least:
                        _push(stack + sp, _GREEDY_WAY, pc + 1, last, i + least)
                        sp += _ENTRY_BYTES
                    i = last
            if good:
                pc += 1
        elif op == SAVE:
            slot = load_word(here, 8)
            if sp > 0:
                _push(stack + sp, _UNDO, slot, load_word(work, slot), 0)
                sp += _ENTRY_BYTES
            store_word(work, slot, i)
            pc += 1
        elif op == ONE:
            good = i < e and load_byte(tables + load_word(here, 8), load_byte(base, i)) != 0
            if good:
                i += 1
                pc += 1
        elif op == SPLIT:
            byte = _byte_or_end(base, i, e)
            first, second = load_word(here, 24), load_word(here, 32)
            if first >= 0 and load_byte(tables + first, byte) == 0:
                pc = load_word(here, 16)
            elif second >= 0 and load_byte(tables + second, byte) == 0:
                pc = load_word(here, 8)
            else:
                _push(stack + sp, _WAY, load_word(here, 16), i, 0)
                sp += _ENTRY_BYTES
                pc = load_word(here, 8)
        elif op == MATCH:
            result = i
            break
        elif op == JUMP:
            pc = load_word(here, 8)
        elif op == AT_END:
            good = i == e
            pc += 1
        elif op == AT_START:
            good = i == s
            pc += 1
        elif op == AHEAD:
            good = load_byte(tables + load_word(here, 8), _byte_or_end(base, i, e)) != 0
            pc += 1
        elif op == BEHIND:
            before = load_byte(base, i - 1) if i > s else END
            good = load_byte(tables + load_word(here, 8), before) != 0
            pc += 1
        elif op == BOUNDARY:
            good = (_is_word(base, i - 1, s, e) != _is_word(base, i, s, e)) == (load_word(here, 8) != 0)
            pc += 1
        elif op == FENCE:
            _push(stack + sp, _FENCED, pc, load_word(here, 24), i)
            sp += _ENTRY_BYTES
            pc += 1
        elif op == FENCE_END:
            kind = load_word(here, 8)
            steps -= sp // _ENTRY_BYTES
            sp, began = _close(stack, sp, load_word(here, 16), work, kind != LOOK_NOT)
            if kind == LOOK:
                i = began
            good = kind != LOOK_NOT
            pc += 1
        elif op == BACK:
            i -= load_word(here, 8)
            good = i >= s
            pc += 1
        elif op == SAME:
            slot = load_word(here, 8)
            first, last = load_word(work, slot), load_word(work, slot + 8)
            good = first >= 0 and last >= first and i + last - first <= e
            if good:
                for k in range(last - first):
                    good = good and load_byte(base, i + k) == load_byte(base, first + k)
                steps -= (last - first) >> 2
                i += last - first
            pc += 1
        elif op == IF_SET:
            pc = pc + 1 if load_word(work, load_word(here, 8) + 8) >= 0 else load_word(here, 16)
        else:  # MOVED
            pc = pc + 1 if load_word(work, load_word(here, 8)) != i else load_word(here, 16)
        if good:
            continue
        # ---- this way fails: undo, and take the last other way
        if i > far:
            far = i
            far_at = (here - code) // CELL_BYTES
        while True:
            if sp == 0:
                break
            steps -= 1
            top = stack + sp - _ENTRY_BYTES
            kind = load_word(top, 0)
            if kind == _UNDO:
                store_word(work, load_word(top, 8), load_word(top, 16))
                sp -= _ENTRY_BYTES
                continue
            pc = load_word(top, 8)
            if kind == _WAY:
                i = load_word(top, 16)
                sp -= _ENTRY_BYTES
                good = True
                break
            if kind == _FENCED:
                sp -= _ENTRY_BYTES
                fence = code + pc * CELL_BYTES
                if load_word(fence, 8) == LOOK_NOT:
                    i = load_word(top, 24)
                    pc = load_word(fence, 16)
                    good = True
                    break
                continue
            run = code + (pc - 1) * CELL_BYTES
            follows = load_word(run, 48)
            i = load_word(top, 16)
            if kind == _GREEDY_WAY:
                least = load_word(top, 24)
                i -= 1
                if follows >= 0:
                    began = i
                    while i >= least and load_byte(base, i) != follows:
                        i -= 1
                    steps -= (began - i) >> 3
                if i <= least:
                    sp -= _ENTRY_BYTES
                if i < least:
                    continue
                store_word(top, 16, i)
                good = True
                break
            # lazy: one byte more, or up to the byte that must follow
            stop = load_word(top, 24)
            table = tables + load_word(run, 8)
            if i >= stop or load_byte(table, load_byte(base, i)) == 0:
                sp -= _ENTRY_BYTES
                continue
            i += 1
            if follows >= 0:
                last = run_end(base, i, stop, load_word(run, 32), load_word(run, 40), table)
                found = find_byte(base, i, min(last + 1, e), np.uint8(follows))
                steps -= (last - i) >> 4
                if found > last or found >= e:
                    sp -= _ENTRY_BYTES
                    continue
                i = found
            store_word(top, 16, i)
            good = True
            break
        if not good:
            break
    store_word(work, 8 * STEPS, steps)
    store_word(work, 8 * FAR, far)
    store_word(work, 8 * FAR_AT, far_at)
    return result
