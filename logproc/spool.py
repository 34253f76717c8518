"""Rejected lines on their way to `--rejects`: each task writes a file of its own, the coordinator joins them.

A worker knows line numbers only from the beginning of its range; they are completed when the files are joined.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logproc.model import Piece, Reject


def _file(folder: str, task: int) -> Path:
    return Path(folder) / f"{task}.jsonl"


class Spool:
    """The rejected lines of one task; writes nothing where no folder is given."""

    def __init__(self, folder: str | None, task: int) -> None:
        self._path = None if folder is None else _file(folder, task)
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._file is not None:
            self._file.close()

    def keeper(self, piece: Piece) -> Callable[[Reject], None] | None:
        """Return what takes the rejects of a piece, or None if nobody wants them."""
        if self._path is None:
            return None
        path = self._path

        def keep(reject: Reject) -> None:
            if self._file is None:
                self._file = path.open("w", encoding="utf-8")
            raw = reject.raw.decode("utf-8", "backslashreplace")
            self._file.write(
                json.dumps([piece.file, piece.start, reject.line, reject.offset, reject.reason, raw]) + "\n"
            )

        return keep


def join(
    folder: str, task: int, paths: Mapping[int, str], lines_before: Mapping[tuple[int, int], int]
) -> Iterator[bytes]:
    """Yield the rejects of a task as JSON lines with whole-file line numbers from 1, and remove its file.

    `lines_before` counts the lines of each file, by (file, start of the range), that stand before the range.
    """
    path = _file(folder, task)
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for text in file:
            number, start, line, offset, reason, raw = json.loads(text)
            row = {
                "path": os.fsencode(paths[number]).decode("utf-8", "backslashreplace"),
                "line": lines_before[number, start] + line + 1,
                "offset": offset,
                "reason": reason,
                "raw": raw,
            }
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
    path.unlink()
