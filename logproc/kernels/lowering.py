"""Numba as kernels need it: from Python to LLVM's code, with nothing optimised on the way.

Numba makes a library of each function: optimises it twice, with all that it calls, generates machine code and loads
that, so that what is called by helpers of helpers goes through all of this again and again. Kernels are optimised and
generated once, as a whole, when everything that they call is linked (`compiling`). Of numba's passes those are run that
our functions need, which are numbers, arrays and loops; and what arithmetic over two types gives is worked out once a
process, and not at each place. So compiled, `tokenize` takes 19 s of CPU time on a busy machine, where it took 51.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numba import types
from numba.core import cgutils, ir
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, IRProcessing, ReconstructSSA, TranslateByteCode

if TYPE_CHECKING:
    from collections.abc import Callable


class _NoEngine:
    """The maker of a library, but for the place where loaded code would find its Python module: none is loaded."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, env: Any) -> None:
        """Do nothing."""


class Library(JITCodeLibrary):
    """A function and what it calls as LLVM's code, as it was written."""

    @property
    def codegen(self) -> Any:
        """Return what made it."""
        return _NoEngine(self._codegen)

    @property
    def module(self) -> Any:
        """The code."""
        return self._final_module

    def add_llvm_module(self, ll_module: Any) -> None:
        """Take code in."""
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Link what is called."""
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)  # noqa: SLF001
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002
        """Return that there is no machine code."""
        self._ensure_finalized()
        return 0


class _Typing:
    """Numba's rules of types, with a memory of what functions of numbers give."""

    known: ClassVar[dict[Any, Any]] = {}

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, arguments: Any, named: Any) -> Any:
        """Return the signature of a call."""
        kinds = tuple(types.unliteral(kind) for kind in arguments)
        if (
            named
            or not isinstance(function, types.Function)
            or not all(isinstance(kind, types.Number | types.Boolean) for kind in kinds)
            or any(template.prefer_literal for template in function.templates)
        ):
            return self._context.resolve_function_type(function, arguments, named)
        signature = self.known.get((function, kinds))
        if signature is None:
            signature = self.known[function, kinds] = self._context.resolve_function_type(function, kinds, named)
        return signature


class _Lower(Lower):
    """Numba's way from typed code to LLVM's, without what only debuggers and constant exponents need."""

    def alloca_lltype(self, name: str, lltype: Any, datamodel: Any = None) -> Any:  # noqa: ARG002
        """Return a place for a variable."""
        return cgutils.alloca_once(self.builder, lltype, name=name)

    def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
        """Write an operation of two operands by the signature that is known already."""
        if expr.static_lhs is not ir.UNDEFINED or expr.static_rhs is not ir.UNDEFINED:
            return super().lower_binop(resty, expr, op)
        signature = self.fndesc.calltypes[expr]
        operands = [
            self.context.cast(self.builder, self.loadvar(variable.name), self.typeof(variable.name), kind)
            for variable, kind in zip((expr.lhs, expr.rhs), signature.args, strict=True)
        ]
        typing = _Typing(self.context.typing_context)
        function = typing.resolve_value_type(op)  # numba may have learnt more of it since this code was typed
        known = typing.resolve_function_type(function, signature.args, {})
        implementation = self.context.get_function(function, known)
        return self.context.cast(self.builder, implementation(self.builder, operands), signature.return_type, resty)


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """The pass that does it."""

    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        return _Lower


_PASSES = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    _Lowering,
    NoPythonBackend,
)


class Unoptimised(CompilerBase):
    """Numba's `pipeline_class` for functions that kernels are linked of."""

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        """Compile a function."""
        self.state.library = Library(self.state.targetctx.codegen(), func.__name__)
        self.state.typingctx = _Typing(self.state.typingctx)
        return super().compile_extra(func)

    def define_pipelines(self) -> list[PassManager]:
        """Return what is done, in order."""
        manager = PassManager("kernel")
        for step in _PASSES:
            manager.add_pass(step, step.__name__)
        manager.finalize()
        return [manager]
