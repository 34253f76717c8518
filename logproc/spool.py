"""Rejected lines on their way to `--rejects`: each task writes a file of its own, the coordinator joins them.

A worker knows line numbers only from the beginning of its range; they are completed when the files are joined.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from logproc import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logproc.errors import MachineError
    from logproc.model import Piece, Reject, Task


def place(folder: str, task: Task) -> str:
    """Return the file of a task's rejected lines; each part of a task that was cut has its own."""
    first = task.pieces[0]
    return f"{folder}/{task.number}-{first.file}-{first.start}-{first.end}-{len(task.pieces)}.jsonl"


class Spool:
    """The rejected lines of one task; writes nothing where no folder is given.

    The file gets its name at the end: a second worker may be at the same task, and either may be killed. MachineError
    where the folder has no room for it: it is none of the fault of what is read.
    """

    def __init__(self, folder: str | None, task: Task) -> None:
        self._path = None if folder is None else Path(place(folder, task))
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        if kind is not None:
            self.clear()
        elif self._file is not None and self._path is not None:
            try:
                self._file.close()
                Path(self._file.name).replace(self._path)
            except OSError as error:
                self.clear()
                raise self._unwritable(error) from error

    def mark(self) -> int:
        """Return how much is kept, for `undo`."""
        return 0 if self._file is None else self._file.tell()

    def undo(self, mark: int) -> None:
        """Forget what was kept since a `mark`."""
        if self._file is not None:
            try:
                self._file.seek(mark)
                self._file.truncate()
            except OSError as error:
                raise self._unwritable(error) from error

    def clear(self) -> None:
        """Forget what was kept."""
        if self._file is not None:
            with suppress(OSError):  # what is to be forgotten found no room
                self._file.close()
            Path(self._file.name).unlink(missing_ok=True)  # a process that is ended takes its folder away
            self._file = None

    def _unwritable(self, error: OSError) -> MachineError:
        return scratch.unwritable("" if self._path is None else str(self._path.parent), error)

    def keeper(self, piece: Piece) -> Callable[[Reject], None] | None:
        """Return what takes the rejects of a piece, or None if nobody wants them."""
        if self._path is None:
            return None
        path = self._path

        def keep(reject: Reject) -> None:
            raw = reject.raw.decode("utf-8", "backslashreplace")
            row = json.dumps([piece.file, piece.start, reject.line, reject.offset, reject.reason, raw])
            try:
                if self._file is None:
                    self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed by __exit__
                        "w", encoding="utf-8", dir=path.parent, prefix=".", delete=False
                    )
                self._file.write(row + "\n")
            except OSError as error:
                raise self._unwritable(error) from error

        return keep


def join(
    folder: str, task: Task, paths: Mapping[int, str], lines_before: Mapping[tuple[int, int], int]
) -> Iterator[bytes]:
    """Yield what `lines` does, and remove the file."""
    yield from lines(folder, task, paths, lines_before)
    Path(place(folder, task)).unlink(missing_ok=True)


def lines(
    folder: str, task: Task, paths: Mapping[int, str], lines_before: Mapping[tuple[int, int], int]
) -> Iterator[bytes]:
    """Yield the rejects of a task as JSON lines with whole-file line numbers from 1.

    `lines_before` counts the lines of each file, by (file, start of the range), that stand before the range; what is
    of another range is passed over. A file that lost its end with the power ends there.
    """
    path = Path(place(folder, task))
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                number, start, line, offset, reason, raw = json.loads(text)
            except ValueError:
                return
            if (number, start) not in lines_before:
                continue
            row = {
                "path": os.fsencode(paths[number]).decode("utf-8", "backslashreplace"),
                "line": lines_before[number, start] + line + 1,
                "offset": offset,
                "reason": reason,
                "raw": raw,
            }
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
