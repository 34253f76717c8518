"""What an incremental run does where there is news: what is read, stored by the batch, counted again for some reports.

Imported by a run that has something to read: formats, kernels and backends come with it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from logproc import asking, committing, rejected, running, stopping, surveying
from logproc.books import Books
from logproc.clock import now_text
from logproc.model import Failure, Partial
from logproc.state import failpoints
from logproc.state.generations import Begun, Kind
from logproc.state.ledger import PLANNED, REBUILDING
from logproc.state.rows import Run
from logproc.worker import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from logproc.asking import Questions
    from logproc.backends import Backend
    from logproc.config import Config
    from logproc.model import FileResult, Outcome, Piece, Task
    from logproc.planner import Planner
    from logproc.report.progress import Progress
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.surveying import Survey
    from logproc.worker import Job

BATCH = 64
BATCH_SECONDS = 1.0
"""Results are stored by so many, or after so many seconds."""


# ---- plan --------------------------------------------------------------------------------------------------------


def plan(ledger: Ledger, planner: Planner, found: Survey, asked: Questions) -> tuple[list[Task], Run]:
    """Write down what is going to be read, and return it as tasks; a run that reads nothing has no number yet."""
    _settle_unreadable(found, ledger)
    _refuse_merged(found, ledger)
    tasks = planner.tasks_of(surveying.pieces(planner, found, ledger))
    wanted = {piece.file for task in tasks for piece in task.pieces}
    if not wanted:
        return tasks, Run(0, "", PLANNED, ())
    with ledger.transaction():
        run = asking.begin(ledger, asked)
        wants = []
        for place in sorted(wanted):
            decision = found.decisions[place]
            generation = decision.generation
            if generation is None:
                record = surveying.new_record(found.files[place], found.absolute[place], decision)
                generation = ledger.add_generation(record, run.number)
                found.decisions[place] = decision._replace(generation=generation)
                if decision.beginning is not None:
                    of, crc, lines, *_ = decision.beginning
                    ledger.add_begun(generation, Begun(of, decision.origin, crc, lines))
            wants.append((place, generation, decision.kind == Kind.RECOUNTED))
        ledger.add_wants(run.number, wants)
    return tasks, run


def _settle_unreadable(found: Survey, ledger: Ledger) -> None:
    """Read those files as a whole that cannot be read from within, but for a beginning that is counted as another's."""
    for place in found.news:
        decision = found.decisions[place]
        record = found.records.get(decision.generation or 0)
        if decision.kind not in {Kind.CONTINUED, Kind.RECOUNTED} or decision.look is None or record is None:
            continue
        if decision.kind == Kind.RECOUNTED or not surveying.is_readable_from_within(record, decision.look.codec):
            begun = ledger.begun(record.generation.id)
            origin = 0 if begun is None else begun.length
            found.decisions[place] = decision._replace(kind=Kind.RECOUNTED, origin=origin, limit=-1)


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


def read(
    ledger: Ledger,
    run: Run,
    tasks: Sequence[Task],
    job: Job,
    run_tasks: Backend,
    config: Config,
    progress: Progress | None,
) -> committing.Known:
    """Read what was planned, on other machines or on this one; returns the results, but for the tables."""
    begin = partial(run_tasks, process, job, tasks, config.workers)
    return work(ledger, run, tasks, job.specs, begin, config, progress)


def work(
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


# ---- books -------------------------------------------------------------------------------------------------------


def books_of(ledger: Ledger, run: Run, found: Survey, known: committing.Known) -> Books:
    """Return what became of every file: in this run, and in those before it that were not reported."""
    books = Books(found.files, found.idle_entry)
    place_of = _places(ledger, found)
    for done, task, became, places in _stored(ledger, run, known, place_of):
        _enter(books, task, became, places, only_counted=done.number != run.number)
    generation_of = {place: generation for generation, place in place_of.items()}
    books.continue_after(generation_of, partial(_lines_before, ledger))
    return books


def _lines_before(ledger: Ledger, generation: int, offset: int) -> int:
    """Count the lines of a generation before an offset, those included that are counted as another's."""
    begun = ledger.begun(generation)
    lines = ledger.lines_before(generation, offset)
    return lines if begun is None else lines + begun.lines


def _places(ledger: Ledger, found: Survey) -> dict[int, int]:
    """Return where among the files those are that open runs have read, by generation."""
    numbers = {generation for done in ledger.open_runs() for generation, _ in ledger.wants(done.number).values()}
    return {d.generation: d.file for d in found.decisions if d.generation in numbers and d.kind != Kind.DUPLICATE}


def _stored(
    ledger: Ledger, run: Run, known: committing.Known, place_of: Mapping[int, int]
) -> Iterator[tuple[Run, Task, Partial | Failure, dict[int, int | None]]]:
    """Yield every stored result of every open run: run, task, what became of it, places by the numbers of its files."""
    for done in ledger.open_runs():
        places = {file: place_of.get(generation) for file, (generation, _) in ledger.wants(done.number).items()}
        mine = known if done.number == run.number else {}
        for members, _ in committing.results(ledger, done, mine, tables=False):
            for task, became in members:
                yield done, task, became, places


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
        elif _counts(became.files[at], only_counted=only_counted):
            books.credit(place, piece.start, became.files[at])


def _counts(result: FileResult, *, only_counted: bool) -> bool:
    return result.mark is not None or not only_counted


def join(
    rejects: BinaryIO, state_dir: str, ledger: Ledger, run: Run, found: Survey, known: committing.Known, books: Books
) -> int:
    """Write the rejected lines of what the books have to `--rejects`; returns how many are no longer there."""
    return rejected.join(rejects, state_dir, books, found.files, _counted(ledger, run, found, known))


def _counted(
    ledger: Ledger, run: Run, found: Survey, known: committing.Known
) -> Iterator[tuple[Run, Task, list[tuple[Piece, int, FileResult]]]]:
    for done, task, became, places in _stored(ledger, run, known, _places(ledger, found)):
        if isinstance(became, Failure):
            continue
        pieces = [
            (piece, place, result)
            for piece, result in zip(task.pieces, became.files, strict=True)
            if (place := places.get(piece.file)) is not None and _counts(result, only_counted=done.number != run.number)
        ]
        yield done, task, pieces
