"""Other machines, as the configuration names them: what the queue and Dask are told that no backend may know by itself.

A backend is given functions and values and knows no stage; here the job's classes, the folding of outcomes and the file
of a task's rejected lines are named for it. Also the worker of the queue, which is the same from the other end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from logproc import spool
from logproc.errors import UsageError
from logproc.rollup import spec
from logproc.worker import Job, process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.backends import Backend
    from logproc.config import Config, Network
    from logproc.model import Outcome, Partial, Task

JOB_TYPES: tuple[type, ...] = (Job, *spec.TYPES)
"""What a job is made of: all that may be made from what comes over the network, beside the nouns of `model`."""


@dataclass(slots=True)
class Elsewhere:
    """A backend that works on other machines; `workers` counts processes there that have joined the run so far."""

    run: Backend | None = None
    workers: int = 0

    def joined(self, processes: int) -> None:
        """Count a new worker with so many processes."""
        self.workers += processes

    def __call__(
        self,
        process: Callable[[Any, Task], Partial],
        job: Any,  # noqa: ANN401 - of the types above
        tasks: Sequence[Task],
        workers: int,
    ) -> Iterator[Outcome]:
        """Run the tasks there."""
        assert self.run is not None
        return self.run(process, job, tasks, workers)


def backend(config: Config, say: Callable[[str], None]) -> Elsewhere | None:
    """Return the backend that works on other machines, if the configuration names one, told all it needs.

    `say` takes lines for people. UsageError for a key or certificate that cannot be used.
    """
    makers = {"queue": _queue, "dask": _dask}
    _require_finite("--wait-workers", config.network.wait_workers)
    if config.backend not in makers:
        return None
    elsewhere = Elsewhere()
    elsewhere.run = makers[config.backend](config.network, say, elsewhere.joined)
    return elsewhere


def _require_finite(option: str, seconds: float) -> None:
    """Raise UsageError for nan, which no clock ever reaches, and inf."""
    if not math.isfinite(seconds):
        raise UsageError(f"{option} takes a number of seconds, such as 60, and not {seconds}")


def _queue(network: Network, say: Callable[[str], None], joined: Callable[[int], None]) -> Backend:
    from logproc.backends import keys, queue  # noqa: PLC0415 - ssl is needed nowhere else

    address = keys.parse_address(network.listen)
    certificate = None if network.cert is None else keys.Certificate(network.cert)
    queue.require_secure(address, certificate, insecure=network.insecure)  # before the key is asked for
    if certificate is not None:
        keys.server_context(certificate)  # what cannot be used is said before any work
    remote = queue.Remote(
        key=keys.read_key(network.authkey_file),
        listen=address,
        certificate=certificate,
        insecure=network.insecure,
        wait_workers=network.wait_workers,
        types=JOB_TYPES,
        place=spool.place,
        say=say,
        joined=joined,
        key_file=network.authkey_file,
    )
    return partial(queue.run, remote=remote)


def _dask(network: Network, say: Callable[[str], None], joined: Callable[[int], None]) -> Backend:
    from logproc.backends import dask  # noqa: PLC0415
    from logproc.merging import fold  # noqa: PLC0415

    files = (network.tls_ca, network.tls_cert, network.tls_key)
    if any(files) and not all(files):
        raise UsageError("--tls-ca, --tls-cert and --tls-key go together: name all three, or none")
    ca, cert, key = files
    tls = None if ca is None or cert is None or key is None else dask.Tls(ca, cert, key)
    cluster = dask.Cluster(network.scheduler, tls, network.insecure, network.wait_workers, fold, say, joined)
    return partial(dask.run, cluster=cluster)


def work(
    address: str,
    *,
    authkey_file: str | None,
    cert: str | None,
    insecure: bool,
    children: int,
    name: str | None,
    memory: int | None,
    wait: float,
    say: Callable[[str], None],
) -> None:
    """Be a worker of the queue until everything is done; `memory` is in bytes for each child, `wait` in seconds.

    UsageError, RefusedError or TryLaterError otherwise.
    """
    from logproc.backends import keys, queue, remote  # noqa: PLC0415
    from logproc.backends.channel import HANDSHAKE_SECONDS, Endpoint  # noqa: PLC0415
    from logproc.backends.protocol import TYPES  # noqa: PLC0415
    from logproc.backends.wire import Codec  # noqa: PLC0415

    _require_finite("--wait", wait)
    where = keys.parse_address(address)
    certificate = None if cert is None else keys.Certificate(cert)
    queue.require_secure(where, certificate, insecure=insecure)
    key, codec = keys.read_key(authkey_file), Codec((*TYPES, *JOB_TYPES))
    endpoint = Endpoint(where, codec, key, certificate, min(HANDSHAKE_SECONDS, max(1.0, wait)))
    options = remote.WorkerOptions(
        endpoint=endpoint,
        name=name or remote.default_name(),
        children=children,
        say=say,
        place=spool.place,
        memory=memory,
        lost_seconds=wait,
    )
    remote.work(process, options)
