"""What the text of a time means, in int64 microseconds since 1970 UTC: common log times, ISO 8601, epochs.

`base` is the address of a buffer in which 32 bytes past any slice may be read, `s` and `e` the slice [s, e). `cache`
is the address of SCRATCH_SIZE int64, zeros at first, in which the date and hour of the last time are remembered.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, inlined
from logproc.kernels.memory import load_byte, load_word, store_byte, store_word
from logproc.kernels.numerals import POWERS, eight_digits, scan_number, whole_number
from logproc.kernels.simd import load_u64

NO_TIME = -(2**63)
"""The time of a value that has none; the same as `model.NO_TIME`."""

SCRATCH_SIZE = 52
"""Length of the int64 array whose address is `cache`; cells from 24 on are those of `heads`.

It must belong to the caller of the kernel: numba frees a local array after its last use by name, not by address.
"""

SHORT_AT, SHORT = 64, 64
"""Where in the cache `unescape_short` writes, in bytes, and how many bytes at most."""

SECOND = 1_000_000
LAST_TIME = 253_402_300_800_000_000  # 10000-01-01: later instants have no RFC 3339 text
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = np.array([int.from_bytes(name.encode(), "little") for name in _MONTH_NAMES], np.int64)
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


@helper
def two_digits(word, shift):
    """Return the number of the two digits at bit `shift` of a little-endian word, a negative one if not digits."""
    tens = ((word >> shift) & 255) - 48
    ones = ((word >> (shift + 8)) & 255) - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return -1
    return tens * 10 + ones


@inlined
def minute_second(word):
    """Return the seconds since the full hour of a word `hh:mm:ss`, or -1; second 60 (a leap second) counts as 59."""
    digits = ((word >> 24) & 0xFFFFFFFFFF) ^ 0x30303A3030
    if (digits | (digits + 0x0606000606)) & 0xF0F0FFF0F0 != 0:
        return -1
    minute = (digits & 15) * 10 + ((digits >> 8) & 15)
    second = ((digits >> 24) & 15) * 10 + (digits >> 32)
    return -1 if minute > 59 or second > 60 else minute * 60 + min(second, 59)


@helper
def days_of(year, month, day):
    """Return the days since 1970-01-01 of a Gregorian date, or NO_TIME if there is no such date in 0001 to 9999."""
    if year < 1 or year > 9999 or month < 1 or month > 12 or day < 1:
        return NO_TIME
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _MONTH_DAYS[month - 1] + (month == 2 and leap):
        return NO_TIME
    # Days from civil: years begin in March, so that the leap day is the last one.
    # https://howardhinnant.github.io/date_algorithms.html
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719468


@helper
def zone_seconds(sign, hours, minutes):
    """Return the seconds east of UTC of a zone, or NO_TIME if there is no such zone; `sign` is the sign's byte."""
    if (sign != 43 and sign != 45) or hours < 0 or hours > 15 or minutes < 0 or minutes > 59:
        return NO_TIME
    seconds = hours * 3600 + minutes * 60
    return -seconds if sign == 45 else seconds


@helper
def clf_hour(base, s):
    """Return the epoch seconds of the hour of a common log time at s, zone applied, or NO_TIME."""
    head = load_word(base, s)
    middle = load_word(base, s + 7)
    tail = load_word(base, s + 18)
    if (head >> 16) & 255 != 47 or (head >> 48) & 255 != 47 or (middle >> 32) & 255 != 58 or (tail >> 16) & 255 != 32:
        return NO_TIME
    if (middle >> 56) & 255 != 58:
        return NO_TIME
    name = (head >> 24) & 0xFFFFFF
    month = 0
    for m in range(12):
        if _MONTHS[m] == name:
            month = m + 1
    century, year, hour = two_digits(middle, 0), two_digits(middle, 16), two_digits(middle, 40)
    zone = zone_seconds((tail >> 24) & 255, two_digits(tail, 32), two_digits(tail, 48))
    if century < 0 or year < 0 or hour < 0 or hour > 23 or zone == NO_TIME:
        return NO_TIME
    days = days_of(century * 100 + year, month, two_digits(head, 0))
    return NO_TIME if days == NO_TIME else days * 86400 + hour * 3600 - zone


@inlined
def parse_clf_time(base, s, e, cache):
    """Return (microseconds, True) of `10/Oct/2000:13:55:36 -0700`, or (NO_TIME, False).

    `cache` remembers the bytes of the last date, hour and zone and their epoch: lines come in order, so an hour is
    computed once and its lines read only minute and second.
    """
    if e - s != 26:
        return NO_TIME, False
    date = load_word(base, s)
    hour = load_word(base, s + 8) & 0xFFFFFFFFFFFFFF
    zone = load_word(base, s + 18) >> 16
    if date != load_word(cache, 0) or hour != load_word(cache, 8) or zone != load_word(cache, 16) or date == 0:
        epoch = clf_hour(base, s)
        if epoch == NO_TIME:
            return NO_TIME, False
        store_word(cache, 0, date)
        store_word(cache, 8, hour)
        store_word(cache, 16, zone)
        store_word(cache, 24, epoch)
    seconds = minute_second(load_word(base, s + 12))
    if seconds < 0:
        return NO_TIME, False
    return (load_word(cache, 24) + seconds) * SECOND, True


@helper
def iso_days(base, s):
    """Return the days since 1970 of the date `2000-10-10` at s, or NO_TIME."""
    head = load_word(base, s)
    tail = load_word(base, s + 8)
    century, year = two_digits(head, 0), two_digits(head, 16)
    if century < 0 or year < 0 or (head >> 32) & 255 != 45 or (head >> 56) & 255 != 45:
        return NO_TIME
    return days_of(century * 100 + year, two_digits(head, 40), two_digits(tail, 0))


@helper
def iso_zone(base, s, e):
    """Return the seconds east of UTC that [s, e) means: Z, UTC, GMT, +hh:mm, +hhmm or +hh; or NO_TIME."""
    length = e - s
    if length == 1 and (load_byte(base, s) == 90 or load_byte(base, s) == 122):
        return 0
    word = load_word(base, s)
    if length == 3 and (word & 0xFFFFFF == 0x435455 or word & 0xFFFFFF == 0x544D47):
        return 0
    if length == 3:
        return zone_seconds(load_byte(base, s), two_digits(word, 8), 0)
    if length == 5:
        return zone_seconds(load_byte(base, s), two_digits(word, 8), two_digits(word, 24))
    if length == 6 and load_byte(base, s + 3) == 58:
        return zone_seconds(load_byte(base, s), two_digits(word, 8), two_digits(word, 32))
    return NO_TIME


@helper
def parse_iso_time(base, s, e, cache):
    """Return (microseconds, zoneless, ok) of `2000-10-10T13:55:36.123456+02:00`; (NO_TIME, 0, False) if it is none.

    Between date and time stands T, t or a blank; the fraction has 1 to 9 digits behind a point or a comma, cut to
    microseconds; the zone is Z, z, UTC, GMT, +hh:mm, +hhmm or +hh, a blank may stand before it. `zoneless` is 1
    where no zone stands: the microseconds are then those of the same clock in UTC. A date alone is its midnight.
    """
    length = e - s
    if length < 19:
        if length != 10:
            return NO_TIME, 0, False
        days = iso_days(base, s)
        return (NO_TIME, 0, False) if days == NO_TIME else (days * 86400 * SECOND, 1, True)
    date = load_word(base, s)
    hour = load_word(base, s + 8) & 0xFFFFFFFFFFFF
    clock = load_word(base, s + 11)
    if date != load_word(cache, 32) or hour != load_word(cache, 40) or date == 0:
        days = iso_days(base, s)
        hours = two_digits(clock, 0)
        if days == NO_TIME or hours < 0 or hours > 23 or load_byte(base, s + 13) != 58:
            return NO_TIME, 0, False
        if load_byte(base, s + 10) != 84 and load_byte(base, s + 10) != 32 and load_byte(base, s + 10) != 116:
            return NO_TIME, 0, False
        store_word(cache, 32, date)
        store_word(cache, 40, hour)
        store_word(cache, 48, days * 86400 + hours * 3600)
    seconds = minute_second(clock)
    if seconds < 0:
        return NO_TIME, 0, False
    micros = (load_word(cache, 48) + seconds) * SECOND
    i = s + 19
    if i < e and (load_byte(base, i) == 46 or load_byte(base, i) == 44):
        i += 1
        first = i
        unit = SECOND
        while i < e and 48 <= load_byte(base, i) <= 57:
            unit //= 10
            micros += (load_byte(base, i) - 48) * unit
            i += 1
        if i == first or i - first > 9:
            return NO_TIME, 0, False
    if i == e:
        return micros, 1, True
    if load_byte(base, i) == 32:
        i += 1
    zone = iso_zone(base, i, e)
    return (NO_TIME, 0, False) if zone == NO_TIME else (micros - zone * SECOND, 0, True)


@inlined
def remembered_iso_time(base, s, e, cache):
    """Do what `parse_iso_time` does for most: a Z or an offset with a colon, the last one's date and hour.

    Returns microseconds, or NO_TIME for any other text. Docker and containerd write nine digits of a second.
    """
    date, hour = load_word(base, s), load_word(base, s + 8) & 0xFFFFFFFFFFFF
    seconds = minute_second(load_word(base, s + 11))
    if date != load_word(cache, 32) or hour != load_word(cache, 40) or date == 0 or seconds < 0 or e - s < 20:
        return NO_TIME
    micros, stop = (load_word(cache, 48) + seconds) * SECOND, e - 1
    if load_byte(base, stop) != 90:
        stop = e - 6
        zone = iso_zone(base, stop, e)
        if stop < s + 19 or zone == NO_TIME:
            return NO_TIME
        micros -= zone * SECOND
    digits = stop - s - 20
    if digits == -1:
        return micros
    point = load_byte(base, s + 19)
    if (point != 46 and point != 44) or digits < 1 or digits > 9:
        return NO_TIME
    part = eight_digits(load_u64(base, s + 20), min(digits, 6))
    for i in range(s + 26, stop):  # finer than microseconds: cut
        if not 48 <= load_byte(base, i) <= 57:
            return NO_TIME
    return micros + part * POWERS[6 - min(digits, 6)] if part >= 0 else NO_TIME


@helper
def fraction(base, i, e):
    """Return (microseconds, where it ends) of a fraction at i, a point or comma and 1 to 9 digits; (0, i) if none.

    Where a point is followed by no digit or by too many, microseconds are -1.
    """
    if i >= e or (load_byte(base, i) != 46 and load_byte(base, i) != 44):
        return 0, i
    first = i + 1
    micros = 0
    unit = SECOND
    i = first
    while i < e and 48 <= load_byte(base, i) <= 57:
        unit //= 10
        micros += (load_byte(base, i) - 48) * unit
        i += 1
    return (micros if 1 <= i - first <= 9 else -1), i


@helper
def month_of(name):
    """Return the number of the month whose name the low three bytes are, 0 if there is none."""
    month = 0
    for m in range(12):
        if _MONTHS[m] == name:
            month = m + 1
    return month


@helper
def parse_epoch(base, s, e, unit):
    """Return (microseconds, ok) of a number of seconds since 1970; (NO_TIME, False) if negative or past 9999.

    `unit` is how many make a second: 1, 1000, 10**6 or 10**9; 0 takes seconds below 1e11, milliseconds below 1e14,
    microseconds below 1e17, else nanoseconds. The arithmetic is that of integers; what is finer than 1 us is cut.
    """
    mantissa, exponent, negative, _cut, ok = scan_number(base, s, e)
    if not ok or negative or load_byte(base, s) == 43:
        return NO_TIME, False
    if mantissa == 0:
        return 0, True
    if unit == 0:
        digits = exponent  # how many digits stand before the decimal point
        rest = mantissa
        while rest > 0:
            rest //= 10
            digits += 1
        unit = 1 if digits <= 11 else (1000 if digits <= 14 else (1_000_000 if digits <= 17 else 1_000_000_000))
    if unit == 1:
        exponent += 6
    elif unit == 1000:
        exponent += 3
    elif unit == 1_000_000_000:
        exponent -= 3
    if exponent < 0:
        micros = 0 if exponent < -18 else mantissa // POWERS[-exponent]
    else:
        micros, ok = whole_number(mantissa, exponent)
    return (micros, True) if ok and micros < LAST_TIME else (NO_TIME, False)


@helper
def parse_any_time(base, s, e, cache):
    """Return (microseconds, zoneless, ok) of an ISO or common log time, or of an epoch told by its magnitude.

    Brackets around it are left out: LTSV has them.
    """
    if load_byte(base, s) == 91 and load_byte(base, e - 1) == 93:
        s += 1
        e -= 1
    if e - s == 26 and load_byte(base, s + 2) == 47:
        micros, ok = parse_clf_time(base, s, e, cache)
        return micros, 0, ok
    if e - s >= 10 and load_byte(base, s + 4) == 45:
        return parse_iso_time(base, s, e, cache)
    micros, ok = parse_epoch(base, s, e, 0)
    return micros, 0, ok


@helper
def _hex_digit(byte):
    if 48 <= byte <= 57:
        return np.int64(byte) - 48
    lower = np.int64(byte) | 32
    return lower - 87 if 97 <= lower <= 102 else -1


@helper
def unescape_short(base, s, e, cache):
    r"""Write the text of a JSON string with escapes into the scratch array; return its length, 0 if no short ASCII.

    PHP writes `10\/Oct\/2000`, .NET writes `\u002B02:00`: both are times.
    """
    i = s
    length = 0
    while i < e:
        byte = load_byte(base, i)
        i += 1
        if byte == 92:
            byte = load_byte(base, i)
            i += 1
            if byte == 117:
                byte = 0
                for _ in range(4):
                    byte = byte * 16 + _hex_digit(load_byte(base, i))
                    i += 1
            elif byte != 47:
                return 0
        if byte < 32 or byte > 126 or length == SHORT:
            return 0
        store_byte(cache, SHORT_AT + length, byte)
        length += 1
    return length
