"""The last time that a layout read, remembered: the next line's is most often the same but for minute and second.

What stands in a line is compared with the text of the last time, 32 bytes at once, except the digits of its minute,
second and fraction; where all else is equal, only these are read. A layout costs some dozens of steps, this costs ten.

It must give what the layout gives, so a time is remembered only where nothing but the digits could make a difference:
where every layout tried before failed at a byte that is compared, and behind the time stands one that no layout reads
on with. Whether a blank there is followed by a zone, by AM or by PM is asked of each line.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.clock import SECOND, two_digits
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word, store_byte, store_word
from logproc.kernels.numerals import POWERS, eight_digits
from logproc.kernels.simd import load_u64

RECALL_CELL = 34
"""Cell of the scratch array with the address of the layout whose time is remembered; 0 where there is none.

Whoever changes which year a time without one belongs to sets it to 0.
"""

_TEXT, _MASK, _BASE, _PLACES = 35, 39, 43, 44
PLACES_CELL, FAILED_CELL = 45, 46
"""Where a layout leaves the places of minute, second and fraction (see `places`), and the position of what failed."""

BAD_END_CELL, BAD_SEEN_CELL = 48, 49
"""Where a layout leaves the end of what is written as a time and none, -1 if it is not; and whether a line has one."""

_MISSES, _PATIENCE, _SELDOM = 47, 4, 31
"""Cell of the times that came since one was recalled: where dates come in no order, few are remembered."""

_MOST, _MOST_DIGITS = 32, 6
NOWHERE = 255


@helper
def places(minute, second, fraction, digits):
    """Return as one number where minute, second and fraction stand, from the time's first byte on, NOWHERE if not."""
    return minute | second << 8 | fraction << 16 | digits << 24


@helper
def _reads_on(byte):
    """Tell whether a layout might read on with a byte: a letter, a digit, or one of ` _.,:/+- `."""
    return 97 <= (byte | 32) <= 122 or 43 <= byte <= 58 or byte == 95


@helper
def _more_follows(base, e):
    """Tell whether behind the blank at e may stand a zone, Z, UTC, GMT or an offset, or AM or PM."""
    byte = load_byte(base, e + 1)
    lower = byte | 32
    return byte == 43 or byte == 45 or lower == 122 or lower == 97 or lower == 112 or byte == 85 or byte == 71


@helper
def recall(base, s, layout, cache):
    """Read a time at s like the last one of `layout` into the cache; return its end, or -1 if it is another kind."""
    if load_word(cache, 8 * RECALL_CELL) != layout:
        return -1
    for word in range(4):
        at = 8 * word
        if (load_word(base, s + at) ^ load_word(cache, 8 * _TEXT + at)) & load_word(cache, 8 * _MASK + at) != 0:
            return -1
    found = load_word(cache, 8 * _PLACES)
    e = s + (found >> 32 & 255)
    if load_byte(base, e) != found >> 40 & 255 or (load_byte(base, e) == 32 and _more_follows(base, e)):
        return -1
    minute = two_digits(load_word(base, s + (found & 255)), 0)
    second = two_digits(load_word(base, s + (found >> 8 & 255)), 0)
    if minute < 0 or minute > 59 or second < 0 or second > 59:
        return -1
    micros = (minute * 60 + second) * SECOND
    first = s + (found >> 16 & 255)
    digits = found >> 24 & 255
    if 0 < digits <= _MOST_DIGITS:
        fraction = eight_digits(load_u64(base, first), digits)
        if fraction < 0:
            return -1
        micros += fraction * POWERS[_MOST_DIGITS - digits]
    else:
        unit = SECOND
        for i in range(first, first + digits):
            digit = load_byte(base, i) - 48
            if digit < 0 or digit > 9:
                return -1
            unit //= 10
            micros += digit * unit
    store_word(cache, 8 * _MISSES, 0)
    store_word(cache, 8 * HEAD_TIME, load_word(cache, 8 * _BASE) + micros)
    store_word(cache, 8 * HEAD_ZONELESS, found >> 48)
    return e


@helper
def remember(base, s, e, layout, cache):
    """Keep the time [s, e) that a layout has just read into the cache, with its places, if it may be recalled."""
    misses = load_word(cache, 8 * _MISSES)
    store_word(cache, 8 * _MISSES, misses + 1)
    if misses > _PATIENCE and misses & _SELDOM != 0:
        return
    store_word(cache, 8 * RECALL_CELL, 0)
    found, length = load_word(cache, 8 * PLACES_CELL), e - s
    minute, second, first, digits = found & 255, found >> 8 & 255, found >> 16 & 255, found >> 24
    behind = load_byte(base, e)
    if found < 0 or minute == NOWHERE or second == NOWHERE or length > _MOST:
        return
    # No layout reads on with a colon behind a second or its fraction, as they do behind the hours of a zone.
    behind_digits = length == second + 2 or (digits > 0 and length == first + digits)
    if _reads_on(behind) and not (behind == 58 and behind_digits):
        return
    if behind == 32 and _more_follows(base, e):
        return
    minutes, seconds = two_digits(load_word(base, s + minute), 0), two_digits(load_word(base, s + second), 0)
    if minutes < 0 or seconds < 0 or seconds > 59:
        return
    base_time = load_word(cache, 8 * HEAD_TIME) - (minutes * 60 + seconds) * SECOND
    unit = SECOND
    for i in range(s + first, s + first + digits):
        unit //= 10
        base_time -= (load_byte(base, i) - 48) * unit
    for word in range(4):
        store_word(cache, 8 * (_TEXT + word), load_word(base, s + 8 * word))
        store_word(cache, 8 * (_MASK + word), -1 if length >= 8 * word + 8 else 0)
    if length & 7 != 0:
        store_word(cache, 8 * _MASK + (length & ~7), (1 << (8 * (length & 7))) - 1)
    for i in range(2):
        store_byte(cache, 8 * _MASK + minute + i, 0)
        store_byte(cache, 8 * _MASK + second + i, 0)
    for i in range(first, first + digits):
        store_byte(cache, 8 * _MASK + i, 0)
    store_word(cache, 8 * _BASE, base_time)
    zoneless = load_word(cache, 8 * HEAD_ZONELESS)
    store_word(cache, 8 * _PLACES, found | length << 32 | behind << 40 | zoneless << 48)
    store_word(cache, 8 * RECALL_CELL, layout)
