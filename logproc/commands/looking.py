"""`logproc plan` and `logproc detect`: what would be read, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logproc.commands.options import INPUT, VERBOSITY, begin_if_cold, load_config, options
from logproc.console import put

if TYPE_CHECKING:
    from logproc.config import Config


@click.command()
@options(INPUT, VERBOSITY)
@click.option("--state", metavar="DIR", help="Ledger of an incremental run: say what is new, and why.")
@click.option("--accept-gone", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def plan(*, as_json: bool, **typed: Any) -> int:  # noqa: ANN401
    """Show what `run` would do with each file, and why."""
    config = load_config(typed)
    begin_if_cold(quiet=config.quiet)
    return print_plan(config, typed["paths"], as_json=as_json)


@click.command()
@options(INPUT, VERBOSITY)
@click.option("--explain", "explained", is_flag=True, help="Say how lines are read, and which other formats fit.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def detect(*, as_json: bool, explained: bool, **typed: Any) -> int:  # noqa: ANN401
    """Show each file's format, codec, time span and sample fields."""
    config = load_config(typed)
    begin_if_cold(quiet=config.quiet)
    from logproc import looking
    from logproc.report import listing

    found = looking.detect(config, explained=explained)
    put(listing.detected_json(found) if as_json else listing.detected_text(found))
    return listing.detected_code(found)


def print_plan(config: Config, named: tuple[str, ...], *, as_json: bool) -> int:
    """Print what would be done with each file; returns the exit code."""
    from logproc import looking
    from logproc.report import listing

    entries = looking.plan(config)
    put(listing.plan_json(entries) if as_json else listing.plan_text(entries))
    return listing.plan_code(entries, named)
