"""Is this the same disk? Size and head of some files of the plan, compared where the tasks are to run.

A worker whose disk is missing, or another one, would report every file as unreadable, or count the wrong lines.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from logproc.backends.paths import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logproc.model import Partial, Piece, Task

T = TypeVar("T")

FILES = 5
HEAD = 4096
SETTLED = 120.0
"""Seconds after which every client of a network file system shows a file's new size."""

TOO_OLD_SECONDS = 2.0
"""How much older than listed a file may look: some file systems keep times to two seconds."""

DISK_SECONDS = 30.0
"""Seconds after which a disk that does not answer counts as missing."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A file as the coordinator sees it: size in bytes, its first `head` bytes as SHA-256, and if it still grows."""

    path: str
    size: int
    head: int
    digest: str
    fresh: bool


def look(path: str) -> Probe | None:
    """Return what there is to see of a regular file, or None if it cannot be read."""
    try:
        size, head = _read(path, HEAD)
        fresh = time.time() - os.stat(path).st_mtime < SETTLED  # noqa: PTH116 - text paths throughout
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    return Probe(path, size, len(head), hashlib.sha256(head).hexdigest(), fresh)


def probes(tasks: Sequence[Task]) -> tuple[Probe, ...]:
    """Choose some files of a plan, spread over it, and look at them; those that cannot be read are left out.

    They are named from the root, as another machine understands it.
    """
    step = max(1, len(tasks) // FILES)
    paths = dict.fromkeys(task.pieces[-1].path for task in (*tasks[::step], *tasks[-1:]) if task.pieces)
    return tuple(seen for path in list(paths)[: FILES + 1] if (seen := look(absolute(path))) is not None)


def unreadable(piece: Piece) -> str | None:
    """Say why a file cannot be opened and its first byte be read here, or what of it is not here, or None.

    One that is shorter than when it was listed is an old copy, or was cut off since; one that was written last before
    that is an old copy, too. A FIFO is not waited for.
    """
    try:
        descriptor = os.open(piece.place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.read(descriptor, 1)
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:  # a NUL in the name
        return str(error)
    if status.st_size < piece.size:
        return f"only {status.st_size} of its {piece.size} bytes are there"
    return _too_old(piece, status.st_mtime_ns)


def _too_old(piece: Piece, mtime_ns: int) -> str | None:
    """Say by how much what is here was written last before what was listed; a file that grows is younger."""
    seconds = (piece.mtime_ns - mtime_ns) / 1e9
    return f"the copy is too old by {timedelta(seconds=round(seconds))}" if seconds > TOO_OLD_SECONDS else None


def _old_copy(piece: Piece) -> str | None:
    try:
        return _too_old(piece, os.stat(piece.place).st_mtime_ns)  # noqa: PTH116 - text paths throughout
    except (OSError, ValueError):  # it has gone since, or is standard input
        return None


def unreadable_of(task: Task, outcome: Partial, seconds: float = DISK_SECONDS) -> dict[int, str]:
    """Return the files of a task that cannot all be read here, in time, or are old copies, and why, by number.

    Files without a problem were read; of these only the time is looked at.
    """
    bad = {result.file for result in outcome.files if result.problem is not None}

    def reasons() -> dict[int, str]:
        found = ((piece.file, (unreadable if piece.file in bad else _old_copy)(piece)) for piece in task.pieces)
        return {file: reason for file, reason in found if reason is not None}

    found = _in_time(reasons, seconds)
    return dict.fromkeys(bad, _silent(seconds)) if found is None else found


def difference_in_time(expected: Iterable[Probe], seconds: float = DISK_SECONDS) -> str | None:
    """Say what is different here, or None, in time: a disk whose server is dead counts as missing."""
    found = _in_time(lambda: [difference(expected)], seconds)
    return found[0] if found is not None else _silent(seconds)


def _in_time(look: Callable[[], T], seconds: float) -> T | None:
    """Look at a disk in a thread that may hang, since such files cannot even be waited for with a timeout."""
    found: list[T] = []
    thread = Thread(target=lambda: found.append(look()), name="logproc-probe", daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


def _silent(seconds: float) -> str:
    return f"the disk did not answer within {seconds:g} s"


def difference(expected: Iterable[Probe]) -> str | None:
    """Say what is different here, or None: a file may have grown since, but begins as it did."""
    for probe in expected:
        if (found := _difference(probe)) is not None:
            return f"{probe.path} {found}"
    return None


def _difference(probe: Probe) -> str | None:
    try:
        size, head = _read(probe.path, probe.head)
    except OSError as error:
        return f"cannot be read: {error.strerror}" if error.errno else str(error)
    except UnicodeEncodeError:  # a locale without UTF-8
        return f"cannot be named here, where file names are {sys.getfilesystemencoding()}: set PYTHONUTF8=1"
    if size < probe.size and not probe.fresh:
        return f"has {size} bytes instead of {probe.size}"
    if len(head) == probe.head and hashlib.sha256(head).hexdigest() != probe.digest:
        return "begins with other bytes"
    return None


def _read(path: str, count: int) -> tuple[int, bytes]:
    """Return size and head of a regular file; OSError otherwise. A FIFO without a writer is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - it is open already
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("is no regular file")
        return status.st_size, file.read(count)
