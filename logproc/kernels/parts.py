"""Lines of containers: what CRI writes, and messages that container runtimes have cut into parts.

Docker and containerd cut a line after 16 KiB. All parts but the last lack the line's end (Docker) or are tagged P
(CRI); parts of one stream that follow each other are one record. Texts are moved together where they stand in the
buffer.
"""

# numba kernels are called by position; numba compiles == faster than `in`
from __future__ import annotations

import numpy as np

from logproc.kernels.fields import blank_line_end, skip_nuls
from logproc.kernels.jit import helper, kernel
from logproc.kernels.jsonlines import BLANKS, ESCAPED, LINES, MISSING, PLAIN, REJECTS, ROWS
from logproc.kernels.jsonscan import next_newline
from logproc.kernels.memory import load_byte, store_byte
from logproc.kernels.simd import find_or_newline

NO_MATCH = 1
REASONS = {NO_MATCH: "no match"}
_BLANK = np.uint8(32)


@kernel("i8, i8, i8, i8, i8, i8, i8, i4[,], i4[,], u1[,], i4[], i4[], i4[], i4[], u1[], i8[] -> i8")
def tokenize_cri(
    base, begin, end, time, stream, tag, message, starts, ends, styles, row_offset, row_line, reject_offset,
    reject_line, reject_reason, counters,
):  # fmt: skip
    """Tokenize lines `TIME stdout F text` as `jsonlines.tokenize_json` does JSON, into the four columns named.

    Source: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
    """
    n_columns = starts.shape[0]
    max_rows, max_rejects = row_offset.shape[0], reject_offset.shape[0]
    row, rejects, line, blanks = counters[ROWS], counters[REJECTS], counters[LINES], counters[BLANKS]
    i = np.int64(begin)
    while i < end and row < max_rows and rejects < max_rejects:
        line_start = i
        if load_byte(base, i) <= 32:
            newline = blank_line_end(base, i)
            if newline >= 0:
                blanks += 1
                line += 1
                i = newline + 1
                continue
            i = skip_nuls(base, i)
        newline = next_newline(base, i)
        first = find_or_newline(base, i, _BLANK)
        second = find_or_newline(base, min(first + 1, newline), _BLANK)
        last = newline
        if last > second and load_byte(base, last - 1) == 13:
            last -= 1
        third = min(find_or_newline(base, min(second + 1, newline), _BLANK), last)
        letter = load_byte(base, second + 1) if second < newline else 0
        is_stream = second - first == 7 and load_byte(base, first + 1) == 115 and load_byte(base, first + 2) == 116
        is_tag = (letter == 80 or letter == 70) and (third == second + 2 or load_byte(base, second + 2) == 58)
        digit = load_byte(base, i)
        if is_stream and is_tag and 48 <= digit <= 57 and load_byte(base, i + 10) == 84:
            for column in range(n_columns):
                starts[column, row] = -1
                ends[column, row] = -1
                styles[column, row] = MISSING
            starts[time, row], ends[time, row], styles[time, row] = i, first, PLAIN
            starts[stream, row], ends[stream, row], styles[stream, row] = first + 1, second, PLAIN
            starts[tag, row], ends[tag, row], styles[tag, row] = second + 1, third, PLAIN
            starts[message, row], ends[message, row], styles[message, row] = min(third + 1, last), last, PLAIN
            row_offset[row] = line_start
            row_line[row] = line
            row += 1
        else:
            reject_offset[rejects] = line_start
            reject_line[rejects] = line
            reject_reason[rejects] = NO_MATCH
            rejects += 1
        line += 1
        i = newline + 1
    counters[ROWS] = row
    counters[REJECTS] = rejects
    counters[LINES] = line
    counters[BLANKS] = blanks
    return i


@helper
def _ends_line(base, s, e):
    r"""Return the length of the escape \n, or \r\n, that ends the JSON text [s, e), 0 if none does."""
    if e < s + 2 or load_byte(base, e - 1) != 110:
        return 0
    i = e - 1
    while i > s and load_byte(base, i - 1) == 92:
        i -= 1
    if (e - 1 - i) & 1 == 0:
        return 0
    if e >= s + 4 and load_byte(base, e - 3) == 114 and load_byte(base, e - 4) == 92:
        k = e - 3
        while k > s and load_byte(base, k - 1) == 92:
            k -= 1
        if (e - 3 - k) & 1 == 1:
            return 4
    return 2


@kernel("i8, i4[,], i4[,], i8, i8, i8, i8, u1[] -> none")
def mark_parts(base, starts, ends, begin, upto, message, tag, partial):
    """Write 1 to `partial` for each row of [begin, upto) whose line goes on in another one, else 0.

    `tag` is the column of CRI's tag, or -1 where the message is JSON text that a line's end ends.
    """
    for row in range(begin, upto):
        s = np.int64(starts[message, row])
        if tag >= 0:
            partial[row] = load_byte(base, starts[tag, row]) == 80
        else:
            partial[row] = s >= 0 and _ends_line(base, s, np.int64(ends[message, row])) == 0


@helper
def same_stream(base, starts, ends, stream, one, other):
    """Tell whether two rows have the same stream, or none."""
    s, t = np.int64(starts[stream, one]), np.int64(starts[stream, other])
    length = np.int64(ends[stream, one]) - s
    if s < 0 or t < 0:
        return s < 0 and t < 0
    if np.int64(ends[stream, other]) - t != length:
        return False
    for k in range(length):
        if load_byte(base, s + k) != load_byte(base, t + k):
            return False
    return True


@kernel("i8, i4[,], i4[,], i8, i8, i8, i8, i4[], i4[], u1[], i8, i4[] -> none")
def group_parts(base, starts, ends, begin, upto, message, stream, row_offset, row_line, partial, record_bytes, first):
    """Write to `first` for each row of [begin, upto) the row in which its record begins.

    A row belongs to the record of the row before it if that is partial, of the line before and of the same stream, and
    as long as the record has at most `record_bytes`.
    """
    for row in range(begin, upto):
        first[row] = row
        if row == begin or partial[row - 1] == 0 or row_line[row] != row_line[row - 1] + 1:
            continue
        head = first[row - 1]
        if np.int64(ends[message, row]) - row_offset[head] > record_bytes:
            continue
        if same_stream(base, starts, ends, stream, row - 1, row):
            first[row] = head


@kernel("i8, i4[,], i4[,], u1[,], i8, i8, i8, i8, i4[], i4[], i4[], i8[], u1[], i4[] -> i8")
def join_parts(
    base, starts, ends, styles, begin, upto, message, tag, row_offset, row_line, more_lines, times, zoneless, first
):
    """Make one row of each record of [begin, upto), and return where they end.

    A record has the time of its first row. Other fields than the message are those of the first row that stand before
    its message, and those of the last that stand behind its own: what was between is overwritten.
    """
    w = begin - 1
    head = np.int64(-1)
    for row in range(begin, upto):
        s, e = np.int64(starts[message, row]), np.int64(ends[message, row])
        if tag < 0 and s >= 0:
            e -= _ends_line(base, s, e)
        if first[row] != head:
            head = first[row]
            w += 1
            for column in range(starts.shape[0]):
                starts[column, w] = starts[column, row]
                ends[column, w] = ends[column, row]
                styles[column, w] = styles[column, row]
            ends[message, w] = e
            row_offset[w] = row_offset[row]
            row_line[w] = row_line[row]
            times[w] = times[row]
            zoneless[w] = zoneless[row]
            more_lines[w] = 0
            continue
        k = np.int64(ends[message, w])
        for i in range(s, e):
            store_byte(base, k, load_byte(base, i))
            k += 1
        for column in range(starts.shape[0]):
            if column == message or starts[column, w] < starts[message, w]:
                continue
            behind = starts[column, row] > s
            starts[column, w] = starts[column, row] if behind else -1
            ends[column, w] = ends[column, row]
            styles[column, w] = styles[column, row] if behind else MISSING
        ends[message, w] = k
        if styles[message, row] == ESCAPED:
            styles[message, w] = ESCAPED
        more_lines[w] += 1
    return w + 1
