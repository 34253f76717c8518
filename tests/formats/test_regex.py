from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from formats.patterns import patterns, read_lines, searcher
from hypothesis import example, given
from hypothesis import strategies as st

from logproc.errors import FormatError
from logproc.formats import resolve
from logproc.formats.time_format import time_codes
from logproc.model import Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LINES = st.lists(st.text('aabbc x1."', min_size=1, max_size=14).map(str.encode), min_size=1, max_size=4)


@pytest.mark.long
@given(patterns(), LINES)
@example("(a*)*?b", [b"aaab"])
@example("(?:|a)+b", [b"aab"])
@example(r"(a+)\1", [b"aaaaa"])
@example(r"(a)?(?(1)b|c)", [b"ab", b"xc"])
@example("(?i)(A[b-c])", [b"xaBab"])
def test_a_pattern_finds_what_python_finds(pattern: str, lines: list[bytes]):
    expected = re.compile(pattern.encode())
    search = searcher(pattern, expected.groups)
    for line in lines:
        match, found = expected.search(line), search(line)
        if found != "too slow":
            spans = None if match is None else [match.span(group) for group in range(1, expected.groups + 1)]
            assert found == (None if match is None else (match.end(), spans))


@given(st.binary(max_size=300).map(lambda line: line.replace(b"\n", b" ")))
def test_any_bytes_are_matched_as_python_matches_them(line: bytes):
    pattern = rb'^(\S*) (?:\[([^\]]*)\] )?"((?:[^"\\]|\\.)*)" (\d{1,3}|-)(.*?)(?: (\w+))?$'
    match, found = re.search(pattern, line), searcher(pattern.decode(), 6)(line)
    assert found == (None if match is None else (match.end(), [match.span(group) for group in range(1, 7)]))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*?,){12}P", r"(\w+\s?)*!", "(?:a*)*(?:a*)*b"])
def test_a_pattern_that_would_take_forever_is_given_up(pattern: str):
    assert searcher(pattern, 0)(b"a" * 3000 + b",;" * 20 + b"?") in {"too slow", None}
    assert searcher("(a+)+$", 0)(b"a" * 40 + b"?") == "too slow"


def test_lines_that_take_too_long_are_rejected_with_that_reason():
    rows, reasons = read_lines("regex:(?P<x>(a+)+)$", b"aaa\n" + b"a" * 5000 + b"?\n\n")
    assert (len(rows), reasons) == (1, ["pattern takes too long"])


# ---- fields -------------------------------------------------------------------------------------------------------


def test_named_groups_are_fields_and_a_dash_is_null():
    rows, reasons = read_lines(
        r"regex:(?P<client>\S+) (?<user>\S+) (?P<status>\d+)", b"::1 - 200\nx\n::2 bob 404 more\r\n"
    )
    assert rows == [
        {"client": b"::1", "user": None, "status": b"200"},
        {"client": b"::2", "user": b"bob", "status": b"404"},
    ]
    assert reasons == ["no match"]


def test_a_pattern_is_found_anywhere_unless_it_is_tied_to_the_ends():
    assert read_lines(r"regex:id=(?P<id:int>\d+)", b"some id=7 here")[0] == [{"id": b"7"}]
    assert read_lines(r"regex:^id=(?P<id:int>\d+)", b"some id=7 here")[1] == ["no match"]
    assert read_lines(r"regex:id=(?P<id:int>\d+)$", b"id=7 here\nid=8\r\n")[0] == [{"id": b"8"}]


def test_a_request_yields_its_parts_unless_groups_of_its_own_do():
    rows, _ = read_lines('regex:"(?P<request>[^"]*)"', b'"GET /a?b=1 HTTP/1.1"\n"-"\n"junk"')
    parts = ("method", "target", "path", "query", "protocol")
    assert [tuple(row[name] for name in parts) for row in rows] == [
        (b"GET", b"/a?b=1", b"/a", b"b=1", b"HTTP/1.1"),
        (None, None, None, None, None),
        (None, b"junk", b"junk", None, None),
    ]
    rows, _ = read_lines(r"regex:(?P<method>\w+) (?P<target>\S+)", b"GET /a?b")
    assert rows == [{"method": b"GET", "target": b"/a?b", "path": b"/a", "query": b"b"}]


def test_types_are_given_by_the_contract_or_behind_a_colon():
    fmt = resolve(
        r"regex:(?P<status>\d+) (?P<duration>\S+) (?P<n:int>\d+) (?P<x:float>\S+) (?P<port:text>\S+) (?P<y>.)"
    )
    assert fmt.fields == {
        "status": Kind.INTEGER,
        "duration": Kind.DECIMAL,
        "n": Kind.INTEGER,
        "x": Kind.DECIMAL,
        "port": Kind.TEXT,
        "y": Kind.TEXT,
    }
    assert read_lines("regex:(?P<status>.*)", b"ok")[1] == ["bad number"]


def test_the_same_name_may_stand_in_several_ways():
    rows, _ = read_lines(r"regex:^(?:a=(?P<v>\d)|b=(?P<v>\w+))$", b"a=1\nb=xy")
    assert rows == [{"v": b"1"}, {"v": b"xy"}]


def test_names_that_others_use_also_have_the_name_of_the_contract():
    name = r"regex:(?P<clientip>\S+) \[(?P<timestamp>.*)\] (?P<response>\S+) (?P<x.y>\S+)"
    rows, _ = read_lines(name, b"::1 [10/Oct/2000:13:55:36 +0000] 200 z")
    assert (rows[0]["client"], rows[0]["clientip"], rows[0]["status"], rows[0]["x.y"]) == (b"::1", b"::1", b"200", b"z")
    assert rows[0]["time"] == 971186136000000
    assert read_lines(name, b"::1 [no time] ok z")[0][0]["time"] is None  # no reason to reject what has another name


@pytest.mark.parametrize(
    ("fields", "family"),
    [
        (r"(?P<client>\S+) (?P<status>\d+)", "web"),
        (r"(?P<level>\S+) (?P<message>.*)", "app"),
        (r"(?P<program>\S+) (?P<pid>\d+) (?P<severity>.*)", "syslog"),
        ("(?P<anything>.*)", "app"),
    ],
)
def test_the_family_is_the_one_that_has_most_of_the_fields(fields: str, family: str):
    assert resolve(f"regex:{fields}").family == family


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<a>[)", "is not a regular expression: unterminated character set"),
        ("abc", "names no field"),
        ("(?P<a b>x)", "is no name for a group"),
        ("(?P<a:colour>x)", "has the type 'colour'"),
        ("(?P<a:time(%Q%J)>x)", "has %J, which is none of"),
        ("(?P<a:time(%H:%M)>x)", "has no date"),
        ("(?P<a>x)\n", "line break"),
        ("(?P<a>[ä])", "several bytes"),
        ("(?P<a>[[:letter:]])", "there is no set"),
        (r"\k<b>(?P<a>x)", "before there is one"),
        ("(?P<a>(?:(?:(?:a{1,99}b){1,99}c){1,99}))", "too large"),
        ("(?L)(?P<a>x)", "flag L"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said(pattern: str, message: str):
    with pytest.raises(FormatError, match=re.escape(message)):
        resolve(f"regex:{pattern}")


@pytest.mark.parametrize(
    ("pattern", "line", "value"),
    [
        (r"(?<a>\h+)", b"xyz 1fG", b"1f"),
        ("(?<a>[[:alpha:]_]+)", b"12ab_3", b"ab_"),
        ("(?<a>é+)é", "ééé".encode(), "éé".encode()),
        (r"(?P<q>['\"])(?P<a>.*?)(?P=q)", b"x 'a\"b' y", b'a"b'),
        (r"(?<q>['\"])(?<a>.*?)\k<q>", b"x 'a\"b' y", b'a"b'),
        ("(?#why)(?P<a>b)", b"ab", b"b"),
        ("(?x) (?P<a> b  c )", b"abc", b"bc"),
        (r"(?P<a>x)\z", b"xyx", b"x"),
        ("(?P<a>[]&~|[]+)", b"a][&b", b"][&"),
        ("(z)?(?P<a>b)(?(1)c|d)", b"bc bd", b"b"),
    ],
)
def test_spellings_of_other_dialects_are_read(pattern: str, line: bytes, value: bytes):
    assert read_lines(f"regex:{pattern}", line)[0][0]["a"] == value


def test_whether_a_pattern_has_to_backtrack_is_known():
    def backtracks(text: str) -> bool:
        pattern = resolve(f"regex:{text}").pattern
        assert pattern is not None
        return pattern.code.backtracks

    assert not backtracks(r'^(?P<a>\S+) \[(?P<b>[^\]]+)\] "(?P<c>(?:[^"\\]|\\.)*)" (?P<d>\d+|-)(?: (?P<e>.*))?$')
    assert backtracks("(?P<a>.*) (?P<b>.*)")


# ---- times --------------------------------------------------------------------------------------------------------

INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2068, 12, 30))  # noqa: DTZ001 - the zone is added
ZONES = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
FORMATS = [
    "%Y-%m-%d %H:%M:%S.%f %z",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %B %Y %I:%M:%S %p %z",
    "%y%m%d %H%M%S%z",
    "%Y/%j %H.%M.%S,%f%z",
    "%A %b %e %T %z %Y",
    "%s.%f",
    "[%D %r %z]",
]


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(INSTANTS, ZONES, st.sampled_from(FORMATS))
def test_what_strftime_writes_is_the_same_instant_again(moment: datetime, zone: timezone, fmt: str):
    moment = moment.replace(tzinfo=zone)
    if "%f" not in fmt:
        moment = moment.replace(microsecond=0)
    text = moment.strftime(fmt.replace("%s", str(int(moment.timestamp() // 1))))
    rows, reasons = read_lines(f"regex:^(?P<time:time({fmt})>.*)$", text.encode())
    assert (rows, reasons) == ([{"time": _micros(moment)}], [])


@given(INSTANTS, st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d/%b/%Y %I:%M:%S %p"]), st.data())
def test_a_text_that_strptime_refuses_is_refused(moment: datetime, fmt: str, data: Any):
    text = list(moment.strftime(fmt))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.sampled_from("0159:/- xAPb"))
    line = "".join(text)
    rows, reasons = read_lines(f"regex:^x(?P<time:time({fmt})>.*)x$", f"x{line}x".encode())
    try:
        expected = datetime.strptime(line, fmt).replace(tzinfo=UTC)
    except ValueError:
        assert (rows, reasons) == ([], ["bad time"])
        return
    if rows:  # what Python reads more generously, a blank for a digit, need not be read
        assert rows == [{"time": _micros(expected)}]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("time", "2024-03-01T10:00:00Z", "2024-03-01T10:00:00+00:00"),
        ("time", "2024-03-01 10:00:00,250", "2024-03-01T10:00:00.250000+00:00"),
        ("time", "2024-03-01 10:00:00.5 CET", "2024-03-01T09:00:00.500000+00:00"),
        ("time", "01/Mar/2024:10:00:00 +0100", "2024-03-01T09:00:00+00:00"),
        ("time", "[01/Mar/2024:10:00:00 +0100]", "2024-03-01T09:00:00+00:00"),
        ("time", "01/Mar/2024:10:00:00.125", "2024-03-01T10:00:00.125000+00:00"),
        ("time", "1709287200", "2024-03-01T10:00:00+00:00"),
        ("time", "1709287200123456789", "2024-03-01T10:00:00.123456+00:00"),
        ("time(epoch_ms)", "1709287200123", "2024-03-01T10:00:00.123000+00:00"),
        ("time(epoch_us)", "1709287200123456", "2024-03-01T10:00:00.123456+00:00"),
        ("time(epoch_ns)", "1709287200123456789", "2024-03-01T10:00:00.123456+00:00"),
        ("time(%s)", "1709287200", "2024-03-01T10:00:00+00:00"),
        ("time(%Y-%m-%d %H:%M:%S %Z)", "2024-03-01 10:00:00 PST", "2024-03-01T18:00:00+00:00"),
        ("time(%d.%m.%Y %H:%M:%S,%f)", "01.03.2024 10:00:00,1234567", "2024-03-01T10:00:00.123456+00:00"),
        ("time(%d.%m.%y %k:%M)", "01.03.24  9:05", "2024-03-01T09:05:00+00:00"),
        ("time(%m/%d/%Y %l:%M:%S %P)", "03/01/2024 12:00:01 am", "2024-03-01T00:00:01+00:00"),
        ("time(%Y%m%dT%H%M%S.%L%z)", "20240301T100000.007+0530", "2024-03-01T04:30:00.007000+00:00"),
    ],
)
def test_times_are_read_as_they_are_written(kind: str, text: str, expected: str):
    rows, reasons = read_lines(f"regex:^<(?P<time:{kind}>.*)>$", f"<{text}>".encode())
    assert reasons == []
    assert rows == [{"time": _micros(datetime.fromisoformat(expected))}]


def test_a_time_without_a_year_is_the_latest_before_the_file_was_written():
    written = int(datetime(2024, 3, 2, tzinfo=UTC).timestamp()) * 10**9
    rows, _ = read_lines(
        "regex:^(?P<time:time(%b %e %H:%M:%S)>.{15})", b"Mar  1 10:00:00\nDec 31 10:00:00", mtime_ns=written
    )
    found = [(EPOCH + timedelta(microseconds=row["time"])).date().isoformat() for row in rows]
    assert found == ["2024-03-01", "2023-12-31"]


def test_a_time_under_another_name_is_also_that_text():
    rows, _ = read_lines("regex:(?P<seen:time(%Y%m%d)>.*)", b"20240301")
    assert rows == [{"seen": b"20240301", "time": 1709251200000000}]


@given(st.text(max_size=20))
def test_any_format_of_a_time_is_codes_or_an_error(text: str):
    try:
        codes = time_codes(text)
    except FormatError:
        return
    assert codes is None or len(codes) > 1


@given(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" ")), st.sampled_from(FORMATS))
def test_any_bytes_are_a_time_or_not_without_failing(text: bytes, fmt: str):
    rows, reasons = read_lines(f"regex:^x(?P<time:time({fmt})>.*)x$", b"x" + text + b"x")
    assert len(rows) + len(reasons) == 1
