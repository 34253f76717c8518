"""What a ledger has counted: parts, whose lines they hold, and the totals of days, months and all days.

Reports that were kept are those of all counts, and are dropped here with any change of a count.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from logproc.state.rows import PIECE, CountedPiece, Part, added, piece_values
from logproc.state.statements import Statements
from logproc.timestamps import month_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NO_LINES = (0, 0, 0, 0)

_MERGED = "SELECT merged FROM generations WHERE id IN (?, ?) AND merged IS NOT NULL"


class Counts(Statements):
    """The counts of a ledger."""

    # ---- finished reports ------------------------------------------------------------------------------------------

    def finished(self, mark: str) -> bytes | None:
        """Return the reports of that mark that were kept, if no count has changed since."""
        rows = self._all("SELECT content FROM finished WHERE mark = ?", (mark,))
        return rows[0][0] if rows else None

    def keep_finished(self, mark: str, content: bytes) -> None:
        """Keep the reports of all counts as they are now, in place of those that were kept."""
        self._do("DELETE FROM finished")
        self._do("INSERT INTO finished VALUES (?, ?)", (mark, content))
        self._is_dropped = False

    def _drop_finished(self) -> None:
        """Forget the reports that were kept: a count changes."""
        if not self._is_dropped:
            self._do("DELETE FROM finished")
            self._is_dropped = self._db.in_transaction

    # ---- parts -----------------------------------------------------------------------------------------------------

    def add_part(
        self,
        run: int,
        specs: Sequence[str],
        tables: bytes,
        pieces: Iterable[CountedPiece],
        days: Iterable[int],
        generation: int | None = None,
    ) -> int:
        """Keep counts by slot; `generation` is that of which they are the open end."""
        self._drop_finished()
        part = self._do(
            "INSERT INTO parts (run, generation, specs, tables) VALUES (?, ?, ?, ?)",
            (run, generation, json.dumps(specs), tables),
        )
        self._many(
            "INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((part, *piece_values(piece)) for piece in pieces),
        )
        self._many("INSERT INTO part_days VALUES (?, ?)", ((day, part) for day in days))
        return part

    def change_part(
        self, part: int, specs: Sequence[str], tables: bytes, days: Iterable[int], files: Iterable[int]
    ) -> None:
        """Write the counts of a part anew: of these days, and without these files."""
        self._drop_finished()
        self._do("UPDATE parts SET specs = ?, tables = ? WHERE id = ?", (json.dumps(specs), tables, part))
        self._do("DELETE FROM part_days WHERE part = ?", (part,))
        self._many("INSERT INTO part_days VALUES (?, ?)", ((day, part) for day in days))
        self._many("DELETE FROM pieces WHERE part = ? AND file = ?", ((part, file) for file in files))

    def drop_part(self, part: int) -> None:
        """Forget a part."""
        self._drop_finished()
        self._do("DELETE FROM parts WHERE id = ?", (part,))
        self._do("DELETE FROM pieces WHERE part = ?", (part,))
        self._do("DELETE FROM part_days WHERE part = ?", (part,))

    def parts(self, where: str = "", values: Sequence[Any] = ()) -> Iterator[Part]:
        """Yield parts, the oldest first; `where` is a condition on `parts`."""
        condition = f" WHERE {where}" if where else ""
        numbers = [row[0] for row in self._all(f"SELECT id FROM parts{condition} ORDER BY id", values)]
        for number in numbers:
            for row in self._all("SELECT id, generation, specs, tables FROM parts WHERE id = ?", (number,)):
                yield Part(row[0], row[1], tuple(json.loads(row[2])), row[3])

    def parts_of(self, generation: int) -> list[int]:
        """Return the parts that hold lines of a generation."""
        sql = "SELECT DISTINCT part FROM pieces WHERE generation = ? ORDER BY part"
        return [row[0] for row in self._all(sql, (generation,))]

    def parts_of_day(self, day: int) -> Iterator[Part]:
        """Yield the parts of a day that belong to its totals."""
        yield from self.parts("generation IS NULL AND id IN (SELECT part FROM part_days WHERE day = ?)", (day,))

    def move_pieces(self, generation: int, to: int, at: int) -> None:
        """Let what was counted of a generation be of another one, that has it at an offset; what stood open goes."""
        part = self.open_part(generation)
        if part is not None:
            self.drop_part(part)
        self._drop_finished()
        sql = 'UPDATE pieces SET generation = ?, start = start + ?, "end" = "end" + ? WHERE generation = ?'
        self._do(sql, (to, at, at, generation))
        lines = [json.loads(row[0]) for row in self._all(_MERGED, (generation, to))]
        if lines:  # of days that are merged
            total = functools.reduce(added, lines)
            self._do("UPDATE generations SET merged = ? WHERE id = ?", (json.dumps(total), to))
            self._do("UPDATE generations SET merged = NULL WHERE id = ?", (generation,))

    def open_part(self, generation: int) -> int | None:
        """Return the part that is the open end of a generation."""
        rows = self._all("SELECT id FROM parts WHERE generation = ?", (generation,))
        return rows[0][0] if rows else None

    def pieces(self, part: int) -> list[CountedPiece]:
        """Return whose lines a part holds."""
        rows = self._all(f"SELECT {PIECE} FROM pieces WHERE part = ?", (part,))
        return [CountedPiece(*row) for row in rows]

    def run_of(self, part: int) -> int:
        """Return the run that counted a part, or the last of it."""
        number: int = self._all("SELECT run FROM parts WHERE id = ?", (part,))[0][0]
        return number

    def merged_days(self, source: str, host: str | None) -> list[int]:
        """Return the days on which merged parts hold lines of a source and host."""
        sql = (
            "SELECT DISTINCT day FROM pieces JOIN part_days ON part_days.part = pieces.part "
            "WHERE generation IS NULL AND source = ? AND host IS ? ORDER BY day"
        )
        return [row[0] for row in self._all(sql, (source, host))]

    def part_days(self, part: int) -> list[int]:
        """Return the days of which a part holds counts."""
        return [row[0] for row in self._all("SELECT day FROM part_days WHERE part = ? ORDER BY day", (part,))]

    def part_spans(self) -> list[tuple[int, int | None, int | None]]:
        """Return the first and the last day of each part; None where no line of it was counted."""
        sql = "SELECT id, min(day), max(day) FROM parts LEFT JOIN part_days ON part = id GROUP BY id ORDER BY id"
        return self._all(sql)

    def total(self, day: int, spec: str) -> bytes | None:
        """Return the counts of a day for a report."""
        rows = self._all("SELECT tables FROM totals WHERE day = ? AND spec = ?", (day, spec))
        return rows[0][0] if rows else None

    def save_total(self, day: int, spec: str, tables: bytes) -> None:
        """Write down the counts of a day for a report."""
        self._drop_finished()
        self._do("INSERT OR REPLACE INTO totals VALUES (?, ?, ?)", (day, spec, tables))

    def drop_totals(self, day: int) -> None:
        """Forget the counts of a day, and with them those of its month and of all days."""
        self._drop_finished()
        self._do("DELETE FROM totals WHERE day = ?", (day,))
        self._do("DELETE FROM months WHERE month = ?", (month_number(day),))
        self._do("DELETE FROM sums")

    def month(self, month: int, spec: str) -> bytes | None:
        """Return the counts of a month for a report, if they have been added up."""
        rows = self._all("SELECT tables FROM months WHERE month = ? AND spec = ?", (month, spec))
        return rows[0][0] if rows else None

    def save_month(self, month: int, spec: str, tables: bytes) -> None:
        """Write down the counts of a month for a report."""
        self._do("INSERT OR REPLACE INTO months VALUES (?, ?, ?)", (month, spec, tables))

    def added_up(self) -> set[tuple[int | None, str]]:
        """Return which reports' counts have been added up, of which months; None is all days."""
        return set(map(tuple, self._all("SELECT month, spec FROM months UNION ALL SELECT NULL, spec FROM sums")))

    def sum(self, spec: str) -> bytes | None:
        """Return the counts of all days for a report, if they have been added up."""
        rows = self._all("SELECT tables FROM sums WHERE spec = ?", (spec,))
        return rows[0][0] if rows else None

    def save_sum(self, spec: str, tables: bytes) -> None:
        """Write down the counts of all days for a report."""
        self._do("INSERT OR REPLACE INTO sums VALUES (?, ?)", (spec, tables))

    def days(self) -> list[int]:
        """Return the days of which there are counts."""
        return [row[0] for row in self._all("SELECT DISTINCT day FROM totals ORDER BY day")]

    def lines_by_generation(self, only: int | None = None) -> dict[int, tuple[int, int, int, int]]:
        """Return the lines read, counted, filtered and rejected of every generation, or of one."""
        these, values = ("IS NOT NULL", ()) if only is None else ("= ?", (only,))
        sql = (
            'SELECT generation, sum("read"), sum(counted), sum(filtered), sum(rejected) FROM pieces '
            f"WHERE generation {these} GROUP BY generation"
        )
        found = {row[0]: (row[1], row[2], row[3], row[4]) for row in self._all(sql, values)}
        sql = f"SELECT id, merged FROM generations WHERE merged IS NOT NULL AND id {these}"
        for number, merged in self._all(sql, values):
            found[number] = added(found.get(number, NO_LINES), json.loads(merged))
        return found

    def lines_of(self, generation: int) -> tuple[int, int, int, int]:
        """Return the lines read, counted, filtered and rejected of a generation."""
        return self.lines_by_generation(generation).get(generation, NO_LINES)

    def lines_before(self, generation: int, offset: int) -> int:
        """Count the lines of a generation that were read before an offset; what is merged by day lies before any."""
        sql = 'SELECT coalesce(sum("read"), 0) FROM pieces WHERE generation = ? AND "end" <= ?'
        lines = int(self._all(sql, (generation, offset))[0][0])
        for (merged,) in self._all("SELECT merged FROM generations WHERE id = ?", (generation,)):
            lines += json.loads(merged)[0] if merged else 0
        return lines

    def spec_sets(self) -> list[tuple[str, ...]]:
        """Return which reports parts are of: each set of hashes that there is."""
        rows = self._all("SELECT DISTINCT specs FROM parts WHERE generation IS NULL")
        return [tuple(json.loads(row[0])) for row in rows]

    def spans(self) -> Iterator[tuple[frozenset[str], int | None, int, int]]:
        """Yield for each piece the reports that it was counted for, its generation, and where it begins and ends."""
        sets: dict[str, frozenset[str]] = {}
        sql = (
            'SELECT parts.specs, pieces.generation, start, "end" FROM pieces JOIN parts ON parts.id = part '
            "WHERE parts.generation IS NULL"
        )
        for specs, generation, start, end in self._all(sql):
            if specs not in sets:
                sets[specs] = frozenset(json.loads(specs))
            yield sets[specs], generation, start, end

    def most_owners(self, most: int) -> list[tuple[str, str | None]]:
        """Return the pairs of source and host with the most lines."""
        sql = 'SELECT source, host FROM pieces GROUP BY 1, 2 ORDER BY sum("read") DESC, 1, 2 LIMIT ?'
        return self._all(sql, (most,))

    def count_parts(self) -> int:
        """Return how many parts there are."""
        number: int = self._all("SELECT count(*) FROM parts")[0][0]
        return number

    def spans_of_days(self) -> dict[str, tuple[int, int]]:
        """Return the first and the last day of which there are counts, by report."""
        sql = "SELECT spec, min(day), max(day) FROM totals WHERE day > ? GROUP BY spec"
        return {row[0]: (row[1], row[2]) for row in self._all(sql, (-(2**63),))}

    def distinct(self, column: str) -> frozenset[str]:
        """Return the hosts or the sources that lines were counted of."""
        return frozenset(row[0] for row in self._all(f"SELECT DISTINCT {column} FROM pieces"))

    def generations_of_host(self, host: str) -> set[int]:
        """Return the generations that lines were counted of while they lay with a host."""
        sql = "SELECT DISTINCT generation FROM pieces WHERE host = ? AND generation IS NOT NULL"
        return {row[0] for row in self._all(sql, (host,))}

    def is_merged(self, generation: int) -> bool:
        """Tell whether lines of a generation are in parts that are merged by day."""
        return bool(self._all("SELECT 1 FROM generations WHERE id = ? AND merged IS NOT NULL", (generation,)))

    def merge_lines(self, part: int) -> None:
        """Remember how many lines of each generation are in a part that is being merged with others."""
        for piece in self.pieces(part):
            for (before,) in self._all("SELECT merged FROM generations WHERE id = ?", (piece.generation,)):
                lines = (piece.read, piece.counted, piece.filtered, piece.rejected)
                total = added(lines, json.loads(before or "[0, 0, 0, 0]"))
                self._do("UPDATE generations SET merged = ? WHERE id = ?", (json.dumps(total), piece.generation))

    def parts_before(self, day: int) -> list[int]:
        """Return the parts with counts of days before one."""
        sql = "SELECT DISTINCT part FROM part_days WHERE day < ? AND day > ? ORDER BY part"
        return [row[0] for row in self._all(sql, (day, -(2**63)))]

    def parts_to_merge(self, day: int) -> list[int]:
        """Return the parts of files whose days are all before one.

        Left out are those of files that may grow and have to be counted anew then, as a whole: from merged counts
        nothing can be taken out.
        """
        sql = (
            "SELECT id FROM parts WHERE generation IS NULL "
            "AND EXISTS (SELECT 1 FROM pieces WHERE part = id AND generation IS NOT NULL) "
            "AND EXISTS (SELECT 1 FROM part_days WHERE part = id) "
            "AND NOT EXISTS (SELECT 1 FROM part_days WHERE part = id AND day >= ?) "
            "AND NOT EXISTS (SELECT 1 FROM pieces JOIN generations ON generations.id = pieces.generation AND whole "
            "JOIN seen ON seen.generation = generations.id WHERE part = parts.id) ORDER BY id"
        )
        return [row[0] for row in self._all(sql, (day,))]

    def drop_lost_generations(self) -> None:
        """Forget generations that are neither on disk nor counted."""
        self._do(
            "DELETE FROM generations WHERE id NOT IN (SELECT generation FROM seen WHERE generation IS NOT NULL) "
            "AND id NOT IN (SELECT generation FROM pieces WHERE generation IS NOT NULL) "
            "AND id NOT IN (SELECT generation FROM wants) AND id NOT IN (SELECT generation FROM ranges)"
        )

    def counted_lines(self, where: str = "1", values: Sequence[Any] = ()) -> tuple[int, int, int, int, int]:
        """Return bytes read and lines read, counted, filtered and rejected, over all pieces or some of them."""
        sql = (
            'SELECT coalesce(sum("end" - start), 0), coalesce(sum("read"), 0), coalesce(sum(counted), 0), '
            f"coalesce(sum(filtered), 0), coalesce(sum(rejected), 0) FROM pieces WHERE {where}"
        )
        row = self._all(sql, values)[0]
        return (row[0], row[1], row[2], row[3], row[4])
