"""What coordinator and workers say to each other: the six methods, their values, and how large each may be.

A call is `(object, method, (run, worker, ...), {})`, as in `multiprocessing.managers`; the reply is `(kind, value)`.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

from logproc.backends.probe import Probe
from logproc.backends.wire import HEADER_BYTES, fits
from logproc.errors import WireError
from logproc.model import Failure, Partial, Task

PROTOCOL = 5
"""Number of what is agreed on here; both ends must have the same."""

METHODS = ("hello", "lease", "heartbeat", "complete", "fail", "bye")
"""All that answers on the port; the number of a method is its place here."""

OBJECT = "broker"

WAIT_SECONDS = 20.0
"""Longest time that the coordinator lets a worker wait for a reply."""

SMALL_BYTES = 2 * HEADER_BYTES
RESULT_BYTES = 1 << 30
"""Bytes of the largest result of a task: its tables, and what else it says."""

CHUNK_BYTES = 4 << 20
"""Bytes of rejected lines that travel at a time, before they are compressed; no piece may hold more."""

CALL_BYTES = {method: RESULT_BYTES if method == "complete" else SMALL_BYTES for method in METHODS}
REPLY_BYTES = {**dict.fromkeys(METHODS, SMALL_BYTES), "hello": 64 << 20, "lease": 16 << 20}
"""Largest frames by method and direction: a job may have long questions, a task long paths."""

WORK, IDLE, DRAINED, STOPPED = "work", "idle", "drained", "stopped"
"""States of a run: here is a task, there is none now, everything is done, nobody waits for results any more."""

GIVEN_BACK, DIED, STARVED = "given back", "died", "starved"
"""How a task failed: its machine could not do it, a process died of it, or one that had no more memory did."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who a worker is (`name` to people, `worker` to the broker), and how many tasks it does at a time."""

    protocol: int
    logproc: str
    python: str
    name: str
    worker: str
    children: int


@dataclass(frozen=True, slots=True)
class Ask:
    """The coordinator asks a worker whether it sees these files as it does."""

    run: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class Welcome:
    """A worker is taken on: the job of the run, and how long it has a task without a heartbeat."""

    run: str
    job: Any
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A call is refused, with the reason; `over` if only because its run is not this one."""

    reason: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to do: a task with its lease if `state` is WORK."""

    state: str
    lease: str = ""
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """Reply to a heartbeat: the state of the run, and the leases that are the worker's no more."""

    state: str
    lost: tuple[str, ...] = ()


TYPES: tuple[type, ...] = (Greeting, Probe, Ask, Welcome, Refused, Offer, Pulse)
"""What the codec of a queue knows beside the model and the job."""


ARGUMENTS = {
    "hello": tuple[Greeting, str | None],
    "lease": tuple[str, str, int, float, bool],
    "heartbeat": tuple[str, str, tuple[str, ...], float],
    "complete": tuple[str, str, str, Partial | Failure | None, int, bytes | None],
    "fail": tuple[str, str, str, str, str, tuple[int, ...]],
    "bye": tuple[str, str],
}
"""Types of what a call carries: a run and a worker, and what the method is about. See `service` for what they mean."""


_FITS = {method: fits(types) for method, types in ARGUMENTS.items()}


def check_arguments(method: str, arguments: tuple[Any, ...]) -> None:
    """Raise WireError if these are not what a method takes."""
    if not _FITS[method](arguments):
        kinds = ", ".join(type(argument).__name__ for argument in arguments)
        raise WireError(f"{method} does not take ({kinds})")


def python_version() -> str:
    """Return the version as `3.12.4`."""
    return platform.python_version()
