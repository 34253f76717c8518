"""Temporary folders that do not outlive their run: what a killed process left behind is removed by the next one.

A folder is locked as long as its process lives, and the system frees the lock however that ends. Each run, and whoever
makes a folder, first removes those of ours that nobody holds any more.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from logproc import stopping
from logproc.errors import MachineError

try:
    import fcntl
except ImportError:  # not on every system
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "logproc-scratch-"
LOCK, FILES = "lock", "files"
"""What is in a folder of ours, and nothing else: a folder that somebody else gave such a name is left alone."""

LIBRARY, MARK = "pymp-*", ".logproc-scratch"
"""Folders of multiprocessing, and the file that says that one of them was made for us."""

YOUNG = 60.0
"""Seconds in which a folder may be without a lock: its process has just made it. One that has its folder of files was
locked before that, so that without a lock it is nobody's, however young."""


@contextmanager
def folder() -> Iterator[str]:
    """Yield a new folder below the system's temporary one, which is removed at the end; MachineError if none can be."""
    sweep()
    with _made() as path, stopping.swept(path):
        lock = _locked(Path(path, LOCK), os.O_CREAT | os.O_EXCL)
        files = Path(path, FILES)
        try:
            files.mkdir()
        except OSError as error:
            raise unwritable(str(files), error) from error
        try:
            yield str(files)
        finally:
            stopping.remove(path)
            if lock is not None:
                os.close(lock)


def unwritable(folder: str, error: OSError) -> MachineError:
    """Return what to raise where a temporary file cannot be written: the disk is full, most of the time."""
    reason = (error.strerror or str(error)).lower()
    elsewhere = ", or set TMPDIR to another folder" if folder.startswith(tempfile.gettempdir()) else ""
    return MachineError(f"{folder}: temporary files cannot be written: {reason}; free some space there{elsewhere}")


def _made() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    except OSError as error:
        raise unwritable(tempfile.gettempdir(), error) from error


def adopt(path: str) -> None:
    """Take care of a folder that a library has made, and removes where all goes well."""
    stopping.sweep_at_end(path)
    sweep()
    mark = Path(path) / MARK
    if not mark.exists():
        _locked(mark, os.O_CREAT | os.O_EXCL)  # until the process ends


def _locked(path: Path, flags: int = 0) -> int | None:
    """Return a descriptor that holds the lock of a file; None if another process does, or if there are no locks."""
    if not HAS_LOCKS:
        return None
    descriptor = None
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return None
    return descriptor


@cache
def sweep() -> None:
    """Remove what killed processes have left, once a process."""
    remove_abandoned()


def remove_abandoned() -> None:
    """Remove folders of killed processes of this user."""
    with suppress(OSError):  # there may be no temporary folder at all, which a run may do without
        base = Path(tempfile.gettempdir())
        for path in base.glob(f"{PREFIX}*"):
            with suppress(OSError):  # another user's cannot be looked into
                if {entry.name for entry in path.iterdir()} <= {LOCK, FILES}:
                    _remove_unless_held(path, path / LOCK)
        for mark in base.glob(f"{LIBRARY}/{MARK}"):
            with suppress(OSError):
                _remove_unless_held(mark.parent, mark)


def _remove_unless_held(path: Path, file: Path) -> None:
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return
    if time.time() - status.st_mtime < YOUNG and not Path(path, FILES).is_dir():
        return
    lock = _locked(file)
    if lock is not None:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
