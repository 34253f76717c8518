"""What a known file has taken up of others: `cat access.log >> access.log.old; rm access.log`, or a month put together.

What was counted under a name of its own stands in a file that goes on, and must not be counted once more. It is known
by content, as files are: by the hashes of its first and last bytes, and the CRC-32 of all of it.

A log that its program writes may say again what another one said, where lines have no times: its growth is compared
only with logs that were being written at the last scan and are gone now, and few bytes prove nothing. A file that was
rotated away grows by somebody's hand, and its growth is compared with all that is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logproc.state.families import family_of, is_live
from logproc.state.generations import SHORT, SIGNATURE_BYTES, Kind, digest, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from logproc.state.generations import Decision, Eye, Generation, Heads, Seen

WINDOW = 4096
"""Bytes of the longest heads."""

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Growth:
    """What a file has grown by: [start, limit), limit -1 being its end. `written` tells that its program wrote on it.

    `beside` are the generations of its family that are still there.
    """

    path: str
    start: int
    limit: int
    written: bool
    families: Sequence[str]
    beside: Sequence[Generation]


class GrowthReader:
    """Finds generations within what files have grown by, each of them once.

    `gone` are those that are no more where the last scan saw them, with where that was; `free` tells of a generation
    whether no file of this scan is it.
    """

    def __init__(
        self,
        eye: Eye,
        index: Mapping[bytes, Heads],
        generation: Callable[[int], Generation],
        free: Callable[[int], bool],
        gone: Mapping[int, Seen],
    ) -> None:
        self._eye = eye
        self._index = index
        self._generation = generation
        self._free = free
        self._gone = gone
        self._taken: set[int] = set()

    def without_known(
        self, decision: Decision, path: str, known: Generation, families: Sequence[str], beside: Sequence[Generation]
    ) -> Decision:
        """Return a decision to go on, less what the file holds of other generations; InputError if it is unreadable."""
        growth = _Growth(path, decision.origin, decision.limit, is_live(known.path), families, beside)
        held = tuple(self._in_stream(growth) if decision.limit < 0 else self._in_plain(growth))
        if not held:
            return decision
        origin = decision.origin
        for start, one in held:
            origin = start + one.offset if start == origin else origin
        names = ", ".join(dict.fromkeys(one.path.rpartition("/")[2] for _, one in held))
        whole = origin == (self._eye.through(path, ()).length if decision.limit < 0 else decision.limit)
        kind = Kind.UNCHANGED if whole else Kind.CONTINUED
        return decision._replace(kind=kind, origin=origin, reason=f"holds what was counted of {names}", held=held)

    def _in_plain(self, growth: _Growth) -> Iterator[tuple[int, Generation]]:
        """Yield what is found at the beginning; in a file that was put together by hand, also at later lines."""
        at = growth.start
        while (found := self._at(growth, at)) is not None:
            yield at, found
            at += found.offset
        marks = set() if growth.written else {one.signature for one in self._likely(growth)}
        behind = at
        for start in self._places(growth, at, marks) if marks else ():
            if start >= behind and (found := self._at(growth, start)) is not None:
                yield start, found
                behind = start + found.offset

    def _in_stream(self, growth: _Growth) -> Iterator[tuple[int, Generation]]:
        """Yield what is found at the beginning of what was added to a file that is read from its start each time."""
        at = growth.start
        while likely := sorted(self._likely(growth), key=lambda one: -one.offset):
            crcs = self._eye.spans(growth.path, at, [one.offset for one in likely])
            found = next((one for one in likely if crcs.get(one.offset) == one.crc), None)
            if found is None:
                return
            self._taken.add(found.id)
            yield at, found
            at += found.offset

    def _likely(self, growth: _Growth) -> list[Generation]:
        """Return what is looked for everywhere: what has gone since the last scan, and what is there in the family."""
        return [one for one in (*map(self._generation, self._gone), *growth.beside) if self._may_be(growth, one)]

    def _may_be(self, growth: _Growth, one: Generation) -> bool:
        """Tell whether a file may have taken a generation up, if its content is there."""
        if one.id in self._taken or one.offset == 0:
            return False
        gone = self._gone.get(one.id)
        if growth.written:
            return gone is not None and is_live(gone.path) and one.offset >= SHORT
        near = family_of(one.path) in growth.families
        return one.offset >= SHORT or (near and (gone is not None or one in growth.beside))

    def _at(self, growth: _Growth, at: int) -> Generation | None:
        """Return the longest generation that stands in a plain file at an offset."""
        head = self._eye.read(growth.path, at, min(WINDOW, growth.limit - at))
        mark = signature(head)
        free = (
            self._generation(number)
            for length, by_head in self._index.get(mark, {}).items()
            if SIGNATURE_BYTES <= length <= len(head)
            for number in by_head.get(digest(head[:length]), ())
            if self._free(number)
        )
        beside = (one for one in growth.beside if one.signature == mark and digest(head[: one.head_bytes]) == one.head)
        for one in sorted((*free, *beside), key=lambda one: -one.offset):
            end = at + one.offset
            if (
                end <= growth.limit
                and self._may_be(growth, one)
                and self._eye.tail(growth.path, end, one.tail_bytes) == one.tail
                and self._eye.spans(growth.path, at, [one.offset]).get(one.offset) == one.crc
            ):
                self._taken.add(one.id)
                return one
        return None

    def _places(self, growth: _Growth, at: int, marks: Collection[bytes]) -> Iterator[int]:
        """Yield where lines begin, behind an offset, as generations do whose first bytes have such hashes."""
        while at < growth.limit:
            data = self._eye.read(growth.path, at, min(CHUNK, growth.limit - at))
            for start in _line_starts(data):
                if signature(data[start : start + SIGNATURE_BYTES]) in marks:
                    yield at + start
            if len(data) < CHUNK:
                return
            at += CHUNK - SIGNATURE_BYTES  # what begins there is looked at with what follows


def _line_starts(data: bytes) -> Iterable[int]:
    """Yield where lines begin behind newlines."""
    at = data.find(b"\n")
    while at >= 0:
        yield at + 1
        at = data.find(b"\n", at + 1)
