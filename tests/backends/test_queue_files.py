"""Workers of the queue that see the disk only in part: none of their lines is lost to a file that is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from backends.queue_workers import KEY, Head, Puppet, WorkerThread, collecting, join_workers
from backends.workers import Errand, answer, work

from logproc.backends import probe, queue
from logproc.backends.protocol import Welcome
from logproc.model import FileResult, Lines, Partial, Piece, Task


@pytest.fixture(autouse=True)
def nobody_is_left(monkeypatch):
    monkeypatch.setattr(queue, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(queue, "TICK_SECONDS", 0.05)
    yield
    join_workers()


def missing(_job, task):
    """Report the first file of every task as missing."""
    result = FileResult(task.number, "plain", None, 0.0, 0, Lines(), problem="no such file", skipped=True)
    return Partial(task.number, (result,), ())


def tasks_of(count, folder):
    return [Task(n, (Piece(n, str(folder / str(n)), 0, -1, 0),), 100) for n in range(count)]


def there(folder, count):
    tasks = tasks_of(count, folder)
    for task in tasks:
        Path(task.pieces[0].path).write_text("line\n")
    return tasks


def without(monkeypatch):
    """Let workers in threads of this process find nothing where the coordinator finds the file."""
    monkeypatch.setattr(
        probe, "unreadable_of", lambda _task, outcome: {r.file: "No such file" for r in outcome.files if r.problem}
    )


def test_a_file_that_only_one_worker_lacks_is_read_by_another(tmp_path, monkeypatch):
    without(monkeypatch)
    head, tasks = Head(), there(tmp_path, 2)
    with collecting(head, Errand(), tasks) as collector:
        other = Puppet(head, "other")
        assert isinstance(other.hello(), Welcome)
        WorkerThread(head, missing, name="partly", children=1).start()
        head.wait_for("worker partly could not do task", count=2)
        for _ in tasks:
            offer = other.lease()
            assert other.complete(offer, answer(offer.task)) is True
        assert collector.result() == {task.number: answer(task) for task in tasks}
        other.close()


def test_where_no_other_worker_is_the_report_says_who_could_not_read_it(tmp_path, monkeypatch):
    without(monkeypatch)
    head, tasks = Head(), there(tmp_path, 1)
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, missing, name="partly").start()
        (found,) = collector.result().values()
    assert found.files[0].problem == "no such file (worker partly; the coordinator can read it)"
    head.wait_for("worker partly cannot read all of task 0")


def test_a_file_that_is_shorter_here_than_it_was_listed_is_not_all_here(tmp_path):
    (task,) = there(tmp_path, 1)
    (piece,) = task.pieces
    assert probe.unreadable(replace(piece, size=5)) is None
    assert probe.unreadable(replace(piece, size=4)) is None  # it has grown
    assert probe.unreadable(replace(piece, size=6)) == "only 5 of its 6 bytes are there"


@pytest.mark.parametrize(
    ("seconds", "reason"), [(-9, "the copy is too old by 0:00:09"), (-1, None), (0, None), (9, None)]
)
def test_a_file_that_was_written_before_what_was_listed_is_an_old_copy(tmp_path, seconds, reason):
    (task,) = there(tmp_path, 1)
    (piece,) = task.pieces
    (listed,) = replace(task, pieces=(replace(piece, size=5, mtime_ns=10**18),)).pieces
    os.utime(piece.path, ns=(0, 10**18 + seconds * 10**9))
    assert probe.unreadable(listed) == reason
    read = Partial(0, (FileResult(piece.file, "plain", None, 0.0, 5, Lines()),), ())
    assert probe.unreadable_of(replace(task, pieces=(listed,)), read) == (
        {} if reason is None else {piece.file: reason}
    )


def whole(_job, task):
    """Report the first file of every task as read."""
    return Partial(task.number, (FileResult(task.number, "plain", None, 0.0, 5, Lines()),), ())


def test_where_nobody_has_more_than_an_old_copy_the_report_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(
        probe, "unreadable_of", lambda task, _outcome: {task.pieces[0].file: "the copy is too old by 0:00:09"}
    )
    head, tasks = Head(), there(tmp_path, 1)
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, whole, name="partly").start()
        (found,) = collector.result().values()
    assert found.files[0].problem == "an old copy was read (worker partly; the coordinator can read it)"
    head.wait_for("worker partly cannot read all of task 0")
    assert any("the copy is too old by 0:00:09 on " in line for line in head.lines)


def test_a_file_that_is_gone_for_all_is_a_result_at_once(tmp_path):
    head, tasks = Head(), tasks_of(2, tmp_path)
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, missing).start()
        WorkerThread(head, work, name="other")
        found = collector.result()
    assert [found[number].files[0].problem for number in (0, 1)] == ["no such file"] * 2
    assert not any("could not do" in line for line in head.lines)


# ---- real processes --------------------------------------------------------------------------------------------


def _may_unshare() -> bool:
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "-m", "true"], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not _may_unshare(), reason="a mount of its own needs root and unshare")
LINE = '10.0.0.{n} - - [02/Mar/2026:00:00:00 +0000] "GET /{n} HTTP/1.1" 200 5 "-" "-"\n'


def remove(file):
    file.unlink()
    return 0


def age(file):
    """Leave the first lines, as an old copy has them."""
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:3]))
    return 3


def rewrite(file):
    """Leave other lines of the same length, as a copy has them that was made before the file was written anew."""
    file.write_text(file.read_text().replace("GET", "PUT"))
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns - 3600 * 10**9))
    return 10


@needs_mounts
@pytest.mark.parametrize("spoil", [remove, age, rewrite])
def test_a_worker_with_an_incomplete_copy_of_the_disk_says_so_in_the_report(tmp_path, spoil):
    logs, copy = tmp_path / "logs", tmp_path / "copy"
    logs.mkdir()
    for n in range(9):
        (logs / f"{n}.log").write_text(LINE.format(n=n) * 10)
    shutil.copytree(logs, copy)
    left = spoil(copy / "4.log")
    key, report = tmp_path / "key", tmp_path / "report.json"
    key.write_text(KEY.decode())
    key.chmod(0o600)
    logproc = [sys.executable, "-m", "logproc"]
    asked = ["run", str(logs), "--backend", "queue", "--listen", "127.0.0.1:0", "--report", "web", "-c", os.devnull]
    hidden = ["unshare", "-m", "sh", "-c", f'mount --bind "{copy}" "{logs}" && exec "$@"', "sh"]
    with subprocess.Popen(
        [*logproc, *asked, "--authkey-file", str(key), "--json", str(report)], stderr=subprocess.PIPE, text=True
    ) as coordinator:
        assert coordinator.stderr is not None
        address = next(line for line in coordinator.stderr if line.startswith("listening on")).split()[2]
        worker = [*logproc, "worker", address, "--authkey-file", str(key), "-j", "1", "--name", "partly"]
        assert subprocess.run([*hidden, *worker], capture_output=True, check=False).returncode == 0
        coordinator.stderr.read()
    assert coordinator.returncode == 3
    found = json.loads(report.read_text())
    assert found["accounting"]["lines"]["counted"] == 80 + left
    reasons = {Path(file["path"]).name: file["reason"] for file in found["files"] if file["reason"]}
    assert set(reasons) == {"4.log"}
    assert reasons["4.log"].endswith("(worker partly; the coordinator can read it)")
