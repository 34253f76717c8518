"""What Python programs call: the commands of the command line, without a command line.

Nothing here prints, and no report is written: of the configuration's `[output]` only `rejects` is followed. In a
notebook a progress bar is shown while logs are read; elsewhere with `progress=True`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.config import Config, Flags, load, require_paths, require_supported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.adhoc.result import Result
    from logproc.looking import Detected
    from logproc.report.progress import Progress
    from logproc.report_model import Report

PathLike: TypeAlias = str | bytes | os.PathLike[str]
Paths: TypeAlias = PathLike | Iterable[PathLike]
Time: TypeAlias = str | date | datetime


def run(
    paths: Paths = (),
    *,
    config: PathLike | None = None,
    format: str = "auto",  # noqa: A002 - the word of the command line
    backend: str = "auto",
    workers: int = 0,
    since: Time | None = None,
    until: Time | None = None,
    reports: Iterable[str | os.PathLike[str]] | str | None = None,
    progress: Progress | bool | None = None,
) -> Report:
    """Read the logs at `paths` (or at the configuration's root) and return the report.

    Only the config.toml that is named is read. `since` and `until` are texts as on the command line or datetimes, the
    end exclusive; `reports` names what to compute instead of the configured set. Unreadable files are in the report;
    a wrong question raises UsageError.

    >>> import logproc
    >>> report = logproc.run("data/web3", workers=1)
    >>> report.lines.read, report.lines.rejected
    (12, 0)
    >>> report["methods"].rows
    (('GET', 12, 5390, 2),)
    >>> report["methods"].to_pandas()["requests"].item()
    12
    """
    flags = _flags(
        paths,
        config,
        format,
        workers,
        since,
        until,
        backend=backend,
        reports=(reports,) if isinstance(reports, str) else tuple(os.fspath(report) for report in reports or ()),
    )
    ready = _ready(flags)
    from logproc.coordinator import run as coordinate  # noqa: PLC0415 - loads numba

    with _Shown(progress) as bar:
        if ready.state_dir is None:
            return coordinate(ready, progress=bar)
        from logproc.nightly import reported  # noqa: PLC0415
        from logproc.state import lock  # noqa: PLC0415

        with lock.hold(lock.of_state(ready.state_dir)):
            report = coordinate(ready, progress=bar)
            reported(ready)
        return report


def sql(
    query: str,
    paths: Paths = (),
    *,
    config: PathLike | None = None,
    format: str = "auto",  # noqa: A002
    workers: int = 0,
    since: Time | None = None,
    until: Time | None = None,
    progress: Progress | bool | None = None,
) -> Result:
    """Answer one SELECT, or that of a file that ends in .sql, over the logs at `paths`.

    FROM names a family (web, syslog, app, json), a source of the configuration, or logs. What merges runs as a rollup,
    the rest in DuckDB (extra `sql`). QueryError points at what is wrong.

    >>> import logproc
    >>> answer = logproc.sql("SELECT status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC", "data/web3")
    >>> answer.rows
    ((404, 8), (200, 2), (304, 2))
    >>> answer.engine
    'rollup'
    >>> logproc.sql("SELECT median(bytes) AS half FROM web", "data/web3").to_pandas()["half"].item()
    571.0
    """
    name = os.fspath(query)
    text = Path(name).read_text(encoding="utf-8") if name.endswith(".sql") and "\n" not in name else name
    ready = _ready(_flags(paths, config, format, workers, since, until))
    from logproc.adhoc.result import answered  # noqa: PLC0415

    with _Shown(progress) as bar:
        return answered(ready, text, bar)


def scan(
    paths: Paths = (),
    *,
    relation: str = "logs",
    select: Iterable[str] = (),
    where: str | None = None,
    origin: bool = False,
    config: PathLike | None = None,
    format: str = "auto",  # noqa: A002
    workers: int = 0,
    since: Time | None = None,
    until: Time | None = None,
    progress: Progress | bool | None = None,
) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the parsed rows as a `pyarrow.RecordBatchReader`, which DuckDB, Polars and pandas take.

    Threads parse while batches are taken, in bounded memory, and end when the reader is dropped. `relation` is a
    family, a source or logs. `select` names columns (default: all that the files have), `where` is a condition in SQL,
    and `origin` adds `_file`, `_offset` and `_line`. Texts are string views; times are UTC, without a zone. Files that
    could not be read, and many rejected lines, are warned of at the end.

    >>> import logproc, duckdb
    >>> rows = logproc.scan("data/web3", relation="web", select=["status", "bytes"], where="status < 400")
    >>> duckdb.sql("FROM rows SELECT status, count(*), max(bytes) GROUP BY ALL ORDER BY 1").fetchall()
    [(200, 2, 612), (304, 2, 0)]
    """
    ready = _ready(_flags(paths, config, format, workers, since, until))
    from logproc.adhoc.result import reader  # noqa: PLC0415

    names = (select,) if isinstance(select, str) else tuple(select)
    return reader(ready, relation, names, where, _Shown(progress).bar, origin=origin)


def detect(paths: Paths, *, config: PathLike | None = None) -> list[Detected]:
    """Return what is known about each file below `paths` from its first lines: format, compression, fields.

    >>> import logproc
    >>> [found.format for found in logproc.detect("data/web3")]
    ['combined']
    """
    from logproc.looking import detect as coordinate  # noqa: PLC0415

    return coordinate(_ready(_flags(paths, config)))


def parse(
    paths: Paths,
    *,
    format: str = "auto",  # noqa: A002
    config: PathLike | None = None,
    where: str | None = None,
    select: Iterable[str] = (),
    origin: bool = False,
    since: Time | None = None,
    until: Time | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the parsed rows of the logs at `paths` as dictionaries, through a temporary file, in bounded memory.

    >>> import logproc
    >>> next(logproc.parse("data/web3", select=["method", "status"], origin=True))["_line"]
    1
    """
    from logproc.adhoc.rows import parse as write_rows  # noqa: PLC0415

    with tempfile.TemporaryFile() as file:
        flags = _flags(paths, config, format, 0, since, until)
        write_rows(_ready(flags), file, to="jsonl", where=where, select=tuple(select), origin=origin)
        file.seek(0)
        for line in file:
            yield json.loads(line)


class _Shown:
    """A progress bar as it was asked for: one's own, one of ours, or, in a notebook, ours without being asked."""

    def __init__(self, progress: Progress | bool | None) -> None:  # noqa: FBT001 - as the callers of `run` give it
        from logproc.report.progress import Bar, in_notebook  # noqa: PLC0415

        wanted = in_notebook() if progress is None else progress
        self.bar: Progress | None = (Bar() if wanted else None) if isinstance(wanted, bool) else wanted
        self._own = isinstance(wanted, bool)

    def __enter__(self) -> Progress | None:
        return self.bar

    def __exit__(self, *exc: object) -> None:
        if self._own and self.bar is not None:
            self.bar.close()


def _flags(
    paths: Paths,
    config: PathLike | None,
    format: str = "auto",  # noqa: A002
    workers: int = 0,
    since: Time | None = None,
    until: Time | None = None,
    *,
    backend: str = "auto",
    reports: tuple[str, ...] = (),
) -> Flags:
    return Flags(
        paths=_listed(paths),
        config=None if config is None else os.fsdecode(config),
        format=None if format == "auto" else format,
        backend=None if backend == "auto" else backend,
        workers=workers or None,
        since=_written(since),
        until=_written(until),
        reports=reports,
    )


def _ready(flags: Flags) -> Config:
    config = load(flags, find=False)
    require_paths(config)
    require_supported(config)
    return config


def _listed(paths: Paths) -> tuple[str, ...]:
    several = (paths,) if isinstance(paths, str | bytes | os.PathLike) else paths
    return tuple(os.fsdecode(path) for path in several)


def _written(time: Time | None) -> str | None:
    """Write a datetime as the command line would; a naive one, or a date, is meant in the configured zone."""
    if time is None or isinstance(time, str):
        return time
    if not isinstance(time, datetime):
        return time.isoformat()
    return (time if time.tzinfo is None else time.astimezone(UTC)).isoformat()
