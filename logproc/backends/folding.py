"""The shape of the tree in which the outcomes of a large run are merged: the same on every backend."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.model import Task

FOLD = 16
"""Adjacent tasks whose tables are merged with each other first."""

FOLD_ABOVE = 256
"""Tasks up to which a run is small enough to be merged one by one."""


def groups(tasks: Sequence[Task]) -> Iterator[tuple[Task, ...]]:
    """Yield the tasks, which are in the order of their numbers, in groups that are merged with each other first."""
    if len(tasks) <= FOLD_ABOVE:
        yield from ((task,) for task in tasks)
        return
    for _, group in groupby(tasks, lambda task: task.number // FOLD):
        yield tuple(group)
