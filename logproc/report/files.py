"""Writes output files so that a reader sees the old one or the new one, never a half.

The bytes go to a temporary file beside the target, are synced, and take the target's place by rename. Where the system
can, that file has no name until it is complete: whatever ends the process, nothing is left behind. What is no regular
file (`/dev/null`, a FIFO) is written to directly: renaming over a device would replace it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from logproc.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_atomically(path: str, content: bytes) -> None:
    """Write `content` to `path` as a whole or not at all; raises OutputError."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Yield a file whose bytes take the place of `path` when the block ends well; raises OutputError.

    When the block raises, the temporary file is removed and `path` is as it was.
    """
    target = os.path.realpath(path)  # a symbolic link stays one: what it points to is replaced
    if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113
        with _as_output_error(path), open(target, "wb") as file:  # noqa: PTH123
            yield file
        return
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(6)}.tmp")  # noqa: PTH118
    try:
        with _as_output_error(path):
            with _temporary(folder, temporary) as file:
                _keep_mode(target, file)
                yield file
                file.flush()
                os.fsync(file.fileno())
                _give_name(file, temporary)
            os.replace(temporary, target)  # noqa: PTH105
            _sync_folder(folder)
    finally:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - gone already if all went well


def _temporary(folder: str, name: str) -> BinaryIO:
    """Open a new file in a folder: without a name where the file system can, else called `name`."""
    if hasattr(os, "O_TMPFILE"):
        with suppress(OSError):
            file = open(os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o666), "wb")  # noqa: PTH123, SIM115
            if os.path.exists(_handle(file)):  # noqa: PTH110 - else there is no /proc to name it by
                return file
            file.close()
    return open(name, "xb")  # noqa: PTH123 - the caller closes it


def _give_name(file: BinaryIO, name: str) -> None:
    if not os.path.exists(name):  # noqa: PTH110
        # With a folder's handle, which an absolute path does not use, Python calls linkat(2), which follows /proc.
        os.link(_handle(file), name, src_dir_fd=file.fileno(), follow_symlinks=True)


def _handle(file: BinaryIO) -> str:
    return f"/proc/self/fd/{file.fileno()}"


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
