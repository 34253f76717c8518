"""`logproc formats`, `logproc functions` and `logproc presets`: what is there."""

from __future__ import annotations

import click

from logproc.commands.options import load_config
from logproc.console import put, say


@click.command()
@click.option("--check", metavar="FILE", help="Read this file, and show which lines are refused, where and why.")
@click.option("--format", "fmt", metavar="F", help="With --check: a name or a pattern; default: what is detected.")
@click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one.")
def formats(*, check: str | None, fmt: str | None, config: str | None) -> int:
    """List what --format takes and detection knows, or --check a file."""
    if check is not None:
        return _check(check, fmt, config)
    if fmt is not None:
        raise click.UsageError("--format goes with --check FILE; the list needs none")
    from logproc.formats import FORMATS, PATTERN_DOCS, STRINGS
    from logproc.report import listing

    rows = [(row.name, row.family, row.doc) for row in FORMATS.values()]
    rows += [(f"{language}:...", "web", f"a format string of {language}") for language in STRINGS]
    rows += [(f"{language}:...", "", doc) for language, doc in PATTERN_DOCS.items()]
    put(listing.align([*rows, ("auto", "", "each file by its content (the default)")]))
    return 0


def _check(path: str, fmt: str | None, config: str | None) -> int:
    """Show what a format refuses in a file; returns 3 if it refuses any line, or the file cannot be read."""
    settings = load_config({"paths": (path,), "format": fmt, "config": config})
    from logproc import checking
    from logproc.report import faults

    found = checking.check(settings)
    put(faults.checked_text(found))
    return faults.checked_code(found)


@click.command()
@click.option("--markdown", is_flag=True, help="Write the page of the documentation.")
def functions(*, markdown: bool) -> None:
    """List what SQL can call: functions and aggregates."""
    from logproc.report import listing
    from logproc.rollup import catalogue

    put(catalogue.markdown() if markdown else listing.align(catalogue.text()))


@click.command()
@click.option("--eject", metavar="DIR", help="Copy the presets' .sql files to this folder.")
def presets(eject: str | None) -> None:
    """List the built-in reports, or copy their SQL."""
    from logproc.presets import load, names
    from logproc.report import listing

    found = {name: load(name)[0][1] for name in names() if "/" in name}
    if eject is None:
        put(listing.presets_text(found))
    else:
        say([listing.eject(found, eject)])
