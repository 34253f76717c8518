"""What tests of several backends share: a cluster of Dask, whose start takes seconds."""

from __future__ import annotations

import pytest

WORKERS = 2


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A scheduler and `WORKERS` workers that are started again when they are killed."""
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from backends.dask_cluster import PATIENCE, scheduler, workers

    from logproc.backends.dask import Cluster

    folder = tmp_path_factory.mktemp("dask")
    with scheduler(scheduler__allowed_failures=0) as chief, workers(chief.address, folder, count=WORKERS):
        yield Cluster(chief.address, wait_workers=PATIENCE)
