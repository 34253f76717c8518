"""A small supervisor of child processes over the broker.

A child that dies loses only the task it had, which is given to another, up to `broker.DEATHS` times; then the range is
cut in halves. The parent beats for children that live and are not stopped; a child that is stopped for longer than its
lease is killed, and one whose task another child has finished first.

Where children have a ceiling of memory, a range that is too much for a fresh one is cut at once. The first that runs
into it, before anything was done, has the smallest part of all tasks tried: if that is too much, too, and still nothing
is done, none will do.
"""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any

from logproc.backends import unheard
from logproc.backends.broker import Broker
from logproc.backends.children import Children, Died, Unfit
from logproc.backends.halves import least
from logproc.backends.leases import LEASE_SECONDS
from logproc.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.backends.children import Event
    from logproc.backends.leases import Lease
    from logproc.model import Outcome, Partial, Task

TICK_SECONDS = 1.0
"""Seconds between two looks at who is alive."""

TRIAL = "trial"
"""Key of the task that shows whether the ceiling is enough for any; its result is not used."""


class Supervisor:
    """Passes leases from the broker to children, and what became of them back; `memory` is their ceiling in bytes."""

    def __init__(
        self,
        broker: Broker,
        children: Children,
        tasks: Sequence[Task],
        memory: int | None,
        say: Callable[[str], None] = unheard,
    ) -> None:
        self._broker = broker
        self._children = children
        self._tasks = tasks
        self._memory = memory
        self._doubts = memory is not None  # whether the ceiling may be too little for any task: none is done yet
        self._trial: Task | None = None
        self._say = say
        self._cut: Task | None = None  # the first that was too much for the ceiling, and is done in parts
        self._told = False  # of that
        self._host = platform.node() or "this machine"
        self._names = [f"{self._host}/{n}" for n in reversed(range(children.idle))]  # of children without a task
        self._leases: dict[str, tuple[str, Lease]] = {}  # whose, and what, by their ids
        self._looked = 0.0

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes as they come."""
        while not self._broker.drained:
            outcome = self._broker.take()
            if outcome is not None:
                yield outcome
            self._go_on(TICK_SECONDS if outcome is None else 0.0)

    def _go_on(self, seconds: float) -> None:
        """Give children what they can take, and wait so long for something to happen."""
        self._assign()
        for event in self._children.wait(seconds):
            self._settle(event)
        self._assign()
        if abs(time.monotonic() - self._looked) >= TICK_SECONDS:
            self._look()

    def _assign(self) -> None:
        while self._children.idle and (lease := self._broker.lease(self._names[-1])) is not None:
            self._leases[lease.id] = self._names.pop(), lease
            self._children.submit(lease.id, lease.task)

    def _settle(self, event: Event) -> None:
        if isinstance(event, Unfit):
            raise MachineError(event.cause)
        starved = isinstance(event, Died) and event.starved and self._memory is not None
        if event.key == TRIAL:
            if starved and self._doubts:
                raise self._too_little()
            return
        worker, lease = self._free(event.key)
        if isinstance(event, Died):
            self._broker.died(worker, event.cause, [lease.id], conclusive=starved and event.fresh)
            if starved and self._cut is None and self._broker.status().split:
                self._cut = lease.task
            if starved and self._doubts and self._trial is None:
                self._try_other(lease.task)
        else:
            self._doubts = False
            self._broker.complete(worker, lease.id, event.outcome)
            self._say_once_what_was_cut()

    def _say_once_what_was_cut(self) -> None:
        """Say that a task is done in parts for want of memory, once it is known that these can be done at all."""
        if self._cut is None or self._told:
            return
        self._told = True
        self._say(
            f"task {self._cut} is too much for a process of {self._ceiling} (--memory), and is done in halves, as "
            "others may be; with more memory it takes less time"
        )

    def _try_other(self, task: Task) -> None:
        """See what becomes of the smallest part of other tasks than this one, or of this one if it is alone."""
        self._trial = least([other for other in self._tasks if other.number != task.number] or self._tasks)
        if self._trial.number != task.number or self._trial.bytes < task.bytes:
            self._children.submit(TRIAL, self._trial)

    def _too_little(self) -> UsageError:
        assert self._trial is not None
        trial = self._trial
        return UsageError(
            f"a limit of {self._ceiling} (--memory) is too little for any task: a process ran out of it even for "
            f"{trial.bytes} bytes of {trial.pieces[0].path} alone; all web reports over access logs need about 250: "
            "raise it, or leave it out"
        )

    @property
    def _ceiling(self) -> str:
        return f"{(self._memory or 0) / (1 << 20):.0f} MiB"

    def _look(self) -> None:
        """Beat for the living, and kill whoever works on what is not his any more."""
        # First of all: the consumer may have taken its time, and the children are not to blame.
        for key in self._leases.keys() & self._children.beating:
            self._broker.heartbeat(self._leases[key][0], [key])
        self._broker.expire()
        for key, (worker, _) in tuple(self._leases.items()):
            if not self._broker.holds(worker, key):
                self._children.kill(key)
                self._free(key)
        self._looked = time.monotonic()

    def _free(self, key: str) -> tuple[str, Lease]:
        worker, lease = self._leases.pop(key)
        self._names.append(worker)
        return worker, lease


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - pickled to the children
    tasks: Sequence[Task],
    workers: int,
    *,
    memory: int | None = None,
    say: Callable[[str], None] = unheard,
    lease_seconds: float = LEASE_SECONDS,
) -> Iterator[Outcome]:
    """Yield outcomes as they come; tasks are begun in their order. MachineError if none can be done here.

    `memory` is a child's ceiling in bytes (see `children`), None for none; UsageError if it is too little, and
    `say` takes a line if it is for some of the tasks. A child that is stopped for `lease_seconds` is taken for dead.
    """
    broker = Broker(tasks, run="processes", clock=time.monotonic, lease_seconds=lease_seconds, window=workers)
    with Children(process, job, workers, memory) as children:
        yield from Supervisor(broker, children, tasks, memory, say).outcomes()
