"""Reports by the calendar: each night's is kept, those of weeks and months are merged from what the ledger holds."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from logproc import comparing, counting, keeping
from logproc.errors import OutputError, UsageError
from logproc.model import NO_TIME
from logproc.report import calendar, json
from logproc.report.files import write_atomically
from logproc.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.config import Config
    from logproc.model import Report, ReportTable

EPOCH = date(1970, 1, 1)


def write(report: Report, config: Config, folder: str, *, now: datetime | None = None) -> None:
    """Keep the report of this night, renew those of weeks and months that it changed, and the index of all."""
    night = (now or datetime.now(UTC)).astimezone(ZoneInfo(config.timezone)).date()
    nights = os.path.join(folder, "nights")  # noqa: PTH118
    _write(report, config, nights, night.isoformat(), _night_before(nights, night.isoformat()))
    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        days = [day for day in ledger.days() if day != NO_TIME]
        stale = set(ledger.days_of_run())
        for kind, name, first, behind in sorted({span for day in days for span in _spans(EPOCH + timedelta(days=day))}):
            path = os.path.join(folder, kind)  # noqa: PTH118
            low, high = (first - EPOCH).days, (behind - EPOCH).days
            kept = os.path.exists(os.path.join(path, f"{name}.json"))  # noqa: PTH110, PTH118
            if not kept or any(low <= day < high for day in stale):
                choice = counting.Choice(low, high)
                earlier = keeping.before(config, ledger, choice)
                _write(keeping.report(config, ledger, choice), config, path, name, earlier)
    calendar.write_index(folder)


def _spans(day: date) -> Iterator[tuple[str, str, date, date]]:
    """Yield the week and the month of a day: folder, name, first day, and the day behind the last one."""
    monday = day - timedelta(days=day.weekday())
    year, week, _ = day.isocalendar()
    yield "weeks", f"{year}-W{week:02d}", monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    yield "months", f"{day:%Y-%m}", first, (first + timedelta(days=32)).replace(day=1)


def _night_before(folder: str, name: str) -> tuple[ReportTable, ...]:
    """Return the tables of the last night before this one that is kept; none where there is none that reads."""
    names = sorted(found for found in os.listdir(folder) if found.endswith(".json")) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208
    earlier = [found for found in names if found < f"{name}.json"]
    try:
        return comparing.load(os.path.join(folder, earlier[-1])) if earlier else ()  # noqa: PTH118
    except UsageError:
        return ()


def _write(report: Report, config: Config, folder: str, name: str, before: tuple[ReportTable, ...]) -> None:
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
    path = os.path.join(folder, name)  # noqa: PTH118
    write_atomically(f"{path}.json", json.render(report))
    try:
        from logproc.report import html  # noqa: PLC0415

        place = calendar.links(folder, name)
        page = html.render(report, config.max_reject_ratio, config.paths, links=place, before=before)
    except UsageError:
        return  # jinja2 is not installed: the JSON is there
    write_atomically(f"{path}.html", page)
    calendar.lead_on(folder, name)
