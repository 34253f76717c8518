"""The heap of this process: one for all threads, which gives back to the system what is free."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

LARGE_BYTES = 2 << 20
"""Bytes from which on an array is the system's and not the heap's.

With 3 million distinct clients and two threads, preset `web`: 689 MB at 4 MiB and 622 MB at 2 MiB, `web/clients` 431
and 388, for the same CPU time; 1 MiB took 361 MB for the latter and half as much CPU time again."""


COMPILER = "/libllvmlite.so"
"""What a mapping of numba's compiler ends with."""


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

    Freed arrays are in between what is in use: after five merges of two tables with 200,000 groups 100 to 180 MB. The
    code of the compiler goes too, 25 to 30 MB that loading kernels has touched: what is wanted of it again comes back
    from the file.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            library = _library()
            library.malloc_trim(0)
            _leave_code(library)


def _leave_code(library: CDLL) -> None:
    """Let go of the pages of the compiler's code, which nobody has written to."""
    from ctypes import c_size_t, c_void_p  # noqa: PLC0415 - as in `_library`

    madv_dontneed = 4  # <sys/mman.h> of Linux
    with suppress(OSError), Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as maps:
        for line in maps:
            if line.rstrip().endswith(COMPILER) and " r-xp " in line:
                begin, end = (int(part, 16) for part in line.split()[0].split("-"))
                library.madvise(c_void_p(begin), c_size_t(end - begin), madv_dontneed)


def _library() -> CDLL:
    import ctypes  # noqa: PLC0415 - a signal that comes meanwhile finds somebody who answers it

    return ctypes.CDLL(None)
