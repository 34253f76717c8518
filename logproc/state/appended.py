"""What was counted as a file of its own and then appended to another: `cat access.log >> archive.log; rm access.log`.

It stands behind what was counted of the archive, and must not count once more. In doubt it does: it is known there only
where it begins just where the archive ended, all of it is there by its CRC, its lines have several times, and it is no
more where the last scan found it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.state.generations import HEAD_BYTES, SHORT, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logproc.state.generations import Decision, Eye, Generation
    from logproc.state.rows import Record, Records


class Appended:
    """Finds generations that are gone behind what was counted of files that go on, each of them once.

    `beginning_with` returns those that are gone and whose first bytes some bytes begin with; `is_alone` tells whether
    what was counted of a generation has no hole and is no part of another one's.
    """

    def __init__(
        self,
        eye: Eye,
        records: Records,
        beginning_with: Callable[[bytes], Iterable[int]],
        is_alone: Callable[[int], bool],
        is_holed: Callable[[int], bool],
    ) -> None:
        self._eye = eye
        self._known = records
        self._beginning_with = beginning_with
        self._is_alone = is_alone
        self._is_holed = is_holed
        self._taken: set[int] = set()

    def without(self, decision: Decision, path: str, known: Record, size: int) -> Decision:
        """Return a decision to go on with a plain file, less what it holds of others; `size` is that of the file."""
        g = known.generation
        held = tuple(self._behind(path, known, decision.limit, size))
        if not held:
            return decision
        at = g.open_end + sum(self._known[number].generation.offset for number in held)
        names = ", ".join(dict.fromkeys(self._known[number].generation.path.rpartition("/")[2] for number in held))
        going = decision._replace(reason=f"holds what was counted of {names}", held=held)
        if g.offset < g.open_end:
            return going  # what stood open at its end is read again, for it has an end now
        return going._replace(origin=at, kind=Kind.CONTINUED if at < decision.limit else Kind.UNCHANGED)

    def _behind(self, path: str, known: Record, limit: int, size: int) -> Iterator[int]:
        """Yield what stands behind the end of a file, one behind the other."""
        g = known.generation
        at = g.open_end
        while (found := self._at(path, at, known, limit, size)) is not None:
            if at == g.open_end and not self._is_as_before(path, g):
                return
            self._taken.add(found.id)
            yield found.id
            at += found.offset
            if found.offset < found.open_end:
                return  # its last record stood open, and is read again: it may go on here

    def _at(self, path: str, at: int, known: Record, limit: int, size: int) -> Generation | None:
        head = self._eye.read(path, at, HEAD_BYTES) if at + SHORT <= limit else b""
        for number in self._beginning_with(head):
            record = self._known[number]
            g = record.generation
            if number in self._taken or at + g.open_end > size or at + g.offset > limit:
                continue
            if _is_telling(record) and record.format == known.format and self._is_alone(number):
                crcs = self._eye.crcs(path, at, 0, {at + g.offset, at + g.open_end})
                if (crcs.get(at + g.offset), crcs.get(at + g.open_end)) == (g.crc, g.end_crc):
                    return g
        return None

    def _is_as_before(self, path: str, g: Generation) -> bool:
        """Tell whether a file has no hole, and what stood open at its end is still there as it was."""
        if self._is_holed(g.id):
            return False
        return self._eye.crcs(path, g.offset, g.crc, {g.open_end}).get(g.open_end) == g.end_crc


def _is_telling(record: Record) -> bool:
    """Tell whether lines are known by what they say: a log without times may say the same once more."""
    is_long = record.generation.offset >= SHORT
    return is_long and record.first_time is not None and record.first_time != record.last_time
