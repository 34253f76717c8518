"""Types for fields that nobody declared, in tables whose types must be known before their first row.

A field is a number if all of its values read as numbers of JSON, which is known behind the last row: rows go to a
temporary file on the way, and come back from it with the types that were found. Memory holds a batch, and for each such
field what was seen of it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from logproc.model import Kind
from logproc.rollup.numerals import LOST, NUMERAL
from logproc.rollup.spec import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logproc.adhoc.arrow import Selection

WHOLE_DIGITS = 38
"""Digits of the longest whole number that is kept as one, in Arrow's decimal128."""

_NUMERAL, _WHOLE, _LOST, _LONGEST = (
    f"^(?:{pattern})$" for pattern in (NUMERAL, "-?[0-9]+", LOST, f"-?[0-9]{{1,{WHOLE_DIGITS}}}")
)


def undeclared(selection: Selection) -> list[str]:
    """Return the labels of the columns whose type their values decide."""
    labelled = zip(selection.gathered.names, selection.columns, strict=False)
    found = {label for label, column in labelled if isinstance(column, Column) and column.kind is Kind.DYNAMIC}
    return [label for label in selection.schema.names if label in found]


class Settled:
    """Rows whose undeclared fields have the types of their values: `schema`, and `batches`, once, in their order.

    All rows are taken when one is made. A version, as 1.10 beside 1.9, stays text.
    """

    def __init__(self, schema: Any, labels: Iterable[str], batches: Iterable[Any]) -> None:  # noqa: ANN401 - pyarrow
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - read back by `batches`
        stored = pa.schema([pa.field(f.name, _plain(f.type)) for f in schema])
        seen = {label: _Seen() for label in labels}
        with pa.ipc.new_stream(self._file, stored, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            for batch in batches:
                plain = batch.cast(stored)
                for label, values in seen.items():
                    values.add(plain.column(label))
                writer.write_batch(plain)
        found = {label: values.type() for label, values in seen.items()}
        self.schema = pa.schema([pa.field(f.name, found.get(f.name) or f.type) for f in schema])

    def batches(self) -> Iterator[Any]:
        """Yield the rows."""
        with self._file:
            self._file.seek(0)
            for batch in pa.ipc.open_stream(self._file):
                yield batch.cast(self.schema)


def _plain(type_: Any) -> Any:  # noqa: ANN401 - pyarrow
    """Return the type under which a column is written: a view would bring all of its dictionary along."""
    return pa.string() if pa.types.is_string_view(type_) else type_


@dataclass(slots=True)
class _Seen:
    """What was seen of a field's values."""

    any: bool = False
    numerals: bool = True
    whole: bool = True
    small: bool = True
    exact: bool = True
    zeros: bool = False
    decimals: set[int] = field(default_factory=set)

    def add(self, column: Any) -> None:  # noqa: ANN401 - pyarrow
        """Take values in; those of a field that is text are not looked at."""
        if not self.numerals:
            return
        values = pc.drop_null(pc.unique(column))
        if not len(values):
            return
        self.any = True
        self.numerals = _all(values, _NUMERAL) and bool(pc.all(pc.is_finite(values.cast(pa.float64()))).as_py())
        if not self.numerals:
            return
        self.whole = self.whole and _all(values, _WHOLE)
        if self.whole:
            self.small = self.small and _fits(values)
            self.exact = self.exact and (self.small or _all(values, _LONGEST))
        fractions = pc.utf8_length(pc.replace_substring_regex(values, r"^[^.eE]*\.?([0-9]*).*$", r"\1"))
        self.decimals.update(fractions.unique().to_pylist())
        self.zeros = self.zeros or bool(pc.any(pc.match_substring_regex(values, _LOST)).as_py())

    def type(self) -> Any:  # noqa: ANN401 - pyarrow
        """Return the type of the field; None for text."""
        if not (self.any and self.numerals):
            return None
        if self.whole and self.exact:
            return pa.int64() if self.small else pa.decimal128(WHOLE_DIGITS, 0)
        return None if self.zeros and len(self.decimals) > 1 else pa.float64()


def _all(values: Any, pattern: str) -> bool:  # noqa: ANN401 - pyarrow
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _fits(values: Any) -> bool:  # noqa: ANN401 - pyarrow
    """Tell whether whole numbers are small ones: of eight bytes."""
    try:
        values.cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True
