"""Counts that threads carry on from task to task, where their tables are merged in the same process.

A thread adds what its tasks counted (`rollup.lots`) and makes tables of it once. Tables merge in plan order, which
matters as soon as one is cut, so nothing is carried beyond that: tasks are approved in plan order, when all before them
are done, as long as all threads together hold no more groups than a table may. The first task that does not fit ends
it. What was carried until then is merged before that task, and every later one has tables of its own. A task that is
not approved yet waits apart from what is added up.

In a run that is merged as a tree (`merging`) all this holds for each group of tasks that is merged first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from logproc.backends.folding import FOLD, FOLD_ABOVE
from logproc.rollup.lots import adds_up
from logproc.rollup.tables import MAX_KEY_BYTES
from logproc.rollup.undumped import CarriedPartial, HandOver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from logproc.model import Partial, Task
    from logproc.rollup.aggregate import Carry, Done, Lots, Program
    from logproc.rollup.lots import Seen
    from logproc.worker import Job

    Do: TypeAlias = Callable[[Job, Task, Carry | None], Partial]
    Tables: TypeAlias = tuple[Done, ...]

NOTHING: Final = (0, 0)
"""What a task adds that failed."""


@dataclass(slots=True, eq=False)
class _Group:
    """Adjacent tasks [first, behind) whose tables are merged with each other first; `due` is the next to be approved.

    From the task `stop` on nothing is carried. `posted` says of tasks that are done what their thread then holds: None
    where they have tables of their own. Of tasks that were not approved in time the tables are in `own`, once they are
    made.
    """

    first: int
    behind: int
    due: int
    begun: int = 0
    stop: int | None = None
    posted: dict[int, tuple[object, tuple[int, int]] | None] = field(default_factory=dict)
    held: dict[object, tuple[int, int]] = field(default_factory=dict)
    carried: list[Tables] = field(default_factory=list)
    making: set[int] = field(default_factory=set)
    own: dict[int, Tables] = field(default_factory=dict)

    def post(self, task: int, what: tuple[object, tuple[int, int]] | None, max_groups: int) -> None:
        """Say that a task is done, and approve what can be."""
        self.posted[task] = what
        while self.stop is None and self.due in self.posted:
            found = self.posted.pop(self.due)
            if found is not None:
                holder, self.held[holder] = found
            if found is None or not self._fits(max_groups):
                self.stop = self.due
            else:
                self.due += 1

    def _fits(self, max_groups: int) -> bool:
        groups, size = (sum(each) for each in zip(NOTHING, *self.held.values(), strict=True))
        return bool(groups <= max_groups and size <= MAX_KEY_BYTES)

    @property
    def is_over(self) -> bool:
        """Whether no thread will begin a task that could be carried."""
        return self.stop is not None or self.begun == self.behind - self.first


class _Share:
    """What one thread carries."""

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self.group: _Group | None = None
        self.busy = False
        self.task = -1
        self.took: tuple[int, int] | None = None
        self._program: Program | None = None
        self._whole: Lots | None = None
        self._waiting: list[tuple[int, Lots]] = []
        self._seen: Seen = {}
        self.holder = object()  # another one whenever all was given away

    @property
    def is_open(self) -> bool:
        """Whether anything is carried."""
        return self._whole is not None or bool(self._waiting)

    def may_be_closed(self, group: _Group) -> bool:
        """Tell whether its thread does nothing that goes to what is carried of a group, if there is any."""
        return not (self.busy and self.is_open and self.group is group)

    def take(self, program: Program) -> None:
        """Take what the task counted that is being done."""
        if self._program is not program:
            self.close()
            self._program = program
        lots = program.take()
        self._waiting.append((self.task, lots))
        self.took = program.sizes(lots, self._seen)

    def before_pour(self) -> None:
        """Make tables of what is carried: its group ids are about to mean something else."""
        self.close()

    def add(self, due: int) -> None:
        """Add up the tasks that are approved: those before `due`."""
        while self._waiting and self._waiting[0][0] < due:
            _, lots = self._waiting.pop(0)
            if self._whole is None:
                self._whole = lots
            else:
                for relation, lot in lots.items():
                    self._whole[relation].add(lot)

    def close(self) -> None:
        """Make tables of what is carried: one of each report for all that is added up, and of each task that waits."""
        group, program = self.group, self._program
        if group is not None and program is not None:
            with self._lock:  # what is not approved now will not be added up
                due = group.due
                group.making.update(task for task, _ in self._waiting if task >= due)
            self.add(due)
            whole = [] if self._whole is None else [program.tables(self._whole, HandOver())]
            own = {task: program.tables(lots, HandOver()) for task, lots in self._waiting}
            with self._lock:
                group.carried += whole
                group.own |= own
                group.making.difference_update(own)
        with self._lock:
            self._program, self._whole, self._waiting, self._seen, self.holder = None, None, [], {}, object()
            self._lock.notify_all()


class Carrying:
    """Does tasks as a backend's `process` in several threads, and gives tables when it is the turn of a task."""

    def __init__(self, tasks: Sequence[Task], max_groups: int, do: Do) -> None:
        self._tasks = len(tasks)
        self._max_groups = max_groups
        self._do = do
        self._lock = threading.Condition()
        self._own = threading.local()
        self._shares: list[_Share] = []
        self._groups: dict[int, _Group] = {}

    def __call__(self, job: Job, task: Task) -> Partial:
        """Do a task; its counts are carried if they can be."""
        share, group = self._begin(task)
        done = False
        try:
            result = self._do(job, task, share if group.stop is None else None)
            done = True
        finally:
            self._end(share, group, done=done)
        return result if share.took is None else CarriedPartial(task.number, result.files, ())

    def due(self, task: int) -> Iterator[Tables]:
        """Yield what is to be merged when it is the turn of a task, before its own tables if it has any."""
        with self._lock:
            group = self._group_of(task)
            if task == (group.behind - 1 if group.stop is None else group.stop):
                for share in self._shares:
                    self._lock.wait_for(partial(share.may_be_closed, group))
                    if share.group is group:
                        share.close()
            self._lock.wait_for(lambda: task not in group.making)
            ready, group.carried = group.carried, []
            ready += [group.own.pop(task)] if task in group.own else []
            if task == group.behind - 1:
                del self._groups[group.first]
        yield from ready

    def _begin(self, task: Task) -> tuple[_Share, _Group]:
        with self._lock:
            share = getattr(self._own, "share", None)
            if share is None:
                share = self._own.share = _Share(self._lock)
                self._shares.append(share)
            group = self._group_of(task.number)
            group.begun += 1
            share.busy = True
        if share.group is not group:
            share.close()
            share.group = group
        share.task, share.took = task.number, None
        return share, group

    def _end(self, share: _Share, group: _Group, *, done: bool) -> None:
        with self._lock:
            failed = not done
            what = (share.holder, share.took or NOTHING) if share.took is not None or failed else None
            group.post(share.task, what, self._max_groups)
        if done and group.is_over:
            share.close()
        elif done:
            share.add(group.due)
        with self._lock:
            share.busy = False
            self._lock.notify_all()

    def _group_of(self, task: int) -> _Group:
        first, size = (task - task % FOLD, FOLD) if self._tasks > FOLD_ABOVE else (0, self._tasks)
        return self._groups.setdefault(first, _Group(first, min(first + size, self._tasks), first))


def carrying_of(job: Job, tasks: Sequence[Task], workers: int, do: Do) -> Carrying | None:
    """Return who does the tasks of a job, if anything of it can be carried."""
    return Carrying(tasks, job.max_groups, do) if len(tasks) > workers and adds_up(job.specs) else None
