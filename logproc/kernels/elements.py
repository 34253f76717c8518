"""A file that is one JSON array of objects, or an object that holds one, as objects on lines: rewritten in place.

CloudTrail writes `{"Records":[{...},{...}]}`, Azure `{"records":[...]}`. What is around the elements becomes blanks,
but for line ends, and a comma behind which no line ends becomes one: no two elements share a line. The first line end
behind such a comma is a blank in turn, so that there are as many lines as the file has, and more only where several
elements stand on one. Every byte stays where it is. Line ends inside an element stay: it may be of several lines.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.memory import load_byte, store_byte

DEPTH, IN_STRING, ARRAY_DEPTH, IS_OPEN, IS_LENT = range(5)
"""Cells of the state, zeros at first: open brackets, whether a string is open (2: behind a backslash), how many
brackets are open right inside the array, 0 outside of it; whether an element stands on the line that goes on, and
whether a line end was put in for which none of the file became a blank yet."""

STATE_CELLS = 5


@kernel("i8, i8, i8[] -> none")
def split_elements(base, size, state):
    """Rewrite `size` bytes at the address `base`; `state` (int64) goes from one call to the next."""
    depth, in_string, array = state[DEPTH], state[IN_STRING], state[ARRAY_DEPTH]
    is_open, is_lent = state[IS_OPEN], state[IS_LENT]
    for i in range(size):
        byte, is_border = load_byte(base, i), False
        if byte == 13 or (byte == 10 and in_string > 0):
            store_byte(base, i, 32)
        elif in_string == 2:
            in_string = 1
        elif in_string == 1:
            if byte == 34:
                in_string = 0
            elif byte == 92:
                in_string = 2
        elif byte == 10:
            if is_lent:
                store_byte(base, i, 32)
                is_lent = 0
            else:
                is_open = 0
            continue
        elif byte == 34:
            in_string = 1
        elif byte == 123 or byte == 91:
            depth += 1
            if array == 0 and byte == 91:
                array = depth
                is_border = True
        elif byte == 125 or byte == 93:
            depth = max(depth - 1, 0)
            if depth < array:
                array = 0
        elif byte == 44 and depth == array:
            is_border = True
        if is_border:
            store_byte(base, i, 10 if is_open else 32)
            is_lent |= is_open
            is_open = 0
        elif array == 0:
            store_byte(base, i, 32)
        elif byte > 32:
            is_open = 1
    state[DEPTH], state[IN_STRING], state[ARRAY_DEPTH] = depth, in_string, array
    state[IS_OPEN], state[IS_LENT] = is_open, is_lent
