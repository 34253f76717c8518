"""How a worker hands over what became of a task: outcome and rejected lines, or why this machine could not do it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from logproc.backends import probe
from logproc.backends.children import Died, Unfit
from logproc.backends.protocol import CHUNK_BYTES, DIED, GIVEN_BACK, RESULT_BYTES, STARVED
from logproc.backends.serial import blames_machine
from logproc.backends.spooled import pack
from logproc.errors import TryLaterError, WireError
from logproc.model import Failure, Partial

if TYPE_CHECKING:
    from logproc.backends.children import Event
    from logproc.backends.link import RetryingClient, WorkerOptions
    from logproc.backends.protocol import Greeting
    from logproc.model import Task

FAILURES = 3
"""Tasks in a row that this machine could not do, after which it leaves the work to others."""


class Delivery:
    """What a worker delivers in one run; `who` is the run and the worker, `folder` where tasks leave rejected lines."""

    def __init__(self, options: WorkerOptions, greeting: Greeting, who: tuple[str, str], folder: str | None) -> None:
        self._options, self._greeting, self._who, self._folder = options, greeting, who, folder
        self._undone: set[str | int] = set()

    def hand_over(self, client: RetryingClient, event: Event, task: Task) -> None:
        """Hand over what became of a task; TryLaterError, once it is said, if this machine is the cause."""
        if isinstance(event, Died | Unfit):
            how = GIVEN_BACK if isinstance(event, Unfit) else STARVED if event.starved else DIED
            client.call("fail", *self._who, event.key, event.cause, how, ())
            if isinstance(event, Unfit):
                raise TryLaterError(f"no task can be done on this machine: {event.cause}")
            if event.starved:
                self._count(task.number, event.cause)
            return
        rejected = None
        if self._folder is not None and self._options.place is not None:
            rejected = self._options.place(self._folder, task)
        try:
            self._report(client, event.key, task, event.outcome, rejected)
        finally:
            if rejected is not None:
                with suppress(FileNotFoundError):
                    os.unlink(rejected)  # noqa: PTH108 - text in, text out

    def _report(
        self, client: RetryingClient, lease: str, task: Task, outcome: Partial | Failure, rejected: str | None
    ) -> None:
        trouble = self._trouble(client, outcome)
        if trouble is None:
            self._undone.clear()
            if self._gives_back(client, lease, task, outcome):
                return
            if rejected is None or isinstance(outcome, Failure) or self._send_rejected(client, lease, rejected):
                client.call("complete", *self._who, lease, self._sendable(outcome), 0, None)
            return
        client.call("fail", *self._who, lease, trouble, GIVEN_BACK, ())
        if isinstance(outcome, Partial):
            raise TryLaterError(f"the disk that the coordinator sees is gone: {trouble}")
        self._count(lease, trouble)

    def _count(self, undone: str | int, cause: str) -> None:
        """Count what was not done since a task was; TryLaterError after `FAILURES`.

        A task that is given back counts each time that it comes, by its lease: nobody else is there who would take it.
        One whose processes had no memory counts once, by its number: it is lost in the end, and others may be smaller.
        """
        self._undone.add(undone)
        if len(self._undone) >= FAILURES:
            raise TryLaterError(f"{FAILURES} tasks in a row could not be done on this machine: {cause}")

    def _gives_back(self, client: RetryingClient, lease: str, task: Task, outcome: Partial | Failure) -> bool:
        """Give a task back some of whose files cannot be read here, or are old copies, if the coordinator has them."""
        missing = probe.unreadable_of(task, outcome) if isinstance(outcome, Partial) else {}
        if not missing:
            return False
        path = next(piece.path for piece in task.pieces if piece.file in missing)
        cause = f"{path}: {next(iter(missing.values())).lower()} on {socket.gethostname()}, and the coordinator has it"
        return bool(client.call("fail", *self._who, lease, cause, GIVEN_BACK, tuple(missing)))

    def _trouble(self, client: RetryingClient, outcome: Partial | Failure) -> str | None:
        """Say why it is this machine, and neither the task nor the file, that did not work."""
        if isinstance(outcome, Failure):
            return outcome.cause if blames_machine(outcome.cause) else None
        if any(result.problem is not None for result in outcome.files):
            return probe.difference_in_time(client.call("hello", self._greeting, None).probes)
        return None

    def _sendable(self, outcome: Partial | Failure) -> Partial | Failure:
        """Return the outcome, or the failure to send it."""
        try:
            size = sum(map(len, self._options.endpoint.codec.encode(outcome)))
        except WireError as error:
            return Failure(outcome.task, f"its result {error}")
        if size + CHUNK_BYTES > RESULT_BYTES:
            return Failure(outcome.task, f"its result has {size} bytes, and {RESULT_BYTES} travel: lower max_groups")
        return outcome

    def _send_rejected(self, client: RetryingClient, lease: str, path: str) -> bool:
        """Send a task's rejected lines, if there are any; False if they are not wanted any more."""
        try:
            file = open(path, "rb")  # noqa: PTH123, SIM115 - text in, text out; closed below
        except FileNotFoundError:
            return True
        with file:
            number = 0
            while piece := file.read(CHUNK_BYTES):
                if not client.call("complete", *self._who, lease, None, number, pack(piece)):
                    return False
                number += 1
        return True
