"""What is said of files whose lines count twice, or may: what was counted of them cannot be told from what is new.

And of one that does not count, because what it holds was counted of another.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from logproc.report.text import path_text, visible
from logproc.state.generations import GUESSED
from logproc.state.matching import (
    ANOTHER,
    DIVERGED,
    OLDER_AS_A_WHOLE,
    OLDER_GOES_ON,
    REWRITTEN,
    SHORTENED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.state.generations import Decision
    from logproc.state.ledger import Ledger
    from logproc.surveying import Survey

BETWEEN = (
    "lines behind that have times of which lines were counted already: if it was made between two runs, "
    "they count twice"
)

EDITED = (
    "another content than before, whose first line is of the same time: if it was edited, or an older copy put back, "
    "its lines count twice"
)

TWICE = {
    SHORTENED: f"{SHORTENED}: the lines that are left count twice",
    DIVERGED: f"{DIVERGED}: its first lines count twice",
}
"""What is said of files that begin with the same 4 KiB as what was counted of them, if their times tell so, too."""

ONCE = (
    "If a program wrote the same lines into both, they count once: have the next run find a copy of it, too, under a "
    "name of its own, and they count twice"
)
"""What is to be done about a file that is taken for another one: equal files that a run finds both are two."""


def warn_of_doubles(found: Survey, warn: Callable[[str], None]) -> None:
    """Say which files are an older backup with more, counted as a whole, or may be another one than it is said."""
    for number in found.news:
        decision = found.decisions[number]
        if decision.reason == OLDER_AS_A_WHOLE:
            _warn(found, decision, warn, OLDER_AS_A_WHOLE)
        elif decision.guessed and decision.generation is not None:
            was = _shown_path(found, decision.generation)
            warn(f"{_shown(found, decision)}: taken for {was}, {GUESSED}. {ONCE}")
        elif decision.resembles is not None:
            was = _shown_path(found, decision.resembles)
            warn(
                f"{_shown(found, decision)}: begins with all that was counted of {was}, which is gone; that is too "
                f"little to tell one from the other, and it counts as another log. If it was moved here, these lines "
                f"count twice: `logproc state forget {shlex.quote(was)}` takes the counts of that path out"
            )


def warn_of_times(found: Survey, ledger: Ledger, warn: Callable[[str], None]) -> None:
    """Say of which files, once they are counted, lines may have been counted before, as their times say."""
    there = {decision.generation for decision in found.decisions}
    for number in found.news:
        decision = found.decisions[number]
        if decision.generation is None:
            continue
        if decision.beginning is not None:
            _warn_of_backup(found, decision, decision.beginning.generation, ledger, warn)
            continue
        seen = found.seen.get(found.absolute[number].path)
        if seen is None:
            continue
        if decision.reason in TWICE:
            _warn_of_beginning(found, decision, seen.generation or 0, ledger, warn)
        elif decision.reason in {REWRITTEN, ANOTHER} and seen.generation not in there:
            _warn_of_edited(found, decision, seen.generation or 0, ledger, warn)


def _warn_of_backup(found: Survey, decision: Decision, other: int, ledger: Ledger, warn: Callable[[str], None]) -> None:
    """Say that an older backup was made between two runs: it is counted from where a run ended.

    It has lines behind that of times that were counted.
    """
    records = ledger.records_of({decision.generation or 0, other})
    first = records[decision.generation or 0].first_time if decision.generation in records else None
    last = records[other].last_time if other in records else None
    if first is not None and last is not None and first < last:
        _warn(found, decision, warn, f"{OLDER_GOES_ON}; {BETWEEN}")


def _warn_of_beginning(
    found: Survey, decision: Decision, before: int, ledger: Ledger, warn: Callable[[str], None]
) -> None:
    """Say that a file begins as what was counted at its path: it was cut short, or an older copy was put back.

    But not of a new log that begins with the same banner every night: its lines are later than those that were counted.
    """
    records = ledger.records_of({decision.generation or 0, before})
    if len(records) == 2:
        now, old = records[decision.generation or 0], records[before]
        is_new = now.first_time is not None and (old.last_time is None or now.first_time > old.last_time)
        if not is_new:
            _warn(found, decision, warn, TWICE[decision.reason or ""])


def _warn_of_edited(
    found: Survey, decision: Decision, before: int, ledger: Ledger, warn: Callable[[str], None]
) -> None:
    """Say that a file begins when the one began that was counted at its path and is gone: an edited one, perhaps."""
    records = ledger.records_of({decision.generation or 0, before})
    if len(records) == 2:
        now, old = records[decision.generation or 0], records[before]
        if now.first_time == old.first_time is not None and old.first_time != old.last_time:
            _warn(found, decision, warn, EDITED)


def _warn(found: Survey, decision: Decision, warn: Callable[[str], None], reason: str) -> None:
    path = _shown(found, decision)
    warn(
        f"{path}: {reason}. `logproc state forget {path}` takes all counts of it out; the run after that "
        f"counts what it holds then"
    )


def _shown_path(found: Survey, generation: int) -> str:
    return visible(path_text(found.records[generation].generation.path))


def _shown(found: Survey, decision: Decision) -> str:
    return visible(path_text(found.files[decision.file].path))
