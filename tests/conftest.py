"""What every test runs under: an odd time zone, hypothesis without deadlines, and `--update-golden`."""

from __future__ import annotations

import os
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the expected output of tests/cases.")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
