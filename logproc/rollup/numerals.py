"""Undeclared fields, whose values are texts that may be numbers: how they compare.

What reads as a number of JSON is one, quoted or not. A column whose values are all numbers orders as numbers, any other
as text, by bytes: DuckDB's `read_json` finds a column's type by the same rule. Which of the two a column is follows
from all of its values together, so that states keep both the best number and the best text until the end.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from logproc.model import Kind
from logproc.rollup.functions_core import cast_text
from logproc.rollup.signature import Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logproc.rollup.spec import Value

NUMERAL = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""A number of JSON; also what DuckDB is asked to look for."""

LOST = r"-0|-?[0-9]+\.[0-9]+0"
"""A number that loses how it is written when it becomes one, and may be a version."""

HUGE = 2**127
"""Whole numbers from here on are decimals, as in DuckDB."""

EITHER = "number_or_text"
"""The function that chooses between the best number and the best text; see `either`."""

_NUMERAL = re.compile(NUMERAL)
_LOST = re.compile(LOST)
_BIAS = 10_000
_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_BEHIND = "\0"


def number_of(text: str) -> float | None:
    """Return the finite number that a text is: int where it is written as a whole one; None where it is none."""
    if _NUMERAL.fullmatch(text) is None:
        return None
    if text.lstrip("-").isdigit() and len(text) < 40 and -HUGE <= (whole := int(text)) < HUGE:
        return whole
    number = float(text)
    return number if math.isfinite(number) else None


def numbers_of(values: Iterable[Value]) -> list[float | None] | None:
    """Return the numbers of a column, None for NULL; None if any of its values is no number."""
    found: list[float | None] = []
    for value in values:
        number = value if value is None else number_of(str(value))
        if number is None and value is not None:
            return None
        found.append(number)
    if any(isinstance(number, float) for number in found):
        return [None if number is None else float(number) for number in found]
    return found


def shown_numbers(values: Sequence[Value]) -> list[float | None] | None:
    """Return the numbers of a column, unless that would lose how one is written, which may be a version as `1.10`."""
    if any(value is not None and _LOST.fullmatch(str(value)) for value in values):
        return None
    return numbers_of(values)


def _key(text: str) -> str | None:
    """Return a text that orders as the number does, None where there is none."""
    if number_of(text) is None:
        return None
    number = Decimal(text)
    exponent = number.adjusted() + _BIAS
    if not number or exponent < 0:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    key = f"{exponent:05d}{digits}"
    return f"0{key.translate(_COMPLEMENT)}~" if number < 0 else f"2{key}"


def comparable(value: Value) -> str:
    """Return a text that compares as the value: numbers as numbers, before all texts."""
    text = cast_text(value)
    key = _key(text)
    return f"~{text}" if key is None else key


def _number_key(value: Value, other: str) -> str:
    """Return what orders as the number and ends with it as it is written; `other` where there is none."""
    text = cast_text(value)
    key = _key(text)
    return other if key is None else f"{key}{_BEHIND}{text}"


def _either(key: str | None, text: str | None) -> str | None:
    """Return the number behind a key, else the text."""
    return text if key is None or _BEHIND not in key else key.partition(_BEHIND)[2]


def either(keys: Sequence[Value], texts: Sequence[Value]) -> list[Value]:
    """Return the best numbers where all values were numbers, else the best texts, of a whole column."""
    numbers = all(key is None or (isinstance(key, str) and _BEHIND in key) for key in keys)
    if not numbers:
        return list(texts)
    written = [key.partition(_BEHIND)[2] if isinstance(key, str) else None for key in keys]
    return list(numbers_of(written) or ())


def _extreme(*values: str | None, sign: int) -> str | None:
    present = [value for value in values if value is not None]
    if not present:
        return None
    return (max if sign > 0 else min)(present, key=comparable)


_UNDECLARED = frozenset({Kind.TEXT, Kind.DYNAMIC})

NUMERALS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("comparable", comparable, (_UNDECLARED,), Kind.TEXT, "what orders as a number, or else as the text"),
        Function(
            "number_key", _number_key, (_UNDECLARED, _UNDECLARED), Kind.TEXT, "what orders as a number, and is one"
        ),
        Function(EITHER, _either, (_UNDECLARED, _UNDECLARED), Kind.DYNAMIC, "number, or else the text", null_safe=True),
        Function(
            "greatest_undeclared", lambda *values: _extreme(*values, sign=1), (_UNDECLARED,), Kind.DYNAMIC,
            "greatest of undeclared fields", variadic=True, null_safe=True,
        ),
        Function(
            "least_undeclared", lambda *values: _extreme(*values, sign=-1), (_UNDECLARED,), Kind.DYNAMIC,
            "least of undeclared fields", variadic=True, null_safe=True,
        ),
    )
}  # fmt: skip
"""What the planner writes for undeclared fields; none of these can be called by name."""
