"""Every exception of logproc, in one tree.

    LogprocError                 the base of all: catch this to catch everything
    ├── UsageError               exit 2: what was asked cannot be done as written
    │   ├── ConfigError          a key, value or file of the configuration
    │   ├── QueryError           a report's SQL; points at the clause
    │   └── FormatError          a format name or string that cannot be compiled
    ├── MissingExtraError        exit 2: an optional dependency; names the pip command
    ├── InputError               a file that cannot be read, or only in part; the run goes on
    │   ├── UnreadableError      could not be opened or read at all
    │   └── DamagedError         a compressed stream that ends early or is corrupt
    ├── LedgerError              the state folder cannot be used: unreadable, damaged, full, of another version
    ├── OutputError              what was asked for could not be written
    ├── MergeError               partials that do not belong together
    ├── AccountingError          the books do not balance: a defect of logproc, never of the input
    ├── TaskError                a worker failed on a task; names the file and the range
    ├── CapacityError            what one task holds at once has no place; says what would make it less
    ├── MachineError             no task can be done on this machine, whatever it reads: the run ends
    ├── WireError                bytes from the network that are not what was agreed on
    ├── RefusedError             exit 78: coordinator and worker do not fit together; says why
    └── TryLaterError            exit 75: a lock, missing workers, a missing mount

Every exception takes its fields as positional arguments, passes them unchanged to `super().__init__` and makes
its text in `__str__`, so that it survives pickling between processes.
"""

from __future__ import annotations

EXIT_CODES: tuple[tuple[str, str], ...] = (
    ("0", "done, also when there was nothing to count"),
    ("1", "failed, nothing changed"),
    ("2", "usage or configuration"),
    (
        "3",
        (
            "done, but some input could not be read or was damaged, a file had more rejects than `max_reject_ratio`, "
            "or a report could not be computed"
        ),
    ),
    ("4", "a `[[check]]` failed, or `diff --fail-over` found a change"),
    ("75", "try later: something that the run needs is not there now"),
    ("78", "`worker` only: the coordinator refuses it (another key, version or disk)"),
    ("130, 143, 141", "interrupted, terminated, the reader of standard output went away"),
)
"""Every exit code and what it means; the man page and the documentation show this table."""


class LogprocError(Exception):
    """Base of every error that logproc raises on purpose."""

    exit_code = 1


class UsageError(LogprocError):
    """What was asked cannot be done as written; the text says what to write instead."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class ConfigError(UsageError):
    """A key, a value or a file of the configuration is wrong; names the file, the line and the way out."""

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.args = (message, path, line)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class QueryError(UsageError):
    """A report's SQL is refused: names the report, the clause, the reason and what to write instead.

    `position` is where in the text the part in question begins, `end` where it ends, if that is known.
    """

    def __init__(
        self,
        message: str,
        report: str | None = None,
        sql: str | None = None,
        position: int | None = None,
        end: int | None = None,
    ) -> None:
        super().__init__(message)
        self.args = (message, report, sql, position, end)
        self.report = report
        self.sql = sql
        self.position = position
        self.end = end
        self.of = "report"  # or what else the query belongs to, as "check"

    def __str__(self) -> str:
        what = self.report if self.report is None or self.report.startswith("-") else f"{self.of} {self.report!r}"
        head = self.message if what is None else f"{what}: {self.message}"
        if self.sql is None or self.position is None:
            return head
        begin = self.sql.rfind("\n", 0, self.position) + 1
        end = self.sql.find("\n", self.position)
        line = self.sql[begin : end if end >= 0 else len(self.sql)]
        marked = min(self.end or 0, begin + len(line)) - self.position
        before = "".join("\t" if character == "\t" else " " for character in line[: self.position - begin])
        return f"{head}\n    {line}\n    {before}^{'~' * (marked - 1)}"


class FormatError(UsageError):
    """A format name or format string cannot be used; says which part and why."""


class MissingExtraError(LogprocError):
    """An optional dependency is not installed."""

    exit_code = 2

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(feature, extra)
        self.feature = feature
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.feature} needs an optional dependency: pip install 'logproc[{self.extra}]'"


class InputError(LogprocError):
    """A file could not be read in whole; it is reported and the run goes on."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class UnreadableError(InputError):
    """A file could not be opened or read at all."""


class DamagedError(InputError):
    """A compressed stream ends early or is corrupt; what decoded before the damage is counted."""


class OutputError(LogprocError):
    """An output file could not be written; the old one, if any, is untouched."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: cannot be written: {self.reason}"


class LedgerError(LogprocError):
    """The ledger of incremental runs cannot be read or written; nothing in it was changed."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class MergeError(LogprocError):
    """Partials of different reports, parameters or versions were asked to merge."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class AccountingError(LogprocError):
    """Lines read do not equal lines counted, filtered and rejected."""

    def __init__(self, subject: str, read: int, counted: int, filtered: int, rejected: int) -> None:
        super().__init__(subject, read, counted, filtered, rejected)
        self.subject = subject
        self.read = read
        self.counted = counted
        self.filtered = filtered
        self.rejected = rejected

    def __str__(self) -> str:
        return (
            f"{self.subject}: {self.read} lines read, but {self.counted} counted + {self.filtered} filtered + "
            f"{self.rejected} rejected; this is a defect of logproc, please report it with this line"
        )


class TaskError(LogprocError):
    """A worker failed on a task; carries the text of what happened there."""

    def __init__(self, task: str, cause: str) -> None:
        super().__init__(task, cause)
        self.task = task
        self.cause = cause

    def __str__(self) -> str:
        return f"task {self.task} failed: {self.cause}"


class CapacityError(LogprocError):
    """What one task holds at once is more than there can be place for, however much memory there is."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(subject, reason)
        self.subject = subject
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"


class MachineError(LogprocError):
    """This machine cannot do what every task needs, so that to go on would lose one file after the other."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class TryLaterError(LogprocError):
    """The run cannot start or go on now, and may later."""

    exit_code = 75

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class WireError(LogprocError):
    """What came over the network is not what was agreed on, or something cannot be sent over it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class RefusedError(LogprocError):
    """The coordinator and a worker do not fit together: another key, version or disk. Trying again does not help."""

    exit_code = 78

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message
