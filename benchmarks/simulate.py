"""How far one coordinator reaches: the real broker and the real merge under a simulated fleet.

    python benchmarks/simulate.py [--tasks 1000000] [--workers 1000] [--merged 200] [--seconds 10]
    python benchmarks/simulate.py --overhead [--tasks 20000]

First all tasks go through the broker, the order of the plan and the books, with outcomes that carry no tables; workers
are events on a simulated clock, some of which vanish, die and are slow. Then a sample of the tasks is run with real
partials, made by the real worker from ranges of the benchmarks' log, and merged by the real merge; what that says of
all tasks is extrapolated and marked so. `--overhead` times tasks that do nothing on the local backends instead.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc.model import FileResult, Lines, LogFile, Partial, Piece, Task
from logproc.planner import RANGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.model import Outcome
    from logproc.worker import Job

RANGE = RANGE_BYTES
"""Bytes of a task, as the planner cuts large files."""

RANGES = 4
"""Real ranges that partials are made of; a sample of more tasks merges them again and again."""

LOST, DIED, SLOW = 0.001, 0.001, 0.001
"""Leases whose worker vanishes, is seen to die, or takes twenty times as long."""

BEAT = 20.0
"""Seconds between two heartbeats of a worker."""

WIRE = 0.002
"""Seconds that a task may cost the coordinator on the queue, by its target; what is measured here comes on top."""


class Meter:
    """CPU seconds of what is called through it, without what the clock itself costs."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0
        began = time.process_time()
        for _ in range(100_000):
            time.process_time()
        self._own = (time.process_time() - began) / 100_000

    def __call__(self, call: Callable[..., Any], *args: Any) -> Any:
        began = time.process_time()
        result = call(*args)
        self.seconds += time.process_time() - began - self._own
        self.calls += 1
        return result


class Fleet:
    """Workers on a simulated clock that take tasks from a broker and answer with what `answer` makes of them."""

    def __init__(
        self, tasks: Sequence[Task], workers: int, seconds: float, answer: Callable[[Task], Partial], seed: int = 1
    ) -> None:
        from logproc.backends.broker import Broker

        self.now = 0.0
        self.broker = Broker(tasks, run="simulated", clock=lambda: self.now, window=4 * workers)
        self.meter = Meter()
        self._answer = answer
        self._mean = seconds
        self._rng = random.Random(seed)
        self._order = count()
        names = (f"host{n // 16}/{n % 16}" for n in range(workers))
        self._events = [(self._rng.random(), next(self._order), self._ask, (name,)) for name in names]
        heapify(self._events)
        self._later(1.0, self._tick)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what the broker gives out, until it is drained."""
        while not self.broker.drained:
            while (outcome := self.meter(self.broker.take)) is not None:
                yield outcome
            self.now, _, what, args = heappop(self._events)
            what(*args)

    def _later(self, seconds: float, what: Callable[..., None], *args: Any) -> None:
        heappush(self._events, (self.now + seconds, next(self._order), what, args))

    def _tick(self) -> None:
        self.meter(self.broker.expire)
        self._later(1.0, self._tick)

    def _ask(self, worker: str) -> None:
        lease = self.meter(self.broker.lease, worker)
        if lease is None:
            self._later(1.0, self._ask, worker)
            return
        seconds, fate = self._rng.expovariate(1 / self._mean), self._rng.random()
        if fate < LOST:
            self._later(600.0, self._ask, worker)  # a machine that was started again
        elif fate < LOST + DIED:
            self._later(seconds, self._die, worker)
        else:
            self._go_on(worker, lease, self.now + seconds * (20 if fate < LOST + DIED + SLOW else 1))

    def _go_on(self, worker: str, lease: Any, end: float) -> None:
        if end - self.now > BEAT:
            self.meter(self.broker.heartbeat, worker, (lease.id,))
            self._later(BEAT, self._go_on, worker, lease, end)
        else:
            self._later(end - self.now, self._finish, worker, lease)

    def _die(self, worker: str) -> None:
        self.meter(self.broker.died, worker, "exit -9")
        self._later(10.0, self._ask, worker)

    def _finish(self, worker: str, lease: Any) -> None:
        self.meter(self.broker.complete, worker, lease.id, self._answer(lease.task))
        self._ask(worker)


@dataclass(slots=True)
class Measured:
    """CPU seconds and calls a task, resident bytes with the plan and at the peak, and the broker's last word."""

    broker: float
    calls: float
    merge: float
    planned: int
    peak: int
    status: Any


def piece(file: int, path: str, number: int) -> Piece:
    """Return a range of a file."""
    return Piece(file, path, number * RANGE, (number + 1) * RANGE, 0, codec="plain", format="combined")


def plan(count: int) -> tuple[list[LogFile], list[Task]]:
    """Return so many ranges, 32 a file."""
    files = [LogFile(f"/mnt/logs/host{n:05}/access.log", 32 * RANGE, 0) for n in range((count + 31) // 32)]
    tasks = [Task(n, (piece(n // 32, files[n // 32].path, n % 32),), RANGE) for n in range(count)]
    return files, tasks


def run(job: Job, tasks: int, workers: int, seconds: float, partials: Sequence[Partial]) -> Measured:
    """Drive tasks through broker, plan order, merge and books; partials are given out in turn."""
    from logproc import merging
    from logproc.books import Books

    files, todo = plan(tasks)
    planned = peak_bytes()

    def answer(task: Task) -> Partial:
        known = partials[task.number % len(partials)]
        return Partial(task.number, (replace(known.files[0], file=task.pieces[0].file),), known.tables)

    fleet = Fleet(todo, workers, seconds, answer)
    inside = 0.0

    def timed() -> Iterator[Outcome]:
        nonlocal inside
        outcomes = fleet.outcomes()
        while True:
            began = time.process_time()
            outcome = next(outcomes, None)
            inside += time.process_time() - began
            if outcome is None:
                return
            yield outcome

    books = Books(files)
    began = time.process_time()
    merging.merge(job, todo, timed(), books, None)
    books.close()
    merge = time.process_time() - began - inside
    meter, each = fleet.meter, max(tasks, 1)
    return Measured(
        meter.seconds / each, meter.calls / each, merge / each, planned, peak_bytes(), fleet.broker.status()
    )


def peak_bytes() -> int:
    """Return the most memory that this process has had, resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bare() -> Partial:
    """Return what a worker returns, without its tables."""
    lines = Lines(250_000, 249_990, 7, 3)
    return Partial(0, (FileResult(0, "plain", "combined", 1.0, RANGE, lines, {"format": 3}, (), 1, 2),), ())


QUESTIONS = {
    "24 reports of preset web": {"use": ("web",)},
    "one small report": {
        "named_reports": (("status", "SELECT status, count(*), sum(bytes) FROM web GROUP BY status"),)
    },
}
"""What the sample asks: as configuration keys."""


def real(question: str, path: Path) -> tuple[Job, list[Partial], float]:
    """Return a job, real partials of real ranges of a log, and the CPU seconds that a range takes a worker."""
    from logproc import questions, running
    from logproc.config import Config, NamedReport
    from logproc.worker import process

    asked = QUESTIONS[question]
    named = tuple(NamedReport(*report) for report in asked.get("named_reports", ()))
    config = Config(paths=(str(path),), use=asked.get("use", ()), named_reports=named)
    job = running.job_of(config, questions.reports(config), (), None)
    ranges = max(1, min(RANGES, path.stat().st_size // RANGE))
    tasks = [Task(n, (piece(0, str(path), n),), RANGE) for n in range(ranges)]
    process(job, tasks[0])  # compiles or loads the kernels
    began = time.process_time()
    partials = [process(job, task) for task in tasks]
    return job, partials, (time.process_time() - began) / len(tasks)


def in_child(function: Callable[..., Any], *args: Any) -> Any:
    """Call in a process of its own, so that its peak memory is its own."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def run_bare(tasks: int, workers: int, seconds: float) -> Measured:
    """Drive all tasks, without tables."""
    from logproc.worker import Job

    return run(Job("simulated", ()), tasks, workers, seconds, [bare()])


@dataclass(slots=True)
class Sample:
    """What was measured with real partials: bytes of a partial's tables, and a worker's CPU seconds a task, too."""

    measured: Measured
    tables: int
    work: float


def run_real(question: str, tasks: int, workers: int, seconds: float) -> Sample:
    """Drive a sample with real partials."""
    import generate

    job, partials, work = real(question, Path(generate.make("combined")))
    size = sum(len(table) for partial in partials for table in partial.tables) // len(partials)
    return Sample(run(job, tasks, workers, seconds, partials), size, work)


def simulate(options: argparse.Namespace) -> None:
    """Print what was measured, and what follows from it."""
    everything: Measured = in_child(run_bare, options.tasks, options.workers, options.seconds)
    status = everything.status
    rows = [
        ("tasks, workers", f"{options.tasks:,}, {options.workers:,}"),
        ("leases lost, tasks failed", f"{status.lost_leases:,}, {status.failed:,}"),
        ("broker, CPU a task", f"{everything.broker * 1e6:.1f} us in {everything.calls:.1f} calls"),
        ("plan order and books, CPU a task", f"{everything.merge * 1e6:.1f} us"),
        ("memory: with the plan, at the peak", f"{mib(everything.planned)}, {mib(everything.peak)}"),
    ]
    table(("all tasks, without tables", "measured"), rows)
    print()
    samples = {name: in_child(run_real, name, options.merged, options.workers, options.seconds) for name in QUESTIONS}
    table((f"{options.merged:,} tasks of {mib(RANGE)}", *samples), columns(samples, everything, options))
    print(
        f"\nThe wire is taken for {WIRE * 1e3:g} ms a task. A fleet that has more cores than the coordinator keeps up"
        " with should\nbe a Dask cluster, whose workers fold their tables themselves."
    )


def columns(samples: dict[str, Sample], everything: Measured, options: argparse.Namespace) -> list[tuple[str, ...]]:
    """Return the rows that say how far a coordinator reaches, a column for each sample."""
    found = []
    for sample in samples.values():
        merge = max(sample.measured.merge, everything.merge)
        each = merge + everything.broker + WIRE
        hour = 3600 / each
        found.append(
            {
                "tables of a task": f"{sample.tables / 1024:,.1f} KiB",
                "merge, CPU a task": f"{merge * 1e3:.2f} ms",
                "peak memory": mib(sample.measured.peak),
                "a worker's CPU a task": f"{sample.work * 1e3:.0f} ms",
                f"merge of {options.tasks:,} tasks (extrapolated)": f"{merge * options.tasks / 3600:.1f} h of one core",
                "coordinator takes at most": f"{1 / each:,.0f} tasks/s",
                "cores it keeps up with, logs in memory": f"{sample.work / each:,.0f}",
                f"workers it keeps up with, {options.seconds:g} s a task": f"{options.seconds / each:,.0f}",
                "in an hour": f"{hour:,.0f} tasks, {hour * RANGE / (1 << 40):,.1f} TiB of logs",
            }
        )
    return [(name, *(column[name] for column in found)) for name in found[0]]


def mib(size: int) -> str:
    """Return bytes as text."""
    return f"{size / (1 << 20):,.0f} MiB"


def nothing(_job: Any, task: Task) -> Partial:
    """Do nothing: a task that is all overhead."""
    return Partial(task.number, (), ())


def overhead(options: argparse.Namespace) -> None:
    """Print what a task that does nothing costs on each local backend."""
    from logproc.backends import BACKENDS

    _, tasks = plan(options.tasks)
    rows = []
    for name in ("threads", "processes"):
        sum(1 for _ in BACKENDS[name](nothing, None, tasks[:100], 2))
        cpu, wall = time.process_time(), time.perf_counter()
        done = sum(1 for _ in BACKENDS[name](nothing, None, tasks, 2))
        assert done == len(tasks)
        cpu, wall = (time.process_time() - cpu) / done, (time.perf_counter() - wall) / done
        rows.append((name, f"{cpu * 1e6:.0f} us", f"{wall * 1e6:.0f} us", f"{1 / wall:,.0f}"))
    table(("backend", "coordinator's CPU a task", "wall clock a task", "tasks a second"), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table in Markdown."""
    for row in [head, ("---",) * len(head), *rows]:
        print("| " + " | ".join(row) + " |")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--merged", type=int, default=200, help="tasks of the sample that is merged with real tables")
    parser.add_argument("--seconds", type=float, default=10.0, help="that a task takes a worker, on average")
    parser.add_argument("--overhead", action="store_true", help="time tasks that do nothing on the local backends")
    options = parser.parse_args()
    options.tasks = options.tasks or (20_000 if options.overhead else 1_000_000)
    print(f"{os.cpu_count()} CPUs\n")
    (overhead if options.overhead else simulate)(options)


if __name__ == "__main__":
    main()
