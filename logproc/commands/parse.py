"""`logproc parse`: rows instead of reports."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logproc.commands.options import INPUT, VERBOSITY, begin_if_cold, load_config, options
from logproc.console import hush, is_json, say, tell
from logproc.errors import MissingExtraError, UsageError
from logproc.inputs.own import refuse_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.config import Config
    from logproc.report.progress import Progress
    from logproc.report_model import Report


@click.command()
@options(INPUT)
@click.option("--to", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE|DIR/",
    help="Write here; default: standard output. DIR/ with --to parquet: files by day and host.",
)
@click.option("--where", metavar="SQL", help="Only rows that meet this condition.")
@click.option("--select", metavar="a,b", help="Only these fields, in this order; raw is the line.")
@click.option("--origin", is_flag=True, help="Add _file, _offset and _line to each row.")
@click.option("-j", "--workers", type=click.IntRange(0, 1024), metavar="N", help="Threads for csv and parquet.")
@click.option("--since", metavar="T", help="Only rows from T on.")
@click.option("--until", metavar="T", help="Only rows before T.")
@click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines.")
@VERBOSITY
def parse(*, to: str, output: str | None, where: str | None, select: str | None, origin: bool, **typed: Any) -> int:  # noqa: ANN401
    """Write the parsed rows: as JSON lines, as CSV, or as Parquet, in one file or by day and host."""
    config = load_config(typed)
    from logproc.report import files, summary
    from logproc.report.progress import bar_if_watched

    named = None if output == "-" else output
    by_day = named is not None and (named.endswith("/") or Path(named).is_dir())
    _require(to, named, by_day=by_day)
    config = replace(config, written=named)
    refuse_named(config.paths, {"-o": named, "--rejects": config.output.rejects}, printed=named is None)
    if config.output.rejects:
        files.require_writable("--rejects", config.output.rejects)
    fields = tuple(name.strip() for name in (select or "").split(",") if name.strip())
    begin_if_cold(quiet=config.quiet)
    progress = None if named is None else bar_if_watched(quiet=config.quiet or is_json())
    write = (_rows if to == "jsonl" else _table)(config, fields, where, to, origin=origin, progress=progress)
    try:
        if by_day:
            report = write(named)
        elif named is not None:
            with files.replacing(named) as out:
                report = write(out)
        else:
            sys.stdout.flush()
            report = write(sys.stdout.buffer)
            sys.stdout.buffer.flush()
    finally:
        if progress is not None:
            progress.close()
    say(summary.problems(report, config.max_reject_ratio, typed["paths"]))
    return summary.exit_code(report, config.max_reject_ratio, typed["paths"])


def _require(to: str, named: str | None, *, by_day: bool) -> None:
    """Refuse an output that cannot be written, before any work."""
    from logproc.report import files

    if by_day and to != "parquet":
        raise UsageError(f"-o {named}: a folder holds Parquet files by day and host: add --to parquet, or name a file")
    if by_day:
        from logproc.adhoc.folders import require_new_folder

        require_new_folder("-o", str(named))
    elif named is not None:
        files.require_writable("-o", named)
    elif to == "parquet" and sys.stdout.isatty():
        raise UsageError("--to parquet writes bytes, and standard output is a terminal; name a file with -o")


def _rows(
    config: Config, select: tuple[str, ...], where: str | None, to: str, *, origin: bool, progress: Progress | None
) -> Callable[[Any], Report]:
    from logproc.adhoc import rows

    say = hush if config.quiet else tell
    return lambda out: rows.parse(
        config, out, to=to, where=where, select=select, origin=origin, progress=progress, say=say
    )


def _table(
    config: Config, select: tuple[str, ...], where: str | None, to: str, *, origin: bool, progress: Progress | None
) -> Callable[[Any], Report]:
    try:
        from logproc.adhoc import export, selecting
    except ImportError as error:
        raise MissingExtraError(f"parse --to {to}", "sql") from error
    selection = selecting.chosen(config, select, where, origin=origin, say=hush if config.quiet else tell)

    def write(out: Any) -> Report:  # noqa: ANN401 - a file, or the name of a folder
        if isinstance(out, str):
            return export.export_folder(config, out, selection, progress)
        return export.export(config, out, selection, to, progress)

    return write
