"""Compression: recognised by the first bytes, never by the name, and undone in bounded memory.

Every codec is one row of `CODECS`. The decoders of the libraries share one shape (that of `bz2.BZ2Decompressor`), so
one class reads them all: members that follow one another, zero padding between and behind them, and damage. A damaged
stream never raises: what decodes before the damage is delivered, then the stream ends and `damage` says why.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1 << 18
"""Bytes of one raw read and of one decoding step: 256 KiB stays in the second-level cache."""

MEMORY_LIMIT = 1 << 28
"""Bytes an xz stream may ask for as its dictionary; `xz -9` asks for 65 MiB."""

_FIRST_FEED = 1 << 12  # a file of a thousand tiny members must not hand each of them the rest of the chunk to copy


class Decoder(Protocol):
    """What the decompressors of bz2, lzma, isal and zstd have in common: one member, step by step."""

    @property
    def eof(self) -> bool:
        """Tell whether the member has ended."""

    @property
    def needs_input(self) -> bool:
        """Tell whether nothing more comes without more input."""

    @property
    def unused_data(self) -> bytes:
        """Return the input behind the member's end."""

    def decompress(self, data: bytes | memoryview, max_length: int = -1) -> bytes:
        """Return at most `max_length` decompressed bytes."""


Toolbox = tuple["Callable[[], Decoder]", tuple[type[Exception], ...]]
"""How to make a decoder for one member, and what it raises for damaged data."""


def _gzip() -> Toolbox:
    from isal import igzip_lib  # noqa: PLC0415 - only a run that meets gzip pays for it

    error = cast("type[Exception]", igzip_lib.IsalError)
    return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), (error, EOFError)


def _bzip2() -> Toolbox:
    import bz2  # noqa: PLC0415

    return bz2.BZ2Decompressor, (OSError, EOFError, ValueError)


def _xz() -> Toolbox:
    import lzma  # noqa: PLC0415

    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MEMORY_LIMIT), (lzma.LZMAError, EOFError)


def _zstd() -> Toolbox:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd.ZstdDecompressor, (zstd.ZstdError, EOFError)


@dataclass(frozen=True, slots=True)
class Codec:
    """A compression: its name, how its files begin, and where its decoder comes from (None: as it stands)."""

    name: str
    magics: tuple[bytes, ...]
    load: Callable[[], Toolbox] | None


CODECS: tuple[Codec, ...] = (
    Codec("plain", (), None),
    Codec("gzip", (b"\x1f\x8b\x08",), _gzip),
    # "BZh9" alone may begin a line of text: the mark of the first block, or of an empty stream, must follow.
    Codec("bzip2", tuple(b"BZh%d" % n + mark for n in range(1, 10) for mark in (b"1AY&SY", b"\x17rE8P\x90")), _bzip2),
    Codec("xz", (b"\xfd7zXZ\x00",), _xz),
    # A zstd file may begin with a skippable frame, as those of pzstd do.
    Codec("zstd", (b"\x28\xb5\x2f\xfd", *(bytes((n,)) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))), _zstd),
)
"""Every codec logproc reads; a codec is added here and nowhere else."""

_BY_NAME = {codec.name: codec for codec in CODECS}
FIRST_BYTES = frozenset(magic[0] for codec in CODECS for magic in codec.magics)
LONGEST_MAGIC = max(len(magic) for codec in CODECS for magic in codec.magics)


def sniff(head: bytes) -> str:
    """Name the codec of a file by its first `LONGEST_MAGIC` bytes; "plain" where none of the others fits."""
    if head and head[0] in FIRST_BYTES:
        for codec in CODECS:
            if head.startswith(codec.magics):
                return codec.name
    return "plain"


class RawInput:
    """Bytes of an open file descriptor from where it stands, with a look ahead; OSErrors of reading pass through."""

    __slots__ = ("_ahead", "_fd", "position", "seekable")

    damage: str | None = None

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._ahead = b""
        try:
            self.position = os.lseek(fd, 0, os.SEEK_CUR)
            self.seekable = True
        except OSError:  # a pipe
            self.position = 0
            self.seekable = False

    @property
    def stored_bytes(self) -> int:
        """Bytes taken from the file so far."""
        return self.position

    def peek(self, length: int) -> bytes:
        """Return the next `length` bytes, fewer at the end of the file, and leave them to be read."""
        while len(self._ahead) < length:
            data = os.read(self._fd, CHUNK)
            if not data:
                break
            self._ahead += data
        return self._ahead[:length]

    def read(self, length: int) -> bytes:
        """Return 1 to `length` bytes, none at the end of the file."""
        if self._ahead:
            data, self._ahead = self._ahead[:length], self._ahead[length:]
        else:
            data = os.read(self._fd, length)
        self.position += len(data)
        return data

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how many bytes; 0 at the end of the file."""
        if self._ahead:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        count = os.readv(self._fd, [view])
        self.position += count
        return count

    def seek(self, position: int) -> None:
        """Go to an absolute position; only where `seekable`."""
        os.lseek(self._fd, position, os.SEEK_SET)
        self._ahead = b""
        self.position = position


class Compressed:
    """The decompressed bytes of a `RawInput`; `damage` says what is wrong once the stream has ended at it.

    No step decodes more than `CHUNK` bytes, whatever the ratio, so that memory does not grow with the input.
    """

    __slots__ = (
        "_bytewise_from",
        "_chunk",
        "_codec",
        "_cursor",
        "_errors",
        "_fault",
        "_feed",
        "_make",
        "_member",
        "_member_size",
        "_member_start",
        "_piece_start",
        "_raw",
        "ended",
        "produced",
    )

    def __init__(self, raw: RawInput, codec: Codec) -> None:
        assert codec.load is not None
        self._raw = raw
        self._codec = codec
        self._make, self._errors = codec.load()
        self._member: Decoder | None = None
        self._member_start = raw.position
        self._member_size = 0
        self._chunk = memoryview(b"")
        self._cursor = 0
        self._feed = _FIRST_FEED
        self._piece_start = raw.position
        self._bytewise_from = sys.maxsize
        self.produced = 0
        self.ended = False
        self._fault: str | None = None

    @property
    def damage(self) -> str | None:
        """Say what is wrong with the stream, None before the damage is reached."""
        return None if self._fault is None else f"{self._fault} after {self.produced} decompressed bytes"

    @property
    def stored_bytes(self) -> int:
        """Compressed bytes consumed so far."""
        return self._raw.position - (len(self._chunk) - self._cursor)

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` with decompressed bytes and return how many; 0 at the end or at the damage."""
        limit = min(len(view), CHUNK)
        while not self.ended:
            data = self._step(limit)
            if data:
                view[: len(data)] = data
                self.produced += len(data)
                return len(data)
        return 0

    def _step(self, limit: int) -> bytes:
        """Return what one decoding step yields, which may be nothing."""
        if self._member is None and not self._next_member():
            return b""
        try:
            data = self._decode(limit)
        except self._errors as error:
            data = self._recover(limit, str(error))
        self._member_size += len(data)
        if self._member is not None and self._member.eof:
            self._member = None
        return data

    def _decode(self, limit: int) -> bytes:
        member = self._member
        assert member is not None
        piece = self._take() if member.needs_input else memoryview(b"")
        if member.needs_input and not piece:
            self._end(f"{self._codec.name} data ends early")
            return b""
        data = member.decompress(piece, limit)
        if member.eof:
            self._cursor -= len(member.unused_data)
        return data

    def _take(self) -> memoryview:
        """Return the next piece of input, none at the end of the file."""
        if self._cursor == len(self._chunk):
            self._chunk = memoryview(self._raw.read(CHUNK))
            self._cursor = 0
        self._piece_start = self.stored_bytes
        length = max(1, min(self._feed, self._bytewise_from - self._piece_start))
        self._feed = min(2 * self._feed, CHUNK)
        piece = self._chunk[self._cursor : self._cursor + length]
        self._cursor += len(piece)
        return piece

    def _next_member(self) -> bool:
        """Skip zero padding and begin the member behind it; False where none follows."""
        first = self.stored_bytes == self._member_start
        head = self._skip_zeros()
        if not head:
            self.ended = True
            return False
        if not first and not head.startswith(self._codec.magics):
            self._end(f"trailing garbage behind the {self._codec.name} data, at byte {self.stored_bytes} of the file,")
            return False
        self._begin_member()
        return True

    def _begin_member(self) -> None:
        self._member_start = self.stored_bytes
        self._member_size = 0
        self._feed = _FIRST_FEED
        self._member = self._make()

    def _skip_zeros(self) -> bytes:
        """Move to the next byte that is not zero; returns up to `LONGEST_MAGIC` bytes from there."""
        head = bytes(self._chunk[self._cursor : self._cursor + LONGEST_MAGIC])
        if len(head) == LONGEST_MAGIC and head[0]:
            return head
        while True:
            rest = bytes(self._chunk[self._cursor :])
            stripped = rest.lstrip(b"\0")
            self._cursor += len(rest) - len(stripped)
            if len(stripped) >= LONGEST_MAGIC:
                return stripped[:LONGEST_MAGIC]
            more = self._raw.read(CHUNK)
            self._chunk, self._cursor = memoryview(stripped + more), 0
            if not more:
                return stripped

    def _recover(self, limit: int, reason: str) -> bytes:
        """Decode the damaged member once more and return what its decoder withheld when it raised.

        A decoder that fails gives nothing of the step it failed in. Fed with single bytes, and asked for single
        bytes, it gives all of them up to the damage, and up to a checksum that does not match. A pipe cannot be read
        twice: there up to `CHUNK` bytes before the damage are lost.
        """
        if not self._raw.seekable:
            self._end(f"{self._codec.name} data is corrupt ({reason})")
            return b""
        known = self._member_size
        self._bytewise_from = self._piece_start
        self._raw.seek(self._member_start)
        self._chunk, self._cursor = memoryview(b""), 0
        self._begin_member()
        found = bytearray()
        skipped = 0
        try:
            while skipped < known and not self.ended:
                skipped += len(self._decode(min(CHUNK, known - skipped)))
            while len(found) < limit and not self.ended and self._member is not None and not self._member.eof:
                found += self._decode(1)
        except self._errors as error:
            reason = str(error)
        self._member_size = known
        if len(found) < limit:
            self._end(f"{self._codec.name} data is corrupt ({reason})")
        return bytes(found)

    def _end(self, fault: str) -> None:
        self._fault = fault
        self.ended = True


Stream = RawInput | Compressed
"""What `open_stream` gives: `readinto`, `damage` and `stored_bytes`."""


def open_stream(raw: RawInput, codec: str) -> Stream:
    """Return the decompressed bytes of `raw`, which is itself the stream where `codec` is "plain".

    Raises KeyError for a codec that is not in `CODECS`.
    """
    row = _BY_NAME[codec]
    return raw if row.load is None else Compressed(raw, row)
