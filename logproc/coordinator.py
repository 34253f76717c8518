"""The run, on one page: read this first.

    discover -> plan -> [ tasks ] -> backend -> [ partials ] -> merge -> report
                                       |                          ^
                                       +--> worker: read -> parse -> aggregate

Wiring only: every arrow is a call of the stage that does the work. Nothing here prints. With a ledger the arrows are
those of `nightly`.
"""

from __future__ import annotations

import uuid
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from logproc import __version__, network, questions, running, scratch
from logproc.backends import IN_PROCESS, choose, unheard
from logproc.books import Books
from logproc.carrying import carrying_of
from logproc.clock import now_text
from logproc.merging import merge
from logproc.planner import Planner
from logproc.report.files import replacing
from logproc.report_model import Report, RunInfo
from logproc.rollup.exemplars import file_key
from logproc.rollup.outcome import report_table
from logproc.timestamps import rfc3339
from logproc.worker import process, process_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logproc.config import Config
    from logproc.model import Outcome, Task
    from logproc.report.progress import Progress


def run(config: Config, *, progress: Progress | None = None, say: Callable[[str], None] | None = None) -> Report:
    """Read the configured logs and return the report; LogprocError if the question or the books are wrong.

    `say` takes lines on how processes and other machines are doing, if any take part.
    """
    scratch.sweep()
    if config.state_dir is not None:
        from logproc import nightly  # noqa: PLC0415 - and with it the ledger, which this run is without

        return nightly.run(config, progress=progress, say=say)
    started = now_text()
    elsewhere = network.backend(config, say or unheard)
    running.prepare(config)
    reports, checks = questions.reports(config), questions.checks(config)
    planner = Planner(config)
    files = planner.discover()
    tasks = planner.tasks(files)
    books = Books(files)
    backend = choose(config.backend, len(tasks), config.workers)
    with ExitStack() as stack:
        rejects = stack.enter_context(replacing(config.output.rejects)) if config.output.rejects else None
        folder = stack.enter_context(scratch.folder()) if rejects else None
        job = running.job_of(config, reports + checks, planner.formats, folder)
        job = running.shared_out(job, tasks, config.workers)
        if progress is not None:
            progress.start(sum(task.bytes for task in tasks), len(files))
        run_tasks = elsewhere or running.here(backend, config, say or unheard)
        is_merged_here = elsewhere is None and backend in IN_PROCESS
        carrying = carrying_of(job, tasks, config.workers, process_here) if is_merged_here else None
        todo = carrying or (process_here if is_merged_here else process)
        outcomes = stack.enter_context(closing(run_tasks(todo, job, tasks, config.workers)))  # type: ignore[type-var]
        tables = merge(
            job, tasks, _watched(outcomes, tasks, progress), books, rejects, None if carrying is None else carrying.due
        )
    workers = elsewhere.workers if elsewhere else config.workers
    paths = {file_key(file.path): file.path for file in files}
    # Each table goes as soon as its rows are there.
    finished = [report_table(tables.pop().table(), paths) for _ in range(len(tables))][::-1]
    verdicts = [questions.judge(*pair) for pair in zip(config.checks, finished[len(reports) :], strict=True)]
    return Report(
        RunInfo(uuid.uuid4().hex, __version__, started, now_text(), backend, workers, *_span(config)),
        books.close(),
        tuple(finished[: len(reports)]),
        tuple(verdicts),
    )


def reported(config: Config) -> None:
    """Say that the report of a run has been written to where it belongs."""
    if config.state_dir is not None:
        from logproc import nightly  # noqa: PLC0415 - as above

        nightly.reported(config)


def _watched(outcomes: Iterable[Outcome], tasks: Sequence[Task], progress: Progress | None) -> Iterator[Outcome]:
    for outcome in outcomes:
        running.advance(progress, outcome, tasks)
        yield outcome
        del outcome  # before the next one is waited for: its tables may be large


def _span(config: Config) -> tuple[str | None, str | None]:
    since, until = config.since, config.until
    return None if since is None else rfc3339(since), None if until is None else rfc3339(until)
