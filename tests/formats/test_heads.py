"""Fields that know where they end, and records of several lines: the kernel against `reference`, format by format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from formats.named import parsed
from formats.reference import match
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import FORMATS, general
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
    expected = {name: expected.get(name) for name in found}
    for fields in (found, expected):  # what further lines are is test_several_lines' own
        if isinstance(begun := fields.get(row.program.continues), bytes):
            fields[row.program.continues] = begun.partition(b"\n")[0]
    assert found == expected


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


@settings(max_examples=300)
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
LAYOUTS += ["%#", "@%@", "%m-%d %H:%M:%S", "%a %b %d %T %Y", "%y%m%d %H%M%S", "%D %R:%S%%", "%+%|%d.%m.%Y %T"]
LAYOUTS += ["%A, %B %e %Y %T %Z", "%Y-%m-%d%t%T", "%Y-%m-%d %T%.%o", "%T%.%w %d-%m-%Y"]
PARTS = ["2024", "24", "02", "29", "2", "13", "31", "12", "00", "59", "60", "61", "1700000000", "1700000000.5", "Feb"]
PARTS += ["65e726b4", "65E726B4.1a2b3c4d", "65e726b4.0f423", "65e726b4.12", "4000000065e727a40a2b3c4d"]
PARTS += ["4000000065e727a4", "400000000000000", "4000003affffffffff000000", "February"]
PARTS += [
    "Mon",
    "AM",
    "pm",
    "Z",
    "UTC",
    "CET",
    "EST",
    "+01:00",
    "-0330",
    "+16",
    "-300",
    "+1440",
    ".5",
    ",123456789",
    ".x",
]
DAYS = ["2024-02-29T12:00:00", "2024-02-30 12:00:00", "2024-01-01 23:59:60.5"]


@settings(max_examples=400)
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


TIMES = ["2024-02-29 12:34:56,789 INFO", "2024-02-29T12:34:56Z x", "29-Feb-2024 12:34:56.789 x", "Feb 29 12:34:56 x"]
TIMES += ["2024/02/29 12:34:56 x", "Thu Feb 29 12:34:56 2024 x", "Feb 29, 2024 12:34:56 PM x"]
TIMES += ["02/29/2024 1:34:56 PM x", "2024-02-29 12:34:56 PM x", "29.02.2024 12:34:56]", "Dec 31 23:59:59.5 x"]
TIMES += ["2024-02-29T12:34:56.789012+01:00 x", "2024-02-29 12:34:56,789:INFO", "2024-02-29 12:34:56:x"]
TIMES += ["2024-02-29T12:34:56+01:x"]
LIKE = ["0", "5", "9", "60", ".", ",", ":", " ", "Z", "+", "P", "M", "a", "-", "/", "UTC", " +01:00", "PM", "\t"]
LIKE += [" AEST", " PST"]


@settings(max_examples=200)
@given(st.sampled_from(TIMES), st.data())
def test_a_time_behind_others_is_read_as_if_none_had_been_before(text: str, data: st.DataObject):
    layout = f"{general.ANY}%|%b %d %H:%M:%S%."
    slots = (Slot("time", Meaning.STAMP, b"", layout=layout), Slot("rest", Meaning.TEXT, b"\n"))
    row = Format("x", "app", SEPARATOR, Program(b"", slots, head=1), "")
    parsers = [new_parser(row, row.fields, 10) for _ in range(2)]
    for parser in parsers:
        parser.reach(1709210096 * 10**9, "UTC")  # 2024-02-29 12:34:56
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        part = data.draw(st.sampled_from(LIKE))
        other = text[:at] + part + text[at + data.draw(st.sampled_from((0, len(part)))) :]
        parsers[1].reach(1709210096 * 10**9, "UTC")  # forgets what was before
        assert read(row, parsers[0], other.encode()) == read(row, parsers[1], other.encode())
        text = data.draw(st.sampled_from((text, other)))


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m30.5s", 90.5), ("1h0m0s", 3600), ("26h3m4.25s", 93784.25), ("59s", 59)]
)
def test_durations_in_hours_and_minutes_are_seconds(text: str, seconds: float):
    rows, _ = parsed("logfmt", f"level=info msg=done duration={text}\n".encode())
    assert rows[0]["duration"] == seconds


@pytest.mark.parametrize("text", ["1m", "1m90s", "1m2h3s", "m3s", "1h2ms", "1m.5s", "1m2.3.4s"])
def test_what_is_no_duration_is_no_number(text: str):
    rows, _ = parsed("logfmt", f"level=info msg=done duration={text}\n".encode())
    assert rows[0]["duration"] is None


@pytest.mark.parametrize("layout", ["%Q", "%", "a\n"])
def test_a_layout_that_means_nothing_is_refused(layout: str):
    with pytest.raises(FormatError, match="layout"):
        compile_layout(layout)
