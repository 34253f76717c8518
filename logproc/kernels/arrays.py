"""Arrays that grow: what kernels fill never grows by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGE = 1 << 16
"""Entries from which on arrays grow by half: what is held twice for a moment, and what is never used, is less then."""


def grown(array: NDArray[Any], size: int, filler: int = 0) -> NDArray[Any]:
    """Return a copy of an array with `size` rows, the new ones filled with `filler`."""
    shape = (size, *array.shape[1:])
    # Zeros that nobody has touched yet take no memory.
    larger = np.full(shape, filler, array.dtype) if filler else np.zeros(shape, array.dtype)
    larger[: len(array)] = array
    return larger


def enlarged(size: int, needed: int) -> int:
    """Return how large what holds `size` becomes to hold `needed`: half as much again at least, a small one twice."""
    return max(needed, size + (size >> 1) if size > LARGE else 2 * size)
