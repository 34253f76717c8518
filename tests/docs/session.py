"""The `console` blocks of a page, run in order as one session in a folder of its own.

    $ logproc formats          a command; it must exit 0, unless `$ echo $?` follows and says what it exits with
    $ cat > a.log <<'EOF'      up to the line EOF, all is the command's
    combined  web  ...         what it prints, standard output first, then standard error
    ...                        any lines

A plain `logproc` runs in this process, which costs little; whatever else a shell must do, bash does.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
ELLIPSIS = "..."
_NEEDS_SHELL = re.compile(r"[|<>&;$`*?~\n]")


@dataclass
class Step:
    """A command and what the page says it prints; `place` is the line of its first output."""

    command: str
    place: int
    expected: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    """Return the commands of a page's console blocks."""
    found: list[Step] = []
    inside = here = False
    for number, line in enumerate(text.split("\n")):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and here:
            found[-1].command += "\n" + line
            found[-1].place = number + 1
            here = line != "EOF"
        elif inside and line.startswith("$ "):
            found.append(Step(line[2:], number + 1))
            here = line.endswith("<<'EOF'")
        elif inside:
            found[-1].expected.append(line)
    return found


def matches(expected: list[str], printed: list[str]) -> bool:
    """Tell whether lines are as expected, `...` standing for any."""
    if not expected:
        return not printed
    if expected[0] == ELLIPSIS:
        return any(matches(expected[1:], printed[count:]) for count in range(len(printed) + 1))
    return bool(printed) and expected[0].rstrip() == printed[0] and matches(expected[1:], printed[1:])


class Session:
    """Runs commands; `capture` is pytest's capfd, by which an in-process command's output is read."""

    def __init__(self, folder: Path, monkeypatch, capture) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.capture = capture
        monkeypatch.chdir(folder)

    def run(self, command: str) -> tuple[int, str]:
        """Run one command; return its exit code and what it printed."""
        if command.startswith("cd "):
            self.monkeypatch.chdir(command[3:])
            return 0, ""
        inside = command.startswith("logproc ") and not _NEEDS_SHELL.search(_unquoted(command))
        return self._inside(command) if inside else self._bash(command)

    def _inside(self, command: str) -> tuple[int, str]:
        from logproc.cli import execute

        self.capture.readouterr()
        code = execute(shlex.split(command)[1:])
        printed = self.capture.readouterr()
        return code, printed.out + printed.err

    def _bash(self, command: str) -> tuple[int, str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        )
        return done.returncode, done.stdout + done.stderr


def _unquoted(command: str) -> str:
    """Return a command without what stands in quotes, where a shell sees nothing."""
    return re.sub(r"'[^']*'|\"[^\"$`]*\"", "", command)
