"""The tokenizer against `formats.reference`: every line's fate, every field's bytes, all counters."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from formats.reference import ISO, MONTHS, match
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import FORMATS, resolve
from logproc.formats.format import Format
from logproc.formats.parser import UNKNOWN, new_parser
from logproc.formats.program import Meaning, Program, Slot
from logproc.kernels import tokenize
from logproc.model import NO_TIME, PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHARED = Path(__file__).parents[2] / "../shared"
NUMBERS = {Meaning.INTEGER, Meaning.DECIMAL, Meaning.DECIMAL_LIST}
TIMES = {Meaning.CLF_TIME, Meaning.ISO_TIME, Meaning.EPOCH_SECONDS, Meaning.EPOCH_MILLIS, Meaning.EPOCH_MICROS}
TIMELESS = (2**63 - 1, NO_TIME)
"""The counters of the first and the last time where no row has one."""


@dataclass(frozen=True)
class Row:
    offset: int
    line: int
    time: int | None
    zoneless: bool
    fields: dict[str, bytes | None]


@dataclass(frozen=True)
class Result:
    rows: list[Row]
    rejects: list[tuple[int, int, str]]
    lines: int
    blanks: int
    zoneless: int
    span: tuple[int, int]


# ---- both sides ----------------------------------------------------------------------------------------------------


def run_kernel(
    program: Program | Format, text: bytes, wanted: Iterable[str] | None = None, capacity: int = 500, begin: int = 0
) -> Result:
    """Tokenise text that stands at `begin` of a buffer, calling again wherever rows or rejects are full."""
    fmt = program if isinstance(program, Format) else Format("x", "web", "separator", program, "")
    parser = new_parser(fmt, fmt.fields if wanted is None else wanted, capacity)
    for array in parser.lines:
        array[...] = 77  # what an earlier block left

    buffer = np.frombuffer(b"\n" * begin + text + (b'" ] "-\n\0' * PADDING)[:PADDING], np.uint8).copy()
    counters = np.zeros(tokenize.COUNTERS, np.int64)
    rows: list[Row] = []
    rejects: list[tuple[int, int, str]] = []
    position, end, row, lines, blanks, zoneless, span = begin, begin + len(text), 0, 0, 0, 0, TIMELESS
    while position < end:
        counters[:] = 77
        parser.parse(buffer, position, end, row, counters)
        upto, n_rejects = int(counters[tokenize.ROWS]), int(counters[tokenize.REJECTS])
        assert int(counters[tokenize.POSITION]) == end or capacity in {upto, n_rejects}
        assert upto - row + n_rejects + int(counters[tokenize.BLANKS]) == int(counters[tokenize.LINES])
        rows += [_row(parser, buffer, number, begin, lines) for number in range(row, upto)]
        for number in range(n_rejects):
            place = (int(parser.lines.reject_offset[number]) - begin, int(parser.lines.reject_line[number]) + lines)
            rejects.append((*place, parser.reasons[int(parser.lines.reject_reason[number])]))
        position = int(counters[tokenize.POSITION])
        lines += int(counters[tokenize.LINES])
        blanks += int(counters[tokenize.BLANKS])
        zoneless += int(counters[tokenize.ZONELESS])
        span = (min(span[0], int(counters[tokenize.FIRST_TIME])), max(span[1], int(counters[tokenize.LAST_TIME])))
        row = 0 if upto == capacity else upto
    return Result(rows, rejects, lines, blanks, zoneless, span)


def _row(parser, buffer, row: int, begin: int, lines: int) -> Row:
    found = parser.lines
    fields: dict[str, bytes | None] = {}
    for number, name in enumerate(parser.columns):
        start, end = int(found.starts[number, row]), int(found.ends[number, row])
        fields[name] = _known(None if start < 0 else buffer[start:end].tobytes())
        assert start < 0 or start <= end
    time = int(found.times[row])
    assert found.zoneless[row] in {0, 1}
    return Row(
        int(found.row_offset[row]) - begin,
        int(found.row_line[row]) + lines,
        None if time == NO_TIME else time,
        bool(found.zoneless[row]),
        fields,
    )


def _known(text: bytes | None) -> bytes | None:
    """Read a lone dash as null wherever it stands: where a kernel leaves one, dictionaries do so."""
    return None if text == b"-" else text


def run_reference(program: Program, text: bytes) -> Result:
    """Say with the reference what the kernel must find."""
    assert text.endswith(b"\n")
    rows: list[Row] = []
    rejects: list[tuple[int, int, str]] = []
    offset = blanks = 0
    lines = text.split(b"\n")[:-1]
    for number, line in enumerate(lines):
        values = match(program, line)
        if not line.strip(b"\0 \t\r"):
            blanks += 1
        elif isinstance(values, str):
            rejects.append((offset, number, values))
        else:
            time = values.get("time")
            assert time is None or isinstance(time, int)
            texts = _texts(program, line)
            naive = time is not None and _is_zoneless(program, texts["time"])
            fields = {name: value for name, value in texts.items() if name != "time"}
            rows.append(Row(offset, number, time, naive, fields))
        offset += len(line) + 1
    times = [row.time for row in rows if row.time is not None]
    span = (min(times), max(times)) if times else TIMELESS
    return Result(rows, rejects, len(lines), blanks, sum(row.zoneless for row in rows), span)


def _texts(program: Program, line: bytes) -> dict[str, bytes | None]:
    """Return the bytes of every field: what the reference finds when all of them are text."""
    plain = {Meaning.REQUEST, Meaning.TARGET}
    slots = tuple(slot if slot.meaning in plain else replace(slot, meaning=Meaning.TEXT) for slot in program.slots)
    values = match(replace(program, slots=slots), line)
    assert isinstance(values, dict)
    number_names = {slot.name for slot in program.slots if slot.meaning in NUMBERS}
    texts = {name: str(value).encode() if isinstance(value, int) else value for name, value in values.items()}
    return {name: _known(None if value == b"" and name in number_names else value) for name, value in texts.items()}


def _is_zoneless(program: Program, text: bytes | None) -> bool:
    if not any(slot.meaning is Meaning.ISO_TIME for slot in program.slots):
        return False
    found = ISO.fullmatch(text or b"")
    assert found is not None
    return found["zone"] is None


def same(program: Program, text: bytes, **options) -> Result:
    """Assert that both sides agree, and return what they found."""
    found, expected = run_kernel(program, text, **options), run_reference(program, text)
    if program.clf_head:
        found = replace(found, rows=[replace(row, fields=_with_plain_port(row.fields)) for row in found.rows])
    assert found == expected
    return found


def _with_plain_port(fields: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Write a port as the reference does, for which the port of a CLF head is a number."""
    port = fields.get("port")
    return {**fields, "port": str(int(port)).encode()} if port is not None and port.isdigit() else fields


# ---- what a slot may hold ------------------------------------------------------------------------------------------

SECONDS = st.integers(-(2**31), 2**32) | st.sampled_from([971_182_800 + 600 * k for k in range(8)])
MOMENTS = SECONDS.map(lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
ZONES = st.integers(-15 * 60, 15 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@st.composite
def clf_times(draw):
    moment = draw(MOMENTS).replace(tzinfo=draw(ZONES | st.just(UTC)))
    month = list(MONTHS)[moment.month - 1].decode()
    return f"{moment.day:02}/{month}/{moment.year}:{moment:%H:%M:%S %z}".encode()


@st.composite
def iso_times(draw):
    moment = draw(MOMENTS)
    fraction = draw(st.sampled_from(["", ".5", ",123", ".123456", ".123456789", ".", ".1234567890"]))
    zone = draw(st.sampled_from(["", "Z", "z", " UTC", "GMT", "+02:00", "-0330", "+05", "+16:00", " "]))
    clock = draw(st.sampled_from(["T%H:%M:%S", " %H:%M:%S", "t%H:%M:%S", "T%H:%M:60", "T24:00:00", "_%H:%M:%S"]))
    whole = moment.strftime(f"%Y-%m-%d{clock}") + fraction + zone
    return draw(st.sampled_from([whole, whole, whole, whole[:10], whole[:16]])).encode()


EPOCHS = st.one_of(
    st.integers(0, 2 * 10**18).map(str),
    st.decimals(0, 10**12, places=7).map(str),
    st.sampled_from(["0", ".5", "5.", "1e9", "+1", "-1", ".", "253402300799.999999", "253402300800", "1" * 30]),
).map(str.encode)
DECIMALS = st.one_of(
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["0", "+.5", "5.", "1e9", "1e", "e1", ".", "1.2.3", "-", "--1", "1" * 40, "0." + "1" * 40, " 1"]),
).map(str.encode)
INTEGERS = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.sampled_from(["200", "304", "007", "-0", "+1", "1.0", "12a", "9" * 8, "9" * 9, "9" * 16, "9" * 17, "9" * 19]),
).map(str.encode)
TEXTS = st.one_of(
    st.sampled_from([b"", b"-", b"a", b"--", b'"', b'\\"', b"\\", b"\\\\", b'\\\\"', b" ", b", ", b" : ", b",", b":"]),
    st.sampled_from([b"Mozilla/5.0 (X11; Linux)", b"/index.html?a=b", b"10.0.0.1, 10.0.0.2", b"\xff\xfe\0", b"\r"]),
    st.integers(40, 200).map(lambda n: b"x" * n),
    st.lists(
        st.sampled_from([b'"', b"\\", b" ", b"-", b"x", b"]", b",", b":", b"\0", b"\r", b"\xc3\xa4"]), max_size=12
    ).map(b"".join),
    st.binary(max_size=12),
)
METHODS = st.sampled_from([b"GET", b"POST", b"M-SEARCH", b"_a", b"-", b"G3T", b"", b"M" * 32, b"M" * 33])
TARGETS = st.sampled_from(
    [b"/", b"/a?b", b"?", b"-", b"", b"/a b", b"-?x", b"*", b"/" + b"x" * 70 + b"?y", b" ", b"/?"]
)
PROTOCOLS = st.sampled_from([b"HTTP/1.1", b"HTTP/2", b"http/1.1", b"HTTP/", b"HTTP", b"/1", b"", b"H/x", b"SPDY/3.1"])
REQUESTS = st.tuples(METHODS, TARGETS | TEXTS, PROTOCOLS).map(b" ".join) | TARGETS | TEXTS
LISTS = st.lists(DECIMALS | st.just(b"-"), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([b", ", b" : ", b",", b":", b" , ", b",  "]).map(lambda comma: comma.join(parts))
)
HEADS = st.lists(
    st.sampled_from([b"h", b"h:81", b"::1", b"a", b"-", b"", b"p,", b":80", b"h:", b"-:5", b"x:y:8", b"ab", b"x" * 70]),
    min_size=3,
    max_size=8,
).map(b" ".join)
TEXT_OF = {
    Meaning.TEXT: TEXTS,
    Meaning.INTEGER: INTEGERS,
    Meaning.DECIMAL: DECIMALS,
    Meaning.CLF_TIME: clf_times(),
    Meaning.ISO_TIME: iso_times(),
    Meaning.EPOCH_SECONDS: EPOCHS,
    Meaning.EPOCH_MILLIS: EPOCHS,
    Meaning.EPOCH_MICROS: EPOCHS,
    Meaning.REQUEST: REQUESTS,
    Meaning.TARGET: TARGETS | TEXTS,
    Meaning.DECIMAL_LIST: LISTS,
}

# ---- programs ------------------------------------------------------------------------------------------------------

TERMINATORS = [
    b" ", b'"', b'" ', b'" "', b"] ", b" [", b"|", b"||", b"\t", b"\0", b"\xff", b"\\", b", ", b": ", b" : ", b"-",
    b"12345678", b"123456789", b"--separator--", b'" 0123456789 "', b" --long-separator-",
]  # fmt: skip
PREFIXES = [b"", b"", b"", b"<", b'"', b" ", b"-", b"a prefix that is longer than a word: "]


@st.composite
def hand_made(draw):
    """Draw a program of any slots that `Program` allows."""
    count = draw(st.integers(1, 6))
    extra = draw(st.booleans())
    free = [Meaning.TEXT, Meaning.INTEGER, Meaning.DECIMAL, Meaning.DECIMAL_LIST]
    once = [draw(st.sampled_from(sorted(TIMES))), draw(st.sampled_from([Meaning.REQUEST, Meaning.TARGET]))]
    slots = []
    for number in range(count):
        last = number == count - 1
        meaning = draw(st.sampled_from(free + once))
        if meaning in once:
            once.remove(meaning)
        length = 0 if last else draw(st.sampled_from([0, 0, 0, 1, 5, 26, 70]))
        ends = [b"", *TERMINATORS] if length else TERMINATORS
        end = draw(st.sampled_from([b"", b'"', b"]", b"--separator--"] if last else ends))
        name = "time" if meaning in TIMES else draw(st.sampled_from([f"f{number}", f"f{number}", None]))
        slots.append(
            Slot(
                name,
                meaning,
                end + b"\n" * (last and not extra),
                quoted=end.startswith(b'"') and draw(st.booleans()),
                comma_list=end.startswith(b" ") and draw(st.booleans()),
                length=length,
            )
        )
    return Program(draw(st.sampled_from(PREFIXES)), tuple(slots), extra=extra)


@st.composite
def with_heads(draw):
    """Draw a program that reads CLF heads again."""
    head = (
        Slot("client", Meaning.TEXT, b" "),
        Slot("ident", Meaning.TEXT, b" "),
        Slot("user", Meaning.TEXT, draw(st.sampled_from([b" [", b"|"]))),
    )
    rest = (Slot("time", Meaning.CLF_TIME, b"] "), Slot("status", Meaning.INTEGER, b"\n"))
    return Program(draw(st.sampled_from(PREFIXES)), head + rest, clf_head=True)


VARIABLES = {
    "nginx": "$remote_addr $remote_user $time_local $time_iso8601 $msec $request $request_uri $args $status "
    "$bytes_sent $http_referer $http_user_agent $request_time $upstream_response_time $http_x_forwarded_for "
    "$upstream_addr $other",
    "apache": "%h %l %u %t %r %>s %b %{Referer}i %{X-Forwarded-For}i %D %T %v %p %U %q %m %H %{%s}t %{msec}t %O",
}
GAPS = ['" "', " ", "|", '"', "] [", " - ", "\t", "", " --- separated by --- "]
PREDEFINED = [
    *("common", "combined", "vhost_combined"),
    "nginx:$time_iso8601-$remote_addr",
    "apache:%t %h",
    "apache:%r",
]


@st.composite
def compiled(draw):
    """Draw a program that a format string compiles to."""
    language = draw(st.sampled_from(sorted(VARIABLES)))
    variables = draw(st.lists(st.sampled_from(VARIABLES[language].split()), min_size=1, max_size=7))
    gaps = [draw(st.sampled_from(GAPS)) for _ in variables]
    text = draw(st.sampled_from(["", '"', "[", "x: "])) + "".join(v + g for v, g in zip(variables, gaps, strict=True))
    try:
        program = resolve(f"{language}:{text}").program
    except FormatError:
        program = resolve(draw(st.sampled_from(PREDEFINED))).program
    return replace(program, extra=program.extra)


PROGRAMS = st.one_of(hand_made(), hand_made(), compiled(), with_heads(), st.sampled_from(PREDEFINED[:2]).map(
    lambda name: FORMATS[name].program
))  # fmt: skip

# ---- lines ---------------------------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\0", b" \t\r\0", b"\0" * 70, b"\r", b"\r\r", b'"', b"\\" * 65, b" " * 64, b"-", b"-" * 64]),
    st.integers(60, 70).map(lambda n: b"\0" * n + b"x"),
)
SNIPPETS = st.sampled_from(
    [b'"', b"\\", b" ", b"\0", b"\r", b"-", b"x" * 64, b", ", b" : ", b"", b'" x', b' "y"', b"\xff"]
)


@st.composite
def valid_lines(draw, program: Program):
    """Draw a line built slot by slot; what the fields hold may still make it another one."""
    parts = [program.prefix]
    slots: Sequence[Slot] = program.slots
    if program.clf_head:
        parts += [draw(HEADS), slots[2].terminator]
        slots = slots[3:]
    for slot in slots:
        text = draw(st.one_of(TEXT_OF[slot.meaning], TEXT_OF[slot.meaning], st.sampled_from([b"-", b""])))
        if slot.length and len(text) != slot.length and draw(st.integers(0, 3)):
            text = text.ljust(slot.length, b"x")[: slot.length]
        parts += [text, slot.terminator.removesuffix(b"\n")]
    tail = (
        draw(st.sampled_from([b"", b"", b' "more" 1', b' "odd', b" ", b' \\"', b' "\\""', b"x"]))
        if program.extra
        else b""
    )
    return b"".join(parts) + tail


@st.composite
def mutated_lines(draw, program: Program):
    line = draw(valid_lines(program))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(SNIPPETS) + line[at + draw(st.integers(0, 3)) :]
    return line


@st.composite
def blocks(draw, program: Program):
    """Draw a text of several lines, each with a newline."""
    valid, mutated = valid_lines(program), mutated_lines(program)
    nuls = valid.map(lambda line: b"\0" * 65 + line)
    lines = draw(st.lists(st.one_of(valid, valid, valid, mutated, nuls, HOSTILE), min_size=1, max_size=6))
    ends = [draw(st.sampled_from([b"\n", b"\n", b"\r\n"])) for _ in lines]
    return b"".join(line.replace(b"\n", b" ") + end for line, end in zip(lines, ends, strict=True))


PROGRAMS_AND_TEXTS = PROGRAMS.flatmap(lambda program: st.tuples(st.just(program), blocks(program)))


@settings(max_examples=400)
@given(PROGRAMS_AND_TEXTS, st.integers(0, 70))
def test_kernel_and_reference_agree_on_every_line(case: tuple[Program, bytes], begin: int):
    program, text = case
    same(program, text, begin=begin)


@settings(max_examples=80)
@given(PROGRAMS_AND_TEXTS, st.integers(1, 4))
def test_stopping_where_rows_or_rejects_are_full_and_going_on_gives_the_same(
    case: tuple[Program, bytes], capacity: int
):
    program, text = case
    assert run_kernel(program, text * 2, capacity=capacity) == run_kernel(program, text * 2)


@settings(max_examples=80)
@given(PROGRAMS_AND_TEXTS, st.data())
def test_what_is_wanted_never_changes_a_lines_fate_nor_another_column(case: tuple[Program, bytes], data):
    program, text = case
    everything = run_kernel(program, text)
    names = sorted(Format("x", "web", "separator", program, "").fields)
    wanted = data.draw(st.sets(st.sampled_from([*names, "nobody has this"])))
    found = run_kernel(program, text, wanted)
    kept = (wanted & set(names)) - {"time"}
    narrowed = [replace(row, fields={n: v for n, v in row.fields.items() if n in kept}) for row in everything.rows]
    assert found == replace(everything, rows=narrowed)


# ---- cases that must be there in every run -------------------------------------------------------------------------

HEADED = Program(
    b"> ",
    (Slot("client", Meaning.TEXT, b" "), Slot("ident", Meaning.TEXT, b" "), Slot("user", Meaning.TEXT, b"\n")),
    clf_head=True,
)


def slots(*terminators: bytes, prefix: bytes = b"", **options) -> Program:
    """Return a program of text fields a, b, c, ... of which the first has the options."""
    row = [Slot(chr(97 + number), Meaning.TEXT, end) for number, end in enumerate(terminators)]
    return Program(prefix, (replace(row[0], **options), *row[1:]))


@pytest.mark.parametrize(
    ("program", "line", "fields"),
    [
        (slots(b"", b"\n", length=2), b"abc", {"a": b"ab", "b": b"c"}),
        (slots(b"", b"\n", length=2), b"ab\r", {"a": b"ab", "b": b""}),
        (slots(b"", b"\n", length=2), b"a\r", "no match"),
        (slots(b"", b"\n", length=2), b"-", {"a": None, "b": b""}),
        (slots(b":", b"\n", length=2), b":b", "no match"),
        (slots(b":", b"\n", length=2), b"-:b", {"a": None, "b": b"b"}),
        (slots(b":", b"\n", length=2), b":::b", {"a": b"::", "b": b"b"}),
        (slots(b"123456789", b"\n", length=2), b"ab12345678x", "no match"),
        (slots(b"123456789", b"\n", length=2), b"-123456789x", {"a": None, "b": b"x"}),
        (slots(b"123456789", b"\n"), b"12345678 123456789", {"a": b"12345678 ", "b": b""}),
        (slots(b'"|', b"\n", quoted=True), b'\\\\\\"|\\\\"|x', {"a": b'\\\\\\"|\\\\', "b": b"x"}),
        (slots(b" ", b"\n", comma_list=True), b"1, 2 : 3 4", {"a": b"1, 2 : 3", "b": b"4"}),
        (slots(b" ", b"\n", comma_list=True), b" : 1 4", {"a": b" : 1", "b": b"4"}),
        (slots(b" ", b"\n", prefix=b"p"), b"p ", {"a": b"", "b": b""}),
        (slots(b" ", b"\n", prefix=b"p"), b"\0\0p ", {"a": b"", "b": b""}),
        (slots(b" ", b"\n", prefix=b"p"), b"q ", "no match"),
        (HEADED, b"> h:1 a - b", {"vhost": b"h", "port": b"1", "client": b"a", "ident": None, "user": b"b"}),
        (HEADED, b"> h a - ", {"vhost": b"h", "port": None, "client": b"a", "ident": None, "user": b""}),
        (HEADED, b"> h a - -", {"vhost": b"h", "port": None, "client": b"a", "ident": None, "user": None}),
        (HEADED, b"> a - b c", {"vhost": None, "port": None, "client": b"a", "ident": None, "user": b"b c"}),
    ],
)
def test_a_line_is_read_as(program: Program, line: bytes, fields: dict[str, bytes | None] | str):
    found = same(program, line + b"\n")
    assert (found.rejects[0][2] if found.rejects else found.rows[0].fields) == fields


@pytest.mark.parametrize(
    ("meaning", "text", "reason"),
    [
        (Meaning.INTEGER, b"1x", "bad number"),
        (Meaning.INTEGER, b"9223372036854775808", "bad number"),
        (Meaning.DECIMAL, b"1.5s", "bad number"),
        (Meaning.DECIMAL_LIST, b"1, , 2", "bad number"),
        (Meaning.CLF_TIME, b"31/Feb/2000:13:55:36 +0000", "bad time"),
        (Meaning.ISO_TIME, b"2000-13-01T00:00:00Z", "bad time"),
        (Meaning.EPOCH_SECONDS, b"1e9", "bad time"),
        (Meaning.EPOCH_MILLIS, b"soon", "bad time"),
    ],
)
@pytest.mark.parametrize("wanted", [(), ("x", "time", "b")])
@pytest.mark.parametrize("name", ["x", None])
def test_a_value_that_is_none_of_its_meaning_rejects_the_line_wanted_or_not(
    meaning: Meaning, text: bytes, reason: str, wanted: tuple[str, ...], name: str | None
):
    name = "time" if name and meaning in TIMES else name
    program = Program(b"", (Slot(name, meaning, b"|"), Slot("b", Meaning.TEXT, b"\n")))
    found = run_kernel(program, b"-|a\n" + text + b"|b\n|c\n", wanted)
    assert found.rejects == [(4, 1, reason)]
    assert [row.line for row in found.rows] == [0, 2]
    same(program, text + b"|b\n")


@pytest.mark.parametrize("program", [slots(b'" ', b"|", b"\n", quoted=True), slots(b"-terminator-", b"\n")], ids=str)
def test_fields_of_any_length_end_where_they_should_at_any_place_of_a_vector(program: Program):
    lines = [
        b"".join(b"x" * length + slot.terminator.removesuffix(b"\n") for slot in program.slots) + b"\n"
        for length in [*range(132), 1000, 70_000]
    ]
    found = same(program, b"".join(lines), begin=3)
    assert len(found.rows) == len(lines)


def test_blank_lines_are_counted_and_are_neither_rows_nor_rejects():
    program = slots(b"|", b"\n")
    found = same(program, b"\n\r\n \t\r\n\0\0\0\na|b\n" + b"\0" * 200 + b"\n" + b"\0" * 130 + b"c|d\nx\n")
    assert (found.lines, found.blanks, len(found.rows), found.rejects) == (8, 5, 2, [(350, 7, "no match")])
    assert [row.offset for row in found.rows] == [11, 216]


def test_a_file_that_no_format_fits_has_every_line_refused():
    found = run_kernel(UNKNOWN, b"\0x\n\n" + b"y" * 100 + b"\n", capacity=1)
    assert found.rejects == [(0, 0, "no match"), (4, 2, "no match")]
    assert (found.rows, found.lines, found.blanks) == ([], 3, 1)


# ---- real lines ----------------------------------------------------------------------------------------------------


def _corpus() -> list[Path]:
    return sorted(p for p in (SHARED / "corpora").rglob("*access*") if p.is_file() and p.stat().st_size < 400_000)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora of ../shared are not here")
@pytest.mark.parametrize("name", ["common", "combined", "vhost_combined"])
def test_real_files_are_read_alike(name: str):
    program = FORMATS[name].program
    assert program is not None
    fates: Counter[str] = Counter()
    for path in _corpus():
        found = same(program, path.read_bytes()[:40_000].removesuffix(b"\n") + b"\n")
        fates.update(rows=len(found.rows), rejects=len(found.rejects))
    assert min(fates["rows"], fates["rejects"]) > 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases of ../shared are not here")
def test_lines_of_other_parsers_suites_are_read_alike_whole_cut_and_joined():
    lines: dict[str, list[bytes]] = {}
    for raw in (SHARED / "cases/web.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(raw)
        lines.setdefault(case["format"].removesuffix("+extra"), []).append(case["line"].encode().replace(b"\n", b" "))
    assert sum(map(len, lines.values())) > 50
    for name, of_format in lines.items():
        program = resolve(name).program
        assert program is not None
        cut = [line[: len(line) * k // 5] for line in of_format for k in range(1, 5)]
        same(program, b"".join(line + b"\r\n" for line in of_format + cut))
        same(program, b" ".join(of_format[:5]) + b"\n")
