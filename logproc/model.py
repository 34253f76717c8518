"""The nouns that travel between stages: frozen, slotted, without I/O.

A `LogFile` is what discovery found, a `Task` is what a worker gets (paths and ranges, never data), a `Batch` is
what parsing yields, and a `Partial` is what a worker returns. What people see stands in `report_model`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from posixpath import join
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PADDING = 128
"""Bytes behind the end of every buffer that a kernel may read (and ignore)."""

SAMPLES = 3
"""Rejected lines of a piece, and of a file, that are kept to be shown."""

NO_TIME = -(2**63)
"""The time of a row that has none, in the int64 microseconds of `Batch.times`."""


class Kind(StrEnum):
    """Type of a column or an expression."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIME = "time"
    DYNAMIC = "dynamic"  # a JSON field nobody declared: text or number, as the context asks


FIELDS: dict[str, dict[str, Kind]] = {
    "all": {"time": Kind.TIME, "source": Kind.TEXT, "host": Kind.TEXT},
    "web": {
        "client": Kind.TEXT,
        "ident": Kind.TEXT,
        "user": Kind.TEXT,
        "method": Kind.TEXT,
        "target": Kind.TEXT,
        "path": Kind.TEXT,
        "query": Kind.TEXT,
        "protocol": Kind.TEXT,
        "status": Kind.INTEGER,
        "bytes": Kind.INTEGER,
        "bytes_in": Kind.INTEGER,
        "referrer": Kind.TEXT,
        "user_agent": Kind.TEXT,
        "vhost": Kind.TEXT,
        "port": Kind.INTEGER,
        "duration": Kind.DECIMAL,
        "upstream_duration": Kind.DECIMAL,
        "tls_protocol": Kind.TEXT,
        "tls_cipher": Kind.TEXT,
        "cache": Kind.TEXT,
        "request_id": Kind.TEXT,
        "forwarded_for": Kind.TEXT,
    },
    "syslog": {
        "facility": Kind.TEXT,
        "severity": Kind.TEXT,
        "program": Kind.TEXT,
        "pid": Kind.INTEGER,
        "msgid": Kind.TEXT,
        "sd": Kind.TEXT,
        "message": Kind.TEXT,
    },
    "app": {
        "level": Kind.TEXT,
        "logger": Kind.TEXT,
        "thread": Kind.TEXT,
        "pid": Kind.INTEGER,
        "message": Kind.TEXT,
        "template": Kind.TEXT,
        "stack": Kind.TEXT,
    },
    "json": {"level": Kind.TEXT, "message": Kind.TEXT},
}
"""Field names by family, as the contract lists them; `all` belongs to every family."""

RAW = "raw"
"""The line itself, the first one of a record of several, where it is named; a field of this name comes before it."""

LEVELS = {
    **dict(zip("01234567", ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG"), strict=True)),
    **dict.fromkeys(
        ("trace", "verbose", "finest", "finer", "trc", "trac", "trce", "vrb", "t", "v", "- ", "10"), "TRACE"
    ),
    **dict.fromkeys(("debug", "fine", "dbg", "debu", "dbug", "d", ".", "20"), "DEBUG"),
    **dict.fromkeys((f"{name}{number}" for name in ("debug", "d") for number in range(1, 6)), "DEBUG"),
    **dict.fromkeys((f"trace{number}" for number in range(1, 9)), "TRACE"),
    **dict.fromkeys(("info", "information", "informational", "notice", "noti", "inf", "i", "*", "30"), "INFO"),
    **dict.fromkeys(("n", "note", "system", "config", "log", "success"), "INFO"),
    **dict.fromkeys(("warn", "warning", "wrn", "w", "#", "40"), "WARN"),
    **dict.fromkeys(("error", "err", "erro", "eror", "severe", "e", "fail", "50"), "ERROR"),
    **dict.fromkeys(("fatal", "critical", "crit", "alert", "emerg", "emergency", "panic", "failure", "60"), "FATAL"),
    **dict.fromkeys(("ftl", "fata", "pani", "aler", "emer", "f", "c", "fatal error", "parse error"), "FATAL"),
    **dict.fromkeys(("warnung", "avertissement", "advertencia", "avvertenza"), "WARN"),
    **dict.fromkeys(("schwerwiegend", "grave"), "ERROR"),
    **dict.fromkeys(("infos", "informazioni"), "INFO"),
    "deprecated": "WARN",
    **dict(zip(("100", "200", "250", "300"), ("DEBUG", "INFO", "INFO", "WARN"), strict=True)),
    **dict(zip(("400", "500", "550", "600"), ("ERROR", "FATAL", "FATAL", "FATAL"), strict=True)),
}
"""Level by what loggers call it, in lower case. Others stay, in upper case.

Numbers up to 7 are syslog's, as in GELF, from 10 on bunyan's and pino's, from 100 on Monolog's; the signs are those of
Redis, FAILURE is that of IBM's RAS, above FATAL.
"""

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "security", "console", "solaris-cron", *(f"local{n}" for n in range(8))),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""Names of syslog's numbers, as logger(1) and RFC 5424 know them; a priority is 8 * facility + severity."""

_PRIORITY_TEXTS = {text: number for number in range(192) for text in (f"<{number}>", f"({number})", f"0{number})")}

PRIORITIES = {
    "facility": {
        **{text: FACILITIES[number // 8] for text, number in _PRIORITY_TEXTS.items()},
        **{str(number): name for number, name in enumerate(FACILITIES)},
    },
    "severity": {
        **{text: SEVERITIES[number % 8] for text, number in _PRIORITY_TEXTS.items()},
        **{str(number): name for number, name in enumerate(SEVERITIES)},
        "warn": "warning",
    },
}
"""By column, the names that the text of a priority stands for: "<134>" is the facility local0, the severity info, and
so are "16" and "6" where each stands alone; VMware writes In(134), or In(05), of which the first digit is no part."""

DYNAMIC_FAMILIES = frozenset({"json"})
"""Families whose rows may have any field: an undeclared one is `Kind.DYNAMIC`."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A regular file that discovery found, or a path that is not read (then `problem` says why).

    `same_as` is the path by which the file is read, if this is another one of its hard links.
    """

    path: str
    size: int
    mtime_ns: int
    source: str = ""
    host: str | None = None
    problem: str | None = None
    device: int = field(default=0, compare=False)
    inode: int = field(default=0, compare=False)
    ctime_ns: int = field(default=0, compare=False)
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A byte range of one file; the range owns every line whose first byte lies in [start, end).

    `end` is -1 for "to the end of the file". Only plain files are cut: a compressed file is one piece.
    `codec` and `format` are None where the worker finds them out by itself, from the content. `heads` are the header
    lines of a file that is cut, where its format has any, with their offsets. `known` is there in an incremental run.
    `tried` are the formats that a line is tried with, in this order, where the file has lines of several. `path` is
    what the file is called everywhere; if it does not begin at the root, it begins in `folder` ("": the present one).
    `size` is how many bytes were stored in the whole file when it was listed, -1 where that does not matter.
    """

    file: int
    path: str
    start: int
    end: int
    mtime_ns: int
    source: str = ""
    host: str | None = None
    timezone: str = "UTC"
    codec: str | None = None
    format: str | None = None
    confidence: float = 1.0
    heads: tuple[tuple[int, bytes], ...] = ()
    tried: tuple[str, ...] = ()
    known: Known | None = None
    folder: str = ""
    size: int = -1

    @property
    def place(self) -> str:
        """Where the file is to be opened."""
        return join(self.folder, self.path)


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does in one go: one range of a large file, or several small files."""

    number: int
    pieces: tuple[Piece, ...]
    bytes: int

    def __str__(self) -> str:
        first = self.pieces[0]
        more = f" and {len(self.pieces) - 1} more" if len(self.pieces) > 1 else ""
        return f"{self.number} ({first.path} [{first.start}:{'' if first.end < 0 else first.end}]{more})"


@dataclass(slots=True)
class Batch:
    """Rows of one format, source and host, as offsets into the bytes they were read from.

    Slices of column `name` are `buffer[starts[name][row]:ends[name][row]]`, int32, -1 in `starts` where the row has
    no value. `styles` holds per column how a slice's bytes stand for text (see `kernels.intern`). `times` is int64
    microseconds since 1970 UTC or `NO_TIME`. `scales` multiply a column's numbers; the columns in `lists` may hold
    several numbers, which add up. `addresses` are those of each column's starts, ends and styles; one dictionary
    serves all batches of a parser, so that it can be known again. `marks` say where each row stands: the number of its
    file within the task, above the offset of its first byte (see `kernels.exemplars.NO_MARK`). `slots` say which part
    of the counts a row belongs to (see `rollup.slots`), in an incremental run. `taken` says that the rows are where
    reports want them already, marks included (see `rollup.columns.RowStore`).
    """

    buffer: NDArray[np.uint8]
    rows: int
    family: str
    source: str
    host: str | None
    times: NDArray[np.int64]
    starts: dict[str, NDArray[np.int32]]
    ends: dict[str, NDArray[np.int32]]
    styles: dict[str, NDArray[np.uint8]]
    scales: dict[str, float]
    lists: frozenset[str] = frozenset()
    addresses: dict[str, tuple[int, int, int]] | None = None
    marks: NDArray[np.int64] | None = None
    slots: NDArray[np.int64] | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """Line counts; read = counted + filtered + rejected, always."""

    read: int = 0
    counted: int = 0
    filtered: int = 0
    rejected: int = 0

    def __add__(self, other: Lines) -> Lines:
        return Lines(
            self.read + other.read,
            self.counted + other.counted,
            self.filtered + other.filtered,
            self.rejected + other.rejected,
        )

    def __sub__(self, other: Lines) -> Lines:
        return Lines(
            self.read - other.read,
            self.counted - other.counted,
            self.filtered - other.filtered,
            self.rejected - other.rejected,
        )

    def balanced(self) -> bool:
        """Tell whether every line read has exactly one fate."""
        return self.read == self.counted + self.filtered + self.rejected


@dataclass(frozen=True, slots=True)
class Known:
    """What a ledger knows of the file that a piece belongs to, for the worker to hold against what it finds.

    Of the file, bytes from `origin` on are read in this run, up to `limit` (-1: all that is there); both are
    decompressed offsets. Its first `head_bytes` have the BLAKE2b `head`.
    """

    origin: int = 0
    limit: int = -1
    head: bytes = b""
    head_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Which bytes of a file a result counts: [start, end) in decompressed offsets, and the CRC-32 up to `open_start`.

    From `open_start` on stands what is open at the end of a plain file, and may go on later: an unterminated line, or a
    record of several lines. Its rows have a slot of their own, `open_lines` of the lines are its, and `open_crc` is its
    CRC-32. `open_start` is `end` where nothing is open. `tail` is the BLAKE2b of the `tail_bytes` before `open_start`.
    `closed` is False where the last line of a file that is no plain one has no newline.
    """

    start: int
    end: int
    crc: int
    tail: bytes
    tail_bytes: int
    open_start: int
    open_crc: int = 0
    open_lines: Lines = field(default_factory=Lines)
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Reject:
    """A sample of a rejected line: where it stands, why, and its first bytes."""

    line: int
    offset: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one piece of a file; results of the same file add up in plan order.

    `tried` are the formats that its lines were tried with, where there are several; `mark` stands where a ledger asks.
    """

    file: int
    codec: str
    format: str | None
    confidence: float
    bytes_read: int
    lines: Lines
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    samples: tuple[Reject, ...] = ()
    first_time: int | None = None
    last_time: int | None = None
    problem: str | None = None
    skipped: bool = False
    mark: Mark | None = None
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partial:
    """What a worker returns for a task: results per piece, and per report the dumped table that merges."""

    task: int
    files: tuple[FileResult, ...]
    tables: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that could not be done, with the text of the error."""

    task: int
    cause: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A task that was cut because it killed its workers: what became of each part, in the order of ranges.

    The parts keep the number of the task they were cut from.
    """

    task: int
    outcomes: tuple[tuple[Task, Partial | Failure], ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Outcomes of adjacent tasks, the first of them number `task`, whose tables were merged in plan order into one.

    The outcomes keep their books; their own `tables` are empty.
    """

    task: int
    outcomes: tuple[Partial | Failure | Parts, ...]
    tables: tuple[bytes, ...]


Outcome: TypeAlias = Partial | Failure | Parts | Folded
"""What a backend yields."""
