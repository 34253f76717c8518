"""Files that only save time: where they may lie, whose are trusted, and how they are written.

They lie beside the sources where that can be written, else below the user's cache folder. What nobody but root and
ourselves can have written is read from either place, so that an installation by root serves everybody. Anything else,
and whatever is damaged, is as good as not there; what cannot be written costs the next process its time, and not this
one its run.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE_SOURCES = Path(__file__).parent / "kernels" / "__pycache__"
"""The preferred place, which goes with the installation."""

_DIGEST_BYTES = 16
_VERSION = re.compile(r"""\bversion["']?\s*[:=]\s*["']([^"']+)["']""")


def places() -> Iterator[Path]:
    """Yield where files may be kept, the preferred place first."""
    yield BESIDE_SOURCES
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111 - that would raise
    if home.is_absolute() and home != Path("/.cache"):  # else there is no home
        yield home / "logproc"


def release(package: str) -> str:
    """Return the version of a package, without its import or that of `importlib.metadata`, which has a mail parser."""
    found = find_spec(package)
    with suppress(OSError):
        if found is not None and found.origin is not None:
            written = _VERSION.search(Path(found.origin).with_name("_version.py").read_text("utf-8"))
            if written is not None:
                return written[1]
    from importlib.metadata import version  # noqa: PLC0415

    return version(package)


def trusted(path: Path) -> bool:
    """Tell whether nobody but root and ourselves can have written to a file or folder, which is no link."""
    try:
        status = path.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in {os.getuid(), 0} and not status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)


def usable(folder: Path) -> bool:
    """Tell whether a folder is there, or can be made, is ours to write, and is not written by strangers."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return trusted(folder) and trusted(folder.parent) and os.access(folder, os.W_OK)


def folder(name: str) -> Path | None:
    """Return the folder of that name where this process may keep files; None where nothing can be written."""
    return next((place / name for place in places() if usable(place / name)), None)


def find(name: str, file: str) -> bytes | None:
    """Return the content of a file in a folder of that name; None if there is none, or only damaged or foreign ones."""
    for place in places():
        path = place / name / file
        if not all(trusted(part) for part in (place, path.parent, path)):
            continue
        with suppress(OSError):
            content = path.read_bytes()
            if _digest(content[_DIGEST_BYTES:]) == content[:_DIGEST_BYTES]:
                return content[_DIGEST_BYTES:]
    return None


def keep(place: Path, file: str, content: bytes) -> bool:
    """Write a file into a folder, for those to read who may read the sources; returns whether that could be done."""
    temporary = place / f"{file}.{os.urandom(8).hex()}"
    with suppress(OSError):
        try:
            temporary.touch(0o600, exist_ok=False)
            temporary.write_bytes(_digest(content) + content)
            if place.parent == BESIDE_SOURCES:
                _share(temporary)
                _share(place)
                _share(place.parent)
            temporary.replace(place / file)
        except OSError:
            temporary.unlink()
        else:
            return True
    return False


def _share(path: Path) -> None:
    """Let those read a file of ours, or look into a folder, who may read the sources, whatever our umask is.

    What is made of the sources holds no secret; a second user would compile all of it in each run.
    """
    status = path.stat()
    readers = Path(__file__).stat().st_mode & 0o044
    wanted = status.st_mode | readers | (readers >> 2 if path.is_dir() else 0)
    if wanted != status.st_mode:
        path.chmod(stat.S_IMODE(wanted))


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
