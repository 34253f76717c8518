"""The ledger's file: opened, made, migrated; and what SQLite's errors mean to people.

One file on a local disk, one writer at a time, which the run's lock sees to. A rollback journal that is truncated, and
full syncs: what a transaction has committed stays, whatever happens next. Readers open it read-only.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from logproc.errors import LedgerError
from logproc.state.schema import APPLICATION_ID, CREATE, MIGRATIONS, READ_AS, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "ledger.sqlite"
"""The ledger's name in a state folder."""

BUSY_SECONDS = 10.0
"""How long a reader or writer waits for a transaction of another process."""

CHECKED_BYTES = 64 << 20
"""Ledgers up to this size are checked in each run: 12.6 MB of 10,000 files take 10 ms of CPU."""

RESTORE = "restore it from a backup, or move it away: then the next run counts all that is on disk anew"


UNCHANGED = "nothing was changed"
KEPT = "what was counted by then is kept"
"""What became of a run whose statement failed: before its first transaction, and behind it."""


@contextmanager
def ledger_errors(path: str, outcome: str = UNCHANGED) -> Iterator[None]:
    """Turn SQLite's errors into LedgerError, with the reason, what became of the run, and the way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(path, _reason(error, path, outcome)) from error


def _reason(error: sqlite3.Error, path: str, outcome: str) -> str:
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return f"the ledger is damaged ({text}); {RESTORE}"
    if code == sqlite3.SQLITE_FULL:
        return f"no space left on the disk; {outcome}, make room and run again"
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM} or (
        code == sqlite3.SQLITE_CANTOPEN and not os.access(os.path.dirname(path) or ".", os.W_OK)  # noqa: PTH120
    ):
        return "cannot be written; run as the user whom the state folder belongs to, or name another one with --state"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return "is in use by another program; try again when that has ended"
    if code == sqlite3.SQLITE_IOERR:
        return f"cannot be read or written ({text}); {outcome}, look after the disk and run again"
    return f"cannot be used ({text}); {RESTORE}"


def has_ledger(folder: str) -> bool:
    """Tell whether a state folder has a ledger."""
    return (Path(folder) / NAME).exists()


def open_to_write(folder: str, *, checked: bool = True) -> tuple[sqlite3.Connection, str]:
    """Open the ledger of a state folder, making it where there is none; returns its path, too. Raises LedgerError.

    `checked` looks through its pages, where they are few.
    """
    path = str(Path(folder) / NAME)
    with ledger_errors(path):
        if not Path(path).exists():
            _make(path)
        _require_content(path)
        connection = _configured(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None))
        version = _version(connection, path)
        if checked:
            _require_sound(connection, path)
        for step in range(version, VERSION):
            connection.executescript(f"BEGIN; {MIGRATIONS[step]} PRAGMA user_version={step + 1}; COMMIT;")
        # Says now, and not after an hour of work, that nothing can be written.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    return connection, path


def open_to_read(folder: str) -> tuple[sqlite3.Connection, str]:
    """Open the ledger of a state folder, and never change it. Raises LedgerError, also where there is none."""
    path = str(Path(folder) / NAME)
    if not Path(path).exists():
        raise LedgerError(path, "there is no ledger; `logproc run --state DIR` makes one")
    with ledger_errors(path):
        _require_content(path)
        uri = f"file:{quote(os.path.abspath(path))}?mode=ro"  # noqa: PTH100
        connection = sqlite3.connect(uri, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        connection.execute("PRAGMA temp_store=MEMORY")
        for step in range(_version(connection, path), VERSION):
            connection.executescript(READ_AS[step])
    return connection, path


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA journal_mode=TRUNCATE")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def _make(path: str) -> None:
    """Make a new ledger under another name first: a file without content is a damaged ledger, never a new one."""
    folder = os.path.dirname(path)  # noqa: PTH120
    try:
        os.makedirs(folder or ".", mode=0o700, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        raise LedgerError(
            folder, f"the state folder cannot be made: {(error.strerror or str(error)).lower()}"
        ) from error
    new = f"{path}.new"
    for leftover in (new, f"{new}-journal"):
        with suppress(OSError):
            os.unlink(leftover)  # noqa: PTH108
    connection = _configured(sqlite3.connect(new, isolation_level=None))
    try:
        connection.executescript(
            f"BEGIN; {CREATE} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; COMMIT;"
        )
    finally:
        connection.close()
    try:
        os.chmod(new, 0o600)  # noqa: PTH101 - lines of logs may be secrets, and so may be keys of reports
        with suppress(FileNotFoundError):
            os.unlink(f"{new}-journal")  # noqa: PTH108 - empty; nobody would clear it away once the ledger has its name
        os.replace(new, path)  # noqa: PTH105
        handle = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise LedgerError(path, f"cannot be made: {(error.strerror or str(error)).lower()}") from error


def _require_content(path: str) -> None:
    """Refuse an empty file, which SQLite would take for a new database: that would forget everything."""
    try:
        size = os.stat(path).st_size  # noqa: PTH116
    except OSError as error:
        raise LedgerError(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if size == 0:
        raise LedgerError(path, f"the ledger is damaged (the file is empty); {RESTORE}")


def _require_sound(connection: sqlite3.Connection, path: str) -> None:
    """Refuse a small ledger whose pages do not fit together: a run may not touch those, and would go on."""
    if os.stat(path).st_size > CHECKED_BYTES:  # noqa: PTH116
        return
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise LedgerError(path, f"the ledger is damaged ({' '.join(found.split())}); {RESTORE}")


def _version(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of a ledger's schema; LedgerError if it is none, or too new."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise LedgerError(path, f"this is not a ledger of logproc; {RESTORE}")
    if version > VERSION:
        raise LedgerError(
            path, f"written by a newer logproc (schema {version}, this one knows {VERSION}); run that version"
        )
    return version
