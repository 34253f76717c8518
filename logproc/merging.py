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
from logproc.rollup.tables import Tables
from logproc.rollup.undumped import CarriedPartial, tables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from logproc.books import Books
    from logproc.model import Task
    from logproc.rollup.aggregate import Done
    from logproc.rollup.tables import Held
    from logproc.worker import Job


def fold(job: Job, outcomes: Sequence[Partial | Failure | Parts]) -> Folded:
    """Merge the tables of adjacent tasks, in plan order; done by a worker, near to where they were made."""
    tables = Tables(job.specs, job.max_groups)
    for outcome in outcomes:
        for partial in _partials(outcome):
            tables.merge(tables_of(partial))
    return Folded(outcomes[0].task, tuple(_books_only(outcome) for outcome in outcomes), tables.dump())


def merge(
    job: Job,
    tasks: Sequence[Task],
    outcomes: Iterable[Outcome],
    books: Books,
    rejects: BinaryIO | None,
    due: Callable[[int], Iterable[Sequence[Done]]] | None = None,
) -> list[Held]:
    """Fold outcomes together in plan order, and enter them in the books.

    `due` gives what is to be merged when it is the turn of a task, if tables come otherwise than with outcomes.
    """
    total = Tables(job.specs, job.max_groups)
    group = Tables(job.specs, job.max_groups) if len(tasks) > FOLD_ABOVE else total
    done = 0
    for outcome in in_plan_order(outcomes):
        folded = isinstance(outcome, Folded)
        for carried in due(outcome.task) if due is not None else ():
            group.merge(carried)
        for member in _settled(total if folded else group, tasks, outcome):
            books.enter(tasks[done], member)
            if rejects is not None and job.spool is not None:
                for task in _counted(tasks[done], member):
                    join_rejects(rejects, job.spool, task, books)
            done += 1
            del member
        if group is not total and not folded and (done % FOLD == 0 or done == len(tasks)):
            total.absorb(group)
            group = Tables(job.specs, job.max_groups)
        del outcome
    if done < len(tasks):
        raise MergeError(f"nobody said what became of task {tasks[done]}; this is a defect of the backend")
    return total.held


def _counted(task: Task, outcome: Partial | Failure | Parts) -> list[Task]:
    """Return the task, or the parts of it, whose lines count: rejected lines of a lost range are nobody's."""
    if isinstance(outcome, Parts):
        return [part for part, became in outcome.outcomes if isinstance(became, Partial)]
    return [task] if isinstance(outcome, Partial) else []


def _settled(tables: Tables, tasks: Sequence[Task], outcome: Outcome) -> Sequence[Partial | Failure | Parts]:
    """Merge the tables of an outcome and return what is to be entered; what cannot be used is a failure.

    A worker elsewhere may be damaged, or not what it says it is: that costs its tasks, never the run.
    """
    if not isinstance(outcome, Folded):
        return [_one_settled(tables, tasks[outcome.task], outcome)]
    try:
        for member in outcome.outcomes:
            _require_fitting(tasks[member.task], member)
        tables.merge(outcome.tables)
    except MergeError as error:
        return [Failure(member.task, _unusable(error)) for member in outcome.outcomes]
    return outcome.outcomes


def _one_settled(tables: Tables, task: Task, outcome: Partial | Failure | Parts) -> Partial | Failure | Parts:
    if isinstance(outcome, Parts):
        return Parts(task.number, tuple((part, _whole(tables, part, became)) for part, became in outcome.outcomes))
    return _whole(tables, task, outcome)


def _whole(tables: Tables, task: Task, outcome: Partial | Failure) -> Partial | Failure:
    try:
        _require_fitting(task, outcome)
        if isinstance(outcome, Partial) and not isinstance(outcome, CarriedPartial):
            tables.merge(tables_of(outcome))
    except MergeError as error:
        return Failure(task.number, _unusable(error))
    return outcome


def _require_fitting(task: Task, outcome: Partial | Failure | Parts) -> None:
    """Raise MergeError for an outcome that has not a result for each file of its task."""
    if isinstance(outcome, Partial) and [f.file for f in outcome.files] != [piece.file for piece in task.pieces]:
        raise MergeError("it has results of other files")


def _partials(outcome: Partial | Failure | Parts) -> list[Partial]:
    if isinstance(outcome, Parts):
        return [part for _, part in outcome.outcomes if isinstance(part, Partial)]
    return [outcome] if isinstance(outcome, Partial) else []


def _unusable(reason: object) -> str:
    return f"what its worker returned cannot be used: {reason}"


def in_plan_order(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Hold outcomes back until all before them have come."""
    with Early() as early:
        due = 0
        for outcome in outcomes:
            ready: Outcome | None = outcome
            if outcome.task != due:
                early.put(outcome)
                ready = None
            del outcome
            while ready is not None:
                due += len(ready.outcomes) if isinstance(ready, Folded) else 1
                yield ready
                ready = None  # before the next one is there or waited for: its tables may be large
                ready = early.pop(due) if due in early else None


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
