"""The incremental run, on one page: every byte counted once, whatever happens.

    finish what was killed -> scan -> match with the ledger -> plan | commit
      -> [ tasks ] -> backend -> [ results ] | commit by the batch
      -> merge, advance offsets, drop old days | commit -> report from the ledger -> mark as reported

Each `commit` is one transaction of the ledger. Killed anywhere, the next run begins at the top and gives the same
report: what was stored is not read again, and what a run that was never reported had read is in the next one's report.
"""

from __future__ import annotations

import copy
import os
import time
import uuid
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from logproc import (
    __version__,
    committing,
    counting,
    network,
    questions,
    running,
    scratch,
    slicing,
    stopping,
    surveying,
    totals,
    upkeep,
)
from logproc.backends import BACKENDS, choose
from logproc.books import Books
from logproc.clock import now_text
from logproc.coverage import coverages, missing
from logproc.errors import UsageError
from logproc.merging import join_rejects
from logproc.model import Failure, Partial
from logproc.planner import Planner
from logproc.report.files import replacing
from logproc.report_model import Report, RunInfo
from logproc.rollup.outcome import report_table
from logproc.rollup.slots import slotted
from logproc.state import failpoints
from logproc.state.generations import READ, Kind
from logproc.state.ledger import PLANNED, REBUILDING, REPORTED, Ledger
from logproc.state.matching import UNTERMINATED
from logproc.state.rows import Run
from logproc.worker import Job, process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from logproc.config import Config
    from logproc.model import LogFile, Outcome, Piece, Task
    from logproc.report.progress import Progress
    from logproc.report_model import Slice
    from logproc.rollup.spec import RollupSpec
    from logproc.rollup.tables import Table
    from logproc.state.generations import Decision
    from logproc.state.rows import Record
    from logproc.surveying import Survey

WIDER = 4
"""A task's groups are counted by file and day, so that it may hold more of them than a report."""

BATCH = 64
BATCH_SECONDS = 1.0
"""Results are stored by so many, or after so many seconds."""


def run(
    config: Config,
    *,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    now_ns: int | None = None,
) -> Report:
    """Count what is new and return the report of all that was counted; `reported` says when it has been written."""
    assert config.state_dir is not None
    started = now_text()
    elsewhere = network.backend(config, say or (lambda _line: None))
    running.prepare(config)
    asked = Questions(config)
    for name in config.rebuild:
        asked.key_of(name)
    planner = Planner(config)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.to_write(config.state_dir))
        require_zone(ledger, config)
        recover(ledger, config)
        found = surveying.survey(config, planner, ledger, time.time_ns() if now_ns is None else now_ns)
        surveying.require_mount(found, config)
        failpoints.reach("after-scan")
        tasks, number = _plan(ledger, planner, found, asked)
        backend = choose(config.backend, len(tasks), config.workers)
        rejects = stack.enter_context(replacing(config.output.rejects)) if config.output.rejects else None
        folder = stack.enter_context(scratch.folder()) if rejects else None
        job = asked.job(config, planner.formats, folder)
        if progress is not None:
            progress.start(sum(task.bytes for task in tasks), len(found.files))
        run_tasks = elsewhere or running.here(backend, config)
        begin = partial(run_tasks, process, job, tasks, config.workers)
        known = _work(ledger, number, tasks, job.specs, begin, config, progress)
        _finish(ledger, number, found, config, known, asked)
        for name in config.rebuild:
            _rebuild(ledger, planner, asked, config, name)
        books = _books(ledger, number, found, known)
        if rejects is not None and folder is not None:
            for task in tasks:
                join_rejects(rejects, folder, task, books)
        with ledger.transaction():
            totals.add_up(ledger, asked.by_key, config.limits.max_groups)
        tables = asked.tables(ledger, config)
        covered = coverages(ledger, asked.keys)
        sliced = _slices(ledger, asked, config) if config.output.html is not None else ()
    workers = elsewhere.workers if elsewhere else config.workers
    reports = [replace(report_table(table), coverage=c) for table, c in zip(tables, covered, strict=True)]
    count = len(asked.reports)
    verdicts = [questions.judge(*pair) for pair in zip(config.checks, reports[count:], strict=True)]
    info = RunInfo(uuid.uuid4().hex, __version__, started, now_text(), backend, workers, None, None)
    return Report(info, books.close(), tuple(reports[:count]), tuple(verdicts), slices=sliced)


class Questions:
    """What a run is asked: reports and checks, each with the key that its counts are kept under."""

    def __init__(self, config: Config) -> None:
        self.reports = questions.reports(config)
        self.checks = questions.checks(config)
        setting = repr(
            [config.format, config.timezone, sorted((s.name, s.format, s.timezone or "") for s in config.sources)]
        )
        self.keys = [counting.spec_hash(spec, setting) for spec in (*self.reports, *self.checks)]
        self.by_key: dict[str, RollupSpec] = dict(zip(self.keys, (*self.reports, *self.checks), strict=True))

    @property
    def mark(self) -> str:
        """What stands for all that is asked, in this version of the program."""
        texts = [(key, spec.name, spec.title, spec.sql) for key, spec in self.by_key.items()]
        return counting.mark_of(f"{__version__} {sorted(texts)}")

    def key_of(self, name: str) -> str:
        """Return the key of a report; UsageError if there is none of that name."""
        for key, spec in zip(self.keys, (*self.reports, *self.checks), strict=True):
            if name in {spec.name, spec.name.rpartition("/")[2]}:
                return key
        names = ", ".join(spec.name for spec in self.reports)
        raise UsageError(f"--rebuild {name}: there is no such report; there are {names}")

    def job(self, config: Config, formats: tuple[str, ...], folder: str | None = None) -> Job:
        """Return what all tasks have in common: tables are by slot."""
        job = running.job_of(config, tuple(slotted(spec) for spec in self.by_key.values()), formats, folder)
        return replace(job, max_groups=WIDER * config.limits.max_groups, days=config.timezone)

    def tables(self, ledger: Ledger, config: Config, choice: counting.Choice = counting.EVERYTHING) -> list[Table]:
        """Return the counts of each report and check, as they stand in the ledger."""
        found = counting.tables(ledger, self.by_key, config.limits.max_groups, choice)
        tables = []
        for key, spec in zip(self.keys, (*self.reports, *self.checks), strict=True):
            table = copy.copy(found[key])  # two reports may show the same counts in two ways
            table.spec = spec
            tables.append(table)
        return tables


def _slices(ledger: Ledger, asked: Questions, config: Config) -> tuple[Slice, ...]:
    wanted = list(zip(asked.keys, asked.reports, strict=False))  # the keys of checks come behind
    return slicing.slices(ledger, wanted, config.limits.max_groups, counting.EVERYTHING)


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
            with ledger.transaction():
                committing.commit(ledger, killed, now_text(), config.limits.max_groups)


def reported(config: Config) -> None:
    """Say that the report of all that was committed has been written."""
    assert config.state_dir is not None
    with Ledger.to_write(config.state_dir) as ledger:
        failpoints.reach("before-reported")
        runs = ledger.open_runs()
        with ledger.transaction() if runs else nullcontext():
            for done in runs:
                ledger.forget_run(done.number)
                ledger.set_status(done.number, REPORTED, now_text())
        failpoints.reach("after-reported")


# ---- plan --------------------------------------------------------------------------------------------------------


def _plan(ledger: Ledger, planner: Planner, found: Survey, asked: Questions) -> tuple[list[Task], Run]:
    """Write down what is going to be read, and return it as tasks; a run that reads nothing has no number yet."""
    failpoints.reach("before-plan")
    _settle_unreadable(found)
    _refuse_merged(found, ledger)
    tasks = planner.tasks_of(surveying.pieces(planner, found, ledger))
    wanted = {piece.file for task in tasks for piece in task.pieces}
    if not wanted:
        failpoints.reach("after-plan")
        return tasks, Run(0, uuid.uuid4().hex, PLANNED, tuple(asked.by_key))
    with ledger.transaction():
        run = _begin(ledger, asked)
        wants = []
        for place in sorted(wanted):
            decision = found.decisions[place]
            generation = decision.generation
            if generation is None:
                record = surveying.new_record(found.files[place], found.absolute[place], decision)
                generation = ledger.add_generation(record, run.number)
                found.decisions[place] = decision._replace(generation=generation)
            wants.append((place, generation, decision.kind == Kind.RECOUNTED))
        ledger.add_wants(run.number, wants)
    failpoints.reach("after-plan")
    return tasks, run


def _begin(ledger: Ledger, asked: Questions) -> Run:
    """Write down that a run begins, and what it is asked."""
    uid, keys = uuid.uuid4().hex, tuple(asked.by_key)
    number = ledger.begin(uid, __version__, now_text(), keys)
    if ledger.meta("asked") != asked.mark:
        ledger.add_specs(number, ((k, s.name, counting.CODEC.dumps(s)) for k, s in asked.by_key.items()))
        ledger.set_meta("asked", asked.mark)
    return Run(number, uid, PLANNED, keys)


def _settle_unreadable(found: Survey) -> None:
    """Read those files as a whole that cannot be read from within."""
    for place in found.news:
        decision = found.decisions[place]
        if decision.kind != Kind.CONTINUED or decision.look is None:
            continue
        record = found.records.get(decision.generation or 0)
        if record is not None and not surveying.is_readable_from_within(record, decision.look.codec):
            found.decisions[place] = decision._replace(kind=Kind.RECOUNTED, origin=0, limit=-1)


def _refuse_merged(found: Survey, ledger: Ledger) -> None:
    """Leave those files as they were counted that would be counted anew, and whose old counts cannot be taken out."""
    for place in found.news:
        decision = found.decisions[place]
        if decision.kind == Kind.RECOUNTED and ledger.is_merged(decision.generation or 0):
            reason = (
                "it has grown, can only be read as a whole, and days of it are older than compact_after and merged: "
                "what was added is not counted"
            )
            found.decisions[place] = decision._replace(kind=Kind.FAILED, reason=reason, again=True)


# ---- work --------------------------------------------------------------------------------------------------------


def _work(
    ledger: Ledger,
    number: Run,
    tasks: Sequence[Task],
    specs: Sequence[RollupSpec],
    begin: Callable[[], Iterator[Outcome]],
    config: Config,
    progress: Progress | None,
) -> committing.Known:
    """Run the tasks, and store what they return by the batch; returns it, too, but for the tables.

    A first signal ends it with what there is committed.
    """
    known: dict[int, list[committing.Entry]] = {}
    waiting: list[tuple[int, bytes, bytes]] = []
    since = time.monotonic()

    def flush() -> None:
        nonlocal waiting, since
        if not waiting:
            return
        failpoints.reach("before-results")
        ledger.add_results(number.number, waiting)
        waiting, since = [], time.monotonic()
        failpoints.reach("after-results")

    try:
        with ExitStack() as stack:
            outcomes = stack.enter_context(closing(begin()))  # type: ignore[type-var]
            for outcome in outcomes:
                for kept in committing.entries(specs, tasks, outcome):
                    waiting.append(committing.stored(*kept))
                    known.setdefault(kept[0], kept[1])
                running.advance(progress, outcome, tasks)
                if len(waiting) >= BATCH or time.monotonic() - since > BATCH_SECONDS:
                    flush()
    except KeyboardInterrupt:
        if number.status == REBUILDING or not tasks:
            raise
        with stopping.deferred():
            flush()
            with ledger.transaction():
                committing.commit(ledger, number, now_text(), config.limits.max_groups, known)
        raise
    flush()
    return known


# ---- commit ------------------------------------------------------------------------------------------------------


def _finish(ledger: Ledger, run: Run, found: Survey, config: Config, known: committing.Known, asked: Questions) -> None:
    """Count what was read, move the offsets, and write down what the scan saw: all of it, or nothing."""
    failpoints.reach("before-final")
    with stopping.deferred(), ledger.transaction():
        if run.number:
            committing.commit(ledger, run, now_text(), config.limits.max_groups, known)
        else:  # nothing of it could be lost to its report: one transaction is all of a night without news
            run = _begin(ledger, asked)
            ledger.set_status(run.number, REPORTED, now_text())
        _save_seen(ledger, found, config)
        upkeep.keep_small(ledger, config, found.scan_ns, run.number)
        ledger.set_meta("scan_ns", str(found.scan_ns))
    failpoints.reach("after-final")


def _save_seen(ledger: Ledger, found: Survey, config: Config) -> None:
    """Write down what the scan saw, as far as it is news."""
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
        if decision.copied is not None and generation is not None:
            copies.append((decision.copied, generation))
        record = records.get(generation or 0)
        if record is not None and decision.kind in READ | {Kind.UNCHANGED, Kind.DEFERRED}:
            now = surveying.moved(record, log, absolute, decision)
            if now != record:
                places.append(now)
        rows.append(surveying.seen_now(log, absolute, _settled(decision, record), generation))
    ledger.save_generations(places)
    ledger.add_copies(copies)
    ledger.save_seen(rows, found.gone([absolute_of(path) for path in config.paths]))


def absolute_of(path: str) -> str:
    """Return a path as the ledger has it."""
    return os.path.abspath(path)  # noqa: PTH100


def _settled(decision: Decision, record: Record | None) -> Decision:
    """Return what is known of a file after it was read."""
    if decision.kind not in READ:
        return decision
    if record is None:
        return decision._replace(kind=Kind.FAILED, again=True)
    g = record.generation
    done = decision.limit < 0 or g.open_end >= decision.limit
    waits = decision.look is not None and decision.limit >= 0 and decision.look.size > decision.limit
    return decision._replace(kind=Kind.UNCHANGED, reason=UNTERMINATED if waits else None, again=not done)


def _rebuild(ledger: Ledger, planner: Planner, asked: Questions, config: Config, name: str) -> None:
    """Count for one report what was counted before it came, as far as that is still on disk."""
    key = asked.key_of(name)
    spans, _, _ = missing(ledger, key)
    if not spans:
        return
    found = surveying.survey(config, planner, ledger, time.time_ns())
    pieces: list[tuple[LogFile, Piece, int]] = []
    numbers: list[tuple[int, int, bool]] = []
    for log, piece, size, generation in surveying.pieces_again(planner, found, spans):
        number = len(numbers)
        pieces.append((log, replace(piece, file=number), size))
        numbers.append((number, generation, False))
    with ledger.transaction():
        uid = uuid.uuid4().hex
        run_number = ledger.begin(uid, __version__, now_text(), [key], REBUILDING)
        ledger.add_wants(run_number, numbers)
    again = Run(run_number, uid, REBUILDING, (key,))
    tasks = planner.tasks_of(pieces)
    job = replace(asked.job(config, planner.formats), specs=(slotted(asked.by_key[key]),))
    backend = choose(config.backend if config.backend in BACKENDS else "auto", len(tasks), config.workers)
    begin = partial(running.here(backend, config), process, job, tasks, config.workers)
    _work(ledger, again, tasks, job.specs, begin, config, None)
    with stopping.deferred(), ledger.transaction():
        committing.commit_rebuilt(ledger, again, now_text(), config.limits.max_groups)


# ---- books -------------------------------------------------------------------------------------------------------


def _books(ledger: Ledger, run: Run, found: Survey, known: committing.Known) -> Books:
    """Return what became of every file: in this run, and in those before it that were not reported."""
    books = Books(found.files, found.idle_entry)
    wanted = [(done, ledger.wants(done.number)) for done in ledger.open_runs()]
    numbers = {generation for _, wants in wanted for generation, _ in wants.values()}
    place_of = {d.generation: d.file for d in found.decisions if d.generation in numbers and d.kind != Kind.DUPLICATE}
    for done, wants in wanted:
        places = {file: place_of.get(generation) for file, (generation, _) in wants.items()}
        mine = known if done.number == run.number else {}
        for members, _ in committing.results(ledger, done, mine, tables=False):
            for task, became in members:
                _enter(books, task, became, places, only_counted=done.number != run.number)
    generation_of = {place: generation for generation, place in place_of.items()}
    books.continue_after(lambda place, offset: ledger.lines_before(generation_of[place], offset))
    return books


def _enter(
    books: Books, task: Task, became: Partial | Failure, places: Mapping[int, int | None], *, only_counted: bool
) -> None:
    """Enter a stored result; what an earlier run failed to read, this one has looked at itself."""
    for at, piece in enumerate(task.pieces):
        place = places.get(piece.file)
        if place is None:
            continue
        if isinstance(became, Failure) and only_counted:
            continue
        if isinstance(became, Failure):
            books.lose(replace(task, pieces=(replace(piece, file=place),)), became)
        elif became.files[at].mark is not None or not only_counted:
            books.credit(place, piece.start, became.files[at])
