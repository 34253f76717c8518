"""Standard input, which can be read only once: what somebody has looked at is kept for whoever reads it."""

from __future__ import annotations

from logproc.inputs.codecs import RawInput
from logproc.inputs.opening import STDIN_FD

_looked_at: list[RawInput] = []


def standard_input() -> RawInput:
    """Return standard input from its first unread byte on, with what was looked at."""
    return _looked_at.pop() if _looked_at else RawInput(STDIN_FD)


def look_ahead(length: int) -> bytes:
    """Return the next `length` bytes, fewer at the end, and leave them to be read in this process."""
    raw = standard_input()
    _looked_at.append(raw)
    return raw.peek(length)
