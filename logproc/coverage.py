"""What a report covers: which bytes that the ledger counted were not counted for it, because it came later.

A part says which reports it is of. What other parts hold of a generation, and those of a report do not, that report has
not seen; `logproc run --rebuild NAME` reads it again, as far as it is still on disk.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from logproc.report_model import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logproc.state.ledger import Ledger

Spans = list[tuple[int, int]]


def coverages(ledger: Ledger, keys: Iterable[str]) -> list[Coverage]:
    """Return what reports cover."""
    sets = ledger.spec_sets()
    days = ledger.spans_of_days()
    unseen: dict[tuple[bool, ...], tuple[int, int]] = {}  # reports that came with one another have missed the same
    found = []
    for key in keys:
        counted_in = tuple(key in specs for specs in sets)
        if counted_in not in unseen:
            unseen[counted_in] = (0, 0) if all(counted_in) else _unseen(ledger, key)
        first, last = days.get(key, (None, None))
        found.append(Coverage(first, last, *unseen[counted_in]))
    return found


def missing(ledger: Ledger, key: str) -> tuple[dict[int, Spans], int, int]:
    """Return what a report has not seen: spans by generation, and files and bytes that are merged by day already."""
    counted: dict[int, Spans] = defaultdict(list)
    seen: dict[int, Spans] = defaultdict(list)
    files = size = 0
    for specs, generation, start, end in ledger.spans():
        if generation is None:
            files += key not in specs
            size += 0 if key in specs else end - start
            continue
        counted[generation].append((start, end))
        if key in specs:
            seen[generation].append((start, end))
    spans = {number: without(joined(all_of), joined(seen[number])) for number, all_of in counted.items()}
    return {number: found for number, found in spans.items() if found}, files, size


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return spans in order, those that touch as one."""
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def without(spans: Spans, taken: Spans) -> Spans:
    """Return what of spans is not in others; both are joined."""
    found: Spans = []
    for start, end in spans:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                found.append((at, low))
            at = max(at, high)
        if at < end:
            found.append((at, end))
    return found


def within(spans: Spans, upto: int) -> Spans:
    """Return what of spans lies before an offset."""
    return [(start, min(end, upto)) for start, end in spans if start < upto]


def _unseen(ledger: Ledger, key: str) -> tuple[int, int]:
    """Return how many files a report has not seen in whole, and how many bytes of them."""
    spans, files, size = missing(ledger, key)
    return len(spans) + files, size + sum(end - start for found in spans.values() for start, end in found)
