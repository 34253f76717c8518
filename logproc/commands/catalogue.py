"""`logproc formats` and `logproc presets`: what is there."""

from __future__ import annotations

import click

from logproc.console import put, say


@click.command()
def formats() -> None:
    """List what --format takes and detection knows."""
    from logproc.formats import FORMATS, PATTERNS, STRINGS
    from logproc.report import listing

    rows = [(row.name, row.family, row.doc) for row in FORMATS.values()]
    rows += [(f"{language}:...", "web", f"a format string of {language}") for language in STRINGS]
    rows += [(f"{language}:...", "", "named groups become fields") for language in PATTERNS]
    put(listing.align([*rows, ("auto", "", "each file by its content (the default)")]))


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
