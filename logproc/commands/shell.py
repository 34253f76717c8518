"""`logproc completion` and `logproc man`: what a shell and its reader get from the table of commands."""

from __future__ import annotations

import click

from logproc.console import put

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_LOGPROC_COMPLETE"
"""What click asks the environment for when a shell wants completions."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which a shell completes commands, options and values.

    bash: logproc completion bash > ~/.local/share/bash-completion/completions/logproc

    zsh: logproc completion zsh > ~/.zfunc/_logproc, with ~/.zfunc in fpath before compinit

    fish: logproc completion fish > ~/.config/fish/completions/logproc.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    script = found(context.find_root().command, {}, "logproc", VARIABLE)
    put(script.source_template % script.source_vars())


@click.command()
@click.pass_context
def man(context: click.Context) -> None:
    """Print the man page.

    To read it: logproc man | man -l -. To keep it: logproc man > ~/.local/share/man/man1/logproc.1.
    """
    from logproc.commands.manual import page

    group = context.find_root().command
    assert isinstance(group, click.Group)
    put(page(group))
