"""JSON lines as offsets: where the wanted fields of each line stand, and whether the line is JSON at all.

One pass over the bytes, strict by RFC 8259 but for bytes above 127, which need not be UTF-8. Strings are searched 64
bytes at a time. Lines of one log repeat their keys in the same order, so each key is first compared with the key at
the same place of the line before; only where they differ it is looked up. Everything nobody asked for is checked and
skipped. Lines that differ from one before them in nothing but their values are read side by side, by `alike`.

A wanted path `a.b` is what the keys on the way to a value give when joined with dots: `{"a":{"b":1}}`, `{"a.b":1}`.
Keys are compared as they are written: one with a backslash in it matches nothing. Nothing inside an array has a path.
Where a path occurs twice in a line the last one counts, null included.
"""

# numba kernels are called by position; numba compiles == faster than `in`
from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logproc.kernels.alike import (
    ALONE_LEFT,
    BOOLEAN,
    ESCAPED,
    LANES,
    MEMORY_CELLS,
    MISSING,
    MOST_VALUES,
    N_SLOTS,
    N_VALUES,
    NESTED,
    NUMBER,
    PATIENCE,
    PLAIN,
    learn,
    note_value,
    read_alike,
)
from logproc.kernels.jit import kernel
from logproc.kernels.jsonpaths import PathTable, build_paths, key_bucket
from logproc.kernels.jsonscan import (
    BAD_BYTE,
    BAD_LITERAL,
    BAD_NUMBER,
    CUT,
    NOT_OBJECT,
    REASONS,
    TOO_DEEP,
    TRAILING,
    finish_literal,
    finish_number,
    finish_string,
    low_bytes,
    next_newline,
    next_stop,
    same_bytes,
    skip_blanks,
)
from logproc.kernels.memory import load_byte, load_word, store_word

__all__ = [
    "BOOLEAN",
    "ESCAPED",
    "MISSING",
    "NESTED",
    "NUMBER",
    "PLAIN",
    "REASONS",
    "PathTable",
    "build_paths",
    "tokenize_json",
    "unescape",
]

ROWS, REJECTS, LINES, BLANKS = range(4)
"""Places in the counters of `tokenize_json`: lines = rows + rejects + blanks."""

NARROWEST, ALONE, LONGEST_ALONE = 16, 8, 1024
"""Lines that are tried side by side where other ones are frequent; that are read alone after a try that was not worth
it; and after that has happened again and again, as it does in a file of many kinds of records in turn."""

WORTH = 2048
"""Bytes of lines up to the first other one that make a try worth it."""

MAX_DEPTH = 64
"""Objects and arrays within each other, the outermost included."""

_SHAPE_KEYS = 256  # keys of a line that are remembered for the next
# Columns of the remembered keys: the first 16 bytes and the masks of those that belong to the key, its length and
# position, the node it was found at, and what was found.
_WORD, _MASK, _WORD2, _MASK2, _LENGTH, _START, _NODE, _PATH, _CHILD = range(9)


def scratch(paths: PathTable) -> tuple[NDArray[np.int64], ...]:
    """Return what `tokenize_by_paths` writes to while it is at work."""
    shape = np.empty((_SHAPE_KEYS, 9), np.int64)
    found = np.empty((int(paths.first_path[-1]), 4), np.int64)  # start, end and kind of each path's value, and its line
    stack = np.empty((MAX_DEPTH + 1, 4), np.int64)  # closing byte, node, path and start of each open container
    memory = np.zeros(MEMORY_CELLS + len(paths.first_path), np.int64)  # of `alike`
    return shape, found, stack, memory


def tokenize_json(
    base: int,
    begin: int,
    end: int,
    paths: PathTable,
    *arrays: NDArray[Any],
) -> int:
    """Tokenize the lines of [begin, end) of the buffer at `base` and return the position behind the last one done.

    The last byte must be a newline, and 128 bytes past `end` readable. `paths` is a PathTable, `arrays` are
    `starts`, `ends`, `kinds` and all that follows here. Row r of column c is
    the bytes [starts[c, r], ends[c, r]) (int32, -1 where missing or null) of kind `kinds[c, r]` (uint8); quotes are
    left out. `row_offset` and `row_line` (int32) say where the line of each row begins and how many lines came before
    it, `reject_offset`, `reject_line` and `reject_reason` (uint8) the same and the reason of each rejected line.
    `counters` (int64: rows, rejects, lines, blanks) is read and written: zeros for a new batch, else it goes on where
    the last call stopped, because the arrays for rows or for rejects were full. Leading NUL bytes, which a crash
    leaves behind, and a byte order mark are skipped.
    """
    memory = scratch(paths)
    position: int = tokenize_by_paths(base, begin, end, *paths, *memory, *arrays)
    return position


@kernel(
    "i8, i8, i8, i4[], i4[], i4[], i4[], i4[], i4[], i4[], u1[], i4[], i8[,], i8[,], i8[,], i8[], "
    "i4[,], i4[,], u1[,], i4[], i4[], i4[], i4[], u1[], i8[] -> i8"
)
def tokenize_by_paths(
    base,
    begin,
    end,
    buckets,
    edge_next,
    edge_node,
    edge_start,
    edge_length,
    edge_path,
    edge_child,
    arena_bytes,
    first_path,
    shape,
    found,
    stack,
    memory,
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
        shape[key_number, _NODE] = -2
    for path in range(found.shape[0]):
        found[path, 3] = -1
    arena = arena_bytes.ctypes.data
    n_columns = starts.shape[0]
    max_rows = row_offset.shape[0]
    max_rejects = reject_offset.shape[0]
    row, rejects, line, blanks = counters[ROWS], counters[REJECTS], counters[LINES], counters[BLANKS]
    usual, first_paths = memory.ctypes.data, first_path.ctypes.data
    store_word(usual, 8 * N_SLOTS, 0)  # bytes of a line that came by an earlier call may not be there any more
    width, alone, patience = LANES, max(load_word(usual, 8 * ALONE_LEFT), 1), max(load_word(usual, 8 * PATIENCE), ALONE)
    learning = False
    i = np.int64(begin)
    while i < end and row < max_rows and rejects < max_rejects:
        if alone == 0 and load_word(usual, 8 * N_SLOTS) > 0:
            before = i
            read, there, i = read_alike(
                base,
                i,
                end,
                row,
                line,
                min(width, max_rows - row),
                usual,
                starts.ctypes.data,
                ends.ctypes.data,
                kinds.ctypes.data,
                starts.shape[1],
                row_offset.ctypes.data,
                row_line.ctypes.data,
            )
            row += read
            line += read
            if read == there:
                width, patience = LANES, max(patience >> 1, ALONE)
                continue
            width = max(read, NARROWEST)
            if i - before >= WORTH:
                alone = 1
            else:
                store_word(usual, 8 * N_SLOTS, 0)
        if alone == 0:
            alone = patience
            patience = min(2 * patience, LONGEST_ALONE)
        alone -= 1
        learning = alone == 0 and load_word(usual, 8 * N_SLOTS) == 0
        store_word(usual, 8 * N_VALUES, 0)
        line_start = i
        reason = 0
        byte = load_byte(base, i)
        if byte != 123:
            while byte == 0 or byte == 32 or byte == 9 or byte == 13:
                i += 1
                byte = load_byte(base, i)
            if byte == 0xEF and load_word(base, i) & 0xFFFFFF == 0xBFBBEF:
                i = skip_blanks(base, i + 3)
                byte = load_byte(base, i)
            if byte == 10:
                blanks += 1
                line += 1
                i += 1
                continue
            if byte != 123:
                reason = NOT_OBJECT
        if reason == 0:
            closing, node, depth, key_number = 125, 0, 1, 0
            stack[1, 0] = 125
            stack[1, 1] = 0
            stack[1, 2] = -1
            i = skip_blanks(base, i + 1)
            valued = load_byte(base, i) == 125  # a value, or an empty object, has just been passed
            while True:
                if not valued:
                    path = child = -1
                    if closing == 125:
                        known = key_number < _SHAPE_KEYS
                        if (
                            known
                            and shape[key_number, _NODE] == node
                            and load_word(base, i) & shape[key_number, _MASK] == shape[key_number, _WORD]
                            and load_word(base, i + 8) & shape[key_number, _MASK2] == shape[key_number, _WORD2]
                            and (
                                shape[key_number, _LENGTH] <= 16
                                or same_bytes(
                                    base,
                                    i + 16,
                                    base,
                                    shape[key_number, _START] + 16,
                                    shape[key_number, _LENGTH] - 16,
                                )
                            )
                        ):
                            i = skip_blanks(base, i + shape[key_number, _LENGTH])
                            path = shape[key_number, _PATH]
                            child = shape[key_number, _CHILD]
                        else:
                            if load_byte(base, i) != 34:
                                reason = CUT if load_byte(base, i) == 10 else BAD_BYTE
                                break
                            j = next_stop(base, i + 1)
                            length = j - i - 1
                            escaped = load_byte(base, j) != 34
                            if escaped:
                                j, reason = finish_string(base, j)
                                if reason != 0:
                                    i = j
                                    break
                            elif node >= 0:
                                edge = buckets[key_bucket(base, i + 1, length, node)]
                                while edge >= 0 and (
                                    edge_length[edge] != length
                                    or edge_node[edge] != node
                                    or not same_bytes(base, i + 1, arena, np.int64(edge_start[edge]), length)
                                ):
                                    edge = edge_next[edge]
                                if edge >= 0:
                                    path = np.int64(edge_path[edge])
                                    child = np.int64(edge_child[edge])
                            j = skip_blanks(base, j + 1)
                            if load_byte(base, j) != 58:
                                reason = CUT if load_byte(base, j) == 10 else BAD_BYTE
                                i = j
                                break
                            j = skip_blanks(base, j + 1)
                            if known:
                                length = j - i
                                shape[key_number, _MASK] = low_bytes(length)
                                shape[key_number, _WORD] = load_word(base, i) & low_bytes(length)
                                shape[key_number, _MASK2] = low_bytes(length - 8)
                                shape[key_number, _WORD2] = load_word(base, i + 8) & low_bytes(length - 8)
                                shape[key_number, _LENGTH] = length
                                shape[key_number, _START] = i
                                shape[key_number, _NODE] = node
                                shape[key_number, _PATH] = path
                                shape[key_number, _CHILD] = child
                            i = j
                        key_number += 1
                    first = i
                    kind = MISSING
                    byte = load_byte(base, i)
                    if byte == 34:
                        first = i + 1
                        last = next_stop(base, first)
                        kind = PLAIN
                        if load_byte(base, last) != 34:
                            kind = ESCAPED
                            last, reason = finish_string(base, last)
                        i = last + 1
                    elif byte == 45 or 48 <= byte <= 57:
                        kind = NUMBER
                        last = finish_number(base, i)
                        if last < 0:
                            reason = BAD_NUMBER
                        i = last
                    elif byte == 123 or byte == 91:
                        if depth == MAX_DEPTH:
                            reason = TOO_DEEP
                            i = -1
                        else:
                            depth += 1
                            closing = byte + 2
                            node = child
                            stack[depth, 0] = closing
                            stack[depth, 1] = node
                            stack[depth, 2] = path
                            stack[depth, 3] = i
                            if path >= 0:
                                store_word(usual, 8 * N_VALUES, MOST_VALUES + 1)
                            if byte == 91:
                                node = stack[depth, 1] = -1
                            i = skip_blanks(base, i + 1)
                            valued = load_byte(base, i) == closing
                            continue
                    elif byte == 116 or byte == 102 or byte == 110:
                        kind = MISSING if byte == 110 else BOOLEAN
                        last = finish_literal(base, i)
                        if last < 0:
                            reason = BAD_LITERAL
                        i = last
                    elif byte == 10:
                        reason = CUT
                    elif 65 <= byte <= 90 or 97 <= byte <= 122:
                        reason = BAD_LITERAL
                    else:
                        reason = BAD_BYTE
                    if reason != 0:
                        i = first
                        break
                    if learning:
                        note_value(usual, first - (kind == PLAIN or kind == ESCAPED), i, path)
                    if path >= 0:
                        found[path, 3] = line
                        found[path, 0] = first
                        found[path, 1] = last
                        found[path, 2] = kind if last != first + 1 or load_byte(base, first) != 45 else MISSING
                valued = False
                byte = load_byte(base, i)
                if byte <= 32:
                    i = skip_blanks(base, i)
                    byte = load_byte(base, i)
                while byte == closing:
                    i += 1
                    path = stack[depth, 2]
                    if path >= 0:
                        found[path, 3] = line
                        found[path, 0] = stack[depth, 3]
                        found[path, 1] = i
                        found[path, 2] = NESTED
                    depth -= 1
                    if depth == 0:
                        break
                    closing = stack[depth, 0]
                    node = stack[depth, 1]
                    i = skip_blanks(base, i)
                    byte = load_byte(base, i)
                if depth == 0:
                    i = skip_blanks(base, i)
                    if load_byte(base, i) != 10:
                        reason = TRAILING
                    break
                if byte != 44:
                    reason = CUT if byte == 10 else BAD_BYTE
                    break
                i = skip_blanks(base, i + 1)
        if reason == 0:
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
            if learning:
                learn(usual, line_start, i, first_paths, n_columns)
        else:
            reject_offset[rejects] = line_start
            reject_line[rejects] = line
            reject_reason[rejects] = reason
            rejects += 1
            i = next_newline(base, max(i, line_start))
        line += 1
        i += 1
    store_word(usual, 8 * ALONE_LEFT, alone)
    store_word(usual, 8 * PATIENCE, patience)
    counters[ROWS] = row
    counters[REJECTS] = rejects
    counters[LINES] = line
    counters[BLANKS] = blanks
    return i


_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|([\x00-\x7f]))")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_LETTERS = b"\"'/\\bfnrt"
_SIMPLE = {b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}


def unescape(raw: bytes, kind: int) -> str:
    r"""Return the text that the raw bytes of a value of `kind` stand for.

    Bytes that are no UTF-8 become `\xNN`, a lone surrogate becomes `\udNNN`: the text can always be encoded.
    """
    if kind != ESCAPED:
        return raw.decode("utf-8", "backslashreplace")
    parts, position = [], 0
    for match in _ESCAPE.finditer(raw):
        parts.append(raw[position : match.start()].decode("utf-8", "backslashreplace"))
        parts.append(_escaped(match))
        position = match.end()
    parts.append(raw[position:].decode("utf-8", "backslashreplace"))
    return _SURROGATES.sub(_joined, "".join(parts))


def _joined(match: re.Match[str]) -> str:
    """Return the character of a surrogate pair, or a lone surrogate as the text of its escape."""
    units = [ord(unit) for unit in match.group()]
    if len(units) == 2:
        return chr(0x10000 + ((units[0] - 0xD800) << 10) + units[1] - 0xDC00)
    return f"\\u{units[0]:04x}"


def _escaped(match: re.Match[bytes]) -> str:
    digits, letter = match.groups()
    if digits is not None:
        return chr(int(digits, 16))
    plain = _SIMPLE.get(letter) or letter.decode("latin-1")
    # JSON has no others; what Go and Python write beside them (\x1b, \a) stays as it is.
    return plain if letter in _LETTERS else f"\\{plain}"
