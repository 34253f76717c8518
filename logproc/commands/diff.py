"""`logproc diff`: what is different from another night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logproc.commands.options import LEDGER, VERBOSITY, options
from logproc.console import put, say
from logproc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.config import Config
    from logproc.report_model import ReportTable
    from logproc.state.ledger import Ledger

CHANGED = 4

WEEKDAY = "same weekday"


@click.command()
@click.argument("new", metavar="[NEW.json]", required=False)
@click.option(
    "--against",
    metavar=f"'{WEEKDAY}'|DATE|OLD.json",
    help=f"What to compare with; default, for a night of the ledger: '{WEEKDAY}'.",
)
@click.option("--day", metavar="DATE", help="The night to look at, of the ledger; default: its last whole day.")
@options(LEDGER)
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
    *,
    new: str | None,
    against: str | None,
    day: str | None,
    top: int,
    fail_over: float | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **typed: Any,  # noqa: ANN401 - where the ledger is
) -> int:
    """Show what changed between two nights, the most significant first.

    NEW.json and OLD.json are reports over the same questions, as `run --json FILE` writes them; without NEW.json the
    night is taken out of the ledger, and so is a DATE, or the day of the week before (or of the last week that has
    one). Totals, shares, parts and latencies are compared; docs/diff.md says how, and how often chance alone is
    reported.
    """
    from logproc import comparing
    from logproc.report import diff as rendering

    if against is None:
        if new is not None:
            raise UsageError(f"--against: what is {new} to be compared with? Name an older report: --against OLD.json")
        against = WEEKDAY

    (old_name, old), (new_name, tables) = _sides(new, against, day, typed)
    found, notes = comparing.compare(old, tables)
    if as_json:
        put(rendering.document(found, old_name, new_name, notes))
    elif found or not quiet:
        put("\n".join(rendering.lines(found, top)) + "\n")
    if verbose and not as_json:
        say([f"{new_name} against {old_name}", *notes])
    is_over = fail_over is not None and any(max(c.ratio, 1 / c.ratio) >= fail_over for c in found)
    return CHANGED if is_over else 0


def _sides(
    new: str | None, against: str, day: str | None, typed: dict[str, Any]
) -> tuple[tuple[str, Sequence[ReportTable]], tuple[str, Sequence[ReportTable]]]:
    """Return the name and the tables of the older and of the newer side."""
    from logproc import comparing

    if new is not None and day is not None:
        raise UsageError("--day is a night of the ledger; leave it out, or NEW.json")
    if new is not None and _is_file(against):
        return (against, comparing.load(against)), (new, comparing.load(new))
    if new is not None and against == WEEKDAY:
        raise UsageError(
            f"--against '{WEEKDAY}' is for a night of the ledger, see --day; NEW.json has no day of its own"
        )
    from logproc import keeping
    from logproc.config import Flags, load
    from logproc.state.ledger import Ledger

    config = load(Flags(**typed))
    with Ledger.to_read(keeping.state_dir(config)) as ledger:
        if new is None:
            night = keeping.last_night(config, ledger) if day is None else keeping.day_number(day)
            newer = _of_night(config, ledger, night)
        else:
            newer = (new, comparing.load(new))
        if _is_file(against):
            return (against, comparing.load(against)), newer
        other = keeping.same_weekday(ledger, night) if against == WEEKDAY else keeping.day_number(against)
        return _of_night(config, ledger, other), newer


def _of_night(config: Config, ledger: Ledger, night: int) -> tuple[str, Sequence[ReportTable]]:
    from logproc import comparing, keeping

    report = keeping.night(config, ledger, night)
    return str(keeping.day_text(night)), comparing.with_hosts(report.reports, report.coverage)


def _is_file(against: str) -> bool:
    """Tell whether it is a report in a file that is compared with."""
    return against != WEEKDAY and not (len(against) == 10 and against.replace("-", "").isdigit())
