"""Which workers of a Dask cluster may be used: each is greeted once, and only who answered well gets tasks.

Workers come and go at any time. A worker with other versions is named once and left alone; one with another disk, or
whose machine failed, is asked again now and then.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from logproc.errors import TryLaterError, UsageError
from logproc.messages import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from logproc.backends.dask_connect import Cluster
    from logproc.backends.dask_worker import Greeting, UnusableHereError

NAMED = 32
"""Workers named for one task, when only some may be used: the scheduler chooses among them."""

TRIES = 3
"""Greetings that may go unanswered, because the worker was not to be reached, before a worker is left alone."""

SHOWN = 3
"""Workers that cannot be used that are named at the end."""

ABSENT_SECONDS = 3.0
"""Seconds without any worker before that is worth a sentence: a restart takes about two."""

MUTE_SECONDS = 20.0
"""Seconds for which workers that are there may not have answered before that is worth one: to load logproc for the
greeting takes a second, and many times that while they all start at once on a busy machine."""

RETRY_SECONDS = 30.0
"""Seconds after which a worker is asked again whose disk or memory was at fault: such things are mended."""

REFUSALS_TOLD = 5
"""Tasks given back by a worker that are named one by one."""

WAYS_OUT = {
    "mount": "mount the same disk at the same path everywhere, readable for the workers",
    "versions": "install the same versions everywhere",
    "code": "install the same versions everywhere",
    "machine": "see what these machines lack",
}
"""What to do about workers that cannot be used, by the kind of their problem."""


class Membership:
    """The workers of a cluster, as far as they are known."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float]) -> None:
        self._cluster = cluster
        self._clock = clock
        self._live: Mapping[str, int] = {}
        self._fit: set[str] = set()
        self._joined: set[str] = set()  # ever, in this run
        self._unfit: dict[str, Greeting] = {}
        self._refused_at: dict[str, float] = {}
        self._asked: dict[str, int] = {}
        self._alive = clock()
        self._ever = self._told = False
        self._complaints: Counter[str] = Counter()
        self.silent: frozenset[str] = frozenset()  # those that hang, as far as the scheduler can tell

    def see(self, live: Mapping[str, int]) -> list[str]:
        """Take note of the workers there are, by address with their threads; return those to be greeted."""
        self._live = live
        self._fit &= live.keys()
        self._unfit = {worker: why for worker, why in self._unfit.items() if worker in live}
        self._asked = {worker: tries for worker, tries in self._asked.items() if worker in live}
        return [worker for worker in live if worker not in self._asked and self._is_due(worker)]

    def _is_due(self, worker: str) -> bool:
        """Tell whether a worker is to be greeted: it is new, or might have been mended."""
        if (why := self._unfit.get(worker)) is None:
            return worker not in self._fit
        if why.kind not in {"mount", "machine"} or self._clock() - self._refused_at[worker] < RETRY_SECONDS:
            return False
        self._refused_at[worker] = self._clock()
        return True

    def ask(self, worker: str) -> bool:
        """Note that a worker is greeted now; False if that was tried often enough."""
        tries = self._asked.get(worker, 0) + 1
        if worker in self._fit or tries > TRIES:
            return False
        self._asked[worker] = tries
        return True

    def stranger(self, worker: str) -> bool:
        """Note that a worker does not know the run; tell whether it is to be greeted."""
        self._fit.discard(worker)
        self._live = {worker: 1, **self._live}
        return worker not in self._asked and worker not in self._unfit

    def answered(self, worker: str, greeting: Greeting) -> None:
        """Note a worker's answer, and say so if it cannot be used."""
        self._asked.pop(worker, None)
        if greeting.problem is None:
            self._fit.add(worker)
            if self._unfit.pop(worker, None) is not None:
                self._cluster.say(f"{_name(worker, greeting)} is used again")
            if worker not in self._joined:
                self._joined.add(worker)
                self._cluster.joined(self._live.get(worker, 1))
            self._alive, self._ever, self._told = self._clock(), True, False
        elif worker not in self._unfit:
            self._unfit[worker] = greeting
            self._refused_at[worker] = self._clock()
            self._cluster.say(Trouble(f"{_name(worker, greeting)} is not used: {greeting.problem}"))

    def complain(self, error: UnusableHereError) -> None:
        """Say that a worker gave a task back, the first times."""
        self._complaints[error.worker] += 1
        if self._complaints[error.worker] <= REFUSALS_TOLD:
            self._cluster.say(
                Trouble(f"worker {error.worker} on {error.host} gave a task back, which others get first: {error}")
            )

    def dismiss(self, worker: str, greeting: Greeting) -> None:
        """Use a worker no more."""
        self._fit.discard(worker)
        if worker in self._live:
            self.answered(worker, greeting)

    def forgive(self) -> None:
        """Forget who had another disk, since the disk has changed here too."""
        self._unfit = {worker: why for worker, why in self._unfit.items() if why.kind != "mount"}

    @property
    def live(self) -> frozenset[str]:
        """Addresses of all workers there are."""
        return frozenset(self._live)

    @property
    def asking(self) -> bool:
        """Whether some worker has not answered yet."""
        return bool(self._asked)

    @property
    def threads(self) -> int:
        """Tasks that can run at the same time."""
        return sum(self._live.get(worker, 0) for worker in self._fit)

    def among(self, without: AbstractSet[str] = frozenset()) -> frozenset[str] | None:
        """Return the workers that a task is meant for; None if it may go to any, nobody if all are to do without it."""
        answering = self._fit - self.silent or self._fit
        if len(answering) == len(self._live) and not without:
            return None
        fit = sorted(answering - without)
        return frozenset(fit if len(fit) <= NAMED else random.sample(fit, NAMED))

    def check(self) -> None:
        """Raise if there has been no worker to be used for too long, or if waiting is of no use; say that it waits."""
        if self._fit:
            self._alive = self._clock()
            return
        nobody = bool(self._unfit) and len(self._unfit) == len(self._live)
        if nobody and all(why.kind in {"versions", "code"} for why in self._unfit.values()):
            raise UsageError(self._refused())
        waited = self._cluster.wait_workers
        past = self._clock() - self._alive
        if past < waited:
            if not self._told and (nobody or past >= (MUTE_SECONDS if self._asked else ABSENT_SECONDS)):
                self._told = True
                line = f"{self._who_is_there()}; the run waits {waited:g} s"
                self._cluster.say(Trouble(line) if self._ever else line)
            return
        if self._unfit:
            raise TryLaterError(self._refused())
        if self._live:
            raise TryLaterError(
                f"{self._cluster.scheduler}: none of {len(self._live)} workers answered within {waited:g} s; "
                "are they busy with other work?"
            )
        raise TryLaterError(
            f"{self._cluster.scheduler}: no worker is left and none came back within {waited:g} s"
            if self._ever
            else f"{self._cluster.scheduler}: no worker joined within {waited:g} s; start some with `dask worker`"
        )

    def _who_is_there(self) -> str:
        """Say why nothing is done at the moment."""
        if not self._asked:
            return "no usable worker"
        mute = len(self._asked)
        return f"{mute} workers have not answered yet" if mute > 1 else "1 worker has not answered yet"

    def _refused(self) -> str:
        """Say why the workers there are cannot be used, and what to do."""
        unfit = [f"{_name(worker, why)}: {why.problem}" for worker, why in self._unfit.items()]
        more = [f"{len(unfit) - SHOWN} more like these"] if len(unfit) > SHOWN else []
        mute = len(self._live) - len(unfit)
        none = [f"{mute} more did not answer"] if mute > 0 else []
        ways = dict.fromkeys(WAYS_OUT[why.kind] for why in self._unfit.values() if why.kind is not None)
        return f"{self._cluster.scheduler}: no worker can be used; " + "; ".join(unfit[:SHOWN] + more + none + [*ways])


def _name(worker: str, greeting: Greeting) -> str:
    return f"worker {worker} on {greeting.host}"
