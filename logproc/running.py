"""What runs with a ledger and without one share: the job, the backends of this machine, and what a bar is told."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from logproc.backends import BACKENDS, unheard
from logproc.model import Folded, Partial, Parts
from logproc.worker import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logproc.backends import Backend
    from logproc.config import Config
    from logproc.model import Failure, Outcome, Task
    from logproc.report.progress import Progress
    from logproc.rollup.spec import RollupSpec


def job_of(config: Config, specs: tuple[RollupSpec, ...], formats: tuple[str, ...], folder: str | None) -> Job:
    """Return what all tasks of a run have in common; `folder` is where rejected lines are left."""
    return Job(
        id=uuid.uuid4().hex,
        specs=specs,
        formats=formats,
        max_groups=config.limits.max_groups,
        block_bytes=config.limits.block_bytes,
        max_line_bytes=config.limits.max_line_bytes,
        since=config.since,
        until=config.until,
        spool=folder,
        decode_ahead=config.workers > 1,
    )


def shared_out(job: Job, tasks: Sequence[Task], workers: int) -> Job:
    """Return a job whose compressed files are decoded ahead only where one task is more than a worker's share.

    Handing over what was decoded takes a tenth more CPU time, which is lost where all workers are busy anyway.
    """
    largest = max((task.bytes for task in tasks), default=0)
    return replace(job, decode_ahead=job.decode_ahead and largest * workers > sum(task.bytes for task in tasks))


def prepare(config: Config) -> None:
    """Begin what the backend takes its time for, while the run is planned; UsageError if it cannot be used here."""
    if config.backend == "processes":
        from logproc.backends import children  # noqa: PLC0415 - as in `backends`

        children.prepare()


def here(name: str, config: Config, say: Callable[[str], None] = unheard) -> Backend:
    """Return a backend of this machine; `say` takes lines on how its processes are doing."""
    if name != "processes":
        return BACKENDS[name]
    from logproc.backends import processes  # noqa: PLC0415 - as in `backends`

    return partial(processes.run, memory=config.memory, say=say)


def advance(progress: Progress | None, outcome: Outcome, tasks: Sequence[Task]) -> None:
    """Tell the bar, if there is one, which tasks are done and how many lines they had."""
    if progress is None:
        return
    for member in outcome.outcomes if isinstance(outcome, Folded) else (outcome,):
        task = tasks[member.task]
        progress.advance(task.bytes, _lines(member), sum(piece.end < 0 for piece in task.pieces))


def _lines(outcome: Partial | Failure | Parts) -> int:
    if isinstance(outcome, Parts):
        return sum(_lines(part) for _, part in outcome.outcomes)
    return sum(result.lines.read for result in outcome.files) if isinstance(outcome, Partial) else 0
