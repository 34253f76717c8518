"""Workers of the queue for tests: in threads of this process, and in processes that can be killed."""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from backends.workers import Errand

from logproc import __version__
from logproc.backends import queue, remote
from logproc.backends.channel import Endpoint
from logproc.backends.keys import Address, parse_address
from logproc.backends.manager import Client
from logproc.backends.protocol import PROTOCOL, TYPES, Greeting
from logproc.backends.wire import Codec
from logproc.errors import LogprocError
from logproc.messages import Trouble
from logproc.stopping import StoppedError, answer_signals

KEY = b"5f0c9b1e7a2d4c6835e1f09ab3d7c48291"
CODEC = Codec((*TYPES, Errand))
TESTS = Path(__file__).parents[1]


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self._now = 1000.0

    def __call__(self):
        return self._now

    def advance(self, seconds):
        self._now += seconds


class Head:
    """Hears what a coordinator says; knows its port as soon as it listens."""

    def __init__(self, **options):
        self.lines = []
        self._change = threading.Condition()
        self.options = {"key": KEY, "listen": "127.0.0.1:0", "types": (Errand,), "wait_workers": 60.0} | options

    @property
    def remote(self):
        return queue.Remote(say=self.say, **self.options | {"listen": parse_address(self.options["listen"])})

    def say(self, line):
        with self._change:
            self.lines.append(line)
            self._change.notify_all()

    def wait_for(self, words, count=1):
        """Wait until a line with these words was said so many times."""
        with self._change:
            assert self._change.wait_for(lambda: sum(words in line for line in self.lines) >= count, 60), self.lines

    def troubles(self):
        """Return the lines that a quiet run says, too."""
        with self._change:
            return [line for line in self.lines if isinstance(line, Trouble)]

    @property
    def port(self):
        self.wait_for("listening on")
        address = next(line for line in self.lines if line.startswith("listening")).split()[2]
        return int(address.rpartition(":")[2])

    def endpoint(self, port=None, key=KEY, certificate=None):
        certificate = certificate or self.options.get("certificate")
        return Endpoint(Address("127.0.0.1", port or self.port), CODEC, key, certificate)


def options_of(endpoint, name="hand", children=2, lost_seconds=8.0, say=lambda _line: None, place=None, memory=None):
    return remote.WorkerOptions(endpoint, name, children, say, place, memory, lost_seconds)


class WorkerThread(threading.Thread):
    """A worker in a thread; `error` is what it ended with."""

    made: ClassVar = []

    def __init__(self, head, process, **options):
        super().__init__(name="hand", daemon=True)
        self.made.append(self)
        self.head, self.process, self.options = head, process, options
        self.error = None

    def run(self):
        try:
            options = dict(self.options)
            endpoint = self.head.endpoint(options.pop("port", None), options.pop("key", KEY), options.pop("cert", None))
            remote.work(self.process, options_of(endpoint, place=self.head.options.get("place"), **options))
        except LogprocError as error:
            self.error = error


def join_workers():
    """Wait for all workers in threads; a test leaves none behind."""
    while WorkerThread.made:
        hand = WorkerThread.made.pop()
        if hand.ident is not None:
            hand.join(60)
            assert not hand.is_alive()


class Puppet:
    """A worker that does what a test says, call by call."""

    def __init__(self, head, name="puppet", port=None):
        self.client = Client(head.endpoint(port))
        self.worker = f"{name}/0"
        self.greeting = Greeting(PROTOCOL, __version__, "3.11.0", name, self.worker, 1)
        self.serial = -1

    def hello(self):
        ask = self.client.call("hello", self.greeting, None)
        self.run = ask.run
        return self.client.call("hello", self.greeting, "")

    def call(self, method, *arguments, **options):
        return self.client.call(method, self.run, self.worker, *arguments, **options)

    def lease(self, seconds=20.0):
        self.serial += 1
        return self.call("lease", self.serial, seconds, False, wait=seconds)

    def complete(self, offer, outcome):
        return self.call("complete", offer.lease, outcome, 0, None)

    def close(self):
        self.client.close()


def collect(head, job, tasks, process=None):
    """Run the queue to its end in this thread."""
    return list(queue.run(process, job, tasks, 1, remote=head.remote))


class Collector(threading.Thread):
    """A coordinator in a thread."""

    def __init__(self, head, job, tasks):
        super().__init__(name="coordinator", daemon=True)
        self.head, self.job, self.tasks = head, job, tasks
        self.outcomes = self.error = None

    def run(self):
        try:
            self.outcomes = collect(self.head, self.job, self.tasks)
        except LogprocError as error:
            self.error = error

    def result(self, seconds=120):
        self.join(seconds)
        assert not self.is_alive(), self.head.lines
        if self.error is not None:
            raise self.error
        return {outcome.task: outcome for outcome in self.outcomes}


@contextmanager
def collecting(head, job, tasks):
    """Yield a coordinator that runs; it must end by itself."""
    collector = Collector(head, job, tasks)
    collector.start()
    yield collector
    collector.join(120)
    assert not collector.is_alive()


@contextmanager
def process_of(port, function, *, name="process", children=1):
    """Yield a worker in a process of its own, which can be killed; `function` is module:name."""
    command = [sys.executable, "-m", "backends.queue_workers", str(port), function, name, str(children)]
    process = subprocess.Popen(command, cwd=TESTS, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        with suppress(OSError):
            process.kill()
        process.communicate()


def backend(process, job, tasks, workers):
    """The queue with one worker beside it, as the contract of all backends wants it."""
    head = Head()
    outcomes = queue.run(process, job, tasks, workers, remote=head.remote)
    hand = WorkerThread(head, process, children=workers)

    def run():
        try:
            if tasks:
                hand.start()
            yield from outcomes
        finally:
            outcomes.close()
            if hand.ident is not None:
                if not head.lines:
                    head.say("listening on 127.0.0.1:1 (nobody did)")
                hand.join(60)
                assert not hand.is_alive()

    return run()


def key_file(folder):
    """Write the key where only its owner can read it, and return the file."""
    path = Path(folder) / "key"
    path.touch(mode=0o600)
    path.write_bytes(KEY)
    return str(path)


@contextmanager
def command_worker(authkey_file, children):
    """Yield what hears a coordinator's command, and have a worker join it as `logproc worker` does."""
    from logproc import network  # numpy and more, which the Pythons of some tests lack

    threads = []

    def say(line):
        if line.startswith("listening on"):
            how = {"cert": None, "insecure": False, "name": "hand", "memory": None, "wait": 60.0}
            how |= {"authkey_file": authkey_file, "children": children, "say": lambda _line: None}
            threads.append(threading.Thread(target=network.work, args=(line.split()[2],), kwargs=how))
            threads[-1].start()

    yield say
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def main():
    port, function, name, children = sys.argv[1:]
    module, _, attribute = function.partition(":")
    found = functools.reduce(getattr, attribute.split("."), importlib.import_module(module))
    endpoint = Endpoint(Address("127.0.0.1", int(port)), CODEC, KEY)
    answer_signals(lambda _signum: None)
    try:
        remote.work(found, options_of(endpoint, name, int(children), lost_seconds=5.0))
    except StoppedError as error:
        sys.exit(128 + error.signum)
    except LogprocError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what the test reads
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
