"""Tasks that workers of a Dask cluster gave back, since it is the machine, and neither task nor file, that fails.

Another worker gets such a task first. Where all say the same, the coordinator looks for itself: a file that is gone
here too is gone, and the report says so as it does with any other backend; else the task is lost, with the reason.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from logproc.backends.dask_worker import Greeting
from logproc.backends.probe import unreadable
from logproc.errors import MachineError
from logproc.model import Failure

if TYPE_CHECKING:
    from logproc.backends.dask_admission import Admission
    from logproc.backends.dask_membership import Membership
    from logproc.backends.dask_worker import UnusableHereError
    from logproc.model import Task

REFUSALS = 5
"""Workers that may give a task back before it is judged; tasks of a worker done elsewhere before it is left alone."""

NOBODY: frozenset[str] = frozenset()


class Refusals:
    """Who gave which task back, by the tasks' numbers, and why."""

    def __init__(self, members: Membership, admission: Admission) -> None:
        self._members = members
        self._admission = admission
        self._by_task: dict[int, dict[str, UnusableHereError]] = {}
        self._gone: dict[int, tuple[int, ...]] = {}
        self._blamed: Counter[str] = Counter()

    def note(self, task: Task, error: UnusableHereError) -> bool:
        """Note that a worker gave a task back; tell whether its disk is looked at again, since the file is here."""
        self._by_task.setdefault(task.number, {})[error.worker] = error
        if error.file is not None and error.file in _gone(task):
            return False
        self._members.complain(error)
        self._admission.stranger(error.worker)
        return True

    def among(self, task: Task) -> frozenset[str] | Failure | None:
        """Return who gets a task, None for any; a Failure if nobody is left who could do it.

        MachineError if nobody is left who could do any.
        """
        refusals = self._by_task.get(task.number)
        if not refusals:
            return self._members.among()
        others = self._members.among(without=refusals.keys())
        if others and len(refusals) < REFUSALS:
            return others
        last = list(refusals.values())[-1]
        gone = _gone(task)
        if last.hopeless:
            raise MachineError(f"{last} (worker {last.worker} on {last.host})")
        if last.file is None or last.file not in gone:
            return Failure(task.number, f"{last} (worker {last.worker} on {last.host})")
        self._gone[task.number] = gone
        return self._members.among()

    def by(self, task: Task) -> frozenset[str]:
        """Return the workers that gave a task back."""
        return frozenset(self._by_task.get(task.number, NOBODY))

    def gone(self, task: Task) -> tuple[int, ...]:
        """Return the files of a task that are known to be gone."""
        return self._gone.get(task.number, ())

    def done(self, task: Task) -> None:
        """Note that somebody could do a task; who gives back too many of those is not used any more."""
        refusals = self._by_task.pop(task.number, {})
        if self._gone.pop(task.number, None) is not None:
            return
        for worker, error in refusals.items():
            self._blamed[worker] += 1
            if self._blamed[worker] == REFUSALS:
                del self._blamed[worker]  # it may be used again later
                text = f"{REFUSALS} tasks that it gave back were done by others, the last one: {error}"
                self._members.dismiss(worker, Greeting(error.host, "machine", text))

    def forget(self, task: Task) -> None:
        """Forget a task that has its outcome."""
        self._by_task.pop(task.number, None)
        self._gone.pop(task.number, None)


def _gone(task: Task) -> tuple[int, ...]:
    """Return the files of a task that cannot be read here."""
    return tuple(piece.file for piece in task.pieces if unreadable(piece) is not None)
