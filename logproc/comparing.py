"""`logproc diff`: two reports over the same questions, brought together and compared.

What a value column is, a count, a part of it, or a level, is read off the report's own SQL, which travels with its
rows. Times among the keys are compared by the time of day, so that one night can be held against another.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError, UsageError
from logproc.formats import own_fields
from logproc.formats.jsonl import contract_name_of
from logproc.optional import optional
from logproc.report.changes import Change, Kind, Measure, Side, changes, quantile_spread
from logproc.report_model import COVERAGE, ColumnInfo, ReportError, ReportTable
from logproc.rollup.spec import AggregateRef, Call, Rules
from logproc.rollup.sql import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logproc.rollup.spec import Output, RollupSpec

SCHEMA = 1

MEAN_SPREAD = 1.31
"""Standard deviation of the mean of one number, in units of itself, whose logarithm has one of 1: sqrt(e - 1)."""

HOSTS = "hosts"
HOSTS_SQL = "SELECT host, count(*) AS lines FROM logs GROUP BY host ORDER BY lines DESC"
"""What the lines by host and hour, which every run counts, come to for a whole night."""

DAY_CHARACTERS = 10
"""Length of the date in front of an RFC 3339 time."""


def compare(old: Iterable[ReportTable], new: Iterable[ReportTable]) -> tuple[list[Change], list[str]]:
    """Return what changed significantly, and why reports could not be compared, a line each."""
    before = {table.name: table for table in old}
    pairs: list[tuple[Side, Side]] = []
    notes: list[str] = []
    for table in new:
        counterpart = before.pop(table.name, None)
        if counterpart is None:
            notes.append(f"{table.name}: not compared, the older side does not have it")
            continue
        pair = _sides(counterpart, table)
        if isinstance(pair, str):
            notes.append(f"{table.name}: not compared, {pair}")
        else:
            pairs.append(pair)
    notes += [f"{name}: not compared, the newer side does not have it" for name in before]
    return changes(pairs), notes


def with_hosts(tables: Iterable[ReportTable], coverage: ReportTable | None) -> tuple[ReportTable, ...]:
    """Return tables with one more, the lines by host, where they were counted and no table has its name."""
    found = tuple(tables)
    if coverage is None or any(table.name == HOSTS for table in found):
        return found
    sums: dict[str, int] = {}
    for source, host, _, lines, *_ in coverage.rows:
        if host is not None:
            name = f"{source}/{host}" if source else str(host)
            sums[name] = sums.get(name, 0) + lines
    columns = (ColumnInfo("host", "text", "key"), ColumnInfo("lines", "integer", "value"))
    return (*found, ReportTable(HOSTS, "Lines by host", HOSTS_SQL, columns, tuple(sums.items()), exact=True))


def _sides(old: ReportTable, new: ReportTable) -> tuple[Side, Side] | str:
    """Return both sides of a report with what its columns are, or why they cannot be compared."""
    if old.problem or new.problem:
        return old.problem or new.problem or ""
    if " ".join(old.sql.split()) != " ".join(new.sql.split()):
        return "its SQL is not the same on both sides"
    try:
        spec = plan(
            new.sql,
            new.name,
            relations=_AnyRelation(),
            fields=own_fields(),
            synonyms=contract_name_of(),
            rules=_NOWHERE,
        )
    except QueryError as error:
        return f"its SQL cannot be planned: {error.message}"
    left_out = _left_out(spec, old, new)
    old, new = _without(old, left_out), _without(new, left_out)
    spec = replace(spec, outputs=tuple(output for output in spec.outputs if output.name not in left_out))
    if len(spec.outputs) != len(new.columns) or len(old.columns) != len(new.columns):
        return "its columns are not the same on both sides"
    by_time = tuple(_by_time_of_day(table) for table in (old, new))
    if None in by_time:
        return "it lists times of more than a day"
    keys = tuple(k for k, column in enumerate(new.columns) if column.role == "key")
    measures = tuple(_measures(spec, keyed=bool(keys)))
    first, second = (Side(table, keys, measures) for table in by_time if table is not None)
    return first, second


def _left_out(spec: RollupSpec, old: ReportTable, new: ReportTable) -> frozenset[str]:
    """Return the optional columns that are not compared: what the logs of one night lack, those of another may have.

    Of reports with keys it is all of them: were every request slower, each of these reports would say so for each row,
    and `latency`, `routes` and `slow_paths` say it better.
    """
    names = frozenset(optional(new.sql))
    if any(output.role == "key" for output in spec.outputs):
        return names
    return names - (set(_names(old)) & set(_names(new)))


def _names(table: ReportTable) -> list[str]:
    return [column.name for column in table.columns]


def _without(table: ReportTable, names: frozenset[str]) -> ReportTable:
    """Return a report without some columns."""
    stays = [place for place, name in enumerate(_names(table)) if name not in names]
    columns, rows = (table.columns[i] for i in stays), (tuple(row[i] for i in stays) for row in table.rows)
    return replace(table, columns=tuple(columns), rows=tuple(rows))


_NOWHERE = Rules(geo=("",))
"""Places are not looked up where results are only compared."""


class _AnyRelation(dict[str, frozenset[str]]):
    """Takes any name for that of a source: the report was planned before, with a configuration that is not here."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> frozenset[str]:
        return frozenset({"web", "syslog", "app", "json"})


def _by_time_of_day(table: ReportTable) -> ReportTable | None:
    """Write the times among a table's keys as those of the day; None where they are of several days."""
    places = [k for k, column in enumerate(table.columns) if column.role == "key" and column.type == "time"]
    if not places:
        return table
    days = {str(row[k])[:DAY_CHARACTERS] for row in table.rows for k in places if row[k] is not None}
    if len(days) > 1:
        return None
    rows = tuple(
        tuple(value[DAY_CHARACTERS + 1 :] if k in places and value else value for k, value in enumerate(row))
        for row in table.rows
    )
    return replace(table, rows=rows)


def _measures(spec: RollupSpec, *, keyed: bool) -> Iterable[Measure]:
    for column, output in enumerate(spec.outputs):
        measure = _measure(spec, column, output, keyed=keyed)
        if measure is not None:
            yield measure


def _measure(spec: RollupSpec, column: int, output: Output, *, keyed: bool) -> Measure | None:
    expression = output.expression
    if isinstance(expression, AggregateRef):
        aggregate = spec.aggregates[expression.index]
        if aggregate.function == "count":
            whole = aggregate.argument is None and aggregate.filter is None
            return Measure(column, Kind.SHARE if whole else Kind.PART)
        if aggregate.function == "approx_quantile":
            return Measure(column, Kind.LEVEL, quantile_spread(aggregate.parameter or 0.5))
        if aggregate.function in {"sum", "approx_count_distinct"} and not keyed:
            return Measure(column, Kind.TOTAL)
    elif isinstance(expression, Call) and expression.function == "/" and _is_mean(spec, expression):
        return Measure(column, Kind.LEVEL, MEAN_SPREAD)
    return None


def _is_mean(spec: RollupSpec, division: Call) -> bool:
    parts = [spec.aggregates[a.index].function for a in division.arguments if isinstance(a, AggregateRef)]
    return parts == ["sum", "count"]


# ---- reports in files ------------------------------------------------------------------------------------------


def load(path: str) -> tuple[ReportTable, ...]:
    """Read the tables of a JSON report that `run --json` or `report --json` wrote; UsageError if it is none."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the path is shown as it was typed
            document = json.load(file)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise UsageError(f"{path}: no JSON report ({error}); write one with `logproc run --json FILE`") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        found = "it has no schema" if schema is None else f"its schema is {schema!r}"
        raise UsageError(f"{path}: no report that this version reads: {found}, and {SCHEMA} is known")
    try:
        coverage = document.get("coverage")
        covered = None if coverage is None else _covered(coverage)
        return with_hosts([_table(table) for table in document["reports"]], covered)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UsageError(f"{path}: not a whole JSON report: {error!r} is wrong or missing") from error


def _covered(found: Mapping[str, Any]) -> ReportTable:
    places = [found["columns"].index(name) for name in ("source", "host", "hour", "lines")]
    rows = tuple(tuple(row[place] for place in places) for row in found["rows"])
    return ReportTable(COVERAGE, COVERAGE, "", (), rows, exact=True)


def _columns(found: Mapping[str, Any]) -> tuple[ColumnInfo, ...]:
    return tuple(ColumnInfo(column["name"], column["type"], column["role"]) for column in found["columns"])


def _table(found: Mapping[str, Any]) -> ReportTable:
    error = found["error"]
    return ReportTable(
        name=found["name"],
        title=found["title"],
        sql=found["sql"],
        columns=_columns(found),
        rows=tuple(tuple(row) for row in found["rows"]),
        exact=found["exact"],
        error=None if error is None else ReportError(error["kind"], error["bound"]),
        truncated=found["truncated"],
        problem=found.get("problem"),
        exemplars=tuple(tuple((path, offset) for path, offset in row) for row in found.get("exemplars", ())),
    )
