"""What every test runs under: an odd time zone, hypothesis without deadlines, `--update-golden`, several processes."""

from __future__ import annotations

import os
import signal
import time

import pytest
from hypothesis import HealthCheck, settings

os.environ["TZ"] = "Asia/Kathmandu"  # +05:45: what takes the machine's zone for UTC shows
time.tzset()

settings.register_profile(
    "logproc",
    deadline=None,
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
    """Run the whole suite in twice as many processes as there are CPUs: half of its time is waiting for something.

    What was named on the command line runs in this one, and so does everything where `-n 0` says so.
    """
    whole = config.args_source is config.ArgsSource.TESTPATHS and not config.option.collectonly
    alone = hasattr(config, "workerinput") or config.option.usepdb  # one of these processes, or a debugger's
    if whole and not alone and getattr(config.option, "numprocesses", 0) is None:
        config.option.numprocesses = min(2 * _cpus(), MOST_PROCESSES)
        config.option.dist = "worksteal"  # neighbours stay together, and with them what they share


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the expected output of tests/cases.")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
