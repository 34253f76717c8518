"""Older copies: files that begin as what was counted of their family at the end of an earlier run."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from logproc.state.generations import SIGNATURE_BYTES, TAIL_BYTES, Beginning, digest, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logproc.state.generations import Eye
    from logproc.state.rows import Records
    from logproc.state.scanned import Scanned


class OlderCopies:
    """Looks in files for what was counted of a family; `earlier` returns generations by length and CRC."""

    def __init__(self, eye: Eye, earlier: Callable[[str], Mapping[tuple[int, int], int]], records: Records) -> None:
        self._eye = eye
        self._earlier = earlier
        self._known = records

    def find(self, file: Scanned, limit: int) -> tuple[int, bool, Beginning | None] | None:
        """Return how much of a file was counted, as the most that is known, and whether that is all up to `limit`.

        A limit of -1 is the end of a stream. What cannot be read from within has no beginning to go on from.
        """
        known = self._beginnings_in(file)
        if not known:
            return None
        lengths = {length for length, _ in known}
        wanted = lengths | {length - 1 for length in lengths}
        if file.look.stream:
            file.read_before(self._eye, wanted)
            limit = file.through(self._eye).length
        for (length, crc), of in sorted(known.items(), reverse=True):
            if length > limit or self._crc_before(file, length, wanted) != crc:
                continue
            if length < limit and not file.readable_from_within:
                return length, False, None
            if length == limit or self._is_behind_a_line(file, length, wanted):
                size = 0 if file.look.stream else min(length, TAIL_BYTES)
                tail = self._eye.tail(file.log.path, length, size) if size else digest(b"")
                lines = 0 if length == limit else self._eye.lines(file.log.path, length)
                return length, length == limit, Beginning(of, crc, lines, tail, size)
        return None

    def _beginnings_in(self, file: Scanned) -> dict[tuple[int, int], int]:
        """Return generations by length and CRC of what was counted of a family earlier, where a file may begin so."""
        head, mark = file.look.head, signature(file.look.head)

        def may_begin(length: int, crc: int, of: int) -> bool:
            g = self._known[of].generation
            if length < SIGNATURE_BYTES or mark != g.signature:  # a CRC alone meets by chance, of many files
                return False
            if length <= len(head):
                return zlib.crc32(head[:length]) == crc
            return g.head_bytes <= len(head) and digest(head[: g.head_bytes]) == g.head

        ends = self._earlier(file.family).items()
        return {end: of for end, of in ends if of in self._known and may_begin(*end, of)}

    def _is_behind_a_line(self, file: Scanned, length: int, wanted: set[int]) -> bool:
        """Tell whether a line ends there: one that was counted without its newline may go on otherwise."""
        before = self._crc_before(file, length - 1, wanted)
        return before is not None and zlib.crc32(b"\n", before) == self._crc_before(file, length, wanted)

    def _crc_before(self, file: Scanned, length: int, wanted: set[int]) -> int | None:
        if length <= len(file.look.head):
            return zlib.crc32(file.look.head[:length])
        return file.crc_before(self._eye, length, wanted)
