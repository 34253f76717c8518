"""Reports whose groups are unions of finer groups: rows are counted once, by the finer keys, and rolled up at the end.

Browsers, systems and bots all follow from the user agent: where a report counts by client and agent, a task has some
ten thousand such groups and ten times as many rows, and what is by browser is added up from the groups when the task is
done. Only what adds up exactly is counted so, hence a report has the same numbers in whatever company it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from logproc.model import Kind
from logproc.rollup.evaluate import WHOLE, direct_number
from logproc.rollup.spec import ROWS, Aggregate, Call, Column, Expression, Literal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from logproc.rollup.spec import RollupSpec

_UNITS = ("microsecond", "millisecond", "second", "minute", "hour", "day")
"""Units of which each is a multiple of the one before it; all longer ones begin with a day."""

_PARTS = {
    **{unit: _UNITS.index(unit) for unit in ("second", "minute", "hour", "day")},
    **dict.fromkeys(
        ("dayofweek", "isodow", "dayofyear", "week", "isoyear", "month", "quarter", "year", "is_null"),
        _UNITS.index("day"),
    ),
}
"""Functions of a time, by the unit down to which it may be rounded without changing what they make of it."""

Keys: TypeAlias = "tuple[Expression, ...]"

Part = TypeVar("Part")

KEPT = 16
"""Lots of plans of which it is kept how they are rolled up: one a relation."""

_ALONE = Lock()
_known: dict[tuple[int, ...], tuple[tuple[RollupSpec, ...], dict[int, Rolled]]] = {}
"""Plans, which are held so that no other ones get their ids, and how they are rolled up."""


@dataclass(frozen=True, slots=True)
class Share:
    """How an aggregate of a report comes from finer groups.

    `source` is the finer groups' aggregate that is folded. None stands for their rows, or, with an `argument`, for the
    distinct values of their own keys. `filter` tells which groups take part.
    """

    aggregate: Aggregate
    source: Aggregate | None
    argument: Expression | None
    filter: Expression | None


@dataclass(frozen=True, slots=True)
class Rolled:
    """How a report comes from finer groups: its keys and condition over theirs, and each aggregate."""

    finer: Keys
    keys: Keys
    where: Expression | None
    shares: tuple[Share, ...]

    def sources(self) -> Iterable[Aggregate]:
        """Yield what is counted of the finer groups."""
        return (share.source for share in self.shares if share.source is not None)


def follows(expression: Expression, keys: Keys) -> Expression | None:
    """Return what an expression is as one over the values of keys alone; None if they do not settle it."""
    if expression in keys or isinstance(expression, Literal):
        return expression
    if not isinstance(expression, Call) or direct_number(expression) is not None:
        return None
    arguments = [follows(argument, keys) for argument in expression.arguments]
    known = tuple(argument for argument in arguments if argument is not None)
    if len(known) == len(arguments):
        return replace(expression, arguments=known)
    return _of_rounded(expression, keys)


def _of_rounded(call: Call, keys: Keys) -> Expression | None:
    """Return a function of a time as one of the same time rounded down, where that is a key and changes nothing."""
    if call.function == "date_trunc":
        unit = str(call.arguments[0].value) if isinstance(call.arguments[0], Literal) else ""
        finest = _UNITS.index(unit) if unit in _UNITS else len(_UNITS)
    elif call.function in _PARTS:
        finest = _PARTS[call.function]
    else:
        return None
    for key in keys:
        if isinstance(key, Call) and key.function == "date_trunc" and key.arguments[1] == call.arguments[-1]:
            rounded = key.arguments[0].value if isinstance(key.arguments[0], Literal) else None
            if rounded in _UNITS[: finest + 1]:
                return replace(call, arguments=(*call.arguments[:-1], key))
    return None


def rolled(spec: RollupSpec, keys: Keys, sketched: frozenset[Aggregate]) -> Rolled | None:
    """Return how a report comes from groups by `keys`, if it does; `sketched` are the sketches that these have."""
    own: Keys | None = _every(follows(key, keys) for key in spec.keys)
    where = None if own is None or spec.where is None else follows(spec.where, keys)
    if own is None or (spec.where is not None and where is None):
        return None
    shares = _every(_share(aggregate, keys, sketched) for aggregate in spec.aggregates)
    return None if shares is None else Rolled(keys, own, where, shares)


def _every(found: Iterable[Part | None]) -> tuple[Part, ...] | None:
    """Return all that was found; None as soon as something was not."""
    parts: list[Part] = []
    for part in found:
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def _may_lose(spec: RollupSpec) -> bool:
    """Tell whether a report computes whole numbers that may not fit 64 bits: of which rows, no finer group tells."""
    asked = [spec.where, *spec.keys]
    asked += [part for aggregate in spec.aggregates for part in (aggregate.argument, aggregate.by, aggregate.filter)]
    return any(_computes(expression) for expression in asked)


def _computes(expression: Expression | None) -> bool:
    return isinstance(expression, Call) and (
        (expression.function in WHOLE and expression.kind is Kind.INTEGER) or any(map(_computes, expression.arguments))
    )


def _share(aggregate: Aggregate, keys: Keys, sketched: frozenset[Aggregate]) -> Share | None:
    condition = None if aggregate.filter is None else follows(aggregate.filter, keys)
    plain = aggregate if condition is None else replace(aggregate, filter=None)
    if plain.function == "approx_count_distinct" and plain.argument is not None and plain.filter is None:
        argument = follows(plain.argument, keys)
        if argument is not None:
            return Share(aggregate, None, argument, condition)
        return Share(aggregate, plain, None, condition) if plain in sketched else None
    if plain == ROWS:
        return Share(aggregate, None, None, condition)
    adds = plain.function in {"count", "sum"} or (plain.function in {"min", "max"} and has_extremes(plain))
    return Share(aggregate, plain, None, condition) if adds else None


def has_extremes(aggregate: Aggregate) -> bool:
    """Tell whether least and greatest values are the same in any order: what is computed may be no number (NaN)."""
    numbers = {Kind.INTEGER, Kind.TIME}
    return aggregate.of in numbers or (aggregate.of == Kind.DECIMAL and isinstance(aggregate.argument, Column))


def shared_once(specs: Sequence[RollupSpec]) -> dict[int, Rolled]:
    """Return what `shared` says, worked out once for all threads that ask of the very same plans.

    It takes 0.1 s for the preset `web`, in which no other thread runs Python.
    """
    ids = tuple(map(id, specs))
    with _ALONE:
        if ids not in _known:
            if len(_known) >= KEPT:
                _known.clear()
            _known[ids] = tuple(specs), shared(specs)
        return _known[ids][1]


def shared(specs: Sequence[RollupSpec]) -> dict[int, Rolled]:
    """Return which reports of one relation are rolled up, by their places, and how.

    Finer keys are always those of a report, so that nothing is grouped that would not be anyway; those that most
    reports follow from come first.
    """
    found: dict[int, Rolled] = {}
    left = dict(enumerate(specs))
    losing = {place for place, spec in left.items() if _may_lose(spec)}
    candidates = list(dict.fromkeys(spec.keys for spec in specs if spec.keys))
    while candidates:
        offers = {keys: _followers(keys, left, losing) for keys in candidates}
        best = max(candidates, key=lambda keys: len(offers[keys]))
        if len(offers[best]) < 2:
            break
        found |= offers[best]
        candidates.remove(best)
        left = {place: spec for place, spec in left.items() if place not in found}
    return found


def _followers(keys: Keys, specs: dict[int, RollupSpec], losing: Container[int]) -> dict[int, Rolled]:
    """Return which reports come from groups by `keys`; none unless that of the keys itself does."""
    sketched = frozenset(
        aggregate
        for spec in specs.values()
        if spec.keys == keys
        for aggregate in spec.aggregates
        if not aggregate.filter
    )
    whole = ((place, rolled(spec, keys, sketched)) for place, spec in specs.items() if place not in losing)
    found = {place: way for place, way in whole if way is not None}
    return found if any(specs[place].keys == keys for place in found) else {}


def finer_specs(specs: Sequence[RollupSpec], ways: dict[int, Rolled]) -> dict[Keys, RollupSpec]:
    """Return what is counted of finer groups, by their keys: all rows, and each aggregate that some report asks for."""
    found: dict[Keys, RollupSpec] = {}
    for keys in dict.fromkeys(way.finer for way in ways.values()):
        sources = dict.fromkeys(source for way in ways.values() if way.finer == keys for source in way.sources())
        spec = next(specs[place] for place in ways if specs[place].keys == keys)
        found[keys] = replace(spec, where=None, having=None, aggregates=tuple(sources))
    return found
