"""CPU-bound and I/O-bound work on every backend: which of them helps whom, and what the interpreter's lock costs.

    python benchmarks/concurrency.py [--rounds 3] [--write]

Needs the combined file that `run.py` generates. Three works (see `errands.py`) on serial, threads, processes, queue
and Dask, with one worker and with two; each measurement in a process of its own, from the call of the backend to its
last result, start of local workers included. As in a run, the fork server of processes is called before the question is
planned, and the queue's workers wait at its port, loaded, before it opens. With --write the table and the figure go to
docs/.

Beside them stands what no coordinator can beat: "apart" are one and two processes that are loaded already, are told to
begin at the same moment, and do every task or every second one, knowing nothing of each other. What two of them are
slower than twice as fast as one is the machine's: its processors share memory, cache and host.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import secrets
import socket
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from measure import cpu_model

from logproc.planner import RANGE_BYTES

HERE = Path(__file__).parent
FILE = HERE / "work" / "combined.log"
BACKENDS = ("serial", "apart", "threads", "processes", "queue", "dask")
ANSWER_SECONDS = 0.1
ANSWER_BYTES = 1000
SQL = "SELECT status, count(*) AS n FROM web GROUP BY status"
WAITS = "waits for a run\n"
APART = """\
"apart" is no backend: one and two processes that are loaded already, are told to begin at the same moment and know
nothing of each other. What two of them lack of 2.00x is the machine's, whose processors share memory, cache and host.
"""


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    tasks: int
    range_bytes: int = 16 << 20


WORKS = (
    Work("kernels", "parsing with kernels (CPU, no lock held)", 32, RANGE_BYTES),
    Work("interpreter", "parsing with re, line by line (CPU, lock held)", 32),
    Work("waiting", f"reading from a disk that answers after {ANSWER_SECONDS:g} s (I/O)", 100),
)


# ---- one measurement, in a process of its own ------------------------------------------------------------------


def tasks_of(work: Work):
    from logproc.model import Piece, Task

    size = FILE.stat().st_size
    found = []
    for number in range(work.tasks):
        start = number * work.range_bytes % (size // work.range_bytes * work.range_bytes)
        piece = Piece(0, str(FILE), start, start + work.range_bytes, 0, codec="plain", format="combined")
        found.append(Task(number, (piece,), work.range_bytes))
    return found


def one(work: Work, backend: str, workers: int, port: int) -> tuple[float, str]:
    """Return seconds, and a digest of the results."""
    import errands

    from logproc.backends import BACKENDS as LOCAL
    from logproc.backends import children
    from logproc.rollup.sql import plan
    from logproc.worker import Job

    if backend == "processes":
        children.prepare()
    job = Job(id="benchmark", specs=(plan(SQL, "status"),), formats=("combined",))
    errand = errands.Errand(secrets.token_hex(8), work.name, port, job)
    tasks = tasks_of(work)
    with ExitStack() as stack:
        if backend == "queue":
            runner = queue_of(stack, workers)
        elif backend == "apart":
            runner = apart(stack, errand, workers)
        elif backend == "dask":
            from logproc.backends import dask

            cluster = dask.Cluster(f"local:{workers}")
            runner = lambda *arguments: dask.run(*arguments, cluster=cluster)  # noqa: E731
        else:
            runner = LOCAL[backend]
        began = time.perf_counter()
        outcomes = {outcome.task: outcome for outcome in runner(errands.run, errand, tasks, workers)}
        seconds = time.perf_counter() - began
    answers = [outcomes[task.number].tables[0].decode() for task in tasks]
    return seconds, json.dumps(answers)


def queue_of(stack: ExitStack, workers: int):
    import errands

    from logproc.backends import keys, queue
    from logproc.network import JOB_TYPES

    key = secrets.token_hex(32)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, __file__, "--worker", address, "--workers", str(workers)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.callback(worker.wait, 60)
    worker.stdin.write(key + "\n")
    worker.stdin.close()
    assert worker.stdout.readline() == WAITS
    remote = queue.Remote(key.encode(), keys.parse_address(address), types=(errands.Errand, *JOB_TYPES))
    return lambda *arguments: queue.run(*arguments, remote=remote)


def apart(stack: ExitStack, errand, workers: int):
    """Return a backend whose processes are told once to begin, and share nothing."""
    context = multiprocessing.get_context("spawn")
    pipes = []
    for number in range(workers):
        ours, theirs = context.Pipe()
        process = context.Process(target=alone, args=(theirs, errand, number, workers))
        process.start()
        stack.callback(process.join)
        pipes.append(ours)
        assert ours.recv() == WAITS

    def run(_process, _errand, tasks, _workers):
        for pipe in pipes:
            pipe.send(tasks)
        for pipe in pipes:
            yield from pipe.recv()

    return run


def alone(pipe, errand, number: int, workers: int) -> None:
    """Do every task that has this number among the workers."""
    import errands

    pipe.send(WAITS)
    pipe.send([errands.run(errand, task) for task in pipe.recv()[number::workers]])


def serve_queue(address: str, workers: int) -> None:
    import errands

    from logproc.backends import children, keys, remote
    from logproc.backends.channel import Endpoint
    from logproc.backends.protocol import TYPES
    from logproc.backends.wire import Codec
    from logproc.network import JOB_TYPES

    key = sys.stdin.readline().strip().encode()
    endpoint = Endpoint(keys.parse_address(address), Codec((*TYPES, errands.Errand, *JOB_TYPES)), key, None)
    children.prepare()
    first = multiprocessing.get_context(children.START_METHOD).Process(target=int)
    first.start()
    first.join()  # by then the fork server has loaded what it hands down
    print(WAITS, end="", flush=True)
    remote.work(errands.run, remote.WorkerOptions(endpoint, "benchmark", workers, lambda _line: None))


# ---- the slow disk ---------------------------------------------------------------------------------------------


class SlowDisk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        threading.Event().wait(ANSWER_SECONDS)
        self.wfile.write(b"x" * ANSWER_BYTES)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


# ---- all of them -----------------------------------------------------------------------------------------------


def host_line() -> str:
    python = platform.python_version()
    return f"{cpu_model()}, {len(os.sched_getaffinity(0))} CPUs, Linux {platform.release()}, Python {python}"


def measure(work: Work, backend: str, workers: int, port: int) -> tuple[float, str]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--one", work.name, backend, str(workers), str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    seconds, digest = json.loads(done.stdout.splitlines()[-1])
    return seconds, digest


def contest(rounds: int) -> dict[tuple[str, str, int], float]:
    """Return median seconds by work, backend and workers; the contestants alternate."""
    samples: dict[tuple[str, str, int], list[float]] = {}
    answers: dict[str, str] = {}
    with Server(("127.0.0.1", 0), SlowDisk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        for _ in range(rounds):
            for work in WORKS:
                for backend in BACKENDS:
                    for workers in (1,) if backend == "serial" else (1, 2):
                        seconds, answer = measure(work, backend, workers, port)
                        if answers.setdefault(work.name, answer) != answer:
                            raise SystemExit(f"{backend} gives another result for {work.name}")
                        samples.setdefault((work.name, backend, workers), []).append(seconds)
                        print(f"{work.name:12} {backend:10} {workers}  {seconds:7.3f} s", flush=True)
        server.shutdown()
    return {key: statistics.median(values) for key, values in samples.items()}


def table(medians: dict[tuple[str, str, int], float]) -> str:
    lines = [
        "| work | backend | 1 worker, s | 2 workers, s | 2 against 1 | 2 against serial |",
        "|---|---|---|---|---|---|",
    ]
    for work in WORKS:
        serial = medians[work.name, "serial", 1]
        for backend in BACKENDS:
            first, second = medians[work.name, backend, 1], medians.get((work.name, backend, 2))
            tail = "- | - | -" if second is None else f"{second:.2f} | {first / second:.2f}x | {serial / second:.2f}x"
            lines.append(f"| {work.title} | {backend} | {first:.2f} | {tail} |")
    return "\n".join(lines) + "\n"


def figure(medians: dict[tuple[str, str, int], float], host: str) -> str:
    """Draw the speed with two workers against serial, as SVG."""
    width, bar, gap, left, top = 760, 22, 34, 150, 56
    height = top + len(WORKS) * (len(BACKENDS) * bar + gap) + 20
    scale = (width - left - 90) / 2.2
    look = 'font-family="sans-serif" font-size="13" role="img" aria-label="Speed with two workers against serial"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {look}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        '<text x="12" y="22" font-size="15" font-weight="bold">Two workers against serial (1.0)</text>',
        f'<text x="12" y="40" fill="#555">{host}</text>',
    ]
    for mark in (1.0, 2.0):
        x = left + mark * scale
        ends = f'x1="{x:.0f}" y1="{top - 8}" x2="{x:.0f}" y2="{height - 16}"'
        out.append(f'<line {ends} stroke="#bbb" stroke-dasharray="4 3"/>')
        out.append(f'<text x="{x:.0f}" y="{height - 4}" fill="#555" text-anchor="middle">{mark:g}x</text>')
    y = top
    colours = dict(zip(BACKENDS, ("#8a8f98", "#c9b037", "#2f6fb7", "#3a8f5c", "#b5651d", "#7d4fa3"), strict=True))
    for work in WORKS:
        out.append(f'<text x="12" y="{y + 12}" font-weight="bold">{work.title}</text>')
        y += 20
        for backend in BACKENDS:
            ratio = medians[work.name, "serial", 1] / medians[work.name, backend, 1 if backend == "serial" else 2]
            out.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{backend}</text>')
            size = f'x="{left}" y="{y + 2}" width="{ratio * scale:.1f}" height="{bar - 6}"'
            out.append(f'<rect {size} fill="{colours[backend]}"/>')
            out.append(f'<text x="{left + ratio * scale + 6:.1f}" y="{y + 14}">{ratio:.2f}x</text>')
            y += bar
        y += gap - 20
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write docs/concurrency.svg and the table")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve_queue(options.worker, options.workers)
        return
    if options.one:
        name, backend, workers, port = options.one
        print(json.dumps(one(next(w for w in WORKS if w.name == name), backend, int(workers), int(port))))
        return
    if not FILE.exists():
        raise SystemExit(f"{FILE} is missing: python benchmarks/run.py a --rounds 1 generates it")
    medians = contest(options.rounds)
    print(table(medians))
    if options.write:
        docs = HERE.parent / "docs"
        (docs / "concurrency.svg").write_text(figure(medians, host_line()))
        page = (docs / "concurrency.md").read_text()
        begin, end = "<!-- figures begin -->\n", "<!-- figures end -->\n"
        before, rest = page.split(begin)
        after = rest.split(end)[1]
        rounds = f"The medians of {options.rounds} rounds" if options.rounds > 1 else "One round"
        text = f"{rounds} on {host_line()}.\n\n{table(medians)}\n{APART}"
        (docs / "concurrency.md").write_text(f"{before}{begin}{text}{end}{after}")


if __name__ == "__main__":
    main()
