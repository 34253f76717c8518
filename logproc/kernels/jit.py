"""How kernels are compiled, and where the machine code is kept.

numba asks only whether the file of a kernel itself has changed, not those of the helpers it calls. So the machine code
of one state of all kernel sources lies in a folder of its own, named by their hash: beside the sources where that can
be written, else below the user's cache folder. An upgrade can then never run old code; an old folder is only litter.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numba import config, njit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HERE = Path(__file__).parent


def _digest() -> str:
    """Hash the sources of all kernels."""
    content = hashlib.blake2b(digest_size=8)
    for path in sorted(_HERE.glob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()


def _places() -> Iterator[Path]:
    """Yield where machine code may be kept, the preferred place first."""
    yield _HERE / "__pycache__"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - "" where there is no home
    yield Path(home) / "logproc"


def _usable(folder: Path) -> bool:
    """Tell whether a folder is there, or can be made, is ours to write, and is not written by strangers."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return False
    foreign = hasattr(os, "getuid") and status.st_uid not in {os.getuid(), 0}
    return os.access(folder, os.W_OK) and not foreign and not status.st_mode & stat.S_IWOTH


def _cache_folder() -> Path | None:
    """Return where this state of the kernels is kept, or None if no place can be written."""
    name = f"kernels-{_digest()}"
    return next((place / name for place in _places() if _usable(place / name)), None)


CACHE_FOLDER = _cache_folder()
"""Folder of the machine code; None if it is compiled anew by each process."""


def is_cold() -> bool:
    """Tell whether kernels are still to be compiled: nothing is cached yet."""
    return CACHE_FOLDER is None or next(CACHE_FOLDER.rglob("*.nbi"), None) is None


CACHE_SETTING = "CACHE_DIR"
"""numba's name for it; its settings are made at run time, where no type checker sees them."""


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    theirs = getattr(config, CACHE_SETTING)
    try:
        # numba looks at its setting when a function is decorated; other users of numba keep theirs.
        setattr(config, CACHE_SETTING, str(CACHE_FOLDER or ""))
        return njit(function, nogil=True, cache=CACHE_FOLDER is not None, boundscheck=False, **options)
    finally:
        setattr(config, CACHE_SETTING, theirs)


kernel = _compiled
"""Decorator: machine code that holds no lock and checks no bounds."""

inlined = partial(_compiled, inline="always")
"""Decorator: a kernel's helper that is copied into each caller before compiling."""
