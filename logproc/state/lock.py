"""One run at a time: an exclusive flock(2) on a file that stays.

The kernel releases the lock when its holder ends, however that was; a file that is removed and made anew would be two
locks. Python's descriptors are closed in every program that a process starts, so no child holds the lock on. What the
file says about its holder is for people: nothing is decided by it.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from logproc.errors import LedgerError, OutputError, TryLaterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "lock"
"""The lock's name in a state folder."""

LOOK_EVERY = 0.2
"""Seconds between two tries; a waiting flock(2) could not be ended after a while without a signal."""

LONGEST_NOTE = 4096

PAUSE = threading.Event().wait
"""Nobody sets this event: waiting for it is a sleep that signals interrupt."""


def of_state(folder: str) -> str:
    """Return the lock of a state folder, which is made where it is missing; LedgerError if it cannot be."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LedgerError(folder, f"the state folder cannot be made: {reason}") from error
    return os.path.join(folder, NAME)  # noqa: PTH118


@contextmanager
def hold(
    path: str,
    wait: float = 0.0,
    *,
    started: str = "",
    say: Callable[[str], None] = lambda _line: None,
    pause: Callable[[float], object] = PAUSE,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Hold the lock at `path` (its folder must be there) for the block, waiting up to `wait` seconds for it.

    `started` is a time that the next one is told; `say` takes a line if there is something to wait for. TryLaterError
    if another one holds it, OutputError if it cannot be opened, UsageError if the file system has no locks.
    """
    handle = _acquire(path, wait, say, pause, clock)
    try:
        _write_note(handle, started)
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(handle, 0)  # it names nobody who is not there
        os.close(handle)


def _acquire(
    path: str,
    wait: float,
    say: Callable[[str], None],
    pause: Callable[[float], object],
    clock: Callable[[], float],
) -> int:
    deadline = clock() + wait
    said = False
    while True:
        handle, holder = _attempt(path)
        if holder is None:
            return handle
        left = deadline - clock()
        if left <= 0:
            raise TryLaterError(f"{path}: {holder}{f', also after {wait:g} s' if wait else ''}")
        if not said:
            say(f"waiting for {path}: {holder}")
            said = True
        pause(min(LOOK_EVERY, left))


def _attempt(path: str) -> tuple[int, str | None]:
    """Return a descriptor that holds the lock, or who holds it."""
    handle = _open(path)
    holder: str | None = "locked by another run"
    try:
        holder = None if _locked(handle, path) else _holder(handle)
    finally:
        if holder is not None:
            os.close(handle)
    return handle, holder


def _open(path: str) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise OutputError(path, _why_not(error)) from error
    return handle


def _why_not(error: OSError) -> str:
    """Say why a lock cannot be opened, and the way out."""
    if error.errno == errno.ELOOP:
        return "is a symbolic link"
    reason = error.strerror or str(error)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return (
            f"{reason}; a run locks the folder that it writes its state to: name one that can be written with --state, "
            f"or run as the user whom it belongs to"
        )
    return reason


def _locked(handle: int, path: str) -> bool:
    """Try to lock; also False where somebody has removed or replaced the file meanwhile: that is another lock."""
    import fcntl  # noqa: PLC0415 - not on every system

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise UsageError(
            f"{path}: this file system has no locks ({error.strerror}); name a file elsewhere with --lock"
        ) from error
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _write_note(handle: int, started: str) -> None:
    note = {"pid": os.getpid(), "host": platform.node(), "started": started}
    with suppress(OSError):  # a full disk does not hold up a run that may do without
        os.fchmod(handle, 0o600)
        os.ftruncate(handle, 0)
        os.pwrite(handle, (json.dumps(note) + "\n").encode(), 0)


def _holder(handle: int) -> str:
    """Say who holds the lock, as far as the file tells."""
    try:
        note = json.loads(os.pread(handle, LONGEST_NOTE, 0))
        since = f" since {note['started']}" if note["started"] else ""
        return f"locked by process {note['pid']} on {note['host']}{since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "locked by another run"
