"""A program for test_faults: runs that are killed by SIGKILL, each in a process of its own, and the run after it.

`python killed.py FOLDER FILES TIMES` kills at every failpoint, then TIMES at random moments over so many FILES.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from logproc import nightly
from logproc.report import json

sys.path.insert(0, str(Path(__file__).parents[1]))

from state.rotation import Logs, config


def finished(settings) -> bytes:
    """Run, and return the report without what differs between two runs."""
    report = nightly.run(settings)
    nightly.reported(settings)
    lines = json.render(report).split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(b' "run"'))


def reports(text: bytes) -> bytes:
    """Return the reports alone: what was found in this night's files is in the rest."""
    return text.partition(b'"reports"')[2].partition(b'"checks"')[0]


def fork(settings, failpoint: str = "", after: float | None = None) -> int:
    """Run in a child that ends at a failpoint, or is killed after some seconds; returns the signal that ended it."""
    child = os.fork()
    if child == 0:
        os.environ["LOGPROC_FAILPOINT"] = failpoint
        finished(settings)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def fill(folder: Path, files: int) -> Path:
    logs = Logs(folder / "logs")
    for number in range(files):
        logs.append(f"host{number % 7}/{number}.log", 3, day=1 + number % 3)
    return folder / "logs"


def main(folder: Path, files: int, times: int) -> None:
    from logproc.state import failpoints

    few = fill(folder / "few", 20)
    wanted = finished(config(few, folder / "few" / "whole"))
    for name in failpoints.NAMES:
        settings = config(few, folder / "few" / name)
        assert fork(settings, name) == signal.SIGKILL, f"{name} was not reached"
        found = finished(settings)
        if name == "after-reported":  # the report had been written: the next one is of a run without news
            assert reports(found) == reports(wanted), name
        else:
            assert found == wanted, name
        sys.stdout.write(f"{name}\n")
    many = fill(folder / "many", files)
    begin = time.monotonic()
    wanted = finished(config(many, folder / "many" / "whole"))
    length = time.monotonic() - begin
    dice = random.Random(7)
    for number in range(times):
        settings = config(many, folder / "many" / str(number))
        fork(settings, after=dice.uniform(0, length))
        found = finished(settings)
        assert reports(found) == reports(wanted), number
    sys.stdout.write("random\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
