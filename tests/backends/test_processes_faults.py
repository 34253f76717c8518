"""Real processes that are killed, stopped, orphaned and starved: nothing is lost, nothing is left running."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from backends.ranges import joined, leaves
from backends.workers import (
    Errand,
    abort,
    answer,
    fill,
    large,
    map_too_little,
    read_but_die_of,
    starve,
    starve_above,
    stop_once,
    work,
)
from waiting import PATIENCE, until

from logproc import coordinator, planner
from logproc.backends import children, processes
from logproc.backends.broker import Broker
from logproc.backends.children import Children, Died, Done
from logproc.config import Config, NamedReport
from logproc.errors import MachineError, UsageError
from logproc.model import Failure, Partial, Parts, Piece, Task
from logproc.report.json import render

MIB = 1 << 20

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, prctl and an enforced RLIMIT_DATA")


def tasks_of(count, size=100):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), size) for n in range(count)]


def alive(pid):
    """Tell whether a process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert multiprocessing.active_children() == []


# ---- real logs ---------------------------------------------------------------------------------------------

REPORTS = (
    NamedReport("status", "SELECT status, count(*) AS n, sum(bytes) AS b, min(time) FROM web GROUP BY status"),
    NamedReport("clients", "SELECT approx_count_distinct(client), approx_quantile(bytes, 0.9) FROM web"),
    NamedReport("paths", "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 7"),
)


def lines(rng, count):
    for n in range(count):
        clock = f"01/Feb/2026:{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} +0000"
        yield (
            f'10.0.{rng.randrange(9)}.{rng.randrange(99)} - - [{clock}] "GET /{rng.randrange(40)} HTTP/1.1" '
            f'{rng.choice([200, 404, 500])} {rng.randrange(10**6)} "-" "{"agent " * rng.randrange(20)}"\n'
        )
        if rng.random() < 0.001:
            yield "rubbish\n"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("logs"), random.Random(3)
    (root / "access.log").write_text("".join(lines(rng, 60_000)))
    for n in range(30):
        (root / f"small.{n}").write_text("".join(lines(rng, 50 * n)))
    return root


@pytest.fixture
def small_tasks(monkeypatch):
    monkeypatch.setattr(planner, "PACK_BYTES", 300_000)
    monkeypatch.setattr(planner, "PACK_FILES", 4)
    monkeypatch.setattr(planner, "RANGE_BYTES", 400_000)


def shown(root, **options):
    """Run, and return the report's bytes without what differs between two runs."""
    report = coordinator.run(Config(paths=(str(root),), use=(), named_reports=REPORTS, **options))
    assert report.lines.read > 60_000
    text = render(report).split(b"\n")
    kept = [line for line in text if not line.startswith(b' "run":')]
    assert len(kept) == len(text) - 1
    return b"\n".join(kept)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("small_tasks")
def test_children_killed_at_random_moments_change_nothing(logs, monkeypatch, seed):
    reference = shown(logs, backend="serial")
    rng, kills = random.Random(seed), []

    class Hunted(Children):
        def wait(self, timeout):
            for key, child in list(self._busy.items()):
                first = int(key.split(":")[3]) <= 2  # the third time would lose files that cannot be cut
                if first and rng.random() < 0.4:
                    end = time.monotonic() + rng.random() * 0.004
                    while time.monotonic() < end:  # as far as it gets
                        pass
                    child.process.kill()
                    child.process.join()  # or the next task might be given to the dying, and that be its third death
                    kills.append(key)
            return super().wait(timeout)

    monkeypatch.setattr(processes, "Children", Hunted)
    assert shown(logs, backend="processes", workers=2) == reference
    assert len(kills) > 5


def test_a_range_that_is_too_much_for_its_workers_is_done_in_parts(logs, monkeypatch):
    monkeypatch.setattr(planner, "PACK_BYTES", 4 * MIB)
    whole = shown(logs, backend="serial")
    outcomes, run = [], processes.run

    def watched(*args, **options):
        for outcome in run(*args, **options):
            outcomes.append(outcome)
            yield outcome

    monkeypatch.setattr(processes, "run", watched)
    monkeypatch.setattr(coordinator, "process", partial(read_but_die_of, 2 * MIB))
    assert shown(logs, backend="processes", workers=2) == whole
    parts = [outcome for outcome in outcomes if isinstance(outcome, Parts)]
    assert [len(outcome.outcomes) for outcome in parts] == [4]


@pytest.mark.usefixtures("small_tasks")
def test_a_ceiling_that_suffices_changes_nothing(logs, monkeypatch):
    reference = shown(logs, backend="serial")
    limits, run = [], processes.run
    monkeypatch.setattr(processes, "run", lambda *args, **more: limits.append(more["memory"]) or run(*args, **more))
    assert shown(logs, backend="processes", workers=2, memory=1 << 30) == reference
    assert limits == [1 << 30]


# ---- stopped -----------------------------------------------------------------------------------------------


@linux
def test_a_stopped_child_is_taken_for_dead_after_its_lease(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "TICK_SECONDS", 0.05)
    tasks, job = tasks_of(6), Errand(str(tmp_path), bad=(1, 4))
    outcomes = {o.task: o for o in processes.run(stop_once, job, tasks, 2, lease_seconds=0.3)}
    assert outcomes == {task.number: answer(task) for task in tasks}
    assert {path.name for path in tmp_path.iterdir()} == {"1", "4"}


@linux
def test_a_child_stopped_in_the_middle_of_its_answer_holds_nobody_up():
    with Children(large, Errand(), 1) as crew:
        (task,) = tasks_of(1)
        crew.submit("k", task)
        until(lambda: crew._selector.select(0))  # the first bytes are here, and the pipe cannot hold all
        (child,) = multiprocessing.active_children()
        os.kill(child.pid, signal.SIGSTOP)
        until(lambda: crew.beating == ())
        assert crew.running == ("k",)
        assert crew.wait(0.0) == []
        assert crew.wait(0.01) == []
        os.kill(child.pid, signal.SIGCONT)
        assert until(lambda: crew.wait(0.05)) == [Done("k", large(None, task))]
        assert (crew.running, crew.idle) == ((), 1)


# ---- children ----------------------------------------------------------------------------------------------


def test_a_child_that_dies_idle_is_replaced_and_costs_no_task():
    with Children(work, Errand(), 1) as crew:
        first, second = tasks_of(2)
        crew.submit("a", first)
        assert until(lambda: crew.wait(1.0)) == [Done("a", answer(first))]
        (child,) = multiprocessing.active_children()
        child.kill()
        child.join()
        crew.submit("b", second)
        events = until(lambda: crew.wait(1.0))
        if isinstance(events[0], Died):
            pytest.fail("an idle death is nobody's")
        assert events == [Done("b", answer(second))]


def test_a_task_larger_than_a_pipe_arrives():
    pieces = tuple(Piece(n, f"/logs/{n}/{'x' * 4000}", 0, -1, 0) for n in range(256))
    with Children(work, Errand(), 1) as crew:
        task = Task(5, pieces, 77)
        crew.submit("a", task)
        assert until(lambda: crew.wait(1.0)) == [Done("a", answer(task))]


def test_a_killed_task_is_heard_of_no_more(tmp_path):
    with Children(stop_once, Errand(str(tmp_path), bad=(0,)), 2) as crew:
        first, second = tasks_of(2)
        crew.submit("a", first)
        until(lambda: list(tmp_path.iterdir()))
        crew.kill("a")
        assert (crew.running, crew.idle) == ((), 2)
        crew.submit("b", second)
        assert until(lambda: crew.wait(1.0)) == [Done("b", answer(second))]


def test_waiting_ends_when_something_watched_is_readable():
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs, Children(work, Errand(), 1) as crew:
        crew.watch(ours)
        theirs.send("x")
        begun = time.monotonic()
        assert crew.wait(PATIENCE) == []
        assert time.monotonic() - begun < PATIENCE
        crew.unwatch(ours)
        assert crew.wait(0.0) == []


# ---- orphans -----------------------------------------------------------------------------------------------

COORDINATOR = """
import sys
from backends.workers import Errand, hold, spin
from logproc.backends import children, processes
from logproc.model import Piece, Task

if __name__ == "__main__":
    function, folder, children.START_METHOD = {"hold": hold, "spin": spin}[sys.argv[1]], sys.argv[2], sys.argv[3]
    tasks = [Task(n, (Piece(n, str(n), 0, -1, 0),), 1) for n in range(9)]
    list(processes.run(function, Errand(folder), tasks, 3))
"""


@linux
@pytest.mark.parametrize(("function", "method"), [("spin", "forkserver"), ("hold", "forkserver"), ("spin", "spawn")])
def test_children_end_with_a_coordinator_that_is_killed(tmp_path, function, method):
    script = tmp_path / "coordinator.py"
    script.write_text(COORDINATOR)
    folder = tmp_path / "pids"
    folder.mkdir()
    paths = [str(Path(__file__).parents[1]), str(Path(children.__file__).parents[2])]
    process = subprocess.Popen(
        [sys.executable, str(script), function, str(folder), method],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stderr=subprocess.DEVNULL,
    )
    pids = []
    try:
        until(lambda: len(list(folder.iterdir())) == 3 or process.poll() is not None)
        pids = [int(path.stem) for path in folder.iterdir()]
        assert [alive(pid) for pid in pids] == [True] * 3
        process.kill()
        process.wait()
        until(lambda: not any(alive(pid) for pid in pids))
    finally:
        process.kill()
        process.wait()
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)  # what this test is about must not happen to those who run it


@linux
def test_a_fork_server_that_is_killed_is_replaced(monkeypatch):
    from multiprocessing import forkserver

    server = []

    class Sabotaged(Children):
        def wait(self, timeout):
            if not server and self._busy:
                server.append(forkserver._forkserver._forkserver_pid)
                os.kill(server[0], signal.SIGKILL)
                until(lambda: not alive(server[0]))
            return super().wait(timeout)

    monkeypatch.setattr(processes, "Children", Sabotaged)
    tasks = tasks_of(20)
    outcomes = {o.task: o for o in processes.run(work, Errand(), tasks, 3)}
    assert outcomes == {task.number: answer(task) for task in tasks}
    assert server


@linux
def test_a_fork_server_that_is_killed_while_it_starts_a_child_is_replaced(monkeypatch):
    killed = sabotage(monkeypatch, 2)
    assert [o.task for o in processes.run(work, Errand(), tasks_of(1), 1)] == [0]
    assert len(set(killed)) == 2


@linux
def test_a_machine_that_kills_every_fork_server_is_said_to(monkeypatch):
    sabotage(monkeypatch, 100)
    with pytest.raises(MachineError, match=r"no worker process can be started: .* went away 3 times"):
        list(processes.run(work, Errand(), tasks_of(1), 1))


def sabotage(monkeypatch, times):
    """Kill the fork server so often between the question for a child and its answer; return whom."""
    from multiprocessing import forkserver

    ask, answered, killed = forkserver.connect_to_new_process, forkserver.read_signed, []

    def stop_and_ask(fds):
        if len(killed) < times:
            forkserver.ensure_running()
            os.kill(forkserver._forkserver._forkserver_pid, signal.SIGSTOP)
        return ask(fds)

    def kill_and_listen(fd):
        if len(killed) < times:
            killed.append(forkserver._forkserver._forkserver_pid)
            os.kill(killed[-1], signal.SIGKILL)
        return answered(fd)

    monkeypatch.setattr(forkserver, "connect_to_new_process", stop_and_ask)
    monkeypatch.setattr(forkserver, "read_signed", kill_and_listen)
    return killed


# ---- memory ------------------------------------------------------------------------------------------------


@linux
def test_a_task_that_wants_more_memory_than_there_is_fails_alone_and_says_so():
    tasks = tasks_of(4, size=100 * MIB)
    outcomes = {o.task: o for o in processes.run(fill, Errand(bad=(1,)), tasks, 2, memory=500 * MIB)}
    assert {n for n, o in outcomes.items() if isinstance(o, Failure)} == {1}
    assert "died 3 times" in outcomes[1].cause
    assert "out of memory: its limit is 500 MiB, see --memory" in outcomes[1].cause


@linux
@pytest.mark.parametrize(
    ("memory", "cause"),
    [
        (500 * MIB, "exit -6, SIGABRT: a library gave up, perhaps for want of memory: its limit is 500 MiB, see"),
        (None, "exit -6, SIGABRT)"),
    ],
)
def test_a_library_that_aborts_under_a_ceiling_is_said_to_lack_memory(memory, cause):
    outcomes = {o.task: o for o in processes.run(abort, Errand(bad=(1,)), tasks_of(3), 1, memory=memory)}
    assert {n for n, o in outcomes.items() if isinstance(o, Failure)} == {1}
    assert cause in outcomes[1].cause


@linux
def test_a_range_is_cut_until_it_fits_into_memory_and_people_are_told_once():
    task, said = Task(0, (Piece(0, "/logs/0", 5, 5 + 64 * MIB, 0, codec="plain"),), 64 * MIB), []
    (outcome,) = processes.run(fill, Errand(bad=(0,)), [task], 2, memory=1000 * MIB, say=said.append)
    (line,) = said
    assert line.startswith("task 0 (/logs/0 [5:67108869]) is too much for a process of 1000 MiB (--memory), and is ")
    parts = leaves(task, outcome)
    assert joined(part for part, _ in parts) == task.pieces
    assert all(isinstance(became, Partial) for _, became in parts)
    assert {part.bytes for part, _ in parts} == {32 * MIB}


def plain_tasks(count, size):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, size - n, 0, codec="plain"),), size - n) for n in range(count)]


@linux
@pytest.mark.parametrize("tasks", [tasks_of(100), plain_tasks(100, 128 * MIB)])
def test_a_ceiling_below_which_nothing_can_be_done_is_said_after_some_deaths(tmp_path, tasks):
    job = Errand(str(tmp_path), bad=tuple(range(100)))
    with pytest.raises(UsageError, match=r"20 MiB \(--memory\) is too little .* even for .* /logs/.* alone; "):
        list(processes.run(starve, job, tasks, 2, memory=20 * MIB))
    assert len((tmp_path / "starved").read_bytes()) <= 10  # the other process goes on meanwhile


@linux
def test_a_ceiling_that_suffices_for_the_smallest_task_loses_only_what_is_too_much(tmp_path):
    tasks = tasks_of(5)
    job = Errand(str(tmp_path), bad=(0, 1, 2, 3))
    outcomes = {o.task: o for o in processes.run(starve, job, tasks, 2, memory=500 * MIB)}
    assert {n for n, o in outcomes.items() if isinstance(o, Failure)} == {0, 1, 2, 3}
    assert outcomes[4] == answer(tasks[4])


class Scripted:
    """Stands for children of which the first two tasks and the trial run out of memory, the trial after a success."""

    idle = 3
    beating = running = frozenset()

    def __init__(self):
        self.given = {}
        self.events = []

    def submit(self, key, task):
        self.given[key] = task
        self.idle -= 1
        is_good = task.number == 2
        self.events.append(Done(key, answer(task)) if is_good else Died(key, "exit 12", starved=True, fresh=True))

    def wait(self, _seconds):
        self.idle += 1
        self.events.sort(key=lambda event: (event.key == processes.TRIAL, self.given[event.key].number))
        return [self.events.pop(0)]


def test_a_ceiling_below_which_a_task_was_done_is_not_too_little_for_any():
    sizes = (100, 1, 10)
    tasks = [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), size) for n, size in enumerate(sizes)]
    broker, children = Broker(tasks, run="processes", clock=lambda: 0.0), Scripted()
    found = {o.task: o for o in processes.Supervisor(broker, children, tasks, MIB).outcomes()}
    assert children.given[processes.TRIAL] == tasks[1]
    assert {n for n, outcome in found.items() if isinstance(outcome, Failure)} == {0, 1}


@linux
def test_a_lone_task_that_cannot_be_cut_is_lost_and_not_tried_again_for_the_ceiling(tmp_path):
    job = Errand(str(tmp_path), bad=(0,))
    said = []
    (outcome,) = processes.run(starve, job, tasks_of(1), 2, memory=500 * MIB, say=said.append)
    assert "died 3 times" in outcome.cause
    assert said == []
    assert (tmp_path / "starved").read_bytes() == b"xxx"


@linux
def test_a_range_that_has_no_memory_in_a_fresh_process_is_cut_at_once(tmp_path):
    task = Task(0, (Piece(0, "/logs/0", 0, 8 * MIB, 0, codec="plain"),), 8 * MIB)
    (outcome,) = processes.run(partial(starve_above, 2 * MIB), Errand(str(tmp_path)), [task], 1, memory=500 * MIB)
    assert [part.bytes for part, _ in leaves(task, outcome)] == [2 * MIB] * 4
    assert len((tmp_path / "starved").read_bytes()) <= 5  # 8, 4 and 4 MiB; once more where a process was not fresh


@linux
@pytest.mark.parametrize(("memory", "cause"), [(500 * MIB, "out of memory: its limit is"), (None, "ImportError: /lib")])
def test_a_library_that_cannot_be_loaded_below_a_ceiling_is_want_of_memory(memory, cause):
    outcomes = {o.task: o for o in processes.run(map_too_little, Errand(bad=(1,)), tasks_of(3), 1, memory=memory)}
    assert {n for n, o in outcomes.items() if isinstance(o, Failure)} == {1}
    assert cause in outcomes[1].cause


# ---- what cannot be loaded ---------------------------------------------------------------------------------

SCRIPT = """
import sys
from logproc.backends import children, processes
from logproc.errors import MachineError
from logproc.model import Partial, Piece, Task

def work(job, task):
    return Partial(task.number, (), ())

if __name__ == "__main__":
    children.START_METHOD = sys.argv[1]
    tasks = [Task(n, (Piece(n, str(n), 0, -1, 0),), 1) for n in range(9)]
    try:
        list(processes.run(work, None, tasks, 2))
    except MachineError as error:
        sys.exit(str(error))
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_function_of_the_script_that_runs_ends_the_run_and_is_named(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), method]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 1
    assert done.stderr.startswith("worker processes cannot load what they are to do: AttributeError: ")
    assert "'work'" in done.stderr
    assert done.stderr.endswith("must stand in a module that can be imported, and not in the script that runs\n")


def test_a_function_that_cannot_be_sent_is_refused_at_once():
    with pytest.raises(UsageError, match=r"cannot be sent .*lambda.* a module; --backend threads does without it"):
        list(processes.run(lambda _job, task: answer(task), Errand(), tasks_of(2), 2))


def test_a_temporary_folder_without_room_for_a_socket_is_named(tmp_path):
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    (tmp_path / "a.log").write_text("".join(lines(random.Random(1), 3)))
    command = [sys.executable, "-m", "logproc", "run", "a.log", "--backend", "processes", "--rejects", "bad.jsonl"]
    env = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is too long for the socket of worker processes (at most 85); set TMPDIR" in done.stderr
    assert not (tmp_path / "bad.jsonl").exists()
