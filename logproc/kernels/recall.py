"""The last time that a layout read, remembered: the next line's is most often the same but for minute and second.

What stands in a line is compared with the text of the last time, eight bytes at once, except the digits of its minute,
second and fraction; where all else is equal, only these are read. A layout costs some dozens of steps, this costs ten.

It must give what the layout gives, so a time is remembered only where nothing but the digits could make a difference:
where every layout tried before failed at a byte that is compared, and behind the time stands one that no layout reads
on with. Whether a blank there is followed by a zone, by AM or by PM, and a point or comma by a digit, is asked of each
line. Of seconds since 1970 the last four digits are read, and those of a fraction.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.apps import is_digit, is_word
from logproc.kernels.clock import NO_TIME, SECOND, two_digits
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word, store_byte, store_word
from logproc.kernels.numerals import POWERS, eight_digits
from logproc.kernels.simd import load_u64

RECALL_CELL = 34
"""Cell of the scratch array with the address of the layout whose time is remembered; 0 where there is none.

Whoever changes which year a time without one belongs to sets it to 0.
"""

_WORDS = 5
_TEXT, _MASK, _BASE, _PLACES = 35, 40, 45, 46
PLACES_CELL, FAILED_CELL = 47, 48
"""Where a layout leaves the places of minute, second and fraction (see `places`), and the position of what failed."""

BAD_END_CELL, BAD_SEEN_CELL = 49, 50
"""Where a layout leaves the end of what is written as a time and none, -1 if it is not; and whether a line has one."""

MISSES_CELL, _PATIENCE, _SELDOM = 51, 4, 31
"""Cell of the times that came since one was recalled: where dates come in no order, few are remembered."""

_MOST, _MOST_DIGITS = 8 * _WORDS, 6
NOWHERE = 255
_ASKED, _UNDATED = 1 << 49, 1 << 50
"""Among the places: what stands behind a time is asked what follows it; a clock without a day is no time."""

OPEN, CLOSED, ALONE = range(3)
"""How a layout ends: with what may be longer; with what is not, be it seconds; so, and no layout was tried before."""


SEXAGESIMAL, CENTESIMAL = 60, 100
"""Seconds that the digits of `minute` count: minutes, or hundreds of seconds since 1970."""


@helper
def places(minute, second, fraction, digits, scale):
    """Return as one number where minute, second and fraction stand, from the time's first byte on, NOWHERE if not.

    `scale` is how many seconds a minute has.
    """
    return minute | second << 8 | fraction << 16 | digits << 24 | scale << 56


@helper
def _reads_on(byte):
    """Tell whether a layout might read on with a byte: a letter, a digit, or one of ` _.,:/+- `."""
    return 97 <= (byte | 32) <= 122 or 43 <= byte <= 58 or byte == 95


@helper
def _more_follows(base, e):
    """Tell whether a layout might read on with the byte at e and what stands behind it.

    Behind a blank that is a zone, an offset or a name as Z, UTC or EST, or AM or PM; behind a point, a comma, a colon
    or a sign a digit.
    """
    byte = load_byte(base, e + 1)
    if load_byte(base, e) != 32:
        return is_digit(byte)
    if 65 <= byte <= 90 and (load_byte(base, e + 3) == 84 or load_byte(base, e + 4) == 84):
        return True
    lower = byte | 32
    if lower == 97 or lower == 112:
        return load_byte(base, e + 2) | 32 == 109
    if byte == 43 or byte == 45:
        return is_digit(load_byte(base, e + 2))
    if lower == 122:
        return not is_word(load_byte(base, e + 2))
    name = load_word(base, e + 1) & 0xFFFFFF
    return name == 0x435455 or name == 0x544D47


@helper
def _two_at(base, s, place):
    """Return the number of the two digits at a place, 0 if that is NOWHERE, a negative one if they are none."""
    return 0 if place == NOWHERE else two_digits(load_word(base, s + place), 0)


@helper
def recall(base, s, layout, cache):
    """Read a time at s like the last one of `layout` into the cache; return its end, or -1 if it is another kind."""
    if load_word(cache, 8 * RECALL_CELL) != layout:
        return -1
    for word in range(_WORDS):
        at = 8 * word
        if (load_word(base, s + at) ^ load_word(cache, 8 * _TEXT + at)) & load_word(cache, 8 * _MASK + at) != 0:
            return -1
    found = load_word(cache, 8 * _PLACES)
    e = s + (found >> 32 & 255)
    if load_byte(base, e) != found >> 40 & 255 or (found & _ASKED != 0 and _more_follows(base, e)):
        return -1
    minute, second = two_digits(load_word(base, s + (found & 255)), 0), _two_at(base, s, found >> 8 & 255)
    scale = found >> 56
    if minute < 0 or minute >= scale or second < 0 or second >= scale:
        return -1
    micros = (minute * scale + second) * SECOND
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
    store_word(cache, 8 * MISSES_CELL, 0)
    store_word(cache, 8 * HEAD_TIME, NO_TIME if found & _UNDATED != 0 else load_word(cache, 8 * _BASE) + micros)
    store_word(cache, 8 * HEAD_ZONELESS, found >> 48 & 1)
    return e


@helper
def _ends_there(base, s, length, end, found):
    """Tell whether a layout that ends so read a time with these places whatever digits it had."""
    second, first, digits, e = found >> 8 & 255, found >> 16 & 255, found >> 24 & 255, s + length
    behind, last = load_byte(base, e), load_byte(base, e - 1)
    if end == ALONE and (behind != 32 or not _more_follows(base, e)):
        return True
    if (behind == 32 or behind == 44 or behind == 46) and _more_follows(base, e):
        return False
    if end != OPEN or not _reads_on(behind):
        return True
    if not is_digit(last):  # a name of a zone, or AM or PM or a blank, behind which an offset might stand
        sign = behind == 43 or behind == 45
        if last == 32 and sign:
            return not is_digit(load_byte(base, e + 1))  # which is asked of each line
        sign = sign and last | 32 == 109
        return last != 46 and behind != 46 and behind != 47 and not is_word(behind) and not sign
    if behind == 58:  # hours of a zone are followed by one, but not its minutes, nor seconds
        sign = load_byte(base, e - 3)
        return length == second + 2 or (digits > 0 and length == first + digits) or (sign != 43 and sign != 45)
    return (behind == 44 or behind == 46) and found >> 56 == SEXAGESIMAL


@helper
def remember(base, s, e, layout, end, cache):
    """Keep the time [s, e) that a layout has just read into the cache, with its places, if it may be recalled.

    `end` says how the layout ends: see `OPEN`.
    """
    misses = load_word(cache, 8 * MISSES_CELL)
    store_word(cache, 8 * MISSES_CELL, misses + 1)
    if misses > _PATIENCE and misses & _SELDOM != 0:
        return
    store_word(cache, 8 * RECALL_CELL, 0)
    found, length = load_word(cache, 8 * PLACES_CELL), e - s
    minute, second, first, digits = found & 255, found >> 8 & 255, found >> 16 & 255, found >> 24 & 255
    if found < 0 or minute == NOWHERE or length > _MOST or not _ends_there(base, s, length, end, found):
        return
    minutes, seconds = two_digits(load_word(base, s + minute), 0), _two_at(base, s, second)
    scale = found >> 56
    if minutes < 0 or seconds < 0 or seconds >= scale:
        return
    time = load_word(cache, 8 * HEAD_TIME)
    base_time = (0 if time == NO_TIME else time) - (minutes * scale + seconds) * SECOND
    unit = SECOND
    for i in range(s + first, s + first + digits):
        unit //= 10
        base_time -= (load_byte(base, i) - 48) * unit
    for word in range(_WORDS):
        store_word(cache, 8 * (_TEXT + word), load_word(base, s + 8 * word))
        store_word(cache, 8 * (_MASK + word), -1 if length >= 8 * word + 8 else 0)
    if length & 7 != 0:
        store_word(cache, 8 * _MASK + (length & ~7), (1 << (8 * (length & 7))) - 1)
    for i in range(2):
        store_byte(cache, 8 * _MASK + minute + i, 0)
        if second != NOWHERE:
            store_byte(cache, 8 * _MASK + second + i, 0)
    for i in range(first, first + digits):
        store_byte(cache, 8 * _MASK + i, 0)
    store_word(cache, 8 * _BASE, base_time)
    behind = load_byte(base, e)
    found |= length << 32 | behind << 40 | load_word(cache, 8 * HEAD_ZONELESS) << 48
    sign = load_byte(base, e - 1) == 32 and (behind == 43 or behind == 45)
    if behind == 32 or behind == 58 or sign or (end != ALONE and (behind == 44 or behind == 46)):
        found |= _ASKED
    if time == NO_TIME:
        found |= _UNDATED
    store_word(cache, 8 * _PLACES, found)
    store_word(cache, 8 * RECALL_CELL, layout)
