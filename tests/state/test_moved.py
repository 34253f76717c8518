"""Logs of few bytes in a folder that has another name now, as other inodes: what tells that they were counted."""

from __future__ import annotations

import functools
import os
import shutil

import pytest
from state import rotation
from state.rotation import LINE, Logs, counted

from logproc import keeping, nightly
from logproc.state.generations import SHORT
from logproc.state.ledger import Ledger

run = functools.partial(rotation.run, reports=("lines",))


def copied(logs: Logs, old: str, new: str, *, seconds: bool = False) -> None:
    """Copy a folder and remove it; with `seconds` files keep their times to the second, as with tar."""
    there = [path.open() for path in logs.path(old).rglob("*") if path.is_file()]  # nothing else gets their inodes
    shutil.copytree(logs.path(old), logs.path(new), copy_function=shutil.copy2 if seconds else shutil.copyfile)
    shutil.rmtree(logs.path(old))
    for path in logs.path(new).rglob("*"):
        when = int(path.stat().st_mtime) + 100 * (not seconds)
        os.utime(path, (when, when))
    for file in there:
        file.close()


@pytest.fixture
def logs(tmp_path):
    """Logs of which one stays, for not all may be gone."""
    logs = Logs(tmp_path / "logs")
    logs.append("other/a.log", 9)
    logs.append("other/b.log", 9)
    logs.append("other/c.log", 9)
    return logs


def is_short(logs: Logs, *names: str) -> bool:
    return all(0 < logs.path(name).stat().st_size < SHORT for name in names)


@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize("codec", ["", "gz", "bz2"])
def test_few_bytes_that_move_together_with_more_are_known_again(logs, tmp_path, more, codec):
    logs.append("web1/sub/long.log", 9)
    logs.append("web1/sub/short.log", 1)
    assert is_short(logs, "web1/sub/short.log")
    run(logs.root, tmp_path / "state")
    copied(logs, "web1", "web1-old")
    logs.append("web1-old/sub/short.log", more)
    if codec:
        logs.move("web1-old/sub/short.log", "web1-old/sub/short.log.1")
        logs.compress("web1-old/sub/short.log.1", codec=codec)
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_short_logs_that_move_together_are_known_again(logs, tmp_path):
    for name in ("a", "b", "sub/c", "sub/d"):
        logs.append(f"web1/{name}.log", 1)
    run(logs.root, tmp_path / "state")
    copied(logs, "web1", "archive/web1")
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("to", ["web1-old/short.log", "else/where"])
def test_few_bytes_alone_are_known_again_by_their_time_to_the_second(logs, tmp_path, to):
    logs.append("web1/short.log", 1)
    run(logs.root, tmp_path / "state")
    copied(logs, "web1", "moved", seconds=True)
    logs.move("moved/short.log", to)
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def nightly_said(logs: Logs, state) -> tuple[dict, list[str]]:
    said: list[str] = []
    asked = rotation.config(logs.root, state, reports=("lines",))
    report = nightly.run(asked, warn=said.append)
    nightly.reported(asked)
    return counted(report), said


@pytest.mark.parametrize("more", [0, 1])
def test_few_bytes_that_nothing_proves_count_and_are_named_with_a_way_out(logs, tmp_path, more):
    logs.append("web1/short.log", 1)
    run(logs.root, tmp_path / "state")
    copied(logs, "web1", "web1-old")
    logs.append("web1-old/short.log", more)
    found, said = nightly_said(logs, tmp_path / "state")
    assert sum(found.values()) == sum(logs.ever.values()) + 1
    old, new = (logs.path(f"{folder}/short.log") for folder in ("web1", "web1-old"))
    assert len(said) == 1
    assert said[0].startswith(f"{new}: begins with all that was counted of {old}, which is gone")
    assert f"`logproc state forget {old}`" in said[0]
    asked = rotation.config(logs.root, tmp_path / "state", reports=("lines",))
    with Ledger.to_write(str(tmp_path / "state")) as ledger:
        keeping.forget(asked, ledger, path=str(old), host=None, day=None)
    for _ in range(2):
        assert nightly_said(logs, tmp_path / "state") == (logs.ever, [])


@pytest.mark.parametrize("how", ["still there", "another name", "another time"])
def test_the_same_few_bytes_of_another_log_are_its_own(logs, tmp_path, how):
    text = "started\n" * 2 if how != "still there" else LINE.format(host=1, day=1, hour=1, number="same", pad="")
    logs.append("web2/long.log", 9)
    logs.append("web1/long.log", 9)
    logs.path("web1/short.log").write_text(text)
    run(logs.root, tmp_path / "state")
    was = logs.path("web1/short.log")
    when = was.stat().st_mtime_ns + (how == "another time") * 10**10
    with was.open():  # nothing else gets its inode
        if how != "still there":
            was.unlink()
        now = logs.path("web2/other.log" if how == "another name" else "web2/short.log")
        now.write_text(text)
        os.utime(now, ns=(when, when // 10**9 * 10**9))
    report = run(logs.root, tmp_path / "state")
    assert sum(file.lines.read for file in report.files) == text.count("\n")
