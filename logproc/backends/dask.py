"""Tasks on a cluster of Dask: for whoever outgrows a handful of machines.

`Client.submit` and `as_completed` with a rolling window: a few tasks a worker are in flight, the largest first. In a
large run the outcomes of adjacent tasks are merged on the workers, so that only merged tables travel here.

Errors of a task are its outcome; Dask only sees what kills a worker. A worker takes everything with it that it was
given, so tasks that were there when workers died are only suspected: they run once more, alone, after all others, and
what still kills its worker is cut in halves until the part that does it is small. What is late at the end, since a
worker hangs, is done a second time elsewhere, and counts once. What a worker gives back, since its disk or its memory
fails and not the task, is given to another.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from logproc.backends import probe
from logproc.backends.dask_admission import Admission
from logproc.backends.dask_connect import Cluster, Tls, connected
from logproc.backends.dask_in_flight import InFlight
from logproc.backends.dask_link import Link
from logproc.backends.dask_membership import Membership
from logproc.backends.dask_refusals import Refusals
from logproc.backends.dask_submissions import TRIES, FoldSubmission, Group, Submission, Suspect, TaskSubmission, deaths
from logproc.backends.dask_worker import RunSetup, StrangerError, UnusableHereError, do, fold, silent, versions
from logproc.backends.folding import groups
from logproc.backends.paths import with_folder
from logproc.backends.spooled import Spooled, unload
from logproc.errors import OutputError, WireError
from logproc.messages import Trouble
from logproc.model import Failure, Folded, Outcome, Partial, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Cluster", "Tls", "run"]

AHEAD = 3
"""Tasks in flight for each thread of a worker: one at work, and those on their way."""

TICK_SECONDS = 1.0
"""Seconds between two looks at who is there; `IDLE_TICK_SECONDS` as long as nobody is."""

IDLE_TICK_SECONDS = 0.1

MERGE_PRIORITY = 1
"""Priority of merging; tasks have zero and less, the largest first."""


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - pickled to the workers
    tasks: Sequence[Task],
    workers: int,
    *,
    cluster: Cluster | None = None,
) -> Iterator[Outcome]:
    """Yield outcomes as they come; `workers` counts for a cluster of our own only.

    UsageError if the cluster cannot be used as it is, TryLaterError if it has no scheduler or no workers, or lost them.
    """
    if not tasks:
        return
    cluster = cluster or Cluster()
    with (
        connected(cluster, min(workers, len(tasks))) as client,
        closing(Session(client, cluster, process, job, tasks)) as session,
    ):
        yield from session.outcomes()


class Session:
    """A run on a cluster."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a distributed.Client
        cluster: Cluster,
        process: Callable[[Any, Task], Partial],
        job: Any,  # noqa: ANN401
        tasks: Sequence[Task],
    ) -> None:
        self._link = Link(client, cluster.scheduler)
        self._spool: str | None = getattr(job, "spool", None)
        self._run = uuid.uuid4().hex
        self._clock = time.monotonic
        self._late, self._say = cluster.straggler_seconds, cluster.say
        work: bytes = self._link.dask.protocol.pickle.dumps((process, job, cluster.fold))
        setup = RunSetup(self._run, work, probe.probes(tasks), tuple(versions().items()))
        self._versions = dict(setup.versions)
        self._members = Membership(cluster, self._clock)
        self._in_flight = InFlight(self._link, self._run, self._clock, self._late)
        self._admission = Admission(self._link, self._in_flight, self._members, setup, tasks)
        self._refusals = Refusals(self._members, self._admission)
        folds = cluster.fold is not None
        self._todo = (Group(group, folds and len(group) > 1) for group in _groups(tasks, folds=folds))
        self._next = next(self._todo, None)
        self._left = len(tasks)
        self._suspects: deque[Suspect] = deque()
        self._gathering: set[Group] = set()
        self._lost: list[tuple[TaskSubmission, Failure]] = []
        self._parked: list[Callable[[], None]] = []
        self._bounced = self._looked = 0.0

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes until every task has one."""
        self._link.check_versions(self._versions)
        while self._left:
            stranded = self._look()
            self._fill()
            seconds = 0.0 if self._lost else TICK_SECONDS if self._members.threads else IDLE_TICK_SECONDS
            for outcome in chain(stranded, self._given_up(), self._finished(seconds)):
                self._left -= len(outcome.outcomes) if isinstance(outcome, Folded) else 1
                yield outcome

    def close(self) -> None:
        """Wait for nothing any more."""
        self._in_flight.clear()
        self._admission.farewell()

    def _look(self) -> list[Outcome]:
        """See, once a tick, who is there, and do again what was meant for workers that left, or that hang."""
        self._link.check()
        now = self._clock()
        if now - self._looked < (TICK_SECONDS if self._members.threads else IDLE_TICK_SECONDS):
            return []
        self._looked = now
        self._admission.look()
        live = self._members.live
        outcomes = [outcome for key in self._in_flight.stranded(live) for outcome in self._failed(key, None)]
        for group in list(self._gathering):
            for submission in group.stranded(live):
                outcomes.extend(self._undone(submission, None))
        if self._next is None and not self._parked:
            self._hurry()
        return outcomes

    def _hurry(self) -> None:
        """Do elsewhere, too, what is late.

        Dask steals what waits at a busy worker for an idle one, but a worker that hangs confirms no theft: what waits
        there is as late as what runs there. Dask itself notices after `distributed.scheduler.worker-ttl`, 5 minutes.
        What waits in the scheduler goes to whoever is free.
        """
        late = self._in_flight.stragglers()
        if not late:
            return
        self._members.silent = frozenset(self._link.call(self._link.client.run_on_scheduler, silent, self._late))
        where = self._in_flight.whereabouts(late)
        for key, submission in late.items():
            if isinstance(submission, FoldSubmission):
                self._refold(key, submission.group, where[key])
            elif where[key] and (among := self._members.among(without=where[key] | self._refusals.by(submission.task))):
                twin = TaskSubmission(submission.group, submission.task, among, submission.tries)
                seconds, who = self._in_flight.pair(key, self._give(twin)), ", ".join(sorted(where[key]))
                self._say(
                    Trouble(
                        f"worker {who} has had task {submission.task} for {seconds:.0f} s, longer than tasks usually "
                        "take: another does it, too, and the first result counts"
                    )
                )

    def _refold(self, key: str, group: Group, where: set[str]) -> None:
        """Merge a group once more if a worker that hangs does it, or has what is to be merged."""
        futures = {number: member for number, member in group.members.items() if hasattr(member, "status")}
        holders = self._in_flight.holders(futures.values())
        lost = [number for number, future in futures.items() if holders[future.key] <= self._members.silent]
        if not lost and not (where and where <= self._members.silent):
            return
        self._in_flight.failed(key)
        for task in group.tasks:
            if task.number in lost:
                group.members.pop(task.number).release()
                self._do(group, task)
        self._fold(group)

    # ---- to the cluster ----------------------------------------------------------------------------------------

    def _give(self, submission: TaskSubmission) -> str:
        task, gone = with_folder(submission.task), self._refusals.gone(submission.task)
        return self._in_flight.submit(submission, str(task.number), -task.number, do, self._run, task, gone)

    def _do(self, group: Group, task: Task, *, tries: int = 0, suspect: Suspect | None = None) -> None:
        if not self._members.threads:
            self._parked.append(partial(self._do, group, task, tries=tries, suspect=suspect))
            return
        among = self._refusals.among(task)
        if isinstance(among, Failure):
            self._lost.append((TaskSubmission(group, task, None, tries, suspect), among))
        else:
            self._give(TaskSubmission(group, task, among, tries, suspect))

    def _fold(self, group: Group) -> None:
        """Merge a group on a worker as soon as all its members are there."""
        if group.complete() and not self._members.threads:
            self._parked.append(partial(self._fold, group))
        elif group.complete():
            submission = FoldSubmission(group, self._members.among())
            self._in_flight.submit(
                submission, f"fold-{group.tasks[0].number}", MERGE_PRIORITY, fold, self._run, group.in_order()
            )

    def _fill(self) -> None:
        """Keep the window full. When all else is done, suspects run, one at a time."""
        window = AHEAD * self._members.threads
        # What a newcomer sent back waits a moment for its answer: sent on at once, it would be meant for others only.
        if window and self._parked and not (self._members.asking and self._clock() - self._bounced < TICK_SECONDS):
            parked, self._parked = self._parked, []
            for again in parked:
                again()
        while self._in_flight.doing < window and self._next is not None:
            for task in self._next.tasks:
                self._do(self._next, task)
            self._next = next(self._todo, None)
        if self._suspects and window and not (self._in_flight.doing or self._parked or self._lost):
            suspect = self._suspects[0]
            self._do(suspect.group, suspect.part(), suspect=suspect)

    # ---- and back ----------------------------------------------------------------------------------------------

    def _given_up(self) -> Iterator[Outcome]:
        """Yield what becomes of tasks that no worker could do."""
        lost, self._lost = self._lost, []
        for submission, failure in lost:
            yield from self._took(submission, failure)

    def _finished(self, seconds: float) -> Iterator[Outcome]:
        """Wait for something to end, and yield the outcomes that it brings."""
        for future in self._in_flight.wait(seconds):
            if future.key not in self._in_flight:
                continue  # its twin was quicker
            if future.status == "finished":
                if isinstance(submission := self._in_flight.submission(future.key), TaskSubmission):
                    self._refusals.done(submission.task)
                if not self._keep(future):
                    self._fetch(future)
            elif future.status == "error":
                yield from self._failed(future.key, self._link.call(future.exception))
            elif future.status == "cancelled":
                raise self._link.lost()
            else:
                self._in_flight.wait_again(future)  # its worker died in between, and it is done again
        yield from self._in_flight.answers()

    def _keep(self, future: Any) -> bool:  # noqa: ANN401
        """Leave the outcome of a member of a group where it is, on its worker; tell whether it was one."""
        submission = self._in_flight.submission(future.key)
        if not isinstance(submission, TaskSubmission) or not submission.group.folded or submission.suspect is not None:
            return False
        self._in_flight.keep(future.key)
        submission.group.members[submission.task.number] = future
        submission.group.among[submission.task.number] = submission.among
        self._gathering.add(submission.group)
        self._fold(submission.group)
        return True

    def _fetch(self, future: Any) -> None:  # noqa: ANN401
        """Begin to get a value. Not waited for: what was lost on the way is to be done again first, or given up."""
        self._in_flight.begin(self._link.value(future), partial(self._fetched, future))

    def _fetched(self, future: Any, call: Any) -> Iterator[Outcome]:  # noqa: ANN401
        """Yield the outcome that a value is."""
        value = self._link.call(call.result)
        if future.key not in self._in_flight:
            return  # given up, or its twin was quicker
        if value is None:
            self._in_flight.wait_again(future)  # lost on the way: it is done again, or has failed
        else:
            yield from self._took(self._in_flight.done(future.key), value)

    def _took(self, submission: Submission, value: Any) -> Iterator[Outcome]:  # noqa: ANN401
        if isinstance(value, Spooled):
            self._unload(value)
            value = value.outcome
        if isinstance(submission, FoldSubmission):
            if submission.group.complete():  # else a member was taken back, or another was quicker
                submission.group.release()
                self._forget(submission.group)
                yield value
        elif submission.suspect is not None:
            submission.suspect.returned(value)
            yield from self._judge(submission.suspect)
        else:
            yield from self._member(submission.group, submission.task, value)

    def _unload(self, value: Spooled) -> None:
        """Write what tasks left; OutputError if it cannot be written, or came damaged."""
        assert self._spool is not None, "a job without a folder for them has tasks that left files"
        try:
            unload(self._spool, value.files)
        except OSError as error:
            raise OutputError(error.filename or self._spool, error.strerror or str(error)) from error
        except WireError as error:
            raise OutputError(self._spool, f"a worker sent {error}") from error

    def _member(self, group: Group, task: Task, outcome: Outcome) -> Iterator[Outcome]:
        if group.folded:
            group.members[task.number] = outcome
            self._fold(group)
        else:
            self._forget(group)
            yield outcome

    def _forget(self, group: Group) -> None:
        group.members.clear()
        self._gathering.discard(group)
        for task in group.tasks:
            self._in_flight.forget(str(task.number))
            self._refusals.forget(task)

    # ---- what went wrong ---------------------------------------------------------------------------------------

    def _failed(self, key: str, error: BaseException | None) -> Iterator[Outcome]:
        """Do a submission again, or yield what became of it; without an error, its workers left."""
        self._meet(self._in_flight.submission(key), error)
        innocent = error is None or isinstance(error, StrangerError | UnusableHereError)
        if (submission := self._in_flight.failed(key, again=innocent)) is not None:
            yield from self._again(submission, error)

    def _meet(self, submission: Submission, error: BaseException | None) -> None:
        """Greet who does not know the run, or gave a task back."""
        if isinstance(error, StrangerError):
            self._admission.stranger(error.worker)
            self._bounced = self._clock()
        elif (
            isinstance(error, UnusableHereError)
            and isinstance(submission, TaskSubmission)
            and self._refusals.note(submission.task, error)
        ):
            self._bounced = self._clock()

    def _again(self, submission: Submission, error: BaseException | None) -> Iterator[Outcome]:
        if isinstance(error, StrangerError | UnusableHereError):
            if isinstance(submission, FoldSubmission):
                yield from self._unfolded(submission.group, counted=False)
            else:
                again = partial(
                    self._do, submission.group, submission.task, tries=submission.tries, suspect=submission.suspect
                )
                self._parked.append(again)
        elif isinstance(submission, FoldSubmission):
            yield from self._unfolded(submission.group)
        else:
            yield from self._undone(submission, error)

    def _undone(self, submission: TaskSubmission, error: BaseException | None) -> Iterator[Outcome]:
        """Try a task again; suspect it if its workers died, and cut it if they did so again while it was alone."""
        tries = submission.tries + 1
        killed = isinstance(error, self._link.dask.KilledWorker)
        if not killed and tries < TRIES:
            self._do(submission.group, submission.task, tries=tries, suspect=submission.suspect)
        elif not killed and error is not None:
            failure = Failure(submission.task.number, f"{type(error).__name__}: {error}")
            yield from self._took(submission, failure)
        elif submission.suspect is None:
            self._suspects.append(Suspect(submission.group, submission.task, [submission.task]))
        else:
            submission.suspect.killed(deaths(error))
            yield from self._judge(submission.suspect)

    def _judge(self, suspect: Suspect) -> Iterator[Outcome]:
        """Yield what became of a suspect if all its parts were tried; the next one takes its place."""
        for verdict in suspect.verdict():
            self._suspects.popleft()
            yield from self._member(suspect.group, suspect.task, verdict)

    def _unfolded(self, group: Group, *, counted: bool = True) -> Iterator[Outcome]:
        """Merge a group again: without the members that cannot be had any more, or, the second time, not here."""
        group.tries += counted
        for task in group.tasks:
            member: Any = group.members.get(task.number)
            if getattr(member, "status", None) == "error":
                del group.members[task.number]
                error = self._link.call(member.exception)
                self._meet(again := TaskSubmission(group, task, None), error)
                yield from self._again(again, error)
        if not group.complete():
            return  # it is merged when they are back
        if group.tries < TRIES:
            self._parked.append(partial(self._fold, group))
            return
        group.folded = False
        for task, member in zip(group.tasks, group.in_order(), strict=True):
            if hasattr(member, "status"):
                self._in_flight.track(TaskSubmission(group, task, None), member)
            else:
                yield member
        self._forget(group)


def _groups(tasks: Sequence[Task], *, folds: bool) -> Iterator[tuple[Task, ...]]:
    return groups(tasks) if folds else ((task,) for task in tasks)
