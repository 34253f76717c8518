"""Keys that stand for a field of the contract, and are fields themselves where another key has given that one.

`{"level": "ERROR", "severity": "WARN"}` has both. A path belongs to one column, so `level` has in its own column what
goes before `severity`, and in one more what comes behind; they are put together once the kernel has found them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.naming import DATE, KEPT_TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logproc.formats.naming import Naming
    from logproc.kernels.layout import LineArrays


class OwnNames:
    """The paths of stored columns, some of which are paths of others; `further` are those to store beside them."""

    def __init__(self, naming: Naming, stored: tuple[str, ...]) -> None:
        own = frozenset(stored) - naming.synonyms.keys() - {DATE}
        self.paths: dict[str, tuple[str, ...]] = {}
        self._chains: list[tuple[str, list[str]]] = []
        for column, paths in naming.paths(sorted(stored, key=lambda name: name not in naming.synonyms)):
            if column in self.paths:
                continue
            links: list[tuple[str, list[str]]] = [(column, [])]
            for path in paths:
                if path in own and path != column:
                    links += [(path, [path]), (f"{column}~{len(links)}", [])]
                else:
                    links[-1][1].append(path)
            links = [links[0], *(link for link in links[1:] if link[1])]
            self.paths |= {name: tuple(found) for name, found in links}
            if len(links) > 1:
                self._chains.append((column, [name for name, _ in links[1:]]))
        self._own = own
        self._texts = {number: text for text, number in KEPT_TEXTS.items() if number in dict(self._chains)}
        self.paths |= {text: (text,) for text in self._texts.values() if text not in self.paths}
        self.further = tuple(name for name in self.paths if name not in stored)
        self._moved: list[tuple[int, int, int, NDArray[np.int64]]] = []

    def __bool__(self) -> bool:
        """Tell whether any column is a path of another."""
        return bool(self._chains)

    def join(self, lines: LineArrays, place: Mapping[str, int], row: int, upto: int) -> None:
        """Give rows from `row` on that lack a field that of its further paths, which is then no field of its own."""
        self._moved.clear()
        for column, names in self._chains:
            for name in names:
                lacking = (lines.starts[place[column], row:upto] < 0) & (lines.starts[place[name], row:upto] >= 0)
                rows = row + np.flatnonzero(lacking)
                _copy(lines, place[name], place[column], rows)
                if name in self._own:
                    lines.starts[place[name], rows] = -1
                if name in self._own and column in self._texts:
                    self._moved.append((place[column], place[name], place[self._texts[column]], rows))

    def part(self, lines: LineArrays) -> None:
        """Give keys back what `join` has taken for a number, and is none."""
        for column, name, text, rows in self._moved:
            _copy(lines, column, name, rows[lines.starts[text, rows] == lines.starts[column, rows]])


def _copy(lines: LineArrays, source: int, target: int, rows: NDArray[np.int64]) -> None:
    for slices in (lines.starts, lines.ends, lines.styles):
        slices[target, rows] = slices[source, rows]
