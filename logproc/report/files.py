"""Writes output files so that a reader sees the old one or the new one, never a half.

The bytes go to a temporary file beside the target, are synced, and take the target's place by rename. Where the system
can, that file has no name until it is complete: whatever ends the process, nothing is left behind. What is no regular
file (`/dev/null`, a FIFO) is written to directly: renaming over a device would replace it. So is what is open already
(`/dev/stdout`, a `>(command)` of the shell): whoever opened it reads there, or has written before.
"""

from __future__ import annotations

import io
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from logproc.errors import OutputError, UsageError
from logproc.stopping import publishing, swept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

_OPEN_ALREADY = re.compile(r"/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")
"""Paths that name a descriptor."""


def write_atomically(path: str, content: bytes) -> None:
    """Write `content` to `path` as a whole or not at all; raises OutputError."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Yield a file whose bytes take the place of `path` when the block ends well; raises OutputError.

    When the block raises, the temporary file is removed and `path` is as it was. An OSError that is not the file's own
    passes: the block may be a whole run.
    """
    is_open = _OPEN_ALREADY.fullmatch(path) is not None
    if is_open or (os.path.exists(path) and not os.path.isfile(path)):  # noqa: PTH110, PTH113
        with _Output(path, _opened(path, os.O_APPEND if is_open else os.O_TRUNC)) as file:
            yield file
        return
    target = os.path.realpath(path)  # a symbolic link stays one: what it points to is replaced
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}.tmp")  # noqa: PTH118
    with swept(temporary), _removed(temporary):
        with _Output(path, _temporary(path, folder, temporary)) as file:
            _keep_mode(target, file)
            yield file
            with _as_output_error(path):
                file.flush()
                os.fsync(file.fileno())
                with publishing():
                    _give_name(file, temporary)
        with _as_output_error(path), publishing():
            os.replace(temporary, target)  # noqa: PTH105
            _sync_folder(folder)


@contextmanager
def _removed(temporary: str) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - gone already if all went well


class _Raw(io.FileIO):
    """A descriptor that is owned, and whose errors are an OutputError for a path."""

    def __init__(self, path: str, descriptor: int) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, data: ReadableBuffer, /) -> int:
        with _as_output_error(self._path):
            return super().write(data)


class _Output(io.BufferedWriter):
    """A file whose errors are an OutputError; where its block raises, nobody wants what is still to be written."""

    def __init__(self, path: str, descriptor: int) -> None:
        super().__init__(_Raw(path, descriptor))

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        if kind is None:
            self.close()
            return
        with suppress(OutputError, OSError):
            self.close()


def _opened(path: str, how: int) -> int:
    with _as_output_error(path):
        return os.open(path, os.O_WRONLY | how | os.O_CLOEXEC)


def _temporary(path: str, folder: str, name: str) -> int:
    """Open a new file in a folder: without a name where the file system can, else called `name`."""
    if hasattr(os, "O_TMPFILE"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            if os.path.exists(_handle(descriptor)):  # noqa: PTH110 - else there is no /proc to name it by
                return descriptor
            os.close(descriptor)
    with _as_output_error(path):
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def _give_name(file: BinaryIO, name: str) -> None:
    if not os.path.exists(name):  # noqa: PTH110
        # With a folder's handle, which an absolute path does not use, Python calls linkat(2), which follows /proc.
        os.link(_handle(file.fileno()), name, src_dir_fd=file.fileno(), follow_symlinks=True)


def _handle(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def require_writable(option: str, path: str) -> None:
    """Raise UsageError, before any work is done, if `path` cannot become a file."""
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120
    if os.path.isdir(path):  # noqa: PTH112
        raise UsageError(f"{option} {path}: is a folder; name a file in it")
    if not os.path.isdir(folder):  # noqa: PTH112
        raise UsageError(f"{option} {path}: the folder {folder} does not exist; create it first")
    if not os.access(folder, os.W_OK) and not os.access(path, os.W_OK):
        raise UsageError(f"{option} {path}: the folder {folder} is not writable")


def require_folder(option: str, path: str) -> None:
    """Raise UsageError, before any work is done, if `path` is no folder and cannot become one."""
    if os.path.isdir(path):  # noqa: PTH112
        if not os.access(path, os.W_OK):
            raise UsageError(f"{option} {path}: the folder is not writable")
    elif os.path.lexists(path):
        raise UsageError(f"{option} {path}: is no folder; name one for the files")
    else:
        require_writable(option, path.rstrip("/"))


@contextmanager
def _as_output_error(path: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(path, error.strerror or str(error)) from error


def _keep_mode(target: str, file: BinaryIO) -> None:
    with suppress(OSError):
        os.fchmod(file.fileno(), os.stat(target).st_mode & 0o777)  # noqa: PTH116


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable; file systems that cannot sync a folder are left alone."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
