"""The command line: arguments in, exit code out; no logic.

stdout carries what was asked for, stderr everything else. Modules load where a command needs them, so that `--help`
answers at once.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from logproc import __version__
from logproc.config_keys import BACKENDS
from logproc.console import complain, hush, put, put_bytes, say, tell
from logproc.errors import LogprocError, QueryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from logproc.config import Config
    from logproc.model import Report

    Command: TypeAlias = Callable[..., Any]

LATER = ("sql", "show", "report", "diff", "state", "init")
"""Commands that the contract names and this version does not have."""


class _Commands(click.Group):
    """Commands in the order in which people need them; later ones are refused by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in LATER:
            ctx.fail(f"the command {args[0]!r} is not in version {__version__}; there is {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def execute(arguments: list[str]) -> int:
    """Run one command and return its exit code; KeyboardInterrupt and BrokenPipeError are the caller's."""
    if "_LOGPROC_COMPLETE" in os.environ:  # a shell asks for completions; click answers and exits
        main.main(arguments, prog_name="logproc")
    try:
        with main.make_context("logproc", list(arguments)) as context:
            code = main.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except QueryError as error:
        complain(*str(error).split("\n"))
        return error.exit_code
    except LogprocError as error:
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{error.filename or 'standard output'}: {(error.strerror or str(error)).lower()}")
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: one line, and the traceback on demand
        if not _VERBOSE_FLAGS.isdisjoint(arguments):
            traceback.print_exc()
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        complain(f"unexpected {text} (a defect of logproc; -v shows where)")
        return 1
    return code if isinstance(code, int) else 0


_VERBOSE_FLAGS = frozenset({"-v", "--verbose", "-qv", "-vq"})


def _options(*options: Command) -> Command:
    """Apply several click decorators, the first one on top."""

    def decorate(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_PATHS = click.argument("paths", nargs=-1, metavar="[PATH]...")
_INPUT = _options(
    _PATHS,
    click.option("-c", "--config", metavar="FILE", help="Configuration; default: ./config.toml if there is one."),
    click.option("--format", metavar="F", help="A name of `logproc formats`, nginx:..., apache:..., or auto."),
)
_VERBOSITY = _options(
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show the traceback of a defect."),
)
_WORK = _options(
    click.option("--backend", type=click.Choice(BACKENDS), help="Where the work is done."),
    click.option("-j", "--workers", type=click.IntRange(0, 1024), metavar="N", help="Workers; 0 is one per CPU."),
    click.option(
        "--memory", type=click.IntRange(0), metavar="MIB", help="MiB a process of `processes` may use; 0: any."
    ),
    click.option("--state", metavar="DIR", help="Ledger of an incremental run (not in this version)."),
    click.option("--since", metavar="T", help="Count lines from T on: RFC 3339, a date, -24h, yesterday, monday."),
    click.option("--until", metavar="T", help="Count lines before T."),
    click.option(
        "--report",
        "reports",
        multiple=True,
        metavar="NAME|FILE.sql",
        help="Compute this instead of the configured reports; may be repeated.",
    ),
)
_SECRETS = _options(
    click.option("--authkey-file", metavar="FILE", help="Key of the queue; or set LOGPROC_AUTHKEY. See keygen."),
    click.option("--cert", metavar="FILE", help="Certificate of the queue's coordinator, from keygen."),
    click.option("--insecure", is_flag=True, help="Talk to other machines without TLS: everybody between reads along."),
)
_NETWORK = _options(
    click.option("--wait-workers", type=click.FloatRange(0), metavar="S", help="Seconds without any worker; then 75."),
    click.option("--listen", metavar="HOST:PORT", help="Where workers of the queue come; default: 127.0.0.1:5000."),
    _SECRETS,
    click.option("--scheduler", metavar="ADDRESS", help="Dask's: tcp://HOST:PORT, tls://HOST:PORT, local or local:N."),
    click.option("--tls-ca", metavar="FILE", help="Authority of Dask's certificates."),
    click.option("--tls-cert", metavar="FILE", help="Our certificate for Dask."),
    click.option("--tls-key", metavar="FILE", help="Its private key."),
)
_OUTPUT = _options(
    click.option("--json", metavar="FILE|-", help="Write the JSON report."),
    click.option("--html", metavar="FILE", help="Write the HTML report (not in this version)."),
    click.option("--csv", metavar="DIR", help="Write CSV files (not in this version)."),
    click.option("--metrics-file", metavar="FILE", help="Write Prometheus metrics (not in this version)."),
    click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines."),
    click.option("--dry-run", is_flag=True, help="Print what would be read, and read nothing."),
)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="logproc")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Turn directories of log files into answers, in batch."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@main.command()
@_options(_INPUT, _WORK, _NETWORK, _OUTPUT, _VERBOSITY)
def run(**typed: Any) -> int:  # noqa: ANN401 - click's keyword arguments
    """Read logs below each PATH and report; the main job.

    PATH is a folder, a file or - (standard input). Without output options the report goes to the terminal.
    """
    from logproc.config import require_supported

    config = _load(typed)
    require_supported(config)
    if config.dry_run:
        return _print_plan(config, typed["paths"], as_json=typed["json"] == "-")
    _check_outputs(config)
    from logproc import coordinator  # a wrong flag is refused before numba loads
    from logproc.report import summary
    from logproc.report.progress import bar_if_watched

    _say_if_cold(quiet=config.quiet)
    begin = time.monotonic()
    progress = bar_if_watched(quiet=config.quiet)
    try:
        report = coordinator.run(config, progress=progress, say=hush if config.quiet else tell)
    finally:
        if progress is not None:
            progress.close()
    seconds = time.monotonic() - begin
    shown = _write(report, config, to_terminal=typed["json"] is None)
    if not shown:
        say(summary.problems(report, config.max_reject_ratio, typed["paths"]))
    if not config.quiet:
        say(summary.summary(report, seconds))
    if config.verbose:
        say(summary.details(report))
    return summary.exit_code(report, config.max_reject_ratio, typed["paths"])


@main.command()
@_options(_INPUT, _VERBOSITY)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def plan(*, as_json: bool, **typed: Any) -> int:  # noqa: ANN401
    """Show what `run` would do with each file, and why."""
    return _print_plan(_load(typed), typed["paths"], as_json=as_json)


@main.command()
@_options(_INPUT, _VERBOSITY)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def detect(*, as_json: bool, **typed: Any) -> int:  # noqa: ANN401
    """Show each file's format, codec, time span and sample fields."""
    config = _load(typed)
    from logproc import coordinator
    from logproc.report import listing

    found = coordinator.detect(config)
    put(listing.detected_json(found) if as_json else listing.detected_text(found))
    return listing.detected_code(found)


@main.command()
@_options(_INPUT)
@click.option("--to", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write here; default: standard output.")
@click.option("--where", metavar="SQL", help="Only rows that meet this condition.")
@click.option("--select", metavar="a,b", default="", help="Only these fields, in this order.")
@click.option("--origin", is_flag=True, help="Add _file, _offset and _line to each row.")
@click.option("--since", metavar="T", help="Only rows from T on.")
@click.option("--until", metavar="T", help="Only rows before T.")
@click.option("--rejects", metavar="FILE", help="Write rejected lines as JSON lines.")
@_VERBOSITY
def parse(*, to: str, output: str | None, where: str | None, select: str, origin: bool, **typed: Any) -> int:  # noqa: ANN401
    """Write the parsed rows."""
    config = _load(typed)
    from logproc.adhoc import rows
    from logproc.report import files, summary
    from logproc.report.progress import bar_if_watched

    fields = tuple(name.strip() for name in select.split(",") if name.strip())
    progress = None if output in {None, "-"} else bar_if_watched(quiet=config.quiet)
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


@main.command()
@click.argument("address", metavar="HOST:PORT")
@_SECRETS
@click.option("-j", "--workers", type=click.IntRange(0, 1024), default=0, metavar="N", help="Tasks at a time; 0: CPUs.")
@click.option("--name", metavar="NAME", help="What the coordinator calls this worker; default: the host's name.")
@click.option("--memory", type=click.IntRange(64), metavar="MIB", help="MiB that each of the N processes may use.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds to look for a coordinator that does not answer; then exit 75.",
)
@_VERBOSITY
def worker(*, address: str, workers: int, memory: int | None, quiet: bool, verbose: bool, **typed: Any) -> None:  # noqa: ANN401, ARG001
    """Do tasks of `run --backend queue` on this machine, until everything is done.

    The logs must be mounted where the coordinator sees them. Exits 0 when all is done, 75 when the coordinator is lost,
    78 when it refuses this worker.
    """
    from logproc import network
    from logproc.config import count_workers

    say = hush if quiet else tell
    _say_if_cold(quiet=quiet)
    network.work(
        address, children=count_workers(workers), memory=None if memory is None else memory << 20, say=say, **typed
    )


@main.command()
@click.argument("file")
def keygen(file: str) -> None:
    """Write a key for the queue to FILE, and a certificate to FILE.crt and FILE.pem.

    Copy FILE and FILE.crt to each worker; FILE.pem stays with the coordinator.
    """
    from logproc.backends import keys

    written = keys.keygen(file)
    put("".join(f"{path}\n" for path in written))
    if len(written) == 1:
        say(["no certificate was written, which other machines need: pip install 'logproc[queue]'"])


@main.command()
def formats() -> None:
    """List what --format takes and detection knows."""
    from logproc.formats import FORMATS, STRINGS
    from logproc.report import listing

    rows = [(row.name, row.family, row.doc) for row in FORMATS.values()]
    rows += [(f"{language}:...", "web", f"a format string of {language}") for language in STRINGS]
    put(listing.align([*rows, ("auto", "", "each file by its content (the default)")]))


@main.command()
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


# ---- helpers ---------------------------------------------------------------------------------------------------


def _load(typed: dict[str, Any]) -> Config:
    from logproc.config import Flags, load, require_paths

    config = load(Flags(**typed))
    require_paths(config)
    return config


def _print_plan(config: Config, named: tuple[str, ...], *, as_json: bool) -> int:
    from logproc import coordinator
    from logproc.report import listing

    entries = coordinator.plan(config)
    put(listing.plan_json(entries) if as_json else listing.plan_text(entries))
    return listing.plan_code(entries, named)


def _check_outputs(config: Config) -> None:
    """Refuse, before any work, what could not be written after it."""
    from logproc.report import files

    taken: dict[str, str] = {}
    for option, path in (("--json", config.output.json), ("--rejects", config.output.rejects)):
        if path == "-" and option != "--json":
            raise UsageError(f"{option} needs a file: standard output carries the report")
        if path not in {None, "-"}:
            files.require_writable(option, str(path))
            other = taken.setdefault(os.path.realpath(str(path)), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}; one would replace the other")


def _write(report: Report, config: Config, *, to_terminal: bool) -> bool:
    """Write what was asked for; the terminal report only where nothing else was, and never under -q.

    Tells whether a person has the problems on the screen already.
    """
    from logproc.report import files, json

    shown = False
    if config.output.json == "-":
        put_bytes(json.render(report))
    elif to_terminal and not config.quiet:
        from logproc.report import terminal

        shown = sys.stdout.isatty()
        put(terminal.render(report, config.max_reject_ratio, config.paths, terminal=shown))
    if config.output.json not in {None, "-"}:
        files.write_atomically(str(config.output.json), json.render(report))
    return shown


def _say_if_cold(*, quiet: bool) -> None:
    """Say, before silence, that the first run compiles its kernels."""
    from logproc.kernels import native

    if not quiet and native.is_cold():
        kept = f"kept in {native.folder()}" if native.folder() else "each time, since no cache folder can be written"
        say([f"compiling the kernels, which takes some seconds ({kept})"])
