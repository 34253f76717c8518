"""What backends are given to run in tests: functions that a child process can import."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from logproc.errors import MachineError
from logproc.model import Partial


@dataclass(frozen=True)
class Errand:
    """A job: the folder for markers, and the numbers of the tasks that misbehave."""

    folder: str = ""
    bad: tuple[int, ...] = ()


def answer(task):
    return Partial(task.number, (), (f"task {task.number}: {task.bytes}".encode(),))


def work(_job, task):
    return answer(task)


def fail(job, task):
    if task.number in job.bad:
        raise ValueError(f"no such luck with {task.number}")
    return answer(task)


def die_once(job, task):
    """Kill the process in the middle of a bad task, the first time it is tried."""
    marker = Path(job.folder) / str(task.number)
    if task.number in job.bad and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(task)


def die(job, task):
    """Kill the process in the middle of a bad task, however often it is tried, and leave a mark each time."""
    if task.number in job.bad:
        with (Path(job.folder) / str(task.number)).open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(task)


def abort(job, task):
    """End as libraries do that get no memory."""
    if task.number in job.bad:
        os.abort()
    return answer(task)


def leave(job, task):
    """End the process without an error, as a library might."""
    if task.number in job.bad:
        os._exit(0)
    return answer(task)


def unfit(job, task):
    """Do a task on a machine that cannot do the bad ones, or any other of the kind."""
    if task.number in job.bad:
        raise MachineError("there is no machine code for this")
    return answer(task)


def exits(_job, task):
    """End the thread, or what else does the task."""
    raise SystemExit(task.number)


def announce(job, task):
    """Tell who did the task, and that it was begun."""
    (Path(job.folder) / f"{task.number}.begun").touch()
    return Partial(task.number, (), (f"{os.getpid()} {threading.get_ident()}".encode(),))


def large(_job, task):
    """Return more than a pipe holds."""
    return Partial(task.number, (), (bytes(300_000),))


def stop_once(job, task):
    """Stop the process in the middle of a bad task, the first time it is tried, as SIGSTOP from outside does."""
    marker = Path(job.folder) / str(task.number)
    if task.number in job.bad and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return answer(task)


DEEDS = {"work": 10, "large": 3, "die": 3, "stop": 1}
"""What `mischief` does, and how often."""


def deed_of(seed, number):
    """Return what becomes of a task when it is tried for the first time, by chance."""
    return random.Random(f"{seed} {number}").choices(tuple(DEEDS), DEEDS.values())[0]


def mischief(job, task):
    """Do a task, return much, or die or hang in the middle of it, the first time it is tried."""
    (seed,) = job.bad
    deed, marker = deed_of(seed, task.number), Path(job.folder) / str(task.number)
    if deed in {"die", "stop"} and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL if deed == "die" else signal.SIGSTOP)
    return large(job, task) if deed == "large" else answer(task)


def spin(job, _task):
    """Work for ever; leave a mark of who does."""
    (Path(job.folder) / f"{os.getpid()}.pid").touch()
    while True:
        sum(range(1000))


def hold(job, _task):
    """Work for minutes in one call that no other thread of the process can interrupt."""
    (Path(job.folder) / f"{os.getpid()}.pid").touch()
    return pow(3, 10**9)


def fill(job, task):
    """Take twenty times the memory that a bad task has bytes."""
    if task.number in job.bad:
        return Partial(task.number, (), (str(len(bytearray(20 * task.bytes))).encode(),))
    return answer(task)


def starve(job, task):
    """Have too little memory for a bad task, however often it is tried, and leave a mark each time."""
    if task.number in job.bad:
        with (Path(job.folder) / "starved").open("a") as file:
            file.write("x")
        raise MemoryError
    return answer(task)


def starve_above(size, job, task):
    """Have too little memory for more than so many bytes."""
    return starve(Errand(job.folder, (task.number,) if task.bytes > size else ()), task)


def map_too_little(job, task):
    """Have too little memory for a library that is loaded for a bad task, as dlopen(3) says it."""
    if task.number in job.bad:
        raise ImportError("/lib/agents.so: failed to map segment from shared object")
    return answer(task)


def read_but_die_of(size, job, task):
    """Do what workers do, but kill the process where a plain range has more than so many bytes."""
    from logproc.worker import process

    if task.pieces[0].codec == "plain" and task.bytes > size:
        os.kill(os.getpid(), signal.SIGKILL)
    return process(job, task)


def read_but_die_once(folder, bad, job, task):
    """Do what workers do, but kill the process after a bad task, before anything of it is told, the first time."""
    from logproc.worker import process

    outcome, marker = process(job, task), Path(folder) / str(task.number)
    if task.number in bad and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return outcome


def held(job, task):
    """Say that a bad task was begun, and wait for the test to let it end."""
    if task.number in job.bad:
        (Path(job.folder) / f"{task.number}.begun").touch()
        while not (Path(job.folder) / "go").exists():
            time.sleep(0.01)
    return answer(task)


def slow(_job, task):
    """Take some time."""
    time.sleep(0.05 if task.number > 3 else 1.0)
    return answer(task)
