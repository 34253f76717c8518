"""The reference is what the kernel is compared with, so its own rules are spelt out here."""

from __future__ import annotations

from typing import Any

import pytest
from formats.cases import fields_of
from formats.reference import BAD_NUMBER, BAD_TIME, NO_MATCH, match
from hypothesis import given
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import FORMATS, resolve
from logproc.formats.program import Meaning, Program, Slot


def one(meaning: Meaning, text: bytes, scale: float = 1.0) -> Any:
    found = match(Program(b"", (Slot("x", meaning, b"\n", scale=scale),)), text + b"\n")
    return found if isinstance(found, str) else found["x"]


@pytest.mark.parametrize(
    ("meaning", "text", "value"),
    [
        (Meaning.TEXT, b"-", None),
        (Meaning.TEXT, b"", b""),
        (Meaning.TEXT, b"--", b"--"),
        (Meaning.INTEGER, b"-", None),
        (Meaning.INTEGER, b"", None),
        (Meaning.INTEGER, b"-12", -12),
        (Meaning.INTEGER, b"9223372036854775807", 2**63 - 1),
        (Meaning.INTEGER, b"9223372036854775808", BAD_NUMBER),
        (Meaning.INTEGER, b"1.0", BAD_NUMBER),
        (Meaning.INTEGER, b" 1", BAD_NUMBER),
        (Meaning.DECIMAL, b"0.25", 0.25),
        (Meaning.DECIMAL, b"1..2", BAD_NUMBER),
        (Meaning.DECIMAL_LIST, b"0.5, 0.25 : 1", 1.75),
        (Meaning.DECIMAL_LIST, b"-, -", None),
        (Meaning.DECIMAL_LIST, b"0.5, x", BAD_NUMBER),
        (Meaning.CLF_TIME, b"01/Jan/1970:00:00:01 +0000", 1_000_000),
        (Meaning.CLF_TIME, b"01/Jan/1970:01:30:00 +0130", 0),
        (Meaning.CLF_TIME, b"31/Dec/1998:23:59:60 +0000", 915_148_799_000_000),
        (Meaning.CLF_TIME, b"31/Dec/1998:23:59:61 +0000", BAD_TIME),
        (Meaning.CLF_TIME, b"29/Feb/1999:00:00:00 +0000", BAD_TIME),
        (Meaning.CLF_TIME, b"01/Jan/1970:00:00:00", BAD_TIME),
        (Meaning.CLF_TIME, b"01/Jan/1970:00:00:00 +1600", BAD_TIME),
        (Meaning.CLF_TIME, b"-", None),
        (Meaning.ISO_TIME, b"1970-01-01T00:00:01.5Z", 1_500_000),
        (Meaning.ISO_TIME, b"1970-01-01 01:00:00 +01:00", 0),
        (Meaning.ISO_TIME, b"1970-01-01", 0),
        (Meaning.ISO_TIME, b"1970-01-01T24:00:00Z", BAD_TIME),
        (Meaning.EPOCH_SECONDS, b"1.0000019", 1_000_001),
        (Meaning.EPOCH_MILLIS, b"1500", 1_500_000),
        (Meaning.EPOCH_MICROS, b"1500", 1_500),
        (Meaning.EPOCH_SECONDS, b"-1", BAD_TIME),
    ],
)
def test_a_slots_text_means(meaning: Meaning, text: bytes, value: object):
    assert one(meaning, text) == value


@pytest.mark.parametrize(
    ("text", "request_line"),
    [
        ("GET /a HTTP/1.1", ("GET", "/a", "HTTP/1.1")),
        ("GET /a b HTTP/1.1", ("GET", "/a b", "HTTP/1.1")),
        ("GET /a", (None, "GET /a", None)),
        ("GET  HTTP/1.1", (None, "GET  HTTP/1.1", None)),
        ("GET /a SPDY/3", ("GET", "/a", "SPDY/3")),
        ("GET /a http/1.1", (None, "GET /a http/1.1", None)),
        ("G3T /a HTTP/1.1", (None, "G3T /a HTTP/1.1", None)),
        ("M" * 33 + " / HTTP/1.1", (None, "M" * 33 + " / HTTP/1.1", None)),
        ("", (None, "", None)),
        ("-", (None, None, None)),
    ],
)
def test_a_request_that_is_not_method_target_protocol_is_all_target(text: str, request_line: tuple[str | None, ...]):
    found = fields_of(resolve('nginx:"$request"'), f'"{text}"')
    assert (found["method"], found["target"], found["protocol"]) == request_line


def test_a_quote_behind_a_backslash_does_not_end_a_field_and_one_behind_two_does():
    row = resolve('nginx:"$http_referer" "$http_user_agent"')
    assert fields_of(row, r'"a\" "b" "c"')["referrer"] == r'a\" "b'
    assert fields_of(row, r'"a\\" "b"')["referrer"] == r"a\\"


def test_a_line_may_end_with_a_carriage_return_a_newline_or_nothing():
    program = resolve("nginx:$remote_addr $status").program
    assert program is not None
    results = [match(program, b"a 200" + end) for end in (b"", b"\n", b"\r\n")]
    assert results == [{"client": b"a", "status": 200}] * 3


def test_further_fields_must_stand_behind_a_blank_and_their_quotes_must_pair_up():
    line = '::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 200 1 "-" "curl"'
    row = FORMATS["combined"]
    assert fields_of(row, line + ' "x" y')["user_agent"] == "curl"
    assert fields_of(row, line + r' "\"x"')["user_agent"] == "curl"
    assert fields_of(row, line + ' "x')["rejected"] == NO_MATCH
    assert fields_of(row, line + "x")["rejected"] == NO_MATCH


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("a - b c", ("a", None, "b c", None, None)),
        ("a -  - ", ("a", None, None, None, None)),
        ("h a - -", ("a", None, None, "h", None)),
        ("h:81 a - b", ("a", None, "b", "h", 81)),
        ("h:x a - b", ("a", None, "b", "h:x", None)),
        (":81 a - b", ("a", None, "b", ":81", None)),
        ("h p, a - b", ("a", None, "b", "h", None)),
        ("p, q, a - b", ("a", None, "b", None, None)),
        (" a - b", ("a", None, "b", None, None)),
        ("a i b c d", ("a", "i", "b c d", None, None)),
    ],
)
def test_a_head_with_more_words_is_read_again(head: str, expected: tuple[object, ...]):
    found = fields_of(FORMATS["common"], head + ' [10/Oct/2000:13:55:36 +0000] "-" 408 -')
    assert tuple(found[name] for name in ("client", "ident", "user", "vhost", "port")) == expected


PIECES = st.sampled_from(
    [
        "$remote_addr",
        "$request",
        "$time_local",
        "$x",
        "%h",
        "%r",
        "%t",
        "%{a}i",
        "%{%F}t",
        '"',
        " ",
        "[",
        "]",
        "'",
        "\\",
        "{",
        "%",
        "$",
        "\n",
    ]
)


@given(
    st.sampled_from(["nginx:", "apache:"]),
    st.lists(PIECES | st.text(max_size=4), max_size=12),
    st.binary(max_size=80),
)
def test_any_format_string_compiles_or_is_refused_and_reads_any_line(language: str, pieces: list[str], line: bytes):
    try:
        program = resolve(language + "".join(pieces)).program
    except FormatError:
        return
    assert program is not None
    names = [slot.name for slot in program.slots]
    assert len(set(names)) == len(names)
    assert isinstance(match(program, line.replace(b"\n", b"")), dict | str)
