"""What is inside a field or a line, at an address: escapes, lists, request lines, heads, blanks.

Helpers of `tokenize`: each looks at the bytes of one field or line, and returns positions or a verdict.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte
from logproc.kernels.numerals import parse_decimal
from logproc.kernels.simd import eq_mask64, trailing_zeros

BLANK = np.uint8(32)


@helper
def escaped(base, begin, at):
    """Tell whether the byte at `at` stands behind an odd number of backslashes that begin at or after `begin`."""
    i = at
    while i > begin and load_byte(base, i - 1) == 92:
        i -= 1
    return ((at - i) & 1) == 1


@helper
def continues(base, begin, at):
    """Tell whether a blank at `at` stands inside a list: behind "," or " :", or before ": "."""
    if at > begin and load_byte(base, at - 1) == 44:
        return True
    if at > begin + 1 and load_byte(base, at - 1) == 58 and load_byte(base, at - 2) == 32:
        return True
    return load_byte(base, at + 1) == 58 and load_byte(base, at + 2) == 32


@helper
def ends_here(base, i):
    """Tell whether a line ends at i: a newline stands there, or a carriage return and a newline."""
    byte = load_byte(base, i)
    return byte == 10 or (byte == 13 and load_byte(base, i + 1) == 10)


@helper
def ends_line(base, s, e, byte, quoted):
    """Tell whether the line ends at e, where `byte` or a newline stands: behind a closing quote, if `byte` is one."""
    if byte == 34:
        return load_byte(base, e) == 34 and not (quoted and escaped(base, s, e)) and ends_here(base, e + 1)
    return load_byte(base, e) == 10


@helper
def port_span(base, s, e):
    """Return (start, end) of the port, 1 to 5 digits, of "host:port" or, as PostgreSQL writes it, "host(port)".

    Returns (-1, -1) if there is none. An address of IPv6 without brackets may have a port, too: the digits behind its
    last colon are one unless they are its eighth group, or what stands in front of them is no address.
    """
    closed = e > s and load_byte(base, e - 1) == 41
    end = e - 1 if closed else e
    i = end
    while i > s and 48 <= load_byte(base, i - 1) <= 57:
        i -= 1
    if i == end or end - i > 5 or i < s + 2 or load_byte(base, i - 1) != (40 if closed else 58):
        return -1, -1
    if not closed and _belongs_to_address(base, s, i - 1):
        return -1, -1
    return i, end


@helper
def _belongs_to_address(base, s, e):
    """Tell whether the group behind the colon at e belongs to the address of IPv6 that begins at s."""
    colons, shortened = 0, False
    for i in range(s, e):
        byte = load_byte(base, i)
        if byte == 91:
            return False
        if byte == 58:
            colons += 1
            shortened = shortened or load_byte(base, i + 1) == 58
    if load_byte(base, e - 1) == 58:  # "fe80::1", but ":::80" is the port of "::"
        return colons < 2 or load_byte(base, e - 2) != 58
    return colons == 6 and not shortened


@helper
def rest_stands(base, at, rest, begin, end):
    """Tell whether bytes [begin, end) of a terminator that is longer than a word stand behind `at`."""
    for q in range(end - begin):
        if load_byte(base, at + q) != load_byte(rest, begin + q):
            return False
    return True


@helper
def quotes_pair_up(base, i):
    """Tell whether an even number of quotes that no backslash escapes stands between i and the end of the line."""
    even = True
    begin = i
    byte = load_byte(base, i)
    while byte != 10:
        if byte == 34 and not escaped(base, begin, i):
            even = not even
        i += 1
        byte = load_byte(base, i)
    return even


@helper
def find_byte(base, s, e, byte):
    """Return the first position of `byte` in [s, e), or e."""
    i = s
    while i < e:
        mask = eq_mask64(base, i, byte)
        if mask != 0:
            return min(e, i + trailing_zeros(mask))
        i += 64
    return e


@helper
def is_letter(byte):
    """Tell whether a byte may stand in a request method: a letter, "_" or "-"."""
    return (65 <= byte <= 90) or (97 <= byte <= 122) or byte == 95 or byte == 45


@helper
def request_parts(base, s, e):
    """Return (end of the method, start of the protocol) of "METHOD target PROTOCOL", or (-1, -1) for other text."""
    m = s
    limit = min(e, s + 33)
    while m < limit and is_letter(load_byte(base, m)):
        m += 1
    if m == s or m == limit or load_byte(base, m) != 32:
        return -1, -1
    p = e
    while p > m and load_byte(base, p - 1) != 32:
        p -= 1
    if p < m + 3 or p == e:
        return -1, -1
    k = p
    while k < e and 65 <= load_byte(base, k) <= 90:
        k += 1
    if k == p or k + 1 >= e or load_byte(base, k) != 47 or not 48 <= load_byte(base, k + 1) <= 57:
        return -1, -1
    return m, p


@helper
def word_before(base, begin, end):
    """Return where the word that ends at `end` starts."""
    while end > begin and load_byte(base, end - 1) != 32:
        end -= 1
    return end


@helper
def head_parts(base, begin, end):
    """Read a head of more than three words, "vhost client, client - user", as proxies and vhost formats write it.

    Returns (client, its end, user, vhost's end, port's start): vhost's end is `begin` if there is none, port's start
    0. Returns client -1 if the head stays as it was read: its second word is a dash (a user with blanks), or its last
    but one is none.
    """
    first_end = find_byte(base, begin, end, BLANK)
    if load_byte(base, first_end + 1) == 45 and load_byte(base, first_end + 2) == 32:
        return -1, 0, 0, 0, 0
    user = word_before(base, begin, end)
    ident = word_before(base, begin, user - 1)
    if user - 1 - ident != 1 or load_byte(base, ident) != 45 or ident - 1 <= first_end:
        return -1, 0, 0, 0, 0
    client = word_before(base, begin, ident - 1)
    if first_end == begin or load_byte(base, first_end - 1) == 44:
        return client, ident - 1, user, begin, 0
    port = first_end
    while port > begin and 48 <= load_byte(base, port - 1) <= 57:
        port -= 1
    if begin + 1 < port < first_end and load_byte(base, port - 1) == 58:
        return client, ident - 1, user, port - 1, port
    return client, ident - 1, user, first_end, 0


@helper
def is_padded_dash(base, s, e):
    """Tell whether [s, e) is a dash with blanks around it."""
    while s < e and load_byte(base, s) == 32:
        s += 1
    while s < e and load_byte(base, e - 1) == 32:
        e -= 1
    return e == s + 1 and load_byte(base, s) == 45


@helper
def list_is_numeric(base, s, e):
    """Tell whether [s, e) is a list of decimals or dashes parted by commas or colons, which blanks may surround."""
    begin = s
    for i in range(s, e + 1):
        byte = load_byte(base, i) if i < e else 44
        if byte == 44 or byte == 58:
            left, right = begin, i
            if left < right and left > s and load_byte(base, left) == 32:
                left += 1
            if left < right and i < e and load_byte(base, right - 1) == 32:
                right -= 1
            if right - left != 1 or load_byte(base, left) != 45:
                _number, verdict = parse_decimal(base, left, right)
                if verdict == 0:
                    return False
            begin = i + 1
    return True


@helper
def skip_nuls(base, i):
    """Return the first position from i on that holds no NUL byte."""
    while True:
        mask = ~eq_mask64(base, i, np.uint8(0))
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def blank_line_end(base, i):
    """Return the position of the newline if only blanks, tabs, NULs and CRs stand before it, else -1."""
    byte = load_byte(base, i)
    while byte == 32 or byte == 9 or byte == 13 or byte == 0:
        i += 1
        byte = load_byte(base, i)
    return i if byte == 10 else -1
