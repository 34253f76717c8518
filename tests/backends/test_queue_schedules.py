"""Random schedules of faults: children die and hang, networks break, machines vanish; every task is counted once.

Nothing here costs much but waiting, for replies that never come and leases that end; so that several schedules, each
with a coordinator, workers and networks of its own, run beside each other.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from backends.proxy import Proxy, troubles
from backends.queue_workers import Head, WorkerThread, collecting, join_workers
from backends.workers import Errand, answer, deed_of, large, mischief

from logproc.backends import sessions
from logproc.errors import RefusedError
from logproc.model import Piece, Task

SCHEDULES = int(os.environ.get("LOGPROC_SCHEDULES", "50"))
"""How many; a longer run sets more."""

AT_ONCE = 10

TASKS = 40

EVER = 600.0
"""Seconds: on a busy machine nobody gives up."""


@pytest.fixture
def hasty(monkeypatch, impatient):  # noqa: ARG001 - for what it does
    """An impatient queue that soon misses a machine."""
    monkeypatch.setattr(sessions, "RECONNECT_SECONDS", 1.0)


@contextmanager
def stranger():
    """Yield a port where somebody answers who is no coordinator, whereupon workers give up at once."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer_all():
            while True:
                try:
                    sock = server.accept()[0]
                except OSError:
                    return
                sock.sendall(b"220 ready\r\n")
                sock.close()

        thread = threading.Thread(target=answer_all, name="stranger")
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


class Machine:
    """A worker behind a network of its own; one that is `mortal` vanishes when it makes its fifth to ninth connection.

    It is there no more then, as after a power failure: connections end, or nothing is heard of it.
    """

    def __init__(self, head, name, rng, *, share, mortal=False):
        self._rng, self._mortal = rng, mortal
        self.proxy = Proxy(head.port, self._plan(share))
        self.worker = WorkerThread(head, mischief, port=self.proxy.port, name=name, lost_seconds=EVER)
        self.worker.start()

    def _plan(self, share):
        ends = self._rng.randrange(4, 9) if self._mortal else None
        for number, trouble in enumerate(troubles(self._rng, share)):
            if number == ends and self._mortal:
                self.proxy.target = None
                self.proxy.drop_all()
            yield trouble

    def close(self, port):
        """Let the worker end, which may still look for its coordinator: where it may, it must not vanish."""
        self._mortal = False
        self.proxy.target = port
        self.proxy.drop_all()
        self.worker.join(60)
        self.proxy.close()


def run(seed, folder, port):
    """Run a schedule; every task must come to its end, with the right result, once."""
    folder.mkdir()
    rng = random.Random(seed)
    tasks = [Task(n, (Piece(n, f"/logs/{n}", 0, -1, 0),), 100 * n) for n in range(TASKS)]
    job, head, machines = Errand(str(folder), bad=(seed,)), Head(lease_seconds=3.0, wait_workers=EVER), []
    with collecting(head, job, tasks) as collector, ExitStack() as stack:
        for name, share, mortal in (("first", 0.8, False), ("second", 0.5, False), ("third", 0.7, True)):
            machine = Machine(head, name, random.Random(rng.random()), share=share, mortal=mortal)
            machines.append(machine)
            stack.callback(machine.close, port)
        found = collector.result(EVER)
    assert len(collector.outcomes) == len(tasks), f"schedule {seed}"
    for task in tasks:
        expected = large(job, task) if deed_of(seed, task.number) == "large" else answer(task)
        assert found[task.number] == expected, f"schedule {seed}"
    assert not [line for line in head.lines if "a defect of logproc" in line], f"schedule {seed}"
    for machine in machines:
        assert machine.worker.error is None or isinstance(machine.worker.error, RefusedError), f"schedule {seed}"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_whatever_happens_on_the_way_every_task_counts_once(first, tmp_path):
    seeds = range(first, min(first + AT_ONCE, SCHEDULES))
    with stranger() as port, ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda seed: run(seed, tmp_path / str(seed), port), seeds))
    join_workers()
