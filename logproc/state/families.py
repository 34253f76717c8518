"""Names of rotated files: which belong together, and which one is being written.

logrotate, newsyslog, cronolog and loggers' own rotation call the older files of `x.log` `x.log.1`, `x.log.2.gz`,
`x.log-20240131`, `x.log.2024-01-31-05`, `x.log.old` and the like, or put date or number before the ending; Log4j and
Logback put both: `x-2024-01-31-1.log`. svlogd, multilog and s6-log write to `current` and name what is full by TAI64N.
"""

from __future__ import annotations

import re

_CODEC = re.compile(r"\.(?:gz|bz2|xz|zst|zstd|lzma|[zZ])$")
_DATE = r"(?:19|20)\d\d[-_.]?\d\d[-_.]?\d\d(?:[-_.T]?(?:[01]\d|2[0-3])(?:[-_.:]?[0-5]\d){0,2})?|\d{9,10}"
# A number behind a dash is more often that of a worker or a machine than that of a rotation.
_MARK = rf"(?:\.\d{{1,4}}|[-_.](?:(?:{_DATE})(?:[-_]\d{{1,2}})?|old|bak|prev|orig|save))"
_TAI64N = re.compile(r"^@4[0-9a-f]{23}(?:\.[a-z])?$")
_BEHIND = re.compile(rf"(?:{_MARK}|~)$")
_BEFORE_ENDING = re.compile(rf"^(?P<stem>.+?){_MARK}(?P<ending>\.[A-Za-z]{{1,8}})$")
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
"""An IPv4 address in a name is that of a machine."""


def family_of(path: str) -> str:
    """Return what all rotated files of one log have in common: the live file's path."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_plain_name(name)}"


def is_live(path: str) -> bool:
    """Tell whether a name is one that is written to: neither rotated away nor compressed."""
    return family_of(path) == path


def _plain_name(name: str) -> str:
    address = _ADDRESS.search(name)
    if address is not None:
        name = name.replace(address[0], "\0", 1)
    name = _CODEC.sub("", name) or name
    if _TAI64N.match(name) is not None:
        return "current"
    while (shorter := _CODEC.sub("", _BEHIND.sub("", name))) != name and shorter:
        name = shorter  # `x.log.1.gz.bak`, which somebody put aside, was `x.log.1.gz`
    while (match := _BEFORE_ENDING.match(name)) is not None:
        name = match["stem"] + match["ending"]
    return name if address is None else name.replace("\0", address[0], 1)
