"""Machine code on the disk and in memory: object files, which LLVM loads without a compiler.

The object files of one state of all kernel sources, for one processor, lie in a folder of their own, named by a hash:
beside the sources where that can be written, else below the user's cache folder. An upgrade or another machine can
then never run code that was not made for it; what is left over beside the sources is removed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite
import llvmlite.binding as llvm

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_DIGEST_BYTES = 16
SUFFIX = ".object"


def target() -> Any:
    """Return a new description of this processor, by LLVM."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=_features(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )


def _features() -> str:
    """Return what this processor can do beyond its kind; nothing where LLVM cannot ask it."""
    try:
        return str(llvm.get_host_cpu_features().flatten())
    except RuntimeError:
        return ""


def _digest() -> str:
    """Hash what machine code depends on: the sources of all kernels, LLVM, the processor, Python's object header."""
    content = hashlib.blake2b(digest_size=8)
    for path in sorted(_HERE.glob("*.py")):
        content.update(path.read_bytes())
    processor = (llvm.get_host_cpu_name(), _features(), llvm.get_default_triple())
    content.update(repr((llvmlite.__version__, processor, object.__basicsize__)).encode())
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


@cache
def folder() -> Path | None:
    """Return where this state of the kernels is kept; None where nothing can be written, and each process compiles."""
    name = f"kernels-{_digest()}"
    return next((place / name for place in _places() if _usable(place / name)), None)


def is_cold() -> bool:
    """Tell whether kernels are still to be compiled: nothing is cached yet."""
    place = folder()
    return place is None or next(place.glob(f"*{SUFFIX}"), None) is None


def find(name: str) -> bytes | None:
    """Return the cached object file of a kernel; None if there is none, or a damaged one."""
    place = folder()
    if place is None:
        return None
    try:
        content = (place / f"{name}{SUFFIX}").read_bytes()
    except OSError:
        return None
    digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return code if hashlib.blake2b(code, digest_size=_DIGEST_BYTES).digest() == digest else None


def keep(name: str, code: bytes) -> None:
    """Cache a kernel's object file; a disk that is full costs the next process some seconds, not this one its run."""
    place = folder()
    if place is None:
        return
    with suppress(OSError):
        if is_cold():
            _sweep(place)
        with tempfile.NamedTemporaryFile(dir=place, prefix=name, delete=False) as file:
            try:
                file.write(hashlib.blake2b(code, digest_size=_DIGEST_BYTES).digest() + code)
                file.flush()
                Path(file.name).replace(place / f"{name}{SUFFIX}")
            except OSError:
                Path(file.name).unlink()


def _sweep(place: Path) -> None:
    """Remove what earlier states left beside the sources; the user's cache folder may serve other installations."""
    if place.parent == _HERE / "__pycache__":
        for other in place.parent.glob("kernels-*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)


@cache
def _engine() -> Any:
    """Return what links object files into this process; it lives as long as the process does."""
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target())


def symbol(name: str) -> str:
    """Return the name of a kernel's function in its object file."""
    return f"logproc.{name}"


def load(name: str, code: bytes) -> int:
    """Link an object file into this process and return the address of its function."""
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(symbol(name)))
