"""What runs on a Dask cluster: on its workers the greeting, tasks and folding; what its scheduler is asked.

The greeting ships the job once to each worker process, as bytes, where it is kept by the run's name. It is neither an
argument of each task nor a scattered value, which is lost with the worker that holds it, nor a plugin, which stays
behind in the scheduler and breaks workers that lack logproc. A worker that does not know a run, since it joined or was
restarted a moment ago, says so and is greeted.
"""

from __future__ import annotations

import asyncio
import pickle
import platform
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from threading import Lock
from typing import TYPE_CHECKING, Any

from logproc import __version__
from logproc.backends.probe import difference_in_time, unreadable_of
from logproc.backends.serial import attempt, blames_machine
from logproc.backends.spooled import Spooled, spooled, wanted
from logproc.errors import MachineError
from logproc.model import Failure, Folded, Partial, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logproc.backends.probe import Probe
    from logproc.model import Parts

RUNS = 4
"""Runs that a worker process remembers: a long-lived cluster serves many."""

NO_THREAD = "can't start new thread"
"""What Python says, in a RuntimeError, where a machine has no memory for a thread, or no room for one more."""

REASON = 500
"""Characters of a reason that travel: Dask replaces an error of more than 10,000 bytes by its text."""


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What a worker needs for a run, and how the coordinator sees the disk and itself."""

    run: str
    work: bytes  # pickled: process, job, fold
    probes: tuple[Probe, ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Greeting:
    """A worker's answer: its host, and why it cannot be used, if so.

    `kind` is "versions", "mount" or "code"; "machine" is what the coordinator concludes by itself.
    """

    host: str
    kind: str | None = None
    problem: str | None = None


class StrangerError(Exception):
    """A worker was given a task of a run it does not know."""

    def __init__(self, worker: str) -> None:
        super().__init__(worker)
        self.worker = worker


class UnusableHereError(Exception):
    """A task failed because of the machine: a `file` of it cannot be read there, or there is no memory or disk left.

    `hopeless` says that no other task can be done there either.
    """

    def __init__(
        self,
        worker: str,
        host: str,
        reason: str,
        path: str | None = None,
        file: int | None = None,
        hopeless: bool = False,  # noqa: FBT001, FBT002 - positional, so that it pickles
    ) -> None:
        super().__init__(worker, host, reason, path, file, hopeless)
        self.hopeless = hopeless
        self.worker = worker
        self.host = host
        self.reason = reason
        self.path = path
        self.file = file

    def __str__(self) -> str:
        return self.reason if self.path is None else f"{self.path} cannot be read: {self.reason}"


_turn = Lock()
_known: dict[str, tuple[Callable[[Any, Task], Partial], Any, Callable[[Any, Sequence[Any]], Folded] | None]] = {}


def versions() -> dict[str, str]:
    """Return the versions that must agree between client, scheduler and workers, as far as there are any."""
    found = {"python": minor(platform.python_version()), "logproc": __version__}
    for name in ("distributed", "dask", "numpy"):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def minor(version: str) -> str:
    """Return major and minor version: 3.13.1 is as good as 3.13.7."""
    return ".".join(version.split(".")[:2])


def mismatch(mine: Mapping[str, str], theirs: Mapping[str, str | None], where: str) -> str | None:
    """Say which versions differ, in a plain sentence, or None."""
    wrong = [
        f"{name} {theirs.get(name) or 'nowhere'} instead of {mine[name]}"
        for name in mine
        if not _same(mine, theirs, name)
    ]
    return f"{where} has {', '.join(wrong)}" if wrong else None


def _same(mine: Mapping[str, str], theirs: Mapping[str, str | None], name: str) -> bool:
    found = theirs.get(name)
    if found is not None and name == "numpy":
        return minor(found) == minor(mine[name])
    return found == mine[name]


async def greet(setup: RunSetup) -> Greeting:
    """Get ready for a run, if versions and disk are those of the coordinator; the worker goes on meanwhile."""
    return await asyncio.to_thread(_greet, setup)


def _greet(setup: RunSetup) -> Greeting:
    host = socket.gethostname()
    wrong = mismatch(dict(setup.versions), versions(), "it")
    if wrong is not None:
        return Greeting(host, "versions", wrong)
    wrong = difference_in_time(setup.probes)
    if wrong is not None:
        return Greeting(host, "mount", wrong)
    try:
        work = pickle.loads(setup.work)  # noqa: S301 - Dask itself ships pickles: who reaches a worker runs code there
    except Exception as error:  # noqa: BLE001 - whatever a missing or older module raises
        return Greeting(host, "code", f"it cannot load the work: {type(error).__name__}: {error}")
    with _turn:  # several runs may greet a worker at once
        _known.pop(setup.run, None)
        while len(_known) >= RUNS:
            del _known[next(iter(_known))]
        _known[setup.run] = work
    return Greeting(host)


def unanswered(error: Exception) -> Greeting:
    """Return what it means that a worker could not be greeted: it has no memory left, or other code, if any."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or NO_THREAD in str(error):
        return Greeting("an unknown host", "machine", what)
    return Greeting("an unknown host", "code", f"it cannot load logproc ({what})")


def forget(run: str) -> None:
    """Let go of what a run needed, at its end."""
    with _turn:
        _known.pop(run, None)


def silent(seconds: float, dask_scheduler: Any = None) -> list[str]:  # noqa: ANN401 - Dask fills it in by its name
    """Return the workers whose heartbeat the scheduler has not heard for some time: they hang, or are cut off."""
    now = time.time()
    return [worker.address for worker in dask_scheduler.workers.values() if now - worker.last_seen > seconds]


def do(run: str, task: Task, gone: Sequence[int] = ()) -> Partial | Failure | Spooled:
    """Do a task; StrangerError if this worker was not greeted, UnusableHereError if it is the machine that fails.

    Files that are known to be `gone` everywhere are no reason.
    """
    process, job, _ = _work(run)
    done: Partial | Failure | Spooled
    try:
        done = spooled(process, job, task) if wanted(job) else attempt(process, job, task)
    except MachineError as error:
        raise UnusableHereError(_address(), socket.gethostname(), str(error)[:REASON], hopeless=True) from error
    except BaseException as error:  # noqa: BLE001 - what ends a thread would be waited for forever
        done = Failure(task.number, f"{type(error).__name__}: {error}")
    _check(task, done.outcome if isinstance(done, Spooled) else done, gone)
    return done


def _check(task: Task, outcome: Any, gone: Sequence[int]) -> None:  # noqa: ANN401 - whatever a process returned
    """Raise UnusableHereError if an outcome says more about this machine than about the task."""
    if isinstance(outcome, Failure):
        if blames_machine(outcome.cause):
            raise UnusableHereError(_address(), socket.gethostname(), outcome.cause[:REASON])
        return
    missing = unreadable_of(task, outcome)
    for piece in task.pieces:
        if piece.file in missing and piece.file not in gone:
            reason = missing[piece.file][:REASON]
            raise UnusableHereError(_address(), socket.gethostname(), reason, piece.path, piece.file)


def fold(run: str, members: Sequence[Partial | Failure | Parts | Spooled]) -> Folded | Spooled:
    """Merge what became of adjacent tasks into one outcome; StrangerError if this worker was not greeted."""
    _, job, merge = _work(run)
    assert merge is not None
    files = tuple(file for member in members if isinstance(member, Spooled) for file in member.files)
    folded = merge(job, [member.outcome if isinstance(member, Spooled) else member for member in members])
    return Spooled(folded, files) if files else folded


def _work(run: str) -> tuple[Callable[[Any, Task], Partial], Any, Callable[[Any, Sequence[Any]], Folded] | None]:
    work = _known.get(run)
    if work is None:
        raise StrangerError(_address())
    return work


def _address() -> str:
    """Return the address of the worker that calls."""
    from distributed import get_worker  # noqa: PLC0415 - this module loads without it in tests and on schedulers

    return str(get_worker().address)
