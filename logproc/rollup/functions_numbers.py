"""Functions of numbers with DuckDB's names and meanings; what has no finite result is NULL."""

from __future__ import annotations

import math

from logproc.model import Kind
from logproc.rollup.functions_core import guarded, integer_divide, modulo, round_away
from logproc.rollup.signature import INTEGER, NUMBER, Function, numeric, same

_DECIMAL = {
    "ln": (math.log, "natural logarithm"),
    "log2": (math.log2, "logarithm to base 2"),
    "log10": (math.log10, "logarithm to base 10"),
    "exp": (math.exp, "e to the power"),
    "sqrt": (math.sqrt, "square root"),
    "cbrt": (math.cbrt, "cube root"),
    "sin": (math.sin, "sine"),
    "cos": (math.cos, "cosine"),
    "tan": (math.tan, "tangent"),
    "cot": (lambda a: 1 / math.tan(a), "cotangent"),
    "asin": (math.asin, "arc sine"),
    "acos": (math.acos, "arc cosine"),
    "atan": (math.atan, "arc tangent"),
    "sinh": (math.sinh, "hyperbolic sine"),
    "cosh": (math.cosh, "hyperbolic cosine"),
    "tanh": (math.tanh, "hyperbolic tangent"),
    "degrees": (math.degrees, "radians as degrees"),
    "radians": (math.radians, "degrees as radians"),
}
"""Functions of one number that yield a decimal."""

_SIGNED = 2**63


def _whole(value: float) -> float:
    return float(value)


def _even(value: float) -> float:
    """Round away from zero to the next even number."""
    up = math.ceil(abs(value))
    return math.copysign(up + up % 2, value)


def _half_even(value: float, digits: int) -> float:
    """Round half to even: by Python's, which is exact, where DuckDB scales."""
    return float(round(value, digits))


def _logarithm(base: float, value: float) -> float:
    return math.log10(value) / math.log10(base)


def _remainder(left: float, right: float) -> float:
    return float(left - math.floor(left / right) * right)


def _word(value: int) -> int:
    """Return the 64 bits of a number as an unsigned one."""
    return value % (2 * _SIGNED)


def _shift_left(value: int, by: int) -> int | None:
    if value < 0 or by < 0:
        return None
    shifted = value << min(by, 64)
    return shifted if shifted < _SIGNED else None


def _shift_right(value: int, by: int) -> int:
    return value >> by if 0 <= by < 64 else 0


NUMBERS: dict[str, Function] = {
    **{
        name: Function(name, guarded(compute), (NUMBER,), Kind.DECIMAL, doc)
        for name, (compute, doc) in _DECIMAL.items()
    },
    **{
        f.name: f
        for f in (
            Function("abs", abs, (NUMBER,), same, "the number without its sign"),
            Function(
                "round", guarded(round_away), (NUMBER, INTEGER), same, "rounded half away from zero, to 0 or n digits",
                required=1,
            ),
            Function(
                "round_even", guarded(_half_even), (NUMBER, INTEGER), Kind.DECIMAL, "rounded half to even, to n digits"
            ),
            Function("floor", lambda a: _whole(math.floor(a)), (NUMBER,), Kind.DECIMAL, "the next whole number below"),
            Function("ceil", lambda a: _whole(math.ceil(a)), (NUMBER,), Kind.DECIMAL, "the next whole number above"),
            Function("trunc", lambda a: _whole(math.trunc(a)), (NUMBER,), Kind.DECIMAL, "without its fraction"),
            Function("even", _even, (NUMBER,), Kind.DECIMAL, "the next even number away from zero"),
            Function("sign", lambda a: (a > 0) - (a < 0), (NUMBER,), Kind.INTEGER, "-1, 0 or 1"),
            Function("pow", guarded(math.pow), (NUMBER, NUMBER), Kind.DECIMAL, "the first to the power of the second"),
            Function("log", guarded(_logarithm), (NUMBER, NUMBER), Kind.DECIMAL, "logarithm to a base, the base first"),
            Function("atan2", guarded(math.atan2), (NUMBER, NUMBER), Kind.DECIMAL, "angle of (y, x)"),
            Function("pi", lambda: math.pi, (), Kind.DECIMAL, "the number pi"),
            Function("add", guarded(lambda a, b: a + b), (NUMBER, NUMBER), numeric, "sum"),
            Function("subtract", guarded(lambda a, b: a - b), (NUMBER, NUMBER), numeric, "difference"),
            Function("multiply", guarded(lambda a, b: a * b), (NUMBER, NUMBER), numeric, "product"),
            Function("divide", guarded(integer_divide), (NUMBER, NUMBER), numeric, "quotient as of `//`"),
            Function("mod", guarded(modulo), (NUMBER, NUMBER), numeric, "remainder, with the sign of the first"),
            Function("fmod", guarded(_remainder), (NUMBER, NUMBER), Kind.DECIMAL, "remainder, with the second's sign"),
            Function(
                "fdiv", guarded(lambda a, b: _whole(math.floor(a / b))), (NUMBER, NUMBER), Kind.DECIMAL,
                "quotient, rounded down",
            ),
            Function("gcd", math.gcd, (INTEGER, INTEGER), Kind.INTEGER, "greatest common divisor"),
            Function("lcm", math.lcm, (INTEGER, INTEGER), Kind.INTEGER, "least common multiple"),
            Function("bit_count", lambda a: _word(a).bit_count(), (INTEGER,), Kind.INTEGER, "number of 1 bits"),
            Function("xor", lambda a, b: a ^ b, (INTEGER, INTEGER), Kind.INTEGER, "bits that differ"),
            Function("&", lambda a, b: a & b, (INTEGER, INTEGER), Kind.INTEGER, "bits that both have"),
            Function("|", lambda a, b: a | b, (INTEGER, INTEGER), Kind.INTEGER, "bits that either has"),
            Function("~", lambda a: ~a, (INTEGER,), Kind.INTEGER, "the other bits"),
            Function("<<", _shift_left, (INTEGER, INTEGER), Kind.INTEGER, "bits moved up; NULL where they do not fit"),
            Function(">>", _shift_right, (INTEGER, INTEGER), Kind.INTEGER, "bits moved down"),
        )
    },
}  # fmt: skip
