"""Child processes that do tasks: one pipe and one task in flight each. They know nothing of leases or retries.

A child that dies (killed, crashed, out of memory) loses the task it had and nothing else: `Children.wait` says so, and
the next `submit` starts another one. Not `ProcessPoolExecutor`: there one dead child breaks every future. Reading never
blocks on half an answer, as a child may be stopped in the middle of one.

No child outlives the process that made it, however that ends: see `child`.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import selectors
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.util import get_temp_dir
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from logproc import scratch
from logproc.backends.child import CHUNK, OUT_OF_MEMORY, SIZE, START_METHOD, serve
from logproc.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from logproc.backends.child import Process
    from logproc.model import Failure, Partial, Task

PRELOAD = ["ctypes", "logproc.worker"]
"""What the fork server imports once, so that a child starts in milliseconds."""

END_SECONDS = 1.0
"""Seconds that a child gets to end after its pipe did, before it is killed, and after it was."""

STARTS = 3
"""How often a child is started whose fork server dies meanwhile."""

_hiding = Lock()

START_PAUSE = 0.1
"""Seconds until the next attempt: what has closed its socket is not gone yet, and is not replaced before it is."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task came to its end; a Failure is what it raised."""

    key: str
    outcome: Partial | Failure


@dataclass(frozen=True, slots=True)
class Died:
    """The child died at a task; `cause` names its exit code or signal. It was `starved` if it ran out of memory.

    It was `fresh` if it had done nothing before: another one could do no better.
    """

    key: str
    cause: str
    starved: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """The child says that no task can be done on this machine, and why."""

    key: str
    cause: str


Event: TypeAlias = Done | Died | Unfit


@dataclass(slots=True, eq=False)
class Child:
    """A child, our end of its pipe, what it was given (and how much of that is still to be sent) and its answer."""

    process: BaseProcess
    pipe: Connection
    lifeline: Connection
    key: str | None = None
    fresh: bool = True
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))
    answer: bytearray = field(default_factory=bytearray)

    def stopped(self) -> bool:
        """Tell whether it was stopped by a signal, where the system says so."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_bytes()
        except OSError:
            return False
        return stat[stat.rindex(b")") + 2 :][:1] in b"Tt"

    def flush(self) -> None:
        """Send what the pipe takes; BrokenPipeError if the child is gone."""
        with suppress(BlockingIOError):
            while self.unsent:
                self.unsent = self.unsent[os.write(self.pipe.fileno(), self.unsent) :]

    def fill(self) -> bool:
        """Read what there is of the answer; False if the pipe has ended."""
        try:
            while chunk := os.read(self.pipe.fileno(), CHUNK):
                self.answer += chunk
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        return False

    def take(self) -> Done | Unfit | None:
        """Return the outcome if all of it is here."""
        if self.key is None or len(self.answer) < SIZE.size:
            return None
        end = SIZE.size + SIZE.unpack_from(self.answer)[0]
        if len(self.answer) < end:
            return None
        outcome = pickle.loads(memoryview(self.answer)[SIZE.size : end])  # noqa: S301 - from our own child
        key, self.key, self.answer, self.fresh = self.key, None, bytearray(), False
        return Unfit(key, str(outcome)) if isinstance(outcome, MachineError) else Done(key, outcome)


LONGEST_FOLDER = 85
"""Bytes of a folder in which a socket has room: its whole path, with a name of 18, has at most 103 on macOS (unix(4)),
107 on Linux (unix(7))."""


def _with_room_for_a_socket(folder: str) -> str:
    """Return the folder; UsageError if its path is too long for the socket of the fork server."""
    size = len(os.fsencode(folder))
    if size > LONGEST_FOLDER:
        raise UsageError(
            f"{folder}: its path of {size} bytes is too long for the socket of worker processes (at most "
            f"{LONGEST_FOLDER}); set TMPDIR to a folder with a shorter path, or use --backend threads"
        )
    return folder


def _prepared() -> Any:  # noqa: ANN401 - typeshed has a class for each method
    context: Any = multiprocessing.get_context(START_METHOD)
    if START_METHOD == "forkserver":
        context.set_forkserver_preload(PRELOAD)
        scratch.adopt(_with_room_for_a_socket(get_temp_dir()))  # where the fork server's socket lies
    return context


def prepare() -> None:
    """Let what children need be imported by the time that the first one starts; UsageError as there."""
    _prepared()
    if START_METHOD == "forkserver":
        with _apart_from_main():
            forkserver.ensure_running()


@contextmanager
def _apart_from_main() -> Iterator[None]:
    """Let what is started meanwhile load nothing of the program that calls: nothing of it is needed.

    multiprocessing would run that program's file anew in each child. A script that calls us outside of
    `if __name__ == "__main__"` would do so there, too, and every child would die of that.
    """
    with _hiding:  # another thread would find what this one has hidden, and keep it so
        main = vars(sys.modules["__main__"])
        hidden: dict[str, Any] = {name: main[name] for name in ("__file__", "__spec__") if name in main}
        main.update(dict.fromkeys(hidden))
        try:
            yield
        finally:
            main.update(hidden)


def _pickled(process: Process, job: Any) -> bytes:  # noqa: ANN401
    """Return what children are to do as they get it; UsageError if it cannot be sent."""
    try:
        return pickle.dumps((process, job), pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(
            f"worker processes cannot be sent what they are to do: {error}; functions and classes for them must "
            "stand in a module; --backend threads does without it"
        ) from error


class Children:
    """Up to `workers` children, started as they are needed; each has a copy of `job`, and `memory` bytes at most.

    For one thread. Tasks go by keys of the caller's. Close it: children are not daemons of the garbage collector.
    """

    def __init__(self, process: Process, job: Any, workers: int, memory: int | None = None) -> None:  # noqa: ANN401
        self._context = _prepared()
        self._work, self._memory = _pickled(process, job), memory
        self._workers = workers
        self._idle: list[Child] = []
        self._busy: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def idle(self) -> int:
        """How many tasks can be submitted now."""
        return self._workers - len(self._busy)

    @property
    def running(self) -> tuple[str, ...]:
        """Keys of the tasks in flight."""
        return tuple(self._busy)

    @property
    def beating(self) -> tuple[str, ...]:
        """Keys of the tasks in flight whose child is not stopped."""
        return tuple(key for key, child in self._busy.items() if not child.stopped())

    def submit(self, key: str, task: Task) -> None:
        """Give a task to an idle child; there must be one."""
        assert self.idle > 0
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        while True:
            child = self._idle.pop() if self._idle else self._hire()
            child.unsent = memoryview(SIZE.pack(len(data)) + data)
            try:
                child.flush()
            except (BrokenPipeError, ConnectionResetError):  # it died while it had nothing to do
                self._dismiss(child)
                continue
            child.key = key
            self._busy[key] = child
            self._listen(child)
            return

    def wait(self, timeout: float | None) -> list[Event]:
        """Return what happened, as soon as something did; an empty list after so many seconds.

        It is also empty where a watched object is readable, or where a child sent a part of its answer.
        """
        events: list[Event] = []
        for ready, mask in self._selector.select(timeout):
            child = ready.data
            if child is None or child.pipe.closed:
                continue
            event = self._see(child, mask, ended=ready.fd == child.process.sentinel)
            if event is not None:
                events.append(event)
        return events

    def watch(self, readable: Any) -> None:  # noqa: ANN401 - an int or whatever has a fileno
        """Let `wait` return when something else is readable."""
        self._selector.register(readable, selectors.EVENT_READ)

    def unwatch(self, readable: Any) -> None:  # noqa: ANN401
        """Take back a `watch`."""
        self._selector.unregister(readable)

    def kill(self, key: str) -> None:
        """Kill the child at this task; nothing more is said of it."""
        child = self._busy.pop(key)
        child.process.kill()
        self._dismiss(child)

    def close(self) -> None:
        """Kill all children. They hold nothing that wants tidying up, and a stopped one would heed nothing else."""
        children = [*self._busy.values(), *self._idle]
        self._busy, self._idle = {}, []
        for child in children:
            child.process.kill()
        for child in children:
            self._dismiss(child)
        self._selector.close()

    def _hire(self) -> Child:
        ours, theirs = self._context.Pipe()
        end, lifeline = self._context.Pipe(duplex=False)  # one a child: the kernel signals one process a pipe
        args = (theirs, end, self._work, self._memory)
        process = self._started(args)
        theirs.close()
        end.close()
        os.set_blocking(ours.fileno(), False)
        child = Child(process, ours, lifeline)
        self._selector.register(ours, selectors.EVENT_READ, child)
        self._selector.register(process.sentinel, selectors.EVENT_READ, child)
        return child

    def _started(self, args: tuple[Any, ...]) -> BaseProcess:
        """Start a child, by another fork server if the one that was asked died before it answered.

        Whoever takes it away (the kernel when memory ends) may do so at any moment; MachineError if it goes on.
        """
        for _ in range(STARTS):
            process: BaseProcess = self._context.Process(target=serve, args=args, name="logproc-child", daemon=True)
            try:
                with _apart_from_main():
                    process.start()
            except (EOFError, ConnectionError) as error:
                cause = error
                time.sleep(START_PAUSE)
            else:
                return process
        raise MachineError(
            f"no worker process can be started: the server that starts them went away {STARTS} times ({cause}); is "
            "memory left? --backend threads does without it"
        ) from cause

    def _listen(self, child: Child) -> None:
        """Ask to be told when a child takes more, as long as it has not got all of its task."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.unsent else 0)
        if self._selector.get_key(child.pipe).events != events:
            self._selector.modify(child.pipe, events, child)

    def _see(self, child: Child, mask: int, *, ended: bool) -> Event | None:
        if mask & selectors.EVENT_WRITE:
            with suppress(BrokenPipeError, ConnectionResetError):  # it shows in what is read
                child.flush()
            self._listen(child)
        key, lives = child.key, child.fill() and not ended
        event: Event | None = child.take()
        if event is not None:
            del self._busy[event.key]
            self._idle.append(child)
        if lives:
            return event
        if child in self._idle:
            self._idle.remove(child)
        self._dismiss(child)
        if event is None and key is not None:
            del self._busy[key]
            event = self._died(key, child)
        return event

    def _dismiss(self, child: Child) -> None:
        """Wait for the end of a child that is ending, and forget it."""
        self._selector.unregister(child.pipe)
        self._selector.unregister(child.process.sentinel)
        child.process.join(END_SECONDS)
        if child.process.is_alive():
            child.process.kill()
            child.process.join(END_SECONDS)
        child.pipe.close()
        child.lifeline.close()

    def _died(self, key: str, child: Child) -> Died:
        code = child.process.exitcode
        aborted = code == -signal.SIGABRT and self._memory is not None  # so libraries in C and Rust end without memory
        if code == OUT_OF_MEMORY or aborted:
            limit = "" if self._memory is None else f": its limit is {self._memory / (1 << 20):.0f} MiB, see --memory"
            what = "SIGABRT: a library gave up, perhaps for want of memory" if aborted else "out of memory"
            return Died(key, f"exit {code}, {what}{limit}", starved=True, fresh=child.fresh)
        try:
            return Died(key, f"exit {code}, {signal.Signals(-(code or 0)).name}")
        except ValueError:
            return Died(key, f"exit {code}")
