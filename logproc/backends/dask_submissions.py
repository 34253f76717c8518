"""What a run on a Dask cluster is about: groups of tasks, submissions, which futures stand for, and suspects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logproc.backends.halves import halves
from logproc.model import Failure, Partial, Parts, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 3
"""Times a task is given to Dask when it comes back without an outcome."""


@dataclass(slots=True, eq=False)
class Group:
    """Tasks whose outcomes are merged with each other, or a lone task; members are futures or outcomes."""

    tasks: tuple[Task, ...]
    folded: bool
    members: dict[int, Any] = field(default_factory=dict)
    among: dict[int, frozenset[str] | None] = field(default_factory=dict)
    tries: int = 0

    def complete(self) -> bool:
        """Tell whether all tasks are done."""
        return len(self.members) == len(self.tasks)

    def stranded(self, live: frozenset[str]) -> list[TaskSubmission]:
        """Take back the members that were lost with their workers, and that nobody may do again."""
        found = []
        for task in self.tasks:
            member, among = self.members.get(task.number), self.among.get(task.number)
            if among and not among & live and getattr(member, "status", "finished") not in {"finished", "error"}:
                del self.members[task.number]
                found.append(TaskSubmission(self, task, among))
        return found

    def release(self) -> None:
        """Let go of the members."""
        for member in self.members.values():
            if hasattr(member, "release"):
                member.release()
        self.members.clear()

    def in_order(self) -> list[Any]:
        """Return the members in plan order."""
        return [self.members[task.number] for task in self.tasks]


@dataclass(frozen=True, slots=True, eq=False)
class TaskSubmission:
    """A task is done, by one of the workers `among` or any (None), for the `tries`-th time after the first."""

    group: Group
    task: Task
    among: frozenset[str] | None
    tries: int = 0
    suspect: Suspect | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FoldSubmission:
    """The members of a group are merged."""

    group: Group
    among: frozenset[str] | None


Submission = TaskSubmission | FoldSubmission


@dataclass(slots=True, eq=False)
class Suspect:
    """A task that was there when workers died: parts to be tried alone, the first last, and those that were."""

    group: Group
    task: Task
    waiting: list[Task]
    done: list[tuple[Task, Partial | Failure]] = field(default_factory=list)

    def part(self) -> Task:
        """Return the part that is tried now."""
        return self.waiting[-1]

    def returned(self, outcome: Partial | Failure) -> None:
        """Note what became of the part."""
        self.done.append((self.waiting.pop(), outcome))

    def killed(self, cause: str) -> None:
        """Cut the part that killed its workers, or give it up."""
        part = self.part()
        cut = halves(part)
        if cut is None:
            self.returned(Failure(part.number, cause))
        else:
            self.waiting[-1:] = reversed(cut)

    def verdict(self) -> Iterator[Partial | Failure | Parts]:
        """Yield what became of the task, when all its parts have been tried."""
        if self.waiting:
            return
        if len(self.done) == 1:
            yield self.done[0][1]
        else:
            yield Parts(self.task.number, tuple(self.done))


def deaths(error: BaseException | None) -> str:
    """Say how workers died, as far as the scheduler tells with its KilledWorker."""
    if error is None:
        return f"its workers left {TRIES} times"
    _, worker, allowed = error.args
    return (
        f"it killed {allowed + 1} workers, the last on {worker.address}" if allowed else f"it killed {worker.address}"
    )
