"""The connection to a Dask scheduler: what is asked of it, and what it means when it does not answer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from logproc.backends import dask_worker
from logproc.backends.dask_worker import minor, mismatch
from logproc.errors import TryLaterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Link:
    """A client of a scheduler."""

    def __init__(self, client: Any, scheduler: str) -> None:  # noqa: ANN401 - a distributed.Client
        self.client = client
        self.dask: Any = import_module("distributed")
        self._scheduler = scheduler

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the function
        """Ask Dask for something; TryLaterError if the scheduler is gone."""
        try:
            return function(*args, **kwargs)
        except (OSError, self.dask.CancelledError) as error:  # closed connections and timeouts are OSErrors
            raise self.lost() from error
        except Exception as error:
            if self.client.status == "running":
                raise
            raise self.lost() from error

    async def value(self, future: Any) -> Any:  # noqa: ANN401 - a distributed.Future, and what it stands for
        """Return the value of a future that has one; None if it cannot be had any more.

        Not `Client.gather`, at first: it asks for several values at once, those of later calls too, and all wait for a
        worker that hangs.
        """
        answer = await self.client.scheduler.gather(keys=[future.key])
        if answer["status"] == "OK":
            return answer["data"][future.key]
        found = await self.client.gather({future.key: future}, errors="skip", asynchronous=True)  # it is made again
        return found.get(future.key)

    def lost(self) -> TryLaterError:
        """Return the error that says so."""
        return TryLaterError(f"{self._scheduler}: the scheduler was lost, or dropped this run; try again later")

    def check(self) -> None:
        """TryLaterError if the scheduler is known to be gone."""
        if self.client.status != "running":
            raise self.lost()

    def check_versions(self, versions: Mapping[str, str]) -> None:
        """Refuse a scheduler of another version: it loads what passes through it."""
        client = self.client
        found = self.call(client.sync, client.scheduler.versions)["packages"]
        theirs = {"python": minor(found["python"]), "distributed": found["distributed"]}
        mine = {name: value for name, value in versions.items() if name in theirs}
        where = f"{self._scheduler}: the scheduler"
        wrong = mismatch(mine, theirs, where)
        if wrong is None:  # then it can be asked to load something of ours
            try:
                theirs = self.call(client.run_on_scheduler, dask_worker.versions)
            except ImportError as error:
                wrong = f"{where} cannot load logproc ({error})"
            else:
                mine = {name: value for name, value in versions.items() if name in {"logproc", "dask"}}
                wrong = mismatch(mine, theirs, where)
        if wrong is not None:
            raise UsageError(f"{wrong}; install the same versions everywhere")
