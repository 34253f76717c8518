"""How often `logproc diff` calls something a change where there is none: pairs of nights of the same traffic.

Each night, the rows of each key are drawn from Poisson's distribution around a mean that follows Zipf's law and is off
by a factor of its own: lognormal, or with the heavy tail of Student's t of three degrees, as keys of bursty clients
have. A rare report has a hundredth of the rows, so that chance is most of what its keys differ by. Lines by host are
drawn with equal means, as a balancer gives them to the hosts of a fleet. Prints for each kind of traffic the share of
pairs with any change and the mean number of changes in them.

    python benchmarks/false_alarms.py [PAIRS [REPORT]]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from logproc.report.changes import Kind, Measure, Side, changes
from logproc.report_model import ColumnInfo, ReportTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = (ColumnInfo("key", "text", "key"), ColumnInfo("lines", "integer", "value"))

TRAFFIC = (
    *[("paths", "lognormal", keys, spread) for keys in (5, 20, 100) for spread in (0.0, 0.1, 0.3)],
    *[("paths", "heavy tail", 100, spread) for spread in (0.1, 0.3)],
    *[("rare", "lognormal", keys, spread) for keys in (20, 100) for spread in (0.0, 0.1, 0.3)],
    *[("hosts", "lognormal", keys, spread) for keys in (3, 10, 50) for spread in (0.0, 0.1, 0.3)],
    *[("hosts", "heavy tail", keys, 0.1) for keys in (3, 10, 50)],
)
"""Report, shape of the keys' factors, keys of the report, and spread of the factors' logarithm."""


def night(rng: np.random.Generator, report: str, shape: str, keys: int, spread: float) -> Side:
    """Draw the table of one night."""
    factors = rng.normal(0, spread, keys) if shape == "lognormal" else spread * rng.standard_t(3, keys)
    zipf = 1 / np.arange(1, keys + 1)
    means = np.full(keys, 20_000) if report == "hosts" else (2_000 if report == "rare" else 200_000) * zipf
    counts: NDArray[np.int64] = rng.poisson(means * np.exp(np.clip(factors, -4, 4)))
    rows = tuple((f"{report}{k}", int(count)) for k, count in enumerate(counts))
    return Side(ReportTable(report, "", "", COLUMNS, rows, exact=True), (0,), (Measure(1, Kind.SHARE),))


def main() -> None:
    """Print a line for each kind of traffic."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wanted = sys.argv[2:]
    print("report  keys' factors  keys  spread  pairs with a change  changes a pair")
    for report, *kind in TRAFFIC:
        if wanted and report not in wanted:
            continue
        rng = np.random.default_rng(20261123)
        nights = [[night(rng, report, *kind) for _ in range(2)] for _ in range(pairs)]
        found = [len(changes([(old, new)])) for old, new in nights]
        share = 100 * sum(map(bool, found)) / pairs
        shape, keys, spread = kind
        print(f"{report:6}  {shape:13}  {keys:4}  {spread:6}  {share:17.1f} %  {sum(found) / pairs:14.3f}")


if __name__ == "__main__":
    main()
