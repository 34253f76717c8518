"""What a report's SQL means, as frozen values: `sql` makes it, `aggregate` fills it, `finish` turns it into rows.

Expressions over rows are built from `Column`, `Literal` and `Call`. Expressions over finished groups use `KeyRef` and
`AggregateRef` in the place of columns. Everything is hashable, so equal sub-expressions are computed once a batch.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from logproc.model import Kind

SLOT_NAME = "_slot"
"""The column that an incremental run adds to the rows (see `slots`); no parser is asked for it."""

EVERYTHING = "*"
"""The relation of all rows, whatever their family; FROM calls it `logs`."""

ANY = ""
"""What stands in the place of a family, for columns that rows of every family may have."""

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a row."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; times are int microseconds since 1970 UTC with `Kind.TIME`."""

    value: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class KeyRef:
    """The value of group key number `index`."""

    index: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class AggregateRef:
    """The result of aggregate number `index`."""

    index: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `functions.FUNCTIONS` applied to arguments. Operators and CASE are functions too."""

    function: str
    arguments: tuple[Expression, ...]
    kind: Kind


Expression: TypeAlias = Column | Literal | KeyRef | AggregateRef | Call


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A mergeable aggregate: one of `registry.AGGREGATES`.

    `argument` is None for count(*). `parameter` is the quantile asked for, or the k of approx_top_k. `filter` is a
    boolean expression over rows. `by` is the second argument of arg_min and arg_max. `limit` bounds the values that an
    exact aggregate may hold, past which it goes on `estimated`, or fails.
    `avg` is planned as sum divided by count, so it needs no state of its own.
    """

    function: str
    argument: Expression | None
    kind: Kind
    parameter: float | None = None
    filter: Expression | None = None
    by: Expression | None = None
    limit: int = 0
    estimated: bool = False

    @property
    def of(self) -> Kind:
        """Kind of the argument."""
        return self.kind if self.argument is None else self.argument.kind


ROWS = Aggregate("count", None, Kind.INTEGER)
"""The number of rows: what is counted of every group anyway, whether it is shown or not."""


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the result: an expression over keys and aggregates."""

    name: str
    expression: Expression
    role: str


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term over keys and aggregates."""

    expression: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says about all reports.

    `geo` are MaxMind files. `max_distinct` bounds the values that an exact aggregate may hold; past it
    `count(DISTINCT x)` is estimated where `approximate` is set, and else refused.
    """

    geo: tuple[str, ...] = ()
    max_distinct: int = 1_000_000
    approximate: bool = False


@dataclass(frozen=True)  # without slots: a property is kept
class RollupSpec:
    """A report, planned. `relation` is what FROM names: a family, a source or `EVERYTHING`."""

    name: str
    title: str
    sql: str
    relation: str
    keys: tuple[Expression, ...]
    aggregates: tuple[Aggregate, ...]
    where: Expression | None
    outputs: tuple[Output, ...]
    having: Expression | None
    order_by: tuple[Order, ...]
    limit: int | None
    offset: int = 0

    @cached_property
    def fingerprint(self) -> str:
        """Hash of what is counted (not of how it is shown): part of the key of everything stored."""
        counted = (self.relation, self.keys, self.aggregates, self.where)
        return hashlib.blake2b(repr(counted).encode(), digest_size=16).hexdigest()


TYPES: tuple[type, ...] = (Kind, RollupSpec, Column, Literal, KeyRef, AggregateRef, Call, Aggregate, Output, Order)
"""What a planned report is made of."""


def calls(expression: Expression, function: str) -> bool:
    """Tell whether a function is called anywhere in an expression."""
    return isinstance(expression, Call) and (
        expression.function == function or any(calls(argument, function) for argument in expression.arguments)
    )


def columns_of(expression: Expression | None) -> set[Column]:
    """Collect the columns that an expression reads."""
    if isinstance(expression, Column):
        return {expression}
    if isinstance(expression, Call):
        return set().union(*(columns_of(argument) for argument in expression.arguments))
    return set()


def columns_of_spec(spec: RollupSpec) -> set[Column]:
    """Collect the columns that a report reads."""
    found = columns_of(spec.where)
    for key in spec.keys:
        found |= columns_of(key)
    for aggregate in spec.aggregates:
        found |= columns_of(aggregate.argument) | columns_of(aggregate.filter) | columns_of(aggregate.by)
    return found
