"""What the broker keeps: ranges, the leases on them, workers, and how long tasks take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from logproc.model import Failure, Parts

if TYPE_CHECKING:
    from logproc.model import Partial, Task


LEASE_SECONDS = 60.0
"""How long a worker has a task without a heartbeat, and after which a task is slow enough for a second worker."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A task that a worker has until `deadline`, in seconds of the broker's clock; `attempt` counts from 1."""

    id: str
    task: Task
    attempt: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Loss:
    """A lease that was lost: whose it was, on what, and why."""

    worker: str
    task: Task
    cause: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """A task that its first worker takes long for, `seconds` by now, and that a second worker was given, too."""

    first: str
    second: str
    task: Task
    seconds: float


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A known worker: leases it has, tasks and bytes it has done and leases it has lost since `since` (clock seconds).

    A worker that only ever says that it cannot do its tasks is `suspended`: it gets no more until it says hello again.
    """

    name: str
    since: float
    leased: int
    done: int
    bytes: int
    lost: int
    suspended: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Where a run stands. `ready` and `leased` count ranges; `total`, `done` and `failed` tasks as they were planned.

    `failed` are those that are finished and lost something; `waiting` outcomes are finished and not yet taken;
    `lost_leases` are those that expired or whose worker died; `median` is in seconds, None before the first result.
    """

    total: int
    ready: int
    leased: int
    done: int
    failed: int
    waiting: int
    lost_leases: int
    split: int
    median: float | None
    workers: tuple[WorkerStatus, ...]


@dataclass(slots=True, eq=False)
class Root:
    """A task as it was planned, and what became of the ranges that it was cut into; `open` of them are not done."""

    task: Task
    open: int = 1
    outcomes: list[tuple[str, Task, Partial | Failure]] = field(default_factory=list)

    def outcome(self) -> Partial | Failure | Parts:
        """Return what became of the whole task, parts in the order of ranges."""
        if len(self.outcomes) == 1:
            return self.outcomes[0][2]
        self.outcomes.sort(key=lambda item: item[0])  # "0" < "10" < "11": the way to a part sorts as the parts do
        return Parts(self.task.number, tuple((task, outcome) for _, task, outcome in self.outcomes))

    def lost(self) -> bool:
        """Tell whether any part of it failed."""
        return any(isinstance(outcome, Failure) for _, _, outcome in self.outcomes)


@dataclass(slots=True, eq=False)
class Range:
    """A task, or a part of one that was cut: `part` is the way to it, a 0 or 1 for each cut.

    `held` are all leases by which a result may still come, `active` of them before their deadline; `since` is when
    the first of these was given. `ready` is whether it waits for a worker again.
    """

    task: Task
    root: Root
    part: str = ""
    since: float = 0.0
    active: int = 0
    ready: bool = False
    held: dict[str, Held] = field(default_factory=dict)
    deaths: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)

    def lost(self, what: str, causes: list[tuple[str, str]]) -> Failure:
        """Return the failure that names the hosts and the last cause; who reports it names file and range."""
        hosts = ", ".join(dict.fromkeys(host_of(worker) for worker, _ in causes))
        return Failure(self.task.number, f"{what} on {hosts} ({causes[-1][1]})")


@dataclass(slots=True, eq=False)
class Held:
    """A lease as the broker keeps it."""

    id: str
    range: Range
    worker: str
    begun: float
    deadline: float
    active: bool = True


@dataclass(slots=True, eq=False)
class Worker:
    """A worker that is known, with the leases it has before their deadline, the oldest first.

    It is at `slots` of them at a time, and has not begun the others; None if it begins all at once.
    """

    name: str
    since: float
    seen: float
    leases: dict[str, Held] = field(default_factory=dict)
    done: int = 0
    bytes: int = 0
    lost: int = 0
    refusals: int = 0
    slots: int | None = None

    def at_work(self) -> frozenset[str]:
        """Return the leases whose tasks it may have begun."""
        return frozenset(islice(self.leases, self.slots))

    def status(self, suspended: bool) -> WorkerStatus:  # noqa: FBT001 - one value of a record
        """Return what a status line may say of it."""
        return WorkerStatus(self.name, self.since, len(self.leases), self.done, self.bytes, self.lost, suspended)


class Durations:
    """The median of any number of durations, within 5%, in a fixed number of counters."""

    STEPS = 8
    """Counters for each doubling: 2 ** (1/8) is 1.09, so that the middle of a span is at most 5% off."""

    LOWEST = -20 * STEPS
    """The first counter takes all that is below a microsecond, the last one all above some hours."""

    COUNTERS = 36 * STEPS

    def __init__(self) -> None:
        self._counts = [0] * self.COUNTERS
        self._total = 0
        self._median: float | None = None

    def add(self, seconds: float) -> None:
        """Count a duration."""
        step = self.LOWEST if seconds <= 0 else math.floor(math.log2(seconds) * self.STEPS)
        self._counts[min(max(step - self.LOWEST, 0), self.COUNTERS - 1)] += 1
        self._total += 1
        self._median = None

    @property
    def median(self) -> float | None:
        """The median in seconds, None of nothing."""
        if self._median is None and self._total:
            self._median = 2.0 ** ((self._middle() + self.LOWEST + 0.5) / self.STEPS)
        return self._median

    def _middle(self) -> int:
        below = 0
        for counter, count in enumerate(self._counts):
            below += count
            if 2 * below >= self._total:
                return counter
        raise AssertionError(self._total)


def host_of(worker: str) -> str:
    """Return the host in a worker's name, `host` or `host/child`, as people are told it."""
    return worker.rpartition("/")[0] or worker
