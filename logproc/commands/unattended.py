"""A run that nobody watches: one at a time, and metrics for whoever watches the machine, whatever becomes of it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc import __version__, stopping
from logproc.commands import failure
from logproc.console import complain, hush, tell
from logproc.errors import LogprocError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logproc.config import Config
    from logproc.model import Report


class Watch:
    """Follows one run. What was typed counts until the configuration is known: that may be what is wrong."""

    def __init__(self, typed: Mapping[str, Any]) -> None:
        self._begin = time.monotonic()
        self._named: tuple[str, ...] = typed["paths"]
        self._metrics_file: str | None = typed["metrics_file"]
        self._max_reject_ratio = 1.0
        self._report: Report | None = None

    def follow(self, config: Config) -> None:
        """Do as the configuration says."""
        self._metrics_file = config.output.metrics_file
        self._max_reject_ratio = config.max_reject_ratio

    def finished(self, report: Report) -> None:
        """Take the report of a run that came to its end."""
        self._report = report

    def end(self, code: int) -> None:
        """Say how the run ended; OutputError if the metrics cannot be written."""
        if self._metrics_file is None:
            return
        from logproc.report import files, prometheus

        ending = prometheus.Ending(
            version=__version__,
            code=code,
            at=round(time.time(), 3),
            seconds=round(time.monotonic() - self._begin, 3),
            report=self._report,
            max_reject_ratio=self._max_reject_ratio,
            named=self._named,
        )
        files.write_atomically(self._metrics_file, prometheus.render(ending, prometheus.read_old(self._metrics_file)))


def attend(typed: Mapping[str, Any], job: Callable[[Watch], int]) -> int:
    """Do a job, follow it to its end, however it ends, and return its exit code."""
    watch = Watch(typed)
    try:
        code = job(watch)
    except BaseException as error:
        with stopping.deferred():
            _end_badly(watch, error)
        raise
    with stopping.deferred():
        watch.end(code)
    return code


def _end_badly(watch: Watch, error: BaseException) -> None:
    code = failure.exit_code(error)
    try:
        watch.end(code)
    except LogprocError as another:
        if code != UsageError.exit_code:  # it may be the one that is being said
            complain(str(another))


@contextmanager
def locked(config: Config) -> Iterator[None]:
    """Hold the configured lock, that of a state folder if no other is named, if there is one."""
    from logproc.state import lock

    path = config.unattended.lock
    if path is None and config.state_dir is not None:
        path = str(Path(config.state_dir) / lock.NAME)
    if path is None:
        yield
        return
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with lock.hold(path, config.unattended.wait_lock, started=started, say=hush if config.quiet else tell):
        yield
