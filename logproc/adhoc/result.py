"""What `logproc.sql` and `logproc.scan` give to Python programs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logproc import frames
from logproc.adhoc.sql import Answer
from logproc.errors import MissingExtraError
from logproc.report import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report, ReportTable


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """The answer to a query: names of `columns`, `rows` of values of JSON (times are RFC 3339 text), and the books.

    `engine` is "rollup" or "duckdb"; `report` has the accounting of what was read. Iterating yields the rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    engine: str
    report: Report
    source: Any
    """The finished table of a rollup, or DuckDB's result as a `pyarrow.Table`."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Result: {len(self.rows)} rows of {', '.join(self.columns)}>"

    def to_arrow(self) -> Any:  # noqa: ANN401 - pyarrow.Table
        """Return the rows as a `pyarrow.Table`."""
        return self.source.to_arrow() if self.engine == "rollup" else self.source

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas.DataFrame
        """Return the rows as a `pandas.DataFrame`."""
        return frames.arrow_to_pandas(self.to_arrow)

    def to_polars(self) -> Any:  # noqa: ANN401 - polars.DataFrame
        """Return the rows as a `polars.DataFrame`."""
        return frames.arrow_to_polars(self.to_arrow)

    def _repr_html_(self) -> str:
        return frames.to_html("", self.columns, self.rows)


def answered(config: Config, sql: str, progress: Progress | None) -> Result:
    """Run a query and take all of its rows."""
    with Answer(config, sql, progress=progress) as answer:
        if answer.table is not None:
            return _of_table(answer.table, answer.report)
        import pyarrow as pa  # noqa: PLC0415 - DuckDB has answered, so that it is there

        from logproc.adhoc.write import rows_of  # noqa: PLC0415

        table = pa.Table.from_batches(answer.batches(), answer.schema)
        rows = tuple(row for batch in table.to_batches() for row in rows_of(batch))
        return Result(tuple(table.column_names), rows, "duckdb", answer.report, table)


def _of_table(table: ReportTable, report: Report) -> Result:
    return Result(tuple(column.name for column in table.columns), table.rows, "rollup", report, table)


def reader(
    config: Config,
    relation: str,
    select: Sequence[str],
    where: str | None,
    progress: Progress | None,
    *,
    origin: bool,
) -> Any:  # noqa: ANN401 - pyarrow.RecordBatchReader
    """Return the rows of a relation as a reader of record batches.

    Nothing is read before the first one is taken, but with fields that nobody declared, whose types all rows decide.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        from logproc.adhoc import selecting  # noqa: PLC0415
        from logproc.adhoc.export import typed  # noqa: PLC0415
        from logproc.adhoc.scan import Scan  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("scan", "sql") from error
    selection = selecting.chosen(config, select, where, origin=origin, relation=selecting.relation(config, relation))

    def batches() -> Iterator[Any]:
        with Scan(config, [selection], progress=progress) as scan:
            for _, batch in scan:
                yield batch
        complain(scan.report(), config)

    return pa.RecordBatchReader.from_batches(*typed(selection, batches()))


def complain(report: Report, config: Config) -> None:
    """Warn of what could not be read, as the command line does on stderr."""
    for problem in summary.problems(report, config.max_reject_ratio, config.paths):
        warnings.warn(str(problem), stacklevel=2)
