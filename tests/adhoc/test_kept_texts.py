"""What stands where a number of the contract should, and is none: `status_text` beside `status`, in rows and in SQL."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from logproc import sql
from logproc.adhoc.rows import parse
from logproc.config import Flags, load

if TYPE_CHECKING:
    from pathlib import Path

JSON = [
    ('{"status":"OK"}', "status", None, "OK"),
    ('{"code":"OK"}', "status", None, "OK"),
    ('{"status":"200"}', "status", 200, None),
    ('{"status":200.0}', "status", 200, None),
    ('{"status":200.5}', "status", None, "200.5"),
    ('{"status":true}', "status", None, "true"),
    ('{"status":"caf\\u00e9"}', "status", None, "café"),
    ('{"status":"-"}', "status", None, None),
    ('{"status":""}', "status", None, None),
    ('{"status":"OK","status_text":"fine"}', "status", None, "fine"),
    ('{"duration":"1.5s"}', "duration", 1.5, None),
    ('{"duration":"soon"}', "duration", None, "soon"),
    ('{"bytes":"10KB"}', "bytes", None, "10KB"),
    ('{"bytes":"1_000"}', "bytes", None, "1_000"),
    ('{"pid":"main"}', "pid", None, "main"),
]
PAIRS = [
    ("level=info status=timeout", "status", None, "timeout"),
    ("level=info status=timeout bytes=-", "bytes", None, None),
    ("level=info duration=3µs", "duration", 3e-06, None),
    ("level=info duration=never", "duration", None, "never"),
    ("level=info status=200", "status", 200, None),
]


def rows_of(path: Path, fmt: str) -> list[dict[str, Any]]:
    out = BytesIO()
    parse(load(Flags(paths=(str(path),), format=fmt), find=False), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def text_of(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    ("fmt", "line", "name", "number", "text"),
    [("jsonl", *case) for case in JSON] + [("logfmt", *case) for case in PAIRS],
)
def test_text_in_place_of_a_number_is_kept_beside_it(tmp_path, fmt, line, name, number, text):
    path = tmp_path / "a.log"
    path.write_text(f"{line}\n")
    (row,) = rows_of(path, fmt)
    assert (row.get(name), text_of(row.get(f"{name}_text"))) == (number, text)
    for asked in (f"{name}, {name}_text", f"{name}_text, {name}", f"{name}_text"):
        found = sql(f"SELECT {asked} FROM json", str(path), format=fmt).rows[0]
        values = dict(zip(asked.split(", "), found, strict=True))
        assert values.get(name, number) == number
        assert text_of(values[f"{name}_text"]) == text


TIMES = [
    ('{"timestamp":"garbage","msg":"x"}', "garbage"),
    ('{"time":"n/a"}', "n/a"),
    ('{"time":"a\\u00e9"}', "aé"),
    ('{"time":[1,2]}', "[1,2]"),
    ('{"time":true}', "true"),
    ('{"time":""}', None),
    ('{"time":"-"}', None),
    ('{"time":null,"ts":"soon"}', "soon"),
    ('{"time":"soon","time_text":"fine"}', "fine"),
    ('{"time":"2026-01-02T03:04:05Z"}', None),
    ('{"date":"2026-01-02","time":"03:04:05"}', None),
    ('{"date":"someday"}', "someday"),
]
PAIRED_TIMES = [("ts=later level=info a=b", "later"), ("time=2026-01-02T03:04:05Z level=info a=b", None)]


@pytest.mark.parametrize(
    ("fmt", "line", "text"), [("jsonl", *case) for case in TIMES] + [("logfmt", *case) for case in PAIRED_TIMES]
)
def test_a_time_that_cannot_be_read_is_kept_as_text(tmp_path, fmt, line, text):
    path = tmp_path / "a.log"
    path.write_text(f"{line}\n")
    (row,) = rows_of(path, fmt)
    kept = row.get("time_text")
    assert "date" not in row
    assert (kept if kept is None or isinstance(kept, str) else json.dumps(kept, separators=(",", ":"))) == text
    (whole,) = records(sql("SELECT * FROM json", str(path), format=fmt))
    assert text_of(whole.get("time_text")) == text
    for asked in ("time_text", "time_text, count(*)"):
        found = sql(f"SELECT {asked} FROM json GROUP BY 1", str(path), format=fmt).rows
        assert text_of(found[0][0]) == text


def test_a_date_beside_a_clock_that_cannot_be_read_stays(tmp_path):
    path = tmp_path / "a.log"
    path.write_text('{"date":"2026-01-02","time":"noon"}\n{"date":"2026-01-02","time":"03:04:05"}\n')
    kept = [("noon", "2026-01-02"), (None, None)]
    assert [(row.get("time_text"), row.get("date")) for row in rows_of(path, "jsonl")] == kept
    whole = records(sql("SELECT * FROM json", str(path), format="jsonl"))
    assert [(row["time_text"], row["date"]) for row in whole] == kept


def records(table: Any) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


OWN_NAMES = [
    [
        '{"severity":"WARN","level":"ERROR"}',
        '{"level":"ERROR","severity":"INFO"}',
        '{"severity":"WARN"}',
        '{"lvl":"warn"}',
    ],
    [
        '{"severity":"WARN","lvl":"debug"}',
        '{"lvl":"info","@l":"warn"}',
        '{"@l":"info"}',
        '{"levelname":"info","lvl":"x"}',
    ],
    [
        '{"status":200,"code":5}',
        '{"code":404}',
        '{"code":"OK"}',
        '{"response":503,"code":7}',
        '{"status":null,"code":1}',
    ],
    ['{"message":"a","event":"b","msg":"c"}', '{"event":"d"}', '{"text":"e","event":"f"}', '{"event":null,"msg":"g"}'],
    ['{"ts":"2026-01-02T03:04:05Z","timestamp":"x"}', '{"timestamp":"2026-01-02T03:04:05Z"}', '{"timestamp":"x"}'],
]


@pytest.mark.parametrize("lines", OWN_NAMES)
def test_a_key_whose_field_is_taken_by_another_keeps_its_value_in_tables_too(tmp_path, lines):
    path = tmp_path / "a.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    rows = rows_of(path, "jsonl")
    found = records(sql("SELECT * FROM json", str(path), format="jsonl"))
    for row, table in zip(rows, found, strict=True):
        row.pop("time")
        assert {name: text_of(value) for name, value in table.items() if value is not None and name != "time"} == {
            name: text_of(value) for name, value in row.items() if value is not None
        }
