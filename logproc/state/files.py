"""What a ledger knows of files: generations, the paths of the last scan, copies, and what was counted behind holes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from logproc.state.generations import BEGUN, Begun
from logproc.state.rows import FACTS, RECORD, SEEN, Paths, Records, record_of, record_values, seen_values
from logproc.state.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.state.generations import Seen
    from logproc.state.rows import Record

VARIABLES = 500
"""So many numbers are in one statement; SQLite takes 999 in all its versions."""


HELD = b"\0\1"
"""What stands before the number of a generation that another one holds behind its own, in the row of that."""

EARLIER = b"\0"
"""What stands before a family in the row of what was counted of it once: no path begins so."""

ENDS = 32
"""So many ends are kept of a generation that grows: of each run one, or two where a record stood open.

Of those before, about as many are kept, the first among them: the longer ago, the fewer.
"""


class Files(Statements):
    """The files of a ledger."""

    def records(self) -> Records:
        """Return what is known of all generations, by number."""

        def load(number: int | None) -> list[Any]:
            only, values = ("", ()) if number is None else ("WHERE id = ?", (number,))
            return self._all(f"SELECT id, {RECORD} FROM generations {only} ORDER BY id", values)

        return Records(self._all(f"SELECT {FACTS} FROM generations ORDER BY id"), load)

    def records_of(self, ids: Iterable[int]) -> dict[int, Record]:
        """Return what is known of some generations, by number."""
        sql = f"SELECT id, {RECORD} FROM generations WHERE id IN"
        return {
            row[0]: record_of(row)
            for some in _batches(sorted(ids))
            for row in self._all(f"{sql} ({', '.join('?' * len(some))}) ORDER BY id", some)
        }

    def beginnings(self) -> list[tuple[int, int, bytes, bytes]]:
        """Return of each generation that is counted: number, bytes and hash of its head, and its signature."""
        return self._all("SELECT id, head_bytes, head, signature FROM generations WHERE open_end > 0 ORDER BY id")

    def add_generation(self, record: Record, run: int) -> int:
        """Add a generation, and return its number."""
        values = (*record_values(record), run)
        return self._do(f"INSERT INTO generations ({RECORD}, run) VALUES ({', '.join('?' * len(values))})", values)

    def save_generations(self, records: Iterable[Record]) -> None:
        """Write generations anew."""
        assignments = ", ".join(f"{name} = ?" for name in RECORD.split(", "))
        self._many(
            f"UPDATE generations SET {assignments} WHERE id = ?",
            ((*record_values(record), record.generation.id) for record in records),
        )

    def drop_generation(self, number: int) -> None:
        """Forget a generation, its paths and what was counted behind a hole; its counts are dropped elsewhere."""
        for held in self._held_by(number):
            self.drop_generation(held)  # what was counted of it goes, too
        self._do("DELETE FROM generations WHERE id = ?", (number,))
        self._do("DELETE FROM seen WHERE generation = ?", (number,))
        self._do("DELETE FROM ranges WHERE generation = ?", (number,))
        self._do("DELETE FROM copies WHERE generation = ?", (number,))

    def seen(self) -> Paths:
        """Return what the last scan made of each path."""
        return Paths(self._all(f"SELECT {SEEN} FROM seen"))

    def save_seen(self, seen: Iterable[Seen], gone: Iterable[str]) -> None:
        """Write down what a scan made of paths, and forget paths that are gone."""
        self._many("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(seen_values, seen))
        self._many("DELETE FROM seen WHERE path = ?", ((os.fsencode(path),) for path in gone))

    def copies(self) -> dict[tuple[str, int, int], int]:
        """Return the generations of contents that are known as copies: family, length and CRC."""
        rows = self._all("SELECT family, length, crc, generation FROM copies WHERE family >= x'01' ORDER BY 1, 2, 3")
        return {(os.fsdecode(row[0]), row[1], row[2]): row[3] for row in rows}

    def add_copies(self, copies: Iterable[tuple[tuple[str, int, int], int]]) -> None:
        """Write down contents that are copies of generations."""
        self._many(
            "INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)",
            ((os.fsencode(family), length, crc, number) for (family, length, crc), number in copies),
        )

    def families_of_begun(self) -> set[str]:
        """Return the families of copies of logs that had no whole line yet."""
        rows = self._all("SELECT DISTINCT family FROM copies WHERE generation = ? AND family >= x'01'", (BEGUN,))
        return {os.fsdecode(row[0]) for row in rows}

    def forget_begun(self, families: Iterable[str]) -> None:
        """Forget the copies that families have of logs that had no whole line yet."""
        sql = "DELETE FROM copies WHERE family = ? AND generation = ?"
        self._many(sql, ((os.fsencode(family), BEGUN) for family in families))

    def earlier(self, family: str) -> dict[tuple[int, int], int]:
        """Return the generations of what was counted of a family at the end of earlier runs, by length and CRC."""
        sql = "SELECT length, crc, generation FROM copies WHERE family = ? ORDER BY generation"
        return {(row[0], row[1]): row[2] for row in self._all(sql, (EARLIER + os.fsencode(family),))}

    def add_earlier(self, ends: Iterable[tuple[str, int, int, int]]) -> None:
        """Write down family, length, CRC and generation of what was counted so far, and forget a few of many."""
        kept = [(EARLIER + os.fsencode(family), *end) for family, *end in ends]
        self._many("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", kept)
        for key in {(family, number) for family, _, _, number in kept}:
            sql = "SELECT length FROM copies WHERE family = ? AND generation = ? ORDER BY length DESC"
            older = [row[0] for row in self._all(sql, key)][ENDS:]
            if len(older) > ENDS:
                sql = "DELETE FROM copies WHERE family = ? AND generation = ? AND length = ?"
                self._many(sql, ((*key, length) for length in older[-2::-2]))

    def begun(self, generation: int) -> Begun | None:
        """Return what another generation has counted of the beginning of one, if it has."""
        mark = EARLIER + EARLIER + b"%d" % generation
        return self._begun(mark + b" ", mark + b"!").get(generation)

    def all_begun(self) -> dict[int, Begun]:
        """Return, by generation, what another one has counted of its beginning."""
        return self._begun(EARLIER + EARLIER, EARLIER + b"\1")

    def _begun(self, low: bytes, high: bytes) -> dict[int, Begun]:
        sql = "SELECT family, length, crc, generation FROM copies WHERE family > ? AND family < ?"
        found = {}
        for mark, length, crc, generation in self._all(sql, (low, high)):
            _, of, lines = mark.split(b" ")
            found[generation] = Begun(int(of), length, crc, int(lines))
        return found

    def add_begun(self, generation: int, begun: Begun) -> None:
        """Write down that the beginning of a generation is counted as one of another."""
        mark = EARLIER + EARLIER + b"%d %d %d" % (generation, begun.generation, begun.lines)
        values = (mark, begun.length, begun.crc, generation)
        self._do("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", values)

    def is_alone(self, generation: int) -> bool:
        """Tell whether what is counted of a generation has no hole, and no part of it is counted as another one's."""
        sql = "SELECT 1 FROM ranges WHERE generation = ? UNION ALL SELECT 1 FROM copies WHERE family = ?"
        return not self._all(sql, (generation, HELD + b"%d" % generation)) and self.begun(generation) is None

    def add_held(self, held: int, by: int) -> None:
        """Write down that a generation stands behind what was counted of another one: it goes with that."""
        self._do("INSERT OR REPLACE INTO copies VALUES (?, 0, 0, ?)", (HELD + b"%d" % held, by))

    def all_held(self) -> set[int]:
        """Return the generations that stand behind what was counted of others."""
        return self._held("family > ? AND family < ?", (HELD, EARLIER + b"\2"))

    def _held_by(self, number: int) -> set[int]:
        return self._held("generation = ? AND family > ? AND family < ?", (number, HELD, EARLIER + b"\2"))

    def _held(self, where: str, values: Sequence[Any]) -> set[int]:
        return {int(row[0][len(HELD) :]) for row in self._all(f"SELECT family FROM copies WHERE {where}", values)}

    def ranges(self, generation: int) -> list[dict[str, Any]]:
        """Return what was counted of a generation behind a hole, in order."""
        rows = self._all("SELECT mark FROM ranges WHERE generation = ? ORDER BY start", (generation,))
        return [json.loads(row[0]) for row in rows]

    def holed(self) -> set[int]:
        """Return the generations that have holes."""
        return {row[0] for row in self._all("SELECT DISTINCT generation FROM ranges")}

    def save_ranges(self, generation: int, marks: Iterable[dict[str, Any]]) -> None:
        """Write down what was counted of a generation behind a hole."""
        self._do("DELETE FROM ranges WHERE generation = ?", (generation,))
        self._many(
            "INSERT INTO ranges VALUES (?, ?, ?)", ((generation, mark["start"], json.dumps(mark)) for mark in marks)
        )


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), VARIABLES):
        yield numbers[at : at + VARIABLES]
