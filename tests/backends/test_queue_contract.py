"""The contract of all backends, kept by the queue with a worker beside it."""

from __future__ import annotations

import multiprocessing
import threading
from contextlib import closing

import pytest
from backends.hands import backend
from backends.workers import Errand, announce, answer, die, die_once, fail, large, leave, work

from logproc.backends.broker import DEATHS
from logproc.backends.queue import WINDOW
from logproc.model import Failure, Partial, Piece, Task

WORKERS = 3


def tasks_of(count):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


@pytest.fixture(autouse=True)
def nothing_runs_afterwards():
    yield
    assert_nothing_runs()


def assert_nothing_runs():
    assert multiprocessing.active_children() == []
    for thread in threading.enumerate():
        if thread.name.startswith("logproc-"):
            thread.join(30)
            assert not thread.is_alive()


def by_task(outcomes):
    found = list(outcomes)
    assert len({outcome.task for outcome in found}) == len(found)
    return {outcome.task: outcome for outcome in found}


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_every_task_comes_back_once_with_what_it_returned(count):
    tasks = tasks_of(count)
    assert by_task(backend(work, Errand(), tasks, WORKERS)) == {task.number: answer(task) for task in tasks}


def test_a_task_that_raises_is_a_failure_and_the_rest_goes_on():
    tasks = tasks_of(12)
    outcomes = by_task(backend(fail, Errand(bad=(0, 5, 11)), tasks, WORKERS))
    for task in tasks:
        if task.number in {0, 5, 11}:
            assert outcomes[task.number] == Failure(task.number, f"ValueError: no such luck with {task.number}")
        else:
            assert outcomes[task.number] == answer(task)


def test_outcomes_larger_than_a_pipe_come_through():
    outcomes = by_task(backend(large, Errand(), tasks_of(6), WORKERS))
    assert all(isinstance(o, Partial) and o.tables == (bytes(300_000),) for o in outcomes.values())


def test_closing_the_iterator_ends_the_work(tmp_path):
    tasks = tasks_of(2000)
    outcomes = backend(announce, Errand(str(tmp_path)), tasks, WORKERS)
    next(outcomes)
    outcomes.close()
    assert_nothing_runs()
    begun = len(list(tmp_path.iterdir()))
    assert 1 <= begun < len(tasks)
    assert next(outcomes, None) is None
    assert len(list(tmp_path.iterdir())) == begun


def test_an_error_of_the_consumer_ends_the_work(tmp_path):
    def consume(outcomes):
        with closing(outcomes):
            for _ in outcomes:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume(backend(announce, Errand(str(tmp_path)), tasks_of(2000), WORKERS))
    assert_nothing_runs()
    assert len(list(tmp_path.iterdir())) < 2000


def test_no_more_is_begun_than_a_slow_consumer_can_take(tmp_path):
    most = WINDOW + 3 * WORKERS
    with closing(backend(announce, Errand(str(tmp_path)), tasks_of(300), WORKERS)) as outcomes:
        for taken, _ in enumerate(outcomes, 1):
            assert len(list(tmp_path.iterdir())) - taken <= most


def test_a_backend_that_is_not_consumed_does_nothing(tmp_path):
    outcomes = backend(announce, Errand(str(tmp_path)), tasks_of(3), WORKERS)
    assert list(tmp_path.iterdir()) == []
    outcomes.close()
    assert list(tmp_path.iterdir()) == []


def test_no_more_workers_work_than_were_asked_for(tmp_path):
    outcomes = by_task(backend(announce, Errand(str(tmp_path)), tasks_of(30), 2))
    assert len({outcome.tables for outcome in outcomes.values()}) <= 2


def test_a_task_whose_process_was_killed_is_tried_again(tmp_path):
    tasks = tasks_of(8)
    job = Errand(str(tmp_path), bad=(0, 3, 7))
    assert by_task(backend(die_once, job, tasks, 2)) == {task.number: answer(task) for task in tasks}
    assert {path.name for path in tmp_path.iterdir()} == {"0", "3", "7"}


def test_a_task_that_kills_its_process_every_time_is_a_failure_that_says_so(tmp_path):
    tasks = tasks_of(6)
    outcomes = by_task(backend(die, Errand(str(tmp_path), bad=(2,)), tasks, 2))
    lost = outcomes.pop(2)
    assert isinstance(lost, Failure)
    assert f"its worker process died {DEATHS} times" in lost.cause
    assert "-9" in lost.cause
    assert "on hand" in lost.cause
    assert (tmp_path / "2").read_text() == "x" * DEATHS
    assert outcomes == {task.number: answer(task) for task in tasks if task.number != 2}


def test_a_process_that_ends_without_an_error_is_no_success():
    outcomes = by_task(backend(leave, Errand(bad=(1,)), tasks_of(3), 1))
    assert isinstance(outcomes[1], Failure)
    assert [type(outcomes[n]) for n in (0, 2)] == [Partial, Partial]
