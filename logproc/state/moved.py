"""Logs of few bytes that lie elsewhere: their content alone proves nothing, and other things do.

* What moves with them: a file that is known by its content went from one folder to another, and the few bytes that are
  gone there are here under the same name. Logs with times are such files for each other, once they have `SHORT` bytes
  together.
* Their time, to the second, as tar keeps it: where a file is gone, its whole content is another's of that time, and
  name or lines tell it from others.

What nothing proves is a file of its own; that it resembles one that is gone is said.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.errors import InputError
from logproc.state.families import family_of
from logproc.state.generations import SHORT, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logproc.model import LogFile
    from logproc.state.beginnings import Beginnings
    from logproc.state.generations import Decision, Eye, Generation
    from logproc.state.rows import Record, Remembered
    from logproc.state.scanned import Scanned


class Moved:
    """Finds short logs elsewhere; `decided` are the matcher's decisions."""

    def __init__(
        self,
        eye: Eye,
        known: Remembered,
        beginnings: Beginnings,
        decided: Mapping[int, Decision],
    ) -> None:
        self._eye = eye
        self._known = known.records
        self._beginnings = beginnings
        self._decided = decided
        self._files: Sequence[LogFile] = ()
        self._paths: frozenset[str] | None = None

    def begin(self, files: Sequence[LogFile]) -> None:
        """Begin with the files of a scan."""
        self._files = files
        self._paths = None

    def pairs(self, files: Iterable[Scanned]) -> list[tuple[Scanned, Generation]]:
        """Return files that are not decided on with what they are, the longest first."""
        left = [file for file in files if file.number not in self._decided]
        likely = [(f, r) for f in left for r in self._resembling(f) if _is_likely(f, r)]
        if not likely:
            return []
        proven = self._proven(likely)
        found = [
            (file, record.generation)
            for file, record in likely
            if _folders(record.generation.path, file.log.path) in proven or self._is_by_time(file, record)
        ]
        return sorted(found, key=lambda pair: (-pair[1].offset, pair[0].log.path, pair[1].id))

    def resembled(self, file: Scanned) -> int | None:
        """Return a log of few bytes with times that is gone, and may be what a file is or begins with."""
        alike = (r.generation.id for r in self._resembling(file) if r.first_time is not None)
        return next((number for number in alike if self._is_gone(self._known[number].generation)), None)

    def _resembling(self, file: Scanned) -> Iterator[Record]:
        """Yield what a file may be of what few bytes were counted of, and no file was found to be."""
        for number in self._beginnings.of(file.look.head):
            record = self._known[number]
            g = record.generation
            if 0 < g.open_end < SHORT and (file.look.stream or file.look.size >= g.open_end):
                yield record

    def _proven(self, likely: Iterable[tuple[Scanned, Record]]) -> set[tuple[str, str] | None]:
        """Return which folders went where: from what is known by its content, and from logs with times together."""
        weights: dict[tuple[str, str] | None, int] = {}

        def add(old: str, new: str, weight: int) -> None:
            pair = _folders(old, new)
            weights[pair] = weights.get(pair, 0) + weight

        for decision in self._decided.values():
            of = decision.generation
            if decision.look is None or decision.kind == Kind.DUPLICATE or of is None or of not in self._known:
                continue
            g, path = self._known[of].generation, self._files[decision.file].path
            if path != g.path:
                add(g.path, path, SHORT)
        for g, path in {(r.generation, f.log.path) for f, r in likely if r.first_time is not None}:
            add(g.path, path, g.open_end)
        return {pair for pair, weight in weights.items() if pair is not None and weight >= SHORT}

    def _is_by_time(self, file: Scanned, record: Record) -> bool:
        """Tell whether a file is one that is gone, by its time to the second and all of its content."""
        g = record.generation
        if file.log.mtime_ns not in {g.stored[1], g.stored[1] // 10**9 * 10**9} or not self._is_gone(g):
            return False
        try:
            content = file.through(self._eye)
        except InputError:
            return False  # who decides on it meets that, too
        return (content.length, content.crc) == (g.open_end, g.end_crc)

    def _is_gone(self, known: Generation) -> bool:
        if self._paths is None:
            self._paths = frozenset(log.path for log in self._files)
        return known.path not in self._paths


_family_of = lru_cache(1 << 14)(family_of)
"""Each of many new logs may begin as each of many that are gone."""


def _is_likely(file: Scanned, record: Record) -> bool:
    """Tell whether a log's name is that of a file, or its lines tell it from others."""
    if record.first_time is not None:
        return True
    return _family_of(record.generation.path).rpartition("/")[2] == file.family.rpartition("/")[2]


def _folders(old: str, new: str) -> tuple[str, str] | None:
    """Return what two paths have before the end that is common to both; None where not even their logs' names are."""
    one, other = _family_of(old).split("/"), _family_of(new).split("/")
    common = 0
    while common < min(len(one), len(other)) and one[-1 - common] == other[-1 - common]:
        common += 1
    return None if common == 0 else ("/".join(one[:-common]), "/".join(other[:-common]))
