"""`logproc parse --to csv` and `--to parquet`: rows as tables, from record batches that the kernels fill.

discover -> columns -> scan in threads -> record batches -> CSV, Parquet, or Parquet by day and host
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from logproc.adhoc import partitions, write
from logproc.adhoc.folders import building
from logproc.adhoc.scan import Scan
from logproc.adhoc.settling import Settled, undeclared
from logproc.model import Kind
from logproc.rollup.spec import Column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from logproc.adhoc.arrow import Selection
    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report


def export(config: Config, out: BinaryIO, selection: Selection, to: str, progress: Progress | None = None) -> Report:
    """Write the rows of the configured logs to one file, in the order of files and lines; returns the accounting."""
    with Scan(config, [selection], progress=progress) as scan:
        if to == "csv":
            write.write_csv(out, selection.schema, _batches(scan))
        else:
            write.write_parquet(out, *typed(selection, _batches(scan)))
    return scan.report()


def export_folder(config: Config, folder: str, selection: Selection, progress: Progress | None = None) -> Report:
    """Write the rows as Parquet files by day and host below a new folder; returns the accounting."""
    placed = replace(
        selection,
        columns=(*selection.columns, Column("time", Kind.TIME), Column("host", Kind.TEXT)),
        labels=(*selection.labels, partitions.TIME_LABEL, partitions.HOST_LABEL),
        shown=selection.shown and (*selection.shown, partitions.TIME_LABEL, partitions.HOST_LABEL),
    )
    hidden = {partitions.TIME_LABEL, partitions.HOST_LABEL, partitions.DAY, partitions.HOST}
    with building(folder) as place, Scan(config, [placed], progress=progress) as scan:
        schema, batches = typed(placed, _batches(scan))
        shown = pa.schema([field for field in schema if field.name not in hidden])
        partitions.write_partitions(place, shown, batches)
    return scan.report()


def typed(selection: Selection, batches: Iterator[Any]) -> tuple[Any, Iterator[Any]]:
    """Return the schema of rows and the rows, each field that nobody declared with the type that its values have."""
    labels = undeclared(selection)
    if not labels:
        return selection.schema, batches
    settled = Settled(selection.schema, labels, batches)
    return settled.schema, settled.batches()


def _batches(scan: Scan) -> Iterator[Any]:
    return (batch for _, batch in scan)
