"""Fields that stand in the text of another: what is behind a label, up to an end; a pass over rows that are there.

`starts`, `ends` and `styles` are those of `LineArrays`; rows are [begin, upto). A row of `parts` says of one field:
its column (-1 where nobody wants it), flags, and where its label and its end stand in `texts`.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import is_word
from logproc.kernels.clock import NO_TIME, SECOND
from logproc.kernels.fields import find_byte
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonlines import ESCAPED
from logproc.kernels.laid_times import EPOCH, OR, stamp_end
from logproc.kernels.layout import NO_MATCH
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.recall import FAILED_CELL, RECALL_CELL, recall

COLUMN, FLAGS, LABEL, LABEL_LENGTH, END, END_LENGTH = range(6)
PART_CELLS = 6

IN_FRONT, LAST_WORD, OPEN_END, HOST, INTEGER, DECIMAL, DURATION, SPARE, ANYWHERE, OWN = (1 << bit for bit in range(10))
BARE, KEPT, WHOLE = (1 << bit for bit in range(10, 13))
"""Flags: the label stands where the part before ended; of what is found the last word counts; the text may end it; a
colon and digits at its end are left out; it must be digits, or a number, or one with a unit of time; what the line
itself has stays; the label is looked for in the whole text, as a word of its own; nothing is looked
for, but the column loses a port at its end; or brackets around it; what the column holds stays where nothing is found;
the label is part of what is found."""

FIRST_EPOCH = 100_000_000 * SECOND
"""1973-03-03 in microseconds; from then on, seconds have nine digits at least."""

NUMBERS = INTEGER | DECIMAL | DURATION


@helper
def _stands(base, at, texts, begin, length):
    for k in range(length):
        if load_byte(base, at + k) != texts[begin + k]:
            return False
    return True


@helper
def _find(base, s, e, texts, begin, length):
    """Return where a text, of at least one byte, stands first in [s, e), or -1."""
    first = texts[begin]
    i = find_byte(base, s, e, first)
    while i + length <= e:
        if _stands(base, i, texts, begin, length):
            return i
        i = find_byte(base, i + 1, e, first)
    return -1


@helper
def _host_end(base, s, e):
    """Return where the host of host:port or [host]:port ends, e if there is no port."""
    i = e
    while i > s and 48 <= load_byte(base, i - 1) <= 57:
        i -= 1
    if i == e or i <= s + 1 or load_byte(base, i - 1) != 58:
        return e
    if load_byte(base, i - 2) != 93:
        for k in range(s, i - 1):  # an address of IPv6 has colons of its own: which of them is the port's is not said
            if load_byte(base, k) == 58:
                return e
    return i - 1


@helper
def _is_number(base, s, e, flags):
    i = s
    points = 0
    while i < e and (48 <= load_byte(base, i) <= 57 or load_byte(base, i) == 46):
        points += load_byte(base, i) == 46
        i += 1
    if i == s or points > 1 or i - s == points or (flags & INTEGER != 0 and (points > 0 or i - s > 18)):
        return False
    if i == e:
        return True
    if flags & DURATION == 0 or load_byte(base, e - 1) != 115:
        return False
    unit = load_byte(base, i)
    if e == i + 1:
        return True
    if e == i + 2:
        return unit == 109 or unit == 117 or unit == 110
    second = load_byte(base, i + 1)  # the micro sign and the Greek letter
    return e == i + 3 and ((unit == 194 and second == 181) or (unit == 206 and second == 188))


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, u1[], i8[,] -> none")
def find_parts(base, starts, ends, styles, begin, upto, source, texts, parts):
    """Find the parts of each row's source, each from the end of the one before on; a part that is a dash is null."""
    for row in range(begin, upto):
        e = np.int64(ends[source, row])
        at = np.int64(starts[source, row])
        style = styles[source, row]
        if at < 0 or style > ESCAPED:
            at = e
        for p in range(len(parts)):
            column, flags = parts[p, COLUMN], parts[p, FLAGS]
            if flags & OWN != 0:
                if column >= 0 and starts[column, row] >= 0 and styles[column, row] <= ESCAPED:
                    first, last = np.int64(starts[column, row]), np.int64(ends[column, row])
                    if flags & BARE == 0:
                        ends[column, row] = _host_end(base, first, last)
                    elif last == first:
                        starts[column, row], ends[column, row] = -1, -1
                    elif last > first + 2 and load_byte(base, first) == 91 and load_byte(base, last - 1) == 93:
                        starts[column, row], ends[column, row] = first + 1, last - 1
                continue
            if column >= 0 and flags & SPARE != 0 and starts[column, row] >= 0:
                column = np.int64(-1)
            if column >= 0 and flags & KEPT == 0:
                starts[column, row] = -1
                ends[column, row] = -1
                styles[column, row] = style
            length, end_length = parts[p, LABEL_LENGTH], parts[p, END_LENGTH]
            label = at
            if flags & ANYWHERE != 0:
                at = np.int64(starts[source, row]) if starts[source, row] >= 0 and style <= ESCAPED else e
                label = _find(base, at, e, texts, parts[p, LABEL], length)
                while label > at and is_word(load_byte(base, label - 1)):
                    label = _find(base, label + 1, e, texts, parts[p, LABEL], length)
            elif flags & IN_FRONT == 0:
                label = _find(base, at, e, texts, parts[p, LABEL], length)
            elif at + length > e or not _stands(base, at, texts, parts[p, LABEL], length):
                label = np.int64(-1)
            if label < 0 or at >= e:
                continue
            value = label + length
            stop = _find(base, value, e, texts, parts[p, END], end_length) if end_length > 0 else np.int64(-1)
            if stop < 0:
                if flags & OPEN_END == 0:
                    continue
                stop = e
            at = stop
            if flags & WHOLE != 0:
                value = label
            if flags & LAST_WORD != 0:
                word = stop
                while word > value and load_byte(base, word - 1) != 32:
                    word -= 1
                value = word
            if flags & HOST != 0:
                stop = _host_end(base, value, stop)
            if flags & NUMBERS != 0 and not _is_number(base, value, stop, flags):
                continue
            if column >= 0 and stop > value and not (stop == value + 1 and load_byte(base, value) == 45):
                starts[column, row] = value
                ends[column, row] = stop


@helper
def _ends_pair(base, at, e):
    """Tell whether a value that ends at `at`, of a text that ends at e, is followed by what divides pairs."""
    byte = load_byte(base, at) if at < e else 32
    return byte == 32 or byte == 9 or byte == 94 or byte == 124


@helper
def _time_end(base, s, e, layouts, cache):
    """Read a time at s by one of the layouts, behind which [s, e) ends, or a pair does; return its end, or -1.

    A number too small for an epoch of our days counts something else. The time that came last is remembered under the
    key of all layouts where those before its own must fail again: on a byte that is compared (see `recall`). Where a
    time of that layout was remembered before, nobody knows whether this one was, too: it is forgotten.
    """
    address = np.int64(layouts.ctypes.data)
    stop = recall(base, s, -address, cache)
    if s < stop <= e and _ends_pair(base, stop, e):
        return stop
    before = load_word(cache, 8 * RECALL_CELL)
    k, failed, sure = 0, s, True
    while k < len(layouts):
        after = k
        while after < len(layouts) and layouts[after] != OR:
            after += 1
        stop = stamp_end(base, s, address, k, after, cache)
        likely = layouts[k] != EPOCH or load_word(cache, 8 * HEAD_TIME) >= FIRST_EPOCH
        ends = s < stop <= e and _ends_pair(base, stop, e)
        if ends and likely:
            if sure and failed <= stop and load_word(cache, 8 * RECALL_CELL) == address + k:
                store_word(cache, 8 * RECALL_CELL, -address if before != address + k else 0)
            return stop
        sure = sure and not ends and (stop == -NO_MATCH or (s < stop <= e and layouts[k] == EPOCH))
        failed = max(failed, stop if stop >= 0 else load_word(cache, 8 * FAILED_CELL))
        k = after + 1
    return np.int64(-1)


@kernel("i8, i4[,], i4[,], i8, i8, i8, u1[], u1[], i8[], i8[], u1[] -> i8")
def find_times(base, starts, ends, begin, upto, source, label, layouts, cache, times, zoneless):
    """Give rows without a time the first that stands behind a label in their source; returns how many have no zone.

    `cache` is int64, SCRATCH_SIZE long, zeros at first; the label begins a word.
    """
    address = cache.ctypes.data
    found = 0
    for row in range(begin, upto):
        s, e = np.int64(starts[source, row]), np.int64(ends[source, row])
        if times[row] != NO_TIME or s < 0:
            continue
        at = _find(base, s, e, label, 0, len(label))
        while at >= 0 and (
            (at > s and is_word(load_byte(base, at - 1))) or _time_end(base, at + len(label), e, layouts, address) < 0
        ):
            at = _find(base, at + 1, e, label, 0, len(label))
        if at < 0:
            continue
        times[row] = load_word(address, 8 * HEAD_TIME)
        zoneless[row] = load_word(address, 8 * HEAD_ZONELESS)
        found += load_word(address, 8 * HEAD_ZONELESS)
    return found
