"""Rotation in every order that Hypothesis can think of: each line is counted once, whatever becomes of its file.

`python -m pytest tests/state/test_rotation.py --rotations 5000` looks longer than CI does.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from state import rotation
from state.rotation import Logs, counted, decoded

from logproc import nightly
from logproc.state import failpoints
from logproc.state.generations import SHORT

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # syncs cost nothing there

run = functools.partial(rotation.run, reports=("lines",))  # no map of hours beside it: a fifth less work

LIVE = ("a.log", "web/b.log")
PADS = st.sampled_from([0, 0, 0, 300, 5000])


class Crash(BaseException):
    """What SIGKILL is to a process."""


class Rotation(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.logs = Logs(self.folder / "logs")
        self.clean = True  # whether all that is on disk was counted
        self.inodes: set[int] = set()  # of the files that were there then
        self.settled: set[str] = set()  # the rotated ones of them
        self.backups: dict[str, bytes] = {}
        self.dates = self.moves = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def rotated(self, *, compressed: bool | None = None) -> list[str]:
        names = sorted(str(path.relative_to(self.logs.root)) for path in self.logs.root.rglob("*") if path.is_file())
        old = [name for name in names if name not in LIVE]
        return old if compressed is None else [n for n in old if n.endswith((".gz", ".bz2")) == compressed]

    def free(self, name: str) -> str:
        number = 1
        while any(self.logs.root.glob(f"{name}.{number}*")):
            number += 1
        return f"{name}.{number}"

    @initialize()
    def first(self) -> None:
        self.logs.append("a.log", 1)
        self.clean = False

    @rule(name=st.sampled_from(LIVE), count=st.integers(0, 3), pad=PADS, torn=st.booleans(), same=st.booleans())
    def append(self, name, count, pad, torn, same):
        if same and not self.logs.path(name).exists() and count:
            self.logs.begin_alike(name)
        self.logs.append(name, count, pad, torn=torn)
        self.clean = False

    @rule(name=st.sampled_from(LIVE))
    def rotate_by_number(self, name):
        if self.logs.path(name).exists():
            self.logs.shift(name)
            self.clean = False

    @rule(name=st.sampled_from(LIVE))
    def rotate_by_date(self, name):
        if self.logs.path(name).exists():
            self.dates += 1
            self.logs.move(name, f"{name}-2026{1 + self.dates // 28:02d}{1 + self.dates % 28:02d}")
            self.clean = False

    @rule(name=st.sampled_from(LIVE), again=st.integers(0, 4))
    def copytruncate(self, name, again):
        if self.logs.path(name).exists() and self.logs.path(name).stat().st_size:
            self.logs.copytruncate(name, self.free(name))
            if again:
                self.logs.append(name, again)
            self.clean = False

    @rule(pick=st.randoms(use_true_random=False), members=st.integers(1, 3), codec=st.sampled_from(["gz", "gz", "bz2"]))
    def compress(self, pick, members, codec):
        names = self.rotated(compressed=False)
        if names:
            self.logs.compress(pick.choice(names), members=members, codec=codec)
            self.clean = False

    @rule(pick=st.randoms(use_true_random=False))
    def compress_halfway(self, pick):
        names = [n for n in self.rotated(compressed=False) if not self.logs.path(f"{n}.gz").exists()]
        if names:
            name = pick.choice(names)
            data = gzip.compress(self.logs.path(name).read_bytes())
            self.logs.path(f"{name}.gz").write_bytes(data[: len(data) * 2 // 3])
            self.check()
            self.logs.path(f"{name}.gz").write_bytes(data)
            if pick.random() < 0.5:
                self.check()
            self.logs.path(name).unlink()
            self.clean = False

    @rule(pick=st.randoms(use_true_random=False))
    def decompress(self, pick):
        names = [n for n in self.rotated(compressed=True) if n.endswith(".gz")]
        if names:
            name = pick.choice(names)
            self.logs.path(name.removesuffix(".gz")).write_bytes(gzip.decompress(self.logs.path(name).read_bytes()))
            self.logs.path(name).unlink()

    @rule(name=st.sampled_from(LIVE), more=st.booleans())
    def copy_beside(self, name, more):
        if self.logs.path(name).exists():
            self.logs.copy(name, self.free(name))
            if more:
                self.logs.append(name, 1)
            self.check()  # a copy that was never seen beside a live file is a file of its own

    @rule(pick=st.randoms(use_true_random=False))
    def move_to_another_folder(self, pick):
        # Equal files that were never seen in one family are two files, and a few bytes prove nothing outside of one.
        names = [name for name in self.rotated() if self.logs.is_alone(self.logs.content(name), name)]
        names = [name for name in names if len(self.logs.content(name)) >= SHORT + 200]
        # Of a file that was copied since the last run, less may be counted than proves anything.
        names = [name for name in names if self.clean or self.logs.path(name).stat().st_ino in self.inodes]
        if names:
            name = pick.choice(names)
            self.moves += 1
            self.logs.move(name, f"host{pick.randint(1, 2)}/{self.moves}_{name.replace('/', '_')}")

    @rule(name=st.sampled_from(LIVE), pick=st.randoms(use_true_random=False))
    def append_to_a_rotated_file(self, name, pick):
        old = [n for n in self.rotated(compressed=False) if Path(n).name.startswith(f"{Path(name).name}.")]
        whole = [n for n in old if self.logs.content(n).endswith(b"\n") and n in self.settled]
        whole = [n for n in whole if self.logs.is_alone(self.logs.content(n), n)]  # no copy of what is appended
        if whole and self.logs.path(name).exists() and name not in self.logs.begun:
            target = self.logs.path(pick.choice(whole))
            with target.open("ab") as file:
                file.write(self.logs.path(name).read_bytes())
            self.logs.path(name).unlink()
            self.clean = False

    @precondition(lambda self: self.clean)
    @rule(pick=st.randoms(use_true_random=False), keep=st.booleans())
    def delete(self, pick, keep):
        names = self.rotated()
        if names:
            name = pick.choice(names)
            if keep:
                self.backups[name] = self.logs.path(name).read_bytes()
            self.logs.path(name).unlink()

    @rule(pick=st.randoms(use_true_random=False))
    def restore(self, pick):
        names = [name for name in sorted(self.backups) if self.logs.is_alone(decoded(name, self.backups[name]), "")]
        names = [name for name in names if not self.logs.path(name).exists()]
        if names:
            name = pick.choice(names)
            self.logs.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.logs.path(name).write_bytes(self.backups.pop(name))

    @precondition(lambda self: self.clean)
    @rule(name=st.sampled_from(LIVE), more=st.integers(1, 6))
    def truncate_and_write(self, name, more):
        if self.logs.path(name).exists() and name not in self.logs.begun:
            os.truncate(self.logs.path(name), 0)
            self.logs.append(name, more)
            self.clean = False

    @rule(name=st.sampled_from(LIVE))
    def empty_file(self, name):
        if not self.logs.path(name).exists():
            self.logs.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.logs.path(name).touch()

    @rule()
    def check(self):
        report = run(self.folder / "logs", self.folder / "state")
        found, expected = counted(report), self.logs.expected()
        assert found == expected, (
            found - expected,
            expected - found,
            [(f.path, f.status, f.reason) for f in report.files],
        )
        self.clean = True
        self.settled = set(self.rotated())
        self.inodes = {path.stat().st_ino for path in self.logs.root.rglob("*") if path.is_file()}

    @rule(place=st.sampled_from(failpoints.NAMES))
    def crash(self, place):
        def reach(name: str) -> None:
            if name == place:
                raise Crash

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(failpoints, "reach", reach)
            with contextlib.suppress(Crash):
                run(self.folder / "logs", self.folder / "state")
        self.clean = False


@pytest.mark.long
@pytest.mark.no_cover
@pytest.mark.parametrize("half", [1, 2])  # two tests, which run beside each other
def test_every_line_is_counted_once(request, monkeypatch, half):
    monkeypatch.setattr(nightly, "Questions", functools.lru_cache(nightly.Questions))  # planned once
    runs = (request.config.getoption("--rotations") + half - 1) // 2
    run_state_machine_as_test(
        Rotation,
        settings=settings(
            max_examples=runs, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_copy_that_is_moved_away_stays_a_copy(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 6)
    run(logs.root, tmp_path / "state")
    logs.copy("a.log", "a.log.1")
    logs.append("a.log", 1)
    run(logs.root, tmp_path / "state")
    logs.path("a.log").write_text("")
    logs.append("a.log", 1)  # what it was a copy of is gone
    run(logs.root, tmp_path / "state")
    logs.move("a.log.1", "elsewhere/old.log")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.compress("elsewhere/old.log")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def cat(logs: Logs, old: str, new: str) -> None:
    """Append a file to another one, and remove it."""
    with logs.path(new).open("ab") as file:
        file.write(logs.path(old).read_bytes())
    logs.path(old).unlink()


@pytest.mark.parametrize("archive", ["a.log.old", "a.log-2026", "archive/all.log"])
@pytest.mark.parametrize("more", [0, 3])
def test_what_was_counted_may_be_appended_to_another_file(tmp_path, archive, more):
    logs = Logs(tmp_path / "logs")
    logs.append(archive, 2)
    for _ in range(3):
        logs.append("a.log", 5)
        run(logs.root, tmp_path / "state")
        logs.append("a.log", more)
        cat(logs, "a.log", archive)
    found = run(logs.root, tmp_path / "state")
    assert counted(found) == logs.ever
    logs.append(archive, 1)
    logs.compress(archive)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_files_may_be_put_together(tmp_path):
    logs = Logs(tmp_path / "logs")
    for host in ("web1", "web2", "web3"):
        logs.append(f"{host}/a.log", 9, pad=200)
        logs.append(f"{host}/a.log.1", 1)  # too short to be known anywhere else
    run(logs.root, tmp_path / "state")
    logs.append("web2/a.log", 2)
    logs.move("web1/a.log", "web1/a.log.2")
    for host in ("web3", "web2"):
        cat(logs, f"{host}/a.log", "web1/a.log.2")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_what_was_counted_is_found_behind_lines_that_were_not(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("all.log.1", 5)
    logs.append("web1/a.log", 5000, pad=300)
    logs.append("web2/a.log", 5)
    run(logs.root, tmp_path / "state")
    logs.append("web1/a.log", 5000, pad=300)
    logs.append("web2/a.log", 3)
    for host in ("web1", "web2"):
        cat(logs, f"{host}/a.log", "all.log.1")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.append("all.log.1", 1)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_a_compressed_file_may_be_appended_to_another_one(tmp_path):
    logs = Logs(tmp_path / "logs")
    for name in ("a.log.3", "a.log.2", "a.log.1"):
        logs.append(name, 9)
        logs.compress(name)
    run(logs.root, tmp_path / "state")
    cat(logs, "a.log.2.gz", "a.log.3.gz")
    cat(logs, "a.log.1.gz", "a.log.3.gz")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.append("a.log.1", 2)
    logs.compress("a.log.1")
    cat(logs, "a.log.1.gz", "a.log.3.gz")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_a_run_between_appending_and_removing_counts_nothing_twice(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 5)
    logs.append("a.log.1", 5)
    run(logs.root, tmp_path / "state")
    shutil.copyfile(logs.path("a.log"), logs.path("copy"))
    cat(logs, "copy", "a.log.1")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.path("a.log").unlink()
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


def test_a_log_that_says_the_same_again_is_counted_again(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 9)
    said = logs.path("a.log").read_bytes()
    for number in (1, 2, 3):
        logs.path(f"a.log.{number}").write_bytes(logs.path("a.log").read_bytes() * (number + 1))
    first = counted(run(logs.root, tmp_path / "state"))
    logs.path("a.log.3").unlink()
    for _ in range(4):
        with logs.path("a.log").open("ab") as file:
            file.write(said)
    found = counted(run(logs.root, tmp_path / "state"))
    assert found.total() == first.total() + 4 * 9


def test_an_unterminated_line_is_counted_once_where_it_is_appended(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log.1", 5)
    logs.append("a.log.2", 5, torn=True)
    run(logs.root, tmp_path / "state")
    cat(logs, "a.log.2", "a.log.1")
    found = run(logs.root, tmp_path / "state")
    assert counted(found) == logs.ever


def test_a_few_bytes_that_are_linked_outside_of_their_family_are_known(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("z.log", 1)
    run(logs.root, tmp_path / "state")
    logs.move("z.log", "z.log.1")
    logs.compress("z.log.1")
    logs.path("a-link.gz").hardlink_to(logs.path("z.log.1.gz"))
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.path("a-link.gz").unlink()
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
