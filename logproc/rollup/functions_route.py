"""Routes: paths with what names one thing of many left out, so that requests for the same kind of thing are one group.

Only the path itself is looked at here, so that the route of a path is the same in every run, in any order, on any
number of machines. What cannot be told from one path (names of users, of products) is told by how many there are:
`logproc.rollup.routes` folds those in finished groups.
"""

from __future__ import annotations

import re

from logproc.model import Kind
from logproc.rollup.signature import TEXT, Function

LONGEST = 2048
"""Characters of a path that are looked at; what is behind them is left out."""

ANYTHING = "{name}"
"""What stands for a part of which there are too many."""

_WHOLE = (
    ("{uuid}", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)),
    (
        "{date}",
        re.compile(
            r"(?:19|20)\d\d(?:(?:[-_.](?:0?[1-9]|1[0-2])[-_.](?:0?[1-9]|[12]\d|3[01]))"
            r"|(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])))(?:[T_ ]?\d\d[:.-]?\d\d(?:[:.-]?\d\d(?:\.\d+)?)?Z?)?",
            re.ASCII,
        ),
    ),
    ("{id}", re.compile(r"\d+", re.ASCII)),
    ("{ip}", re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f.:]*", re.IGNORECASE | re.ASCII)),
    ("{email}", re.compile(r"[^@\s/]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)),
    ("{hash}", re.compile(r"(?=[^/]*\d)[0-9a-f]{8,}", re.IGNORECASE | re.ASCII)),
    ("{token}", re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Z])(?=[^/]*[a-z])[A-Za-z0-9_=+~-]{16,}", re.ASCII)),
    ("{token}", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)),
)
"""What a whole part of a path may be; the first that fits."""

_PIECE = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<uuid>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
    r"|(?P<date>(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))"
    r"|(?P<hash>(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,})"
    r"|(?P<id>\d{3,})"
    r")(?![A-Za-z0-9])",
    re.IGNORECASE | re.ASCII,
)
"""What may stand within a part: the number in `order-10023`, the hash in `app.3f2a9c1b.js`."""


def route(path: str) -> str:
    """Return a path without its query, with `{id}`, `{uuid}`, `{hash}`, `{date}` ... for what names one of many."""
    plain = path[:LONGEST].partition("?")[0].partition("#")[0].partition(";")[0]
    return "/".join([_part(part) if part else part for part in plain.split("/")])


def _part(part: str) -> str:
    if part.isalpha():
        return part
    for placeholder, expression in _WHOLE:
        if expression.fullmatch(part):
            return placeholder
    return _PIECE.sub(lambda piece: f"{{{piece.lastgroup}}}", part)


ROUTES: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "route", route, (TEXT,), Kind.TEXT,
            "path with {id}, {uuid}, {hash}, {date}, {token} for what names one of many; as a group key also {name} "
            "for parts of which there are too many",
        ),
    )
}  # fmt: skip
