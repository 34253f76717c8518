"""The parts of the Dask backend that need no cluster: addresses, who may work, probes of the disk, files."""

from __future__ import annotations

import os
import pickle
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from logproc.backends import dask, dask_connect, dask_worker, probe, spooled
from logproc.backends.dask_connect import Cluster, Tls
from logproc.backends.dask_in_flight import InFlight
from logproc.backends.dask_membership import NAMED, REFUSALS_TOLD, RETRY_SECONDS, TRIES, Membership
from logproc.backends.dask_refusals import REFUSALS, Refusals
from logproc.backends.dask_submissions import Group, Suspect, TaskSubmission
from logproc.backends.dask_worker import Greeting, UnusableHereError, mismatch
from logproc.backends.folding import FOLD, FOLD_ABOVE, groups
from logproc.errors import MissingExtraError, TryLaterError, UsageError
from logproc.model import Failure, Partial, Parts, Piece, Task

FIT = Greeting("node")


@dataclass(frozen=True)
class Job:
    spool: str | None = None


def task_of(number, path="/logs/a", start=0, end=-1, size=10, codec=None):
    return Task(number, (Piece(0, path, start, end, 0, codec=codec),), size)


# ---- addresses ---------------------------------------------------------------------------------------------


def start(cluster):
    next(dask.run(None, None, [task_of(0)], 1, cluster=cluster))


@pytest.mark.parametrize(
    "address", ["", "head", "head:8786", "http://head:1", "tcp://head", "tcp://a:99999", "local:0"]
)
def test_what_is_no_address_is_refused_with_what_to_write(address):
    with pytest.raises(UsageError, match=r"is no address of a Dask scheduler; write tcp://HOST:PORT, tls://HOST:PORT"):
        start(Cluster(address))


@pytest.mark.parametrize("address", ["tcp://head:8786", "tcp://10.0.0.1:8786", "tcp://[2001:db8::1]:8786"])
def test_plain_tcp_to_another_host_is_refused_with_the_way_out(address):
    with pytest.raises(UsageError, match=r"can run code on the workers and on this machine; use tls://.*or --insecure"):
        start(Cluster(address))


@pytest.mark.parametrize("address", ["tcp://localhost:9", "tcp://127.0.0.1:9", "tcp://[::1]:9", "tcp://127.9.9.9:9"])
def test_plain_tcp_on_this_machine_is_tried(address, monkeypatch):
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    monkeypatch.setattr("logproc.backends.dask_connect.CONNECT_SECONDS", 0.1)
    with pytest.raises(TryLaterError, match="no Dask scheduler answers"):
        start(Cluster(address))


class Listener:
    """Something that accepts connections and says one thing."""

    def __init__(self, words):
        self._words = words
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(100)
                    connection.sendall(self._words)

    def close(self):
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", bytes(100)])
def test_what_is_no_scheduler_is_said_to_be_none(words, capfd):
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    with closing(Listener(words)) as listener:
        address = f"tcp://127.0.0.1:{listener.port}"
        with pytest.raises(TryLaterError) as caught:
            start(Cluster(address, wait_workers=1))
    assert str(caught.value).startswith(
        f"{address}: no Dask scheduler answers (something listens there, but says nothing that Dask would)"
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("waited", "patience"), [(0, 1.0), (2.5, 2.5), (300, 10.0)])
def test_the_wait_for_workers_bounds_the_time_to_connect(waited, patience, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    seen = []

    class Client:
        def __init__(self, *_address, timeout, **_how):
            seen.append(timeout)
            raise OSError

    monkeypatch.setattr(distributed, "Client", Client)
    with pytest.raises(TryLaterError, match=r"no Dask scheduler answers \(Connection refused\); is it running\?"):
        start(Cluster("tcp://127.0.0.1:9", wait_workers=waited))
    assert seen == [patience]


def test_a_connection_that_is_given_up_on_the_way_is_closed_with_the_loop():
    """As where Dask waits no longer for it: nobody else knows of it then, and whoever collects it is warned."""
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from tornado.iostream import IOStream

    caller, begun = socket.socket(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with dask_connect._loop() as loop:

            def call():
                IOStream(caller).connect(mute.getsockname())
                begun.set()

            loop.add_callback(call)
            assert begun.wait(60)
        assert caller.fileno() == -1


def test_certificates_that_would_not_be_used_are_refused():
    with pytest.raises(UsageError, match=r"tcp:// does not use them; write tls://"):
        start(Cluster("tcp://localhost:9", Tls("a", "b", "c")))


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    (tmp_path / "rubbish").write_text("no certificate")
    rubbish, missing = str(tmp_path / "rubbish"), str(tmp_path / "missing")
    with pytest.raises(UsageError, match=r"missing: cannot be read: No such file"):
        start(Cluster("tls://head:9", Tls(rubbish, missing, rubbish)))
    with pytest.raises(UsageError, match=r"rubbish.* do not work together"):
        start(Cluster("tls://head:9", Tls(rubbish, rubbish, rubbish)))


def test_without_dask_the_pip_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'logproc\[dask\]'"):
        start(Cluster("local"))


def test_a_cluster_of_this_machine_that_does_not_start_is_a_sentence(monkeypatch):
    """As where the machine is so busy that a worker takes longer than Dask waits for it."""
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("cryptography")
    begun = set()

    class Half:
        _instances = begun
        shutdown_on_close = True

        def __init__(self, **_options):
            self._instances.add(self)
            raise RuntimeError("Nanny failed to start.\nmore")

    monkeypatch.setattr(distributed, "LocalCluster", Half)
    said = r"this machine did not start \(Nanny failed to start\.\), as where it is too busy; .*--backend processes"
    with pytest.raises(TryLaterError, match=said):
        start(Cluster("local"))
    assert [cluster.shutdown_on_close for cluster in begun] == [False]


# ---- who may work ------------------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def said():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def members(said, clock):
    return Membership(Cluster("tcp://head:1", wait_workers=10, say=said.append), clock)


def greet(members, live, answers=()):
    for worker in members.see(live):
        assert members.ask(worker)
    for worker, greeting in dict(answers).items():
        members.answered(worker, greeting)


def test_workers_are_greeted_once_and_then_used(members):
    greet(members, {"a": 1, "b": 4}, {"a": FIT, "b": FIT})
    assert members.see({"a": 1, "b": 4}) == []
    assert members.threads == 5
    assert members.among() is None


def test_tasks_are_meant_for_the_fit_as_long_as_others_are_there(members, said):
    greet(members, {"a": 1, "b": 1, "c": 1}, {"a": FIT, "b": Greeting("node", "mount", "x is missing")})
    assert members.among() == {"a"}
    assert said == ["worker b on node is not used: x is missing"]
    members.answered("c", FIT)
    assert members.among() == {"a", "c"}
    members.see({"a": 1, "c": 1})
    assert members.among() is None


@pytest.mark.parametrize("kind", ["mount", "machine"])
def test_a_worker_that_was_mended_is_used_again_without_a_restart(members, clock, said, kind):
    greet(members, {"a": 1, "b": 1}, {"a": FIT, "b": Greeting("node", kind, "the disk is full")})
    assert members.see({"a": 1, "b": 1}) == []
    clock.now = RETRY_SECONDS
    for _ in range(2):  # asked again, and once
        greet(
            members,
            {"a": 1, "b": 1},
            {"b": Greeting("node", kind, "the disk is full")} if clock.now == RETRY_SECONDS else {},
        )
    assert members.among() == {"a"}
    clock.now = 2 * RETRY_SECONDS
    greet(members, {"a": 1, "b": 1}, {"b": FIT})
    assert members.among() is None
    assert said == ["worker b on node is not used: the disk is full", "worker b on node is used again"]


def test_other_versions_are_not_asked_again(members, clock):
    greet(members, {"a": 1, "b": 1}, {"a": FIT, "b": Greeting("node", "versions", "it has python 3.9")})
    clock.now = 10 * RETRY_SECONDS
    assert members.see({"a": 1, "b": 1}) == []


def test_few_of_many_are_named_for_a_task(members):
    live = {f"worker-{n}": 1 for n in range(3 * NAMED)}
    greet(members, {**live, "odd": 1}, dict.fromkeys(live, FIT))
    assert len(members.among()) == NAMED
    assert members.among() <= live.keys()


def test_a_worker_that_forgot_the_run_is_greeted_again(members):
    greet(members, {"a": 1}, {"a": FIT})
    assert members.stranger("a")
    assert members.threads == 0
    assert members.ask("a")
    assert not members.stranger("a")


def test_a_worker_that_never_answers_is_left_alone(members):
    members.see({"a": 1})
    assert [members.ask("a") for _ in range(TRIES + 1)] == [True] * TRIES + [False]
    assert members.see({"a": 1}) == []


def test_without_workers_it_waits_and_then_gives_up(members, clock):
    members.see({})
    clock.now = 9.9
    members.check()
    clock.now = 10
    with pytest.raises(TryLaterError, match=r"tcp://head:1: no worker joined within 10 s; start some"):
        members.check()


def test_workers_that_left_are_waited_for_anew(members, clock):
    greet(members, {"a": 1}, {"a": FIT})
    clock.now = 100
    members.check()
    members.see({})
    clock.now = 109
    members.check()
    clock.now = 110
    with pytest.raises(TryLaterError, match="no worker is left and none came back within 10 s"):
        members.check()


def test_busy_workers_are_called_so(members, clock):
    greet(members, {"a": 1, "b": 1})
    clock.now = 10
    with pytest.raises(TryLaterError, match="none of 2 workers answered within 10 s"):
        members.check()


def test_other_versions_are_refused_at_once_but_another_disk_is_waited_for(members, clock):
    greet(members, {"a": 1}, {"a": Greeting("n1", "mount", "x is missing")})
    members.check()
    greet(members, {"a": 1, "b": 1}, {"b": Greeting("n2", "versions", "it has python 3.9")})
    members.check()
    clock.now = 10
    with pytest.raises(TryLaterError, match=r"worker a on n1: x is missing; worker b on n2: .*mount the same disk"):
        members.check()
    members.see({"b": 1})
    with pytest.raises(UsageError, match=r"it has python 3\.9; install the same versions everywhere"):
        members.check()


def test_that_it_waits_is_said_once_and_again_when_it_has_to_again(members, clock, said):
    members.see({})
    members.check()
    assert said == []
    for clock.now in (3.0, 4.0):
        members.check()
    assert said == ["no usable worker; the run waits 10 s"]
    greet(members, {"a": 1}, {"a": FIT})
    members.check()
    members.dismiss("a", Greeting("node", "machine", "no memory"))
    members.check()
    members.check()
    assert said[1:] == ["worker a on node is not used: no memory", "no usable worker; the run waits 10 s"]


def test_workers_that_are_still_starting_get_longer_to_answer(members, clock, said):
    for worker in members.see({"a": 1, "b": 1}):
        assert members.ask(worker)
    for clock.now in (3.0, 7.0):
        members.check()
    assert said == []
    members.answered("b", Greeting("node", "mount", "x is missing"))
    members.check()
    assert said == ["worker b on node is not used: x is missing"]
    members.answered("a", FIT)
    members.check()
    assert len(said) == 1


def test_workers_that_do_not_answer_at_all_are_told_of(clock, said):
    members = Membership(Cluster(wait_workers=60.0, say=said.append), clock)
    for worker in members.see({"a": 1, "b": 1}):
        assert members.ask(worker)
    for clock.now in (19.0, 20.0, 21.0):
        members.check()
    assert said == ["2 workers have not answered yet; the run waits 60 s"]


def test_the_way_out_is_that_of_the_reason(members, clock):
    greet(members, {"a": 1}, {"a": FIT})
    members.check()
    members.dismiss("a", Greeting("node", "machine", "no memory"))
    clock.now = 10
    with pytest.raises(TryLaterError) as caught:
        members.check()
    text = "tcp://head:1: no worker can be used; worker a on node: no memory; see what these machines lack"
    assert str(caught.value) == text
    members.see({"a": 1, "b": 1})
    with pytest.raises(TryLaterError, match=r"no memory; 1 more did not answer; see what these machines lack$"):
        members.check()


def test_a_worker_that_gives_everything_back_is_named_a_few_times(members, said):
    for n in range(3 * REFUSALS_TOLD):
        members.complain(UnusableHereError("a", "node", "No such file", f"/logs/{n}", n))
    assert len(said) == REFUSALS_TOLD
    assert said[1] == "worker a on node gave a task back, which others get first: /logs/1 cannot be read: No such file"


def test_a_worker_that_gives_back_what_others_can_do_is_not_used(members, said):
    refusals = Refusals(members, SimpleNamespace(stranger=lambda _worker: None))
    greet(members, {"a": 1, "b": 1}, {"a": FIT, "b": FIT})
    for n in range(REFUSALS):
        assert members.among() is None
        refusals.note(task_of(n), UnusableHereError("a", "node", "MemoryError: "))
        assert refusals.among(task_of(n)) == {"b"}
        refusals.done(task_of(n))
    assert members.among() == {"b"}
    assert said[-1].startswith("worker a on node is not used: 5 tasks that it gave back were done by others")


def test_what_some_cannot_do_is_not_tried_everywhere(members):
    refusals = Refusals(members, SimpleNamespace(stranger=lambda _worker: None))
    live = dict.fromkeys("abcdefgh", 1)
    greet(members, live, dict.fromkeys(live, FIT))
    for worker in "abcde":
        assert not isinstance(refusals.among(task_of(3)), Failure)
        refusals.note(task_of(3), UnusableHereError(worker, "node", "MemoryError: "))
    assert refusals.among(task_of(3)) == Failure(3, "MemoryError:  (worker e on node)")
    assert refusals.among(task_of(4)) is None


def test_versions_that_differ_are_named():
    mine = {"python": "3.12", "numpy": "2.4.6"}
    assert mismatch(mine, {"python": "3.12", "numpy": "2.4.1"}, "it") is None
    assert (
        mismatch(mine, {"python": "3.11"}, "it") == "it has python 3.11 instead of 3.12, numpy nowhere instead of 2.4.6"
    )


# ---- the disk ----------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"line\n" * 1000)
    os.utime(path, (0, 0))
    return path


def test_the_same_disk_looks_the_same_and_may_have_grown(log):
    seen = probe.probes([task_of(0, str(log))])
    assert len(seen) == 1
    assert probe.difference(seen) is None
    with log.open("ab") as file:
        file.write(b"more\n")
    assert probe.difference(seen) is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda log: log.unlink(), "cannot be read: No such file or directory"),
        (lambda log: log.write_bytes(b"Line\n" * 1000), "begins with other bytes"),
        (lambda log: log.write_bytes(b"line\n" * 900), "has 4500 bytes instead of 5000"),
        (lambda log: (log.unlink(), os.mkfifo(log)), "is no regular file"),
    ],
)
def test_another_disk_is_told(log, change, text):
    seen = probe.probes([task_of(0, str(log))])
    change(log)
    assert probe.difference(seen) == f"{log} {text}"


def test_a_file_that_still_grows_may_be_shorter_elsewhere(log):
    seen = probe.probes([task_of(0, str(log))])
    log.write_bytes(b"line\n" * 900)
    assert probe.difference([replace(seen[0], fresh=True)]) is None


def test_what_cannot_be_read_here_says_nothing_about_elsewhere(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    names = ["missing", "fifo", ".", "nul\0"]
    assert probe.probes([task_of(n, str(tmp_path / name)) for n, name in enumerate(names)]) == ()


def test_few_files_of_a_large_plan_are_looked_at(tmp_path):
    for n in range(40):
        (tmp_path / str(n)).touch()
    seen = probe.probes([task_of(n, str(tmp_path / str(n))) for n in range(40)])
    assert [file.path.rpartition("/")[2] for file in seen] == ["0", "8", "16", "24", "32", "39"]


# ---- the job on a worker -----------------------------------------------------------------------------------


@pytest.fixture
def known(monkeypatch):
    found = {}
    monkeypatch.setattr(dask_worker, "_known", found)
    return found


def kit_of(run):
    return dask_worker.RunSetup(run, pickle.dumps((None, None, None)), (), tuple(dask_worker.versions().items()))


def test_a_worker_remembers_a_few_runs_and_not_one_twice(known):
    for run in "abcdedc":
        assert dask_worker._greet(kit_of(run)).problem is None
    assert list(known) == list("bedc")
    dask_worker.forget("d")
    dask_worker.forget("never seen")
    assert list(known) == list("bec")


def test_runs_that_greet_a_worker_at_once_do_not_trip_over_each_other(monkeypatch):
    barrier = threading.Barrier(2)

    class Met(dict):
        """Lets two threads choose the same run to be forgotten, if it can."""

        def __delitem__(self, run):
            with suppress(threading.BrokenBarrierError):
                barrier.wait(0.5)
            super().__delitem__(run)

    monkeypatch.setattr(dask_worker, "_known", met := Met(dict.fromkeys("abcd")))
    with ThreadPoolExecutor(2) as pool:
        assert [greeting.problem for greeting in pool.map(dask_worker._greet, map(kit_of, "xy"))] == [None, None]
    assert len(met) == dask_worker.RUNS


def raise_(error):
    def process(_job, _task):
        raise error

    return process


@pytest.mark.parametrize("error", [OSError(28, "full"), MemoryError(), ConnectionError("x")])
@pytest.mark.parametrize("job", [None, Job("elsewhere")])
def test_a_machine_without_disk_or_memory_gives_tasks_back(known, monkeypatch, error, job):
    monkeypatch.setattr(dask_worker, "_address", lambda: "tcp://w:1")
    known["run"] = raise_(error), job, None
    with pytest.raises(UnusableHereError, match=type(error).__name__) as caught:
        dask_worker.do("run", task_of(1))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.worker, again.file, str(again)) == ("tcp://w:1", None, str(caught.value))


@pytest.mark.parametrize(
    ("error", "kind", "problem"),
    [
        (MemoryError("no room"), "machine", "MemoryError: no room"),
        (RuntimeError("can't start new thread"), "machine", "RuntimeError: can't start new thread"),
        (ImportError("not here"), "code", "it cannot load logproc (ImportError: not here)"),
    ],
)
def test_a_worker_that_has_no_memory_for_a_greeting_is_not_told_to_install_anything(error, kind, problem):
    greeting = dask_worker.unanswered(error)
    assert (greeting.kind, greeting.problem) == (kind, problem)


def test_an_error_of_the_task_is_its_outcome(known):
    known["run"] = raise_(ValueError("no")), None, None
    assert dask_worker.do("run", task_of(1)) == Failure(1, "ValueError: no")


def test_a_file_that_can_be_read_here_is_no_fault_of_the_machine(known, monkeypatch, tmp_path):
    monkeypatch.setattr(dask_worker, "_address", lambda: "tcp://w:1")
    (tmp_path / "log").touch()
    found = Partial(1, (SimpleNamespace(file=0, problem="binary: it says"),), ())
    known["run"] = (lambda _job, _task: found), None, None
    assert dask_worker.do("run", task_of(1, str(tmp_path / "log"))) is found
    with pytest.raises(UnusableHereError, match=r"gone cannot be read: No such file") as caught:
        dask_worker.do("run", task_of(1, str(tmp_path / "gone")))
    assert caught.value.file == 0
    assert dask_worker.do("run", task_of(1, str(tmp_path / "gone")), (0,)) is found


# ---- files that travel -------------------------------------------------------------------------------------


def test_files_travel_with_the_outcome_and_only_where_they_belong(tmp_path):
    here = tmp_path / "here"
    here.mkdir()

    def process(job, task):
        assert job.spool != str(here)
        with open(f"{job.spool}/one", "wb") as file:  # noqa: PTH123
            file.write(b"text\n" * 900_000)
        return Partial(task.number, (), ())

    done = spooled.spooled(process, Job(str(here)), task_of(3))
    assert done.outcome == Partial(3, (), ())
    assert sum(len(content) for _, content in done.files) < 100_000
    spooled.unload(str(here), (*done.files, ("../escaped", done.files[0][1])))
    assert {path.name: path.stat().st_size for path in here.iterdir()} == {"one": 4_500_000}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


def test_what_fails_halfway_is_a_failure():
    def process(_job, _task):
        raise OSError("disk full")

    assert spooled.spooled(process, Job("x"), task_of(3)).outcome == Failure(3, "OSError: disk full")


def test_only_jobs_that_ask_for_it_have_files():
    assert [spooled.wanted(job) for job in (Job(), Job("x"), None)] == [False, True, False]


# ---- groups and suspects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, FOLD_ABOVE])
def test_small_runs_are_not_grouped(count):
    tasks = [task_of(n) for n in range(count)]
    assert list(groups(tasks)) == [(task,) for task in tasks]


def test_large_runs_are_grouped_by_number():
    tasks = [task_of(n) for n in range(FOLD_ABOVE + 1)]
    found = list(groups(tasks))
    assert [task for group in found for task in group] == tasks
    assert {len({task.number // FOLD for task in group}) for group in found} == {1}
    assert len(found) == FOLD_ABOVE // FOLD + 1


def test_a_suspect_that_is_innocent_has_its_outcome_whole():
    suspect = Suspect(Group((task_of(4),), folded=False), task_of(4), [task_of(4)])
    assert list(suspect.verdict()) == []
    suspect.returned(Partial(4, (), ()))
    assert list(suspect.verdict()) == [Partial(4, (), ())]


def test_a_suspect_is_cut_until_only_the_guilty_part_is_lost():
    whole = task_of(4, end=4 << 20, size=4 << 20, codec="plain")
    suspect = Suspect(Group((whole,), folded=False), whole, [whole])
    while suspect.waiting:
        piece = suspect.part().pieces[0]
        if piece.start <= 5 < piece.end:
            suspect.killed("it killed w")
        else:
            suspect.returned(Partial(4, (), ()))
    (verdict,) = suspect.verdict()
    assert isinstance(verdict, Parts)
    assert [(p.pieces[0].start >> 20, p.pieces[0].end >> 20) for p, _ in verdict.outcomes] == [(0, 1), (1, 2), (2, 4)]
    assert verdict.outcomes[0][1] == Failure(4, "it killed w")


# ---- what is late ------------------------------------------------------------------------------------------


class Ready:
    def __init__(self, loop):
        del loop

    def add(self, future):
        pass


class Future:
    def __init__(self, key):
        self.key = key
        self.released = False

    def release(self):
        self.released = True


@pytest.fixture
def flight(clock):
    link = SimpleNamespace(dask=SimpleNamespace(as_completed=Ready), client=SimpleNamespace(loop=None))
    return InFlight(link, "run", clock, 60.0)


def begin(flight, key, number=0, suspect=None):
    task = task_of(number)
    flight.track(TaskSubmission(Group((task,), folded=False), task, None, 0, suspect), future := Future(key))
    return future


def test_what_takes_long_and_longer_than_others_is_late(flight, clock):
    for key in "abc":
        begin(flight, key)
    clock.now = 30.0
    flight.done("a")
    clock.now = 80.0
    assert set(flight.stragglers()) == set()  # less than three times 30 s
    clock.now = 100.0
    assert set(flight.stragglers()) == {"b", "c"}


def test_suspects_run_alone_however_long(flight, clock):
    task = task_of(0)
    begin(flight, "a", suspect=Suspect(Group((task,), folded=False), task, [task]))
    clock.now = 61.0
    assert flight.stragglers() == {}


def test_the_first_of_twins_counts_and_releases_the_other(flight, clock):
    one, two = begin(flight, "one"), begin(flight, "two")
    flight.pair("one", "two")
    clock.now = 61.0
    assert flight.stragglers() == {}
    flight.done("two")
    assert one.released
    assert two.released
    assert "one" not in flight
    assert flight.doing == 0


def test_a_twin_that_fails_leaves_it_to_the_other(flight, clock):
    begin(flight, "one")
    begin(flight, "two")
    flight.pair("one", "two")
    assert flight.failed("two") is None
    clock.now = 61.0
    assert flight.stragglers() == {}  # a third try would end as the second
    assert flight.failed("one").task == task_of(0)


def test_a_twin_whose_worker_left_may_be_replaced(flight, clock):
    begin(flight, "one")
    begin(flight, "two")
    flight.pair("one", "two")
    assert flight.failed("two", again=True) is None
    clock.now = 61.0
    assert set(flight.stragglers()) == {"one"}


def test_a_worker_that_hangs_gets_nothing_as_long_as_another_answers(members):
    greet(members, {"a": 1, "b": 1}, {"a": FIT, "b": FIT})
    assert members.among(without={"a"}) == {"b"}
    members.silent = frozenset({"a"})
    assert members.among() == {"b"}
    assert members.among(without={"b"}) == frozenset()
    members.silent = frozenset({"a", "b"})
    assert members.among() is None
