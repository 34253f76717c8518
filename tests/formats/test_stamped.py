"""JSON and key=value behind a time, as `docker logs -t` and collectors put it in front of a line."""

from __future__ import annotations

import pytest
from formats.named import counted, parsed

from logproc.formats import resolve

DOCKER = b"2024-01-02T03:04:05.678901234Z "


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        (b"2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        (b"2024-01-02T03:04:05.6Z", "2024-01-02T03:04:05.600000Z"),
        (b"2024-01-02T03:04:05.6789Z", "2024-01-02T03:04:05.678900Z"),
        (b"2024-01-02T03:04:05.678901234Z", "2024-01-02T03:04:05.678901Z"),
        (b"2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
        (b"2024-01-02T03:04:05.000000001-05:00", "2024-01-02T08:04:05Z"),
    ],
)
def test_the_time_in_front_is_that_of_a_record_without_one(stamp: bytes, time: str):
    rows, _ = parsed("jsonl_timestamped", stamp + b' {"level":"info","msg":"up"}\n')
    assert rows == [{"time": time, "level": "INFO", "message": "up"}]
    rows, _ = parsed("logfmt_timestamped", stamp + b" level=info msg=up\n")
    assert rows == [{"time": time, "level": "INFO", "message": "up"}]
    rows, _ = parsed("logfmt_timestamped", stamp + b' web1 level=info msg="a b"\n')
    assert rows == [{"time": time, "level": "INFO", "message": "a b", "host": "web1"}]


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        (b"INFO", {"level": "INFO"}),
        (b"warn", {"level": "WARN"}),
        (b"critical", {"level": "FATAL"}),
        (b"ACCEPT", {"message": "ACCEPT"}),
        (b"CONN_TERMINATED", {"message": "CONN_TERMINATED"}),
        (b"web-1", {"host": "web-1"}),
        (b"info-1", {"host": "info-1"}),
        (b"192.0.2.1", {"host": "192.0.2.1"}),
    ],
)
@pytest.mark.parametrize("stamp", [b"2024-01-02T03:04:05Z ", b"2024-01-02T03:04:05.6Z ", DOCKER])
def test_a_word_in_front_of_the_pairs_is_a_level_an_event_or_the_host(
    stamp: bytes, word: bytes, fields: dict[str, str]
):
    rows, _ = parsed("logfmt_timestamped", stamp + word + b" n=1\n")
    assert len(rows) == 1
    assert rows[0].pop("time").startswith("2024-01-02T03:04:05")
    assert rows == [{**fields, "n": 1}]


@pytest.mark.parametrize("stamp", [b"2024-01-02T03:04:05Z ", b"2024-01-02T03:04:05.6Z ", DOCKER])
def test_the_time_in_front_is_that_of_a_record_whose_own_cannot_be_read(stamp: bytes):
    text = stamp + b'{"time":"1.2ms","msg":"a"}\n' + stamp + b'{"time":"2024-01-02T03:04:04Z","msg":"b"}\n'
    rows, report = parsed("jsonl_timestamped", text)
    assert [row["time"][:19] for row in rows] == ["2024-01-02T03:04:05", "2024-01-02T03:04:04"]
    assert report.files[0].last_time // 1_000_000 == 1704164645
    rows, _ = parsed("logfmt_timestamped", stamp + b"time=1.2ms msg=a\n" + stamp + b"web1 time=soon msg=b\n")
    assert [row["time"][:19] for row in rows] == ["2024-01-02T03:04:05"] * 2


@pytest.mark.parametrize(
    ("name", "line"),
    [("jsonl_timestamped", b'{"id":%d,"a":"x"}\n'), ("logfmt_timestamped", b"id=%d a=x\n")],
)
@pytest.mark.parametrize("number", [1704164645, 1704164645678, 1704164645678901])
def test_a_number_in_front_is_no_time_where_none_stood_there(name: str, line: bytes, number: int):
    (row,), _ = parsed(name, line % number)
    assert row["time"] is None
    assert row["id"] == number


def test_a_time_of_its_own_is_that_of_the_record():
    text = DOCKER + b'{"ts":"2024-01-02T03:04:04Z","msg":"up"}\n'
    assert parsed("jsonl_timestamped", text)[0] == [{"time": "2024-01-02T03:04:04Z", "message": "up"}]
    assert counted(resolve("jsonl_timestamped"), text, ("time", "message")) == [
        {"time": "2024-01-02T03:04:04Z", "message": "up"}
    ]


@pytest.mark.parametrize("stamp", [b"2024-01-02T03:04:05Z", b"2024-01-02T03:04:05.6Z", b"2024-01-02T03:04:05.6789Z"])
def test_keys_that_are_places_of_a_list_are_fields_and_no_times(stamp: bytes):
    time = parsed("jsonl_timestamped", stamp + b' {"a":1}\n')[0][0]["time"]
    assert time is not None
    text = b' {"0":5,"1":6,"msg":"up"}\n'
    assert parsed("jsonl_timestamped", stamp + text)[0] == [{"time": time, "0": 5, "1": 6, "message": "up"}]
    rows, _ = parsed("logfmt_timestamped", stamp + b" WARNING 0=5 msg=up\n")
    assert rows == [{"time": time, "0": 5, "message": "up", "level": "WARN"}]
    rows = counted(resolve("jsonl_timestamped"), stamp + text, ("time", "0"))
    assert rows == [{"time": time, "0": "5"}]


@pytest.mark.parametrize("name", ["jsonl_timestamped", "logfmt_timestamped"])
@pytest.mark.parametrize(
    "line", [b"started", b"{}", b'{"cut": "of', b"web1 no pair", b'"a=1', b"=1", b"", b"a b c=1", b"{", b"app[1]: a=1"]
)
def test_what_is_neither_is_refused(name: str, line: bytes):
    rows, report = parsed(name, DOCKER + line + b"\n")
    assert (rows, report.lines.rejected) == ([], 1)


@pytest.mark.parametrize("line", [b'2024-01-02T03:04:05Z {"a":1}', b"2024-01-02T03:04:05Z a=1", b'{"a":1}', b"a=1"])
@pytest.mark.parametrize("cut", range(0, 24, 3))
def test_a_line_cut_anywhere_is_read_as_itself_or_refused(line: bytes, cut: int):
    whole = b'2024-01-02T03:04:05Z {"a":7}\n' if b"{" in line else b"2024-01-02T03:04:05Z a=7\n"
    name = "jsonl_timestamped" if b"{" in line else "logfmt_timestamped"
    rows, report = parsed(name, whole + line[:cut] + b"\n" + whole)
    assert [row.get("a") for row in rows][:: len(rows) - 1 or 1] == [7, 7]
    assert report.lines.read == 3
