"""A worker of the queue: fetches tasks from a coordinator, lets child processes do them, and delivers what they return.

One thread each fetches, delivers and sends heartbeats, over connections of their own, so that neither a large result
nor a wait for work delays a heartbeat; none of them parses. Whatever goes wrong with a connection, the call is repeated
on a new one, until nothing was heard of the coordinator for too long.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections import deque
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logproc import __version__, scratch
from logproc.backends import probe
from logproc.backends.children import Children, Died, prepare
from logproc.backends.delivery import Delivery
from logproc.backends.link import HungUpError, Liveness, OverError, RetryingClient, WorkerOptions
from logproc.backends.manager import Client
from logproc.backends.protocol import (
    DRAINED,
    IDLE,
    PROTOCOL,
    STOPPED,
    WAIT_SECONDS,
    WORK,
    Greeting,
    python_version,
)
from logproc.errors import LogprocError, TryLaterError

__all__ = ["WorkerOptions", "default_name", "work"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.backends.children import Event
    from logproc.backends.protocol import Welcome
    from logproc.model import Partial, Task

AHEAD = 1
"""Tasks that a worker has in hand beyond those that its processes are at, while there are many: see `Broker.lease`."""

LOOK_SECONDS = 1.0
"""How often a worker looks whether its processes are stopped."""

JOIN_SECONDS = 0.1
"""Seconds that threads get to end; one that connects takes longer, and ends by itself once it has."""


class WorkerRun:
    """A worker's part of one run; `control` is the client over which it said hello."""

    def __init__(self, children: Children, greeting: Greeting, welcome: Welcome, control: RetryingClient) -> None:
        self._children = children
        self._options, self._liveness = control.options, control.liveness
        self._greeting = greeting
        self._control = control
        self._who = (welcome.run, greeting.worker)
        self._lease_seconds = welcome.lease_seconds
        self._pulse_seconds = min(welcome.lease_seconds / 3, WAIT_SECONDS)
        others = [RetryingClient(control.options, control.liveness) for _ in range(2)]
        self._clients = dict(zip((self._deliver, self._fetch, self._pulse), (control, *others), strict=True))
        self._turn = threading.Condition()
        self._tasks: dict[str, Task] = {}  # by lease: all that this worker has
        self._todo: deque[str] = deque()
        self._done: deque[Event] = deque()
        self._lost: set[str] = set()
        self._free = 0
        self._ahead = True  # whether more may be asked for than processes can begin now
        self._stopped: frozenset[str] = frozenset()
        self._looked = 0.0
        self._awake: dict[str, float] = {}  # by lease of a task in flight: when its child was last seen not stopped
        self.delivered = 0
        self._end: str | BaseException | None = None
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)

    def work(self, folder: str | None) -> str:
        """Work until the run is over, and return in which state; raises what ended the work otherwise.

        `folder` is where tasks leave their rejected lines.
        """
        self._delivery = Delivery(self._options, self._greeting, self._who, folder)
        threads = {
            client: threading.Thread(
                target=self._run, args=(target, client), name=f"logproc-{target.__name__}", daemon=True
            )
            for target, client in self._clients.items()
        }
        self._children.watch(self._wake_receiver)
        try:
            self._look(())
            for thread in threads.values():
                thread.start()
            while self._end is None:
                self._look(self._children.wait(LOOK_SECONDS))
        finally:
            told = self._end
            self._finish(STOPPED)
            self._leave(threads, bye=not (isinstance(told, str | OverError) or self._liveness.lost))
            self._children.unwatch(self._wake_receiver)
            self._wake_receiver.close()
            self._wake_sender.close()
        if isinstance(self._end, BaseException):
            raise self._end
        return self._end

    def _leave(self, threads: dict[RetryingClient, threading.Thread], *, bye: bool) -> None:
        """End connections and threads, and say goodbye before anything that takes time: a signal leaves little."""
        for client in threads:
            if client is not self._control:
                client.hang_up()
        deliverer = threads[self._control]
        if deliverer.ident is not None:
            deliverer.join(JOIN_SECONDS)
        if bye and not deliverer.is_alive():
            self._control.say_bye(*self._who)
        self._control.hang_up()
        end = time.monotonic() + JOIN_SECONDS
        for thread in threads.values():
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    # ---- the main thread: children -----------------------------------------------------------------------------

    def _look(self, events: tuple[Event, ...] | list[Event]) -> None:
        """Take what children have done, and give them what was fetched.

        To start one takes as long as the machine makes it, and to end one whose disk hangs: heartbeats do not wait.
        """
        with suppress(BlockingIOError):
            self._wake_receiver.recv(4096)
        with self._turn:
            self._done.extend(events)
            lost = self._lost.intersection(self._children.running)
        for lease in lost:  # somebody else does it, or has done it
            self._end_child(lease)
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._end_stopped()
        while (begun := self._next()) is not None:
            self._children.submit(begun, self._tasks[begun])
        with self._turn:
            free, self._free = self._free, self._children.idle - len(self._todo)
            self._ahead |= self._free != free
            self._turn.notify_all()

    def _end_stopped(self) -> None:
        """End children that are stopped for longer than a lease: there is no heartbeat that would say it is lost."""
        now = self._looked = time.monotonic()
        running, beating = self._children.running, self._children.beating
        self._stopped = frozenset(running).difference(beating)
        self._awake = {lease: now if lease in beating else self._awake.get(lease, now) for lease in running}
        for lease, since in self._awake.items():
            if now - since >= self._lease_seconds:
                self._children.kill(lease)
                with self._turn:
                    self._done.append(Died(lease, f"its process was stopped for {self._lease_seconds:g} s"))

    def _next(self) -> str | None:
        """Take out the next lease whose task a child may begin now, if there is one."""
        while self._todo and self._children.idle and self._alone(self._todo[0]):
            with self._turn:
                lease = self._todo.popleft()
                if lease not in self._lost:
                    return lease
                self._forget(lease)
        return None

    def _alone(self, lease: str) -> bool:
        """Tell whether nobody else here is at a task, as where its lease was lost and it was fetched again.

        Both would leave their rejected lines in the same file.
        """
        with self._turn:
            running, done = self._children.running, {event.key for event in self._done}
            twins = [twin for twin, task in self._tasks.items() if twin != lease and task == self._tasks[lease]]
        for twin in twins:
            if twin in running:
                self._end_child(twin)
        return done.isdisjoint(twins)

    def _end_child(self, lease: str) -> None:
        self._children.kill(lease)
        with self._turn:
            self._forget(lease)

    def _forget(self, lease: str) -> None:
        self._tasks.pop(lease, None)
        self._lost.discard(lease)

    def _wake(self) -> None:
        with suppress(OSError):  # it has rung, or nobody listens any more
            self._wake_sender.send(b"\0")

    # ---- other threads -----------------------------------------------------------------------------------------

    def _run(self, target: Callable[[RetryingClient], None], client: RetryingClient) -> None:
        try:
            target(client)
        except HungUpError:
            pass
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._finish(error)
        finally:
            if client is not self._control:  # over which the goodbye goes
                client.close()

    def _finish(self, end: str | BaseException) -> None:
        """End the worker's run; the first reason counts."""
        with self._turn:
            if self._end is None:
                self._end = end
            self._turn.notify_all()
        self._wake()

    def _over(self, state: str) -> bool:
        if state in {DRAINED, STOPPED}:
            self._finish(state)
        return state not in {IDLE, WORK}

    def _may_fetch(self) -> bool:
        if self._end is not None:
            return True
        wanted = self._free > 0 or (self._ahead and self._free > -AHEAD)
        return wanted and len(self._done) <= self._options.children

    def _fetch(self, client: RetryingClient) -> None:
        serial = 0
        while True:
            with self._turn:
                self._turn.wait_for(self._may_fetch)
                if self._end is not None:
                    return
                ahead = self._free <= 0
            seconds = 0.0 if ahead else WAIT_SECONDS
            offer = client.call("lease", *self._who, serial, seconds, ahead, wait=seconds)
            serial += 1
            if self._over(offer.state):
                return
            with self._turn:
                if offer.state == WORK:
                    self._tasks[offer.lease] = offer.task
                    self._todo.append(offer.lease)
                    self._free -= 1
                self._ahead = not ahead or offer.state == WORK
                begin = offer.state == WORK and self._free >= 0
            if begin:
                self._wake()

    def _pulse(self, client: RetryingClient) -> None:
        while self._end is None:
            with self._turn:
                leases = tuple(self._tasks.keys() - self._stopped - self._lost)
            seconds = self._pulse_seconds
            pulse = client.call("heartbeat", *self._who, leases, seconds, wait=seconds)
            if self._over(pulse.state):
                return
            if pulse.lost:
                with self._turn:
                    self._lost.update(lease for lease in pulse.lost if lease in self._tasks)
                self._wake()

    def _deliver(self, client: RetryingClient) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._done or self._end is not None)
                if self._end is not None:
                    return
                event = self._done[0]
                task = self._tasks[event.key]
            self._delivery.hand_over(client, event, task)
            self.delivered += 1
            with self._turn:
                self._done.popleft()
                self._forget(event.key)
                self._turn.notify_all()
            if self._todo and self._children.idle:  # it may have waited for that one, see `_alone`
                self._wake()


def work(process: Callable[[Any, Task], Partial], options: WorkerOptions) -> None:
    """Work until everything is done.

    RefusedError if the coordinator does not want this worker; TryLaterError if it is lost, ends early, or this machine
    cannot do its tasks.
    """
    worker = f"{options.name}/{secrets.token_hex(4)}"
    greeting = Greeting(PROTOCOL, __version__, python_version(), options.name, worker, options.children)
    liveness = Liveness(options)
    prepare()
    while True:
        with closing(RetryingClient(options, liveness)) as control:
            welcome = _hello(control, greeting)
            try:
                state = _work_for(process, greeting, welcome, control)
            except OverError:
                continue
            except BaseException:
                if not (liveness.lost or control.left or control.say_bye(welcome.run, worker)):
                    _say_bye(options, welcome.run, worker)
                raise
        if state == DRAINED:
            return
        raise TryLaterError("the coordinator has ended the run before everything was done")


def _hello(client: RetryingClient, greeting: Greeting) -> Welcome:
    while True:
        ask = client.call("hello", greeting, None)
        welcome: Welcome = client.call("hello", greeting, probe.difference_in_time(ask.probes) or "")
        if welcome.run == ask.run:
            return welcome


def _work_for(
    process: Callable[[Any, Task], Partial], greeting: Greeting, welcome: Welcome, control: RetryingClient
) -> str:
    """Work for a run until its end, and return in which state; nothing is left behind."""
    options, job, folder = control.options, welcome.job, None
    with ExitStack() as stack:
        if getattr(job, "spool", None) is not None:
            folder = stack.enter_context(scratch.folder())
            job = replace(job, spool=folder)
        children = stack.enter_context(Children(process, job, options.children, options.memory))
        where = options.endpoint.address
        at_a_time = "one task" if options.children == 1 else f"{options.children} tasks"
        options.say(f"working for the run {welcome.run} at {where}, {at_a_time} at a time")
        begun, run = time.monotonic(), WorkerRun(children, greeting, welcome, control)
        state = run.work(folder)
        delivered = "1 task" if run.delivered == 1 else f"{run.delivered} tasks"
        options.say(f"the run is over: {delivered} in {time.monotonic() - begun:.1f} s")
        return state


def _say_bye(options: WorkerOptions, run: str, worker: str) -> None:
    """Give back what this worker has over a new connection; its leases end by themselves if there is none."""
    client = Client(options.endpoint)
    with suppress(OSError, EOFError, LogprocError):
        client.call("bye", run, worker)
    client.close()


def default_name() -> str:
    """Return what a worker is called if it is not told: its host and process, since a host may have several."""
    return f"{socket.gethostname()}#{os.getpid()}"
