"""Key=value byte by byte: where a key, a bare value or a quoted value ends.

Positions are offsets from the address `base`. Every search ends at a newline at the latest, so one must stand at the
end of the buffer, and 128 bytes behind it must be readable.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, intrinsic, types
from logproc.kernels.jsonscan import next_stop
from logproc.kernels.memory import load_byte
from logproc.kernels.simd import as_mask, find_or_newline, load_chunk, trailing_zeros, where

APOSTROPHE = np.uint8(39)


@intrinsic
def word_stops(typingctx, base, offset):  # noqa: ARG001
    """Return 64 bits, set where a key of key=value may end: at a blank, a control byte, a quote or a =."""
    sig = types.uint64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        chunk = load_chunk(builder, *args, 64)
        blank, quote = where(builder, "<=", chunk, 32), where(builder, "==", chunk, 34)
        return as_mask(builder, builder.or_(builder.or_(blank, quote), where(builder, "==", chunk, 61)))

    return sig, codegen


@intrinsic
def value_stops(typingctx, base, offset):  # noqa: ARG001
    """Return 64 bits, set where a bare value may end: at a blank, a control byte or a quote."""
    sig = types.uint64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        chunk = load_chunk(builder, *args, 64)
        blank, quote = where(builder, "<=", chunk, 32), where(builder, "==", chunk, 34)
        return as_mask(builder, builder.or_(blank, quote))

    return sig, codegen


@helper
def word_end(base, i):
    """Return the first position from i on that holds a blank, a control byte, a quote or a =."""
    while True:
        mask = word_stops(base, i)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def value_end(base, i):
    """Return the first position from i on that holds a blank, a control byte or a quote."""
    while True:
        mask = value_stops(base, i)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64


@helper
def quoted_end(base, i):
    """Return (position, escaped) of the closing quote of a value that begins at i; a newline where there is none.

    A backslash hides the byte behind it; `escaped` tells whether there was one.
    """
    escaped = False
    while True:
        i = next_stop(base, i)
        byte = load_byte(base, i)
        if byte == 34 or byte == 10:
            return i, escaped
        if byte == 92:
            escaped = True
            i += 1
            if load_byte(base, i) == 10:
                return i, escaped
        i += 1


@helper
def apostrophe_end(base, i):
    """Return the closing apostrophe of a value that begins at i, behind which the value is over; -1 without one."""
    while True:
        i = find_or_newline(base, i, APOSTROPHE)
        if load_byte(base, i) == 10:
            return -1
        if load_byte(base, i + 1) <= 32:
            return i
        i += 1
