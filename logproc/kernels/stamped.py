"""JSON and key=value behind a time, as `docker logs -t` puts it in front, rewritten in place as JSON and key=value.

`2024-01-02T03:04:05.6Z {"a":1}` becomes `{"~0":1704164645600,"a":1}`, with NULs in front, which is no longer, and
`2024-01-02T03:04:05.6Z web1 a=1` becomes `~0=1704164645600 host=web1 a=1`, with blanks behind the number; a level in
the place of the host becomes `level=`, another word in capitals `msg=`. A line may be read a second time: what stands
there is not rewritten again.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.clock import parse_iso_time
from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonscan import low_bytes, next_newline
from logproc.kernels.memory import load_byte, load_word, store_byte

CACHE_CELLS = 8
"""Cells (int64) of what `parse_iso_time` remembers."""

_LONGEST, _SHORTEST = 36, 20
_SECOND = 1000000
_FIRST = 10**15  # 2001, from when on the size of a number says what it counts; up to 2286
_KEY, _NAME = int.from_bytes(b'{"~0":', "little"), int.from_bytes(b"~0=", "little")
_HOST, _LEVEL, _MESSAGE = (int.from_bytes(text, "little") for text in (b" host=", b" level=", b" msg="))
_SMALL = 0x2020202020202020
_LEVELS = tuple(
    int.from_bytes(name.ljust(8, b" "), "little")
    for name in (b"trace", b"debug", b"info", b"notice", b"warn", b"warning", b"error", b"err", b"fatal", b"critical")
)


@helper
def _put_number(base, end, number):
    """Write the digits of a number in front of `end`; returns where they begin."""
    while True:
        end -= 1
        store_byte(base, end, 48 + number % 10)
        number //= 10
        if number == 0:
            return end


@helper
def _epoch(micros):
    """Return (number, digits) of a time as the seconds, milliseconds or microseconds since 1970 that are whole."""
    if micros % _SECOND == 0:
        return micros // _SECOND, 10
    return (micros // 1000, 13) if micros % 1000 == 0 else (micros, 16)


@helper
def _pair_at(base, i, end):
    """Return 1 where a pair stands at i, 2 where a host and then a pair do, else 0."""
    for words in range(1, 3):
        first, is_host = i, True
        while i < end and load_byte(base, i) > 32 and load_byte(base, i) != 61:
            byte = load_byte(base, i)
            if byte == 34:
                return 0
            is_host = is_host and byte != 58 and byte != 91  # `app[web.1]:` is a program
            i += 1
        if i == first or i >= end:
            return 0
        if load_byte(base, i) == 61:
            return words
        if not is_host:
            return 0
        i += 1
    return 0


@helper
def _label(base, i):
    """Return (text, bytes) of the key of the word at i: a level, an event in capitals, or the host."""
    end = i
    capitals = True
    while load_byte(base, end) > 32:
        byte = load_byte(base, end)
        capitals = capitals and (65 <= byte <= 90 or byte == 95)
        end += 1
    if end - i <= 8:
        word = (load_word(base, i) | _SMALL) & low_bytes(end - i) | _SMALL
        for name in _LEVELS:
            if word == name:
                return _LEVEL, 7
    return (_MESSAGE, 5) if capitals else (_HOST, 6)


@helper
def _is_filled(base, i, end):
    """Tell whether an object that has a key begins at i."""
    if load_byte(base, i) != 123:
        return False
    i += 1
    while i < end and load_byte(base, i) <= 32:
        i += 1
    return i < end and load_byte(base, i) == 34


@kernel("i8, i8, i8, i8, i8[] -> none")
def rewrite_stamped(base, begin, end, pairs, cache):
    """Rewrite whole lines [begin, end) of the buffer at `base`, pairs or objects; what is neither stays as it is."""
    line = begin
    while line < end:
        newline = next_newline(base, line)
        s = line
        blank = s
        limit = min(newline, s + _LONGEST)
        while blank < limit and load_byte(base, blank) != 32:
            blank += 1
        if blank - s >= _SHORTEST and blank < limit and load_byte(base, s + 10) == 84 and load_byte(base, s + 4) == 45:
            micros, naive, good = parse_iso_time(base, s, blank, cache.ctypes.data)
            words = _pair_at(base, blank + 1, newline) if pairs != 0 else 0
            number, digits = _epoch(micros)
            if good and naive == 0 and _FIRST <= micros < 10 * _FIRST:
                if words > 0:
                    for k in range(3):
                        store_byte(base, s + k, (_NAME >> (8 * k)) & 255)
                    _put_number(base, s + 3 + digits, number)
                    for k in range(s + 3 + digits, blank):
                        store_byte(base, k, 32)
                    if words == 2:
                        label, length = _label(base, blank + 1)
                        for k in range(length):
                            store_byte(base, blank + 1 - length + k, (label >> (8 * k)) & 255)
                elif pairs == 0 and _is_filled(base, blank + 1, newline):
                    store_byte(base, blank + 1, 44)
                    at = _put_number(base, blank + 1, number) - 6
                    for k in range(6):
                        store_byte(base, at + k, (_KEY >> (8 * k)) & 255)
                    for k in range(s, at):
                        store_byte(base, k, 0)
        line = newline + 1
