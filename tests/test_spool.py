"""Rejected lines on their way to `--rejects`: every one once, with its number in the whole file."""

from __future__ import annotations

import json
import shutil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logproc import spool
from logproc.model import Piece, Reject, Task

PIECES = [Piece(0, "/logs/a", 0, 100, 0), Piece(0, "/logs/a", 100, -1, 0), Piece(1, "/logs/b\udcff", 0, -1, 0)]
PATHS = {0: "/logs/a", 1: "/logs/b\udcff"}


def task_of(number, pieces=PIECES):
    return Task(number, tuple(pieces), 100)


def write(folder, number, kept, pieces=PIECES):
    with spool.Spool(str(folder), task_of(number, pieces)) as opened:
        keepers = [opened.keeper(piece) for piece in pieces]
        for place, reject in kept:
            keepers[place](reject)


def joined(folder, number, before, pieces=PIECES):
    return [json.loads(line) for line in spool.join(str(folder), task_of(number, pieces), PATHS, before)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(0, 10**12), st.binary(max_size=20))))
def test_what_goes_in_comes_out_once_with_lines_from_one(tmp_path, kept):
    before = {(0, 0): 0, (0, 100): 70, (1, 0): 0}
    write(tmp_path, 4, [(place, Reject(line, offset, "why", raw)) for place, line, offset, raw in kept])
    found = joined(tmp_path, 4, before)
    assert found == [
        {
            "path": "/logs/b\\xff" if place == 2 else "/logs/a",
            "line": line + 1 + (70 if place == 1 else 0),
            "offset": offset,
            "reason": "why",
            "raw": raw.decode("utf-8", "backslashreplace"),
        }
        for place, line, offset, raw in kept
    ]
    assert list(tmp_path.iterdir()) == []
    assert joined(tmp_path, 4, before) == []


def test_what_is_forgotten_may_be_gone_with_its_folder(tmp_path):
    """As where a second signal takes the folder away: the cause of the end must not be hidden by a missing file."""
    folder = tmp_path / "files"
    folder.mkdir()
    opened = spool.Spool(str(folder), task_of(0))
    opened.keeper(PIECES[0])(Reject(0, 0, "why", b"raw"))
    shutil.rmtree(folder)
    opened.__exit__(KeyboardInterrupt)
    assert not folder.exists()


def test_a_task_without_rejects_writes_no_file(tmp_path):
    write(tmp_path, 0, [])
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_nobody_keeps_anything():
    with spool.Spool(None, task_of(0)) as opened:
        assert opened.keeper(PIECES[0]) is None


def test_a_task_that_is_tried_again_writes_its_rejects_anew(tmp_path):
    write(tmp_path, 1, [(0, Reject(0, 0, "first try", b"x"))] * 3)
    write(tmp_path, 1, [(0, Reject(5, 9, "second try", b"y"))])
    assert [row["reason"] for row in joined(tmp_path, 1, {(0, 0): 0})] == ["second try"]


def test_tasks_do_not_share_a_file(tmp_path):
    write(tmp_path, 1, [(0, Reject(0, 0, "one", b""))])
    write(tmp_path, 11, [(0, Reject(0, 0, "eleven", b""))])
    assert [row["reason"] for row in joined(tmp_path, 1, {(0, 0): 0})] == ["one"]
    assert [row["reason"] for row in joined(tmp_path, 11, {(0, 0): 0})] == ["eleven"]


def test_the_parts_of_a_task_that_was_cut_have_files_of_their_own(tmp_path):
    parts = [Piece(0, "/logs/a", 0, 50, 0)], [Piece(0, "/logs/a", 50, 100, 0)]
    for number, part in enumerate(parts):
        write(tmp_path, 4, [(0, Reject(number, 0, f"part {number}", b""))], part)
    write(tmp_path, 4, [(0, Reject(0, 0, "whole", b""))])
    before = {(0, 0): 0, (0, 50): 7}
    assert [(row["reason"], row["line"]) for part in parts for row in joined(tmp_path, 4, before, part)] == [
        ("part 0", 1),
        ("part 1", 9),
    ]
    assert len(list(tmp_path.iterdir())) == 1
