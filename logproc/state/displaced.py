"""Copies that are not where the last scan found them, each looked up at once: a night may rename ten thousand."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, TypeAlias

from logproc.state.families import family_of
from logproc.state.generations import SHORT

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from logproc.model import LogFile
    from logproc.state.generations import Seen


class Displaced:
    """Copies that have moved, as long as nobody knows where to.

    `copies` are the generations of contents by family, length and CRC; one that is not in `known` is none.
    """

    def __init__(
        self, moved: Iterable[Seen], copies: Mapping[tuple[str, int, int], int], known: Container[int]
    ) -> None:
        self._copies = copies
        self._known = known
        self._by_inode: dict[_Key, _Copies] = {}
        self._by_family: dict[_Key, _Copies] = {}
        self._by_log: dict[_Key, _Copies] = {}  # family and generation
        for seen in moved:
            for index, key in self._keys(seen):
                index.setdefault(key, OrderedDict())[seen.path] = seen
        self._by_content: dict[tuple[int, int], deque[tuple[str, int]]] = {}
        for (family, length, crc), of in copies.items() if self._by_log else ():
            if (family, of) in self._by_log:
                self._by_content.setdefault((length, crc), deque()).append((family, of))

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._by_family)

    def has_inode_of(self, log: LogFile) -> bool:
        """Tell whether a file is one of them by its inode."""
        return (log.device, log.inode) in self._by_inode

    def take(self, log: LogFile, family: str, content: tuple[int, int]) -> int | None:
        """Take out the one that a file is, by its inode if one is, and its content; returns what that is a copy of."""
        seen = self._moved_to(log, content) or self._like(family, content)
        if seen is None:
            return None
        self._remove(seen)
        return seen.generation

    def take_of(self, family: str, log: LogFile) -> None:
        """Take out one of a family: the one that a file is by its inode, if one is."""
        there = (seen for seen in self._with_inode_of(log) if family_of(seen.path) == family)
        seen = next(there, None) or _first(self._by_family, family)
        if seen is not None:
            self._remove(seen)

    def _moved_to(self, log: LogFile, content: tuple[int, int]) -> Seen | None:
        there = self._with_inode_of(log)
        return next((s for s in there if self._is_of(s.generation, family_of(s.path), content)), None)

    def _with_inode_of(self, log: LogFile) -> Iterable[Seen]:
        key = log.device, log.inode
        return self._by_inode[key].values() if key in self._by_inode else ()

    def _is_of(self, generation: int | None, family: str, content: tuple[int, int]) -> bool:
        return generation in self._known and self._copies.get((family, *content)) == generation

    def _like(self, family: str, content: tuple[int, int]) -> Seen | None:
        """Return one with a content; few bytes prove nothing outside a family."""
        if content[0] < SHORT:
            return _first(self._by_log, (family, self._copies.get((family, *content))))
        logs = self._by_content.get(content, deque())
        while logs and logs[0] not in self._by_log:
            logs.popleft()
        return _first(self._by_log, logs[0]) if logs else None

    def _remove(self, seen: Seen) -> None:
        for index, key in self._keys(seen):
            del index[key][seen.path]
            if not index[key]:
                del index[key]

    def _keys(self, seen: Seen) -> Iterable[tuple[dict[_Key, _Copies], _Key]]:
        """Yield where one is looked up."""
        family = family_of(seen.path)
        yield self._by_family, family
        if seen.inode != 0:
            yield self._by_inode, (seen.device, seen.inode)
        if seen.generation in self._known:
            yield self._by_log, (family, seen.generation)


def _first(index: Mapping[_Key, _Copies], key: _Key) -> Seen | None:
    return next(iter(index[key].values())) if key in index else None


_Key: TypeAlias = "str | tuple[int, int] | tuple[str, int | None]"

_Copies: TypeAlias = "OrderedDict[str, Seen]"
"""Copies by path; of an ordered one the first is found at once also when those before it are gone."""
