"""A host held against its twins, the other hosts of its source: when it has no or far fewer lines than it should.

How many it should have in an hour is what the twins have in that hour, times the median of its own share of theirs over
the hours in which it wrote at all; so a machine that always has a tenth of the traffic is no suspect for that. Far
fewer is a matter of effect and of chance: less than a third of that, and further below than it ever strays by itself.
How often that is a false alarm stands in docs/coverage.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Hours = Mapping[str, int]
    """Lines by hour."""

LEAST_EXPECTED = 20.0
"""Lines that an hour must be expected to have before its silence says something."""

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
    silent = {
        hour: lines
        for hour, lines in expected.items()
        if lines >= LEAST_EXPECTED and not mine.get(hour) and _write(hour, twins)
    }
    few = {hour: lines for hour, lines in expected.items() if _is_few(mine.get(hour, 0), lines, share.spread)}
    if few:
        few = _agreed(mine, few, twins)
    return silent | few


def _write(hour: str, twins: Sequence[Hours]) -> bool:
    """Tell whether half of the twins wrote in an hour: what one alone has may be of a clock that is wrong."""
    return len(twins) < 2 or 2 * sum(bool(twin.get(hour)) for twin in twins) >= len(twins)


def _is_few(lines: int, expected: float, spread: float) -> bool:
    if expected < LEAST_FOR_FEW or lines >= FEW * expected:
        return False
    return log(expected / (lines + 0.5)) >= CLEAR * sqrt(spread**2 + 1 / expected)


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
