"""Calls of a worker that get through: repeated, on one connection after the other, until the coordinator is lost."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.backends.manager import Client
from logproc.backends.protocol import Refused
from logproc.errors import RefusedError, TryLaterError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.backends.channel import Endpoint
    from logproc.model import Task

LOST_SECONDS = 60.0
"""How long a worker looks for a coordinator that does not answer."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class Post:
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
    """The shift is over: its connections are of no use any more."""


class Line:
    """When something was last heard of the coordinator, for all connections to it."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._heard = time.monotonic()
        self.lost = False

    def heard(self) -> None:
        """Note that the coordinator answers."""
        self._heard = time.monotonic()

    def silent(self, error: BaseException) -> None:
        """Raise TryLaterError if it has not answered for too long."""
        seconds = self._post.lost_seconds
        if time.monotonic() - self._heard >= seconds:
            self.lost = True
            reason = str(getattr(error, "strerror", None) or error or type(error).__name__)
            raise TryLaterError(
                f"nothing was heard of a coordinator at {self._post.endpoint.address} for {seconds:g} s "
                f"({reason.lower()}); is the run over, or the address wrong?"
            ) from error


class Link:
    """Calls that get through, on one connection after the other."""

    def __init__(self, post: Post, line: Line) -> None:
        self._client = Client(post.endpoint)
        self._line = line
        self._ended = threading.Event()

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
                self._line.silent(error)
                self._ended.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that workers do not come all at once
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            self._line.heard()
            if isinstance(reply, Refused):
                raise OverError if reply.over else RefusedError(reply.reason)
            return reply
        raise HungUpError

    def hang_up(self) -> None:
        """End the calls of another thread."""
        self._ended.set()
        self._client.hang_up()

    def close(self) -> None:
        """End the connection."""
        self._client.close()
