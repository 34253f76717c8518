"""How often a host that writes little is called silent where it is not, and how often it is where it fell silent.

Hosts of a fleet over two weeks: a day's shape, shares that differ by 30 %, noise of 10, 30 and 50 % from hour to hour
of which half lasts into the next, lines that come singly or in heaps of 5 and 20 on the average, and in half of the
fleets one hour in 200 in which one host has some times its lines. In a third of them the first host has no lines for 6,
12 or 24 hours.

    python benchmarks/quiet_hosts.py [FLEETS [SEED]]
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from logproc.report import twins

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOURS = [f"{day:02}-{hour:02}" for day in range(14) for hour in range(24)]
SHAPE = np.array([0.45 + 0.6 * max(0.0, np.sin((hour - 5) / 12 * np.pi)) for hour in range(24)] * 14)


def fleet(rng: np.random.Generator, rate: float, heap: int) -> NDArray[np.int64]:
    """Return the lines of each host and hour."""
    hosts, noise = int(rng.choice([2, 3, 5, 10, 20])), float(rng.choice([0.1, 0.3, 0.5]))
    strays, last = np.zeros((hosts, len(HOURS))), np.zeros(hosts)
    for hour in range(len(HOURS)):
        last = 0.5 * last + rng.normal(0, noise * np.sqrt(0.75), hosts)
        strays[:, hour] = last
    means = rate * np.exp(rng.normal(0, 0.3, hosts))[:, None] * (SHAPE / SHAPE.mean()) * np.exp(strays)
    heaps = rng.poisson(means / heap)
    lines = heaps + np.where(heaps > 0, rng.negative_binomial(np.maximum(heaps, 1), 1 / heap), 0) if heap > 1 else heaps
    if rng.random() < 0.5:
        for hour in np.flatnonzero(rng.random(len(HOURS)) < 1 / 200):
            host = int(rng.integers(hosts))
            lines[host, hour] = 4.5 * lines[host, hour] + 5 * rate
    return np.asarray(lines, np.int64)


def hours_of(lines: NDArray[np.int64]) -> dict[str, int]:
    """Return the hours that have lines."""
    return {hour: int(count) for hour, count in zip(HOURS, lines, strict=True) if count}


def main() -> None:
    """Print how many hosts were named that were not silent, and how many that were."""
    rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 20261129)
    wrong, judged, named, silent = 0, 0, Counter[tuple[float, int, int]](), Counter[tuple[float, int, int]]()
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 240):
        rate, heap = float(rng.choice([0.3, 1, 3, 8, 15])), int(rng.choice([1, 5, 20]))
        hole = int(rng.choice([6, 12, 24])) if rng.random() < 1 / 3 else 0
        lines = fleet(rng, rate, heap)
        begin = int(rng.integers(24, len(HOURS) - 24))
        lines[0, begin : begin + hole] = 0
        largest = np.argsort(-lines.sum(axis=1))
        for host, own in enumerate(lines):
            others = [hours_of(lines[other]) for other in largest if other != host]
            found = twins.missing(hours_of(own), hours_of(lines.sum(axis=0) - own), others[: twins.MOST_TWINS])
            if hole and not host:
                silent[rate, heap, hole] += 1
                named[rate, heap, hole] += HOURS[begin] in found
            else:
                judged += len(HOURS)
                wrong += bool(found)
    print(f"{wrong} of {judged:,} hours of hosts that wrote as ever\nlines an hour  heap  hours silent  named")
    for kind, count in sorted(silent.items()):
        print(f"{kind[0]:13}  {kind[1]:4}  {kind[2]:12}  {named[kind]} of {count}")


if __name__ == "__main__":
    main()
