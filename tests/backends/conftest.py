"""What tests of several backends share: a cluster of Dask, whose start takes seconds, and a queue in a hurry."""

from __future__ import annotations

from multiprocessing import process

import pytest

WORKERS = 2


@pytest.fixture(autouse=True)
def workers_in_threads_reap_their_own_children(monkeypatch):
    """Keep several workers in one process apart, which multiprocessing does not: starting a child, it looks at all.

    Two threads that look at one read its end twice, or read what is next at that descriptor.
    """
    monkeypatch.setattr(process, "_cleanup", lambda: None)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A scheduler and `WORKERS` workers that are started again when they are killed."""
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from backends.dask_cluster import PATIENCE, scheduler, workers

    from logproc.backends.dask import Cluster

    folder = tmp_path_factory.mktemp("dask")
    with scheduler(scheduler__allowed_failures=0) as chief, workers(chief.address, folder, count=WORKERS):
        yield Cluster(chief.address, wait_workers=PATIENCE)


@pytest.fixture
def impatient(monkeypatch):
    """A queue that soon misses what is swallowed, and gives nothing up for it."""
    from logproc.backends import broker, link, manager, queue, remote

    monkeypatch.setattr(manager, "REPLY_SECONDS", 1.0)
    monkeypatch.setattr(remote, "WAIT_SECONDS", 0.5)
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(queue, "LINGER_SECONDS", 0.5)
    monkeypatch.setattr(broker, "DEATHS", 100)  # a machine that stalls loses leases, too
