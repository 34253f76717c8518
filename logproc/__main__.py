"""`python -m logproc` and the `logproc` command: arguments in, exit code out, signals answered within a second."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from logproc import heap, stopping
from logproc.console import complain, is_json, rendered
from logproc.messages import Message

COLLECT_EVERY = 100_000
"""New objects between two searches for garbage in cycles, of which a run makes little. Start-up makes tens of thousands
of objects that all stay: at Python's default of 700, looking through them took a fifth of a short run."""

_SAID = threading.Event()


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    try:
        _hold_closed_streams()  # before anything is opened
        heap.share_one_heap()  # before there is a second thread
        gc.set_threshold(COLLECT_EVERY)
        stopping.answer_signals(_say)
        from logproc.cli import execute  # noqa: PLC0415 - a signal during the import is answered too

        code = _flushed(execute(sys.argv[1:]))
    except KeyboardInterrupt as stop:
        signum = stop.signum if isinstance(stop, stopping.StoppedError) else signal.SIGINT
        code = 128 + signum
        _say(signum)
    except BrokenPipeError:
        _drop_output()
        code = 128 + signal.SIGPIPE
    gc.freeze()  # Python searches once more when it ends, 80 ms for memory that the system takes back at once
    sys.exit(code)


def _flushed(code: int) -> int:
    """Write what is still buffered, and return the exit code; 1, with a complaint, if that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        if code != 1:  # else the command has failed at this already, and said so
            from logproc.commands import failure  # noqa: PLC0415

            complain(*failure.lines(error))
        return 1
    return code


def _drop_output() -> None:
    """Let what is buffered go nowhere, as Python would try to write it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _hold_closed_streams() -> None:
    """Let a standard stream that the caller has closed fail as such.

    Its number would go to the next file or pipe of this process, which would then be read as the input, or written to
    as the output. What stands there instead refuses reads of standard input and writes to standard output; messages,
    which nobody wants, go nowhere.
    """
    for number, name, mode, flags in _STREAMS:
        if getattr(sys, name) is not None:
            continue
        null = os.open(os.devnull, flags)
        if null != number:
            os.dup2(null, number)
            os.close(null)
        os.set_inheritable(number, True)
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


_STREAMS = (
    (0, "stdin", "r", os.O_WRONLY),
    (1, "stdout", "w", os.O_RDONLY),
    (2, "stderr", "w", os.O_WRONLY),
)


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
