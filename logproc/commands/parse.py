"""`logproc parse`: rows instead of reports."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from logproc.commands.options import INPUT, VERBOSITY, load_config, options
from logproc.console import is_json, say


@click.command()
@options(INPUT)
@click.option("--to", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write here; default: standard output.")
@click.option("--where", metavar="SQL", help="Only rows that meet this condition.")
@click.option("--select", metavar="a,b", default="", help="Only these fields, in this order.")
@click.option("--origin", is_flag=True, help="Add _file, _offset and _line to each row.")
@click.option("--since", metavar="T", help="Only rows from T on.")
@click.option("--until", metavar="T", help="Only rows before T.")
@click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines.")
@VERBOSITY
def parse(*, to: str, output: str | None, where: str | None, select: str, origin: bool, **typed: Any) -> int:  # noqa: ANN401
    """Write the parsed rows."""
    config = load_config(typed)
    from logproc.adhoc import rows
    from logproc.report import files, summary
    from logproc.report.progress import bar_if_watched

    fields = tuple(name.strip() for name in select.split(",") if name.strip())
    progress = None if output in {None, "-"} else bar_if_watched(quiet=config.quiet or is_json())
    write = partial(rows.parse, config, to=to, where=where, select=fields, origin=origin, progress=progress)
    if config.output.rejects:
        files.require_writable("--rejects", config.output.rejects)
    try:
        if output is None or output == "-":
            sys.stdout.flush()
            report = write(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            files.require_writable("-o", output)
            with files.replacing(output) as out:
                report = write(out)
    finally:
        if progress is not None:
            progress.close()
    say(summary.problems(report, config.max_reject_ratio, typed["paths"]))
    return summary.exit_code(report, config.max_reject_ratio, typed["paths"])
