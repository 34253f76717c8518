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
    ("{uuid}", r"(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"),
    (
        "{date}",
        (
            r"(?:19|20)\d\d(?:(?:[-_.](?:0?[1-9]|1[0-2])[-_.](?:0?[1-9]|[12]\d|3[01]))"
            r"|(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])))(?:[T_ ]?\d\d[:.-]?\d\d(?:[:.-]?\d\d(?:\.\d+)?)?Z?)?"
        ),
    ),
    ("{id}", r"\d+"),
    ("{ip}", r"(?i:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f.:]*)"),
    ("{email}", r"[^@\s/]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    ("{hash}", r"(?i:(?=[^/]*\d)[0-9a-f]{8,})"),
    ("{token}", r"(?=[^/]*\d)(?=[^/]*[A-Z])(?=[^/]*[a-z])[A-Za-z0-9_=+~-]{16,}"),
    ("{token}", r"eyJ[\w-]+\.[\w-]+\.[\w-]*"),
)
"""What a whole part of a path may be; the first that fits."""

_ANY_WHOLE = re.compile("|".join(f"({pattern})" for _, pattern in _WHOLE), re.ASCII)
"""All of them at once, a group each: most parts are none of them, and one look is enough to say so."""

_WORDS = re.compile(r"(?!eyJ)[A-Za-z._~-]{1,35}")
"""Words, a file's name: without a digit, a colon or an `@` only a token or 36 characters can be one of many."""

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


_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})", re.IGNORECASE | re.ASCII)
"""A host with its port, where a path begins with one: in requests to proxies."""

_WITH_PORT = re.compile(r"((?:[a-z0-9-]+\.)+[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})", re.IGNORECASE | re.ASCII)
"""The same elsewhere in a path, where `user:1234` is no host."""


def route(path: str) -> str:
    """Return a path without its query, with `{id}`, `{uuid}`, `{hash}`, `{date}` ... for what names one of many.

    The port of a host is kept: it names a service.
    """
    plain = path[:LONGEST].partition("?")[0].partition("#")[0].partition(";")[0]
    parts = plain.split("/")
    first = 2 if parts[0].endswith(":") and parts[1:2] == [""] else 0  # http://host:port/path, or host:port
    return "/".join([_part(part, is_host=place == first) if part else part for place, part in enumerate(parts)])


def _part(part: str, *, is_host: bool = False) -> str:
    if part.isalpha() or _WORDS.fullmatch(part):
        return part
    if ":" in part:
        found = (_AUTHORITY if is_host else _WITH_PORT).fullmatch(part)
        if found:
            return f"{_part(found[1].strip('[]'))}:{found[2]}"
    whole = _ANY_WHOLE.fullmatch(part)
    if whole is not None:
        return _WHOLE[(whole.lastindex or 1) - 1][0]
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
