"""A bounded channel: what threads make is taken in the order of their tasks, and who is ahead waits.

Each task has a lane of its own. The lane that is taken from is the oldest one, whose task is always being worked on, so
that nobody waits for somebody who waits.
"""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LANE_ITEMS = 8
"""Items of a task that may wait to be taken; the next ones keep their thread waiting."""


class ClosedError(Exception):
    """Nobody takes anything any more."""


class Channel:
    """Lanes of `tasks` tasks, numbered from 0."""

    def __init__(self, tasks: int) -> None:
        self._lanes: list[deque[Any]] = [deque() for _ in range(tasks)]
        self._ended = [False] * tasks
        self._changed = threading.Condition()
        self._closed = False
        self._problem: BaseException | None = None

    def put(self, task: int, item: Any) -> None:  # noqa: ANN401 - whatever is passed through
        """Add an item to a task's lane, when there is room; ClosedError if nobody wants it."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._lanes[task]) < LANE_ITEMS)
            if self._closed:
                raise ClosedError
            self._lanes[task].append(item)
            self._changed.notify_all()

    def end(self, task: int) -> None:
        """Say that a task has nothing more."""
        with self._changed:
            self._ended[task] = True
            self._changed.notify_all()

    def fail(self, problem: BaseException) -> None:
        """Let whoever takes raise this."""
        with self._changed:
            self._problem = self._problem or problem
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing more."""
        with self._changed:
            self._closed = True
            for lane in self._lanes:
                lane.clear()
            self._changed.notify_all()

    def _has_news(self, task: int) -> bool:
        """Tell whether there is something to take from a lane, or nothing to wait for."""
        return bool(self._closed or self._problem or self._lanes[task] or self._ended[task])

    def __iter__(self) -> Iterator[Any]:
        """Yield everything, lane by lane; ClosedError where it is closed meanwhile: whoever waits would for ever."""
        for task, lane in enumerate(self._lanes):
            while True:
                with self._changed:
                    self._changed.wait_for(partial(self._has_news, task))
                    if self._problem is not None:
                        raise self._problem
                    if self._closed:
                        raise ClosedError
                    if not lane:
                        break
                    item = lane.popleft()
                    self._changed.notify_all()
                yield item
