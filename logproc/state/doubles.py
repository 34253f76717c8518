"""Copies: which file of a scan is the double of another of its family, or of what was counted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.errors import InputError
from logproc.state.displaced import Displaced
from logproc.state.families import family_of
from logproc.state.generations import BEGUN, READ, Kind
from logproc.state.heads import Heads
from logproc.state.scanned import Scanned, alike, same_inode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logproc.model import LogFile
    from logproc.state.generations import Decision, Eye, Seen
    from logproc.state.rows import Remembered

_THERE = READ | {Kind.UNCHANGED, Kind.DEFERRED}
"""What is done with files that others may be copies of."""


class Doubles:
    """The doubles among the files of a scan; `claims`, `decided` and `looked` are the matcher's, which fills them."""

    def __init__(
        self,
        eye: Eye,
        known: Remembered,
        claims: Mapping[int, int],
        decided: Mapping[int, Decision],
        looked: dict[int, Scanned],
    ) -> None:
        self._eye = eye
        self._known = known.records
        self._seen = known.seen
        self._copies = known.copies
        self._has_begun = BEGUN in known.copies.values()
        self._claims = claims
        self._decided = decided
        self._looked = looked
        self._files: Sequence[LogFile] = ()
        self._families: dict[str, list[int]] = {}
        self._heads: dict[str, Heads] = {}
        self._displaced = Displaced((), {}, ())

    def begin(self, files: Sequence[LogFile]) -> None:
        """Begin with the files of a scan."""
        self._files = files
        self._displaced = Displaced(self._moved_copies(), self._copies, self._known)

    def is_known(self, file: Scanned) -> bool:
        """Tell whether a file was a copy in the last scan, by its path or, where that copy has moved, its inode."""
        seen = self._seen.get(file.log.path)
        if seen is not None and seen.kind == Kind.DUPLICATE:
            return True
        return self._displaced.has_inode_of(file.log)

    def copied_before(self, file: Scanned) -> int | None:
        """Return the generation that a file is known as a copy of: as one of its family, or as one that has moved."""
        seen = self._seen.get(file.log.path)
        by_name = not file.live or (seen is not None and seen.kind == Kind.DUPLICATE)
        if not self._copies or not (by_name or self._displaced):
            return None
        content = file.through(self._eye)
        key = content.length, content.crc
        of = self._copies.get((file.family, *key)) if by_name else None
        if of not in self._known:
            return self._displaced.take(file.log, file.family, key)
        # It is found again: none that was elsewhere is looked for where this one has not moved.
        if seen is None or not same_inode(seen, file.log):
            self._displaced.take_of(file.family, file.log)
        return of

    def in_order(self, files: Iterable[Scanned]) -> list[Scanned]:
        """Return files in the order in which they are decided on: what copies are of comes before them."""
        return sorted(files, key=lambda file: (not file.live, self._is_of_begun(file)))

    def _is_of_begun(self, file: Scanned) -> bool:
        """Tell whether a file was found to be a copy of a live one that had no whole line yet."""
        if file.live or not self._has_begun:
            return False
        try:
            content = file.through(self._eye)
        except InputError:
            return False  # who decides on it meets that, too
        return self._copies.get((file.family, content.length, content.crc)) == BEGUN

    def _moved_copies(self) -> list[Seen]:
        """Return the copies that are not where the last scan found them."""
        if not self._copies:
            return []
        places = {(log.path, log.device, log.inode) for log in self._files}
        return [seen for seen in self._seen.copies() if (seen.path, seen.device, seen.inode) not in places]

    def double(self, file: Scanned) -> Scanned | None:
        """Return the file that this one is a copy of: one of the same family, or one that it was known as a copy of."""
        seen = self._seen.get(file.log.path)
        was = self._claims.get(seen.generation or -1) if seen is not None and seen.kind == Kind.DUPLICATE else None
        others = self._alike(file)
        if was is not None and was not in others and alike(file, self._file(was)):
            others.append(was)  # what it was a copy of has moved
        for number in others:
            decided = self._decided.get(number)
            if number == file.number or decided is None or decided.kind not in _THERE:
                continue
            other = self._file(number)
            if decided.kind == Kind.DEFERRED and not other.live:
                continue
            if not (other.look.stream or file.look.stream) and other.look.size < file.look.size:
                continue
            mine = file.through(self._eye)
            if mine.length == 0:
                return None
            of = self._decided[number].generation
            if of is not None and of in self._known:
                known = self._known[of].generation
                if (mine.length, mine.crc) == (known.open_end, known.end_crc):
                    return other
            its = self._eye.through(other.log.path, (mine.length,))
            is_whole = its.length == mine.length or other.live or self._is_of_begun(file)
            if is_whole and its.crcs.get(mine.length) == mine.crc:
                return other
        return None

    def _alike(self, file: Scanned) -> list[int]:
        """Return the files of its family that begin as a file does, as far as they are looked at or decided on."""
        heads = self._heads.get(file.family)
        if heads is None:
            there = [number for number in self._family(file.family) if self._is_there(number)]
            heads = self._heads[file.family] = Heads((number, self._file(number).look.head) for number in there)
        return heads.alike(file.look.head)

    def _is_there(self, number: int) -> bool:
        """Tell whether a file may have a copy: all that are decided on later are looked at by now."""
        decided = self._decided.get(number)
        return number in self._looked if decided is None else decided.kind in _THERE

    def _family(self, family: str) -> list[int]:
        """Return the files of a family, those that have not changed included."""
        if not self._families:
            for number, log in enumerate(self._files):
                if log.problem is None:
                    self._families.setdefault(family_of(log.path), []).append(number)
        return self._families.get(family, [])

    def _file(self, number: int) -> Scanned:
        """Return a file with a first look at it."""
        if number not in self._looked:
            log = self._files[number]
            self._looked[number] = Scanned(number, log, family_of(log.path), self._eye.probe(log.path))
        return self._looked[number]
