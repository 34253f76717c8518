"""One task after the other in the calling thread: the reference for all other backends."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from logproc.errors import MachineError
from logproc.model import Failure, Partial, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def attempt(process: Callable[[Any, Task], Partial], job: Any, task: Task) -> Partial | Failure:  # noqa: ANN401
    """Do a task; whatever it raises becomes a Failure with its text, but for a MachineError."""
    try:
        return process(job, task)
    except MachineError:
        raise
    except Exception as error:  # noqa: BLE001 - a backend reports every error of a task and goes on
        return Failure(task.number, f"{type(error).__name__}: {error}")


def blames_machine(cause: str) -> bool:
    """Tell whether what a task raised, as `attempt` words it, is for lack of memory or disk, which others may have."""
    name = cause.partition(":")[0]
    kind = getattr(builtins, name, None)
    return name.endswith("MemoryError") or (isinstance(kind, type) and issubclass(kind, OSError))  # numpy has its own


def run(
    process: Callable[[Any, Task], Partial],
    job: Any,  # noqa: ANN401 - passed through
    tasks: Sequence[Task],
    workers: int,  # noqa: ARG001 - there is one
) -> Iterator[Partial | Failure]:
    """Yield outcomes in the order of the tasks; MachineError if none can be done here."""
    for task in tasks:
        yield attempt(process, job, task)
