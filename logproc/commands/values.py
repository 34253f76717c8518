"""Values that cannot be meant: an empty one is what a shell makes of a variable that nobody set."""

from __future__ import annotations

import click

MAY_BE_EMPTY = frozenset({"row"})
"""Options that mean something without a text: the key of a row can be the empty one."""


def refuse_empty(group: click.Group) -> None:
    """Let every command below a group refuse an empty value, which would be as good as not written, and say whose."""
    for command in group.commands.values():
        if isinstance(command, click.Group):
            refuse_empty(command)
        for parameter in command.params:
            if parameter.callback is None and parameter.name not in MAY_BE_EMPTY:
                parameter.callback = _checked


def _checked(context: click.Context, parameter: click.Parameter, value: object) -> object:
    if any(text == "" for text in (value if isinstance(value, tuple) else (value,))):
        name = parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
        raise click.UsageError(f"{name} is empty; is it written as a variable of the shell that is not set?", context)
    return value
