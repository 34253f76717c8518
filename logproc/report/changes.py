"""What is different between two reports over the same questions, the most significant first.

Each number is compared by the logarithm of its ratio, new to old. Its variance has two parts: that of the counts
themselves (what makes the log ratio of two counts the signed root of their likelihood ratio, which for large ones is
1/new + 1/old; the usual one of a sample's quantile or mean for a level), and `wobble`, the square of how much keys of
the same report differ from one day to the next for no reason. The wobble is read off the report itself: it is the
value at which the median of the squared, standardised log ratios is that of a chi-square with one degree of freedom.
Most keys are taken to be unchanged, which is what makes a median of them a yardstick. The p-values of the normal
distribution go through Benjamini and Hochberg (1995), so that of the changes shown at most a share of `FALSE_SHARE`
is expected to be chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import NormalDist, median
from typing import TYPE_CHECKING, Any

from logproc.report.units import Unit, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logproc.report_model import ReportTable

FALSE_SHARE = 0.01
"""Share of the changes shown that may be chance."""

LEAST_RATIO = 1.25
"""A change by less than a quarter is not worth a line of a mail, however certain it is."""

LEAST_ROWS = 50
"""Rows that a level, such as a p95, must stand on, on both sides."""

LEAST_COUNT = 20
"""A key that has fewer rows than this on both sides is not looked at."""

LEAST_KEYS = 8
"""Keys that a report must have for its own wobble to be known; others take the median of the other reports', at least
`FEW_WOBBLE`."""

FEW_WOBBLE = 0.2**2

TOTAL_WOBBLE = 0.1**2
"""Square of how much the total of a day differs from that of its equal for no reason."""

LEAST_WOBBLE = 0.05**2
MOST_WOBBLE = 25.0

_NEARLY_ONE = 0.01
"""A log ratio below which the likelihood's, a quotient of two numbers near nothing, is what it is for large counts."""

_CHI_MEDIAN = 0.454936
"""Median of the chi-square distribution with one degree of freedom."""


class Kind(StrEnum):
    """What is compared: a total, a key's share of it, a filtered count's share of its row, or a level."""

    TOTAL = "total"
    SHARE = "share"
    PART = "part"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a value column is: a count of rows (`share`), of some of them (`part`), a level, or a sum (`total`).

    `spread` is the standard deviation of the logarithm of a level that stands on one row: divided by the root of the
    rows it is the level's own.
    """

    column: int
    kind: Kind
    spread: float = 1.0


@dataclass(frozen=True, slots=True)
class Side:
    """A report's table with what its value columns are; `keys` are the columns that are no values."""

    table: ReportTable
    keys: tuple[int, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` and `new` are None where the key is missing on that side.

    `old_of` and `new_of` are what a share or part is a share of, 0 for totals and levels. `ratio` is that of the
    shares, parts, totals or levels; `score` the standardised log ratio, and `chance` the share of changes as
    significant as this one, or more, that are expected to be none.
    """

    report: str
    column: str
    kind: Kind
    key: tuple[tuple[str, Any], ...]
    old: float | None
    new: float | None
    old_of: float
    new_of: float
    ratio: float
    score: float
    chance: float = 1.0
    unit: Unit = Unit.COUNT


@dataclass(frozen=True, slots=True)
class _Pair:
    """A number on both sides, before it is known how much such numbers wobble."""

    change: Change
    log_ratio: float
    variance: float


def quantile_spread(quantile: float) -> float:
    """Return the spread of a sample quantile of numbers whose logarithm has a standard deviation of one.

    The asymptotic variance of a quantile is q(1 - q) / f(x)^2 (Mosteller, 1946), f being the density of the normal.
    """
    inside = min(max(quantile, 0.001), 0.999)
    normal = NormalDist()
    return math.sqrt(inside * (1 - inside)) / normal.pdf(normal.inv_cdf(inside))


def changes(pairs: Sequence[tuple[Side, Side]]) -> list[Change]:
    """Return the significant changes from the first to the second side of each pair, the most significant first."""
    groups: dict[tuple[str, str, Kind], list[_Pair]] = defaultdict(list)
    for old, new in pairs:
        for pair in _compared(old, new):
            groups[pair.change.report, pair.change.column, pair.change.kind].append(pair)
    wobbles = {name: _wobble(members) for name, members in groups.items() if len(members) >= LEAST_KEYS}
    usual = median(wobbles.values()) if wobbles else LEAST_WOBBLE
    scored = []
    for name, members in groups.items():
        if name in wobbles:
            wobble = max(wobbles[name], LEAST_WOBBLE)
        else:
            wobble = TOTAL_WOBBLE if name[2] is Kind.TOTAL else max(usual, FEW_WOBBLE)
        scored += [_scored(pair, wobble) for pair in members]
    return _significant(scored)


def _compared(old: Side, new: Side) -> Iterator[_Pair]:
    before, after = _rows(old), _rows(new)
    count = next((measure for measure in new.measures if measure.kind is Kind.SHARE), None)
    for measure in new.measures:
        if measure.kind is Kind.SHARE:
            yield from _counts(old, new, before, after, measure)
        elif measure.kind is Kind.TOTAL:
            yield from _totals(new, before, after, measure)
        elif count is not None:
            for key in before.keys() & after.keys():
                yield from _of_row(new, key, before[key], after[key], measure, count)


def _rows(side: Side) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {tuple(row[k] for k in side.keys): row for row in side.table.rows}


def _counts(
    old: Side,
    new: Side,
    before: Mapping[tuple[Any, ...], tuple[Any, ...]],
    after: Mapping[tuple[Any, ...], tuple[Any, ...]],
    measure: Measure,
) -> Iterator[_Pair]:
    """Compare the counts of all keys as shares of their sum, and the sums of tables that are complete."""
    k = measure.column
    old_sum, new_sum = (sum(float(row[k] or 0) for row in rows.values()) for rows in (before, after))
    if not new.keys and max(old_sum, new_sum) >= LEAST_COUNT:  # nothing at all is the greatest change there is
        yield _pair(new, k, Kind.TOTAL, (), (old_sum, new_sum), (0.0, 0.0), (old_sum, new_sum))
    if not new.keys or not old_sum or not new_sum:
        return
    unlisted = _most_unlisted(old, k), _most_unlisted(new, k)
    for key in before.keys() | after.keys():
        first, second = (float(rows[key][k] or 0) if key in rows else None for rows in (before, after))
        old_count, new_count = (
            most if count is None else count for count, most in zip((first, second), unlisted, strict=True)
        )
        if old_count is not None and new_count is not None and max(old_count, new_count) >= LEAST_COUNT:
            yield _pair(new, k, Kind.SHARE, key, (first, second), (old_sum, new_sum), (old_count, new_count))


def _totals(
    side: Side,
    before: Mapping[tuple[Any, ...], tuple[Any, ...]],
    after: Mapping[tuple[Any, ...], tuple[Any, ...]],
    measure: Measure,
) -> Iterator[_Pair]:
    """Compare a sum or a count of distinct values of the whole report."""
    old, new = before.get((), (None,) * 99)[measure.column], after.get((), (None,) * 99)[measure.column]
    if old and new and old > 0 and new > 0:
        column = side.table.columns[measure.column]
        unit = unit_of(column, side.table.sql)
        change = Change(side.table.name, column.name, Kind.TOTAL, (), old, new, 0.0, 0.0, new / old, 0.0, unit=unit)
        yield _Pair(change, math.log(new / old), 0.0)


def _most_unlisted(side: Side, column: int) -> float | None:
    """Return how many rows a key may have that is not listed; None if that is unknown.

    A table that is cut by its count lists the most, so that others have no more than the last of them.
    """
    if not side.table.truncated or not side.table.rows:
        return 0.0
    listed = [float(row[column] or 0) for row in side.table.rows]
    return listed[-1] if all(more >= less for more, less in pairwise(listed)) else None


def _pair(
    side: Side,
    column: int,
    kind: Kind,
    key: tuple[Any, ...],
    shown: tuple[float | None, float | None],
    of: tuple[float, float],
    counts: tuple[float, float],
) -> _Pair:
    """Compare two counts, half a row added to each so that none is nothing."""
    old, new = (count + 0.5 for count in counts)
    parts = (1.0, 1.0) if kind is Kind.TOTAL else (of[0] + 1, of[1] + 1)
    log_ratio = math.log(new / old) - math.log(parts[1] / parts[0])
    change = Change(
        side.table.name, side.table.columns[column].name, kind, _named(side, key), *shown, *of, math.exp(log_ratio), 0.0
    )
    return _Pair(change, log_ratio, _variance(old, new, log_ratio, parts[0] / sum(parts)))


def _variance(old: float, new: float, log_ratio: float, share: float) -> float:
    """Return the variance of the log ratio of two counts, of which the first should be a share of both.

    By 1/old + 1/new 4 and 40 are a change of 4.4 standard deviations, and a new key with 100 rows is one of 3.7; by
    their likelihood these are 5.8 and 11.6.
    """
    if abs(log_ratio) < _NEARLY_ONE:
        return 1 / old + 1 / new
    both = old + new
    return log_ratio**2 / (2 * (old * math.log(old / (both * share)) + new * math.log(new / (both * (1 - share)))))


def _of_row(
    side: Side,
    key: tuple[Any, ...],
    before: tuple[Any, ...],
    after: tuple[Any, ...],
    measure: Measure,
    count: Measure,
) -> Iterator[_Pair]:
    """Compare what is said about the rows of one key: which part of them it is, or what level they have."""
    old, new = before[measure.column], after[measure.column]
    of = (float(before[count.column] or 0), float(after[count.column] or 0))
    if measure.kind is Kind.PART:
        if min(of) >= LEAST_COUNT and max(old or 0, new or 0) >= LEAST_COUNT:
            counts = (float(old or 0), float(new or 0))
            yield _pair(side, measure.column, Kind.PART, key, counts, of, counts)
    elif old and new and old > 0 and new > 0 and min(of) >= LEAST_ROWS:
        log_ratio = math.log(new / old)
        variance = measure.spread**2 * (1 / of[0] + 1 / of[1])
        column = side.table.columns[measure.column]
        unit, ratio = unit_of(column, side.table.sql), math.exp(log_ratio)
        change = Change(
            side.table.name, column.name, Kind.LEVEL, _named(side, key), old, new, 0.0, 0.0, ratio, 0.0, unit=unit
        )
        yield _Pair(change, log_ratio, variance)


def _named(side: Side, key: tuple[Any, ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((side.table.columns[k].name, value) for k, value in zip(side.keys, key, strict=True))


def _wobble(pairs: Sequence[_Pair]) -> float:
    """Return the variance to add so that the median of the squared, standardised log ratios is a chi-square's."""
    low, high = 0.0, MOST_WOBBLE
    for _ in range(40):
        middle = (low + high) / 2
        if median(pair.log_ratio**2 / (pair.variance + middle) for pair in pairs) > _CHI_MEDIAN:
            low = middle
        else:
            high = middle
    return high


def _scored(pair: _Pair, wobble: float) -> Change:
    score = pair.log_ratio / math.sqrt(pair.variance + wobble)
    return replace(pair.change, score=score, chance=math.erfc(abs(score) / math.sqrt(2)))


def _significant(scored: Iterable[Change]) -> list[Change]:
    """Keep the changes that Benjamini and Hochberg's procedure calls discoveries, as far as they are large enough."""
    ordered = sorted(scored, key=lambda change: (-abs(change.score), change.report, change.column, str(change.key)))
    least = 1.0
    found: list[Change] = []
    for rank in range(len(ordered), 0, -1):
        change = ordered[rank - 1]
        least = min(least, change.chance * len(ordered) / rank)
        if least <= FALSE_SHARE and max(change.ratio, 1 / change.ratio) >= LEAST_RATIO:
            found.append(replace(change, chance=least))
    return found[::-1]
