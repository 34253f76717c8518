"""A run that nobody watches: one at a time; metrics and pings for whoever watches, however it ends."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logproc import __version__, stopping
from logproc.commands import failure
from logproc.console import complain, hush, tell, warn
from logproc.errors import LogprocError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logproc.config import Config
    from logproc.report.ping import Pinger
    from logproc.report_model import Report


class Watch:
    """Follows one run. What was typed counts until the configuration is known: that may be what is wrong."""

    def __init__(self, typed: Mapping[str, Any]) -> None:
        self._begin = time.monotonic()
        self._named: tuple[str, ...] = typed["paths"]
        self._metrics_file: str | None = typed["metrics_file"]
        self._pinger = _pinger(typed["ping_url"])
        self._max_reject_ratio = 1.0
        self._report: Report | None = None

    def follow(self, config: Config) -> None:
        """Do as the configuration says; the run begins."""
        self._metrics_file = config.output.metrics_file
        self._max_reject_ratio = config.max_reject_ratio
        self._pinger = _pinger(config.unattended.ping_url)
        if self._pinger is not None:
            self._pinger.start()

    def finished(self, report: Report) -> None:
        """Take the report of a run that came to its end."""
        self._report = report

    def end(self, code: int, lines: list[str]) -> None:
        """Say how the run ended, `lines` being why; OutputError if the metrics cannot be written."""
        try:
            if self._metrics_file is not None:
                self._write_metrics(self._metrics_file, code)
        except LogprocError as error:
            self._ping(code or error.exit_code, [*lines, str(error)])
            raise
        self._ping(code, lines)

    def _ping(self, code: int, lines: list[str]) -> None:
        if self._pinger is not None:
            self._pinger.end(code, lines + self._summary())

    def _write_metrics(self, path: str, code: int) -> None:
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
        files.write_atomically(path, prometheus.render(ending, prometheus.read_old(path)))

    def _summary(self) -> list[str]:
        if self._report is None:
            return []
        from logproc.report import summary

        found = summary.problems(self._report, self._max_reject_ratio, self._named)
        return [summary.summary(self._report, time.monotonic() - self._begin).text, *(line.text for line in found)]


def _pinger(url: str | None) -> Pinger | None:
    if url is None:
        return None
    from logproc.config_keys import web_address
    from logproc.report.ping import Pinger

    return None if web_address(url) else Pinger(url, f"logproc/{__version__}", warn)


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
        watch.end(code, [])
    return code


def _end_badly(watch: Watch, error: BaseException) -> None:
    code = failure.exit_code(error)
    try:
        watch.end(code, failure.lines(error))
    except LogprocError as another:
        if code != UsageError.exit_code:  # it may be the one that is being said
            complain(str(another))


@contextmanager
def locked(config: Config) -> Iterator[None]:
    """Hold the configured lock, and that of a state folder, as far as there is one."""
    from logproc.state import lock

    paths = [] if config.unattended.lock is None else [config.unattended.lock]
    if config.state_dir is not None:
        paths.append(lock.of_state(config.state_dir))
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with ExitStack() as stack:
        for path in dict.fromkeys(map(os.path.realpath, paths)):
            held = lock.hold(path, config.unattended.wait_lock, started=started, say=hush if config.quiet else tell)
            stack.enter_context(held)
        yield
