"""A year of nights in fast-forward: `python benchmarks/year.py FOLDER [--nights 365] [--hosts 50] [--lines 1000]`.

Each night every host's log is rotated, the day's lines are written, and a run counts them with the presets for the web,
as if that night had come. Then says how large the ledger is, and what a month's report from it takes. One that was
stopped goes on in the same folder: `nights` in it says how many are counted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from generate import combined_chunks

from logproc import nightly
from logproc.config import Config, Source

FIRST = dt.date(2025, 12, 1)
DATE = re.compile(rb"\[\d\d/[A-Z][a-z]{2}/\d{4}")
KEPT = 7
"""Rotated files that a host keeps."""


def rotate(logs: Path, day: dt.date, hosts: int, lines: int) -> None:
    """Rename what was written yesterday, and write what is written today."""
    text = b"".join(bytes(chunk) for chunk in combined_chunks(hosts * lines, day.toordinal()))
    found = DATE.sub(day.strftime("[%d/%b/%Y").encode(), text).splitlines(keepends=True)
    for host in range(hosts):
        live = logs / f"host{host:02}" / "access.log"
        live.parent.mkdir(parents=True, exist_ok=True)
        if live.exists():
            live.rename(f"{live}-{day - dt.timedelta(1):%Y%m%d}")
        Path(f"{live}-{day - dt.timedelta(1 + KEPT):%Y%m%d}").unlink(missing_ok=True)
        live.write_bytes(b"".join(found[host::hosts]))
        written = dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC).timestamp()
        os.utime(live, (written, written))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--lines", type=int, default=1000, help="Lines a host and day.")
    typed = parser.parse_args()
    typed.folder = typed.folder.resolve()
    logs, state = typed.folder / "logs", typed.folder / "state"
    config = Config(
        paths=(str(logs),),
        root=str(logs),
        state_dir=str(state),
        workers=2,
        use=("web",),
        sources=(Source("web", ("**/*",), host="^(?P<host>[^/]+)/"),),
    )
    counted_nights = typed.folder / "nights"
    done = int(counted_nights.read_text()) if counted_nights.exists() else 0
    for number in range(done, typed.nights):
        day = FIRST + dt.timedelta(number)
        rotate(logs, day, typed.hosts, typed.lines)
        night = dt.datetime.combine(day + dt.timedelta(1), dt.time(3), dt.UTC)
        cpu, wall = time.process_time(), time.monotonic()
        report = nightly.run(config, now_ns=int(night.timestamp()) * 10**9)
        nightly.reported(config)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        counted = sum(file.lines.counted for file in report.files)
        assert counted == typed.hosts * typed.lines, counted
        counted_nights.write_text(str(number + 1))
        if number % 30 == 0 or number == typed.nights - 1:
            size = (state / "ledger.sqlite").stat().st_size
            print(f"night {number + 1}: {cpu:.2f} s CPU, {wall:.2f} s, ledger {size:,} bytes", flush=True)
    month = (FIRST + dt.timedelta(typed.nights - 1)).replace(day=1)
    settings = typed.folder / "config.toml"
    settings.write_text(
        f'root = "{logs}"\nstate_dir = "{state}"\n[reports]\nuse = ["web"]\n'
        '[[source]]\nname = "web"\ninclude = ["**/*"]\nhost = "^(?P<host>[^/]+)/"\n'
    )
    until = month + dt.timedelta(min(31, typed.nights))
    command = [sys.executable, "-m", "logproc", "report", "-c", str(settings)]
    for asked in (["--since", str(month), "--until", str(until)], ["--since", str(month), "--host", "host07"], []):
        wall, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, *asked, "--json", "/dev/null", "-q"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"report {' '.join(asked)}: {cpu:.2f} s CPU, {time.monotonic() - wall:.2f} s")


if __name__ == "__main__":
    main()
