"""Machines die, hang and come back, networks break, coordinators vanish: every task is counted once all the same."""

from __future__ import annotations

import signal
import ssl
import sys
import threading
from contextlib import ExitStack, closing
from types import SimpleNamespace

import pytest
from backends.proxy import Proxy, nobody
from backends.queue_workers import (
    CODEC,
    KEY,
    Clock,
    Head,
    Puppet,
    WorkerThread,
    collecting,
    join_workers,
    options_of,
    process_of,
)
from backends.workers import Errand, abort, answer, fill, held, large, stop_once, work

from logproc.backends import link, sessions
from logproc.backends.broker import Broker
from logproc.backends.channel import Channel, Endpoint
from logproc.backends.children import Children
from logproc.backends.keys import Address
from logproc.backends.link import Liveness
from logproc.errors import RefusedError, TryLaterError
from logproc.model import Partial, Piece, Task


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    join_workers()


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
    clock, tasks = Clock(), tasks_of(6)
    head, job = Head(clock=clock), Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.kill()
        worker.wait(60)
        clock.advance(61)
        (tmp_path / "go").touch()
        WorkerThread(head, held).start()
        assert collector.result() == right(tasks)
    assert any("has lost task" in line for line in head.lines)


def test_the_tasks_of_a_killed_worker_are_done_by_others_long_before_its_leases_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "RECONNECT_SECONDS", 0.2)
    head, tasks, job = Head(lease_seconds=3600.0), tasks_of(6), Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.kill()
        worker.wait(60)
        head.wait_for("its connections ended, and it did not come back in 0.2 s")
        (tmp_path / "go").touch()
        WorkerThread(head, held).start()
        assert collector.result() == right(tasks)


def test_a_worker_that_hangs_and_comes_back_counts_nothing_twice(tmp_path):
    clock, tasks = Clock(), tasks_of(6)
    head, job = Head(clock=clock), Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.send_signal(signal.SIGSTOP)
        clock.advance(61)
        head.wait_for("has lost task 0")
        (tmp_path / "go").touch()
        worker.send_signal(signal.SIGCONT)
        assert collector.result() == right(tasks)
        assert worker.wait(60) == 0


def test_the_work_of_a_worker_that_hangs_is_done_by_another(tmp_path):
    clock, tasks = Clock(), tasks_of(6)
    head, job = Head(clock=clock), Errand(str(tmp_path), bad=(0,))
    with collecting(head, job, tasks) as collector, process_of(head.port, "backends.workers:held") as worker:
        wait_for(tmp_path / "0.begun")
        worker.send_signal(signal.SIGSTOP)
        clock.advance(61)
        (tmp_path / "go").touch()
        WorkerThread(head, held, name="other").start()
        assert collector.result() == right(tasks)
        worker.send_signal(signal.SIGCONT)
        worker.wait(60)


@pytest.mark.usefixtures("impatient")
def test_a_child_that_hangs_is_replaced(tmp_path):
    head, tasks = Head(lease_seconds=1.5), tasks_of(6)
    with collecting(head, Errand(str(tmp_path), bad=(2,)), tasks) as collector:
        hand = WorkerThread(head, stop_once, children=1)  # nobody else is there to do the rest
        hand.start()
        assert collector.result() == right(tasks)
        hand.join(60)
    assert hand.error is None
    assert any("has lost task" in line for line in head.lines)


def test_workers_join_and_leave_at_any_time(tmp_path):
    clock, tasks = Clock(), tasks_of(60)
    head = Head(clock=clock)
    with collecting(head, Errand(str(tmp_path)), tasks) as collector, ExitStack() as stack:
        first = stack.enter_context(process_of(head.port, "backends.workers:slow", name="first"))
        head.wait_for("worker first joined")
        second = stack.enter_context(process_of(head.port, "backends.workers:slow", name="second", children=2))
        head.wait_for("worker second joined")
        first.kill()
        first.wait(60)
        clock.advance(61)
        stack.enter_context(process_of(head.port, "backends.workers:slow", name="third"))
        head.wait_for("worker third joined")
        second.send_signal(signal.SIGTERM)
        head.wait_for("worker second left")
        assert second.wait(60) == 128 + signal.SIGTERM
        assert collector.result() == right(tasks)


def test_a_worker_whose_coordinator_is_gone_looks_for_it_and_gives_up():
    with nobody() as port:
        hand = WorkerThread(Head(), work, port=port, lost_seconds=0.3)
        hand.start()
        hand.join(60)
    assert isinstance(hand.error, TryLaterError)
    assert f"nothing was heard of a coordinator at 127.0.0.1:{port} for 0.3 s (connection refused)" in str(hand.error)


def test_a_worker_waits_for_a_coordinator_that_comes_late(monkeypatch):
    monkeypatch.setattr(link, "TOLD_SECONDS", 0.0)
    head, tasks, said = Head(), tasks_of(4), []
    with nobody() as port, closing(Proxy(port)) as proxy:
        hand = WorkerThread(head, work, port=proxy.port, lost_seconds=60.0, say=said.append)
        hand.start()
        proxy.wait_unanswered(2)
        with collecting(head, Errand(), tasks) as collector:
            proxy.target = head.port
            assert collector.result() == right(tasks)
            hand.join(60)
    assert hand.error is None
    assert said[0].startswith(f"no coordinator answers at 127.0.0.1:{proxy.port} (")
    assert said[1].startswith("working for the run ")


def test_a_worker_is_told_that_its_coordinator_is_gone_and_there_again(monkeypatch):
    monkeypatch.setattr(link, "TOLD_SECONDS", 1.0)
    said, times = [], iter([0.0, 10.0, 20.0, 20.5, 21.5, 22.5, 23.0])
    monkeypatch.setattr(link, "time", SimpleNamespace(monotonic=lambda: next(times)))
    endpoint = Endpoint(Address("node", 5000), CODEC, KEY)
    liveness = Liveness(options_of(endpoint, lost_seconds=60.0, say=said.append))
    liveness.heard()
    for _ in range(4):
        liveness.silent(ConnectionRefusedError(111, "Connection refused"))
    liveness.heard()
    assert said == [
        "no coordinator answers at node:5000 (connection refused); it is tried for another 48 s",
        "the coordinator answers again",
    ]


def test_a_worker_that_was_stopped_itself_tries_before_it_gives_its_coordinator_up(monkeypatch):
    said, times = [], iter([0.0, 10.0, 500.0, 501.0, 501.5, 502.0, 503.0, 560.0, 561.4, 561.5])
    monkeypatch.setattr(link, "time", SimpleNamespace(monotonic=lambda: next(times)))
    liveness = Liveness(options_of(Endpoint(Address("node", 5000), CODEC, KEY), lost_seconds=60.0, say=said.append))
    closed = ConnectionResetError(104, "Connection reset by peer")
    liveness.heard()
    for _ in range(2):  # it goes on after eight minutes
        liveness.silent(closed)
    liveness.heard()
    for _ in range(4):
        liveness.silent(closed)
    assert not liveness.lost
    with pytest.raises(TryLaterError, match="nothing was heard of a coordinator at node:5000 for 60 s"):
        liveness.silent(closed)
    assert liveness.lost


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:2427)"), "it has closed the connection"),
        (TimeoutError("The handshake took too long"), "the handshake took too long"),
    ],
)
def test_why_a_coordinator_does_not_answer_is_said_in_words(monkeypatch, error, reason):
    monkeypatch.setattr(link, "TOLD_SECONDS", 0.0)
    said: list[str] = []
    liveness = Liveness(options_of(Endpoint(Address("node", 5000), CODEC, KEY), say=said.append))
    liveness.silent(error)
    assert f"({reason})" in said[0]


def test_a_worker_goes_on_to_the_next_run_at_the_same_address(tmp_path):
    """The coordinator of the first run is gone without a word; the one of the second has another job."""
    clock, tasks = Clock(), tasks_of(3)
    first = Head(clock=clock)
    with collecting(first, Errand(str(tmp_path), bad=(0, 1, 2)), tasks) as one:
        proxy = Proxy(first.port)
        hand = WorkerThread(first, held, port=proxy.port)
        hand.start()
        wait_for(tmp_path / "0.begun")
        second = Head()
        with collecting(second, Errand(), tasks) as other:
            proxy.target = second.port
            proxy.drop_all()
            assert other.result() == right(tasks)
            hand.join(60)
            assert hand.error is None
        (tmp_path / "go").touch()
        clock.advance(61)
        WorkerThread(first, held).start()
        assert one.result() == right(tasks)
        proxy.close()


def test_another_key_ends_a_worker():
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        hand = WorkerThread(head, work, key=b"another key that has at least 32 bytes")
        hand.start()
        hand.join(60)
        assert isinstance(hand.error, RefusedError)
        assert hand.error.exit_code == 78
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


# ---- networks that break ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["drop", "half", "swallow", "change"])
def test_a_result_whose_upload_breaks_is_sent_again(fault, tmp_path):
    head, tasks = Head(lease_seconds=6.0), tasks_of(3)
    faults = iter([("none", 0), ("none", 0), *[(fault, 150_000)] * 3])
    with collecting(head, Errand(str(tmp_path)), tasks) as collector:
        proxy = Proxy(head.port, iter(lambda: next(faults, ("none", 0)), None))
        WorkerThread(head, large, port=proxy.port, children=1).start()
        found = collector.result()
        proxy.close()
    assert all(found[n] == Partial(n, (), (bytes(300_000),)) for n in range(3))


def test_a_cable_that_is_pulled_and_put_back(tmp_path, monkeypatch):
    """All connections end and nobody answers for a while; then the same worker goes on."""
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.2)
    head, tasks = Head(), tasks_of(8)
    with collecting(head, Errand(str(tmp_path), bad=(0,)), tasks) as collector:
        port = head.port
        proxy = Proxy(port)
        hand = WorkerThread(head, held, port=proxy.port, lost_seconds=60.0)
        hand.start()
        wait_for(tmp_path / "0.begun")
        with nobody() as proxy.target:
            proxy.drop_all()
            (tmp_path / "go").touch()
            proxy.wait_unanswered(4)
        proxy.target = port
        assert collector.result() == right(tasks)
        hand.join(60)
        proxy.close()
    assert hand.error is None
    assert not any("has lost task" in line for line in head.lines)


class Beats:
    """Counts heartbeats that keep leases."""

    def __init__(self):
        self._count = 0
        self._change = threading.Condition()

    def heard(self):
        with self._change:
            self._count += 1
            self._change.notify_all()

    def wait_for(self, count):
        """Wait for so many more."""
        with self._change:
            until = self._count + count
            assert self._change.wait_for(lambda: self._count >= until, 60)


@pytest.fixture
def beats(monkeypatch):
    found, original = Beats(), Broker.heartbeat

    def heartbeat(self, worker, leases):
        lost = original(self, worker, leases)
        if leases:
            found.heard()
        return lost

    monkeypatch.setattr(Broker, "heartbeat", heartbeat)
    return found


@pytest.mark.usefixtures("impatient")
def test_a_large_upload_does_not_delay_heartbeats(tmp_path, beats, monkeypatch):
    original = Channel._send_long

    def slowly(self, piece):
        beats.wait_for(3)
        original(self, piece)

    monkeypatch.setattr(Channel, "_send_long", slowly)
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(str(tmp_path)), tasks) as collector:
        WorkerThread(head, large, children=1).start()
        assert collector.result() == {0: Partial(0, (), (bytes(300_000),))}


@pytest.mark.usefixtures("impatient")
def test_a_child_that_takes_long_to_start_does_not_delay_heartbeats(beats, monkeypatch):
    original = Children._hire

    def slowly(self):
        beats.wait_for(3)
        return original(self)

    monkeypatch.setattr(Children, "_hire", slowly)
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, work, children=1).start()
        assert collector.result() == right(tasks)


@pytest.mark.usefixtures("impatient")
def test_slow_tasks_are_not_taken_away(tmp_path, beats):
    clock, tasks = Clock(), tasks_of(3)
    head = Head(clock=clock, straggler_seconds=1e9)
    with collecting(head, Errand(str(tmp_path), bad=(0, 1, 2)), tasks) as collector:
        WorkerThread(head, held, children=3).start()
        for task in tasks:
            wait_for(tmp_path / f"{task.number}.begun")
        for _ in range(4):  # each time less than a lease, together more
            beats.wait_for(2)  # of which the second was sent when all were begun
            clock.advance(40)
        (tmp_path / "go").touch()
        assert collector.result() == right(tasks)
    assert not any("has lost task" in line for line in head.lines)


# ---- a worker with little memory -------------------------------------------------------------------------------

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
MIB = 1 << 20


def large_tasks(count):
    """Return tasks of a file that cannot be cut; `fill` wants 1000 MiB for each that is bad."""
    return [Task(n, (Piece(n, f"/logs/{n}.gz", 0, -1, 0, codec="gzip"),), 50 * MIB) for n in range(count)]


@linux
@pytest.mark.parametrize(("process", "code"), [(fill, 12), (abort, -6)])
def test_what_a_worker_has_no_memory_for_is_done_by_others_and_it_leaves(process, code):
    head, tasks = Head(), large_tasks(5)
    with collecting(head, Errand(bad=tuple(range(5))), tasks) as collector:
        other = Puppet(head, "other")
        other.hello()
        poor = WorkerThread(head, process, name="poor", children=1, memory=500 * MIB)
        poor.start()
        poor.join(60)
        assert isinstance(poor.error, TryLaterError)
        assert f"3 tasks in a row could not be done on this machine: exit {code}, " in str(poor.error)
        head.wait_for("worker poor could not do task", count=3)
        for _ in tasks:
            offer = other.lease()
            assert other.complete(offer, answer(offer.task)) is True
        assert collector.result() == {task.number: answer(task) for task in tasks}
        other.close()


@linux
def test_a_file_that_needs_more_memory_than_the_only_worker_has_is_lost_alone():
    head, tasks = Head(), large_tasks(4)
    with collecting(head, Errand(bad=(0, 2)), tasks) as collector:
        poor = WorkerThread(head, fill, name="poor", children=1, memory=500 * MIB)
        poor.start()
        found = collector.result()
        poor.join(60)
    assert poor.error is None
    assert {number for number, outcome in found.items() if not isinstance(outcome, Partial)} == {0, 2}
    assert "died 3 times on poor (exit 12, out of memory: its limit is 500 MiB, see --memory)" in found[0].cause


@linux
def test_an_only_worker_that_has_memory_for_nothing_leaves():
    head, tasks = Head(wait_workers=0.5), large_tasks(5)
    with collecting(head, Errand(bad=tuple(range(5))), tasks) as collector:
        poor = WorkerThread(head, fill, name="poor", children=1, memory=500 * MIB)
        poor.start()
        poor.join(60)
        assert isinstance(poor.error, TryLaterError)
        assert "could not be done on this machine: exit 12, out of memory" in str(poor.error)
        with pytest.raises(TryLaterError, match=r"no worker for 0\.5 s"):
            collector.result()
    lost = [line for line in head.lines if "has lost task" in line]
    assert len(lost) >= 3  # tasks of which one may have come again before the next
    assert all(line.startswith("worker poor has lost task") for line in lost)
