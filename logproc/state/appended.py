"""What was counted as a file of its own and then appended to another: `cat access.log >> archive.log; rm access.log`.

It stands behind what was counted of the archive, which may be compressed, and must not count once more. In doubt it
does: it is known there only where all of it is there by its CRC, its lines have several times, and it is no more where
the last scan found it. Between it and what was counted of the archive may be new lines, as those that a log had at last
stand behind what was counted of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from logproc.errors import InputError
from logproc.state.families import is_live
from logproc.state.generations import SHORT, SIGNATURE_BYTES, Decision, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from logproc.state.beginnings import Beginnings
    from logproc.state.generations import Eye, Forward, Generation
    from logproc.state.rows import Record, Remembered
    from logproc.state.scanned import Scanned


class Appended:
    """Finds generations that are gone behind what was counted of files that go on, each of them once.

    `decided` are the matcher's decisions, which are changed.
    """

    def __init__(self, eye: Eye, known: Remembered, beginnings: Beginnings, decided: dict[int, Decision]) -> None:
        self._eye = eye
        self._known = known.records
        self._seen = known.seen
        self._beginnings = beginnings
        self._is_alone = known.is_alone
        self._is_holed = known.is_holed
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
        held = tuple(self._behind(_Archive(file.log.path, known, limit, size)))
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

    def _behind(self, archive: _Archive) -> Iterator[tuple[int, int]]:
        """Yield what stands behind the end of a file, and where; it is read once, and no further than needed."""
        g, limit = archive.known.generation, archive.limit
        likely = [one.generation for one in self._telling if one.format == archive.known.format]
        likely = [one for one in likely if one.id in self._gone]
        if not likely or g.open_end + SHORT > limit:
            return
        end = g.open_end + (SEARCHED if any(is_live(one.path) for one in likely) else 1)
        with self._eye.forward(archive.path, g.offset) as forward:
            is_as_before = forward.crcs({g.open_end}, g.crc).get(g.open_end) == g.end_crc
            while likely and is_as_before and (found := self._find(forward, archive, likely, end)):
                held, place = found
                if self._is_holed(g.id):
                    return
                end = limit  # there may be more in an archive
                self._gone -= {held.id}
                likely = [one for one in likely if one.id != held.id]
                yield held.id, place

    def _find(
        self, forward: Forward, archive: _Archive, likely: Sequence[Generation], end: int
    ) -> tuple[Generation, int] | None:
        """Go behind the next of some generations that begins before an offset; returns which it is, and its place."""
        wanted = {one.signature for one in likely}
        end = min(end, archive.limit - min(one.offset for one in likely) + 1)
        failures = 0
        while failures < FAILURES and (hit := forward.next_line(wanted, SIGNATURE_BYTES, end)):
            place, head = hit
            alike = [g for g in self._beginning_with(head, archive.known) if archive.has_room(place, g)]
            held = _longest(forward, place, alike)
            forward.back_to(place if held is None else place + held.offset)
            if held is not None:
                return held, place
            forward.pass_line()
            failures += bool(alike)
        return None

    def _beginning_with(self, head: bytes, known: Record) -> Iterator[Generation]:
        """Yield what was counted, and is gone, that begins with bytes and may stand in a file."""
        for number in self._beginnings.of(head):
            record = self._known[number]
            is_likely = number in self._gone and record.format == known.format and _is_telling(record)
            if is_likely and self._is_alone(number):
                yield record.generation


class _Archive(NamedTuple):
    """A file that goes on: what is known of it, how far it is read, and how long it is."""

    path: str
    known: Record
    limit: int
    size: int

    def has_room(self, place: int, g: Generation) -> bool:
        """Tell whether all of a generation may stand at a place."""
        return place + g.offset <= self.limit and place + g.open_end <= self.size


def _longest(forward: Forward, place: int, likely: Sequence[Generation]) -> Generation | None:
    """Return which of some generations stands at a place, the longest if several do; reads on as far as they go."""
    ends = {place + end for g in likely for end in (g.offset, g.open_end)}
    crcs = forward.crcs(ends) if ends else {}
    there = [g for g in likely if (crcs.get(place + g.offset), crcs.get(place + g.open_end)) == (g.crc, g.end_crc)]
    return max(there, key=lambda g: g.offset, default=None)


SEARCHED = 1 << 20
"""So many new bytes are looked through for what was counted elsewhere, before some of it is found."""

FAILURES = 16
"""So many lines of a file may begin as what was counted elsewhere and go on otherwise, before a search is given up.

What is behind each of them is read once more; where that is further back than what is kept in memory, a compressed file
is decompressed once more from its first byte on."""

_GOING = frozenset({Kind.CONTINUED, Kind.RECOUNTED})


def _is_telling(record: Record) -> bool:
    """Tell whether lines are known by what they say: a log without times may say the same once more."""
    is_long = record.generation.offset >= SHORT
    return is_long and record.first_time is not None and record.first_time != record.last_time
