"""What application logs have in front of their message: times by a layout, levels, threads in brackets, loggers.

Helpers of `values`: each reads a field that knows by itself where it ends. A layout is a row of bytes, as
`formats.layouts` compiles it: those below 32 say what is read, any other stands for itself.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.clock import (
    NO_TIME,
    SECOND,
    days_of,
    iso_zone,
    month_of,
    parse_epoch,
    parse_iso_time,
)
from logproc.kernels.fields import ends_here
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.jit import helper
from logproc.kernels.layout import BAD_TIME, NO_MATCH
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.numerals import parse_decimal
from logproc.kernels.simd import NEWLINE, below_mask64, eq_mask64, trailing_zeros
from logproc.kernels.stamps import yearless_days

(
    YEAR,
    SHORT_YEAR,
    MONTH,
    DAY,
    HOUR,
    HOUR_12,
    MINUTE,
    SECONDS,
    FRACTION,
    MAYBE_FRACTION,
    MONTH_NAME,
    DAY_NAME,
    HALF_DAY,
    MAYBE_ZONE,
    ZONE_NAME,
    EPOCH,
    ISO,
    LOCAL_ISO,
    OR,
) = range(1, 20)
"""Bytes of a layout below 32: what `formats.layouts.DIRECTIVES` says of each."""

_BLANK, _OPENING, _CLOSING = np.uint8(32), np.uint8(91), np.uint8(93)

_WORDS = (
    *("info", "warn", "error", "debug", "trace", "warning", "fatal", "severe", "fine", "finer", "finest", "config"),
    *("notice", "note", "critical", "crit", "err", "emerg", "emergency", "alert", "panic", "verbose", "system", "log"),
    *("inf", "wrn", "dbg", "trc", "ftl", "vrb", "information", "informational", "audit", "success", "failure", "fail"),
    *("debug1", "debug2", "debug3", "debug4", "debug5", "d1", "d2", "d3", "d4", "d5", "statement", "detail", "hint"),
    *("query", "context", "location", "unknown", "any", "off", "all", "i", "w", "e", "d", "t", "f", "v", "c", "a", "n"),
    *("erro", "fata", "pani", "debu", "dbug", "trac", "trce"),
)
LEVEL_WORDS = tuple(word.encode() for word in _WORDS)
"""What loggers call a level, in lower case; each has one name in `model.LEVELS` or keeps its own."""

_DURATION, _DURATION_END = int.from_bytes(b"duration", "little"), int.from_bytes(b"ration: ", "little")

_HEADS = np.array([int.from_bytes(word[:8].ljust(8, b"\0"), "little") for word in LEVEL_WORDS], np.int64)
_LENGTHS = np.array([len(word) for word in LEVEL_WORDS], np.int64)
_N_WORDS = len(LEVEL_WORDS)

# Others, such as CST or IST, mean different things in different places: the file's own time zone then holds.
ZONES = {"CET": 1, "CEST": 2, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "AEST": 10, "AEDT": 11}
ZONES |= {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "HST": -10}
"""Names of zones that mean the same everywhere, by hours east of UTC."""

_ZONES = np.array([int.from_bytes(name.encode(), "little") for name in ZONES], np.int64)
_HOURS = np.array(list(ZONES.values()), np.int64)
_N_ZONES = len(ZONES)


@helper
def is_digit(byte):
    """Tell whether a byte is a decimal digit."""
    return 48 <= byte <= 57


@helper
def is_word(byte):
    """Tell whether a byte is an ASCII letter, a digit or an underscore."""
    return 97 <= (byte | 32) <= 122 or 48 <= byte <= 57 or byte == 95


@helper
def level_end(base, s):
    """Return where the name of a level at s ends, a whole word or one of Redis's signs; -1 if there is none."""
    i = s
    word = np.int64(0)
    byte = load_byte(base, i)
    while is_word(byte):
        if i - s < 8:
            word |= (byte | (32 if byte >= 65 else 0)) << (8 * (i - s))
        i += 1
        byte = load_byte(base, i)
    if i == s:
        return s + 1 if byte == 46 or byte == 45 or byte == 42 or byte == 35 else -1
    for k in range(_N_WORDS):
        if _HEADS[k] == word and _LENGTHS[k] == i - s:
            return i
    return -1


@helper
def bracket_end(base, s, word, terminator_mask):
    """Return where the text at s ends, before a closing bracket that no opening one belongs to; -1 if there is none.

    `word` and `terminator_mask` are the first eight bytes of what must stand there, the bracket with them.
    """
    depth = 0
    i = s
    while True:
        mask = eq_mask64(base, i, _OPENING) | eq_mask64(base, i, _CLOSING) | eq_mask64(base, i, NEWLINE)
        if mask == 0:
            i += 64
            continue
        i += trailing_zeros(mask)
        byte = load_byte(base, i)
        if byte == 10:
            return -1
        if byte == 91:
            depth += 1
        elif depth == 0:
            return i if np.uint64(load_word(base, i)) & terminator_mask == word else -1
        else:
            depth -= 1
        i += 1


@helper
def blank_at(base, i):
    """Return the first position from i on of a blank or another byte below 33, such as a newline."""
    while True:
        mask = below_mask64(base, i, _BLANK + np.uint8(1))
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def logger_end(base, s):
    """Return (end of the name, where the message begins) of `name: `, `name : `, `name - ` or `name | ` at s.

    The name has no blanks and begins with a letter, an underscore, a point or a dollar sign; (-1, -1) if there is none.
    """
    byte = load_byte(base, s)
    if not (is_word(byte) or byte == 46 or byte == 36) or is_digit(byte):
        return -1, -1
    i = blank_at(base, s)
    if load_byte(base, i - 1) == 58 and i - 1 > s and (load_byte(base, i) == 32 or ends_here(base, i)):
        i -= 1
    e = i
    while load_byte(base, i) == 32:
        i += 1
    byte = load_byte(base, i)
    if byte != 58 and (e == i or (byte != 45 and byte != 124)):
        return -1, -1
    i += 1
    if load_byte(base, i) == 32:
        return e, i + 1
    return (e, i) if ends_here(base, i) else (-1, -1)


@helper
def word_at(base, s, word, mask):
    """Return where the text without blanks at s ends: before the terminator, or a blank; -1 if it is empty."""
    if word & np.uint64(255) == _BLANK:
        i = blank_at(base, s)
    else:
        i = s
        while load_byte(base, i) > 32 and np.uint64(load_word(base, i)) & mask != word:
            i += 1
    return i if i > s else -1


@helper
def digits_end(base, s):
    """Return where 1 to 18 digits at s end; -1 if there are none, or more."""
    i = s
    while is_digit(load_byte(base, i)):
        i += 1
    return i if s < i <= s + 18 else -1


@helper
def code_end(base, s):
    """Return where an SQLSTATE at s ends, five capital letters or digits; -1 if there is none."""
    for i in range(s, s + 5):
        byte = load_byte(base, i)
        if not is_digit(byte) and not 65 <= byte <= 90:
            return -1
    return s + 5


@helper
def is_level_letter(byte):
    """Tell whether a byte is one of glog's letters, I W E F, or D, T and V."""
    return byte == 73 or byte == 87 or byte == 69 or byte == 70 or byte == 68 or byte == 84 or byte == 86


@helper
def measured_at(base, s):
    """Return (start, end) of the number behind "duration: " at s; (-1, -1) if there is none."""
    if load_word(base, s) != _DURATION or load_word(base, s + 2) != _DURATION_END:
        return -1, -1
    e = s + 10
    while is_digit(load_byte(base, e)) or (load_byte(base, e) == 46 and e > s + 10):
        e += 1
    _number, verdict = parse_decimal(base, s + 10, e)
    return (s + 10, e) if e > s + 10 and verdict != 0 else (-1, -1)


@helper
def trailer_at(base, s, e):
    """Return where the name of " (name)" at the end of [s, e) begins; -1 if there is none. It has no blanks."""
    if e - s < 4 or load_byte(base, e - 1) != 41:
        return -1
    i = e - 1
    while i > s and load_byte(base, i - 1) > 32 and load_byte(base, i - 1) != 40:
        i -= 1
    if i == e - 1 or i < s + 2 or load_byte(base, i - 1) != 40 or load_byte(base, i - 2) != 32:
        return -1
    return i


# ---- times --------------------------------------------------------------------------------------------------------


@helper
def number_at(base, i, least, most):
    """Return (value, end) of at least `least` and at most `most` digits at i; the end is -1 if there are fewer."""
    value = 0
    first = i
    while i - first < most and is_digit(load_byte(base, i)):
        value = value * 10 + load_byte(base, i) - 48
        i += 1
    return value, (i if i - first >= least else -1)


@helper
def zone_end(base, i):
    """Return where a zone at i ends, a blank before it included: Z, UTC, GMT, +hh:mm, +hhmm or +hh; i if there is none.

    Behind a blank, hours alone are none.
    """
    j = i + 1 if load_byte(base, i) == 32 else i
    byte = load_byte(base, j)
    if byte == 90 or byte == 122:
        return i if is_word(load_byte(base, j + 1)) else j + 1
    name = load_word(base, j) & 0xFFFFFF
    if name == 0x435455 or name == 0x544D47:
        return i if is_word(load_byte(base, j + 3)) else j + 3
    if byte != 43 and byte != 45:
        return i
    if not is_digit(load_byte(base, j + 1)) or not is_digit(load_byte(base, j + 2)):
        return i
    k = j + 3
    colon = 1 if load_byte(base, k) == 58 else 0
    if is_digit(load_byte(base, k + colon)) and is_digit(load_byte(base, k + colon + 1)):
        k += colon + 2
    elif j > i:
        return i
    return i if is_word(load_byte(base, k)) else k


@helper
def _zone_of(base, i, e):
    """Return the seconds east of UTC of the zone [i, e), in front of which a blank may stand."""
    return iso_zone(base, i + 1 if load_byte(base, i) == 32 else i, e)


@helper
def zone_hours(base, s, e):
    """Return the hours east of UTC that the name [s, e) means all over the world, or NO_TIME."""
    word = load_word(base, s) & (0xFFFFFFFF if e - s == 4 else 0xFFFFFF)
    if e - s < 3 or e - s > 4:
        return NO_TIME
    for k in range(_N_ZONES):
        if _ZONES[k] == word:
            return _HOURS[k]
    return NO_TIME


@helper
def iso_time(base, s, cache, zoned):
    """Read `2000-10-10 13:55:36.123+02:00` at s into the cache; return where it ends, or what is wrong, negative."""
    if load_byte(base, s + 4) != 45 or load_byte(base, s + 13) != 58 or not is_digit(load_byte(base, s)):
        return -NO_MATCH
    i = s + 19
    byte = load_byte(base, i)
    if (byte == 46 or byte == 44) and is_digit(load_byte(base, i + 1)):
        i += 2
        while is_digit(load_byte(base, i)):
            i += 1
    e = zone_end(base, i) if zoned else i
    micros, naive, good = parse_iso_time(base, s, e, cache)
    if not good:
        return -BAD_TIME
    store_word(cache, 8 * HEAD_TIME, micros)
    store_word(cache, 8 * HEAD_ZONELESS, naive)
    return e


@helper
def stamp_end(base, s, layout, k, stop, cache):
    """Read a time at s by the layouts [k, stop) of the bytes at `layout`; leave it in the cache and return its end.

    Returns what is wrong with the last of them as a negative number. The time is NO_TIME where a layout has no day.
    """
    while True:
        after = k
        while after < stop and load_byte(layout, after) != OR:
            after += 1
        e = _layout_end(base, s, layout, k, after, cache)
        if e >= 0 or after == stop:
            return e
        k = after + 1


@helper
def _layout_end(base, s, layout, k, stop, cache):
    year = month = day = hour = minute = second = micros = 0
    dated, yearless, zoneless, half = False, True, 1, -1
    zone = 0
    i = s
    while k < stop:
        op = load_byte(layout, k)
        k += 1
        byte = load_byte(base, i)
        if op >= 32:
            if byte != op:
                return -NO_MATCH
            i += 1
        elif op >= ISO:
            i = iso_time(base, i, cache, op == ISO)
            if i < 0 or k == stop:
                return i
            micros, zoneless = load_word(cache, 8 * HEAD_TIME), load_word(cache, 8 * HEAD_ZONELESS)
            dated = True
            month = -1
        elif op == YEAR:
            year, i = number_at(base, i, 4, 4)
            yearless = False
        elif op == SHORT_YEAR:
            year, i = number_at(base, i, 2, 2)
            year += 1900 if year >= 69 else 2000
            yearless = False
        elif op == MONTH:
            month, i = number_at(base, i, 1, 2)
        elif op == DAY:
            day, i = number_at(base, i + 1 if byte == 32 else i, 1, 2)
            dated = True
        elif op == HOUR or op == HOUR_12:
            hour, i = number_at(base, i + 1 if byte == 32 else i, 1, 2)
        elif op == MINUTE:
            minute, i = number_at(base, i, 1, 2)
        elif op == SECONDS:
            second, i = number_at(base, i, 1, 2)
        elif op == FRACTION or op == MAYBE_FRACTION:
            if op == MAYBE_FRACTION:
                if (byte != 46 and byte != 44) or not is_digit(load_byte(base, i + 1)):
                    continue
                i += 1
            first = i
            micros, i = number_at(base, i, 1, 6)
            if i >= 0:
                for _ in range(6 - (i - first)):
                    micros *= 10
                while is_digit(load_byte(base, i)):
                    i += 1
                if i - first > 9:
                    return -NO_MATCH
        elif op == MONTH_NAME:
            month = month_of(load_word(base, i) & 0xFFFFFF)
            if month == 0:
                return -NO_MATCH
            while 97 <= (load_byte(base, i) | 32) <= 122:
                i += 1
        elif op == DAY_NAME:
            first = i
            while 97 <= (load_byte(base, i) | 32) <= 122:
                i += 1
            if i == first:
                return -NO_MATCH
        elif op == HALF_DAY:
            if (load_byte(base, i + 1) | 32) != 109 or ((byte | 32) != 97 and (byte | 32) != 112):
                return -NO_MATCH
            half = 1 if (byte | 32) == 112 else 0
            i += 2
        elif op == MAYBE_ZONE or op == ZONE_NAME:
            e = zone_end(base, i)
            if e > i:
                zone = _zone_of(base, i, e)
                zoneless = 0
                if zone == NO_TIME:
                    return -BAD_TIME
            elif op == ZONE_NAME:
                while is_word(load_byte(base, e)) or (load_byte(base, e) == 47 and e > i):
                    e += 1
                if e == i:
                    return -NO_MATCH
                hours = zone_hours(base, i, e)
                if hours != NO_TIME:
                    zone = hours * 3600
                    zoneless = 0
            i = e
        else:
            e = i
            while is_digit(load_byte(base, e)) or (load_byte(base, e) == 46 and e > i):
                e += 1
            if e == i:
                return -NO_MATCH
            micros, good = parse_epoch(base, i, e, 0)
            if not good:
                return -BAD_TIME
            dated = True
            month = -1
            zoneless = 0
            i = e
        if i < 0:
            return -NO_MATCH
    if month != -1:
        if half >= 0:
            if hour < 1 or hour > 12:
                return -BAD_TIME
            hour = hour % 12 + 12 * half
        if hour > 23 or minute > 59 or second > 60:
            return -BAD_TIME
        of_day = (hour * 3600 + minute * 60 + min(second, 59)) * SECOND + micros
        if dated:
            days = yearless_days(month, day, of_day, cache) if yearless else days_of(year, month, day)
            if days == NO_TIME:
                return -BAD_TIME
            micros = days * 86400 * SECOND + of_day
    store_word(cache, 8 * HEAD_TIME, micros - zone * SECOND if dated else NO_TIME)
    store_word(cache, 8 * HEAD_ZONELESS, zoneless if dated else 0)
    return i
