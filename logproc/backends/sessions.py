"""The workers that a run has taken on: their connections, and what people call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, TypeAlias

from logproc.backends.protocol import IDLE, Offer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Gone: TypeAlias = "Callable[[], bool]"
"""Tells whether who called over a connection has left it; one stands for the connection."""

RECONNECT_SECONDS = 10.0
"""A worker that has no connection for so long is dead: one that lives connects anew within a few seconds."""


@dataclass(slots=True)
class WorkerSession:
    """A worker that was taken on, the last call by which it asked for a task, and its connections.

    `told` is whether it knows that the run is over, `unconnected` since when it has no connection, until it has one
    again or is given up.
    """

    name: str
    serial: int = -1
    offer: Offer = field(default_factory=lambda: Offer(IDLE))
    told: bool = False
    connections: set[Gone] = field(default_factory=set)
    unconnected: float | None = None

    def connected(self, gone: Gone) -> None:
        """Note a connection over which it calls."""
        self.connections.add(gone)
        self.unconnected = None


class Sessions:
    """All of them, by the names that the broker knows; for one thread at a time."""

    def __init__(self) -> None:
        self._sessions: dict[str, WorkerSession] = {}

    def of(self, worker: str) -> WorkerSession | None:
        """Return a worker's, None if it was not taken on or has left."""
        return self._sessions.get(worker)

    def take_on(self, worker: str, name: str) -> WorkerSession:
        """Return a worker's, a new one with a name of its own for people if there is none."""
        known = self._sessions.get(worker)
        if known is None:
            known = self._sessions[worker] = WorkerSession(self._distinct(name))
        return known

    def leave(self, worker: str) -> WorkerSession:
        """Take a worker's out: it says goodbye."""
        return self._sessions.pop(worker)

    def closed(self, gone: Gone, now: float) -> None:
        """Note the end of a connection."""
        for session in self._sessions.values():
            if gone in session.connections:
                session.connections.discard(gone)
                if not session.connections:
                    session.unconnected = now

    def given_up(self, now: float) -> list[str]:
        """Return the workers that have had no connection for too long, each once."""
        found = []
        for worker, session in self._sessions.items():
            if session.unconnected is not None and now - session.unconnected >= RECONNECT_SECONDS:
                session.unconnected = None
                found.append(worker)
        return found

    def untold(self, present: Iterable[str]) -> bool:
        """Tell whether one of those who are there does not know yet that the run is over."""
        return any(not self._sessions[worker].told for worker in present if worker in self._sessions)

    def _distinct(self, name: str) -> str:
        """Return a name that nobody has who is there."""
        taken = {session.name for session in self._sessions.values() if session.unconnected is None}
        names = chain((name,), (f"{name} ({number})" for number in count(2)))
        return next(each for each in names if each not in taken)
