"""A folder of Parquet files by day and host, hive style: DIR/day=2026-03-02/host=web1/part-0.parquet.

The folder has another name until it is complete. Rows wait by partition until they make a row group, or until too many
bytes wait; too many open files are closed, and go on in a further part.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from logproc.adhoc.write import storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

DAY, HOST = "day", "host"
"""Names of the partitions; the columns of these names live in the names of the folders alone."""

TIME_LABEL, HOST_LABEL = "__time", "__host"
"""Labels of the columns that decide where a row goes."""

NULL = "__HIVE_DEFAULT_PARTITION__"
"""What stands for no day or no host, as in Hive."""

NO_DAY = -(2**31)
GROUP_ROWS = 1 << 17
HELD_BYTES = 128 << 20
OPEN_FILES = 64
NAME_BYTES = 200
"""Bytes of a folder's name; a longer host is cut, and told apart by a hash."""


def write_partitions(folder: str, schema: Any, batches: Iterable[Any]) -> None:  # noqa: ANN401 - pyarrow
    """Write batches, which have columns of the two labels beside those of `schema`, below a folder."""
    writer = _Writer(folder, storable(schema))
    for batch in batches:
        writer.add(batch)
    writer.close()


class _Writer:
    """Rows by partition: those that wait, and the files that are open."""

    def __init__(self, folder: str, schema: Any) -> None:  # noqa: ANN401 - pyarrow
        self._folder = Path(folder)
        self._schema = schema
        self._held: dict[tuple[int, str | None], list[Any]] = {}
        self._bytes = 0
        self._open: OrderedDict[tuple[int, str | None], Any] = OrderedDict()
        self._parts: dict[tuple[int, str | None], int] = {}

    def add(self, batch: Any) -> None:  # noqa: ANN401 - pyarrow
        """Take rows in."""
        table = pa.Table.from_batches([batch.select(self._schema.names)]).cast(self._schema)
        for key, rows in _split(batch):
            part = table if rows is None else table.take(pa.array(rows))
            held = self._held.setdefault(key, [])
            held.append(part)
            self._bytes += part.nbytes
            if sum(map(len, held)) >= GROUP_ROWS:
                self._flush(key)
        while self._bytes > HELD_BYTES:
            self._flush(max(self._held, key=lambda key: sum(map(len, self._held[key]))))

    def close(self) -> None:
        """Write what waits, and close all files."""
        for key in list(self._held):
            self._flush(key)
        for writer in self._open.values():
            writer.close()

    def _flush(self, key: tuple[int, str | None]) -> None:
        table = pa.concat_tables(self._held.pop(key))
        self._bytes = sum(part.nbytes for held in self._held.values() for part in held)
        self._writer(key).write_table(table, row_group_size=GROUP_ROWS)

    def _writer(self, key: tuple[int, str | None]) -> Any:  # noqa: ANN401 - pyarrow
        import pyarrow.parquet  # noqa: PLC0415 - 50 ms

        writer = self._open.pop(key, None)
        if writer is None:
            if len(self._open) >= OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            number = self._parts[key] = self._parts.get(key, -1) + 1
            place = self._folder / f"{DAY}={_day(key[0])}" / f"{HOST}={_host(key[1])}"
            place.mkdir(parents=True, exist_ok=True)
            writer = pyarrow.parquet.ParquetWriter(place / f"part-{number}.parquet", self._schema, compression="zstd")
        self._open[key] = writer
        return writer


def _split(batch: Any) -> Iterator[tuple[tuple[int, str | None], NDArray[np.int64] | None]]:  # noqa: ANN401 - pyarrow
    """Yield the partitions of a batch's rows, and which rows they are (None: all)."""
    times = batch.column(batch.schema.get_field_index(TIME_LABEL)).cast(pa.int64())
    days = times.fill_null(0).to_numpy() // 86_400_000_000
    days[times.is_null().to_numpy(zero_copy_only=False)] = NO_DAY
    coded = batch.column(batch.schema.get_field_index(HOST_LABEL)).cast(pa.string()).dictionary_encode()
    hosts = [*coded.dictionary.to_pylist(), None]
    codes = coded.indices.fill_null(len(hosts) - 1).to_numpy()
    keys, inverse = np.unique(days * len(hosts) + codes, return_inverse=True)
    for number, key in enumerate(keys.tolist()):
        day, code = divmod(key, len(hosts))
        yield (day, hosts[code]), None if len(keys) == 1 else np.flatnonzero(inverse == number)


def _day(day: int) -> str:
    if day == NO_DAY:
        return NULL
    try:
        return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    except OverflowError:
        return NULL


def _host(host: str | None) -> str:
    r"""Return a host as part of a path: what is no letter, digit or _.-~ is percent-encoded."""
    if host is None:
        return NULL
    name = quote(host, safe="")
    if len(name) <= NAME_BYTES:
        return name
    begin = re.sub("%.?$", "", name[: NAME_BYTES - 20])  # no half of an escape
    return f"{begin}~{blake2b(host.encode(), digest_size=8).hexdigest()}"
