"""Reports of single hosts and sources beside the report of all, for a page whose panels follow its selectors.

They come from the parts that a ledger keeps, which know whose lines they are of. All of them are made in one pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logproc import counting
from logproc.report_model import COVERAGE, Slice
from logproc.rollup.outcome import report_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger

MOST_SLICES = 24
"""Hosts and sources with a report of their own, those with the most lines; a page holds about as many."""

MOST_PARTS = 400
"""Parts that are gone through, which takes a few milliseconds each; with more there are the pages of each host."""


def slices(
    ledger: Ledger, wanted: Sequence[tuple[str, RollupSpec]], max_groups: int, choice: counting.Choice
) -> tuple[Slice, ...]:
    """Return the reports of each host and each source, and of hosts of a source where neither says the other.

    `wanted` are the reports with their keys, in their order. None are made where a host or a source is asked for
    already, where there is but one, or where the ledger has too many parts to go through.
    """
    if choice.hosts or choice.sources:
        return ()
    named = names(ledger.most_owners(MOST_SLICES))[:MOST_SLICES]
    if not named or ledger.count_parts() > MOST_PARTS:
        return ()
    asked = [(key, spec) for key, spec in wanted if spec.name != COVERAGE]
    choices = [
        replace(
            choice,
            sources=frozenset({source} if source else ()),
            hosts=frozenset({host} if host else ()),
        )
        for source, host in named
    ]
    found = counting.tables_of_each(ledger, dict(asked), max_groups, choices)
    made = []
    for (source, host), tables in zip(named, found, strict=True):
        reports = []
        for key, spec in asked:
            table = tables[key]
            table.spec = spec  # two reports may show the same counts in two ways
            reports.append(report_table(table))
        made.append(Slice(source, host, tuple(reports)))
    return tuple(made)


def names(owners: Sequence[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Return which slices there are of (source, host), as such pairs in which "" stands for all.

    A host of one source needs no slice of both, nor does a source of one host.
    """
    pairs = [(source, host or "") for source, host in owners]
    hosts = list(dict.fromkeys(host for _, host in pairs if host))
    sources = list(dict.fromkeys(source for source, _ in pairs if source))
    found = [("", host) for host in hosts] if len({host for _, host in pairs}) > 1 else []
    found += [(source, "") for source in sources] if len({source for source, _ in pairs}) > 1 else []
    found += [
        (source, host)
        for source, host in pairs
        if source and host and sum(s == source for s, _ in pairs) > 1 and sum(h == host for _, h in pairs) > 1
    ]
    return found
