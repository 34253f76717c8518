"""Outcomes that came before their turn: in memory as long as they are few, then in a temporary file.

Results merge in plan order. While the first task, a large archive, is being read, thousands of others may be done.
"""

from __future__ import annotations

import pickle
import tempfile
from typing import IO, TYPE_CHECKING, Self

from logproc import scratch
from logproc.model import Failure, Partial, Parts
from logproc.rollup.undumped import UndumpedPartial, tables_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from logproc.model import Outcome

IN_MEMORY = 16 << 20
"""Bytes of tables that wait in memory. What does not fit goes to the disk, be it the first one: a task alone may have
more, two reports of 200,000 groups are 20 MB."""


class Early:
    """A bounded place to wait, by task number."""

    def __init__(self, limit: int = IN_MEMORY) -> None:
        self._limit = limit
        self._held: dict[int, Outcome] = {}
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._places: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._file is not None:
            self._file.close()

    def __contains__(self, task: int) -> bool:
        return task in self._held or task in self._places

    def put(self, outcome: Outcome) -> None:
        """Let an outcome wait; MachineError if the temporary folder has no room for it."""
        size = _size(outcome)
        if self._bytes + size > self._limit:
            self._places[outcome.task] = self._write(_as_it_travels(outcome))
        else:
            self._held[outcome.task] = outcome
            self._bytes += size

    def pop(self, task: int) -> Outcome:
        """Return the outcome of a task, whose turn it is; KeyError if it has not come."""
        if task in self._held:
            outcome = self._held.pop(task)
            self._bytes -= _size(outcome)
            return outcome
        return self._read(self._places.pop(task))

    def _write(self, outcome: Outcome) -> int:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="logproc-", buffering=0)  # noqa: SIM115 - by __exit__
            place = self._file.seek(0, 2)
            pickle.dump(outcome, _Whole(self._file), pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise scratch.unwritable(tempfile.gettempdir(), error) from error
        return place

    def _read(self, place: int) -> Outcome:
        assert self._file is not None
        self._file.seek(place)
        outcome: Outcome = pickle.load(self._file)  # noqa: S301 - written by this object, to a nameless file
        if not self._places:
            self._file.truncate(0)  # what is on the disk is what waits, as long as tasks are done nearly in their order
        return outcome


class _Whole:
    """A file without a buffer, of which a write takes all or fails: tables go there as they are, without a copy."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: ReadableBuffer) -> int:
        """Write all of it."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            left = left[self._file.write(left) :]
        return size


def _size(outcome: Outcome) -> int:
    if isinstance(outcome, Parts):
        return sum(_size(part) for _, part in outcome.outcomes)
    if isinstance(outcome, Failure):
        return 0
    return sum(map(len, tables_of(outcome) if isinstance(outcome, Partial) else outcome.tables))


def _as_it_travels(outcome: Outcome) -> Outcome:
    """Return an outcome whose tables are bytes, a third of what they were."""
    return outcome.dumped() if isinstance(outcome, UndumpedPartial) else outcome
