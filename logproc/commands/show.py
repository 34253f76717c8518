"""`logproc show`: the lines behind a number."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from logproc.commands.options import VERBOSITY, options
from logproc.console import complain, put_bytes
from logproc.errors import InputError, UsageError

if TYPE_CHECKING:
    from logproc.config import Config


@click.command()
@click.argument("places", nargs=-1, metavar="[PATH:OFFSET]...")
@click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one.")
@click.option("--format", metavar="F", help="A name or a pattern of `logproc formats`, or auto.")
@click.option("--report", metavar="NAME", help="Show lines behind a row of this report.")
@click.option("--row", metavar="KEY", help="Which row: the values of its key columns, joined by commas.")
@click.option("--json", metavar="FILE", help="The JSON report to look in; default: [output] json of config.toml.")
@options(VERBOSITY)
def show(*, places: tuple[str, ...], report: str | None, row: str | None, json: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Show raw lines: whole records with the lines that belong to them.

    OFFSET counts decompressed bytes, as `parse --origin` does; any byte of a record will do. A report keeps the places
    of a few lines for each of its first rows. A pipe gets the bytes as they are, a terminal sees controls escaped.
    """
    if bool(places) == (report is not None):
        raise UsageError("name places as PATH:OFFSET, or a row with --report NAME --row KEY --json FILE")
    from logproc import showing
    from logproc.config import Flags, load

    config = load(Flags(paths=(".",), config=typed["config"], format=typed["format"]))
    if report is not None:
        wanted = showing.places_of_row(_json(json, config), report, row)
    else:
        wanted = [showing.place_of(place) for place in places]
    code = 0
    for place, found in showing.records(config, wanted):
        if isinstance(found, InputError):
            complain(f"{place}: {found.reason}")
            code = 3
        else:
            put_bytes(_shown(found))
    return code


def _json(typed: str | None, config: Config) -> str:
    path = typed or config.output.json
    if path in {None, "-"}:
        raise UsageError("which report? name the file that `run --json FILE` wrote: --json FILE")
    return str(path)


def _shown(record: bytes) -> bytes:
    """Return a record as it is for a pipe, and harmless for a terminal."""
    if not sys.stdout.isatty():
        return record if record.endswith(b"\n") else record + b"\n"
    from logproc.report.text import visible

    lines = record.removesuffix(b"\n").split(b"\n")
    texts = ("\t".join(map(visible, line.decode("utf-8", "backslashreplace").split("\t"))) for line in lines)
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "backslashreplace")
