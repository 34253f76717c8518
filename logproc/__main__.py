"""`python -m logproc` and the `logproc` command: arguments in, exit code out, signals answered within a second."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

GRACE = 0.5
"""Seconds that a run gets to end by itself; past it the process ends, whatever a kernel or a compiler is doing."""


COLLECT_EVERY = 100_000
"""New objects between two searches for garbage in cycles, of which a run makes little. Start-up makes tens of thousands
of objects that all stay: at Python's default of 700, looking through them took a fifth of a short run."""

_SAID = threading.Event()


class StoppedError(KeyboardInterrupt):
    """A signal asked the run to end. A KeyboardInterrupt, so that everything on the way up cleans up as for one."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    _share_one_heap()  # before there is a second thread
    gc.set_threshold(COLLECT_EVERY)
    _answer_signals()
    from logproc.cli import execute  # noqa: PLC0415 - a signal during the import is answered too

    try:
        code = execute(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        signum = stop.signum if isinstance(stop, StoppedError) else signal.SIGINT
        code = 128 + signum
        _say(signum)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
        code = 128 + signal.SIGPIPE
    sys.exit(code)


def _share_one_heap() -> None:
    """Let all threads of this process allocate from one heap.

    Each arena of glibc keeps what was freed in it. Work A over 10 million distinct clients with two threads took 420 MB
    with arenas of their own and 375 MB with one, and no longer: kernels allocate nothing, and Python holds its lock.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415

        m_arena_max = -8  # <malloc.h> of glibc
        with suppress(AttributeError):  # other C libraries have no arenas
            ctypes.CDLL(None).mallopt(m_arena_max, 1)


def _say(signum: int) -> None:
    if _SAID.is_set():
        return
    _SAID.set()
    word = "interrupted" if signum == signal.SIGINT else "terminated"
    os.write(2, f"logproc: {word}\n".encode())


def _answer_signals() -> None:
    """Turn SIGINT and SIGTERM into `StoppedError`, and watch that it gets through.

    Python runs handlers between bytecodes of the main thread, which may sit in a kernel, in the compiler or in a
    pool that waits for its workers. The wake-up pipe is written by the C handler at once, so the watching thread
    always learns of it.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for signum in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(signum) is not signal.SIG_IGN:  # a job started with `nohup ... &` stays deaf
            signal.signal(signum, _stop)
    threading.Thread(target=_watch, args=(reader,), name="logproc-signals", daemon=True).start()


def _stop(signum: int, _frame: FrameType | None) -> None:
    signal.signal(signum, signal.SIG_DFL)  # the second one ends at once
    raise StoppedError(signum)


def _watch(reader: int) -> None:
    while (signum := os.read(reader, 1)[0]) not in {signal.SIGINT, signal.SIGTERM}:
        pass
    threading.Event().wait(GRACE)
    _say(signum)
    os._exit(128 + signum)


if __name__ == "__main__":
    main()
