"""Which steps of a report over time are not whole: logs begin, and end, within an hour, a day or a month.

The last of such steps looks like a collapse, and is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from logproc.report import figures, within
from logproc.report.within import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logproc.report.figures import Axis, Chart
    from logproc.report_model import FileEntry, ReportTable

NAMES = {HOUR: "hour", DAY: "day"}
"""What a step of so many seconds is called."""

WHOLE = 0.9
"""Share of a step from which on it counts as whole: most logs are not written to the last second."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Seconds since 1970 of the first and the last line, None where they are not known."""

    first: float | None = None
    last: float | None = None


NOWHERE = Ends()


def ends_of(tables: Sequence[ReportTable], files: Iterable[FileEntry]) -> dict[str, Ends]:
    """Return where the lines of each report begin and end, by its name.

    The files say so; where logs of other kinds go further, a report with finer steps that counts the same rows.
    """
    whole, finer = of_files(files), within.finer(tables)
    return {table.name: _narrowed(whole, finer.get(table.name, ())) for table in tables}


def of_files(files: Iterable[FileEntry]) -> Ends:
    """Return where the lines of files begin and end."""
    times = [(entry.first_time, entry.last_time) for entry in files]
    firsts = [first / 1e6 for first, _ in times if first is not None]
    lasts = [last / 1e6 for _, last in times if last is not None]
    return Ends(min(firsts, default=None), max(lasts, default=None))


def files_of(files: Iterable[FileEntry], source: str, host: str) -> tuple[FileEntry, ...]:
    """Return the files with lines of a source and a host, where "" is any.

    A file whose lines say themselves whose they are may have lines of every host.
    """
    return tuple(
        entry for entry in files if (not source or entry.source == source) and (not host or entry.host in {None, host})
    )


def _narrowed(whole: Ends, spans: Iterable[tuple[int, int]]) -> Ends:
    first, last = whole.first, whole.last
    for begin, end in spans:
        first = begin if first is None else max(first, begin)
        last = end if last is None else min(last, end)
    return Ends(first, last)


def charts(table: ReportTable, ends: Ends) -> tuple[Chart, ...]:
    """Return the charts of a report, with what of their first and last steps is not there."""
    return tuple(replace(chart, axis=marked(chart.axis, ends)) for chart in figures.charts(table))


def marked(axis: Axis, ends: Ends) -> Axis:
    """Return an axis that knows from when on its first step, and until when its last one, has lines."""
    if len(axis.seconds) < 2:
        return axis
    step = min(after - before for before, after in pairwise(axis.seconds))
    low, high = axis.seconds[0], axis.seconds[-1]
    begun = ends.first is not None and low + (1 - WHOLE) * step < ends.first < low + step
    is_open = ends.last is not None and high <= ends.last < high + WHOLE * step
    return replace(
        axis,
        begun=_clock(ends.first, step) if begun else "",
        until=_clock(ends.last, step) if is_open else "",
        step=NAMES.get(round(step), "step"),
    )


def noted(axis: Axis) -> str:
    """Say which steps are not whole: `first day from 10:05, last day until 21:05`; nothing where all are."""
    parts = [f"first {axis.step} from {axis.begun}"] if axis.begun else []
    return ", ".join([*parts, *([f"last {axis.step} until {axis.until}"] if axis.until else [])])


def _clock(second: float | None, step: float) -> str:
    moment = datetime.fromtimestamp(second or 0, UTC)
    return f"{moment:%H:%M}" if step <= DAY else f"{moment:%Y-%m-%d}"
