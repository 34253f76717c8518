"""How the figures of a report, one row of values, have changed since the times that they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.report_model import ColumnInfo, Comparison, ReportTable


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure has changed, `+3.1 %`, since what: `day before`."""

    text: str
    since: str


class HasRole(Protocol):
    """A column of a finished report, or an output of its plan."""

    @property
    def role(self) -> str:
        """Return `key` or `value`."""


def are_values(columns: Iterable[HasRole]) -> bool:
    """Tell whether the columns of a report are all values: without keys it is one row."""
    return all(column.role == "value" for column in columns)


def is_figures(table: ReportTable) -> bool:
    """Tell whether a report is one row of values."""
    return table.problem is None and len(table.rows) == 1 and are_values(table.columns)


def changes(table: ReportTable, compared: Comparison) -> Iterator[tuple[ColumnInfo, Any, tuple[Change, ...]]]:
    """Yield each column of a report with the value that is compared, and how that has changed."""
    part = _values(table, compared.tables)
    before = [(each.name, _values(table, each.tables)) for each in compared.before]
    for column, value in zip(table.columns, table.rows[0], strict=True):
        now = part.get(column) if compared.part else value
        found = tuple(Change(text, name) for name, old in before if (text := change(now, old.get(column))))
        yield column, now, found


def _values(table: ReportTable, others: Sequence[ReportTable]) -> dict[ColumnInfo, Any]:
    """Return the values of the same report of another time, by column."""
    found = next((other for other in others if other.name == table.name and is_figures(other)), None)
    return {} if found is None else dict(zip(found.columns, found.rows[0], strict=True))


def is_number(value: Any) -> bool:  # noqa: ANN401 - a cell is None, text, number or truth
    """Tell whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def change(value: Any, old: Any) -> str:  # noqa: ANN401
    """Say how a number has changed; "" where one of the two is none."""
    if not is_number(value) or not is_number(old):
        return ""
    if not old:
        return "none before" if value else "none, as before"
    ratio = value / old
    if ratio >= 10:
        return f"{ratio:,.0f} times"
    return f"{100 * (ratio - 1):+.1f} %".replace("-", "−")  # noqa: RUF001 - a minus sign is what it is
