"""A small supervisor of child processes: one pipe and one task in flight a child.

A child that dies (killed, crashed, out of memory) loses only the task it had, which is given to a new child, up to
`ATTEMPTS` times in all. Children end when their pipe does, so that none outlives the parent for longer than its task.
Not `ProcessPoolExecutor`: there one dead child breaks every future.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from logproc.backends.serial import attempt
from logproc.model import Failure, Partial, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

ATTEMPTS = 3
"""Times a task is tried when its child dies."""

START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""Never plain fork: a forked child inherits locks that other threads hold."""


@dataclass(slots=True)
class Child:
    """A child, the parent's end of its pipe, and the task it has."""

    process: BaseProcess
    pipe: Connection
    task: Task | None = None


def serve(pipe: Connection, process: Callable[[Any, Task], Partial], job: Any) -> None:  # noqa: ANN401
    """Do tasks from a pipe until it ends: the main function of a child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its children
    while True:
        try:
            task = pipe.recv()
            if task is None:
                return
            pipe.send(attempt(process, job, task))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


class Supervisor:
    """Children, and the tasks that wait for one."""

    def __init__(self, process: Callable[[Any, Task], Partial], job: Any, tasks: Sequence[Task]) -> None:  # noqa: ANN401
        self._context: Any = multiprocessing.get_context(START_METHOD)
        if START_METHOD == "forkserver":
            self._context.set_forkserver_preload(["logproc.worker"])
        self._process = process
        self._job = job
        self._waiting = deque(tasks)
        self._attempts: dict[int, int] = {}
        self._children: list[Child] = []

    def run(self, workers: int) -> Iterator[Partial | Failure]:
        """Yield outcomes as they come."""
        for _ in range(min(workers, len(self._waiting))):
            self._hire()
        while any(child.task is not None for child in self._children):
            ready = wait([child.pipe for child in self._children if child.task is not None])
            for child in [child for child in self._children if child.pipe in ready]:
                outcome = self._collect(child)
                if outcome is not None:
                    yield outcome

    def close(self) -> None:
        """End all children."""
        for child in self._children:
            child.process.terminate()
        for child in self._children:
            child.process.join(1.0)
            if child.process.is_alive():
                child.process.kill()
                child.process.join()
            child.pipe.close()
        self._children = []

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._process, self._job), daemon=True)
        process.start()
        theirs.close()
        child = Child(process, ours)
        self._children.append(child)
        self._assign(child)

    def _assign(self, child: Child) -> None:
        child.task = self._waiting.popleft() if self._waiting else None
        if child.task is not None:
            self._attempts[child.task.number] = self._attempts.get(child.task.number, 0) + 1
            # If it died, its end of the pipe is now ready, and `_collect` sees to it.
            with suppress(BrokenPipeError, ConnectionResetError):
                child.pipe.send(child.task)

    def _collect(self, child: Child) -> Partial | Failure | None:
        """Take a child's outcome and give it the next task; replace it if it died."""
        try:
            outcome: Partial | Failure = child.pipe.recv()
        except (EOFError, ConnectionResetError):
            return self._replace(child)
        self._assign(child)
        return outcome

    def _replace(self, child: Child) -> Failure | None:
        task = child.task
        self._children.remove(child)
        child.process.join()
        child.pipe.close()
        failure = None
        if task is not None and self._attempts[task.number] >= ATTEMPTS:
            failure = Failure(task.number, f"its worker process died {ATTEMPTS} times (exit {child.process.exitcode})")
        elif task is not None:
            self._waiting.appendleft(task)
        if self._waiting:
            self._hire()
        return failure


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - pickled to the children
    tasks: Sequence[Task],
    workers: int,
) -> Iterator[Partial | Failure]:
    """Yield outcomes as they come; tasks are begun in their order."""
    supervisor = Supervisor(process, job, tasks)
    try:
        yield from supervisor.run(workers)
    finally:
        supervisor.close()
