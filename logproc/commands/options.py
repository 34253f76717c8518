"""Options that several commands share, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logproc.config_keys import BACKENDS, LOG_FORMATS, wrong_memory
from logproc.console import configure, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from logproc.config import Config

    Command: TypeAlias = Callable[..., Any]


def options(*chosen: Command) -> Command:
    """Apply several click decorators, the first one on top."""

    def decorate(function: Command) -> Command:
        for option in reversed(chosen):
            function = option(function)
        return function

    return decorate


class Mebibytes(click.IntRange):
    """What a process may use: 0, or enough to begin with."""

    def __init__(self) -> None:
        super().__init__(0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """Return the number, or say what is wrong with it as the configuration does."""
        number: int = super().convert(value, param, ctx)
        if wrong := wrong_memory(number):
            self.fail(wrong, param, ctx)
        return number


PATHS = click.argument("paths", nargs=-1, metavar="[PATH]...")
INPUT = options(
    PATHS,
    click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one."),
    click.option("--format", metavar="F", help="A name or a pattern of `logproc formats`, or auto."),
)
LEDGER = options(
    click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one."),
    click.option("--state", metavar="DIR", help="Folder of the ledger; default: state_dir of the configuration."),
)
VERBOSITY = options(
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show the traceback of a defect."),
    click.option(
        "--log-format",
        type=click.Choice(LOG_FORMATS),
        expose_value=False,  # `console.start` has seen it already
        help="Messages on stderr: text, or json for an object a message.",
    ),
)
SPAN = options(
    click.option("--since", metavar="T", help="Count lines from T on: RFC 3339, a date, -24h, yesterday, monday."),
    click.option("--until", metavar="T", help="Count lines before T."),
)
CREW = options(
    click.option("--backend", type=click.Choice(BACKENDS), help="Where the work is done."),
    click.option("-j", "--workers", type=click.IntRange(0, 1024), metavar="N", help="Workers; 0 is one per CPU."),
    click.option(
        "--memory",
        type=Mebibytes(),
        metavar="MIB",
        help="MiB, from 64, that each process of `processes`, or DuckDB, may use; 0: no limit, DuckDB 2 GiB.",
    ),
)
WORK = options(
    CREW,
    click.option("--state", metavar="DIR", help="Folder of a ledger: count every byte once, run after run."),
    click.option(
        "--rebuild",
        multiple=True,
        metavar="NAME",
        help="Read again, for this report, this preset or `all`, what was counted before it was asked.",
    ),
    click.option("--accept-gone", is_flag=True, help="Go on although most counted files are gone from the disk."),
    SPAN,
    click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="NAME|FILE.sql",
        help="Compute this instead of the configured reports; may be repeated.",
    ),
)
SECRETS = options(
    click.option("--authkey-file", metavar="FILE", help="Key of the queue; or set LOGPROC_AUTHKEY. See keygen."),
    click.option("--cert", metavar="FILE", help="Certificate of the queue's coordinator, from keygen."),
    click.option("--insecure", is_flag=True, help="Talk to other machines without TLS: everybody between reads along."),
)
NETWORK = options(
    click.option("--wait-workers", type=click.FloatRange(0), metavar="S", help="Seconds without any worker; then 75."),
    click.option("--listen", metavar="HOST:PORT", help="Where workers of the queue come; default: 127.0.0.1:5000."),
    SECRETS,
    click.option("--scheduler", metavar="ADDRESS", help="Dask's: tcp://HOST:PORT, tls://HOST:PORT, local or local:N."),
    click.option("--tls-ca", metavar="FILE", help="Authority of Dask's certificates."),
    click.option("--tls-cert", metavar="FILE", help="Our certificate for Dask."),
    click.option("--tls-key", metavar="FILE", help="Its private key."),
)
REPORT_OUTPUT = options(
    click.option("--json", metavar="FILE|-", help="Write the JSON report."),
    click.option("--html", metavar="FILE", help="Write the report as one HTML file."),
    click.option("--csv", metavar="DIR", help="Write a CSV file for each report."),
    click.option("--markdown", metavar="FILE", help="Write the report as Markdown."),
)
OUTPUT = options(
    REPORT_OUTPUT,
    click.option("--metrics-file", metavar="FILE", help="Write Prometheus metrics, however the run ends."),
    click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines."),
    click.option("--mail", metavar="FILE", help="Write the report as a mail, text and HTML, for `sendmail -t`."),
    click.option("--mail-to", metavar="ADDRESS", help="Who the mail is for."),
    click.option("--previous", metavar="FILE.json", help="Compare figures of the HTML report with this older one."),
    click.option("--dry-run", is_flag=True, help="Print what would be read, and read nothing."),
)


UNATTENDED = options(
    click.option("--lock", metavar="FILE", help="Let one run go at a time: hold this file's lock. See --wait-lock."),
    click.option("--wait-lock", metavar="T", help="Wait so long for another run (90, 10m, 2h); then exit 75."),
    click.option("--ping-url", metavar="URL", help="Tell a monitor, in the manner of healthchecks, how the run went."),
)


def load_config(typed: dict[str, Any]) -> Config:
    """Return the configuration of what was typed; UsageError if it names nothing to read."""
    from logproc.config import Flags, load, require_paths

    config = load(Flags(**typed))
    configure(config.unattended.log_format)
    require_paths(config)
    return config


COUNTING = "group"
"""Module of kernels that whatever counts needs, and what only looks at files does not."""


def begin_if_cold(needed: str = "", *, quiet: bool) -> None:
    """Let the very first run compile its kernels in two processes, and say so before silence.

    `needed` names a module of kernels; without it any kernel will do as a sign that there was a run before.
    """
    from logproc.kernels import native

    if not native.is_cold(needed):
        return
    from logproc.kernels.ahead import start_beside

    start_beside()
    if not quiet:
        kept = f"kept in {native.folder()}" if native.folder() else "each time, since no cache folder can be written"
        say([f"compiling the kernels, which takes some seconds ({kept})"])
