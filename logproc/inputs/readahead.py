"""Decoding ahead: a thread of its own decodes a compressed stream while what it gave before is parsed.

Decoders and kernels both release the interpreter's lock, so that one file takes about as long as the slower of the two.
What was decoded is handed over in buffers that go round, as many as keep both sides busy: a parser takes a block at a
time, and a decoder that had to wait for the end of that would stand still as often.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from logproc.inputs.codecs import CHUNK
from logproc.inputs.lines import fill

if TYPE_CHECKING:
    from logproc.inputs.codecs import Stream

BUFFERS = 8
"""Buffers of `CHUNK` bytes that go round: twice a block of the usual size (`benchmarks/run.py gzip`)."""


class ReadAhead:
    """The bytes of a stream, decoded by a thread; `close` ends it. Nobody else may read the stream from here on.

    Errors of the stream are raised where its bytes would have come, and `damage` is known once they are at their end.
    """

    __slots__ = ("_at", "_buffer", "_ended", "_free", "_full", "_size", "_stopped", "_stream", "_thread")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._full: SimpleQueue[tuple[memoryview, int] | BaseException] = SimpleQueue()
        for _ in range(BUFFERS):
            self._free.put(memoryview(bytearray(CHUNK)))
        self._buffer = memoryview(b"")
        self._at = self._size = 0  # where in the buffer to go on, and how much it holds
        self._ended = False
        self._stopped = False
        self._thread = threading.Thread(target=self._decode, name="logproc-decoder", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # that is how Python says it, and a machine that lacks memory is to be known
            raise MemoryError(f"no thread can be started to decode ahead: {error}") from error

    @property
    def damage(self) -> str | None:
        """Say what is wrong with the stream, None before the damage is reached."""
        return self._stream.damage if self._ended else None

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how many bytes; 0 at the end or at the damage."""
        if self._at == self._size and not self._next():
            return 0
        count = min(len(view), self._size - self._at)
        view[:count] = self._buffer[self._at : self._at + count]
        self._at += count
        if self._at == self._size:
            self._free.put(self._buffer)
        return count

    def close(self, *, wait: bool = True) -> None:
        """Let the thread end; with `wait` it has ended, and reads nothing more, when this returns."""
        self._stopped = True
        self._free.put(self._buffer)  # it may be waiting for one
        if wait:
            self._thread.join()

    def _next(self) -> bool:
        """Take the next buffer that is full; False at the end."""
        if self._ended:
            return False
        found = self._full.get()
        if isinstance(found, BaseException):
            self._ended = True
            raise found
        self._buffer, self._size = found
        self._at = 0
        self._ended = self._size == 0
        return not self._ended

    def _decode(self) -> None:
        """Fill buffers up to the end, which an empty one stands for."""
        try:
            size = 1
            while size and not self._stopped:
                buffer = self._free.get()
                size = 0 if self._stopped else fill(self._stream.readinto, buffer, 0, len(buffer))
                self._full.put((buffer, size))
        except BaseException as error:  # noqa: BLE001 - it is the reader's
            self._full.put(error)
