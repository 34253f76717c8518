"""Lines of fields between delimiters, whose columns a header names: CSV, TSV, W3C extended logs and their kin.

A layout, made of the header, says which field fills which column. A line has exactly as many fields as the header has
names. Between blanks, several count as one. A field may stand in double quotes, which are doubled inside; where
`quotes` is LENIENT, one that does not end before a delimiter is text. Where `room` is given, a line break inside quotes
belongs to the field; a record of several lines that is none is rejected with its first line alone, and what follows is
read anew. The kernel stops before a line that may change the layout, which its caller reads.
"""

# numba kernels are called by position; numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import blank_line_end, find_byte, rest_stands, skip_nuls
from logproc.kernels.jit import kernel
from logproc.kernels.jsonlines import BLANKS, LINES, MISSING, PLAIN, REJECTS, ROWS
from logproc.kernels.jsonscan import next_newline
from logproc.kernels.memory import load_byte, store_byte
from logproc.kernels.rewrite import bring_together, undo_doubled, undo_signs
from logproc.kernels.simd import find_or_newline

STOPPED = 4
"""Cell of the counters: 1 where the kernel stopped before a directive."""

LITERAL, QUOTED, LENIENT = range(3)
"""What `quotes` may be."""

NO_HEADER, WRONG_COUNT, OPEN_QUOTE, BEHIND_QUOTE, STRAY_QUOTE = range(1, 6)
REASONS = {
    NO_HEADER: "no header before it",
    WRONG_COUNT: "not as many fields as the header",
    OPEN_QUOTE: "quote that nothing closes",
    BEHIND_QUOTE: "text behind a quoted field",
    STRAY_QUOTE: "quote in a field without quotes",
}
"""Why a line was rejected, by the code in `reject_reason`."""

_QUOTE = np.uint8(34)
BLANK, NEWLINE, RETURN, COMMENT, QUESTION = 32, 10, 13, 35, 63


@kernel(
    "i8, i8, i8, u1, i8, i8, i8, i8, i8, i4[], u1[], u1[], i8, i8, i8, i8, "
    "i4[,], i4[,], u1[,], i4[], i4[], i4[], i4[], i4[], u1[], i8[] -> i8"
)
def tokenize_fields(
    base,
    begin,
    end,
    delimiter,
    quotes,
    room,
    more,
    directives,
    n_fields,
    column_of,
    signs_of,
    header,
    header_length,
    path_column,
    query_column,
    target_column,
    starts,
    ends,
    styles,
    row_offset,
    row_line,
    more_lines,
    reject_offset,
    reject_line,
    reject_reason,
    counters,
):
    """Tokenize the lines of [begin, end) of the buffer at `base` and return the position behind the last one done.

    The last byte must be a newline, and 128 bytes past `end` readable. With `directives`, a line that begins with # is
    counted as blank; before #Fields and #Date (and #fields) the kernel stops. `column_of` (int32[n_fields]) is the
    column of each field or -1, `signs_of` what `rewrite.undo_signs` does to it. A line equal to the `header_length`
    bytes of `header` counts as blank. `target_column`, if not -1, becomes path?query of the columns given. The other
    arrays and the counters are those of `jsonlines.tokenize_json`, and the lines of each row but its first. A record
    has at most `room` bytes, or one line where that is 0; with `more`, the kernel stops before one that may go on.
    """
    n_columns = starts.shape[0]
    max_rows, max_rejects = row_offset.shape[0], reject_offset.shape[0]
    row, rejects, line, blanks = counters[ROWS], counters[REJECTS], counters[LINES], counters[BLANKS]
    header_base = header.ctypes.data
    counters[STOPPED] = 0
    i = np.int64(begin)
    while i < end and row < max_rows and rejects < max_rejects:
        line_start = i
        first = load_byte(base, i)
        if first == 0:
            i = skip_nuls(base, i)
            first = load_byte(base, i)
        if first <= BLANK:
            newline = blank_line_end(base, i)
            if newline >= 0:
                blanks += 1
                line += 1
                i = newline + 1
                continue
            while delimiter == BLANK and load_byte(base, i) == BLANK:
                i += 1
        if first == COMMENT and directives != 0:
            letter = load_byte(base, i + 1) | 32
            if letter == 102 or letter == 100:
                counters[STOPPED] = 1
                break
            blanks += 1
            line += 1
            i = next_newline(base, i) + 1
            continue
        if (
            header_length > 0
            and load_byte(base, i) == header[0]
            and rest_stands(base, i, header_base, 0, header_length)
        ):
            after = load_byte(base, i + header_length)
            if after == NEWLINE or (after == RETURN and load_byte(base, i + header_length + 1) == NEWLINE):
                blanks += 1
                line += 1
                i = next_newline(base, i + header_length) + 1
                continue
        reason = NO_HEADER if n_fields == 0 else 0
        for column in range(n_columns):
            starts[column, row] = -1
            ends[column, row] = -1
            styles[column, row] = MISSING
        f = 0
        lines = 0
        is_open = False
        while reason == 0:
            s = i
            doubled = False
            closed = -1
            if quotes != LITERAL and load_byte(base, s) == 34:
                q = find_or_newline(base, s + 1, _QUOTE)
                while True:
                    if load_byte(base, q) == NEWLINE:
                        if room == 0 or q + 1 - line_start > room:
                            break
                        if q + 1 >= end:
                            is_open = more != 0
                            break
                        lines += 1
                        q = find_or_newline(base, q + 1, _QUOTE)
                    elif load_byte(base, q + 1) == 34:
                        doubled = True
                        q = find_or_newline(base, q + 2, _QUOTE)
                    else:
                        break
                after = load_byte(base, q + 1)
                if load_byte(base, q) == NEWLINE:
                    if quotes == QUOTED:
                        reason = OPEN_QUOTE
                        break
                elif after == delimiter or after == NEWLINE or (after == RETURN and load_byte(base, q + 2) == NEWLINE):
                    closed = q
                elif quotes == QUOTED:
                    reason = BEHIND_QUOTE
                    break
            if closed >= 0:
                s += 1
                e = closed
                i = closed + 1
                if load_byte(base, i) == RETURN:
                    i += 1
            else:
                doubled = False
                i = find_or_newline(base, s, delimiter)
                e = i
                if load_byte(base, e) == NEWLINE and e > s and load_byte(base, e - 1) == RETURN:
                    e -= 1
                if quotes == QUOTED and find_byte(base, s, e, _QUOTE) < e:
                    reason = STRAY_QUOTE
                    break
            if f < n_fields:
                column = np.int64(column_of[f])
                if column >= 0 and e > s and not (e == s + 1 and load_byte(base, s) == 45):
                    starts[column, row] = s
                    ends[column, row] = e
                    styles[column, row] = PLAIN + (8 if doubled else 0) + 16 * signs_of[f]
            f += 1
            if load_byte(base, i) == NEWLINE:
                break
            i += 1
            if delimiter == BLANK:
                while load_byte(base, i) == BLANK:
                    i += 1
                if load_byte(base, i) == NEWLINE or (
                    load_byte(base, i) == RETURN and load_byte(base, i + 1) == NEWLINE
                ):
                    break
        if reason == 0 and f != n_fields:
            reason = WRONG_COUNT
        if is_open:
            i = line_start
            break
        if reason != 0 or lines == 0:
            i = next_newline(base, line_start if reason != 0 else i)
        if reason != 0:
            lines = 0
            reject_offset[rejects] = line_start
            reject_line[rejects] = line
            reject_reason[rejects] = reason
            rejects += 1
        else:
            for column in range(n_columns):
                style = np.int64(styles[column, row])
                if style > PLAIN:
                    s, e = np.int64(starts[column, row]), np.int64(ends[column, row])
                    if style & 8 != 0:
                        e = undo_doubled(base, s, e)
                    ends[column, row] = undo_signs(base, s, e, style >> 4)
                    styles[column, row] = PLAIN
            if target_column >= 0 and starts[target_column, row] < 0 and starts[path_column, row] >= 0:
                s, e = np.int64(starts[path_column, row]), np.int64(ends[path_column, row])
                q, q_end = np.int64(starts[query_column, row]), np.int64(ends[query_column, row])
                if q > e:
                    # The byte before a query is a delimiter or a quote, which becomes the question mark.
                    bring_together(base, e, q - 1, q_end)
                    shift = q_end - (q - 1)
                    for column in range(n_columns):
                        at = np.int64(starts[column, row])
                        if e <= at < q - 1:
                            starts[column, row] = at + shift
                            ends[column, row] += shift
                    store_byte(base, e, QUESTION)
                    starts[query_column, row] = e + 1
                    ends[query_column, row] = e + shift
                    e += shift
                starts[target_column, row] = s
                ends[target_column, row] = e
                styles[target_column, row] = PLAIN
            row_offset[row] = line_start
            row_line[row] = line
            more_lines[row] = lines
            row += 1
        line += 1 + lines
        i += 1
    counters[ROWS] = row
    counters[REJECTS] = rejects
    counters[LINES] = line
    counters[BLANKS] = blanks
    return i
