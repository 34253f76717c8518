"""Machine code on the disk and in memory: object files, which LLVM loads without a compiler.

The object files for one kind of machine lie in a folder of their own, named by a hash of what the machine is: beside
the sources where that can be written, else below the user's cache folder. Each file is named by its kernel and a hash
of the sources that it was compiled from: its module and the kernel modules which that imports. An upgrade or another
machine can then never run code that was not made for it, and compiles what has changed. Code that nobody but root and
ourselves can have written is read from either place, so that an installation by root serves everybody.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite
import llvmlite.binding as llvm

from logproc import cachefiles

try:
    import fcntl
except ImportError:  # not on every system
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
SUFFIX = ".object"
_BEGUN = time.time_ns()


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


def _hash(*parts: bytes) -> str:
    content = hashlib.blake2b(digest_size=6)
    for part in parts:
        content.update(part)
    return content.hexdigest()


def _machine() -> str:
    """Hash what machine code depends on beside its sources: the compiler, the processor, Python's object header."""
    processor = (llvm.get_host_cpu_name(), _features(), llvm.get_default_triple())
    return _hash(repr((llvmlite.__version__, cachefiles.release("numba"), processor, object.__basicsize__)).encode())


@cache
def _name() -> str:
    return f"kernels-{_machine()}"


_IMPORTS = re.compile(rb"^ *from logproc\.kernels(?:\.(\w+))? import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def _imported(module: str) -> tuple[bytes, frozenset[str]]:
    """Return the source of a kernel module and the names of the kernel modules that it imports."""
    source = (_HERE / f"{module}.py").read_bytes()
    found: set[str] = set()
    for named, listed in _IMPORTS.findall(source):
        names = [named] if named else re.findall(rb"\w+", re.sub(rb"#.*", b"", listed))
        found.update(name.decode() for name in names)
    return source, frozenset(name for name in found if (_HERE / f"{name}.py").exists())


@cache
def _is_newer(module: str) -> bool:
    """Tell whether a module was written since this process began."""
    return (_HERE / f"{module}.py").stat().st_ctime_ns > _BEGUN


@cache
def _sources(module: str) -> str:
    """Hash what a module's kernels are compiled from: its source, and those of all that it imports in turn.

    What was written since this process began, by an upgrade, is not what it imported: the hash is then one of its own.
    """
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_imported(name)[1])
    own = b"%d" % os.getpid() if any(map(_is_newer, seen)) else b""
    return _hash(own, *(part for name in sorted(seen) for part in (name.encode(), _imported(name)[0])))


def _file(name: str) -> str:
    """Return what the object file of a kernel is called."""
    return f"{name}-{_sources(name.partition('.')[0])}{SUFFIX}"


@cache
def folder() -> Path | None:
    """Return where this process keeps what it compiles; None where nothing can be written."""
    return cachefiles.folder(_name())


def is_cold(module: str = "") -> bool:
    """Tell whether kernels are still to be compiled: none is cached that we may read, or only of earlier sources.

    With a module, whether none of its kernels is.
    """
    pattern = f"{module}.*{SUFFIX}" if module else f"*{SUFFIX}"
    files = (file for place in cachefiles.places() for file in (place / _name()).glob(pattern))
    return not any(_is_current(file.name) and os.access(file, os.R_OK) for file in files)


def _is_current(file: str) -> bool:
    name = file.removesuffix(SUFFIX).rpartition("-")[0]
    return (_HERE / f"{name.partition('.')[0]}.py").exists() and _file(name) == file


def find(name: str) -> bytes | None:
    """Return the cached object file of a kernel; None if there is none, or only damaged or foreign ones."""
    return cachefiles.find(_name(), _file(name))


def keep(name: str, code: bytes) -> None:
    """Cache a kernel's object file; a disk that is full costs the next process some seconds, not this one its run."""
    place = folder()
    if place is not None and cachefiles.keep(place, _file(name), code):
        _sweep(place, name)


@contextmanager
def compiling(name: str) -> Iterator[None]:
    """Let one process at a time compile a kernel; whoever waited finds its object file."""
    place = folder()
    if place is None or fcntl is None:
        yield
        return
    try:
        lock = os.open(place / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _sweep(place: Path, name: str) -> None:
    """Remove what earlier sources left of a kernel.

    The user's cache folder may serve other installations, and is left alone.
    """
    if place.parent == cachefiles.BESIDE_SOURCES:
        for other in place.glob(f"{name}-*{SUFFIX}"):
            if other.name != _file(name):
                other.unlink()


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
    address = int(engine.get_function_address(symbol(name)))
    if not address:
        raise ImportError(f"the machine code of {name} has no function of that name")
    return address
