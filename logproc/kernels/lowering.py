"""Numba as kernels need it: from Python to LLVM's code, with nothing optimised on the way.

Numba makes a library of each function: optimises it twice, with all that it calls, generates machine code and loads
that, so that what is called by helpers of helpers goes through all of this again and again. Kernels are optimised and
generated once, as a whole, when everything that they call is linked (`compiling`). Of numba's passes those are run that
our functions need, which are numbers, arrays and loops; and what arithmetic over two types gives is worked out once a
process, and not at each place. So compiled, `tokenize` and `unusual`, when they were one kernel, took 14.5 s of CPU on
a busy machine: 51 as numba has it, and 23.9 when they were linked function by function, and with numba's searches for
what lives where around each pass.
"""

from __future__ import annotations

from contextlib import nullcontext
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from llvmlite.binding import Linkage
from numba import types
from numba.core import cgutils, ir
from numba.core.bytecode import FunctionIdentity
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.ir_utils import build_definitions
from numba.core.lowering import Lower
from numba.core.ssa import reconstruct_ssa
from numba.core.targetconfig import ConfigStack
from numba.core.transforms import canonicalize_cfg
from numba.core.typed_passes import NativeLowering, NoPythonBackend, PreLowerStripPhis
from numba.core.typeinfer import TypeInferer
from numba.core.untyped_passes import ExtractByteCode, FixupArgs, TranslateByteCode

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

    def add_llvm_module(self, ll_module: Any) -> None:
        """Take code in."""
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Leave what is called where it is: `whole` links all of it at once."""
        self._finalized = True

    def whole(self) -> Any:
        """Return the code of the function and of all that it calls, in turn, as one module.

        What is called is anybody's, as in numba's own libraries: it may be copied into its callers, and be left out.
        """
        seen: dict[Any, None] = {self: None}
        waiting = [self]
        while waiting:
            found = [library for library in waiting.pop()._linking_libraries if library not in seen]  # noqa: SLF001
            seen.update(dict.fromkeys(found))
            waiting.extend(library for library in found if isinstance(library, Library))
        modules = [library._final_module.clone() for library in seen if isinstance(library, Library)]  # noqa: SLF001
        while len(modules) > 1:  # two by two, as LLVM looks through all of a module that something is linked into
            for into, module in zip(modules[::2], modules[1::2], strict=False):
                into.link_in(module)
            modules = modules[::2]
        (module,) = modules
        own = {function.name for function in self._final_module.functions if not function.is_declaration}
        for function in module.functions:
            if not function.is_declaration and function.name not in own:
                function.linkage = "linkonce_odr"
        for library in seen:
            if not isinstance(library, Library):
                module.link_in(library._get_module_for_linking(), preserve=True)  # noqa: SLF001
        return module

    def _get_module_for_linking(self) -> Any:
        """Return the code for a library of numba's own, which links what it calls itself and no more.

        Such are helpers that Python calls.
        """
        module = self.whole()
        for function in module.functions:
            if not function.is_declaration and function.linkage is not Linkage.internal:
                function.linkage = "linkonce_odr"
        return module

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
        kinds = tuple(map(types.unliteral, arguments))
        signature = None if named else self.known.get((function, kinds))
        if signature is not None:
            return signature
        if isinstance(function, types.Dispatcher):  # a helper is not compiled once more for what is a constant yet
            return self._context.resolve_function_type(function, kinds, named)
        if (
            named
            or not isinstance(function, types.Function)
            or not all(isinstance(kind, types.Number | types.Boolean) for kind in kinds)
            or any(template.prefer_literal for template in function.templates)
        ):
            return self._context.resolve_function_type(function, arguments, named)
        signature = self.known[function, kinds] = self._context.resolve_function_type(function, kinds, named)
        return signature

    def resolve_value_type(self, value: Any) -> Any:
        """Return the type of a constant."""
        known = self._context._lookup_global(value) if isinstance(value, BuiltinFunctionType) else None  # noqa: SLF001
        return known or self._context.resolve_value_type(value)


class _Lower(Lower):
    """Numba's way from typed code to LLVM's, without what debuggers, constant exponents and counted objects need."""

    _known: ClassVar[dict[Any, Any]] = {}

    def lower_block(self, block: Any) -> None:
        """Write the instructions of a block."""
        self.pre_block(block)
        for instruction in block.body:
            self.loc = instruction.loc
            self.lower_inst(instruction)

    def pre_block(self, block: Any) -> None:
        """Do nothing before a block: nothing of ours is deleted or tried."""

    def lower_inst(self, inst: Any) -> None:
        """Write an instruction."""
        if isinstance(inst, ir.Assign):
            name = inst.target.name
            self.storevar(self.lower_assign(self.typeof(name), inst), name)
        else:
            super().lower_inst(inst)

    def storevar(self, value: Any, name: str, argidx: Any = None) -> None:  # noqa: ARG002
        """Give a variable its value."""
        if name in self._singly_assigned_vars:
            self._blk_local_varmap[name] = value
        else:
            self.builder.store(value, self.getvar(name))

    def loadvar(self, name: str) -> Any:
        """Return the value of a variable."""
        value = self._blk_local_varmap.get(name)
        return self.builder.load(self.getvar(name)) if value is None else value

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
        implementation = self._known.get((op, signature.args))
        if implementation is None:
            typing = _Typing(self.context.typing_context)
            function = typing.resolve_value_type(op)  # numba may have learnt more of it since this code was typed
            known = typing.resolve_function_type(function, signature.args, {})
            implementation = self._known[op, signature.args] = self.context.get_function(function, known)
        return self.context.cast(self.builder, implementation(self.builder, operands), signature.return_type, resty)


class _Lowering(NativeLowering):
    """The pass that does it."""

    @property
    def lowering_class(self) -> type[Lower]:
        return _Lower


class _Unwarned:
    """In place of numba's collector of warnings, which goes through Python's filters at each expression."""

    _nothing = nullcontext()

    def catch_warnings(self, filename: str | None = None, lineno: int | None = None) -> Any:  # noqa: ARG002
        """Collect nothing."""
        return self._nothing


class Unoptimised(CompilerBase):
    """Numba's `pipeline_class` for functions that kernels are linked of.

    Of numba's passes it takes what they do to the code. Around each of them numba finds out anew which variables live
    where, to count the objects that they hold: ours hold none.
    """

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        """Compile a function."""
        state = self.state
        state.library = Library(state.targetctx.codegen(), func.__name__)
        state.typingctx = _Typing(state.typingctx)
        state.func_id = FunctionIdentity.from_function(func)
        state.lifted, state.lifted_from = (), None
        with ConfigStack().enter(state.flags.copy()):
            for step in _STEPS:
                step(state)
        return state.cr

    def define_pipelines(self) -> list[Any]:
        """Return nothing: `compile_extra` has its own."""
        return []


def _pass(kind: type[Any]) -> Callable[[Any], Any]:
    return kind().run_pass


def _join_loops(state: Any) -> None:
    """Let each loop go back from one place."""
    state.func_ir.blocks = canonicalize_cfg(state.func_ir.blocks)


def _split_variables(state: Any) -> None:
    """Let what is assigned at several places be several variables, which may differ in type."""
    state.func_ir = reconstruct_ssa(state.func_ir)
    state.func_ir._definitions = build_definitions(state.func_ir.blocks)  # noqa: SLF001
    _join_loops(state)


def _infer(state: Any) -> None:
    """Find the types of all variables."""
    infer = TypeInferer(state.typingctx, state.func_ir, _Unwarned())
    with state.typingctx.callstack.register(state.targetctx.target, infer, state.func_id, state.args):
        for place, (name, kind) in enumerate(zip(state.func_ir.arg_names, state.args, strict=True)):
            infer.seed_argument(name, place, kind)
        infer.build_constraint()
        infer.propagate()
        state.typemap, state.return_type, state.calltypes = infer.unify()


def _join_variables(state: Any) -> None:
    """Let what was split be assigned where paths meet."""
    state.func_ir = PreLowerStripPhis()._strip_phi_nodes(state.func_ir)  # noqa: SLF001
    state.func_ir._definitions = build_definitions(state.func_ir.blocks)  # noqa: SLF001


_STEPS = (
    _pass(ExtractByteCode),
    _pass(TranslateByteCode),
    _pass(FixupArgs),
    _join_loops,
    _split_variables,
    _infer,
    _join_variables,
    _pass(_Lowering),
    _pass(NoPythonBackend),
)
