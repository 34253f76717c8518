"""The broker's six methods as workers call them: one lock around it, waiting, and what a wrong caller is told.

Every call carries the run's id and the worker's name, and is safe to repeat: a reply may be lost on its way, and its
worker asks again.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logproc import __version__
from logproc.backends.probe import difference
from logproc.backends.protocol import (
    DRAINED,
    IDLE,
    PROTOCOL,
    STOPPED,
    WAIT_SECONDS,
    WORK,
    Ask,
    Greeting,
    Offer,
    Pulse,
    Refused,
    Welcome,
    python_version,
)
from logproc.errors import OutputError
from logproc.model import Failure, Partial

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from logproc.backends.broker import Broker, Status
    from logproc.backends.probe import Probe
    from logproc.model import Outcome, Task

    Gone: TypeAlias = Callable[[], bool]

LOOK_SECONDS = 5.0
"""How often a call that waits looks whether its worker still does."""

STALL_SECONDS = 2 * LOOK_SECONDS
"""A coordinator that has not looked at its leases for so long was itself stopped, or had no time."""

UNPACK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run offers its workers. `place` gives the file of a task's rejected lines, if they are wanted.

    `abroad` returns a task as another machine understands it. `say` takes lines for people.
    """

    run: str
    job: Any
    probes: tuple[Probe, ...]
    lease_seconds: float
    abroad: Callable[[Task], Task]
    place: Callable[[Task], str] | None
    say: Callable[[str], None]


@dataclass(slots=True)
class Member:
    """A worker that was taken on, and the last call by which it asked for a task."""

    name: str
    serial: int = -1
    offer: Offer = field(default_factory=lambda: Offer(IDLE))
    told: bool = False


class Service:
    """A broker for threads that each serve a worker; `gone` tells a method if its caller has left."""

    def __init__(self, broker: Broker, terms: Terms) -> None:
        self._broker = broker
        self._terms = terms
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._finished = threading.Condition(self._lock)
        self._over = threading.Condition(self._lock)
        self._members: dict[str, Member] = {}
        self._tasks: dict[str, Task] = {}  # by lease
        self._owners: dict[str, str] = {}  # workers by lease
        self._incoming: dict[str, int] = {}  # pieces of rejected lines that have come, by lease
        self._state = IDLE
        self._error: OutputError | None = None
        self._looked = time.monotonic()
        self._patient_until = 0.0

    # ---- what workers call -------------------------------------------------------------------------------------

    def hello(self, _gone: Gone, greeting: Greeting, problem: str | None) -> Ask | Welcome | Refused:
        """Take a worker on, after it has said with `problem` in what its disk differs ("" if in nothing)."""
        terms, name = self._terms, _printable(greeting.name)
        reason = _versions(greeting)
        if reason is None and problem is None:  # what has changed here since the run began says nothing
            return Ask(terms.run, tuple(probe for probe in terms.probes if difference((probe,)) is None))
        if reason is None and problem:
            reason = (
                f"it does not see the disk that the coordinator sees: {_printable(problem)}; mount it and try again"
            )
        if reason is not None:
            terms.say(f"worker {name} is refused: {reason}")
            return Refused(reason)
        with self._lock:
            known = greeting.worker in self._members
            member = self._members.setdefault(greeting.worker, Member(name))
            member.told = False
            self._broker.hello(greeting.worker)
        if not known:
            terms.say(f"worker {name} joined: {greeting.children} at a time, Python {_printable(greeting.python)}")
        return Welcome(terms.run, terms.job, terms.lease_seconds)

    def lease(self, gone: Gone, run: str, worker: str, serial: int, seconds: float) -> Offer | Refused:
        """Give a worker a task, waiting so long for one; the same `serial` gets the same task again."""
        end = time.monotonic() + min(max(seconds, 0.0), WAIT_SECONDS)
        with self._lock:
            member = self._members.get(worker)
            if refused := self._stranger(run, member):
                return refused
            assert member is not None
            if member.serial == serial and self._broker.holds(worker, member.offer.lease):
                return member.offer
            while self._state == IDLE:
                if gone():
                    return Offer(IDLE)  # nobody reads it: what it were given would be lost until its lease is
                self._expire()
                if lease := self._broker.lease(worker):
                    self._tasks[lease.id], self._owners[lease.id] = lease.task, worker
                    member.serial, member.offer = serial, Offer(WORK, lease.id, self._terms.abroad(lease.task))
                    return member.offer
                left = end - time.monotonic()
                if left <= 0:
                    return Offer(IDLE)
                self._ready.wait(min(left, LOOK_SECONDS))
            member.told = True
            return Offer(self._state)

    def heartbeat(self, gone: Gone, run: str, worker: str, leases: tuple[str, ...], seconds: float) -> Pulse | Refused:
        """Move the deadlines of a worker's leases; the reply waits, but not longer than the run lasts."""
        end = time.monotonic() + min(max(seconds, 0.0), WAIT_SECONDS)
        with self._lock:
            member = self._members.get(worker)
            if refused := self._stranger(run, member):
                return refused
            assert member is not None
            lost = self._broker.heartbeat(worker, leases)
            while self._state == IDLE and not lost and (left := end - time.monotonic()) > 0 and not gone():
                self._over.wait(min(left, LOOK_SECONDS))
            member.told = self._state != IDLE
            return Pulse(self._state, lost)

    def complete(
        self,
        _gone: Gone,
        run: str,
        worker: str,
        lease: str,
        outcome: Partial | Failure | None,
        number: int,
        piece: bytes | None,
    ) -> bool | Refused:
        """Take what became of a task; before it may come pieces of rejected lines, with no outcome, numbered from 0."""
        if not isinstance(outcome, Partial | Failure | None) or not isinstance(piece, bytes | None):
            raise TypeError(type(outcome))
        with self._lock:
            if refused := self._stranger(run, self._members.get(worker)):
                return refused
            task = self._tasks.get(lease)
            if task is None or self._owners[lease] != worker or (outcome is not None and outcome.task != task.number):
                return False
            if outcome is None:
                return piece is not None and self._take(lease, number, piece)
            accepted = self._broker.complete(worker, lease, outcome)
            self._settle(lease, task, keep=accepted and isinstance(outcome, Partial))
            if accepted:
                self._finished.notify()
            return accepted

    def fail(self, _gone: Gone, run: str, worker: str, lease: str, cause: str, died: bool) -> bool | Refused:  # noqa: FBT001
        """Take back a task that a worker cannot do, or that killed one of its processes."""
        with self._lock:
            if refused := self._stranger(run, self._members.get(worker)):
                return refused
            task = self._tasks.get(lease)
            if task is None or self._owners[lease] != worker:
                return False
            cause = _printable(cause)
            if died:
                self._broker.died(worker, cause, [lease])
            else:
                self._broker.fail(worker, lease, cause)
            self._settle(lease, task, keep=False)
            self._notify()
            name = self._members[worker].name
        self._terms.say(f"worker {name} could not do task {task}: {cause}")
        return True

    def bye(self, _gone: Gone, run: str, worker: str) -> bool | Refused:
        """Let a worker go, and take its tasks back."""
        with self._lock:
            member = self._members.get(worker)
            if refused := self._stranger(run, member):
                return refused
            self._broker.bye(worker)
            member = self._members.pop(worker)
            self._notify()
        self._terms.say(f"worker {member.name} left")
        return True

    # ---- what the coordinator calls ----------------------------------------------------------------------------

    def next(self, seconds: float) -> Outcome | None:
        """Return the next finished outcome, waiting at most so long; OutputError if a file cannot be written."""
        with self._lock:
            self._expire()
            outcome = self._broker.take()
            if outcome is None and not self._broker.drained:
                self._notify()  # what expired is ready
                self._finished.wait(seconds)
                outcome = self._broker.take()
            if self._error is not None:
                raise self._error
            if outcome is not None:
                self._ready.notify()  # there may be room for one more
            return outcome

    @property
    def drained(self) -> bool:
        """Whether every outcome was taken."""
        with self._lock:
            return self._broker.drained

    def status(self) -> Status:
        """Return where the run stands."""
        with self._lock:
            return self._broker.status()

    def name(self, worker: str) -> str | None:
        """Return a worker's name for people; None if it has left."""
        member = self._members.get(worker)
        return None if member is None else member.name

    def end(self, state: str, seconds: float) -> None:
        """Tell all workers that the run is over; wait so long for those that are there to hear it."""
        end = time.monotonic() + seconds
        with self._lock:
            self._state = state
            self._ready.notify_all()
            self._over.notify_all()
            while (left := end - time.monotonic()) > 0 and self._untold():
                self._over.wait(min(left, 0.05))

    def _untold(self) -> bool:
        present = {worker.name for worker in self._broker.status().workers}
        return any(not member.told for worker, member in self._members.items() if worker in present)

    # ---- helpers, under the lock -------------------------------------------------------------------------------

    def _expire(self) -> None:
        """End leases that nothing was heard of, unless it is this process that did not listen for a while."""
        now = time.monotonic()
        if now - self._looked > STALL_SECONDS:
            self._patient_until = now + self._terms.lease_seconds / 2
        self._looked = now
        if now >= self._patient_until:
            self._broker.expire()

    def _stranger(self, run: str, member: Member | None) -> Refused | None:
        if run != self._terms.run:
            return Refused(f"the run {_printable(run)} is over, and this is another one: say hello again", over=True)
        if member is None:
            return Refused("a worker that has not said hello", over=True)
        return None

    def _notify(self) -> None:
        self._ready.notify_all()
        self._finished.notify()

    def _file(self, lease: str) -> str | None:
        place, task = self._terms.place, self._tasks[lease]
        return None if place is None else f"{place(task)}.{lease.replace(':', '-')}"

    def _take(self, lease: str, number: int, piece: bytes) -> bool:
        """Add a piece of rejected lines to its file, unless it has come before."""
        come, path = self._incoming.get(lease, 0), self._file(lease)
        if path is None:
            return True
        if number > come:
            return False
        if number == come:
            try:
                with open(path, "ab") as file:  # noqa: PTH123 - text in, text out
                    _unpack(piece, file.write)
            except OSError as error:
                self._error = self._error or OutputError(path, (error.strerror or str(error)).lower())
                self._finished.notify()
                return False
            self._incoming[lease] = come + 1
        return True

    def _settle(self, lease: str, task: Task, *, keep: bool) -> None:
        """Put the rejected lines of a lease where they belong, or away."""
        path = self._file(lease)
        if path is not None and self._incoming.pop(lease, 0):
            try:
                if keep and self._terms.place is not None:
                    os.replace(path, self._terms.place(task))  # noqa: PTH105 - text in, text out
                else:
                    os.unlink(path)  # noqa: PTH108
            except OSError as error:
                self._error = self._error or OutputError(path, (error.strerror or str(error)).lower())
        del self._tasks[lease], self._owners[lease]


def _versions(greeting: Greeting) -> str | None:
    """Say why a worker of other versions cannot be used: Python may differ, logproc and protocol may not."""
    if greeting.protocol != PROTOCOL:
        return f"it speaks protocol {greeting.protocol}, and the coordinator {PROTOCOL}: install the same logproc"
    if greeting.logproc != __version__:
        return (
            f"it is logproc {_printable(greeting.logproc)} (Python {_printable(greeting.python)}), and the coordinator "
            f"is {__version__} (Python {python_version()}): install the same logproc; Python may differ"
        )
    return None


def _unpack(piece: bytes, write: Callable[[bytes], object]) -> None:
    unpacker = zlib.decompressobj()
    try:
        while piece:
            write(unpacker.decompress(piece, UNPACK_BYTES))
            piece = unpacker.unconsumed_tail
    except zlib.error as error:
        raise ValueError("not compressed") from error


def _printable(text: str) -> str:
    """Return what a worker said so that it cannot write to a terminal anything but a line."""
    return "".join(c if c.isprintable() else "?" for c in text[:500])


__all__ = ["DRAINED", "STOPPED", "Service", "Terms"]
