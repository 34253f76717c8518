"""What coordinator and workers say to each other, call by call: who is taken on, and what is safe to say twice."""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import zlib
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from backends import queue_workers
from backends.queue_workers import (
    CODEC,
    KEY,
    Clock,
    Head,
    Puppet,
    WorkerThread,
    collect,
    collecting,
    join_workers,
    options_of,
)
from backends.workers import Errand, answer, held, unfit, work

from logproc import __version__
from logproc.backends import delivery, keys, manager, probe, queue, remote, service, service_checks
from logproc.backends.broker import Broker
from logproc.backends.channel import Endpoint
from logproc.backends.keys import parse_address
from logproc.backends.leases import Status, WorkerStatus
from logproc.backends.link import HungUpError, Liveness, RetryingClient
from logproc.backends.protocol import (
    CHUNK_BYTES,
    DRAINED,
    IDLE,
    METHODS,
    PROTOCOL,
    STOPPED,
    TYPES,
    WORK,
    Offer,
    Pulse,
    Refused,
    Welcome,
)
from logproc.backends.service import Service
from logproc.backends.spooled import pack
from logproc.backends.wire import Codec
from logproc.errors import MachineError, RefusedError, TryLaterError, UsageError, WireError
from logproc.model import Failure, FileResult, Lines, Partial, Piece, Task

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Spooling:
    """A job whose tasks leave files."""

    spool: str | None
    text: str = ""


def tasks_of(count, folder="/logs"):
    return [Task(n, (Piece(n, f"{folder}/{n}", 0, -1, 0),), 100 * n) for n in range(count)]


def right(tasks):
    return {task.number: answer(task) for task in tasks}


@pytest.fixture
def puppet_of():
    """Make workers that do what the test says, and close them."""
    made = []

    def make(head, name="puppet", *, hello=True):
        made.append(Puppet(head, name))
        if hello:
            assert isinstance(made[-1].hello(), Welcome)
        return made[-1]

    yield make
    for puppet in made:
        puppet.close()


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    join_workers()


@pytest.fixture(autouse=True)
def nobody_lingers(monkeypatch):
    """Puppets do not listen to how a run ends."""
    monkeypatch.setattr(queue, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(queue, "TICK_SECONDS", 0.05)


# ---- who is taken on -------------------------------------------------------------------------------------------


def test_a_worker_is_told_the_job_and_what_it_needs(puppet_of):
    head, tasks = Head(lease_seconds=45.0), tasks_of(1)
    with collecting(head, Errand("/tmp/\udcff", (1, 2)), tasks):
        puppet = puppet_of(head, hello=False)
        welcome = puppet.hello()
        assert (welcome.run, welcome.lease_seconds) == (puppet.run, 45.0)
        assert welcome.job == Errand("/tmp/\udcff", (1, 2))
        offer = puppet.lease()
        assert (offer.state, offer.task) == (WORK, tasks[0])
        assert puppet.complete(offer, answer(tasks[0])) is True
        assert puppet.lease() == Offer(DRAINED)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"logproc": "0.0.1"}, f"it is logproc 0.0.1 (Python 3.11.0), and the coordinator is {__version__}"),
        ({"protocol": 99}, f"it speaks protocol 99, and the coordinator {PROTOCOL}: install the same logproc"),
        ({"logproc": "0" * 10_000}, f"it is logproc {'0' * 500} (Python"),
    ],
)
def test_other_versions_are_refused_in_a_sentence(puppet_of, change, words):
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        puppet = puppet_of(head, "old", hello=False)
        refused = puppet.client.call("hello", replace(puppet.greeting, **change), None)
        assert isinstance(refused, Refused)
        assert words in refused.reason
        assert puppet.client.call("hello", replace(puppet.greeting, **change), "") == refused
        head.wait_for("worker old is refused: ")
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


def test_pythons_may_differ(puppet_of):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks):
        puppet = puppet_of(head, hello=False)
        puppet.greeting = replace(puppet.greeting, python="3.14.2")
        assert isinstance(puppet.hello(), Welcome)
        puppet.complete(puppet.lease(), answer(tasks[0]))


def test_a_worker_that_sees_another_disk_is_refused(tmp_path, monkeypatch):
    tasks = tasks_of(3, tmp_path)
    for task in tasks:
        Path(task.pieces[0].path).write_text(f"line of {task.number}\n" * 10)
    head = Head()
    with collecting(head, Errand(), tasks) as collector:
        with monkeypatch.context() as patch:
            patch.setattr(probe, "difference_in_time", lambda probes: f"{probes[0].path} cannot be read: no such file")
            hand = WorkerThread(head, work, name="blind")
            hand.start()
            hand.join(60)
        assert isinstance(hand.error, RefusedError)
        assert "it does not see the disk that the coordinator sees" in str(hand.error)
        assert f"{tmp_path}/" in str(hand.error)
        head.wait_for("worker blind is refused: it does not see the disk")
        assert any(line.startswith("worker blind is refused") for line in head.troubles())
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


def test_a_file_that_cannot_be_named_in_the_locale_of_a_worker_refuses_it_and_says_why(tmp_path):
    path = tmp_path / "日本.log"
    path.write_text("a line\n")
    code = "from logproc.backends.probe import *; print(ascii(difference_in_time((Probe({}, 7, 7, '', False),))))"
    found = subprocess.run(
        [sys.executable, "-c", code.format(ascii(str(path)))],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be named here, where file names are ascii: set PYTHONUTF8=1" in found.stdout
    assert found.stderr == ""


def test_files_are_compared_and_opened_from_the_root_and_keep_their_names(tmp_path, monkeypatch, puppet_of):
    (tmp_path / "0").write_text("line\n")
    monkeypatch.chdir(tmp_path)
    head, tasks = Head(), [Task(0, (Piece(0, "0", 0, -1, 0),), 5)]
    with collecting(head, Errand(), tasks) as collector:
        puppet = puppet_of(head, hello=False)
        ask = puppet.client.call("hello", puppet.greeting, None)
        assert [probe.path for probe in ask.probes] == [f"{tmp_path}/0"]
        puppet.hello()
        offer = puppet.lease()
        (piece,) = offer.task.pieces
        assert (piece.path, piece.place) == ("0", f"{tmp_path}/0")
        puppet.complete(offer, answer(offer.task))
        assert collector.result() == right(tasks)


def test_who_has_not_said_hello_or_is_of_another_run_is_told_so(puppet_of):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks):
        puppet = puppet_of(head, hello=False)
        puppet.run = puppet.client.call("hello", puppet.greeting, None).run
        calls = [
            ("lease", 0, 0.0, False),
            ("heartbeat", (), 0.0),
            ("complete", "lease", None, 0, b""),
            ("fail", "lease", "cause", "given back", ()),
            ("bye",),
        ]
        for call in calls:
            assert puppet.call(*call) == Refused("a worker that has not said hello", over=True)
        puppet.hello()
        mine, puppet.run = puppet.run, "of yesterday"
        for call in calls:
            refused = puppet.call(*call)
            assert refused.over
            assert refused.reason == "the run of yesterday is over, and this is another one: say hello again"
        puppet.run = mine
        puppet.complete(puppet.lease(), answer(tasks[0]))


@pytest.mark.parametrize("arguments", [(), (1,), (1, 2, 3, 4, 5, 6, 7, 8), ("run", "worker", None, None, None, None)])
def test_calls_with_other_arguments_are_not_understood_and_do_no_harm(puppet_of, arguments):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks):
        puppet = puppet_of(head)
        for method in ("hello", "lease", "heartbeat", "complete", "fail", "bye"):
            if method == "bye" and len(arguments) == 2:
                continue
            try:
                told = puppet.client.call(method, *arguments)
            except RefusedError as error:
                told = error
            assert isinstance(told, Refused) or f"it did not understand: {method} does not take (" in str(told)
        for call in [("lease", 0, math.nan, False), ("heartbeat", (), math.inf), ("lease", 0, -math.inf, False)]:
            with pytest.raises(RefusedError, match=r"did not understand: .* seconds"):
                puppet.call(*call)
        assert not any("defect" in line for line in head.lines)
        puppet.complete(puppet.lease(), answer(tasks[0]))


def test_files_that_have_changed_since_the_run_began_refuse_nobody(tmp_path, puppet_of):
    tasks = tasks_of(2, tmp_path)
    for task in tasks:
        Path(task.pieces[0].path).write_text("line\n" * 100)
    head = Head()
    with collecting(head, Errand(), tasks) as collector:
        head.wait_for("listening")
        (tmp_path / "0").write_text("else\n" * 100)
        puppet = puppet_of(head, hello=False)
        ask = puppet.client.call("hello", puppet.greeting, None)
        assert [probe.path for probe in ask.probes] == [f"{tmp_path}/1"]
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


def python_of(minor):
    """Return a Python of a version that runs, or skip."""
    pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}"))
    for python in (*map(str, pyenv), shutil.which(f"python3.{minor}")):
        if python and subprocess.run([python, "-c", "0"], check=False, capture_output=True).returncode == 0:
            return python
    pytest.skip(f"there is no Python 3.{minor} here")


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_other_pythons_understand_what_is_said(minor, tmp_path):
    """A worker of another Python, as far as it goes without what has to be installed for it."""
    python = python_of(minor)
    script = tmp_path / "puppet.py"
    script.write_text(
        "import sys\n"
        "from backends.queue_workers import Head, Puppet\n"
        "from logproc.model import Partial\n"
        "head = Head()\n"
        "head.say(f'listening on 127.0.0.1:{sys.argv[1]}')\n"
        "puppet = Puppet(head)\n"
        "puppet.hello()\n"
        "while (offer := puppet.lease()).task is not None:\n"
        "    table = f'task {offer.task.number}: {offer.task.bytes}'.encode()\n"
        "    puppet.complete(offer, Partial(offer.task.number, (), (table,)))\n"
    )
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PYTHONWARNINGS": "ignore"}
    head, tasks = Head(wait_workers=10.0), tasks_of(5)
    with collecting(head, Errand("\udcff"), tasks) as collector:
        command = [python, str(script), str(head.port)]
        found = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr
        assert collector.result() == right(tasks)


# ---- saying it twice -------------------------------------------------------------------------------------------


def test_a_task_whose_offer_was_lost_is_offered_again(puppet_of):
    head, tasks = Head(), tasks_of(3)
    with collecting(head, Errand(), tasks) as collector:
        puppet = puppet_of(head)
        offers = [puppet.call("lease", 0, 5.0, False, wait=5.0) for _ in range(3)]
        assert offers[0] == offers[1] == offers[2]
        other = puppet.call("lease", 1, 5.0, False, wait=5.0)
        assert other.task != offers[0].task
        for offer in (offers[0], other):
            puppet.complete(offer, answer(offer.task))
        assert puppet.call("lease", 1, 5.0, False, wait=5.0).task == tasks[2]  # the old one is done
        puppet.complete(Offer(WORK, puppet.call("lease", 1, 5.0, False, wait=5.0).lease), answer(tasks[2]))
        assert collector.result() == right(tasks)


def test_a_result_counts_once(puppet_of):
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        puppet = puppet_of(head)
        offer = puppet.lease()
        assert puppet.complete(offer, Partial(5, (), ())) is False  # of another task
        assert puppet.complete(offer, answer(offer.task)) is True
        assert puppet.complete(offer, Failure(offer.task.number, "late")) is False
        offer = puppet.lease()
        assert puppet.complete(offer, answer(offer.task)) is True
        assert collector.result() == right(tasks)


def test_workers_of_one_name_are_told_apart(puppet_of):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        first, second = puppet_of(head, "node7", hello=False), puppet_of(head, "node7", hello=False)
        for number, puppet in enumerate((first, second)):
            puppet.worker = f"node7/{number}"
            puppet.greeting = replace(puppet.greeting, worker=puppet.worker)
            assert isinstance(puppet.hello(), Welcome)
        head.wait_for("worker node7 joined")
        head.wait_for("worker node7 (2) joined")
        second.complete(second.lease(), answer(tasks[0]))
        assert collector.result() == right(tasks)


def test_a_task_comes_back_when_its_worker_leaves_or_cannot_do_it(puppet_of):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        one, other = puppet_of(head, "one"), puppet_of(head, "other")
        offer = one.lease()
        assert other.lease(0.0) == Offer(IDLE)
        assert one.call("fail", offer.lease, "disk full\n", "given back", ()) is True
        assert one.call("fail", offer.lease, "disk full\n", "given back", ()) is False
        head.wait_for("worker one could not do task 0 (/logs/0 [0:]): disk full")
        offer = other.lease()
        assert offer.task == tasks[0]
        assert other.call("bye") is True
        head.wait_for("worker other left")
        assert head.troubles() == ["worker one could not do task 0 (/logs/0 [0:]): disk full\n"]
        again = one.lease()
        assert again.task == tasks[0]
        assert one.complete(again, answer(tasks[0])) is True
        assert collector.result() == right(tasks)


def test_a_lease_ends_without_heartbeats_and_its_worker_is_told(puppet_of):
    clock, tasks = Clock(), tasks_of(1)
    head = Head(lease_seconds=60.0, clock=clock)
    with collecting(head, Errand(), tasks) as collector:
        slow, other = puppet_of(head, "slow"), puppet_of(head, "other")
        offer = slow.lease()
        clock.advance(61)
        again = other.lease()
        assert again.task == offer.task
        head.wait_for("worker slow has lost task 0")
        assert any(line.startswith("worker slow has lost task 0") for line in head.troubles())
        assert slow.call("heartbeat", (offer.lease,), 20.0, wait=20.0) == Pulse(IDLE, (offer.lease,))
        assert other.complete(again, answer(tasks[0])) is True
        assert slow.complete(offer, Failure(0, "late")) is False
        assert collector.result() == right(tasks)


def test_heartbeats_keep_a_lease(puppet_of):
    clock, tasks = Clock(), tasks_of(1)
    head = Head(lease_seconds=60.0, straggler_seconds=1e9, clock=clock)
    with collecting(head, Errand(), tasks) as collector:
        steady, other = puppet_of(head, "steady"), puppet_of(head, "other")
        offer = steady.lease()
        for _ in range(5):
            clock.advance(59)
            assert steady.call("heartbeat", (offer.lease,), 0.0) == Pulse(IDLE)
            assert other.lease(0.0) == Offer(IDLE)
        assert steady.complete(offer, answer(tasks[0])) is True
        assert collector.result() == right(tasks)
    assert not any("has lost task" in line for line in head.lines)


def test_a_task_that_takes_long_is_given_to_a_second_worker_and_people_are_told(puppet_of):
    clock, tasks = Clock(), tasks_of(1)
    head = Head(lease_seconds=60.0, straggler_seconds=90.0, clock=clock)
    with collecting(head, Errand(), tasks) as collector:
        slow, other = puppet_of(head, "slow"), puppet_of(head, "other")
        offer = slow.lease()
        for _ in range(2):
            clock.advance(50)
            assert slow.call("heartbeat", (offer.lease,), 0.0) == Pulse(IDLE)
        again = other.lease()
        assert again.task == offer.task
        head.wait_for(
            "worker slow has been at task 0 (/logs/0 [0:]) for 100 s, longer than tasks usually take: other does"
        )
        assert other.complete(again, answer(tasks[0])) is True
        assert slow.complete(offer, answer(tasks[0])) is False
        assert collector.result() == right(tasks)


def test_a_coordinator_that_was_stopped_itself_takes_nothing_away(puppet_of, monkeypatch):
    monkeypatch.setattr(service, "STALL_SECONDS", -1.0)  # as if each look were the first one for long
    clock, tasks = Clock(), tasks_of(1)
    head = Head(clock=clock)
    with collecting(head, Errand(), tasks) as collector:
        puppet = puppet_of(head)
        offer = puppet.lease()
        for _ in range(3):
            clock.advance(1000)
            assert puppet.call("lease", 5, 0.0, False) == Offer(IDLE)
        assert puppet.call("heartbeat", (offer.lease,), 0.0) == Pulse(IDLE)
        assert puppet.complete(offer, answer(tasks[0])) is True
        assert collector.result() == right(tasks)


def test_what_is_asked_for_ahead_is_given_at_once_or_not(puppet_of):
    head, tasks = Head(), tasks_of(5)
    with collecting(head, Errand(), tasks) as collector:
        one, other = puppet_of(head, "one"), puppet_of(head, "other")
        has = [(one, one.lease()), (other, other.lease())]
        ahead = [other.call("lease", serial, 1e6, True) for serial in (1, 2)]
        assert [offer.state for offer in ahead] == [WORK, IDLE]  # then 2 are ready, and 3 leased
        has += [(other, ahead[0]), *((one, one.lease()) for _ in range(2))]
        for puppet, offer in has:
            assert puppet.complete(offer, answer(offer.task)) is True
        assert collector.result() == right(tasks)


def test_a_worker_has_the_next_task_in_hand_while_it_is_at_one(tmp_path, monkeypatch):
    taken, condition, lease = [], threading.Condition(), Service.lease

    def watched(service, *arguments):
        offer = lease(service, *arguments)
        with condition:
            if isinstance(offer, Offer) and offer.state == WORK:
                taken.append(offer.task.number)
            condition.notify_all()
        return offer

    monkeypatch.setattr(Service, "lease", watched)
    head, tasks = Head(), tasks_of(4)
    with collecting(head, Errand(str(tmp_path), bad=(0,)), tasks) as collector:
        WorkerThread(head, held, children=1).start()
        with condition:
            assert condition.wait_for(lambda: len(taken) == 2, 60)
        assert not (tmp_path / "1.begun").exists()
        (tmp_path / "go").touch()
        assert collector.result() == right(tasks)
    join_workers()


def test_all_who_wait_are_told_the_end_at_once(puppet_of, monkeypatch):
    monkeypatch.setattr(service_checks, "WAIT_SECONDS", 1e6)  # who is not told waits for longer than any test
    monkeypatch.setattr(service, "LOOK_SECONDS", 1e6)
    head, tasks = Head(), tasks_of(1)
    told = {}
    with collecting(head, Errand(), tasks):
        puppets = [puppet_of(head, f"p{n}") for n in range(4)]
        offer = puppets[0].lease()

        def wait(n, *call):
            told[n] = puppets[n].call(*call, wait=1e6)

        calls = {1: ("lease", 0, 1e6, False), 2: ("heartbeat", (), 1e6), 3: ("heartbeat", (), 1e6)}
        threads = [threading.Thread(target=wait, args=(n, *call)) for n, call in calls.items()]
        for thread in threads:
            thread.start()
        puppets[0].complete(offer, answer(tasks[0]))
        for thread in threads:
            thread.join(30)
        assert puppets[0].lease() == Offer(DRAINED)
    assert told == {1: Offer(DRAINED), 2: Pulse(DRAINED), 3: Pulse(DRAINED)}


def test_who_waits_and_hangs_up_is_given_nothing(puppet_of):
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        one, gone = puppet_of(head, "one"), puppet_of(head, "gone")
        offer = one.lease()
        connection = gone.client._connection
        connection.method = METHODS.index("lease")
        connection.send(("broker", "lease", (gone.run, gone.worker, 0, 20.0, False), {}))
        connection.channel.hang_up(socket.SHUT_WR)
        assert one.call("fail", offer.lease, "a child died", "died", ()) is True
        again = one.lease()
        assert again.task == tasks[0]
        assert one.complete(again, answer(tasks[0])) is True
        assert collector.result() == right(tasks)
    assert [line for line in head.lines if "a child died" in line] == [
        "worker one has lost task 0 (/logs/0 [0:]): a child died; another gets it"
    ]


def test_the_end_of_an_unfinished_run_is_told_too(puppet_of, monkeypatch):
    beat, original = threading.Event(), Broker.heartbeat

    def heartbeat(*arguments):
        beat.set()
        return original(*arguments)

    monkeypatch.setattr(Broker, "heartbeat", heartbeat)
    head, tasks = Head(), tasks_of(5)
    outcomes = queue.run(None, Errand(), tasks, 1, remote=head.remote)
    found = []
    thread = threading.Thread(target=lambda: found.append(next(outcomes)))
    thread.start()
    puppet = puppet_of(head)
    puppet.complete(puppet.lease(), answer(tasks[0]))
    thread.join(30)
    waiting = threading.Thread(target=lambda: found.append(puppet.call("heartbeat", (), 20.0, wait=20.0)))
    waiting.start()
    assert beat.wait(30)
    outcomes.close()
    waiting.join(30)
    assert found == [answer(tasks[0]), Pulse(STOPPED)]


# ---- rejected lines --------------------------------------------------------------------------------------------


def place(folder, task):
    return f"{folder}/{task.number}.jsonl"


def spooling_head(**options):
    return Head(types=(Errand, Spooling), place=place, **options)


@pytest.fixture
def spooling(monkeypatch):
    monkeypatch.setattr(queue_workers, "CODEC", Codec((*queue_workers.TYPES, Errand, Spooling)))


@pytest.mark.usefixtures("spooling")
def test_rejected_lines_come_in_pieces_each_of_which_counts_once(puppet_of, tmp_path):
    head, tasks = spooling_head(), tasks_of(2)
    pieces = [zlib.compress(b"one\n"), zlib.compress(b"two\n" * 1_000_000)]
    with collecting(head, Spooling(str(tmp_path)), tasks) as collector:
        puppet = puppet_of(head)
        offer = puppet.lease()
        for number in (0, 0, 1, 0, 1):
            assert puppet.call("complete", offer.lease, None, number, pieces[number]) is True
        assert puppet.call("complete", offer.lease, None, 7, pieces[0]) is False
        assert puppet.complete(offer, answer(offer.task)) is True
        lost = puppet.lease()
        assert puppet.call("complete", lost.lease, None, 0, pieces[0]) is True
        assert puppet.complete(lost, Failure(lost.task.number, "no")) is True
        collector.result()
    assert [path.name for path in tmp_path.iterdir()] == [f"{offer.task.number}.jsonl"]
    assert (tmp_path / f"{offer.task.number}.jsonl").read_bytes() == b"one\n" + b"two\n" * 1_000_000


@pytest.mark.usefixtures("spooling")
def test_rejected_lines_of_a_late_result_that_counts_count_too(puppet_of, tmp_path):
    clock, tasks = Clock(), tasks_of(1)
    head = spooling_head(clock=clock)
    with collecting(head, Spooling(str(tmp_path)), tasks) as collector:
        puppet, other = puppet_of(head), puppet_of(head, "other")
        offer = puppet.lease()
        clock.advance(61)
        head.wait_for("has lost task 0")
        assert other.call("complete", offer.lease, None, 0, zlib.compress(b"not mine\n")) is False
        assert other.complete(offer, answer(tasks[0])) is False
        assert other.call("fail", offer.lease, "not mine", "died", ()) is False
        assert puppet.call("complete", offer.lease, None, 0, zlib.compress(b"late\n")) is True
        assert puppet.complete(offer, answer(tasks[0])) is True
        collector.result()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"0.jsonl": b"late\n"}


@pytest.mark.usefixtures("spooling")
def test_rejected_lines_that_are_damaged_or_nobodys_are_refused(puppet_of, tmp_path):
    head, tasks = spooling_head(), tasks_of(1)
    with collecting(head, Spooling(str(tmp_path)), tasks):
        puppet = puppet_of(head)
        offer = puppet.lease()
        good = pack(b"line\n" * 1000)
        for bad in (b"", b"not packed", good[:-1], good[:20], good + b"x", good + good, pack(bytes(CHUNK_BYTES + 1))):
            with pytest.raises(RefusedError, match=r"did not understand: (a piece of )?rejected lines"):
                puppet.call("complete", offer.lease, None, 0, bad)
            assert list(tmp_path.iterdir()) == []
        assert puppet.call("complete", "another:lease", None, 0, good) is False
        assert puppet.call("complete", offer.lease, None, 0, pack(bytes(CHUNK_BYTES))) is True
        assert puppet.complete(offer, answer(offer.task)) is True
    assert (tmp_path / "0.jsonl").read_bytes() == bytes(CHUNK_BYTES)


@pytest.mark.usefixtures("spooling")
def test_a_coordinator_that_cannot_write_rejected_lines_stops(puppet_of, tmp_path):
    head, tasks = spooling_head(), tasks_of(1)
    with collecting(head, Spooling(str(tmp_path / "none")), tasks) as collector:
        puppet = puppet_of(head)
        offer = puppet.lease()
        assert puppet.call("complete", offer.lease, None, 0, zlib.compress(b"line\n")) is False
        collector.join(30)
    assert isinstance(collector.error, MachineError)


@pytest.mark.usefixtures("spooling")
def test_what_is_slow_to_be_written_keeps_nobody_waiting(puppet_of, tmp_path):
    """One worker's piece is on its way to a disk that does not answer; the others' calls do."""
    head, tasks = spooling_head(), tasks_of(2)
    with collecting(head, Spooling(str(tmp_path)), tasks) as collector:
        one, other = puppet_of(head, "one"), puppet_of(head, "other")
        offers = [one.lease(), other.lease()]
        fifo = tmp_path / f"0.jsonl.{offers[0].lease.replace(':', '-')}"
        os.mkfifo(fifo)
        sent = threading.Thread(target=one.call, args=("complete", offers[0].lease, None, 0, pack(b"line\n")))
        sent.start()  # it opens the FIFO, and waits for somebody to read it
        assert other.call("heartbeat", (offers[1].lease,), 0.0) == Pulse(IDLE)
        assert other.complete(offers[1], answer(tasks[1])) is True
        assert fifo.read_bytes() == b"line\n"
        sent.join(30)
        fifo.unlink()
        fifo.touch()
        assert one.complete(offers[0], answer(tasks[0])) is True
        assert collector.result() == right(tasks)


@pytest.mark.usefixtures("spooling")
def test_nothing_is_kept_of_leases_that_were_lost(puppet_of, tmp_path, monkeypatch):
    services = []
    monkeypatch.setattr(queue, "Service", lambda *args: services.append(Service(*args)) or services[0])
    clock, tasks = Clock(), tasks_of(3)
    head = spooling_head(clock=clock)
    with collecting(head, Spooling(str(tmp_path)), tasks) as collector:
        puppets = [puppet_of(head, f"p{n}") for n in range(3)]
        for puppet in puppets:
            puppet.call("complete", puppet.lease().lease, None, 0, pack(b"lost\n"))
        puppets[0].call("bye")
        head.wait_for("worker p0 left")
        assert len(list(tmp_path.iterdir())) == 2
        clock.advance(61)
        last = puppet_of(head, "last")
        for _ in tasks:
            offer = last.lease()
            assert last.complete(offer, answer(offer.task)) is True
        assert collector.result() == right(tasks)
    assert list(tmp_path.iterdir()) == []
    (kept,) = services
    assert (len(kept._records), kept._come) == (0, {})


def spool_lines(job, task):
    """Leave a line for each task where the job says."""
    if task.number % 2:
        Path(place(job.spool, task)).write_text(json.dumps([task.number, job.text]) + "\n")
    return answer(task)


@pytest.mark.usefixtures("spooling")
def test_workers_bring_the_lines_that_their_tasks_leave(tmp_path):
    head, tasks = spooling_head(), tasks_of(9)
    with collecting(head, Spooling(str(tmp_path), "text"), tasks) as collector:
        hand = WorkerThread(head, spool_lines)
        hand.start()
        assert collector.result() == right(tasks)
        hand.join(30)
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {f"{n}.jsonl": json.dumps([n, "text"]) + "\n" for n in (1, 3, 5, 7)}


# ---- without workers -------------------------------------------------------------------------------------------


def test_a_run_without_workers_says_so_and_ends():
    clock = Clock()
    head = Head(wait_workers=300.0, clock=clock)
    with collecting(head, Errand(), tasks_of(4)) as collector:
        head.wait_for("listening")
        clock.advance(301)
    with pytest.raises(
        TryLaterError, match=r"no worker for 300 s, with 4 of 4 tasks to do; start some: logproc worker"
    ):
        collector.result()
    assert head.lines[0].startswith("listening on 127.0.0.1:")
    assert "no workers yet, the run waits 300 s for the first" in head.lines[0]


def test_a_run_whose_workers_have_left_says_so_and_ends(puppet_of):
    clock = Clock()
    head = Head(clock=clock)
    with collecting(head, Errand(), tasks_of(4)) as collector:
        puppet = puppet_of(head)
        head.wait_for("joined: 1 at a time, Python 3.11.0")
        puppet.call("bye")
        clock.advance(61)
    assert isinstance(collector.error, TryLaterError)
    assert "4 of 4 tasks" in str(collector.error)


def test_a_run_of_nothing_needs_no_workers():
    assert collect(Head(wait_workers=0.0), Errand(), []) == []


# ---- where it listens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:5000", "head.example:5000"])
def test_other_machines_need_tls_or_to_be_told(listen):
    with pytest.raises(UsageError, match=r"--cert FILE .* or say --insecure"):
        collect(Head(listen=listen), Errand(), tasks_of(1))
    queue.require_secure(keys.parse_address(listen), keys.Certificate("x"), insecure=False)
    queue.require_secure(keys.parse_address(listen), None, insecure=True)


def test_a_port_that_is_taken_is_said():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        with pytest.raises(TryLaterError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"):
            collect(Head(listen=f"127.0.0.1:{port}"), Errand(), tasks_of(1))


def test_an_address_that_is_not_ours_is_said():
    with pytest.raises(UsageError, match=r"cannot listen on 192.0.2.1:5000: .*; name an address of this machine"):
        collect(Head(listen="192.0.2.1:5000", insecure=True), Errand(), tasks_of(1))


def test_ipv6_works(puppet_of):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    head, tasks = Head(listen="[::1]:0"), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        head.wait_for("listening on [::1]:")
        head.endpoint = lambda _port=None: replace(Head.endpoint(head), address=keys.Address("::1", head.port))
        puppet = puppet_of(head)
        puppet.complete(puppet.lease(), answer(tasks[0]))
        assert collector.result() == right(tasks)


def test_a_job_that_cannot_travel_is_said_at_once():
    with pytest.raises(WireError, match="cannot be sent"):
        collect(Head(), {"set": {1, 2}}, tasks_of(1))


def test_no_secret_is_shown():
    head = Head()
    assert "a key of tests" not in repr(head.remote) + repr(Head(listen="").endpoint(1))
    with collecting(head, Errand(), tasks_of(2)) as collector:
        WorkerThread(head, work).start()
        collector.result()
    assert not any("a key of tests" in line for line in head.lines)


def test_a_worker_that_was_given_up_and_came_back_counts_its_rate_anew(monkeypatch):
    class Told:
        def __init__(self, *workers):
            self.left = iter(workers)

        def status(self):
            return Status(100, 0, 1, 50, 0, 0, 0, 0, None, (next(self.left),))

        def losses(self):
            return ()

        def doubled(self):
            return ()

        def name(self, worker):
            return worker

    monkeypatch.setattr(queue, "TICK_SECONDS", -1.0)
    clock = Clock()
    head = Head(clock=clock)
    told = Told(WorkerStatus("hand", 1.0, 1, 50, 50_000_000, 0, False), WorkerStatus("hand", 40.0, 1, 31, 0, 0, False))
    watch = queue.Watch(told, head.remote, parse_address("127.0.0.1:1"))
    for _ in range(2):
        clock.advance(31)
        watch.tick()
    assert [line.rpartition(": ")[2] for line in head.lines[1:]] == [
        "hand 1.6 tasks/s 2 MB/s",
        "hand 1.0 tasks/s 0 MB/s",
    ]


# ---- what is this machine's fault ------------------------------------------------------------------------------


def full(job, task):
    """Fail as where a disk is full."""
    if task.number not in job.bad:
        return answer(task)
    raise OSError(28, "No space left on device")


def unreadable(_job, task):
    """Report every file as unreadable, as where the disk is gone."""
    result = FileResult(task.number, "plain", None, 0.0, 0, Lines(), problem="no such file or directory", skipped=True)
    return Partial(task.number, (result,), ())


def test_a_full_disk_of_a_worker_loses_nothing():
    head, tasks = Head(), tasks_of(8)
    with collecting(head, Errand(bad=tuple(range(8))), tasks) as collector:
        bad = WorkerThread(head, full, name="bad")
        bad.start()
        bad.join(60)
        assert isinstance(bad.error, TryLaterError)
        assert "could not be done on this machine: OSError: [Errno 28] No space left on device" in str(bad.error)
        head.wait_for("worker bad left")
        WorkerThread(head, work, name="good").start()
        assert collector.result() == right(tasks)


def test_a_worker_that_can_do_no_task_leaves_at_once_and_says_why():
    head, tasks = Head(), tasks_of(8)
    with collecting(head, Errand(bad=tuple(range(8))), tasks) as collector:
        bad = WorkerThread(head, unfit, name="bad")
        bad.start()
        bad.join(60)
        assert isinstance(bad.error, TryLaterError)
        assert str(bad.error) == "no task can be done on this machine: there is no machine code for this"
        head.wait_for("worker bad left")
        assert any("worker bad could not do task" in line and "no machine code" in line for line in head.lines)
        WorkerThread(head, work, name="good").start()
        assert collector.result() == right(tasks)


def test_a_disk_that_goes_away_loses_nothing(monkeypatch, tmp_path):
    tasks = tasks_of(6, tmp_path)
    for task in tasks:
        Path(task.pieces[0].path).write_text("line\n")
    head = Head()
    with collecting(head, Errand(), tasks) as collector:
        answers = iter([None])  # at hello all was well
        with monkeypatch.context() as patch:
            patch.setattr(probe, "difference_in_time", lambda _probes: next(answers, "/logs/0 cannot be read"))
            bad = WorkerThread(head, unreadable, name="bad", children=1)
            bad.start()
            bad.join(60)
        assert isinstance(bad.error, TryLaterError)
        assert "the disk that the coordinator sees is gone: /logs/0 cannot be read" in str(bad.error)
        WorkerThread(head, work, name="good").start()
        assert collector.result() == right(tasks)


def test_a_disk_that_hangs_refuses_its_worker_in_time(monkeypatch, tmp_path):
    tasks, hangs = tasks_of(1, tmp_path), threading.Event()
    (tmp_path / "0").write_text("line\n")
    head = Head()
    with collecting(head, Errand(), tasks) as collector:
        with monkeypatch.context() as patch:
            patch.setattr(probe, "difference_in_time", partial(probe.difference_in_time, seconds=0.01))
            patch.setattr(probe, "difference", lambda _probes: hangs.wait(60))
            bad = WorkerThread(head, work, name="hung")
            bad.start()
            bad.join(60)
            hangs.set()
        assert isinstance(bad.error, RefusedError)
        assert "the disk did not answer within 0.01 s; mount it and try again" in str(bad.error)
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


def test_a_file_that_cannot_be_read_is_a_result_where_the_disk_is_there(tmp_path):
    head, tasks = Head(), tasks_of(2, tmp_path)
    (tmp_path / "0").write_text("line\n")
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, unreadable).start()
        found = collector.result()
    assert [found[n].files[0].problem for n in (0, 1)] == ["no such file or directory"] * 2


def test_a_result_that_is_too_large_to_travel_is_a_failure(monkeypatch):
    monkeypatch.setattr(delivery, "RESULT_BYTES", delivery.CHUNK_BYTES + 10)
    head, tasks = Head(), tasks_of(1)
    with collecting(head, Errand(), tasks) as collector:
        WorkerThread(head, work).start()
        (outcome,) = collector.result().values()
    assert isinstance(outcome, Failure)
    assert "lower max_groups" in outcome.cause


# ---- what is a defect ------------------------------------------------------------------------------------------


def test_a_defect_of_the_coordinator_is_told_at_both_ends_and_ends_the_worker(monkeypatch):
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        with monkeypatch.context() as patch:
            patch.setattr(Service, "lease", lambda *_: None + 1)
            hand = WorkerThread(head, work, lost_seconds=1e6)
            hand.start()
            hand.join(60)
        assert isinstance(hand.error, RefusedError)
        assert str(hand.error) == "the coordinator cannot answer: unexpected TypeError in lease (a defect of logproc)"
        head.wait_for("unexpected TypeError in a worker's call of lease: unsupported operand")
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


def test_a_reply_that_is_not_understood_ends_the_worker():
    head, tasks = Head(), tasks_of(2)
    with collecting(head, Errand(), tasks) as collector:
        endpoint = replace(head.endpoint(), codec=Codec(TYPES))  # without the class of the job
        with pytest.raises(RefusedError, match="cannot be understood here: nothing that is known: '@Errand'"):
            remote.work(work, options_of(endpoint, lost_seconds=1e6))
        WorkerThread(head, work).start()
        assert collector.result() == right(tasks)


# ---- hanging up ------------------------------------------------------------------------------------------------


def test_a_call_that_still_connects_can_be_hung_up(monkeypatch):
    connects, go = threading.Event(), threading.Event()
    called = []

    class Connection:
        def send(self, message):
            called.append(message)

        def recv(self):
            return "#RETURN", None

        def close(self):
            called.append("closed")

    def connect(_endpoint):
        connects.set()
        assert go.wait(60)
        return Connection()

    monkeypatch.setattr(manager, "connect", connect)
    options = options_of(Endpoint(keys.Address("127.0.0.1", 1), CODEC, KEY), lost_seconds=1e6)
    client, ended = RetryingClient(options, Liveness(options)), []

    def call():
        try:
            client.call("bye", "run", "worker")
        except HungUpError as error:
            ended.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert connects.wait(60)
    client.hang_up()
    go.set()
    thread.join(60)
    assert len(ended) == 1
    assert called == ["closed"]


# ---- who lost leases -------------------------------------------------------------------------------------------


def test_only_those_are_named_who_lost_leases_just_now(puppet_of):
    clock, tasks = Clock(), tasks_of(2)
    head = Head(clock=clock, straggler_seconds=1e9)
    with collecting(head, Errand(), tasks) as collector:
        one, other = puppet_of(head, "one"), puppet_of(head, "other")
        lease_of = {one: one.lease(), other: other.lease()}
        for loser, keeper in ((one, other), (other, one)):
            for puppet, offer in lease_of.items():
                assert puppet.call("heartbeat", (offer.lease,), 0.0) == Pulse(IDLE)
            clock.advance(59)
            assert loser.call("heartbeat", (), 0.0) == Pulse(IDLE)  # it is there, but lets its lease go
            assert keeper.call("heartbeat", (lease_of[keeper].lease,), 0.0) == Pulse(IDLE)
            clock.advance(2)
            head.wait_for(f"worker {loser.greeting.name} has lost task {lease_of[loser].task}: nothing was heard of it")
            lease_of[loser] = loser.lease()
        for puppet, offer in lease_of.items():
            assert puppet.complete(offer, answer(offer.task)) is True
        assert collector.result() == right(tasks)
