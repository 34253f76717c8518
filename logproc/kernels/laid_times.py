"""Times by a layout, in int64 microseconds since 1970: what stands in front of most lines of applications.

A layout is a row of bytes, as `formats.layouts` compiles it: those below 32 say what is read, any other stands for
itself.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import is_digit, is_word
from logproc.kernels.clock import (
    NO_TIME,
    SECOND,
    days_of,
    parse_epoch,
    parse_iso_time,
)
from logproc.kernels.heads import HEAD_TIME, HEAD_ZONELESS
from logproc.kernels.hex_times import hex_time, tai_time
from logproc.kernels.jit import helper
from logproc.kernels.layout import BAD_TIME, NO_MATCH
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.months import month_name
from logproc.kernels.recall import (
    ALONE,
    BAD_END_CELL,
    CENTESIMAL,
    CLOSED,
    FAILED_CELL,
    NOWHERE,
    OPEN,
    PLACES_CELL,
    SEXAGESIMAL,
    places,
    recall,
    remember,
)
from logproc.kernels.stamps import DATE_CELL, yearless_days
from logproc.kernels.zones import zone_end, zone_hours, zone_of

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
    HEX_EPOCH,
    TAI,
    TAB,
    EAST,
    WEST,
) = range(1, 25)
"""Bytes of a layout below 32: what `formats.layouts.DIRECTIVES` says of each."""


@helper
def number_at(base, i, least, most):
    """Return (value, end) of at least `least` and at most `most` digits at i; the end is -1 if there are fewer."""
    value = 0
    first = i
    while i - first < most and is_digit(load_byte(base, i)):
        value = value * 10 + load_byte(base, i) - 48
        i += 1
    return value, (i if i - first >= least else -1)


_ISO_LENGTH = 19


@helper
def _written_as_iso(base, s):
    """Return how many bytes at s are digits and what divides them as in `0000-00-00 00:00:00`, at most all of them."""
    for i in range(_ISO_LENGTH):
        byte = load_byte(base, s + i)
        if i == 4 or i == 7:
            good = byte == 45
        elif i == 13 or i == 16:
            good = byte == 58
        else:
            good = i == 10 or is_digit(byte)
        if not good:
            return i
    return _ISO_LENGTH


@helper
def iso_time(base, s, cache, zoned):
    """Read `2000-10-10 13:55:36.123+02:00` at s into the cache; return where it ends, or what is wrong, negative.

    Where it fails is left in the cache, as a negative number if no such time has that byte there, whatever others are.
    """
    if not is_digit(load_byte(base, s)) or load_byte(base, s + 4) != 45 or load_byte(base, s + 13) != 58:
        digit, dash = is_digit(load_byte(base, s)), load_byte(base, s + 4) == 45
        store_word(cache, 8 * FAILED_CELL, s + (13 if digit and dash else (4 if digit else 0)))
        return -NO_MATCH
    i = s + 19
    byte = load_byte(base, i)
    if (byte == 46 or byte == 44) and is_digit(load_byte(base, i + 1)):
        i += 2
        while is_digit(load_byte(base, i)):
            i += 1
    e = zone_end(base, i) if zoned else i
    hours = zone_hours(base, i + 1, e)
    micros, naive, good = parse_iso_time(base, s, i if hours != NO_TIME else e, cache)
    if hours != NO_TIME:
        micros -= hours * 3600 * SECOND
        naive = 0
    if not good:
        written = _written_as_iso(base, s)
        store_word(cache, 8 * BAD_END_CELL, e if written == _ISO_LENGTH else -1)
        store_word(cache, 8 * FAILED_CELL, -(s + written) if written < _ISO_LENGTH else s)
        return -BAD_TIME
    store_word(cache, 8 * HEAD_TIME, micros)
    store_word(cache, 8 * HEAD_ZONELESS, naive)
    return e


@helper
def stamp_end(base, s, layout, k, stop, cache):
    """Read a time at s by the layouts [k, stop) of the bytes at `layout`; leave it in the cache and return its end.

    Returns what is wrong with the last of them as a negative number. The time is NO_TIME where a layout has no day.
    """
    e = recall(base, s, layout + k, cache)
    if e >= 0:
        return e
    first, failed, sure, bad_end = k, 0, True, -1
    while True:
        after = k
        while after < stop and load_byte(layout, after) != OR:
            after += 1
        op = load_byte(layout, k)
        if (op == MONTH_NAME or op == DAY_NAME) and is_digit(load_byte(base, s)):  # of many layouts some begin so
            store_word(cache, 8 * FAILED_CELL, s)
            store_word(cache, 8 * BAD_END_CELL, -1)
            e = np.int64(-NO_MATCH)
        else:
            e = _layout_end(base, s, layout, k, after, cache)
        if e >= 0:
            if sure and failed <= e + (load_byte(base, e) == 58):  # a colon is asked whether digits follow it
                last = load_byte(layout, after - 1)
                closed = last >= 32 or last == HALF_DAY or last == YEAR or last == SHORT_YEAR or last == SECONDS
                end = (ALONE if k == first else CLOSED) if closed else OPEN
                remember(base, s, e, layout + first, end, cache)
            return e
        bad_end = max(bad_end, load_word(cache, 8 * BAD_END_CELL))
        if after == stop:
            store_word(cache, 8 * BAD_END_CELL, bad_end)
            return e
        where = load_word(cache, 8 * FAILED_CELL)
        sure = sure and (e == -NO_MATCH or where < 0)
        failed = max(failed, abs(where))
        k = after + 1


@helper
def _half_at(base, i):
    """Return 0 where " AM" stands at i, 1 where " PM" does, else -1."""
    byte = load_byte(base, i + 1)
    if load_byte(base, i) != 32 or (byte != 65 and byte != 80) or load_byte(base, i + 2) != 77:
        return -1
    if is_word(load_byte(base, i + 3)):
        return -1
    return 1 if byte == 80 else 0


@helper
def _layout_end(base, s, layout, k, stop, cache):
    year = month = day = hour = minute = second = micros = 0
    dated, yearless, zoneless, half = False, True, 1, -1
    minute_at = second_at = fraction_at = s + NOWHERE
    fraction_digits = 0
    zone, scale = 0, SEXAGESIMAL
    i = s
    store_word(cache, 8 * PLACES_CELL, -1)
    store_word(cache, 8 * BAD_END_CELL, -1)
    while k < stop:
        op = load_byte(layout, k)
        k += 1
        byte = load_byte(base, i)
        store_word(cache, 8 * FAILED_CELL, i if op >= 32 else i + (25 if op == HEX_EPOCH or op == TAI else 5))
        if op >= 32:
            if byte != op:
                return -NO_MATCH
            i += 1
        elif op == ISO or op == LOCAL_ISO:
            at = i
            i = iso_time(base, i, cache, op == ISO)
            if i < 0:
                if k < stop:
                    store_word(cache, 8 * BAD_END_CELL, -1)
                return i
            fraction_digits = 0
            pointed = load_byte(base, at + 19) == 46 or load_byte(base, at + 19) == 44
            while pointed and at + 20 + fraction_digits < i and is_digit(load_byte(base, at + 20 + fraction_digits)):
                fraction_digits += 1
            minute_at, second_at, fraction_at = at + 14, at + 17, at + 20
            micros, zoneless = load_word(cache, 8 * HEAD_TIME), load_word(cache, 8 * HEAD_ZONELESS)
            if k == stop:
                if at == s:
                    store_word(cache, 8 * PLACES_CELL, places(14, 17, 20, fraction_digits, SEXAGESIMAL))
                return i
            dated = True
            month = -1
        elif op == TAB:
            if byte != 9:
                return -NO_MATCH
            i += 1
        elif op == EAST or op == WEST:
            if (byte == 43 or byte == 45) and is_digit(load_byte(base, i + 1)):
                minutes, i = number_at(base, i + 1, 1, 4)
                if minutes >= 1440:
                    return -BAD_TIME
                zone = 60 * minutes if (byte == 43) == (op == EAST) else -60 * minutes
                zoneless = 0
        elif op == HEX_EPOCH or op == TAI:
            i = hex_time(base, i, cache) if op == HEX_EPOCH else tai_time(base, i, cache)
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
            minute_at = i
            minute, i = number_at(base, i, 1, 2)
        elif op == SECONDS:
            second_at = i
            second, i = number_at(base, i, 1, 2)
        elif op == FRACTION or op == MAYBE_FRACTION:
            if op == MAYBE_FRACTION:
                if (byte != 46 and byte != 44) or not is_digit(load_byte(base, i + 1)):
                    continue
                i += 1
            first = i
            if not is_digit(load_byte(base, i)):
                store_word(cache, 8 * FAILED_CELL, i)
                return -NO_MATCH
            micros, i = number_at(base, i, 1, 6)
            if i >= 0:
                for _ in range(6 - (i - first)):
                    micros *= 10
                while is_digit(load_byte(base, i)):
                    i += 1
                if i - first > 9:
                    return -NO_MATCH
                fraction_at, fraction_digits = first, i - first
        elif op == MONTH_NAME:
            month, i = month_name(base, i, False)
            if month == 0:
                return -NO_MATCH
            if load_byte(base, i - 1) == 46 and k < stop and load_byte(layout, k) == 46:
                i -= 1  # the point is the layout's own
        elif op == DAY_NAME:
            first = i
            while 97 <= (load_byte(base, i) | 32) <= 122:
                i += 1
            if i == first:
                return -NO_MATCH
        elif op == HALF_DAY:
            store_word(cache, 8 * FAILED_CELL, i - 1)  # what else stands there is asked when a time is recalled
            if (load_byte(base, i + 1) | 32) != 109 or ((byte | 32) != 97 and (byte | 32) != 112):
                return -NO_MATCH
            half = 1 if (byte | 32) == 112 else 0
            i += 2
        elif op == MAYBE_ZONE or op == ZONE_NAME:
            e = zone_end(base, i)
            if e > i:
                zone = zone_of(base, i, e)
                zoneless = 0
                if zone == NO_TIME:
                    return -BAD_TIME
            elif op == ZONE_NAME:
                if not 65 <= byte <= 90:
                    return -NO_MATCH
                while 97 <= load_byte(base, e) | 32 <= 122 or load_byte(base, e) == 95 or load_byte(base, e) == 47:
                    e += 1
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
            first, scale = i, CENTESIMAL
            while i < e and load_byte(base, i) != 46:
                i += 1
            whole = i - first
            if byte != 48 and whole == 10 and e - i <= 10:  # zeros in front would make another unit of it
                minute_at, second_at, fraction_at, fraction_digits = first + 6, first + 8, i + 1, max(0, e - i - 1)
            elif byte != 48 and i == e and (whole == 13 or whole == 16 or whole == 19):
                minute_at, second_at, fraction_at, fraction_digits = first + 6, first + 8, first + 10, whole - 10
            i = e
        if i < 0:
            return -NO_MATCH
    if month != -1:
        # A clock of 12 hours where the layout did not say that there may be one.
        if half < 0 and (op == MAYBE_FRACTION or (op == MAYBE_ZONE and zoneless == 1)):
            half = _half_at(base, i)
            if half >= 0:
                i += 3
                half = half if 1 <= hour <= 12 else -1
        store_word(cache, 8 * BAD_END_CELL, i)
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
    # Whether a time without a year is of this one may hang on its clock: then the next must be read whole, too.
    settled = not dated or not yearless or month < 0 or load_word(cache, 8 * DATE_CELL) == month * 32 + day
    if settled:
        found = places(minute_at - s, second_at - s, min(fraction_at - s, NOWHERE), fraction_digits, scale)
        store_word(cache, 8 * PLACES_CELL, found)
    store_word(cache, 8 * HEAD_TIME, micros - zone * SECOND if dated else NO_TIME)
    store_word(cache, 8 * HEAD_ZONELESS, zoneless if dated else 0)
    return i
