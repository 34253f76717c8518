"""Named places where a test ends the process: what is on disk then must be enough for the next run.

`LOGPROC_FAILPOINT=name` or `name:3`, for the third time that the place is reached, is for tests alone.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "after-scan",
    "before-plan",
    "after-plan",
    "before-results",
    "after-results",
    "before-final",
    "in-final",
    "before-commit",
    "after-final",
    "before-reported",
    "after-reported",
)
"""Every place, in the order of a run."""

_left: dict[str, int] = {}


def reach(name: str) -> None:
    """End the process here, as SIGKILL does, if that was asked for."""
    wanted, _, count = os.environ.get("LOGPROC_FAILPOINT", "").partition(":")
    if wanted != name:
        return
    _left[name] = _left.get(name, int(count or 1)) - 1
    if _left[name] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
