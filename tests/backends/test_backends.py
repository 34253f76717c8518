"""Which backend is chosen, and what the processes of this machine are asked beyond the contract of all."""

from __future__ import annotations

import multiprocessing
from functools import partial

import pytest
from backends.workers import Errand, die, fail

from logproc.backends import BACKENDS, choose
from logproc.model import Failure, Piece, Task

WORKERS = 3


def tasks_of(count):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


@pytest.fixture
def processes():
    yield BACKENDS["processes"]
    assert multiprocessing.active_children() == []


def by_task(outcomes):
    found = list(outcomes)
    assert len({outcome.task for outcome in found}) == len(found)
    return {outcome.task: outcome for outcome in found}


def test_every_task_killing_its_process_ends_the_run_all_the_same(processes, tmp_path):
    outcomes = by_task(processes(die, Errand(str(tmp_path), bad=(0, 1, 2)), tasks_of(3), 2))
    assert all(isinstance(outcome, Failure) for outcome in outcomes.values())
    assert len(outcomes) == 3


# ---- the choice --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tasks", "workers", "chosen"),
    [
        ("auto", 5, 4, "threads"),
        ("auto", 1, 4, "serial"),
        ("auto", 0, 4, "serial"),
        ("auto", 5, 1, "serial"),
        *((name, 1, 1, name) for name in BACKENDS),
    ],
)
def test_the_choice_of_a_backend(name, tasks, workers, chosen):
    assert choose(name, tasks, workers) == chosen


def test_backends_take_functions_that_are_no_plain_functions():
    tasks = tasks_of(3)
    assert by_task(BACKENDS["processes"](partial(fail), Errand(), tasks, 2)).keys() == {0, 1, 2}
