"""Three kinds of work for `concurrency.py`, the same on every backend: importable by every worker."""

from __future__ import annotations

import re
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from logproc.model import Partial
from logproc.rollup.dumping import load
from logproc.rollup.tables import Table
from logproc.worker import Job, process

LINE = re.compile(
    r'(\S+) (\S+) (\S+) \[([^\]]+)\] "(?:(\S+) (\S+) (\S+)|[^"]*)" (\d{3}) (\d+|-)(?: "([^"]*)" "([^"]*)")?$'
)


@dataclass(frozen=True, slots=True)
class Errand:
    """Which work, the port of the slow disk, and the job of the kernels: planned once, as for every run."""

    id: str
    work: str
    port: int
    job: Job


def run(errand: Errand, task) -> Partial:
    """Do a task and return its counts by status, as text."""
    counts = WORKS[errand.work](errand, task)
    return Partial(task.number, (), (repr(sorted(counts.items())).encode(),))


def by_kernels(errand, task):
    """CPU-bound, no lock held: machine code reads the bytes."""
    (table,) = process(errand.job, task).tables
    (spec,) = errand.job.specs
    merged = Table(spec, 1000)
    merged.merge(load(spec, table))
    keys, values = merged.columns(merged.candidates())
    return Counter(dict(zip(keys[0], values[0], strict=True)))


def by_interpreter(_errand, task):
    """CPU-bound, the interpreter's lock held: Python and `re` read each line."""
    counts = Counter()
    (piece,) = task.pieces
    with Path(piece.path).open("rb") as file:
        file.seek(max(0, piece.start - 1))
        if piece.start:
            file.readline()  # the line that the range before this one owns
        while file.tell() < (piece.end if piece.end >= 0 else 1 << 62):
            line = file.readline()
            if not line:
                break
            match = LINE.match(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
            if match:
                counts[int(match[8])] += 1
    return counts


def by_waiting(errand, task):
    """I/O-bound: a disk far away answers each read after a while; there is next to nothing to compute."""
    with socket.create_connection(("127.0.0.1", errand.port)) as disk:
        disk.sendall(b"%d\n" % task.number)
        return Counter({200: len(disk.makefile("rb").read())})


WORKS = {"kernels": by_kernels, "interpreter": by_interpreter, "waiting": by_waiting}
