"""What a run with a ledger costs where nothing is new: `python benchmarks/nights.py FOLDER FILES`.

Makes FILES small logs in FOLDER, counts them, and runs twice more; prints CPU, wall seconds and the size of the ledger.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path

from logproc import nightly
from logproc.__main__ import COLLECT_EVERY
from logproc.config import Config

LINE = '10.0.0.{n} - - [{day:02d}/Nov/2026:10:00:00 +0000] "GET /{file} HTTP/1.1" 200 5 "-" "curl/8"\n'


def main(folder: Path, files: int) -> None:
    gc.set_threshold(COLLECT_EVERY)  # as the command does
    for number in range(files):
        path = folder / "logs" / f"host{number % 50}" / f"{number}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(LINE.format(n=n, day=1 + number % 30, file=number) for n in range(3)))
        os.utime(path, (1.7e9, 1.7e9))  # long before the first scan
    config = Config(paths=(str(folder / "logs"),), state_dir=str(folder / "state"), workers=2)
    for name in ("all new", "nothing new", "nothing new"):
        cpu, wall = time.process_time(), time.monotonic()
        nightly.run(config)
        nightly.reported(config)
        size = (folder / "state" / "ledger.sqlite").stat().st_size
        print(f"{name}: {time.process_time() - cpu:.2f} s CPU, {time.monotonic() - wall:.2f} s, ledger {size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
