"""How a separator program and the arrays it writes to are laid out for `tokenize`, and the numbers both sides use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TEXT, INTEGER, DECIMAL, CLF_TIME, ISO_TIME, EPOCH_SECONDS, EPOCH_MILLIS, EPOCH_MICROS = range(8)
REQUEST, TARGET, DECIMAL_LIST, COUNT, DURATION, LOOSE_INTEGER, ENDPOINT, LOCAL_TIME = range(8, 16)
PRIORITY, SYSLOG, ELEMENTS = 16, 17, 18
"""What a slot means, as in `formats.program.Meaning`."""

QUOTED, COMMA_LIST, LONG = 1, 2, 4
UNUSUAL, SKIPPED, BARE, MAY_END, TAIL, PADDED, SOLID, LINE_TIME = 8, 16, 32, 64, 128, 256, 512, 1024
"""Bits of a slot's flags; LONG: the terminator is longer than a word; TAIL: the line may have ended before.

UNUSUAL stands beside any of the bits behind it, an opening and the meanings from PRIORITY on: the slots of the usual
access logs are spared all those questions by one.
"""

NO_MATCH, BAD_NUMBER, BAD_TIME = 1, 2, 3
REASONS = {NO_MATCH: "no match", BAD_NUMBER: "bad number", BAD_TIME: "bad time"}
"""Why a line was rejected, by the code in `LineArrays.reject_reason`."""

POSITION, ROWS, REJECTS, BLANKS, LINES, ZONELESS, FIRST_TIME, LAST_TIME = range(8)
COUNTERS = 8
"""Cells of the `counters` that a tokenizer returns in."""

METHOD, TARGET_COLUMN, PATH, QUERY, PROTOCOL, VHOST, PORT, FACILITY, SEVERITY, HOST, PROGRAM, PID = range(12)
"""Cells of `ProgramArrays.derived`: columns that a slot or a CLF head yields beside the slots' own."""

BYTE, LENGTH, FIXED, MEANING, FLAGS, STORE, WORD, MASK = range(8)
REST, REST_END, OPENING, OPENING_MASK, OPENING_LENGTH, SECOND = range(8, 14)
"""Columns of `ProgramArrays.slots`; those that every slot needs are together in a line of the cache."""
SLOT_CELLS = 16
SLOT_BYTES = 8 * SLOT_CELLS

PREFIX, PREFIX_LENGTH, SLOTS, N_SLOTS, TERMINATORS, EXTRA, CLF_HEAD, DERIVED = range(8)
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
) = range(12)
"""Cells of described line arrays."""


class ProgramArrays(NamedTuple):
    """A separator program as arrays; n is the number of slots.

    `slots` int64[n, SLOT_CELLS]: the first byte of the terminator (without a newline), its length (0: the field ends
    at a newline, or at the blank that BYTE is), the exact length of the field or 0, its meaning, flags, output column
    or -1, the terminator's first eight bytes with their mask, where in `rest` stands what does not fit a word, the
    opening with its mask and length, and the output column of a port or -1. `derived` int64[12] holds the output
    columns of what is derived, or -1.
    """

    prefix: NDArray[np.uint8]
    prefix_length: int
    slots: NDArray[np.int64]
    rest: NDArray[np.uint8]
    derived: NDArray[np.int64]
    extra: bool
    clf_head: bool

    def described(self) -> NDArray[np.int64]:
        """Return the addresses and numbers that `tokenize` reads; the arrays must outlive them."""
        addresses = [self.prefix.ctypes.data, self.prefix_length, self.slots.ctypes.data, len(self.slots)]
        flags = [self.rest.ctypes.data, int(self.extra), int(self.clf_head)]
        return np.array([*addresses, *flags, *self.derived.tolist()], np.int64)


class LineArrays(NamedTuple):
    """Where tokenizers write: one row a matched line, one reject a refused one; as many of each.

    starts, ends int32[columns, rows]; styles uint8[columns, rows]; times int64[rows]; row_offset, row_line
    int32[rows]; reject_offset, reject_line int32[rows]; reject_reason uint8[rows]; zoneless uint8[rows], 1 where a
    time had no zone.
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

    def described(self, scratch: NDArray[np.int64], counters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the addresses that `tokenize` writes to; the arrays must outlive them.

        `scratch` is int64[decode.SCRATCH_SIZE], `counters` int64[COUNTERS].
        """
        arrays = (self.starts, self.ends, self.times, self.row_offset, self.row_line, self.reject_offset)
        others = (self.reject_line, self.reject_reason, self.zoneless)
        addresses = [array.ctypes.data for array in (*arrays, *others)]
        return np.array([*addresses, len(self.times), scratch.ctypes.data, counters.ctypes.data], np.int64)
