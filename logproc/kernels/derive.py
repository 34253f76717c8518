"""Fields that follow from others: path and query of a target, the parts of a request line, a time from date and clock.

Passes over rows whose slices some tokenizer has found, for lines that name their fields themselves. `starts`, `ends`
and `styles` are those of `LineArrays`; columns are numbers, -1 where nobody wants one; rows are [begin, upto).
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.clock import (
    NO_TIME,
    SECOND,
    days_of,
    iso_days,
    iso_zone,
    minute_second,
    parse_any_time,
    two_digits,
)
from logproc.kernels.fields import find_byte, request_parts
from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonlines import ESCAPED, MISSING, NESTED, NUMBER, PLAIN
from logproc.kernels.memory import load_byte, load_word, store_byte
from logproc.kernels.numerals import INVALID, parse_decimal, scan_number, whole_number

QUESTION, LETTER_E = np.uint8(63), np.uint8(101)


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8, i8 -> none")
def split_targets(base, starts, ends, styles, begin, upto, target, path, query):
    """Give rows without a path that of their target, up to its question mark, and the query behind it."""
    for row in range(begin, upto):
        s, e = np.int64(starts[target, row]), np.int64(ends[target, row])
        if s < 0 or styles[target, row] > ESCAPED:
            continue
        mark = find_byte(base, s, e, QUESTION)
        if path >= 0 and starts[path, row] < 0:
            starts[path, row] = s
            ends[path, row] = mark
            styles[path, row] = styles[target, row]
        if query >= 0 and starts[query, row] < 0 and mark < e:
            starts[query, row] = mark + 1
            ends[query, row] = e
            styles[query, row] = styles[target, row]


@helper
def _fill(starts, ends, styles, column, row, s, e, style):
    if column >= 0 and starts[column, row] < 0:
        starts[column, row] = s
        ends[column, row] = e
        styles[column, row] = style


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8, i8, i8 -> none")
def split_requests(base, starts, ends, styles, begin, upto, request, method, target, protocol):
    """Give rows what they lack of the parts of their request line; what is no such line is a target."""
    for row in range(begin, upto):
        s, e = np.int64(starts[request, row]), np.int64(ends[request, row])
        style = styles[request, row]
        if s < 0 or style > ESCAPED:
            continue
        m, p = request_parts(base, s, e)
        if m < 0:
            _fill(starts, ends, styles, target, row, s, e, style)
            continue
        _fill(starts, ends, styles, method, row, s, m, style)
        _fill(starts, ends, styles, target, row, m + 1, p - 1, style)
        _fill(starts, ends, styles, protocol, row, p, e, style)


@helper
def _days(base, s, e):
    """Return the days since 1970 of 2000-10-10 or 2000/10/10, or NO_TIME."""
    if e - s != 10:
        return NO_TIME
    if load_byte(base, s + 4) == 47 and load_byte(base, s + 7) == 47:
        head, tail = load_word(base, s), load_word(base, s + 8)
        century, year = two_digits(head, 0), two_digits(head, 16)
        return (
            NO_TIME
            if century < 0 or year < 0
            else days_of(century * 100 + year, two_digits(head, 40), two_digits(tail, 0))
        )
    return iso_days(base, s)


@helper
def _clock_micros(base, s, e):
    """Return the microseconds since midnight of 13:55:36 or 13:55:36.123456, or -1."""
    if e - s < 8:
        return -1
    word = load_word(base, s)
    hour, seconds = two_digits(word, 0), minute_second(word)
    if hour < 0 or hour > 23 or seconds < 0 or load_byte(base, s + 2) != 58:
        return -1
    micros = (hour * 3600 + seconds) * SECOND
    if e == s + 8:
        return micros
    if (load_byte(base, s + 8) != 46 and load_byte(base, s + 8) != 44) or e - s > 18 or e - s < 10:
        return -1
    unit = SECOND
    for i in range(s + 9, e):
        if not 48 <= load_byte(base, i) <= 57:
            return -1
        unit //= 10
        micros += (load_byte(base, i) - 48) * unit
    return micros


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8, i8, i8[], u1[], i8[] -> i8")
def join_dates(base, starts, ends, styles, begin, upto, time, date, default_day, times, zoneless, cache):
    """Give rows without a time that of their date and clock, or of their date alone; return how many are zoneless.

    `default_day` (days since 1970, or NO_TIME) is that of rows without a date.
    """
    address = cache.ctypes.data
    n_zoneless = 0
    known, known_end, known_days = np.int64(0), np.int64(0), np.int64(NO_TIME)  # the date of the row before
    for row in range(begin, upto):
        if times[row] != NO_TIME:
            continue
        s, e = np.int64(starts[date, row]), np.int64(ends[date, row])
        days = np.int64(default_day)
        if s >= 0 and styles[date, row] == PLAIN:
            if e != s + 10 or load_word(base, s) != known or load_word(base, s + 2) != known_end:
                known, known_end, known_days = load_word(base, s), load_word(base, s + 2), _days(base, s, e)
            days = known_days
        clock, clock_end = np.int64(starts[time, row]), np.int64(ends[time, row])
        micros = np.int64(0)
        if clock >= 0:
            micros = _clock_micros(base, clock, clock_end) if styles[time, row] == PLAIN else np.int64(-1)
        if days != NO_TIME and micros >= 0 and (clock >= 0 or s >= 0):
            times[row] = days * 86400 * SECOND + micros
            zoneless[row] = 1
            n_zoneless += 1
        elif clock < 0 and s >= 0 and (styles[date, row] == PLAIN or styles[date, row] == NUMBER):
            whole, naive, good = parse_any_time(base, s, e, address)
            if good:
                times[row] = whole
                zoneless[row] = naive
                n_zoneless += naive
    return n_zoneless


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8[], u1[] -> i8")
def shift_times(base, starts, ends, styles, begin, upto, zone, times, zoneless):
    """Make instants of zoneless times whose rows have their distance from UTC, +0200, in column `zone`.

    Return how many are left zoneless.
    """
    left = 0
    for row in range(begin, upto):
        if zoneless[row] == 0:
            continue
        s, e = np.int64(starts[zone, row]), np.int64(ends[zone, row])
        seconds = np.int64(NO_TIME)
        if s >= 0 and styles[zone, row] == PLAIN:
            seconds = np.int64(iso_zone(base, s, e))
        if seconds == NO_TIME:
            left += 1
        else:
            times[row] -= seconds * SECOND
            zoneless[row] = 0
    return left


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8 -> none")
def unwrap_arrays(base, starts, ends, styles, begin, upto, column):
    """Read a JSON array of one text as that text, an empty one as none."""
    for row in range(begin, upto):
        s, e = np.int64(starts[column, row]), np.int64(ends[column, row])
        if s < 0 or styles[column, row] != NESTED or load_byte(base, s) != 91:
            continue
        if e == s + 2:
            starts[column, row] = -1
            styles[column, row] = MISSING
            continue
        if load_byte(base, s + 1) != 34 or load_byte(base, e - 2) != 34:
            continue
        s, e = s + 2, e - 2
        i = s
        escaped = False
        while i < e and load_byte(base, i) != 34:
            if load_byte(base, i) == 92:
                escaped = True
                i += 1
            i += 1
        if i == e:
            starts[column, row] = s
            ends[column, row] = e
            styles[column, row] = ESCAPED if escaped else PLAIN


@helper
def _join_units(base, s, e):
    """Write [s, e), `1h2m3.5s` or `2m3.5s`, as seconds with zeros in front: `03723.5s`, which fits.

    Nothing happens to other texts. A line may be read a second time, so what stands there must mean the same again.
    """
    total, value, digits = np.int64(0), np.int64(0), 0
    unit = 0
    i = s
    while i < e - 1 and load_byte(base, i) != 46:
        byte = load_byte(base, i)
        if 48 <= byte <= 57 and digits < 9:
            value = value * 10 + byte - 48
            digits += 1
        elif digits > 0 and ((byte == 104 and unit == 0) or (byte == 109 and unit < 2)):
            total += value * (3600 if byte == 104 else 60)
            unit = 1 if byte == 104 else 2
            value, digits = np.int64(0), 0
        else:
            return
        i += 1
    if unit != 2 or digits == 0 or value > 59:
        return
    for k in range(i, e - 1):
        if not 48 <= load_byte(base, k) <= 57 and (k > i or load_byte(base, k) != 46):
            return
    total += value
    while i > s:
        i -= 1
        store_byte(base, i, 48 + total % 10)
        total //= 10


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8, i8 -> none")
def keep_texts(base, starts, ends, styles, begin, upto, number, text, whole):
    """Give rows that lack a text what stands in the column of a number and is none, or not whole where it must be."""
    for row in range(begin, upto):
        s, e = np.int64(starts[number, row]), np.int64(ends[number, row])
        if s < 0 or s == e or starts[text, row] >= 0:
            continue
        _value, verdict = parse_decimal(base, s, e)
        good = verdict != INVALID
        if good and whole != 0:
            mantissa, exponent, _negative, cut, _ok = scan_number(base, s, e)
            _integer, good = whole_number(mantissa, exponent)
            good = good and not cut
        if not good:
            _fill(starts, ends, styles, text, row, s, e, styles[number, row])


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8 -> none")
def read_durations(base, starts, ends, styles, begin, upto, column):
    """Make numbers of seconds of durations with units, as Go writes them: 1h2m3.5s, 1.5s, 20ms, 3us, 7ns.

    The unit becomes an exponent where it stands; one that is shorter takes the byte behind the value, a quote or blank.
    """
    for row in range(begin, upto):
        s, e = np.int64(starts[column, row]), np.int64(ends[column, row])
        if s < 0 or styles[column, row] != PLAIN or e < s + 2 or load_byte(base, e - 1) != 115:
            continue
        unit = load_byte(base, e - 2)
        exponent = 0
        if unit == 109:
            exponent = 51
        elif unit == 117 or unit == 181 or unit == 188:
            exponent = 54
        elif unit == 110:
            exponent = 57
        number_end = e - 1 if exponent == 0 else e - 2
        if exponent == 54 and unit != 117:
            number_end -= 1  # the micro sign has two bytes
        if exponent == 0:
            _join_units(base, s, e)
        _value, verdict = parse_decimal(base, s, number_end)
        if verdict == 0:
            continue
        if exponent == 0:
            ends[column, row] = number_end
        elif find_byte(base, s, number_end, LETTER_E) == number_end:
            store_byte(base, number_end, 101)
            store_byte(base, number_end + 1, 45)
            store_byte(base, number_end + 2, exponent)
            ends[column, row] = number_end + 3
