"""Results as tables, JSON, CSV and Parquet, batch by batch: only a table for people is held in memory."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logproc.adhoc.columns import integers_of, text_array
from logproc.report.csv import harmless, record
from logproc.report.json import table_text
from logproc.report_model import ColumnInfo, ReportTable
from logproc.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

ROW_GROUP = 1 << 17
"""Rows of a Parquet file that stand together."""


def column_info(schema: Any) -> tuple[ColumnInfo, ...]:  # noqa: ANN401 - pyarrow
    """Return names and JSON types of a result's columns; nothing says which of them are keys."""
    return tuple(ColumnInfo(field.name, json_type(field.type), "value") for field in schema)


def json_type(type_: Any) -> str:  # noqa: ANN401 - pyarrow
    """Return the JSON type of an Arrow type."""
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0):
        return "integer"
    if pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "decimal"
    if pa.types.is_timestamp(type_):
        return "time"
    return "json" if pa.types.is_nested(type_) else "text"


def rows_of(batch: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - pyarrow
    """Yield the rows of a batch as values of JSON."""
    columns = [_values(column) for column in batch.columns]
    return zip(*columns, strict=True) if columns else iter(())


def _values(column: Any) -> list[Any]:  # noqa: ANN401 - pyarrow
    if pa.types.is_timestamp(column.type):
        return list(_times(column).to_pylist())
    if pa.types.is_integer(column.type) or pa.types.is_string(column.type) or pa.types.is_string_view(column.type):
        return list(column.to_pylist())
    return [plain(value) for value in column.to_pylist()]


def _times(column: Any) -> Any:  # noqa: ANN401 - pyarrow
    """Return times as RFC 3339 text; each distinct one is written once."""
    micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).dictionary_encode()
    distinct = integers_of(micros.dictionary)
    # numpy writes what has a four-digit year, with all digits of the fraction or none.
    if len(distinct) and distinct.min() >= _YEAR_1 and distinct.max() < _YEAR_10000:
        texts = np.where(
            distinct % 10**6 == 0,
            np.datetime_as_string((distinct // 10**6).view("M8[s]")),
            np.datetime_as_string(distinct.view("M8[us]")),
        )
        written = text_array([f"{text}Z" for text in texts.tolist()])
    else:
        written = text_array([rfc3339(micros) for micros in distinct.tolist()])
    return written.take(micros.indices)


_YEAR_1, _YEAR_10000 = -62_135_596_800 * 10**6, 253_402_300_800 * 10**6
"""Microseconds of the first day of these years."""


def _is_interval(type_: Any) -> bool:  # noqa: ANN401 - pyarrow
    return bool(pa.types.is_interval(type_) or pa.types.is_duration(type_))


def interval_text(months: int, days: int, nanoseconds: int) -> str:
    """Write an interval as DuckDB does: `1 year 2 months 3 days 04:05:06.5`."""
    years, months = (abs(months) // 12 * (1 if months > 0 else -1), abs(months) % 12 * (1 if months > 0 else -1))
    counts = ((years, "year"), (months, "month"), (days, "day"))
    parts = [f"{count} {unit}{'s' * (abs(count) != 1)}" for count, unit in counts if count]
    if nanoseconds or not parts:
        seconds, fraction = divmod(abs(nanoseconds) // 1000, 10**6)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        parts.append(f"{'-' * (nanoseconds < 0)}{clock}{f'.{fraction:06d}'.rstrip('0') if fraction else ''}")
    return " ".join(parts)


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever DuckDB computes
    """Return a value as JSON can hold it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    if isinstance(value, pa.MonthDayNano):
        return interval_text(*value)
    if isinstance(value, timedelta):
        return interval_text(0, value.days, (value.seconds * 10**6 + value.microseconds) * 1000)
    if isinstance(value, date | time):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if value - value == 0 else None  # NaN and infinities have no JSON
    return value


def table_of(name: str, sql: str, title: str, schema: Any, batches: Iterable[Any], limit: int) -> ReportTable:  # noqa: ANN401
    """Return the first rows of a result as a table; an exact one, but for what the query itself approximates."""
    rows: list[tuple[Any, ...]] = []
    truncated = False
    for batch in batches:
        rows.extend(tuple(_cell(value) for value in row) for row in rows_of(batch.slice(0, limit - len(rows) + 1)))
        if len(rows) > limit:
            truncated = True
            break
    approximate = "approx_" in sql.lower()
    return ReportTable(
        name, title, sql, column_info(schema), tuple(rows[:limit]), exact=not approximate, truncated=truncated
    )


def _cell(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def write_csv(out: BinaryIO, schema: Any, batches: Iterable[Any]) -> None:  # noqa: ANN401 - pyarrow
    """Write CSV as reports do: UTF-8, CRLF, NULL empty, empty text quoted, nothing that a spreadsheet would compute."""
    import pyarrow.csv  # noqa: PLC0415 - 20 ms

    out.write(record(schema.names).encode())
    options = pyarrow.csv.WriteOptions(include_header=False)
    for batch in batches:
        columns = [_csv_column(column) for column in batch.columns]
        held = BytesIO()
        pyarrow.csv.write_csv(pa.table(columns, names=[str(n) for n in range(len(columns))]), held, options)
        out.write(held.getvalue().replace(b"\n", b"\r\n"))  # no text has a line end of its own: they are escaped


def _csv_column(column: Any) -> Any:  # noqa: ANN401 - pyarrow
    type_ = column.type
    if pa.types.is_timestamp(type_):
        return _times(column)
    if pa.types.is_string(type_) or pa.types.is_string_view(type_) or pa.types.is_large_string(type_):
        coded = column.cast(pa.string()).dictionary_encode()
        texts = coded.dictionary
        odd = pc.match_substring_regex(texts, r"^[=+\-@\t\r\n＝＋－＠]|[^\x20-\x7e]")  # noqa: RUF001 - as `report.csv`
        if pc.any(odd).as_py():
            texts = text_array([harmless(text) for text in texts.to_pylist()])
        return texts.take(coded.indices)
    if pa.types.is_nested(type_) or _is_interval(type_):
        return text_array([None if v is None else str(_cell(plain(v))) for v in column.to_pylist()])
    return column


def write_parquet(out: BinaryIO, schema: Any, batches: Iterable[Any]) -> None:  # noqa: ANN401 - pyarrow
    """Write a Parquet file, compressed with zstd; text is stored as UTF-8 strings."""
    import pyarrow.parquet  # noqa: PLC0415 - 50 ms

    stored = storable(schema)
    with pyarrow.parquet.ParquetWriter(out, stored, compression="zstd") as writer:
        held: list[Any] = []
        for batch in chain(batches, [None]):
            if batch is not None:
                held.append(batch)
            if held and (batch is None or sum(b.num_rows for b in held) >= ROW_GROUP):
                writer.write_table(pa.Table.from_batches(map(_stored, held)).cast(stored), row_group_size=ROW_GROUP)
                held = []


def storable(schema: Any) -> Any:  # noqa: ANN401 - pyarrow
    """Return a schema whose types every reader of Parquet knows."""
    texts = (pa.types.is_string_view, _is_interval)
    return pa.schema([pa.field(f.name, pa.string() if any(is_(f.type) for is_ in texts) else f.type) for f in schema])


def _stored(batch: Any) -> Any:  # noqa: ANN401 - pyarrow
    """Return a batch with its intervals as text: Parquet has no type for them that every reader knows."""
    columns = [pa.array(_values(c), pa.string()) if _is_interval(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def json_lines(name: str, sql: str, title: str, schema: Any, batches: Iterable[Any]) -> Iterator[str]:  # noqa: ANN401
    """Yield the JSON of a streamed result."""
    head = table_of(name, sql, title, schema, (), 0)
    return table_text(head, (row for batch in batches for row in rows_of(batch)))
