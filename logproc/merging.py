"""From outcomes to tables: in plan order, whatever order they come in.

A run of many tasks is folded as a tree: first the tables of `FOLD` adjacent tasks into one, then those into the total.
Who folds a group, a worker of a cluster or the coordinator, is the same to the total, even where a bounded table lets
groups go: the shape of the tree follows from the number of tasks alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logproc import spool
from logproc.backends.folding import FOLD, FOLD_ABOVE
from logproc.early import Early
from logproc.errors import MergeError
from logproc.model import Failure, Folded, Outcome, Partial, Parts
from logproc.rollup.tables import Table, dump, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from logproc.books import Books
    from logproc.model import Task
    from logproc.worker import Job


class Tables:
    """A table per report, which take in what workers return."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.tables = [Table(spec, job.max_groups) for spec in job.specs]

    def take(self, outcome: Outcome) -> None:
        """Merge the tables that an outcome carries."""
        if isinstance(outcome, Parts):
            for _, part in outcome.outcomes:
                self.take(part)
        elif not isinstance(outcome, Failure):
            for table, dumped in zip(self.tables, outcome.tables, strict=True):
                table.merge(load(table.spec, dumped))

    def absorb(self, other: Tables) -> None:
        """Merge the tables of a group, and empty them."""
        for table, its in zip(self.tables, other.tables, strict=True):
            table.merge(its.data())
        other.__init__(self._job)  # type: ignore[misc]

    def dump(self) -> tuple[bytes, ...]:
        """Return the tables as they travel."""
        return tuple(dump(table.spec, table.data()) for table in self.tables)


def fold(job: Job, outcomes: Sequence[Partial | Failure | Parts]) -> Folded:
    """Merge the tables of adjacent tasks, in plan order; done by a worker, near to where they were made."""
    tables = Tables(job)
    for outcome in outcomes:
        tables.take(outcome)
    return Folded(outcomes[0].task, tuple(_books_only(outcome) for outcome in outcomes), tables.dump())


def merge(
    job: Job, tasks: Sequence[Task], outcomes: Iterable[Outcome], books: Books, rejects: BinaryIO | None
) -> list[Table]:
    """Fold outcomes together in plan order, and enter them in the books."""
    total = Tables(job)
    group = Tables(job) if len(tasks) > FOLD_ABOVE else total
    done = 0
    for outcome in in_plan_order(outcomes):
        folded = isinstance(outcome, Folded)
        (total if folded else group).take(outcome)
        for member in outcome.outcomes if isinstance(outcome, Folded) else (outcome,):
            books.enter(tasks[done], member)
            if rejects is not None and job.spool is not None:
                for task in [part for part, _ in member.outcomes] if isinstance(member, Parts) else [tasks[done]]:
                    join_rejects(rejects, job.spool, task, books)
            done += 1
        if group is not total and not folded and (done % FOLD == 0 or done == len(tasks)):
            total.absorb(group)
    if done < len(tasks):
        raise MergeError(f"nobody said what became of task {tasks[done]}; this is a defect of the backend")
    return total.tables


def in_plan_order(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Hold outcomes back until all before them have come."""
    with Early() as early:
        due = 0
        for outcome in outcomes:
            early.put(outcome)
            while due in early:
                ready = early.pop(due)
                due += len(ready.outcomes) if isinstance(ready, Folded) else 1
                yield ready


def _books_only(outcome: Partial | Failure | Parts) -> Partial | Failure | Parts:
    """Return an outcome without its tables."""
    if isinstance(outcome, Parts):
        return Parts(outcome.task, tuple((task, _bare(part)) for task, part in outcome.outcomes))
    return _bare(outcome)


def _bare(outcome: Partial | Failure) -> Partial | Failure:
    return replace(outcome, tables=()) if isinstance(outcome, Partial) else outcome


def join_rejects(rejects: BinaryIO, folder: str, task: Task, books: Books) -> None:
    """Write the rejected lines of a task, whose lines are in the books, to `--rejects`."""
    paths = {piece.file: piece.path for piece in task.pieces}
    rejects.writelines(spool.join(folder, task, paths, books.lines_before(task)))
