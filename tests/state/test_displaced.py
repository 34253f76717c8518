"""Copies that have moved: which is which, and that many of them cost no more than each alone."""

from __future__ import annotations

import sys

import pytest
from state.rotation import Logs, counted, run

from logproc.model import LogFile
from logproc.state.displaced import Displaced
from logproc.state.generations import Kind, Seen


def seen(path, inode, generation):
    return Seen(path, 1, inode, (0, 0, 0), generation, Kind.DUPLICATE, None)


def log(inode):
    return LogFile("/elsewhere", 0, 0, device=1, inode=inode)


COPIES = {("/a.log", 900, 7): 1, ("/a.log", 90, 6): 1, ("/b.log", 900, 7): 2, ("/c.log", 500, 5): 0}


def displaced():
    moved = [seen("/a.log.1", 11, 1), seen("/a.log.2", 12, 1), seen("/b.log.1", 13, 2), seen("/c.log.1", 14, None)]
    return Displaced(moved, COPIES, {1, 2})


def test_a_copy_is_the_one_of_its_inode_and_content():
    copies = displaced()
    assert copies.take(log(13), "/elsewhere", (900, 7)) == 2
    assert not copies.has_inode_of(log(13))
    assert copies.take(log(12), "/elsewhere", (90, 6)) == 1
    assert copies.has_inode_of(log(11))
    assert copies.take(log(11), "/elsewhere", (901, 7)) is None


def test_without_its_inode_a_copy_is_one_of_its_content_each_once():
    copies = displaced()
    assert [copies.take(log(0), "/elsewhere", (900, 7)) for _ in range(4)] == [1, 1, 2, None]
    assert copies
    assert copies.has_inode_of(log(14))


def test_few_bytes_are_those_of_their_family_alone():
    copies = displaced()
    assert copies.take(log(0), "/elsewhere", (90, 6)) is None
    assert copies.take(log(0), "/a.log", (90, 6)) == 1


def test_a_copy_of_what_was_not_counted_is_none():
    assert displaced().take(log(14), "/c.log", (500, 5)) is None


def test_one_of_a_family_is_found():
    copies = displaced()
    copies.take_of("/a.log", log(12))
    assert copies.has_inode_of(log(11))
    assert not copies.has_inode_of(log(12))
    copies.take_of("/a.log", log(13))
    assert not copies.has_inode_of(log(11))
    assert copies.has_inode_of(log(13))
    copies.take_of("/a.log", log(13))
    assert copies.has_inode_of(log(13))


def calls_of_a_night(folder, count, how):
    """Return how many functions of `state` are called when so many copies have moved."""
    logs = Logs(folder / "logs")
    for number in range(count):
        logs.append(f"{number}/a.log", 2, 300)
        logs.copy(f"{number}/a.log", f"{number}/a.log.1")
    assert counted(run(logs.root, folder / "state")) == logs.ever
    for number in range(count):
        old, new = f"{number}/a.log.1", f"elsewhere/{count - number}"
        if how == "renamed":
            logs.move(old, new)
        else:
            logs.move(old, f"{new}.keeps-its-inode")
            logs.copy(f"{new}.keeps-its-inode", new)
    for path in logs.root.rglob("*.keeps-its-inode"):
        path.unlink()
    calls = 0

    def called(frame, event, _):
        nonlocal calls
        calls += event == "call" and "/logproc/state/" in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        report = run(logs.root, folder / "state")
    finally:
        sys.setprofile(before)
    assert counted(report) == logs.ever
    return calls


@pytest.mark.parametrize("how", ["renamed", "copied"])
def test_many_that_move_cost_no_more_than_each_alone(tmp_path, how):
    few, many = (calls_of_a_night(tmp_path / str(count), count, how) for count in (10, 100))
    assert many < 10 * few
