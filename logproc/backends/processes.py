"""A small supervisor of child processes over the broker.

A child that dies loses only the task it had, which is given to another, up to `broker.DEATHS` times; then the range is
cut in halves. The parent beats for children that live and are not stopped; a child that is stopped for longer than its
lease is killed, and one whose task another child has finished first.
"""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any

from logproc.backends.broker import Broker
from logproc.backends.children import Children, Died, Unfit
from logproc.backends.leases import LEASE_SECONDS
from logproc.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.backends.children import Event
    from logproc.model import Outcome, Partial, Task

TICK_SECONDS = 1.0
"""Seconds between two looks at who is alive."""


class Supervisor:
    """Passes leases from the broker to children, and what became of them back."""

    def __init__(self, broker: Broker, children: Children) -> None:
        self._broker = broker
        self._children = children
        self._host = platform.node() or "this machine"
        self._names = [f"{self._host}/{n}" for n in reversed(range(children.idle))]  # of children without a task
        self._workers: dict[str, str] = {}  # name by lease
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
            self._workers[lease.id] = self._names.pop()
            self._children.submit(lease.id, lease.task)

    def _settle(self, event: Event) -> None:
        worker = self._free(event.key)
        if isinstance(event, Unfit):
            raise MachineError(event.cause)
        if isinstance(event, Died):
            self._broker.died(worker, event.cause, [event.key])
        else:
            self._broker.complete(worker, event.key, event.outcome)

    def _look(self) -> None:
        """Beat for the living, and kill whoever works on what is not his any more."""
        # First of all: the consumer may have taken its time, and the children are not to blame.
        for lease in self._children.beating:
            self._broker.heartbeat(self._workers[lease], [lease])
        self._broker.expire()
        for lease in self._children.running:
            if not self._broker.holds(self._workers[lease], lease):
                self._children.kill(lease)
                self._free(lease)
        self._looked = time.monotonic()

    def _free(self, lease: str) -> str:
        worker = self._workers.pop(lease)
        self._names.append(worker)
        return worker


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - pickled to the children
    tasks: Sequence[Task],
    workers: int,
    *,
    memory: int | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> Iterator[Outcome]:
    """Yield outcomes as they come; tasks are begun in their order. MachineError if none can be done here.

    `memory` is a child's ceiling in bytes (see `children`), None for none. A child that is stopped for `lease_seconds`
    is taken for dead.
    """
    broker = Broker(tasks, run="processes", clock=time.monotonic, lease_seconds=lease_seconds, window=workers)
    with Children(process, job, workers, memory) as children:
        yield from Supervisor(broker, children).outcomes()
