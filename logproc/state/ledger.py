"""The ledger: what has been counted. Every method is one question to, or one statement of, the database.

Nothing here knows what a table of counts holds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from logproc.state.counts import Counts
from logproc.state.files import Files
from logproc.state.rows import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PLANNED, COMMITTED, REPORTED = "planned", "committed", "reported"
"""What becomes of a run, in this order."""

FIRST_UNREPORTED = "(SELECT coalesce((SELECT min(id) FROM runs WHERE status != ?), (SELECT max(id) FROM runs)))"
"""The first run whose counts are in no kept report yet, or else the last one, in SQL; asks for REPORTED."""

REBUILDING = "rebuilding"
"""A run that counts for one report what was counted for others before; it is committed as a whole, or begun anew."""


class Ledger(Files, Counts):
    """An open ledger; a context manager."""

    # ---- facts about the ledger ----------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """Return a fact."""
        found = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else None

    def set_meta(self, key: str, value: str) -> None:
        """Write a fact down."""
        self._do("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def specs(self) -> dict[str, tuple[str, bytes]]:
        """Return name and definition of every report that was ever counted, by hash."""
        return {row[0]: (row[1], row[2]) for row in self._all("SELECT hash, name, definition FROM specs")}

    def add_specs(self, run: int, specs: Iterable[tuple[str, str, bytes]]) -> None:
        """Write down reports, by hash, name and definition, that a run counts."""
        self._many(
            "INSERT INTO specs (hash, name, definition, first_run) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (hash) DO UPDATE SET name = excluded.name, definition = excluded.definition",
            ((*spec, run) for spec in specs),
        )

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing where it is sound."""
        return [str(row[0]) for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]

    # ---- runs ------------------------------------------------------------------------------------------------------

    def begin(self, uid: str, version: str, started: str, specs: Sequence[str], status: str = "planned") -> int:
        """Add a run that is planned, and return its number."""
        return self._do(
            "INSERT INTO runs (uid, version, started, status, specs) VALUES (?, ?, ?, ?, ?)",
            (uid, version, started, status, json.dumps(specs)),
        )

    def open_runs(self) -> list[Run]:
        """Return the runs that were not reported, the oldest first."""
        rows = self._all("SELECT id, uid, status, specs FROM runs WHERE status != ? ORDER BY id", (REPORTED,))
        return [Run(row[0], row[1], row[2], tuple(json.loads(row[3]))) for row in rows]

    def oldest_open(self) -> str | None:
        """Return when the first run began that was not reported."""
        started: str | None = self._all("SELECT min(started) FROM runs WHERE status != ?", (REPORTED,))[0][0]
        return started

    def set_status(self, run: int, status: str, finished: str) -> None:
        """Say how far a run is."""
        self._do("UPDATE runs SET status = ?, finished = ? WHERE id = ?", (status, finished, run))

    def last_started(self) -> str | None:
        """Return when the last run began: the latest time of all, for the clock may have been set back."""
        started: str | None = self._all("SELECT max(started) FROM runs")[0][0]
        return started

    def forget_run(self, run: int) -> None:
        """Drop what was kept of a run for its report."""
        self._do("DELETE FROM wants WHERE run = ?", (run,))
        self._do("DELETE FROM results WHERE run = ?", (run,))

    def add_wants(self, run: int, wants: Iterable[tuple[int, int, bool]]) -> None:
        """Write down which file number of a run is which generation, and which is counted anew."""
        self._many("INSERT INTO wants VALUES (?, ?, ?, ?)", ((run, *want) for want in wants))

    def wants(self, run: int) -> dict[int, tuple[int, bool]]:
        """Return the generation of each file of a run that was to be read, and whether it is counted anew."""
        rows = self._all("SELECT file, generation, recounted FROM wants WHERE run = ?", (run,))
        return {row[0]: (row[1], bool(row[2])) for row in rows}

    def add_results(self, run: int, results: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Keep what workers returned: number of the task, books and tables."""
        with self.transaction():
            self._many("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", ((run, *result) for result in results))

    def results(self, run: int, *, tables: bool = True) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Yield what workers returned in a run, in plan order."""
        column = "tables" if tables else "NULL"
        numbers = [row[0] for row in self._all("SELECT task FROM results WHERE run = ? ORDER BY task", (run,))]
        for number in numbers:
            sql = f"SELECT task, books, {column} FROM results WHERE run = ? AND task = ?"
            yield from self._all(sql, (run, number))

    def empty_results(self, run: int) -> None:
        """Drop the tables of a run's results: they are in `parts` now."""
        self._do("UPDATE results SET tables = NULL WHERE run = ?", (run,))

    def days_of_run(self) -> list[int]:
        """Return the days of which the runs that were not reported yet, or else the last one, counted something."""
        sql = f"SELECT DISTINCT day FROM part_days JOIN parts ON parts.id = part WHERE run >= {FIRST_UNREPORTED}"
        return [row[0] for row in self._all(sql, (REPORTED,))]

    def most_lines(self, column: str, most: int) -> list[tuple[str, bool]]:
        """Return the hosts or sources with the most lines, and whether the last run counted some of theirs."""
        sql = (
            f"SELECT {column}, max(run >= {FIRST_UNREPORTED}) FROM pieces JOIN parts ON parts.id = part "
            f"WHERE {column} > '' GROUP BY 1 ORDER BY sum(pieces.read) DESC, 1 LIMIT ?"
        )
        return [(name, bool(is_new)) for name, is_new in self._all(sql, (REPORTED, most))]
