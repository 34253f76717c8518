"""What a run that nobody watches owes to whoever watches the machine: metrics, whatever becomes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from logproc import __version__, stopping
from logproc.commands import failure
from logproc.console import complain
from logproc.errors import LogprocError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
