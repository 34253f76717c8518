"""Workers on this and other machines that see the same disk take tasks from here over TCP, and bring results back.

They join, leave, die and come back at any time; see `broker` for what becomes of their tasks, `manager` for the
connection, `protocol` for what is said, and `remote` for the other end.
"""

from __future__ import annotations

import shlex
import socket
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from logproc.backends import unheard
from logproc.backends.broker import Broker
from logproc.backends.channel import Endpoint
from logproc.backends.keys import Address
from logproc.backends.leases import LEASE_SECONDS, host_of
from logproc.backends.manager import serve
from logproc.backends.probe import probes
from logproc.backends.protocol import DRAINED, STOPPED, TYPES
from logproc.backends.service import RunOffer, Service
from logproc.backends.wire import Codec
from logproc.errors import TryLaterError, UsageError
from logproc.messages import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.backends.keys import Certificate
    from logproc.backends.leases import Status
    from logproc.model import Outcome, Partial, Task

WINDOW = 64
"""Finished outcomes that may wait for the consumer."""

TICK_SECONDS = 0.5
STATUS_SECONDS = 30.0
LOSSES_SHOWN = 5
"""Lost tasks that are told one by one, of those that are noticed at once."""

LINGER_SECONDS = 3.0
"""How long the end of a run waits for its workers to hear of it."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where workers come, and who may; UsageError for plain TCP to other machines that was not asked for by name.

    `types` are the classes of the job. `place(folder, task)` names the file in the job's `spool` folder that takes the
    task's rejected lines. `say` takes lines for people, and `joined` how many processes a new worker has. `key_file` is
    where the key was read, None for the environment: workers are told to name theirs. Seconds are: `wait_workers` with
    no worker, then the run ends; a lease; and how long a task takes that is given to a second worker; all of `clock`,
    which never goes back.
    """

    key: bytes = field(repr=False)
    listen: Address = Address("127.0.0.1", 5000)  # noqa: RUF009 - frozen
    certificate: Certificate | None = None
    key_file: str | None = None
    insecure: bool = False
    wait_workers: float = 300.0
    types: tuple[type, ...] = ()
    place: Callable[[str, Task], str] | None = None
    say: Callable[[str], None] = unheard
    joined: Callable[[int], None] = unheard
    lease_seconds: float = LEASE_SECONDS
    straggler_seconds: float = LEASE_SECONDS
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        require_secure(self.listen, self.certificate, insecure=self.insecure)


def require_secure(address: Address, certificate: Certificate | None, *, insecure: bool, cert: str = "--cert") -> None:
    """Raise UsageError for plain TCP to other machines, unless it was asked for by name."""
    if not address.local and certificate is None and not insecure:
        raise UsageError(
            f"{address} is not this machine, and without TLS everybody between reads along: name a certificate with "
            f"{cert} FILE (`logproc keygen` writes one), or say --insecure"
        )


def _worker_command(remote: Remote, address: Address) -> str:
    """Return what is to be typed where work is to be done; the files are called as they are here."""
    host = socket.gethostname() if address.host in {"0.0.0.0", "::"} else address.host  # noqa: S104 - no binding
    words = ["logproc", "worker", str(replace(address, host=host))]
    words += [] if remote.key_file is None else ["--authkey-file", remote.key_file]
    words += ["--cert", remote.certificate.path] if remote.certificate else [] if address.local else ["--insecure"]
    return shlex.join(words)


class Watch:
    """Says now and then where the run stands, and at once what went wrong."""

    def __init__(self, service: Service, remote: Remote, address: Address) -> None:
        self._service = service
        self._remote = remote
        self._before: Status | None = None
        self._workers: frozenset[str] = frozenset()
        self._ticked = 0.0
        self._said = self._attended = remote.clock()
        self._command = _worker_command(remote, address)
        remote.say(
            f"listening on {address} ({'TLS' if remote.certificate else 'no TLS'}); no workers yet, the run waits "
            f"{remote.wait_workers:g} s for the first: {self._command}"
        )

    def tick(self) -> None:
        """Look at the run, every now and then; TryLaterError if it has been without workers for too long."""
        if time.monotonic() - self._ticked < TICK_SECONDS:
            return
        self._ticked = time.monotonic()
        now = self._remote.clock()
        status = self._service.status()
        self._watch_leases(status)
        self._watch_doubled()
        workers = frozenset(worker.name for worker in status.workers if not worker.suspended)
        if workers or status.waiting:
            self._attended = now
        elif now - self._attended >= self._remote.wait_workers:
            raise TryLaterError(
                f"no worker for {self._remote.wait_workers:g} s, with {status.total - status.done - status.failed} of "
                f"{_tasks(status.total)} to do; start some: {self._command}"
            )
        for worker in sorted(self._workers - workers):
            if self._service.name(worker) is not None:  # it did not say goodbye
                self._remote.say(Trouble(f"worker {self._service.name(worker)} is lost, or can do nothing"))
        if self._workers and not workers:
            self._remote.say(Trouble(f"no workers are left; the run waits {self._remote.wait_workers:g} s for others"))
        self._workers = workers
        if now - self._said >= STATUS_SECONDS:
            self._say(status, now - self._said)
            self._said = now

    def end(self) -> None:
        """Say what has not been said yet."""
        self._watch_leases(self._service.status())
        self._watch_doubled()

    def _watch_leases(self, status: Status) -> None:
        losses = self._service.losses()
        for loss in losses[:LOSSES_SHOWN]:
            name = self._service.name(loss.worker) or host_of(loss.worker)  # it has left since
            self._remote.say(Trouble(f"worker {name} has lost task {loss.task}: {loss.cause}; another gets it"))
        if len(losses) > LOSSES_SHOWN:
            more = len(losses) - LOSSES_SHOWN
            self._remote.say(
                Trouble(f"workers have lost {_tasks(more, 'more ')}, {status.lost_leases} in all; others get them")
            )

    def _watch_doubled(self) -> None:
        doubled = self._service.doubled()
        for each in doubled[:LOSSES_SHOWN]:
            name, other = (self._service.name(who) or host_of(who) for who in (each.first, each.second))
            self._remote.say(
                Trouble(
                    f"worker {name} has been at task {each.task} for {each.seconds:.0f} s, longer than tasks usually "
                    f"take: {other} does it, too, and the first result counts; does {name} hang?"
                )
            )
        if len(doubled) > LOSSES_SHOWN:
            self._remote.say(
                Trouble(f"{_tasks(len(doubled) - LOSSES_SHOWN, 'more slow ')} were given to a second worker, too")
            )

    def _say(self, status: Status, seconds: float) -> None:
        before = {(worker.name, worker.since): worker for worker in (self._before.workers if self._before else ())}
        rates = []
        for worker in status.workers:
            then = before.get((worker.name, worker.since))  # one that was given up and came back counts from 0
            tasks, size = worker.done - (then.done if then else 0), worker.bytes - (then.bytes if then else 0)
            name = self._service.name(worker.name)
            rates.append(f"{name} {tasks / seconds:.1f} tasks/s {size / seconds / 1e6:.0f} MB/s")
        self._before = status
        lost = f", {_tasks(status.lost_leases)} lost on the way" if status.lost_leases else ""
        self._remote.say(
            f"{status.done + status.failed} of {_tasks(status.total)} done{lost}; workers: {', '.join(rates) or 'none'}"
        )


def _tasks(count: int, which: str = "") -> str:
    return f"{count} {which}task{'' if count == 1 else 's'}"


def run(
    process: Callable[[Any, Task], Partial],  # noqa: ARG001 - the workers have their own
    job: Any,  # noqa: ANN401 - of the types that `remote` names
    tasks: Sequence[Task],
    workers: int,  # noqa: ARG001 - as many as come
    *,
    remote: Remote,
) -> Iterator[Outcome]:
    """Yield outcomes as they come; UsageError for an address that is not ours, TryLaterError without workers."""
    if not tasks:
        return
    name = uuid.uuid4().hex
    broker = Broker(
        tasks,
        run=name,
        clock=remote.clock,
        lease_seconds=remote.lease_seconds,
        straggler_seconds=remote.straggler_seconds,
        window=WINDOW,
    )
    codec = Codec((*TYPES, *remote.types))
    codec.encode(job)  # a job that cannot travel is said here, and not to every worker
    service = Service(broker, _run_offer(name, job, tasks, remote))
    server = serve(service, Endpoint(remote.listen, codec, remote.key, remote.certificate), remote.say, service.closed)
    state = STOPPED
    try:
        watch = Watch(service, remote, server.place)
        server.start()
        while not service.drained:
            watch.tick()
            outcome = service.next(TICK_SECONDS)
            if outcome is not None:
                yield outcome
        state = DRAINED
        watch.end()
    finally:
        service.end(state, LINGER_SECONDS if state == DRAINED else LINGER_SECONDS / 10)
        server.close()


def _run_offer(name: str, job: Any, tasks: Sequence[Task], remote: Remote) -> RunOffer:  # noqa: ANN401
    folder, place = getattr(job, "spool", None), remote.place
    return RunOffer(
        run=name,
        job=job,
        probes=probes(tasks),
        lease_seconds=remote.lease_seconds,
        place=None if folder is None or place is None else lambda task: place(folder, task),
        say=remote.say,
        joined=remote.joined,
    )
