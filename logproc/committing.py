"""The end of an incremental run: results become counts and offsets, in one transaction.

A run that was killed is finished by the next one in the same way, with the results that it had stored: what they say
is counted, and no range of them is read again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc import plans
from logproc.counting import Counted, add_up_again, definitions, enter, enter_rebuilt, uncount
from logproc.errors import MergeError
from logproc.inputs.identity import crc32_combine
from logproc.model import Failure, Folded, Lines, Mark, Parts
from logproc.rollup.dumping import load
from logproc.rollup.packing import pack, unpack
from logproc.state import failpoints
from logproc.state.families import family_of
from logproc.state.ledger import COMMITTED, REPORTED
from logproc.state.rows import CountedPiece
from logproc.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logproc.model import FileResult, Outcome, Partial, Task
    from logproc.rollup.spec import RollupSpec
    from logproc.state.generations import Begun, Generation
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Record, Run
    from logproc.surveying import Survey

PARTS_A_TASK = 1 << 12
"""Results of a task that was cut are numbered within it."""

Entry = tuple["Task", "Partial | Failure"]

Known: TypeAlias = "Mapping[int, list[Entry]]"
"""Results by their numbers that this process has stored itself: they need not be decoded."""


def entries(
    specs: Sequence[RollupSpec], tasks: Sequence[Task], outcome: Outcome
) -> Iterator[tuple[int, list[Entry], tuple[bytes, ...]]]:
    """Yield what is kept of an outcome: a number, tasks with what became of each, and the tables of them together.

    What a worker elsewhere returned and cannot be used costs its tasks, never the run.
    """
    number = outcome.task * PARTS_A_TASK
    if isinstance(outcome, Folded):
        members = [entry for member in outcome.outcomes for entry in _flat(tasks, member)]
        yield number, *_usable_entries(specs, members, outcome.tables)
    else:
        for place, (task, became) in enumerate(_flat(tasks, outcome)):
            tables = () if isinstance(became, Failure) else became.tables
            yield number + place, *_usable_entries(specs, [(task, became)], tables)


def _usable_entries(
    specs: Sequence[RollupSpec], members: list[Entry], tables: tuple[bytes, ...]
) -> tuple[list[Entry], tuple[bytes, ...]]:
    try:
        for task, became in members:
            _require_fitting(task, became)
        if tables:
            for spec, raw in zip(specs, tables, strict=True):
                load(spec, raw)
    except (MergeError, ValueError) as error:
        cause = f"what its worker returned cannot be used: {error}"
        return [(task, Failure(task.number, cause)) for task, _ in members], ()
    return [(task, _bare(became)) for task, became in members], tables


def _require_fitting(task: Task, became: Partial | Failure) -> None:
    if isinstance(became, Failure):
        return
    if [result.file for result in became.files] != [piece.file for piece in task.pieces]:
        raise MergeError("it has results of other files")


def _flat(tasks: Sequence[Task], outcome: Partial | Failure | Parts) -> list[Entry]:
    return list(outcome.outcomes) if isinstance(outcome, Parts) else [(tasks[outcome.task], outcome)]


def _bare(became: Partial | Failure) -> Partial | Failure:
    return became if isinstance(became, Failure) else replace(became, tables=())


def stored(number: int, members: list[Entry], tables: tuple[bytes, ...]) -> tuple[int, bytes, bytes]:
    """Return a result as the ledger keeps it."""
    return number, plans.codec().dumps(tuple(members)), pack(tables)


def restored(books: bytes) -> list[Entry]:
    """Return the tasks of a stored result, and what became of each."""
    return list(plans.codec().loads(books))


def results(ledger: Ledger, run: Run, known: Known, *, tables: bool) -> Iterator[tuple[list[Entry], bytes | None]]:
    """Yield the tasks of a run's results with what became of each, and their tables if these are asked for."""
    for number, books, raw in ledger.results(run.number, tables=tables):
        yield known[number] if number in known else restored(books), raw


@dataclass(slots=True)
class _Progress:
    """What a run found out about a generation."""

    record: Record
    recounted: bool
    results: list[FileResult] = field(default_factory=list)
    before: Record = field(init=False)  # as the last run left it

    def __post_init__(self) -> None:
        self.before = self.record

    def marks(self) -> list[Mark]:
        return [result.mark for result in self.results if result.mark is not None]


def commit(ledger: Ledger, run: Run, finished: str, max_groups: int, known: Known = MappingProxyType({})) -> set[int]:
    """Count what the results of a run say, inside the caller's transaction; returns generations not read in whole."""
    specs = definitions(ledger)
    wants = ledger.wants(run.number)
    records = ledger.records_of({generation for generation, _ in wants.values()})
    found = {g: _Progress(records[g], again) for g, again in wants.values() if g in records}
    kept = list(_usable(results(ledger, run, known, tables=True), run, wants, found))
    renewed = {g for g, progress in found.items() if progress.recounted and progress.marks()}
    wrong = uncount(ledger, specs, renewed) if renewed else set()
    for number in renewed:
        ledger.save_ranges(number, ())
        found[number].record = _emptied(found[number].record, ledger.begun(number))
    for number, progress in found.items():
        _drop_open_part(ledger, number, progress)
    add_up_again(ledger, specs, max_groups, sorted(wrong))
    totals = Totals(ledger, specs, max_groups)
    for counted in kept:
        enter(ledger, run.number, specs, totals, counted)
        failpoints.reach("in-final")
    totals.save()
    _advance(ledger, found)
    ledger.empty_results(run.number)
    ledger.set_status(run.number, COMMITTED, finished)
    return {number for number, progress in found.items() if not progress.marks()} | (ledger.holed() & found.keys())


def take_up(ledger: Ledger, found: Survey) -> None:
    """Let the counts of what files hold of others be theirs, at the place where it stands in them.

    They lie behind a hole where the last record before them stood open, which is read again, or where new lines are.
    """
    takers = list(found.takes_up())
    wanted = {number for taker in takers for number in (taker.generation or 0, *(held for held, _ in taker.held))}
    records = ledger.records_of(wanted)
    for decision in takers:
        assert decision.generation is not None
        record, others, marks = records[decision.generation], [], []
        for number, at in decision.held:
            g = records[number].generation
            others.append(records[number])
            marks.append(Mark(at, at + g.offset, g.crc, g.tail, g.tail_bytes, at + g.offset))
            ledger.move_pieces(g.id, decision.generation, at)
            ledger.add_held(g.id, decision.generation)
        moved, left = _moved_over(record.generation, marks)
        ledger.save_ranges(decision.generation, map(asdict_of, left))
        times = [time for one in (record, *others) for time in (one.first_time, one.last_time) if time is not None]
        first, last = min(times, default=None), max(times, default=None)
        ledger.save_generations([replace(record, generation=moved, first_time=first, last_time=last)])
        if _has_times(record):
            ledger.add_earlier(_ends(record.generation, decision.generation))


def commit_rebuilt(ledger: Ledger, run: Run, finished: str, max_groups: int) -> None:
    """Count what a run read again for some reports; offsets and lines are those that they were."""
    specs = definitions(ledger)
    wants = ledger.wants(run.number)
    records = ledger.records_of({generation for generation, _ in wants.values()})
    found = {g: _Progress(records[g], recounted=False) for g, _ in wants.values() if g in records}
    totals = Totals(ledger, specs, max_groups)
    for counted in _usable(results(ledger, run, {}, tables=True), run, wants, found):
        pieces = [
            replace(piece, end=max([piece.end, *(o.end for o in counted.opened if o.file == piece.file)]))
            for piece in counted.pieces
        ]
        silent = tuple(replace(piece, read=0, counted=0, filtered=0, rejected=0) for piece in pieces)
        enter_rebuilt(ledger, run.number, specs, totals, replace(counted, pieces=silent, opened=()))
    totals.save()
    ledger.forget_run(run.number)
    ledger.set_status(run.number, REPORTED, finished)


def _usable(
    kept: Iterable[tuple[list[Entry], bytes | None]],
    run: Run,
    wants: dict[int, tuple[int, bool]],
    found: dict[int, _Progress],
) -> Iterator[Counted]:
    """Yield what the results of a run counted, less what cannot be used; enters it in `found`."""
    for members, tables in kept:
        by_file: dict[int, list[FileResult]] = defaultdict(list)
        owners: dict[int, tuple[str, str | None]] = {}  # where files lay when they were read: they may have moved
        for task, became in members:
            for piece, result in () if isinstance(became, Failure) else zip(task.pieces, became.files, strict=True):
                by_file[result.file].append(result)
                owners[result.file] = piece.source, piece.host
        pieces: list[CountedPiece] = []
        opened: list[CountedPiece] = []
        for file, results in by_file.items():
            if file not in wants or wants[file][0] not in found:
                continue
            progress = found[wants[file][0]]
            # Rows of a file that was lost in part cannot be told apart from those of its other ranges in a task.
            if any(result.mark is None for result in results):
                continue
            progress.results.extend(results)
            marks = [result.mark for result in results if result.mark is not None]
            lines = sum((result.lines for result in results), Lines())
            apart = sum((mark.open_lines for mark in marks), Lines())
            whose = (file, wants[file][0], *owners[file])
            pieces.append(_piece(*whose, marks[0].start, marks[-1].open_start, _less(lines, apart)))
            opened.extend(
                _piece(*whose, mark.open_start, mark.end, apart) for mark in marks if mark.open_start < mark.end
            )
        if pieces and tables is not None:
            yield Counted(run.specs, tuple(unpack(tables)), tuple(pieces), tuple(opened))


def _piece(
    file: int, generation: int, source: str, host: str | None, start: int, end: int, lines: Lines
) -> CountedPiece:
    counts = (lines.read, lines.counted, lines.filtered, lines.rejected)
    return CountedPiece(file, generation, source, host, start, end, *counts)


def _less(lines: Lines, apart: Lines) -> Lines:
    return Lines(
        lines.read - apart.read,
        lines.counted - apart.counted,
        lines.filtered - apart.filtered,
        lines.rejected - apart.rejected,
    )


def _emptied(record: Record, begun: Begun | None) -> Record:
    """Return a generation of which nothing is counted, but for what another one has counted of its beginning."""
    at, crc = (0, 0) if begun is None else (begun.length, begun.crc)
    g = replace(record.generation, offset=at, tail=b"", tail_bytes=0, crc=crc, open_end=at, end_crc=crc, closed=True)
    return replace(record, generation=g, first_time=None, last_time=None)


def _drop_open_part(ledger: Ledger, number: int, progress: _Progress) -> None:
    """Drop what stood open at the end of a generation, if it was counted again."""
    g = progress.record.generation
    if g.open_end > g.offset and any(mark.start <= g.offset < mark.end for mark in progress.marks()):
        part = ledger.open_part(number)
        if part is not None:
            ledger.drop_part(part)


def _advance(ledger: Ledger, found: Mapping[int, _Progress]) -> None:
    """Move the offset of each generation over what was counted without a gap; what lies behind one is remembered."""
    holed = ledger.holed()
    moved: list[Record] = []
    ends: list[tuple[str, int, int, int]] = []
    for number, progress in found.items():
        marks = [mark for mark in progress.marks() if mark.start < mark.end]
        if number in holed:
            marks.extend(_mark(saved) for saved in ledger.ranges(number))
        g, left = _moved_over(progress.record.generation, sorted(marks, key=lambda mark: mark.start))
        if left or number in holed:
            ledger.save_ranges(number, map(asdict_of, left))
        if progress.before.generation.offset < g.offset and _has_times(progress.before):
            ends.extend(_ends(progress.before.generation, number))
        if g.offset == 0 and g.open_end == 0 and not left:
            ledger.drop_generation(number)
        else:
            moved.append(_with_facts(replace(progress.record, generation=g), progress.results))
    ledger.save_generations(moved)
    ledger.add_earlier(ends)


def _ends(g: Generation, number: int) -> Iterator[tuple[str, int, int, int]]:
    """Yield where what was counted of a generation ended: before and behind its last record, if that stood open."""
    yield family_of(g.path), g.offset, g.crc, number
    if g.open_end > g.offset:
        yield family_of(g.path), g.open_end, g.end_crc, number


def _has_times(record: Record) -> bool:
    """Tell whether what was counted has lines of several times: no log writes them once more."""
    return record.first_time is not None and record.first_time != record.last_time


def _moved_over(g: Generation, marks: Iterable[Mark]) -> tuple[Generation, list[Mark]]:
    """Return a generation whose offset is behind the marks that have no gap before them, and the other ones."""
    left: list[Mark] = []
    for mark in marks:
        if mark.start != g.offset or left:
            left.append(mark)
            continue
        crc = crc32_combine(g.crc, mark.crc, mark.open_start - mark.start)
        end_crc = crc32_combine(crc, mark.open_crc, mark.end - mark.open_start)
        g = replace(
            g,
            offset=mark.open_start,
            tail=mark.tail,
            tail_bytes=mark.tail_bytes,
            crc=crc,
            open_end=mark.end,
            end_crc=end_crc,
            closed=mark.closed,
        )
    return g, left


def _with_facts(record: Record, results: Sequence[FileResult]) -> Record:
    """Return a record with what results say of format and times."""
    if not results:
        return record
    first = [result.first_time for result in results if result.first_time is not None]
    last = [result.last_time for result in results if result.last_time is not None]
    named = next((result for result in results if result.format is not None), None)
    known = record if record.format is not None or named is None else named
    return replace(
        record,
        format=known.format,
        confidence=known.confidence,
        tried=known.tried,
        first_time=min([*first, *([] if record.first_time is None else [record.first_time])], default=None),
        last_time=max([*last, *([] if record.last_time is None else [record.last_time])], default=None),
        codec=results[-1].codec,
    )


def asdict_of(mark: Mark) -> dict[str, Any]:
    """Return a mark as plain data."""
    return {**asdict(mark), "tail": mark.tail.hex()}


def _mark(saved: dict[str, Any]) -> Mark:
    return Mark(**{**saved, "tail": bytes.fromhex(saved["tail"]), "open_lines": Lines(**saved["open_lines"])})
