"""The parser of separator programs: a program laid out for the kernel `tokenize`, and one call of it per block."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.arrays import CAPACITY, line_arrays, places_of, span
from logproc.formats.format import DERIVED as FIXED_NAMES
from logproc.formats.layouts import compile_layout
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.formats.within import Finder
from logproc.formats.zones import EPOCH, local_clock
from logproc.kernels import layout, tokenize
from logproc.kernels.layout import ProgramArrays
from logproc.kernels.recall import RECALL_CELL
from logproc.kernels.returns import drop_returns
from logproc.kernels.stamps import DATE_CELL, LATEST_CELL, LATEST_YEAR_CELL
from logproc.kernels.unusual import WORKSPACE, read_unusual
from logproc.timestamps import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logproc.formats.format import Format

RECORD_BYTES = 1 << 20
"""Bytes of a record of several lines that are kept, if nobody says otherwise."""

DERIVED = (
    *("method", "target", "path", "query", "protocol", "vhost", "port"),
    *("facility", "severity", "host", "program", "pid"),
)
"""Columns in the order of `ProgramArrays.derived`."""

NO_SECOND = -2
"""In place of the column of a WORD's second part, where it has none."""

_STAMPS = (Meaning.SYSLOG, Meaning.STAMP)


@cache
def _word(text: bytes) -> tuple[int, int]:
    """Return the first eight bytes of a text as a little-endian number, and the mask of those that count."""
    word, mask = (int.from_bytes(part, "little", signed=len(part) == 8) for part in (text[:8], b"\xff" * len(text[:8])))
    return word, mask


_ON_THEIR_OWN = frozenset({Meaning.PRIORITY, Meaning.SYSLOG, Meaning.TAG})
"""Meanings whose columns no slot has, so that nobody would say that they are null."""


def _may_end(program: Program, f: int) -> bool:
    """Tell whether a line may end behind a slot; one that ends in front of its request is no access log's."""
    slot, others = program.slots[f], program.slots[f + 1 :]
    ends = slot.may_end or slot.meaning is Meaning.ELEMENTS
    return ends and all(other.meaning not in {Meaning.REQUEST, Meaning.TARGET} for other in others)


def _flags(slot: Slot, terminator: bytes, *, may_end: bool, tail: bool) -> int:
    usual = layout.QUOTED * slot.quoted + layout.COMMA_LIST * slot.comma_list + layout.LONG * (len(terminator) > 8)
    unusual = layout.SKIPPED * (slot.missing is Missing.SKIPPED) + layout.BARE * (slot.missing is Missing.BARE)
    unusual += layout.PASSED_BY * (slot.missing is Missing.PASSED_BY)
    unusual += layout.MAY_END * may_end + layout.TAIL * tail + layout.PADDED * slot.padded
    unusual += layout.SOLID * slot.solid + layout.LINE_TIME * (slot.meaning in _STAMPS and slot.name == "time")
    is_unusual = unusual or slot.opening or slot.meaning >= Meaning.SYSLOG
    return usual + unusual + layout.UNUSUAL * bool(is_unusual)


_NOT_LAST = layout.COMMA_LIST | layout.LONG | layout.SOLID | layout.MAY_END
"""Flags that a last slot may not have where lines are read side by side."""


def _goes_abreast(program: Program, slots: NDArray[np.int64]) -> bool:
    """Tell whether all slots are of the kinds that `kernels.abreast` reads."""
    if program.spans_lines or not len(slots):
        return False
    sought = slots[:, layout.MEANING] <= layout.PRIORITY  # the end of the others is not
    ended = all(slot.terminator for slot, looked in zip(program.slots[:-1], sought[:-1], strict=True) if looked)
    fixed, last = sought & (slots[:, layout.FIXED] > 0), slots[-1]
    plain = (slots[fixed, layout.FLAGS] & ~layout.QUOTED == 0).all()
    return ended and bool(plain) and not (sought[-1] and last[layout.FLAGS] & _NOT_LAST)


def program_arrays(program: Program, columns: tuple[str, ...]) -> ProgramArrays:
    """Lay a program out for the kernel, storing the columns that are wanted."""
    place = {name: number for number, name in enumerate(columns)}
    slots = np.zeros((len(program.slots), layout.SLOT_CELLS), np.int64)
    rest = b""
    tail = False
    for f, slot in enumerate(program.slots):
        assert not (tail and slot.meaning in _ON_THEIR_OWN)
        may_end = _may_end(program, f)
        text = slot.terminator if slot is not program.slots[-1] else slot.terminator.removesuffix(b"\n")
        first = text[0] if text else (ord(" ") if program.extra else ord("\n"))
        stored = tuple(place.get(name, -1) if name else -1 for name in (slot.name, slot.port_name))
        if slot.meaning is Meaning.WORD and slot.port_name is None:
            stored = (stored[0], NO_SECOND)
        flags = _flags(slot, text, may_end=may_end, tail=tail)
        cells = (first, len(text), slot.length, slot.meaning, flags, stored[0], *_word(text))
        more = compile_layout(slot.layout) if slot.meaning is Meaning.STAMP else text[8:]
        others = (len(rest), len(rest) + len(more), *_word(slot.opening), len(slot.opening), stored[1])
        slots[f, : len(cells) + len(others)] = (*cells, *others)
        rest += more
        tail = tail or may_end
    names = {name for slot in program.slots for name in FIXED_NAMES.get(slot.meaning, ())}
    names |= {"vhost", "port"} if program.clf_head else set()
    derived = np.array([place.get(name, -1) if name in names else -1 for name in DERIVED], np.int64)
    return ProgramArrays(
        np.frombuffer(program.prefix + b"\0", np.uint8),
        len(program.prefix),
        slots,
        np.frombuffer(rest + b"\0", np.uint8),
        derived,
        program.extra,
        program.clf_head,
        program.head,
        program.spans_lines,
        place.get(program.continues, -1) if program.head else -1,
        any(slot.name == program.continues for slot in program.slots),
        np.array([part for text in program.headers for part in _word(text)] + [0, 0], np.int64),
        _goes_abreast(program, slots),
    )


def scales_of(program: Program) -> dict[str, float]:
    """Return the factor of each number that is not written in the unit of its field."""
    scaled = [slot for slot in program.slots if slot.scale != 1.0]
    names = [(slot.port_name if slot.meaning is Meaning.MEASURED else slot.name, slot.scale) for slot in scaled]
    return {name: scale for name, scale in names if name}


class SeparatorParser:
    """Runs a separator program."""

    reasons = tokenize.REASONS
    headers_read = 0
    again = False
    behind = False

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        program = fmt.program or Program(b"\0", ())
        self.format = fmt
        self.columns = tuple(name for name in fmt.fields if name in frozenset(wanted) and name != "time")
        stored = (*self.columns, *self.further(self.columns))
        self.lines = line_arrays(len(stored), capacity)
        self.places = places_of(self.columns, self.lines)
        self.scales = scales_of(program)
        self.lists = frozenset(s.name for s in program.slots if s.name and s.meaning is Meaning.DECIMAL_LIST)
        self.multiline = program.head > 0
        # Records of several lines know their headers in the kernel; these are asked for when a line is refused.
        headers = b"" if self.multiline else b"".join(text[:8].ljust(8) for text in program.headers)
        self._headers = np.frombuffer(headers, np.uint8).reshape(-1, 8)
        # Where the lines go that continue a record, -1 where nobody wants them.
        self._continued = stored.index(program.continues) if program.head and program.continues in stored else -1
        self.counters = np.zeros(tokenize.COUNTERS, np.int64)
        self.resume(layout.FRESH, RECORD_BYTES, more=False)
        self._arrays = (program_arrays(program, stored), np.zeros(WORKSPACE, np.int64))
        self._lines = self.lines.described(self._arrays[1], self.counters)

    @cached_property
    def _program(self) -> NDArray[np.int64]:
        """What the kernel knows of the program; where that asks for another kernel, it is compiled now, if ever."""
        arrays = self._arrays[0]
        return arrays.described(read_unusual.address if arrays.is_unusual else 0)

    @cached_property
    def addresses(self) -> tuple[int, int]:
        """Where program and lines are described.

        Integers are all that a call passes: numba looks at each array of each call, for longer than a few lines take.
        """
        return (self._program.ctypes.data, self._lines.ctypes.data)

    def further(self, columns: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - as others have it
        """Return the columns that are stored because others follow from them."""
        return ()

    def open(self, heads: Sequence[bytes], *, first: bool = True, guess: bool = False) -> None:
        """Do nothing: the program says what all lines are."""

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Give times without a year, in this zone, the latest one that is not a day after the file's mtime."""
        latest = local_clock(mtime_ns // 1000 + DAY, zone)  # an mtime may be of another clock than the lines
        scratch = self._arrays[1]
        scratch[LATEST_CELL], scratch[LATEST_YEAR_CELL] = (latest - EPOCH) // timedelta(microseconds=1), latest.year
        scratch[DATE_CELL] = scratch[RECALL_CELL] = 0

    @cached_property
    def _scout(self) -> SeparatorParser:
        """The same program without columns, which looks for records while rows of this parser wait."""
        return SeparatorParser(self.format, (), 2)

    def begins(self, buffer: NDArray[np.uint8], begin: int, end: int) -> int:
        """Return where the first record of the whole lines buffer[begin:end] begins, -1 if none does."""
        scout, behind = self._scout, buffer[end]
        scout.resume(layout.SKIP, RECORD_BYTES, more=True)
        scout.parse(buffer, begin, end, 0, scout.counters)
        buffer[end] = behind  # where a record is cut off, the kernel writes a newline
        position = int(scout.counters[layout.POSITION])
        return position if position < end else -1

    def pass_headers(self, buffer: NDArray[np.uint8], counters: NDArray[np.int64]) -> int:
        """Count the refused lines that begin with a header of the format as blank; returns how many these are."""
        count = int(counters[tokenize.REJECTS])
        if not count or not len(self._headers):
            return 0
        lines = self.lines
        begins = buffer[lines.reject_offset[:count, None] + np.arange(8)]
        kept = np.flatnonzero(~(begins[:, None] == self._headers).all(2).any(1))
        for array in (lines.reject_offset, lines.reject_line, lines.reject_reason):
            array[: len(kept)] = array[kept]
        passed = count - len(kept)
        counters[tokenize.REJECTS] -= passed
        counters[tokenize.BLANKS] += passed
        return passed

    def resume(self, state: int, record_bytes: int, *, more: bool) -> None:
        """Say to the next call of `parse`, and to it alone, what came before, and how it ends (see `RecordParser`)."""
        counters = self.counters
        counters[layout.STATE], counters[layout.RECORD_BYTES], counters[layout.MORE] = state, record_bytes, more

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        tokenize.tokenize(buffer.ctypes.data, begin, end, row, *self.addresses)
        self.pass_headers(buffer, self.counters)
        counters[:] = self.counters
        if self.multiline:
            self.counters[layout.STATE], self.counters[layout.MORE] = layout.FRESH, False
        if self._continued >= 0:
            lines, upto = self.lines, int(counters[tokenize.ROWS])
            drop_returns(buffer.ctypes.data, lines.starts, lines.ends, lines.more_lines, self._continued, row, upto)


class WithinParser(SeparatorParser):
    """Runs a separator program, and finds fields within the text of one."""

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        assert fmt.within is not None
        super().__init__(fmt, wanted, capacity)
        self.scales |= fmt.within.scales
        self._finder = Finder(fmt.within, (*self.columns, *self.further(self.columns)))
        self._times = bool(fmt.within.times)

    def further(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns that are stored because others follow from them."""
        return self.format.within.helpers(columns) if self.format.within is not None else ()

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        super().parse(buffer, begin, end, row, counters)
        lines, base, upto = self.lines, buffer.ctypes.data, int(counters[tokenize.ROWS])
        self._finder.find(base, lines, row, upto)
        if self._times:
            counters[tokenize.ZONELESS] += self._finder.find_times(base, lines, row, upto)
            counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = span(lines.times[row:upto])
