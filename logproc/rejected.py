"""Rejected lines of runs with a ledger on their way to `--rejects`: they lie beside the ledger until they are reported.

What a run has stored is counted also where it is killed, and the next one reports it: so its rejected lines must be
there, too.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from logproc import scratch, spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from logproc.books import Books
    from logproc.model import FileResult, LogFile, Piece, Task
    from logproc.state.rows import Run

REJECTS = "rejects"
"""Folder in that of the ledger, which holds one of each run that was not reported."""


def folder_of(state_dir: str, run: Run) -> str:
    """Return the folder where the tasks of a run leave their rejected lines."""
    return str(Path(state_dir, REJECTS, run.uid))


def make(state_dir: str, run: Run) -> str:
    """Make that folder, for the owner alone, and return it; MachineError where that is impossible."""
    folder = folder_of(state_dir, run)
    try:
        Path(state_dir, REJECTS).mkdir(mode=0o700, exist_ok=True)
        Path(folder).mkdir(mode=0o700)
    except OSError as error:
        raise scratch.unwritable(folder, error) from error
    return folder


def join(
    rejects: BinaryIO,
    state_dir: str,
    books: Books,
    files: Sequence[LogFile],
    counted: Iterable[tuple[Run, Task, list[tuple[Piece, int, FileResult]]]],
) -> int:
    """Write the rejected lines of stored results to `--rejects`; returns how many of them are not there.

    `counted` has the run and the task of each, and those pieces that count with the place of their file among `files`.
    """
    expected = written = 0
    for run, task, pieces in counted:
        rejected = sum(result.lines.rejected for _, _, result in pieces)
        if not rejected:
            continue
        expected += rejected
        paths = {piece.file: files[place].path for piece, place, _ in pieces}
        before = {(piece.file, piece.start): books.before(place, piece.start) for piece, place, _ in pieces}
        for line in spool.lines(folder_of(state_dir, run), task, paths, before):
            rejects.write(line)
            written += 1
    return expected - written


def forget(state_dir: str) -> None:
    """Remove what is kept: all of it has been reported."""
    shutil.rmtree(Path(state_dir, REJECTS), ignore_errors=True)
