"""Hashes of short byte strings, and whether two of them are equal: a few steps for most, whatever their length.

There are two hashes. That of `hash_slice` is part of what is kept: sketches in ledgers are made of it, so it never
changes. That of `quick_hash` lives no longer than a table of slots, and is computed for every row.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.integers import MIXER, MULTIPLIER
from logproc.kernels.jit import inlined, intrinsic, ir, types
from logproc.kernels.simd import load_u64

SHORT = 32
"""Bytes up to which all keys take the same steps: a processor can guess that a key is short, but not how short."""

_ONE = np.uint64(1)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_SHIFT = np.uint64(32)
_SECRETS = tuple(np.uint64(digits) for digits in (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0))
_SECRET, _SECRET2, _SECRET3 = _SECRETS  # of the digits of pi


@intrinsic
def folded_product(typingctx, one, other):  # noqa: ARG001
    """Return the upper half of the 128-bit product of two words, exclusive or the lower one."""
    sig = types.uint64(types.uint64, types.uint64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(value, wide) for value in args))
        upper = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return builder.xor(upper, builder.trunc(product, word))

    return sig, codegen


@intrinsic
def unequal_mask32(typingctx, base, offset, other, at):  # noqa: ARG001
    """Return a word, bit i set where byte i of the 32 bytes at base + offset is not that of those at other + at."""
    sig = types.uint64(types.uintp, types.int64, types.uintp, types.int64)

    def codegen(context, builder, sig, args):  # noqa: ARG001
        vector = ir.VectorType(ir.IntType(8), 32)
        chunks = []
        for place in (args[:2], args[2:]):
            chunk = builder.load(builder.inttoptr(builder.add(*place), vector.as_pointer()))
            chunk.align = 1
            chunks.append(chunk)
        mask = builder.bitcast(builder.icmp_unsigned("!=", *chunks), ir.IntType(32))
        return builder.zext(mask, ir.IntType(64))

    return sig, codegen


@inlined
def _low_bytes(count):
    """Return a mask of the low bytes of a word, all of them for a count from 8 on; the count is at least 1."""
    return _ALL >> (np.uint64(64 - 8 * min(count, 8)) & np.uint64(63))


@inlined
def _mixed(h, word):
    h = (h ^ word) * MIXER
    return h ^ (h >> _SHIFT)


@inlined
def hash_slice(base, s, length, seed):
    """Return a 64-bit hash of `length` bytes at base + s; reads up to 32 bytes from there, whatever the length."""
    h = (np.uint64(length) + seed) * MULTIPLIER
    if length <= SHORT:
        for k in range(0, SHORT, 8):
            mixed = _mixed(h, load_u64(base, s + k) & _low_bytes(length - k))
            h = mixed if k < length else h
    else:
        k = 0
        while k + 8 <= length:
            h = _mixed(h, load_u64(base, s + k))
            k += 8
        if k < length:
            h = _mixed(h, load_u64(base, s + k) & _low_bytes(length - k))
    h *= MULTIPLIER
    return h ^ (h >> np.uint64(29))


@inlined
def quick_hash(base, s, length, seed):
    """Return a 64-bit hash of `length` bytes at base + s, made of the first and last 16; those between go before.

    Up to 16 bytes first and last ones overlap; up to 8 they are the same. Reads 8 bytes from s, whatever the length.
    """
    h = (np.uint64(length) + seed) * MULTIPLIER
    more = h
    k = np.int64(0)
    while k + SHORT < length:
        h = folded_product(load_u64(base, s + k) ^ h, load_u64(base, s + k + 8) ^ _SECRET3)
        more = folded_product(load_u64(base, s + k + 16) ^ more, load_u64(base, s + k + 24) ^ _SECRET2)
        k += SHORT
    s += k
    length -= k
    mask = _ALL if length >= 8 else (_ONE << np.uint64(8 * length)) - _ONE
    last = max(length - 8, 0)
    one = folded_product((load_u64(base, s) & mask) ^ h, (load_u64(base, s + min(last, 8)) & mask) ^ _SECRET)
    third = load_u64(base, s + max(length - 16, 0)) & mask
    other = folded_product(third ^ _SECRET2, (load_u64(base, s + last) & mask) ^ more)
    return folded_product(one ^ _SECRET3, other ^ MULTIPLIER)


@inlined
def same_slice(base, s, other, at, length):
    """Tell whether two slices of one length are equal; reads up to 32 bytes of both, whatever the length."""
    differing = unequal_mask32(base, s, other, at)
    if length <= SHORT:
        return (differing << _ONE) << np.uint64(63 - length) == 0 if length < SHORT else differing == 0
    k = np.int64(SHORT)
    while differing == 0 and k + SHORT <= length:
        differing = unequal_mask32(base, s + k, other, at + k)
        k += SHORT
    return differing == 0 and unequal_mask32(base, s + length - SHORT, other, at + length - SHORT) == 0
