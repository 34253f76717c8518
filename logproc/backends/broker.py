"""Who does what: tasks that are ready, leased, done, cut or given up. Pure: no I/O, no threads, the clock is given.

    READY -> LEASED(worker, deadline) -> DONE | SPLIT | FAILED
      ^________________|  the deadline passes, the worker dies, leaves, or cannot do it

A worker has a task until a deadline that its heartbeats move. A range whose workers die `DEATHS` times is cut in
halves; what cannot be cut is given up, by name. The first result of a range wins; one that comes late counts as long as
nobody else's has, and not after the range was cut, or its halves would count twice.

Every call costs the same however many tasks there are; only what is leased, or was cut, takes memory beside the tasks.
Not for several threads at once: whoever shares a broker among threads holds a lock.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from logproc.backends.backlog import Backlog
from logproc.backends.halves import halves
from logproc.backends.leases import Doubled, Durations, Held, Lease, Loss, Range, Status, Worker, host_of
from logproc.model import Failure, Partial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logproc.model import Outcome, Task

__all__ = ["Broker", "Lease", "Status"]

DEATHS = 3
"""Times that a range may kill its worker before it is cut or given up."""

REFUSALS = 5
"""Times that workers may say of a range that they cannot do it before it is given up."""

SUSPENDED = 3
"""Refusals in a row, without a result between them, after which a worker gets nothing until it says hello again."""

DEATHS_IN_A_ROW = 64
"""Deaths in a row, over all tasks, after which nothing is cut any more: it is not the ranges that kill."""

STRAGGLER_MEDIANS = 3.0
"""A task is a straggler after so many medians."""

LOSSES = 1000
"""Lost leases, and doubled tasks, that are remembered until somebody asks."""


class Broker:
    """Hands out tasks and takes what became of them; see the module for the rules.

    `clock` returns seconds that never go back. At most `window` finished outcomes wait to be taken before `lease` gives
    nothing more. A worker is named `host` or `host/child`; failures name the host.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        run: str,
        clock: Callable[[], float],
        lease_seconds: float = 60.0,
        straggler_seconds: float = 60.0,
        window: int | None = None,
        halve: Callable[[Task], tuple[Task, Task] | None] = halves,
    ) -> None:
        self._tasks = tasks
        self._run = run
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._straggler_seconds = straggler_seconds
        self._window = window
        self._halve = halve
        self._backlog = Backlog(tasks)
        self._held: dict[str, Held] = {}  # by which a result may come
        self._active: OrderedDict[str, Held] = OrderedDict()  # by deadline: each call that sets one sets the latest
        self._single: OrderedDict[Range, None] = OrderedDict()  # leased to one worker, the longest first
        self._leased = 0
        self._workers: OrderedDict[str, Worker] = OrderedDict()  # by when they were last heard of
        self._finished: deque[Outcome] = deque()
        self._losses: deque[Loss] = deque(maxlen=LOSSES)
        self._doubled: deque[Doubled] = deque(maxlen=LOSSES)
        self._done = self._failed = self._lost = self._split = self._deaths_in_a_row = self._serial = 0
        self._durations = Durations()

    # ---- what workers call -------------------------------------------------------------------------------------

    def hello(self, worker: str, slots: int | None = None) -> None:
        """Make a worker known that does `slots` tasks at a time (None: any), and forget that it refused its tasks."""
        known = self._see(worker)
        known.refusals, known.slots = 0, slots

    def lease(self, worker: str, *, ahead: bool = False) -> Lease | None:
        """Give a worker a task: one that is ready, else one that takes another worker too long; None for now.

        One that it asks for `ahead`, to have it in hand when it is done with another, it gets as long as more is ready
        than is leased: towards the end whoever has nothing to do gets what there is.
        """
        known = self._see(worker)
        if known.refusals >= SUSPENDED or (self._window is not None and len(self._finished) >= self._window):
            return None
        if ahead and len(self._backlog) <= self._leased:
            return None
        todo = self._backlog.next(lambda todo: self._left_to_others(todo, worker)) or self._straggler(worker)
        return None if todo is None else self._grant(todo, known)

    def heartbeat(self, worker: str, leases: Sequence[str]) -> tuple[str, ...]:
        """Move the deadlines of a worker's leases; return those that it no longer has."""
        self._see(worker)
        return tuple(lease for lease in leases if not self._extend(worker, lease))

    def holds(self, worker: str, lease: str) -> bool:
        """Tell whether a lease is this worker's and has not been lost."""
        held = self._active.get(lease)
        return held is not None and held.worker == worker

    def complete(self, worker: str, lease: str, outcome: Partial | Failure) -> bool:
        """Take what became of a task; False if it does not count, because another result did or the range was cut."""
        known = self._see(worker)
        held = self._held.get(lease)
        if held is None or held.worker != worker or held.range.task.number != outcome.task:
            return False
        if isinstance(outcome, Partial):
            self._durations.add(self._clock() - held.begun)
            self._deaths_in_a_row = known.refusals = 0
        known.done += 1
        known.bytes += held.range.task.bytes
        self._finish(held.range, outcome)
        return True

    def others_may(self, worker: str, lease: str) -> bool:
        """Tell whether a task that this worker cannot do would be given to others, and not be given up."""
        held = self._active.get(lease)
        if held is None or held.worker != worker:
            return False
        return len(held.range.refusals) < REFUSALS - 1 and self._others_may(held.range, worker)

    def fail(self, worker: str, lease: str, cause: str, *, lasting: bool = False) -> None:
        """Take a task back that this worker cannot do, and offer it to the others first.

        `lasting` says that this is about the task's files: the worker goes on to get others.
        """
        known = self._see(worker)
        held = self._active.get(lease)
        if held is None or held.worker != worker:
            return
        known.refusals += not lasting
        todo = held.range
        todo.refusals.append((worker, cause))
        self._forget(held)
        if len(todo.refusals) >= REFUSALS and not todo.active:
            self._finish(todo, todo.lost(f"refused {len(todo.refusals)} times", todo.refusals))
        else:
            self._return(todo, front=False)

    def bye(self, worker: str) -> None:
        """Take all tasks of a worker back that leaves; none of them counts a death."""
        known = self._workers.pop(worker, None)
        for held in () if known is None else tuple(known.leases.values()):
            self._forget(held)
            self._return(held.range)

    # ---- what the coordinator calls ----------------------------------------------------------------------------

    def died(self, worker: str, cause: str, leases: Sequence[str] | None = None, *, conclusive: bool = False) -> None:
        """Count a death for each task that a worker was at when it was seen to die, or for these leases if it lives.

        A `conclusive` death says that the whole range would kill the next one, too: it is cut at once if it can be.
        """
        known = self._workers.get(worker)
        if known is None:
            return
        if leases is not None:
            self._lose_all(known, leases, cause, frozenset(leases), conclusive=conclusive)
        else:
            self._lose_all(known, tuple(known.leases), cause, known.at_work())
            self._workers.pop(worker, None)

    def expire(self) -> None:
        """End leases past their deadlines, a death for each whose task was begun; forget workers not heard of."""
        now = self._clock()
        while self._active and (held := next(iter(self._active.values()))).deadline <= now:
            known = self._workers[held.worker]
            late = tuple(lease for lease, other in known.leases.items() if other.deadline <= now)
            self._lose_all(known, late, f"nothing was heard of it for {self._lease_seconds:g} s", known.at_work())
        while self._workers and (known := next(iter(self._workers.values()))).seen + self._lease_seconds <= now:
            del self._workers[known.name]  # without leases: they would have been heard of, or expired above

    def take(self) -> Outcome | None:
        """Return the next finished task's outcome, each once; None if there is none now."""
        return self._finished.popleft() if self._finished else None

    def losses(self) -> tuple[Loss, ...]:
        """Return the leases that were lost since the last call, the latest `LOSSES` of them."""
        found = tuple(self._losses)
        self._losses.clear()
        return found

    def doubled(self) -> tuple[Doubled, ...]:
        """Return the tasks that were given to a second worker since the last call, the latest `LOSSES` of them."""
        found = tuple(self._doubled)
        self._doubled.clear()
        return found

    @property
    def drained(self) -> bool:
        """Whether every task is finished and its outcome taken."""
        return self._done + self._failed == len(self._tasks) and not self._finished

    def next_deadline(self) -> float | None:
        """Return when the next lease expires, in seconds of the clock; None if there is none."""
        return next(iter(self._active.values())).deadline if self._active else None

    def status(self) -> Status:
        """Return where the run stands; costs a little for each known worker."""
        return Status(
            total=len(self._tasks),
            ready=len(self._backlog),
            leased=self._leased,
            done=self._done,
            failed=self._failed,
            waiting=len(self._finished),
            lost_leases=self._lost,
            split=self._split,
            median=self._durations.median,
            workers=tuple(known.status(known.refusals >= SUSPENDED) for known in self._workers.values()),
        )

    # ---- workers -----------------------------------------------------------------------------------------------

    def _see(self, worker: str) -> Worker:
        now = self._clock()
        known = self._workers.get(worker)
        if known is None:
            known = self._workers[worker] = Worker(worker, now, now)
        known.seen = now
        self._workers.move_to_end(worker)
        return known

    def _others_may(self, todo: Range, worker: str) -> bool:
        """Tell whether a worker is known that has not refused this range, other than this one."""
        refused = {name for name, _ in todo.refusals} | {worker}
        able = (name for name, known in self._workers.items() if known.refusals < SUSPENDED)
        return any(name not in refused for name in able)

    def _left_to_others(self, todo: Range, worker: str) -> bool:
        """Tell whether a range waits for others: this worker refused it, or its last try is due and is another host's.

        What ended processes on this one may be want of memory, of which another has more.
        """
        refused = {name for name, _ in todo.refusals}
        if worker in refused:
            return self._others_may(todo, worker)
        tried = [host_of(name) for name, _ in todo.deaths]
        if tried.count(host_of(worker)) < DEATHS - 1:
            return False
        able = (name for name, known in self._workers.items() if known.refusals < SUSPENDED)
        return any(name not in refused and host_of(name) not in tried for name in able)

    # ---- what is ready -----------------------------------------------------------------------------------------

    def _straggler(self, worker: str) -> Range | None:
        """Return the range that has been leased the longest, if that is too long and it is another worker's."""
        now = self._clock()
        slow = max(STRAGGLER_MEDIANS * (self._durations.median or 0.0), self._straggler_seconds)
        for todo in self._single:
            if now - todo.since < slow:
                return None
            at_it = any(held.active and held.worker == worker for held in todo.held.values())
            if not at_it and all(name != worker for name, _ in todo.refusals):
                return todo
        return None

    def _return(self, todo: Range, *, front: bool = True) -> None:
        """Make a range ready again, unless another worker is at it."""
        if not todo.active:
            self._backlog.put_back(todo, front=front)

    # ---- leases ------------------------------------------------------------------------------------------------

    def _grant(self, todo: Range, known: Worker) -> Lease:
        now = self._clock()
        self._serial += 1
        attempt = 1 + len(todo.deaths) + len(todo.refusals) + todo.active
        name = f"{self._run}:{todo.task.number}:{todo.part or '-'}:{attempt}:{self._serial}"
        held = Held(name, todo, known.name, now, now + self._lease_seconds)
        todo.held[name] = self._held[name] = self._active[name] = known.leases[name] = held
        if todo.active:
            self._single.pop(todo, None)
            first = next(other for other in todo.held.values() if other.active)
            self._doubled.append(Doubled(first.worker, known.name, todo.task, now - todo.since))
        else:
            todo.since = now
            self._single[todo] = None
            self._leased += 1
        todo.active += 1
        return Lease(name, todo.task, attempt, held.deadline)

    def _extend(self, worker: str, lease: str) -> bool:
        if not self.holds(worker, lease):
            return False
        self._active[lease].deadline = self._clock() + self._lease_seconds
        self._active.move_to_end(lease)
        return True

    def _deactivate(self, held: Held) -> None:
        """End a lease; its result may still come."""
        if not held.active:
            return
        held.active = False
        del self._active[held.id]
        known = self._workers.get(held.worker)
        if known is not None:
            known.leases.pop(held.id, None)
        todo = held.range
        todo.active -= 1
        if todo.active:
            self._single[todo] = None
            self._single.move_to_end(todo, last=False)  # it had a second worker because it was the oldest
        else:
            self._single.pop(todo, None)
            self._leased -= 1

    def _forget(self, held: Held) -> None:
        """End a lease for good: its result does not count any more."""
        self._deactivate(held)
        self._held.pop(held.id, None)
        held.range.held.pop(held.id, None)

    def _lose_all(
        self, known: Worker, leases: Sequence[str], cause: str, at_work: frozenset[str], *, conclusive: bool = False
    ) -> None:
        """Take back the leases among these whose tasks were not begun; count a death for the others."""
        for lease in sorted(leases, key=at_work.__contains__):
            held = known.leases.get(lease)
            if held is not None and lease in at_work:
                self._lose(held, cause, conclusive=conclusive)
            elif held is not None:
                self._deactivate(held)
                self._return(held.range)

    def _lose(self, held: Held, cause: str, *, conclusive: bool) -> None:
        """Count a death; make the range ready again, cut it or give it up."""
        todo = held.range
        known = self._workers.get(held.worker)
        if known is not None:
            known.lost += 1
        self._lost += 1
        self._deaths_in_a_row += 1
        self._deactivate(held)
        todo.deaths.append((held.worker, cause))
        self._losses.append(Loss(held.worker, todo.task, cause))
        parts = None
        if conclusive or len(todo.deaths) >= DEATHS:
            parts = self._halve(todo.task) if self._deaths_in_a_row < DEATHS_IN_A_ROW else None
        if parts is not None:
            self._cut(todo, parts)
        elif len(todo.deaths) < DEATHS:
            self._return(todo)
        else:
            self._finish(todo, todo.lost(f"its worker process died {len(todo.deaths)} times", todo.deaths))

    # ---- ends --------------------------------------------------------------------------------------------------

    def _cut(self, todo: Range, parts: tuple[Task, Task]) -> None:
        self._end(todo)
        self._split += 1
        todo.root.open += 1
        for digit, task in zip("10", reversed(parts), strict=True):  # the first half is to be the first in the queue
            self._return(Range(task, todo.root, todo.part + digit))

    def _finish(self, todo: Range, outcome: Partial | Failure) -> None:
        """Settle a range, and its task if it was the last of it."""
        self._end(todo)
        root = todo.root
        root.outcomes.append((todo.part, todo.task, outcome))
        root.open -= 1
        if root.open:
            return
        if root.lost():
            self._failed += 1
        else:
            self._done += 1
        self._finished.append(root.outcome())

    def _end(self, todo: Range) -> None:
        """End all leases of a range that is settled, so that no result of it counts any more."""
        self._backlog.settle(todo)
        for held in tuple(todo.held.values()):
            self._forget(held)
