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
from state.rotation import LINE, Logs, counted, decoded, packed

from logproc import keeping, looking, nightly
from logproc.state import failpoints
from logproc.state.generations import GUESSED, SHORT
from logproc.state.ledger import Ledger
from logproc.state.matching import OLDER

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # syncs cost nothing there

run = functools.partial(rotation.run, reports=("lines",))  # no map of hours beside it: a fifth less work

LIVE = ("a.log", "web/b.log")
PADS = st.sampled_from([0, 0, 0, 300, 5000])


class Crash(BaseException):
    """What SIGKILL is to a process."""


def has_times(content: bytes) -> bool:
    """Tell whether lines have several times."""
    return len({line.partition(b"[")[2][:20] for line in content.splitlines()}) > 1


class Rotation(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.logs = Logs(self.folder / "logs")
        self.clean = True  # whether all that is on disk was counted
        self.inodes: set[int] = set()  # of the files that were there then
        self.backups: dict[str, bytes] = {}
        self.older: dict[str, bytes] = {}  # live files as they were once they were counted
        self.moved: set[int] = set()  # inodes of files that took up another, or were moved, since the last run
        self.own: set[str] = set()  # files that were no copies of others in the last run
        self.restored: set[str] = set()  # live files that may begin as older ones, whose lines are in those
        self.dates = self.moves = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def rotated(self, *, compressed: bool | None = None) -> list[str]:
        names = sorted(str(path.relative_to(self.logs.root)) for path in self.logs.root.rglob("*") if path.is_file())
        old = [name for name in names if name not in LIVE]
        return old if compressed is None else [n for n in old if n.endswith((".gz", ".bz2")) == compressed]

    def known_elsewhere(self, *, compressed: bool = False) -> list[str]:
        """Return the files that are known without their inode: few counted bytes elsewhere prove nothing."""
        names = self.rotated(compressed=compressed)
        return [name for name in names if self.logs.path(name).stat().st_ino not in self.moved]

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
        names = self.known_elsewhere()
        if names:
            self.logs.compress(pick.choice(names), members=members, codec=codec)
            self.clean = False

    @rule(pick=st.randoms(use_true_random=False))
    def compress_halfway(self, pick):
        names = [n for n in self.known_elsewhere() if not self.logs.path(f"{n}.gz").exists()]
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
        names = [n for n in self.known_elsewhere(compressed=True) if n.endswith(".gz")]
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
            to = f"host{pick.randint(1, 2)}/{self.moves}_{name.replace('/', '_')}"
            self.logs.move(name, to)
            if not self.clean:
                self.moved.add(self.logs.path(to).stat().st_ino)

    @rule(
        name=st.sampled_from(LIVE),
        pick=st.randoms(use_true_random=False),
        more=st.integers(0, 2),
        truncate=st.booleans(),
    )
    def append_to_another(self, name, pick, more, truncate):
        if not self.logs.path(name).exists() or name in self.logs.begun or name in self.restored:
            return
        self.logs.append(name, 4, 60)  # few bytes, or those of one time, prove nothing
        self.check()
        if not self.logs.is_alone(self.logs.content(name), name):
            return
        others = [(n, self.logs.content(n)) for n in self.rotated()]
        others = [n for n, text in others if text.endswith(b"\n") and self.logs.is_alone(text, n)]
        others = [n for n in others if str(self.logs.path(n)) in self.own]
        if others and str(self.logs.path(name)) in self.own:
            self.logs.append(name, more)
            other = pick.choice(others)
            with self.logs.path(other).open("ab") as file:
                file.write(packed(other, self.logs.content(name)))
            self.moved.add(self.logs.path(other).stat().st_ino)
            if truncate:
                os.truncate(self.logs.path(name), 0)
            else:
                self.logs.path(name).unlink()
            self.clean = False

    def told_by_its_lines(self, name: str) -> bool:
        """Tell whether a file, all of which was counted, is known wherever it stands: by lines of several times."""
        text = self.logs.content(name)
        is_own = str(self.logs.path(name)) in self.own and self.logs.is_alone(text, name)
        return is_own and text.endswith(b"\n") and len(text) >= SHORT and has_times(text)

    @rule(
        pick=st.randoms(use_true_random=False),
        count=st.integers(2, 4),
        more=st.lists(st.integers(0, 2), min_size=4, max_size=4),
        rotate=st.booleans(),
        truncate=st.booleans(),
        members=st.booleans(),
        codec=st.sampled_from(["", "gz", "bz2"]),
    )
    def append_several_to_one(self, pick, count, more, rotate, truncate, members, codec):
        live = [name for name in LIVE if name not in self.logs.begun and name not in self.restored]
        for name in live * 2 if rotate else live:
            if rotate and self.logs.path(name).exists():
                self.logs.shift(name)
            self.logs.append(name, 4, 60)
        self.check()
        old = [name for name in self.rotated() if self.told_by_its_lines(name)]
        live = [name for name in live if self.told_by_its_lines(name)]
        archives = [name for name in self.rotated() if str(self.logs.path(name)) in self.own]
        archives = [name for name in archives if self.logs.content(name).endswith(b"\n")]
        archives = [name for name in archives if self.logs.is_alone(self.logs.content(name), name)]
        if not archives:
            return
        archive = pick.choice(archives)
        # What was counted of an older backup's beginning is counted of another file, and no file's own.
        names = [name for name in [*live, *([] if self.restored else old)] if name != archive]
        names = pick.sample(names, min(count, len(names)))
        texts = []
        for name, lines in zip(names, more, strict=False):
            if name in LIVE:
                self.logs.append(name, lines)
            texts.append(self.logs.content(name))
        if codec and not archive.endswith((".gz", ".bz2")):
            self.logs.compress(archive, codec=codec)
            archive = f"{archive}.{codec}"
        with self.logs.path(archive).open("ab") as file:
            for text in texts if members else [b"".join(texts)]:
                file.write(packed(archive, text))
        for name in names:
            if truncate and name in LIVE:
                os.truncate(self.logs.path(name), 0)
            else:
                self.logs.path(name).unlink()
        self.moved.add(self.logs.path(archive).stat().st_ino)
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
    @rule(name=st.sampled_from(LIVE))
    def back_up(self, name):
        # A line of one time may be written once more: several times tell a backup from a log that repeats itself.
        if self.logs.path(name).exists() and name not in self.logs.begun:
            content = self.logs.content(name)
            if has_times(content):
                self.older[name] = content

    @precondition(lambda self: self.clean and self.older)
    @rule(name=st.sampled_from(LIVE), same_inode=st.booleans(), more=st.integers(0, 2), packed=st.booleans())
    def restore_older(self, name, same_inode, more, packed):
        older, path = self.older.get(name), self.logs.path(name)
        if older is not None and path.exists() and name not in self.logs.begun:
            content = self.logs.content(name)
            if content.startswith(older) and content != older:
                self.restored.add(name)
                if not same_inode:
                    path.unlink()
                path.write_bytes(older)
                self.logs.append(name, more)
                if packed:
                    rotated = self.free(name)
                    self.logs.move(name, rotated)
                    self.logs.compress(rotated)
                self.check()

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
        self.own = {f.path for f in report.files if f.status != "duplicate" and f.reason != OLDER}
        self.moved.clear()
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


@pytest.mark.parametrize("to", ["a.log.0", "a.log.2", "a.log-20260103"])
@pytest.mark.parametrize("how", ["stays", "moves", "is compressed"])
def test_a_copy_of_a_log_with_no_whole_line_stays_a_copy(tmp_path, how, to):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 0, torn=True)
    logs.copy("a.log", "a.log.1")
    assert not counted(run(logs.root, tmp_path / "state"))
    logs.append("a.log", 0)
    logs.move("a.log", to)
    if how == "moves":
        logs.move("a.log.1", "a.log.7")
    elif how == "is compressed":
        logs.compress("a.log.1")
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.compress(to)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("then", ["the copy goes", "both go", "another folder is read", "a line comes"])
def test_a_copy_of_a_log_with_no_whole_line_is_forgotten_once_it_is_no_more(tmp_path, then):
    logs = Logs(tmp_path / "logs")
    logs.append("web/a.log", 0, torn=True)
    logs.copy("web/a.log", "web/a.log.1")
    logs.append("other/b.log", 1)
    run(logs.root, tmp_path / "state")
    root = logs.root
    if then == "another folder is read":
        root = logs.path("other")
    elif then == "a line comes":
        logs.append("web/a.log", 0)
    else:
        logs.path("web/a.log.1").unlink()
    if then == "both go":
        logs.path("web/a.log").unlink()
    for nights in range(2):
        with Ledger.to_read(str(tmp_path / "state")) as ledger:
            families = {str(logs.path("web/a.log"))}
            assert ledger.families_of_begun() == (families if nights == 0 or root != logs.root else set())
        run(root, tmp_path / "state")


@pytest.mark.parametrize("codec", ["", "gz"])
def test_a_copy_that_is_moved_away_is_told_from_one_that_stays(tmp_path, codec):
    logs = Logs(tmp_path / "logs")
    for name in ("a.log.1", "a.log.2"):
        logs.append("a.log", 9)
        logs.copy("a.log", name)
        logs.append("a.log", 1)
        run(logs.root, tmp_path / "state")
    os.utime(logs.path("a.log.1"))  # it is looked at anew
    logs.move("a.log.2", "elsewhere/copy")
    if codec:
        logs.compress("elsewhere/copy", codec=codec)
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever
        os.utime(next(logs.path("elsewhere").iterdir()))


@pytest.mark.parametrize("codec", ["gz", "bz2"])
def test_a_copy_that_rotates_does_not_stand_for_its_log_that_is_compressed_with_more(tmp_path, codec):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 1)
    logs.copy("a.log", "a.log.1")
    run(logs.root, tmp_path / "state")
    logs.append("a.log", 1)
    logs.shift("a.log")
    logs.compress("a.log.1", codec=codec)
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("copy", ["web/access-20261128.log", "web/access.log.1"])
@pytest.mark.parametrize("more", [0, 3])
def test_a_copy_beside_its_live_log_is_one_in_the_first_night(tmp_path, copy, more):
    logs = Logs(tmp_path / "logs")
    logs.append("web/access.log", 5)
    logs.copy("web/access.log", copy)
    logs.append("web/access.log", more)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("codec", ["gz", "bz2"])
def test_few_bytes_are_known_again_by_each_name_of_their_file(tmp_path, codec):
    logs = Logs(tmp_path / "logs")
    logs.append("web/b.log.1", 1)
    assert logs.path("web/b.log.1").stat().st_size < SHORT
    run(logs.root, tmp_path / "state")
    logs.compress("web/b.log.1", codec=codec)
    logs.path("archive").mkdir()
    logs.path(f"archive/first.{codec}").hardlink_to(logs.path(f"web/b.log.1.{codec}"))
    report = run(logs.root, tmp_path / "state")
    assert counted(report) == logs.ever
    assert [(file.status, file.reason) for file in report.files] == [
        ("unchanged", f"was {logs.path('web/b.log.1')}"),
        ("duplicate", f"the same file as {logs.path(f'archive/first.{codec}')}, by a hard link"),
    ]


def moved_away(logs: Logs, codec: str, mtime_ns: int) -> None:
    """Let a short file lie elsewhere, as another inode of this time."""
    logs.copy("web/b.log.1", "first")
    with logs.path("web/b.log.1").open():  # nothing else gets its inode
        logs.path("web/b.log.1").unlink()
        if codec:
            logs.compress("first", codec=codec)
    name = f"first.{codec}" if codec else "first"
    logs.move(name, f"archive/{name}")
    os.utime(logs.path(f"archive/{name}"), ns=(mtime_ns, mtime_ns))


@pytest.mark.parametrize("codec", ["", "gz", "bz2"])
def test_few_bytes_are_known_again_elsewhere_by_the_time_that_gzip_and_mv_keep(tmp_path, codec):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 9)
    logs.append("web/b.log.1", 1)
    run(logs.root, tmp_path / "state")
    moved_away(logs, codec, logs.path("web/b.log.1").stat().st_mtime_ns)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("codec", ["", "gz", "bz2"])
@pytest.mark.parametrize("how", ["later", "still there"])
def test_few_bytes_elsewhere_are_others_where_no_time_tells(tmp_path, codec, how):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 9)
    logs.append("web/b.log.1", 1)
    path, text = logs.path("web/b.log.1"), logs.path("web/b.log.1").read_bytes()
    when = path.stat().st_mtime_ns // 10**9 * 10**9 + 5 * 10**6
    os.utime(path, ns=(when, when))
    run(logs.root, tmp_path / "state")
    moved_away(logs, codec, when + (how == "later") * 4 * 10**6)
    if how == "still there":
        path.write_bytes(text)
        os.utime(path, ns=(when, when))
    logs.ever[list(logs.ever)[-1]] += 1
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("how", ["before the last run", "since the last run", "same time", "same second"])
def test_a_file_that_may_be_another_than_it_is_taken_for_is_named(tmp_path, how):
    logs, said = Logs(tmp_path / "logs"), []
    logs.append("a.log", 9)
    logs.append("b.log", 9)
    written = logs.path("b.log").stat().st_mtime_ns
    run(logs.root, tmp_path / "state", now_ns=written + 10**12)
    logs.copy("b.log", "c")
    with logs.path("b.log").open():  # nothing else gets its inode
        logs.path("b.log").unlink()
        logs.move("c", "elsewhere/c")
    after = {"before the last run": 10**11, "since the last run": 2 * 10**12, "same time": 0}
    when = written + after[how] if how in after else written // 10**9 * 10**9
    os.utime(logs.path("elsewhere/c"), ns=(when, when))
    report = nightly.run(rotation.config(logs.root, tmp_path / "state", reports=("lines",)), warn=said.append)
    assert counted(report) == logs.ever
    assert [GUESSED in text for text in said] == [True] * (how == "before the last run")
    (reason,) = (entry.reason for entry in report.files if entry.path == str(logs.path("elsewhere/c")))
    assert ((reason or "").endswith(GUESSED)) == (how == "before the last run")
    assert said == [] or str(logs.path("b.log")) in said[0]
    said.clear()
    nightly.run(rotation.config(logs.root, tmp_path / "state", reports=("lines",)), warn=said.append)
    assert said == []


def taken_for_another(logs: Logs, state: Path, to: str, *, more: bytes = b"", gone: tuple[str, ...] = ()) -> list[str]:
    """Put a log elsewhere, as of a time before the last run, have that found, and return what is said of it."""
    written, said = logs.path("b.log").stat().st_mtime_ns, []
    run(logs.root, state, now_ns=written + 10**12)
    text = logs.path("b.log").read_bytes() + more
    with logs.path("b.log").open():  # nothing else gets its inode
        logs.path("b.log").unlink()
        logs.path(to).write_bytes(packed(to, text))
    for name in gone:
        logs.path(name).unlink()
    os.utime(logs.path(to), ns=(written + 10**11, written + 10**11))
    asked = rotation.config(logs.root, state, reports=("lines",))
    (planned,) = (entry.reason for entry in looking.plan(asked) if entry.path == str(logs.path(to)))
    report = nightly.run(asked, warn=said.append)
    nightly.reported(asked)
    told = [entry.reason for entry in report.files if entry.path == str(logs.path(to)) and entry.status == "unchanged"]
    assert told in ([], [planned])
    assert planned.endswith(f", {GUESSED}")
    assert planned.startswith("holds what was counted of ") == bool(gone)
    return said


@pytest.mark.parametrize("how", ["waits", "went on", "holds another"])
def test_that_it_may_be_another_is_said_whatever_else_is_said_of_it(tmp_path, how):
    logs = Logs(tmp_path / "logs")
    logs.append("b.log", 9)
    if how == "waits":
        said = taken_for_another(logs, tmp_path / "state", "elsewhere", more=b"10.0.0.1")
    elif how == "went on":
        logs.append("b.log", 0, torn=True)
        torn = list(logs.ever)[-1]
        said = taken_for_another(logs, tmp_path / "state", "elsewhere.gz", more=b"\n")
        assert logs.ever[torn] == 1
    else:
        logs.append("a.log", 9)
        more = logs.content("a.log")
        said = taken_for_another(logs, tmp_path / "state", "elsewhere", more=more, gone=("a.log",))
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    assert [f"elsewhere{'.gz' * (how == 'went on')}: taken for {logs.path('b.log')}, {GUESSED}" in t for t in said] == [
        True
    ]


def test_a_file_that_was_taken_for_another_counts_once_more_by_a_copy(tmp_path):
    logs = Logs(tmp_path / "logs")
    logs.append("a.log", 9)
    for _ in range(2):
        logs.append("b.log", 9)
        run(logs.root, tmp_path / "state")
    assert taken_for_another(logs, tmp_path / "state", "elsewhere")
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever
    logs.copy("elsewhere", "b.copy")
    logs.ever.update(list(logs.ever)[9:])
    for _ in range(2):
        assert counted(run(logs.root, tmp_path / "state")) == logs.ever
        logs.path("b.copy").unlink(missing_ok=True)
    logs.append("elsewhere", 1)
    assert counted(run(logs.root, tmp_path / "state")) == logs.ever


@pytest.mark.parametrize("pad", [0, 3000])
def test_an_older_backup_in_the_place_of_a_file_counts_nothing_again(tmp_path, pad):
    logs = Logs(tmp_path / "logs")

    def night() -> tuple[str, str | None]:
        report = run(logs.root, tmp_path / "state")
        assert counted(report) == logs.ever
        return next((file.status, file.reason) for file in report.files if file.path.endswith("a.log"))

    backups = []
    for _ in range(3):
        logs.append("a.log", 3, pad)
        night()
        backups.append(logs.path("a.log").read_bytes())
    logs.path("a.log").write_bytes(backups[1])
    assert night() == ("unchanged", OLDER)
    assert night() == ("unchanged", OLDER)
    with Ledger.to_read(str(tmp_path / "state")) as ledger:
        assert [(row.verdict, row.reason) for row in keeping.verify(ledger)] == [("same", OLDER)]
    logs.append("a.log", 7, pad)
    assert night() == ("read", None)
    logs.append("a.log", 1, pad)
    assert night()[0] == "read"
    logs.path("a.log").unlink()
    logs.path("a.log").write_bytes(backups[0])  # another inode
    assert night() == ("unchanged", OLDER)
    logs.move("a.log", "a.log.1")
    logs.compress("a.log.1")
    logs.append("a.log", 2, pad)
    assert night()[0] == "read"
    logs.path("a.log").write_bytes(backups[2])
    night()


def test_a_log_that_repeats_itself_is_no_older_backup(tmp_path):
    logs = Logs(tmp_path / "logs")
    text = LINE.format(host=1, day=1, hour=1, number="same", pad="x" * 300)
    for nights in range(1, 4):
        with logs.path("a.log").open("a") as file:
            file.write(text * 20)
        logs.ever["/same" + "x" * 300] += 20
        assert counted(run(logs.root, tmp_path / "state")) == {"/same" + "x" * 300: 20 * nights}
    logs.path("a.log").write_text(text * 20)
    assert counted(run(logs.root, tmp_path / "state")) == {"/same" + "x" * 300: 80}
