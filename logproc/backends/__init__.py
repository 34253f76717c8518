"""Where tasks run. A backend is `run(process, job, tasks, workers) -> iterator of Outcome`.

It runs each small task description somewhere, at least once, and yields what became of it in any order, with a bounded
number in flight. It knows nothing of logs, reports or merging. Closing the iterator ends the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from logproc.backends import serial, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.model import Outcome, Partial, Task

Process: TypeAlias = "Callable[[Any, Task], Partial]"


class Backend(Protocol):
    """How a backend is called."""

    def __call__(self, process: Process, job: Any, tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:  # noqa: ANN401
        """Run the tasks on so many workers."""


def _processes(process: Process, job: Any, tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:  # noqa: ANN401
    from logproc.backends import processes  # noqa: PLC0415 - multiprocessing takes 25 ms

    return processes.run(process, job, tasks, workers)


BACKENDS: dict[str, Backend] = {"serial": serial.run, "threads": threads.run, "processes": _processes}
"""Backends by name."""

IN_PROCESS = frozenset({"serial", "threads"})
"""Those whose workers are threads of this process: what they return is handed over, not sent."""


def unheard(_told: object) -> None:
    """Say nothing: nobody listens to how processes and other machines are doing."""


def choose(name: str, tasks: int, workers: int) -> str:
    """Resolve `auto`: threads, since every format has a kernel that releases the GIL; serial for a lone worker."""
    if name != "auto":
        return name
    return "threads" if workers > 1 and tasks > 1 else "serial"
