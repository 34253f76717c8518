"""Text that strangers wrote, made safe to show; numbers and times made readable."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def visible(text: str) -> str:
    """Escape what a terminal would act on or hide: control, format and bidirectional characters, surrogates.

    Line ends and tabs are escaped too: one value stays on one line.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def valid_text(text: str) -> str:
    r"""Return text as valid Unicode: what cannot be encoded as UTF-8, a lone surrogate, becomes \udcNN."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def path_text(path: str) -> str:
    r"""Return a path as valid Unicode: bytes that are not UTF-8 become \xNN, as in every other text."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if not path.isascii() else path


def rfc3339(micros: int | None) -> str | None:
    """Write microseconds since 1970 UTC as RFC 3339, with a fraction only where there is one.

    Years outside 0001 to 9999 have no such text and become the nearest that has one.
    """
    if micros is None:
        return None
    try:
        moment = EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return "9999-12-31T23:59:59.999999Z" if micros > 0 else "0001-01-01T00:00:00Z"
    return moment.isoformat().removesuffix("+00:00") + "Z"


def plural(count: int, noun: str) -> str:
    """Count a noun: `1 line`, `1,234 lines`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(count: float) -> str:
    """Write bytes for people: `512 B`, `1.5 MB`, powers of 1000."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:,.1f} {unit}"
