"""How the workers of a Dask cluster are received: each is greeted as it comes, and equipped for the run by that."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from logproc.backends import probe
from logproc.backends.dask_worker import Greeting, RunSetup, forget, greet, unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.backends.dask_in_flight import InFlight
    from logproc.backends.dask_link import Link
    from logproc.backends.dask_membership import Membership
    from logproc.model import Outcome, Task

NOTICE_SECONDS = 1.0
"""Seconds that the end of a run waits for workers to hear of it."""


class Admission:
    """Who comes is shown what the coordinator sees; the members learns what was answered."""

    def __init__(
        self, link: Link, flight: InFlight, members: Membership, setup: RunSetup, tasks: Sequence[Task]
    ) -> None:
        self._link = link
        self._in_flight = flight
        self._members = members
        self._setup = setup
        self._tasks = tasks
        self._equipped: set[str] = set()

    def look(self) -> None:
        """See who is there and greet newcomers; raise if nobody can be used, and none has come for too long."""
        for worker in self._members.see(self._link.call(self._link.client.nthreads)):
            self._greet(worker)
        self._members.check()

    def stranger(self, worker: str) -> None:
        """Greet a worker that says that it does not know the run, or whose disk is in doubt."""
        if self._members.stranger(worker):
            self._greet(worker)

    def _greet(self, worker: str) -> bool:
        """Equip a worker, unless that was tried often enough.

        Not by a task: a worker that lacks logproc breaks when it is sent one, and a busy one would not answer.
        """
        if not self._members.ask(worker):
            return False
        call = self._link.client.run(greet, self._setup, workers=[worker], on_error="return", asynchronous=True)
        self._in_flight.begin(call, partial(self._greeted, worker))
        return True

    def _greeted(self, worker: str, call: Any) -> Iterator[Outcome]:  # noqa: ANN401
        """Take a worker's answer; one that was not to be reached is asked again as long as it is there."""
        answer = self._link.call(call.result).get(worker, OSError())
        if isinstance(answer, OSError):
            if worker in self._members.live:
                self._greet(worker)
        elif isinstance(answer, Exception):
            self._members.answered(worker, unanswered(answer))
        else:
            self._answered(worker, answer)
        return iter(())

    def _answered(self, worker: str, greeting: Greeting) -> None:
        if greeting.kind == "mount" and (seen := probe.probes(self._tasks)) != self._setup.probes:
            self._setup = replace(self._setup, probes=seen)  # files were rotated: the disk has changed here too
            self._members.forgive()
            if self._greet(worker):
                return
        if greeting.problem is None:
            self._equipped.add(worker)
        self._members.answered(worker, greeting)

    def farewell(self) -> None:
        """Let workers drop what they were equipped with. Who does not answer at once drops it for later runs."""
        client, workers = self._link.client, sorted(self._equipped & self._members.live)
        if not workers or client.status != "running":
            return
        with suppress(Exception):  # nothing depends on it
            telling = client.run(forget, self._setup.run, workers=workers, on_error="ignore", asynchronous=True)
            call = asyncio.run_coroutine_threadsafe(asyncio.wait_for(telling, NOTICE_SECONDS), client.loop.asyncio_loop)
            call.result(2 * NOTICE_SECONDS)
