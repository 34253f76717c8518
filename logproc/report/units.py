"""What the numbers of a column are, told by name, type and SQL, and how they are written for people.

Reports are anyone's SELECT, so this is a guess that may only change how a number looks, never what it is.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from logproc.report.text import size, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logproc.report_model import ColumnInfo, ReportTable

NOTHING = "–"  # noqa: RUF001 - an en dash: a hyphen looks like a minus
"""How a value that is missing is shown."""

NUMBERS = frozenset({"integer", "decimal"})


class Unit(StrEnum):
    """What a column's values are."""

    COUNT = "count"
    BYTES = "bytes"
    SECONDS = "seconds"
    NUMBER = "number"
    TIME = "time"
    TEXT = "text"


_BYTES = re.compile(r"(^|_)bytes($|_)")
_LEVEL = re.compile(r"^(p\d+(_\d+)?|mean|avg|average|median|min|max|quantile.*)$|(_|^)(p\d+|mean|avg|median)$")
_QUANTILE = re.compile(r"p\d+_\d+")
_SECONDS = re.compile(
    r"(^|_)(duration|latency|seconds)($|_)(?!(.*_)?(ms|us|ns|milli\w*|micro\w*|nano\w*|minutes|hours|days)($|_))"
)
_ERRORS = re.compile(r"(error|fail|reject|denied)")
_OF_SECONDS = r"\((?:[a-z_]*\()?\s*(?:upstream_)?duration\b[^()]*\)\s*(?:FILTER\s*\([^)]*\)\s*)?AS\s+\"?{name}\"?\b"
_RATIO = re.compile(r"(^|_)(share|ratio|rate|percent|pct)($|_)")


def unit_of(column: ColumnInfo, sql: str) -> Unit:
    """Return what a column's values are."""
    if column.type == "time":
        return Unit.TIME
    if column.type not in NUMBERS:
        return Unit.TEXT
    if _BYTES.search(column.name):
        return Unit.BYTES
    if _SECONDS.search(column.name) or re.search(_OF_SECONDS.format(name=re.escape(column.name)), sql, re.IGNORECASE):
        return Unit.SECONDS
    return Unit.COUNT if column.type == "integer" else Unit.NUMBER


def words(name: str) -> str:
    """Return a column's name as people read it: `client_errors` is `client errors`, `p99_9` is `p99.9`."""
    if _QUANTILE.fullmatch(name):
        return name.replace("_", ".")
    return name.replace("_", " ").strip() or name


def is_level(name: str) -> bool:
    """Tell whether a column holds a quantile, mean or extreme: such values do not add up."""
    return bool(_LEVEL.search(name))


def is_error(name: str) -> bool:
    """Tell whether a column counts what went wrong."""
    return bool(_ERRORS.search(name))


def adds_up(column: ColumnInfo, unit: Unit) -> bool:
    """Tell whether a column's values may be added over rows: counts and bytes, not levels or ratios."""
    if column.role != "value" or is_level(column.name) or _RATIO.search(column.name):
        return False
    return unit in {Unit.COUNT, Unit.BYTES} or column.name.startswith("total")


def is_distinct(column: ColumnInfo, sql: str) -> bool:
    """Tell whether a column counts different values: those of two rows may be the same, so that they do not add up."""
    counted = r"(approx_count_distinct\s*\(|count\s*\(\s*distinct\b)"
    inside = r"(?:[^()]|\([^()]*\))*\)\s*(?:FILTER\s*\((?:[^()]|\([^()]*\))*\)\s*)?"
    return re.search(rf'{counted}{inside}AS\s+"?{re.escape(column.name)}"?(\s|,|$)', sql, re.IGNORECASE) is not None


def is_count(table: ReportTable, index: int) -> bool:
    """Tell whether a column is the count of all rows of its group: what shares are shares of."""
    return counts_rows(table.columns[index], table.sql)


def counts_rows(column: ColumnInfo, sql: str) -> bool:
    """Tell whether a column of a report with this SQL is the count of all rows of its group."""
    if column.role != "value" or column.type != "integer":
        return False
    pattern = rf"count\s*\(\s*\*\s*\)\s*(AS\s+)?\"?{re.escape(column.name)}\"?(\s|,|$)"
    return re.search(pattern, sql, re.IGNORECASE) is not None


def write(value: Any, unit: Unit) -> str:  # noqa: ANN401 - a cell is None, text, number or truth
    """Return a value for people: `1,234`, `5.2 MB`, `12.3 ms`, a time without its zeros."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if unit is Unit.TIME:
        return moment(str(value))
    if not isinstance(value, int | float):
        return visible(str(value))
    if unit is Unit.BYTES:
        return size(value)
    if unit is Unit.SECONDS:
        return seconds(float(value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"


def seconds(value: float) -> str:
    """Write a duration: `850 µs`, `12.3 ms`, `1.25 s`, `1 h 5 min`."""
    size_ = abs(value)
    if size_ == 0:
        return "0 s"
    if size_ < 1e-3:
        return f"{value * 1e6:.3g} µs"
    if size_ < 1:
        return f"{value * 1e3:.3g} ms"
    if size_ < 60:
        return f"{value:.3g} s"
    if size_ < 3600:
        return f"{value / 60:.3g} min"
    return f"{value / 3600:,.4g} h"


def compact(value: float | None, unit: Unit) -> str:
    """Write a number in a few characters, as for an axis: `1.2k`, `3.4M`, `5.2 MB`."""
    if value is None:
        return NOTHING
    if unit in {Unit.BYTES, Unit.SECONDS}:
        return write(value, unit)
    for least, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= least:
            short = value / (1e3 if letter == "k" else least)
            return f"{short:.3g}{letter}"
    return f"{value:,.4g}" if not float(value).is_integer() else f"{value:,.0f}"


def moment(text: str, *, days: bool = False, to_second: bool = False) -> str:
    """Write RFC 3339 UTC in short: `2015-05-17 10:05`, with seconds where there are some, or the day alone.

    With `to_second` there are always seconds, as where others of a column have some.
    """
    date, _, clock = text.removesuffix("Z").partition("T")
    if days or not clock:
        return date
    whole = clock.partition(".")[0]
    return f"{date} {whole if to_second or whole.count(':') < 2 else whole.removesuffix(':00')}"


def instant(text: str) -> str:
    """Write RFC 3339 UTC to the second and with its zone, as where it stands alone: `2015-05-17 10:05:00 UTC`."""
    return f"{text.removesuffix('Z').partition('.')[0].replace('T', ' ')} UTC"


def have_seconds(values: Iterable[Any]) -> bool:
    """Tell whether any of the times is within a minute."""
    return any(value is not None and not str(value).endswith(":00Z") for value in values)


def are_days(values: Iterable[Any]) -> bool:
    """Tell whether times are all midnights, so that the day says everything."""
    return all(value is None or str(value).endswith("T00:00:00Z") for value in values)
