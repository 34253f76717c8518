"""What Python programs call: the commands of the command line, without a command line.

Nothing here prints, and no report is written: of the configuration's `[output]` only `rejects` is followed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from logproc.config import Config, Flags, load, require_paths, require_supported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.coordinator import Detected
    from logproc.model import Report
    from logproc.report.progress import Progress

PathLike: TypeAlias = str | os.PathLike[str]
Paths: TypeAlias = PathLike | Iterable[PathLike]
Time: TypeAlias = str | datetime


def run(
    paths: Paths = (),
    *,
    config: PathLike | None = None,
    format: str = "auto",  # noqa: A002 - the word of the command line
    backend: str = "auto",
    workers: int = 0,
    since: Time | None = None,
    until: Time | None = None,
    reports: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Read the logs at `paths` (or at the configuration's root) and return the report.

    Only the config.toml that is named is read. `since` and `until` are texts as on the command line or datetimes, the
    end exclusive; `reports` names what to compute instead of the configured set. Unreadable files are in the report;
    a wrong question raises UsageError.
    """
    flags = Flags(
        paths=_listed(paths),
        config=None if config is None else os.fspath(config),
        format=None if format == "auto" else format,
        backend=None if backend == "auto" else backend,
        workers=workers or None,
        since=_written(since),
        until=_written(until),
        reports=tuple(reports or ()),
    )
    ready = _ready(flags)
    from logproc.coordinator import run as coordinate  # noqa: PLC0415 - loads numba

    return coordinate(ready, progress=progress)


def detect(paths: Paths, *, config: PathLike | None = None) -> list[Detected]:
    """Return what is known about each file below `paths` from its first lines: format, compression, fields."""
    from logproc.coordinator import detect as coordinate  # noqa: PLC0415

    return coordinate(_ready(Flags(paths=_listed(paths), config=None if config is None else os.fspath(config))))


def parse(
    paths: Paths,
    *,
    format: str = "auto",  # noqa: A002 - the word of the command line
    config: PathLike | None = None,
    where: str | None = None,
    select: Iterable[str] = (),
    origin: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the parsed rows of the logs at `paths` as dictionaries, through a temporary file, in bounded memory."""
    from logproc.adhoc.rows import parse as write_rows  # noqa: PLC0415

    flags = Flags(
        paths=_listed(paths),
        config=None if config is None else os.fspath(config),
        format=None if format == "auto" else format,
    )
    with tempfile.TemporaryFile() as file:
        write_rows(_ready(flags), file, to="jsonl", where=where, select=tuple(select), origin=origin)
        file.seek(0)
        for line in file:
            yield json.loads(line)


def _ready(flags: Flags) -> Config:
    config = load(flags, find=False)
    require_paths(config)
    require_supported(config)
    return config


def _listed(paths: Paths) -> tuple[str, ...]:
    return (os.fspath(paths),) if isinstance(paths, str | os.PathLike) else tuple(os.fspath(path) for path in paths)


def _written(time: Time | None) -> str | None:
    """Write a datetime as the command line would; a naive one stays one and is meant in the configured zone."""
    if time is None or isinstance(time, str):
        return time
    return (time if time.tzinfo is None else time.astimezone(UTC)).isoformat()
