"""Where the first record of a range begins, in formats whose records may be several lines.

What a record begins with is the format's affair: a function is given that looks for it in whole lines. Lines that no
record begins with, at the start of a range, belong to the range before, whose reader goes on to read them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from logproc.inputs.opening import line_start
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Begins: TypeAlias = "Callable[[NDArray[np.uint8], int, int], int]"
"""Returns where the first record of whole lines buffer[begin:end] begins, -1 if none does."""

LOOK = 1 << 16
"""Bytes that are read at a time to find a record."""


def record_start(fd: int, position: int, limit: int, begins: Begins, max_line_bytes: int) -> int:
    """Return the offset of the first record at or behind the line at `position`; `limit` if none begins before it.

    No record begins with a line that is longer than the limit of lines.
    """
    buffer = np.zeros(min(LOOK, max_line_bytes) + max_line_bytes + 2 + PADDING, np.uint8)
    room = len(buffer) - PADDING - 1
    while position < limit:
        size = os.preadv(fd, (buffer.data[:room],), position)
        if size == 0:
            break
        end = _whole_lines(buffer, size, final=size < room)
        if end == 0:
            position = line_start(fd, position + 1, limit, 0)  # a line that is too long
            continue
        at = 0
        while (found := begins(buffer, at, end)) >= 0:
            newline = _newline(buffer, found, end)
            if newline - found <= max_line_bytes:
                return min(position + found, limit)
            at = newline + 1
        position += end
    return limit


def record_behind(fd: int, position: int, limit: int, ends: Begins, max_line_bytes: int) -> int:
    """Return the offset of the first line from `position` on, where a line begins, that stands behind a record's end.

    `ends` returns where the line behind the first one that ends a record begins, be it at `end`, or -1. A line that is
    longer than the limit of lines ends one, too. `limit` is returned if there is none before it.
    """
    at = _line_before(fd, position, max_line_bytes)
    if at < 0:
        return position
    buffer = np.zeros(min(LOOK, max_line_bytes) + max_line_bytes + 2 + PADDING, np.uint8)
    room = len(buffer) - PADDING - 1
    while at < limit:
        size = os.preadv(fd, (buffer.data[:room],), at)
        if size == 0:
            break
        end = _whole_lines(buffer, size, final=size < room)
        if end == 0:
            return line_start(fd, at + 1, limit, 0)
        found = ends(buffer, 0, end)
        if found >= 0:
            return min(at + found, limit)
        at += end
    return limit


def _line_before(fd: int, position: int, max_line_bytes: int) -> int:
    """Return where the line before the one at `position` begins, -1 if it is longer than the limit."""
    begin = max(0, position - max_line_bytes - 2)
    found = os.pread(fd, max(0, position - 1 - begin), begin).rfind(b"\n")
    return begin + found + 1 if found >= 0 or begin == 0 else -1


def _whole_lines(buffer: NDArray[np.uint8], size: int, *, final: bool) -> int:
    """Return where the last whole line of the bytes read ends; a newline is added behind the end of the file."""
    if final and buffer[size - 1] != ord("\n"):
        buffer[size] = ord("\n")
        return size + 1
    return buffer[:size].tobytes().rfind(b"\n") + 1


def _newline(buffer: NDArray[np.uint8], begin: int, end: int) -> int:
    return begin + buffer[begin:end].tobytes().index(b"\n")
