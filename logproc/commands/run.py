"""`logproc run`: the main job."""

from __future__ import annotations

import time
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from logproc.commands import outputs
from logproc.commands.looking import print_plan
from logproc.commands.options import (
    COUNTING,
    INPUT,
    NETWORK,
    OUTPUT,
    UNATTENDED,
    VERBOSITY,
    WORK,
    begin_if_cold,
    load_config,
    options,
)
from logproc.commands.unattended import Watch, attend, locked
from logproc.console import hush, is_json, say, tell, warn
from logproc.errors import OutputError

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report


@click.command()
@options(INPUT, WORK, NETWORK, UNATTENDED, OUTPUT, VERBOSITY)
def run(**typed: Any) -> int:  # noqa: ANN401 - click's keyword arguments
    """Read logs below each PATH and report; the main job.

    PATH is a folder, a file or - (standard input). Without output options the report goes to the terminal.
    """
    if typed["dry_run"]:
        return print_plan(_config(typed), typed["paths"], as_json=typed["json"] == "-")
    return attend(typed, partial(_run, typed))


def _config(typed: dict[str, Any]) -> Config:
    from logproc.config import require_supported

    config = load_config(typed)
    require_supported(config)
    return config


def _run(typed: dict[str, Any], watch: Watch) -> int:
    config = _config(typed)
    watch.follow(config)
    if config.state_dir is not None:
        from logproc.state import lock

        lock.of_state(config.state_dir)  # outputs may lie in it
    outputs.check(config)
    with locked(config):
        return _report(config, typed, watch)


def _report(config: Config, typed: dict[str, Any], watch: Watch) -> int:
    from logproc.report import summary
    from logproc.report.progress import bar_if_watched

    behind = None if config.state_dir is None else _ledger_before(config, config.state_dir)
    begin = time.monotonic()
    progress = bar_if_watched(quiet=config.quiet or is_json())
    try:
        report = _counted(config, progress)
    finally:
        if progress is not None:
            progress.close()
    seconds = time.monotonic() - begin
    watch.finished(report)
    try:
        shown = outputs.write(report, config, to_terminal=outputs.to_terminal(typed))
        if config.output.dir is not None:
            from logproc import calendars

            calendars.write(report, config, config.output.dir, is_restored=behind is not None)
    except OutputError:
        if config.state_dir is not None:
            warn("what this run counted is kept in the ledger; the next run writes the reports")
        raise
    if config.state_dir is not None:
        from logproc import nightly

        nightly.reported(config)
    if config.rebuild:
        from logproc import asking

        for text in asking.not_rebuilt(report.reports, config.rebuild):
            warn(text)
    if not shown:
        say(summary.problems(report, config.max_reject_ratio, typed["paths"]))
    if not config.quiet:
        say([summary.summary(report, seconds)])
    if config.verbose:
        say(summary.details(report))
    return summary.exit_code(report, config.max_reject_ratio, typed["paths"])


def _counted(config: Config, progress: Progress | None) -> Report:
    """Run, with a ledger or without one; each loads what it needs, and a wrong flag was refused before."""
    say_how = hush if config.quiet else tell
    warm = partial(begin_if_cold, COUNTING, quiet=config.quiet)
    if config.state_dir is not None:
        from logproc import nightly

        return nightly.run(config, progress=progress, say=say_how, warm=warm, warn=warn)
    from logproc import coordinator

    warm()
    return coordinator.run(config, progress=progress, say=say_how)


def _ledger_before(config: Config, state_dir: str) -> str | None:
    """Say what a look at the ledger tells before it is counted on; returns that it is older than kept reports, if so.

    The clock may be wrong where days are to be dropped by it.
    """
    from logproc import restored, upkeep
    from logproc.state.database import has_ledger
    from logproc.state.ledger import Ledger

    clock = None
    with Ledger.to_write(state_dir) if has_ledger(state_dir) else nullcontext() as ledger:
        behind = None if config.output.dir is None else restored.note(config.output.dir, state_dir, ledger)
        if ledger is not None:
            clock = upkeep.note(config, ledger, time.time_ns())
    for note in (behind, clock):
        if note is not None:
            warn(note)
    return behind
