"""The broker's six methods as workers call them: one lock around it, waiting, and what a wrong caller is told.

Every call carries the run's id and the worker's name, and is safe to repeat: a reply may be lost on its way, and its
worker asks again.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc import scratch
from logproc.backends import sessions
from logproc.backends.lease_records import LeaseRecord, LeaseRecords
from logproc.backends.paths import with_folder
from logproc.backends.probe import difference
from logproc.backends.protocol import (
    DIED,
    IDLE,
    STARVED,
    WORK,
    Ask,
    Greeting,
    Offer,
    Pulse,
    Refused,
    Welcome,
)
from logproc.backends.service_checks import LONGEST, bounded, readable, version_problem, with_reader
from logproc.backends.sessions import Sessions
from logproc.errors import MachineError
from logproc.messages import Trouble
from logproc.model import Partial

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.backends.broker import Broker, Lease, Status
    from logproc.backends.leases import Doubled, Loss
    from logproc.backends.probe import Probe
    from logproc.backends.sessions import Gone, WorkerSession
    from logproc.model import Failure, Outcome, Task

LOOK_SECONDS = 5.0
"""How often a call that waits looks whether its worker still does."""

STALL_SECONDS = 2 * LOOK_SECONDS
"""A coordinator that has not looked at its leases for so long was itself stopped, or had no time."""


@dataclass(frozen=True, slots=True)
class RunOffer:
    """What a run offers its workers. `place` gives the file of a task's rejected lines, if they are wanted.

    `say` takes lines for people, who see them after whatever could steer a terminal was made visible; `joined` takes
    the number of processes of each new worker.
    """

    run: str
    job: Any
    probes: tuple[Probe, ...]
    lease_seconds: float
    place: Callable[[Task], str] | None
    say: Callable[[str], None]
    joined: Callable[[int], None]


class Service:
    """A broker for threads that each serve a worker; `gone` tells a method if its caller has left."""

    def __init__(self, broker: Broker, offer: RunOffer) -> None:
        self._broker = broker
        self._run_offer = offer
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._finished = threading.Condition(self._lock)
        self._over = threading.Condition(self._lock)
        self._sessions = Sessions()
        self._records = LeaseRecords()
        self._come: dict[int, list[tuple[str, str]]] = {}  # by number of their task: files, and where they belong
        self._state = IDLE
        self._error: MachineError | None = None
        self._looked = time.monotonic()
        self._patient_until = 0.0

    # ---- what workers call -------------------------------------------------------------------------------------

    def hello(self, gone: Gone, greeting: Greeting, problem: str | None) -> Ask | Welcome | Refused:
        """Take a worker on, after it has said with `problem` in what its disk differs ("" if in nothing)."""
        offer, name = self._run_offer, greeting.name[:LONGEST]
        reason = version_problem(greeting)
        if reason is None and problem is None:  # what has changed here since the run began says nothing
            return Ask(offer.run, tuple(probe for probe in offer.probes if difference((probe,)) is None))
        if reason is None and problem:
            reason = f"it does not see the disk that the coordinator sees: {problem[:LONGEST]}; mount it and try again"
        if reason is not None:
            offer.say(Trouble(f"worker {name} is refused: {reason}"))
            return Refused(reason)
        with self._lock:
            is_new = self._sessions.of(greeting.worker) is None
            session = self._sessions.take_on(greeting.worker, name)
            session.told = False
            session.connected(gone)
            self._broker.hello(greeting.worker, greeting.children)
        if is_new:
            offer.joined(greeting.children)
            python = greeting.python[:LONGEST]
            offer.say(f"worker {session.name} joined: {greeting.children} at a time, Python {python}")
        return Welcome(offer.run, offer.job, offer.lease_seconds)

    def lease(
        self,
        gone: Gone,
        run: str,
        worker: str,
        serial: int,
        seconds: float,
        ahead: bool,  # noqa: FBT001
    ) -> Offer | Refused:
        """Give a worker a task, waiting so long for one; the same `serial` gets the same task again.

        One that it asks for `ahead` of its need (see the broker) is not waited for.
        """
        end = time.monotonic() + (0.0 if ahead else bounded(seconds))
        with self._lock:
            session = self._sessions.of(worker)
            if refused := self._unknown(run, session, gone):
                return refused
            assert session is not None
            if session.serial == serial and self._broker.holds(worker, session.offer.lease):
                return session.offer
            while self._state == IDLE:
                if gone() or self._sessions.of(worker) is not session:
                    return Offer(IDLE)  # nobody reads it: what it were given would be lost until its lease is
                self._expire()
                if lease := self._broker.lease(worker, ahead=ahead):
                    self._records.add(lease.id, LeaseRecord(lease.task, worker, self._file(lease)))
                    session.serial, session.offer = serial, Offer(WORK, lease.id, with_folder(lease.task))
                    return session.offer
                left = end - time.monotonic()
                if left <= 0:
                    return Offer(IDLE)
                self._ready.wait(min(left, LOOK_SECONDS))
            session.told = True
            return Offer(self._state)

    def heartbeat(self, gone: Gone, run: str, worker: str, leases: tuple[str, ...], seconds: float) -> Pulse | Refused:
        """Move the deadlines of a worker's leases; the reply waits, but not longer than the run lasts."""
        end = time.monotonic() + bounded(seconds)
        with self._lock:
            session = self._sessions.of(worker)
            if refused := self._unknown(run, session, gone):
                return refused
            assert session is not None
            lost = self._broker.heartbeat(worker, leases)
            while self._state == IDLE and not lost and (left := end - time.monotonic()) > 0 and not gone():
                self._over.wait(min(left, LOOK_SECONDS))
            session.told = self._state != IDLE
            return Pulse(self._state, lost)

    def complete(
        self,
        gone: Gone,
        run: str,
        worker: str,
        lease: str,
        outcome: Partial | Failure | None,
        number: int,
        piece: bytes | None,
    ) -> bool | Refused:
        """Take what became of a task; before it may come pieces of rejected lines, with no outcome, numbered from 0."""
        with self._lock:
            if refused := self._unknown(run, self._sessions.of(worker), gone):
                return refused
            record = self._records.of(worker, lease)
        if record is None or (outcome is not None and outcome.task != record.task.number):
            return False
        if outcome is None:
            return piece is not None and self._add(record, number, piece)
        path = record.end()
        if record.unread and isinstance(outcome, Partial):
            outcome = with_reader(outcome, record.unread, self.name(worker) or worker)
        with self._lock:
            if self._records.take(lease) is None:
                return False  # it ended meanwhile, or this call has come twice at once
            accepted = self._broker.complete(worker, lease, outcome)
            if accepted and path is not None and isinstance(outcome, Partial) and self._run_offer.place is not None:
                self._come.setdefault(record.task.number, []).append((path, self._run_offer.place(record.task)))
                path = None
            if accepted:
                self._finished.notify()
        if path is not None:
            record.drop()
        return accepted

    def fail(
        self,
        gone: Gone,
        run: str,
        worker: str,
        lease: str,
        cause: str,
        how: str,
        files: tuple[int, ...],
    ) -> bool | Refused:
        """Take back a task that a worker cannot do, or that killed one of its processes: `how` is of the protocol.

        `files` are those that it cannot read. Where they are gone here, too, or no other worker is there to read them,
        the answer is False: what it has of the task is the result. A process that ran out of memory counts as killed
        only where no other worker is there, which may use more of it.
        """
        with self._lock:
            if refused := self._unknown(run, self._sessions.of(worker), gone):
                return refused
            record = self._records.of(worker, lease)
        if record is None or (files and not readable(record.task, files)):
            return False
        with self._lock:
            if self._records.of(worker, lease) is not record:
                return False  # it ended meanwhile
            if files and not self._broker.others_may(worker, lease):
                record.unread = files
                self._run_offer.say(
                    Trouble(
                        f"worker {self.name(worker)} cannot read all of task {record.task}, and no other is "
                        f"here: {cause[:LONGEST]}"
                    )
                )
                return False
            cause = cause[:LONGEST]
            died = how == DIED or (how == STARVED and not self._broker.others_may(worker, lease))
            if died:
                self._broker.died(worker, cause, [lease])
            else:
                self._broker.fail(worker, lease, cause, lasting=bool(files))
            self._records.take(lease)
            self._notify()
            name = self.name(worker)
        record.drop()
        if not died:  # that is among the losses, which are told
            self._run_offer.say(Trouble(f"worker {name} could not do task {record.task}: {cause}"))
        return True

    def bye(self, gone: Gone, run: str, worker: str) -> bool | Refused:
        """Let a worker go, and take its tasks back."""
        with self._lock:
            session = self._sessions.of(worker)
            if refused := self._unknown(run, session, gone):
                return refused
            self._broker.bye(worker)
            session = self._sessions.leave(worker)
            records = self._records.take_of(worker)
            self._notify()
        for record in records:
            record.drop()
        self._run_offer.say(f"worker {session.name} left")
        return True

    def closed(self, gone: Gone) -> None:
        """Note the end of a connection over which calls with this `gone` came."""
        with self._lock:
            self._sessions.closed(gone, time.monotonic())

    # ---- what the coordinator calls ----------------------------------------------------------------------------

    def next(self, seconds: float) -> Outcome | None:
        """Return the next finished outcome, waiting at most so long; MachineError if a file cannot be written.

        Its rejected lines are where they belong by then, and nothing is kept of any lease of its task.
        """
        with self._lock:
            self._expire()
            outcome = self._broker.take()
            if outcome is None and not self._broker.drained:
                self._notify()  # what expired is ready
                self._finished.wait(seconds)
                outcome = self._broker.take()
            if self._error is not None:
                raise self._error
            if outcome is None:
                return None
            self._ready.notify()  # there may be room for one more
            come = self._come.pop(outcome.task, ())
            late = self._records.take_on(outcome.task)
        for record in late:
            record.drop()
        for path, place in come:
            try:
                os.replace(path, place)  # noqa: PTH105 - text in, text out
            except OSError as error:
                raise scratch.unwritable(os.path.dirname(place), error) from error  # noqa: PTH120 - text
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

    def losses(self) -> tuple[Loss, ...]:
        """Return the leases that were lost since the last call."""
        with self._lock:
            return self._broker.losses()

    def doubled(self) -> tuple[Doubled, ...]:
        """Return the tasks that were given to a second worker since the last call."""
        with self._lock:
            return self._broker.doubled()

    def name(self, worker: str) -> str | None:
        """Return a worker's name for people; None if it has left."""
        session = self._sessions.of(worker)
        return None if session is None else session.name

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
        return self._sessions.untold(worker.name for worker in self._broker.status().workers)

    # ---- helpers, under the lock -------------------------------------------------------------------------------

    def _expire(self) -> None:
        """End leases that nothing was heard of, unless it is this process that did not listen for a while."""
        now = time.monotonic()
        if now - self._looked > STALL_SECONDS:
            self._patient_until = now + self._run_offer.lease_seconds / 2
        self._looked = now
        if now >= self._patient_until:
            self._broker.expire()
            for worker in self._sessions.given_up(now):
                seconds = sessions.RECONNECT_SECONDS
                self._broker.died(worker, f"its connections ended, and it did not come back in {seconds:g} s")

    def _unknown(self, run: str, session: WorkerSession | None, gone: Gone) -> Refused | None:
        if run != self._run_offer.run:
            return Refused(f"the run {run[:LONGEST]} is over, and this is another one: say hello again", over=True)
        if session is None:
            return Refused("a worker that has not said hello", over=True)
        session.connected(gone)
        return None

    def _notify(self) -> None:
        self._ready.notify_all()
        self._finished.notify()

    def _file(self, lease: Lease) -> str | None:
        place = self._run_offer.place
        return None if place is None else f"{place(lease.task)}.{lease.id.replace(':', '-')}"

    def _add(self, record: LeaseRecord, number: int, piece: bytes) -> bool:
        """Add a piece of rejected lines, not under the lock; a file that cannot be written ends the run."""
        try:
            return record.add(number, piece)
        except MachineError as error:
            with self._lock:
                self._error = self._error or error
                self._finished.notify()
            return False
