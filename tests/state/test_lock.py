from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import PATIENCE

from logproc.errors import OutputError, TryLaterError, UsageError
from logproc.state import lock
from logproc.state.lock import hold

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from logproc.state.lock import hold
with hold(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path):
    """Start a process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def finish(process):
    process.communicate(timeout=PATIENCE)
    return process.returncode


def test_the_file_says_who_holds_it_and_stays(tmp_path):
    path = tmp_path / "lock"
    with hold(str(path), started="2024-05-01T00:00:00Z"):
        note = json.loads(path.read_text())
        assert note["pid"] == os.getpid()
        assert note["host"]
        assert note["started"] == "2024-05-01T00:00:00Z"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        inode = path.stat().st_ino
    assert path.read_text() == ""
    with hold(str(path)):
        assert path.stat().st_ino == inode


def test_another_run_is_told_who_holds_it(tmp_path):
    path = tmp_path / "lock"
    process = holder(path)
    with pytest.raises(TryLaterError, match=rf"lock: locked by process {process.pid} on "), hold(str(path)):
        pass
    assert finish(process) == 0
    with hold(str(path)):
        pass


def test_the_kernel_releases_the_lock_of_a_process_that_was_killed(tmp_path):
    path = tmp_path / "lock"
    process = holder(path)
    process.kill()
    assert finish(process) == -signal.SIGKILL
    assert path.read_text()  # the note is still there, and means nothing
    with hold(str(path)):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_waiting_goes_on_until_the_lock_is_free(tmp_path):
    path = tmp_path / "lock"
    process = holder(path)
    pauses, said = [], []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            assert finish(process) == 0

    with hold(str(path), 600.0, say=said.append, pause=pause):
        assert len(pauses) == 3
    assert len(said) == 1
    assert f"locked by process {process.pid}" in said[0]


def test_waiting_ends(tmp_path):
    path = tmp_path / "lock"
    now = [0.0]

    def pause(seconds):
        now[0] += seconds

    with (
        hold(str(path)),
        pytest.raises(TryLaterError, match=r"locked by .*, also after 10 s"),
        hold(str(path), 10.0, pause=pause, clock=lambda: now[0]),
    ):
        pass
    assert 9.9 < now[0] <= 10.01


def test_a_file_that_was_replaced_meanwhile_is_another_lock(tmp_path, monkeypatch):
    """Somebody removed the file, against advice, and a third run made a new one: two must not go at a time."""
    path = tmp_path / "lock"
    flock, swapped = fcntl.flock, []

    def swap(handle, operation):
        if not swapped:
            swapped.append(path.stat().st_ino)
            (tmp_path / "new").write_bytes(b"")
            (tmp_path / "new").replace(path)
        return flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", swap)
    with hold(str(path), 5.0, pause=lambda _seconds: None):
        assert path.stat().st_ino != swapped[0]
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_no_child_inherits_the_lock(tmp_path):
    path = tmp_path / "lock"
    look = "import os; print(*(os.path.realpath(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')))"
    with hold(str(path)):
        child = subprocess.run(
            [sys.executable, "-c", look], capture_output=True, text=True, check=True, close_fds=False
        )
    assert str(path) not in child.stdout


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1}', "\x00" * 10_000])
def test_whatever_the_file_says_is_no_obstacle(note, tmp_path):
    path = tmp_path / "lock"
    with hold(str(path)):
        path.write_text(note)
        with pytest.raises(TryLaterError, match="locked by another run"), hold(str(path)):
            pass
    path.write_text(note)
    with hold(str(path)):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path, words in (("no/lock", "No such file"), (".", "Is a directory"), ("link", "is a symbolic link")):
        with pytest.raises(OutputError, match=words), hold(str(tmp_path / path)):
            pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written_comes_with_the_way_out(tmp_path, monkeypatch):
    def refuse(path, *_flags):
        raise OSError(errno.EROFS, "Read-only file system", path)

    monkeypatch.setattr(lock.os, "open", refuse)
    with pytest.raises(OutputError, match=r"Read-only file system; .*--state"), hold(str(tmp_path / "lock")):
        pass


def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch):
    def refuse(_handle, _operation):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UsageError, match="name a file elsewhere with --lock"), hold(str(tmp_path / "lock")):
        pass
