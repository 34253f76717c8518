"""Kernels compiled ahead: all of them, or, beside the very first run, what most runs need.

Other processes find their work here: `__main__` they do not know.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pkgutil
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from logproc import kernels
from logproc.kernels import native
from logproc.kernels.jit import Kernel

USUAL = (
    *("columns", "intern", "integers", "group", "sketch", "exemplars"),
    *("strides", "unusual", "jsonlines", "decode", "derive", "keyvalues", "delimited"),
)
"""Modules of kernels that most runs need after `tokenize`: those first that even a small file of access logs does."""


COLLECT_EVERY = 100_000
"""New objects between two searches for garbage in cycles, as in a run: importing numba makes many that all stay."""


def kernels_of(module: str) -> list[str]:
    """Return the names of the kernels that a module defines."""
    found = vars(importlib.import_module(f"{kernels.__name__}.{module}")).items()
    return [name for name, thing in found if isinstance(thing, Kernel) and thing.name == f"{module}.{name}"]


def compile_one(name: str) -> None:
    """Load a kernel, which compiles it where no machine code of it is kept."""
    module, _, function = name.partition(".")
    getattr(importlib.import_module(f"{kernels.__name__}.{module}"), function).load()


def compile_usual() -> None:
    """Compile what most runs need, until the process that holds the other end of our standard input ends."""

    def end_with_it() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_it, daemon=True).start()
    gc.set_threshold(COLLECT_EVERY)
    for module in USUAL:
        for name in kernels_of(module):
            compile_one(f"{module}.{name}")
    os._exit(0)  # Python would look once more for garbage among all that numba keeps, a sixth of the time of `tokenize`


def start_beside() -> subprocess.Popen[bytes] | None:
    """Let another process compile what most runs need while this one goes on, which finds it or waits for it.

    None where that gains nothing: with one CPU, or without a place that both know.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cpus < 2 or native.folder() is None or not sys.executable:
        return None
    command = [sys.executable, "-m", kernels.__name__, "--usual"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)  # noqa: S603 - ourselves

    def end() -> None:
        process.kill()
        process.wait()

    atexit.register(end)
    return process


def main() -> None:
    """Compile in as many processes as there are CPUs."""
    modules = [found.name for found in pkgutil.iter_modules(kernels.__path__) if found.name != "__main__"]
    names = [f"{module}.{name}" for module in modules for name in kernels_of(module)]
    spawn, seldom = get_context("spawn"), (COLLECT_EVERY,)
    with ProcessPoolExecutor(mp_context=spawn, initializer=gc.set_threshold, initargs=seldom) as pool:
        list(pool.map(compile_one, names))
    sys.stdout.write(f"{len(names)} kernels are compiled\n")
