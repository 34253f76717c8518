"""The real logrotate beside a writer that does not stop: what was counted is what was written, in every night."""

from __future__ import annotations

import functools
import gzip
import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import Self

import pytest
from state.rotation import Logs, counted, run
from waiting import PATIENCE

from logproc import nightly

pytestmark = pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")

CONFIG = """
{log} {{
    rotate 99
    missingok
    {directives}
    prerotate
        echo before > {asked}; cat {answered}
    endscript
    postrotate
        echo after > {asked}; cat {answered}
    endscript
}}
"""

NIGHTS = ("dateyesterday", "datehourago", "")
"""How to have three dates within a test, for `dateext`."""

DATED = "dateext\ndateformat -%Y%m%d%H"


class Writer:
    """Appends lines, and parts of lines, until it is stopped; does at a rotation what a server does.

    With `copytruncate` it holds still between copy and truncation: what is written then is lost to everybody. Else it
    opens its file anew, at once or, `late`, when it is told to: till then it writes into the file that was renamed.
    """

    def __init__(self, folder: Path, *, copytruncate: bool, late: bool) -> None:
        self.logs = Logs(folder / "logs")
        self.path = self.logs.path("web/access.log")
        self.path.parent.mkdir()
        self.asked, self.answered = folder / "asked", folder / "answered"
        os.mkfifo(self.asked)
        os.mkfifo(self.answered)
        self.written: Counter = Counter()
        self._copytruncate = copytruncate
        self._late = late
        self._may_write = threading.Lock()
        self._more = threading.Condition()
        self._stopped = threading.Event()
        self._file = self.path.open("ab", buffering=0)
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._write, self._serve)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self.asked.write_text("end\n")
        self._threads[1].join()
        self._file.close()

    def stop(self) -> None:
        """Write no more."""
        self._stopped.set()
        self._threads[0].join()

    def wait_for(self, lines: int) -> None:
        """Wait until so many lines more are written."""
        with self._more:
            wanted = self.written.total() + lines
            assert self._more.wait_for(lambda: self.written.total() >= wanted, timeout=PATIENCE)

    def reopen(self) -> None:
        """Write into the file that has the name, and not into the one that had it."""
        with self._may_write:
            self._file.close()
            self._file = self.path.open("ab", buffering=0)

    def _write(self) -> None:
        while not self._stopped.wait(0.0005):
            with self._may_write:
                texts = [self.logs.line() for _ in range(7)]
                self._file.write("".join(text for _, text in texts).encode())
            with self._more:
                self.written.update(key for key, _ in texts)
                self._more.notify_all()
            key, text = self.logs.line()
            with self._may_write:  # in two writes into one file: a server does not open it anew within a line
                self._file.write(text[:70].encode())
                self._stopped.wait(0.0005)
                self._file.write(text[70:].encode())
            with self._more:
                self.written[key] += 1

    def _serve(self) -> None:
        while (asked := self.asked.read_text()) != "end\n":
            if asked == "before\n" and self._copytruncate:
                self._may_write.acquire()
            elif asked == "after\n" and self._copytruncate:
                self._may_write.release()
            elif asked == "after\n" and not self._late:
                self.reopen()
            self.answered.write_text("done\n")


def rotate(folder: Path, writer: Writer, directives: str) -> None:
    """Run logrotate."""
    config = folder / "logrotate.conf"
    names = {"log": writer.path, "asked": writer.asked, "answered": writer.answered}
    config.write_text(CONFIG.format(directives=directives.replace("\n", "\n    "), **names))
    command = ["logrotate", "--force", "--state", str(folder / "rotated"), str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr


def on_disk(root: Path) -> Counter:
    """Return the lines that a full scan of all files finds."""
    found: Counter = Counter()
    for path in filter(Path.is_file, root.rglob("*")):
        data = path.read_bytes()
        for line in (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines():
            found[line.split('"')[1].split()[1]] += 1
    return found


@pytest.mark.parametrize(
    ("directives", "late", "rotated"),
    [
        ("create\nnocompress", True, [".1", ".2", ".3"]),
        ("create\ncompress", False, [".1.gz", ".2.gz", ".3.gz"]),
        ("create\ncompress\ndelaycompress", True, [".1", ".2.gz", ".3.gz"]),
        (f"create\ncompress\ndelaycompress\n{DATED}", True, ["-DATE", "-DATE.gz", "-DATE.gz"]),
        ("copytruncate\ncompress", False, [".1.gz", ".2.gz", ".3.gz"]),
        (f"copytruncate\ncompress\ndelaycompress\n{DATED}", False, ["-DATE", "-DATE.gz", "-DATE.gz"]),
    ],
)
def test_every_line_is_counted_once_beside_logrotate(tmp_path, monkeypatch, directives, late, rotated):
    monkeypatch.setattr(nightly, "Questions", functools.lru_cache(nightly.Questions))  # planned once
    with Writer(tmp_path, copytruncate="copytruncate" in directives, late=late) as writer:
        for night in NIGHTS:
            writer.wait_for(20)
            require_counted(tmp_path, writer)
            rotate(tmp_path, writer, f"{directives}\n{night if DATED in directives else ''}")
            writer.wait_for(20)
            require_counted(tmp_path, writer)
            if late:
                writer.reopen()
        writer.stop()
        assert counted(run(writer.logs.root, tmp_path / "state")) == writer.written == on_disk(writer.logs.root)
    names = [path.name.removeprefix("access.log") for path in writer.path.parent.iterdir()]
    assert sorted(re.sub(r"\d{10}", "DATE", name) for name in names) == ["", *rotated]


def require_counted(folder: Path, writer: Writer) -> None:
    """Run beside the writer: what was there when it began is counted, and nothing twice."""
    before = writer.written.copy()
    found = counted(run(writer.logs.root, folder / "state"))
    assert not before - found
    assert set(found.values()) == {1}
