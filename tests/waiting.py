"""Waiting for what other processes and threads do, for tests of several folders."""

from __future__ import annotations

import time

PATIENCE = 120.0
"""Seconds after which a condition that should come true never will."""


def until(condition):
    """Wait for a condition, and return what it returned."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)
    return found
