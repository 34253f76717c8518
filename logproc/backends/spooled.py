"""Rejected lines on their way from a worker that cannot write to the coordinator's folder.

A job says with `spool` where each task leaves its rejected lines. Elsewhere a task gets a folder of its own, and what
it left there travels, packed, with its outcome or, to a queue, in pieces before it. It is written where it belongs
before the outcome is yielded.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logproc import scratch
from logproc.backends.serial import attempt
from logproc.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logproc.model import Failure, Outcome, Partial, Task

LEVEL = 1
"""Lines compress well, and the wire is faster than better compression."""

CHUNK = 1 << 20
"""Bytes that are unpacked at a time."""


def pack(data: bytes) -> bytes:
    """Return data as it travels."""
    return zlib.compress(data, LEVEL)


def unpack(packed: bytes, most: int) -> bytes:
    """Return what was packed; WireError if it is damaged, or unpacks to more than `most` bytes."""
    data = bytearray()
    for chunk in _unpacked(packed):
        data += chunk
        if len(data) > most:
            raise WireError(f"a piece of rejected lines of more than {most} bytes")
    return bytes(data)


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Yield what was packed in chunks; WireError unless it is all there, and nothing else."""
    unpacker, left = zlib.decompressobj(), packed
    while not unpacker.eof:
        try:
            chunk = unpacker.decompress(left, CHUNK)
        except zlib.error as error:
            raise WireError("rejected lines that are damaged") from error
        left = unpacker.unconsumed_tail
        if not chunk and not left and not unpacker.eof:
            raise WireError("rejected lines that end too early")
        yield chunk
    if unpacker.unused_data:
        raise WireError("rejected lines with something behind their end")


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
    with scratch.folder() as folder:
        outcome: Partial | Failure = attempt(process, replace(job, spool=folder), task)
        files = tuple((path.name, pack(path.read_bytes())) for path in sorted(Path(folder).iterdir()))
    return Spooled(outcome, files)


def unload(folder: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files where the coordinator looks for them; WireError, and no file, if one is damaged."""
    for name, content in files:
        path = Path(folder) / name
        if Path(name).name != name:
            continue  # no worker writes anywhere else
        try:
            with path.open("wb") as file:
                file.writelines(_unpacked(content))
        except WireError:
            path.unlink()
            raise
