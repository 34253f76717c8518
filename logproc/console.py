"""What goes to people and pipes: stdout carries what was asked for, stderr everything else."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from logproc.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


def put(text: str) -> None:
    """Write text to stdout."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal in Latin-1 has no ≈
    sys.stdout.write(text)
    sys.stdout.flush()


def put_bytes(content: bytes) -> None:
    """Write bytes to stdout as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def say(lines: Iterable[str]) -> None:
    """Write lines to stderr; what strangers wrote into them, as into the name of a file, cannot act on a terminal."""
    for line in lines:
        sys.stderr.write(visible(line) + "\n")
    sys.stderr.flush()


def complain(message: str, *more: str) -> None:
    """Say why nothing was done; `more` are lines to look at, as SQL with a mark below it."""
    say([f"logproc: {message}", *more])


def tell(line: str) -> None:
    """Say where a run stands, above the bar if there is one; called by any thread."""
    if sys.stderr.isatty():
        from tqdm import tqdm  # noqa: PLC0415 - --help does without

        tqdm.write(visible(line), file=sys.stderr)
    else:
        say([line])


def hush(_line: str) -> None:
    """Say nothing: the caller is quiet."""
