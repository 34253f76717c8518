"""What a SQL function is to the planner and to the evaluator: one frozen value, collected in `functions.FUNCTIONS`.

Values are plain Python: str, int, float, bool, None for NULL; a time is int microseconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from logproc.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logproc.rollup.spec import Value

Kinds: TypeAlias = frozenset[Kind]

TEXT: Kinds = frozenset({Kind.TEXT})
INTEGER: Kinds = frozenset({Kind.INTEGER})
NUMBER: Kinds = frozenset({Kind.INTEGER, Kind.DECIMAL})
BOOLEAN: Kinds = frozenset({Kind.BOOLEAN})
TIME: Kinds = frozenset({Kind.TIME})
ANY: Kinds = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function: how it computes, what it takes, what it yields.

    `evaluate` gets one scalar per argument, never raises for arguments of the declared kinds, and sees None only
    where `null_safe` is set; otherwise NULL in is NULL out. `required` arguments must be given (default: all); the
    last parameter repeats where `variadic` is set. `unified` arguments are brought to one common kind first.
    `constants` are the positions that must be literals, each with a check that returns what is wrong or None.
    `literals` are checks of what may be computed, too, and is no sense where it is written out, to whatever engine.
    """

    name: str
    evaluate: Callable[..., Value]
    parameters: tuple[Kinds, ...]
    result: Kind | Callable[[Sequence[Kind]], Kind]
    doc: str
    required: int = -1
    variadic: bool = False
    unified: bool = False
    null_safe: bool = False
    constants: tuple[tuple[int, Callable[[Value], str | None]], ...] = ()
    literals: tuple[tuple[int, Callable[[Value], str | None]], ...] = ()

    def __call__(self, *arguments: Value) -> Value:
        """Return the value for scalar arguments, NULL for a NULL argument unless the function is null-safe."""
        if not self.null_safe and None in arguments:
            return None
        return self.evaluate(*arguments)

    @property
    def least(self) -> int:
        """Number of arguments that must be given."""
        return len(self.parameters) if self.required < 0 else self.required

    @property
    def signature(self) -> str:
        """The call as documentation shows it: what must be given, and in brackets what may be."""
        shown = [" or ".join(sorted(kinds)) if len(kinds) < len(ANY) else "any" for kinds in self.parameters]
        shown = ["number" if kinds == NUMBER else text for text, kinds in zip(shown, self.parameters, strict=True)]
        written = ", ".join(shown[: self.least])
        for text in shown[self.least :]:
            written += f"[, {text}]" if written else f"[{text}]"
        return f"{self.name}({written}{', ...' if self.variadic else ''})"

    def accepts(self, count: int) -> bool:
        """Tell whether the function can be called with `count` arguments."""
        return self.least <= count and (self.variadic or count <= len(self.parameters))

    def parameter(self, position: int) -> Kinds:
        """Return the kinds that argument number `position` may have."""
        return self.parameters[min(position, len(self.parameters) - 1)]


def same(kinds: Sequence[Kind]) -> Kind:
    """Kind rule: that of the first argument."""
    return kinds[0]


def numeric(kinds: Sequence[Kind]) -> Kind:
    """Kind rule: integer if every argument is one, else decimal."""
    return Kind.INTEGER if all(kind is Kind.INTEGER for kind in kinds) else Kind.DECIMAL
