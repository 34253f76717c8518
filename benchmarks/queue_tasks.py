"""What a task costs the coordinator of the queue: many tiny tasks over loopback, done by workers in other processes.

    python benchmarks/queue_tasks.py --tasks 100000 --workers 2 [--tls]

Prints wall time, the coordinator's own CPU time for each task, and its memory along the way.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tiny_tasks import Tiny, process

from logproc.backends import keys, queue, remote
from logproc.backends.channel import Endpoint
from logproc.backends.protocol import TYPES
from logproc.backends.wire import Codec
from logproc.model import Piece, Task


def work(address, folder, children, *, tls):
    certificate = keys.Certificate(f"{folder}/key.crt") if tls else None
    codec = Codec((*TYPES, Tiny))
    endpoint = Endpoint(keys.parse_address(address), codec, keys.read_key(f"{folder}/key"), certificate)
    remote.work(process, remote.WorkerOptions(endpoint, "bench", children, lambda _line: None))


def rss():
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def coordinate(options, folder):
    written = keys.keygen(f"{folder}/key")
    certificate = keys.Certificate(written[1]) if options.tls else None
    tasks = [
        Task(n, (Piece(n, f"/mnt/logs/host{n % 97}/app/access.log.{n}", 0, -1, 10**18, "web"),), 100)
        for n in range(options.tasks)
    ]
    crew = []

    def say(line):
        print(line, file=sys.stderr)
        if line.startswith("listening"):
            command = [sys.executable, __file__, "--worker", line.split()[2], folder, "-j", str(options.children)]
            command += ["--tls"] * options.tls
            crew.extend(subprocess.Popen(command) for _ in range(options.workers))

    here, key = keys.Address("127.0.0.1", 0), keys.read_key(written[0])
    remote_ = queue.Remote(key, here, certificate, types=(Tiny,), say=say, wait_workers=60)
    memory, done = [round(rss(), 1)], 0
    begin, cpu = None, 0.0
    for _ in queue.run(process, Tiny(), tasks, options.workers, remote=remote_):
        if begin is None:
            begin, cpu = time.perf_counter(), time.process_time()
        done += 1
        if done % max(1, options.tasks // 10) == 0:
            memory.append(round(rss(), 1))
    assert begin is not None
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    found = {
        "tasks": done,
        "workers": options.workers,
        "children": options.children,
        "tls": options.tls,
        "seconds": round(wall, 2),
        "ms_wall_per_task": round(1000 * wall / done, 3),
        "ms_coordinator_cpu_per_task": round(1000 * cpu / done, 3),
        "rss_mib": memory,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "exits": [worker.wait(60) for worker in crew],
    }
    print(json.dumps(found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-j", "--children", type=int, default=1)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--worker", nargs=2, metavar=("ADDRESS", "FOLDER"))
    options = parser.parse_args()
    if options.worker:
        work(*options.worker, options.children, tls=options.tls)
        return
    with tempfile.TemporaryDirectory() as folder:
        coordinate(options, folder)


if __name__ == "__main__":
    main()
