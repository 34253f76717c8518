"""Arrow's string views of dictionary keys: sixteen bytes that hold a short text, or say where a long one lies.

The format is that of https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout: a length in
four bytes, then the text itself up to 12 bytes, else its first four, the number of its buffer and its offset there.
"""

from __future__ import annotations

import numpy as np

from logproc.kernels.jit import kernel

INLINE = 12
"""Bytes of the longest text that stands in its view."""


@kernel("u1[], i8[,], i8, i8, i8[,] -> none")
def view_keys(arena, entries, begin, end, views):
    """Write the views of the keys [begin, end), all in buffer 0, the arena; entries as `Dictionary.entries`."""
    for code in range(begin, end):
        start = entries[code, 0]
        length = entries[code, 1] >> 1
        first = np.int64(0)
        for k in range(min(length, 4)):
            first |= np.int64(arena[start + k]) << (8 * k)
        views[code, 0] = length | (first << 32)
        second = np.int64(0)
        if length <= INLINE:
            for k in range(4, length):
                second |= np.int64(arena[start + k]) << (8 * (k - 4))
        else:
            second = start << 32
        views[code, 1] = second
