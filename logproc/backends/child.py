"""What runs in a child process: tasks come down a pipe, outcomes go back, and it ends with the process that made it.

Each child has a second pipe, its lifeline, whose other end only that process holds: when it ends the kernel sends a
signal that kills, and a thread sees it where there is no such signal. The fork server is the parent that the kernel
knows; should it be killed, its children are too.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from logproc.errors import MachineError
from logproc.model import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from typing import TypeAlias

    from logproc.model import Partial, Task

    Process: TypeAlias = Callable[[Any, Task], Partial]

START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""Never plain fork: a forked child inherits locks that other threads hold."""

OUT_OF_MEMORY = 12
"""How a child ends that ran into its ceiling: ENOMEM."""

ORPHANED = 75
"""How a child ends whose parent is gone; nobody is left to see it."""

NOT_MAPPED = "failed to map segment"
"""What the loader of libraries says where memory is at its ceiling; elsewhere it may be about the library's file."""

CHUNK = 1 << 20
SIZE = struct.Struct("!Q")


def serve(pipe: Connection, lifeline: Connection, work: bytes, memory: int | None) -> None:
    """Do tasks from a pipe until it ends: the main function of a child. `work` is process and job, pickled."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its children
    _die_with_parent(lifeline)
    _limit(memory)
    fd, load = pipe.fileno(), cache(partial(_load, work))
    with suppress(BrokenPipeError, ConnectionResetError):
        while (task := _receive(fd)) is not None:
            _send(fd, _answer(load, task, limited=memory is not None))


def _load(work: bytes) -> tuple[Process, Any]:
    """Return process and job; MachineError if they are not to be found here."""
    try:
        process, job = pickle.loads(work)  # noqa: S301 - from the parent
    except Exception as error:
        if isinstance(error, MemoryError) or NOT_MAPPED in str(error):
            raise
        raise MachineError(
            f"worker processes cannot load what they are to do: {type(error).__name__}: {error}; functions and classes "
            "for them must stand in a module that can be imported, and not in the script that runs"
        ) from error
    return process, job


def _answer(load: Callable[[], tuple[Process, Any]], task: Task, *, limited: bool) -> bytes:
    """Do a task and return the pickled outcome; running out of memory ends the child, as it might have any other."""
    try:
        try:
            process, job = load()
            return pickle.dumps(process(job, task), pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            raise
        except MachineError as error:
            return pickle.dumps(error)
        except Exception as error:
            if limited and isinstance(error, ImportError) and NOT_MAPPED in str(error):
                raise MemoryError from error
            return pickle.dumps(Failure(task.number, f"{type(error).__name__}: {error}"))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _receive(fd: int) -> Task | None:
    head = _read(fd, SIZE.size)
    if len(head) < SIZE.size:
        return None
    data = _read(fd, SIZE.unpack(head)[0])
    task: Task = pickle.loads(data)  # noqa: S301 - from the parent
    return task


def _read(fd: int, size: int) -> bytes:
    """Read so many bytes, or fewer where the pipe ends."""
    data = bytearray()
    while len(data) < size and (chunk := os.read(fd, min(CHUNK, size - len(data)))):
        data += chunk
    return bytes(data)


def _send(fd: int, data: bytes) -> None:
    left = memoryview(SIZE.pack(len(data)) + data)
    while left:
        left = left[os.write(fd, left) :]


def _die_with_parent(lifeline: Connection) -> None:
    if START_METHOD == "forkserver":  # else the parent's thread counts as the parent, and may end before its process
        parent = os.getppid()
        _ask_to_be_killed_with_parent()
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(ORPHANED)
    _ask_for_signal_at_end(lifeline.fileno())
    # The thread sees an end that came before the signal was asked for; a call that holds the GIL keeps it waiting.
    threading.Thread(target=_wait_for_end, args=(lifeline,), name="logproc-lifeline", daemon=True).start()


def _ask_to_be_killed_with_parent() -> None:
    import ctypes  # noqa: PLC0415 - only children need it

    pr_set_pdeathsig = 1  # <sys/prctl.h>
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


def _ask_for_signal_at_end(fd: int) -> None:
    """Let the end of a pipe, which is all that ever happens to it, send SIGIO, which kills."""
    import fcntl  # noqa: PLC0415 - not on every system

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    with suppress(OSError):  # pipes of some systems cannot
        fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)


def _wait_for_end(lifeline: Connection) -> None:
    with suppress(OSError):
        os.read(lifeline.fileno(), 1)
    os._exit(ORPHANED)


def _limit(memory: int | None) -> None:
    """Set the ceiling of a child's memory.

    RLIMIT_DATA counts private writable memory: after parsing 200 MB of access logs 181 MiB, of which 107 MiB were in
    use, where RLIMIT_AS counts 390 MiB, most of it libraries that all children share.
    """
    if memory is not None:
        import resource  # noqa: PLC0415 - not on every system

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
