"""Opening: the one place where a path becomes a file descriptor, and an OSError one of ours."""

from __future__ import annotations

import errno
import os
import stat

from logproc.errors import UnreadableError

STDIN = "-"
STDIN_FD = 0

REASONS = {
    errno.ENOENT: "no such file; it was removed or renamed since it was listed",
    errno.EACCES: "permission denied; run as a user that may read it",
    errno.EPERM: "permission denied; run as a user that may read it",
    errno.EISDIR: "is a folder, not a file",
    errno.EBADF: "standard input is closed",  # no other descriptor can be
    errno.ESTALE: "stale file handle; the network share has gone or was mounted anew",
}
"""What an error number means for a log file; others speak for themselves."""

# Without O_NONBLOCK, opening a FIFO waits for a writer for ever. Regular files ignore it.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def open_regular(path: str) -> tuple[int, int]:
    """Open a regular file and return its descriptor and size in bytes; UnreadableError for anything else."""
    try:
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    try:
        status = os.fstat(fd)
    except OSError as error:
        os.close(fd)
        raise unreadable(path, error) from error
    if stat.S_ISREG(status.st_mode):
        return fd, status.st_size
    os.close(fd)
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableError(path, REASONS[errno.EISDIR])
    raise UnreadableError(path, 'not a regular file; a pipe is read as standard input, "-"')


def unreadable(path: str, error: OSError | ValueError) -> UnreadableError:
    """Turn an error of the system into ours, with the path and the reason."""
    return UnreadableError(path, REASONS.get(getattr(error, "errno", None) or 0, reason_of(error)))


def reason_of(error: OSError | ValueError) -> str:
    """Say what the system has against a path; a ValueError comes of a NUL byte, which each Python words anew."""
    if not isinstance(error, OSError):
        return "a path cannot hold a null byte"
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def line_start(fd: int, at: int, limit: int, mark: int) -> int:
    """Return the offset of the first line that begins at or behind `at`; `limit` where none begins before it.

    `mark` is the length of the byte order mark, which belongs to the first line. The byte before a line is a
    newline, so that the search begins one byte early; two neighbours that ask for their common border agree.
    """
    if at <= 0:
        return 0
    position = max(at - 1, mark)
    length = 1 << 12
    while position < limit:
        data = os.pread(fd, length, position)
        if not data:
            break
        found = data.find(b"\n")
        if found >= 0:
            return min(position + found + 1, limit)
        position += len(data)
        length = min(4 * length, 1 << 18)
    return limit
