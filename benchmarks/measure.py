"""One run of a command as a process of its own: wall clock, CPU seconds, peak memory, what it wrote."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds of wall clock and of CPU (all threads and waited-for children), peak resident bytes, and output."""

    wall: float
    cpu: float
    peak_bytes: int
    output: str
    errors: str
    exit_code: int


def measure(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Sample:
    """Run a command to its end. Output goes through files, so that no reader competes for the two cores.

    Linux counts the size of the process that forked into the child's peak, so the caller must be small.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Sample(
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * 1024,
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
            child.returncode,
        )


def warm(path: Path) -> None:
    """Bring a file or the files of a folder into the page cache."""
    buffer = bytearray(1 << 20)
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb", buffering=0) as source:
                while source.readinto(buffer):
                    pass


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return os.uname().machine
