"""From a kernel's Python to an object file, by numba: imported only where something is to be compiled.

The object file has one function, in numba's calling convention for integers: `status = f(result, exception, ...)`.
An array is passed as the address of its Python object; the function reads there where data and shape are, and refuses
(status `REFUSED`) what is not the type it was compiled for. The places are those of `PyArrayObject_fields` and
`PyArray_Descr` in numpy's ndarraytypes.h, part of its stable binary interface.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import extending, njit, types
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from logproc.kernels import native
from logproc.kernels.lowering import Unoptimised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logproc.kernels.jit import Kernel

# Division by zero gives zero and raises nothing: what could raise would drag the interpreter into the object file.
_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
# Kernels allocate nothing, so that nothing is counted either.
_LINKED: dict[str, Any] = {
    **_OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
    "pipeline_class": Unoptimised,
}

REFUSED = 77
"""Status of a call that got an array of another type."""

_HEADER = object.__basicsize__
_DATA, _DIMENSIONS, _SHAPE, _STRIDES, _DESCRIPTION, _FLAGS = (_HEADER + place for place in (0, 8, 16, 24, 40, 48))
_TYPE_CHARACTER, _BYTE_ORDER = _HEADER + 9, _HEADER + 10
_FOREIGN_ORDER = ">" if sys.byteorder == "little" else "<"
_CONTIGUOUS = 1


def intrinsic(make: Callable[..., Any]) -> Any:
    """Return numba's view of a function written in LLVM's instructions."""
    return extending.intrinsic(make)


def linked(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Return a dispatcher for kernels that call this function."""
    return njit(_resolved(function), **_LINKED, **options)


def callable_from_python(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Return a dispatcher for Python."""
    return njit(_resolved(function), **_OPTIONS, **options)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python not look for garbage in cycles: of what numba makes, nearly all is kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_uncollected()
def machine_code(kernel: Kernel) -> bytes:
    """Compile a kernel for its signature and return an object file."""
    unpack, inner = _unpacker(kernel.takes), kernel.linked

    def entry(raw):
        return inner(*unpack(raw))

    dispatcher = njit(entry, **_LINKED)
    dispatcher.compile((types.Tuple([_raw(kind) for kind in kernel.takes]),))
    (compiled,) = dispatcher.overloads.values()
    _require(kernel, compiled.signature.return_type)
    name = native.symbol(kernel.name)
    module = compiled.library.whole()
    module.get_function(compiled.fndesc.llvm_func_name).name = name
    machine = native.target()
    _optimise(module, machine)
    _hide_all_but(module, name)
    _require_nothing(module, name)
    return bytes(machine.emit_object(module))


def _optimise(module: Any, machine: Any) -> None:
    """Let LLVM do all it can for a kernel and what it calls.

    What is called may still be anybody's: of functions that are the kernel's own LLVM copies even large ones that are
    called from one place, and rare code then takes registers from usual code.
    """
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)


_LIBRARY = frozenset({"memcpy", "memmove", "memset", "fabs", "round", "rint", "trunc", "floor", "ceil"})
"""Functions of C's library that an object file may call."""


def _hide_all_but(module: Any, name: str) -> None:
    """Make all but one function of a module its own: other kernels have functions of the same names."""
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != name:
            value.linkage = "internal"


def _require_nothing(module: Any, name: str) -> None:
    """Check that a module calls nothing that may be missing later."""
    for value in (*module.functions, *module.global_variables):
        if value.is_declaration and not value.name.startswith("llvm.") and value.name not in _LIBRARY:
            raise TypeError(f"{name} needs {value.name}, which its machine code would not find")


def _resolved(function: Callable[..., Any]) -> FunctionType:
    """Return a copy of a function that sees numba's views of the helpers it calls."""
    assert isinstance(function, FunctionType)
    seen = function.__globals__
    known = {name: getattr(seen[name], "linked", seen[name]) for name in function.__code__.co_names if name in seen}
    known["__name__"] = seen["__name__"]
    return FunctionType(function.__code__, known, function.__name__, function.__defaults__, function.__closure__)


def _type(kind: str) -> types.Type:
    """Return numba's type of a kind of the signature."""
    name, bracket, rest = kind.partition("[")
    scalar = from_dtype(np.dtype(name))
    return types.Array(scalar, rest.count(",") + 1, "C") if bracket else scalar


def _raw(kind: str) -> types.Type:
    """Return the type in which an argument is passed: an array as an address."""
    return types.int64 if "[" in kind else _type(kind)


def _require(kernel: Kernel, found: types.Type) -> None:
    """Check what a kernel gives back against its signature."""
    kinds: tuple[Any, ...] = tuple(found) if isinstance(found, types.BaseTuple) else (found,)  # type: ignore[arg-type]
    if kinds != (tuple(_type(kind) for kind in kernel.gives) or (types.none,)):
        raise TypeError(f"{kernel.name} gives {found}, not {kernel.gives}")


def _unpacker(kinds: tuple[str, ...]) -> Any:
    """Return a function from a tuple of raw arguments to one of numba's values."""
    wanted = [_type(kind) for kind in kinds]

    def unpack(typingctx, raw):  # noqa: ARG001
        made = types.Tuple(wanted)

        def codegen(context, builder, signature, arguments):  # noqa: ARG001
            values = [builder.extract_value(arguments[0], place) for place in range(len(wanted))]
            values = [
                _array(context, builder, kind, value) if isinstance(kind, types.Array) else value
                for kind, value in zip(wanted, values, strict=True)
            ]
            return context.make_tuple(builder, made, values)

        return made(raw), codegen

    return extending.intrinsic(unpack)


def _array(context: Any, builder: Any, kind: types.Array, address: Any) -> Any:
    """Emit code that reads an array's object, checks that it is of the right kind, and describes it to numba."""
    word, number, byte = ir.IntType(64), ir.IntType(32), ir.IntType(8)

    def read(base: Any, offset: int, type_: Any) -> Any:
        return builder.load(builder.inttoptr(builder.add(base, word(offset)), type_.as_pointer()))

    description = read(address, _DESCRIPTION, word)
    character = read(description, _TYPE_CHARACTER, byte)
    right = ir.Constant(ir.IntType(1), 0)
    for known in _characters(kind.dtype):
        right = builder.or_(right, builder.icmp_unsigned("==", character, byte(ord(known))))
    order = read(description, _BYTE_ORDER, byte)
    right = builder.and_(right, builder.icmp_unsigned("!=", order, byte(ord(_FOREIGN_ORDER))))
    right = builder.and_(right, builder.icmp_unsigned("==", read(address, _DIMENSIONS, number), number(kind.ndim)))
    flags = builder.and_(read(address, _FLAGS, number), number(_CONTIGUOUS))
    right = builder.and_(right, builder.icmp_unsigned("!=", flags, number(0)))
    with builder.if_then(builder.not_(right), likely=False):
        builder.ret(number(REFUSED))
    array = make_array(kind)(context, builder)
    lengths, strides = read(address, _SHAPE, word), read(address, _STRIDES, word)
    populate_array(
        array,
        data=builder.inttoptr(read(address, _DATA, word), array.data.type),
        shape=[read(lengths, 8 * axis, word) for axis in range(kind.ndim)],
        strides=[read(strides, 8 * axis, word) for axis in range(kind.ndim)],
        itemsize=word(context.get_abi_sizeof(context.get_data_type(kind.dtype))),
        meminfo=None,
    )
    return array._getvalue()  # noqa: SLF001 - as all of numba's own array code does


def _characters(scalar: types.Type) -> str:
    """Return the type characters by which numpy calls a scalar: C has several names for 64 bits."""
    dtype = np.dtype(str(scalar))
    return "".join(char for char in np.typecodes["AllInteger"] + "?" + np.typecodes["Float"] if np.dtype(char) == dtype)
