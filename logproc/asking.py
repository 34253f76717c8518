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
from typing import TYPE_CHECKING

from logproc import __version__, plans, questions
from logproc.clock import now_text
from logproc.errors import UsageError
from logproc.state.ledger import PLANNED
from logproc.state.rows import Run

if TYPE_CHECKING:
    from logproc.config import Config
    from logproc.rollup.spec import RollupSpec
    from logproc.state.ledger import Ledger
    from logproc.worker import Job

WIDER = 4
"""A task's groups are counted by file and day, so that it may hold more of them than a report."""

ASKED = "asked"
"""The fact of a ledger that says what it was asked last."""


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

    def key_of(self, name: str) -> str:
        """Return the key of a report; UsageError if there is none of that name."""
        for key, spec in zip(self.keys, (*self.reports, *self.checks), strict=True):
            if name in {spec.name, spec.name.rpartition("/")[2]}:
                return key
        names = ", ".join(spec.name for spec in self.reports)
        raise UsageError(f"--rebuild {name}: there is no such report; there are {names}")

    def job(self, formats: tuple[str, ...], folder: str | None = None) -> Job:
        """Return what all tasks have in common: tables are by slot."""
        from logproc import running  # noqa: PLC0415 - only news are work
        from logproc.rollup.slots import slotted  # noqa: PLC0415

        config = self._config
        job = running.job_of(config, tuple(slotted(spec) for spec in self.by_key.values()), formats, folder)
        return replace(job, max_groups=WIDER * config.limits.max_groups, days=config.timezone)
