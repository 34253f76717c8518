"""A file read forward from an offset, decompressed: where lines begin that are known, and checksums of what is there.

It is read once, however much is looked for in it. What was read last is kept, for a line may not be what it begins as.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Self

from logproc.inputs.codecs import LONGEST_MAGIC, RawInput, Stream, open_stream, sniff
from logproc.inputs.identity import CHUNK, WINDOW, digest
from logproc.inputs.lines import fill
from logproc.inputs.opening import open_regular, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

KEPT = 1 << 16
"""So many bytes at least can be gone back without reading a compressed file anew: more than a record that goes on."""


class Forward:
    """An open file, decompressed, from where a line begins on; a context manager. UnreadableError where it fails."""

    def __init__(self, path: str, start: int) -> None:
        self._path = path
        self._view = memoryview(bytearray(CHUNK))
        self._data = b""
        self._base = self._at = 0  # where data begins in the file, and where in data this stands
        self._ended = self._within = False  # whether data has all that is left, and whether this is within a line
        self._fd, _ = open_regular(path)
        try:
            self._begin(start)
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def next_line(self, wanted: AbstractSet[bytes], size: int, end: int) -> tuple[int, bytes] | None:
        """Go to the next line, or this one, of whose first `size` bytes the hash is wanted.

        Returns where it begins, and up to `WINDOW` bytes of what is there; None if none begins before `end`.
        """
        if self._within:
            self.pass_line()
        while self._have(WINDOW):
            data, line = self._data, self._at
            last = min(len(data) - (1 if self._ended else WINDOW), end - 1 - self._base)
            while line <= last:
                if digest(data[line : line + size]) in wanted:
                    self._at = line
                    return self._base + line, data[line : line + WINDOW]
                behind = data.find(b"\n", line) + 1
                if behind == 0:
                    break
                line = behind
            self._at = line
            if self._base + line >= end:
                return None
            if line <= last:
                self.pass_line()
        return None

    def pass_line(self) -> None:
        """Go behind the next newline, or to the end."""
        while self._have(1):
            behind = self._data.find(b"\n", self._at) + 1
            self._at = behind or len(self._data)
            self._within = behind == 0
            if behind:
                return

    def crcs(self, offsets: Iterable[int], crc: int = 0) -> dict[int, int]:
        """Go on to the last of some offsets; returns the CRC-32 before those that are there, given that before here."""
        found = {}
        for offset in sorted(offsets):
            while self._base + self._at < offset and self._have(1):
                some = self._data[self._at : offset - self._base]
                crc = zlib.crc32(some, crc)
                self._at += len(some)
                self._within = some[-1:] != b"\n"
            if self._base + self._at == offset:
                found[offset] = crc
        return found

    def back_to(self, line: int) -> None:
        """Go back to where a line begins."""
        if line < self._base:
            self._begin(line)
        else:
            self._at, self._within = line - self._base, False

    def _begin(self, start: int) -> None:
        try:
            self._stream = _stream_at(self._fd, start)
        except OSError as error:
            raise unreadable(self._path, error) from error
        self._data, self._base, self._at = b"", start, 0
        self._ended = self._within = False

    def _have(self, length: int) -> bool:
        """Read until so many bytes are there, if they are; tell whether there are any."""
        try:
            while not self._ended and len(self._data) - self._at < length:
                have = fill(self._stream.readinto, self._view, 0, CHUNK)
                self._ended = have < CHUNK
                gone = max(0, self._at - KEPT)
                self._data = self._data[gone:] + self._view[:have]
                self._base, self._at = self._base + gone, self._at - gone
        except OSError as error:
            raise unreadable(self._path, error) from error
        return self._at < len(self._data)


def _stream_at(fd: int, start: int) -> Stream:
    """Return what a file holds from an offset on; one that is compressed is decompressed up to there."""
    codec = sniff(os.pread(fd, LONGEST_MAGIC, 0))
    os.lseek(fd, start if codec == "plain" else 0, os.SEEK_SET)
    if codec == "plain":
        return RawInput(fd)
    stream = open_stream(RawInput(fd), codec)
    view = memoryview(bytearray(CHUNK))
    while start > 0 and (count := stream.readinto(view[:start])):
        start -= count
    return stream
