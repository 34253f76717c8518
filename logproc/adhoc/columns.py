"""Arrow columns of texts and integers, and tables without rows, for which pyarrow's own ways load pandas.

`pyarrow.array`, `Array.to_numpy` and `Schema.empty_table` ask whether they have to do with something of pandas and
import it for that, where it is installed: half a second of each command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_BYTES = (1 << 31) - 1
"""What the offsets of a column of texts reach."""


def bitmap(valid: NDArray[Any]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return Arrow's bitmap of what is not null, None where all is."""
    truth = valid != 0
    return None if truth.all() else pa.py_buffer(np.packbits(truth, bitorder="little"))


def text_array(texts: Sequence[str | None]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return texts as a column of strings, None as null; pyarrow.ArrowCapacityError if they are over 2 GiB."""
    encoded = [b"" if text is None else text.encode() for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    if offsets[-1] > MOST_BYTES:
        raise pa.ArrowCapacityError(f"{offsets[-1]} bytes of text do not fit into one column")
    valid = np.fromiter((text is not None for text in texts), np.bool_, len(texts))
    buffers = [bitmap(valid), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def integer_array(values: NDArray[np.int64]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return int64 values as a column, which shares their memory."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values, np.int64))])


def integers_of(column: Any) -> NDArray[np.int64]:  # noqa: ANN401 - pyarrow has no types
    """Return the values of an int64 column without nulls, which share its memory."""
    buffer = column.buffers()[1]
    if buffer is None:
        return np.zeros(0, np.int64)
    return np.frombuffer(buffer, np.int64)[column.offset : column.offset + len(column)]


def empty_table(schema: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return a table without rows."""
    return pa.Table.from_batches([], schema)


def without_codes(reader: Any) -> Any:  # noqa: ANN401 - pyarrow
    """Return a result whose texts are texts, also where DuckDB has numbered them."""
    coded = [field for field in reader.schema if pa.types.is_dictionary(field.type)]
    if not coded:
        return reader
    schema = reader.schema
    for field in coded:
        schema = schema.set(schema.get_field_index(field.name), pa.field(field.name, field.type.value_type))
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in reader))
