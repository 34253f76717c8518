"""What is under way on a Dask cluster: submissions, which futures stand for, and calls that may take long.

A task that is late, since its worker hangs, is given to another worker too. Both are twins: the first that has a result
counts, and releases the other; one that fails leaves it to the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc.backends.broker import STRAGGLER_MEDIANS
from logproc.backends.dask_submissions import Submission, TaskSubmission
from logproc.backends.leases import Durations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logproc.backends.dask_link import Link
    from logproc.model import Outcome

    Handler = Callable[[Any], Iterator[Outcome]]


@dataclass(slots=True, eq=False)
class Entry:
    """A submission, its future and when it was begun, in seconds of the clock; `doubled` if it has or had a twin."""

    submission: Submission
    future: Any
    since: float
    doubled: bool = False
    twin: str | None = None


class InFlight:
    """Submissions by the keys of their futures, and calls."""

    def __init__(self, link: Link, run: str, clock: Callable[[], float], straggler_seconds: float) -> None:
        self._link = link
        self._run = run
        self._clock = clock
        self._straggler_seconds = straggler_seconds
        self._ready: Any = link.dask.as_completed(loop=link.client.loop)
        self._entries: dict[str, Entry] = {}
        self._attempts: Counter[str] = Counter()
        self._calls: dict[Any, Handler] = {}
        self._durations = Durations()
        self.doing = 0  # tasks among the submissions

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    # ---- off ---------------------------------------------------------------------------------------------------

    def submit(
        self, submission: Submission, name: str, priority: int, function: Callable[..., Any], *args: object
    ) -> str:
        """Give a submission to the cluster and return its key, which no other submission of any run has."""
        self._attempts[name] += 1
        future = self._link.call(
            self._link.client.submit,
            function,
            *args,
            key=f"logproc-{self._run}-{name}-{self._attempts[name]}",
            pure=False,
            retries=0,
            priority=priority,
            workers=None if submission.among is None else sorted(submission.among),
        )
        self.track(submission, future)
        return str(future.key)

    def track(self, submission: Submission, future: Any) -> None:  # noqa: ANN401 - a distributed.Future
        """Wait for a future on behalf of a submission."""
        self._entries[future.key] = Entry(submission, future, self._clock())
        self.doing += isinstance(submission, TaskSubmission)
        self._ready.add(future)

    def begin(self, coroutine: Any, handler: Handler) -> None:  # noqa: ANN401
        """Let Dask do something that may take long, and handle it when it is done."""
        call = asyncio.run_coroutine_threadsafe(coroutine, self._link.client.loop.asyncio_loop)
        self._calls[call] = handler
        call.add_done_callback(self._wake)

    def _wake(self, _call: object) -> None:
        with self._ready.thread_condition:
            self._ready.thread_condition.notify_all()

    # ---- back --------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> list[Any]:
        """Wait until something has ended, at most so long; return the futures of submissions that did."""
        with self._ready.thread_condition:
            self._ready.thread_condition.wait_for(self._stirs, seconds)
        return [future for future in self._ready.next_batch(block=False) if future.key in self]

    def _stirs(self) -> bool:
        return bool(self._ready.has_ready()) or any(call.done() for call in self._calls)

    def wait_again(self, future: Any) -> None:  # noqa: ANN401
        """Wait for a future whose result was lost, and is made again."""
        self._ready.add(future)

    def answers(self) -> Iterator[Outcome]:
        """Handle the calls that are done."""
        for call in [call for call in self._calls if call.done()]:
            yield from self._calls.pop(call)(call)

    def done(self, key: str) -> Submission:
        """Release a submission that has a result, and its twin."""
        entry = self._take(key)
        entry.future.release()
        return entry.submission

    def keep(self, key: str) -> Submission:
        """Do the same, but let the result stay where it is."""
        return self._take(key).submission

    def _take(self, key: str) -> Entry:
        entry = self._entries[key]
        if isinstance(entry.submission, TaskSubmission):
            self._durations.add(self._clock() - entry.since)
        twin = entry.twin
        self._remove(key)
        if twin is not None:
            self._remove(twin).future.release()
        return entry

    def failed(self, key: str, *, again: bool = False) -> Submission | None:
        """Release a submission without a result; None if a twin goes on, which may be given away `again` then."""
        entry = self._remove(key)
        entry.future.release()
        if entry.twin is None:
            return entry.submission
        self._entries[entry.twin].doubled = not again
        return None

    def _remove(self, key: str) -> Entry:
        entry = self._entries.pop(key)
        self.doing -= isinstance(entry.submission, TaskSubmission)
        if entry.twin in self._entries:
            self._entries[entry.twin].twin = None
        return entry

    # ---- on the way --------------------------------------------------------------------------------------------

    def submission(self, key: str) -> Submission:
        """Return the submission of a key."""
        return self._entries[key].submission

    def stranded(self, live: frozenset[str]) -> list[str]:
        """Return the keys of submissions that are meant only for workers that left."""
        return [
            key for key, entry in self._entries.items() if entry.submission.among and not entry.submission.among & live
        ]

    def stragglers(self) -> dict[str, Submission]:
        """Return submissions that take longer than `STRAGGLER_MEDIANS` of a task, and longer than is worth a thought.

        The time counts from when a submission was given to the cluster, as it does in the median: what waits behind
        others waits in both. Suspects run alone and are left so.
        """
        slow = max(STRAGGLER_MEDIANS * (self._durations.median or 0.0), self._straggler_seconds)
        upto = self._clock() - slow
        return {
            key: entry.submission
            for key, entry in self._entries.items()
            if entry.since < upto and not (entry.doubled or getattr(entry.submission, "suspect", None))
        }

    def pair(self, one: str, two: str) -> float:
        """Make twins of two submissions for the same task; return how many seconds ago the first one was begun."""
        for mine, other in ((one, two), (two, one)):
            self._entries[mine].twin = other
            self._entries[mine].doubled = True
        return self._clock() - self._entries[one].since

    def whereabouts(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """Return the workers that have submissions to do, or hold their results, by key; none for what still waits."""
        found = self.holders([self._entries[key].future for key in keys])
        for worker, doing in self._link.call(self._link.client.processing).items():
            for key in found.keys() & set(doing):
                found[key].add(worker)
        return found

    def holders(self, futures: Iterable[Any]) -> dict[str, set[str]]:
        """Return the workers that hold the results of futures, by key."""
        futures = list(futures)
        found: dict[str, set[str]] = {future.key: set() for future in futures}
        if futures:
            for key, workers in self._link.call(self._link.client.who_has, futures).items():
                found[key].update(workers)
        return found

    # ---- the end -----------------------------------------------------------------------------------------------

    def forget(self, name: str) -> None:
        """Forget how often something was tried that will not be tried again."""
        self._attempts.pop(name, None)

    def clear(self) -> None:
        """Wait for nothing any more."""
        for call in self._calls:
            call.cancel()
        self._ready.clear()
