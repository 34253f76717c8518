"""What a table of groups may hold, and which groups stay where there are more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.rollup.dumping import TableData

GROUP_BYTES = 96
"""Bytes of texts, be they keys or stand beside them, that each of `max_groups` groups may have: 19.2 MB in all.

Past that a table is cut like one with too many groups, and to half of it, so that it is not cut by each merge. Peak
memory of 3 million URLs of 200 to 2,000 bytes with two threads: 280 MB, and 1,246 MB where a table had 256 MiB."""

LEAST_BYTES = 1 << 20
"""Bytes of texts that a table of ever so few groups may have."""


def most_bytes(max_groups: int) -> int:
    """Return the bytes of texts that a table may have."""
    return max(LEAST_BYTES, GROUP_BYTES * max_groups)


def within(groups: int, size: int, max_groups: int) -> bool:
    """Tell whether a table may have so many groups, and bytes of texts; one group may have any."""
    return groups <= max_groups and (groups < 2 or size <= most_bytes(max_groups))


def fits(data: TableData, max_groups: int) -> bool:
    """Tell whether a table is within its bounds."""
    return within(data.groups, data.text_bytes, max_groups)


def staying(
    kept: NDArray[np.int64], before: int, mapping: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what of `before` groups, and of those that came to be mapping[i], stays, and where the latter stand.

    `kept` ascends, so that those that were there come first. What is let go never takes room in an aggregate.
    """
    old = kept[: np.searchsorted(kept, before)]
    places = np.minimum(np.searchsorted(kept, mapping), len(kept) - 1)
    stays = np.flatnonzero(kept[places] == mapping)
    return old, stays, places[stays]


def greatest(scores: NDArray[np.float64], hashes: NDArray[np.uint64], count: int) -> NDArray[np.bool_]:
    """Tell which are the `count` greatest scores, 1 to all but one of them; of equal ones those of the least hashes."""
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    stays: NDArray[np.bool_] = scores > least
    ties = np.flatnonzero(scores == least)
    wanted = count - int(np.count_nonzero(stays))
    stays[ties if wanted == len(ties) else ties[np.argpartition(hashes[ties], wanted - 1)[:wanted]]] = True
    return stays
