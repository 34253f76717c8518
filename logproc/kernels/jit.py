"""Kernels without their compiler: machine code from the disk where it is, numba only where it is not.

Importing numba and letting it look at cached code takes longer than parsing 100 MB. A kernel therefore says the types
of its arguments, and its machine code is kept as a plain object file (`native`), which LLVM alone loads within a
millisecond. numba is imported when something is to be compiled (`compiling`): at the first run after an upgrade.

A signature such as "i8, i4[], u1[,] -> i8" names int64, an array of int32 and one of uint8 with two dimensions, and
what comes back: `none`, one type, or several.
"""

from __future__ import annotations

import ctypes
import importlib
import threading
from functools import cached_property, partial, update_wrapper
from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.kernels import native

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK = threading.RLock()
_SCALARS: dict[str, Any] = {"i8": ctypes.c_int64, "f8": ctypes.c_double, "u1": ctypes.c_uint8}
_EXCEPTION = ctypes.c_void_p()
_NOWHERE = ctypes.addressof(_EXCEPTION)  # kernels raise nothing; numba's calling convention wants a place all the same


class _Later:
    """A module that is imported when something of it is needed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


ir, types, cgutils = _Later("llvmlite.ir"), _Later("numba.types"), _Later("numba.core.cgutils")
"""What intrinsics are written with."""


class Intrinsic:
    """A function of LLVM's, made when a kernel that uses it is compiled."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make = make
        update_wrapper(self, make)  # type: ignore[arg-type]

    @cached_property
    def linked(self) -> Any:
        """Numba's view of it."""
        from logproc.kernels import compiling  # noqa: PLC0415 - imports numba

        return compiling.intrinsic(self.make)


class Helper:
    """A function that kernels call; machine code of its own only where Python calls it, which tests do."""

    def __init__(self, function: Callable[..., Any], *, inlined: bool = False) -> None:
        self.function = function
        self.options = {"forceinline": True} if inlined else {}
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """Run it as numba compiles it for these arguments."""
        return self._callable(*arguments)

    @cached_property
    def linked(self) -> Any:
        """Numba's view of it, for kernels that call it."""
        from logproc.kernels import compiling  # noqa: PLC0415 - imports numba

        return compiling.linked(self.function, self.options)

    @cached_property
    def _callable(self) -> Any:
        from logproc.kernels import compiling  # noqa: PLC0415 - imports numba

        return compiling.callable_from_python(self.function, self.options)


class Kernel(Helper):
    """A function over addresses, numbers and arrays that runs as machine code and holds no lock."""

    def __init__(self, function: Callable[..., Any], signature: str) -> None:
        super().__init__(function)
        taken, _, given = signature.partition("->")
        self.takes = tuple(kind.strip() for kind in taken.split(", "))
        self.gives = () if given.strip() == "none" else tuple(kind.strip() for kind in given.split(", "))
        self._arrays = tuple(place for place, kind in enumerate(self.takes) if kind not in _SCALARS)
        self._native: Any = None
        self._address = 0

    @property
    def name(self) -> str:
        """Name of its machine code: module and function."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @property
    def address(self) -> int:
        """Where its machine code is, for other kernels to call."""
        self._native or self.load()
        return self._address

    def __call__(self, *arguments: Any) -> Any:
        """Run the machine code; TypeError for an array that is not of the signature's type or has gaps."""
        native_function = self._native or self.load()
        raw = list(arguments)
        for place in self._arrays:
            if type(raw[place]) is not np.ndarray:
                self._refuse(arguments)
            # The machine code itself reads where the array's data and shape are, and checks its type.
            raw[place] = id(raw[place])
        result: Any = self._result() if self.gives else _EXCEPTION
        try:
            status = native_function(ctypes.byref(result), _NOWHERE, *raw)
        except ctypes.ArgumentError:
            if not any(isinstance(item, np.generic) for item in arguments):
                self._refuse(arguments)
            return self(*(item.item() if isinstance(item, np.generic) else item for item in arguments))
        if status:
            self._refuse(arguments)
        if not self.gives:
            return None
        return tuple(result) if len(self.gives) > 1 else result.value

    @cached_property
    def _result(self) -> Any:
        kind = _SCALARS[self.gives[0]]
        return kind * len(self.gives) if len(self.gives) > 1 else kind

    def load(self) -> Any:
        """Return the machine code as a function of ctypes, compiled where none is kept."""
        with _LOCK:
            if self._native is None:
                address = native.load(self.name, native.find(self.name) or self._compile())
                kinds = [_SCALARS.get(kind, ctypes.c_int64) for kind in self.takes]
                prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *kinds)
                self._address, self._native = address, prototype(address)
        return self._native

    def _compile(self) -> bytes:
        """Return an object file, made here unless another process was faster."""
        with native.compiling(self.name):
            code = native.find(self.name)
            if code is None:
                from logproc.kernels import compiling  # noqa: PLC0415 - imports numba

                code = compiling.machine_code(self)
                native.keep(self.name, code)
        return code

    def _refuse(self, arguments: tuple[Any, ...]) -> None:
        found = ", ".join(
            f"{item.dtype.str}{'' if item.flags.c_contiguous else ' with gaps'}[{',' * (item.ndim - 1)}]"
            if isinstance(item, np.ndarray)
            else type(item).__name__
            for item in arguments
        )
        raise TypeError(f"{self.name} takes {', '.join(self.takes)}, not {found}")


def kernel(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function that Python calls: machine code that holds no lock and checks no bounds."""
    return partial(Kernel, signature=signature)


helper: Callable[[Callable[..., Any]], Any] = Helper
"""Decorator: a function that kernels call."""

inlined: Callable[[Callable[..., Any]], Any] = partial(Helper, inlined=True)
"""Decorator: a helper that is copied into each caller, whatever its size."""

intrinsic: Callable[[Callable[..., Any]], Any] = Intrinsic
"""Decorator: a function written in LLVM's instructions; it gets numba's types and LLVM's builder to work with."""
