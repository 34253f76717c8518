"""What the service checks of what workers say: their versions, the files they cannot read, how long a call may wait."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from logproc import __version__
from logproc.backends.probe import unreadable
from logproc.backends.protocol import PROTOCOL, WAIT_SECONDS, Greeting, python_version
from logproc.errors import WireError

if TYPE_CHECKING:
    from logproc.model import Partial, Task

LONGEST = 500
"""Characters of what a worker says that are told to people."""

OLD_COPY = "an old copy was read"
"""What is said of a file that was read in whole where it is older than listed."""


def with_reader(outcome: Partial, files: tuple[int, ...], worker: str) -> Partial:
    """Say of files that this worker could not read, or has an old copy of, that it is the worker who has not."""
    suffix = f" (worker {worker}; the coordinator can read it)"
    marked = (
        replace(result, problem=f"{result.problem or OLD_COPY}{suffix}") if result.file in files else result
        for result in outcome.files
    )
    return replace(outcome, files=tuple(marked))


def readable(task: Task, files: tuple[int, ...]) -> bool:
    """Tell whether some of these files of a task can be read here."""
    return any(piece.file in files and unreadable(piece) is None for piece in task.pieces)


def bounded(seconds: float) -> float:
    """Return how long a call may wait; WireError for what is no time, as nan, which no clock ever reaches."""
    if not math.isfinite(seconds):
        raise WireError(f"{seconds} seconds")
    return min(max(seconds, 0.0), WAIT_SECONDS)


def version_problem(greeting: Greeting) -> str | None:
    """Say why a worker of other versions cannot be used: Python may differ, logproc and protocol may not."""
    if greeting.protocol != PROTOCOL:
        return f"it speaks protocol {greeting.protocol}, and the coordinator {PROTOCOL}: install the same logproc"
    if greeting.logproc != __version__:
        return (
            f"it is logproc {greeting.logproc[:LONGEST]} (Python {greeting.python[:LONGEST]}), and the coordinator is "
            f"{__version__} (Python {python_version()}): install the same logproc; Python may differ"
        )
    return None
