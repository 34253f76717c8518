"""Temporary folders: gone at the end, and after a process that was killed as soon as the next one comes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from logproc import scratch

HOLD = """
import sys
from contextlib import suppress
from pathlib import Path
from logproc import scratch
with scratch.folder() as path:
    Path(path, "kept").touch()
    library = Path(path).parents[1] / "pymp-1"
    library.mkdir()
    scratch.adopt(str(library))
    print(path, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def base(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def age(path):
    os.utime(path, (0, 0))


def names(base):
    return {path.name for path in base.iterdir()}


def test_a_folder_is_removed_at_the_end_with_what_is_in_it(base):
    with scratch.folder() as path:
        (Path(path) / "deep").mkdir()
        assert Path(path).parent.parent == base
    with pytest.raises(KeyboardInterrupt), scratch.folder():
        raise KeyboardInterrupt
    assert names(base) == set()


def test_a_folder_is_removed_while_somebody_still_writes_into_it(base, monkeypatch):
    really = os.rmdir

    def rmdir(*arguments, **named):
        for place in written:
            with suppress(FileNotFoundError):
                Path(place, "late").touch()
        really(*arguments, **named)

    monkeypatch.setattr(os, "rmdir", rmdir)
    written = []
    with scratch.folder() as path:
        written.append(path)
    assert list(base.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(base):
    environ = os.environ | {"TMPDIR": str(base)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    )
    left = Path(process.stdout.readline().strip()).parent
    everything = {left.name, "pymp-1"}
    age(base / "pymp-1")
    scratch.remove_abandoned()
    assert names(base) == everything
    process.kill()
    process.communicate()
    scratch.remove_abandoned()
    assert names(base) == set()


def killed(base, words):
    """Kill a command while it has a folder of its own."""
    environ = os.environ | {"TMPDIR": str(base)}
    process = subprocess.Popen(
        [sys.executable, "-m", "logproc", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    )
    process.stdin.write(b"no line of any format\n" * 20_000)
    process.stdin.flush()
    while not any((path / scratch.FILES).is_dir() for path in base.glob(f"{scratch.PREFIX}*")):
        assert process.poll() is None
    process.kill()
    process.communicate()


@pytest.mark.parametrize("state", [(), ("--state", "ledger")])
def test_what_a_killed_run_left_is_removed_by_the_very_next_run(base, tmp_path_factory, state):
    logs = tmp_path_factory.mktemp("logs")
    log = logs / "access.log"
    log.write_text('10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    killed(base, ["run", "-", "--rejects", str(logs / "rejects")])
    for number in range(9):
        (base / f"{scratch.PREFIX}{number}").touch()  # what cannot be looked into, as another user's folder
    strangers = {f"{scratch.PREFIX}{number}" for number in range(9)}
    assert names(base) > strangers
    environ = os.environ | {"TMPDIR": str(base)}
    subprocess.run(
        [sys.executable, "-m", "logproc", "run", "-q", *state, str(log)], cwd=logs, env=environ, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert names(base) == strangers


def test_whatever_is_not_surely_ours_stays(base):
    """A checkout of logproc in the temporary folder, above all."""
    for path in (
        "work/logproc",
        "logproc/logproc",
        "logproc-1/files",
        "logproc-scratch-work/src",
        "pymp-other/logproc",
    ):
        (base / path).mkdir(parents=True)
    (base / "logproc-scratch-work" / "lock").touch()
    (base / "logproc-scratch-young").mkdir()
    (base / "logproc-scratch-young" / "lock").touch()
    (base / "logproc-scratch-link").symlink_to(base / "work")
    for path in base.iterdir():
        if path.name != "logproc-scratch-young":
            age(path)
    before = {path.relative_to(base) for path in base.rglob("*")}
    scratch.remove_abandoned()
    assert {path.relative_to(base) for path in base.rglob("*")} == before
