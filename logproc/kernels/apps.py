"""What application logs have in front of their message: levels, threads in brackets, loggers.

Helpers of `openings`: each reads a field that knows by itself where it ends.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import ends_here
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word
from logproc.kernels.numerals import parse_decimal
from logproc.kernels.simd import NEWLINE, below_mask64, eq_mask64, load_u64, trailing_zeros

_BLANK, _OPENING, _CLOSING = np.uint8(32), np.uint8(91), np.uint8(93)

_WORDS = (
    *("info", "warn", "error", "debug", "trace", "warning", "fatal", "severe", "fine", "finer", "finest", "config"),
    *("notice", "note", "critical", "crit", "err", "emerg", "emergency", "alert", "panic", "verbose", "system", "log"),
    *("inf", "wrn", "dbg", "trc", "ftl", "vrb", "information", "informational", "audit", "success", "failure", "fail"),
    *("debug1", "debug2", "debug3", "debug4", "debug5", "d1", "d2", "d3", "d4", "d5", "statement", "detail", "hint"),
    *("query", "context", "location", "unknown", "any", "off", "all", "i", "w", "e", "d", "t", "f", "v", "c", "a", "n"),
    *("erro", "fata", "pani", "debu", "dbug", "trac", "trce", "noti", "aler", "emer"),
    *("trace1", "trace2", "trace3", "trace4", "trace5", "trace6", "trace7", "trace8"),
    # java.util.logging in German, French, Spanish and Italian
    *("schwerwiegend", "warnung", "grave", "avertissement", "infos", "advertencia", "avvertenza", "informazioni"),
)
LEVEL_WORDS = tuple(word.encode() for word in _WORDS)
"""What loggers call a level, in lower case; each has one name in `model.LEVELS` or keeps its own."""

DURATION_WORD, _DURATION_END = int.from_bytes(b"duration", "little"), int.from_bytes(b"ration: ", "little")

_HEADS = np.array([int.from_bytes(word[:8].ljust(8, b"\0"), "little") for word in LEVEL_WORDS], np.int64)
_LENGTHS = np.array([len(word) for word in LEVEL_WORDS], np.int64)
_MULTIPLIER, _SHIFT, _PLACES = 0x7BEC1883046823, 55, 511
"""By these each of the words has a place of its own; with another word, another multiplier must be looked for."""


def place_of_word(head: int, length: int) -> int:
    """Return the place of a word by its first eight bytes and its length."""
    return ((head ^ length) * _MULTIPLIER & 0xFFFFFFFFFFFFFFFF) >> _SHIFT


def _eight(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * 8))


_LOW, _HIGH, _BLANKS, _UNDERSCORES = _eight(127), _eight(128), _eight(32), _eight(95)
_TWO = np.uint64(2)  # places from the eighth bit to that of small letters
_FROM_A, _BEHIND_Z, _FROM_0, _BEHIND_9, _FROM_CAPITAL = map(_eight, (128 - 97, 128 - 123, 128 - 48, 128 - 58, 128 - 65))
"""Added to a byte of seven bits, each sets the eighth from a character on, or from the one behind it on."""

_WORD_AT = np.zeros(_PLACES + 1, np.uint8)
for _n in range(len(LEVEL_WORDS)):
    _WORD_AT[place_of_word(int(_HEADS[_n]), int(_LENGTHS[_n]))] = _n


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
    """Return where the name of a level at s ends, a whole word or a sign of Redis before a blank; -1 if none is."""
    # Eight bytes at once: lengths of levels differ from line to line, and a step a byte would be guessed wrongly.
    # Without a sign: the compiler takes sums of two positive numbers for positive ones.
    text = load_u64(base, s)
    low = text & _LOW
    letters = ((low | _BLANKS) + _FROM_A) & ~((low | _BLANKS) + _BEHIND_Z)
    digits = (low + _FROM_0) & ~(low + _BEHIND_9)
    others = ~(letters | digits | ~((low ^ _UNDERSCORES) + _LOW)) & _HIGH | text & _HIGH
    word = np.int64(text | (((low + _FROM_CAPITAL) & _HIGH) >> _TWO))
    if others != 0:
        length = np.int64(trailing_zeros(others)) >> 3
        if length == 0:
            byte = load_byte(base, s)
            is_sign = (byte == 46 or byte == 45 or byte == 42 or byte == 35) and load_byte(base, s + 1) == 32
            return s + 1 if is_sign else -1
        i = s + length
        word &= (1 << (8 * length)) - 1
    else:
        i = s + 8
        while is_word(load_byte(base, i)):
            i += 1
    k = _WORD_AT[((word ^ (i - s)) * _MULTIPLIER >> _SHIFT) & _PLACES]
    return i if _HEADS[k] == word and _LENGTHS[k] == i - s else -1


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
def _first_of(base, i, byte):
    """Return the first position from i on of `byte`, a blank or another byte below 33."""
    while True:
        mask = below_mask64(base, i, _BLANK + np.uint8(1)) | eq_mask64(base, i, byte)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def word_at(base, s, word, mask):
    """Return where the text without blanks at s ends: before the terminator, or a blank; -1 if it is empty."""
    if word & np.uint64(255) == _BLANK:
        i = blank_at(base, s)
    else:
        if mask == 0:
            return -1
        i = _first_of(base, s, np.uint8(word & np.uint64(255)))
        while load_byte(base, i) > 32 and np.uint64(load_word(base, i)) & mask != word:
            i = _first_of(base, i + 1, np.uint8(word & np.uint64(255)))
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
    if load_word(base, s) != DURATION_WORD or load_word(base, s + 2) != _DURATION_END:
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
