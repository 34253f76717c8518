"""A pool of threads with a rolling window: kernels release the GIL, so that parsing runs on all cores.

The consumer of the iterator merges while the pool works. A slow consumer holds the pool back: at most a few outcomes a
worker wait for it.
"""

from __future__ import annotations

import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

from logproc.backends.serial import attempt
from logproc.errors import MachineError
from logproc.model import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from logproc.model import Partial, Task

    Waiting: TypeAlias = queue.Queue[Partial | Failure | MachineError | None]

WAITING = 1
"""Outcomes a worker that may wait for the consumer."""

SWITCH_SECONDS = 0.0002
"""How long a thread that wants the interpreter's lock lets another one run. Work here comes back from a kernel, runs a
few lines of Python and goes on to the next kernel; at Python's default of 5 ms it waited for whoever was merging longer
than it worked. Preset `web` with 2 threads took 4.9 s at 5 ms and 3.6 s at 0.5 ms and below."""

JOIN_SECONDS = 0.1
"""Seconds that an interrupted run waits for threads to end; being daemons, those at a longer task do not outlive it."""


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - passed through
    tasks: Sequence[Task],
    workers: int,
) -> Iterator[Partial | Failure]:
    """Yield outcomes as they come; tasks are begun in their order. MachineError if none can be done here."""
    todo = iter(tasks)
    lock = threading.Lock()
    stop = threading.Event()
    done: Waiting = queue.Queue(WAITING * workers)

    def work() -> None:
        while not stop.is_set():
            with lock:
                task = next(todo, None)
            if task is None:
                break
            outcome: Partial | Failure | MachineError
            try:
                outcome = attempt(process, job, task)
            except MachineError as error:
                outcome = error
            except BaseException as error:  # noqa: BLE001 - a thread that ends in silence would be waited for forever
                outcome = Failure(task.number, f"{type(error).__name__}: {error}")
            _put(done, outcome, stop)
            del outcome  # whose tables may be large, and the next task long
        _put(done, None, stop)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(min(interval, SWITCH_SECONDS))
    pool = [threading.Thread(target=work, name=f"logproc-{n}", daemon=True) for n in range(min(workers, len(tasks)))]
    for thread in pool:
        thread.start()
    try:
        running = len(pool)
        while running:
            outcome = done.get()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, MachineError):
                raise outcome
            else:
                yield outcome
            del outcome  # before the next one is waited for
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        for thread in pool:
            thread.join(JOIN_SECONDS / len(pool))


def _put(done: Waiting, item: Partial | Failure | MachineError | None, stop: threading.Event) -> None:
    """Hand an outcome over, unless nobody waits for it any more."""
    while not stop.is_set():
        try:
            done.put(item, timeout=0.1)
        except queue.Full:
            continue
        return
