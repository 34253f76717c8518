"""Sketches per group: HyperLogLog registers and log-bucket histograms, in one hash map a sketch.

HyperLogLog (Flajolet et al. 2007, with the estimator of Ertl 2017, arXiv:1702.01284): p = 14, 16,384 registers,
relative standard error 0.81 %. A group starts sparse, as entries (group, register) -> rank of the map, and gets a
dense row of registers when it has many.

Quantiles: a value falls into the bucket named by its float64 bits without the last 46: sign, exponent and six bits of
the mantissa, so that each power of two has 64 buckets and the harmonic middle of a bucket is off by at most 1/129,
under 0.8 %. The bits order like the numbers, the mapping is exact on every machine, and counts add.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.integers import hash_integer
from logproc.kernels.jit import helper, inlined, kernel
from logproc.kernels.memory import load_byte, store_byte
from logproc.kernels.simd import eq_mask64, leading_zeros, trailing_zeros

PRECISION = 14
REGISTERS = 1 << PRECISION
DENSE_FROM = 512
"""Registers in use from which a group's dense row is the smaller one (16 bytes a sparse entry)."""

BUCKET_SHIFT = 46
BUCKET_BITS = 18

ENTRIES = 0
EMPTY = np.int64(-1)


@kernel("i4[], u8[], i4[], i8, i8, i8[], u1[], i8[], i4[], u1[,], i8[] -> i8")
def update_distinct(groups, hashes, codes, n, first, slots, ranks, state, dense_row, dense, sparse_count):
    """Count rows' hashes into their groups' registers; returns the row where the map was full, or n.

    hashes uint64 is indexed by codes int32 (negative: null, not counted). slots int64 holds group << 14 | register or
    -1, ranks uint8 the ranks beside. dense_row int32[groups] is a group's row in dense uint8[rows, 16384], or -1.
    """
    wrap = np.uint64(slots.shape[0] - 1)
    limit = slots.shape[0] >> 1
    entries = state[ENTRIES]
    row = first
    while row < n:
        group = groups[row]
        code = codes[row]
        if group < 0 or code < 0:
            row += 1
            continue
        h = hashes[code]
        register = np.int64(h >> np.uint64(64 - PRECISION))
        rank = np.uint8(min(leading_zeros((h << np.uint64(PRECISION)) | np.uint64(1 << (PRECISION - 1))) + 1, 51))
        place = dense_row[group]
        if place >= 0:
            if dense[place, register] < rank:
                dense[place, register] = rank
            row += 1
            continue
        key = (np.int64(group) << PRECISION) | register
        slot = hash_integer(key) & wrap
        while slots[slot] != key and slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & wrap
        if slots[slot] < 0:
            if entries >= limit:
                break
            slots[slot] = key
            ranks[slot] = rank
            sparse_count[group] += 1
            entries += 1
        elif ranks[slot] < rank:
            ranks[slot] = rank
        row += 1
    state[ENTRIES] = entries
    return row


@kernel("i8[], u1[], i8[], u1[,] -> none")
def fold_ranks(keys, ranks, groups, dense):
    """Keep the greatest rank of each register: entries of a group go to row groups[group] of dense[rows, 16384].

    Those of a group that is sent to a negative row are left out.
    """
    for k in range(keys.shape[0]):
        row, register = groups[keys[k] >> PRECISION], keys[k] & (REGISTERS - 1)
        if row >= 0 and dense[row, register] < ranks[k]:
            dense[row, register] = ranks[k]


@kernel("i8[], i8[], i8, i8[] -> i8")
def move_entries(keys, groups, bits, moved):
    """Write the keys of the same cells in other groups, -1 for those of a group that is sent to a negative one.

    The low `bits` of a key are its cell. Returns how many are not negative.
    """
    count = 0
    for k in range(keys.shape[0]):
        group = groups[keys[k] >> bits]
        moved[k] = (group << bits) | (keys[k] & ((np.int64(1) << bits) - 1)) if group >= 0 else np.int64(-1)
        count += group >= 0
    return count


@kernel("i8[], i8, u8[] -> none")
def hash_values(values, n, out):
    """Hash int64 values for counting distinct ones."""
    for row in range(n):
        out[row] = hash_integer(values[row])


@kernel("i4[], f8[], u1[], i8, i8, i8[], i8[], i8[] -> i8")
def update_buckets(groups, values, valid, n, first, slots, counts, state):
    """Count float64 values into their groups' buckets; returns the row where the map was full, or n.

    slots int64 holds group << 18 | bucket or -1, counts int64 the counts beside.
    """
    wrap = np.uint64(slots.shape[0] - 1)
    limit = slots.shape[0] >> 1
    entries = state[ENTRIES]
    row = first
    bits = values.view(np.uint64)
    while row < n:
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            bucket = np.int64(bits[row] >> np.uint64(BUCKET_SHIFT))
            key = (np.int64(group) << BUCKET_BITS) | bucket
            slot = hash_integer(key) & wrap
            while slots[slot] != key and slots[slot] >= 0:
                slot = (slot + np.uint64(1)) & wrap
            if slots[slot] < 0:
                if entries >= limit:
                    break
                slots[slot] = key
                counts[slot] = 0
                entries += 1
            counts[slot] += 1
        row += 1
    state[ENTRIES] = entries
    return row


@kernel("i8[], u1[], i8[], u1[] -> none")
def reinsert_ranks(old_slots, old_ranks, slots, ranks):
    """Copy every entry of one map of ranks into a larger empty one."""
    _reinsert(old_slots, old_ranks, slots, ranks)


@kernel("i8[], i8[], i8[], i8[] -> none")
def reinsert_counts(old_slots, old_counts, slots, counts):
    """Copy every entry of one map of counts into a larger empty one."""
    _reinsert(old_slots, old_counts, slots, counts)


@helper
def _reinsert(old_slots, old_values, slots, values):
    """Copy every entry of one map into a larger empty one."""
    wrap = np.uint64(slots.shape[0] - 1)
    for k in range(old_slots.shape[0]):
        key = old_slots[k]
        if key >= 0:
            slot = hash_integer(key) & wrap
            while slots[slot] >= 0:
                slot = (slot + np.uint64(1)) & wrap
            slots[slot] = key
            values[slot] = old_values[k]


FEW = 24
"""Entries of a group up to which they are sorted one by one; more are laid out in a row of registers."""


@inlined
def _list_registers(base, group, out_keys, out_ranks, count):
    """Write the registers at an address that are not zero as entries, and clear them; returns the next free place."""
    for first in range(0, REGISTERS, 64):
        used = ~eq_mask64(base, first, np.uint8(0))
        while used != 0:
            register = first + trailing_zeros(used)
            out_keys[count] = (np.int64(group) << PRECISION) | register
            out_ranks[count] = np.uint8(load_byte(base, register))
            store_byte(base, register, 0)
            count += 1
            used &= used - np.uint64(1)
    return count


@kernel("i8[], u1[], i8[], i4[], i4[], u1[,], u1[], i8[], u1[] -> i8")
def combine_registers(keys, ranks, offsets, packed, dense_row, dense, scratch, out_keys, out_ranks):
    """Sort entries by key and keep the greatest rank of each; returns how many are left.

    keys int64 holds group << 14 | register, negative where there is no entry. offsets int64[groups + 2] is zeros and
    becomes where the entries of each group lie in packed int32[len(keys)]. A group with a row in dense (as in
    `update_distinct`) has that row's registers too, which are overwritten. scratch is uint8[16384] of zeros.
    """
    groups = offsets.shape[0] - 2
    for k in range(keys.shape[0]):
        if keys[k] >= 0:
            offsets[(keys[k] >> PRECISION) + 2] += 1
    for group in range(groups):
        offsets[group + 2] += offsets[group + 1]
    for k in range(keys.shape[0]):
        if keys[k] >= 0:
            group = keys[k] >> PRECISION
            packed[offsets[group + 1]] = np.int32(((keys[k] & (REGISTERS - 1)) << 6) | ranks[k])
            offsets[group + 1] += 1
    count = 0
    for group in range(groups):
        begin, end = offsets[group], offsets[group + 1]
        row = dense_row[group] if group < dense_row.shape[0] else np.int32(-1)
        if row >= 0:
            for k in range(begin, end):
                dense[row, packed[k] >> 6] = max(dense[row, packed[k] >> 6], np.uint8(packed[k] & 63))
            count = _list_registers(dense.ctypes.data + row * REGISTERS, group, out_keys, out_ranks, count)
        elif end - begin <= FEW:
            for k in range(begin + 1, end):
                item = packed[k]
                at = k
                while at > begin and packed[at - 1] > item:
                    packed[at] = packed[at - 1]
                    at -= 1
                packed[at] = item
            for k in range(begin, end):
                if k + 1 == end or packed[k + 1] >> 6 != packed[k] >> 6:
                    out_keys[count] = (np.int64(group) << PRECISION) | (packed[k] >> 6)
                    out_ranks[count] = np.uint8(packed[k] & 63)
                    count += 1
        else:
            for k in range(begin, end):
                scratch[packed[k] >> 6] = max(scratch[packed[k] >> 6], np.uint8(packed[k] & 63))
            count = _list_registers(scratch.ctypes.data, group, out_keys, out_ranks, count)
    return count


RANKS = 64 - PRECISION + 2
"""Values that a register may have, zero included."""


def estimate_distinct(histograms: NDArray[np.int64]) -> list[int]:
    """Estimate the distinct values that each group counted: Ertl's improved raw estimator.

    `histograms` int64[groups, RANKS] counts the registers of a group by value; a row's sum is 16,384.
    """
    m = float(REGISTERS)
    z = np.array([m * _tau(1.0 - count / m) for count in histograms[:, RANKS - 1].tolist()])
    for rank in range(RANKS - 2, 0, -1):
        z = 0.5 * (z + histograms[:, rank])
    z += np.array([m * _sigma(count / m) for count in histograms[:, 0].tolist()])
    scale = m * m / (2.0 * np.log(2.0))
    return [0 if np.isinf(sum_) else round(scale / sum_) for sum_ in z.tolist()]


def _sigma(x: float) -> float:
    """Correct for registers that are still zero (Ertl 2017, algorithm 6)."""
    if x == 1.0:
        return float("inf")
    y, z = 1.0, x
    while True:
        x *= x
        previous = z
        z += x * y
        y += y
        if z == previous:
            return z


def _tau(x: float) -> float:
    """Correct for registers that are saturated (Ertl 2017, algorithm 6)."""
    if x in {0.0, 1.0}:
        return 0.0
    y, z = 1.0, 1.0 - x
    while True:
        x = float(np.sqrt(x))
        previous = z
        y *= 0.5
        z -= (1.0 - x) ** 2 * y
        if z == previous:
            return z / 3.0


def bucket_middle(bucket: int) -> float:
    """Return the harmonic middle of a bucket's bounds, off by at most 1/129 of any normal number in it."""
    low = float(np.array([bucket << BUCKET_SHIFT], np.uint64).view(np.float64)[0])
    # The bounds are `steps` and steps + 1 times one number, so their middle is low * (2 steps + 2) / (2 steps + 1).
    steps = (bucket & 63) + (64 if (bucket >> 6) & 2047 else 0)
    scale = 1 / 256 if abs(low) > 1.0 else 1.0  # the product of two huge numbers has no float64
    return low * scale * (2 * steps + 2) / (2 * steps + 1) / scale
