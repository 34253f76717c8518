"""Formats in words: how lines are read, and what a slot of a program or an instruction of a pattern expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logproc.formats.format import (
    AUDIT,
    CRI,
    DOCKER,
    EXPORT,
    HEADED,
    JSONL,
    LOGFMT,
    LTSV,
    PATTERN,
    PRETTY,
    SEPARATOR,
    STAMPED_JSON,
    STAMPED_PAIRS,
    Format,
)
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.kernels import patterns as ops

if TYPE_CHECKING:
    from logproc.formats.regex_code import Code

HOW = {
    SEPARATOR: "separators: each field ends where the text behind it stands",
    JSONL: "the JSON kernel",
    LOGFMT: "the kernel of key=value",
    LTSV: "the kernel of key=value",
    HEADED: "the kernel of delimited columns, named by a header",
    DOCKER: "the JSON kernel, and the parts of a line joined",
    CRI: "separators, and the parts of a line joined",
    PRETTY: "the JSON kernel, each object made one line",
    AUDIT: "the kernel of key=value",
    STAMPED_JSON: "the JSON kernel, the time in front being made a key",
    STAMPED_PAIRS: "the kernel of key=value, the time in front being made a pair",
    EXPORT: "the kernel of the journal's entries",
}
"""How lines are read, by the engine of their format."""

MEANINGS: dict[Meaning, str] = {
    Meaning.INTEGER: "a whole number or '-'",
    Meaning.DECIMAL: "a number or '-'",
    Meaning.DECIMAL_LIST: "numbers or '-', parted by commas or colons",
    Meaning.COUNT: "a whole number or '-'",
    Meaning.DURATION: "a number or '-'",
    Meaning.CLF_TIME: "a time such as 10/Oct/2000:13:55:36 -0700",
    Meaning.ISO_TIME: "a time such as 2000-10-10T13:55:36+02:00",
    Meaning.EPOCH_SECONDS: "seconds since 1970",
    Meaning.EPOCH_MILLIS: "milliseconds since 1970",
    Meaning.EPOCH_MICROS: "microseconds since 1970",
    Meaning.LOCAL_TIME: "a time such as 10/Oct/2000:13:55:36.789",
    Meaning.REQUEST: "a request",
    Meaning.PRIORITY: "a priority from 0 to 191",
    Meaning.SYSLOG: "what syslog writes in front: a time such as 'Oct 10 13:55:36', a host, a program and a colon",
    Meaning.ELEMENTS: "structured data such as [id name=\"value\"], or '-'",
    Meaning.LEVEL: "a level such as INFO",
    Meaning.LOGGER: "a logger's name, then a colon, a dash or a bar",
    Meaning.BRACKETED: "text before a closing bracket",
    Meaning.WORD: "a text without blanks",
    Meaning.NUMBER: "digits",
    Meaning.LETTER: "a level's letter, one of I W E F D T V",
    Meaning.CODE: "an SQLSTATE, five capital letters or digits",
}
"""What a slot expects; the others expect text."""


def how(fmt: Format) -> str:
    """Say how a format's lines are read."""
    if fmt.engine != PATTERN or fmt.pattern is None:
        return HOW[fmt.engine]
    if fmt.pattern.code.backtracks:
        return "the pattern kernel; where several ways are open it goes back, within a budget of steps"
    return "the pattern kernel; the next byte always decides, as for separators"


# ---- programs ---------------------------------------------------------------------------------------------------


def quoted(text: bytes) -> str:
    """Return bytes between quotes, as a person would write them."""
    shown = text.decode("utf-8", "backslashreplace").replace("\t", "\\t").replace("\n", "\\n")
    return f"'{shown}'" if "'" not in shown else f'"{shown}"'


def shared(first: bytes, second: bytes) -> int:
    """Return how many bytes two texts have in common at their beginning."""
    least = min(len(first), len(second))
    return next((at for at in range(least) if first[at] != second[at]), least)


def expected_of(program: Program, number: int) -> str:
    """Say what a slot expects; -1 is what stands in front of the first."""
    if number < 0:
        return quoted(program.prefix) if program.prefix else "any text"
    slot = program.slots[number]
    opening = [quoted(slot.opening)] if slot.opening and slot.missing in {Missing.REFUSED, Missing.PASSED_BY} else []
    if slot.meaning is Meaning.LITERAL:
        return ", ".join(opening) or "nothing"
    parts = [*opening, _meaning(slot)]
    end = slot.terminator.removesuffix(b"\n")
    if end:
        parts.append(quoted(end))
    if number == len(program.slots) - 1:
        parts.append("the end of the line, or a blank and further fields" if program.extra else "the end of the line")
    elif b"\n" in slot.terminator:
        parts.append("the next line of the record")
    name = f"{slot.name}: " if slot.name else ""
    return name + ", then ".join(parts)


def _meaning(slot: Slot) -> str:
    text = MEANINGS.get(slot.meaning, "text")
    if slot.meaning is Meaning.STAMP:
        text = f"a time in the layout {slot.layout.replace('%|', ' or ')!r}"
    if slot.length:
        text += f" of {slot.length} bytes"
    return text


# ---- patterns ---------------------------------------------------------------------------------------------------


def expected_at(code: Code, number: int, text: bytes) -> tuple[str, int]:
    """Say what an instruction of a pattern's code expects, or the next one that reads something.

    Also returns how many bytes of the text there are as expected.
    """
    for op, *cells in code.code[number:].tolist():
        if op == ops.LITERAL:
            wanted = cells[0].to_bytes(8, "little", signed=True)[: cells[2]]
            same = shared(wanted, text)
            return quoted(wanted[same:]), same
        if op in {ops.ONE, ops.RUN, ops.GREEDY, ops.LAZY, ops.AHEAD}:
            return _set_text(code.sets[cells[0]]), 0
        if op in _PLACES:
            return _PLACES[op], 0
    return "the rest of the pattern", 0


_PLACES = {
    ops.AT_END: "the end of the line",
    ops.AT_START: "the start of the line",
    ops.BOUNDARY: "the edge of a word",
    ops.SPLIT: "another way to go on",
}


def _set_text(mask: int) -> str:
    """Describe a set of bytes as a class of a pattern writes it."""
    members = [byte for byte in range(256) if mask >> byte & 1]
    missing = [byte for byte in range(256) if not mask >> byte & 1]
    if len(members) > len(missing):
        return f"a byte of [^{_ranges(missing)}]" if missing else "any byte"
    return f"a byte of [{_ranges(members)}]" if members else "the end of the line"


def _ranges(members: list[int]) -> str:
    out = ""
    place = 0
    while place < len(members):
        last = place
        while last + 1 < len(members) and members[last + 1] == members[last] + 1:
            last += 1
        first, final = _shown(members[place]), _shown(members[last])
        out += first if last == place else f"{first}{final}" if last == place + 1 else f"{first}-{final}"
        place = last + 1
    return out


def _shown(byte: int) -> str:
    return chr(byte) if 32 < byte < 127 else {32: " ", 9: "\\t", 10: "\\n", 13: "\\r"}.get(byte, f"\\x{byte:02x}")
