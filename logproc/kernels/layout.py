"""How a separator program and the arrays it writes to are laid out for `tokenize`, and the numbers both sides use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TEXT, INTEGER, DECIMAL, CLF_TIME, ISO_TIME, EPOCH_SECONDS, EPOCH_MILLIS, EPOCH_MICROS = range(8)
REQUEST, TARGET, DECIMAL_LIST, COUNT, DURATION, LOOSE_INTEGER, ENDPOINT, LOCAL_TIME = range(8, 16)
PRIORITY, SYSLOG, ELEMENTS = 16, 17, 18
STAMP, LEVEL, LOGGER, BRACKETED, WORDS, NUMBER, LITERAL, LETTER, CODE, TAG, TRAILED, MEASURED = range(19, 31)
"""What a slot means, as in `formats.program.Meaning`."""

QUOTED, COMMA_LIST, LONG = 1, 2, 4
UNUSUAL, SKIPPED, BARE, MAY_END, TAIL, PADDED, SOLID, LINE_TIME, PASSED_BY = 8, 16, 32, 64, 128, 256, 512, 1024, 2048
"""Bits of a slot's flags; LONG: the terminator is longer than a word; TAIL: the line may have ended before.

UNUSUAL stands beside any of the bits behind it, an opening and the meanings from PRIORITY on: the slots of the usual
access logs are spared all those questions by one.
"""

NO_MATCH, BAD_NUMBER, BAD_TIME, HEADLESS = 1, 2, 3, 4
REASONS = {
    NO_MATCH: "no match",
    BAD_NUMBER: "bad number",
    BAD_TIME: "bad time",
    HEADLESS: "continuation without a record",
}
"""Why a line was rejected, by the code in `LineArrays.reject_reason`."""

POSITION, ROWS, REJECTS, BLANKS, LINES, ZONELESS, FIRST_TIME, LAST_TIME = range(8)
LEADING, STATE, MORE, RECORD_BYTES, OPEN_ROW, OPEN_AT, OPEN_LINES, OPEN_BLANKS = range(8, 16)
NO_FIRST_TIME = 2**63 - 1
"""What FIRST_TIME says where no line has a time: `min` with any time gives that time."""

COUNTERS = 16
"""Cells of the `counters` that a tokenizer returns in; those from LEADING on are for records of several lines.

STATE, MORE and RECORD_BYTES are given: what came before, whether more lines will come behind the last, and how many
bytes a record may have. LEADING are continuation lines of a record that an earlier call gave out, STATE is what the
next call must be given. The others are the tokenizer's own: row and position of the open record, and the lines and
blank lines before it.
"""

FRESH, FULL, SKIP, OPEN = range(4)
"""States: no record is open, so that a line that goes on is refused; the open one takes no more bytes, or is given out;
lines are passed over up to the first record; a record is open (inside a call only)."""

METHOD, TARGET_COLUMN, PATH, QUERY, PROTOCOL, VHOST, PORT, FACILITY, SEVERITY, HOST, PROGRAM, PID = range(12)
"""Cells of `ProgramArrays.derived`: columns that a slot or a CLF head yields beside the slots' own."""

BYTE, LENGTH, FIXED, MEANING, FLAGS, STORE, WORD, MASK = range(8)
REST, REST_END, OPENING, OPENING_MASK, OPENING_LENGTH, SECOND = range(8, 14)
"""Columns of `ProgramArrays.slots`; those that every slot needs are together in a line of the cache."""
SLOT_CELLS = 16
SLOT_BYTES = 8 * SLOT_CELLS

PREFIX, PREFIX_LENGTH, SLOTS, N_SLOTS, TERMINATORS, EXTRA, CLF_HEAD, HEAD_SLOTS, INNER, GROWS, IN_MESSAGE = range(11)
HEADERS, DERIVED, ABREAST, READ_UNUSUAL = 11, 12, 24, 25
"""Cells of a described program; the cells of `derived` begin at DERIVED."""

(
    STARTS,
    ENDS,
    TIMES,
    ROW_OFFSET,
    ROW_LINE,
    REJECT_OFFSET,
    REJECT_LINE,
    REJECT_REASON,
    ZONES,
    CAPACITY,
    SCRATCH,
    COUNTS,
    MORE_LINES,
) = range(13)
"""Cells of described line arrays."""


class ProgramArrays(NamedTuple):
    """A separator program as arrays; n is the number of slots.

    `slots` int64[n, SLOT_CELLS]: the first byte of the terminator (without a newline), its length (0: the field ends
    at a newline, or at the blank that BYTE is), the exact length of the field or 0, its meaning, flags, output column
    or -1, the terminator's first eight bytes with their mask, where in `rest` stands what does not fit a word, the
    opening with its mask and length, and the output column of a port or -1. `derived` int64[12] holds the output
    columns of what is derived, or -1. `head` is the number of slots that tell where a record begins (0: every line is
    one), `inner` says that newlines stand inside the head, `grows` is the output column that further lines go to, or
    -1, and `in_message` that it is one of the slots'. `headers` are pairs of a word and its mask, up to one of zeros:
    lines that begin so count as blank ones. `abreast` says that all slots are of the kinds that `abreast` reads.
    """

    prefix: NDArray[np.uint8]
    prefix_length: int
    slots: NDArray[np.int64]
    rest: NDArray[np.uint8]
    derived: NDArray[np.int64]
    extra: bool
    clf_head: bool
    head: int = 0
    inner: bool = False
    grows: int = -1
    in_message: bool = False
    headers: NDArray[np.int64] = np.zeros(2, np.int64)
    abreast: bool = False

    @property
    def is_unusual(self) -> bool:
        """Tell whether a slot is unusual."""
        return bool((self.slots[:, FLAGS] & UNUSUAL != 0).any())

    def described(self, read_unusual: int) -> NDArray[np.int64]:
        """Return the addresses and numbers that `tokenize` reads; the arrays must outlive them.

        `read_unusual` is the address of the kernel of that name, which reads unusual slots: any number without one.
        """
        addresses = [self.prefix.ctypes.data, self.prefix_length, self.slots.ctypes.data, len(self.slots)]
        flags = [self.rest.ctypes.data, int(self.extra), int(self.clf_head)]
        records = [self.head, int(self.inner), self.grows, int(self.in_message), self.headers.ctypes.data]
        others = [*self.derived.tolist(), int(self.abreast), read_unusual]
        return np.array([*addresses, *flags, *records, *others], np.int64)


class LineArrays(NamedTuple):
    """Where tokenizers write: one row a matched line, one reject a refused one; as many of each.

    starts, ends int32[columns, rows]; styles uint8[columns, rows]; times int64[rows]; row_offset, row_line
    int32[rows]; reject_offset, reject_line int32[rows]; reject_reason uint8[rows]; zoneless uint8[rows], 1 where a
    time had no zone; more_lines int32[rows], the lines of the row behind its first.
    """

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    styles: NDArray[np.uint8]
    times: NDArray[np.int64]
    row_offset: NDArray[np.int32]
    row_line: NDArray[np.int32]
    reject_offset: NDArray[np.int32]
    reject_line: NDArray[np.int32]
    reject_reason: NDArray[np.uint8]
    zoneless: NDArray[np.uint8]
    more_lines: NDArray[np.int32]

    def described(self, scratch: NDArray[np.int64], counters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the addresses that `tokenize` writes to; the arrays must outlive them.

        `scratch` is int64[unusual.WORKSPACE], zeros at first, `counters` int64[COUNTERS].
        """
        arrays = (self.starts, self.ends, self.times, self.row_offset, self.row_line, self.reject_offset)
        others = (self.reject_line, self.reject_reason, self.zoneless)
        addresses = [array.ctypes.data for array in (*arrays, *others)]
        return np.array(
            [*addresses, len(self.times), scratch.ctypes.data, counters.ctypes.data, self.more_lines.ctypes.data],
            np.int64,
        )
