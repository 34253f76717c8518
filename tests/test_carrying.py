"""Counts that threads carry from task to task: the report is what tables of each task, merged in plan order, give."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from logproc import carrying, coordinator, planner
from logproc.carrying import Carrying, carrying_of
from logproc.config import Config, Limits, NamedReport
from logproc.inputs.opening import STDIN
from logproc.model import Partial
from logproc.rollup import aggregate as aggregating
from logproc.rollup.lots import adds_up
from logproc.rollup.sql import plan
from logproc.rollup.undumped import CarriedPartial

SQL = {
    "clients": "SELECT client, count(*) AS n, sum(bytes) AS b FROM web GROUP BY client ORDER BY n DESC LIMIT 4",
    "pages": "SELECT client, path, count(*) AS n, max(bytes), approx_count_distinct(path) FROM web GROUP BY ALL "
    "ORDER BY n DESC LIMIT 9",
    "statuses": "SELECT status, count(*) AS n, min(bytes), approx_quantile(bytes, 0.5) FROM web GROUP BY status",
    "levels": "SELECT level, count(*) FROM app GROUP BY level",
    "agents": "SELECT user_agent, count(*) AS n FROM web WHERE status = 404 GROUP BY ALL ORDER BY n DESC LIMIT 3",
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Make a folder of files of which the later ones have more and more clients; each is a task of its own."""
    root, rng = tmp_path_factory.mktemp("logs"), random.Random(5)
    for number in range(8):
        clients = 6 if number < 4 else 40 * number
        lines = [
            f"10.0.{rng.randrange(clients) % 7}.{rng.randrange(clients) % 250} - - [01/Feb/2026:00:{number:02}:"
            f'{n % 60:02} +0000] "GET /{n % 4} HTTP/1.1" {rng.choice([200, 404])} {rng.randrange(999)} "-" "a{n % 3}"\n'
            for n in range(200 - 10 * number)
        ]
        (root / f"{number}.log").write_text("".join(lines))
    return root


def run(logs, monkeypatch, *, carried=True, max_groups=200_000, backend="threads", workers=2, sql=SQL):
    monkeypatch.setattr(planner, "PACK_FILES", 1)
    if not carried:
        monkeypatch.setattr(coordinator, "carrying_of", lambda *_: None)
    named = tuple(NamedReport(name, text) for name, text in sql.items())
    report = coordinator.run(
        Config(
            paths=(str(logs),), use=(), named_reports=named, backend=backend, workers=workers,
            limits=replace(Limits(), max_groups=max_groups),
        )
    )  # fmt: skip
    return report.reports, report.files


@pytest.mark.parametrize(("max_groups", "tree", "workers"), [(11, False, 2), (60, True, 3)])
def test_the_report_is_the_same_byte_for_byte(logs, monkeypatch, max_groups, tree, workers):
    if tree:  # merged as those of a large run are
        for name, value in (("FOLD", 4), ("FOLD_ABOVE", 3)):
            monkeypatch.setattr(carrying, name, value)
            monkeypatch.setattr(f"logproc.merging.{name}", value)
    found = [run(logs, monkeypatch, max_groups=max_groups, workers=workers)]
    found.append(run(logs, monkeypatch, max_groups=max_groups, backend="serial", workers=1))
    expected = run(logs, monkeypatch, max_groups=max_groups, carried=False, backend="serial")
    assert [table.problem is None for table in expected[0]].count(True) >= 1
    assert all(each == expected for each in found)


def test_group_ids_that_are_dropped_amid_a_task_change_no_byte(logs, monkeypatch):
    expected = run(logs, monkeypatch, carried=False)
    monkeypatch.undo()
    monkeypatch.setattr(aggregating, "MAX_KEYS", 60)
    assert run(logs, monkeypatch) == expected
    assert run(logs, monkeypatch, backend="serial", workers=1) == expected


def test_keys_that_reports_make_longer_than_a_table_may_hold_change_no_byte(logs, monkeypatch):
    for name, value in (("LEAST_BYTES", 150), ("GROUP_BYTES", 0)):
        monkeypatch.setattr(f"logproc.rollup.bounds.{name}", value)
    sql = {
        "paths": "SELECT path, count(*) AS n FROM web GROUP BY path ORDER BY n DESC LIMIT 3",
        "long": f"SELECT path || '{'x' * 90}' AS p, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC LIMIT 3",
    }
    cuts: list[bool] = []
    tells = carrying._may_be_cut
    monkeypatch.setattr(carrying, "_may_be_cut", lambda *given: cuts.append(tells(*given)) or cuts[-1])
    found = [run(logs, monkeypatch, workers=2, sql=sql), run(logs, monkeypatch, backend="serial", workers=1, sql=sql)]
    assert cuts.count(True) == 2  # what was carried has been done again
    expected = run(logs, monkeypatch, carried=False, backend="serial", sql=sql)
    assert found == [expected, expected]


def test_nothing_is_carried_where_the_order_of_tasks_or_another_bound_matters():
    carried = [plan(sql, name) for name, sql in SQL.items()]
    assert adds_up(carried)
    for aggregate in (
        "count(DISTINCT client)",
        "arg_max(client, bytes)",
        "min(client)",
        "max(bytes / 7.0)",
        "approx_top_k(client, 3)",
    ):
        assert not adds_up([*carried, plan(f"SELECT status, {aggregate} FROM web GROUP BY status", "other")])
    job = SimpleNamespace(specs=carried, max_groups=9)
    tasks = [SimpleNamespace(pieces=(SimpleNamespace(path=path),)) for path in ("a", "b", "c", STDIN)]
    assert carrying_of(job, tasks[:2], 2, print) is None  # each worker has one task
    assert carrying_of(job, tasks[:3], 2, print) is not None
    assert carrying_of(job, tasks, 2, print) is None  # standard input cannot be read again


@dataclass
class Counted:
    """Stands for a program and for what it counted: the numbers of tasks."""

    log: list[tuple[object, ...]]
    groups: int = 1
    is_short: bool = False

    taking: threading.Event | None = None
    take_on: threading.Event | None = None

    def take(self):
        if self.taking is not None:
            self.taking.set()
            self.take_on.wait(10)
        return {"web": self.Tasks([self.task])}

    class Tasks(list):
        def add(self, other):
            self += other

    def sizes(self, _lots, seen):
        seen[self.task] = True
        return self.groups * len(seen), 0

    def tables(self, lots, _hand):
        self.log.append(("tables", *lots["web"]))
        if self.is_short:
            raise MemoryError
        return tuple(lots["web"])


def threads(tasks, max_groups, groups=None):
    """Return who does so many tasks, and a function that begins one in a thread and returns what ends it."""
    sizes, log = groups or {}, []

    def do(_job, task, carry):
        log.append(("alone" if carry is None else "carried", task.number))
        begun.set()
        gates[task.number].wait(10)
        if task.number in failing:
            raise ValueError(task.number)
        if carry is not None:
            program = programs[threading.current_thread()]
            program.task, program.groups = task.number, sizes.get(task.number, 1)
            carry.take(program)
        if task.number in failing_late:
            raise ValueError(task.number)
        return Partial(task.number, (), (b"again", task.number))

    tasks = [SimpleNamespace(number=number) for number in range(tasks)]
    carried = Carrying(SimpleNamespace(max_groups=max_groups, specs=()), tasks, do)
    gates = [threading.Event() for _ in tasks]
    programs, failing, failing_late, begun, out = {}, set(), set(), threading.Event(), {}

    class Worker:
        def __init__(self):
            self.log, self.todo, self.ready = log, [], threading.Semaphore(0)
            self.done = threading.Semaphore(0)
            self.thread = threading.Thread(target=self.work, daemon=True)
            self.program = programs[self.thread] = Counted(log)
            self.thread.start()

        def work(self):
            while True:
                self.ready.acquire()
                number = self.todo.pop(0)
                try:
                    out[number] = carried(None, SimpleNamespace(number=number))
                except ValueError:
                    out[number] = None
                self.done.release()

        def begin(self, number, *, fails=False, fails_late=False):
            begun.clear()
            failing.update([number] * fails)
            failing_late.update([number] * fails_late)
            self.todo.append(number)
            self.ready.release()
            assert begun.wait(10)
            return lambda: (gates[number].set(), self.done.acquire())

    return carried, Worker, out


def test_a_task_that_is_done_before_one_in_front_of_it_waits_apart():
    carried, worker, out = threads(4, 100)
    one, two = worker(), worker()
    ends_0, ends_1 = one.begin(0), two.begin(1)
    ends_1()
    ends_2 = two.begin(2)  # 1 was not approved when it ended
    ends_0()
    ends_3 = one.begin(3)
    ends_2()
    ends_3()
    assert all(isinstance(out[number], CarriedPartial) for number in range(4))
    assert [sorted(tables) for number in range(4) for tables in carried.due(number)] == [[1, 2], [0, 3]]


def test_the_first_task_that_does_not_fit_and_all_behind_it_have_tables_of_their_own():
    carried, worker, out = threads(5, 3, groups={2: 50})
    one, two = worker(), worker()
    one.begin(0)()
    one.begin(1)()
    ends_2, ends_3 = one.begin(2), two.begin(3)
    ends_3()
    ends_2()
    one.begin(4)()
    assert [type(out[number]) for number in range(5)] == [CarriedPartial] * 4 + [Partial]
    assert [(number, list(tables)) for number in range(5) for tables in carried.due(number)] == [
        (2, [0, 1]),
        (2, [2]),
        (3, [3]),
    ]


def test_a_task_that_fails_leaves_what_was_carried_as_it_is():
    carried, worker, out = threads(3, 100)
    one = worker()
    one.begin(0)()
    one.begin(1, fails=True)()
    one.begin(2)()
    assert out[1] is None
    assert [list(tables) for number in range(3) for tables in carried.due(number)] == [[0, 2]]


def test_a_last_task_that_fails_leaves_what_was_carried_to_whoever_merges():
    carried, worker, _ = threads(2, 100)
    one = worker()
    one.begin(0)()
    one.begin(1, fails=True)()
    assert [list(tables) for number in range(2) for tables in carried.due(number)] == [[0]]


def test_a_task_that_gives_its_counts_while_others_are_merged_loses_none():
    carried, worker, _ = threads(3, 0)  # no task fits
    one, two = worker(), worker()
    program = two.program
    program.taking, program.take_on = threading.Event(), threading.Event()
    ends_0, ends_1 = one.begin(0), two.begin(1)
    ends_0()
    begun_taking = threading.Thread(target=ends_1, daemon=True)
    begun_taking.start()
    assert program.taking.wait(10)
    found = [list(tables) for tables in carried.due(0)]
    program.take_on.set()
    begun_taking.join(10)
    one.begin(2)()
    assert found == [[0]]
    assert [list(tables) for tables in carried.due(1)] == [[1]]


def test_what_is_carried_becomes_tables_before_its_thread_begins_a_task_that_is_not():
    carried, worker, _ = threads(4, 3, groups={1: 50})
    one, two = worker(), worker()
    one.begin(0)()
    two.begin(1)()  # which does not fit, while the other thread is at no task
    one.begin(2)()
    assert one.log.index(("tables", 0)) < one.log.index(("alone", 2))
    assert [list(tables) for number in range(3) for tables in carried.due(number)] == [[0], [1]]


def test_what_a_task_gave_that_fails_after_all_does_not_count():
    carried, worker, _ = threads(3, 100)
    one = worker()
    one.begin(0)()
    one.begin(1, fails_late=True)()
    one.begin(2)()
    assert [list(tables) for number in range(3) for tables in carried.due(number)] == [[0, 2]]


def test_groups_that_a_thread_holds_count_while_its_next_task_fails():
    carried, worker, out = threads(4, 3, groups={0: 2, 2: 2})
    one, two = worker(), worker()
    one.begin(0)()
    one.begin(1, fails=True)()
    two.begin(2)()
    two.begin(3)()
    assert type(out[3]) is Partial
    assert [(number, list(tables)) for number in range(3) for tables in carried.due(number)] == [(2, [0]), (2, [2])]


def test_tasks_of_which_no_tables_could_be_made_are_done_again():
    carried, worker, out = threads(4, 3, groups={2: 50})
    one = worker()
    one.begin(0)()
    one.begin(1)()
    one.program.is_short = True
    one.begin(2)()
    one.begin(3)()
    assert [type(out[number]) for number in range(4)] == [CarriedPartial] * 3 + [Partial]
    assert [list(tables) for number in range(4) for tables in carried.due(number)] == [
        [b"again", number] for number in range(3)
    ]
