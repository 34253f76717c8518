"""Columns of rows in memory: text as codes into a dictionary, numbers and times as arrays.

A batch's slices point into a read buffer that is about to be reused, so `RowStore.append` turns the columns that some
report needs into codes and numbers at once, and keeps them until so many rows are together that grouping is worth a
call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from logproc.errors import CapacityError
from logproc.kernels import decode
from logproc.kernels.arrays import grown
from logproc.kernels.columns import CELLS, DECIMAL, FIRST_ROW, INTEGER, LEFT_OVER, TEXT, TIME, take_columns
from logproc.kernels.exemplars import NO_MARK
from logproc.kernels.intern import TODO, UNCLEAN, Dictionary, FullError, intern
from logproc.kernels.jsonlines import unescape
from logproc.model import LEVELS, PRIORITIES, Batch, Kind
from logproc.rollup.elements import elements_json
from logproc.rollup.spec import SLOT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

ROWS = 32768
"""Rows that are gathered at least before reports are brought up to date: enough to make some hundred calls worth it."""


@dataclass(frozen=True, slots=True)
class TextVector:
    """Text by row: int32 codes into a dictionary, -1 for null."""

    codes: NDArray[np.int32]
    dictionary: Dictionary
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class NumberVector:
    """Numbers by row: `values` int64 or float64 with a uint8 that is 0 for null."""

    values: NDArray[Any]
    valid: NDArray[np.uint8]
    kind: Kind


@dataclass(frozen=True, slots=True)
class BooleanVector:
    """Truth by row: int8 1, 0 or -1 for unknown."""

    values: NDArray[np.int8]
    kind: Kind = Kind.BOOLEAN


Vector: TypeAlias = TextVector | NumberVector | BooleanVector


@dataclass(frozen=True, slots=True)
class Stored:
    """A field of the rows in the representation that a report needs: text, integer, decimal or time."""

    name: str
    kind: Kind


_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def text_of(raw: bytes, *, escaped: bool) -> str | None:
    r"""Return the text that a field's bytes stand for: None for a dash, other bytes than UTF-8 as \xNN."""
    text = unescape(raw, 2) if escaped else raw.decode("utf-8", "backslashreplace")
    return None if text == "-" else text


MAX_KEY_BYTES = 24 << 20
"""Bytes of texts that a store's dictionaries may hold before all that was learnt about them is dropped."""

MOST_ROWS = 1 << 17
STORE_BYTES = 6 << 20
"""Rows that are gathered where they are few bytes each, and the bytes that all of them may take: work A took 6 % less
CPU with 131,072 rows than with 32,768, but preset `web`, whose rows are wide, 110 MB more memory."""


def room_for(fields: Iterable[Stored]) -> int:
    """Return how many rows of some fields are gathered: `ROWS`, or twice or four times as many."""
    width = 8 + sum(4 if field.kind == Kind.TEXT else 9 for field in fields)
    room = ROWS
    while 2 * room <= MOST_ROWS and 2 * room * width <= STORE_BYTES:
        room *= 2
    return room


class RowStore:
    """Rows of one relation, up to `room` and one batch more."""

    def __init__(self, fields: Iterable[Stored]) -> None:
        self.fields = tuple(sorted(fields, key=lambda field: (field.name, field.kind)))
        self.rows = 0
        self.room = room_for(self.fields)
        self.dictionaries = {field.name: Dictionary() for field in self.fields if field.kind == Kind.TEXT}
        self._capacity = 0
        self._codes: dict[Stored, NDArray[np.int32]] = {}
        self._values: dict[Stored, NDArray[Any]] = {}
        self._valid: dict[Stored, NDArray[np.uint8]] = {}
        self.marks = np.empty(0, np.int64)
        self._slow = np.empty(0, np.int32)
        self._stopped = np.zeros(1, np.int64)
        self._settled: dict[str, int] = {}
        self._present: set[Stored] = set()
        self._layouts: dict[int, tuple[object, list[Stored], NDArray[np.int64]]] = {}
        self._reserve(self.room + ROWS)

    def forget(self) -> None:
        """Drop the dictionaries, whose codes must not be in use any more."""
        self.dictionaries = {name: Dictionary() for name in self.dictionaries}
        self._settled = {}
        self._layouts.clear()

    def keys_held(self) -> int:
        """Count the dictionary keys held."""
        return sum(len(dictionary) for dictionary in self.dictionaries.values())

    def bytes_held(self) -> int:
        """Count the bytes of dictionary keys held."""
        return sum(dictionary.bytes_used for dictionary in self.dictionaries.values())

    def is_heavy(self) -> bool:
        """Tell whether the dictionaries hold more bytes than they may."""
        return self.bytes_held() > MAX_KEY_BYTES

    def is_full(self) -> bool:
        """Tell whether there is no room for more rows, or the texts of those that are held are too many bytes."""
        return self.rows >= self.room or self.is_heavy()

    def vector(self, field: Stored) -> Vector:
        """Return a field of the rows held, as views that the next `append` after `clear` overwrites."""
        if field.kind == Kind.TEXT:
            return TextVector(self._codes[field][: self.rows], self.dictionaries[field.name])
        return NumberVector(self._values[field][: self.rows], self._valid[field][: self.rows], field.kind)

    def ascend(self) -> bool:
        """Tell whether the marks of the rows held ascend."""
        return bool((self.marks[1 : self.rows] > self.marks[: self.rows - 1]).all())

    def clear(self) -> None:
        """Forget the rows."""
        self.rows = 0
        self._present.clear()

    def is_absent(self, field: Stored) -> bool:
        """Tell whether none of the rows held can have a number: their formats have no such field."""
        return field.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.TIME} and field not in self._present

    def append(self, batch: Batch) -> None:
        """Take over a batch's rows."""
        begin, end = self.rows, self.rows + batch.rows
        if end > self._capacity:
            self._reserve(end + ROWS)
        if not batch.taken:
            self._take(batch, begin)
            self.marks[begin:end] = NO_MARK if batch.marks is None else batch.marks
        for field in self.fields:
            if field.kind == Kind.TEXT:
                self._finish_text(field, batch, begin, end)
            elif field.name == SLOT_NAME:
                self._values[field][begin:end] = 0 if batch.slots is None else batch.slots
                self._valid[field][begin:end] = 1
            elif field.name not in batch.starts and field.name != "time":
                self._valid[field][begin:end] = 0
                continue
            elif field.kind == Kind.DECIMAL and not _is_taken(field, batch):
                self._append_decimals(field, batch, begin, end)
            self._present.add(field)
        self.rows = end

    def _take(self, batch: Batch, begin: int) -> None:
        """Take over most columns of a batch by one call, which is repeated when a dictionary has to grow."""
        fields, columns = self.layout(batch)
        columns[:, FIRST_ROW] = 0
        base, place, stopped = batch.buffer.ctypes.data, columns.ctypes.data, self._stopped.ctypes.data
        while True:
            take_columns(base, place, len(fields), begin, batch.rows, stopped)
            if self._stopped[0] == len(fields):
                return
            column = int(self._stopped[0])
            self.make_way(batch, fields[column], int(columns[column, FIRST_ROW]), begin)

    def make_way(self, batch: Batch, field: Stored, row: int, begin: int) -> None:
        """Do what stopped `take_columns` at a row of a batch, whose rows go to `begin`.

        The dictionary of a field has to grow, or decimals before the row are to be finished.
        """
        name = field.name
        if field.kind == Kind.DECIMAL:
            values, valid = self._values[field][begin : begin + row], self._valid[field][begin : begin + row]
            left_over = np.flatnonzero(valid == LEFT_OVER).tolist()
            valid[left_over] = 0
            starts, ends, scale = batch.starts[name], batch.ends[name], batch.scales.get(name, 1.0)
            decode.decode_slow_decimals(batch.buffer, starts, ends, left_over, scale, values, valid)
            return
        try:
            self.dictionaries[name].grow(int(batch.ends[name][row]) - int(batch.starts[name][row]))
        except FullError as error:
            raise CapacityError(f"column {name!r}", f"{error} at once; lower [limits] max_line_bytes") from error

    def takes_all(self, batch: Batch) -> bool:
        """Tell whether `take_columns` has a way to take all that a batch has of the fields."""
        return all(_is_taken(field, batch) or field.name not in batch.starts for field in self.fields)

    def layout(self, batch: Batch) -> tuple[list[Stored], NDArray[np.int64]]:
        """Return the fields that one call takes over of a batch, and their columns as `take_columns` wants them."""
        known = self._layouts.get(id(batch.addresses)) if batch.addresses is not None else None
        if known is not None and known[0] is batch.addresses:
            return known[1], known[2]
        fields = [field for field in self.fields if _is_taken(field, batch)]
        columns = np.zeros((len(fields), CELLS), np.int64)
        for number, field in enumerate(fields):
            columns[number] = self._column(field, batch)
        if batch.addresses is not None:
            self._layouts[id(batch.addresses)] = (batch.addresses, fields, columns)
        return fields, columns

    def _column(self, field: Stored, batch: Batch) -> tuple[int, ...]:
        """Return the cells of a column."""
        if field.kind == Kind.TEXT:
            arrays = (batch.starts[field.name], batch.ends[field.name], batch.styles[field.name], self._codes[field])
            places = (array.ctypes.data for array in arrays)
            return (TEXT, *places, intern.address, self.dictionaries[field.name].described, 0)
        out, valid = self._values[field].ctypes.data, self._valid[field].ctypes.data
        if field.name == "time":
            return (TIME, batch.times.ctypes.data, 0, 0, out, valid, 0, 0)
        starts, ends = batch.starts[field.name].ctypes.data, batch.ends[field.name].ctypes.data
        if field.kind == Kind.DECIMAL:
            scale = int(np.array([batch.scales.get(field.name, 1.0)]).view(np.int64)[0])
            return (DECIMAL, starts, ends, scale, out, valid, 0, 0)
        return (INTEGER, starts, ends, 0, out, valid, 0, 0)

    def _finish_text(self, field: Stored, batch: Batch, begin: int, end: int) -> None:
        codes, dictionary = self._codes[field], self.dictionaries[field.name]
        if field.name not in batch.starts:
            constant = {"source": batch.source or None, "host": batch.host}.get(field.name)
            code = -1 if constant is None else dictionary.add(constant.encode("utf-8", "backslashreplace"))
            codes[begin:end] = code
            return
        if dictionary.state[UNCLEAN]:
            _settle_aliases(dictionary)
        if field.name in RENAMED:
            self._settled[field.name] = _settle_names(dictionary, self._settled.get(field.name, 0), RENAMED[field.name])
        if dictionary.aliased:
            used = codes[begin:end]
            np.copyto(used, np.where(used >= 0, dictionary.alias[used], np.int32(-1)))
        if field.name == "host" and batch.host is not None:
            codes[begin:end][codes[begin:end] < 0] = dictionary.add(batch.host.encode("utf-8", "backslashreplace"))

    def _append_decimals(self, field: Stored, batch: Batch, begin: int, end: int) -> None:
        values, valid = self._values[field][begin:end], self._valid[field][begin:end]
        starts, ends = batch.starts[field.name], batch.ends[field.name]
        base = batch.buffer.ctypes.data
        if len(self._slow) < batch.rows:
            self._slow = np.empty(batch.rows, np.int32)
        scale = batch.scales.get(field.name, 1.0)
        slow = decode.decode_decimals(base, starts, ends, batch.rows, scale, values, valid, self._slow)
        decode.decode_slow_decimals(batch.buffer, starts, ends, self._slow[:slow].tolist(), scale, values, valid)
        if field.name in batch.lists:
            for row in np.flatnonzero((valid == 0) & (starts >= 0)).tolist():
                numbers = _NUMBER.findall(batch.buffer[starts[row] : ends[row]].tobytes())
                valid[row] = bool(numbers)
                values[row] = sum(float(text) for text in numbers) * scale

    def _reserve(self, capacity: int) -> None:
        for field in self.fields:
            if field.kind == Kind.TEXT:
                self._codes[field] = grown(self._codes.get(field, np.zeros(0, np.int32)), capacity)
            else:
                number = np.float64 if field.kind == Kind.DECIMAL else np.int64
                self._values[field] = grown(self._values.get(field, np.zeros(0, number)), capacity)
                self._valid[field] = grown(self._valid.get(field, np.zeros(0, np.uint8)), capacity)
        self.marks = grown(self.marks, capacity)
        self._capacity = capacity
        self._layouts.clear()


def _is_taken(field: Stored, batch: Batch) -> bool:
    """Tell whether `take_columns` has a way to take a field of a batch."""
    if field.name == "time" and field.kind != Kind.TEXT:
        return field.kind != Kind.DECIMAL
    taken = field.kind in {Kind.TEXT, Kind.INTEGER} or (field.kind == Kind.DECIMAL and field.name not in batch.lists)
    return taken and field.name in batch.starts


def _settle_aliases(dictionary: Dictionary) -> None:
    """Decide, once for each distinct key that is not plain ASCII, what text it stands for."""
    todo = np.flatnonzero(dictionary.alias[: len(dictionary)] == TODO)
    whole = _whole(dictionary, todo)
    dictionary.alias[todo[whole]] = todo[whole]
    for code in todo[~whole].tolist():
        raw = dictionary.key(code)
        text = text_of(raw, escaped=dictionary.is_escaped(code))
        if text is None:
            dictionary.alias[code] = -1
        else:
            plain = text.encode("utf-8", "backslashreplace")
            dictionary.alias[code] = code  # so that adding the same bytes finds this key
            target = code if plain == raw and not dictionary.is_escaped(code) else dictionary.add(plain)
            dictionary.alias[code] = target
        dictionary.aliased = dictionary.aliased or dictionary.alias[code] != code
    dictionary.state[UNCLEAN] = 0


def _whole(dictionary: Dictionary, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each code whether its bytes are the text they stand for: UTF-8 without escapes, and no dash."""
    starts, sizes = dictionary.key_start[codes], dictionary.key_size[codes]
    first = int(starts.min(initial=len(dictionary.arena)))
    ends = starts + (sizes >> 1)
    arena = dictionary.arena[first : int(ends.max(initial=0))].tobytes()
    places = zip((starts - first).tolist(), (ends - first).tolist(), strict=True)
    plain = np.fromiter((_is_whole(arena[begin:end]) for begin, end in places), np.bool_, len(codes))
    plain &= sizes & 1 == 0
    return plain


def _is_whole(raw: bytes) -> bool:
    try:
        return raw.decode() != "-"
    except UnicodeDecodeError:
        return False


def _looked_up(names: dict[str, str]) -> Callable[[str], str]:
    return lambda text: names.get(text, text)


RENAMED: dict[str, Callable[[str], str]] = {
    "level": lambda text: LEVELS.get(text.lower(), text.upper()),
    **{column: _looked_up(names) for column, names in PRIORITIES.items()},
    "sd": elements_json,
}
"""By column, the one name of what loggers call differently and of syslog's numbers, and the JSON of its elements."""


def _settle_names(dictionary: Dictionary, begin: int, rename: Callable[[str], str]) -> int:
    """Give keys their one name, from code `begin` on; returns where to go on."""
    end = len(dictionary)
    for code in range(begin, end):
        text = dictionary.key(code).decode("utf-8", "backslashreplace")
        name = rename(text)
        if name != text and dictionary.alias[code] == code:
            dictionary.alias[code] = dictionary.add(name.encode("utf-8", "backslashreplace"))
            dictionary.aliased = True
    return end
