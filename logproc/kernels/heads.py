"""What stands in front of a syslog message, and other fields that know by themselves where they end.

`syslog_head` reads the many dialects of RFC 3164: with a priority or without; times of BSD or ISO 8601; no host; a tag
with a process number, without one, with a blank in it as on macOS, or none. Positions go to the scratch array, since
the caller has as many columns as there are fields. https://www.rfc-editor.org/rfc/rfc3164
"""

from __future__ import annotations

from logproc.kernels.clock import NO_TIME, parse_iso_time
from logproc.kernels.fields import BLANK
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word, store_word
from logproc.kernels.simd import NEWLINE, find_or_newline
from logproc.kernels.stamps import parse_bsd_time

PRIORITY_AT, PRIORITY_END, HOST_AT, HOST_END, PROGRAM_AT, PROGRAM_END, PID_AT, PID_END, HEAD_TIME, HEAD_ZONELESS = (
    range(24, 34)
)
"""Cells of the scratch array in which `syslog_head` leaves what it found; -1 where there is none."""

MORE_WORDS = 3
"""Words behind the first one that may belong to a tag with blanks, "Google Chrome Helper[85294]:"."""

PID_DIGITS = 18
"""Most digits of a process number."""

_LAST_MESSAGE = int.from_bytes(b"last mes", "little")
_REPEATED = int.from_bytes(b"message ", "little")
_REPEATED_TOO = int.from_bytes(b"repeated", "little")
_MARK = int.from_bytes(b"-- MARK ", "little")
_DASHES = int.from_bytes(b"--- ", "little")


@helper
def priority_end(base, s):
    """Return where the digits of a priority at s end: 0 to 191 without leading zeros; -1 if there is none."""
    i = s
    value = 0
    while i < s + 4 and 48 <= load_byte(base, i) <= 57:
        value = value * 10 + load_byte(base, i) - 48
        i += 1
    if i == s or value > 191 or (i > s + 1 and load_byte(base, s) == 48):
        return -1
    return i


@helper
def elements_end(base, s):
    """Return where structured data at s ends, a lone dash or [...] as often as it is repeated; -1 if there is none.

    Brackets between quotes are text, as is what stands behind a backslash there. A blank or the line's end must follow.
    """
    i = s
    byte = load_byte(base, i)
    if byte == 45:
        i += 1
    elif byte == 91:
        quoted = False
        while True:
            i += 1
            byte = load_byte(base, i)
            if byte == 10:
                return -1
            if byte == 34:
                quoted = not quoted
            elif quoted and byte == 92:
                if load_byte(base, i + 1) != 10:
                    i += 1
            elif byte == 93 and not quoted:
                i += 1
                if load_byte(base, i) != 91:
                    break
    else:
        return -1
    byte = load_byte(base, i)
    if byte == 32 or byte == 10 or (byte == 13 and load_byte(base, i + 1) == 10):
        return i
    return -1


@helper
def word_end(base, s, e):
    """Return where the word at s ends, at a blank or at e."""
    return min(e, find_or_newline(base, s, BLANK))


@helper
def pid_start(base, s, e):
    """Return where the digits of `name[digits]`, the bytes [s, e), begin; -1 if it is none."""
    if e - s < 4 or load_byte(base, e - 1) != 93:
        return -1
    i = e - 1
    while i > s and 48 <= load_byte(base, i - 1) <= 57:
        i -= 1
    if i == e - 1 or e - 1 - i > PID_DIGITS or i - 1 <= s or load_byte(base, i - 1) != 91:
        return -1
    return i


@helper
def is_name(base, s, e):
    """Tell whether [s, e) consists of what programs are called: letters, digits and ./_+@,- ."""
    for i in range(s, e):
        byte = load_byte(base, i)
        letter = 97 <= (byte | 32) <= 122
        if not letter and not (43 <= byte <= 57) and byte != 95 and byte != 64:
            return False
    return e > s


@helper
def _program(cache, s, e, digits):
    """Leave a program [s, e), written with its process number if `digits` is where that begins."""
    if digits >= 0:
        store_word(cache, 8 * PID_AT, digits)
        store_word(cache, 8 * PID_END, e - 1)
        e = digits - 1
    store_word(cache, 8 * PROGRAM_AT, s)
    store_word(cache, 8 * PROGRAM_END, e)


@helper
def _behind(base, i, e):
    """Return where the text behind position i begins: one blank does not count."""
    return i + 1 if i < e and load_byte(base, i) == 32 else i


@helper
def is_document(base, s):
    """Tell whether JSON or a quoted text begins at s, which is no host and no tag."""
    return load_byte(base, s) == 123 or load_byte(base, s) == 34


@helper
def syslog_tag(base, s, e, cache):
    """Read the tag at s; return (where the message begins, whether it is beyond doubt that this is syslog)."""
    if is_repetition(base, s) and not _is_other_message(base, s):
        return s, True
    if load_byte(base, s) == 91 or is_document(base, s):
        return s, False
    q = word_end(base, s, e)
    if q > s + 1 and load_byte(base, q - 1) == 58:
        _program(cache, s, q - 1, pid_start(base, s, q - 1))
        return _behind(base, q, e), True
    digits = pid_start(base, s, q)
    if digits >= 0:
        if q + 1 < e and load_byte(base, q) == 32 and load_byte(base, q + 1) == 40:
            more = word_end(base, q + 1, e)
            if load_byte(base, more - 1) == 58 and load_byte(base, more - 2) == 41:  # launchd[1] (com.apple.x[2]):
                _program(cache, s, more - 1, -1)
                return _behind(base, more, e), True
        _program(cache, s, q, digits)
        return _behind(base, q, e), True
    if not is_name(base, s, q):
        glued = _glued_tag(base, s, q)
        if glued >= 0:
            _program(cache, s, glued, pid_start(base, s, glued))
            return glued + 1, True
        return s, False
    i = q
    for _ in range(MORE_WORDS):
        if i >= e:
            break
        begin = i + 1
        i = word_end(base, begin, e)
        if i > begin and load_byte(base, i - 1) == 58:
            digits = pid_start(base, begin, i - 1)
            if digits >= 0:
                _program(cache, s, i - 1, digits)
                return _behind(base, i, e), True
        if not is_name(base, begin, i):
            break
    _program(cache, s, q, -1)
    return _behind(base, q, e), False


@helper
def _glued_tag(base, s, e):
    """Return where the colon of `name[digits]:text` stands, the bytes [s, e) without a blank behind it; -1 if not."""
    i = s
    while i < e and load_byte(base, i) != 93:
        i += 1
    if i + 1 >= e or load_byte(base, i + 1) != 58:
        return -1
    digits = pid_start(base, s, i + 1)
    return i + 1 if digits >= 0 and is_name(base, s, digits - 1) else -1


@helper
def is_repetition(base, s):
    """Tell whether the text at s is of syslogd itself, about messages repeated or a mark: such lines have no tag."""
    word = load_word(base, s)
    if word == _LAST_MESSAGE or word == _REPEATED or word == _MARK:
        return True
    return word & 0xFFFFFFFF == _DASHES


@helper
def _is_other_message(base, s):
    """Tell whether the text at s begins with "message", and not as that one was repeated."""
    return load_word(base, s) == _REPEATED and load_word(base, s + 8) != _REPEATED_TOO


@helper
def _host_and_tag(base, s, e, cache):
    """Read host and tag at s; return (where the message begins, whether it is beyond doubt that this is syslog)."""
    if s >= e:
        return s, False
    if is_repetition(base, s) or is_document(base, s):
        return s, not is_document(base, s)
    if load_byte(base, s) == 32:
        while s < e and load_byte(base, s) == 32:
            s += 1
        return syslog_tag(base, s, e, cache) if s < e else (s, False)
    q = word_end(base, s, e)
    if (q > s + 1 and load_byte(base, q - 1) == 58) or pid_start(base, s, q) >= 0:
        return syslog_tag(base, s, e, cache)
    store_word(cache, 8 * HOST_AT, s)
    store_word(cache, 8 * HOST_END, q)
    s = _behind(base, q, e)
    if s + 1 < e and load_byte(base, s) == 58 and load_byte(base, s + 1) == 32:
        s += 2  # Cisco: "host : %ASA-6-302013: ..."
    empty = s < e and load_byte(base, s) == 32
    while s < e and load_byte(base, s) == 32:
        s += 1
    if s >= e:
        return s, False
    message, certain = syslog_tag(base, s, e, cache)
    return message, certain or empty


@helper
def syslog_head(base, s, cache):
    """Read what stands before the message of a line at s; return where that begins, -1 no match, -3 no such time.

    Without a priority, a line that begins with an ISO time must have a tag that is beyond doubt: other logs begin so.
    """
    for cell in range(PRIORITY_AT, HEAD_TIME):
        store_word(cache, 8 * cell, -1)
    e = find_or_newline(base, s, NEWLINE)
    if e > s and load_byte(base, e - 1) == 13:
        e -= 1
    i = s
    padded = False  # some devices write blanks between a priority and a time
    if load_byte(base, i) == 60:
        i = priority_end(base, s + 1)
        if i < 0 or load_byte(base, i) != 62:
            return -1
        i += 1
        store_word(cache, 8 * PRIORITY_AT, s)
        store_word(cache, 8 * PRIORITY_END, i)
        blanks = i
        while load_byte(base, blanks) == 32:
            blanks += 1
        padded = blanks > i
        i = blanks
    store_word(cache, 8 * HEAD_TIME, NO_TIME)
    store_word(cache, 8 * HEAD_ZONELESS, 0)
    doubtful = False
    micros, after = parse_bsd_time(base, i, e, cache)
    if after >= 0:
        store_word(cache, 8 * HEAD_ZONELESS, 1)
    elif 48 <= load_byte(base, i) <= 57:
        if e - i < 19 or load_byte(base, i + 4) != 45 or load_byte(base, i + 10) != 84:
            return -1
        after = word_end(base, i, e)
        if load_byte(base, after - 1) == 58 and i > s:
            after -= 1
        micros, naive, _good = parse_iso_time(base, i, after, cache)
        store_word(cache, 8 * HEAD_ZONELESS, naive)
        doubtful = i == s
    elif i > s and i < e and not padded:
        return i  # RFC 3164, 4.3.3: a priority, and all the rest is the message
    else:
        return -1
    if micros == NO_TIME:
        return -3
    store_word(cache, 8 * HEAD_TIME, micros)
    if after < e and load_byte(base, after) == 58:
        after += 1
    if after < e and load_byte(base, after) != 32:
        return -1
    message, certain = _host_and_tag(base, _behind(base, after, e), e, cache)
    return -1 if doubtful and not certain else message
