"""JSON byte by byte: where a string, a number or a literal ends, and whether it is one by RFC 8259.

Positions are offsets from the address `base`. Every search ends at a newline at the latest, so one must stand at the
end of the buffer, and 128 bytes behind it must be readable.
"""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, inlined, intrinsic, types
from logproc.kernels.memory import load_byte, load_word
from logproc.kernels.simd import as_mask, eq_mask64, load_chunk, trailing_zeros, where

NOT_OBJECT, CUT, BAD_BYTE, BAD_ESCAPE, BAD_STRING, BAD_NUMBER, BAD_LITERAL, TRAILING, TOO_DEEP = range(1, 10)

REASONS = {
    NOT_OBJECT: "not a JSON object",
    CUT: "JSON cut short",
    BAD_BYTE: "unexpected byte in JSON",
    BAD_ESCAPE: "bad escape in JSON string",
    BAD_STRING: "control byte in JSON string",
    BAD_NUMBER: "bad number in JSON",
    BAD_LITERAL: "bad literal in JSON",
    TRAILING: "text behind the JSON object",
    TOO_DEEP: "JSON nested too deep",
}
"""Why a line was rejected, in words, by the code that `tokenize_json` writes."""


def _stops(builder, args, width):
    chunk = load_chunk(builder, *args, width)
    quote, escape = where(builder, "==", chunk, 34), where(builder, "==", chunk, 92)
    return as_mask(builder, builder.or_(builder.or_(quote, escape), where(builder, "<", chunk, 32)))


@intrinsic
def string_stops(typingctx, base, offset):  # noqa: ARG001
    """Return 64 bits, set where a string may end or break: at a quote, a backslash or a byte below 32."""
    sig = types.uint64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return _stops(builder, args, 64)

    return sig, codegen


@intrinsic
def string_stops_near(typingctx, base, offset):  # noqa: ARG001
    """Return the low 32 of the 64 bits of `string_stops`, and zeros."""
    sig = types.uint64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return _stops(builder, args, 32)

    return sig, codegen


@helper
def next_stop(base, i):
    """Return the first position from i on that holds a quote, a backslash or a control byte."""
    while True:
        mask = string_stops(base, i)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def skip_blanks(base, i):
    """Return the first position from i on that is no blank, tab or carriage return."""
    byte = load_byte(base, i)
    while byte == 32 or byte == 9 or byte == 13:
        i += 1
        byte = load_byte(base, i)
    return i


@helper
def next_newline(base, i):
    """Return the first position from i on that holds a newline."""
    while True:
        mask = eq_mask64(base, i, np.uint8(10))
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def is_hex(byte):
    """Tell whether a byte is a hexadecimal digit."""
    return 48 <= byte <= 57 or 97 <= (byte | 32) <= 102


@helper
def finish_string(base, i):
    """Go on from position i, where a string stopped at something else than a quote: return (position, reason).

    The position is that of the closing quote with reason 0, or that of the byte that breaks the string.
    """
    while True:
        byte = load_byte(base, i)
        if byte == 34:
            return i, 0
        if byte < 32:
            return i, CUT if byte == 10 else BAD_STRING
        byte = load_byte(base, i + 1)
        if byte == 117:
            for k in range(2, 6):
                if not is_hex(load_byte(base, i + k)):
                    return i, BAD_ESCAPE
            i += 6
        elif byte in (34, 47, 92, 98, 102, 110, 114, 116):
            i += 2
        else:
            return i, CUT if byte == 10 else BAD_ESCAPE
        i = next_stop(base, i)


@helper
def skip_digits(base, i):
    """Return the first position from i on that holds no digit."""
    while True:
        word = load_word(base, i) ^ 0x3030303030303030
        other = (((word & 0x7F7F7F7F7F7F7F7F) + 0x7676767676767676) | word) & -0x7F7F7F7F7F7F7F80
        if other != 0:
            return i + (trailing_zeros(np.uint64(other)) >> 3)
        i += 8


@helper
def finish_number(base, i):
    """Return the position behind the number at i, or -1 if it breaks the grammar."""
    i += load_byte(base, i) == 45
    j = skip_digits(base, i)
    if j == i or (j > i + 1 and load_byte(base, i) == 48):
        return -1
    byte = load_byte(base, j)
    if byte == 46:
        i = j + 1
        j = skip_digits(base, i)
        if j == i:
            return -1
        byte = load_byte(base, j)
    if byte | 32 == 101:
        i = j + 1
        byte = load_byte(base, i)
        i += byte == 43 or byte == 45
        j = skip_digits(base, i)
        if j == i:
            return -1
        byte = load_byte(base, j)
    return j if byte == 44 or byte == 125 or byte == 93 or byte <= 32 else -1


@inlined
def short_number_end(base, i):
    """Return what `finish_number` does for a number of up to seven bytes without sign and exponent, else mostly -1."""
    word = load_word(base, i)
    digits = word ^ 0x3030303030303030
    other = (((digits & 0x7F7F7F7F7F7F7F7F) + 0x7676767676767676) | digits) & -0x7F7F7F7F7F7F7F80
    whole = trailing_zeros(np.uint64(other)) >> 3
    j = whole
    if (word >> (8 * (whole & 7))) & 255 == 46:
        other &= other - 1
        j = trailing_zeros(np.uint64(other)) >> 3
        whole = 0 if j == whole + 1 else whole
    byte = (word >> (8 * (j & 7))) & 255
    ends = j < 8 and (byte == 44 or byte == 125 or byte == 93 or byte <= 32)
    return i + j if ends and (whole == 1 or (whole > 1 and word & 255 != 48)) else -1


@helper
def finish_literal(base, i):
    """Return the position behind the true, false or null at i, or -1."""
    word = load_word(base, i)
    j = -1
    if word & 0xFFFFFFFF == 0x65757274 or word & 0xFFFFFFFF == 0x6C6C756E:
        j = i + 4
    elif word & 0xFFFFFFFFFF == 0x65736C6166:
        j = i + 5
    if j < 0:
        return -1
    byte = load_byte(base, j)
    return j if byte == 44 or byte == 125 or byte == 93 or byte <= 32 else -1


@helper
def low_bytes(count):
    """Return the mask of the low `count` bytes of a word; all of them from 8 on, none below 1."""
    if count <= 0:
        return 0
    return -1 if count >= 8 else (1 << (8 * count)) - 1


@helper
def same_bytes(base, i, other, j, length):
    """Tell whether the `length` bytes at base + i and at other + j are equal."""
    k = 0
    while k < length:
        if (load_word(base, i + k) ^ load_word(other, j + k)) & low_bytes(length - k) != 0:
            return False
        k += 8
    return True
