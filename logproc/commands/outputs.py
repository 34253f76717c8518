"""What is written of a finished report: checked before the work, written after it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from logproc.console import put, put_bytes, put_paged, say
from logproc.errors import UsageError
from logproc.inputs.own import refuse_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logproc.config import Config
    from logproc.report_model import Comparison, Report, ReportTable

FILES = {
    "--json": "json",
    "--html": "html",
    "--markdown": "markdown",
    "--mail": "mail",
    "--metrics-file": "metrics_file",
    "--rejects": "rejects",
}
"""Option and key of `[output]` of what becomes one file."""

REPORTS = ("json", "html", "csv", "markdown", "mail")
"""Options that ask for the report in another form than the terminal's."""


def check(config: Config) -> None:
    """Refuse, before any work, what could not be written after it."""
    from logproc.report import files

    if config.output.csv == "-":
        raise UsageError("--csv needs a folder: it gets a file for each report")
    if config.output.csv is not None:
        files.require_folder("--csv", config.output.csv)
    refuse_named(config.paths, {option: getattr(config.output, key) for option, key in FILES.items()})
    if config.output.html is not None or config.output.mail is not None:
        from logproc.report.html.page import environment

        environment()  # an extra: without it nothing is begun
        _previous(config)
    taken: dict[str, str] = {}
    for option, key in FILES.items():
        path = getattr(config.output, key)
        if path == "-" and option != "--json":
            raise UsageError(f"{option} needs a file: standard output carries the report")
        if path not in {None, "-"}:
            files.require_writable(option, str(path))
            other = taken.setdefault(os.path.realpath(str(path)), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}; one would replace the other")


def write(report: Report, config: Config, *, to_terminal: bool, compared: Comparison | None = None) -> bool:
    """Write what was asked for; the terminal report only where nothing else was, and never under -q.

    `compared` is what figures are held against, where that does not follow from the configuration.
    Tells whether a person has the problems on the screen already.
    """
    from logproc.report import files, json

    shown = False
    on_screen = config.output.json != "-" and to_terminal and not config.quiet and not _is_empty(report, config)
    if compared is None:  # first: `previous` may be the file that --json replaces
        compared = _compared(report, config, wanted=on_screen or bool(config.output.html or config.output.mail))
    if config.output.html is not None:
        from logproc.report import html

        page = html.render(report, config.max_reject_ratio, config.paths, compared=compared)
        files.write_atomically(config.output.html, page)
        if len(page) > html.MOST_BYTES:
            many = f"{len(report.reports)} reports are more than one page can hold"
            large = f"{config.output.html}: {len(page) / 1e6:.1f} MB, for {many}"
            say([f"{large}; name fewer with --report, or in [reports] use"])
    if config.output.mail is not None:
        from logproc.report.html import mail

        letter = mail.render(
            report,
            config.max_reject_ratio,
            config.paths,
            to=config.output.mail_to or "",
            compared=compared,
        )
        files.write_atomically(config.output.mail, letter)
    if config.output.json == "-":
        put_bytes(json.render(report))
    elif on_screen:
        from logproc.report import terminal

        shown = sys.stdout.isatty()
        text = terminal.render(report, config.max_reject_ratio, config.paths, terminal=shown, compared=compared)
        (put_paged if shown else put)(text)
    if config.output.json not in {None, "-"}:
        files.write_atomically(str(config.output.json), json.render(report))
    if config.output.csv is not None:
        from logproc.report import csv

        csv.write(report, config.output.csv)
    if config.output.markdown is not None:
        from logproc.report import markdown

        files.write_atomically(config.output.markdown, markdown.render(report, config.max_reject_ratio, config.paths))
    return shown


def _is_empty(report: Report, config: Config) -> bool:
    """Tell whether nothing at all could be read: then what went wrong is all there is to say."""
    failed = bool(report.files) and all(entry.status == "failed" for entry in report.files)
    return failed and config.state_dir is None and not report.lines.read


def _compared(report: Report, config: Config, *, wanted: bool) -> Comparison:
    """Return what figures are held against: the report that is named, else days of the ledger or of the report."""
    from logproc.report import within
    from logproc.report_model import NOTHING_BEFORE, Before, Comparison

    if not wanted:
        return NOTHING_BEFORE
    if config.output.previous is not None:
        tables = _previous(config)
        return (
            Comparison("against the report before", before=(Before("report before", tables),))
            if tables
            else NOTHING_BEFORE
        )
    if config.state_dir is None:
        return within.compared(report.reports)
    from logproc import earlier
    from logproc.state.ledger import Ledger

    with Ledger.to_read(config.state_dir) as ledger:
        return earlier.compared(config, ledger)


def _previous(config: Config) -> tuple[ReportTable, ...]:
    """Return the tables of the report before; none on the first night, when the file is not there yet."""
    path = config.output.previous
    if path is None or not os.path.exists(path):  # noqa: PTH110
        return ()
    from logproc import comparing

    return comparing.load(path)


def to_terminal(typed: Mapping[str, Any]) -> bool:
    """Tell whether the report goes to the terminal: where no other form of it was typed."""
    return all(typed.get(key) is None for key in REPORTS)  # not every command has every form
