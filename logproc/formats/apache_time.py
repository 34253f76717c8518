"""Apache's `%t` and `%{…}t`: strftime texts, epoch counts, and the idioms that put an instant together from several.

`%{%Y-%m-%dT%T}t.%{usec_frac}t%{%z}t` is one instant written in three directives, so neighbours are joined before the
text is looked up. A text that is no instant (`%{%H:%M}t`) is kept as text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from logproc.formats.assemble import CLF_TIME_LENGTH, Field
from logproc.formats.program import Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logproc.formats.apache_text import Directive

EPOCHS: dict[str, Meaning] = {
    "sec": Meaning.EPOCH_SECONDS,
    "msec": Meaning.EPOCH_MILLIS,
    "usec": Meaning.EPOCH_MICROS,
    "%s": Meaning.EPOCH_SECONDS,
    "%s.%3f": Meaning.EPOCH_SECONDS,
    "%s.%6f": Meaning.EPOCH_SECONDS,
}
"""Patterns that count from 1970."""

FRACTIONS = {"msec_frac": "%3f", "usec_frac": "%6f"}
"""httpd's names for a fraction of the second, and how patterns write them here."""

SHORTHANDS = {"%T": "%H:%M:%S", "%R": "%H:%M", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%h": "%b", "%r": "%I:%M:%S %p"}

WIDTHS = {
    **dict.fromkeys(("%d", "%m", "%y", "%H", "%I", "%M", "%S", "%p", "%e", "%k", "%l", "%C", "%V", "%U", "%W"), 2),
    **dict.fromkeys(("%b", "%a", "%j", "%3f"), 3),
    **dict.fromkeys(("%%", "%n", "%t", "%u", "%w"), 1),
    "%Y": 4,
    "%G": 4,
    "%z": 5,
    "%6f": 6,
}
"""Byte counts of strftime codes that always write as many; names of days, months and zones vary."""

HOLDS = {
    "%z": b"+-",
    "%e": b" ",
    "%k": b" ",
    "%l": b" ",
    "%n": b"\n",
    "%t": b"\t",
    "%%": b"%",
    "%c": b" :",
    "%Z": b"+-",
}
"""Bytes other than letters and digits that a code may write."""

_CLF = "%d/%b/%Y:%H:%M:%S %z"
_ISO = re.compile(r"%Y-%m-%d[T ]%H:%M:%S(?:[.,]%[36]f)?(?: ?%z|Z)?")
_CODE = re.compile(r"%[36]f|%.|[^%]", re.DOTALL)


def with_times(tokens: Sequence[bytes | Directive]) -> Iterator[bytes | Directive | Field]:
    """Replace the time directives among the tokens by fields, joining neighbours that make up one instant."""
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if isinstance(token, bytes) or token.letter != "t":
            yield token
            position += 1
            continue
        reach = _reach(tokens, position)
        joined = tokens[position : position + reach]
        pattern = "".join(map(_pattern, joined))
        if pattern:
            yield _field(_origin(joined), pattern, _rank(token))
        else:
            yield from (b"[", _clf(token.text, _rank(token)), b"]")
        position += reach


JAVA = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "EEE": "%a",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%3f",
    "SSSSSS": "%6f",
    "a": "%p",
    "Z": "%z",
    "XX": "%z",
    "XXX": "%z",
    "zzz": "%Z",
}
"""Letters of Java's patterns of times, by how many there are of them, as strftime's codes."""

_JAVA = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def with_java_time(directive: Directive) -> Directive:
    """Return a directive whose time is written as Java does, `%{yyyy-MM-dd HH:mm:ss}t`, with strftime's codes."""
    parameter = directive.parameter or ""
    if (
        directive.letter != "t"
        or "%" in parameter
        or parameter.split(":")[0] in {"", "begin", "end", *EPOCHS, *FRACTIONS}
    ):
        return directive
    pattern = parameter.split("|")[0]  # Jetty has a zone and a language behind it
    codes = (
        (match[1] or "'") if match[0].startswith("'") else JAVA.get(match[0], match[0])
        for match in _JAVA.finditer(pattern)
    )
    return replace(directive, parameter="".join(codes))


def _pattern(token: bytes | Directive) -> str:
    """Return the strftime pattern of a directive or a literal; the empty one stands for httpd's default."""
    if isinstance(token, bytes):
        return token.decode("utf-8", "surrogateescape").replace("%", "%%")
    parameter = token.parameter or ""
    if parameter in {"begin", "end"}:
        return ""
    parameter = parameter.removeprefix("begin:").removeprefix("end:")
    if parameter in FRACTIONS:
        return FRACTIONS[parameter]
    return _CODE.sub(lambda match: SHORTHANDS.get(match[0], match[0]), parameter)


def _rank(token: Directive) -> int:
    """`time` is when the request came in; when it was done, only if nothing else is logged."""
    conditional = 5 if token.conditional else 0
    return conditional + (3 if (token.parameter or "").startswith("end") else 0)


def _reach(tokens: Sequence[bytes | Directive], start: int) -> int:
    """Count the tokens from `start` that together are one instant; 1 where there is nothing to join."""
    reach = 1
    for end in range(start + 1, len(tokens)):
        token = tokens[end]
        if isinstance(token, bytes):
            continue
        if token.letter != "t" or not _pattern(token):
            break
        if _instant("".join(map(_pattern, tokens[start : end + 1]))) is not None:
            reach = end + 1 - start
    return reach


def _instant(pattern: str) -> Meaning | None:
    if pattern == _CLF:
        return Meaning.CLF_TIME
    if _ISO.fullmatch(pattern):
        return Meaning.ISO_TIME
    return EPOCHS.get(pattern)


def _origin(tokens: Sequence[bytes | Directive]) -> str:
    return "".join(token.decode(errors="replace") if isinstance(token, bytes) else token.text for token in tokens)


def _clf(origin: str, rank: int) -> Field:
    return Field(origin, ("time",), Meaning.CLF_TIME, length=CLF_TIME_LENGTH, holds=b" /:+-", rank=rank)


def _field(origin: str, pattern: str, rank: int) -> Field:
    meaning = _instant(pattern)
    if meaning is Meaning.CLF_TIME:
        return _clf(origin, rank)
    if pattern in FRACTIONS.values():
        name = next(name for name, code in FRACTIONS.items() if code == pattern)
        return Field(origin, (name,), Meaning.INTEGER, rank=rank, length=WIDTHS[pattern])
    length, holds = _extent(pattern)
    if meaning is None:
        return Field(origin, ("time_text",), rank=rank, length=length, holds=holds)
    return Field(origin, ("time",), meaning, rank=rank, length=length, holds=holds)


def _extent(pattern: str) -> tuple[int, bytes]:
    """Return the byte count of a pattern's text (0: it varies) and the bytes between letters and digits in it."""
    if pattern in {"sec", "msec", "usec"}:
        return 0, b""
    codes = _CODE.findall(pattern)
    widths = [WIDTHS.get(code, 0) if code.startswith("%") else len(code.encode()) for code in codes]
    holds = b"".join(HOLDS.get(code, b"") if code.startswith("%") else code.encode() for code in codes)
    return (sum(widths) if all(widths) else 0), holds
