"""Formats of times, as strptime(3) and Python write them, made into codes for `kernels.patterned_times`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logproc.errors import FormatError
from logproc.kernels import patterned_times as codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHORTHANDS = {"%T": "%H:%M:%S", "%R": "%H:%M", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%r": "%I:%M:%S %p", "%h": "%b"}

DIRECTIVES = {
    "%Y": codes.YEAR,
    "%y": codes.SHORT_YEAR,
    "%m": codes.MONTH,
    "%b": codes.MONTH_NAME,
    "%B": codes.MONTH_NAME,
    "%d": codes.DAY,
    "%e": codes.PADDED_DAY,
    "%H": codes.HOUR,
    "%k": codes.HOUR,
    "%I": codes.HOUR12,
    "%l": codes.HOUR12,
    "%M": codes.MINUTE,
    "%S": codes.SECONDS,
    "%f": codes.FRACTION,
    "%L": codes.FRACTION,
    "%N": codes.FRACTION,
    "%p": codes.HALF,
    "%P": codes.HALF,
    "%z": codes.ZONE,
    "%Z": codes.ZONE_NAME,
    "%a": codes.DAY_NAME,
    "%A": codes.DAY_NAME,
    "%j": codes.DAY_OF_YEAR,
    "%s": codes.EPOCH,
    "%Q": codes.EPOCH_MILLI,
    "%%": ord("%"),
}
"""Codes by directive. %f, %L and %N are the digits of a fraction, %s counts seconds and %Q milliseconds since 1970."""

NAMED = {"epoch_ms": codes.EPOCH_MILLI, "epoch_us": codes.EPOCH_MICRO, "epoch_ns": codes.EPOCH_NANO}
"""Formats with a name: whole milliseconds, microseconds and nanoseconds since 1970."""

USUAL = frozenset({"", "auto", "iso", "epoch"})
"""Formats that stand for what servers usually write; what the text is, it shows itself."""


def time_codes(text: str) -> tuple[int, ...] | None:
    """Return the codes of a format, or None if it is one that is recognised; FormatError says what is wrong."""
    if text in USUAL:
        return None
    if text in NAMED:
        return (NAMED[text], codes.STOP)
    for short, long in SHORTHANDS.items():
        text = text.replace(short, long)
    out: list[int] = []
    at = 0
    while at < len(text):
        sign = text[at : at + 2] if text[at] == "%" else text[at]
        at += len(sign)
        if sign.startswith("%"):
            if sign not in DIRECTIVES:
                raise FormatError(f"the time format {text!r} has {sign}, which is none of {' '.join(DIRECTIVES)}")
            out.append(DIRECTIVES[sign])
        elif sign == " ":
            if not out or out[-1] != codes.BLANKS:
                out.append(codes.BLANKS)
        else:
            out.extend(sign.encode("utf-8", "surrogateescape"))
    _require_date(text, out)
    return (*out, codes.STOP)


def _require_date(text: str, out: list[int]) -> None:
    has = frozenset(out)
    dated = {codes.MONTH, codes.MONTH_NAME} & has and {codes.DAY, codes.PADDED_DAY} & has
    counted = {codes.EPOCH, codes.EPOCH_MILLI} & has or {codes.YEAR, codes.DAY_OF_YEAR} <= has
    if not dated and not counted:
        raise FormatError(f"the time format {text!r} has no date: it needs a month and a day, %Y and %j, or %s")


def code_array(formats: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    """Return all codes one behind the other, int64."""
    return np.array([code for part in formats for code in part] or [codes.STOP], np.int64)
