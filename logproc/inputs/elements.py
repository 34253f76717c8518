"""Files that are one JSON array of records, as objects on lines: a source between the file and the cutter of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.elements import STATE_CELLS, split_elements

if TYPE_CHECKING:
    from collections.abc import Callable


class Elements:
    """Bytes of `source` with no two elements of the array on one line.

    `source` fills a memoryview and returns how many bytes, 0 at the end. `head` is what was read of it already.
    """

    __slots__ = ("_head", "_source", "_state")

    def __init__(self, source: Callable[[memoryview], int], head: bytes) -> None:
        self._source = source
        self._head = memoryview(head)
        self._state = np.zeros(STATE_CELLS, np.int64)

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how many bytes; 0 at the end."""
        if self._head:
            count = min(len(view), len(self._head))
            view[:count] = self._head[:count]
            self._head = self._head[count:]
        else:
            count = self._source(view)
        if count:
            split_elements(np.frombuffer(view[:count], np.uint8).ctypes.data, count, self._state)
        return count
