"""Where a refused line fails, and what was expected there.

A separator program is tried slot by slot: the line is read by the program's first slots with all the rest as a text,
by the same kernel that refused it, and the first slot that cannot be added is the one. A pattern's kernel says how far
it got; what names its fields is looked through for the byte that breaks its rules.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from logproc.formats.describe import expected_at, expected_of, quoted, shared
from logproc.formats.format import (
    CRI,
    DOCKER,
    EXPORT,
    HEADED,
    JSONL,
    LTSV,
    PATTERN,
    PRETTY,
    SEPARATOR,
    Format,
)
from logproc.formats.parser import new_parser
from logproc.formats.parser_pattern import PatternParser
from logproc.formats.program import Meaning, Program, Slot
from logproc.kernels import pattern_lines, tokenize
from logproc.kernels.patterns import FAILED, SLOTS_AT
from logproc.model import PADDING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REST = "_rest"
_CRI_PARTS = (
    (rb"\S+ ", "a time such as 2024-01-02T03:04:05.678Z, then a blank"),
    (rb"(?:stdout|stderr) ", "'stdout ' or 'stderr '"),
    (rb"[FP][^ ]* ", "'F ' or 'P '"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The byte from 0 at which a line fails, and what should stand there."""

    position: int
    expected: str


def find_fault(fmt: Format, line: bytes, reason: str, heads: Sequence[bytes] = ()) -> Fault:
    """Say where a line (without its newline) that a format refused fails; `heads` are the header lines before it."""
    line = line.removesuffix(b"\r")
    if fmt.engine == SEPARATOR and fmt.program is not None:
        return _in_program(fmt, fmt.program, line)
    if fmt.engine == PATTERN:
        return _in_pattern(fmt, line, reason)
    if fmt.engine == HEADED:
        return _in_columns(fmt, line, reason, heads)
    return _FINDERS.get(fmt.engine, _in_pairs)(line, reason)


# ---- separators -------------------------------------------------------------------------------------------------


def _in_program(fmt: Format, program: Program, line: bytes) -> Fault:
    if not line.startswith(program.prefix):
        same = shared(line, program.prefix)
        return Fault(same, quoted(program.prefix[same:]))
    position = len(program.prefix)
    for count in range(len(program.slots)):
        found = _behind(fmt, program, line, count)
        if found is None:
            return Fault(position, expected_of(program, count - 1))
        position = found
    return Fault(position, expected_of(program, len(program.slots) - 1))


def _behind(fmt: Format, program: Program, line: bytes, count: int) -> int | None:
    """Return where the text behind the first slots begins, None if the line is refused before."""
    rest = Slot(_REST, Meaning.TEXT, b"\n")
    slots = (*program.slots[:count], rest)
    part = Program(program.prefix, slots, clf_head=program.clf_head and count > 3)
    parser = new_parser(replace(fmt, program=part), (_REST,), 2)
    text = line + b"\n"
    buffer = np.frombuffer(text + bytes(PADDING), np.uint8).copy()
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.reach(0, "UTC")
    parser.parse(buffer, 0, len(text), 0, counters)
    if not counters[tokenize.ROWS]:
        return None
    start, end = int(parser.lines.starts[0, 0]), int(parser.lines.ends[0, 0])
    if start >= 0:
        return start
    return len(line) - 1 if line.endswith(b"-") and end < 0 else len(line)


# ---- patterns ---------------------------------------------------------------------------------------------------


def _in_pattern(fmt: Format, line: bytes, reason: str) -> Fault:
    assert fmt.pattern is not None
    parser = PatternParser(fmt, (), 2)
    buffer = np.frombuffer(line + b"\n" + bytes(PADDING), np.uint8).copy()
    out = np.zeros(2 + fmt.pattern.code.slots, np.int64)
    end = pattern_lines.match_line(buffer.ctypes.data, 0, len(line), parser.addresses[0], out)
    if end >= 0:
        for output in fmt.pattern.outputs:
            start = int(out[2 + fmt.pattern.code.group_slots[output.group] // 8 - SLOTS_AT])
            if output.meaning in _TYPES and start >= 0 and not output.loose and reason == _TYPES[output.meaning][0]:
                return Fault(start, f"{output.name}: {_TYPES[output.meaning][1]}")
        return Fault(0, "what the types of the groups say")
    if end != FAILED:
        return Fault(int(out[0]), "a pattern that needs fewer steps: it goes back too often")
    expected, same = expected_at(fmt.pattern.code, int(out[1]), line[int(out[0]) :])
    return Fault(int(out[0]) + same, expected)


_TYPES = {
    pattern_lines.INTEGER: ("bad number", "a whole number"),
    pattern_lines.DECIMAL: ("bad number", "a number"),
    pattern_lines.TIME: ("bad time", "a time"),
}


# ---- lines that name their fields -----------------------------------------------------------------------------------


def _in_json(line: bytes, reason: str) -> Fault:
    text = line.decode("utf-8", "surrogateescape")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return Fault(len(text[: error.pos].encode("utf-8", "surrogateescape")), _lower(error.msg))
    except RecursionError:
        return Fault(0, f"JSON that is not as deep ({reason})")
    return Fault(0, reason if isinstance(value, dict) else "'{': a line is one object")


def _lower(text: str) -> str:
    text = text.removeprefix("Expecting ")
    return text[0].lower() + text[1:]


def _in_pairs(line: bytes, reason: str) -> Fault:
    if "without a key" in reason:
        return Fault(_first(rb'(?:^|[ \t])(?:"[^"]*")?()=', line), "a key in front of '='")
    if "unterminated" in reason:
        return Fault(line.rfind(b'"'), "a quote that closes this one")
    if "inside" in reason:
        return Fault(_first(rb'[^\s=\\]()"', line), "a blank or '=' in front of a quote")
    return Fault(0, "key=value")


def _in_labels(line: bytes, reason: str) -> Fault:  # noqa: ARG001 - as the others
    for match in re.finditer(rb"[^\t]+", line):
        if b":" not in match[0]:
            return Fault(match.start(), "label:value between tabs")
    return Fault(0, "label:value between tabs")


def _in_cri(line: bytes, reason: str) -> Fault:  # noqa: ARG001 - as the others
    position = 0
    for pattern, expected in _CRI_PARTS:
        match = re.compile(pattern).match(line, position)
        if match is None:
            return Fault(position, expected)
        position = match.end()
    return Fault(0, _CRI_PARTS[0][1])


def _in_entry(line: bytes, reason: str) -> Fault:
    name = re.match(rb"[A-Z0-9_]*", line)
    position = 0 if name is None else name.end()
    if "length" in reason:
        return Fault(position, "a value as long as the eight bytes behind the line say, and a line's end")
    return Fault(position, "FIELD=value, the name in capital letters")


def _first(pattern: bytes, line: bytes) -> int:
    match = re.search(pattern, line)
    return 0 if match is None else match.start(1)


def _in_columns(fmt: Format, line: bytes, reason: str, heads: Sequence[bytes]) -> Fault:
    header = fmt.header
    assert header is not None
    delimiter, names = header.tokens(heads[-1]) if heads else (header.delimiter, header.default)
    if "header" in reason and not names:
        return Fault(0, f"a line {quoted(header.directive or b'of names')} before it")
    if "quote" in reason:
        return Fault(line.rfind(b'"'), "as many quotes as open and close fields; a quote in a field is doubled")
    places = [match.start() for match in re.finditer(re.escape(delimiter), line)]
    count = f"{len(names)} fields as the header names, not {len(places) + 1}"
    if len(places) >= len(names) > 0:
        return Fault(places[len(names) - 1], f"the end of the line: {count}")
    return Fault(len(line), f"another field, {_quoted_name(names, len(places) + 1)}: {count}")


def _quoted_name(names: Sequence[str], place: int) -> str:
    return quoted(names[place].encode()) if place < len(names) else "a further one"


_FINDERS: dict[str, Callable[[bytes, str], Fault]] = {
    JSONL: _in_json,
    DOCKER: _in_json,
    LTSV: _in_labels,
    CRI: _in_cri,
    PRETTY: _in_json,
    EXPORT: _in_entry,
}
