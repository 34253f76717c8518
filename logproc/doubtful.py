"""What is said of files whose lines count twice, or may: what was counted of them cannot be told from what is new.

And of one that does not count, because what it holds was counted of another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.report.text import path_text, visible
from logproc.state.matching import DIVERGED, GUESSED, OLDER_AS_A_WHOLE, OLDER_GOES_ON, SHORTENED

if TYPE_CHECKING:
    from collections.abc import Callable

    from logproc.state.generations import Decision
    from logproc.state.ledger import Ledger
    from logproc.surveying import Survey

BETWEEN = (
    "lines behind that have times of which lines were counted already: if it was made between two runs, "
    "they count twice"
)

ONCE = (
    "If a program wrote the same lines into both, they count once: equal files count each for itself where a run "
    "finds both of them"
)


def warn_of_doubles(found: Survey, warn: Callable[[str], None]) -> None:
    """Say which files were cut short, as by an editor, or are an older backup with more, and are counted as a whole."""
    for number in found.news:
        decision = found.decisions[number]
        if decision.reason in {SHORTENED, DIVERGED, OLDER_AS_A_WHOLE}:
            _warn(found, decision, warn, decision.reason)
        elif decision.reason is not None and decision.reason.endswith(GUESSED):
            warn(f"{_shown(found, decision)}: {visible(decision.reason)}. {ONCE}")


def warn_of_backups(found: Survey, ledger: Ledger, warn: Callable[[str], None]) -> None:
    """Say of which older backups, once they are counted, lines may have been counted before.

    They are counted from where a run ended. One that was made later has lines behind that of times that were counted.
    """
    for number in found.news:
        decision = found.decisions[number]
        if decision.beginning is None or decision.generation is None:
            continue
        one, other = decision.generation, decision.beginning.generation
        records = ledger.records_of({one, other})
        first = records[one].first_time if one in records else None
        last = records[other].last_time if other in records else None
        if first is not None and last is not None and first < last:
            _warn(found, decision, warn, f"{OLDER_GOES_ON}; {BETWEEN}")


def _warn(found: Survey, decision: Decision, warn: Callable[[str], None], reason: str) -> None:
    path = _shown(found, decision)
    warn(
        f"{path}: {reason}. `logproc state forget {path}` takes all counts of it out; the run after that "
        f"counts what it holds then"
    )


def _shown(found: Survey, decision: Decision) -> str:
    return visible(path_text(found.files[decision.file].path))
