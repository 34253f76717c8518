"""Fields that know where they end, and records of several lines: the kernel against `reference`, format by format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from formats.reference import match
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import FORMATS
from logproc.formats.format import SEPARATOR, Format
from logproc.formats.layouts import compile_layout
from logproc.formats.parser import new_parser
from logproc.formats.program import Meaning, Program, Slot
from logproc.kernels import tokenize
from logproc.model import NO_TIME, PADDING, Kind

HEADED = [name for name, row in FORMATS.items() if row.program is not None and row.program.head]
LINES = {name: [*(s.line for s in FORMATS[name].samples), *FORMATS[name].refused] for name in HEADED}


def own_fields(row: Format) -> dict[str, Kind]:
    """Return the fields that the program reads: what stands within another field's text is `test_within`'s."""
    apart = row.within.fields if row.within is not None else {}
    return {name: kind for name, kind in row.fields.items() if name not in apart}


PARSERS = {name: new_parser(FORMATS[name], own_fields(FORMATS[name]), 100) for name in HEADED}


def read(row: Format, parser: Any, text: bytes) -> dict[str, Any] | None:
    """Read one record with the kernel."""
    buffer = np.frombuffer(text + b"\n" + b'"]): ' * PADDING, np.uint8).copy()
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    parser.parse(buffer, 0, len(text) + 1, 0, counters)
    if not counters[tokenize.ROWS]:
        return None
    found: dict[str, Any] = {}
    for number, name in enumerate(parser.columns):
        start, end = int(parser.lines.starts[number, 0]), int(parser.lines.ends[number, 0])
        raw = None if start < 0 else buffer[start:end].tobytes()
        is_number = row.fields[name] in {Kind.INTEGER, Kind.DECIMAL}
        found[name] = float(raw) * parser.scales.get(name, 1.0) if raw is not None and is_number else raw
    time = int(parser.lines.times[0])
    return found | {"time": None if time == NO_TIME else time}


def check(row: Format, parser: Any, text: bytes) -> None:
    assert row.program is not None
    found, expected = read(row, parser, text), match(row.program, text)
    if isinstance(expected, str) or found is None:
        assert (found is None, isinstance(expected, str)) == (True, True), (found, expected)
        return
    found |= {name: text.partition(b"\n")[0] for name, text in found.items() if name == row.program.continues and text}
    assert found == {name: expected.get(name) for name in found}


@pytest.mark.parametrize("name", HEADED)
def test_samples_are_read_as_the_reference_reads_them(name: str):
    for line in LINES[name]:
        check(FORMATS[name], PARSERS[name], line.encode())


JUNK = [
    b"",
    b" ",
    b"  ",
    b"]",
    b"[",
    b":",
    b": ",
    b" - ",
    b"-",
    b"0",
    b"99",
    b"x",
    b"Z",
    b"\r",
    b"UTC",
    b"+02",
    b" +0200",
]
JUNK += [b",5", b".123456789", b"@", b"/", b"#", b"INFO", b"\xff", b"."]


@settings(max_examples=600)
@given(st.data())
def test_damaged_lines_are_read_as_the_reference_reads_them(data: st.DataObject):
    name = data.draw(st.sampled_from(HEADED))
    text = data.draw(st.sampled_from(LINES[name])).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(JUNK)) + text[at + data.draw(st.integers(0, 3)) :]
    if b"\n" in text or not text.strip():
        return  # the reference reads lines
    check(FORMATS[name], PARSERS[name], text)


LAYOUTS = ["%+", "%i %Z", "%Y-%m-%d %H:%M:%S%.%z", "%b %d, %Y %I:%M:%S %p", "%d/%b/%y %H:%M:%S:%f", "%s", "%H:%M:%S%."]
LAYOUTS += ["%m-%d %H:%M:%S", "%a %b %d %T %Y", "%y%m%d %H%M%S", "%D %R:%S%%", "%+%|%d.%m.%Y %T", "%A, %B %e %Y %T %Z"]
PARTS = ["2024", "24", "02", "29", "2", "13", "31", "12", "00", "59", "60", "61", "1700000000", "1700000000.5", "Feb"]
PARTS += ["February", "Mon", "AM", "pm", "Z", "UTC", "CET", "EST", "+01:00", "-0330", "+16", ".5", ",123456789", ".x"]
DAYS = ["2024-02-29T12:00:00", "2024-02-30 12:00:00", "2024-01-01 23:59:60.5"]


@settings(max_examples=800)
@given(st.sampled_from(LAYOUTS), st.data())
def test_a_time_by_a_layout_is_what_the_reference_makes_of_it(layout: str, data: st.DataObject):
    text = ""
    for piece in layout.rsplit("%|", maxsplit=1)[-1].replace("%T", "%H:%M:%S").replace("%D", "%m/%d/%y").split("%"):
        text += data.draw(st.sampled_from(PARTS)) + piece[1:] if piece else ""
    if layout.startswith(("%+", "%i")):
        text = data.draw(st.sampled_from(DAYS)) + text
    slots = (Slot("time", Meaning.STAMP, b"|", layout=layout), Slot("rest", Meaning.TEXT, b"\n"))
    row = Format("x", "app", SEPARATOR, Program(b"", slots, head=1), "")
    check(row, new_parser(row, row.fields, 10), (text + "|").encode())


@pytest.mark.parametrize("layout", ["%Q", "%", "a\n"])
def test_a_layout_that_means_nothing_is_refused(layout: str):
    with pytest.raises(FormatError, match="layout"):
        compile_layout(layout)
