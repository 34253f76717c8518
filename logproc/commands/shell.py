"""`logproc completion` and `logproc man`: what a shell and its reader get from the table of commands."""

from __future__ import annotations

import click

from logproc.console import put

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_LOGPROC_COMPLETE"
"""What click asks the environment for when a shell wants completions."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script by which a shell completes logproc's commands, options and values.

    bash: logproc completion bash > ~/.local/share/bash-completion/completions/logproc

    zsh: logproc completion zsh > ~/.zfunc/_logproc, with ~/.zfunc in fpath before compinit

    fish: logproc completion fish > ~/.config/fish/completions/logproc.fish
    """
    from click.shell_completion import get_completion_class

    from logproc.cli import main

    found = get_completion_class(shell)
    assert found is not None
    script = found(main, {}, "logproc", VARIABLE)
    put(script.source_template % script.source_vars())


@click.command()
def man() -> None:
    """Print the man page: logproc man | man -l -, or into ~/.local/share/man/man1/logproc.1."""
    from logproc.commands.manual import page

    put(page())
