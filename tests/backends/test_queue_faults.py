"""Machines die, hang and come back, networks break, coordinators vanish: every task is counted once all the same."""

from __future__ import annotations

import os
import random
import signal
import threading
from contextlib import ExitStack, closing

import pytest
from backends.hands import Hand, Head, collecting, hands_down, process_of
from backends.proxy import Proxy, troubles
from backends.workers import Errand, answer, die_once, held, large, slow, stop_once, work

from logproc.backends import link, manager, queue, remote
from logproc.errors import RefusedError, TryLaterError
from logproc.model import Partial, Piece, Task

SCHEDULES = int(os.environ.get("LOGPROC_SCHEDULES", "10"))
"""Randomised schedules of faults; a longer run sets more."""


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    hands_down()


def tasks_of(count):
    return [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


def right(tasks):
    return {task.number: answer(task) for task in tasks}


def wait_for(path):
    """Wait until a worker has made a file."""
    done = threading.Event()
    for _ in range(6000):
        if path.exists():
            return
        done.wait(0.01)
    pytest.fail(f"{path.name} never came")


# ---- processes that die and hang ----------------------------------------------------------------------------------


def test_a_worker_that_is_killed_loses_only_time(tmp_path):
    head, tasks = Head(lease_seconds=1.5), tasks_of(6)
    job = Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.kill()
        worker.wait(60)
        (tmp_path / "go").touch()
        Hand(head, held).start()
        assert collector.result() == right(tasks)
    assert any("leases lost" in line for line in head.lines)


def test_a_worker_that_hangs_and_comes_back_counts_nothing_twice(tmp_path):
    head, tasks = Head(lease_seconds=1.5), tasks_of(6)
    job = Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.send_signal(signal.SIGSTOP)
        head.wait_for("1 more leases lost")
        (tmp_path / "go").touch()
        worker.send_signal(signal.SIGCONT)
        assert collector.result() == right(tasks)
        assert worker.wait(60) == 0


def test_the_work_of_a_worker_that_hangs_is_done_by_another(tmp_path):
    head, tasks = Head(lease_seconds=1.5), tasks_of(6)
    job = Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.send_signal(signal.SIGSTOP)
        (tmp_path / "go").touch()
        Hand(head, held, name="other").start()
        assert collector.result() == right(tasks)
        worker.send_signal(signal.SIGCONT)
        worker.wait(60)


def test_a_child_that_hangs_is_replaced(tmp_path):
    head, tasks = Head(lease_seconds=1.5), tasks_of(6)
    with collecting(head, Errand(str(tmp_path), bad=(2,)), tasks) as collector:
        hand = Hand(head, stop_once)
        hand.start()
        assert collector.result() == right(tasks)
        hand.join(60)
    assert hand.error is None
    assert any("leases lost" in line for line in head.lines)


def test_workers_join_and_leave_at_any_time(tmp_path):
    head, tasks = Head(lease_seconds=2.0), tasks_of(60)
    with collecting(head, Errand(str(tmp_path)), tasks) as collector, ExitStack() as stack:
        first = stack.enter_context(process_of(head.port, "backends.workers:slow", name="first"))
        head.wait_for("worker first joined")
        second = stack.enter_context(process_of(head.port, "backends.workers:slow", name="second", children=2))
        head.wait_for("worker second joined")
        first.kill()
        stack.enter_context(process_of(head.port, "backends.workers:slow", name="third"))
        head.wait_for("worker third joined")
        second.send_signal(signal.SIGTERM)
        assert collector.result() == right(tasks)


def test_a_worker_whose_coordinator_is_gone_looks_for_it_and_gives_up():
    with closing(__import__("socket").create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    head = Head()
    head.say(f"listening on 127.0.0.1:{port}")
    hand = Hand(head, work, lost_seconds=0.3)
    hand.start()
    hand.join(60)
    assert isinstance(hand.error, TryLaterError)
    assert f"nothing was heard of a coordinator at 127.0.0.1:{port} for 0.3 s (connection refused)" in str(hand.error)


def test_a_worker_waits_for_a_coordinator_that_comes_late():
    head, tasks = Head(), tasks_of(4)
    with closing(__import__("socket").create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    hand = Hand(head, work, port=port)
    hand.head = head
    head.options["listen"] = f"127.0.0.1:{port}"
    hand.start()
    with collecting(head, Errand(), tasks) as collector:
        assert collector.result() == right(tasks)
        hand.join(60)
    assert hand.error is None


def test_a_worker_goes_on_to_the_next_run_at_the_same_address(tmp_path):
    """The coordinator of the first run is gone without a word; the one of the second has another job."""
    first, tasks = Head(lease_seconds=2.0), tasks_of(3)
    with collecting(first, Errand(str(tmp_path), bad=(0, 1, 2)), tasks) as one:
        proxy = Proxy(first.port, iter(lambda: ("none", 0), None))
        hand = Hand(first, held, port=proxy.port)
        hand.start()
        wait_for(tmp_path / "0.begun")
        second = Head()
        with collecting(second, Errand(), tasks) as other:
            proxy._target = second.port
            proxy.drop_all()
            assert other.result() == right(tasks)
            hand.join(60)
            assert hand.error is None
        (tmp_path / "go").touch()
        Hand(first, held).start()
        assert one.result() == right(tasks)
        proxy.close()


def test_another_key_ends_a_worker():
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        hand = Hand(head, work, key=b"another key that has at least 32 bytes")
        hand.start()
        hand.join(60)
        assert isinstance(hand.error, RefusedError)
        assert hand.error.exit_code == 78
        Hand(head, work).start()
        assert collector.result() == right(tasks)


# ---- networks that break ------------------------------------------------------------------------------------------


def mischief(job, task):
    """Do a task, or die in the middle of it, or return much."""
    if task.number % 7 == 3:
        return die_once(job, task)
    return large(job, task) if task.number % 5 == 1 else answer(task)


@pytest.fixture
def impatient(monkeypatch):
    """What is swallowed is missed soon."""
    monkeypatch.setattr(manager, "REPLY_SECONDS", 1.0)
    monkeypatch.setattr(remote, "WAIT_SECONDS", 0.5)
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(queue, "LINGER_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_whatever_happens_on_the_way_every_task_counts_once(seed, tmp_path):
    rng = random.Random(seed)
    head, tasks = Head(lease_seconds=3.0), tasks_of(40)
    job = Errand(str(tmp_path), bad=tuple(range(40)))
    with collecting(head, job, tasks) as collector, ExitStack() as stack:
        for n in range(2):
            proxy = stack.enter_context(closing(Proxy(head.port, troubles(rng.random(), 0.5 if n else 0.8))))
            Hand(head, mischief, port=proxy.port, name=f"hand{n}").start()
        found = collector.result()
    assert found.keys() == right(tasks).keys()
    for task in tasks:
        expected = Partial(task.number, (), (bytes(300_000),)) if task.number % 5 == 1 else answer(task)
        if task.number % 7 == 3:
            expected = answer(task)
        assert found[task.number] == expected
    assert len(collector.outcomes) == len(tasks)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["drop", "half", "swallow", "change"])
def test_a_result_whose_upload_breaks_is_sent_again(fault, tmp_path):
    head, tasks = Head(lease_seconds=6.0), tasks_of(3)
    faults = iter([("none", 0), ("none", 0), *[(fault, 150_000)] * 3])
    with collecting(head, Errand(str(tmp_path)), tasks) as collector:
        proxy = Proxy(head.port, iter(lambda: next(faults, ("none", 0)), None))
        Hand(head, large, port=proxy.port, children=1).start()
        found = collector.result()
        proxy.close()
    assert all(found[n] == Partial(n, (), (bytes(300_000),)) for n in range(3))


def test_a_cable_that_is_pulled_and_put_back(tmp_path, monkeypatch):
    """All connections end and nobody answers for a while; then the same worker goes on."""
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.2)
    head, tasks = Head(lease_seconds=20.0), tasks_of(8)
    with collecting(head, Errand(str(tmp_path), bad=(0,)), tasks) as collector:
        port = head.port
        proxy = Proxy(port, iter(lambda: ("none", 0), None))
        hand = Hand(head, held, port=proxy.port)
        hand.start()
        wait_for(tmp_path / "0.begun")
        with closing(__import__("socket").create_server(("127.0.0.1", 0))) as nobody:
            proxy._target = nobody.getsockname()[1]
        proxy.drop_all()
        (tmp_path / "go").touch()
        threading.Event().wait(0.5)
        proxy._target = port
        assert collector.result() == right(tasks)
        hand.join(60)
        proxy.close()
    assert hand.error is None
    assert not any("leases lost" in line for line in head.lines)


@pytest.mark.usefixtures("slow_upload")
def test_a_large_upload_does_not_delay_heartbeats(tmp_path):
    head, tasks = Head(lease_seconds=1.0), tasks_of(2)
    with collecting(head, Errand(str(tmp_path)), tasks) as collector:
        Hand(head, large, children=1).start()
        collector.result()
    assert not any("leases lost" in line for line in head.lines)


@pytest.fixture
def slow_upload(monkeypatch):
    """Let each piece of a large result take its time."""
    from logproc.backends import channel

    original = channel.Channel._send_long

    def slowly(self, piece):
        threading.Event().wait(2.5)
        original(self, piece)

    monkeypatch.setattr(channel.Channel, "_send_long", slowly)


def test_slow_tasks_are_not_taken_away(tmp_path):
    head, tasks = Head(lease_seconds=0.6, straggler_seconds=60.0), tasks_of(3)
    with collecting(head, Errand(str(tmp_path)), tasks) as collector:
        Hand(head, slow, children=3).start()
        assert collector.result() == right(tasks)
    assert not any("leases lost" in line for line in head.lines)
