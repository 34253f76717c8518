"""Operators, conditions, casts and arithmetic: what SQL's own syntax means, after DuckDB.

Two deliberate differences, both for text that strangers wrote: a cast of text that does not parse is NULL (DuckDB's
TRY_CAST), and so is a division by zero or a logarithm that does not exist.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from logproc.model import Kind
from logproc.rollup.signature import ANY, BOOLEAN, NUMBER, TEXT, Function, numeric, same
from logproc.timestamps import parse_time, sql_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.rollup.spec import Value

_INT64 = 2**63
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})


# ---- three-valued logic ----------------------------------------------------------------------------------------


def _and(*terms: bool | None) -> bool | None:
    if False in terms:
        return False
    return None if None in terms else True


def _or(*terms: bool | None) -> bool | None:
    if True in terms:
        return True
    return None if None in terms else False


def _in(value: Value, *items: Value) -> bool | None:
    if value is None:
        return None
    if any(item == value for item in items if item is not None):
        return True
    return None if None in items else False


def _case(*parts: Value) -> Value:
    """Value behind the first true condition, else the odd last argument, else NULL."""
    for position in range(0, len(parts) - 1, 2):
        if parts[position]:
            return parts[position + 1]
    return parts[-1] if len(parts) % 2 else None


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _extreme(choose: Callable[..., Any]) -> Callable[..., Value]:
    def extreme(*values: Value) -> Value:
        present = [value for value in values if value is not None]
        return choose(present) if present else None

    return extreme


# ---- arithmetic ------------------------------------------------------------------------------------------------


def finite(value: float) -> float | None:
    """Return the number, or None for NaN and the infinities, which no report can show."""
    return value if math.isfinite(value) else None


def guarded(compute: Callable[..., float]) -> Callable[..., float | None]:
    """Turn what has no finite result (overflow, a pole, a domain error) into NULL."""

    def guarded(*values: float) -> float | None:
        try:
            result = compute(*values)
        except (OverflowError, ValueError, ZeroDivisionError):
            return None
        return result if isinstance(result, int) else finite(result)

    return guarded


def integer_divide(left: float, right: float) -> float:
    """Divide integers towards zero; with a decimal on either side DuckDB's `//` is plain division."""
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def modulo(left: float, right: float) -> float:
    """Remainder with the sign of the dividend."""
    if isinstance(left, int) and isinstance(right, int):
        remainder = abs(left) % abs(right)
        return -remainder if left < 0 else remainder
    return math.fmod(left, right)


def round_away(value: float, digits: int = 0) -> float:
    """Round the number that is stored, half away from zero: 2.675 is stored as a little less, and becomes 2.67."""
    if isinstance(value, int):
        return value if digits >= 0 else _integer_away(value, -digits)
    if not math.isfinite(value):
        return value
    if not -300 < digits < 300:
        return value if digits > 0 else 0.0
    nearest = round(value, digits)
    unit = 10.0**-digits
    if abs(2 * abs(value - nearest) - unit) > unit / 100 + 4 * math.ulp(value):
        return nearest
    # It may be in the middle of two numbers, of which Python takes the even one.
    doubled = abs(Fraction(value)) * 2 * Fraction(10) ** digits
    if doubled.denominator != 1 or doubled.numerator % 2 == 0:
        return nearest
    return math.copysign(float(Fraction(doubled.numerator + 1, 2) / Fraction(10) ** digits), value)


def _integer_away(value: int, zeros: int) -> int:
    if zeros > 40:
        return 0
    unit: int = 10**zeros
    away = (abs(value) + unit // 2) // unit * unit
    return -away if value < 0 else away


# ---- casts -----------------------------------------------------------------------------------------------------


def cast_text(value: Value) -> str:
    """Write a value as DuckDB does: `true`, `12`, `1.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cast_integer(value: Value) -> int | None:
    """Read an integer; text with a fraction rounds half away from zero, a decimal half to even; else NULL."""
    if isinstance(value, str):
        number = _read_integer(value)
    elif isinstance(value, float):
        number = round(value) if math.isfinite(value) else None
    else:
        number = None if value is None else int(value)
    return number if number is not None and -_INT64 <= number < _INT64 else None


def _read_integer(text: str) -> int | None:
    try:
        return int(text, 16 if text.strip()[:2].lower() == "0x" else 10) if text.isascii() else None
    except ValueError:
        number = cast_decimal(text)
        return None if number is None else int(round_away(number))


def cast_decimal(value: Value) -> float | None:
    """Read a finite decimal; NULL where the text is none."""
    if value is None:
        return None
    try:
        return finite(float(value)) if not isinstance(value, str) or value.isascii() else None
    except (ValueError, OverflowError):
        return None


def cast_boolean(value: Value) -> bool | None:
    """Read true/false, yes/no, t/f, y/n, 1/0; a number is true unless zero; else NULL."""
    if not isinstance(value, str):
        return None if value is None else bool(value)
    word = value.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def cast_time(value: Value) -> int | None:
    """Read RFC 3339, `YYYY-MM-DD hh:mm[:ss[.ffffff]]` or a date, UTC where no zone is given; else NULL."""
    return parse_time(value) if isinstance(value, str) else None


def _text_of_time(micros: int) -> str:
    return sql_text(micros)


OPERATORS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("=", lambda a, b: a == b, (ANY, ANY), Kind.BOOLEAN, "equal", unified=True),
        Function("<>", lambda a, b: a != b, (ANY, ANY), Kind.BOOLEAN, "not equal", unified=True),
        Function("<", lambda a, b: a < b, (ANY, ANY), Kind.BOOLEAN, "less", unified=True),
        Function("<=", lambda a, b: a <= b, (ANY, ANY), Kind.BOOLEAN, "less or equal", unified=True),
        Function(">", lambda a, b: a > b, (ANY, ANY), Kind.BOOLEAN, "greater", unified=True),
        Function(">=", lambda a, b: a >= b, (ANY, ANY), Kind.BOOLEAN, "greater or equal", unified=True),
        Function("and", _and, (BOOLEAN, BOOLEAN), Kind.BOOLEAN, "both", variadic=True, null_safe=True),
        Function("or", _or, (BOOLEAN, BOOLEAN), Kind.BOOLEAN, "either", variadic=True, null_safe=True),
        Function("not", lambda a: not a, (BOOLEAN,), Kind.BOOLEAN, "negation"),
        Function(
            "is_distinct", lambda a, b: a != b, (ANY, ANY), Kind.BOOLEAN, "different, NULL being a value",
            unified=True, null_safe=True,
        ),
        Function("is_null", lambda a: a is None, (ANY,), Kind.BOOLEAN, "missing", null_safe=True),
        Function("in", _in, (ANY, ANY), Kind.BOOLEAN, "one of the items", variadic=True, unified=True, null_safe=True),
        Function("case", _case, (ANY, ANY), same, "value behind the first true one", variadic=True, null_safe=True),
        Function("+", guarded(lambda a, b: a + b), (NUMBER, NUMBER), numeric, "sum"),
        Function("-", guarded(lambda a, b: a - b), (NUMBER, NUMBER), numeric, "difference"),
        Function("*", guarded(lambda a, b: a * b), (NUMBER, NUMBER), numeric, "product"),
        Function("/", guarded(lambda a, b: a / b), (NUMBER, NUMBER), Kind.DECIMAL, "quotient; by zero: NULL"),
        Function("//", guarded(integer_divide), (NUMBER, NUMBER), numeric, "quotient; of integers, towards zero"),
        Function("%", guarded(modulo), (NUMBER, NUMBER), numeric, "remainder, with the sign of the dividend"),
        Function("neg", lambda a: -a, (NUMBER,), same, "the number with the other sign"),
        Function("cast_text", cast_text, (ANY,), Kind.TEXT, "CAST(x AS TEXT)"),
        Function("cast_integer", cast_integer, (ANY,), Kind.INTEGER, "CAST(x AS BIGINT), NULL where it does not read"),
        Function("cast_decimal", cast_decimal, (ANY,), Kind.DECIMAL, "CAST(x AS DOUBLE), NULL where it does not read"),
        Function("cast_boolean", cast_boolean, (ANY,), Kind.BOOLEAN, "CAST(x AS BOOLEAN), NULL where it does not read"),
        Function("cast_time", cast_time, (TEXT,), Kind.TIME, "CAST(x AS TIMESTAMP), NULL where it does not read"),
        Function("time_text", _text_of_time, (frozenset({Kind.TIME}),), Kind.TEXT, "CAST(time AS TEXT)"),
    )
}  # fmt: skip
"""What SQL writes with signs and keywords; none of these can be called by name."""

CONDITIONALS: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "coalesce", _coalesce, (ANY,), same, "the first value that is not NULL", variadic=True, unified=True,
            null_safe=True,
        ),
        Function(
            "nullif", lambda a, b: None if a == b else a, (ANY, ANY), same, "the first value, NULL if both are equal",
            unified=True, null_safe=True,
        ),
        Function(
            "greatest", _extreme(max), (ANY,), same, "the greatest value that is not NULL", variadic=True, unified=True,
            null_safe=True,
        ),
        Function(
            "least", _extreme(min), (ANY,), same, "the least value that is not NULL", variadic=True, unified=True,
            null_safe=True,
        ),
    )
}  # fmt: skip
