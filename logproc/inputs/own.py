"""What a command writes or was given for another purpose lies in the tree at times: it is no log.

A report from the night before that is read as a log makes every number wrong, and a file that is read while it grows
by what was read of it is counted again.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from logproc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logproc.model import LogFile

_Identity = tuple[int, int]
"""(device, inode)."""


def without_own(
    files: Sequence[LogFile], paths: Sequence[str], own: Iterable[str], folders: Mapping[str, str]
) -> list[LogFile]:
    """Leave out of what was found below `paths` the files `own`, what a run keeps in folders, and standard output.

    `folders` have the ending of the names that are the run's own, "" for all. A file that is itself one of `paths`
    stays, and so does all in a folder that is one of them or holds one: who names it means it.
    """
    identities = {*_standard_output(), *_identities(own)}
    roots = [os.path.realpath(path) for path in paths]
    for folder, ending in folders.items():
        identities.update(_identities(_inside(os.path.realpath(folder), ending, roots)))
    if not identities:
        return list(files)
    return [file for file in files if (file.device, file.inode) not in identities or file.path in paths]


def refuse_named(paths: Sequence[str], outputs: Mapping[str, str | None], *, printed: bool = False) -> None:
    """Raise UsageError if a file that is to be read would be replaced; `outputs` are paths by their options.

    `printed` are rows: standard output may not go to the end of a file that they come from.
    """
    logs = {found: path for path in paths for found in _identities([path])}
    for option, path in outputs.items():
        if path is not None and not logs.keys().isdisjoint(_identities([path])):
            raise UsageError(f"{option} {path}: is a log that is to be read, and would be replaced; name another file")
    for identity in _standard_output():
        if printed and identity in logs:
            raise UsageError(f"standard output goes into {logs[identity]}, which is to be read; name another file")


def _standard_output() -> list[_Identity]:
    try:
        return _identity(os.fstat(1))
    except OSError:
        return []


def _identities(paths: Iterable[str]) -> list[_Identity]:
    found = []
    for path in paths:
        with suppress(OSError, ValueError):
            found += _identity(os.stat(path))  # noqa: PTH116 - a Path would change the text
    return found


def _identity(status: os.stat_result) -> list[_Identity]:
    """Return which regular file it is; some network file systems number none, and say 0."""
    return [(status.st_dev, status.st_ino)] if stat.S_ISREG(status.st_mode) and status.st_ino else []


def _inside(folder: str, ending: str, roots: Sequence[str]) -> list[str]:
    """Return the files below a folder; none where it lies below no root, or a root is or lies in it."""
    if any(f"{root}/".startswith(f"{folder}/") for root in roots):
        return []
    if not any(folder.startswith(f"{root.rstrip('/')}/") for root in roots):
        return []
    return [f"{at}/{name}" for at, _, names in os.walk(folder) for name in names if name.endswith(ending)]
