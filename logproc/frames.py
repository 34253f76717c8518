"""Finished rows as tables of other libraries: Arrow, pandas, Polars. Each is imported where it is asked for."""

from __future__ import annotations

import html
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from logproc.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHOWN_ROWS = 100
"""Rows that a notebook shows of a table."""


def to_arrow(names: Sequence[str], types: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Any:  # noqa: ANN401
    """Return a `pyarrow.Table`; `types` are JSON types as in reports, and times are RFC 3339 text.

    Times become timestamps in microseconds, UTC and without a zone, as DuckDB's TIMESTAMP.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("to_arrow", "sql") from error
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [_array(pa, column, type_) for column, type_ in zip(columns, types, strict=True)]
    return pa.table(arrays, names=list(names))


def _array(pa: Any, values: Sequence[Any], type_: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    if type_ == "time":
        moments = [None if v is None else datetime.fromisoformat(v).replace(tzinfo=None) for v in values]
        return pa.array(moments, pa.timestamp("us"))
    if type_ == "integer":
        try:
            return pa.array(values, pa.int64())
        except (OverflowError, pa.ArrowInvalid):  # a sum beyond 64 bits
            return pa.array([None if v is None else Decimal(v) for v in values], pa.decimal128(38, 0))
    kinds = {"text": pa.string(), "json": pa.string(), "decimal": pa.float64(), "boolean": pa.bool_()}
    return pa.array(values, kinds[type_])


def arrow_to_pandas(table: Callable[[], Any]) -> Any:  # noqa: ANN401 - pyarrow's and pandas' tables
    """Return a `pandas.DataFrame` of the Arrow table that is made; MissingExtraError without pandas."""
    try:
        import pandas  # noqa: F401, ICN001, PLC0415 - an extra; pyarrow imports it anyway
    except ImportError as error:
        raise MissingExtraError("to_pandas", "pandas") from error
    return table().to_pandas()


def arrow_to_polars(table: Callable[[], Any]) -> Any:  # noqa: ANN401 - pyarrow's and Polars' tables
    """Return a `polars.DataFrame` of the Arrow table that is made; MissingExtraError without Polars."""
    try:
        import polars  # noqa: ICN001, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("to_polars", "polars") from error
    return polars.from_arrow(table())


def to_html(title: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
    """Return an HTML table of the first rows, as notebooks show it."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    shown = [["" if value is None else html.escape(str(value)) for value in row] for row in rows[:SHOWN_ROWS]]
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in shown)
    more = f"<p>{len(rows):,} rows, the first {SHOWN_ROWS} of them shown</p>" if len(rows) > SHOWN_ROWS else ""
    caption = f"<caption>{html.escape(title)}</caption>" if title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
