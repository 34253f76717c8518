"""`logproc state` and `logproc report`: what is in a ledger, without reading any log."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from logproc.commands import outputs
from logproc.commands.options import LEDGER, REPORT_OUTPUT, SPAN, VERBOSITY, options
from logproc.commands.unattended import locked
from logproc.console import put, say, warn

if TYPE_CHECKING:
    from logproc.config import Config

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def _config(typed: dict[str, Any]) -> Config:
    from logproc.config import Flags, load

    return load(Flags(**typed))


@click.command()
@options(LEDGER, SPAN)
@click.option("--host", "hosts", multiple=True, metavar="H", help="Only lines of this host; may be repeated.")
@click.option("--source", "sources", multiple=True, metavar="S", help="Only lines of this source; may be repeated.")
@click.option("--report", "reports", multiple=True, metavar="NAME|FILE.sql", help="Only this report; may be repeated.")
@options(REPORT_OUTPUT, VERBOSITY)
def report(hosts: tuple[str, ...], sources: tuple[str, ...], **typed: Any) -> int:  # noqa: ANN401
    """Report what was counted, for some days, hosts or sources; no log is read.

    T is a date, today, yesterday or a weekday, in the configured time zone; --until is exclusive.
    """
    config = _config(typed)
    from logproc import asking, earlier, keeping
    from logproc.config import Output
    from logproc.report import summary
    from logproc.report_model import NOTHING_BEFORE
    from logproc.state.ledger import Ledger

    config = replace(config, output=Output(**{name: typed[name] for name in ("json", "html", "csv", "markdown")}))
    outputs.check(config)
    choice = keeping.choice_of(config, hosts, sources)
    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        found = keeping.report(config, ledger, choice, with_slices=config.output.html is not None)
        wanted = config.output.html or outputs.to_terminal(typed)
        compared = earlier.compared(config, ledger, choice) if wanted else NOTHING_BEFORE
        anew = asking.beginning(keeping.uncounted(config, ledger))
    if anew is not None:
        warn(anew)
    outputs.write(found, config, to_terminal=outputs.to_terminal(typed), compared=compared)
    say(summary.problems(found, 1.0, ()))
    return summary.exit_code(found, 1.0, ())


@click.group()
def state() -> None:
    """Look into the ledger of incremental runs, or take counts out of it."""


@state.command()
@options(LEDGER)
@AS_JSON
def ls(*, as_json: bool, **typed: Any) -> int:  # noqa: ANN401
    """List the files that were counted, whatever became of them."""
    config = _config(typed)
    from logproc import keeping
    from logproc.report import ledger as shown
    from logproc.state.ledger import Ledger

    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        found = keeping.listing(ledger)
    put(shown.kept_json(found) if as_json else shown.kept_text(found))
    return 0


@state.command()
@click.argument("path")
@options(LEDGER)
def show(*, path: str, **typed: Any) -> int:  # noqa: ANN401
    """Show all that is known of a file, as JSON."""
    config = _config(typed)
    from logproc import keeping
    from logproc.report.text import path_text
    from logproc.state.ledger import Ledger

    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        found = keeping.details(config, ledger, path)
    put(json.dumps([{**row, "path": path_text(row["path"])} for row in found], indent=1) + "\n")
    return 0


@state.command()
@click.argument("path", required=False)
@click.option("--host", metavar="H", help="Forget all files of this host.")
@click.option("--day", metavar="D", help="Forget the lines of this day, such as 2026-01-31.")
@options(LEDGER)
def forget(*, path: str | None, host: str | None, day: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Take a file, a host or a day out of the counts, exactly.

    A file that is still on disk is counted anew by the next run; leave it out with [discover] exclude.
    """
    from logproc.errors import UsageError

    if sum(value is not None for value in (path, host, day)) != 1:
        raise UsageError("forget what? name a PATH, or --host H, or --day D")
    config = _config(typed)
    from logproc import keeping
    from logproc.state.ledger import Ledger

    folder = keeping.state_dir(config)
    with Ledger.to_read(folder):
        pass  # no ledger is made in order to forget
    with locked(config), Ledger.to_write(folder) as ledger:
        done = keeping.forget(config, ledger, path=path, host=host, day=day)
    say([done])
    return 0


@state.command()
@options(LEDGER)
@AS_JSON
def verify(*, as_json: bool, **typed: Any) -> int:  # noqa: ANN401
    """Hold the ledger against the files: read each one as far as it was counted, and compare checksums."""
    config = _config(typed)
    from logproc import keeping
    from logproc.report import ledger as shown
    from logproc.state.ledger import Ledger

    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        found = list(keeping.verify(ledger))
    put(shown.verified_json(found) if as_json else shown.verified_text(found))
    return 3 if any(row.verdict in {"differs", "unreadable"} for row in found) else 0
