"""The command line: arguments in, exit code out; no logic.

stdout carries what was asked for, stderr everything else. Modules load where a command needs them, so that `--help`
answers at once.
"""

from __future__ import annotations

import os

import click

from logproc import __version__
from logproc.commands import (
    catalogue,
    completing,
    diff,
    failure,
    init,
    ledger,
    looking,
    parse,
    run,
    shell,
    show,
    sql,
    values,
    workers,
)
from logproc.console import complain, is_json, start
from logproc.errors import LogprocError

COMMANDS = (
    run.run,
    looking.plan,
    looking.detect,
    parse.parse,
    diff.diff,
    sql.sql,
    show.show,
    ledger.report,
    ledger.state,
    workers.worker,
    workers.keygen,
    catalogue.formats,
    catalogue.functions,
    catalogue.presets,
    init.init,
    shell.completion,
    shell.man,
)
"""Every command, in the order in which people need them."""


class _Commands(click.Group):
    """Commands in the order of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands, each with its first sentence as a whole: click cuts it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_sentence(command)) for name, command in self.commands.items()])


def _first_sentence(command: click.Command) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def execute(arguments: list[str]) -> int:
    """Run one command and return its exit code; KeyboardInterrupt and BrokenPipeError are the caller's."""
    start(arguments)
    if shell.VARIABLE in os.environ:  # a shell asks for completions; click answers and exits
        main.main(arguments, prog_name="logproc")
    try:
        with main.make_context("logproc", list(arguments)) as context:
            code = main.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        if is_json():
            complain(*failure.lines(error))
        else:
            error.show()
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: one line, and the traceback on demand
        lines = failure.lines(error)
        if not isinstance(error, LogprocError | OSError) and not _VERBOSE_FLAGS.isdisjoint(arguments):
            import traceback  # noqa: PLC0415 - hardly ever needed

            lines += traceback.format_exc().splitlines()
        complain(*lines)
        return failure.exit_code(error)
    return code if isinstance(code, int) else 0


_VERBOSE_FLAGS = frozenset({"-v", "--verbose", "-qv", "-vq"})


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="logproc")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Turn directories of log files into answers, in batch."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in COMMANDS:
    main.add_command(command)
completing.attach(main)
values.refuse_empty(main)
