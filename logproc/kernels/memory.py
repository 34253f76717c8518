"""Bytes and words at an address, from numba: what the helpers that run once a field read and write with.

An array passed to a helper costs two atomic reference counts a call (measured: 15 ns, more than parsing a number), an
address costs none. So helpers take `base`, and only kernels that run once a block take arrays.
"""

from __future__ import annotations

from logproc.kernels.jit import cgutils, intrinsic, ir, types


@intrinsic
def load_byte(typingctx, base, offset):  # noqa: ARG001
    """Return the byte at base + offset as an int64, 0 to 255."""
    sig = types.int64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        byte = builder.load(builder.inttoptr(builder.add(*args), ir.IntType(8).as_pointer()))
        return builder.zext(byte, ir.IntType(64))

    return sig, codegen


@intrinsic
def load_word(typingctx, base, offset):  # noqa: ARG001
    """Return the eight bytes at base + offset, unaligned, as a little-endian int64."""
    sig = types.int64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        word = builder.load(builder.inttoptr(builder.add(*args), ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return sig, codegen


@intrinsic
def load_half(typingctx, base, offset):  # noqa: ARG001
    """Return the four bytes at base + offset, aligned, as a signed little-endian number."""
    sig = types.int64(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        half = builder.load(builder.inttoptr(builder.add(*args), ir.IntType(32).as_pointer()))
        return builder.sext(half, ir.IntType(64))

    return sig, codegen


@intrinsic
def store_word(typingctx, base, offset, word):  # noqa: ARG001
    """Write an int64 to the eight bytes at base + offset."""
    sig = types.void(types.uintp, types.int64, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        base, offset, word = args
        store = builder.store(word, builder.inttoptr(builder.add(base, offset), ir.IntType(64).as_pointer()))
        store.align = 1
        return context.get_dummy_value()

    return sig, codegen


@intrinsic
def store_byte(typingctx, base, offset, byte):  # noqa: ARG001
    """Write the low eight bits of an int64 to the byte at base + offset."""
    sig = types.void(types.uintp, types.int64, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        base, offset, byte = args
        builder.store(
            builder.trunc(byte, ir.IntType(8)),
            builder.inttoptr(builder.add(base, offset), ir.IntType(8).as_pointer()),
        )
        return context.get_dummy_value()

    return sig, codegen


@intrinsic
def store_half(typingctx, base, offset, half):  # noqa: ARG001
    """Write the low 32 bits of an int64 to the four bytes at base + offset."""
    sig = types.void(types.uintp, types.int64, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        base, offset, half = args
        place = builder.inttoptr(builder.add(base, offset), ir.IntType(32).as_pointer())
        builder.store(builder.trunc(half, ir.IntType(32)), place)
        return context.get_dummy_value()

    return sig, codegen


@intrinsic
def prefetch(typingctx, base, offset):  # noqa: ARG001
    """Ask for the cache line at base + offset, which is about to be read."""
    sig = types.void(types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        number = ir.IntType(32)
        pointer = builder.inttoptr(builder.add(*args), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        builder.call(function, [pointer, *(ir.Constant(number, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return sig, codegen


@intrinsic
def call_with_numbers(typingctx, address, *numbers):  # noqa: ARG001
    """Call the kernel whose machine code is at an address, and which takes int64 alone and gives nothing.

    What is called is compiled once, and not into each kernel that calls it.
    """
    sig = types.void(types.int64, types.StarArgTuple([types.int64 for _ in numbers]))

    def codegen(context, builder, sig, args):  # noqa: ARG001
        place = ir.IntType(8).as_pointer()
        given = cgutils.unpack_tuple(builder, args[1])
        known = ir.FunctionType(ir.IntType(32), [place.as_pointer()] * 2 + [ir.IntType(64)] * len(given))
        nowhere = cgutils.alloca_once(builder, place)  # for a result and an error, of which it has none
        builder.call(builder.inttoptr(args[0], known.as_pointer()), [nowhere, nowhere, *given])
        return context.get_dummy_value()

    return sig, codegen
