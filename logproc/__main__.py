"""`python -m logproc` and the `logproc` command: arguments in, exit code out, signals answered within a second."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from logproc import stopping
from logproc.console import is_json, rendered
from logproc.model import Message

COLLECT_EVERY = 100_000
"""New objects between two searches for garbage in cycles, of which a run makes little. Start-up makes tens of thousands
of objects that all stay: at Python's default of 700, looking through them took a fifth of a short run."""

_SAID = threading.Event()


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    _share_one_heap()  # before there is a second thread
    gc.set_threshold(COLLECT_EVERY)
    stopping.answer_signals(_say)
    try:
        from logproc.cli import execute  # noqa: PLC0415 - a signal during the import is answered too

        code = execute(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        signum = stop.signum if isinstance(stop, stopping.StoppedError) else signal.SIGINT
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
    line = rendered(Message(word if is_json() else f"logproc: {word}", "error"))
    with suppress(OSError):
        os.write(2, line.encode())  # stderr's own lock may be held by whoever does not end


if __name__ == "__main__":
    main()
