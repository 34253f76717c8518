"""Callers that are not let in: people are told of each, and not by everything that comes, as from a scan of ports."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_SECONDS = 60.0
"""How often the same is said of the same address."""

MOST_SAID = 16
"""Lines in that time, for all addresses; one more says that there are others."""


class Strangers:
    """What was said lately of which address; `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: OrderedDict[tuple[str, str], float] = OrderedDict()  # the oldest first, `MOST_SAID` at most
        self._others = -AGAIN_SECONDS  # when it was said that there are more

    def line(self, host: str, what: str) -> str | None:
        """Return what people are told of a caller that was not let in; None if that was said just now."""
        with self._lock:
            return self._line(host, what, self._clock())

    def _line(self, host: str, what: str, now: float) -> str | None:
        while self._said and now - next(iter(self._said.values())) >= AGAIN_SECONDS:
            self._said.popitem(last=False)
        if (host, what) in self._said:
            return None
        if len(self._said) < MOST_SAID:
            self._said[host, what] = now
            return f"a caller at {host} was not let in: it is {what}"
        if now - self._others < AGAIN_SECONDS:
            return None
        self._others = now
        return f"other callers were not let in either, the latest at {host}: it is {what}"
