"""Leases as the service keeps them: whose, on what, and the file in which the rejected lines of each are gathered."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logproc import scratch
from logproc.backends.protocol import CHUNK_BYTES
from logproc.backends.spooled import unpack

if TYPE_CHECKING:
    from logproc.model import Task


@dataclass(slots=True, eq=False)
class LeaseRecord:
    """A lease: whose, on what, the file of its rejected lines, if they are wanted, and how many pieces of it are there.

    `unread` are the files of the task that its owner cannot read, though they are there.

    Pieces are unpacked and written under its own lock, so that nobody else waits for a disk; `open` until its end.
    """

    task: Task
    owner: str
    path: str | None
    pieces: int = 0
    open: bool = True
    unread: tuple[int, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, number: int, piece: bytes) -> bool:
        """Add a piece to the file, unless it has come before; WireError if it is none, MachineError without room."""
        with self.lock:
            if not self.open or number > self.pieces:
                return False
            if self.path is None or number < self.pieces:
                return True
            data = unpack(piece, CHUNK_BYTES)
            try:
                with open(self.path, "ab") as file:  # noqa: PTH123 - text in, text out
                    file.write(data)
            except OSError as error:
                raise scratch.unwritable(os.path.dirname(self.path), error) from error  # noqa: PTH120 - text
            self.pieces += 1
            return True

    def end(self) -> str | None:
        """Take no more pieces; return the file if there is one."""
        with self.lock:
            self.open = False
            return self.path if self.pieces else None

    def drop(self) -> None:
        """Take no more pieces, and forget those that came."""
        path = self.end()
        if path is not None:
            with suppress(OSError):  # the folder goes at the end of the run
                os.unlink(path)  # noqa: PTH108 - text in, text out


class LeaseRecords:
    """All records there are, for one thread at a time; each is taken out once, and then ended by whoever took it."""

    def __init__(self) -> None:
        self._records: dict[str, LeaseRecord] = {}  # by lease
        self._leases: dict[int, list[str]] = defaultdict(list)  # by number of their task

    def __len__(self) -> int:
        return max(len(self._records), len(self._leases))

    def add(self, lease: str, record: LeaseRecord) -> None:
        """Note a new one."""
        self._records[lease] = record
        self._leases[record.task.number].append(lease)

    def of(self, worker: str, lease: str) -> LeaseRecord | None:
        """Return the record of a lease, if it is this worker's."""
        record = self._records.get(lease)
        return record if record is not None and record.owner == worker else None

    def take(self, lease: str) -> LeaseRecord | None:
        """Take out the record of a lease, or None if that was done."""
        return self._records.pop(lease, None)

    def take_of(self, worker: str) -> list[LeaseRecord]:
        """Take out all records of a worker."""
        return self._taken([lease for lease, record in self._records.items() if record.owner == worker])

    def take_on(self, number: int) -> list[LeaseRecord]:
        """Take out what is left of a task that is finished: leases that were lost, or that another was quicker than."""
        return self._taken(self._leases.pop(number, []))

    def _taken(self, leases: list[str]) -> list[LeaseRecord]:
        return [record for lease in leases if (record := self._records.pop(lease, None)) is not None]
