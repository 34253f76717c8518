"""`logproc run`: the main job."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from logproc.commands.looking import print_plan
from logproc.commands.options import INPUT, NETWORK, OUTPUT, VERBOSITY, WORK, load_config, options, say_if_cold
from logproc.console import hush, put, put_bytes, say, tell
from logproc.errors import UsageError

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.model import Report


@click.command()
@options(INPUT, WORK, NETWORK, OUTPUT, VERBOSITY)
def run(**typed: Any) -> int:  # noqa: ANN401 - click's keyword arguments
    """Read logs below each PATH and report; the main job.

    PATH is a folder, a file or - (standard input). Without output options the report goes to the terminal.
    """
    from logproc.config import require_supported

    config = load_config(typed)
    require_supported(config)
    if config.dry_run:
        return print_plan(config, typed["paths"], as_json=typed["json"] == "-")
    _check_outputs(config)
    from logproc import coordinator  # a wrong flag is refused before numba loads
    from logproc.report import summary
    from logproc.report.progress import bar_if_watched

    say_if_cold(quiet=config.quiet)
    begin = time.monotonic()
    progress = bar_if_watched(quiet=config.quiet)
    try:
        report = coordinator.run(config, progress=progress, say=hush if config.quiet else tell)
    finally:
        if progress is not None:
            progress.close()
    seconds = time.monotonic() - begin
    shown = _write(report, config, to_terminal=typed["json"] is None)
    if not shown:
        say(summary.problems(report, config.max_reject_ratio, typed["paths"]))
    if not config.quiet:
        say(summary.summary(report, seconds))
    if config.verbose:
        say(summary.details(report))
    return summary.exit_code(report, config.max_reject_ratio, typed["paths"])


def _check_outputs(config: Config) -> None:
    """Refuse, before any work, what could not be written after it."""
    from logproc.report import files

    taken: dict[str, str] = {}
    for option, path in (("--json", config.output.json), ("--rejects", config.output.rejects)):
        if path == "-" and option != "--json":
            raise UsageError(f"{option} needs a file: standard output carries the report")
        if path not in {None, "-"}:
            files.require_writable(option, str(path))
            other = taken.setdefault(os.path.realpath(str(path)), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}; one would replace the other")


def _write(report: Report, config: Config, *, to_terminal: bool) -> bool:
    """Write what was asked for; the terminal report only where nothing else was, and never under -q.

    Tells whether a person has the problems on the screen already.
    """
    from logproc.report import files, json

    shown = False
    if config.output.json == "-":
        put_bytes(json.render(report))
    elif to_terminal and not config.quiet:
        from logproc.report import terminal

        shown = sys.stdout.isatty()
        put(terminal.render(report, config.max_reject_ratio, config.paths, terminal=shown))
    if config.output.json not in {None, "-"}:
        files.write_atomically(str(config.output.json), json.render(report))
    return shown
