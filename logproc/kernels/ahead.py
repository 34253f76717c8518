"""All kernels compiled ahead, in several processes, which find their work here: `__main__` they do not know."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from logproc import kernels
from logproc.kernels.jit import Kernel


def kernels_of(module: str) -> list[str]:
    """Return the names of the kernels that a module defines."""
    found = vars(importlib.import_module(f"{kernels.__name__}.{module}")).items()
    return [name for name, thing in found if isinstance(thing, Kernel) and thing.name == f"{module}.{name}"]


def compile_one(name: str) -> None:
    """Load a kernel, which compiles it where no machine code of it is kept."""
    module, _, function = name.partition(".")
    getattr(importlib.import_module(f"{kernels.__name__}.{module}"), function).load()


def main() -> None:
    """Compile in as many processes as there are CPUs."""
    modules = [found.name for found in pkgutil.iter_modules(kernels.__path__) if found.name != "__main__"]
    names = [f"{module}.{name}" for module in modules for name in kernels_of(module)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(compile_one, names))
    sys.stdout.write(f"{len(names)} kernels are compiled\n")
