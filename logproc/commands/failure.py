"""What an error says to people, and the exit code that goes with it."""

from __future__ import annotations

import signal

import click

from logproc.errors import LogprocError
from logproc.stopping import StoppedError


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that an error ended."""
    if isinstance(error, click.exceptions.Exit | click.ClickException | LogprocError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return 128 + (error.signum if isinstance(error, StoppedError) else signal.SIGINT)
    return 128 + signal.SIGPIPE if isinstance(error, BrokenPipeError) else 1


def lines(error: BaseException) -> list[str]:
    """Return what is wrong on a line, and perhaps lines to look at, as SQL with a mark below it."""
    if isinstance(error, LogprocError):
        return str(error).split("\n")
    if isinstance(error, click.ClickException):
        return [error.format_message()]
    if isinstance(error, KeyboardInterrupt):
        return ["interrupted" if exit_code(error) == 128 + signal.SIGINT else "terminated"]
    if isinstance(error, OSError):
        return [f"{error.filename or 'standard output'}: {(error.strerror or str(error)).lower()}"]
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return [f"unexpected {text} (a defect of logproc; -v shows where)"]
