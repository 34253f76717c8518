"""Arrays that grow: what kernels fill never grows by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def grown(array: NDArray[Any], size: int, filler: int = 0) -> NDArray[Any]:
    """Return a copy of an array with `size` rows, the new ones filled with `filler`."""
    larger = np.full((size, *array.shape[1:]), filler, array.dtype)
    larger[: len(array)] = array
    return larger
