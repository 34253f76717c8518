"""Fields within a text: the kernel finds what the reference finds, and only where somebody asks."""

from __future__ import annotations

import numpy as np
import pytest
from formats.cases import fields_of
from formats.named import counted, parsed
from formats.reference_within import parts_of
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.formats import FORMATS
from logproc.formats.arrays import line_arrays
from logproc.formats.parser import new_parser
from logproc.formats.parser_separator import WithinParser
from logproc.formats.within import Finder, Part, Within
from logproc.model import PADDING, Kind

NUMBERS = st.sampled_from(["1.5", "1.2.3", "1.", ".5", ".", "1" * 18, "1" * 19])
TEXTS = st.lists(NUMBERS | st.text("a1 ,:-.", max_size=6), max_size=6).map("".join).map(str.encode)
PIECES = st.text("a1 ,:", min_size=1, max_size=3).map(str.encode)
PARTS = st.builds(
    Part,
    st.sampled_from(["x", "y", "z", None]),
    PIECES,
    PIECES | st.just(b""),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    anywhere=st.booleans(),
)


@given(
    st.lists(TEXTS, min_size=1, max_size=4), st.lists(PARTS, min_size=1, max_size=4, unique_by=lambda part: part.name)
)
@example([b"ba:1 a:2"], [Part("x", b"a:", b" ", open_end=True, anywhere=True)])
@example([b"a" + b"1" * 18, b"a" + b"1" * 19], [Part("z", b"a")])
def test_the_kernel_finds_what_the_reference_finds(texts: list[bytes], parts: list[Part]):
    within = Within("text", tuple(parts), kinds={"z": Kind.INTEGER, "y": Kind.DECIMAL})
    stored = ("text", *within.fields)
    lines = line_arrays(len(stored), len(texts))
    position = 0
    for row, text in enumerate(texts):
        lines.starts[0, row], lines.ends[0, row] = position, position + len(text)
        position += len(text)
    lines.starts[1:], lines.ends[1:] = 0, 1  # what rows before left there
    buffer = np.frombuffer(b"".join(texts) + bytes(PADDING), np.uint8).copy()
    Finder(within, stored).find(buffer.ctypes.data, lines, 0, len(texts))
    for row, text in enumerate(texts):
        slices = {name: (lines.starts[k, row], lines.ends[k, row]) for k, name in enumerate(stored) if k}
        found = {name: None if s < 0 else buffer[s:e].tobytes() for name, (s, e) in slices.items()}
        numbers = {name: kind(found[name]) for name, kind in (("z", int), ("y", float)) if found.get(name) is not None}
        assert found | numbers == parts_of(within, text)


def test_nobody_pays_for_fields_that_nobody_asks_for():
    row = FORMATS["nginx_error"]
    assert not isinstance(new_parser(row, ("message", "level")), WithinParser)
    assert isinstance(new_parser(row, ("client",)), WithinParser)


def test_a_statement_of_csvlog_has_its_duration_in_seconds():
    start = (
        '2024-01-02 03:04:05.678 UTC,"joe","app",1234,"192.0.2.1:4321",659380b5.4d2,1,"SELECT",2024-01-02 03:04:00 UTC'
    )
    lines = [
        f'{start},3/4,0,LOG,00000,"duration: 3.500 ms  statement: select ""a""",,,,,,,,,"psql","client backend",,0\n',
        f'{start},3/4,0,LOG,00000,"waited for a duration: 3.500 ms",,,,,,,,,"psql","client backend",,0\n',
    ]
    rows, _ = parsed("postgres_csv", "".join(lines).encode())
    assert [row["duration"] for row in rows] == [0.0035, None]
    assert [row["step"] for row in rows] == ["statement", None]
    assert [row["message"] for row in rows] == ['select "a"', "waited for a duration: 3.500 ms"]


def test_what_nginx_says_of_a_client_is_found_in_records_of_several_lines_too():
    text = (
        b'2024/01/02 03:04:05 [error] 7#8: *9 FastCGI sent in stderr: "PHP message: x\n'
        b'#0 {main}" while reading upstream, client: 192.0.2.1, server: a, request: "GET /\n'
        b"2024/01/02 03:04:05 [notice] 7#8: x\n"
    )
    rows, _ = parsed("nginx_error", text)
    assert [row["client"] for row in rows] == [None, None]
    assert "192.0.2.1" in rows[0]["stack"]


def test_durations_have_units_and_what_is_none_is_null():
    start = b"[GIN] 2024/01/02 - 03:04:05 | 200 | "
    texts = ("15.123ms", "1.5s", "412.9\u00b5s", "412.9\u03bcs", "7ns", "1m3s", "soon", "3")
    lines = b"".join(b'%b%b | 192.0.2.1 | GET "/"\n' % (start, text.encode()) for text in texts)
    rows, report = parsed("gin", lines)
    assert report.lines.rejected == 0
    assert [row["duration"] for row in rows] == [0.015123, 1.5, 0.0004129, 0.0004129, 7e-9, None, None, 3.0]


@pytest.mark.parametrize(
    ("extension", "time"),
    [
        ("rt=1704164645000", "2024-01-02T03:04:05Z"),
        ("start=1", None),
        ("rt=99999999", None),
        ("rt=99999999999 start=100000000", "5138-11-16T09:46:39Z"),
        ("rt=100000000", "1973-03-03T09:46:40Z"),
        ("rt=1 end=1704164645", "2024-01-02T03:04:05Z"),
        ("msg=an rt=x rt=1704164645", "2024-01-02T03:04:05Z"),
        ("rt=0 rt=1 art=1704164646 rt=Jan 02 2024 03:04:05 UTC", "2024-01-02T03:04:05Z"),
        ("rt=Jan 01 1970 00:00:01 UTC", "1970-01-01T00:00:01Z"),
    ],
)
def test_the_time_behind_a_label_is_the_first_that_can_be_one(extension: str, time: str | None):
    line = f"CEF:0|v|p|1|sig|name|5|{extension}"
    ((row,), report) = parsed("cef", line.encode() + b"\n")
    assert report.lines.rejected == 0
    assert row["time"] == fields_of(FORMATS["cef"], line)["time"] == time


LABELLED = st.sampled_from(
    [
        "2024-01-02 03:04:05.5", "2024-01-02 03:04:06", "2024-01-02T03:04:05+01:00", "2024-01-02T03:04:05+02:00",
        "2024/01/02 03:04:05", "2024/01/02 03:04:07", "Jan 02 2024 03:04:05", "Jan 02 2024 03:04:09 CET",
        "Jan 02 2024 03:04:05 GMT", "1704164645", "1704164645678", "2024", "20240102", "5", "x", "",
    ]
)  # fmt: skip
BEHIND = st.sampled_from(["\t", " ", "^", "|", ",", "x", " PM ", " UTC ", " +0100 ", ""])


@given(st.lists(st.tuples(LABELLED, BEHIND, LABELLED), min_size=1, max_size=8))
def test_a_time_behind_a_label_is_read_behind_others_as_it_is_alone(cases: list[tuple[str, str, str]]):
    row = FORMATS["leef"]
    lines = [f"LEEF:1.0|a|b|c|d|devTime={first}{behind}src=x devTime={second}" for first, behind, second in cases]
    together = counted(row, "".join(f"{line}\n" for line in lines).encode(), ("client",))
    assert together == [record for line in lines for record in counted(row, f"{line}\n".encode(), ("client",))]


@pytest.mark.parametrize("before", [0, 4, 5, 31, 32, 64])
def test_a_time_whose_zone_was_none_is_not_recalled_in_front_of_one_that_is(before: int):
    # Dates in no order are remembered seldom: behind 4, 32 or 64 the first of these three is, and the second is not.
    times = [f"Feb {1 + day % 28:02} {1990 + day} 05:06:07" for day in range(before)]
    times += ["Jan 02 2024 03:04:05 here, there", "Mar 04 2024 05:06:07", "Jan 02 2024 03:04:05 CEST"]
    row = FORMATS["leef"]
    lines = [f"LEEF:1.0|a|b|c|d|src=x\tdevTime={time}\n".encode() for time in times]
    together = counted(row, b"".join(lines), ("client",))
    assert together == [record for line in lines for record in counted(row, line, ("client",))]
