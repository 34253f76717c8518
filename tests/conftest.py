"""What every test runs under: an odd time zone, hypothesis without deadlines, `--update-golden`, several processes."""

from __future__ import annotations

import collections
import contextlib
import functools
import gc
import itertools
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import coverage

os.environ["TZ"] = "Asia/Kathmandu"  # +05:45: what takes the machine's zone for UTC shows
time.tzset()

settings.register_profile(
    "logproc",
    deadline=None,
    max_examples=int(os.environ.get("LOGPROC_EXAMPLES", "30")),  # each run draws others
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("logproc")

# A shell without job control starts what is to run in the background with SIGINT ignored, and so would run whatever
# tests start: no Ctrl-C would reach it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

MOST_PROCESSES = 8
"""Each takes up to 500 MB."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite as with `-n auto`; what was named on the command line runs in this process.

    With --cov, which has begun to measure by now, `-n auto --dist worksteal` is to be typed.
    """
    option = config.option
    whole = config.args_source is config.ArgsSource.TESTPATHS and not option.collectonly
    alone = hasattr(config, "workerinput") or option.usepdb  # one of these processes, or a debugger's
    if whole and not alone and not getattr(option, "cov_source", None) and getattr(option, "numprocesses", 0) is None:
        option.numprocesses = "auto"
        option.dist = "worksteal"  # neighbours stay together, and with them what they share


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return twice the number of CPUs: half of the suite's time is waiting for something."""
    return min(2 * _cpus(), MOST_PROCESSES)


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionstart(session: pytest.Session):
    """Measure in one way only, and what importing covers in the first process alone: all import the same.

    In each process of several pytest-cov has begun to measure as if it were the only one, and here begins once more:
    whenever the second is stopped, the first would go on, for nothing, since nobody asks it for what it has seen.
    """
    config = session.config
    if not hasattr(config, "workerinput") or not getattr(config.option, "cov_source", None):
        return (yield)
    import coverage

    if beneath := coverage.Coverage.current():
        beneath.stop()
    result = yield
    measured = _measure_of(config)
    if _imports_elsewhere(config):
        measured.stop()
    return result


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each process begin with its share of the long tests: none is left with one when the others have finished."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    others = iter([item for item in items if not item.get_closest_marker("long")])
    ordered: list[pytest.Item] = []
    for process in range(processes):
        first = long[process::processes]
        share = (len(items) - len(ordered)) // (processes - process)  # what worksteal hands out to begin with
        ordered += [*first, *itertools.islice(others, max(share - len(first), 0))]
    items[:] = ordered


def pytest_collection_finish(session: pytest.Session) -> None:
    """Search what imports and thousands of tests have left for garbage now, and not again while they run."""
    gc.collect()
    gc.freeze()
    if _imports_elsewhere(session.config):
        _measure_of(session.config).start()


def _imports_elsewhere(config: pytest.Config) -> bool:
    """Tell whether another process measures what importing covers."""
    first = getattr(config, "workerinput", {"workerid": "gw0"})["workerid"] == "gw0"
    return not first and bool(getattr(config.option, "cov_source", None))


_MEASURE: pytest.StashKey[coverage.Coverage] = pytest.StashKey()


def _measure_of(config: pytest.Config) -> coverage.Coverage:
    """Return what measures coverage in this process; once it is stopped, coverage itself no longer knows of it."""
    import coverage

    if _MEASURE not in config.stash:
        measured = coverage.Coverage.current()
        assert measured is not None
        config.stash[_MEASURE] = measured
    return config.stash[_MEASURE]


MEASURED_SETS, MEASURED_EXAMPLES = 10, 3
"""Parameter sets of each test, and examples of each law, of which coverage is measured.

Coverage more than doubles the CPU time of all Python, and further ones reach next to no further lines. A loop that is
no law of Hypothesis's decorator has the mark `no_cover` instead.
"""

_parametrized: collections.Counter[str] = collections.Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Measure the coverage of a law's first examples and of a test's first parameter sets only."""
    if not getattr(item.config.option, "cov_source", None) or item.get_closest_marker("no_cover"):
        return (yield)
    measured = _measure_of(item.config)
    test = item.nodeid.partition("[")[0]
    _parametrized[test] += 1
    if _parametrized[test] > MEASURED_SETS:
        with _unmeasured(measured):
            return (yield)
    law = getattr(getattr(item, "obj", None), "hypothesis", None)
    if law is None:
        return (yield)
    inner, seen = law.inner_test, 0

    @functools.wraps(inner)
    def counted(*args, **kwargs):
        nonlocal seen
        seen += 1
        if seen == MEASURED_EXAMPLES + 1:
            measured.stop()
        return inner(*args, **kwargs)

    law.inner_test = counted
    try:
        return (yield)
    finally:
        law.inner_test = inner
        if seen > MEASURED_EXAMPLES:
            measured.start()


@contextlib.contextmanager
def _unmeasured(measured: coverage.Coverage):
    measured.stop()
    try:
        yield
    finally:
        measured.start()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rotations", type=int, default=200, help="Runs of the rotation simulator.")
    parser.addoption("--update-golden", action="store_true", help="Rewrite the expected output of tests/cases.")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
