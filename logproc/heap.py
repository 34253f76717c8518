"""The heap of this process: one for all threads, which gives back to the system what is free."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

LARGE_BYTES = 2 << 20
"""Bytes from which on an array is the system's and not the heap's.

With 3 million distinct clients and two threads, preset `web`: 689 MB at 4 MiB and 622 MB at 2 MiB, `web/clients` 431
and 388, for the same CPU time; 1 MiB took 361 MB for the latter and half as much CPU time again."""


def share_one_heap() -> None:
    """Let all threads of this process allocate from one heap.

    Each arena of glibc keeps what was freed in it. Work A over 10 million distinct clients with two threads took 420 MB
    with arenas of their own and 375 MB with one, and no longer: kernels allocate nothing, and Python holds its lock.
    Large arrays are given back to the system at once, also after the first of them: by itself glibc would then keep
    them in the heap, between what is still in use (597 and 450 MB, with three aggregates, for the same CPU time).
    """
    if sys.platform == "linux":
        m_arena_max, m_mmap_threshold = -8, -3  # <malloc.h> of glibc
        with suppress(AttributeError):  # other C libraries have no arenas
            allocator = _library()
            allocator.mallopt(m_arena_max, 1)
            allocator.mallopt(m_mmap_threshold, LARGE_BYTES)


def give_back() -> None:
    """Give the pages of the heap back to the system that nothing is in any more.

    Freed arrays are in between what is in use: after five merges of two tables with 200,000 groups 100 to 180 MB.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            _library().malloc_trim(0)


def _library() -> CDLL:
    import ctypes  # noqa: PLC0415 - a signal that comes meanwhile finds somebody who answers it

    return ctypes.CDLL(None)
