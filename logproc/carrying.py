"""Counts that threads carry on from task to task, where their tables are merged in the same process.

A thread adds what its tasks counted (`rollup.lots`) and makes tables of it once. Tables merge in plan order, which
matters as soon as one is cut, so nothing is carried beyond that: tasks are approved in plan order, when all before them
are done, as long as all threads together hold no more groups than a table may. The first task that does not fit ends
it. What was carried until then is merged before that task, and every later one has tables of its own. A task that is
not approved yet waits apart from what is added up.

Finer groups are held, and the keys that reports make of them might be longer. Where they turn out to be so long that a
table would have been cut, all that was carried is done again, a task after the other.

In a run that is merged as a tree (`merging`) all this holds for each group of tasks that is merged first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from logproc.backends.folding import FOLD, FOLD_ABOVE
from logproc.inputs.opening import STDIN
from logproc.rollup.bounds import within
from logproc.rollup.dumping import load
from logproc.rollup.lots import adds_up
from logproc.rollup.undumped import CarriedPartial, HandOver, Undumped, tables_of

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


@dataclass(slots=True, eq=False)
class _Group:
    """Adjacent tasks [first, behind) whose tables are merged with each other first; `due` is the next to be approved.

    From the task `stop` on nothing is carried. `posted` says of tasks that are done what their thread then holds: None
    where they have tables of their own. `taken` are the tasks without tables in their outcome; `own` are tables of
    those of them that were not approved in time. Where it is `spoilt`, what was carried is gone, and is done again.
    """

    first: int
    behind: int
    due: int
    begun: int = 0
    stop: int | None = None
    posted: dict[int, tuple[object, tuple[int, int]] | None] = field(default_factory=dict)
    held: dict[object, tuple[int, int]] = field(default_factory=dict)
    carried: list[Tables] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    own: dict[int, Tables] = field(default_factory=dict)
    spoilt: bool = False

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
        return within(groups, size, max_groups)

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

    def has_settled(self, group: _Group) -> bool:
        """Tell whether its thread has given away what is carried of a group, or leaves that to whoever merges."""
        return not (self.busy and self.is_open and self.group is group)

    def take(self, program: Program) -> None:
        """Take what the task counted that is being done."""
        if self._program is not program:
            self.close()
            self._program = program
        lots = program.take()
        took = program.sizes(lots, self._seen)
        self._waiting.append((self.task, lots))
        self.took = took

    def drop(self) -> None:
        """Forget what was taken of a task that failed after all."""
        if self.took is not None:
            del self._waiting[-1]
            self.took = None

    def before_pour(self) -> None:
        """Make tables of what is carried: its group ids are about to mean something else."""
        self.close()

    def add(self, due: int) -> None:
        """Add up the tasks that are approved: those before `due`."""
        try:
            self._add(due)
        except Exception:  # noqa: BLE001 - such as MemoryError: these tasks are done again, and this one has not failed
            self._spoil()

    def _add(self, due: int) -> None:
        while self._waiting and self._waiting[0][0] < due:
            _, lots = self._waiting[0]  # stays there until it is added: whoever merges has to see that this is open
            if self._whole is None:
                self._whole = lots
            else:
                for relation, lot in lots.items():
                    self._whole[relation].add(lot)
            del self._waiting[0]

    def close(self) -> None:
        """Make tables of what is carried: one of each report for all that is added up, and of each task that waits."""
        group, program = self.group, self._program
        if group is not None and program is not None:
            try:
                self._add(group.due)
                whole = [] if self._whole is None else [program.tables(self._whole, HandOver())]
                own = {task: program.tables(lots, HandOver()) for task, lots in self._waiting}
            except Exception:  # noqa: BLE001 - as above
                self._spoil()
            else:
                with self._lock:
                    group.carried += whole
                    group.own |= own
        with self._lock:
            self._program, self._whole, self._waiting, self._seen, self.holder = None, None, [], {}, object()
            self._lock.notify_all()

    def _spoil(self) -> None:
        if self.group is not None:
            self.group.spoilt = True
        self._whole, self._waiting = None, []


class Carrying:
    """Does tasks as a backend's `process` in several threads, and gives tables when it is the turn of a task."""

    def __init__(self, job: Job, tasks: Sequence[Task], do: Do) -> None:
        self._job = job
        self._tasks = tasks
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
            carry = share if group.stop is None else None
            if carry is None:
                share.close()  # nobody would be told that group ids are about to mean something else
            result = self._do(job, task, carry)
            done = True
        finally:
            self._end(share, group, done=done)
        return result if share.took is None else CarriedPartial(task.number, result.files, ())

    def due(self, task: int) -> Iterator[Sequence[Done]]:
        """Yield what is to be merged when it is the turn of a task, before its own tables if it has any."""
        carried: list[Tables] = []
        with self._lock:
            group = self._group_of(task)
            stop = group.behind if group.stop is None else group.stop
            if task == min(stop, group.behind - 1):
                for share in self._shares:
                    self._lock.wait_for(partial(share.has_settled, group))
                    # A busy one is at a task behind `stop`, and gives that away itself when it ends.
                    if share.group is group and not share.busy:
                        share.close()
                late = sorted(number for number in group.own if number < stop)
                carried = [*group.carried, *map(group.own.pop, late)]
            own = group.own.pop(task, None) if task >= stop else None
            if task == group.behind - 1:
                del self._groups[group.first]
        if task == min(stop, group.behind - 1) and (group.spoilt or _may_be_cut(carried, self._job)):
            for number in sorted(number for number in group.taken if number < stop):
                yield self._again(number)
        else:
            yield from carried
        if own is not None:
            yield own
        elif task >= stop and task in group.taken:
            yield self._again(task)

    def _again(self, task: int) -> Sequence[Done]:
        return tables_of(self._do(self._job, self._tasks[task], None))

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
        if not done:
            share.drop()
        with self._lock:
            failed = None if done else (object(), NOTHING)  # which holds nothing, beside what its thread does
            what = failed if share.took is None else (share.holder, share.took)
            group.post(share.task, what, self._job.max_groups)
            group.taken.update([share.task] if share.took is not None else ())
        if done and group.is_over:
            share.close()
        elif done:
            share.add(group.due)
        with self._lock:
            share.busy = False
            self._lock.notify_all()

    def _group_of(self, task: int) -> _Group:
        tasks = len(self._tasks)
        first, size = (task - task % FOLD, FOLD) if tasks > FOLD_ABOVE else (0, tasks)
        return self._groups.setdefault(first, _Group(first, min(first + size, tasks), first))


def _may_be_cut(carried: Sequence[Tables], job: Job) -> bool:
    """Tell whether tables that merge with each other, or one of them, may have more than they can hold."""
    for spec, tables in zip(job.specs, zip(*carried, strict=True), strict=False):
        found = [table.data if isinstance(table, Undumped) else load(spec, table) for table in tables]
        groups, size = sum(data.groups for data in found), sum(data.text_bytes for data in found)
        if any(data.floor or data.problem for data in found) or not within(groups, size, job.max_groups):
            return True
    return False


def carrying_of(job: Job, tasks: Sequence[Task], workers: int, do: Do) -> Carrying | None:
    """Return who does the tasks of a job, if anything of it can be carried: each task must be one to be done twice."""
    if len(tasks) <= workers or not adds_up(job.specs):
        return None
    return None if any(piece.path == STDIN for task in tasks for piece in task.pieces) else Carrying(job, tasks, do)
