"""What an incremental run is asked, and the keys that it is counted under; planned where that is not known already.

A ledger remembers the mark of what it was asked last and the keys that went with it. A night that asks the same and has
no news needs no plans, and neither the formats, whose fields they know, nor what counts.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from logproc import __version__, plans, questions
from logproc.clock import now_text
from logproc.errors import UsageError
from logproc.report.text import unseen
from logproc.report_model import COVERAGE
from logproc.state.ledger import PLANNED
from logproc.state.rows import Run

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from logproc.config import Config
    from logproc.report_model import ReportTable
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.worker import Job

WIDER = 4
"""A task's groups are counted by file and day, so that it may hold more of them than a report."""

ASKED = "asked"
"""The fact of a ledger that says what it was asked last."""


ALL = "all"
"""What stands for the name of every report."""

_NAMED = 3
"""Reports that a message names."""


def note(asked: Questions, ledger: Ledger, rebuilt: Iterable[str] = ()) -> str | None:
    """Say which reports begin with the next run of a ledger that has counted before; None where none does.

    `rebuilt` are keys whose counts that run makes anew.
    """
    if asked.known_to(ledger) is not None or not ledger.spec_sets():
        return None
    return beginning(asked.names_without(ledger.specs().keys() | set(rebuilt), checks=True))


def beginning(names: Sequence[str]) -> str | None:
    """Say of reports that nothing counted so far is in them, and the way out; None for none."""
    if not names:
        return None
    named = list(names[:_NAMED])
    if len(names) > _NAMED:
        named.append(f"{len(names) - _NAMED} more")
    which = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return (
        f"{which}: not asked like this before, hence without what was counted until now; `logproc run --rebuild "
        f"{names[0] if len(names) == 1 else ALL}` counts that too, as far as it is still on disk"
    )


def not_rebuilt(tables: Iterable[ReportTable], rebuilt: Iterable[str]) -> Iterator[str]:
    """Yield what reports, asked to be rebuilt by such names, are still without."""
    named = [(table.name, table) for table in tables]
    meant = {table.name: table for name in rebuilt for table in _meant(name, named)}
    for name, table in meant.items():
        missing = unseen(table)
        if missing is not None:
            yield (
                f"--rebuild {name}: still {missing}: that is no longer on disk as it was, or its days are older than "
                f"compact_after and merged"
            )


T = TypeVar("T")


def _meant(name: str, named: Sequence[tuple[str, T]]) -> list[T]:
    """Return what a name of a report, a preset or `all` stands for; [] for nothing."""
    for known, meant in named:
        if name in {known, known.rpartition("/")[2]}:
            return [meant]
    return [meant for known, meant in named if name == ALL or known.startswith(f"{name}/")]


def mark_of(text: str) -> str:
    """Return a hash of a text."""
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def spec_hash(spec: RollupSpec, setting: str) -> str:
    """Return the key of what is counted for a report: its meaning, and the setting of formats and zones."""
    return mark_of(f"{spec.fingerprint} {setting}")


def begin(ledger: Ledger, asked: Questions) -> Run:
    """Write down, inside the caller's transaction, that a run begins, and what it is asked."""
    known = asked.known_to(ledger)
    uid, keys = uuid.uuid4().hex, tuple(asked.by_key) if known is None else known
    number = ledger.begin(uid, __version__, now_text(), keys)
    if known is None:
        asked.remember(ledger, number)
    return Run(number, uid, PLANNED, keys)


class Questions:
    """Reports and checks, each with the key that its counts are kept under."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def mark(self) -> str:
        """What stands for all that is asked, in this version of the program."""
        return mark_of(f"{__version__} {self._setting} {questions.mark(self._config)}")

    @cached_property
    def reports(self) -> tuple[RollupSpec, ...]:
        """The reports; QueryError or UsageError where they cannot be planned."""
        return questions.reports(self._config)

    @cached_property
    def checks(self) -> tuple[RollupSpec, ...]:
        """The queries of the checks."""
        return questions.checks(self._config)

    @cached_property
    def keys(self) -> list[str]:
        """The key of each report, then of each check."""
        return [spec_hash(spec, self._setting) for spec in (*self.reports, *self.checks)]

    @cached_property
    def by_key(self) -> dict[str, RollupSpec]:
        """What is counted, by key: what two of them ask alike is counted once."""
        return dict(zip(self.keys, (*self.reports, *self.checks), strict=True))

    @property
    def _setting(self) -> str:
        config = self._config
        sources = sorted((s.name, s.format, s.timezone or "") for s in config.sources)
        return repr([config.format, config.timezone, sources])

    def known_to(self, ledger: Ledger) -> tuple[str, ...] | None:
        """Return the keys of all that is asked, if a ledger was asked the same last; None if it was not."""
        raw = ledger.meta(ASKED) or ""
        before = json.loads(raw) if raw.startswith("{") else {}  # older versions wrote a mark alone
        return tuple(before["keys"]) if before.get("mark") == self.mark else None

    def remember(self, ledger: Ledger, run: int) -> None:
        """Write down what a run is asked, inside the caller's transaction."""
        mark = f"places {self.mark}" if questions.are_placed(self._config) else self.mark
        now = json.dumps({"mark": mark, "keys": list(self.by_key)})
        if ledger.meta(ASKED) != now:
            ledger.add_specs(run, ((key, spec.name, plans.codec().dumps(spec)) for key, spec in self.by_key.items()))
            ledger.set_meta(ASKED, now)

    def keys_of(self, name: str) -> list[str]:
        """Return the keys of a report, of all reports of a preset or, for `all`, of everything asked.

        UsageError if there is nothing of that name.
        """
        pairs = zip(self.keys, (*self.reports, *self.checks), strict=True)
        meant = _meant(name, [(spec.name, key) for key, spec in pairs])
        if meant:
            return meant
        names = ", ".join(spec.name for spec in self.reports if spec.name != COVERAGE)
        raise UsageError(f"--rebuild {name}: there is no such report or preset; there are {names}; or say {ALL}")

    def names_without(self, keys: Container[str], *, checks: bool = False) -> list[str]:
        """Return the names of the reports, and of the checks if wanted, whose key is not one of these."""
        asked = (*self.reports, *self.checks) if checks else self.reports
        return [spec.name for key, spec in zip(self.keys, asked, strict=False) if key not in keys]

    def job(self, formats: tuple[str, ...], folder: str | None = None) -> Job:
        """Return what all tasks have in common: tables are by slot."""
        from logproc import running  # noqa: PLC0415 - only news are work
        from logproc.rollup.slots import slotted  # noqa: PLC0415

        config = self._config
        job = running.job_of(config, tuple(slotted(spec) for spec in self.by_key.values()), formats, folder)
        return replace(job, max_groups=WIDER * config.limits.max_groups, days=config.timezone)
