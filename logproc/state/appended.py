"""What was counted as a file of its own and then appended to another: `cat access.log >> archive.log; rm access.log`.

It stands behind what was counted of the archive, which may be compressed, and must not count once more. In doubt it
does: it is known there only where all of it is there by its CRC, its lines have several times, and it is no more where
the last scan found it. Between it and what was counted of the archive may be new lines, as those that a log had at last
stand behind what was counted of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.errors import InputError
from logproc.state.families import is_live
from logproc.state.generations import SHORT, SIGNATURE_BYTES, Decision, Kind, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from logproc.state.beginnings import Beginnings
    from logproc.state.generations import Eye, Generation
    from logproc.state.rows import Paths, Record, Records
    from logproc.state.scanned import Scanned


class Appended:
    """Finds generations that are gone behind what was counted of files that go on, each of them once.

    `is_alone` tells whether what was counted of a generation has no hole and is no part of another one's. `decided` are
    the matcher's decisions, which are changed.
    """

    def __init__(
        self,
        eye: Eye,
        records: Records,
        seen: Paths,
        beginnings: Beginnings,
        is_alone: Callable[[int], bool],
        is_holed: Callable[[int], bool],
        decided: dict[int, Decision],
    ) -> None:
        self._eye = eye
        self._known = records
        self._seen = seen
        self._beginnings = beginnings
        self._is_alone = is_alone
        self._is_holed = is_holed
        self._decided = decided
        self._gone: AbstractSet[int] = frozenset()
        self._telling: list[Record] = []

    def look_behind(self, looked: Mapping[int, Scanned], claims: Mapping[int, int]) -> None:
        """Leave out what files that go on hold of others, which are gone."""
        going = [d for d in self._decided.values() if d.kind in _GOING and d.look and d.generation in self._known]
        self._gone = self._not_found(claims) if going else frozenset()
        self._telling = [record for record in map(self._known.__getitem__, sorted(self._gone)) if _is_telling(record)]
        for decision in going if self._telling else ():
            file, known = looked[decision.file], self._known[decision.generation or 0]
            try:
                self._decided[decision.file] = self._without(decision, file, known)
            except InputError as error:
                failed = Decision(decision.file, Kind.FAILED, decision.generation, reason=error.reason, again=True)
                self._decided[decision.file] = failed

    def _not_found(self, claims: Mapping[int, int]) -> AbstractSet[int]:
        """Return the generations that the last scan found, and this one did not."""
        found = (row[6] for row in self._seen.rows.values() if row[7] != Kind.DUPLICATE)
        return {number for number in found if number in self._known and number not in claims}

    def _without(self, decision: Decision, file: Scanned, known: Record) -> Decision:
        """Return a decision to go on with a file, less what it holds of others."""
        g, stream = known.generation, file.look.stream
        if not g.closed:
            return decision  # its last line goes on
        size = file.through(self._eye).length if stream else file.look.size
        limit = size if stream else decision.limit
        held = tuple(self._behind(file.log.path, known, limit, size))
        if not held:
            return decision
        at = g.open_end
        for number, place in held:
            if place == at:
                at += self._known[number].generation.offset
        names = ", ".join(dict.fromkeys(self._known[number].generation.path.rpartition("/")[2] for number, _ in held))
        going = decision._replace(reason=f"holds what was counted of {names}", held=held)
        if decision.kind == Kind.RECOUNTED or g.offset < g.open_end:
            return going  # it is read as a whole, or what stood open at its end is, for it has an end now
        return going._replace(origin=at, kind=Kind.CONTINUED if at < limit else Kind.UNCHANGED)

    def _behind(self, path: str, known: Record, limit: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield what stands behind the end of a file, and where."""
        g = known.generation
        likely = [one for one in self._telling if one.format == known.format]
        if not likely or g.open_end + SHORT > limit:
            return
        wanted, at = {one.generation.signature for one in likely}, g.open_end
        archive = False  # there may be more in one
        end = at + SEARCHED if any(is_live(one.generation.path) for one in likely) else at
        if end == at and signature(self._eye.read(path, at, SIGNATURE_BYTES)) not in wanted:
            return
        for place, head in self._eye.line_heads(path, at, limit, wanted, SIGNATURE_BYTES):
            if place > end:
                return
            held = self._at(path, place, head, known, limit, size) if place >= at else None
            if held is not None:
                if not archive and not self._is_as_before(path, g):
                    return
                archive = True
                end = limit
                at = place + held.offset
                self._gone -= {held.id}
                yield held.id, place

    def _at(self, path: str, at: int, head: bytes, known: Record, limit: int, size: int) -> Generation | None:
        """Return what was counted that stands at an offset, where these bytes are."""
        for number in self._beginnings.of(head):
            record = self._known[number]
            g = record.generation
            if number not in self._gone or at + g.open_end > size or at + g.offset > limit:
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


SEARCHED = 1 << 20
"""So many new bytes are looked through for what was counted elsewhere, before some of it is found."""

_GOING = frozenset({Kind.CONTINUED, Kind.RECOUNTED})


def _is_telling(record: Record) -> bool:
    """Tell whether lines are known by what they say: a log without times may say the same once more."""
    is_long = record.generation.offset >= SHORT
    return is_long and record.first_time is not None and record.first_time != record.last_time
