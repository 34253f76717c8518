"""Temporary folders that do not outlive their run: what a killed process left behind is removed by the next one.

A folder is locked as long as its process lives, and the system frees the lock however that ends. Who makes a folder
first removes those of ours that nobody holds any more.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from logproc import stopping

try:
    import fcntl
except ImportError:  # not on every system
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "logproc-"

MARK = "logproc"
"""A file that says of a folder which a library has made that it is ours."""

YOUNG = 60.0
"""Seconds in which a folder may be without a lock: its process has just made it."""


@contextmanager
def folder() -> Iterator[str]:
    """Yield a new folder below the system's temporary one, which is removed at the end."""
    _sweep_once()
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as path, stopping.swept(path):
        lock = _locked(path)
        try:
            yield path
        finally:
            if lock is not None:
                os.close(lock)


def adopt(path: str) -> None:
    """Take care of a folder that a library has made, and removes where all goes well."""
    stopping.sweep_at_end(path)
    _sweep_once()
    mark = Path(path) / MARK
    if not mark.exists():
        with suppress(OSError):
            mark.touch()
        _locked(path)  # until the process ends


def _locked(path: str | Path) -> int | None:
    """Return a descriptor that holds the lock of a folder; None if another process does, or if there are no locks."""
    if not HAS_LOCKS:
        return None
    descriptor = None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor


@cache
def _sweep_once() -> None:
    remove_abandoned()


def remove_abandoned() -> None:
    """Remove folders of killed processes of this user."""
    base = Path(tempfile.gettempdir())
    for path in (*base.glob(f"{PREFIX}*"), *(mark.parent for mark in base.glob(f"*/{MARK}"))):
        with suppress(OSError):
            status = path.lstat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < YOUNG or path.is_symlink():
                continue
            lock = _locked(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)
