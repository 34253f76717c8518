"""The tokenizer against `formats.reference`: every line's fate, every field's bytes, all counters."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from formats import reference
from formats.reference import BSD, INTEGER, ISO, match
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels.programs import FRACTIONS, METHODS, OFFSETS, PROGRAMS_AND_TEXTS, PROTOCOLS, TIMES, URIS, blocks

from logproc.formats import FORMATS, resolve
from logproc.formats.format import Format
from logproc.formats.parser import UNKNOWN, new_parser
from logproc.formats.program import Meaning, Missing, Program, Slot
from logproc.kernels import tokenize
from logproc.model import NO_TIME, PADDING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARED = Path(__file__).parents[2] / "../shared"
NUMBERS = {Meaning.INTEGER, Meaning.DECIMAL, Meaning.DECIMAL_LIST, Meaning.LOCAL_TIME}
TYPED = {Meaning.COUNT, Meaning.DURATION, Meaning.LOOSE_INTEGER}
SYSLOG = Program(b"", (Slot("time", Meaning.SYSLOG, b""), Slot("message", Meaning.TEXT, b"\n")))
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
    program: Program | Format,
    text: bytes,
    wanted: Iterable[str] | None = None,
    capacity: int = 500,
    begin: int = 0,
    mtime: int | None = None,
) -> Result:
    """Tokenise text that stands at `begin` of a buffer, calling again wherever rows or rejects are full."""
    fmt = program if isinstance(program, Format) else Format("x", "web", "separator", program, "")
    parser = new_parser(fmt, fmt.fields if wanted is None else wanted, capacity)
    if mtime is not None:
        parser.reach(1000 * mtime, "UTC")
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
            naive = time is not None and _is_zoneless(program, texts["time"], line.lstrip(b"\0"))
            fields = {name: value for name, value in texts.items() if name != "time"}
            rows.append(Row(offset, number, time, naive, fields))
        offset += len(line) + 1
    times = [row.time for row in rows if row.time is not None]
    span = (min(times), max(times)) if times else TIMELESS
    return Result(rows, rejects, len(lines), blanks, sum(row.zoneless for row in rows), span)


def _texts(program: Program, line: bytes) -> dict[str, bytes | None]:
    """Return the bytes of every field: what the reference finds when all of them are text."""
    plain = {Meaning.REQUEST, Meaning.TARGET, Meaning.ENDPOINT, Meaning.PRIORITY, Meaning.SYSLOG, Meaning.ELEMENTS}
    slots = tuple(slot if slot.meaning in plain else replace(slot, meaning=Meaning.TEXT) for slot in program.slots)
    values = match(replace(program, slots=slots), line)
    assert isinstance(values, dict)
    number_names = {slot.name for slot in program.slots if slot.meaning in NUMBERS}
    texts = {name: str(value).encode() if isinstance(value, int) else value for name, value in values.items()}
    for slot in program.slots:
        if slot.meaning in TYPED and slot.name is not None:
            texts[slot.name] = _typed_text(slot.meaning, texts[slot.name])
    return {name: _known(None if value == b"" and name in number_names else value) for name, value in texts.items()}


def _typed_text(meaning: Meaning, text: bytes | None) -> bytes | None:
    """Return what a kernel points at in the text of a number of which a part, or all, may be left out."""
    text = (text or b"-").removeprefix(b"" if meaning is Meaning.LOOSE_INTEGER else b"+")
    if text.startswith(b"-"):
        return None
    return text if meaning is not Meaning.LOOSE_INTEGER or (INTEGER.fullmatch(text) and int(text) < 2**63) else None


def _is_zoneless(program: Program, text: bytes | None, line: bytes) -> bool:
    if any(slot.meaning is Meaning.LOCAL_TIME for slot in program.slots):
        return True
    if program.slots[0].meaning is Meaning.SYSLOG:
        rest = re.sub(rb"\A<\d+>", b"", line[len(program.prefix) :])
        text = rest.split(b" ")[0].rstrip(b"\r").removesuffix(b":")
        return BSD.match(rest) is not None or ISO.fullmatch(text)["zone"] is None  # type: ignore[index]
    if not any(slot.meaning is Meaning.ISO_TIME for slot in program.slots):
        return False
    found = ISO.fullmatch(text or b"")
    assert found is not None
    return found["zone"] is None


def same(program: Program, text: bytes, **options) -> Result:
    """Assert that both sides agree, and return what they found."""
    found, expected = run_kernel(program, text, **options), run_reference(program, text)
    names = {"port"} if program.clf_head else {"pid"} if program.slots[0].meaning is Meaning.SYSLOG else set()
    names |= {slot.port_name for slot in program.slots}
    found = replace(found, rows=[replace(row, fields=_with_plain_numbers(row.fields, names)) for row in found.rows])
    assert found == expected
    return found


def _with_plain_numbers(fields: dict[str, bytes | None], names: set[str | None]) -> dict[str, bytes | None]:
    """Write ports and the like as the reference does, for which they are numbers."""
    numbers = {n: value for n, value in fields.items() if n in names and value is not None and value.isdigit()}
    return {**fields, **{name: str(int(value)).encode() for name, value in numbers.items()}}


@pytest.mark.long
@settings(max_examples=250)
@given(PROGRAMS_AND_TEXTS, st.integers(0, 70))
def test_kernel_and_reference_agree_on_every_line(case: tuple[Program, bytes], begin: int):
    program, text = case
    same(program, text, begin=begin)


@settings(max_examples=120)
@given(blocks(SYSLOG), st.datetimes(datetime(1890, 1, 1), datetime(2110, 1, 1)))  # noqa: DTZ001
def test_times_without_a_year_are_the_latest_before_a_day_after_the_mtime(text: bytes, moment: datetime):
    mtime = (moment.replace(tzinfo=UTC) - reference.EPOCH) // timedelta(microseconds=1)
    with patch.object(reference, "LATEST", mtime + 86_400_000_000):
        same(SYSLOG, text, mtime=mtime)


@pytest.mark.long
@settings(max_examples=150)
@given(PROGRAMS_AND_TEXTS, st.data())
def test_lines_read_abreast_are_read_as_each_would_be_alone(case: tuple[Program, bytes], data):
    program, text = case
    lines = [line + b"\n" for line in text.split(b"\n")[:-1]]
    good = [line for line in lines if run_kernel(program, line).rows] or lines
    # Odd lines stand in runs of lines as a log has them, some longer than what is read at once.
    runs = data.draw(st.lists(st.tuples(st.sampled_from(lines), st.integers(0, 3), st.integers(0, 90)), max_size=5))
    mixed = b"".join(odd * times + b"".join((good * between)[:between]) for odd, times, between in runs)
    same(program, mixed or b"\n")


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


def test_a_line_whose_time_is_left_out_lacks_no_zone():
    slots = (Slot("time", Meaning.SYSLOG, b"", missing=Missing.SKIPPED), Slot("rest", Meaning.TEXT, b"\n"))
    program = Program(b"", slots, continues="stack")
    found = same(program, b"Jan  1 00:00:00 \nJan  1 00:00:00 \n<>Jan  1 00:00:00 \n")
    assert [row.zoneless for row in found.rows] == [True, True, False]


def test_four_bytes_and_a_blank_behind_a_day_are_a_year_or_no_time():
    found = same(SYSLOG, b"Jan 1 2024 00:00:00 x\nJan 1 00:0 : 0 x\nJan 1 00:00: 0 x\n")
    assert [reason for _, _, reason in found.rejects] == ["no match", "bad time"]


def test_every_kind_of_request_is_taken_apart():
    program = Program(b'"', (Slot("request", Meaning.REQUEST, b'"\n', quoted=True),))
    found = same(program, b"".join(b'"%s %s %s"\n' % parts for parts in product(METHODS, URIS, PROTOCOLS)))
    assert not found.rejects
    methods = Counter(row.fields["method"] for row in found.rows)
    assert methods[b"GET"] == methods[b"M" * 32] == 3 * (len(URIS) - 1)
    assert set(methods) == {None, b"GET", b"POST", b"M-SEARCH", b"_a", b"M" * 32}


def test_every_head_of_four_and_five_words_is_read_again_or_kept():
    few = [b"h", b"h:81", b"-", b"", b"p,", b"x:y:8"]
    lines = [b"> " + b" ".join(words) for count in (4, 5) for words in product(few, repeat=count)]
    found = same(HEADED, b"".join(line + b"\n" for line in lines), capacity=10_000)
    assert len(found.rows) == len(lines)


def test_every_fraction_and_zone_of_a_time_is_read():
    program = Program(b"", (Slot("time", Meaning.ISO_TIME, b"|"), Slot("b", Meaning.TEXT, b"\n")))
    clocks = [
        f"{clock}{fraction}{zone}" for clock in ("T13:55:36", " 13:55:37") for fraction in FRACTIONS for zone in OFFSETS
    ]
    found = same(program, "".join(f"2000-10-10{clock}|\n" for clock in ["", *clocks]).encode())
    assert found.zoneless == 1 + 2 * 5
    assert len(found.rejects) == 2 * (2 * len(OFFSETS) + 5 * 2)


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


def _corpus(glob: str) -> list[Path]:
    return sorted(p for p in (SHARED / "corpora").rglob(glob) if p.is_file() and p.stat().st_size < 4_000_000)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora of ../shared are not here")
@pytest.mark.parametrize(
    ("name", "glob"),
    [
        *((name, "*access*") for name in ("common", "combined", "vhost_combined", "traefik", "ingress_nginx")),
        *(("syslog", "*syslog*"), ("syslog", "*auth*"), ("haproxy", "*haproxy*"), ("rfc5424", "*syslog*")),
        *(("syslog", "*_2k.log"), ("s3", "*s3*"), ("ingress_nginx", "test.log")),
    ],
)
def test_real_files_are_read_alike(name: str, glob: str):
    program = FORMATS[name].program
    assert program is not None
    fates: Counter[str] = Counter()
    for path in _corpus(glob):
        found = same(program, path.read_bytes()[:16_000].removesuffix(b"\n") + b"\n")
        fates.update(rows=len(found.rows), rejects=len(found.rejects))
    assert fates.total() > 1


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
