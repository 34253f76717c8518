"""Completion and the man page say what the commands are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from logproc.cli import execute, main
from logproc.commands.manual import page
from logproc.commands.shell import SHELLS, VARIABLE


def offered(*words):
    """Return what is offered for the last word."""
    found = ShellComplete(main, {}, "logproc", VARIABLE).get_completions(list(words[:-1]), words[-1])
    return {item.type if item.type != "plain" else item.value for item in found}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_that_the_shell_accepts(shell, tmp_path, capsys):
    assert execute(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_LOGPROC_COMPLETE" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    subprocess.run([program, "-n", str(tmp_path / "script")], check=True, timeout=60)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("--backend d", "dask"), ("--report web/sum", "web/summary"), ("--report web/metho", "web/methods")],
)
def test_bash_completes_a_command(typed, completed, tmp_path, capsys):
    execute(["completion", "bash"])
    (tmp_path / "script").write_text(capsys.readouterr().out)
    (tmp_path / "logproc").write_text(f'#!/bin/sh\nexec {sys.executable} -m logproc "$@"\n')
    (tmp_path / "logproc").chmod(0o755)
    line = f"COMP_WORDS=(logproc run {typed}); COMP_CWORD=3"
    ask = f'source ./script; {line}; _logproc_completion logproc; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", ask],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"{completed}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ru"], {"run"}),
        (["run", "--back"], {"--backend"}),
        (["run", "--backend", "th"], {"threads"}),
        (["run", "--format", "nginx_error_"], {"nginx_error_syslog"}),
        (["run", "--format", "nginx:"], {"nginx:"}),
        (["parse", "--to", "j"], {"jsonl"}),
        (["run", "--since", "mo"], {"monday"}),
        (["run", "--report", "web/sum"], {"web/summary"}),
        (["run", "--report", "./a"], {"file"}),
        (["run", "--report", ""], {"web", "syslog", "app"}),
        (["run", "--json", ""], {"file"}),
        (["run", "--csv", ""], {"dir"}),
        (["run", ""], {"file"}),
        (["show", "--json", ""], {"file"}),
        (["init", ""], {"dir"}),
        (["detect", "--config", "x"], {"file"}),
        (["completion", "z"], {"zsh"}),
    ],
)
def test_values_are_offered(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offered(*words) == expected


def test_the_reports_of_the_configuration_are_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[[report]]\nname = "slow"\nsql = "SELECT 1"\n')
    assert "slow" in offered("run", "--report", "sl")
    assert "slow" not in offered("run", "-c", "none.toml", "--report", "sl")
    (tmp_path / "config.toml").write_text("[[report]\n")
    assert offered("run", "--report", "sl") == {"file"}


def test_the_man_page_has_every_command_and_option(capsys):
    assert execute(["man"]) == 0
    text = capsys.readouterr().out
    assert text == page(main)
    for name, command in main.commands.items():
        assert f'.SS "logproc {name}' in text
        for parameter in command.params:
            for spelled in parameter.opts:
                assert not spelled.startswith("-") or f"\\fB{spelled.replace('-', chr(92) + '-')}\\fR" in text


def test_mandoc_finds_nothing_to_complain_of(tmp_path):
    program = shutil.which("mandoc")
    if program is None:
        pytest.skip("mandoc is not installed")
    (tmp_path / "logproc.1").write_text(page(main))
    found = subprocess.run(
        [program, "-T", "lint", str(tmp_path / "logproc.1")], capture_output=True, text=True, check=False, timeout=60
    )
    # A page without a date is the same whenever it is made.
    assert [line for line in found.stdout.splitlines() if "missing date" not in line] == []
