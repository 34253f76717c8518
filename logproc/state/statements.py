"""A ledger as a database that is opened, asked and written.

What belongs together is done in `transaction`: all of it or nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from logproc.errors import LedgerError, MergeError
from logproc.state import database, failpoints

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence


class Statements:
    """An open database; a context manager."""

    def __init__(self, connection: sqlite3.Connection, path: str, outcome: str = database.UNCHANGED) -> None:
        self._db = connection
        self.path = path
        self._is_dropped = False  # whether this transaction has dropped the finished reports
        self._outcome = outcome  # what to say if the disk fails now

    @classmethod
    def to_write(cls, folder: str) -> Self:
        """Open the ledger of a state folder for the one who holds its lock, making it if there is none."""
        return cls(*database.open_to_write(folder))

    @classmethod
    def to_end(cls, folder: str) -> Self:
        """Open the ledger once more for a run that has committed what it counted."""
        return cls(*database.open_to_write(folder, checked=False), database.KEPT)

    @classmethod
    def to_read(cls, folder: str) -> Self:
        """Open the ledger of a state folder; nothing is changed."""
        return cls(*database.open_to_read(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        self._db.close()
        if isinstance(error, MergeError):
            raise LedgerError(self.path, f"{error}; {database.RESTORE}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of a block, or nothing."""
        with database.ledger_errors(self.path, self._outcome):
            self._db.execute("BEGIN IMMEDIATE")
            self._is_dropped = False
            try:
                yield
                failpoints.reach("before-commit")
                self._db.execute("COMMIT")
                self._outcome = database.KEPT
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with database.ledger_errors(self.path, self._outcome):
            return self._db.execute(sql, values).fetchall()

    def _do(self, sql: str, values: Sequence[Any] = ()) -> int:
        with database.ledger_errors(self.path, self._outcome):
            return self._db.execute(sql, values).lastrowid or 0

    def _many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with database.ledger_errors(self.path, self._outcome):
            self._db.executemany(sql, rows)
