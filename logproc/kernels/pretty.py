"""JSON objects that are written over several lines, as one line each: rewritten in place.

A line end inside an object becomes a carriage return, which is as good as a blank in JSON, and a carriage return a
blank, so that what was a line can still be told. Every byte stays where it is. An object that was cut ends where
another begins in a line's first column, if its own lines are indented or no object could stand there.
"""

# numba compiles == faster than `in`
from __future__ import annotations

from logproc.kernels.jit import kernel
from logproc.kernels.jsonscan import next_newline
from logproc.kernels.memory import load_byte, store_byte

FOLDED = 13
"""What stands for a line end inside an object."""

_DEEPEST = 62  # levels of which it is remembered whether they are arrays


@kernel("i8, i8, i8, i8, i8[] -> none")
def fold_objects(base, begin, end, max_lines, out):
    """Fold the objects of whole lines [begin, end) of the buffer at `base`; the first byte is outside of any.

    Writes to `out` where the line behind the last whole object or other line begins, and how many lines stand before
    it. It stops there once these are `max_lines` or more.
    """
    i = begin
    boundary, at_boundary = begin, 0
    lines = 0
    depth, arrays, previous = 0, 0, 0
    in_string = False
    indented = False
    while i < end:
        if depth == 0:
            boundary, at_boundary = i, lines
            if lines >= max_lines:
                break
            j = i
            byte = load_byte(base, j)
            while byte == 32 or byte == 9 or byte == 13:
                j += 1
                byte = load_byte(base, j)
            if byte != 123:
                i = next_newline(base, j) + 1
                lines += 1
                continue
            depth, arrays, previous, in_string, indented = 1, 0, 123, False, False
            i = j + 1
            continue
        byte = load_byte(base, i)
        if in_string:
            if byte == 92 and load_byte(base, i + 1) != 10:
                i += 1
            elif byte == 34:
                in_string = False
                previous = 34
            elif byte == 10:  # no text goes on behind a line's end: this one was cut
                depth = 0
                lines += 1
        elif byte == 34:
            in_string = True
        elif byte == 123 or byte == 91:
            depth += 1
            bit = 1 << min(depth, _DEEPEST)
            arrays = arrays | bit if byte == 91 else arrays & ~bit
            previous = byte
        elif byte == 125 or byte == 93:
            depth -= 1
            previous = byte
            if depth == 0:
                i = next_newline(base, i)
                lines += 1
        elif byte == 10:
            in_array = (arrays >> min(depth, _DEEPEST)) & 1 == 1
            may_stand = previous == 91 or previous == 58 or (previous == 44 and in_array)
            if i + 1 < end:
                lines += 1
                following = load_byte(base, i + 1)
                indented = indented or (depth == 1 and following == 32) or following == 9
                if following == 123 and (indented or not may_stand):
                    depth = 0
                else:
                    store_byte(base, i, FOLDED)
        elif byte == 13:
            if load_byte(base, i + 1) == 10:
                store_byte(base, i, 32)
        elif byte > 32:
            previous = byte
        i += 1
    if depth == 0 and i >= end:
        boundary, at_boundary = i, lines
    out[0], out[1] = boundary, at_boundary
