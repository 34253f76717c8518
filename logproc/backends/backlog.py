"""Ranges that wait for a worker: those that nobody had yet, in the order of the plan, and those that came back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from logproc.backends.leases import Range, Root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logproc.model import Task

RANGES_LOOKED_AT = 8
"""Ranges that are looked at for one that a worker has not refused yet."""


class Backlog:
    """Ranges that are ready; `len` of it is how many. Those that came back go first."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._begun = 0  # tasks before this one have been taken
        self._again: deque[Range] = deque()  # those that were finished meanwhile are passed over
        self._ready_again = 0

    def __len__(self) -> int:
        return len(self._tasks) - self._begun + self._ready_again

    def next(self, left: Callable[[Range], bool]) -> Range | None:
        """Take out the next range; one that came back is passed over if it is `left` to other workers."""
        todo = self._next_again(left)
        if todo is None and self._begun < len(self._tasks):
            task = self._tasks[self._begun]
            self._begun += 1
            return Range(task, Root(task))
        return todo

    def put_back(self, todo: Range, *, front: bool) -> None:
        """Make a range ready again."""
        todo.ready = True
        self._ready_again += 1
        (self._again.appendleft if front else self._again.append)(todo)

    def settle(self, todo: Range) -> None:
        """Take out a range that is finished, if it waits."""
        if todo.ready:
            todo.ready = False
            self._ready_again -= 1

    def _next_again(self, left: Callable[[Range], bool]) -> Range | None:
        looked = 0
        while self._again and looked < min(RANGES_LOOKED_AT, self._ready_again):
            todo = self._again.popleft()
            if not todo.ready:
                continue
            if left(todo):
                self._again.append(todo)
                looked += 1
                continue
            self.settle(todo)
            return todo
        if not self._ready_again:
            self._again.clear()
        return None
