"""Counts of days, of months and of all days: what reports are made from without a look at the parts.

A total holds all parts of a day, without slots. What has been added up of a month or of all days is brought up to date
with its totals, and dropped where one is taken back: a report of a year, or of a month in it, reads one table, and
where old days go, only what they were in is added up again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.model import NO_TIME
from logproc.report_model import COVERAGE
from logproc.rollup import slots
from logproc.rollup.dumping import dump, load
from logproc.rollup.packing import KEPT_LEVEL, LEVEL, pack, unpack
from logproc.rollup.tables import Table
from logproc.timestamps import month_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from logproc.rollup.dumping import TableData
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger


WAITING_GROUPS = 1 << 16
"""Groups of a report that are cut by days together: a first night has tasks by the dozen, and each of the same days."""


class Totals:
    """Totals of days on their way into a ledger, inside its transaction; those of months and all days go with them."""

    def __init__(self, ledger: Ledger, specs: Mapping[str, RollupSpec], max_groups: int) -> None:
        self._ledger = ledger
        self._specs = specs
        self._max_groups = max_groups
        self._waiting: dict[str, list[TableData]] = {}
        self._news: dict[str, dict[int, Table]] = {}  # by report and day

    def add(self, key: str, data: TableData) -> set[int]:
        """Add a table with slots to the totals of its days, which are returned."""
        if data.problem is not None or data.floor or (data.slack is not None and data.slack.any()):
            self._cut(key, data)  # what it has let go, other tables may not have
        else:
            waiting = self._waiting.setdefault(key, [])
            waiting.append(data)
            if sum(other.groups for other in waiting) > WAITING_GROUPS:
                self._cut(key, slots.joined(self._specs[key], self._waiting.pop(key)))
        return set(np.unique(slots.day_of(slots.slots_of(data))).tolist())

    def _cut(self, key: str, data: TableData) -> None:
        """Add a table with slots to the news of its days."""
        found = slots.slots_of(data)
        days = slots.day_of(found)
        distinct = np.unique(days).tolist()
        if data.problem is not None:
            self._new(key, NO_TIME).merge(data)
        for day in distinct:
            ids = np.flatnonzero(days == day)
            part = data if len(distinct) == 1 else slots.chosen(data, ids)
            self._new(key, day).merge(slots.narrowed(part, len(np.unique(found[ids]))))

    def _new(self, key: str, day: int) -> Table:
        of_days = self._news.setdefault(key, {})
        if day not in of_days:
            of_days[day] = Table(self._specs[key], self._max_groups)
        return of_days[day]

    def save(self) -> None:
        """Write all totals that were touched."""
        for key, waiting in self._waiting.items():
            self._cut(key, slots.joined(self._specs[key], waiting))
        for key, news in self._news.items():
            self._save_news(key, news)
        self._waiting.clear()
        self._news.clear()

    def _save_news(self, key: str, news: Mapping[int, Table]) -> None:
        """Add what is new of a report to its days, and to what has been added up of them."""
        ledger = self._ledger
        for day, table in news.items():
            before = ledger.total(day, key)
            ledger.save_total(
                day, key, self._more(key, before, [table], KEPT_LEVEL) if before else _packed(table, KEPT_LEVEL)
            )
        for month, days in by_month(news).items():
            if month is not None and (before := ledger.month(month, key)) is not None:
                ledger.save_month(month, key, self._more(key, before, [news[day] for day in days]))
        if (before := ledger.sum(key)) is not None:
            ledger.save_sum(key, self._more(key, before, news.values()))

    def _more(self, key: str, before: bytes, news: Iterable[Table], level: int = LEVEL) -> bytes:
        table = _added(self._specs[key], (before,), self._max_groups)
        for new in news:
            table.merge(new.data())
        return _packed(table, level)


def add_up(ledger: Ledger, wanted: Mapping[str, RollupSpec], max_groups: int) -> None:
    """Write down the months and sums that are missing, inside the caller's transaction: later runs add to them."""
    known = ledger.added_up()
    months = by_month(ledger.days())
    for key, spec in wanted.items():
        for month, days in months.items():
            if month is not None and (month, key) not in known:
                table = _added(spec, (ledger.total(day, key) for day in days), max_groups)
                ledger.save_month(month, key, _packed(table))
        if spec.name != COVERAGE and (None, key) not in known:
            days = [day for of_month in months.values() for day in of_month]
            ledger.save_sum(key, _packed(_added(spec, stored_totals(ledger, key, days, months), max_groups)))


def _added(spec: RollupSpec, stored: Iterable[bytes | None], max_groups: int) -> Table:
    table = Table(spec, max_groups)
    for raw in filter(None, stored):
        table.merge(load(spec, unpack(raw)[0]))
    return table


def _packed(table: Table, level: int = LEVEL) -> bytes:
    return pack([dump(table.spec, table.data())], level)


def month_of(day: int) -> int | None:
    """Return the month that a day is added up in; None for lines without a time."""
    return None if day == NO_TIME else month_number(day)


def by_month(days: Iterable[int]) -> dict[int | None, list[int]]:
    """Return days by month; lines without a time have none."""
    found: dict[int | None, list[int]] = {}
    for day in days:
        found.setdefault(month_of(day), []).append(day)
    return found


def stored_totals(
    ledger: Ledger, key: str, days: Iterable[int], months: Mapping[int | None, list[int]]
) -> Iterator[bytes]:
    """Yield what a report has counted on some days, by the month where all its days are among them."""
    for month, wanted in by_month(days).items():
        whole = ledger.month(month, key) if month is not None and wanted == months[month] else None
        yield from filter(None, (ledger.total(day, key) for day in wanted) if whole is None else (whole,))
