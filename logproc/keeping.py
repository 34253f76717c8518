"""What people do with a ledger between runs: look into it, take counts out of it, hold it against the disk, report."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from logproc import __version__, counting, portions, questions, slicing, timestamps
from logproc.asking import Questions
from logproc.clock import now_text
from logproc.coverage import coverages
from logproc.errors import InputError, UsageError
from logproc.inputs import identity
from logproc.model import NO_TIME, Lines
from logproc.report_model import NO_BACKEND, FileEntry, Report, RunInfo
from logproc.rollup.outcome import report_table
from logproc.state.families import family_of
from logproc.state.matching import OLDER
from logproc.timestamps import WEEKDAYS, date_text, local_day, rfc3339, weekday

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from logproc.config import Config
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.state.rows import Record


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation as `state ls` shows it. `bytes` are decompressed ones that were counted."""

    number: int
    path: str
    status: str
    source: str
    host: str | None
    format: str | None
    codec: str
    bytes: int
    lines: Lines
    first_time: int | None
    last_time: int | None


def state_dir(config: Config) -> str:
    """Return the configured state folder; UsageError if there is none."""
    if config.state_dir is None:
        raise UsageError("which ledger? name its folder with --state DIR, or as state_dir in config.toml")
    return config.state_dir


def day_text(day: int) -> str | None:
    """Return a day as a date; None for lines without a time."""
    return None if day == NO_TIME else date_text(day)


def day_number(text: str) -> int:
    """Return the day of a date."""
    try:
        written = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date; write it as 2026-01-31") from error
    return timestamps.day_number(written.year, written.month, written.day)


# ---- looking -----------------------------------------------------------------------------------------------------


def listing(ledger: Ledger) -> list[Kept]:
    """Return all generations, by path."""
    present = {seen.generation for seen in ledger.seen().values()}
    counts, held = ledger.lines_by_generation(), ledger.all_held()
    kept = [
        Kept(
            number,
            record.generation.path,
            "present" if number in present else "gone",
            record.source,
            record.host,
            record.format,
            record.codec,
            record.generation.open_end,
            Lines(*counts.get(number, (0, 0, 0, 0))),
            record.first_time,
            record.last_time,
        )
        for number, record in ledger.records().items()
        if number not in held or number in present
    ]
    return sorted(kept, key=lambda row: (row.path, row.number))


def details(config: Config, ledger: Ledger, path: str) -> list[dict[str, Any]]:
    """Return what is known of the generations that lie, or were last seen, at a path; UsageError if there is none."""
    found = _at(ledger, path)
    return [_details(config, ledger, record) for record in found]


def _at(ledger: Ledger, path: str) -> list[Record]:
    whole = os.path.abspath(path)  # noqa: PTH100
    seen = ledger.seen().get(whole)
    records = ledger.records()
    numbers = {number for number, record in records.items() if record.generation.path == whole}
    if seen is not None and seen.generation is not None and seen.generation in records:
        numbers.add(seen.generation)
    if not numbers:
        raise UsageError(f"{path}: the ledger knows no such file; `logproc state ls` lists all")
    return [records[number] for number in sorted(numbers)]


def _days_of(ledger: Ledger, generation: int) -> set[int]:
    """Return the days of which lines of a generation are counted apart from those of other files."""
    specs = counting.definitions(ledger)
    days: set[int] = set()
    for number in ledger.parts_of(generation):
        mine = counting.of_files(piece.file for piece in ledger.pieces(number) if piece.generation == generation)
        for part in ledger.parts("id = ?", (number,)):
            days |= counting.days_in(specs, part, mine)
    return days


def _merged_days(config: Config, ledger: Ledger, record: Record) -> list[int]:
    """Return the days between the times of a generation that are merged, for its source and host, with others."""
    if record.first_time is None or record.last_time is None or not ledger.is_merged(record.generation.id):
        return []
    first, last = (local_day(time, config.timezone)[0] for time in (record.first_time, record.last_time))
    return [day for day in ledger.merged_days(record.source, record.host) if first <= day <= last]


def _details(config: Config, ledger: Ledger, record: Record) -> dict[str, Any]:
    g = record.generation
    return {
        "generation": g.id,
        "path": g.path,
        "source": record.source,
        "host": record.host,
        "format": record.format,
        "codec": record.codec,
        "offset": g.offset,
        "open_end": g.open_end,
        "crc32": f"{g.crc:08x}",
        "head": g.head.hex(),
        "tail": g.tail.hex(),
        "first_time": rfc3339(record.first_time) if record.first_time is not None else None,
        "last_time": rfc3339(record.last_time) if record.last_time is not None else None,
        "behind_holes": [[mark["start"], mark["end"]] for mark in ledger.ranges(g.id)],
        "days": [day_text(day) for day in sorted(_days_of(ledger, g.id))],
        "merged_days": [day_text(day) for day in _merged_days(config, ledger, record)],
        "lines": dict(zip(("read", "counted", "filtered", "rejected"), ledger.lines_of(g.id), strict=True)),
    }


# ---- taking out --------------------------------------------------------------------------------------------------


def forget(config: Config, ledger: Ledger, *, path: str | None, host: str | None, day: str | None) -> str:
    """Take the counts of a file, a host or a day out, exactly; returns what was done. UsageError if it is not there."""
    specs = counting.definitions(ledger)
    limit = config.limits.max_groups
    others = ""
    if day is not None:
        number = day_number(day)
        parts = list(ledger.parts("id IN (SELECT part FROM part_days WHERE day = ?)", (number,)))
        if not parts and number not in ledger.days():
            raise UsageError(f"{day}: nothing is counted for that day")
        with ledger.transaction():
            for part in parts:
                counting.take_out(ledger, specs, part, counting.of_days(number.__eq__))
            ledger.drop_totals(number)
        return f"{day}: not counted any more; the files stay as they are known, and are not read again"
    if host is not None:
        numbers = {n for n, record in ledger.records().items() if record.host == host}
        numbers |= ledger.generations_of_host(host)
        what = f"host {host}"
        others = _with_others(ledger, numbers, host)
    else:
        assert path is not None
        numbers = {record.generation.id for record in _at(ledger, path)}
        what = path
    if not numbers:
        raise UsageError(f"{what}: the ledger knows no such host; `logproc state ls` shows which there are")
    lost = [n for n in numbers if ledger.is_merged(n)]
    if lost:
        raise UsageError(
            f"{what}: days of it are older than compact_after and merged by day, so that they cannot be told apart; "
            f"nothing was changed. `logproc state forget --day D` takes out such a day as a whole"
        )
    with ledger.transaction():
        days = counting.uncount(ledger, specs, numbers)
        counting.add_up_again(ledger, specs, limit, sorted(days))
        for number in numbers:
            ledger.drop_generation(number)
    return f"{what}: not counted any more; what of it is still on disk is counted anew by the next run{others}"


def _with_others(ledger: Ledger, numbers: Iterable[int], host: str) -> str:
    """Say which files, now of another host, are counted anew as a whole because some of their lines are of this one."""
    records = ledger.records_of(numbers)
    paths = sorted({r.generation.path for r in records.values() if r.host != host and r.generation.open_end})
    return f"; so are all lines of {', '.join(paths)}, since some of them are of that host" if paths else ""


# ---- holding against the disk ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of comparing a file with the ledger: `verdict` is same, differs, gone or unreadable."""

    path: str
    verdict: str
    reason: str | None = None


def verify(ledger: Ledger) -> Iterator[Verified]:
    """Read every file that is counted up to its offset, and compare; what is wrong with the database comes first."""
    for problem in ledger.check():
        yield Verified(ledger.path, "differs", problem)
    records = ledger.records()
    for path, seen in sorted(ledger.seen().items()):
        record = records.get(seen.generation or 0)
        if record is None or seen.kind == "duplicate":
            continue
        yield _verified(path, record, ledger.earlier(family_of(path)) if seen.reason == OLDER else {})


def _verified(path: str, record: Record, ends: Mapping[tuple[int, int], int]) -> Verified:
    g = record.generation
    if not os.path.exists(path):  # noqa: PTH110
        return Verified(path, "gone", "it is not there any more; its counts stay")
    try:
        content = identity.read_through(path, (g.offset,))
    except InputError as error:
        return Verified(path, "unreadable", error.reason)
    if content.crcs.get(g.offset) == g.crc:
        return Verified(path, "same")
    if (content.length, content.crc) in ends:
        return Verified(path, "same", OLDER)
    short = content.length < g.offset
    reason = "it is shorter than what was counted" if short else "what was counted is not what is there now"
    return Verified(path, "differs", f"{reason}: changed since the last run, which the next one looks into")


# ---- reporting ---------------------------------------------------------------------------------------------------


def choice_of(config: Config, hosts: tuple[str, ...], sources: tuple[str, ...]) -> counting.Choice:
    """Return which counts are asked for; UsageError for times that are no midnights."""
    since, until = (_day_of(config, name, getattr(config, name)) for name in ("since", "until"))
    return counting.Choice(since, until, frozenset(hosts), frozenset(sources))


def _day_of(config: Config, option: str, instant: int | None) -> int | None:
    if instant is None:
        return None
    day, clock = local_day(instant, config.timezone)
    if clock:
        raise UsageError(
            f"--{option}: a ledger counts by days of {config.timezone}; name a date, yesterday, today or a weekday"
        )
    return day


def night(config: Config, ledger: Ledger, day: int) -> Report:
    """Return the report of one day in a ledger; UsageError if nothing was counted for it."""
    days = ledger.days()
    if day not in days:
        known = [text for text in map(day_text, days) if text is not None]
        between = f"it has days from {known[0]} to {known[-1]}" if known else "it has no days"
        raise UsageError(f"the ledger has no counts of {day_text(day)}; {between}")
    return report(config, ledger, counting.Choice(day, day + 1, frozenset(), frozenset()))


def last_night(config: Config, ledger: Ledger) -> int:
    """Return the last whole day in a ledger: today goes on, and is taken only where there is no other."""
    days = [day for day in ledger.days() if day != NO_TIME]
    if not days:
        raise UsageError("the ledger has no counts yet; `logproc run` with state_dir makes them")
    today, _ = local_day(time.time_ns() // 1000, config.timezone)
    return max((day for day in days if day < today), default=days[-1])


def same_weekday(ledger: Ledger, day: int) -> int:
    """Return the last day before this one that is the same day of the week; UsageError if there is none."""
    found = [other for other in ledger.days() if other != NO_TIME and other < day and (day - other) % 7 == 0]
    if not found:
        raise UsageError(f"the ledger has no {WEEKDAYS[weekday(day)]} before {day_text(day)}")
    return max(found)


def report(config: Config, ledger: Ledger, choice: counting.Choice, *, with_slices: bool = False) -> Report:
    """Return the report of counts in a ledger, with those of single hosts and sources if wanted: no log is read."""
    started = now_text()
    wanted = _wanted(config, ledger)
    _require_known(ledger, choice)
    found = counting.tables(ledger, {key: spec for key, spec, _ in wanted}, config.limits.max_groups, choice)
    reports, verdicts = [], []
    covered = coverages(ledger, [key for key, _, _ in wanted])
    for (key, spec, check), covers in zip(wanted, covered, strict=True):
        table = found[key]
        table.spec = spec
        finished = replace(report_table(table), coverage=covers)
        if check is None:
            reports.append(finished)
        else:
            verdicts.append(questions.judge(check, finished))
    if choice == counting.EVERYTHING:
        files = tuple(map(_entry, listing(ledger)))
    else:
        files = portions.entries(ledger, {key: spec for key, spec, _ in wanted}, choice, config.timezone)
    shown = [(key, spec) for key, spec, check in wanted if check is None]
    since, until = config.since, config.until
    info = RunInfo(
        uuid.uuid4().hex,
        __version__,
        started,
        now_text(),
        NO_BACKEND,
        0,
        None if since is None else rfc3339(since),
        None if until is None else rfc3339(until),
    )
    sliced = slicing.slices(ledger, shown, config.limits.max_groups, choice) if with_slices else ()
    return Report(info, files, tuple(reports), tuple(verdicts), slices=sliced)


def uncounted(config: Config, ledger: Ledger) -> list[str]:
    """Return the names of reports that a ledger has never counted, as `report` leaves them out beside others."""
    asked = Questions(config)
    missing = asked.names_without(ledger.specs())
    return missing if len(missing) < len(asked.reports) else []


def _wanted(config: Config, ledger: Ledger) -> list[tuple[str, RollupSpec, Any]]:
    """Return what is reported, with its key, and the check where it is one: what is asked for and was ever counted."""
    asked = Questions(config)
    known = ledger.specs()
    checks: list[Any] = [None] * len(asked.reports) + list(config.checks)
    specs = (*asked.reports, *asked.checks)
    missing = asked.names_without(known)
    if missing and config.reports:
        raise UsageError(
            f"{', '.join(missing)}: never counted as it is asked now; `logproc run --rebuild NAME` counts it for what "
            f"is still on disk. There are {', '.join(sorted({name for name, _ in known.values()})) or 'none'}"
        )
    wanted = [row for row in zip(asked.keys, specs, checks, strict=True) if row[0] in known]
    if any(check is None for _, _, check in wanted):
        return wanted
    return [(key, spec, None) for key, spec in counting.definitions(ledger).items()]


def _require_known(ledger: Ledger, choice: counting.Choice) -> None:
    """Raise UsageError for hosts and sources that nothing was counted for: a mistyped name is not an empty report."""
    for wanted, column, option in ((choice.hosts, "host", "--host"), (choice.sources, "source", "--source")):
        known = ledger.distinct(column)
        for name in sorted(wanted - known):
            there = ", ".join(sorted(filter(None, known)))
            hint = f"there are {there}" if there else f"no {column} is known: a [[source]] of config.toml gives one"
            raise UsageError(f"{option} {name}: nothing is counted for it; {hint}")


def _entry(kept: Kept) -> FileEntry:
    return portions.kept_entry(
        kept.path,
        source=kept.source,
        host=kept.host,
        record=kept,
        size=kept.bytes,
        lines=kept.lines,
        reason=None if kept.status == "present" else portions.GONE,
    )
