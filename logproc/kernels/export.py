"""Entries of systemd's journal in its export format, as offsets: where the values of the wanted fields stand.

An entry is some lines FIELD=value, and a blank line ends it. A value with a line break in it is binary: the field's
name alone on a line, eight bytes of its length, least first, the value, and a line's end. A line that is no field is
rejected alone; the entry keeps its others. A further `__CURSOR=` begins another entry, whether a blank line stands
before it or not.

Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format
"""

# numba kernels are called by position; numba compiles == faster than `in`
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from logproc.kernels.fields import blank_line_end
from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonlines import BLANKS, LINES, MISSING, PLAIN, REJECTS, ROWS
from logproc.kernels.jsonpaths import key_bucket
from logproc.kernels.jsonscan import next_newline, same_bytes
from logproc.kernels.memory import load_byte, load_word

if TYPE_CHECKING:
    from logproc.kernels.jsonpaths import PathTable

NO_FIELD, BAD_LENGTH = 1, 2
REASONS = {NO_FIELD: "no field of the journal", BAD_LENGTH: "binary value of another length"}
"""Why a line was rejected, by the code in `reject_reason`."""

LONGEST_NAME = 64
"""Bytes of a field's name, as journald allows."""

_CURSOR = int.from_bytes(b"__CURSOR", "little")


def tokenize_export(base: int, begin: int, end: int, more: int, record_bytes: int, paths: PathTable, *rest: Any) -> int:
    """Tokenize the entries of [begin, end) of the buffer at `base` and return the position behind the last one done.

    The last byte must be a newline, and 128 bytes past `end` readable. With `more`, an entry that nothing ends is left,
    as long as it has at most `record_bytes`. `rest` are the arrays of `jsonlines.tokenize_json`, but that behind
    `row_line` come `more_lines` and where each entry ends.
    """
    found = np.full((int(paths.first_path[-1]), 4), -1, np.int64)
    table = (paths.buckets, paths.edge_next, paths.edge_node, paths.edge_start, paths.edge_length, paths.edge_path)
    position: int = _tokenize(base, begin, end, more, record_bytes, *table, paths.arena, paths.first_path, found, *rest)
    return position


@helper
def _name_end(base, i):
    """Return where the capital letters, digits and underscores at i end."""
    byte = load_byte(base, i)
    while 65 <= byte <= 90 or byte == 95 or 48 <= byte <= 57:
        i += 1
        byte = load_byte(base, i)
    return i


@helper
def _lines_up_to(base, i, last):
    """Return how many lines stand from i to the newline at `last`; nothing behind that is looked at."""
    count = 1
    newline = next_newline(base, i)
    while newline < last:
        count += 1
        newline = next_newline(base, newline + 1)
    return count


@kernel(
    "i8, i8, i8, i8, i8, i4[], i4[], i4[], i4[], i4[], i4[], u1[], i4[], i8[,], "
    "i4[,], i4[,], u1[,], i4[], i4[], i4[], i4[], i4[], i4[], u1[], i8[] -> i8"
)
def _tokenize(
    base, begin, end, more, record_bytes, buckets, edge_next, edge_node, edge_start, edge_length, edge_path,
    arena_bytes, first_path, found, starts, ends, kinds, row_offset, row_line, more_lines, record_end, reject_offset,
    reject_line, reject_reason, counters,
):  # fmt: skip
    arena = arena_bytes.ctypes.data
    max_rows, max_rejects = row_offset.shape[0], reject_offset.shape[0]
    row, rejects, line, blanks = counters[ROWS], counters[REJECTS], counters[LINES], counters[BLANKS]
    i = np.int64(begin)
    while i < end and row < max_rows and rejects < max_rejects:
        newline = blank_line_end(base, i)
        if newline >= 0:
            blanks += 1
            line += 1
            i = newline + 1
            continue
        entry, entry_line, entry_rejects = i, line, rejects
        first_field, field_line, lines = np.int64(-1), line, 0
        closed = False
        is_cut = False
        while i < end and rejects < max_rejects:
            if blank_line_end(base, i) >= 0 or (
                lines > 0 and load_word(base, i) == _CURSOR and load_byte(base, i + 8) == 61
            ):
                closed = True
                break
            stop = _name_end(base, i)
            byte = load_byte(base, stop)
            first, last, count = stop + 1, np.int64(-1), 1
            reason = NO_FIELD
            if i < stop <= i + LONGEST_NAME:
                if byte == 61:
                    last = next_newline(base, stop)
                elif byte == 10:
                    reason = BAD_LENGTH
                    length = load_word(base, stop + 1)
                    first = stop + 9
                    if first > end:  # a byte of the length is 10, as a line's end: the rest was not read yet
                        length = record_bytes
                    if 0 <= length < end - first and load_byte(base, first + length) == 10:
                        last = first + length
                        count = _lines_up_to(base, i, last)
                    elif more != 0 and end - first <= length <= record_bytes:
                        is_cut = True
                        break
            if last < 0:
                reject_offset[rejects] = i
                reject_line[rejects] = line
                reject_reason[rejects] = reason
                rejects += 1
                line += 1
                i = next_newline(base, i) + 1
                continue
            if lines == 0:
                first_field, field_line = i, line
            edge = buckets[key_bucket(base, i, stop - i, 0)]
            while edge >= 0 and (
                edge_length[edge] != stop - i
                or edge_node[edge] != 0
                or not same_bytes(base, i, arena, np.int64(edge_start[edge]), stop - i)
            ):
                edge = edge_next[edge]
            path = np.int64(edge_path[edge]) if edge >= 0 else -1
            if path >= 0:
                value_end = last
                if byte == 61 and last > first and load_byte(base, last - 1) == 13:  # the journal has none in texts
                    value_end -= 1
                found[path, 0], found[path, 1], found[path, 3] = first, value_end, entry
                is_dash = value_end == first + 1 and load_byte(base, first) == 45
                found[path, 2] = MISSING if value_end == first or is_dash else PLAIN
            lines += count
            line += count
            i = last + 1
        if (is_cut or (not closed and i >= end and more != 0)) and end - entry <= record_bytes:
            i, line, rejects = entry, entry_line, entry_rejects
            break
        if is_cut:  # it is too long: the line of its name is none
            more = 0
            i, line, rejects = entry, entry_line, entry_rejects
            continue
        if lines == 0:
            continue
        row_offset[row] = first_field
        row_line[row] = field_line
        more_lines[row] = lines - 1
        record_end[row] = i
        for column in range(starts.shape[0]):
            starts[column, row] = -1
            ends[column, row] = -1
            kinds[column, row] = MISSING
            for path in range(first_path[column], first_path[column + 1]):
                if found[path, 3] == entry and found[path, 2] != MISSING:
                    starts[column, row] = found[path, 0]
                    ends[column, row] = found[path, 1]
                    kinds[column, row] = PLAIN
                    break
        row += 1
    counters[ROWS] = row
    counters[REJECTS] = rejects
    counters[LINES] = line
    counters[BLANKS] = blanks
    return i
