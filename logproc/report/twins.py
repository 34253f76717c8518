"""A host held against its twins, the other hosts of its source: when it has no or far fewer lines than it should.

How many it should have in an hour is what the twins have in that hour, times the median of its own share of theirs over
the hours in which it wrote at all; so a machine that always has a tenth of the traffic is no suspect for that. Far
fewer is a matter of effect and of chance: less than a third of that, and further below than it ever strays by itself.
How often that is a false alarm stands in docs/coverage.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Hours = Mapping[str, int]
    """Lines by hour."""

LEAST_EXPECTED = 20.0
"""Lines that an hour must be expected to have before its silence says something."""

LEAST_AT_A_STRETCH = 20.0
"""The same of hours on end, in lines that come singly: where they come in heaps, so many heaps."""

MOST_RESTS = 1
"""Times on end without lines that are taken for holes of a host, and not for lines that come in heaps."""

LEAST_WATCHED = 48
"""Hours beside a silent stretch, in which twins wrote, for what is usual to be known."""

LEAST_FOR_FEW = 50.0

FEW = 1 / 3
"""Share of what was expected below which a host may have far fewer lines than its twins."""

FEW_OF_TWO = 0.1
"""The same where there is but one twin: a third is also what a burst of one client on the twin looks like."""

CLEAR = 5.0
"""Standard deviations by which far fewer lines lie below what was expected, on a logarithmic scale."""

LEAST_SHARED = 6
"""Hours in which a host and its twins both wrote, for its share of theirs to be known."""

MOST_TWINS = 5
"""Twins, the largest ones, that are asked one by one: most of them must agree."""

LEAST_HOSTS = 4
"""Hosts of a source, for one of them to be told as having far fewer lines than the others all the time."""

LEAST_SPREAD = 0.2
"""Standard deviation of the logarithm of hosts' shares that is taken for usual, however alike the others are."""

NORMAL = 1.4826
"""Standard deviations of a normal distribution in its median absolute deviation."""


@dataclass(frozen=True, slots=True)
class Share:
    """A host's lines to those of all its twins: the median over hours, and the spread of its logarithm."""

    median: float
    spread: float

    @property
    def whole(self) -> float:
        """Its part of the lines of all hosts together."""
        return self.median / (1 + self.median)


def share_of(mine: Hours, others: Hours) -> Share | None:
    """Return a host's share; None where there are too few hours in which both wrote."""
    shares = [lines / others[hour] for hour, lines in mine.items() if lines and others.get(hour)]
    if len(shares) < LEAST_SHARED:
        return None
    median = median_of(shares)
    many = [log(mine[hour] / lines / median) for hour, lines in others.items() if _says(mine, hour, lines * median)]
    return Share(median, NORMAL * median_of([abs(each) for each in many]) if many else 0.0)


def _says(mine: Hours, hour: str, expected: float) -> bool:
    """Tell whether an hour says how far a host strays: chance alone is most of it where lines are few."""
    return expected >= LEAST_EXPECTED and bool(mine.get(hour))


def missing(mine: Hours, others: Hours, twins: Sequence[Hours]) -> dict[str, float]:
    """Return the hours in which a host has no or far fewer lines than it should, with how many it should have.

    `others` are all twins together, `twins` the largest ones.
    """
    share = share_of(mine, others)
    if share is None:
        return {}
    expected = {hour: share.median * lines for hour, lines in others.items()}
    heap = _heap(mine, expected) if _rests(mine, expected) > MOST_RESTS else 1.0
    silent = {
        hour: lines
        for hour, lines in expected.items()
        if lines >= LEAST_EXPECTED * heap and not mine.get(hour) and _write(hour, twins)
    }
    many = {hour: lines for hour, lines in expected.items() if lines >= LEAST_FOR_FEW * heap}
    few = {hour: lines for hour, lines in many.items() if _is_few(mine.get(hour, 0), lines, share.spread)}
    if few:
        few = _agreed(mine, few, twins)
    return _stretch(mine, others, twins) | silent | few


def _write(hour: str, twins: Sequence[Hours]) -> bool:
    """Tell whether half of the twins wrote in an hour: what one alone has may be of a clock that is wrong."""
    return len(twins) < 2 or 2 * sum(bool(twin.get(hour)) for twin in twins) >= len(twins)


def _rests(mine: Hours, expected: Mapping[str, float]) -> int:
    """Return how many times on end a host has no lines in hours that should have some."""
    are_silent = [not mine.get(hour) for hour in sorted(expected) if expected[hour] >= LEAST_EXPECTED]
    return sum(now and not before for before, now in pairwise([False, *are_silent]))


def _heap(mine: Hours, expected: Mapping[str, float]) -> float:
    """Return how many lines come together: how far hours of few lines stray, to how far single lines would."""
    few = {hour: lines for hour, lines in expected.items() if lines < LEAST_FOR_FEW}
    if len(few) < LEAST_WATCHED:
        return 1.0
    return max(1.0, sum((mine.get(hour, 0) - lines) ** 2 for hour, lines in few.items()) / sum(few.values()))


def _stretch(mine: Hours, others: Hours, twins: Sequence[Hours]) -> dict[str, float]:
    """Return the longest time on end in which a host has no lines, if it is no chance, with how many it should have.

    It is for hosts of which an hour without lines says nothing. How many lines there should be is the host's part of
    all lines at other times; what chance does is seen there, too. Nor may it ever have been silent half as long: hosts
    that rest every night, or every Sunday, are none to be told of. Before its first line a host was not silent: it may
    not have been there.
    """
    joined = min((hour for hour, lines in mine.items() if lines), default="")
    hours = [hour for hour in sorted(others) if hour >= joined]
    stretches = _silent_stretches(mine, hours, others)
    if not stretches:
        return {}
    (weight, first, end), (second, _, _) = [*sorted(stretches, reverse=True), (0, 0, 0)][:2]
    rest = [hour for hour in (*hours[:first], *hours[end:]) if others[hour]]
    wrote = sum(mine.get(hour, 0) for hour in rest)
    if len(rest) < LEAST_WATCHED or weight < 2 * second or not wrote:
        return {}
    rate = wrote / sum(others[hour] for hour in rest)
    heap = _heap(mine, {hour: rate * others[hour] for hour in rest})
    stretch = hours[first:end]
    wrote_then = sum(any(twin.get(hour) for hour in stretch) for twin in twins)
    least = LEAST_AT_A_STRETCH * (2 if len(twins) < 2 else 1)
    if rate * weight < least * heap or 2 * wrote_then < len(twins):
        return {}
    return {hour: rate * others[hour] for hour in stretch}


def _silent_stretches(mine: Hours, hours: Sequence[str], others: Hours) -> list[tuple[int, int, int]]:
    """Return the times on end without lines of a host: lines of the others in them, first hour and the one behind."""
    found, first, weight = [], None, 0
    for number, hour in enumerate(hours):
        if not mine.get(hour):
            first, weight = (number, others[hour]) if first is None else (first, weight + others[hour])
        elif first is not None:
            found.append((weight, first, number))
            first = None
    return found if first is None else [*found, (weight, first, len(hours))]


def _is_few(lines: int, expected: float, spread: float) -> bool:
    return lines < FEW * expected and log(expected / (lines + 0.5)) >= CLEAR * sqrt(spread**2 + 1 / expected)


def _agreed(mine: Hours, few: Mapping[str, float], twins: Sequence[Hours]) -> dict[str, float]:
    """Return the hours in which most twins say so, one by one: a burst on one of them is nobody's hole."""
    if len(twins) < 2:
        return {hour: lines for hour, lines in few.items() if mine.get(hour, 0) < FEW_OF_TWO * lines}
    shares = [share_of(mine, twin) for twin in twins]
    known = [(share, twin) for share, twin in zip(shares, twins, strict=True) if share is not None]
    agreed = {}
    for hour, lines in few.items():
        votes = sum(mine.get(hour, 0) < FEW * share.median * twin.get(hour, 0) for share, twin in known)
        if 2 * votes > len(known):
            agreed[hour] = lines
    return agreed


def smaller(shares: Mapping[str, Share]) -> Iterator[tuple[str, float]]:
    """Yield the hosts of a source that have far fewer lines than the others all the time, with how many times fewer.

    The others must be so much alike that it is no chance.
    """
    if len(shares) < LEAST_HOSTS:
        return
    logs = {host: log(share.whole) for host, share in shares.items()}
    for host, mine in logs.items():
        others = [each for other, each in logs.items() if other != host]
        usual = median_of(others)
        spread = max(LEAST_SPREAD, NORMAL * median_of([abs(each - usual) for each in others]))
        if mine - usual < log(FEW) and usual - mine >= CLEAR * spread:
            yield host, exp(usual - mine)


def median_of(numbers: Sequence[float]) -> float:
    """Return the median."""
    from statistics import median  # noqa: PLC0415 - and fractions, decimals, random numbers with it; few reports need it

    return median(numbers)
