"""The incremental run, on one page: every byte counted once, whatever happens.

    finish what was killed -> scan -> match with the ledger -> plan | commit
      -> [ tasks ] -> backend -> [ results ] | commit by the batch
      -> merge, advance offsets, drop old days | commit -> report from the ledger -> mark as reported

Each `commit` is one transaction of the ledger. Killed anywhere, the next run begins at the top and gives the same
report: what was stored is not read again, and what a run that was never reported had read is in the next one's report.

Most of what is found most nights is as it was: a run imports what reads and counts (`reading`, `committing`) only
where there is something to be read, and what makes reports only where a count has changed.
"""

from __future__ import annotations

import math
import os
import time
import uuid
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING

from logproc import __version__, asking, doubtful, questions, scratch, stopping, surveying, upkeep
from logproc.asking import Questions
from logproc.backends import choose, unheard
from logproc.books import Books
from logproc.clock import now_text
from logproc.errors import UsageError
from logproc.finished import finished
from logproc.planner import Planner
from logproc.report.files import replacing
from logproc.report_model import Report, RunInfo
from logproc.state import failpoints
from logproc.state.database import has_ledger
from logproc.state.families import family_of
from logproc.state.generations import BEGUN, READ, Kind
from logproc.state.ledger import PLANNED, REBUILDING, REPORTED, Ledger
from logproc.state.matching import UNTERMINATED
from logproc.state.rows import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from logproc.committing import Known
    from logproc.config import Config
    from logproc.finished import Finished
    from logproc.model import Task
    from logproc.network import Elsewhere
    from logproc.report.progress import Progress
    from logproc.state.generations import Decision
    from logproc.state.rows import Record
    from logproc.surveying import Survey
    from logproc.worker import Job


def run(
    config: Config,
    *,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    warm: Callable[[], None] | None = None,
    warn: Callable[[str], None] | None = None,
    now_ns: int | None = None,
) -> Report:
    """Count what is new and return the report of all that was counted; `reported` says when it has been written.

    `warm` is called before the first file is read, if one is; `warn` with what a person should know of files
    and of reports that begin.
    """
    assert config.state_dir is not None
    scratch.sweep()
    started = now_text()
    elsewhere = _elsewhere(config, say or unheard)
    asked = Questions(config)
    rebuilt = list(dict.fromkeys(key for name in config.rebuild for key in asked.keys_of(name)))
    planner = Planner(config)
    with ExitStack() as stack:
        ledger = _opened(stack, config, asked)
        if warn is not None and (begins := asking.note(asked, ledger, rebuilt)) is not None:
            warn(begins)
        require_zone(ledger, config)
        recover(ledger, config)
        found = _found(config, planner, ledger, now_ns, warn)
        tasks, number = _planned(ledger, planner, found, asked, config)
        rejects = stack.enter_context(replacing(config.output.rejects)) if config.output.rejects else None
        if progress is not None:
            progress.start(sum(task.bytes for task in tasks), len(found.files))
        known: Known = {}
        if tasks:
            job = _job(asked, planner, tasks, number, config)
            if warm is not None:
                warm()
            from logproc import reading, running  # noqa: PLC0415 - as elsewhere here: most nights need none of it

            there = elsewhere or running.here(
                choose(config.backend, len(tasks), config.workers), config, say or unheard
            )
            known = reading.read(ledger, number, tasks, job, there, config, progress)
        _finish(ledger, number, found, config, known, asked)
        if warn is not None:
            doubtful.warn_of_times(found, ledger, warn)
        if rebuilt:
            from logproc import rebuilding  # noqa: PLC0415

            rebuilding.rebuild(ledger, planner, asked, config, rebuilt)
        books = _books(ledger, number, found, known)
        if rejects is not None and ledger.open_runs():
            from logproc import reading  # noqa: PLC0415

            missing = reading.join(rejects, config.state_dir, ledger, number, found, known, books)
            if missing and warn is not None:
                warn(_without(str(config.output.rejects), missing))
        made = finished(ledger, asked, config)
    workers = elsewhere.workers if elsewhere else config.workers
    backend = choose(config.backend, len(tasks), config.workers)
    info = RunInfo(uuid.uuid4().hex, __version__, started, now_text(), backend, workers, None, None)
    return _report(info, books, made, config)


def _opened(stack: ExitStack, config: Config, asked: Questions) -> Ledger:
    """Open the ledger for the run; questions that cannot be planned change nothing in it, and leave none behind."""
    assert config.state_dir is not None
    if not has_ledger(config.state_dir):
        _ = asked.by_key
    ledger = stack.enter_context(Ledger.to_write(config.state_dir))
    if asked.known_to(ledger) is None:
        _ = asked.by_key
    return ledger


def _found(
    config: Config, planner: Planner, ledger: Ledger, now_ns: int | None, warn: Callable[[str], None] | None
) -> Survey:
    """Scan the files, and say what a person should know of them."""
    found = surveying.survey(config, planner, ledger, time.time_ns() if now_ns is None else now_ns)
    surveying.require_mount(found, config)
    if warn is not None:
        doubtful.warn_of_doubles(found, warn)
    failpoints.reach("after-scan")
    return found


def _planned(
    ledger: Ledger, planner: Planner, found: Survey, asked: Questions, config: Config
) -> tuple[list[Task], Run]:
    """Write down what is going to be read, if anything is, and return it as tasks."""
    if any(found.takes_up()):
        from logproc import committing  # noqa: PLC0415

        with ledger.transaction():
            committing.take_up(ledger, found)
    failpoints.reach("before-plan")
    tasks: list[Task] = []
    number = NOTHING
    if any(found.to_read()):
        from logproc import reading, running  # noqa: PLC0415

        running.prepare(config)
        tasks, number = reading.plan(ledger, planner, found, asked)
    failpoints.reach("after-plan")
    return tasks, number


def _job(asked: Questions, planner: Planner, tasks: Sequence[Task], number: Run, config: Config) -> Job:
    """Return what each worker is told."""
    from logproc import rejected, running  # noqa: PLC0415

    assert config.state_dir is not None
    folder = rejected.make(config.state_dir, number) if config.output.rejects else None
    return running.shared_out(asked.job(planner.formats, folder), tasks, config.workers)


def _report(info: RunInfo, books: Books, made: Finished, config: Config) -> Report:
    """Put the report together: tables and, behind them, what the checks ask for."""
    count = len(made.tables) - len(config.checks)
    verdicts = [questions.judge(*pair) for pair in zip(config.checks, made.tables[count:], strict=True)]
    return Report(info, books.close(), made.tables[:count], tuple(verdicts), slices=made.slices)


def _without(path: str, count: int) -> str:
    """Say that rejected lines are missing of a run that was killed: it was not asked for them, or they were lost."""
    them, they = ("1 rejected line", "it is") if count == 1 else (f"{count:,} rejected lines", "they are")
    return (
        f"{path}: it is without {them} that an earlier run read, which ended before its report; {they} counted, and "
        f"`logproc parse --rejects FILE -o /dev/null PATH...` reads all of them again"
    )


NOTHING = Run(0, "", PLANNED, ())
"""The run that reads nothing, before it has a number."""

ELSEWHERE = frozenset({"queue", "dask"})
"""Backends that work on other machines."""


def _elsewhere(config: Config, say: Callable[[str], None]) -> Elsewhere | None:
    if config.backend not in ELSEWHERE and math.isfinite(config.network.wait_workers):
        return None
    from logproc import network  # noqa: PLC0415

    return network.backend(config, say)


def require_zone(ledger: Ledger, config: Config) -> None:
    """Raise UsageError if days would not be what they were: those of another time zone."""
    zone = ledger.meta("timezone")
    if zone is None:
        ledger.set_meta("timezone", config.timezone)
    elif zone != config.timezone:
        raise UsageError(
            f"the ledger in {config.state_dir} counts by days of {zone}, and the configured timezone is "
            f"{config.timezone}; keep {zone}, or begin a new ledger in another folder"
        )


def recover(ledger: Ledger, config: Config) -> None:
    """Finish runs that were killed: what they had stored is counted."""
    for killed in ledger.open_runs():
        if killed.status == REBUILDING:
            with ledger.transaction():
                ledger.forget_run(killed.number)
                ledger.set_status(killed.number, REPORTED, now_text())
        if killed.status == PLANNED:
            from logproc import committing  # noqa: PLC0415

            with ledger.transaction():
                committing.commit(ledger, killed, now_text(), config.limits.max_groups)


def reported(config: Config) -> None:
    """Say that the report of all that was committed has been written."""
    assert config.state_dir is not None
    with Ledger.to_end(config.state_dir) as ledger:
        failpoints.reach("before-reported")
        runs = ledger.open_runs()
        with ledger.transaction() if runs else nullcontext():
            for done in runs:
                ledger.forget_run(done.number)
                ledger.set_status(done.number, REPORTED, now_text())
        if runs:
            from logproc import rejected  # noqa: PLC0415

            rejected.forget(config.state_dir)
        failpoints.reach("after-reported")


# ---- commit ------------------------------------------------------------------------------------------------------


def _finish(ledger: Ledger, run: Run, found: Survey, config: Config, known: Known, asked: Questions) -> None:
    """Count what was read, move the offsets, and write down what the scan saw: all of it, or nothing."""
    failpoints.reach("before-final")
    unread: set[int] = set()
    with stopping.deferred(), ledger.transaction():
        if run.number:
            from logproc import committing  # noqa: PLC0415

            unread = committing.commit(ledger, run, now_text(), config.limits.max_groups, known)
        else:  # nothing of it could be lost to its report: one transaction is all of a night without news
            run = asking.begin(ledger, asked)
            ledger.set_status(run.number, REPORTED, now_text())
        _save_seen(ledger, found, config, unread)
        upkeep.keep_small(ledger, config, found.scan_ns)
        ledger.set_meta("scan_ns", str(found.scan_ns))
    failpoints.reach("after-final")


def _save_seen(ledger: Ledger, found: Survey, config: Config, unread: AbstractSet[int]) -> None:
    """Write down what the scan saw, as far as it is news; `unread` are generations that should have been read."""
    changed = [found.decisions[place] for place in found.news]
    records = ledger.records_of({d.generation for d in changed if d.generation is not None})
    rows, copies, places = [], [], []
    for decision in changed:
        log, absolute = found.files[decision.file], found.absolute[decision.file]
        if log.problem is not None:
            continue
        generation = decision.generation
        if decision.double_of is not None:
            generation = found.decisions[decision.double_of].generation
        if decision.copied is not None:
            copies.append((decision.copied, BEGUN if generation is None else generation))
        record = records.get(generation or 0)
        if record is not None and decision.kind in READ | {Kind.UNCHANGED, Kind.DEFERRED}:
            now = surveying.moved(record, log, absolute, decision)
            if now != record:
                places.append(now)
        rows.append(surveying.seen_now(log, absolute, _settled(decision, record, unread), generation))
    ledger.save_generations(places)
    ledger.add_copies(copies)
    ledger.save_seen(rows, found.gone([absolute_of(path) for path in config.paths]))
    _forget_begun(ledger)


def _forget_begun(ledger: Ledger) -> None:
    """Forget copies of logs without a whole line that are no more: each night all old files are held against them."""
    begun = ledger.families_of_begun()
    if begun:
        there = {family_of(seen.path) for seen in ledger.seen().copies() if seen.generation is None}
        ledger.forget_begun(begun - there)


def absolute_of(path: str) -> str:
    """Return a path as the ledger has it."""
    return os.path.abspath(path)  # noqa: PTH100


def _settled(decision: Decision, record: Record | None, unread: AbstractSet[int]) -> Decision:
    """Return what is known of a file after it was read."""
    if decision.kind not in READ:
        return decision
    if record is None:
        return decision._replace(kind=Kind.FAILED, again=True)
    g = record.generation
    done = g.open_end >= decision.limit and g.id not in unread
    waits = decision.look is not None and decision.limit >= 0 and decision.look.size > decision.limit
    return decision._replace(kind=Kind.UNCHANGED, reason=UNTERMINATED if waits else None, again=not done)


def _books(ledger: Ledger, run: Run, found: Survey, known: Known) -> Books:
    """Return what became of every file: in this run, and in those before it that were not reported."""
    if not ledger.open_runs():
        return Books(found.files, found.idle_entry)
    from logproc import reading  # noqa: PLC0415

    return reading.books_of(ledger, run, found, known)
