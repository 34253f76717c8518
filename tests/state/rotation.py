"""A folder of logs under rotation, and an oracle that remembers every line that was ever written.

Each line is an access log line that says by its path which one it is. What a nightly run has counted is compared with
the lines that were complete, or whose file was rotated away, when it ran.
"""

from __future__ import annotations

import bz2
import gzip
import itertools
import os
import shutil
from collections import Counter
from pathlib import Path

from logproc import nightly
from logproc.config import Config, Limits, NamedReport, State

SQL = "SELECT path, count(*) AS n FROM web GROUP BY path"
LINE = (
    '10.0.0.{host} - - [{day:02d}/Nov/2026:{hour:02d}:00:00 +0000] "GET /{number}{pad} HTTP/1.1" 200 5 "-" "curl/8"\n'
)


ALIKE = f'10.0.0.9 - - [01/Nov/2026:00:00:00 +0000] "GET /alike HTTP/1.1" 200 5 "-" "{"x" * 5000}"\n'


def config(root: Path, folder: Path, **changes) -> Config:
    values = {
        "paths": (str(root),),
        "root": str(root),
        "state_dir": str(folder),
        "backend": "serial",
        "named_reports": (NamedReport("lines", SQL),),
        "use": (),
        "limits": Limits(block_bytes=1 << 16, max_line_bytes=1 << 16),
        "state": State(settle=3600.0),
        "accept_gone": True,
    }
    return Config(**(values | changes))


def counted(report, name: str = "lines") -> Counter:
    return Counter(dict(report.table(name).rows))


def decoded(name: str, data: bytes) -> bytes:
    opened = {"gz": gzip, "bz2": bz2}.get(name.rpartition(".")[2])
    return data if opened is None else opened.decompress(data)


def packed(name: str, data: bytes) -> bytes:
    """Return what is appended to a file, for this to be behind its content."""
    opened = {"gz": gzip, "bz2": bz2}.get(name.rpartition(".")[2])
    return data if opened is None else opened.compress(data)


class Logs:
    """Log files below a root, written and rotated; `files` maps paths to the lines in them, whole or begun."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self.ever: Counter = Counter()
        self.begun: dict[str, str] = {}  # what stands unterminated at the end of live files

    def path(self, name: str) -> Path:
        return self.root / name

    def line(self, pad: int = 0, day: int = 1) -> tuple[str, str]:
        number = next(self._numbers)
        key = f"/{number}{'x' * pad}"
        return key, LINE.format(host=number % 3, day=day, hour=number % 24, number=number, pad="x" * pad)

    def append(self, name: str, count: int = 1, pad: int = 0, *, torn: bool = False, day: int = 1) -> None:
        """Write whole lines; with `torn` another one of which only a part is there. A begun line is ended first."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            if name in self.begun:
                file.write(self.begun.pop(name))
            for _ in range(count):
                key, text = self.line(pad, day)
                file.write(text)
                self.ever[key] += 1
            if torn:
                key, text = self.line(pad, day)
                file.write(text[:-1])
                self.begun[name] = "\n"
                self.ever[key] += 1

    def begin_alike(self, name: str) -> None:
        """Begin a file with five kilobytes that every such file begins with."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ALIKE)
        self.ever["/alike"] += 1

    def content(self, name: str) -> bytes:
        return decoded(name, self.path(name).read_bytes())

    def is_alone(self, content: bytes, name: str) -> bool:
        """Tell whether no other file begins with the same bytes, as far as the shorter one goes."""
        others = (str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file())
        contents = (self.content(other) for other in others if other != name)
        return not any(other.startswith(content) or content.startswith(other) for other in contents if other)

    def waiting(self) -> Counter:
        """Return the lines that a run does not count yet: those that are begun, in plain files under a live name."""
        found: Counter = Counter()
        for name in self.begun:
            last = self.path(name).read_text().rpartition("\n")[2]
            found[last.split('"')[1].split()[1]] += 1
        return found

    def expected(self) -> Counter:
        return +(self.ever - self.waiting())

    def move(self, old: str, new: str) -> None:
        target = self.path(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path(old).rename(target)
        self.begun.pop(old, None)

    def shift(self, name: str) -> None:
        """Rotate by numbers: x.1 becomes x.2, x becomes x.1; files in between that are not there end it."""
        old = sorted(self.path(name).parent.glob(f"{Path(name).name}.[0-9]*"))
        numbered = sorted(
            ((int(p.name.removeprefix(Path(name).name + ".").split(".")[0]), p) for p in old), reverse=True
        )
        for number, path in numbered:
            ending = path.name.removeprefix(f"{Path(name).name}.{number}")
            path.rename(path.with_name(f"{Path(name).name}.{number + 1}{ending}"))
        self.move(name, f"{name}.1")

    def copy(self, old: str, new: str) -> None:
        shutil.copyfile(self.path(old), self.path(new))

    def copytruncate(self, old: str, new: str) -> None:
        shutil.copyfile(self.path(old), self.path(new))
        os.truncate(self.path(old), 0)
        self.begun.pop(old, None)

    def compress(self, name: str, *, members: int = 1, codec: str = "gz") -> None:
        data = self.path(name).read_bytes()
        cut = sorted({0, len(data), *(len(data) * k // members for k in range(members))})
        module = {"gz": gzip, "bz2": bz2}[codec]
        parts = [module.compress(data[a:b]) for a, b in itertools.pairwise(cut)] or [module.compress(b"")]
        self.path(f"{name}.{codec}").write_bytes(b"".join(parts))
        self.path(name).unlink()


def run(root: Path, folder: Path, now_ns: int | None = None, **changes):
    """Do a nightly run, and say that its report was written."""
    settings = config(root, folder, **changes)
    report = nightly.run(settings, now_ns=now_ns)
    nightly.reported(settings)
    return report
