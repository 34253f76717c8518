"""Lines of key=value (logfmt) and label:value (LTSV) as offsets: where the values of the wanted keys stand.

One pass over the bytes. Lines of one log repeat their keys in the same order, so each key is first compared with the
key at the same place of the line before; only where they differ it is looked up, as in `jsonlines`.

logfmt: pairs stand between blanks or control bytes. A value is bare (up to the next blank), or in double quotes, in
which a backslash hides the byte behind it, or in apostrophes. A key without = is true; a = without value and a dash are
null. LTSV: labels end at the first colon, values at the next tab; nothing is quoted. Where a key occurs twice the last
one counts. A line without any pair is refused.
What syslog writes in front of a message, <134>, is left out in front of logfmt.
"""

# numba kernels are called by position; numba compiles == faster than `in`
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.heads import priority_end
from logproc.kernels.jit import kernel
from logproc.kernels.jsonlines import BLANKS, BOOLEAN, ESCAPED, LINES, MISSING, PLAIN, REJECTS, ROWS
from logproc.kernels.jsonpaths import PathTable, key_bucket
from logproc.kernels.jsonscan import low_bytes, next_newline, same_bytes
from logproc.kernels.keyscan import apostrophe_end, quoted_end, value_end, word_end
from logproc.kernels.memory import load_byte, load_word
from logproc.kernels.simd import find_or_newline

LOGFMT, LTSV, PAIR_FIRST = range(3)
"""Dialects; PAIR_FIRST is logfmt whose lines begin with a pair, as nearly all do: other text has a = somewhere, too."""

NO_PAIR, NO_KEY, UNTERMINATED, STRAY_QUOTE = range(1, 5)
REASONS = {
    NO_PAIR: "no key and value",
    NO_KEY: "value without a key",
    UNTERMINATED: "unterminated quote",
    STRAY_QUOTE: "quote inside a key or value",
}
"""Why a line was rejected, by the code in `reject_reason`."""

_SHAPE_KEYS = 256  # keys of a line that are remembered for the next
_WORD, _MASK, _WORD2, _MASK2, _LENGTH, _START, _PATH = range(7)
_COLON, _TAB = np.uint8(58), np.uint8(9)


def tokenize_pairs(base: int, begin: int, end: int, dialect: int, true_at: int, paths: PathTable, *arrays: Any) -> int:
    """Tokenize the lines of [begin, end) of the buffer at `base` and return the position behind the last one done.

    The last byte must be a newline, and 128 bytes past `end` readable. `true_at` is where the word "true" stands in
    the buffer. Paths and arrays are those of `jsonlines.tokenize_json`; the kinds of values are PLAIN, ESCAPED (the
    escapes of JSON, and others) and BOOLEAN.
    """
    shape = np.empty((_SHAPE_KEYS, 7), np.int64)
    found = np.empty((int(paths.first_path[-1]), 4), np.int64)  # start, end and kind of each path's value, and its line
    table = (paths.buckets, paths.edge_next, paths.edge_node, paths.edge_start, paths.edge_length, paths.edge_path)
    rest: tuple[NDArray[Any], ...] = (paths.arena, paths.first_path, shape, found)
    position: int = _tokenize(base, begin, end, dialect, true_at, *table, *rest, *arrays)
    return position


@kernel(
    "i8, i8, i8, i8, i8, i4[], i4[], i4[], i4[], i4[], i4[], u1[], i4[], i8[,], i8[,], "
    "i4[,], i4[,], u1[,], i4[], i4[], i4[], i4[], u1[], i8[] -> i8"
)
def _tokenize(
    base,
    begin,
    end,
    dialect,
    true_at,
    buckets,
    edge_next,
    edge_node,
    edge_start,
    edge_length,
    edge_path,
    arena_bytes,
    first_path,
    shape,
    found,
    starts,
    ends,
    kinds,
    row_offset,
    row_line,
    reject_offset,
    reject_line,
    reject_reason,
    counters,
):
    for key_number in range(_SHAPE_KEYS):
        shape[key_number, _LENGTH] = -1
    for path in range(found.shape[0]):
        found[path, 3] = -1
    arena = arena_bytes.ctypes.data
    n_columns = starts.shape[0]
    max_rows, max_rejects = row_offset.shape[0], reject_offset.shape[0]
    row, rejects, line, blanks = counters[ROWS], counters[REJECTS], counters[LINES], counters[BLANKS]
    i = np.int64(begin)
    while i < end and row < max_rows and rejects < max_rejects:
        line_start = i
        reason = 0
        pairs = 0
        words = 0
        key_number = 0
        if load_word(base, i) & 0xFFFFFF == 0xBFBBEF:
            i += 3
        if dialect != LTSV and load_byte(base, i) == 60:  # firewalls send pairs behind a priority of syslog
            digits = priority_end(base, i + 1)
            if digits > 0 and load_byte(base, digits) == 62:
                i = digits + 1
                while load_byte(base, i) == 32:
                    i += 1
        text = i
        while True:
            byte = load_byte(base, i)
            while byte <= 32 and byte != 10:
                i += 1
                byte = load_byte(base, i)
            if byte == 10:
                break
            # ---- the key, which with its = or : is compared with the one of the line before
            words += 1
            path = np.int64(-1)
            key = i
            known = key_number < _SHAPE_KEYS
            length = shape[key_number, _LENGTH] if known else -1
            if (
                length > 0
                and load_word(base, i) & shape[key_number, _MASK] == shape[key_number, _WORD]
                and load_word(base, i + 8) & shape[key_number, _MASK2] == shape[key_number, _WORD2]
                and (length <= 16 or same_bytes(base, i + 16, base, shape[key_number, _START] + 16, length - 16))
            ):
                i += length
                path = shape[key_number, _PATH]
                assigned = True
            else:
                if dialect == LTSV:
                    i = find_or_newline(base, i, _COLON)
                    assigned = load_byte(base, i) == 58
                    tab = find_or_newline(base, key, _TAB)
                    if tab < i:
                        i = tab
                        assigned = False
                else:
                    i = word_end(base, i)
                    assigned = load_byte(base, i) == 61
                    if load_byte(base, i) == 34:
                        reason = STRAY_QUOTE
                        break
                length = i - key
                if length == 0:
                    reason = NO_KEY
                    break
                edge = buckets[key_bucket(base, key, length, 0)]
                while edge >= 0 and (
                    edge_length[edge] != length
                    or edge_node[edge] != 0
                    or not same_bytes(base, key, arena, np.int64(edge_start[edge]), length)
                ):
                    edge = edge_next[edge]
                if edge >= 0:
                    path = np.int64(edge_path[edge])
                if assigned:
                    i += 1
                    if known:
                        length += 1
                        shape[key_number, _MASK] = low_bytes(length)
                        shape[key_number, _WORD] = load_word(base, key) & low_bytes(length)
                        shape[key_number, _MASK2] = low_bytes(length - 8)
                        shape[key_number, _WORD2] = load_word(base, key + 8) & low_bytes(length - 8)
                        shape[key_number, _LENGTH] = length
                        shape[key_number, _START] = key
                        shape[key_number, _PATH] = path
            if dialect == PAIR_FIRST and words == 1 and (not assigned or key != text):
                reason = NO_PAIR
                break
            key_number += 1
            # ---- the value
            first, last = true_at, true_at + 4
            kind = BOOLEAN
            if assigned:
                pairs += 1
                kind = PLAIN
                first = i
                byte = load_byte(base, i)
                if dialect == LTSV:
                    last = i = find_or_newline(base, i, _TAB)
                    if load_byte(base, i) == 10 and last > first and load_byte(base, last - 1) == 13:
                        last -= 1
                    if last == first:
                        kind = MISSING
                elif byte == 34:
                    first += 1
                    last, escaped = quoted_end(base, first)
                    if load_byte(base, last) == 10:
                        reason = UNTERMINATED
                        break
                    kind = ESCAPED if escaped else PLAIN
                    i = last + 1
                    byte = load_byte(base, i)
                    if byte == 44 or byte == 59:
                        i += 1
                    elif byte > 32:
                        reason = STRAY_QUOTE
                        break
                else:
                    last = apostrophe_end(base, i + 1) if byte == 39 else -1
                    if last >= 0:
                        first += 1
                        i = last + 1
                    else:
                        last = i = value_end(base, i)
                        if load_byte(base, i) == 34:
                            reason = STRAY_QUOTE
                            break
                        if last == first:
                            kind = MISSING
            if path >= 0:
                found[path, 3] = line
                found[path, 0] = first
                found[path, 1] = last
                found[path, 2] = kind if last != first + 1 or load_byte(base, first) != 45 else MISSING
        if reason == 0 and words > 0 and pairs == 0:
            reason = NO_PAIR
        if reason != 0:
            reject_offset[rejects] = line_start
            reject_line[rejects] = line
            reject_reason[rejects] = reason
            rejects += 1
            i = next_newline(base, i)
        elif words == 0:
            blanks += 1
        else:
            row_offset[row] = line_start
            row_line[row] = line
            for column in range(n_columns):
                starts[column, row] = -1
                ends[column, row] = -1
                kinds[column, row] = MISSING
                for path in range(first_path[column], first_path[column + 1]):
                    if found[path, 3] == line and found[path, 2] != MISSING:
                        starts[column, row] = found[path, 0]
                        ends[column, row] = found[path, 1]
                        kinds[column, row] = found[path, 2]
                        break
            row += 1
        line += 1
        i += 1
    counters[ROWS] = row
    counters[REJECTS] = rejects
    counters[LINES] = line
    counters[BLANKS] = blanks
    return i
