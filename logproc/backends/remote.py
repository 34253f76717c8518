"""A worker of the queue: fetches tasks from a coordinator, lets child processes do them, and delivers what they return.

One thread each fetches, delivers and sends heartbeats, over connections of their own, so that neither a large result
nor a wait for work delays a heartbeat; none of them parses. Whatever goes wrong with a connection, the call is repeated
on a new one, until nothing was heard of the coordinator for too long.
"""

from __future__ import annotations

import builtins
import os
import secrets
import socket
import tempfile
import threading
import zlib
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logproc import __version__
from logproc.backends.children import Children, Died
from logproc.backends.link import HungUpError, Line, Link, OverError, Post
from logproc.backends.manager import Client
from logproc.backends.probe import difference
from logproc.backends.protocol import (
    CHUNK_BYTES,
    DRAINED,
    IDLE,
    PROTOCOL,
    RESULT_BYTES,
    STOPPED,
    WAIT_SECONDS,
    WORK,
    Greeting,
    python_version,
)
from logproc.errors import LogprocError, TryLaterError, WireError
from logproc.model import Failure, Partial

__all__ = ["Post", "default_name", "work"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logproc.backends.children import Event
    from logproc.backends.protocol import Welcome
    from logproc.model import Task

FAILURES = 3
"""Tasks in a row that this machine could not do, after which it leaves the work to others."""

LEVEL = 1


class Shift:
    """A worker's part of one run."""

    def __init__(self, children: Children, post: Post, line: Line, greeting: Greeting, welcome: Welcome) -> None:
        self._children = children
        self._post = post
        self._greeting = greeting
        self._who = (welcome.run, greeting.worker)
        self._pulse_seconds = min(welcome.lease_seconds / 3, WAIT_SECONDS)
        self._links = {work: Link(post, line) for work in (self._fetch, self._deliver, self._pulse)}
        self._turn = threading.Condition()
        self._tasks: dict[str, Task] = {}  # by lease: all that this worker has
        self._todo: deque[str] = deque()
        self._done: deque[Event] = deque()
        self._lost: set[str] = set()
        self._free = 0
        self._beating: frozenset[str] = frozenset()
        self._failures = 0
        self._folder: str | None = None
        self._end: str | BaseException | None = None
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def work(self, folder: str | None) -> str:
        """Work until the run is over, and return in which state; raises what ended the shift otherwise.

        `folder` is where tasks leave their rejected lines.
        """
        self._folder = folder
        threads = [
            threading.Thread(target=self._run, args=(target, link), name=f"logproc-{target.__name__}", daemon=True)
            for target, link in self._links.items()
        ]
        self._children.watch(self._reader)
        try:
            self._look(())
            for thread in threads:
                thread.start()
            while self._end is None:
                self._look(self._children.wait(1.0))
        finally:
            self._finish(self._end or STOPPED)
            for link in self._links.values():
                link.hang_up()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            self._children.unwatch(self._reader)
            os.close(self._reader)
            os.close(self._writer)
        if isinstance(self._end, BaseException):
            raise self._end
        return self._end

    # ---- the main thread: children -----------------------------------------------------------------------------

    def _look(self, events: tuple[Event, ...] | list[Event]) -> None:
        """Take what children have done, and give them what was fetched."""
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)
        with self._turn:
            self._done.extend(events)
            for lease in self._lost.intersection(self._children.running):
                self._children.kill(lease)  # somebody else does it, or has done it
                del self._tasks[lease]
            while self._todo and self._children.idle and self._alone(self._todo[0]):
                lease = self._todo.popleft()
                if lease in self._lost:
                    del self._tasks[lease]
                else:
                    self._children.submit(lease, self._tasks[lease])
            self._free = self._children.idle - len(self._todo)
            running = frozenset(self._children.running)
            waiting = self._tasks.keys() - running
            self._beating = frozenset(self._children.beating) | waiting
            self._turn.notify_all()

    def _alone(self, lease: str) -> bool:
        """Tell whether nobody else here is at a task, as where its lease was lost and it was fetched again.

        Both would leave their rejected lines in the same file.
        """
        running, waiting = self._children.running, {event.key for event in self._done}
        for twin, task in tuple(self._tasks.items()):
            if twin != lease and task == self._tasks[lease]:
                if twin in waiting:
                    return False
                if twin in running:
                    self._children.kill(twin)
                    del self._tasks[twin]
        return True

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._writer, b"\0")

    # ---- other threads -----------------------------------------------------------------------------------------

    def _run(self, target: Callable[[Link], None], link: Link) -> None:
        try:
            target(link)
        except HungUpError:
            pass
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._finish(error)
        finally:
            link.close()

    def _finish(self, end: str | BaseException) -> None:
        """End the shift; the first reason counts."""
        with self._turn:
            if self._end is None:
                self._end = end
            self._turn.notify_all()
        with suppress(OSError):
            self._wake()

    def _over(self, state: str) -> bool:
        if state in {DRAINED, STOPPED}:
            self._finish(state)
        return state not in {IDLE, WORK}

    def _may_fetch(self) -> bool:
        return self._end is not None or (self._free > 0 and len(self._done) <= self._post.children)

    def _fetch(self, link: Link) -> None:
        serial = 0
        while True:
            with self._turn:
                self._turn.wait_for(self._may_fetch)
                if self._end is not None:
                    return
            offer = link.call("lease", *self._who, serial, WAIT_SECONDS, wait=WAIT_SECONDS)
            serial += 1
            if self._over(offer.state):
                return
            if offer.state == WORK:
                with self._turn:
                    self._tasks[offer.lease] = offer.task
                    self._todo.append(offer.lease)
                    self._free -= 1
                    self._beating |= {offer.lease}
                self._wake()

    def _pulse(self, link: Link) -> None:
        while self._end is None:
            with self._turn:
                leases = tuple((self._beating & self._tasks.keys()) - self._lost)
            seconds = self._pulse_seconds
            pulse = link.call("heartbeat", *self._who, leases, seconds, wait=seconds)
            if self._over(pulse.state):
                return
            if pulse.lost:
                with self._turn:
                    self._lost.update(lease for lease in pulse.lost if lease in self._tasks)
                self._wake()

    def _deliver(self, link: Link) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._done or self._end is not None)
                if self._end is not None:
                    return
                event = self._done[0]
                task = self._tasks[event.key]
            self._hand_over(link, event, task)
            with self._turn:
                self._done.popleft()
                self._tasks.pop(event.key, None)
                self._lost.discard(event.key)
                self._turn.notify_all()
            if self._todo:
                self._wake()

    def _hand_over(self, link: Link, event: Event, task: Task) -> None:
        if isinstance(event, Died):
            link.call("fail", *self._who, event.key, event.cause, True)
            return
        outcome = event.outcome
        trouble = self._trouble(link, outcome)
        if trouble is None:
            self._failures = 0
            for number, piece in enumerate(self._rejected(task, outcome)):
                if not link.call("complete", *self._who, event.key, None, number, piece):
                    return  # it is not wanted any more
            link.call("complete", *self._who, event.key, self._sendable(outcome), 0, None)
            return
        self._failures += 1
        link.call("fail", *self._who, event.key, trouble, False)
        if isinstance(outcome, Partial):
            raise TryLaterError(f"the disk that the coordinator sees is gone: {trouble}")
        if self._failures >= FAILURES:
            raise TryLaterError(f"{FAILURES} tasks in a row could not be done on this machine: {trouble}")

    def _trouble(self, link: Link, outcome: Partial | Failure) -> str | None:
        """Say why it is this machine, and neither the task nor the file, that did not work."""
        if isinstance(outcome, Failure):
            kind = getattr(builtins, outcome.cause.partition(":")[0], None)
            machine = isinstance(kind, type) and issubclass(kind, OSError | MemoryError)
            return outcome.cause if machine else None
        if any(result.problem is not None for result in outcome.files):
            return difference(link.call("hello", self._greeting, None).probes)
        return None

    def _sendable(self, outcome: Partial | Failure) -> Partial | Failure:
        """Return the outcome, or the failure to send it."""
        try:
            size = sum(map(len, self._post.endpoint.codec.encode(outcome)))
        except WireError as error:
            return Failure(outcome.task, f"its result {error}")
        if size + CHUNK_BYTES > RESULT_BYTES:
            return Failure(outcome.task, f"its result has {size} bytes, and {RESULT_BYTES} travel: lower max_groups")
        return outcome

    def _rejected(self, task: Task, outcome: Partial | Failure) -> Iterator[bytes]:
        """Yield a task's rejected lines, compressed, and remove their file."""
        if self._folder is None or self._post.place is None:
            return
        path = self._post.place(self._folder, task)
        with suppress(FileNotFoundError):
            if isinstance(outcome, Partial):
                with open(path, "rb") as file:  # noqa: PTH123 - text in, text out
                    while piece := file.read(CHUNK_BYTES):
                        yield zlib.compress(piece, LEVEL)
            os.unlink(path)  # noqa: PTH108


def work(process: Callable[[Any, Task], Partial], post: Post) -> None:
    """Work until everything is done.

    RefusedError if the coordinator does not want this worker; TryLaterError if it is lost, ends early, or this machine
    cannot do its tasks.
    """
    worker = f"{post.name}/{secrets.token_hex(4)}"
    greeting = Greeting(PROTOCOL, __version__, python_version(), post.name, worker, post.children)
    line = Line(post)
    while True:
        welcome = _hello(post, line, greeting)
        try:
            state = _shift(process, post, line, greeting, welcome)
        except OverError:
            continue
        except BaseException:
            if not line.lost:
                _say_bye(post, welcome.run, worker)
            raise
        if state == DRAINED:
            return
        raise TryLaterError("the coordinator has ended the run before everything was done")


def _hello(post: Post, line: Line, greeting: Greeting) -> Welcome:
    link = Link(post, line)
    try:
        while True:
            ask = link.call("hello", greeting, None)
            welcome: Welcome = link.call("hello", greeting, difference(ask.probes) or "")
            if welcome.run == ask.run:
                return welcome
    finally:
        link.close()


def _shift(
    process: Callable[[Any, Task], Partial], post: Post, line: Line, greeting: Greeting, welcome: Welcome
) -> str:
    job, folder = welcome.job, None
    with ExitStack() as stack:
        if getattr(job, "spool", None) is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="logproc-", ignore_cleanup_errors=True))
            job = replace(job, spool=folder)
        children = stack.enter_context(Children(process, job, post.children, post.memory))
        post.say(f"working for the run {welcome.run} at {post.endpoint.address}, {post.children} tasks at a time")
        return Shift(children, post, line, greeting, welcome).work(folder)


def _say_bye(post: Post, run: str, worker: str) -> None:
    """Give back what this worker has, if the coordinator is there; its leases end by themselves if not."""
    client = Client(post.endpoint)
    with suppress(OSError, EOFError, LogprocError):
        client.call("bye", run, worker)
    client.close()


def default_name() -> str:
    """Return what a worker is called if it is not told: its host."""
    return socket.gethostname()
