"""A file that is one JSON array of objects, or an object that holds one, as lines: rewritten in place.

CloudTrail writes `{"Records":[{...},{...}]}`, Azure `{"records":[...]}`. The commas between the elements become line
ends, line ends inside an element blanks, and so does all that is around the array. Every byte stays where it is.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.memory import load_byte, store_byte

DEPTH, IN_STRING, ARRAY_DEPTH = range(3)
"""Cells of the state, zeros at first: open brackets, whether a string is open (2: behind a backslash), and how many
brackets are open right inside the array, 0 outside of it."""

STATE_CELLS = 3


@kernel("i8, i8, i8[] -> none")
def split_elements(base, size, state):
    """Rewrite `size` bytes at the address `base`; `state` (int64) goes from one call to the next."""
    depth, in_string, array = state[DEPTH], state[IN_STRING], state[ARRAY_DEPTH]
    for i in range(size):
        byte = load_byte(base, i)
        if in_string == 2:
            in_string = 1
        elif in_string == 1:
            if byte == 34:
                in_string = 0
            elif byte == 92:
                in_string = 2
        elif byte == 34:
            in_string = 1
        elif byte == 123 or byte == 91:
            depth += 1
            if array == 0 and byte == 91:
                array = depth
                store_byte(base, i, 32)
                continue
        elif byte == 125 or byte == 93:
            depth = max(depth - 1, 0)
            if array > 0 and depth < array:
                array = 0
                store_byte(base, i, 10)
                continue
        elif byte == 44 and depth == array:
            store_byte(base, i, 10)
            continue
        if array == 0 or byte == 10 or byte == 13:
            store_byte(base, i, 32)
    state[DEPTH], state[IN_STRING], state[ARRAY_DEPTH] = depth, in_string, array
