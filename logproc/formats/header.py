"""Headers: which line says what the columns of the lines behind it are, and what is done with them.

A directive (`#Fields: date time c-ip`) may stand anywhere in a file and counts from there on; a first line (CSV) counts
for its whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from logproc.formats.naming import DATE
from logproc.kernels.delimited import LITERAL, QUOTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logproc.formats.naming import Naming

MAX_COLUMNS = 4096
"""A header with more is none: what is no text has some."""


@dataclass(frozen=True, slots=True)
class Header:
    """How a format names its columns.

    `directive` begins a header line; without one the first line of a file is it. `delimiter` is one byte, `quotes` one
    of `kernels.delimited`. `default` are the columns of lines without a header, the first of which a header begins
    with. `signs` undo how a field is written (bits of `kernels.rewrite`), by column; `text_signs` that of all others.
    With `utc`, times without a zone are UTC whatever the source's zone is, but those that are called local.
    """

    delimiter: bytes
    directive: bytes = b""
    quotes: int = LITERAL
    default: tuple[str, ...] = ()
    signs: Mapping[str, int] = field(default_factory=dict)
    text_signs: int = 0
    utc: bool = False

    @property
    def several_lines(self) -> bool:
        """Whether a record may have several lines: a line break in quotes belongs to its field."""
        return self.quotes == QUOTED

    def tokens(self, line: bytes) -> tuple[bytes, tuple[str, ...]]:
        """Return the delimiter of the lines behind a header line, and the names in it."""
        text = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n").removeprefix(self.directive)
        delimiter = self.delimiter
        if self.directive and delimiter == b" ":
            text = text.strip()
            delimiter = next((sign for sign in (b"\t", b",") if sign in text and b" " not in text), b" ")
        parts = text.split() if self.directive and delimiter == b" " else _split(text.strip(), delimiter)
        if self.directive and self.delimiter == b"\t":
            parts = text.split()
        names = (part.strip().removeprefix(b'"').removesuffix(b'"').replace(b'""', b'"') for part in parts)
        return delimiter, tuple(name.decode("utf-8", "backslashreplace") for name in names)


def _split(text: bytes, delimiter: bytes) -> list[bytes]:
    """Split a header line at delimiters outside quotes."""
    if b'"' not in text:
        return text.split(delimiter)
    pattern = rb'("(?:[^"]|"")*"|[^%b]*)(?:%b|\Z)' % (re.escape(delimiter), re.escape(delimiter))
    found = [match[1] for match in re.finditer(pattern, text)]
    return found if text.endswith(delimiter) else found[:-1]


# A name in a header: words, none of them a clock or a number in front.
_NAME = re.compile(r"(?!.*\d:\d)[^\W\d][\w .:/()%@$#+-]{0,63}|[@$#_][\w.]{1,63}")


def looks_like_header(names: Sequence[str]) -> bool:
    """Tell whether a first line's fields may be names: several, all different, none a number or a time."""
    return len(names) > 1 and len(set(names)) == len(names) and all(_NAME.fullmatch(name) for name in names)


def snake(name: str) -> str:
    """Return a column's name in lower snake case: sc-win32-status is sc_win32_status, cs(Cookie) is cs_cookie."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", words).strip("_").lower() or "_"


@lru_cache(maxsize=1024)
def columns_of(names: tuple[str, ...], naming: Naming) -> tuple[str, ...]:
    """Return the field of each column of a header: a contract name where it is a synonym, else its own."""
    folded: dict[str, int] = {}
    for number, name in enumerate(names):
        for spelled in (name, name.lower(), snake(name)):
            folded.setdefault(spelled, number)
    found: dict[int, str] = {}
    for column, paths in ((DATE, naming.synonyms.get(DATE, (DATE,))), *naming.paths(naming.synonyms)):
        at = next((folded[path] for path in paths if path in folded and folded[path] not in found), None)
        if at is not None:
            found[at] = column
    taken = set(found.values())
    for number, name in enumerate(names):
        if number not in found:
            found[number] = _free(snake(name), taken)
            taken.add(found[number])
    return tuple(found[number] for number in range(len(names)))


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    count = 2
    while f"{name}_{count}" in taken:
        count += 1
    return f"{name}_{count}"
