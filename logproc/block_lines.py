"""Lines and rows of a block that is in the buffer: what is taken from it, and what is let go, beside the parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.kernels.pretty import FOLDED
from logproc.model import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logproc.formats.parser import Parser
    from logproc.worker import Desk

DETECT_REGION = 1 << 16
BLANKS = b"\0 \t\r\n"
INDENT = b" \t"


def samples_of(buffer: NDArray[np.uint8], begin: int, end: int) -> list[bytes]:
    """Return the first lines of a block that are not blank: `DETECT_REGION` bytes of them, or one that is longer.

    Leading NULs are what a crash or a truncated file leaves behind; they say nothing about the format.
    """
    text = buffer[begin : min(end, begin + DETECT_REGION)].tobytes()
    while text and text[0] in BLANKS:
        inside = len(text) - len(text.lstrip(BLANKS))
        if inside < len(text):
            inside = len(text[:inside].rstrip(INDENT))  # a line that is not blank may begin with blanks
            if inside == 0:
                break
        begin += inside
        text = buffer[begin : min(end, begin + DETECT_REGION)].tobytes()
    upto = text.rfind(b"\n") + 1
    if upto:
        return [text[:upto]]
    while begin + len(text) < end and b"\n" not in text[-DETECT_REGION:]:
        text += buffer[begin + len(text) : min(end, begin + len(text) + DETECT_REGION)].tobytes()
    return [text[: text.find(b"\n") + 1] or text] if text else []


def fold_kept(desk: Desk, begin: int, end: int) -> None:
    """Let objects of several lines, which their parser made one, be one where lines are kept, too."""
    kept, read = desk.kept[begin:end], desk.buffer[begin:end]
    kept[(kept == 10) & (read == FOLDED)] = FOLDED


def line_at(buffer: NDArray[np.uint8], at: int, end: int, limit: int | None = None) -> bytes:
    """Return a line's bytes without its end, or its first bytes."""
    stop = end if limit is None else min(end, at + limit)
    step = at
    while step < stop:
        chunk = buffer[step : min(stop, step + 4096)].tobytes()
        newline = chunk.find(b"\n")
        if newline >= 0:
            return buffer[at : step + newline].tobytes().removesuffix(b"\r")
        step += len(chunk)
    return buffer[at:stop].tobytes()


def keep_between(
    parser: Parser, begin: int, end: int, since: int | None, until: int | None, *, last_kept: bool
) -> tuple[int, bool]:
    """Close the ranks of rows [begin, end) over those outside [since, until).

    Returns where those that are left end, and whether the last row is one of them (`last_kept` if there is no row).
    """
    lines = parser.lines
    times = lines.times[begin:end]
    inside = times != NO_TIME
    if since is not None:
        inside &= times >= since
    if until is not None:
        inside &= times < until
    if end > begin:
        last_kept = bool(inside[-1])
    kept = begin + np.flatnonzero(inside)
    upto = begin + len(kept)
    if upto < end:
        for array in (lines.starts, lines.ends, lines.styles):
            array[:, begin:upto] = array[:, kept]
        for row in (lines.times, lines.row_offset, lines.row_line, lines.more_lines):
            row[begin:upto] = row[kept]
    return upto, last_kept
