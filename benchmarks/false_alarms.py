"""How often `logproc diff` calls something a change where there is none: pairs of nights of the same traffic.

Each night, the rows of each key are drawn from Poisson's distribution around a mean that follows Zipf's law and is off
by a factor of its own: lognormal, or with the heavy tail of Student's t of three degrees, as keys of bursty clients
have. Prints for each kind of traffic the share of pairs with any change and the mean number of changes in them.

    python benchmarks/false_alarms.py [PAIRS]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from logproc.model import ColumnInfo, ReportTable
from logproc.report.changes import Kind, Measure, Side, changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = (ColumnInfo("path", "text", "key"), ColumnInfo("requests", "integer", "value"))

TRAFFIC = (
    *[("lognormal", keys, spread) for keys in (5, 20, 100) for spread in (0.0, 0.1, 0.3)],
    *[("heavy tail", 100, spread) for spread in (0.1, 0.3)],
)
"""Shape of the keys' factors, keys of the report, and spread of the factors' logarithm."""


def night(rng: np.random.Generator, shape: str, keys: int, spread: float) -> Side:
    """Draw the table of one night."""
    factors = rng.normal(0, spread, keys) if shape == "lognormal" else spread * rng.standard_t(3, keys)
    counts: NDArray[np.int64] = rng.poisson(200_000 / np.arange(1, keys + 1) * np.exp(np.clip(factors, -4, 4)))
    rows = tuple((f"/p{k}", int(count)) for k, count in enumerate(counts))
    return Side(ReportTable("paths", "", "", COLUMNS, rows, exact=True), (0,), (Measure(1, Kind.SHARE),))


def main() -> None:
    """Print a line for each kind of traffic."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("keys' factors  keys  spread  pairs with a change  changes a pair")
    for shape, keys, spread in TRAFFIC:
        rng = np.random.default_rng(20261123)
        found = [
            len(changes([(night(rng, shape, keys, spread), night(rng, shape, keys, spread))])) for _ in range(pairs)
        ]
        share = 100 * sum(map(bool, found)) / pairs
        print(f"{shape:13}  {keys:4}  {spread:6}  {share:17.1f} %  {sum(found) / pairs:14.3f}")


if __name__ == "__main__":
    main()
