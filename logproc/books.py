"""The books of a run: what became of every file and every line, added up from the results of pieces.

Every line read is counted, filtered or rejected; `close` checks that for each file, in every run.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from logproc.errors import AccountingError
from logproc.model import SAMPLES, Failure, FileResult, Lines, LogFile, Parts, Reject
from logproc.report_model import FileEntry, Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logproc.model import Partial, Task

SPANS = 4
"""Lost ranges of a file that are named, of those with one cause."""


class Books:
    """Results by file, in the order of their ranges."""

    def __init__(self, files: Sequence[LogFile], idle: Callable[[int], FileEntry] | None = None) -> None:
        self._files = files
        self._idle = idle  # returns the entry of a file that is not read
        self._results: list[list[tuple[int, FileResult]]] = [[] for _ in files]
        self._lost: dict[int, dict[str, list[tuple[int, int]]]] = {}  # ranges by cause, by file; -1 is the end
        self._generations: Mapping[int, int] = {}  # what the ledger has files as
        self._before: dict[int, int] = {}  # lines of a file that earlier runs have read and reported

    def enter(self, task: Task, outcome: Partial | Failure | Parts) -> None:
        """Enter what became of a task."""
        if isinstance(outcome, Parts):
            for part, became in outcome.outcomes:
                self.enter(part, became)
        elif isinstance(outcome, Failure):
            self.lose(task, outcome)
        else:
            self.add(task, outcome.files)

    def add(self, task: Task, results: Sequence[FileResult]) -> None:
        """Enter the results of a task."""
        for piece, result in zip(task.pieces, results, strict=True):
            self._results[result.file].append((piece.start, result))

    def credit(self, number: int, start: int, result: FileResult) -> None:
        """Enter a stored result, of this run or of an earlier one that was not reported."""
        self._results[number].append((start, result))

    def continue_after(self, generations: Mapping[int, int], lines_before: Callable[[int, int], int]) -> None:
        """Let the line numbers of each file go on: `lines_before(generation, offset)` counts what was read before."""
        self._generations = generations
        for number, results in enumerate(self._results):
            start = min((start for start, _ in results), default=0)
            if start > 0:
                self._before[number] = lines_before(generations[number], start)

    def lose(self, task: Task, failure: Failure) -> None:
        """Enter a task that could not be done."""
        for piece in task.pieces:
            self._lost.setdefault(piece.file, {}).setdefault(failure.cause, []).append((piece.start, piece.end))

    def lines_before(self, task: Task) -> dict[tuple[int, int], int]:
        """Count, for each piece of a task, the lines of its file that stand before it."""
        return {(piece.file, piece.start): self.before(piece.file, piece.start) for piece in task.pieces}

    def before(self, number: int, start: int) -> int:
        """Count the lines of a file that stand before the piece that begins at `start`."""
        read = sum(result.lines.read for begin, result in self._results[number] if begin < start)
        return self._before.get(number, 0) + read

    def close(self) -> tuple[FileEntry, ...]:
        """Return an entry per file; AccountingError if lines do not add up."""
        return tuple(self._entry(number, file) for number, file in enumerate(self._files))

    def _entry(self, number: int, file: LogFile) -> FileEntry:
        found = self._results[number]
        results = [result for _, result in (sorted(found, key=_start) if len(found) > 1 else found)]
        if not results and self._idle is not None and number not in self._lost:
            return self._idle(number)
        lines, reasons, samples = _added(results, self._before.get(number, 0))
        if not lines.balanced():
            raise AccountingError(file.path, lines.read, lines.counted, lines.filtered, lines.rejected)
        problem = file.problem or self._losses(number) or next((r.problem for r in results if r.problem), None)
        first = results[0] if results else None
        times = [r for r in results if r.first_time is not None and r.last_time is not None]
        lost = file.problem is not None or number in self._lost or not results
        return FileEntry(
            path=file.path,
            source=file.source,
            format=None if first is None else first.format,
            confidence=0.0 if first is None or first.format is None else first.confidence,
            codec=None if first is None else first.codec,
            bytes_stored=file.size,
            bytes_read=sum(r.bytes_read for r in results),
            lines=lines,
            status="duplicate" if file.same_as else "failed" if lost or _failed(results) else "read",
            reason=problem,
            first_time=min((r.first_time for r in times if r.first_time is not None), default=None),
            last_time=max((r.last_time for r in times if r.last_time is not None), default=None),
            rejected_by_reason=reasons,
            samples=samples,
            host=file.host,
            mtime_ns=file.mtime_ns,
            opened=_opened(self._generations.get(number, 0), results),
        )

    def _losses(self, number: int) -> str | None:
        """Name the ranges of a file that were lost, and why."""
        causes = self._lost.get(number)
        if causes is None:
            return None
        return "; ".join(f"bytes {_spans(found)} were lost: {cause}" for cause, found in causes.items())


_start = itemgetter(0)


def _spans(ranges: Sequence[tuple[int, int]]) -> str:
    """Say which bytes ranges make up, those that touch as one; the first `SPANS` of them."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    named = [f"from {start} {'on' if end < 0 else f'to {end}'}" for start, end in joined[:SPANS]]
    more = len(joined) - len(named)
    return " and ".join([*named, f"{more} more ranges" if more > 1 else "1 more range"] if more else named)


def _opened(generation: int, results: Sequence[FileResult]) -> Opened | None:
    """Return where a file was read from, and what stood open behind all of it; None where no ledger asks."""
    marks = [result.mark for result in results if result.mark is not None]
    if not marks:
        return None
    last = marks[-1]
    return Opened(generation, marks[0].start, last.open_start, last.end - last.open_start, last.open_lines)


def _failed(results: Sequence[FileResult]) -> bool:
    """Tell whether nothing of a file could be used, for a reason."""
    return any(r.skipped for r in results) or all(r.problem is not None and r.format is None for r in results)


def _added(results: Sequence[FileResult], before: int) -> tuple[Lines, dict[str, int], tuple[Reject, ...]]:
    """Add up lines, reasons and samples; sample lines get their number in the file, from 1, behind those `before`."""
    if len(results) == 1 and not results[0].rejected_by_reason and not results[0].samples:
        return results[0].lines, {}, ()  # of ten thousand small files most are so
    lines = Lines()
    reasons: dict[str, int] = {}
    samples: list[Reject] = []
    for result in results:
        samples.extend(
            Reject(before + lines.read + sample.line + 1, sample.offset, sample.reason, sample.raw)
            for sample in result.samples[: SAMPLES - len(samples)]
        )
        lines = lines + result.lines
        for reason, count in result.rejected_by_reason.items():
            reasons[reason] = reasons.get(reason, 0) + count
    return lines, dict(sorted(reasons.items())), tuple(samples)
