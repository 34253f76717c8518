"""Parsers: a format and the columns that are wanted, made into one call of a kernel per block.

Both engines write the same `LineArrays` and the same counters, so that the worker knows one loop for all formats.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np

from logproc.formats.format import DERIVED as FIXED_NAMES
from logproc.formats.format import Format
from logproc.formats.jsonl import wanted_paths
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.formats.zones import EPOCH, local_clock
from logproc.kernels import jsonlines, layout, tokenize
from logproc.kernels.decode import NO_TIME, SCRATCH_SIZE, decode_times
from logproc.kernels.layout import LineArrays, ProgramArrays
from logproc.kernels.stamps import DATE_CELL, LATEST_CELL, LATEST_YEAR_CELL
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CAPACITY = 8192
"""Rows, and rejects, that a parser holds before they are taken over.

As many as a block of 1 MiB has lines of 128 bytes: all that is done for a batch in Python is done once a block.
"""

DERIVED = (
    *("method", "target", "path", "query", "protocol", "vhost", "port"),
    *("facility", "severity", "host", "program", "pid"),
)
"""Columns in the order of `ProgramArrays.derived`."""

DAY = 24 * 3600 * 10**6
"""Microseconds of a day: a file's mtime may be that of another clock than the lines'."""

UNKNOWN = Format("unknown", "unknown", "separator", Program(b"\0", ()), "no format: every line is refused")
"""Stands for a file that no format fits: its lines are read, counted and refused."""


class Parser(Protocol):
    """Tokenises blocks of one format."""

    format: Format
    columns: tuple[str, ...]
    lines: LineArrays
    scales: dict[str, float]
    lists: frozenset[str]
    places: dict[str, tuple[int, int, int]]
    reasons: dict[int, str]

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Say when the file that comes next was written last: its times without a year are not a day later."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on; `counters` as in `kernels.tokenize`."""


def _line_arrays(columns: int, capacity: int) -> LineArrays:
    return LineArrays(
        starts=np.full((columns, capacity), -1, np.int32),
        ends=np.full((columns, capacity), -1, np.int32),
        styles=np.zeros((columns, capacity), np.uint8),
        times=np.full(capacity, NO_TIME, np.int64),
        row_offset=np.empty(capacity, np.int32),
        row_line=np.empty(capacity, np.int32),
        reject_offset=np.empty(capacity, np.int32),
        reject_line=np.empty(capacity, np.int32),
        reject_reason=np.empty(capacity, np.uint8),
        zoneless=np.zeros(capacity, np.uint8),
    )


def _places(columns: tuple[str, ...], lines: LineArrays) -> dict[str, tuple[int, int, int]]:
    """Return the addresses of each column's starts, ends and styles."""
    arrays = (lines.starts, lines.ends, lines.styles)
    return {
        name: (arrays[0][k].ctypes.data, arrays[1][k].ctypes.data, arrays[2][k].ctypes.data)
        for k, name in enumerate(columns)
    }


def _word(text: bytes) -> tuple[int, int]:
    """Return the first eight bytes of a text as a little-endian number, and the mask of those that count."""
    word, mask = (np.frombuffer(part.ljust(8, b"\0"), np.int64)[0] for part in (text[:8], b"\xff" * len(text[:8])))
    return int(word), int(mask)


def _flags(slot: Slot, terminator: bytes, *, tail: bool) -> int:
    usual = layout.QUOTED * slot.quoted + layout.COMMA_LIST * slot.comma_list + layout.LONG * (len(terminator) > 8)
    unusual = layout.SKIPPED * (slot.missing is Missing.SKIPPED) + layout.BARE * (slot.missing is Missing.BARE)
    unusual += layout.MAY_END * slot.may_end + layout.TAIL * tail + layout.PADDED * slot.padded
    unusual += layout.SOLID * slot.solid + layout.LINE_TIME * (slot.meaning is Meaning.SYSLOG and slot.name == "time")
    is_unusual = unusual or slot.opening or slot.meaning >= Meaning.SYSLOG
    return usual + unusual + layout.UNUSUAL * bool(is_unusual)


def program_arrays(program: Program, columns: tuple[str, ...]) -> ProgramArrays:
    """Lay a program out for the kernel, storing the columns that are wanted."""
    place = {name: number for number, name in enumerate(columns)}
    slots = np.zeros((len(program.slots), layout.SLOT_CELLS), np.int64)
    rest = b""
    tail = False
    for f, slot in enumerate(program.slots):
        text = slot.terminator.removesuffix(b"\n")
        first = text[0] if text else (ord(" ") if program.extra else ord("\n"))
        stored = tuple(place.get(name, -1) if name else -1 for name in (slot.name, slot.port_name))
        cells = (first, len(text), slot.length, slot.meaning, _flags(slot, text, tail=tail), stored[0], *_word(text))
        others = (len(rest), len(rest) + len(text[8:]), *_word(slot.opening), len(slot.opening), stored[1])
        slots[f, : len(cells) + len(others)] = (*cells, *others)
        rest += text[8:]
        tail = tail or slot.may_end or slot.meaning is Meaning.ELEMENTS
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
    )


class SeparatorParser:
    """Runs a separator program."""

    reasons = tokenize.REASONS

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        program = fmt.program or Program(b"\0", ())
        self.format = fmt
        self.columns = tuple(name for name in fmt.fields if name in frozenset(wanted) and name != "time")
        self.lines = _line_arrays(len(self.columns), capacity)
        self.places = _places(self.columns, self.lines)
        self.scales = {slot.name: slot.scale for slot in program.slots if slot.name and slot.scale != 1.0}
        self.lists = frozenset(s.name for s in program.slots if s.name and s.meaning is Meaning.DECIMAL_LIST)
        self.counters = np.zeros(tokenize.COUNTERS, np.int64)
        self._arrays = (program_arrays(program, self.columns), np.zeros(SCRATCH_SIZE, np.int64))
        self._program = self._arrays[0].described()
        self._lines = self.lines.described(self._arrays[1], self.counters)
        # Integers are all that a call passes: numba looks at each array of each call, for longer than a few lines take.
        self.addresses = (self._program.ctypes.data, self._lines.ctypes.data)

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Give times without a year, in this zone, the latest one that is not a day after the file's mtime."""
        latest = local_clock(mtime_ns // 1000 + DAY, zone)
        scratch = self._arrays[1]
        scratch[LATEST_CELL], scratch[LATEST_YEAR_CELL] = (latest - EPOCH) // timedelta(microseconds=1), latest.year
        scratch[DATE_CELL] = 0

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        tokenize.tokenize(buffer.ctypes.data, begin, end, row, *self.addresses)
        counters[:] = self.counters


class JsonParser:
    """Reads JSON lines; column 0 is the time."""

    reasons = jsonlines.REASONS
    scales: dict[str, float] = {}  # noqa: RUF012 - the same for all, and empty
    lists: frozenset[str] = frozenset()

    def __init__(self, fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> None:
        self.format = fmt
        self.columns = ("time", *sorted(frozenset(wanted) - {"time"}))
        self.lines = _line_arrays(len(self.columns), capacity)
        self.places = _places(self.columns, self.lines)
        self._paths = jsonlines.build_paths(wanted_paths(self.columns))
        self._counters = np.zeros(4, np.int64)
        self._zoneless_rows = np.empty(capacity, np.int32)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)

    def reach(self, mtime_ns: int, zone: str) -> None:
        """Do nothing: a time in JSON has a year."""

    def parse(self, buffer: NDArray[np.uint8], begin: int, end: int, row: int, counters: NDArray[np.int64]) -> None:
        """Tokenise whole lines of buffer[begin:end] into rows from `row` on."""
        lines, own = self.lines, self._counters
        own[:] = (row, 0, 0, 0)
        base = buffer.ctypes.data
        position = jsonlines.tokenize_json(
            base, begin, end, self._paths, lines.starts, lines.ends, lines.styles, lines.row_offset, lines.row_line,
            lines.reject_offset, lines.reject_line, lines.reject_reason, own,
        )  # fmt: skip
        upto = int(own[jsonlines.ROWS])
        times = lines.times[row:upto]
        zoneless, _undecoded = decode_times(
            base, lines.starts[0, row:upto], lines.ends[0, row:upto], lines.styles[0, row:upto], upto - row, times,
            self._zoneless_rows, self._scratch,
        )  # fmt: skip
        lines.zoneless[row:upto] = 0
        lines.zoneless[row + self._zoneless_rows[:zoneless]] = 1
        counters[tokenize.POSITION] = position
        counters[tokenize.ROWS] = upto
        counters[tokenize.REJECTS] = own[jsonlines.REJECTS]
        counters[tokenize.BLANKS] = own[jsonlines.BLANKS]
        counters[tokenize.LINES] = own[jsonlines.LINES]
        counters[tokenize.ZONELESS] = zoneless
        counters[tokenize.FIRST_TIME], counters[tokenize.LAST_TIME] = span(times)


def span(times: NDArray[np.int64]) -> tuple[int, int]:
    """Return the least and the greatest time, (2**63 - 1, NO_TIME) where no row has one."""
    known = times[times != NO_TIME]
    return (int(known.min()), int(known.max())) if len(known) else (2**63 - 1, NO_TIME)


def new_parser(fmt: Format, wanted: Iterable[str], capacity: int = CAPACITY) -> Parser:
    """Return a parser that yields the wanted columns, as far as the format has them."""
    return (JsonParser if fmt.engine == "jsonl" else SeparatorParser)(fmt, wanted, capacity)


_MATCH_ROWS = 4096


class Matcher:
    """Counts the lines of a text that a format reads and refuses; one a thread, since its parsers have arrays."""

    def __init__(self) -> None:
        self._parsers: dict[Format, Parser] = {}
        self._counters = np.zeros(tokenize.COUNTERS, np.int64)
        self._buffer = np.zeros(1 << 16, np.uint8)

    def __call__(self, fmt: Format, text: bytes) -> tuple[int, int]:
        """Return (matched, rejected) lines; blank lines are neither."""
        parser = self._parsers.get(fmt)
        if parser is None:
            parser = self._parsers[fmt] = new_parser(fmt, (), _MATCH_ROWS)
        size = len(text)
        if len(self._buffer) < size + 1 + PADDING:
            self._buffer = np.zeros(2 * size + 1 + PADDING, np.uint8)
        buffer, counters = self._buffer, self._counters
        buffer[:size] = np.frombuffer(text, np.uint8)
        if size and text[-1] != 10:
            buffer[size] = 10
            size += 1
        matched = rejected = position = 0
        while position < size:
            parser.parse(buffer, position, size, 0, counters)
            position, rows, rejects = counters[:3].tolist()
            matched += rows
            rejected += rejects
        return matched, rejected
