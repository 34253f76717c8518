"""What the figures of a page are held against: days with days, weeks with weeks, months with months, out of a ledger.

A ledger only grows. All of it against all of it as it was a night ago says +0.3 %, however bad the day was; a week of
three days against one of seven says -57 %, however good they were. So only whole days are compared, with as many.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logproc import counting
from logproc.asking import Questions
from logproc.model import NO_TIME
from logproc.report.since import are_values
from logproc.report_model import Before, Comparison
from logproc.rollup.outcome import report_table
from logproc.timestamps import DAY, HOUR, civil, date_text, day_number, local_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.config import Config
    from logproc.report_model import ReportTable
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Record

WEEK = 7


@dataclass(frozen=True, slots=True)
class Days:
    """Days since 1970-01-01 from `first` to before `end`; `name` is what they are to those that they stand against."""

    first: int
    end: int
    name: str = ""

    def __str__(self) -> str:
        first, last = date_text(self.first), date_text(self.end - 1)
        return first if first == last else f"{first} to {last}"


def compared(
    config: Config, ledger: Ledger, choice: counting.Choice = counting.EVERYTHING, *, now_ns: int | None = None
) -> Comparison:
    """Return what the figures of a report are held against; nothing where no earlier days were counted as a whole."""
    today, _ = local_day((time.time_ns() if now_ns is None else now_ns) // 1000, config.timezone)
    days = [day for day in ledger.days() if day != NO_TIME]
    records = list(ledger.records().values())
    begin = _first_whole_day(config, records, choice, days)
    end = min(today, _end_of_whole_days(config, records, choice, days))
    part, others = periods(choice.since, choice.until, days, begin, end)
    if part is None or not others:
        return Comparison()
    is_all = (part.first, part.end) == (choice.since, choice.until)
    return Comparison(
        f"{part} against {' and '.join(map(str, others))}",
        "" if is_all else _named(part),
        () if is_all else _figures(config, ledger, choice, part),
        tuple(Before(other.name, _figures(config, ledger, choice, other)) for other in others),
    )


def _named(part: Days) -> str:
    count = part.end - part.first
    return f"on {part}" if count == 1 else f"in {count} whole days"


def periods(
    since: int | None, until: int | None, days: Sequence[int], begin: int, today: int
) -> tuple[Days | None, tuple[Days, ...]]:
    """Return the days that a report of [since, until) is judged by, and those that they are held against.

    `days` have counts, of which the first whole one is `begin`; `today` is not over, or not counted to its end.
    A report without a beginning is judged by its last whole day.
    """
    end = today if until is None else min(until, today)
    if since is None:
        found = [day for day in days if day < end]
        if not found:
            return None, ()
        since, until, end = found[-1], found[-1] + 1, found[-1] + 1
    if end <= since:
        return None, ()
    steps = _steps(since, end if until is None else until)
    parts = [_aligned(Days(since, end), first, name, begin) for first, name in steps]
    pairs = [(part, other) for part, other in parts if any(other.first <= day < other.end for day in days)]
    return (pairs[0][0], tuple(other for _, other in pairs)) if pairs else (None, ())


def _steps(since: int, until: int) -> tuple[tuple[int, str], ...]:
    """Return the first days of the times before that days are compared with, and what these are called."""
    year, month, day = civil(since)
    if day == 1 and until == day_number(year + month // 12, month % 12 + 1, 1):
        return ((day_number(year - (month == 1), (month - 2) % 12 + 1, 1), "month before"),)
    count = until - since
    if count == 1:
        return ((since - 1, "day before"), (since - WEEK, "week before"))
    return ((since - count, "week before" if count == WEEK else f"{count} days before"),)


def _aligned(part: Days, first: int, name: str, begin: int) -> tuple[Days, Days]:
    """Return days and as many earlier ones, without those of which the earlier one was not counted as a whole."""
    missing = max(0, begin - first)
    other = Days(first + missing, min(first + part.end - part.first, part.first), name)
    return replace(part, first=part.first + missing), other


def _first_whole_day(config: Config, records: Sequence[Record], choice: counting.Choice, days: Sequence[int]) -> int:
    """Return the first day that was counted from its beginning: the one on which logs begin mostly was not."""
    firsts = [record.first_time for record in records if record.first_time is not None and choice.has_file(record)]
    day, clock = local_day(min(firsts), config.timezone) if firsts else (0, 0)
    return max(
        day + (clock > HOUR), days[0] if days else 0
    )  # of older days than those counted, whole ones were dropped


def _end_of_whole_days(config: Config, records: Sequence[Record], choice: counting.Choice, days: Sequence[int]) -> int:
    """Return the day behind the last one that was counted to its end: logs that come late end somewhere in a day.

    A host is no measure of that: one that falls silent has few lines on a whole day. Where no file is known to have a
    time, all days that have counts are taken for whole ones.
    """
    lasts = [
        record.last_time
        for record in records
        if record.last_time is not None and (not choice.sources or record.source in choice.sources)
    ]
    if not lasts:
        return days[-1] + 1 if days else 0
    day, clock = local_day(max(lasts), config.timezone)
    return day + (clock >= DAY - HOUR)


def _figures(config: Config, ledger: Ledger, choice: counting.Choice, days: Days) -> tuple[ReportTable, ...]:
    """Return the reports of one row for some days: those that a page has on its tiles."""
    asked, known = Questions(config), counting.definitions(ledger)
    keys = asked.known_to(ledger) or asked.keys
    specs = {key: spec for key in keys if (spec := known.get(key)) is not None and are_values(spec.outputs)}
    span = replace(choice, since=days.first, until=days.end)
    found = counting.tables(ledger, specs, config.limits.max_groups, span)
    return tuple(map(report_table, found.values()))
