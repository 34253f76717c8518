"""Rows of a relation as Arrow record batches, made by the same kernels that feed reports.

A text column is a column of string views into the dictionary that `RowStore` keeps: sixteen bytes a row are gathered,
and no text is copied. A dictionary's arena only ever grows or is replaced, so views of older batches stay good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from logproc.adhoc.columns import bitmap, integer_array, integers_of, text_array
from logproc.adhoc.sieve import forget_many
from logproc.kernels.arrays import grown
from logproc.kernels.views import view_keys
from logproc.model import Kind
from logproc.rollup.columns import BooleanVector, NumberVector, RowStore, TextVector, Vector
from logproc.rollup.evaluate import Evaluator, fields_of
from logproc.rollup.spec import Column, Expression, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from logproc.adhoc.numbering import Numbers
    from logproc.kernels.intern import Dictionary
    from logproc.model import Batch

TYPES: dict[Kind, Any] = {
    Kind.TEXT: pa.string_view(),
    Kind.DYNAMIC: pa.string_view(),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIME: pa.timestamp("us"),
}
"""Arrow types by kind; times are UTC, and have no zone, as DuckDB's TIMESTAMP."""

ORIGIN = {"_file": pa.string(), "_offset": pa.int64(), "_line": pa.int64()}
"""Where a row comes from: its file, the offset of its first byte (decompressed), its line (from 1)."""


LINE = (("raw", pa.string()),)
"""The line itself."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of a relation: columns of which family or source, and which rows.

    `relation` is a family, a source or `spec.EVERYTHING`. `labels` are what the columns are called, if not as in rows;
    a column that is computed must have one. `where` may keep more rows than are wanted in the end. With `origin`, the
    columns of `ORIGIN` come behind the others, and with `raw`, which needs `origin`, the lines themselves. `shown` are
    the labels that batches have in the end, in their order, if not all. `numbers` are those of texts in whose place
    batches have numbers, by label.
    """

    relation: str
    columns: tuple[Expression, ...]
    where: Expression | None = None
    labels: tuple[str, ...] = ()
    origin: bool = False
    raw: bool = False
    shown: tuple[str, ...] = ()
    numbers: Mapping[str, Numbers] = field(default_factory=dict, compare=False)

    @property
    def schema(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Schema of the batches."""
        return pa.schema([self.gathered.field(name) for name in self.shown]) if self.shown else self.gathered

    @property
    def gathered(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Schema of the batches before they are cut down to what is shown."""
        labels = self.labels or [column.name for column in self.columns if isinstance(column, Column)]
        fields = [
            (label, pa.int64() if label in self.numbers else TYPES[column.kind])
            for label, column in zip(labels, self.columns, strict=True)
        ]
        return pa.schema([*fields, *(ORIGIN.items() if self.origin else ()), *(LINE if self.raw else ())])

    def names(self) -> frozenset[str]:
        """Names of the fields that rows must have."""
        asked = set().union(*map(columns_of, self.columns), columns_of(self.where))
        return frozenset(column.name for column in asked)


class BatchBuilder:
    """Gathers the rows of one selection and gives them out as record batches; one a thread and selection."""

    def __init__(self, selection: Selection) -> None:
        self.selection: Any = selection
        self.schema = selection.gathered
        wanted = {field for column in (*selection.columns, selection.where) for field in fields_of(column)}
        self.store = RowStore(wanted)
        self.evaluator = Evaluator(self.store)
        self._views = Views()
        self._numbered = {label: Numbered(numbers) for label, numbers in selection.numbers.items()}
        self._origins: list[Origins] = []
        self._last = 0  # the greatest mark of the rows held

    def append(self, batch: Batch, origins: Origins | None = None) -> Iterator[Any]:
        """Take rows in; yields a record batch where enough are together.

        Where lines of several formats stand in one file, those of the second format come behind those of the first
        that were read with them: then nothing is given out yet, so that rows can be put in the order of lines.
        """
        if batch.taken:  # its rows are in the store, behind those that are held, and must stay where they are
            before = self.store.rows
            self.store.append(batch)
            assert not before or self._last <= self.store.marks[before]  # what was flushed came in front
            self._last = int(self.store.marks[self.store.rows - 1])
            if self.is_full():
                yield from self.flush()
            return
        first, last = (0, 0) if batch.marks is None else (int(batch.marks.min()), int(batch.marks.max()))
        if self.is_full() and first >= self._last:
            yield from self.flush()
        self._last = max(last, self._last if self.store.rows else 0)
        self.store.append(batch)
        if origins is not None and self.selection.origin:
            self._origins.append(origins)

    def is_full(self) -> bool:
        """Tell whether there is no room for more rows."""
        return self.store.is_full()

    def flush(self) -> Iterator[Any]:
        """Yield the rows held, if any of them is wanted."""
        if self.store.rows:
            batch = self._batch()
            self.store.clear()
            self._origins.clear()
            self.evaluator.next_rows()
            if batch.num_rows:
                yield batch
        if forget_many(self.store, self.evaluator):
            self.forget()

    def forget(self) -> None:
        """Forget what is known of dictionaries that are no longer used."""
        for known in (self._views, *self._numbered.values()):
            known.clear()

    def end(self) -> Iterator[Any]:
        """Yield what is held at the end of a task, behind `flush`."""
        yield from ()

    def _batch(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        where, store = self.selection.where, self.store
        kept = None if where is None else np.flatnonzero(self.evaluator.truth(where) == 1)
        if kept is not None and len(kept) == store.rows:
            kept = None
        marks = store.marks[: store.rows] if kept is None else store.marks[kept]
        if (marks[1:] < marks[:-1]).any():
            order = np.argsort(marks, kind="stable")
            kept = order if kept is None else kept[order]
        arrays = [
            self.array(self.evaluator.vector(column), label, TYPES[column.kind], kept)
            for label, column in zip(self.schema.names, self.selection.columns, strict=False)
        ]
        if self.selection.origin:
            arrays += joined(self._origins, kept)
        if self.selection.raw:
            lines = pa.chunked_array([text_array(origin.texts) for origin in self._origins]).combine_chunks()
            arrays.append(lines if kept is None else lines.take(integer_array(kept)))
        made = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return made.select(self.selection.shown) if self.selection.shown else made

    def array(self, vector: Vector, label: str, kind: Any, kept: NDArray[np.int64] | None) -> Any:  # noqa: ANN401
        """Return some rows of a vector, or all, as an array of their own, that of the column of this label."""
        if isinstance(vector, TextVector):
            codes = vector.codes if kept is None else vector.codes[kept]
            numbered = self._numbered.get(label)
            return (self._views if numbered is None else numbered).array(vector.dictionary, codes)
        values = vector.values.copy() if kept is None else vector.values[kept]
        if isinstance(vector, NumberVector):
            valid = vector.valid if kept is None else vector.valid[kept]
            return pa.Array.from_buffers(kind, len(values), [bitmap(valid), pa.py_buffer(values)])
        assert isinstance(vector, BooleanVector)
        return pa.array(values == 1, mask=values < 0)


class ByKey:
    """What stands in an array for the keys of each dictionary; only new keys are looked at."""

    def __init__(self) -> None:
        self._known: dict[Dictionary, NDArray[np.int64]] = {}
        self._done: dict[Dictionary, int] = {}

    def clear(self) -> None:
        """Forget all dictionaries."""
        self._known.clear()
        self._done.clear()

    def of(self, dictionary: Dictionary) -> NDArray[np.int64]:
        """Return what stands for each key of a dictionary, for one key at least."""
        known, done = self._known.get(dictionary), self._done.get(dictionary, 0)
        size = len(dictionary)
        if known is None or size > len(known):
            known = grown(self.empty() if known is None else known, max(64, 2 * size))
            self._known[dictionary] = known
        if done < size:
            self.fill(dictionary, done, size, known)
            self._done[dictionary] = size
        return known

    def empty(self) -> NDArray[np.int64]:
        """Return what stands for no keys."""
        raise NotImplementedError

    def fill(self, dictionary: Dictionary, begin: int, end: int, known: NDArray[np.int64]) -> None:
        """Write what stands for the keys [begin, end)."""
        raise NotImplementedError


class Views(ByKey):
    """Texts as views of the dictionary's arena."""

    def empty(self) -> NDArray[np.int64]:
        """Return no views."""
        return np.zeros((0, 2), np.int64)

    def fill(self, dictionary: Dictionary, begin: int, end: int, known: NDArray[np.int64]) -> None:
        """Write views."""
        view_keys(dictionary.arena, dictionary.entries, begin, end, known)

    def array(self, dictionary: Dictionary, codes: NDArray[np.int32]) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Return the texts of codes."""
        gathered = np.take(self.of(dictionary).view(np.complex128).ravel(), codes, mode="clip")  # 16 bytes at a time
        buffers = [bitmap(codes >= 0), pa.py_buffer(gathered), pa.py_buffer(dictionary.arena)]
        return pa.Array.from_buffers(pa.string_view(), len(codes), buffers)


class Numbered(ByKey):
    """Texts as numbers that all threads share."""

    def __init__(self, numbers: Numbers) -> None:
        super().__init__()
        self._numbers = numbers

    def empty(self) -> NDArray[np.int64]:
        """Return no numbers."""
        return np.zeros(0, np.int64)

    def fill(self, dictionary: Dictionary, begin: int, end: int, known: NDArray[np.int64]) -> None:
        """Write numbers."""
        known[begin:end] = self._numbers.of(dictionary, begin, end)

    def array(self, dictionary: Dictionary, codes: NDArray[np.int32]) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Return the numbers of the texts of codes."""
        gathered = np.take(self.of(dictionary), codes, mode="clip")
        return pa.Array.from_buffers(pa.int64(), len(codes), [bitmap(codes >= 0), pa.py_buffer(gathered)])


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the rows of a batch come from: int64 offsets, int64 lines (from 1), each file with its number of rows.

    `texts` are the lines themselves, where a selection wants them.
    """

    offsets: NDArray[np.int64]
    lines: NDArray[np.int64]
    files: tuple[tuple[str, int], ...]
    texts: tuple[str, ...] = ()


def joined(origins: Sequence[Origins], kept: NDArray[np.int64] | None) -> list[Any]:
    """Return the columns of `ORIGIN` for batches one behind the other, or for some of their rows."""
    names = [name for origin in origins for name, _ in origin.files]
    counts = [count for origin in origins for _, count in origin.files]
    files = np.repeat(np.arange(len(names)), counts)
    offsets = np.concatenate([origin.offsets for origin in origins])
    lines = np.concatenate([origin.lines for origin in origins])
    if kept is not None:
        files, offsets, lines = files[kept], offsets[kept], lines[kept]
    return [text_array(names).take(integer_array(files)), integer_array(offsets), integer_array(lines)]


def line_shifted(batch: Any, lines: int) -> Any:  # noqa: ANN401 - pyarrow
    """Return a batch whose rows stand so many lines further down in their file."""
    place = batch.schema.get_field_index("_line")
    if place < 0 or not lines:
        return batch
    shifted = integer_array(integers_of(batch.column(place)) + lines)
    return batch.set_column(place, batch.schema.field(place), shifted)
