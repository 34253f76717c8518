"""Rejected lines on their way from a worker that cannot write to the coordinator's folder.

A job says with `spool` where each task leaves its rejected lines. Elsewhere a task gets a folder of its own, and what
it left there travels, compressed, with its outcome. It is written where it belongs before the outcome is yielded.
"""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc.backends.serial import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logproc.model import Failure, Outcome, Partial, Task

LEVEL = 1
"""Lines compress well, and the wire is faster than better compression."""

CHUNK = 1 << 20
"""Bytes that are decompressed at a time."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """An outcome, and the files that its tasks left: names and compressed contents."""

    outcome: Outcome
    files: tuple[tuple[str, bytes], ...] = ()


def wanted(job: Any) -> bool:  # noqa: ANN401 - backends do not know what a job is
    """Tell whether tasks of a job leave files behind."""
    return getattr(job, "spool", None) is not None


def spooled(process: Callable[[Any, Task], Partial], job: Any, task: Task) -> Spooled:  # noqa: ANN401
    """Do a task in a folder of its own and return its outcome with what it left there."""
    with tempfile.TemporaryDirectory(prefix="logproc-") as folder:
        outcome: Partial | Failure = attempt(process, replace(job, spool=folder), task)
        files = tuple((path.name, zlib.compress(path.read_bytes(), LEVEL)) for path in sorted(Path(folder).iterdir()))
    return Spooled(outcome, files)


def unload(folder: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files where the coordinator looks for them."""
    for name, content in files:
        if Path(name).name != name:
            continue  # no worker writes anywhere else
        with (Path(folder) / name).open("wb") as file:
            unpacker = zlib.decompressobj()
            file.write(unpacker.decompress(content, CHUNK))
            while unpacker.unconsumed_tail:
                file.write(unpacker.decompress(unpacker.unconsumed_tail, CHUNK))
