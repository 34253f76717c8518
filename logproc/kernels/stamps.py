"""Times that lack a part, in int64 microseconds: the zone, as HAProxy writes them, or the year, as syslog does.

`base`, `s`, `e` and `cache` are as in `clock`.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.clock import NO_TIME, SECOND, days_of, fraction, minute_second, month_of, two_digits
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.months import month_name

LATEST_CELL, LATEST_YEAR_CELL, DATE_CELL, DAYS_CELL = 18, 19, 16, 17
"""Cells of the cache: the latest local time, in microseconds, that a time without a year may be, and its year.

Where the year is 0, nobody has said, and a time without a year is one of the year 2000, which has a February 29. The
other two cells are the month and day that came last, and the days since 1970 they meant.
"""

_LOCAL_CELL = 20  # and the two behind it: date and hour of the last local time, and its epoch


@helper
def parse_local_time(base, s, e, cache):
    """Return (microseconds, ok) of `10/Oct/2000:13:55:36`, with or without a fraction: those of that clock in UTC."""
    if e - s < 20 or load_byte(base, s + 2) != 47 or load_byte(base, s + 6) != 47 or load_byte(base, s + 11) != 58:
        return NO_TIME, False
    clock, head, tail = load_word(base, s + 12), load_word(base, s), load_word(base, s + 6)
    seconds = minute_second(clock)
    if seconds < 0 or (clock >> 16) & 255 != 58:
        return NO_TIME, False
    if head != load_word(cache, 8 * _LOCAL_CELL) or tail != load_word(cache, 8 * _LOCAL_CELL + 8) or head == 0:
        century, year, hour = two_digits(tail, 8), two_digits(tail, 24), two_digits(clock, 0)
        if century < 0 or year < 0 or hour < 0 or hour > 23:
            return NO_TIME, False
        days = days_of(century * 100 + year, month_of((head >> 24) & 0xFFFFFF), two_digits(head, 0))
        if days == NO_TIME:
            return NO_TIME, False
        store_word(cache, 8 * _LOCAL_CELL, head)
        store_word(cache, 8 * _LOCAL_CELL + 8, tail)
        store_word(cache, 8 * _LOCAL_CELL + 16, days * 86400 + hour * 3600)
    micros, after = fraction(base, s + 20, e)
    if micros < 0 or after != e:
        return NO_TIME, False
    return (load_word(cache, 8 * _LOCAL_CELL + 16) + seconds) * SECOND + micros, True


@helper
def yearless_days(month, day, of_day, cache):
    """Return the days since 1970 of the latest such date that `of_day` microseconds later is not after LATEST_CELL."""
    year, latest = load_word(cache, 8 * LATEST_YEAR_CELL), load_word(cache, 8 * LATEST_CELL)
    if year == 0:
        return days_of(2000, month, day)
    date = month * 32 + day
    near = False
    if date == load_word(cache, 8 * DATE_CELL):
        return load_word(cache, 8 * DAYS_CELL)
    for back in range(9):  # eight years lie between the leap years 1896 and 1904
        days = days_of(year - back, month, day)
        if days != NO_TIME and days * 86400 * SECOND + of_day <= latest:
            if (days + 1) * 86400 * SECOND <= latest and not near:
                store_word(cache, 8 * DATE_CELL, date)  # whatever the clock says, it is this year
                store_word(cache, 8 * DAYS_CELL, days)
            return days
        near = near or (days != NO_TIME and days * 86400 * SECOND <= latest)
    return NO_TIME


@helper
def parse_bsd_time(base, s, e, cache):
    """Return (microseconds, where it ends) of `Oct  1 22:14:15` at s, as syslog writes it, or journalctl `Mär 01 …`.

    The day has one or two digits, or a blank and one; a year may stand behind it, a fraction behind the seconds. The
    end is -1 where there is no such text, and microseconds NO_TIME where its date or clock does not exist.
    """
    if e - s < 14:
        return NO_TIME, -1
    month = month_of(load_word(base, s) & 0xFFFFFF) if load_byte(base, s + 3) == 32 else 0
    if month != 0:
        s += 3
    else:
        first = load_byte(base, s)
        if not (97 <= (first | 32) <= 122 or first >= 128):
            return NO_TIME, -1
        month, s = month_name(base, s, True)
        if month == 0 or load_byte(base, s) != 32:
            return NO_TIME, -1
    i = s + 2 if load_byte(base, s + 1) == 32 else s + 1
    day = load_byte(base, i) - 48
    if day < 0 or day > 9:
        return NO_TIME, -1
    i += 1
    if i == s + 2 and 48 <= load_byte(base, i) <= 57:
        day = day * 10 + load_byte(base, i) - 48
        i += 1
    if load_byte(base, i) != 32:
        return NO_TIME, -1
    i += 1
    year = -1
    if load_byte(base, i + 4) == 32:
        word = load_word(base, i)
        century, rest = two_digits(word, 0), two_digits(word, 16)
        if century < 0 or rest < 0:
            return NO_TIME, -1
        year = century * 100 + rest
        i += 5
    clock = load_word(base, i)
    if e - i < 8 or (clock >> 16) & 255 != 58 or (clock >> 40) & 255 != 58:
        return NO_TIME, -1
    hour, seconds = two_digits(clock, 0), minute_second(clock)
    part, after = fraction(base, i + 8, e)
    if part < 0:
        return NO_TIME, -1
    if hour < 0 or hour > 23 or seconds < 0:
        return NO_TIME, after
    of_day = (hour * 3600 + seconds) * SECOND + part
    days = days_of(year, month, day) if year >= 0 else yearless_days(month, day, of_day, cache)
    return (NO_TIME if days == NO_TIME else days * 86400 * SECOND + of_day), after
