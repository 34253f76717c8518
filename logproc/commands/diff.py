"""`logproc diff`: what is different from another night."""

from __future__ import annotations

import click

from logproc.commands.options import VERBOSITY
from logproc.console import put, say

CHANGED = 4


@click.command()
@click.argument("new", metavar="NEW.json")
@click.option("--against", required=True, metavar="OLD.json", help="The report to compare with.")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="Changes to show.")
@click.option(
    "--fail-over",
    type=click.FloatRange(1),
    is_flag=False,
    flag_value=1.0,
    metavar="[RATIO]",
    help="Exit with 4 if something changed significantly, by this ratio or more (2: doubled or halved).",
)
@click.option("--json", "as_json", is_flag=True, help="All changes, as JSON.")
@VERBOSITY
def diff(
    *, new: str, against: str, top: int, fail_over: float | None, as_json: bool, quiet: bool, verbose: bool
) -> int:
    """Show what changed between two reports, the most significant first.

    Both are JSON reports over the same questions, as `run --json FILE` writes them. Totals, shares, parts and
    latencies are compared; docs/diff.md says how, and how often chance alone is reported.
    """
    from logproc import comparing
    from logproc.report import diff as rendering

    found, notes = comparing.compare(comparing.load(against), comparing.load(new))
    if as_json:
        put(rendering.document(found, against, new, notes))
    elif found or not quiet:
        put("\n".join(rendering.lines(found, top)) + "\n")
    if verbose and not as_json:
        say(notes)
    is_over = fail_over is not None and any(max(c.ratio, 1 / c.ratio) >= fail_over for c in found)
    return CHANGED if is_over else 0
