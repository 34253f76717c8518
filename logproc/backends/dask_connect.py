"""How a Dask cluster is reached: its address, its certificates, its versions, and the small one we start ourselves.

Dask runs whatever function it is sent, so an address is a matter of trust. Plain TCP is spoken to this machine only,
unless it was asked for by name; the cluster of `local` has a certificate of its own, since other users of a machine
reach its loopback too.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from logproc import scratch
from logproc.backends import unheard
from logproc.backends.dask_diagnosis import explain
from logproc.errors import MissingExtraError, TryLaterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logproc.model import Folded

CONNECT_SECONDS = 10.0
"""Seconds that a connection may take. Dask's own 30 s would hold up a run whose scheduler is gone."""

START_SECONDS = 120.0
"""Seconds that connections within a cluster of our own may take: its workers load Python and Dask all at the same time,
and on two busy processors Dask's own 30 s passed before they were there."""

LEAST_SECONDS = 1.0
"""Seconds that it may take however short the wait for workers is."""

DEATHS = 3
"""Deaths of workers after which a cluster of our own calls a task a killer."""

NOISY = ("distributed", "tornado", "asyncio")
"""Loggers that tell of every broken connection, which we report in one sentence."""

LOCAL = re.compile(r"local(?::(?P<workers>[1-9][0-9]{0,3}))?")
ADDRESS = re.compile(r"(?P<scheme>tcp|tls)://(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})/?")


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM format: the authority that signed the cluster's certificates, our certificate and its key."""

    ca: str
    cert: str
    key: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where tasks run: `tcp://HOST:PORT`, `tls://HOST:PORT`, `local` (as many workers as asked for) or `local:N`.

    `wait_workers` is in seconds: without a scheduler or a usable worker for so long the run ends, and without a
    scheduler after `CONNECT_SECONDS` at the latest. `fold` merges the outcomes of adjacent tasks on the workers of a
    large run. `say` takes plain sentences about workers, and `joined` the threads of each that is taken on. What is
    under way at the end for more than `straggler_seconds`, and for long compared with others, is done a second time,
    elsewhere.
    """

    scheduler: str = "local"
    tls: Tls | None = None
    insecure: bool = False
    wait_workers: float = 60.0
    fold: Callable[[Any, Sequence[Any]], Folded] | None = None
    say: Callable[[str], None] = unheard
    joined: Callable[[int], None] = unheard
    straggler_seconds: float = 60.0


@contextmanager
def connected(cluster: Cluster, workers: int) -> Iterator[Any]:
    """Yield a client of the cluster and close it; a cluster that was started for it is closed too.

    UsageError if the address or a certificate cannot be used as it is, MissingExtraError without Dask, TryLaterError
    if nobody answers.
    """
    own = LOCAL.fullmatch(cluster.scheduler)
    found = None if own else ADDRESS.fullmatch(cluster.scheduler)
    if own is None:
        _check_address(cluster, found)
    try:
        import dask  # noqa: PLC0415 - half a second to import
        import distributed  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("--backend dask", "dask") from error
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        patience = min(CONNECT_SECONDS, max(LEAST_SECONDS, cluster.wait_workers))
        stack.enter_context(dask.config.set({"distributed.comm.timeouts.connect": f"{patience} s"}))
        if own is not None:
            count = int(own["workers"] or workers)
            address, security = stack.enter_context(_started(count))
        else:
            assert found is not None
            address, security = cluster.scheduler.rstrip("/"), _security(cluster, found["scheme"])
        loop = stack.enter_context(_loop())
        end = time.monotonic() + patience
        client = distributed.Client.__new__(distributed.Client)  # in two steps: what fails on the way is closed too
        stack.callback(_close, client)
        try:
            with warnings.catch_warnings():  # of other versions, which are refused later
                warnings.simplefilter("ignore")
                client.__init__(address, security=security, timeout=patience, set_as_default=False, loop=loop)
        except Exception as error:  # whatever what listens there makes of our words, and Dask of its
            if found is None:
                raise
            context = None if security is None else security.get_connection_args("client")["ssl_context"]
            left = max(LEAST_SECONDS, end - time.monotonic())
            raise explain(address, found["host"].strip("[]"), int(found["port"]), context, left) from error
        yield client


def _check_address(cluster: Cluster, found: re.Match[str] | None) -> None:
    if found is None or not 0 < int(found["port"]) < 65536:
        raise UsageError(
            f"{cluster.scheduler!r} is no address of a Dask scheduler; write tcp://HOST:PORT, tls://HOST:PORT, local "
            "or local:N"
        )
    if found["scheme"] == "tcp" and not (cluster.insecure or _loopback(found["host"].strip("[]"))):
        raise UsageError(
            f"{cluster.scheduler}: whoever reads or joins this connection can run code on the workers and on this "
            "machine; use tls:// with certificates, or --insecure on a network that you trust"
        )
    if found["scheme"] == "tcp" and cluster.tls is not None:
        raise UsageError(f"{cluster.scheduler}: certificates were given, but tcp:// does not use them; write tls://")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _security(cluster: Cluster, scheme: str) -> Any:  # noqa: ANN401 - a distributed.Security
    from distributed import Security  # noqa: PLC0415

    if scheme == "tcp":
        return None
    if cluster.tls is None:
        security = Security(require_encryption=True)
        if not (security.tls_ca_file and security.tls_client_cert):
            raise UsageError(
                f"{cluster.scheduler}: certificates are needed: --tls-ca, --tls-cert and --tls-key, or Dask's own "
                "configuration (distributed.comm.tls)"
            )
        return security
    tls = cluster.tls
    for path in (tls.ca, tls.cert, tls.key):
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    security = Security(require_encryption=True, tls_ca_file=tls.ca, tls_client_cert=tls.cert, tls_client_key=tls.key)
    try:
        security.get_connection_args("client")
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"{tls.cert}, {tls.key} and {tls.ca} do not work together: {_reason(error)}") from error
    return security


@contextmanager
def _started(workers: int) -> Iterator[tuple[Any, Any]]:
    """Start a cluster on this machine, on loopback only, without a dashboard, encrypted; close it at the end."""
    import dask  # noqa: PLC0415
    from distributed import LocalCluster, Security  # noqa: PLC0415

    try:
        security = Security.temporary()
    except ImportError as error:
        raise MissingExtraError("--backend dask --scheduler local", "dask") from error
    config = {
        "distributed.comm.timeouts.connect": f"{START_SECONDS:g}s",
        "distributed.scheduler.allowed-failures": DEATHS - 1,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
    }
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder())
        stack.enter_context(dask.config.set({**config, "temporary-directory": folder}))
        others = set(LocalCluster._instances)  # noqa: SLF001 - see below
        try:
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    protocol="tls://",
                    security=security,
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.CRITICAL + 1,
                    local_directory=folder,
                )
            )
        except Exception as error:  # whatever a process that does not start in time makes of Dask
            for half_started in set(LocalCluster._instances) - others:  # noqa: SLF001
                half_started.shutdown_on_close = False  # else Dask closes it at exit, fails, and prints a traceback
            raise TryLaterError(
                f"the Dask cluster of this machine did not start ({_reason(error)}), as where it is too busy; try "
                "again later, or with --backend processes"
            ) from error
        yield cluster, security


@contextmanager
def _loop() -> Iterator[Any]:
    """Run a loop for a client in a thread.

    Not Dask's `LoopRunner`: that counts its clients, also those that could not connect, and so never ends after them.
    """
    from tornado.ioloop import IOLoop  # noqa: PLC0415

    loops: SimpleQueue[tuple[Any, asyncio.Event]] = SimpleQueue()

    async def live() -> None:
        end = asyncio.Event()
        loops.put((IOLoop.current(), end))
        await end.wait()

    def live_and_let_go() -> None:
        asyncio.run(live())
        for connection, _ in list(loop.handlers.values()):  # one that was given up on the way is nobody's any more
            loop.close_fd(connection)

    thread = Thread(target=live_and_let_go, name="logproc-dask", daemon=True)
    thread.start()
    loop, end = loops.get()
    try:
        yield loop
    finally:
        loop.add_callback(end.set)
        thread.join(CONNECT_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own messages off stderr while we report what matters."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in NOISY]
    loggers = [logging.getLogger(name) for name in known]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _close(client: Any) -> None:  # noqa: ANN401 - a distributed.Client
    """Close a client, also one whose scheduler is gone."""
    with suppress(Exception):  # there is nobody left to tell
        client.close(timeout=CONNECT_SECONDS if client.status == "running" else 1)


def _reason(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0]
