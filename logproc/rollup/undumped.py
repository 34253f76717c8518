"""Tables that are merged in the process that made them: they are neither written as bytes nor read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.model import Partial
from logproc.rollup.dumping import TableData, dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logproc.model import FileResult
    from logproc.rollup.spec import RollupSpec

TABLE_BYTES = 3 << 20
"""Bytes of the largest table that is handed over as it is: as bytes that travel it takes a third of them."""

TASK_BYTES = 12 << 20
"""Bytes of all tables of a task that are handed over as they are: a few tasks wait to be merged."""


@dataclass(frozen=True, slots=True)
class Undumped:
    """A table that nobody changes any more, and the bytes that it takes."""

    spec: RollupSpec
    data: TableData
    size: int

    def __len__(self) -> int:
        return self.size

    def dump(self) -> bytes:
        """Return the table as it travels."""
        return dump(self.spec, self.data)


@dataclass(frozen=True, slots=True)
class UndumpedPartial(Partial):
    """What became of a task, for who merges it in this process: `live` stands in the place of `tables`."""

    live: tuple[bytes | Undumped, ...] = ()

    def dumped(self) -> Partial:
        """Return the same as it travels."""
        tables = tuple(table if isinstance(table, bytes) else table.dump() for table in self.live)
        return Partial(self.task, self.files, tables)


class CarriedPartial(Partial):
    """What became of a task whose counts its thread adds to those of others: their tables come with them."""

    __slots__ = ()


class HandOver:
    """Hands the tables of a task over: as they are while they are small and there is room, else dumped."""

    def __init__(self) -> None:
        self._room = TASK_BYTES

    def __call__(self, spec: RollupSpec, data: TableData) -> bytes | Undumped:
        """Return a table of a report."""
        size = bytes_of(data)
        if size > min(TABLE_BYTES, self._room):
            return dump(spec, data)
        self._room -= size
        return Undumped(spec, data, size)


def bytes_of(data: TableData) -> int:
    """Return the bytes that a table takes; asks each state for its `arrays`, which settles it.

    No state may leave its thread before: `min(text)` could go out as codes of the worker's own dictionary.
    """
    arrays: list[NDArray[Any]] = [data.keys, data.offsets, data.places.files, data.places.counts, data.places.places]
    arrays += [array for state in data.states if not state.blank for array in state.arrays()]
    return sum(array.nbytes for array in arrays)


def partial_of(task: int, files: tuple[FileResult, ...], tables: tuple[bytes | Undumped, ...]) -> Partial:
    """Return what became of a task."""
    dumped = tuple(table for table in tables if isinstance(table, bytes))
    return Partial(task, files, dumped) if len(dumped) == len(tables) else UndumpedPartial(task, files, (), tables)


def tables_of(partial: Partial) -> Sequence[bytes | Undumped]:
    """Return the tables of a result, one a report."""
    return partial.live if isinstance(partial, UndumpedPartial) else partial.tables
