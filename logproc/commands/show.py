"""`logproc show`: the lines behind a number."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from logproc.commands.options import VERBOSITY, options
from logproc.console import complain, put_bytes
from logproc.errors import InputError, UsageError

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.report_model import ReportTable


@click.command()
@click.argument("places", nargs=-1, metavar="[PATH:OFFSET|PATH]...")
@click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one.")
@click.option("--format", metavar="F", help="A name or a pattern of `logproc formats`, or auto.")
@click.option("--report", metavar="NAME", help="Show lines behind a row of this report.")
@click.option("--row", metavar="KEY", help="Which row: the values of its key columns, joined by commas.")
@click.option(
    "--json",
    metavar="FILE",
    help="The JSON report to look in; default: [output] json of config.toml, unless PATHs are given.",
)
@options(VERBOSITY)
def show(*, places: tuple[str, ...], report: str | None, row: str | None, json: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Show raw lines: whole records with the lines that belong to them.

    OFFSET counts decompressed bytes, as `parse --origin` does; any byte of a record will do. A report keeps the places
    of a few lines for each of its first rows; without a JSON report, those of the logs at the PATHs are counted anew.
    A pipe gets the bytes as they are, a terminal sees controls escaped.
    """
    if (report is None and (not places or row or json)) or (places and json):
        raise UsageError("name places as PATH:OFFSET, or a row with --report NAME --row KEY and --json FILE or PATHs")
    from logproc import showing
    from logproc.config import Flags, load

    flags = Flags(paths=places if report else (".",), config=typed["config"], format=typed["format"])
    config = load(flags)
    if report is None:
        wanted = [showing.place_of(place) for place in places]
    elif places or (json is None and config.output.json in {None, "-"}):
        wanted = showing.places_in(_counted(config, report), row)
    else:
        wanted = showing.places_of_row(str(json or config.output.json), report, row)
    code = 0
    for place, found in showing.records(config, wanted):
        if isinstance(found, InputError):
            complain(f"{place}: {found.reason}")
            code = 3
        else:
            put_bytes(_shown(found))
    return code


def _counted(config: Config, report: str) -> ReportTable:
    """Count a report over logs; a ledger is left alone."""
    from logproc import coordinator, presets
    from logproc.config import require_paths

    require_paths(config)
    asked = next((name for name in presets.names() if name.partition("/")[2] == report), report)
    output = replace(config.output, rejects=None)
    once = replace(config, reports=(asked,), checks=(), state_dir=None, output=output)
    return coordinator.run(once).reports[0]


def _shown(record: bytes) -> bytes:
    """Return a record as it is for a pipe, and harmless for a terminal."""
    if not sys.stdout.isatty():
        return record if record.endswith(b"\n") else record + b"\n"
    from logproc.report.text import visible

    lines = record.removesuffix(b"\n").split(b"\n")
    texts = ("\t".join(map(visible, line.decode("utf-8", "backslashreplace").split("\t"))) for line in lines)
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "backslashreplace")
