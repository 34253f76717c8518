"""Finished reports, kept in the ledger that they were made from until a count of it changes.

A night without news has the reports of the night before: they are read as they were, and nothing is loaded that counts.
Whoever changes counts drops them in the same transaction (see `Ledger`), and what was asked, and what else reports
follow from, stands in their mark.
"""

from __future__ import annotations

import copy
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from logproc.asking import mark_of
from logproc.errors import LedgerError
from logproc.report_model import ColumnInfo, Coverage, ReportError, ReportTable, Slice

if TYPE_CHECKING:
    from logproc.asking import Questions
    from logproc.config import Config
    from logproc.state.ledger import Ledger

FAST = 1
"""How hard zlib tries: a year's reports of 50 hosts are 5 MB of text."""


class Finished(NamedTuple):
    """The reports and, behind them, the queries of checks; slices where a page is wanted."""

    tables: tuple[ReportTable, ...]
    slices: tuple[Slice, ...]


def finished(ledger: Ledger, asked: Questions, config: Config) -> Finished:
    """Return the reports of all that a ledger has counted: those that were kept, else made anew and kept."""
    mark = mark_of(f"{asked.mark} {config.limits.max_groups} {config.output.html is not None}")
    is_known = asked.known_to(ledger) is not None
    content = ledger.finished(mark) if is_known else None
    if content is not None:
        return unpacked(content)
    made = _made(ledger, asked, config)
    if is_known:
        with suppress(LedgerError), ledger.transaction():  # a disk that is full has room for no copies
            ledger.keep_finished(mark, packed(made))
    return made


def _made(ledger: Ledger, asked: Questions, config: Config) -> Finished:
    from logproc import counting, slicing, totals  # noqa: PLC0415 - what is not needed where reports were kept
    from logproc.coverage import coverages  # noqa: PLC0415
    from logproc.rollup.outcome import report_table  # noqa: PLC0415

    with suppress(LedgerError), ledger.transaction():  # they save time alone, too
        totals.add_up(ledger, asked.by_key, config.limits.max_groups)
    found = counting.tables(ledger, asked.by_key, config.limits.max_groups)
    reports = []
    for key, spec, covered in zip(
        asked.keys, (*asked.reports, *asked.checks), coverages(ledger, asked.keys), strict=True
    ):
        table = copy.copy(found[key])  # two reports may show the same counts in two ways
        table.spec = spec
        reports.append(replace(report_table(table), coverage=covered))
    if config.output.html is None:
        return Finished(tuple(reports), ())
    wanted = list(zip(asked.keys, asked.reports, strict=False))  # the keys of checks come behind
    return Finished(tuple(reports), slicing.slices(ledger, wanted, config.limits.max_groups, counting.EVERYTHING))


def packed(made: Finished) -> bytes:
    """Return finished reports as they are kept."""
    slices = [[one.source, one.host, [_plain(table) for table in one.reports]] for one in made.slices]
    text = json.dumps([[_plain(table) for table in made.tables], slices], separators=(",", ":"))
    return zlib.compress(text.encode(), FAST)


def unpacked(content: bytes) -> Finished:
    """Return what `packed` was given."""
    tables, slices = json.loads(zlib.decompress(content))
    return Finished(
        tuple(map(_table, tables)),
        tuple(Slice(source, host, tuple(map(_table, reports))) for source, host, reports in slices),
    )


def _plain(table: ReportTable) -> list[Any]:
    error, coverage = table.error, table.coverage
    return [
        *(table.name, table.title, table.sql, [[c.name, c.type, c.role] for c in table.columns], table.rows),
        *(table.exact, None if error is None else [error.kind, error.bound], table.truncated, table.problem),
        None
        if coverage is None
        else [coverage.first_day, coverage.last_day, coverage.files_missing, coverage.bytes_missing],
        table.whole,
    ]


def _table(plain: list[Any]) -> ReportTable:
    name, title, sql, columns, rows, exact, error, truncated, problem, coverage, whole = plain
    return ReportTable(
        name=name,
        title=title,
        sql=sql,
        columns=tuple(ColumnInfo(*column) for column in columns),
        rows=tuple(map(tuple, rows)),
        exact=exact,
        error=None if error is None else ReportError(*error),
        truncated=truncated,
        problem=problem,
        coverage=None if coverage is None else Coverage(*coverage),
        whole=whole,
    )
