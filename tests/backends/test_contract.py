"""One contract, every backend: all tasks come back once, errors are outcomes, and nothing is left running."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import threading
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from backends import queue_workers
from backends.workers import (
    Errand,
    announce,
    answer,
    die,
    die_once,
    exits,
    fail,
    large,
    leave,
    read_but_die_once,
    unfit,
    work,
)

from logproc import coordinator, network, planner
from logproc.backends import BACKENDS
from logproc.backends.broker import DEATHS
from logproc.backends.queue import WINDOW
from logproc.backends.threads import WAITING
from logproc.config import Config, NamedReport, Network, Output
from logproc.config_keys import BACKENDS as NAMES
from logproc.errors import MachineError
from logproc.model import Failure, Partial, Piece, Task
from logproc.report.json import render

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 2
AHEAD = {
    "serial": 0,
    "threads": (WAITING + 2) * WORKERS,
    "processes": (WAITING + 2) * WORKERS,
    "queue": WINDOW + 3 * WORKERS,
    "dask": 3 * WORKERS,
}
"""Tasks that may be begun and not yet taken."""

KILLED = {
    "processes": rf"its worker process died {DEATHS} times on .*\(exit -9, SIGKILL\)",
    "queue": rf"its worker process died {DEATHS} times on hand \(exit -9, SIGKILL\)",
    "dask": r"it killed tcp://127\.0\.0\.1:",
}
"""What is said of a task that kills whatever does it, by the backends that survive that."""

everywhere = pytest.mark.parametrize("backend", [name for name in NAMES if name != "auto"], indirect=True)
in_processes = pytest.mark.parametrize("backend", sorted(KILLED), indirect=True)


@dataclass
class Subject:
    """A backend with all that it takes beside it."""

    name: str
    run: Callable

    def __call__(self, process, job, tasks, workers=WORKERS):
        return self.run(process, job, tasks, workers)


@pytest.fixture
def backend(request):
    name = request.param
    if name == "queue":
        run = queue_workers.backend
    elif name == "dask":
        run = on(request.getfixturevalue("cluster"))
    else:
        run = BACKENDS[name]
    yield Subject(name, run)
    assert_nothing_runs()


def on(cluster, **changes):
    from logproc.backends import dask

    return partial(dask.run, cluster=replace(cluster, **changes))


def assert_nothing_runs():
    assert multiprocessing.active_children() == []
    for thread in threading.enumerate():
        if thread.name.startswith(("logproc-", "IO loop")):
            thread.join(60)
            assert not thread.is_alive()


def tasks_of(count):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


def by_task(outcomes):
    found = list(outcomes)
    assert len({outcome.task for outcome in found}) == len(found)
    return {outcome.task: outcome for outcome in found}


def right(tasks):
    return {task.number: answer(task) for task in tasks}


# ---- what comes back -------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_every_task_comes_back_once_with_what_it_returned(backend, count):
    tasks = tasks_of(count)
    assert by_task(backend(work, Errand(), tasks)) == right(tasks)


@everywhere
def test_a_task_that_raises_is_a_failure_and_the_rest_goes_on(backend):
    tasks = tasks_of(12)
    expected = right(tasks) | {n: Failure(n, f"ValueError: no such luck with {n}") for n in (0, 5, 11)}
    assert by_task(backend(fail, Errand(bad=(0, 5, 11)), tasks)) == expected


@everywhere
def test_outcomes_larger_than_a_pipe_come_through(backend):
    outcomes = by_task(backend(large, Errand(), tasks_of(6)))
    assert outcomes == {n: Partial(n, (), (bytes(300_000),)) for n in range(6)}


@everywhere
def test_two_runs_at_once_do_not_mix(backend):
    one, two = tasks_of(9), [replace(task, bytes=7) for task in tasks_of(9)]
    with closing(backend(work, Errand(), one)) as first, closing(backend(work, Errand(), two)) as second:
        pairs = list(zip(first, second, strict=True))
    assert by_task(outcome for outcome, _ in pairs) == right(one)
    assert by_task(outcome for _, outcome in pairs) == right(two)


@pytest.mark.parametrize("backend", [name for name in NAMES if name not in {"auto", "queue"}], indirect=True)
def test_a_machine_that_can_do_no_task_ends_the_run_loudly(backend):
    with pytest.raises(MachineError, match="there is no machine code for this"):
        list(backend(unfit, Errand(bad=(3, 4)), tasks_of(12)))


# ---- how much is begun, and how it ends ------------------------------------------------------------------------


@everywhere
def test_closing_the_iterator_ends_the_work(backend, tmp_path):
    outcomes = backend(announce, Errand(str(tmp_path)), tasks_of(2000))
    next(outcomes)
    outcomes.close()
    assert_nothing_runs()
    begun = len(list(tmp_path.iterdir()))
    assert 1 <= begun < 2000
    assert next(outcomes, None) is None
    if backend.name != "dask":  # whose workers go on with what they have
        assert len(list(tmp_path.iterdir())) == begun


@everywhere
def test_an_error_of_the_consumer_ends_the_work(backend, tmp_path):
    def consume(outcomes):
        with closing(outcomes):
            for _ in outcomes:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume(backend(announce, Errand(str(tmp_path)), tasks_of(2000)))
    assert_nothing_runs()
    assert len(list(tmp_path.iterdir())) < 2000


@everywhere
def test_no_more_is_begun_than_a_slow_consumer_can_take(backend, tmp_path):
    most = AHEAD[backend.name]
    with closing(backend(announce, Errand(str(tmp_path)), tasks_of(40 + 2 * most))) as outcomes:
        for taken, _ in enumerate(outcomes, 1):
            assert len(list(tmp_path.iterdir())) - taken <= most


@everywhere
def test_a_backend_that_is_not_consumed_does_nothing(backend, tmp_path):
    outcomes = backend(announce, Errand(str(tmp_path)), tasks_of(3))
    assert list(tmp_path.iterdir()) == []
    outcomes.close()
    assert list(tmp_path.iterdir()) == []


@everywhere
def test_no_more_workers_work_than_were_asked_for(backend, tmp_path):
    outcomes = by_task(backend(announce, Errand(str(tmp_path)), tasks_of(30)))
    assert len({outcome.tables for outcome in outcomes.values()}) <= WORKERS


# ---- workers that die ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", sorted({*KILLED, "threads"}), indirect=True)
def test_tasks_that_end_their_worker_do_not_hang_the_run(backend):
    outcomes = by_task(backend(exits, Errand(), tasks_of(4)))
    assert [type(outcomes[n]) for n in range(4)] == [Failure] * 4


@in_processes
def test_work_is_done_outside_of_this_process(backend, tmp_path):
    outcomes = by_task(backend(announce, Errand(str(tmp_path)), tasks_of(4)))
    assert os.getpid() not in {int(outcome.tables[0].split()[0]) for outcome in outcomes.values()}


@in_processes
def test_a_task_whose_process_was_killed_is_tried_again(backend, tmp_path):
    tasks = tasks_of(8)
    assert by_task(backend(die_once, Errand(str(tmp_path), bad=(0, 7)), tasks)) == right(tasks)
    assert {path.name for path in tmp_path.iterdir()} == {"0", "7"}


@in_processes
def test_a_task_that_kills_its_process_every_time_is_a_failure_that_says_so(backend, tmp_path):
    tasks = tasks_of(6)
    outcomes = by_task(backend(die, Errand(str(tmp_path), bad=(2,)), tasks))
    lost = outcomes.pop(2)
    assert isinstance(lost, Failure)
    assert re.search(KILLED[backend.name], lost.cause)
    assert 1 < len((tmp_path / "2").read_text()) <= 2 * DEATHS
    assert outcomes == right(task for task in tasks if task.number != 2)


@in_processes
def test_a_process_that_ends_without_an_error_is_no_success(backend):
    outcomes = by_task(backend(leave, Errand(bad=(1,)), tasks_of(3)))
    assert [type(outcomes[n]) for n in range(3)] == [Partial, Failure, Partial]


# ---- the whole run ---------------------------------------------------------------------------------------------

SQL = "SELECT client, count(*) AS n, sum(bytes), approx_count_distinct(path) FROM web GROUP BY client ORDER BY n"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Files of ten lines each, one of which is rejected."""
    folder = tmp_path_factory.mktemp("logs")
    for n in range(40):
        lines = [f'10.0.{n % 3}.{k} - - [01/Feb/2026:10:{k:02}:00 +0000] "GET /{k} HTTP/1.1" 200 {n}' for k in range(9)]
        (folder / f"log.{n:03}").write_text("\n".join([*lines, f"rubbish {n}"]) + "\n")
    return folder


def reported(logs, rejects, backend, *, state=None, **network):
    """Return the report but for what it says of the run, and the rejected lines, byte for byte."""
    config = Config(
        paths=(str(logs),), use=(), named_reports=(NamedReport("clients", SQL),), backend=backend, workers=WORKERS,
        output=Output(rejects=str(rejects)), network=Network(**network), state_dir=state and str(state),
    )  # fmt: skip
    with helped(config) as say:
        report = render(coordinator.run(config, say=say))
    coordinator.reported(config)
    return [line for line in report.split(b"\n") if not line.startswith(b' "run":')], rejects.read_bytes()


def helped(config):
    """Start a worker as soon as a coordinator says where it listens; yield what hears it."""
    return (
        queue_workers.command_worker(config.network.authkey_file, WORKERS)
        if config.backend == "queue"
        else nullcontext()
    )


@everywhere
@pytest.mark.parametrize("deaths", [(), (7,)], ids=["calm", "death"])
def test_report_and_rejected_lines_are_serials_byte_for_byte(backend, deaths, logs, tmp_path, monkeypatch, request):
    if deaths and backend.name not in KILLED:
        pytest.skip("a task that dies there takes the run with it")
    monkeypatch.setattr(planner, "PACK_FILES", 1)  # a task a file
    expected = reported(logs, tmp_path / "expected", "serial")
    assert expected[1].count(b"\n") == 40
    (tmp_path / "deaths").mkdir()
    process = partial(read_but_die_once, str(tmp_path / "deaths"), deaths)
    monkeypatch.setattr(coordinator, "process", process)
    monkeypatch.setattr(network, "process", process)
    settings = settings_of(backend, tmp_path, request)
    assert reported(logs, tmp_path / "rejects", backend.name, **settings) == expected
    assert {int(path.name) for path in (tmp_path / "deaths").iterdir()} == set(deaths)


def settings_of(backend, folder, request):
    """Return what a backend has to be told."""
    if backend.name == "dask":
        return {"scheduler": request.getfixturevalue("cluster").scheduler}
    if backend.name == "queue":
        return {"listen": "127.0.0.1:0", "authkey_file": queue_workers.key_file(folder)}
    return {}


@everywhere
def test_two_nights_with_a_ledger_are_serials_byte_for_byte(backend, logs, tmp_path, monkeypatch, request):
    monkeypatch.setattr(planner, "PACK_FILES", 8)
    shutil.copytree(logs, tmp_path / "logs")
    settings = settings_of(backend, tmp_path, request)

    def night(name, state="expected", **network):
        return reported(tmp_path / "logs", tmp_path / "rejects", name, state=tmp_path / state, **network)

    assert night(backend.name, "found", **settings) == night("serial")
    for n in range(0, 40, 3):
        with (tmp_path / "logs" / f"log.{n:03}").open("a") as file:
            file.write(f'10.0.9.9 - - [02/Feb/2026:11:00:00 +0000] "GET /{n} HTTP/1.1" 200 {n}\nmore rubbish\ntorn')
    assert night(backend.name, "found", **settings) == night("serial")
