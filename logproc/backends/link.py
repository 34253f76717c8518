"""Calls of a worker that get through: repeated, on one connection after the other, until the coordinator is lost."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.backends.manager import Client
from logproc.backends.protocol import Refused
from logproc.errors import LogprocError, RefusedError, TryLaterError, UsageError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.backends.channel import Endpoint
    from logproc.model import Task

LOST_SECONDS = 60.0
"""How long a worker looks for a coordinator that does not answer."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.25
"""Seconds between two attempts to connect: a run that begins waits no longer for workers that were there before it."""

TOLD_SECONDS = 2.0
"""How long nothing gets through before people are told: a connection that broke is there again by then."""

LAST_TRIES_SECONDS = 2.0
"""How long is tried before a coordinator is given up, however long ago it was heard: a worker that was stopped and goes
on finds its connections closed, and the coordinator where it was."""

BYE_SECONDS = 0.2
"""How long a worker waits to hear that it may go: a signal leaves it half a second."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Where a worker works, and with what.

    `children` tasks at a time, each in a process that may use `memory` bytes (None: any). `place(folder, task)` names
    the file in which a task leaves its rejected lines. `say` takes lines for people.
    """

    endpoint: Endpoint
    name: str
    children: int
    say: Callable[[str], None]
    place: Callable[[str, Task], str] | None = None
    memory: int | None = None
    lost_seconds: float = LOST_SECONDS


class OverError(Exception):
    """The coordinator is at another run than the worker."""


class HungUpError(Exception):
    """The worker's run is over: its connections are of no use any more."""


class Liveness:
    """When something was last heard of the coordinator, for all connections to it, and what people are told of that."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._heard = time.monotonic()
        self._failing: float | None = None  # since when
        self._told = False
        self._ever = False
        self.lost = False

    def heard(self) -> None:
        """Note that the coordinator answers."""
        with self._lock:
            again = self._told and self._ever
            self._heard, self._failing, self._told, self._ever = time.monotonic(), None, False, True
        if again:
            self._options.say("the coordinator answers again")

    def refuse_unknown(self, error: BaseException) -> None:
        """Raise UsageError if nothing was heard yet and no machine has that name: it will not get one."""
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME and not self._ever:
            host = self._options.endpoint.address.host
            raise UsageError(
                f"no machine is known by the name {host!r}; write the address of the coordinator"
            ) from error

    def silent(self, error: BaseException) -> None:
        """Raise TryLaterError if it has not answered for too long; tell people before that."""
        seconds, address = self._options.lost_seconds, self._options.endpoint.address
        reason = _reason(error)
        with self._lock:
            now = time.monotonic()
            self._failing = now if self._failing is None else self._failing
            if now - self._heard >= seconds and now - self._failing >= min(LAST_TRIES_SECONDS, seconds):
                self.lost = True
                raise TryLaterError(
                    f"nothing was heard of a coordinator at {address} for {seconds:g} s ({reason}); is the run over, "
                    "or the address wrong?"
                ) from error
            tell = not self._told and now - self._failing >= TOLD_SECONDS
            self._told |= tell
            left = seconds - (now - self._heard)
        if tell:
            self._options.say(f"no coordinator answers at {address} ({reason}); it is tried for another {left:.0f} s")


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLEOFError):
        return "it has closed the connection"
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"TLS: {error.reason.lower().replace('_', ' ')}"
    return str(getattr(error, "strerror", None) or error or type(error).__name__).lower()


class RetryingClient:
    """Calls that get through, on one connection after the other; `left` once it has said goodbye."""

    def __init__(self, options: WorkerOptions, liveness: Liveness) -> None:
        self._client = Client(options.endpoint)
        self.options, self.liveness = options, liveness
        self._ended = threading.Event()
        self.left = False

    def call(self, method: str, *arguments: Any, wait: float = 0.0) -> Any:  # noqa: ANN401
        """Call a method that may take `wait` seconds.

        TryLaterError if the coordinator is lost, RefusedError, OverError; HungUpError after `hang_up`.
        """
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            try:
                reply = self._client.call(method, *arguments, wait=wait)
            except (OSError, EOFError, WireError) as error:
                if self._ended.is_set():
                    break
                self.liveness.refuse_unknown(error)
                self.liveness.silent(error)
                self._ended.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that workers do not come all at once
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            self.liveness.heard()
            if isinstance(reply, Refused):
                raise OverError if reply.over else RefusedError(reply.reason)
            return reply
        raise HungUpError

    def hang_up(self) -> None:
        """End the calls of another thread."""
        self._ended.set()
        self._client.hang_up()

    def say_bye(self, run: str, worker: str) -> bool:
        """Give back what a worker has over the connection that there is; tell whether that was heard, in no time.

        For one that no thread calls any more, and a process that a signal is about to end.
        """
        if not self._client.connected or self._ended.is_set():
            return False
        with suppress(OSError, EOFError, LogprocError):
            self._client.call("bye", run, worker, patience=BYE_SECONDS)
            self.left = True
        return self.left

    def close(self) -> None:
        """End the connection."""
        self._client.close()
