"""How a range that kills its workers is cut in two, until what is lost with it is small.

Any byte is a legal border: a range owns the lines whose first byte lies in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logproc.model import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.model import Piece

FLOOR = 1 << 20
"""Bytes of a plain range that is not cut any more."""


def halves(task: Task) -> tuple[Task, Task] | None:
    """Cut a task in two of the same number, in the order of ranges; None if it cannot be cut.

    Several files are cut between files. A lone range is cut in the middle of its bytes if it is plain and larger than
    `FLOOR`; a compressed file, or one whose codec its worker finds out, is not cut.
    """
    if len(task.pieces) > 1:
        middle = len(task.pieces) // 2
        first = _bytes(task, middle)
        return (
            Task(task.number, task.pieces[:middle], first),
            Task(task.number, task.pieces[middle:], task.bytes - first),
        )
    return _cut(task, task.pieces[0]) if task.pieces else None


def least(tasks: Sequence[Task]) -> Task:
    """Return the smallest part that any of these tasks can be cut into, one or more of them; the last of equals."""
    task = min(reversed(tasks), key=lambda task: task.bytes)
    while (parts := halves(task)) is not None:
        task = parts[0]
    return task


def _cut(task: Task, piece: Piece) -> tuple[Task, Task] | None:
    size = (piece.start + task.bytes if piece.end < 0 else piece.end) - piece.start
    if piece.codec != "plain" or size <= FLOOR:
        return None
    border = piece.start + size // 2
    return (
        Task(task.number, (replace(piece, end=border),), size // 2),
        Task(task.number, (replace(piece, start=border),), size - size // 2),
    )


def _bytes(task: Task, middle: int) -> int:
    """Estimate the bytes of the pieces before `middle`: whole files do not tell theirs, so they share what is left."""
    known = _known(task.pieces)
    before = task.pieces[:middle]
    whole = sum(piece.end < 0 for piece in before)
    if not whole:
        return min(_known(before), task.bytes)
    share = max(0, task.bytes - known) * whole // sum(piece.end < 0 for piece in task.pieces)
    return min(_known(before) + share, task.bytes)


def _known(pieces: Sequence[Piece]) -> int:
    return sum(piece.end - piece.start for piece in pieces if piece.end >= 0)
