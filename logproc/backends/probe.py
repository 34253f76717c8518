"""Is this the same disk? Size and head of some files of the plan, compared where the tasks are to run.

A worker whose disk is missing, or another one, would report every file as unreadable, or count the wrong lines.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from logproc.backends.paths import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logproc.model import Task

FILES = 5
HEAD = 4096
SETTLED = 120.0
"""Seconds after which every client of a network file system shows a file's new size."""

PATIENCE = 30.0
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


def difference_in_time(expected: Iterable[Probe], seconds: float = PATIENCE) -> str | None:
    """Say what is different here, or None, in time: a disk whose server is dead counts as missing.

    It is looked at in a thread that may hang, since such files cannot even be waited for with a timeout.
    """
    found: list[str | None] = []
    thread = Thread(target=lambda: found.append(difference(expected)), name="logproc-probe", daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else f"the disk did not answer within {seconds:g} s"


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
