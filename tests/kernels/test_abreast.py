"""Lines side by side, as logs have them: some hundred lines of a usual format, of which few are odd.

`test_tokenize` draws programs of all kinds and few lines each, of which most are read alone. Here all programs are
read abreast, lines differ from their neighbours in every field, and the fields are those that usual lines are read by
a shorter way for: request lines, numbers of few digits, fields that end at the border of a word or of 64 bytes.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels.programs import HOSTILE, TEXT_OF
from kernels.test_tokenize import run_kernel, same

from logproc.formats import FORMATS, parser_separator, resolve
from logproc.formats.format import Format
from logproc.formats.parser_separator import SeparatorParser, program_arrays
from logproc.formats.program import Meaning
from logproc.kernels import layout
from logproc.kernels.jit import Kernel
from logproc.kernels.unusual import LANES, read_unusual
from logproc.model import PADDING

if TYPE_CHECKING:
    from logproc.formats.program import Program

NAMES = [
    *("common", "combined"),
    'nginx:$remote_addr $remote_user [$time_local] "$request" $status $bytes_sent $request_time',
    'nginx:$time_iso8601 $status $request_time "$request_uri" "$http_user_agent"',
    "nginx:$msec $request_uri $status $remote_addr",
    'apache:%h %l %u %t "%r" %>s %b %D',
    "nginx:$remote_addr $remote_user--$status $bytes_sent",
    'apache:%v:%p %h %t "%U" %m %H "%{Referer}i" %I %O',
]
PROGRAMS = {name: resolve(name).program for name in NAMES}

METHODS = ["GET", "GET", "POST", "OPTIONS", "PROPFIND", "VERSION-C", "get", "G", "", "\u00e9"]
TARGETS = [
    *("/", "/a", "/a?b=1", "/?", "/a?b?c", "/a>b<c", "?", "-", "", "/a b", "*", "/\u00e9?\u00e9"),
    *("/" + "x" * n for n in (5, 6, 7, 40, 52, 53, 54, 55, 62, 63, 64, 65, 130)),
    *("/" + "x" * n + "?" + "y" * m for n in (5, 30, 61, 62, 63, 64) for m in (0, 1, 70)),
]
PROTOCOLS = ["HTTP/1.1", "HTTP/1.1", "HTTP/2.0", "HTTP/2", "HTTP/x", "HTTP/", "http/1.1", "HTTPS/1.1", ""]
NUMBERS = ["0", "7", "200", "1234567", "12345678", "123456789", "1" * 16, "9" * 18, "9223372036854775807", "9" * 19]
ODD_NUMBERS = ["-1", "-12345678", "-123456789", "007", "+1", "1.5", "2e3", "12a4", "/", ":", "123456:8", "\u00e9"]
WORDS = ["a", "-", "", "--", " ", "a b", '\\"', "\\\\", '\\" b', "\t", "\u00e9", *("w" * n for n in (7, 8, 63, 64, 65))]


@st.composite
def pools(draw, meaning: Meaning):
    """Draw what a field of some lines holds, by the hundred: texts that most lines have, and a few that are odd."""
    usual = [draw(TEXT_OF[meaning]) for _ in range(4)]
    if meaning is Meaning.REQUEST:
        made = zip(draw(some(METHODS)), draw(some(TARGETS)), draw(some(PROTOCOLS)), strict=True)
        usual += [" ".join(part for part in parts if part).encode() for parts in made]
        odd = draw(some(TARGETS))
    elif meaning is Meaning.TARGET:
        usual += [text.encode() for text in draw(some(TARGETS))]
        odd = draw(some(WORDS))
    elif meaning is Meaning.TEXT:
        usual += [text.encode() for text in draw(some(WORDS))]
        odd = []
    elif meaning in {Meaning.INTEGER, Meaning.COUNT, Meaning.LOOSE_INTEGER, Meaning.DECIMAL, Meaning.DURATION}:
        usual += [text.encode() for text in draw(some(NUMBERS))]
        odd = draw(some(ODD_NUMBERS))
    else:
        odd = ["-", "x"]
    return usual, [text.encode() for text in odd] or usual


def some(texts: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(texts), min_size=6, max_size=6)


def line_of(program: Program, found: list, random: Random, oddity: float) -> bytes:
    parts = [program.prefix]
    for slot, (usual, odd) in zip(program.slots, found, strict=True):
        text = random.choice(odd if random.random() < oddity else usual)
        parts += [text.replace(b"\n", b" "), slot.terminator.removesuffix(b"\n")]
    return b"".join(parts)


@st.composite
def logs(draw):
    """Draw a program and a log of it: long enough to be read in several rounds."""
    program = PROGRAMS[draw(st.sampled_from(NAMES))]
    found = [draw(pools(slot.meaning)) for slot in program.slots]
    random = Random(draw(st.integers(0, 2**32)))
    oddity, count = draw(st.sampled_from([0.0, 0.0, 0.01, 0.2])), draw(st.integers(1, 2 * LANES + 12))
    hostile = [text.replace(b"\n", b" ") for text in draw(st.lists(HOSTILE, max_size=3))]
    ends = draw(st.sampled_from([[b"\n"], [b"\n"], [b"\r\n"], [b"\n", b"\r\n"]]))
    lines = [
        random.choice(hostile) if hostile and random.random() < oddity else line_of(program, found, random, oddity)
        for _ in range(count)
    ]
    return program, b"".join(line + random.choice(ends) for line in lines)


@settings(max_examples=60)
@given(logs())
def test_every_line_of_a_log_is_read_as_the_reference_reads_it(case: tuple[Program, bytes]):
    same(*case)


@pytest.mark.parametrize("name", NAMES)
def test_these_programs_are_read_abreast(name: str):
    program = PROGRAMS[name]
    assert program_arrays(program, tuple(Format("x", "web", "separator", program, "").fields)).abreast


@settings(max_examples=15)
@given(logs(), st.integers(1, LANES + 2))
def test_rows_that_are_full_amid_lines_abreast_change_nothing(case: tuple[Program, bytes], capacity: int):
    program, text = case
    assert run_kernel(program, text, capacity=capacity) == run_kernel(program, text)


# ---- formats whose slots may be missing, or know where they end: held against the same lines read one by one ---------

UNUSUAL = [
    name
    for name, row in FORMATS.items()
    if row.program
    and any(slot.opening or slot.padded or slot.meaning >= Meaning.PRIORITY for slot in row.program.slots)
]
MENDED = [
    b"INFO",
    b"-",
    b" ",
    b"  ",
    b"[",
    b"]",
    b"] ",
    b": ",
    b'"',
    b"\\",
    b"\t",
    b"\r",
    b"",
    b"2024-02-30",
    b"24:00:00",
]
BETWEEN = [b"", b" ", b"\tat x.y(Z.java:1)", b"Caused by: x", b"\0\0", b"}", b"INFO", b"\xff"]


def changed(line: bytes, random: Random, oddity: float) -> bytes:
    """Return a line with other digits in the place of some, and now and then a part that is none of it."""
    text = bytearray(line)
    for _ in range(random.randrange(4)):
        at = random.randrange(len(text))
        if 48 <= text[at] <= 57:
            text[at] = random.randrange(48, 58)
    if random.random() < oddity:
        at = random.randrange(len(text) + 1)
        text[at : at + random.randrange(6)] = random.choice(MENDED)
    return bytes(text).replace(b"\n", b" ")


@st.composite
def records(draw):
    """Draw a format and a log of it, in which some lines go on with others, and some are odd."""
    row = FORMATS[draw(st.sampled_from(UNUSUAL))]
    random = Random(draw(st.integers(0, 2**32)))
    samples = [sample.line.encode() for sample in row.samples]
    samples = draw(st.lists(st.sampled_from(samples), min_size=1, max_size=2))
    oddity, between = draw(st.sampled_from([0.0, 0.02, 0.3])), draw(st.sampled_from([0.0, 0.05, 0.4]))
    front = draw(st.sampled_from([[b""], [b""], [b"  "], [b"", b" ", b"\t"]]))
    ends = draw(st.sampled_from([[b"\n"], [b"\n"], [b"\r\n"], [b"\n", b"\r\n"]]))
    lines = [
        random.choice(BETWEEN)
        if random.random() < between
        else random.choice(front) + changed(random.choice(samples), random, oddity)
        for _ in range(draw(st.integers(1, 2 * LANES + 12)))
    ]
    return row, b"".join(line + random.choice(ends) for line in lines)


def all_that_is_found(row: Format, text: bytes, call: tuple[int, bool, int]) -> list:
    """Return whatever a call of the kernel leaves: counters, rows, rejects."""
    state, more, capacity = call
    parser = SeparatorParser(row, row.fields, capacity)
    parser.resume(state, 1 << 12, more=more)
    for array in parser.lines:
        array[...] = 77
    buffer = np.frombuffer(text + b"\n" * PADDING, np.uint8).copy()
    counters = np.zeros(layout.COUNTERS, np.int64)
    parser.parse(buffer, 0, len(text), 0, counters)
    lines, rows, rejects = parser.lines, counters[layout.ROWS], counters[layout.REJECTS]
    starts = lines.starts[:, :rows]
    return [
        *(
            counters[: layout.RECORD_BYTES].tolist(),
            starts.tolist(),
            np.where(starts < 0, 0, lines.ends[:, :rows]).tolist(),
        ),
        *(array[:rows].tolist() for array in (lines.times, lines.row_offset, lines.row_line, lines.zoneless)),
        lines.more_lines[:rows].tolist() if row.program is not None and row.program.head else [],
        *(array[:rejects].tolist() for array in (lines.reject_offset, lines.reject_line, lines.reject_reason)),
    ]


CALLS = st.tuples(
    st.sampled_from([layout.FRESH, layout.SKIP, layout.FULL]), st.booleans(), st.sampled_from([500, 500, 40])
)


@settings(max_examples=150)
@given(records(), CALLS)
def test_lines_side_by_side_are_read_as_if_each_were_alone(case: tuple[Format, bytes], call: tuple[int, bool, int]):
    found = all_that_is_found(*case, call)
    with patch.object(parser_separator, "_goes_abreast", lambda *_: False):
        assert found == all_that_is_found(*case, call)


def test_formats_of_few_kinds_alone_are_read_line_by_line():
    read = {name for name in UNUSUAL if program_arrays(FORMATS[name].program, tuple(FORMATS[name].fields)).abreast}
    assert {"timed", "log4j", "python", "postgres", "haproxy", "rfc5424", "syslog"} <= read
    left = {name for name in set(UNUSUAL) - read if not FORMATS[name].program.spans_lines}
    assert left == {"haproxy_connect"}  # its last field holds its terminator's first byte nowhere


@pytest.mark.parametrize("name", ["common", "combined", "vhost_combined", "syslog"])
def test_what_reads_unusual_slots_is_compiled_where_there_is_one(name: str):
    asked: list[str] = []
    with (
        patch.object(Kernel, "load", lambda kernel: asked.append(kernel.name)),
        patch.object(read_unusual, "_native", None),
    ):
        parser = SeparatorParser(FORMATS[name], ())
        assert asked == []
        assert all(parser.addresses)
    assert asked == (["unusual.read_unusual"] if name == "syslog" else [])
