"""Types for fields that nobody declared, so that DuckDB sees a number where all values of a field are numbers.

That is known once all rows are there: they are kept as text in a table, and the query sees a view of it that casts.
Before anything is read the query is bound to empty tables, in which a field has whatever type the query can take.
"""

from __future__ import annotations

import re
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from logproc.errors import QueryError
from logproc.model import Kind
from logproc.rollup.numerals import LOST, NUMERAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logproc.adhoc.question import Asked

Field = tuple[str, str]
"""A relation and the name of one of its columns."""

TRIALS = 64
"""Choices of types that are tried, at most, for a query that does not take text."""


class Undeclared:
    """The undeclared fields of one query, and the types under which DuckDB knows them.

    A field that the query casts to text stays text, as it is written in the log.
    """

    def __init__(self, connection: Any, asked: Asked) -> None:  # noqa: ANN401 - a DuckDB connection
        self._connection = connection
        self._asked = asked
        self.fields: list[Field] = [
            (name, label)
            for name, selection in asked.selections.items()
            for label, column in zip(selection.schema.names, selection.columns, strict=False)
            if column.kind is Kind.DYNAMIC and label not in asked.as_text
        ]
        self._numbers: frozenset[Field] = frozenset()

    def table(self, relation: str) -> str:
        """Return the name of the table that rows of a relation go to."""
        return f"_rows of {relation}" if any(name == relation for name, _ in self.fields) else relation

    def bind(self) -> None:
        """Find types with which the query can run; raises DuckDB's error for those of the log if there are none."""
        error: Exception | None = None
        for numbers in _choices(self.fields):
            self._show_empty(numbers)
            try:
                self._explain()
            except Exception as failed:  # noqa: BLE001 - duckdb's, which is not imported here
                # That text is no number is no mistake of the query, if something else is.
                error = failed if error is None or _is_misfit(error) > _is_misfit(failed) else error
            else:
                self._numbers = numbers
                return
        if error is not None:
            self._show_empty(frozenset())
            raise error

    def settle(self) -> None:
        """Show the tables to the query, each field with the type that its values have.

        QueryError where the query needs a number and the field has text. A field whose values are numbers stays text
        where the query takes it only so.
        """
        types = {field: self._type(field) for field in self.fields}
        for field in sorted(self._numbers):
            if types[field] == "VARCHAR":
                raise self._no_number(field)
        free = [field for field, kind in types.items() if kind != "VARCHAR" and field not in self._numbers]
        for texts in _choices(free) if types else ():
            self._show({field: kind for field, kind in types.items() if field not in texts})
            try:
                self._explain()
            except Exception:  # noqa: BLE001, S112 - duckdb's; the query takes some field only as text
                continue
            return

    def _explain(self) -> None:
        self._connection.execute(f"EXPLAIN {self._asked.sql}").fetchall()

    def _show_empty(self, numbers: frozenset[Field]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - what the connection is given

        from logproc.adhoc.columns import empty_table  # noqa: PLC0415 - it needs pyarrow, too

        for name in {name for name, _ in self.fields}:
            schema = self._asked.selections[name].schema
            for place, field in enumerate(schema):
                if (name, field.name) in numbers:
                    schema = schema.set(place, pa.field(field.name, pa.float64()))
            self._connection.register(name, empty_table(schema))

    def _show(self, types: Mapping[Field, str]) -> None:
        for name in {name for name, _ in self.fields}:
            casts = [
                f"CAST({quoted(label)} AS {types[name, label]}) AS {quoted(label)}"
                for label in self._asked.selections[name].schema.names
                if types.get((name, label), "VARCHAR") != "VARCHAR"
            ]
            shown = f"* REPLACE ({', '.join(casts)})" if casts else "*"
            table = quoted(self.table(name))
            self._connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS SELECT {shown} FROM {table}")  # noqa: S608

    def _type(self, field: Field) -> str:
        """Return the type of a field's values; one without any has the type that the query wants."""
        x, table = quoted(field[1]), quoted(self.table(field[0]))
        values, numerals, whole, small, finite, zeros, decimals = self._connection.execute(
            f"SELECT count({x}), bool_and(regexp_full_match({x}, '{NUMERAL}')), "  # noqa: S608 - names are quoted
            f"bool_and(regexp_full_match({x}, '-?[0-9]+') AND TRY_CAST({x} AS HUGEINT) IS NOT NULL), "
            f"bool_and(TRY_CAST({x} AS BIGINT) IS NOT NULL), bool_and(isfinite(TRY_CAST({x} AS DOUBLE))), "
            f"bool_or(regexp_full_match({x}, '{LOST}')), "
            f"count(DISTINCT len(regexp_extract({x}, '[.]([0-9]*)', 1))) "
            f"FROM {table} WHERE {x} IS NOT NULL"
        ).fetchone()
        if not values:
            return "DOUBLE" if field in self._numbers else "VARCHAR"
        if not numerals or not (whole or finite):
            return "VARCHAR"
        if zeros and decimals > 1 and field not in self._numbers and self._is_key(field):
            return self._versions(field) if self._asked.orders else "VARCHAR"  # 1.10 and 1.1 are two
        return "DOUBLE" if not whole else "BIGINT" if small else "HUGEINT"

    def _versions(self, field: Field) -> str:
        """Return the type of texts that order as the numbers that they are."""
        name = quoted(f"{field[1]} of {field[0]}")
        x, table = quoted(field[1]), quoted(self.table(field[0]))
        values = f"SELECT DISTINCT {x} FROM {table} WHERE {x} IS NOT NULL ORDER BY CAST({x} AS DOUBLE), {x}"  # noqa: S608
        self._connection.execute(f"CREATE OR REPLACE TYPE {name} AS ENUM ({values})")
        return name

    def _is_key(self, field: Field) -> bool:
        """Tell whether a query shows a field, or groups and orders by it, and computes nothing with it."""
        return field[1].lower() not in self._asked.computed

    def _no_number(self, field: Field) -> QueryError:
        name, label = field
        x, table = quoted(label), quoted(self.table(name))
        (value,) = self._connection.execute(
            f"SELECT {x} FROM {table} WHERE NOT regexp_full_match({x}, '{NUMERAL}') LIMIT 1"  # noqa: S608
        ).fetchone() or ("",)
        found = re.search(rf"(?<![\w.]){re.escape(label)}(?![\w.])", self._asked.written)
        place = found.span() if found else (None, None)
        message = f"{label} is text here, with {value[:40]!r} among its values; write TRY_CAST({label} AS DOUBLE)"
        return QueryError(message, None, self._asked.written, *place)


def _is_misfit(error: Exception) -> bool:
    return "No function matches" in str(error)


def _choices(fields: Sequence[Field]) -> Iterator[frozenset[Field]]:
    """Yield sets of fields, small ones first, and at last all."""
    sizes = range(len(fields) + 1)
    every = (frozenset(chosen) for size in sizes for chosen in combinations(fields, size))
    yield from islice(every, TRIALS)
    yield frozenset(fields)


def quoted(name: str) -> str:
    """Return a name with DuckDB's quotation marks."""
    return '"' + name.replace('"', '""') + '"'
