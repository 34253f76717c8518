"""Text that strangers wrote, made safe to show; numbers and times made readable."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from logproc import timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logproc.report_model import ReportError, ReportTable

_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""0001-01-01T00:00:00Z and the last microsecond of 9999."""


MARKS = frozenset({"Mn", "Me"})
"""Categories of what stands on or below the letter before it."""

MOST_MARKS = 4
"""Marks of one letter that are shown: more than any script needs."""

BLANK = frozenset(
    map(
        chr,
        (
            0x034F,
            0x115F,
            0x1160,
            0x17B4,
            0x17B5,
            0x2800,
            0x3164,
            0xFFA0,
            *range(0xFE00, 0xFE0E),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""Fillers, joiners, the blank of Braille, selectors of variants (but those of emoji): printable, and not to be seen."""


def visible(text: str) -> str:
    """Escape what a terminal would act on or hide: control, format and bidirectional characters, surrogates.

    Line ends and tabs are escaped too: one value stays on one line. So are letters that show nothing, and what piles up
    on a letter: some hundred accents of one row would cover the rows above it.
    """
    if text.isascii():
        return text if text.isprintable() else "".join(_plain(char) for char in text)
    return "".join(_shown(text))


def _shown(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in MARKS else 0
        yield _plain(char) if marks <= MOST_MARKS and char not in BLANK else _escape(ord(char))


def _plain(char: str) -> str:
    return char if char.isprintable() else _escape(ord(char))


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
    """Write microseconds since 1970 UTC as RFC 3339, with a fraction only where there is one; None for None.

    Years outside 0001 to 9999 have no such text and become the nearest that has one.
    """
    return None if micros is None else timestamps.rfc3339(min(max(micros, _FIRST), _LAST))


def key_text(value: object) -> str:
    """Write a key of a report where it stands alone, in a legend or a sentence: one without value has a name too."""
    return "(none)" if value is None else str(value)


def plural(count: int, noun: str) -> str:
    """Count a noun: `1 line`, `1,234 lines`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def inexactness(error: ReportError | None) -> str:
    """Say how far the numbers of a report that is not exact may be off."""
    if error is None:
        return "≈ approximate"
    if error.kind == "relative":
        return f"≈ within {100 * error.bound:.3g} %"
    if error.kind == "missing":
        return f"a number is missing: up to {plural(round(error.bound), 'value')} too large to be computed with"
    return f"≈ at most {error.bound:,.0f} more than shown"


def unseen(table: ReportTable) -> str | None:
    """Say what a report from a ledger is without, since it was asked for later; None where it has all."""
    found = table.coverage
    if found is None or not found.bytes_missing:
        return None
    files = plural(found.files_missing, "file")
    return f"without {size(found.bytes_missing)} of {files} counted before it was asked for"


def size(count: float) -> str:
    """Write bytes for people: `512 B`, `1.5 MB`, powers of 1000."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:,.1f} {unit}"
