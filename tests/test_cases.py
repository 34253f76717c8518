"""Golden cases: each folder `cases/<topic>/<name>` is a command line with its input and everything that comes out.

`cmd` holds the arguments; it runs in a copy of the folder. `stdout`, `stderr` and `exit` are what is expected.
`pytest tests/test_cases.py --update-golden` rewrites them; review the result with `git diff`.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from logproc import __version__
from logproc.cli import execute

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/cmd"))
EXPECTED = ("stdout", "stderr", "exit")

VOLATILE = (
    (re.compile(r'^ "run": \{.*\},$', re.MULTILINE), ' "run": {...},'),
    (re.compile(r" in \d[\d,.]* s(, [\d,.]+ [kMGT]?B/s)?"), " in N s"),
    (re.compile(r"^run \S+: backend .*$", re.MULTILINE), "run ..."),
    (re.compile(rf"\b{re.escape(__version__)}\b"), "VERSION"),
)
"""What differs from run to run, from machine to machine, or from release to release."""


def normalised(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text


@pytest.mark.parametrize("folder", FOLDERS, ids=[f"{path.parent.name}/{path.name}" for path in FOLDERS])
def test_the_command_does_what_the_case_says(folder, tmp_path, monkeypatch, capfd, update_golden):
    work = tmp_path / "work"
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns(*EXPECTED, "cmd"))
    monkeypatch.chdir(work)
    code = execute(shlex.split((folder / "cmd").read_text(encoding="utf-8"), comments=True))
    captured = capfd.readouterr()
    found = {"stdout": normalised(captured.out), "stderr": normalised(captured.err), "exit": f"{code}\n"}
    if update_golden:
        for name, text in found.items():
            (folder / name).write_text(text, encoding="utf-8")
    assert found == {name: (folder / name).read_text(encoding="utf-8") for name in EXPECTED}


def test_there_are_cases():
    assert len(FOLDERS) >= 10
