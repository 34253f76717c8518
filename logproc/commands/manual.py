"""The man page, from the same table of commands that `--help` shows; its macros are those of man(7)."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

import click

from logproc import __version__
from logproc.errors import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENVIRONMENT = (
    ("LOGPROC_AUTHKEY", "The key of the queue, where no file names it. It is taken out of the environment at once."),
    ("NO_COLOR", "Not empty: no colours on a terminal."),
    ("XDG_CACHE_HOME", "Where compiled kernels are kept if the folder of the package cannot be written."),
    ("XDG_STATE_HOME", "Where `init` lets runs write, for other users than root."),
)
"""Environment variables, and what they do."""

EXAMPLES = (
    ("A report on the terminal", "logproc run /var/log/nginx"),
    (
        "From cron: config.toml says what, nothing is printed when all is well",
        "logproc run -q -c /etc/logproc/config.toml",
    ),
    ("Yesterday's report for a program", "logproc run /mnt/logs --since yesterday --until today --json report.json"),
    ("The lines behind a number", "logproc parse access.log --where 'status >= 500' --select time,path --origin"),
    (
        "A question of one's own",
        'logproc sql "SELECT path, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC LIMIT 9" logs',
    ),
)
"""Headlines and command lines."""

_RUNS_OF_BACKTICKS = re.compile(r"`([^`]*)`")


def page(main: click.Group) -> str:
    """Return the text of logproc(1), whose commands are those of `main`."""
    context = click.Context(main, info_name="logproc", **main.context_settings)
    names = main.list_commands(context)
    # No date: the version says as much, and the same code gives the same page.
    lines = [f'.TH LOGPROC 1 "" "logproc {__version__}" "User Commands"', ".SH NAME"]
    lines += [f"logproc \\- {_text(_first(main).rstrip('.').lower())}", ".SH SYNOPSIS"]
    lines += [".B logproc", "\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIPATH\\fR]...", ".SH DESCRIPTION"]
    lines += [*_paragraphs(_DESCRIPTION), ".SH COMMANDS"]
    for name in names:
        lines += _command(main.commands[name], name, context)
    lines += [".SH FILES", ".TP", ".I ./config.toml", "Read when it is there and \\fB\\-c\\fR names no other."]
    lines += [".SH ENVIRONMENT", *_terms(ENVIRONMENT), '.SH "EXIT STATUS"', *_terms(EXIT_CODES), ".SH EXAMPLES"]
    for headline, command in EXAMPLES:
        lines += [".TP", _text(headline) + ":", f".B {_text(command)}"]
    return "\n".join(lines) + "\n"


_DESCRIPTION = """
Walks the folders that it is given, recognises each file by its content (format, compression), counts what the reports
ask for, and accounts for every line: read = counted + filtered + rejected.

A PATH is a folder, a file or - (standard input). Standard output carries what was asked for, standard error the rest.
"""


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield f'.SS "{_text(" ".join([context.command_path, *command.collect_usage_pieces(context)]))}"'
    yield from _paragraphs(command.help or "")
    for option in command.params:
        if isinstance(option, click.Option):
            value = "" if option.is_flag or option.count else f" {_italic(option.make_metavar(context))}"
            yield ".TP"
            yield ", ".join(f"\\fB{_text(spelled)}\\fR" for spelled in option.opts) + value
            default = f" Default: {option.default}." if option.show_default is True else ""
            yield _prose((option.help or "") + default)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _command(command.commands[below], below, context)


def _italic(text: str) -> str:
    return f"\\fI{_text(text)}\\fR"


def _first(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").split("\n\n")[0]


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", f".B {_text(term)}", _prose(meaning))


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
        if number:
            yield ".PP"
        yield _prose(paragraph)


def _prose(text: str) -> str:
    """Return a paragraph in lines of which roff does not complain; breaks mean nothing to it."""
    wrapped = textwrap.wrap(_text(" ".join(text.split())), 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(_guarded(line) for line in wrapped)


def _text(text: str) -> str:
    """Return a line as roff shows it: backslashes, hyphens to be typed, a dot or an apostrophe that begins it."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    plain = _RUNS_OF_BACKTICKS.sub(r"\\fB\1\\fR", plain)
    return _guarded(plain)


def _guarded(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line
