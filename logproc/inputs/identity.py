"""What a file is, whatever its name: hashes and checksums of its decompressed content.

A file is known again by BLAKE2b of its first bytes, BLAKE2b of the bytes before the offset up to which it was counted,
and the CRC-32 of everything before that offset. CRCs of adjacent ranges combine, so that workers can compute them.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from logproc.inputs.codecs import LONGEST_MAGIC, RawInput, open_stream, sniff
from logproc.inputs.encodings import HEAD_BYTES as ENCODING_BYTES
from logproc.inputs.encodings import classify
from logproc.inputs.lines import fill
from logproc.inputs.opening import open_regular, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW = 4096
"""Bytes of a head and of a tail."""

CHUNK = 1 << 20
POLYNOMIAL = 0xEDB88320
"""CRC-32 of IEEE 802.3, bits reversed: the one of gzip and zlib."""
ORDER = (1 << 32) - 1


def digest(data: bytes | memoryview) -> bytes:
    """Return the BLAKE2b of bytes, 16 bytes long."""
    return blake2b(data, digest_size=16).digest()


def crc32_combine(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two texts one behind the other, of which the second has `length` bytes.

    As in zlib: appending a zero bit to a text is a linear map of its CRC over GF(2), here multiplication by x modulo
    the polynomial; `length` zero bytes are x to the power of 8 * length.
    """
    if first == 0 or length == 0:
        return first ^ second
    return _multiply(_power(8 * length), first) ^ second


def crc32_remove(both: int, second: int, length: int) -> int:
    """Return the CRC-32 of a text, given that of it and `length` bytes behind it, and the CRC-32 of those alone.

    The polynomial is primitive: x to the power of 2**32 - 1 is 1, so that appended zeros can be taken back.
    """
    return _multiply(_power(-8 * length % ORDER), both ^ second)


def _power(exponent: int) -> int:
    """Return x to a power modulo the polynomial, bits reversed."""
    power, step = 1 << 31, 0
    while exponent:
        if exponent & 1:
            power = _multiply(power, _square(step))
        exponent >>= 1
        step += 1
    return power


@cache
def _square(step: int) -> int:
    """Return x to the power of 2**step modulo the polynomial."""
    if step == 0:
        return 1 << 30
    half = _square(step - 1)
    return _multiply(half, half)


def _multiply(a: int, b: int) -> int:
    """Multiply two polynomials over GF(2) modulo the CRC's, bits reversed."""
    product = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ (POLYNOMIAL if b & 1 else 0)
    return product


class Checksum:
    """CRC-32 of bytes that are read in order, and the last of them."""

    __slots__ = ("at", "crc", "last", "start")

    def __init__(self, start: int, last: bytes = b"") -> None:
        self.start = self.at = start
        self.crc = 0
        self.last = last

    def update(self, data: memoryview) -> None:
        """Take the next bytes in."""
        self.crc = zlib.crc32(data, self.crc)
        self.at += len(data)
        self.last = data[-WINDOW:].tobytes() if len(data) >= WINDOW else (self.last + data.tobytes())[-WINDOW:]


@dataclass(frozen=True, slots=True)
class Probe:
    """What the first look at a file tells: no more than a few kilobytes were read.

    `head` are the first decompressed bytes, up to `WINDOW`. `stream` tells that it can only be read from its beginning
    (compressed, UTF-16, one JSON array). `end` is where the last whole line of a plain file ends, `size` its size.
    `trailer` are CRC-32 and length modulo 2**32 that a gzip file's last member claims.
    """

    codec: str
    size: int
    head: bytes
    stream: bool = False
    end: int = 0
    trailer: tuple[int, int] | None = None
    damage: str | None = None
    device: int = 0
    inode: int = 0


def probe(path: str) -> Probe:
    """Look at a file; UnreadableError if that cannot be done."""
    fd, size = open_regular(path)
    try:
        status = os.fstat(fd)
        head = os.pread(fd, min(size, WINDOW), 0)
        codec = sniff(head[:LONGEST_MAGIC])
        if codec != "plain":
            return _probe_stream(fd, codec, size, status)
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or head[:1] in {b"[", b"{", b"\x00"} or b"\0" in head:
            encoding = classify(os.pread(fd, ENCODING_BYTES, 0))
            stream = encoding.name not in {"utf-8", "utf-8-bom"} or encoding.reason is not None
        else:
            stream = False
        end = size if stream else line_end(fd, size)
        return Probe(codec, size, head, stream, end, None, None, status.st_dev, status.st_ino)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)


def _probe_stream(fd: int, codec: str, size: int, status: os.stat_result) -> Probe:
    trailer = None
    if codec == "gzip" and size >= 18:
        raw = os.pread(fd, 8, size - 8)
        trailer = (int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:], "little"))
    os.lseek(fd, 0, os.SEEK_SET)
    stream = open_stream(RawInput(fd), codec)
    view = memoryview(bytearray(WINDOW))
    have = fill(stream.readinto, view, 0, WINDOW)
    return Probe(codec, size, bytes(view[:have]), True, 0, trailer, stream.damage, status.st_dev, status.st_ino)


def line_end(fd: int, size: int) -> int:
    """Return where the last whole line within the first `size` bytes of a plain file ends."""
    length, end = WINDOW, size
    while end > 0:
        begin = max(0, end - length)
        found = os.pread(fd, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end, length = begin, min(4 * length, CHUNK)
    return 0


def tail_of(path: str, offset: int, length: int) -> bytes:
    """Return the BLAKE2b of the `length` bytes before `offset` of a plain file."""
    fd, _ = open_regular(path)
    try:
        return digest(os.pread(fd, length, offset - length))
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)


def lines_before(path: str, end: int) -> int:
    """Count the newlines among the first `end` bytes of a file, decompressed."""
    fd, _ = open_regular(path)
    try:
        stream = open_stream(RawInput(fd), sniff(os.pread(fd, LONGEST_MAGIC, 0)))
        view = memoryview(bytearray(CHUNK))
        lines = 0
        while end > 0 and (count := stream.readinto(view[: min(end, CHUNK)])):
            lines += bytes(view[:count]).count(b"\n")
            end -= count
    except OSError as error:
        raise unreadable(path, error) from error
    else:
        return lines
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True)
class Content:
    """What reading a file through tells: its decompressed length, CRC-32, and the CRC-32 before given offsets.

    `last` is the last byte; `damage` says why it ended early.
    """

    length: int
    crc: int
    crcs: dict[int, int]
    last: bytes
    damage: str | None


def read_through(path: str, offsets: Iterable[int], limit: int = -1) -> Content:
    """Read a file, decompressed, up to `limit` if that is not negative, and return its checksums."""
    fd, size = open_regular(path)
    try:
        codec = sniff(os.pread(fd, LONGEST_MAGIC, 0))
        os.lseek(fd, 0, os.SEEK_SET)
        stream = open_stream(RawInput(fd), codec)
        wanted = {at for at in offsets if at > 0}
        borders = sorted(wanted)
        view = memoryview(bytearray(CHUNK))
        at, crc, last = 0, 0, b""
        crcs = {0: 0}
        stop = limit if limit >= 0 else (size if codec == "plain" else -1)
        while stop < 0 or at < stop:
            room = len(view) if stop < 0 else min(len(view), stop - at)
            border = next((b for b in borders if b > at), at + room)
            count = stream.readinto(view[: min(room, border - at)])
            if count == 0:
                break
            crc = zlib.crc32(view[:count], crc)
            at += count
            last = bytes(view[count - 1 : count])
            if at in wanted:
                crcs[at] = crc
        return Content(at, crc, crcs, last, stream.damage)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(fd)
