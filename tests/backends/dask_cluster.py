"""A real Dask scheduler and workers as processes of their own, and what they are given to run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from backends.workers import answer, die_once

from logproc.model import FileResult, Folded, Lines, Partial, Parts

REPO = Path(__file__).parents[2]
PATIENCE = 60


class Process:
    """A command of Dask in a session of its own; its messages are read as they come, so that it never blocks."""

    def __init__(self, module, *options, cwd=None, path=(REPO, REPO / "tests"), host=None, gate="", **settings):
        environment = {
            **os.environ,
            "GATE": str(gate),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            **{f"DASK_DISTRIBUTED__{name.upper()}": str(value) for name, value in settings.items()},
        }
        self._process = subprocess.Popen(
            [
                *(host.prefix if host else ()),
                *(sys.executable, "-m", f"distributed.cli.{module}"),
                *("--host", host.address if host else "127.0.0.1", "--no-dashboard", *options),
            ],
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=environment,
            start_new_session=True,
        )
        self.lines = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stderr:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()
        with self._more:
            self.lines.append("THE END")
            self._more.notify_all()

    def count(self, text):
        """Return how often the process has said something."""
        with self._more:
            return sum(text in line for line in self.lines)

    def heard(self, text, times=1):
        """Wait until the process has said something so often, and return the last line that has it."""

        def found():
            return sum(text in line for line in self.lines) >= times or self.lines[-1:] == ["THE END"]

        with self._more:
            assert self._more.wait_for(found, PATIENCE), "".join(self.lines)
            said = [line for line in self.lines if text in line]
        assert len(said) >= times, "".join(self.lines)
        return said[-1] if said else ""

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)

    def close(self):
        self.kill()
        self._process.wait()
        self._reader.join()
        self._process.stderr.close()


@contextmanager
def scheduler(*options, **settings):
    """Yield a scheduler process; its `address` is where it listens."""
    process = Process("dask_scheduler", "--port", "0", *options, **settings)
    try:
        process.address = process.heard("Scheduler at:").split()[-1]
        yield process
    finally:
        process.close()


@contextmanager
def deserted(chief):
    """Leave a scheduler that others use too when all workers that came in between are forgotten."""
    yield chief
    chief.heard("Remove worker", times=chief.count("Register worker"))


@contextmanager
def workers(address, folder, *options, count=None, **how):
    """Yield the process of some workers that have joined, one thread each; nannies look after them if they are counted.

    A nanny starts a worker again that was killed, and takes a second to start the first.
    """
    nannies = ("--no-nanny",) if count is None else ("--nworkers", str(count))
    places = ("--nthreads", "1", "--local-directory", str(folder))
    process = Process("dask_worker", address, *nannies, *places, *options, **how)
    count = count or 1
    try:
        process.heard("Registered to:", times=count)
        yield process
    finally:
        process.close()


# ---- jobs --------------------------------------------------------------------------------------------------


def merge(_job, outcomes):
    """Fold the tables of tests, which are texts, to one that shows their order."""
    tables, bare = [], []
    for outcome in outcomes:
        tables.append(show(outcome))
        bare.append(Partial(outcome.task, outcome.files, ()) if isinstance(outcome, Partial) else outcome)
    return Folded(outcomes[0].task, tuple(bare), ("|".join(tables).encode(),))


def show(outcome):
    if isinstance(outcome, Partial):
        return outcome.tables[0].decode()
    if isinstance(outcome, Parts):
        return "+".join(show(part) for _, part in outcome.outcomes)
    return f"lost {outcome.task}"


def no_merge(_job, _outcomes):
    raise ArithmeticError("cannot add these")


def trap(job, task):
    """Kill the worker if one of the bad bytes is in the range, and leave a mark."""
    piece = task.pieces[0]
    end = piece.start + task.bytes if piece.end < 0 else piece.end
    if any(piece.start <= at < end for at in job.bad):
        with (Path(job.folder) / f"{piece.start}-{end}").open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(task)


def meet(job, task):
    """Wait until two processes are at work."""
    folder = Path(job.folder)
    (folder / f"{os.getpid()}.pid").touch()
    upto = time.monotonic() + PATIENCE
    while len(list(folder.glob("*.pid"))) < 2 and time.monotonic() < upto:
        threading.Event().wait(0.01)
    return Partial(task.number, (), (str(len(list(folder.glob("*.pid")))).encode(),))


def stay(job, task):
    """Begin, and not end before the test does."""
    (Path(job.folder) / f"{task.number}.begun").touch()
    threading.Event().wait(PATIENCE)
    return answer(task)


def halt_once(job, task):
    """Stop the process in the middle of a bad task, the first time it is tried, and leave its number to the test."""
    marker = Path(job.folder) / f"{task.number}.pid"
    if task.number in job.bad and not marker.exists():
        marker.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)
    return answer(task)


def halt_when_told(job, task):
    """Do the first task once the file `all` is there, others after `go`; stop who did one of these after `halt`."""
    folder = Path(job.folder)
    expect(folder / ("go" if task.number else "all"))
    if task.number:
        with suppress(FileExistsError), (folder / "first.pid").open("x") as file:
            file.write(str(os.getpid()))
            threading.Thread(target=halt, args=(folder / "halt",), daemon=True).start()
    (folder / f"{task.number} by {os.getpid()}.done").touch()
    return answer(task)


def halt(told):
    expect(told)
    os.kill(os.getpid(), signal.SIGSTOP)


def expect(path):
    """Wait for a file."""
    upto = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < upto:
        threading.Event().wait(0.01)


def leave_a_file(job, task):
    """Leave rejected lines where the job says."""
    (Path(job.spool) / f"{task.number}.jsonl").write_text(f"line of {task.number} from {task.pieces[0].start}\n" * 3)
    return answer(task)


def inspect(_job, task):
    """Report, as workers do, which files of the task cannot be read; the table says where that was."""
    files = []
    for piece in task.pieces:
        try:
            Path(piece.place).read_bytes()
        except OSError as error:
            files.append(result_of(piece, error.strerror))
        else:
            files.append(result_of(piece, None))
    return Partial(task.number, tuple(files), (str(Path.cwd()).encode(),))


def result_of(piece, problem):
    return FileResult(
        file=piece.file, codec="plain", format=None, confidence=1.0, bytes_read=0, lines=Lines(), rejected_by_reason={},
        samples=(), first_time=None, last_time=None, problem=problem, skipped=problem is not None,
    )  # fmt: skip


def inspect_while_one_disk_goes(job, task):
    """Take away what the worker in the folder `there` sees before it inspects anything; others wait for that."""
    gone = Path(job.folder) / "gone"
    if Path.cwd().name == "there":
        for path in Path.cwd().glob("log*"):
            path.unlink()
        gone.touch()
    expect(gone)
    return inspect(job, task)


def inspect_in_turn(job, task):
    """Inspect, but in other folders than `there` only when the worker there has been given something."""
    begun = Path(job.folder) / "begun"
    if Path.cwd().name == "there":
        begun.touch()
    expect(begun)
    return inspect(job, task)


def die_and_lack(job, task):
    """Kill the process in the middle of a bad task, the first time it is tried; lack memory for it from then on."""
    die_once(job, task)
    if task.number in job.bad:
        raise MemoryError
    return answer(task)


def lack(job, task):
    """Find the disk full, but not in other folders than `there`; no more memory for bad tasks anywhere."""
    outcome = inspect_in_turn(job, task)
    if Path.cwd().name == "there":
        raise OSError(28, "No space left on device")
    if task.number in job.bad:
        raise MemoryError
    return outcome
