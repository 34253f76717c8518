"""Layouts of times: strftime's codes, and some more, as the bytes by which `kernels.laid_times` reads a time.

The codes are those of https://docs.python.org/3/library/datetime.html#format-codes, read leniently: a number may lack
its leading zero, or have a blank in its place.
"""

from __future__ import annotations

from functools import lru_cache

from logproc.errors import FormatError
from logproc.kernels import laid_times as times

DIRECTIVES: dict[str, int] = {
    "%Y": times.YEAR,  # 2024
    "%y": times.SHORT_YEAR,  # 24; from 69 on, of the last century
    "%m": times.MONTH,
    "%d": times.DAY,
    "%e": times.DAY,
    "%H": times.HOUR,
    "%I": times.HOUR_12,
    "%M": times.MINUTE,
    "%S": times.SECONDS,
    "%f": times.FRACTION,  # 1 to 9 digits
    "%.": times.MAYBE_FRACTION,  # a point or a comma and 1 to 9 digits, or nothing
    "%b": times.MONTH_NAME,  # Jan, or January
    "%B": times.MONTH_NAME,
    "%a": times.DAY_NAME,
    "%A": times.DAY_NAME,
    "%p": times.HALF_DAY,  # AM or PM
    "%z": times.MAYBE_ZONE,  # +02:00, +0200, +02, Z, UTC or GMT, with a blank before it or without; or nothing
    "%Z": times.ZONE_NAME,  # the same, or a name (CEST, Europe/Berlin): of the file's time zone, unless known
    "%s": times.EPOCH,  # seconds since 1970; milli-, micro- and nanoseconds are known by their size
    "%+": times.ISO,  # 2024-01-02T03:04:05.678+02:00, or with a blank, or a comma, or without a zone
    "%i": times.LOCAL_ISO,  # the same without a zone
    "%#": times.HEX_EPOCH,  # seconds since 1970 in eight hexadecimal digits, perhaps a point and 8 of ns or 5 of us
    "%@": times.TAI,  # a label of TAI64 or TAI64N, without the @ in front
    "%t": times.TAB,
    "%o": times.EAST,  # minutes east of UTC, +120 or -300, or nothing
    "%w": times.WEST,  # minutes west of UTC, -120 or +300, as Windows counts them, or nothing
}
SHORTHANDS = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%D": "%m/%d/%y", "%c": "%a %b %d %H:%M:%S %Y"}


@lru_cache(maxsize=256)
def compile_layout(text: str) -> bytes:
    """Return a layout, or several between `%|`, as bytes; FormatError for a code that is not known."""
    for short, long in SHORTHANDS.items():
        text = text.replace(short, long)
    out = bytearray()
    position = 0
    while position < len(text):
        code = text[position : position + 2]
        if code in {"%%", "%|"}:
            out += b"%" if code == "%%" else bytes([times.OR])  # the layout behind it is tried where this one fails
        elif code.startswith("%"):
            if code not in DIRECTIVES:
                known = ", ".join((*DIRECTIVES, *SHORTHANDS))
                raise FormatError(f"the time layout {text!r} has {code!r}; there are {known}")
            out.append(DIRECTIVES[code])
        else:
            literal = text[position].encode()
            if literal < b" ":
                raise FormatError(f"the time layout {text!r} has a control character")
            out += literal
            position -= 1
        position += 2
    return bytes(out)
