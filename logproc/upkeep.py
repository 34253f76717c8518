"""What keeps a ledger small: days past `retain` are dropped, details past `compact_after` are merged by day.

A merged day keeps hosts and sources apart, and files no more: a file whose lines are in it cannot be taken out again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.model import NO_TIME
from logproc.timestamps import DAY, local_day

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.state.ledger import Ledger


LEAP_DAYS = 31
"""A clock that is further past the last run may be wrong, and what is dropped by it cannot be had back: nothing is
dropped or merged before another run has found it there, too."""


def note(config: Config, ledger: Ledger, now_ns: int) -> str | None:
    """Say that the clock is so far past the last run that old days are kept for now; None where it is not."""
    days = _days_since(ledger, now_ns) if config.state.retain else 0
    if days <= LEAP_DAYS:
        return None
    return (
        f"the clock is {days} days past the last run: what is older than retain = {config.state.retain} days is kept "
        f"until the next one. If the clock is wrong, set it right before that"
    )


def _days_since(ledger: Ledger, now_ns: int) -> int:
    """Return the days since the last run; 0 where there was none."""
    last = int(ledger.meta("scan_ns") or now_ns)
    return (now_ns - last) // (1000 * DAY)


def keep_small(ledger: Ledger, config: Config, now_ns: int) -> None:
    """Drop and merge what is old enough, inside the caller's transaction."""
    if _days_since(ledger, now_ns) > LEAP_DAYS:
        return
    today, _ = local_day(now_ns // 1000, config.timezone)
    if config.state.retain:
        _drop_days(ledger, today - config.state.retain)
    _merge_days(ledger, today - config.state.compact_after, config.limits.max_groups)


def _drop_days(ledger: Ledger, before: int) -> None:
    old = [day for day in ledger.days() if NO_TIME < day < before]
    parts = ledger.parts_before(before)
    if old or parts:
        from logproc import compacting  # noqa: PLC0415 - as below: on most nights nothing is so old

        compacting.drop_days(ledger, before, parts, old)
    ledger.drop_lost_generations()


def _merge_days(ledger: Ledger, before: int, max_groups: int) -> None:
    parts = ledger.parts_to_merge(before)
    if parts:
        from logproc import compacting  # noqa: PLC0415

        compacting.merge_days(ledger, parts, max_groups)
