"""Blocks: the bytes of a file, or of a range of it, as whole lines in the caller's buffer.

A `BlockReader` opens on its first `read`, looks at the bytes that read brought (codec, encoding, binary or not) and
from then on fills the caller's buffer straight from the file or the decoder. A range [start, end) owns every line
whose first byte lies in it; of a file that cannot be cut (compressed, UTF-16, standard input) the range that begins
at 0 owns everything.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, NamedTuple, Self

from logproc.errors import UnreadableError
from logproc.inputs.codecs import LONGEST_MAGIC, Compressed, RawInput, Stream, open_stream, sniff
from logproc.inputs.elements import Elements
from logproc.inputs.encodings import ARRAY, HEAD_BYTES, UTF8, Encoding, Utf16, classify, plainly_text
from logproc.inputs.identity import WINDOW, Checksum, crc32_remove, digest
from logproc.inputs.lines import SMALLEST_BLOCK, Block, LineCutter, buffer_size, fill
from logproc.inputs.opening import STDIN, STDIN_FD, line_start, open_regular, unreadable
from logproc.inputs.readahead import ReadAhead
from logproc.inputs.records import Begins, record_behind, record_start
from logproc.inputs.sample import Sample, sample
from logproc.inputs.standard import standard_input
from logproc.model import Mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from logproc.model import Known

__all__ = ["Block", "BlockReader", "Rest", "Sample", "buffer_size", "sample"]


class Rest(NamedTuple):
    """What is still to be read of a plain file: the descriptor, which stands behind the bytes `begun` of a line.

    `stop` is the offset where reading ends, `left` how many bytes there are up to there.
    """

    file: int
    begun: bytes
    stop: int
    left: int


class BlockReader:
    """Whole lines of [start, end) of a file, block by block; a context manager. `end` -1 is the end of the file.

    `codec` is found out by content where it is None. It, `encoding`, `binary` (why the file is no text; nothing is
    read then) and `size` (stored bytes; 0 for standard input) are known after the first `read`; `damage` and
    `bytes_read` (decompressed bytes of this range's lines, a byte order mark included) are final at the end.
    `begins` finds records of several lines (see `inputs.records`), with `behind` by the line before; the range then
    owns the records whose first line lies in it, with all their lines. `block_bytes` should be at least 64 KiB, which
    is what decides whether a compressed file is text. A regular file is read up to the size it has when it is opened,
    or up to the limit of `known`, which is what a ledger says of it; when it was listed it had `listed` bytes. With
    `decode_ahead` a thread decodes compressed data behind the first block while its blocks are parsed. Raises
    UnreadableError where the file cannot be opened or read, or is not the one that is known; damaged compressed data
    does not raise.
    """

    __slots__ = (
        "_as_rows",
        "_begins",
        "_behind",
        "_block_bytes",
        "_checksum",
        "_cutter",
        "_decode_ahead",
        "_direct",
        "_end",
        "_fd",
        "_known",
        "_listed",
        "_max_line",
        "_opened",
        "_path",
        "_position",
        "_start",
        "_stop",
        "_stream",
        "binary",
        "bytes_read",
        "codec",
        "encoding",
        "size",
    )

    def __init__(
        self,
        path: str,
        *,
        start: int = 0,
        end: int = -1,
        codec: str | None = None,
        block_bytes: int = 1 << 20,
        max_line_bytes: int = 1 << 20,
        begins: Begins | None = None,
        behind: bool = False,
        known: Known | None = None,
        listed: int = -1,
        as_rows: bool = False,
        decode_ahead: bool = False,
    ) -> None:
        self._path = path
        self._start = start
        self._end = end
        self._block_bytes = block_bytes
        self._max_line = max_line_bytes
        self._begins = begins
        self._behind = behind
        self._fd = -1
        self._opened = False
        self._position = 0  # of the next byte to read from a plain file
        self._stop = 0  # where the range ends in a plain file, behind its last line
        self._known = known
        self._listed = listed
        self._as_rows = as_rows
        self._decode_ahead = decode_ahead
        self._checksum: Checksum | None = None  # of what was read, where the file is known to a ledger
        self._stream: Stream | ReadAhead | None = None  # what is read in place of a plain file
        self._cutter: LineCutter | None = None  # None: nothing to read
        self._direct = False  # whether lines are the bytes of a plain file as they are
        self.codec = codec
        self.encoding = UTF8.name
        self.binary: str | None = None
        self.bytes_read = 0
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._opened = True
        self._cutter = None
        if isinstance(self._stream, ReadAhead):
            self._stream.close(wait=self._path != STDIN)  # a pipe may stay silent; the descriptor of a file is closed
        if self._fd >= 0 and self._path != STDIN:
            os.close(self._fd)
        self._fd = -1

    @property
    def damage(self) -> str | None:
        """Say how a compressed file is damaged; None where it is sound, or not yet read that far."""
        return None if self._stream is None else self._stream.damage

    def shrunk(self) -> int:
        """Return how many stored bytes are gone that were there when it was listed, or a plain file was opened."""
        if self._fd < 0 or self._path == STDIN:
            return 0
        now = os.fstat(self._fd).st_size
        since_listed = self._listed - now
        if self._stream is not None:
            return since_listed
        return max(since_listed, max(self.size, self._start, self._end) - min(self.size, now))

    def rest(self) -> Rest | None:
        """Return what of a plain file somebody else may read, who then says so to `go_on`; None if nothing."""
        if self._cutter is None or not self._direct or self._checksum is not None:
            return None
        begun = self._cutter.unfinished()
        return None if begun is None else Rest(self._fd, begun, self._stop, self._stop - self._position)

    def go_on(self, begun: bytes, left: int) -> None:
        """Go on where of the rest `left` bytes were not read, and of those read the last, `begun`, were not used."""
        assert self._cutter is not None
        self.bytes_read += self._stop - left - self._position
        self._position = self._stop - left
        self._cutter.go_on(begun, self._position - len(begun))

    def read(self, buffer: NDArray[np.uint8], at: int = 0) -> Block | None:
        """Read the next block into `buffer` (uint8, `buffer_size` bytes behind `at`); None at the end.

        The buffer may be reused between two calls.
        """
        if len(buffer) - at < buffer_size(self._block_bytes, self._max_line):
            raise ValueError("the buffer is too small for a line and a block: make it buffer_size() bytes long")
        try:
            if not self._opened:
                return self._first_block(buffer, at)
            if self._decode_ahead and isinstance(self._stream, Compressed) and not self._stream.ended:
                self._stream = ReadAhead(self._stream)
            return None if self._cutter is None else self._cutter.next(buffer.data, at)
        except OSError as error:
            raise unreadable(self._path, error) from error

    # ---- the first block: what kind of file is it? ----------------------------------------------------------

    def _first_block(self, buffer: NDArray[np.uint8], at: int) -> Block | None:
        self._opened = True
        view = buffer.data
        if self._path == STDIN:
            self._open_stdin()
        else:
            self._fd, self.size = open_regular(self._path)
            if self._known is not None:
                self._require_known(self._known)
            self._stop = self.size
        if self._start > 0:
            if self._known is not None and self.codec not in {None, "plain"}:
                self._skip_to_start(view, at)
            else:
                self._seek_start(view)
            return None if self._cutter is None else self._cutter.next(view, at)
        have = self._read_head(view, at)
        encoding = self._encoding_of(buffer, at, have)
        if self.binary is not None:
            self.bytes_read = 0
            return None
        begin = at + encoding.mark
        converted = self._converted(encoding, view[begin:have])
        if converted is not None:
            self._begin_checksum(0, view[at:have])
            self._cutter = self._cutter_of(converted, encoding.mark if encoding is ARRAY else 0)
            return self._cutter.next(view, at)
        self._cutter = self._cutter_of(self._source(), encoding.mark)
        if self._stream is None:
            have = self._limit(have, encoding.mark)
        self._begin_checksum(0, view[at:have])
        ended = have < at + self._block_bytes
        return self._cutter.first(view, min(begin, have), have, ended=ended)

    def _converted(self, encoding: Encoding, head: memoryview) -> Callable[[memoryview], int] | None:
        """Return what makes lines of UTF-8 of the file, whose first bytes are read; None if it is that."""
        if encoding.name.startswith("utf-16"):
            return Utf16(self._source(), encoding.name, head.tobytes()).readinto
        return Elements(self._source(), head.tobytes()).readinto if encoding is ARRAY else None

    def _open_stdin(self) -> None:
        self._fd = STDIN_FD
        if self._start > 0:
            return  # it cannot be cut: its first range owns it all
        raw = standard_input()
        self.codec = self.codec or sniff(raw.peek(LONGEST_MAGIC))
        self._stream = open_stream(raw, self.codec)

    def _read_head(self, view: memoryview, at: int) -> int:
        """Read the first block, finding out the codec in place; returns the index behind its last byte."""
        high = at + max(self._block_bytes, SMALLEST_BLOCK)
        if self._stream is None:
            have = fill(self._read_plain, view, at, high) if self.codec in {None, "plain"} else at
            self.codec = self.codec or sniff(view[at : min(have, at + LONGEST_MAGIC)].tobytes())
            if self.codec == "plain":
                return have
            os.lseek(self._fd, 0, os.SEEK_SET)
            self.bytes_read = 0
            self._stream = open_stream(RawInput(self._fd), self.codec)
        return fill(self._read_stream, view, at, high)

    def _encoding_of(self, buffer: NDArray[np.uint8], at: int, have: int) -> Encoding:
        head = buffer[at : min(have, at + HEAD_BYTES)]
        if self._stream is None and len(head) < min(HEAD_BYTES, self.size):
            # Blocks are small: the answer must not depend on that.
            return self._classify(os.pread(self._fd, HEAD_BYTES, 0))
        if len(head) == 0 or plainly_text(head):
            return UTF8
        return self._classify(head.tobytes())

    def _classify(self, head: bytes) -> Encoding:
        encoding = classify(head, self.codec or "plain", as_rows=self._as_rows)
        self.encoding = encoding.name
        self.binary = encoding.reason
        return encoding

    # ---- ranges of a plain file -----------------------------------------------------------------------------

    def _seek_start(self, view: memoryview) -> None:
        """Go to the first line of a range that does not begin at 0, if it owns one."""
        if self._path == STDIN:
            return
        head = os.pread(self._fd, HEAD_BYTES, 0)
        self.codec = self.codec or sniff(head[:LONGEST_MAGIC])
        if self.codec != "plain":
            return
        encoding = self._classify(head)
        if encoding.name not in {"utf-8", "utf-8-bom"}:
            return
        end = self.size if self._end < 0 else min(self._end, self.size)
        goes_on = self._known is not None and self._known.origin == self._start
        self._position = self._start if goes_on else self._border(self._start, end, encoding.mark)
        if self._position < end:
            self._stop = self._border(end, self.size, encoding.mark)
            os.lseek(self._fd, self._position, os.SEEK_SET)
            self._cutter = self._cutter_of(self._read_plain, self._position)
        self._begin_checksum(self._position, view[:0])

    def _limit(self, have: int, mark: int) -> int:
        """Set where a range that begins at 0 ends; returns `have`, less what was read beyond that."""
        if 0 <= self._end < self.size:
            self._stop = self._border(self._end, self.size, mark)
        beyond = max(0, self._position - self._stop)
        self._position -= beyond
        self.bytes_read -= beyond
        return have - beyond

    def _border(self, at: int, limit: int, mark: int) -> int:
        """Return the offset of the first line, or record, that begins at or behind `at`; `limit` if none does."""
        position = line_start(self._fd, at, limit, mark)
        if self._begins is None or position in {0, limit}:
            return position
        find = record_behind if self._behind else record_start
        return find(self._fd, position, limit, self._begins, self._max_line)

    # ---- sources --------------------------------------------------------------------------------------------

    def _cutter_of(self, source: Callable[[memoryview], int], offset: int) -> LineCutter:
        self._direct = source == self._read_plain
        return LineCutter(source, self._block_bytes, self._max_line, offset)

    def _source(self) -> Callable[[memoryview], int]:
        return self._read_plain if self._stream is None else self._read_stream

    def _read_plain(self, view: memoryview) -> int:
        want = self._stop - self._position
        if want <= 0:
            return 0
        count = os.readv(self._fd, (view if want >= len(view) else view[:want],))
        self._position += count
        self.bytes_read += count
        if self._checksum is not None:
            self._checksum.update(view[:count])
        return count

    def _read_stream(self, view: memoryview) -> int:
        assert self._stream is not None
        limit = -1 if self._known is None else self._known.limit
        if limit >= 0:
            view = view[: max(0, limit - self._start - self.bytes_read)]
        count = self._stream.readinto(view) if len(view) else 0
        self.bytes_read += count
        if self._checksum is not None:
            self._checksum.update(view[:count])
        return count

    # ---- files that a ledger knows ----------------------------------------------------------------------------

    def _require_known(self, known: Known) -> None:
        """Raise UnreadableError unless the file is still the one that was planned; read it as long as it was then."""
        if known.limit >= 0 and self.codec in {None, "plain"}:
            if self.size < known.limit:
                raise UnreadableError(self._path, "it was cut off since it was listed; the next run looks again")
            self.size = known.limit
        if known.head_bytes and self.codec == "plain":
            self._require_head(os.pread(self._fd, known.head_bytes, 0), known)

    def _require_head(self, head: bytes | memoryview, known: Known) -> None:
        if digest(head[: known.head_bytes]) != known.head:
            raise UnreadableError(self._path, "it was replaced since it was listed; the next run looks again")

    def _skip_to_start(self, view: memoryview, at: int) -> None:
        """Decode and drop what stands before the range of a compressed file."""
        assert self.codec is not None
        self._stream = open_stream(RawInput(self._fd), self.codec)
        left, last = self._start, b""
        while left and (got := fill(self._stream.readinto, view, at, at + min(left, self._block_bytes)) - at):
            if left == self._start and self._known is not None and got >= self._known.head_bytes:
                self._require_head(view[at : at + got], self._known)
            left -= got
            last = (last + view[max(at, at + got - WINDOW) : at + got].tobytes())[-WINDOW:]
        if not left:
            self._checksum = Checksum(self._start, last)
            self._cutter = self._cutter_of(self._read_stream, self._start)

    def _begin_checksum(self, start: int, data: memoryview) -> None:
        """Sum up what is read from here on, `data` being the first of it."""
        if self._known is not None:
            if self._stream is not None and self._known.head_bytes:
                self._require_head(data, self._known)
            self._checksum = Checksum(start)
            self._checksum.update(data)

    @property
    def may_go_on(self) -> bool:
        """Tell whether the range ends where a plain file ended when it was listed, so that more may be added to it."""
        plain = self._stream is None and self.encoding in {"utf-8", "utf-8-bom"}
        return self._known is not None and plain and self._stop >= self.size

    def mark(self, open_start: int | None, *, closed: bool) -> Mark | None:
        """Say what was read, where a ledger asks; None where nothing could be. `open_start` as in `Mark`."""
        found = self._checksum
        if found is None or self.binary is not None:
            return None
        end = found.at
        begin = end if open_start is None else open_start
        crc, open_crc = found.crc, 0
        if begin < end:
            open_crc = zlib.crc32(os.pread(self._fd, end - begin, begin))
            crc = crc32_remove(found.crc, open_crc, end - begin)
        size = min(WINDOW, begin)
        tail = os.pread(self._fd, size, begin - size) if self._stream is None else found.last
        return Mark(found.start, end, crc, digest(tail), len(tail), begin, open_crc, closed=closed)
