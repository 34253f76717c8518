"""The first rows of each group: which lines of which files a number stands for.

A place is a file's number above `OFFSET_BITS` bits of an offset. A group keeps its `PLACES` least places, sorted, so
that neither the cut of the files nor the order of merging matters.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import helper, kernel

PLACES = 3
"""Places that a group keeps."""

OFFSET_BITS = 40
OFFSETS = (1 << OFFSET_BITS) - 1
NO_MARK = 2**63 - 1
"""A row's place as one number: its file above so many bits of its offset. A place beyond them (1 TiB) is none."""


@kernel("i4[], i8, i8[], i8[], i8[] -> none")
def count_ascending(groups, n, marks, counts, places):
    """Add 1 to counts[group] for every row, and keep the first marks of each; marks must ascend, also over calls."""
    for row in range(n):
        group = groups[row]
        if group >= 0:
            count = counts[group]
            counts[group] = count + 1
            if count < PLACES:
                places[group * PLACES + count] = marks[row]


@kernel("i4[], i8, i8[], i8[], i8[] -> none")
def count_any(groups, n, marks, counts, places):
    """Do what `count_ascending` does for marks in any order."""
    for row in range(n):
        group = groups[row]
        if group >= 0:
            count = counts[group]
            counts[group] = count + 1
            first = group * PLACES
            held = min(count, PLACES)
            mark = marks[row]
            if held == PLACES and mark >= places[first + held - 1]:
                continue
            at = min(held, PLACES - 1)
            while at > 0 and mark < places[first + at - 1]:
                places[first + at] = places[first + at - 1]
                at -= 1
            places[first + at] = mark


@kernel("i8[], i8, i8[], i8[], u1[], i8[] -> i8")
def gather_places(ids, n, counts, places, held, gathered):
    """Write the places of groups `ids` one behind the other, and to `held` how many each has; returns all their number.

    `counts` are rows by group, as `count_ascending` leaves them; a place that is NO_MARK is left out.
    """
    total = 0
    for k in range(n):
        group = ids[k]
        before = total
        for number in range(min(counts[group], PLACES)):
            place = places[group * PLACES + number]
            if place != NO_MARK:
                gathered[total] = place
                total += 1
        held[k] = total - before
    return total


@helper
def _is_before(one, other, files):
    """Tell whether a place comes before another one, by the key of its file and its offset."""
    mine, its = files[one >> OFFSET_BITS], files[other >> OFFSET_BITS]
    return mine < its or (mine == its and (one & OFFSETS) < (other & OFFSETS))


@kernel("i8[], i8, u1[], i8[], i8[], i8[], u1[], i8[] -> none")
def merge_places(mapping, n, counts, places, numbers, files, my_counts, my_places):
    """Take the places of n groups into those of groups `mapping`; equal places are one.

    `counts` of `places` belong to each group in turn; `numbers` are what its files are called here, `files` their keys.
    """
    at = 0
    for row in range(n):
        group = mapping[row]
        first = group * PLACES
        for _ in range(counts[row]):
            place = places[at]
            at += 1
            place = (numbers[place >> OFFSET_BITS] << OFFSET_BITS) | (place & OFFSETS)
            held = np.int64(my_counts[group])
            where = held
            while where > 0 and _is_before(place, my_places[first + where - 1], files):
                where -= 1
            if where >= PLACES or (where > 0 and my_places[first + where - 1] == place):
                continue
            last = min(held, PLACES - 1)
            while last > where:
                my_places[first + last] = my_places[first + last - 1]
                last -= 1
            my_places[first + where] = place
            my_counts[group] = min(held + 1, PLACES)
