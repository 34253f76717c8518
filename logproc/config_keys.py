"""Every key of config.toml in one visible table: type, default, range and meaning.

Validation, the reference in docs/, and the check that the shipped config.toml shows every key all read `KEYS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BACKENDS = ("auto", "serial", "threads", "processes", "queue", "dask")
"""Names that `--backend` and `run.backend` may have; the last two work on many machines."""

GOES_WITH = {
    "listen": "queue",
    "authkey_file": "queue",
    "cert": "queue",
    "scheduler": "dask",
    "tls_ca": "dask",
    "tls_cert": "dask",
    "tls_key": "dask",
}
"""The backend that a flag or key of `[run]` is for; a flag chooses it if none is named."""

LOG_FORMATS = ("text", "json")
"""How messages on standard error may be written."""

LARGEST_BLOCK = 1 << 29
"""Offsets within a block are int32, and a block may grow by one line of the longest length."""


class _Required:
    """Stands in `Key.default` for a key that has none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()

_FAIL_IF = re.compile(r"\s*(<=|>=|==|!=|<|>|=)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")

_DURATION = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([smhd]?)\s*")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
"""Seconds per unit of a duration."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of config.toml; `check` returns what is wrong with a value of the right type, or None."""

    table: str
    name: str
    type: str
    default: Any
    doc: str
    check: Callable[[Any], str | None] | None = None

    @property
    def dotted(self) -> str:
        """The key as people write it: `limits.max_groups`, `[[source]] name`."""
        if not self.table:
            return self.name
        return f"[[{self.table}]] {self.name}" if self.table in ARRAYS else f"{self.table}.{self.name}"


def parse_duration(text: str) -> float | None:
    """Return the seconds that a duration such as `10m` or `90` stands for; None if it is none."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * UNITS[match[2] or "s"] if match else None


def parse_fail_if(text: str) -> tuple[str, float] | None:
    """Split a condition such as `> 0.01` into operator and number; None if it is no condition."""
    match = _FAIL_IF.fullmatch(text)
    return (match[1], float(match[2])) if match else None


# ---- checks ----------------------------------------------------------------------------------------------------


def _between(low: float, high: float) -> Callable[[float], str | None]:
    def check(value: float) -> str | None:
        return None if low <= value <= high else f"must be from {low:g} to {high:g}, not {value:g}"

    return check


def _whole(low: int, high: int) -> Callable[[int], str | None]:
    def check(value: int) -> str | None:
        return None if low <= value <= high else f"must be from {low} to {high}, not {value}"

    return check


LEAST_MEMORY, MOST_MEMORY = 64, 1 << 30
"""MiB: below the least, a process has hardly begun when its memory is at its end."""


def wrong_memory(mebibytes: int) -> str | None:
    """Say what is wrong with a ceiling of memory for each process; the same wherever one is named."""
    if mebibytes > MOST_MEMORY:
        return f"must be at most {MOST_MEMORY} MiB, not {mebibytes}"
    if mebibytes and mebibytes < LEAST_MEMORY:
        return f"must be 0 (no limit) or at least {LEAST_MEMORY} MiB, not {mebibytes}"
    return None


def _filled(value: str | tuple[str, ...]) -> str | None:
    if not value:
        return "must not be empty"
    if not isinstance(value, str) and not all(value):
        return "must not have an empty element"
    return None


def _included(value: tuple[str, ...]) -> str | None:
    return _filled(value) or next(filter(None, map(_never_matching, value)), None)


def _excluded(value: tuple[str, ...]) -> str | None:
    return _included(tuple(f"{glob}**" if glob.endswith("/") else glob for glob in value)) if value else None


def _never_matching(glob: str) -> str | None:
    """Say why a glob, as other programs understand it, matches nothing here: silence would look like no logs."""
    if glob.startswith("/"):
        return f"has {glob!r}, which is absolute; globs begin below the root or the PATH, as in '**/{glob.lstrip('/')}'"
    if glob.endswith("/"):
        return f"has {glob!r}, which names a folder; write '{glob}**' for all that lies in it"
    if glob.startswith("!"):
        return f"has {glob!r}; what is to be left out stands in discover.exclude, without the '!'"
    if re.search(r"(?<!\[)\{[^{}]*,[^{}]*\}", glob):
        return f"has {glob!r}; braces are not expanded: write one glob for each, and [{{] for a brace itself"
    return None


def _title(value: str) -> str | None:
    if not value.strip():
        return "must not be empty"
    return None if value.isprintable() and "/" not in value else "must be printable and without a slash"


def _source_name(value: str) -> str | None:
    # FROM finds names in any case; who asks the table of all would get the rows of one source, without a word.
    if value.lower() == "logs":
        return f"must not be {value!r}: FROM logs asks for all logs; call the source otherwise"
    return _title(value)


def _duration(value: str) -> str | None:
    return None if parse_duration(value) is not None else f'must be a duration, such as "10m" or "90", not {value!r}'


def web_address(value: str) -> str | None:
    """Say what is wrong with an address of the web, without repeating it: it may be a secret; None if it is right."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    good = good and value.isascii() and value.isprintable() and " " not in value
    return None if good else "must be an address that begins with https:// or http://"


def _if_null(value: str) -> str | None:
    return None if value in {"fail", "pass"} else f"must be fail or pass, not {value!r}"


def _distinct(value: str) -> str | None:
    return None if value in {"refuse", "approximate"} else f"must be refuse or approximate, not {value!r}"


def _pages(value: tuple[str, ...]) -> str | None:
    wrong = sorted(set(value) - {"host", "source"})
    return f"may hold host and source, not {wrong[0]!r}" if wrong else None


def _log_format(value: str) -> str | None:
    return None if value in LOG_FORMATS else f"must be one of {', '.join(LOG_FORMATS)}, not {value!r}"


def _address(value: str) -> str | None:
    return None if _ADDRESS.fullmatch(value) else "is not the address of a mail, as ops@example.com is"


def _zone(value: str) -> str | None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - reads the zone database

    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        return f"names no time zone: {value!r}; write one of the IANA database, such as Europe/Berlin or UTC"
    return None


def _backend(value: str) -> str | None:
    return None if value in BACKENDS else f"must be one of {', '.join(BACKENDS)}, not {value!r}"


def _host_pattern(value: str) -> str | None:
    try:
        pattern = re.compile(value)
    except re.error as error:
        return f"is not a regular expression: {error}"
    return None if "host" in pattern.groupindex else "needs a group (?P<host>...) that captures the host"


def _fail_if(value: str) -> str | None:
    if parse_fail_if(value):
        return None
    return f'is not a condition: {value!r}; write an operator and a number, such as "> 0.01"'


# ---- the table -------------------------------------------------------------------------------------------------

TABLES = ("discover", "geo", "reports", "run", "output", "limits", "state")
"""Tables that stand once: `[limits]`."""

FREE = ("patterns",)
"""Tables whose keys are the user's own; their values are texts."""

ARRAYS = ("source", "report", "check")
"""Tables that may stand many times: `[[source]]`."""

TEXT, TEXTS, INTEGER, NUMBER, BOOLEAN = "text", "list of texts", "integer", "number", "true or false"

KEYS: tuple[Key, ...] = (
    Key("", "root", TEXT, None, "where `run` looks when no PATH is given", _filled),
    Key("", "state_dir", TEXT, None, "folder of the ledger; leave out for stateless runs", _filled),
    Key("", "timezone", TEXT, "UTC", "zone of dates in --since and --until, and of zoneless log times", _zone),
    Key(
        "",
        "max_reject_ratio",
        NUMBER,
        0.05,
        "share of rejected lines in a file above which exit is 3",
        _between(0, 1),
    ),
    Key("discover", "include", TEXTS, ("**/*",), "globs of the files to read, below the root (or the PATH)", _included),
    Key("discover", "exclude", TEXTS, (), "globs of the files to leave out, below the root (or the PATH)", _excluded),
    Key("discover", "follow_symlinks", BOOLEAN, False, "follow symbolic links to files and folders; loops end"),
    Key(
        "source",
        "name",
        TEXT,
        REQUIRED,
        "name of the source: field `source`, and usable after FROM; one like `web` adds to that family; not `logs`",
        _source_name,
    ),
    Key("source", "include", TEXTS, REQUIRED, "globs of the source's files, below the root (or the PATH)", _included),
    Key("source", "format", TEXT, "auto", "a name or a pattern of `logproc formats`, or auto", _filled),
    Key("source", "host", TEXT, None, "regular expression on the path; its group `host` is the host", _host_pattern),
    Key("source", "timezone", TEXT, None, "zone of this source's zoneless times; default: the one above", _zone),
    Key("geo", "files", TEXTS, (), "MaxMind files that country, city, asn ... ask, one after the other"),
    Key("reports", "use", TEXTS, ("web", "syslog", "app"), "presets to compute; `logproc presets` lists them"),
    Key("report", "name", TEXT, REQUIRED, "name of the report", _title),
    Key("report", "sql", TEXT, REQUIRED, "one SELECT; a comment `-- title: ...` at its top is the headline", _filled),
    Key("check", "name", TEXT, REQUIRED, "name of the check, for the message", _title),
    Key("check", "sql", TEXT, REQUIRED, "one SELECT that yields one number", _filled),
    Key("check", "fail_if", TEXT, REQUIRED, 'when the check fails (exit 4): "> 0.01"', _fail_if),
    Key(
        "check", "if_null", TEXT, "fail", "fail or pass where there is no number, as an average over no rows", _if_null
    ),
    Key("run", "backend", TEXT, "auto", "auto, serial, threads, processes, queue or dask", _backend),
    Key("run", "workers", INTEGER, 0, "workers at a time; 0 is one per CPU", _whole(0, 1024)),
    Key("run", "memory", INTEGER, 0, "processes: MiB, from 64, that each of them may use; 0: no limit", wrong_memory),
    Key("run", "wait_workers", NUMBER, 300.0, "seconds without any worker elsewhere; then exit 75", _between(0, 1e6)),
    Key("run", "listen", TEXT, "127.0.0.1:5000", "queue: HOST:PORT where workers come", _filled),
    Key("run", "authkey_file", TEXT, None, "queue: file of the key, from `logproc keygen`", _filled),
    Key("run", "cert", TEXT, None, "queue: certificate from `logproc keygen`; needed for other machines", _filled),
    Key("run", "scheduler", TEXT, "local", "dask: tcp://HOST:PORT, tls://HOST:PORT, local or local:N", _filled),
    Key("run", "tls_ca", TEXT, None, "dask: authority that signed the certificates of tls://", _filled),
    Key("run", "tls_cert", TEXT, None, "dask: our certificate for tls://", _filled),
    Key("run", "tls_key", TEXT, None, "dask: its private key", _filled),
    Key("run", "lock", TEXT, None, "file whose lock lets one run go at a time; default: `lock` in state_dir", _filled),
    Key("run", "wait_lock", TEXT, "0", 'how long to wait for another run, such as "10m"; then exit 75', _duration),
    Key("run", "log_format", TEXT, "text", "messages on stderr: text, or json for an object a message", _log_format),
    Key(
        "run", "ping_url", TEXT, None, "address of a monitor such as healthchecks, told how each run went", web_address
    ),
    Key("output", "json", TEXT, None, "file of the JSON report; - is standard output", _filled),
    Key("output", "html", TEXT, None, "file of the HTML report", _filled),
    Key("output", "csv", TEXT, None, "folder of CSV files, one a report", _filled),
    Key("output", "markdown", TEXT, None, "file of the report as Markdown", _filled),
    Key("output", "metrics_file", TEXT, None, "Prometheus text file, written however the run ends", _filled),
    Key("output", "rejects", TEXT, None, "file of rejected lines, as JSON lines", _filled),
    Key("output", "previous", TEXT, None, "JSON report of the time before, for changes in the HTML report", _filled),
    Key("output", "dir", TEXT, None, "folder of kept reports: nights, weeks and months, with an index", _filled),
    Key("output", "pages", TEXTS, (), "with dir: a page of each host, each source or both: host, source", _pages),
    Key("output", "mail", TEXT, None, "file of the report as a mail, for `sendmail -t`", _filled),
    Key("output", "mail_to", TEXT, None, "address that the mail is for", _address),
    Key(
        "limits",
        "max_groups",
        INTEGER,
        200_000,
        "groups that a report may hold, of 96 bytes of text each",
        _whole(1, 100_000_000),
    ),
    Key(
        "limits",
        "max_distinct",
        INTEGER,
        1_000_000,
        "values that count(DISTINCT x) may hold, of 48 bytes each",
        _whole(1, 100_000_000),
    ),
    Key("limits", "distinct", TEXT, "refuse", "past max_distinct, count(DISTINCT x): refuse or approximate", _distinct),
    Key(
        "limits",
        "max_line_bytes",
        INTEGER,
        1 << 20,
        "longest line; longer ones are rejected",
        _whole(64, LARGEST_BLOCK),
    ),
    Key(
        "limits", "block_bytes", INTEGER, 1 << 20, "bytes that a worker reads at a time", _whole(1 << 16, LARGEST_BLOCK)
    ),
    Key("state", "settle", NUMBER, 60.0, "seconds until a cut-off archive counts as complete", _between(0, 86_400)),
    Key("state", "retain", INTEGER, 0, "days that are kept; 0 keeps all", _whole(0, 36_500)),
    Key("state", "compact_after", INTEGER, 32, "days after which details are merged per day", _whole(1, 36_500)),
)
