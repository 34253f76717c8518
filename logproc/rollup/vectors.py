"""Operations on whole columns by numpy, for the functions that have such a form where all inputs are numbers or truth.

Each takes the arguments (vectors, or literals as they stand), the result's kind and the number of rows, and returns a
vector, or None where it has no form for these arguments and the scalar function must do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from logproc.kernels.group import floor_values
from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, Vector
from logproc.rollup.spec import Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Argument: TypeAlias = "Vector | Literal"
Operation: TypeAlias = "Callable[[list[Argument], Kind, int], Vector | None]"

MICROS = {"second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6, "day": 86400 * 10**6}
WEEK = 7 * 86400 * 10**6
MONDAY = 4 * 86400 * 10**6
"""1970-01-05 was the first Monday."""
FIRST_MONDAY = 10_959 * 86400 * 10**6
"""2000-01-03, where buckets of a constant width begin."""
NEARLY_OVER = 2.0**62
"""From here on a whole number might not fit 64 bits."""


def _number(argument: Argument) -> tuple[Any, Any] | None:
    """Return (values, valid) of a number or time, scalar for a literal; None for anything else."""
    if isinstance(argument, NumberVector):
        return argument.values, argument.valid
    if isinstance(argument, Literal) and isinstance(argument.value, (int, float)) and argument.kind != Kind.BOOLEAN:
        return argument.value, np.uint8(1)
    return None


def _truth(argument: Argument, rows: int) -> NDArray[np.int8] | None:
    if isinstance(argument, BooleanVector):
        return argument.values
    if isinstance(argument, Literal) and (argument.value is None or isinstance(argument.value, bool)):
        return np.full(rows, -1 if argument.value is None else int(argument.value), np.int8)
    return None


def _comparison(ufunc: np.ufunc) -> Operation:
    def operation(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
        left, right = _number(arguments[0]), _number(arguments[1])
        if left is None or right is None:
            return None
        truth = ufunc(left[0], right[0]).astype(np.int8)
        return BooleanVector(np.broadcast_to(np.where(left[1] & right[1], truth, np.int8(-1)), rows).astype(np.int8))

    return operation


def _arithmetic(ufunc: np.ufunc) -> Operation:
    def operation(arguments: list[Argument], kind: Kind, rows: int) -> Vector | None:
        left, right = _number(arguments[0]), _number(arguments[1])
        if left is None or right is None or kind not in {Kind.INTEGER, Kind.DECIMAL}:
            return None
        valid = np.broadcast_to(left[1] & right[1], rows).astype(np.uint8)
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.broadcast_to(ufunc(np.asarray(left[0], np.float64), np.asarray(right[0], np.float64)), rows)
        if kind == Kind.DECIMAL:
            return NumberVector(values.astype(np.float64), valid & np.isfinite(values), kind)
        if (np.abs(values[valid != 0]) >= NEARLY_OVER).any():
            return None  # the scalar function tells exactly what fits 64 bits
        exact = ufunc(np.asarray(left[0], np.int64), np.asarray(right[0], np.int64))
        return NumberVector(np.broadcast_to(exact, rows).astype(np.int64), valid, kind)

    return operation


def _divide(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
    left, right = _number(arguments[0]), _number(arguments[1])
    if left is None or right is None:
        return None
    divisor = np.asarray(right[0], np.float64)
    nonzero = divisor != 0
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(left[0], np.float64) / np.where(nonzero, divisor, 1.0)
    valid = np.broadcast_to((left[1] & right[1]).astype(bool) & nonzero & np.isfinite(values), rows).astype(np.uint8)
    return NumberVector(np.broadcast_to(values, rows).astype(np.float64), valid, Kind.DECIMAL)


def _and(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
    return _fold(arguments, rows, 0)


def _or(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
    return _fold(arguments, rows, 1)


def _fold(arguments: list[Argument], rows: int, decisive: int) -> Vector | None:
    """Fold truths by three-valued logic: `decisive` wins over unknown, unknown over the rest."""
    result = np.full(rows, 1 - decisive, np.int8)
    for argument in arguments:
        truth = _truth(argument, rows)
        if truth is None:
            return None
        unknown = ((truth == -1) | (result == -1)) & (truth != decisive) & (result != decisive)
        result = np.where((truth == decisive) | (result == decisive), np.int8(decisive), np.int8(1 - decisive))
        result[unknown] = -1
    return BooleanVector(result)


def _not(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
    truth = _truth(arguments[0], rows)
    return None if truth is None else BooleanVector(np.where(truth >= 0, 1 - truth, -1).astype(np.int8))


def _is_null(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
    argument = arguments[0]
    if isinstance(argument, NumberVector):
        return BooleanVector((argument.valid == 0).astype(np.int8))
    if isinstance(argument, BooleanVector):
        return BooleanVector((argument.values == -1).astype(np.int8))
    if isinstance(argument, Literal):
        return None
    return BooleanVector((argument.codes < 0).astype(np.int8))


def _in(arguments: list[Argument], _kind: Kind, rows: int) -> Vector | None:
    first = arguments[0]
    if not isinstance(first, NumberVector):
        return None
    items = [a.value for a in arguments[1:] if isinstance(a, Literal) and isinstance(a.value, (int, float))]
    if len(items) != len(arguments) - 1:
        return None
    found = np.isin(first.values, np.array(items)).astype(np.int8)
    return BooleanVector(np.broadcast_to(np.where(first.valid != 0, found, np.int8(-1)), rows).astype(np.int8))


def _cast(arguments: list[Argument], kind: Kind, _rows: int) -> Vector | None:
    vector = arguments[0]
    if not isinstance(vector, NumberVector) or vector.kind not in {Kind.INTEGER, Kind.DECIMAL}:
        return None
    if vector.kind == kind:
        return vector
    if kind == Kind.DECIMAL:
        return NumberVector(vector.values.astype(np.float64), vector.valid, kind)
    return None


def _date_trunc(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
    unit, vector = arguments
    if not isinstance(unit, Literal) or not isinstance(vector, NumberVector):
        return None
    name, times = str(unit.value).lower(), vector.values
    if name in MICROS or name == "week":
        origin, step = (MONDAY, WEEK) if name == "week" else (0, MICROS[name])
        return NumberVector(_floors(times, origin, step), vector.valid, Kind.TIME)
    if name in {"month", "year"}:
        stamps = np.where(vector.valid != 0, times, 0).view("M8[us]")
        truncated = stamps.astype("M8[M]" if name == "month" else "M8[Y]").astype("M8[us]")
        return NumberVector(truncated.view(np.int64), vector.valid, Kind.TIME)
    return None


def _bucket(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
    months, micros, vector = arguments
    if not isinstance(months, Literal) or months.value or not isinstance(micros, Literal):
        return None
    if not isinstance(vector, NumberVector) or not isinstance(micros.value, int):
        return None
    times = np.where(vector.valid != 0, vector.values, 0)
    return NumberVector(_floors(times, FIRST_MONDAY, micros.value), vector.valid, Kind.TIME)


def _floors(times: NDArray[np.int64], origin: int, unit: int) -> NDArray[np.int64]:
    floors = np.empty(len(times), np.int64)
    floor_values(np.ascontiguousarray(times), len(times), origin, unit, floors)
    return floors


def _time_add(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
    vector, months, micros = arguments
    if not isinstance(vector, NumberVector) or not isinstance(months, Literal) or months.value:
        return None
    if not isinstance(micros, Literal) or not isinstance(micros.value, int):
        return None
    sums = np.where(vector.valid != 0, vector.values, 0) + np.float64(micros.value)
    if (np.abs(sums) >= NEARLY_OVER).any():
        return None  # the scalar function tells exactly which are too far away
    return NumberVector(np.where(vector.valid != 0, vector.values, 0) + micros.value, vector.valid, Kind.TIME)


def _clock(whole: int, part: int) -> Operation:
    """Make the operation for a part of the day: what of `whole` microseconds is over, in units of `part`."""

    def operation(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
        (vector,) = arguments
        if not isinstance(vector, NumberVector):
            return None
        return NumberVector(vector.values % whole // part, vector.valid, Kind.INTEGER)

    return operation


def _calendar(compute: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Operation:
    """Make the operation for a part of the date, from days since 1970."""

    def operation(arguments: list[Argument], _kind: Kind, _rows: int) -> Vector | None:
        (vector,) = arguments
        if not isinstance(vector, NumberVector):
            return None
        days = np.where(vector.valid != 0, vector.values, 0) // MICROS["day"]
        return NumberVector(compute(days), vector.valid, Kind.INTEGER)

    return operation


def _months(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return months since 1970."""
    return days.view("M8[D]").astype("M8[M]").view(np.int64)


OPERATIONS: dict[str, Operation] = {
    "=": _comparison(np.equal),
    "<>": _comparison(np.not_equal),
    "<": _comparison(np.less),
    "<=": _comparison(np.less_equal),
    ">": _comparison(np.greater),
    ">=": _comparison(np.greater_equal),
    "+": _arithmetic(np.add),
    "-": _arithmetic(np.subtract),
    "*": _arithmetic(np.multiply),
    "/": _divide,
    "and": _and,
    "or": _or,
    "not": _not,
    "is_null": _is_null,
    "in": _in,
    "cast_decimal": _cast,
    "cast_integer": _cast,
    "date_trunc": _date_trunc,
    "bucket": _bucket,
    "time_add": _time_add,
    "hour": _clock(MICROS["day"], MICROS["hour"]),
    "minute": _clock(MICROS["hour"], MICROS["minute"]),
    "second": _clock(MICROS["minute"], MICROS["second"]),
    "year": _calendar(lambda days: _months(days) // 12 + 1970),
    "month": _calendar(lambda days: _months(days) % 12 + 1),
    "day": _calendar(lambda days: days - _months(days).view("M8[M]").astype("M8[D]").view(np.int64) + 1),
    "dayofweek": _calendar(lambda days: (days + 4) % 7),
    "isodow": _calendar(lambda days: (days + 3) % 7 + 1),
}
"""Functions with a form over whole columns."""
