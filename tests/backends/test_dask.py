"""Dask: the contract of all backends on a cluster that others started, and on one of our own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

import psutil
from backends.dask_cluster import (
    PATIENCE,
    REPO,
    deserted,
    die_and_lack,
    halt_once,
    halt_when_told,
    inspect,
    inspect_in_turn,
    inspect_while_one_disk_goes,
    lack,
    leave_a_file,
    meet,
    merge,
    no_merge,
    scheduler,
    stay,
    trap,
    workers,
)
from backends.namespaces import joined
from backends.workers import Errand, answer, die, die_once, work

from logproc import coordinator, planner
from logproc.backends import dask
from logproc.backends.dask import Cluster
from logproc.backends.folding import FOLD, FOLD_ABOVE
from logproc.config import Config, NamedReport, Network, Output
from logproc.errors import OutputError, TryLaterError, UsageError
from logproc.messages import Trouble
from logproc.model import Failure, Folded, Partial, Parts, Piece, Task
from logproc.report.json import render

MIB = 1 << 20
WORKERS = 2


def tasks_of(count):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


@pytest.fixture(autouse=True)
def deadline():
    """End a test that waits for what never comes, and let it clean up."""

    def end(_number, _frame):
        pytest.fail(f"nothing came in {2 * PATIENCE} s: what is late, or lost, was not done elsewhere")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def lonely():
    with scheduler() as chief:
        yield chief


@pytest.fixture
def chief(lonely):
    """A scheduler that has no workers when a test begins."""
    with deserted(lonely):
        yield lonely


@pytest.fixture
def backend(cluster, capfd):
    def run(process, job, tasks, **changes):
        return dask.run(process, job, tasks, WORKERS, cluster=replace(cluster, **changes))

    yield run
    assert capfd.readouterr() == ("", "")
    assert_nothing_runs()


def assert_nothing_runs():
    assert multiprocessing.active_children() == []
    for thread in threading.enumerate():
        if thread.name.startswith(("logproc-", "IO loop")):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def by_task(outcomes):
    found = list(outcomes)
    assert len({outcome.task for outcome in found}) == len(found)
    return {outcome.task: outcome for outcome in found}


# ---- what is left -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [None, merge])
def test_what_was_taken_is_not_held_any_more(backend, monkeypatch, fold):
    """Neither here nor, by that, on the cluster."""
    monkeypatch.setattr("logproc.backends.folding.FOLD_ABOVE", 2)
    clients, connected = [], dask.connected

    @contextmanager
    def watched(*how):
        with connected(*how) as client:
            clients.append(client)
            yield client

    monkeypatch.setattr(dask, "connected", watched)
    futures, track = [], dask.InFlight.track
    # Held by the test too, so that releasing is not left to the garbage collector.
    monkeypatch.setattr(dask.InFlight, "track", lambda *how: (futures.append(how[-1]), track(*how)))
    with closing(backend(work, Errand(), tasks_of(3 * FOLD), fold=fold)) as outcomes:
        for _ in range(3 * FOLD if fold is None else 3):
            next(outcomes)
        upto = time.monotonic() + 10
        while clients[0].futures and time.monotonic() < upto:  # it lets go in its own thread
            threading.Event().wait(0.01)
        assert futures
        assert not clients[0].futures


def test_the_levels_of_loggers_are_as_they_were(backend):
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado")]
    before = [logger.level for logger in loggers]
    list(backend(work, Errand(), tasks_of(2)))
    assert [logger.level for logger in loggers] == before


# ---- workers that die --------------------------------------------------------------------------------------


def test_a_range_that_kills_is_cut_until_little_is_lost(backend, tmp_path):
    plain = Task(1, (Piece(7, "/logs/large", 0, 4 * MIB, 0, codec="plain"),), 4 * MIB)
    tasks = [tasks_of(1)[0], plain]
    parts = by_task(backend(trap, Errand(str(tmp_path), bad=(3 * MIB + 5,)), tasks))[1]
    assert isinstance(parts, Parts)
    ranges = [(part.pieces[0].start // MIB, part.pieces[0].end // MIB) for part, _ in parts.outcomes]
    assert ranges == [(0, 2), (2, 3), (3, 4)]
    assert [type(outcome) for _, outcome in parts.outcomes] == [Partial, Partial, Failure]
    assert parts.outcomes[2][1].cause.startswith("it killed tcp")


# ---- workers that hang -------------------------------------------------------------------------------------


@contextmanager
def resumed(folder):
    """Let workers that stopped go on at the end."""
    try:
        yield
    finally:
        for path in folder.glob("*.pid"):
            os.kill(int(path.read_text()), signal.SIGCONT)


def test_what_hangs_on_a_stopped_worker_is_done_by_another_and_counts_once(backend, tmp_path):
    tasks, said = tasks_of(12), []
    with resumed(tmp_path):
        job = Errand(str(tmp_path), bad=(3,))
        outcomes = by_task(backend(halt_once, job, tasks, straggler_seconds=1, say=said.append))
    assert any(
        re.match(rf"worker tcp://\S+ has had task {re.escape(str(tasks[3]))} for \d+ s, ", line) for line in said
    )
    assert outcomes == {task.number: answer(task) for task in tasks}
    assert len(list(tmp_path.iterdir())) == 1


def test_what_others_have_is_not_held_up_by_a_worker_that_stopped_with_results(backend, tmp_path):
    came = []

    def joined(count):
        came.append(count)
        if len(came) == WORKERS:
            (tmp_path / "all").touch()

    tasks = tasks_of(1 + dask.AHEAD * WORKERS)
    outcomes = backend(halt_when_told, Errand(str(tmp_path)), tasks, straggler_seconds=1, joined=joined)
    with resumed(tmp_path), closing(outcomes):
        first = next(outcomes)  # from now on nothing is fetched until the next is asked for
        (tmp_path / "go").touch()
        wait_until(lambda: len(list(tmp_path.glob("*.done"))) >= dask.AHEAD * WORKERS)
        assert len({path.stem.partition(" by ")[2] for path in tmp_path.glob("[1-9]*.done")}) == WORKERS
        (tmp_path / "halt").touch()
        halted = Path(f"/proc/{(tmp_path / 'first.pid').read_text()}/stat")
        wait_until(lambda: halted.read_text().rpartition(")")[2].split()[0] == "T")
        assert by_task([first, *outcomes]) == {task.number: answer(task) for task in tasks}


def test_what_a_stopped_worker_was_to_merge_or_has_is_done_again(backend, tmp_path, monkeypatch):
    monkeypatch.setattr("logproc.backends.folding.FOLD_ABOVE", 2)
    job = Errand(str(tmp_path), bad=(2 * FOLD - 1,))
    with resumed(tmp_path):
        outcomes = by_task(backend(halt_once, job, tasks_of(2 * FOLD), fold=merge, straggler_seconds=1))
    for first in (0, FOLD):
        shown = [f"task {n}: {100 * n}" for n in range(first, first + FOLD)]
        assert outcomes.pop(first).tables == ("|".join(shown).encode(),)
    assert outcomes == {}


# ---- merging on the workers --------------------------------------------------------------------------------


def test_a_large_run_is_merged_on_the_workers_in_plan_order(backend, tmp_path):
    count = FOLD_ABOVE + 5
    tasks = tasks_of(count)
    job = Errand(str(tmp_path), bad=(18,))
    outcomes = by_task(backend(die, job, tasks, fold=merge))
    assert sorted(outcomes) == list(range(0, count, FOLD))
    for first, folded in outcomes.items():
        numbers = range(first, min(first + FOLD, count))
        assert isinstance(folded, Folded)
        assert [outcome.task for outcome in folded.outcomes] == list(numbers)
        shown = ["lost 18" if n == 18 else f"task {n}: {100 * n}" for n in numbers]
        assert folded.tables == ("|".join(shown).encode(),)
    assert isinstance(outcomes[16].outcomes[2], Failure)


def test_a_small_run_is_not_merged_on_the_workers(backend):
    assert all(isinstance(outcome, Partial) for outcome in backend(work, Errand(), tasks_of(20), fold=merge))


def test_what_cannot_be_merged_there_comes_back_as_it_is(backend, monkeypatch):
    monkeypatch.setattr("logproc.backends.folding.FOLD_ABOVE", 20)
    tasks = tasks_of(22)
    outcomes = by_task(backend(work, Errand(), tasks, fold=no_merge))
    assert outcomes == {task.number: answer(task) for task in tasks}


# ---- files that tasks leave --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spooling:
    spool: str | None
    bad: tuple[int, ...] = ()


@pytest.mark.parametrize("fold", [None, merge])
def test_files_that_tasks_leave_are_there_before_their_outcome(backend, tmp_path, fold, monkeypatch):
    monkeypatch.setattr("logproc.backends.folding.FOLD_ABOVE", 2)
    for outcome in backend(leave_a_file, Spooling(str(tmp_path)), tasks_of(20), fold=fold):
        for done in outcome.outcomes if isinstance(outcome, Folded) else (outcome,):
            assert (tmp_path / f"{done.task}.jsonl").read_text() == f"line of {done.task} from 0\n" * 3
    assert len(list(tmp_path.iterdir())) == 20


def test_files_that_cannot_be_written_here_end_the_run_with_their_folder(backend, tmp_path):
    with pytest.raises(OutputError, match=r"missing/.*: cannot be written: No such file"):
        list(backend(leave_a_file, Spooling(str(tmp_path / "missing")), tasks_of(3)))


# ---- disks that are not whole ------------------------------------------------------------------------------


@pytest.fixture
def disks(tmp_path, monkeypatch):
    """Two folders with the same files, the first of which is this process's; logs are named by way of the process."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        for n in range(13):
            (folder / f"log{n}").write_text(f"line {n}\n")
            os.utime(folder / f"log{n}", (0, 0))
    monkeypatch.chdir(here)
    return here, there


def pairs(count=12):
    """Return tasks with a file each, and one that all have in common, which is the one that is probed."""
    common = Piece(count, f"/proc/self/cwd/log{count}", 0, -1, 0)
    return [Task(n, (Piece(n, f"/proc/self/cwd/log{n}", 0, -1, 0), common), 10) for n in range(count)]


def problems(outcomes):
    return {
        (outcome.task, result.file): result.problem
        for outcome in outcomes
        for result in outcome.files
        if result.problem is not None
    }


@pytest.mark.parametrize("fold", [None, merge])
def test_what_a_worker_lacks_is_read_by_others_and_it_is_named(chief, tmp_path, disks, fold, monkeypatch):
    monkeypatch.setattr("logproc.backends.folding.FOLD_ABOVE", 2)
    # A group is given away at once: few tasks go to whoever is greeted first, and the other gets some too.
    monkeypatch.setattr("logproc.backends.folding.FOLD", 2)
    here, there = disks
    for n in range(12):
        (there / f"log{n}").unlink()
    said = []
    job = Errand(str(tmp_path))
    with workers(chief.address, tmp_path, cwd=there), workers(chief.address, tmp_path, cwd=here):
        cluster = Cluster(chief.address, say=said.append, fold=fold)
        outcomes = list(dask.run(inspect_in_turn, job, pairs(), 1, cluster=cluster))
    done = [one for outcome in outcomes for one in (outcome.outcomes if fold else [outcome])]
    assert sorted(outcome.task for outcome in done) == list(range(12))
    assert problems(done) == {}
    slow = ("no usable worker", "is used again")  # what is said beside it on a slow machine
    about = [text for text in said if not any(words in text for words in slow)]
    assert about
    for text in about:
        assert text.startswith("worker tcp://127.0.0.1:")
        assert re.search(r"/proc/self/cwd/log\d+ cannot be read: No such file or directory$", text)


def test_a_worker_whose_disk_goes_is_not_used_any_more(chief, tmp_path, disks):
    here, there = disks
    said = []
    job = Errand(str(tmp_path))
    with workers(chief.address, tmp_path, cwd=there), workers(chief.address, tmp_path, cwd=here):
        cluster = Cluster(chief.address, say=said.append)
        outcomes = list(dask.run(inspect_while_one_disk_goes, job, pairs(), 1, cluster=cluster))
    assert sorted(outcome.task for outcome in outcomes) == list(range(12))
    assert problems(outcomes) == {}
    assert {outcome.tables for outcome in outcomes} == {(str(here).encode(),)}
    refused = [text for text in said if "is not used" in text]
    assert len(refused) == 1
    assert refused[0].endswith("is not used: /proc/self/cwd/log12 cannot be read: No such file or directory")


def test_the_run_waits_for_others_when_the_last_disk_goes_and_says_why(chief, tmp_path, disks):
    _, there = disks
    said = []

    def say(text):
        said.append(text)
        if "no usable worker" in text and "is not used" in "".join(said):
            lose_patience(cluster)

    cluster = Cluster(chief.address, say=say)
    with workers(chief.address, tmp_path, cwd=there):
        outcomes = dask.run(inspect_while_one_disk_goes, Errand(str(tmp_path)), pairs(), 1, cluster=cluster)
        with pytest.raises(TryLaterError, match=r"log12 cannot be read: No such file.*; mount the same disk"):
            list(outcomes)
    assert said[-1] == "no usable worker; the run waits 60 s"


def test_a_file_that_is_gone_everywhere_is_reported_as_serial_does(chief, tmp_path, disks):
    here, there = disks
    for n in (1, 2):
        (here / f"log{n}").unlink()
        (there / f"log{n}").unlink()
    tasks = [Task(0, tuple(Piece(n, f"/proc/self/cwd/log{n}", 0, -1, 0) for n in range(4)), 10), *pairs()[4:]]
    with workers(chief.address, tmp_path, cwd=there), workers(chief.address, tmp_path, cwd=here):
        outcomes = list(dask.run(inspect, None, tasks, 1, cluster=Cluster(chief.address)))
    assert len(outcomes) == 9
    assert problems(outcomes) == {(0, 1): "No such file or directory", (0, 2): "No such file or directory"}


def test_a_file_that_only_the_coordinator_has_is_lost_with_the_reason(chief, tmp_path, disks):
    _, there = disks
    (there / "log3").unlink()
    with workers(chief.address, tmp_path, cwd=there):
        outcomes = by_task(dask.run(inspect, None, pairs(), 1, cluster=Cluster(chief.address)))
    lost = outcomes.pop(3)
    assert isinstance(lost, Failure)
    assert re.fullmatch(
        r"/proc/self/cwd/log3 cannot be read: No such file or directory \(worker tcp://127\.0\.0\.1:\d+ on .+\)",
        lost.cause,
    )
    assert problems(outcomes.values()) == {}


def test_a_machine_without_disk_or_memory_leaves_tasks_to_others_first(chief, tmp_path, disks):
    here, there = disks
    said = []
    job = Errand(str(tmp_path), bad=(7,))
    with workers(chief.address, tmp_path, cwd=there), workers(chief.address, tmp_path, cwd=here):
        outcomes = by_task(dask.run(lack, job, pairs(), 1, cluster=Cluster(chief.address, say=said.append)))
    lost = outcomes.pop(7)
    assert isinstance(lost, Failure)
    assert re.fullmatch(r"(MemoryError: |OSError: .*) \(worker tcp://127\.0\.0\.1:\d+ on .+\)", lost.cause)
    assert {outcome.tables for outcome in outcomes.values()} == {(str(here).encode(),)}
    assert any("gave a task back, which others get first: OSError: [Errno 28] No space left" in text for text in said)


def test_a_task_that_killed_a_worker_and_then_lacks_memory_is_lost_once(backend, tmp_path):
    outcomes = by_task(backend(die_and_lack, Errand(str(tmp_path), bad=(3,)), tasks_of(6)))
    assert outcomes.pop(3).cause.startswith("MemoryError:  (worker tcp://127.0.0.1:")
    assert outcomes == {task.number: answer(task) for task in tasks_of(6) if task.number != 3}


def test_relative_paths_mean_the_folder_of_the_run(chief, tmp_path, disks):
    _, there = disks
    for path in there.iterdir():
        path.unlink()
    said = []
    tasks = [Task(n, (Piece(n, f"log{n}", 0, -1, 0), Piece(9, "./log9", 0, -1, 0)), 10) for n in range(3)]
    with workers(chief.address, tmp_path, cwd=there):
        outcomes = by_task(dask.run(inspect, None, tasks, 1, cluster=Cluster(chief.address, say=said.append)))
    assert [text for text in said if text.startswith("worker")] == []
    assert problems(outcomes.values()) == {}
    assert outcomes.keys() == {0, 1, 2}


def test_workers_keep_nothing_of_a_run_that_is_over(chief, tmp_path):
    from distributed import Client

    with workers(chief.address, tmp_path):
        assert len(list(dask.run(work, Errand(), tasks_of(3), 1, cluster=Cluster(chief.address)))) == 3
        with closing(dask.run(work, Errand(), tasks_of(30), 1, cluster=Cluster(chief.address))) as outcomes:
            next(outcomes)
        with Client(chief.address, set_as_default=False) as client:
            assert list(client.run(known).values()) == [[]]


def known():
    from logproc.backends import dask_worker

    return list(dask_worker._known)


# ---- the whole run -----------------------------------------------------------------------------------------


def write_logs(folder, files):
    """Write logs of ten lines each, one of which is rejected."""
    folder.mkdir()
    for n in range(files):
        lines = [f'10.0.{n % 3}.{k} - - [01/Feb/2026:10:{k:02}:00 +0000] "GET /{k} HTTP/1.1" 200 {n}' for k in range(9)]
        (folder / f"log.{n:03}").write_text("\n".join([*lines, f"rubbish {n}"]) + "\n")


def lines_of(report):
    return [line for line in report.split(b"\n") if not line.startswith(b' "run":')]


def test_report_and_rejects_of_a_run_that_is_merged_there_are_serial_ones(cluster, tmp_path, monkeypatch):
    files = FOLD_ABOVE + 14
    monkeypatch.setattr(planner, "PACK_FILES", 1)  # a task a file
    write_logs(tmp_path / "logs", files)
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere
    sql = "SELECT client, count(*) AS n, sum(bytes), approx_count_distinct(path) FROM web GROUP BY client ORDER BY n"
    shown = {}
    for backend in ("serial", "dask"):
        rejects = tmp_path / backend
        config = Config(
            paths=("logs",), use=(), named_reports=(NamedReport("clients", sql),), backend=backend, workers=2,
            output=Output(rejects=str(rejects)), network=Network(scheduler=cluster.scheduler),
        )  # fmt: skip
        shown[backend] = lines_of(render(coordinator.run(config))), rejects.read_bytes()
    assert shown["dask"] == shown["serial"]
    assert shown["dask"][1].count(b"\n") == files
    assert any(b'"exemplars"' in line for line in shown["dask"][0])


COMMAND = "from logproc import planner; planner.PACK_FILES = 1; from logproc.__main__ import main; main()"


def test_a_cable_that_is_pulled_changes_nothing(tmp_path):
    """Scheduler and workers on hosts of their own, one disk; one worker is cut off in the middle of its first task."""
    write_logs(tmp_path / "logs", 12)

    def report(name, prefix, *where):
        out = ["--json", str(tmp_path / name), "--rejects", str(tmp_path / f"{name}-rejects")]
        command = [*prefix, sys.executable, "-c", COMMAND, "run", str(tmp_path / "logs"), "-q", *out, *where]
        return subprocess.Popen(command, cwd=REPO, stderr=subprocess.PIPE, text=True)

    def finished(name, run):
        said = run.communicate(timeout=PATIENCE)[1]
        return (
            run.returncode,
            said,
            lines_of((tmp_path / name).read_bytes()),
            (tmp_path / f"{name}-rejects").read_bytes(),
        )

    gate = ("--preload", "backends.dask_preload")
    expected = finished("serial", report("serial", (), "--backend", "serial"))
    with (
        joined("head", "left", "lost") as (head, left, lost),
        # Seconds after which Dask gives a worker up that it does not hear any more.
        scheduler(host=head, scheduler__worker_ttl="5 s") as chief,
        workers(chief.address, tmp_path, *gate, "--name", "left", host=left, gate=tmp_path),
        workers(chief.address, tmp_path, *gate, "--name", "lost", host=lost, gate=tmp_path),
    ):
        where = ["--backend", "dask", "--scheduler", chief.address, "--insecure"]
        run = report("dask", head.prefix, *where)
        try:
            wait_for(tmp_path / "begun", run)
            lost.pull()
            assert finished("dask", run) == expected
        finally:
            run.kill()
            run.communicate()


def wait_until(holds):
    upto = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < upto
        threading.Event().wait(0.01)


def wait_for(path, run):
    upto = time.monotonic() + PATIENCE
    while not path.exists():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < upto
        threading.Event().wait(0.01)


# ---- who may work ------------------------------------------------------------------------------------------


def test_a_worker_that_joins_late_is_given_tasks(chief, tmp_path):
    with workers(chief.address, tmp_path / "one"):
        outcomes = dask.run(meet, Errand(str(tmp_path)), tasks_of(4), 1, cluster=Cluster(chief.address))
        late = threading.Thread(target=lambda: done.extend(outcomes))
        done = []
        late.start()
        with workers(chief.address, tmp_path / "two"):
            late.join(2 * PATIENCE)
    assert {outcome.tables for outcome in done} == {(b"2",)}


def test_a_worker_with_another_disk_is_named_and_not_used(chief, tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "log").write_text(f"a line from {folder.name}\n")
        os.utime(folder / "log", (0, 0))
    monkeypatch.chdir(here)
    tasks = [Task(n, (Piece(0, "/proc/self/cwd/log", 0, -1, 0),), 10) for n in range(12)]
    said = []
    with workers(chief.address, tmp_path, cwd=there), workers(chief.address, tmp_path, cwd=here):
        outcomes = list(dask.run(where, None, tasks, 1, cluster=Cluster(chief.address, say=said.append)))
    assert {outcome.tables for outcome in outcomes} == {(str(here).encode(),)}
    about = [text for text in said if "no usable worker" not in text]  # on a slow machine, in the beginning
    assert len(about) == 1
    assert about[0].startswith("worker tcp://127.0.0.1:")
    assert about[0].endswith("is not used: /proc/self/cwd/log begins with other bytes")
    assert isinstance(about[0], Trouble)  # a quiet run says it, too


def where(_job, task):
    return Partial(task.number, (), (str(Path.cwd()).encode(),))


def test_without_a_worker_on_the_same_disk_it_says_what_is_wrong(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").write_text("only here\n")
    tasks = [Task(0, (Piece(0, "/proc/self/cwd/log", 0, -1, 0),), 10)]
    waiting = replace(cluster, say=lambda _text: lose_patience(waiting))
    outcomes = dask.run(where, None, tasks, 1, cluster=waiting)
    with pytest.raises(TryLaterError, match=r"log cannot be read: No such file.*mount the same disk"):
        next(outcomes)


def lose_patience(cluster):
    """Let a run end when what it waited for is clear, however slow the machine."""
    object.__setattr__(cluster, "wait_workers", 0.1)


def test_workers_of_other_versions_are_refused(backend, monkeypatch):
    real = dask.versions()
    monkeypatch.setattr(dask, "versions", lambda: {**real, "numpy": "99.9"})
    with pytest.raises(UsageError, match=r"it has numpy .* instead of 99\.9.*install the same versions"):
        next(backend(work, Errand(), tasks_of(1)))


@pytest.mark.parametrize("name", ["python", "distributed", "logproc"])
def test_a_scheduler_of_another_version_is_refused(backend, monkeypatch, name):
    real = dask.versions()
    monkeypatch.setattr(dask, "versions", lambda: {**real, name: "99.9"})
    with pytest.raises(UsageError, match=rf"the scheduler has {name} .* instead of 99\.9; install the same versions"):
        next(backend(work, Errand(), tasks_of(1)))


@pytest.fixture
def without_logproc(tmp_path):
    """Where logproc cannot be imported."""
    (tmp_path / "bare" / "logproc").mkdir(parents=True)
    (tmp_path / "bare" / "logproc" / "__init__.py").write_text("raise ImportError('not here')\n")
    return {"path": (tmp_path / "bare",), "cwd": tmp_path / "bare"}


def test_a_scheduler_without_logproc_is_refused(without_logproc):
    with scheduler(**without_logproc) as chief:
        outcomes = dask.run(work, Errand(), tasks_of(1), 1, cluster=Cluster(chief.address))
        with pytest.raises(UsageError, match=r"the scheduler cannot load logproc \(not here\); install the same"):
            next(outcomes)


def test_workers_without_logproc_are_refused(chief, tmp_path, without_logproc):
    with workers(chief.address, tmp_path, **without_logproc):
        outcomes = dask.run(work, Errand(), tasks_of(1), 1, cluster=Cluster(chief.address))
        with pytest.raises(UsageError, match=r"it cannot load logproc.*not here.*install the same versions"):
            next(outcomes)


# ---- what is not there -------------------------------------------------------------------------------------


def test_without_workers_it_is_tried_later(chief):
    outcomes = dask.run(work, Errand(), tasks_of(1), 1, cluster=Cluster(chief.address, wait_workers=0.2))
    with pytest.raises(TryLaterError, match=r"no worker joined within 0\.2 s"):
        next(outcomes)


def test_without_a_scheduler_it_is_tried_later(monkeypatch, capfd):
    monkeypatch.setattr("logproc.backends.dask_connect.CONNECT_SECONDS", 0.3)
    outcomes = dask.run(work, Errand(), tasks_of(1), 1, cluster=Cluster("tcp://127.0.0.1:9"))
    with pytest.raises(TryLaterError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers \(.*\); is it running"):
        next(outcomes)
    assert capfd.readouterr() == ("", "")
    assert_nothing_runs()


def test_a_scheduler_that_is_lost_ends_the_run_with_one_sentence(tmp_path, capfd):
    with scheduler() as chief, workers(chief.address, tmp_path):
        outcomes = dask.run(lose, Errand(str(tmp_path)), tasks_of(9), 1, cluster=Cluster(chief.address))
        next(outcomes)
        chief.kill()
        with pytest.raises(TryLaterError, match="the scheduler was lost"):
            list(outcomes)
    assert capfd.readouterr() == ("", "")
    assert_nothing_runs()


def lose(job, task):
    return stay(job, task) if task.number else answer(task)


def test_workers_that_are_all_gone_end_the_run(chief, tmp_path):
    cluster = Cluster(chief.address)
    with workers(chief.address, tmp_path) as members:
        outcomes = dask.run(lose, Errand(str(tmp_path)), tasks_of(9), 1, cluster=cluster)
        next(outcomes)
        members.kill()
    lose_patience(cluster)
    with pytest.raises(TryLaterError, match=r"no worker is left and none came back within 0\.1 s"):
        list(outcomes)


# ---- encryption --------------------------------------------------------------------------------------------


def test_certificates_are_used(tmp_path):
    from distributed import Security

    security = Security.temporary()
    for name, text in {"ca": security.tls_ca_file, "key": security.tls_client_key}.items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in ("ca", "ca", "key")]
    options = ["--tls-ca-file", files[0], "--tls-cert", files[1], "--tls-key", files[2]]
    with scheduler("--protocol", "tls", *options) as chief, workers(chief.address, tmp_path, *options):
        assert chief.address.startswith("tls://")
        cluster = Cluster(chief.address, dask.Tls(*files))
        assert len(list(dask.run(work, Errand(), tasks_of(3), 1, cluster=cluster))) == 3
        with pytest.raises(UsageError, match="certificates are needed: --tls-ca, --tls-cert and --tls-key"):
            next(dask.run(work, Errand(), tasks_of(3), 1, cluster=replace(cluster, tls=None)))


def test_the_commands_of_the_documentation_start_a_cluster_with_certificates(tmp_path):
    """As they stand in clusters.md, but for the host, the folder of the logs and how many workers there are."""
    text = (REPO / "docs" / "clusters.md").read_text(encoding="utf-8")
    text = text[text.index("### Certificates") : text.index("## Slurm")]
    make, protect, chief, hand, count = re.findall(r"^ {4}([^# ].*)$", text, re.MULTILINE)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "log").write_text('10.0.0.1 - - [01/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 7\n' * 100)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in (make, protect):
        subprocess.run(shlex.split(command), cwd=tmp_path, check=True, capture_output=True)

    def start(host, command, *more):
        spoken = command.replace("//head:", f"//{head.address}:").replace("--nworkers 8", "--nworkers 1")
        words = shlex.split(spoken.replace("/mnt/logs", str(tmp_path / "logs")))
        return subprocess.Popen(
            [*host.prefix, *words, *more],
            cwd=tmp_path, env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    with joined("head", "hand") as (head, other), ExitStack() as ends:
        for host, command in ((head, chief), (other, hand)):
            ends.callback(end_group, start(host, command))
        run = start(head, count, "-q", "--json", "report")
        ends.callback(end_group, run)
        said = run.communicate(timeout=PATIENCE)[1]
        assert (run.returncode, said) == (0, "")
    config = Config(paths=(str(tmp_path / "logs"),), backend="serial")
    assert lines_of((tmp_path / "report").read_bytes()) == lines_of(render(coordinator.run(config)))


def end_group(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    """Two authorities that know nothing of each other: certificate and key of each."""
    from distributed import Security

    found = []
    for name in ("ours", "theirs"):
        folder, security = tmp_path_factory.mktemp(name), Security.temporary()
        (folder / "cert").write_text(security.tls_ca_file)
        (folder / "key").write_text(security.tls_client_key)
        found.append((str(folder / "cert"), str(folder / "key")))
    return found


@pytest.fixture(scope="module")
def encrypted(authorities):
    _, (cert, key) = authorities
    options = ("--protocol", "tls", "--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key)
    with scheduler(*options) as chief:
        yield chief.address


def refused(cluster):
    with pytest.raises(UsageError) as caught:
        next(dask.run(work, Errand(), tasks_of(1), 1, cluster=cluster))
    return str(caught.value)


def test_plain_words_for_a_scheduler_that_speaks_tls(encrypted, capfd):
    plain = encrypted.replace("tls://", "tcp://")
    text = f"{plain}: what listens there speaks TLS; write {encrypted} with --tls-ca, --tls-cert and --tls-key"
    assert refused(Cluster(plain, wait_workers=1)) == text
    assert capfd.readouterr() == ("", "")


def test_plain_words_for_a_scheduler_that_does_not_speak_tls(chief, authorities, capfd):
    (cert, key), _ = authorities
    where = chief.address.replace("tcp://", "tls://")
    text = refused(Cluster(where, dask.Tls(cert, cert, key), wait_workers=1))
    assert text.startswith(f"{where}: what listens there does not speak TLS; is it the port of the scheduler")
    assert text.endswith(f"write {chief.address}")
    assert capfd.readouterr() == ("", "")


def test_a_scheduler_that_another_authority_signed_is_refused(encrypted, authorities, capfd):
    (cert, key), _ = authorities
    text = refused(Cluster(encrypted, dask.Tls(cert, cert, key), wait_workers=1))
    assert text.startswith(f"{encrypted}: the scheduler's certificate is not accepted: ")
    assert text.endswith("; --tls-ca is to name the authority that signed it")
    assert capfd.readouterr() == ("", "")


def test_a_certificate_that_the_scheduler_refuses_is_our_mistake(encrypted, authorities, capfd):
    (cert, key), (ca, _) = authorities
    text = refused(Cluster(encrypted, dask.Tls(ca, cert, key), wait_workers=1))
    assert text.startswith(f"{encrypted}: the scheduler does not accept our certificate (")
    assert capfd.readouterr() == ("", "")


# ---- a cluster of our own ----------------------------------------------------------------------------------


def test_our_own_cluster_listens_on_loopback_only_and_leaves_nothing_behind(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    me = psutil.Process()
    others = set(me.children(recursive=True))
    before = {c.laddr for c in me.net_connections()}
    with closing(dask.run(work, Errand(), tasks_of(5), 1, cluster=Cluster("local:2"))) as outcomes:
        first = next(outcomes)
        ours = set(me.children(recursive=True)) - others
        listening = {c.laddr for p in (me, *ours) for c in p.net_connections() if c.status == "LISTEN"} - before
        rest = list(outcomes)
    assert len(ours) >= 2
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {o.task for o in (first, *rest)} == set(range(5))
    assert capfd.readouterr() == ("", "")
    assert_nothing_runs()
    assert list(tmp_path.iterdir()) == []


def test_our_own_cluster_survives_the_death_of_a_worker(tmp_path, capfd):
    outcomes = by_task(dask.run(die_once, Errand(str(tmp_path), bad=(1,)), tasks_of(4), 1, cluster=Cluster("local")))
    assert outcomes == {task.number: answer(task) for task in tasks_of(4)}
    assert capfd.readouterr() == ("", "")
