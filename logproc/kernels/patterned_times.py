"""Times whose text is described by directives, such as `%d/%b/%Y:%H:%M:%S %z`, in int64 microseconds since 1970.

`codes` is the address of int64 codes that `formats.time_format` writes: a byte that must stand, or a directive. The
parts are those of strptime(3), and read as strictly: a number has at most the digits that the directive writes.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.clock import LAST_TIME, NO_TIME, SECOND, days_of, parse_any_time, zone_seconds
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word
from logproc.kernels.numerals import POWERS, parse_integer
from logproc.kernels.stamps import parse_bsd_time, parse_local_time, yearless_days
from logproc.kernels.zone_names import HOURS

(YEAR, SHORT_YEAR, MONTH, MONTH_NAME, DAY, HOUR, HOUR12, MINUTE, SECONDS, FRACTION, HALF, ZONE, ZONE_NAME) = range(
    256, 269
)
(DAY_NAME, DAY_OF_YEAR, EPOCH, EPOCH_MILLI, EPOCH_MICRO, EPOCH_NANO, BLANKS, PADDED_DAY, STOP) = range(269, 278)
"""Codes of directives; smaller ones are bytes. BLANKS is one blank or more; STOP ends the codes."""

_MONTHS = np.array([int.from_bytes(n, "little") for n in b"jan feb mar apr may jun jul aug sep oct nov dec".split()])
_MONTH_LENGTHS = np.array([7, 8, 5, 5, 3, 4, 4, 6, 9, 7, 8, 8])
_DAYS = np.array([int.from_bytes(n, "little") for n in b"mon tue wed thu fri sat sun".split()])
_DAY_LENGTHS = np.array([6, 7, 9, 8, 6, 8, 6])

_ZONES = {"UTC": 0, "GMT": 0, **HOURS}
_ZONE_NAMES = np.array([int.from_bytes(name.encode(), "little") for name in _ZONES])
_ZONE_MINUTES = 60 * np.array(list(_ZONES.values()))
UNKNOWN_ZONE = -(2**62)


@helper
def _number(base, i, e, least, most):
    """Return (value, where it ends) of `least` to `most` digits at i; the end is -1 where they are not there."""
    value = 0
    first = i
    while i < e and i - first < most and 48 <= load_byte(base, i) <= 57:
        value = value * 10 + load_byte(base, i) - 48
        i += 1
    return value, (i if i - first >= least else -1)


@helper
def _name(base, i, e, names, lengths):
    """Return (number from 0, where it ends) of one of the names at i, short or in full, in any case; else (0, -1)."""
    if i + 3 > e:
        return 0, -1
    word = load_word(base, i) & 0xFFFFFF | 0x202020
    for k in range(len(names)):
        if names[k] == word:
            stop = i + 3
            while stop < e and 97 <= load_byte(base, stop) | 32 <= 122:
                stop += 1
            return k, (stop if stop == i + lengths[k] or stop == i + 3 else i + 3)
    return 0, -1


@helper
def zone_named(base, i, e):
    """Return (seconds east of UTC or UNKNOWN_ZONE, where it ends) of letters at i that may name a zone."""
    first = i
    word = np.int64(0)
    while i < e and 65 <= load_byte(base, i) <= 90:
        if i - first < 8:
            word |= load_byte(base, i) << (8 * (i - first))
        i += 1
    if i - first == 1 and load_byte(base, first) == 90:
        return 0, i
    for k in range(len(_ZONE_NAMES)):
        if _ZONE_NAMES[k] == word:
            return _ZONE_MINUTES[k] * 60, i
    return UNKNOWN_ZONE, (i if i > first else -1)


@helper
def _offset(base, i, e):
    """Return (seconds, where it ends) of Z, +hh, +hhmm, +hh:mm or UTC at i; the end is -1 where there is none."""
    byte = load_byte(base, i) if i < e else 0
    if byte == 90 or byte == 122:
        return 0, i + 1
    if byte != 43 and byte != 45:
        seconds, stop = zone_named(base, i, e)
        return seconds, (-1 if seconds == UNKNOWN_ZONE else stop)
    hours, stop = _number(base, i + 1, e, 2, 2)
    if stop < 0:
        return 0, -1
    minutes = 0
    colon = stop < e and load_byte(base, stop) == 58
    value, after = _number(base, stop + colon, e, 2, 2)
    if after >= 0:
        minutes, stop = value, after
    seconds = zone_seconds(byte, hours, minutes)
    return seconds, (-1 if seconds == NO_TIME else stop)


@helper
def parse_described_time(base, s, e, codes, cache):
    """Return (microseconds, zoneless, ok) of [s, e) read by `codes`; a year that is missing is the latest possible."""
    year = month = day = -1
    hour = minute = second = part = 0
    half = -1
    of_year = -1
    zone = np.int64(UNKNOWN_ZONE)
    i = s
    place = 0
    epoch = np.int64(NO_TIME)
    while True:
        code = load_word(codes, 8 * place)
        place += 1
        if code == STOP:
            break
        if code < 256:
            if i >= e or load_byte(base, i) != code:
                return NO_TIME, 0, False
            i += 1
        elif code == BLANKS:
            first = i
            while i < e and (load_byte(base, i) == 32 or load_byte(base, i) == 9):
                i += 1
            if i == first:
                return NO_TIME, 0, False
        elif code == YEAR:
            year, i = _number(base, i, e, 4, 4)
        elif code == SHORT_YEAR:
            year, i = _number(base, i, e, 2, 2)
            year += 2000 if year < 69 else 1900
        elif code == MONTH:
            month, i = _number(base, i, e, 1, 2)
        elif code == MONTH_NAME:
            month, i = _name(base, i, e, _MONTHS, _MONTH_LENGTHS)
            month += 1
        elif code == DAY:
            day, i = _number(base, i, e, 1, 2)
        elif code == PADDED_DAY:
            day, i = _number(base, i + (i < e and load_byte(base, i) == 32), e, 1, 2)
        elif code == HOUR or code == HOUR12:
            hour, i = _number(base, i + (i < e and load_byte(base, i) == 32), e, 1, 2)
            if hour > 23 or (code == HOUR12 and (hour < 1 or hour > 12)):
                return NO_TIME, 0, False
            if code == HOUR12 and half < 0:
                half = 2  # a morning, unless AM or PM stands
        elif code == MINUTE:
            minute, i = _number(base, i, e, 1, 2)
        elif code == SECONDS:
            second, i = _number(base, i, e, 1, 2)
        elif code == FRACTION:
            first = i
            part, i = _number(base, i, e, 1, 9)
            if i >= 0:
                part = part * POWERS[6 - (i - first)] if i - first <= 6 else part // POWERS[i - first - 6]
        elif code == HALF:
            byte = load_byte(base, i) | 32
            if i + 2 > e or (byte != 97 and byte != 112) or load_byte(base, i + 1) | 32 != 109:
                return NO_TIME, 0, False
            half = 1 if byte == 112 else 0
            i += 2
        elif code == ZONE:
            zone, i = _offset(base, i, e)
        elif code == ZONE_NAME:
            zone, i = zone_named(base, i, e)
        elif code == DAY_NAME:
            _day, i = _name(base, i, e, _DAYS, _DAY_LENGTHS)
        elif code == DAY_OF_YEAR:
            of_year, i = _number(base, i, e, 1, 3)
        else:  # an epoch
            first = i
            while i < e and 48 <= load_byte(base, i) <= 57:
                i += 1
            value, good = parse_integer(base, first, i)
            if not good:
                return NO_TIME, 0, False
            unit = SECOND if code == EPOCH else (1000 if code == EPOCH_MILLI else 1)
            if code == EPOCH_NANO:
                value //= 1000
            if value >= LAST_TIME // unit:
                return NO_TIME, 0, False
            epoch = value * unit
        if i < 0:
            return NO_TIME, 0, False
    if i != e:
        return NO_TIME, 0, False
    if epoch != NO_TIME:
        return epoch + part, 0, True
    if minute > 59 or second > 60:
        return NO_TIME, 0, False
    if half >= 0:
        hour = hour % 12 + 12 * (half == 1)
    of_day = (hour * 3600 + minute * 60 + min(second, 59)) * SECOND + part
    if of_year >= 0 and year >= 0:
        days = days_of(year, 1, 1)
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if of_year < 1 or of_year > 365 + leap:
            return NO_TIME, 0, False
        days = days if days == NO_TIME else days + of_year - 1
    elif year >= 0:
        days = days_of(year, month if month >= 0 else 1, day if day >= 0 else 1)
    else:
        days = yearless_days(month, day, of_day, cache)
    if days == NO_TIME:
        return NO_TIME, 0, False
    micros = days * 86400 * SECOND + of_day
    if zone == UNKNOWN_ZONE:
        return micros, 1, True
    return micros - zone * SECOND, 0, True


@helper
def parse_named_zone_time(base, s, e, cache):
    """Return (microseconds, zoneless, ok) of an ISO time with a zone's name behind it, as PostgreSQL writes it.

    A name that means several zones says nothing: the time is zoneless.
    """
    stop = e
    while stop > s and 65 <= load_byte(base, stop - 1) <= 90:
        stop -= 1
    if stop == e or stop <= s + 19 or load_byte(base, stop - 1) != 32:
        return NO_TIME, 0, False
    seconds, _ = zone_named(base, stop, e)
    micros, naive, ok = parse_any_time(base, s, stop - 1, cache)
    if ok and naive != 0 and seconds != UNKNOWN_ZONE:
        return micros - seconds * SECOND, 0, True
    return micros, naive, ok


@helper
def parse_usual_time(base, s, e, cache):
    """Return (microseconds, zoneless, ok) of a time as servers usually write it.

    ISO 8601 and its likes (`2000/10/10 13:55:36,123`, with a zone's name behind), common log times with a zone or
    without, syslog's `Oct 10 13:55:36` and epochs told by their magnitude.
    """
    if e - s > 2 and load_byte(base, s) == 91 and load_byte(base, e - 1) == 93:
        s += 1
        e -= 1
    if e - s >= 20 and load_byte(base, s + 2) == 47 and load_byte(base, s + 6) == 47:
        micros, naive, ok = parse_any_time(base, s, e, cache)
        if ok:
            return micros, naive, ok
        micros, ok = parse_local_time(base, s, e, cache)
        return micros, 1, ok
    if e - s >= 10 and load_byte(base, s + 4) == 45:
        micros, naive, ok = parse_any_time(base, s, e, cache)
        if ok:
            return micros, naive, ok
        return parse_named_zone_time(base, s, e, cache)
    if e - s >= 14 and load_byte(base, s + 3) == 32:
        micros, after = parse_bsd_time(base, s, e, cache)
        return micros, 1, after == e and micros != NO_TIME
    return parse_any_time(base, s, e, cache)
