"""Cutting a stream of bytes into blocks of whole lines, in the caller's buffer.

The cutter reads behind the unfinished last line of the block before, and looks for newlines only from the back of
what it read. What is rare is slow on purpose: behind a line over the limit the rest of the block is held and served
from a copy, so that lines and offsets stay in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Callable

NEWLINE = 10

SMALLEST_BLOCK = 16
"""Bytes that a first read asks for at least, so that it brings the longest magic number."""

_OWN_BYTES = 4  # an added newline, and a byte order mark before the first line


@dataclass(frozen=True, slots=True)
class Block:
    """buffer[start:end) holds whole lines; each ends with a newline, one being added behind an unterminated last.

    `offset` is the decompressed offset in the file of buffer[start]; in a UTF-16 file it counts the converted UTF-8.
    `terminated` is False where the last line had no newline in the file. `too_long` stands for one line of `length`
    bytes at `offset` that was skipped; then start == end.
    """

    start: int
    end: int
    offset: int
    terminated: bool = True
    too_long: bool = False
    length: int = 0


def buffer_size(block_bytes: int, max_line_bytes: int) -> int:
    """Return how many bytes a buffer must have behind `at`: a line, a block, bytes of our own and the padding."""
    return max(block_bytes, SMALLEST_BLOCK) + max_line_bytes + _OWN_BYTES + PADDING


class LineCutter:
    """Blocks of whole lines from `readinto`, which fills some of a memoryview and returns how many bytes.

    It returns 0 at the end. `max_line_bytes` does not count the newline. `offset` is that of the first byte. The
    buffer may be reused between two calls; it needs `buffer_size` bytes behind `at`.
    """

    __slots__ = (
        "_block_bytes",
        "_carry",
        "_cursor",
        "_ended",
        "_held",
        "_max_line",
        "_offset",
        "_readinto",
        "_skipped",
        "_terminated",
    )

    def __init__(
        self, readinto: Callable[[memoryview], int], block_bytes: int, max_line_bytes: int, offset: int
    ) -> None:
        self._readinto = readinto
        self._block_bytes = block_bytes
        self._max_line = max_line_bytes
        self._offset = offset  # of the next byte to give out
        self._ended = False
        self._terminated = True  # False once a newline was added
        self._carry = b""  # the unfinished last line
        self._held = b""  # what stood behind a line that is too long, served from _cursor on
        self._cursor = 0
        self._skipped = -1  # bytes so far of a too long line whose end was not found; -1: none

    def next(self, view: memoryview, at: int) -> Block | None:
        """Return the next block, which lies at or behind view[at]; None at the end."""
        if self._held and (block := self._serve(view, at)) is not None:
            return block
        if self._skipped >= 0:
            return self._skip(view, at)
        if self._ended and not self._carry:
            return None
        have = at + len(self._carry)
        view[at:have] = self._carry
        self._carry = b""
        return self._cut(view, at, have, have)

    def first(self, view: memoryview, begin: int, have: int, *, ended: bool) -> Block | None:
        """Return the first block where view[begin:have) was read already, and with `ended` nothing comes behind."""
        self._ended = ended
        return self._cut(view, begin, have, begin)

    def unfinished(self) -> bytes | None:
        """Return the beginning of the line that is read next; None where more than that, or nothing, comes next."""
        return None if self._held or self._skipped >= 0 or self._ended else self._carry

    def go_on(self, unfinished: bytes, offset: int) -> None:
        """Go on at another offset, that of the beginning of a line which was read elsewhere."""
        self._carry, self._offset = unfinished, offset

    def _cut(self, view: memoryview, begin: int, have: int, scan: int) -> Block | None:
        """Read until there is a whole line; view[begin:have) was read, and view[begin:scan) has no newline."""
        while True:
            newline = last_newline(view, scan, have)
            if newline >= 0 and not self._ended:
                return self._emit(view, begin, newline + 1, have)
            if self._ended:
                break
            if have - begin > self._max_line:
                self._skipped = have - begin
                return self._skip(view, begin)
            scan = have
            have = self._fill(view, have)
        if have == begin:
            return None
        if view[have - 1] != NEWLINE:
            view[have] = NEWLINE
            have += 1
            self._terminated = False
        return self._emit(view, begin, have, have)

    def _emit(self, view: memoryview, begin: int, cut: int, have: int) -> Block:
        """Give out view[begin:cut), which is whole lines, up to a line that is too long; keep what is behind."""
        stop = self._whole_and_short(view, begin, cut)
        if stop < cut:
            self._held, self._cursor = view[stop:have].tobytes(), 0
            if stop == begin:
                block = self._serve(view, begin)
                assert block is not None
                return block
            return self._block(begin, stop, last=False)
        if have - cut > self._max_line:
            self._skipped = have - cut
        else:
            self._carry = view[cut:have].tobytes()
        return self._block(begin, cut, last=cut == have)

    def _whole_and_short(self, view: memoryview, begin: int, cut: int) -> int:
        """Return where the first line over the limit begins in the whole lines view[begin:cut), else `cut`."""
        while cut - begin > self._max_line + 1:
            newline = last_newline(view, begin, begin + self._max_line + 1)
            if newline < 0:
                break
            begin = newline + 1
        return begin if cut - begin > self._max_line + 1 else cut

    def _serve(self, view: memoryview, at: int) -> Block | None:
        """Give out the next of what is held: short lines or one too long; None where only an unfinished is left."""
        held, begin, reach = self._held, self._cursor, self._max_line + 1
        stop = begin
        while (newline := held.rfind(b"\n", stop, stop + reach)) >= 0:
            stop = newline + 1
        if stop > begin:
            view[at : at + stop - begin] = held[begin:stop]
            self._advance(stop)
            return self._block(at, at + stop - begin, last=not self._held)
        newline = held.find(b"\n", begin)
        if newline >= 0:
            self._advance(newline + 1)
            return self._too_long(at, newline - begin, last=not self._held)
        self._held = b""
        if len(held) - begin >= reach:
            self._skipped = len(held) - begin
        else:
            self._carry = held[begin:]
        return None

    def _advance(self, cursor: int) -> None:
        self._cursor = cursor
        if cursor == len(self._held):
            self._held = b""

    def _skip(self, view: memoryview, at: int) -> Block:
        """Read to the end of the line that is too long, keeping none of it."""
        while not self._ended:
            have = self._fill(view, at)
            newline = first_newline(view, at, have)
            if newline >= 0:
                self._held, self._cursor = view[newline + 1 : have].tobytes(), 0
                return self._too_long(at, self._skipped + newline - at, last=False)
            self._skipped += have - at
        self._terminated = False
        return self._too_long(at, self._skipped, last=True)

    def _fill(self, view: memoryview, low: int) -> int:
        have = fill(self._readinto, view, low, low + self._block_bytes)
        self._ended = have < low + self._block_bytes
        return have

    def _block(self, start: int, end: int, *, last: bool) -> Block:
        offset = self._offset
        self._offset += end - start
        return Block(start, end, offset, self._terminated or not last)

    def _too_long(self, at: int, length: int, *, last: bool) -> Block:
        offset = self._offset
        self._offset += length + 1
        self._skipped = -1
        return Block(at, at, offset, self._terminated or not last, too_long=True, length=length)


def fill(readinto: Callable[[memoryview], int], view: memoryview, low: int, high: int) -> int:
    """Read until view[low:high] is full or the input ends; returns the index behind the last byte."""
    while low < high:
        count = readinto(view[low:high])
        if count == 0:
            break
        low += count
    return low


def last_newline(view: memoryview, low: int, high: int) -> int:
    """Return the index of the last newline in view[low:high], -1 without one."""
    length = 1 << 12  # most lines are shorter: the first look is a copy of one page
    while high > low:
        start = max(low, high - length)
        found = view[start:high].tobytes().rfind(b"\n")
        if found >= 0:
            return start + found
        high = start
        length = min(4 * length, 1 << 16)
    return -1


def first_newline(view: memoryview, low: int, high: int) -> int:
    """Return the index of the first newline in view[low:high], -1 without one."""
    while low < high:
        stop = min(low + (1 << 16), high)
        found = view[low:stop].tobytes().find(b"\n")
        if found >= 0:
            return low + found
        low = stop
    return -1
