"""Files of a family by how they begin: those that may be copies of one another are found without asking each of all."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Heads:
    """The heads of files: of two that are alike the longer one begins with the shorter one, and none is empty."""

    def __init__(self, heads: Iterable[tuple[int, bytes]]) -> None:
        self._numbers: dict[bytes, list[int]] = {}
        for number, head in heads:
            if head:
                self._numbers.setdefault(head, []).append(number)
        self._sorted = sorted(self._numbers)
        self._lengths = sorted(set(map(len, self._numbers)))

    def alike(self, head: bytes) -> list[int]:
        """Return the numbers of the files whose heads are alike with one, in their order."""
        if not head:
            return []
        shorter = (head[:length] for length in self._lengths if length < len(head))
        found = [number for other in shorter for number in self._numbers.get(other, ())]
        at = bisect_left(self._sorted, head)
        while at < len(self._sorted) and self._sorted[at].startswith(head):
            found += self._numbers[self._sorted[at]]
            at += 1
        return sorted(found)
