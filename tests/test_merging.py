"""Folding: adjacent outcomes merged near to where they were made give the total that the coordinator gives."""

from __future__ import annotations

import random
import weakref
from dataclasses import replace

import pytest
from waiting import until

from logproc import coordinator
from logproc.backends import BACKENDS
from logproc.backends.folding import FOLD, FOLD_ABOVE
from logproc.books import Books
from logproc.config import Config
from logproc.merging import fold, merge
from logproc.model import Failure, LogFile, Partial, Parts, Piece, Task
from logproc.rollup.outcome import report_table
from logproc.rollup.sql import plan
from logproc.running import job_of
from logproc.worker import process

LINE = '192.0.2.{} - - [10/Oct/2025:13:55:{:02d} +0000] "GET /{} HTTP/1.1" 200 {} "-" "-"\n'
TOP = "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 5"
ALL = "SELECT client, sum(bytes) AS b, approx_count_distinct(path) AS d FROM web GROUP BY client ORDER BY client"
COUNT = FOLD_ABOVE + 5


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    rng, folder = random.Random(5), tmp_path_factory.mktemp("logs")
    found = []
    for number in range(COUNT):
        path = folder / f"{number}.log"
        paths = [f"hot{rng.randrange(5)}" if rng.random() < 0.6 else f"cold{rng.randrange(400)}" for _ in range(8)]
        path.write_text("".join(LINE.format(rng.randrange(9), number % 60, name, rng.randrange(99)) for name in paths))
        found.append(Task(number, (Piece(number, str(path), 0, -1, 0),), path.stat().st_size))
    return found


@pytest.fixture(scope="module")
def job():
    return job_of(Config(), (plan(TOP, "top"), plan(ALL, "all")), (), None)


@pytest.fixture(scope="module")
def done(job, tasks):
    """What workers make of the tasks, once for all tests: outcomes are frozen."""
    return tuple(process(job, task) for task in tasks)


def shown(job, tasks, outcomes):
    books = Books([LogFile(task.pieces[0].path, task.bytes, 0) for task in tasks])
    return [report_table(held.table()) for held in merge(job, tasks, outcomes, books, None)], books.close()


@pytest.mark.parametrize("max_groups", [50, 200_000])
def test_groups_that_workers_fold_give_the_total_of_the_coordinator(job, tasks, max_groups):
    job = type(job)(id="x", specs=job.specs, formats=("combined",), max_groups=max_groups)
    outcomes = [process(job, task) for task in tasks]
    outcomes[40] = Failure(40, "lost")
    outcomes[41] = Parts(41, ((tasks[41], outcomes[41]),))
    folded = [fold(job, outcomes[begin : begin + FOLD]) for begin in range(0, COUNT, FOLD)]
    assert all(not member.tables for group in folded for member in group.outcomes if hasattr(member, "tables"))
    random.Random(1).shuffle(folded)
    reports, files = shown(job, tasks, outcomes)
    assert (reports, files) == shown(job, tasks, folded)
    assert reports[0].truncated
    assert sum(entry.lines.counted for entry in files) == (COUNT - 1) * 8
    assert [entry.path for entry in files if entry.status == "failed"] == [tasks[40].pieces[0].path]
    if max_groups == 50:
        assert reports[0].error is not None
    else:
        assert sum(row[1] for row in reports[1].rows) > 0


def test_a_group_may_be_folded_by_a_worker_and_the_next_one_here(job, tasks, done):
    outcomes = list(done)
    mixed = [fold(job, outcomes[:FOLD]), *outcomes[FOLD:]]
    assert shown(job, tasks, mixed) == shown(job, tasks, outcomes)


@pytest.mark.parametrize("folds", [False, True])
@pytest.mark.parametrize("damage", ["cut", "other report", "too few", "other files", "no files"])
def test_what_a_worker_returns_and_nobody_can_use_costs_its_files_and_not_the_run(job, tasks, done, damage, folds):
    outcomes = list(done)
    good = outcomes[7]
    tables = {
        "cut": (good.tables[0], good.tables[1][:-9]),
        "other report": good.tables[::-1],
        "too few": good.tables[:1],
    }.get(damage, good.tables)
    files = {"other files": outcomes[8].files, "no files": ()}.get(damage, good.files)
    bad = replace(good, tables=tables, files=files)
    if folds:
        group = fold(job, outcomes[:FOLD])
        members = [replace(member, files=files) if member.task == 7 else member for member in group.outcomes]
        whole = group.tables if tables is good.tables else tables
        outcomes[:FOLD] = [replace(group, outcomes=tuple(members), tables=whole)]
        lost = set(range(FOLD))
    else:
        outcomes[7] = bad
        lost = {7}
    reports, entries = shown(job, tasks, outcomes)
    assert {number for number, entry in enumerate(entries) if entry.status == "failed"} == lost
    assert all("what its worker returned cannot be used" in entries[number].reason for number in lost)
    rest = [outcome for outcome in done if outcome.task not in lost]
    failures = [Failure(number, "x") for number in sorted(lost)]
    assert reports == shown(job, tasks, [*failures, *rest])[0]


class Traced(Partial):
    """An outcome of which it can be told whether anybody holds it."""


def test_what_was_merged_is_held_by_nobody_while_the_next_task_is_done(job, tasks):
    few, seen = tasks[:4], []

    def traced(job, task):
        until(lambda: not any(outcome() for outcome in seen))
        made = process(job, task)
        outcome = Traced(made.task, made.files, made.tables)
        seen.append(weakref.ref(outcome))
        return outcome

    outcomes = coordinator._watched(BACKENDS["threads"](traced, job, few, 1), few, None)
    tables, books = shown(job, few, outcomes)
    assert len(seen) == 4
    assert sum(entry.lines.read for entry in books) == 8 * len(few)
    assert tables[0].rows


def test_the_first_large_table_is_held_as_it_came_and_one_with_too_many_groups_is_cut(job, tasks, done, monkeypatch):
    monkeypatch.setattr("logproc.rollup.tables.LARGE_BYTES", 1)
    monkeypatch.setattr("logproc.rollup.tables.LARGE_GROUPS", 1)
    books = Books([LogFile(task.pieces[0].path, task.bytes, 0) for task in tasks])
    assert [held.dump() for held in merge(job, tasks[:1], done[:1], books, None)] == list(done[0].tables)
    reports, _ = shown(job, tasks, done)
    monkeypatch.undo()
    assert shown(job, tasks, done)[0] == reports
    monkeypatch.setattr("logproc.rollup.tables.LARGE_BYTES", 1)
    narrow = replace(job, max_groups=3)
    assert [len(held.table()) for held in merge(narrow, tasks[:1], done[:1], books, None)] == [3, 0]
