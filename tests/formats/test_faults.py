from __future__ import annotations

import pytest
from formats.named import parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from logproc.formats import FORMATS, resolve
from logproc.formats.describe import how
from logproc.formats.faults import Fault, find_fault

ACCESS = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326 "-" "curl"'
SIMPLE = r'regex:^(?P<client>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d+)'
TYPED = r"regex:^(?P<n:int>\S+) (?P<t:time(%Y%m%d)>\S+)$"
HEAD = (b"#Fields: date time c-ip",)


@pytest.mark.parametrize(
    ("name", "line", "reason", "fault"),
    [
        (
            "combined",
            ACCESS.replace("Oct", "Oxt"),
            "bad time",
            Fault(15, "time: a time such as 10/Oct/2000:13:55:36 -0700, then '] \"'"),
        ),
        ("combined", ACCESS.replace(" 200", " x"), "bad number", Fault(60, "status: a whole number or '-', then ' '")),
        ("combined", ACCESS[:70], "no match", Fault(70, "referrer: text, then '\" \"'")),
        ("nginx:<$status>", "(200>", "no match", Fault(0, "'<'")),
        (SIMPLE, ACCESS.replace("- -", "- x"), "no match", Fault(12, "'- ['")),
        (SIMPLE, ACCESS.replace("200 ", "abc "), "no match", Fault(60, "a byte of [0-9]")),
        (TYPED, "7x 20000101", "bad number", Fault(0, "n: a whole number")),
        (TYPED, "7 2000011x", "bad time", Fault(2, "t: a time")),
        ("jsonl", '{"a":1', "JSON cut short", Fault(6, "',' delimiter")),
        ("jsonl", '{"ä" 1}', "unexpected byte in JSON", Fault(6, "':' delimiter")),
        ("jsonl", "[1]", "not a JSON object", Fault(0, "'{': a line is one object")),
        ("logfmt", "nothing", "no key and value", Fault(0, "key=value")),
        ("logfmt", 'a=b c="d', "unterminated quote", Fault(6, "a quote that closes this one")),
        ("ltsv", "c", "no key and value", Fault(0, "label:value between tabs")),
        ("cri", "2024-01-02T03:04:05Z stdin F x", "no match", Fault(21, "'stdout ' or 'stderr '")),
        (
            "w3c",
            "2000-10-10 13:55:36",
            "not as many fields as the header",
            Fault(19, "another field, 'c-ip': 3 fields as the header names, not 2"),
        ),
        (
            "w3c",
            "2000-10-10 13:55:36 - x",
            "not as many fields as the header",
            Fault(21, "the end of the line: 3 fields as the header names, not 4"),
        ),
    ],
)
def test_a_fault_is_found_where_it_is(name: str, line: str, reason: str, fault: Fault):
    fmt = resolve(name)
    if fmt.header is None:
        rows, report = parsed(name, line.encode() + b"\n")
        assert (rows, report.rejected_by_reason) == ([], {reason: 1})
    assert find_fault(fmt, line.encode(), reason, HEAD) == fault


@settings(max_examples=200)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_a_line_of_any_format_is_refused_at_a_byte_of_it(name: str, data: st.DataObject):
    fmt = FORMATS[name]
    line = data.draw(st.sampled_from(fmt.samples)).line.split("\n")[-1].encode()
    cut = data.draw(st.integers(0, len(line)))
    line = line[:cut] + data.draw(st.sampled_from([b"", b"\xff", b'"', b"\\", b" x ", b"-"])) + line[cut + 1 :]
    fault = find_fault(fmt, line, "no match")
    assert 0 <= fault.position <= len(line)
    assert fault.expected


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("combined", "separators"),
        (SIMPLE, "the next byte always decides"),
        (r"regex:(?P<a>\S+) .*(?P<status>\d\d\d) ", "it goes back"),
        ("jsonl", "JSON kernel"),
    ],
)
def test_how_lines_are_read_is_said(name: str, words: str):
    assert words in how(resolve(name))
