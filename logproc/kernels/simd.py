"""Sixty-four bytes at a time, from numba: LLVM intrinsics that compare a vector and return a bit mask.

LLVM lowers the vectors to what the processor has (AVX-512, AVX2, SSE2, NEON), so the same source runs everywhere.
All loads are unaligned and may read up to 64 bytes past the byte asked for: buffers are padded (`model.PADDING`).
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import inlined, intrinsic, ir, types


def load_chunk(builder, base, offset, width):
    """Return, within an intrinsic, the vector of `width` bytes at base + offset."""
    vector = ir.VectorType(ir.IntType(8), width)
    chunk = builder.load(builder.inttoptr(builder.add(base, offset), vector.as_pointer()))
    chunk.align = 1
    return chunk


def where(builder, sign, chunk, byte):
    """Return, within an intrinsic, for each byte of a vector whether it compares so, unsigned, with a constant."""
    return builder.icmp_unsigned(sign, chunk, ir.Constant(chunk.type, [byte] * chunk.type.count))


def as_mask(builder, bits):
    """Return, within an intrinsic, a vector of up to 64 truths as 64 bits."""
    return builder.zext(builder.bitcast(bits, ir.IntType(bits.type.count)), ir.IntType(64))


def _mask(builder, sign, args, width):
    """Return 64 bits, set where the bytes at base + offset compare so with a byte that is known when it runs."""
    base, offset, byte = args
    chunk = load_chunk(builder, base, offset, width)
    nothing = ir.Constant(chunk.type, ir.Undefined)
    one = builder.insert_element(nothing, byte, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return as_mask(builder, builder.icmp_unsigned(sign, chunk, builder.shuffle_vector(one, nothing, zeros)))


@intrinsic
def eq_mask64(typingctx, base, offset, byte):  # noqa: ARG001
    """Return 64 bits, bit i set where byte i of the 64 bytes at base + offset equals `byte`."""
    sig = types.uint64(types.uintp, types.int64, types.uint8)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return _mask(builder, "==", args, 64)

    return sig, codegen


@intrinsic
def eq_mask32(typingctx, base, offset, byte):  # noqa: ARG001
    """Return 64 bits, bit i set where byte i of the 32 bytes at base + offset equals `byte`."""
    sig = types.uint64(types.uintp, types.int64, types.uint8)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return _mask(builder, "==", args, 32)

    return sig, codegen


@intrinsic
def below_mask64(typingctx, base, offset, byte):  # noqa: ARG001
    """Return 64 bits, bit i set where byte i of the 64 bytes at base + offset is less than `byte` (unsigned)."""
    sig = types.uint64(types.uintp, types.int64, types.uint8)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return _mask(builder, "<", args, 64)

    return sig, codegen


@intrinsic
def load_u64(typingctx, base, offset):  # noqa: ARG001
    """Return the eight bytes at base + offset as a little-endian integer."""
    sig = types.uint64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        word = builder.load(builder.inttoptr(builder.add(*args), ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return sig, codegen


@intrinsic
def trailing_zeros(typingctx, word):  # noqa: ARG001
    """Return the index of the lowest set bit; 64 if there is none."""
    sig = types.int64(types.uint64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return sig, codegen


@intrinsic
def leading_zeros(typingctx, word):  # noqa: ARG001
    """Return the count of zero bits above the highest set bit; 64 if there is none."""
    sig = types.int64(types.uint64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return sig, codegen


@intrinsic
def count_ones(typingctx, word):  # noqa: ARG001
    """Return the number of set bits."""
    sig = types.int64(types.uint64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        return builder.ctpop(args[0])

    return sig, codegen


NEWLINE = np.uint8(10)


@inlined
def find_or_newline(base, i, byte):
    """Return the first position from i on that holds `byte` or a newline; one of them must stand in the buffer."""
    while True:
        mask = eq_mask64(base, i, byte) | eq_mask64(base, i, NEWLINE)
        if mask != 0:
            return i + trailing_zeros(mask)
        i += 64
