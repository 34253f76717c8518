"""Signals: the first SIGINT or SIGTERM asks a run to end, the second one ends it at once.

The first becomes a `StoppedError` in the main thread: at once, or where a `deferred` block ends. A thread watches that
it gets through, and ends the process where it does not; either way no temporary file that was named here stays.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

GRACE = 0.5
"""Seconds that a run gets to hear of it; past it the process ends, whatever a kernel or a compiler is doing."""

UNWIND = 1.0
"""Seconds that it gets from then on to end by itself: on a busy machine the way up to what is deferred takes longer."""

_LOOK = 0.05
"""Seconds between two looks at how far it is."""

ASKED = (signal.SIGINT, signal.SIGTERM)


class StoppedError(KeyboardInterrupt):
    """A signal asked the run to end. A KeyboardInterrupt, so that everything on the way up cleans up as for one."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class _Stop:
    """What is known about signals in this process; `asked` is the first one, `held` counts open `deferred` blocks."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self.raised = False
        self.held = 0
        self.litter: dict[str, None] = {}
        self.last_words: Callable[[int], None] = lambda _signum: None
        self.publishing = threading.RLock()


_STATE = _Stop()


def answer_signals(last_words: Callable[[int], None]) -> None:
    """Turn SIGINT and SIGTERM into `StoppedError`; `last_words` is called with the signal if the process ends here.

    Python runs handlers between bytecodes of the main thread, which may sit in a kernel, in the compiler or in a
    pool that waits for its workers. The wake-up pipe is written by the C handler at once, so the watching thread
    always learns of it.
    """
    _STATE.last_words = last_words
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for signum in ASKED:
        if signal.getsignal(signum) is not signal.SIG_IGN:  # a job started with `nohup ... &` stays deaf
            signal.signal(signum, _stop)
    threading.Thread(target=_watch, args=(reader,), name="logproc-signals", daemon=True).start()


@contextmanager
def deferred() -> Iterator[None]:
    """Let nothing in this block be interrupted by a first signal: it is raised at the end of the outermost block.

    For the main thread, where signals arrive; in another thread it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with publishing():
        _STATE.held += 1
    try:
        yield
    finally:
        _STATE.held -= 1
    if _STATE.asked is not None and not _STATE.held and not _STATE.raised:
        _STATE.raised = True
        raise StoppedError(_STATE.asked)


@contextmanager
def interactive() -> Iterator[None]:
    """Let SIGINT be a plain KeyboardInterrupt, as often as it comes, and nobody watch that the process ends."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    writer = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)


@contextmanager
def swept(path: str) -> Iterator[str]:
    """Remove a temporary file or folder even where the process ends at once; else it is the caller's to remove."""
    _STATE.litter[path] = None
    try:
        yield path
    finally:
        _STATE.litter.pop(path, None)


def remove(path: str) -> None:
    """Remove a file, or a folder that threads and children may still be writing into; no error where that fails."""
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108
    aside = f"{path}.gone"
    with suppress(OSError):
        os.rename(path, aside)  # noqa: PTH104 - what is made from now on finds no folder, and none is found not empty
    for leftover in (aside, aside, path):  # twice: what was being made at that moment may have come after the first
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def publishing() -> Iterator[None]:
    """Let what is in this block happen before the process is ended at once, or not at all.

    Whoever works on while temporary files are taken away meets errors that look like those of what is read: what it
    makes of them must not take the place of anything.
    """
    with _STATE.publishing:
        yield


def sweep_at_end(path: str) -> None:
    """Remove a temporary folder where the process ends at once; else the library that made it removes it."""
    _STATE.litter[path] = None


def _stop(signum: int, _frame: FrameType | None) -> None:
    if _STATE.asked is not None:
        return  # the second one is for the watching thread
    _STATE.asked = signum
    if not _STATE.held:
        _STATE.raised = True
        raise StoppedError(signum)


def _watch(reader: int) -> None:
    first = _next(reader)
    since, heard = time.monotonic(), False
    while True:
        # What is deferred is looked at before the clock: this thread may have stood still with all others.
        if _STATE.held or heard != _STATE.raised:
            since, heard = time.monotonic(), _STATE.raised
        elif time.monotonic() >= since + (UNWIND if heard else GRACE):
            with publishing():  # nothing begins to be deferred between this look and the end
                if not _STATE.held:
                    _end(first)
        if select.select([reader], [], [], _LOOK)[0]:
            _end(_next(reader))


def _next(reader: int) -> int:
    """Wait for one of our signals."""
    while (signum := os.read(reader, 1)[0]) not in ASKED:
        pass
    return signum


def _end(signum: int) -> NoReturn:
    """End the process; its children see it go."""
    _STATE.publishing.acquire(timeout=GRACE)  # for good; who holds it longer sits in a disk that does not answer
    _STATE.last_words(signum)
    for path in list(_STATE.litter):
        remove(path)
    os._exit(128 + signum)
