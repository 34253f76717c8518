"""A folder that appears as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from logproc import stopping
from logproc.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def building(target: str) -> Iterator[str]:
    """Yield a new folder that takes the place of `target`, which must not exist or be empty, when all went well."""
    place = Path(os.path.realpath(target.rstrip("/") or target))
    folder = place.with_name(f".{place.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        folder.mkdir()
    except OSError as error:
        raise OutputError(target, error.strerror or str(error)) from error
    try:
        with stopping.swept(str(folder)):
            yield str(folder)
            os.rename(folder, place)  # noqa: PTH104 - takes the place of an empty folder
    except OSError as error:
        raise OutputError(target, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_new_folder(option: str, path: str) -> None:
    """Raise UsageError, before any work is done, if `path` holds something already."""
    place = Path(path)
    if place.is_dir() and any(place.iterdir()):
        raise UsageError(f"{option} {path}: the folder is not empty, and rows would be there twice; name a new one")
    if not place.is_dir() and os.path.lexists(path.rstrip("/")):
        raise UsageError(f"{option} {path}: is no folder")
    parent = Path(os.path.realpath(path.rstrip("/"))).parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError(f"{option} {path}: the folder {parent} does not exist or is not writable")
