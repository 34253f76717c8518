"""Reports by the calendar: each night's is kept, those of weeks and months are merged from what the ledger holds.

So are, where they are asked for, the reports of single hosts and sources, each of everything that is kept.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from datetime import datetime
from json import loads
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc import counting, earlier, keeping, restored
from logproc.errors import OutputError, UsageError
from logproc.report import calendar, json, nights, summary
from logproc.report.coverage import coverage
from logproc.report.files import write_atomically
from logproc.rollup.slots import MOST_DAYS
from logproc.state.ledger import Ledger
from logproc.timestamps import DAY, civil, date_text, day_number, local_day, parse_time, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.config import Config
    from logproc.report.calendar import Choices
    from logproc.report_model import Comparison, Report

FOLDERS = {"host": "hosts", "source": "sources"}
"""Where the reports of single hosts and sources lie."""

FIRST_DAY, LAST_DAY = day_number(1, 1, 8), MOST_DAYS - 1
"""A log may claim any time; reports are kept of weeks and months that calendars have and slots tell apart."""

_PARTS = re.compile(r"([^0-9]*)0*([0-9]*)")
"""What a name has before each of its numbers, and the numbers."""

Span: TypeAlias = tuple[str, str, int, int]
"""What a report is of: folder, name, first day, and the day behind the last one."""

MOST_DAYS_BEFORE = 31
"""Days before the first night that get a report of their own: the latest ones."""

MOST_PAGES = 100
"""Hosts, or sources, that get a report of their own: those with the most lines."""


def write(
    report: Report, config: Config, folder: str, *, now: datetime | None = None, is_restored: bool = False
) -> None:
    """Keep the report of this night, renew the others that it changed, and the index of all.

    With `is_restored` the ledger is older than the reports, and those that are replaced are kept aside.
    """
    now_ns = time.time_ns() if now is None else int(now.timestamp()) * 1_000_000_000
    today, _ = local_day(now_ns // 1000, config.timezone)
    night = date_text(today)
    aside = restored.set_aside(folder, night) if is_restored else None
    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        slices = {by: _in_order(ledger.most_lines(by, MOST_PAGES)) for by in FOLDERS if by in config.output.pages}
        names = [(FOLDERS[by], [name for name, _ in found]) for by, found in slices.items()]
        choices = calendar.choices(names)
        compared = earlier.compared(config, ledger, now_ns=now_ns)
        _write_days_before(ledger, config, folder, night, choices, now_ns)  # first: the night's page leads to them
        around = calendar.around(folder, [(kind, name) for kind, name, _, _ in _spans(today)])
        kept = replace(report, slices=())  # many pages are kept, and they lead to those of hosts
        before = _before(os.path.join(folder, "nights", f"{night}.json"))  # noqa: PTH118
        if not _is_told(kept, before):
            whole = kept if is_restored else _of_night(kept, before, ledger, rebuilt=bool(config.rebuild))
            trouble = _trouble(whole, config, now_ns // 1000)
            place = os.path.join(folder, "nights")  # noqa: PTH118
            _write(whole, config, place, night, compared, [*around, *choices], trouble=trouble)
        _write_spans(ledger, config, folder, choices, now_ns)
        for by, found in slices.items():
            _write_slices(ledger, config, os.path.join(folder, FOLDERS[by]), by, found, now_ns)  # noqa: PTH118
    calendar.write_index(folder, names)
    if aside is not None:
        restored.drop_unchanged(folder, aside)


def _in_order(found: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Return names as people look for them, web2 before web10: by lines, their order changes from night to night."""
    return sorted(found, key=lambda each: ([(text, len(n), n) for text, n in _PARTS.findall(each[0])], each[0]))


def _write_spans(ledger: Ledger, config: Config, folder: str, choices: Choices, now_ns: int) -> None:
    """Write the reports of weeks and months that are not there, or that the last run changed."""
    spans = sorted({span for day in _days(ledger) for span in _spans(day)})
    _write_stale(ledger, config, folder, spans, choices, now_ns)


def _write_days_before(ledger: Ledger, config: Config, folder: str, night: str, choices: Choices, now_ns: int) -> None:
    """Write the reports of the last days before the first night that is kept: the calendar would have none for them."""
    first = calendar.first_night(folder, night)
    days = [day for day in _days(ledger) if date_text(day) < first][-MOST_DAYS_BEFORE:]
    _write_stale(ledger, config, folder, [("days", date_text(day), day, day + 1) for day in days], choices, now_ns)


def _days(ledger: Ledger) -> list[int]:
    return sorted(day for day in ledger.days() if FIRST_DAY <= day <= LAST_DAY)


def _write_stale(
    ledger: Ledger, config: Config, folder: str, spans: Sequence[Span], choices: Choices, now_ns: int
) -> None:
    """Write the reports of spans that are not there, or that the last run changed."""
    stale = set(ledger.days_of_run())
    for kind, name, low, high in spans:
        path = os.path.join(folder, kind)  # noqa: PTH118
        if not _is_kept(path, name) or any(low <= day < high for day in stale):
            choice = counting.Choice(low, high)
            compared = earlier.compared(config, ledger, choice, now_ns=now_ns)
            _write(keeping.report(config, ledger, choice), config, path, name, compared, choices)


def _write_slices(
    ledger: Ledger, config: Config, folder: str, by: str, found: Sequence[tuple[str, bool]], now_ns: int
) -> None:
    """Write the reports of single hosts, or sources, that are not there, or that the last run changed."""
    names = [name for name, _ in found]
    for name, is_new in found:
        if is_new or not _is_kept(folder, calendar.file_name(name)):
            one = frozenset({name})
            choice = counting.Choice(hosts=one) if by == "host" else counting.Choice(sources=one)
            row = calendar.choices([(FOLDERS[by], names)], chosen=name)
            compared = earlier.compared(config, ledger, choice, now_ns=now_ns)
            _write(
                keeping.report(config, ledger, choice), config, folder, calendar.file_name(name), compared, row, name
            )


def _before(path: str) -> dict[str, Any]:
    """Return what an earlier run of the same night said, as JSON has it; empty where there is none to be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            found = loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_told(report: Report, before: dict[str, Any]) -> bool:
    """Tell whether a run without news says nothing that the report of the same night does not say already."""
    if report.lines.read or any(entry.status not in nights.WITHOUT_NEWS for entry in report.files):
        return False
    now = loads(json.render(report))
    return all(before.get(part) == now[part] for part in ("reports", "checks"))


def _of_night(report: Report, before: dict[str, Any], ledger: Ledger, *, rebuilt: bool) -> Report:
    """Return a report with what earlier runs of the same night read, be its checks and reports the same or not.

    A run that was killed before it was marked as reported is in the kept report and in the books of the next one; a
    report that is rebuilt reads again what was counted for others.
    """
    if not before:
        return report
    try:
        runs = nights.Earlier(before, overlap=rebuilt)
        opened = ledger.oldest_open()
        if opened is not None and datetime.fromisoformat(opened) <= runs.finished:
            runs = runs._replace(overlap=True)
        return nights.together(runs, report)
    except (KeyError, TypeError, ValueError):  # somebody else's file of that name
        return report


def _trouble(report: Report, config: Config, now: int) -> str:
    """Say in a few words what needs a look in a night; a hole that ended two days before the last line is old."""
    last = max((entry.last_time or 0 for entry in report.files), default=0)
    since = min(now, last or now) - 2 * DAY
    said = [message.text for message in summary.problems(report, config.max_reject_ratio, config.paths)]
    found = () if report.coverage is None else coverage(report.coverage, report.files).beside(said)
    new = [each for each in found if each.until is None or (parse_time(each.until) or 0) > since]
    return summary.trouble(report, len(said), len(new))


def _is_kept(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, f"{name}.json"))  # noqa: PTH110, PTH118


def _spans(day: int) -> Iterator[Span]:
    """Yield the week and the month of a day."""
    monday = day - weekday(day)
    year, _, _ = civil(monday + 3)  # a week is of the year that its Thursday is of
    week = (monday + 3 - day_number(year, 1, 1)) // 7 + 1
    yield "weeks", f"{year:04d}-W{week:02d}", monday, monday + 7
    year, month, _ = civil(day)
    first = day_number(year, month, 1)
    yield "months", f"{year:04d}-{month:02d}", first, day_number(year + month // 12, month % 12 + 1, 1)


def _write(
    report: Report,
    config: Config,
    folder: str,
    name: str,
    compared: Comparison,
    choices: Choices,
    title: str = "",
    trouble: str | None = None,
) -> None:
    """Write a report as JSON and, with jinja2, as a page. With a title it is no member of a row in time."""
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
    path = os.path.join(folder, name)  # noqa: PTH118
    write_atomically(f"{path}.json", json.render(report, trouble=trouble))
    try:
        from logproc.report import html  # noqa: PLC0415

        place = calendar.alone(title, choices) if title else calendar.links(folder, name, choices)
        page = html.render(report, config.max_reject_ratio, config.paths, links=place, compared=compared)
    except UsageError:
        return  # jinja2 is not installed: the JSON is there
    write_atomically(f"{path}.html", page)
    if not title:
        calendar.lead_on(folder, name)
