"""Zones behind times: how far they go, and how far from UTC they are."""

# numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.apps import is_digit, is_word
from logproc.kernels.clock import NO_TIME, iso_zone
from logproc.kernels.jit import helper
from logproc.kernels.memory import load_byte, load_word
from logproc.kernels.zone_names import HOURS

# Others, such as CST or IST, mean different things in different places: the file's own time zone then holds.
_ZONES = np.array([int.from_bytes(name.encode(), "little") for name in HOURS], np.int64)
_ZONE_HOURS = np.array(list(HOURS.values()), np.int64)
_N_ZONES = len(HOURS)


@helper
def zone_hours(base, s, e):
    """Return the hours east of UTC that the name [s, e) means all over the world, or NO_TIME."""
    word = load_word(base, s) & (0xFFFFFFFF if e - s == 4 else 0xFFFFFF)
    if e - s < 3 or e - s > 4:
        return NO_TIME
    for k in range(_N_ZONES):
        if _ZONES[k] == word:
            return _ZONE_HOURS[k]
    return NO_TIME


@helper
def _name_end(base, j):
    """Return where the name of a zone at j ends, as EST, JST or CEST; where the blank in front of it is if none is."""
    e = j + 3 if load_byte(base, j + 2) == 84 else j + 4
    if load_byte(base, e - 1) != 84 or is_word(load_byte(base, e)) or zone_hours(base, j, e) == NO_TIME:
        return j - 1
    return e


@helper
def zone_end(base, i):
    """Return where a zone at i ends, a blank before it included: Z, UTC, GMT, +hh:mm, +hhmm or +hh; i if there is none.

    Behind a blank, hours alone are none, but names that mean the same all over the world, as EST, are.
    """
    j = i + 1 if load_byte(base, i) == 32 else i
    byte = load_byte(base, j)
    if byte == 90 or byte == 122:
        return i if is_word(load_byte(base, j + 1)) else j + 1
    name = load_word(base, j) & 0xFFFFFF
    if name == 0x435455 or name == 0x544D47:
        return i if is_word(load_byte(base, j + 3)) else j + 3
    if byte != 43 and byte != 45:
        return _name_end(base, j) if j > i and 65 <= byte <= 90 else i
    if not is_digit(load_byte(base, j + 1)) or not is_digit(load_byte(base, j + 2)):
        return i
    k = j + 3
    colon = 1 if load_byte(base, k) == 58 else 0
    if is_digit(load_byte(base, k + colon)) and is_digit(load_byte(base, k + colon + 1)):
        k += colon + 2
    elif j > i:
        return i
    return i if is_word(load_byte(base, k)) else k


@helper
def zone_of(base, i, e):
    """Return the seconds east of UTC of the zone [i, e), in front of which a blank may stand."""
    s = i + 1 if load_byte(base, i) == 32 else i
    hours = zone_hours(base, s, e)
    return hours * 3600 if hours != NO_TIME else iso_zone(base, s, e)
