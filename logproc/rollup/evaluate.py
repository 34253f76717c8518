"""Expressions over columns of rows: numbers by numpy, text once for each distinct value.

An expression whose inputs are text (or anything without a numpy form in `vectors.OPERATIONS`) is a table over the codes
of its inputs: the scalar function of `functions` runs once for each new code, or each new combination of codes, and
rows look the answer up. Tables live as long as the dictionaries they are about.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from logproc.kernels import group
from logproc.kernels.arrays import grown
from logproc.kernels.integers import IntegerDictionary
from logproc.kernels.intern import Dictionary
from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, Stored, TextVector, Vector
from logproc.rollup.functions import FUNCTIONS
from logproc.rollup.spec import Call, Column, Expression, Literal, RollupSpec, Value
from logproc.rollup.vectors import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

NUMBER_CASTS = {"cast_decimal": Kind.DECIMAL, "cast_integer": Kind.INTEGER}
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.TIME})


def stored_of(column: Column) -> Stored:
    """Return the representation in which a bare column is kept."""
    kind = column.kind if column.kind in NUMBERS else Kind.TEXT
    return Stored(column.name, kind)


def fields_of(expression: Expression | None) -> Iterator[Stored]:
    """Yield what rows must hold for an expression. A number cast of an undeclared field is decoded as a number."""
    if isinstance(expression, Column):
        yield stored_of(expression)
    elif isinstance(expression, Call):
        direct = direct_number(expression)
        if direct is not None:
            yield direct
        else:
            for argument in expression.arguments:
                yield from fields_of(argument)


def fields_of_spec(spec: RollupSpec) -> Iterator[Stored]:
    """Yield what rows must hold for a report."""
    yield from fields_of(spec.where)
    for key in spec.keys:
        yield from fields_of(key)
    for aggregate in spec.aggregates:
        yield from fields_of(aggregate.argument)
        yield from fields_of(aggregate.filter)
        yield from fields_of(aggregate.by)


def direct_number(call: Call) -> Stored | None:
    """Return the field that rows hold as a number instead of what is cast to one, if a call is such a cast."""
    kind = NUMBER_CASTS.get(call.function)
    argument = call.arguments[0] if call.arguments else None
    if kind is not None and isinstance(argument, Column) and argument.kind == Kind.DYNAMIC:
        return Stored(argument.name, kind)
    return None


class ValueTable:
    """Values by code, filled once for each code: what a function makes of each distinct input."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.filled = 0
        self.dictionary = Dictionary(64)
        self._codes = np.full(64, -1, np.int32)
        self._numbers = np.zeros(64, np.float64 if kind == Kind.DECIMAL else np.int64)
        self._texts: dict[str, int] = {}

    def fill(self, upto: int, values_of: Callable[[int, int], Iterable[Value]]) -> None:
        """Compute the values of codes that are not filled yet; `values_of(begin, end)` yields those of a range."""
        if upto <= self.filled:
            return
        if upto > len(self._codes):
            self._codes = grown(self._codes, max(upto, 2 * len(self._codes)), -1)
            self._numbers = grown(self._numbers, len(self._codes))
        values = list(values_of(self.filled, upto))
        if self.kind in NUMBERS or self.kind == Kind.BOOLEAN:
            self._codes[self.filled : upto] = [-1 if value is None else 1 for value in values]
            try:
                self._numbers[self.filled : upto] = [0 if value is None else value for value in values]
            except OverflowError:  # a whole number beyond 64 bits has no place in a column
                self.fill(upto, lambda _begin, _end: [_fitting(value) for value in values])
                return
        else:
            self._codes[self.filled : upto] = self._codes_of(values)
        self.filled = upto

    def _codes_of(self, values: Sequence[Value]) -> list[int]:
        """Return the codes of texts, -1 for null; new ones are added at once, as one by one takes 25 us each."""
        texts = [value if value is None or isinstance(value, str) else str(value) for value in values]
        known = self._texts
        fresh = [text for text in dict.fromkeys(texts) if text is not None and text not in known]
        known.update(zip(fresh, self.dictionary.add_all([_plain(text) for text in fresh]), strict=True))
        return [-1 if text is None else known[text] for text in texts]

    def take(self, codes: NDArray[np.int32]) -> Vector:
        """Return the values of rows; negative codes are null."""
        n = len(codes)
        if self.kind == Kind.BOOLEAN:
            truth = np.empty(n, np.int8)
            group.look_up_truth(codes, self._codes, self._numbers, n, truth)
            return BooleanVector(truth)
        if self.kind in NUMBERS:
            values, valid = np.empty(n, self._numbers.dtype), np.empty(n, np.uint8)
            bits, found_bits = self._numbers.view(np.int64), values.view(np.int64)  # what is copied need not be known
            group.look_up_numbers(codes, self._codes, bits, n, found_bits, valid)
            return NumberVector(values, valid, self.kind)
        found = np.empty(n, np.int32)
        group.look_up_codes(codes, self._codes, n, found)
        return TextVector(found, self.dictionary)


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _fitting(value: Value) -> Value:
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


class Coder:
    """Codes for the values of any vector, and the values behind the codes."""

    def __init__(self) -> None:
        self.dictionary: Dictionary | None = None
        self.integers = IntegerDictionary()
        self.kind = Kind.TEXT

    def encode(self, vector: Vector) -> NDArray[np.int32]:
        """Return an int32 code a row, -1 for null."""
        self.kind = vector.kind
        if isinstance(vector, TextVector):
            self.dictionary = vector.dictionary
            return vector.codes
        if isinstance(vector, BooleanVector):
            return vector.values.astype(np.int32)
        every = not len(vector.valid) or bool(vector.valid.min())
        # No function may meet what stands where nothing is.
        values = vector.values if every else np.where(vector.valid != 0, vector.values, 0)
        if vector.kind == Kind.DECIMAL:
            values = (values + 0.0).view(np.int64)  # -0.0 and 0.0 are one key
        codes = np.empty(len(values), np.int32)
        self.integers.encode(np.ascontiguousarray(values), codes)
        return codes if every else np.where(vector.valid != 0, codes, np.int32(-1))

    def vector(self, codes: NDArray[np.int64]) -> Vector:
        """Return the values of codes as a vector."""
        if self.kind == Kind.BOOLEAN:
            return BooleanVector(codes.astype(np.int8))
        if self.dictionary is not None:
            return TextVector(codes.astype(np.int32), self.dictionary, self.kind)
        valid = codes >= 0
        numbers = np.where(valid, self.integers.keys[np.maximum(codes, 0)], 0)
        if self.kind == Kind.DECIMAL:
            numbers = numbers.view(np.float64)
        return NumberVector(numbers, valid.astype(np.uint8), self.kind)

    def values(self, codes: NDArray[np.int64]) -> list[Value]:
        """Return the values of codes."""
        if self.kind == Kind.BOOLEAN:
            return [None if code < 0 else bool(code) for code in codes.tolist()]
        known = np.maximum(codes, 0)
        if self.dictionary is not None:
            texts = self.dictionary.texts(known)
            return [None if code < 0 else text for code, text in zip(codes.tolist(), texts, strict=True)]
        numbers = self.integers.keys[known]
        if self.kind == Kind.DECIMAL:
            numbers = numbers.view(np.float64)
        return [None if code < 0 else number for code, number in zip(codes.tolist(), numbers.tolist(), strict=True)]

    def __len__(self) -> int:
        if self.kind == Kind.BOOLEAN:
            return 2
        return len(self.integers) if self.dictionary is None else len(self.dictionary)

    def numbers(self) -> NDArray[np.int64]:
        """Return the int64 bits by code of anything that is not text."""
        return np.array([0, 1]) if self.kind == Kind.BOOLEAN else self.integers.keys


def combine(first: NDArray[np.int32], second: NDArray[np.int32], pairs: IntegerDictionary) -> NDArray[np.int32]:
    """Return one code a row for the pair of two codes, of which either may be -1."""
    packed, codes = np.empty(len(first), np.int64), np.empty(len(first), np.int32)
    group.pack_pairs(first, second, len(first), packed)
    pairs.encode(packed, codes)
    return codes


class Rows(Protocol):
    """What an evaluator asks of rows."""

    @property
    def rows(self) -> int: ...  # noqa: D102
    def vector(self, field: Stored) -> Vector: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class KnownRows:
    """So many rows, of which nothing is known but what an evaluator was given."""

    rows: int

    def vector(self, field: Stored) -> Vector:
        """Raise TypeError."""
        raise TypeError(field)


WHOLE = frozenset({"+", "-", "*"})
"""Functions of whole numbers that have a result, which may not fit 64 bits."""


class Evaluator:
    """Vectors of expressions over the rows that a store holds now."""

    def __init__(self, store: Rows) -> None:
        self.store = store
        self._vectors: dict[Expression, Vector] = {}
        self._tables: dict[Expression, ValueTable] = {}
        self._coders: dict[tuple[Expression, int], Coder] = {}
        self._pairs: dict[tuple[Expression, int], IntegerDictionary] = {}
        self._lost: dict[Expression, NDArray[np.bool_]] = {}

    def over(self, rows: int, vectors: Mapping[Expression, Vector]) -> Evaluator:
        """Return an evaluator of other rows, of which these vectors are known; both learn about values together."""
        other = Evaluator(KnownRows(rows))
        other._vectors.update(vectors)
        other._tables, other._coders, other._pairs = self._tables, self._coders, self._pairs
        return other

    def next_rows(self) -> None:
        """Forget the vectors: the store holds other rows."""
        self._vectors.clear()
        self._lost.clear()

    def forget(self) -> None:
        """Drop every table, because the dictionaries are dropped."""
        self._vectors.clear()
        self._tables.clear()
        self._coders.clear()
        self._pairs.clear()

    @property
    def loses(self) -> bool:
        """Whether anything that was computed for these rows does not fit 64 bits."""
        return bool(self._lost)

    def lost(self, expression: Expression | None) -> NDArray[np.bool_] | None:
        """Return of which rows something in an expression does not fit 64 bits, so that it was NULL; None for none.

        It must have been computed.
        """
        if not self._lost or not isinstance(expression, Call):
            return None
        found = [rows for rows in map(self.lost, expression.arguments) if rows is not None]
        if expression in self._lost:
            found.append(self._lost[expression])
        return np.logical_or.reduce(found) if found else None

    def keys_held(self) -> int:
        """Count what tables and combinations hold."""
        return sum(len(pairs) for pairs in self._pairs.values()) + sum(len(c.integers) for c in self._coders.values())

    def vector(self, expression: Expression) -> Vector:
        """Return an expression's value by row."""
        known = self._vectors.get(expression)
        if known is None:
            known = self._vectors[expression] = self._compute(expression)
        return known

    def truth(self, expression: Expression) -> NDArray[np.int8]:
        """Return by row whether a condition is true (1), false (0) or unknown (-1)."""
        vector = self.vector(expression)
        if isinstance(vector, BooleanVector):
            return vector.values
        msg = "a condition must be boolean"
        raise TypeError(msg)

    def _compute(self, expression: Expression) -> Vector:
        if isinstance(expression, Column):
            return self.store.vector(stored_of(expression))
        if isinstance(expression, Literal):
            return self._constant(expression)
        if not isinstance(expression, Call):
            raise TypeError(expression)
        direct = direct_number(expression)
        if direct is not None:
            return self.store.vector(direct)
        operation = OPERATIONS.get(expression.function)
        if operation is not None:
            arguments = [a if isinstance(a, Literal) else self.vector(a) for a in expression.arguments]
            result = operation(arguments, expression.kind, self.store.rows)
            if result is not None:
                return result
        made = self._by_distinct(expression)
        if expression.function in WHOLE and expression.kind is Kind.INTEGER and isinstance(made, NumberVector):
            inputs = [self.vector(argument) for argument in expression.arguments]
            lost = (made.valid == 0) & np.all([v.valid != 0 for v in inputs if isinstance(v, NumberVector)], axis=0)
            if lost.any():
                self._lost[expression] = lost
        return made

    def _constant(self, literal: Literal) -> Vector:
        table = ValueTable(literal.kind)
        table.fill(1, lambda _begin, _end: [literal.value])
        return table.take(np.zeros(self.store.rows, np.int32))

    def _by_distinct(self, call: Call) -> Vector:
        """Look rows up in the table of what the function makes of each distinct combination of inputs."""
        inputs = [argument for argument in call.arguments if not isinstance(argument, Literal)]
        if not inputs:
            value = FUNCTIONS[call.function](*(a.value for a in call.arguments if isinstance(a, Literal)))
            return self._constant(Literal(value, call.kind))
        coders = [self._coders.setdefault((call, position), Coder()) for position in range(len(inputs))]
        codes = [coder.encode(self.vector(argument)) for coder, argument in zip(coders, inputs, strict=True)]
        pairs = [self._pairs.setdefault((call, position), IntegerDictionary()) for position in range(1, len(inputs))]
        combined = codes[0]
        if len(inputs) == 1 and FUNCTIONS[call.function].null_safe:
            combined = combined + 1
        for more, dictionary in zip(codes[1:], pairs, strict=True):
            combined = combine(combined, more, dictionary)
        table = self._tables.get(call)
        if table is None:
            table = self._tables[call] = ValueTable(call.kind)
        table.fill(_count(coders, pairs, call), lambda begin, end: _applied(call, coders, pairs, begin, end))
        return table.take(combined)


def _count(coders: list[Coder], pairs: list[IntegerDictionary], call: Call) -> int:
    if pairs:
        return len(pairs[-1])
    return len(coders[0]) + (1 if FUNCTIONS[call.function].null_safe else 0)


def _applied(call: Call, coders: list[Coder], pairs: list[IntegerDictionary], begin: int, end: int) -> Iterator[Value]:
    """Compute a function for the inputs that combined codes [begin, end) stand for."""
    codes = np.arange(begin, end)
    columns: list[NDArray[np.int64]] = []
    for dictionary in reversed(pairs):
        packed = dictionary.keys[codes]
        columns.append((packed & 0xFFFFFFFF) - 1)
        codes = (packed >> 32) - 1
    if not pairs and FUNCTIONS[call.function].null_safe:
        codes = codes - 1
    columns.append(codes)
    inputs = iter([coder.values(column) for coder, column in zip(coders, reversed(columns), strict=True)])
    constant = itertools.repeat
    return map(
        FUNCTIONS[call.function],
        *(constant(a.value) if isinstance(a, Literal) else next(inputs) for a in call.arguments),
    )
