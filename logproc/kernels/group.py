"""Grouped aggregation: one pass over the rows for each aggregate, into arrays indexed by group.

`groups` int32[n] holds a group id a row, or -1 for a row that does not take part. Sums are kept in int64 parts
that add exactly in any order: a whole number v as (v >> 32, v & 0xffffffff), a decimal as those of its floor and the
nanos of the rest.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import kernel

NANOS = 1_000_000_000.0
LARGEST = 9.0e18
"""Decimals beyond this are no amounts of anything that logs count: they do not fit the exact sum."""


@kernel("i4[], i1[], i8, i4[] -> none")
def keep_groups(groups, truth, n, kept):
    """Write the groups of rows whose truth is 1 to `kept`, -1 for all others."""
    for row in range(n):
        kept[row] = groups[row] if truth[row] == 1 else -1


@kernel("i4[], i4[], i8, i4[] -> none")
def look_up_codes(codes, table, n, found):
    """Write table[code] (int32) for every row, -1 for a negative code."""
    for row in range(n):
        code = codes[row]
        found[row] = table[code] if code >= 0 else -1


@kernel("i4[], i4[], i8[], i8, i8[], u1[] -> none")
def look_up_numbers(codes, known, table, n, values, valid):
    """Write table[code] to `values` and 1 to `valid` where known[code] is not negative, else zeros."""
    for row in range(n):
        code = codes[row]
        good = code >= 0 and known[code] >= 0
        values[row] = table[code] if good else 0
        valid[row] = 1 if good else 0


@kernel("i4[], i4[], i8[], i8, i1[] -> none")
def look_up_truth(codes, known, table, n, truth):
    """Write table[code] (0 or 1) where known[code] is not negative, else -1."""
    for row in range(n):
        code = codes[row]
        truth[row] = table[code] if code >= 0 and known[code] >= 0 else -1


@kernel("i4[], i4[], i8, i8[] -> none")
def pack_pairs(first, second, n, packed):
    """Write two codes, of which either may be -1, as one int64."""
    for row in range(n):
        packed[row] = ((np.int64(first[row]) + 1) << 32) | (np.int64(second[row]) + 1)


@kernel("i8[], i8, i8, i8, i8[] -> none")
def floor_values(values, n, origin, unit, floors):
    """Write the greatest number not above each value that is `origin` and a multiple of `unit` (above 0).

    Values that follow on each other mostly share it, which saves a division.
    """
    floor, known = np.int64(0), False
    for row in range(n):
        value = values[row]
        if not known or np.uint64(value - floor) >= np.uint64(unit):
            floor = value - (value - origin) % unit
            known = True
        floors[row] = floor


@kernel("i4[], i8, i8[] -> none")
def count_rows(groups, n, counts):
    """Add 1 to counts[group] for every row."""
    for row in range(n):
        group = groups[row]
        if group >= 0:
            counts[group] += 1


@kernel("i4[], u1[], i8, i8[] -> none")
def count_valid(groups, valid, n, counts):
    """Add 1 to counts[group] for every row whose `valid` byte is not 0."""
    for row in range(n):
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            counts[group] += 1


@kernel("i4[], i4[], i8, i8[] -> none")
def count_codes(groups, codes, n, counts):
    """Add 1 to counts[group] for every row whose code is not negative."""
    for row in range(n):
        group = groups[row]
        if group >= 0 and codes[row] >= 0:
            counts[group] += 1


@kernel("i4[], i8[], u1[], i8, i8[], i8[], i8[] -> none")
def sum_integers(groups, values, valid, n, high, low, counts):
    """Add int64 values to their groups' (high, low) sums and count them."""
    for row in range(n):
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            value = values[row]
            high[group] += value >> 32
            low[group] += value & 0xFFFFFFFF
            counts[group] += 1


@kernel("i4[], f8[], u1[], i8, i8[], i8[], i8[], i8[], i8[] -> none")
def sum_decimals(groups, values, valid, n, high, low, nanos, huge, counts):
    """Add float64 values, rounded to nanos, to their groups' (high, low, nanos) sums and count them.

    A value beyond `LARGEST` is counted in `huge` instead of being added.
    """
    for row in range(n):
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            value = values[row]
            counts[group] += 1
            if -LARGEST < value < LARGEST:
                floor = np.floor(value)
                whole = np.int64(floor)
                high[group] += whole >> 32
                low[group] += whole & 0xFFFFFFFF
                nanos[group] += np.int64(np.rint((value - floor) * NANOS))
            else:
                huge[group] += 1


@kernel("i4[], i8[], u1[], i8, i8[], i8[], i8 -> none")
def extremes_integers(groups, values, valid, n, best, counts, sign):
    """Keep the greatest (sign 1) or least (sign -1) int64 value of each group; counts tells which groups have one."""
    for row in range(n):
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            value = values[row]
            if counts[group] == 0 or (value > best[group] if sign > 0 else value < best[group]):
                best[group] = value
            counts[group] += 1


@kernel("i4[], f8[], u1[], i8, f8[], i8[], i8 -> none")
def extremes_decimals(groups, values, valid, n, best, counts, sign):
    """Keep the greatest (sign 1) or least (sign -1) float64 value of each group."""
    for row in range(n):
        group = groups[row]
        if group >= 0 and valid[row] != 0:
            value = values[row]
            if counts[group] == 0 or (value > best[group] if sign > 0 else value < best[group]):
                best[group] = value
            counts[group] += 1


@kernel("i8[], i8[], i8[] -> none")
def fold_cells(groups, values, sums):
    """Add each value to sums[group]; one of a negative group is left out."""
    for k in range(groups.shape[0]):
        if groups[k] >= 0:
            sums[groups[k]] += values[k]


@kernel("i8[], i8[], i8[], u1[], i8[] -> none")
def append_numbers(rows, codes, values, out, cursor):
    """Append tag 1 and eight bytes of values[codes[row]] at each cursor, or tag 0 where the code is negative."""
    for k in range(rows.shape[0]):
        code = codes[k]
        at = cursor[k]
        if code < 0:
            out[at] = 0
            cursor[k] = at + 1
        else:
            out[at] = 1
            word = np.uint64(values[code])
            for q in range(8):
                out[at + 1 + q] = np.uint8((word >> np.uint64(8 * q)) & np.uint64(255))
            cursor[k] = at + 9


@kernel("i8[], i8[], u1[], i8[,], u1[], i8[] -> none")
def append_texts(rows, codes, arena, entries, out, cursor):
    """Append tag 1, a four-byte length and the text of each code at each cursor, or tag 0 for a negative code."""
    for k in range(rows.shape[0]):
        code = codes[k]
        at = cursor[k]
        if code < 0:
            out[at] = 0
            cursor[k] = at + 1
        else:
            length = entries[code, 1] >> 1
            start = entries[code, 0]
            out[at] = 1
            for q in range(4):
                out[at + 1 + q] = np.uint8((length >> (8 * q)) & 255)
            for q in range(length):
                out[at + 5 + q] = arena[start + q]
            cursor[k] = at + 5 + length
